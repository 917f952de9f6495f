"""Channels: connect, mode, disconnect."""

import pytest

from core.events import CardFilled
from core.intents import Person
from core.model import BindingKind, Mode, Place, Role
from core.ports.reading import PlaceLook
from tests.office.desk_world import (
    ADA,
    BEN,
    BRAND,
    DEN,
    DESK_PIN,
    FORUM,
    INBOX,
    JO,
    LOBBY,
    MIA,
    NOW,
    OTHER,
    SAM,
    World,
    code,
    labels,
    person,
)

ADAS, BENS, MIAS, JOS = person(ADA), person(BEN), person(MIA), person(JO)


async def kind_at(world: World, place: Place) -> BindingKind | None:
    binding = await world.desk.binding_at(place)
    return binding.kind if binding else None


# --- inboxes ------------------------------------------------------------------------------


async def test_an_inbox_is_connected_with_explicit_preselected(world: World) -> None:
    asked = await world.type(ADAS, "connect", DEN)
    assert labels(asked) == ["A brand's inbox", "A project"]
    asked = await world.press(ADAS, asked, "A brand's inbox", DEN)
    assert asked.form is not None
    assert [(one.name, one.value) for one in asked.form.inputs] == [("mode", "explicit")]
    done = await world.fill(ADAS, asked, DEN)
    assert done.text.startswith("#den is an inbox of Northwind Home now, in mode explicit.")
    binding = await world.desk.binding_at(DEN)
    assert binding is not None
    assert (binding.account, binding.kind, binding.mode) == (
        BRAND.id,
        BindingKind.INBOX,
        "explicit",
    )
    await world.follow(MIA, BRAND)
    thread = await world.start()
    assert DEN in {m.place for m in await world.store.mirrors_of(thread.thread)}


async def test_of_several_brands_the_form_asks_which(world: World) -> None:
    await world.store.grant(OTHER.id, ADA.id, Role.MANAGER, NOW)
    asked = await world.type(ADAS, "connect <#C0DEN|den> inbox", LOBBY)
    assert asked.form is not None
    assert [one.name for one in asked.form.inputs] == ["brand", "mode"]
    done = await world.fill(ADAS, asked, LOBBY, brand=str(OTHER.id), mode="relay")
    assert done.text.startswith("#den is an inbox of Lumen now, in mode relay.")
    assert code(await world.fill(ADAS, asked, LOBBY, brand=str(OTHER.id), mode="x")) == "bad_option"
    assert code(await world.fill(ADAS, asked, LOBBY, brand="x")) == "not_allowed"


@pytest.mark.parametrize(
    ("who", "words", "place", "refused"),
    [
        (ADAS, "inbox", LOBBY, "place_not_private"),
        (ADAS, "inbox", Place("slack", "T1", "C0UNSEEN"), "place_not_seen"),
        (ADAS, "inbox", None, "bad_channel"),
        (ADAS, "#den inbox", LOBBY, "bad_channel"),
        (ADAS, "sideways", DEN, "bad_option"),
        (ADAS, "inbox", INBOX, "place_taken"),
        (ADAS, "project", INBOX, "place_for_people"),
        (BENS, "inbox", DEN, "not_allowed"),
        (MIAS, "inbox", DEN, "not_allowed"),
        (MIAS, "project", INBOX, "place_for_people"),
        (MIAS, "<#C0DEN|den> project", LOBBY, "connect_it_there"),
        (MIAS, "<#C0DEN|den> inbox", LOBBY, "connect_it_there"),
        (ADAS, "<#C0DEN|den> project", LOBBY, "connect_it_there"),
        (MIAS, "<#C0UNSEEN|x> project", LOBBY, "connect_it_there"),
    ],
)
async def test_a_channel_that_may_not_be_connected(
    world: World, who: Person, words: str, place: Place | None, refused: str
) -> None:
    answer = await world.type(who, f"connect {words}", place)
    assert code(answer) == refused
    assert await kind_at(world, DEN) is None
    assert await kind_at(world, LOBBY) is None


async def test_what_changed_while_the_form_was_open_counts(world: World) -> None:
    asked = await world.type(ADAS, "connect inbox", DEN)
    world.channels.looks[DEN] = PlaceLook("#den", private=True, shared=True)
    assert code(await world.fill(ADAS, asked, DEN)) == "place_not_private"
    del world.channels.looks[DEN]
    assert code(await world.fill(ADAS, asked, DEN)) == "place_not_seen"
    assert await kind_at(world, DEN) is None


# --- modes --------------------------------------------------------------------------------


async def test_the_mode_is_told_and_changed(world: World) -> None:
    await world.follow(MIA, BRAND)
    thread = await world.start()
    told = await world.type(BENS, "mode", INBOX)
    assert told.text.startswith("#pin-inbox is in mode explicit.")
    assert code(await world.press(BENS, told, "Make it relay", INBOX)) == "not_allowed"
    assert (await world.press(ADAS, told, "Make it relay", INBOX)).text.startswith("A reply in a")
    binding = await world.desk.binding_at(INBOX)
    assert binding is not None
    assert binding.mode is Mode.RELAY
    [(place, line)] = world.channels.said
    assert place == INBOX
    assert line.startswith("Ada has set the mode of this inbox to relay")
    history = await world.store.history(thread.conversation)
    assert history[-1].what == CardFilled(DESK_PIN.id)  # so that the card shows it
    assert "is a note now" in (await world.type(ADAS, "mode EXPLICIT", INBOX)).text
    assert code(await world.type(ADAS, "mode sideways", INBOX)) == "bad_option"
    assert code(await world.type(ADAS, "mode relay", LOBBY)) == "no_inbox"


# --- projects -----------------------------------------------------------------------------


async def test_a_project_channel_shows_one_conversation_from_then_on(world: World) -> None:
    await world.friends(MIA, JO)
    thread = await world.start(MIAS, "jo", text="before")
    asked = await world.type(MIAS, "connect", LOBBY)
    assert asked.form is not None
    assert "Everybody who reads #lobby" in asked.form.note
    choices = asked.form.inputs[0].choices
    assert [one.label for one in choices] == ["With Jo", "Every new one that I start from now on"]
    done = await world.fill(MIAS, asked, LOBBY, which=choices[0].value)
    assert done.text.startswith("#lobby shows this conversation from now on")
    assert "#lobby shows this conversation to all who read it." in await world.lines(JO.id, thread)
    mirrors = {m.place: m for m in await world.store.mirrors_of(thread.thread)}
    assert mirrors[LOBBY].from_seq > thread.seq


async def test_anyone_in_the_conversation_may_end_it(world: World) -> None:
    await world.friends(MIA, JO)
    thread = await world.start(MIAS, "jo")
    asked = await world.type(MIAS, "connect project", LOBBY)
    assert asked.form is not None
    await world.fill(MIAS, asked, LOBBY, which=asked.form.inputs[0].choices[0].value)
    assert code(await world.type(person(SAM), "disconnect", LOBBY)) == "not_a_member"
    sure = await world.type(JOS, "disconnect", LOBBY)
    done = await world.press(JOS, sure, "Disconnect", LOBBY)
    assert done.refusal is None
    assert "#lobby no longer shows this conversation to all who read it." in await world.lines(
        MIA.id, thread
    )
    mirror = next(m for m in await world.store.mirrors_of(thread.thread) if m.place == LOBBY)
    assert mirror.until_seq is not None


async def test_all_that_starts_from_now_on(world: World) -> None:
    await world.friends(MIA, JO)
    old = await world.start(MIAS, "jo")
    asked = await world.type(person(MIA, "discord"), "connect", FORUM)
    done = await world.fill(person(MIA, "discord"), asked, FORUM, which="all")
    assert done.text.startswith("Conversations that you start from now on appear in #kitchen")
    assert FORUM not in {m.place for m in await world.store.mirrors_of(old.thread)}
    new = await world.start(MIAS, "sam")
    assert FORUM in {m.place for m in await world.store.mirrors_of(new.thread)}
    sure = await world.type(person(MIA, "discord"), "disconnect", FORUM)
    await world.press(person(MIA, "discord"), sure, "Disconnect", FORUM)
    assert await world.desk.binding_at(FORUM) is None


async def test_a_thread_of_others_is_not_shown(world: World) -> None:
    await world.friends(MIA, JO)
    thread = await world.start(MIAS, "jo")
    asked = await world.type(person(SAM), "connect", LOBBY)
    answer = await world.fill(person(SAM), asked, LOBBY, which=str(thread.thread))
    assert code(answer) == "unknown_thread"
    assert await kind_at(world, LOBBY) is None


# --- ending -------------------------------------------------------------------------------


async def test_an_inbox_is_disconnected_by_its_managers(world: World) -> None:
    assert code(await world.type(MIAS, "disconnect", INBOX)) == "not_allowed"
    assert code(await world.type(BENS, "disconnect", INBOX)) == "not_allowed"
    sure = await world.type(ADAS, "disconnect", INBOX)
    assert code(await world.press(BENS, sure, "Disconnect", INBOX)) == "not_allowed"
    done = await world.press(ADAS, sure, "Disconnect", INBOX)
    assert done.text.startswith("Nothing more appears in #pin-inbox.")
    assert await world.desk.binding_at(INBOX) is None
    assert code(await world.press(ADAS, sure, "Disconnect", INBOX)) == "not_connected"
    assert code(await world.type(ADAS, "disconnect", DEN)) == "not_connected"
    assert code(await world.type(ADAS, "disconnect #den", DEN)) == "bad_channel"
