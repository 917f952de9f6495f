"""Reading: lists, threads, searches, App Home, autocomplete, cards."""

from dataclasses import replace

import pytest

from core import decide_words
from core.asking import Caller, Choice, Command
from core.ids import PinId, derive
from core.intents import InDirect, Person
from core.model import Identity, Mode, Place, Profile, Role
from tests.office.desk_world import (
    ADA,
    BEN,
    BRAND,
    CAL,
    INBOX,
    JO,
    LAMP,
    MIA,
    NOW,
    OTHER,
    SAM,
    STAFF,
    World,
    button,
    code,
    inbox,
    labels,
    own,
    person,
    titles,
    whole,
    with_mode,
)

MIAS = person(MIA, "discord")
ADAS, BENS = person(ADA), person(BEN)


async def test_an_empty_inbox_says_how_to_begin(world: World) -> None:
    assert "/pin send" in (await world.type(MIAS, "")).text
    for text in ("requests", "inbox waiting", "followers", "inbox followers"):
        assert (await world.type(MIAS, text)).refusal is None


async def test_an_inbox_lists_threads_with_the_buttons_of_who_asks(world: World) -> None:
    await world.friends(MIA, JO)
    await world.start(MIAS, "jo", text="look at that")
    answer = await world.type(person(JO), "")
    assert titles(answer) == ["Oak desk"]
    assert answer.items[0].text == "Mia: look at that"
    assert [each.label for each in answer.items[0].buttons] == ["Open", "Reply"]
    assert labels(answer) == ["Waiting", "Requests"]
    mine = await world.type(MIAS, "inbox waiting")
    assert not mine.items
    assert titles(await world.type(person(JO), "inbox waiting")) == ["Oak desk"]


async def test_a_list_that_there_is_not_names_those_that_there_are(world: World) -> None:
    answer = await world.type(MIAS, "inbox nonsense")
    assert code(answer) == "bad_option"
    assert "unassigned" in answer.text
    assert code(await world.office.press(world.caller(MIAS), "inbox", "x:y:z")) == "unknown_list"


async def test_the_lists_of_a_brand_follow_status_and_assignment(world: World) -> None:
    await world.follow(MIA, BRAND)
    thread = await world.start()
    requests = await world.type(ADAS, "requests", INBOX)
    assert [each.label for each in requests.items[0].buttons] == [
        "Open", "Reply", "Ignore", "Block",
    ]  # fmt: skip
    await world.type(ADAS, f"reply {thread.thread} 72 cm", INBOX)
    assert titles(await world.type(ADAS, "inbox unassigned", INBOX)) == ["Oak desk"]
    taken = await world.type(ADAS, "inbox unassigned", INBOX)
    assert (await world.press(ADAS, taken, "Assign to me", INBOX)).text.startswith("You answer")
    assert not (await world.type(ADAS, "inbox unassigned", INBOX)).items
    assert titles(await world.type(ADAS, "inbox mine", INBOX)) == ["Oak desk"]
    assert not (await world.type(BENS, "inbox mine", INBOX)).items
    assert not (await world.type(ADAS, "inbox waiting", INBOX)).items
    await world.say(MIAS, thread, "and how wide?")
    waiting = await world.type(ADAS, "inbox waiting", INBOX)
    assert titles(waiting) == ["Oak desk"]
    assert "Ada answers" in waiting.items[0].note
    await world.press(ADAS, waiting, "Resolve", INBOX)
    assert not (await world.type(ADAS, "inbox mine", INBOX)).items
    assert titles(await world.type(ADAS, "inbox all", INBOX)) == ["Oak desk"]


async def test_more_goes_on_where_the_list_ended(world: World) -> None:
    await world.friends(MIA, JO)
    for n in range(12):
        pin = LAMP.id if n == 0 else type(LAMP.id)(str(1000 + n))
        await world.start(MIAS, "jo", text=f"number {n}", pin=pin)
    first = await world.type(person(JO), "inbox")
    assert len(first.items) == 10
    rest = await world.press(person(JO), first, "More")
    assert [item.text for item in rest.items] == ["Mia: number 1", "Mia: number 0"]
    assert "More" not in labels(rest)


async def test_threads_with_one_person_are_found(world: World) -> None:
    await world.friends(MIA, JO, SAM)
    await world.start(MIAS, "jo")
    found = await world.office.run(
        world.caller(MIAS), Command("inbox", people=(person(JO, "discord"),))
    )
    assert titles(found) == ["Oak desk"]
    none = whole(
        await world.office.run(world.caller(MIAS), Command("inbox", people=(person(SAM),)))
    )
    assert labels(none) == ["Send a pin"]


async def test_a_thread_is_opened_by_code_link_or_where_it_stands(world: World) -> None:
    await world.follow(MIA, BRAND)
    thread = await world.start(text="how high?")
    where = await world.inside(thread, INBOX)
    name = str(thread.thread)
    for text in (f"open {name[:6]}", f"open `{name}`", f"open https://pins.example/t/{name}"):
        answer = await world.type(ADAS, text, INBOX)
        assert answer.items[0].pin is not None
        assert [item.title for item in answer.items[1:]] == ["Mia"]
        assert answer.items[0].mirrors
    there = world.caller(ADAS, INBOX, thread=where)
    assert whole(await world.office.run(there, Command("open"))).items[1].text == "how high?"
    there = world.caller(ADAS, INBOX, thread=thread.thread)
    assert whole(await world.office.run(there, Command("open"))).items[1].text == "how high?"


async def test_in_direct_messages_the_thread_is_the_one_that_is_answered(world: World) -> None:
    zoe = Person(Identity("discord", "", "5150"), Profile("Zoe"))
    thread = await world.start(zoe, "jo")
    _, root = await world.placed(thread, own(zoe))
    for answers in (root, None):
        caller = Caller(zoe, own(zoe), InDirect(own(zoe), answers), key="d1")
        assert titles(await world.office.run(caller, Command("open")))[0] == "Oak desk"
    await world.placed(await world.start(zoe, "sam"), own(zoe))
    caller = Caller(zoe, own(zoe), InDirect(own(zoe)), key="d2")
    assert whole(await world.office.run(caller, Command("open"))).picker is not None


async def test_without_a_thread_a_menu_asks_and_goes_on_with_what_was_said(world: World) -> None:
    await world.follow(MIA, BRAND)
    thread = await world.start()
    asked = await world.type(ADAS, "note ask the shop", INBOX)
    assert asked.picker is not None
    assert [item.text for item in asked.items] == ["ask the shop"]
    done = await world.pick(ADAS, asked, "Oak desk with Mia", INBOX)
    assert done.text.startswith("Noted.")
    assert await world.texts(BRAND.id, thread) == ["How high is it?", "ask the shop"]
    assert await world.texts(MIA.id, thread) == ["How high is it?"]
    again = await world.office.submit(
        world.caller(ADAS, INBOX),
        asked.picker.action,
        asked.picker.value,
        {"thread": str(thread.thread)},
    )
    assert code(again) == "draft_lost"


async def test_a_code_with_which_several_threads_begin_is_asked_about(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def alike(kind: str, *parts: str) -> str:
        made = derive(kind, *parts)
        return f"3fa9c1{made[6:]}" if kind == "thread" else made

    monkeypatch.setattr(decide_words, "derive", alike)
    for each in (MIA, JO):
        await world.follow(each, BRAND)
        await world.follow(BRAND, each)
    desk, lamp = await world.start(), await world.start(pin=LAMP.id)
    other = await world.start(person(JO), pin=LAMP.id)
    assert {one.thread[:6] for one in (desk, lamp, other)} == {"3fa9c1"}
    mias = await world.type(MIAS, "reply 3fa9c1 in oak?")
    assert mias.picker is not None
    assert {one.value for one in mias.picker.input.choices} == {desk.thread, lamp.thread}
    assert [item.text for item in mias.items] == ["in oak?"]
    await world.pick(MIAS, mias, "Oak desk")
    assert await world.texts(BRAND.id, desk) == ["How high is it?", "in oak?"]
    assert await world.texts(BRAND.id, lamp) == ["How high is it?"]
    # An agent has the brand's threads, in the inbox and where only they are.
    for place in (INBOX, None):
        asked = await world.type(ADAS, "note 3fa9c1 ask the shop", place)
        assert asked.picker is not None
        assert len(asked.picker.input.choices) == 3
        assert (await world.pick(ADAS, asked, "Oak desk", place)).text.startswith("Noted.")
    assert code(await world.type(person(SAM), "open 3fa9c1")) == "unknown_thread"
    # However many have come since.
    monkeypatch.undo()
    for n in range(101):
        pin = replace(LAMP, id=PinId(f"8{n}"))
        await world.store.put_pin(pin, NOW)
        await world.start(pin=pin.id)
    asked = await world.type(ADAS, "note 3fa9c1 ask again", INBOX)
    assert asked.picker is not None
    assert len(asked.picker.input.choices) == 3


async def test_somebody_elses_menu_is_nobodys(world: World) -> None:
    await world.follow(MIA, BRAND)
    thread = await world.start()
    asked = await world.type(ADAS, "note mine", INBOX)
    assert asked.picker is not None
    taken = await world.office.submit(
        world.caller(BENS, INBOX), "which", asked.picker.value, {"thread": str(thread.thread)}
    )
    assert code(taken) == "draft_lost"


async def test_a_thread_of_others_looks_like_none(world: World) -> None:
    await world.friends(MIA, JO)
    thread = await world.start(MIAS, "jo")
    for verb in ("open", "reply", "note", "assign", "status", "accept", "add", "leave", "report"):
        assert code(await world.type(person(SAM), f"{verb} {thread.thread}")) == "unknown_thread"
    assert code(await world.type(person(SAM), "open")) == "unknown_thread"
    assert code(await world.type(person(SAM), "open ab")) == "unknown_thread"


async def test_an_owner_reads_and_answers_the_brands_threads_from_anywhere(world: World) -> None:
    await world.follow(MIA, BRAND)
    thread = await world.start()
    home = whole(await world.office.home(Caller(ADAS, own(ADAS), key="h1")))
    assert titles(home) == ["Oak desk"]
    assert labels(home)[-1] == "My own threads"
    form = await world.press(ADAS, home, "Reply")
    sent = await world.fill(ADAS, form, text="72 cm")
    assert sent.text == "Sent to Mia as Northwind Home. It stands in the thread."
    assert await world.texts(MIA.id, thread) == ["How high is it?", "72 cm"]
    others = await world.press(ADAS, home, "All")
    assert titles(others) == ["Oak desk"]
    assert not (await world.press(ADAS, home, "My own threads")).items


async def test_the_home_of_somebody_in_two_brands_leads_to_both(world: World) -> None:
    lumen = Place("slack", "T1", "C0LUMEN")
    await world.store.put_binding(inbox(OTHER, lumen, "lumen"))
    await world.store.grant(OTHER.id, ADA.id, Role.OWNER, NOW)
    for brand in (BRAND, OTHER):
        await world.follow(MIA, brand)
    await world.start()
    await world.start(MIAS, "lumen", pin=LAMP.id)
    home = whole(await world.office.home(Caller(ADAS, own(ADAS), key="h1")))
    names = {"Northwind Home": "Oak desk", "Lumen": "Lamp"}
    [other] = set(names) & set(labels(home))
    [first] = set(names) - {other}
    assert titles(home) == [names[first]]
    assert titles(await world.press(ADAS, home, other)) == [names[other]]


async def test_whoever_has_no_role_does_not_read_an_inbox(world: World) -> None:
    await world.follow(MIA, BRAND)
    thread = await world.start()
    guest = Person(Identity("slack", "T2", "UGUEST"), Profile("Guest"), guest=True)
    for text in ("inbox", "requests", "followers", "search high", f"open {thread.thread}"):
        answer = await world.type(guest, text, INBOX)
        assert code(answer) == "not_allowed", text
        assert "@ada" in answer.text
    caller = world.caller(guest, INBOX)
    for verb, option in (("open", "id"), ("send", "pin"), ("assign", "to"), ("canned", "name")):
        assert await world.office.choices(caller, verb, option, "") == ()
    assert code(await world.office.run(caller, Command("open"))) == "not_allowed"
    await world.type(guest, "unblock", INBOX)  # their first act: they are told who sees it
    assert code(await world.type(guest, "unblock", INBOX)) == "not_allowed"
    no_role = person(SAM, "discord")
    assert code(await world.type(no_role, "inbox", STAFF)) == "not_allowed"
    team = person(SAM, "discord", roles=("Team",))
    assert titles(await world.type(team, "inbox", STAFF)) == ["Oak desk"]
    assert code(await world.type(person(CAL), f"reply {thread.thread} x", INBOX)) == "not_allowed"
    assert titles(await world.type(person(CAL), "inbox", INBOX)) == ["Oak desk"]


async def test_search_finds_within_what_the_asker_sees(world: World) -> None:
    await world.follow(MIA, BRAND)
    thread = await world.start(text="is it oak or ash?")
    await world.type(ADAS, f"note {thread.thread} ask about the oak", INBOX)
    found = await world.type(ADAS, "search oak", INBOX)
    assert len(found.items) == 2
    found = await world.type(MIAS, "search oak")
    assert [item.text for item in found.items] == ["is it oak or ash?"]
    assert not (await world.type(person(JO), "search oak")).items
    assert len((await world.type(ADAS, "search oak from:@mia", INBOX)).items) == 1
    assert len((await world.type(MIAS, "search after:2026-11-22 before:2026-11-24")).items) == 1
    assert not (await world.type(MIAS, "search oak before:2026-11-23")).items
    opened = await world.push(MIAS, found.items[0].buttons[0])
    assert opened.text.startswith("Oak desk, with Northwind Home")


@pytest.mark.parametrize(
    ("text", "refused", "field"),
    [
        ("search", "nothing_to_find", "words"),
        ("search oak before:soon", "bad_date", "before"),
        ("search oak after:2026-13-01", "bad_date", "after"),
        ("search oak from:@nobody", "unknown_author", ""),
    ],
)
async def test_a_search_that_cannot_be_made_says_why(
    world: World, text: str, refused: str, field: str
) -> None:
    answer = await world.type(MIAS, text)
    assert (code(answer), answer.field) == (refused, field)


async def test_older_finds_go_on(world: World) -> None:
    await world.friends(MIA, JO)
    thread = await world.start(MIAS, "jo", text="oak 0")
    for n in range(1, 12):
        await world.say(MIAS, thread, f"oak {n}")
    first = await world.type(MIAS, "search oak")
    assert [item.text for item in first.items] == [f"oak {n}" for n in range(11, 1, -1)]
    older = await world.press(MIAS, first, "Older")
    assert [item.text for item in older.items] == ["oak 1", "oak 0"]
    assert code(await world.press(MIAS, first, "Older")) == "draft_lost"


async def test_autocomplete_offers_what_is_the_askers(world: World) -> None:
    await world.friends(MIA, JO)
    thread = await world.start(MIAS, "jo")
    office, caller = world.office, world.caller(MIAS)
    [one] = await office.choices(caller, "open", "id", "oak")
    assert one == Choice(f"Oak desk with Jo ({str(thread.thread)[:6]})", str(thread.thread))
    assert not await office.choices(caller, "open", "id", "lamp")
    [pin] = await office.choices(caller, "send", "pin", "oak")
    assert pin.value.endswith("/99360735500167749/")
    assert [each.value for each in await office.choices(caller, "send", "to", "j")] == ["@jo"]
    found = await office.choices(caller, "add", "people", "@sam j")
    assert [each.value for each in found] == ["@sam @jo"]
    assert not await office.choices(caller, "help", "about", "x")
    brands = await office.choices(world.caller(ADAS, INBOX), "canned", "name", "h")
    assert [each.value for each in brands] == ["thanks", "hours"]
    agents = await office.choices(world.caller(ADAS, INBOX), "assign", "to", "")
    assert [each.value for each in agents][:3] == ["me", "none", "@ada"]
    assert not await office.choices(caller, "canned", "name", "")


async def test_a_card_in_an_inbox_tells_mode_status_and_who_answers(world: World) -> None:
    await world.follow(MIA, BRAND)
    thread = await world.start()
    mirrors = {m.place: m for m in await world.store.mirrors_of(thread.thread)}
    line, buttons = await world.office.card(mirrors[INBOX])
    mode = "Replies here are notes; Reply sends to Mia"
    assert line == f"Mia writes to you for the first time · {mode}"
    assert [each.label for each in buttons] == ["Reply", "Ignore", "Block"]
    await world.type(ADAS, f"reply {thread.thread} 72 cm", INBOX)
    line, buttons = await world.office.card(mirrors[INBOX])
    assert line == f"{mode} · open · unassigned"
    assert [each.label for each in buttons] == ["Reply", "Assign to me", "Snooze", "Resolve"]
    line, _ = await world.office.card(mirrors[STAFF])
    assert line.startswith("Replies here go to Mia; `note:` makes a note")
    await world.push(ADAS, buttons[1], INBOX)
    await world.type(ADAS, f"status {thread.thread} snooze 2h", INBOX)
    line, buttons = await world.office.card(mirrors[INBOX])
    assert line.endswith("snoozed until <t:1795442400> · Ada answers")
    assert [each.label for each in buttons] == ["Reply", "Assign to me", "Reopen"]
    await world.store.put_binding(with_mode(inbox(BRAND, INBOX, "pin-inbox"), Mode.RELAY))
    assert (await world.office.card(mirrors[INBOX]))[0].startswith("Replies here go to Mia")
    elsewhere = [m for m in mirrors.values() if m.account == MIA.id]
    for mirror in elsewhere:
        assert await world.office.card(mirror) == ("", ())


async def test_a_note_shows_as_one_and_only_inside(world: World) -> None:
    await world.follow(MIA, BRAND)
    thread = await world.start()
    await world.type(ADAS, f"note {thread.thread} ask the shop", INBOX)
    shown = await world.type(ADAS, f"open {thread.thread}", INBOX)
    assert shown.items[-1].note.startswith("note, only for colleagues")
    seen = await world.type(MIAS, f"open {thread.thread}")
    assert [item.text for item in seen.items[1:]] == ["How high is it?"]


async def test_a_channel_that_others_read_tells_nobody_of_the_brand(world: World) -> None:
    await world.follow(MIA, BRAND)
    thread = await world.start()
    await world.type(ADAS, f"note {thread.thread} ask the shop", INBOX)
    reply = button(await world.type(ADAS, f"open {thread.thread}", INBOX), "Reply")
    await world.desk.place_changed(INBOX, exposed=True)
    # Ben joined it since then; Ada is an owner wherever she is.
    for who in (BENS, ADAS):
        for text in (
            *("inbox", "requests", "followers", "search shop", "canned", "mode relay", "export"),
            *(f"open {thread.thread}", f"note {thread.thread}", "role viewer @ben", "note"),
        ):
            assert code(await world.type(who, text, INBOX)) == "place_paused", text
        assert code(await world.push(who, reply, INBOX)) == "place_paused"
        caller = Caller(who, INBOX)
        assert await world.office.choices(caller, "open", "id", "") == ()
    assert code(await world.type(BENS, "disconnect", INBOX)) == "not_allowed"
    assert (await world.type(ADAS, "disconnect", INBOX)).buttons
    await world.desk.place_changed(INBOX, exposed=False)
    assert "Oak desk" in titles(await world.type(BENS, "inbox", INBOX))
