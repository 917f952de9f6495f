"""Channels: connect, mode, disconnect."""

import pytest

from core.events import CardFilled
from core.intents import ClosePlace, Person
from core.model import BindingKind, Mode, Place, Refusal, Role
from core.ports.outcomes import Accepted
from core.ports.reading import PlaceLook
from tests.office.desk_world import (
    ADA,
    BEN,
    BRAND,
    CAL,
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


# --- ending that others read --------------------------------------------------------------


async def shared(world: World) -> tuple[Accepted, Accepted]:
    """Mia shows in #lobby what she starts; it shows a thread with Jo and one with Sam."""
    await world.friends(MIA, JO, SAM)
    asked = await world.type(MIAS, "connect project", LOBBY)
    await world.fill(MIAS, asked, LOBBY, which="all")
    return await world.start(MIAS, "jo"), await world.start(MIAS, "sam", "jo")


async def where(world: World, thread: Accepted) -> bool:
    mirrors = await world.store.mirrors_of(thread.thread)
    return any(one.place == LOBBY and one.until_seq is None for one in mirrors)


async def test_a_member_chooses_which_of_their_conversations_is_shown_no_longer(
    world: World,
) -> None:
    two, three = await shared(world)
    for place in (LOBBY, None):
        asked = await world.type(JOS, "disconnect", place)
        assert asked.picker is not None
        assert [one.label for one in asked.picker.input.choices] == [
            "#lobby (Slack): with Mia and Sam", "#lobby (Slack): with Mia",
        ]  # fmt: skip
    sure = await world.pick(JOS, asked, "with Mia and Sam")
    assert sure.text.startswith("Show your conversation with Mia and Sam no longer in #lobby")
    assert code(await world.press(person(BEN), sure, "Disconnect")) == "unknown_thread"
    assert (await world.press(JOS, sure, "Disconnect")).done
    assert (await where(world, two), await where(world, three)) == (True, False)
    assert code(await world.press(JOS, sure, "Disconnect")) == "not_connected"
    sure = await world.type(JOS, f"disconnect {two.thread}")
    assert (await world.press(JOS, sure, "Disconnect")).done
    assert code(await world.type(JOS, "disconnect", LOBBY)) == "not_a_member"
    assert code(await world.type(JOS, "disconnect")) == "not_connected"
    assert code(await world.type(JOS, "disconnect #elsewhere")) == "bad_channel"
    assert await kind_at(world, LOBBY) is BindingKind.PROJECT


async def test_whoever_connected_it_ends_all_of_it_and_all_are_told(world: World) -> None:
    threads = await shared(world)
    asked = await world.type(person(MIA, "discord"), "disconnect #lobby")
    sure = await world.pick(person(MIA, "discord"), asked, "All of #lobby (Slack)")
    done = await world.press(person(MIA, "discord"), sure, "Disconnect")
    assert done.text.startswith("Nothing more appears in #lobby. `/pin connect` brings it back.")
    for thread in threads:
        assert "#lobby no longer shows this conversation to all who read it." in (
            await world.lines(JO.id, thread)
        )
    assert await kind_at(world, LOBBY) is None


async def test_a_place_that_does_not_show_a_conversation_is_not_told_of(world: World) -> None:
    await shared(world)
    await world.friends(BEN, CAL)
    thread = await world.start(BENS, "cal")
    binding = await world.desk.binding_at(LOBBY)
    assert binding is not None
    outcome = await world.submit(BENS, ClosePlace(thread.thread, binding.id))
    assert isinstance(outcome, Refusal)
    assert outcome.code == "not_connected"
    assert code(await world.type(BENS, f"disconnect {thread.thread}")) == "not_connected"


async def test_only_a_channel_in_which_the_bot_is_is_connected(world: World) -> None:
    world.channels.looks[LOBBY] = PlaceLook("#lobby", private=False, present=False)
    assert code(await world.type(MIAS, "connect project", LOBBY)) == "place_not_seen"
    assert await kind_at(world, LOBBY) is None


async def test_a_channel_of_the_configuration_is_said_to_come_back(world: World) -> None:
    binding = await world.desk.binding_at(INBOX)
    assert binding is not None
    world.desk.configured = frozenset({binding.id})
    sure = await world.type(ADAS, "disconnect", INBOX)
    assert "comes back at the next start" in sure.text
    done = await world.press(ADAS, sure, "Disconnect", INBOX)
    assert done.text.endswith("take it out of `brands: channels` there.")
