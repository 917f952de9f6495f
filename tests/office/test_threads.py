"""What is done with a thread: who answers, status, requests, people, reports."""

from datetime import timedelta

import pytest

from core.asking import Command
from core.ids import RemoteId
from core.intents import Origin, Person, PostMessage
from core.model import Identity, Profile, Refusal, Status
from core.ports.outcomes import Accepted
from tests.office.desk_world import (
    ADA,
    BEN,
    BRAND,
    CAL,
    INBOX,
    JO,
    MIA,
    NOW,
    SAM,
    STAFF,
    World,
    code,
    labels,
    person,
    titles,
    whole,
)

MIAS = person(MIA, "discord")
ADAS, BENS, CALS = person(ADA), person(BEN), person(CAL)


@pytest.fixture
async def thread(world: World) -> Accepted:
    """Mia has asked the brand, and it has answered."""
    await world.follow(MIA, BRAND)
    thread = await world.start()
    await world.type(ADAS, f"reply {thread.thread} 72 cm", INBOX)
    return thread


async def standing(world: World, thread: Accepted):  # type: ignore[no-untyped-def]
    view = await world.desk.open(BRAND.id, str(thread.thread))
    assert not isinstance(view, Refusal)
    return view


# --- who answers --------------------------------------------------------------------------


async def test_a_thread_is_assigned_to_me_to_a_colleague_and_to_nobody(
    world: World, thread: Accepted
) -> None:
    answer = await world.type(ADAS, f"assign {thread.thread} me", INBOX)
    assert answer.text == "You answer Oak desk now. You are told when something comes in."
    assert (await standing(world, thread)).assignee == ADA
    answer = await world.type(ADAS, f"assign {thread.thread} @cal", INBOX)
    assert answer.text == "Cal will answer Oak desk, and can see it."
    assert (await standing(world, thread)).assignee == CAL
    await world.type(ADAS, f"assign {thread.thread} none", INBOX)
    assert (await standing(world, thread)).assignee is None


async def test_an_agent_by_the_place_alone_takes_a_thread(world: World, thread: Accepted) -> None:
    assert (await world.type(BENS, f"assign {thread.thread} me", INBOX)).refusal is None
    assert (await standing(world, thread)).assignee == BEN
    team = person(JO, "discord", roles=("Team",))
    assert (await world.type(team, f"assign {thread.thread} me", STAFF)).refusal is None
    assert (await standing(world, thread)).assignee == JO


async def test_without_a_name_a_menu_offers_the_brands_people(
    world: World, thread: Accepted
) -> None:
    asked = await world.type(ADAS, f"assign {thread.thread}", INBOX)
    assert asked.picker is not None
    offered = [choice.label for choice in asked.picker.input.choices]
    assert offered[:2] == ["Me", "Nobody in particular"]
    assert "Cal (@cal)" in offered
    assert "Ada (@ada)" not in offered
    await world.pick(ADAS, asked, "Cal", INBOX)
    assert (await standing(world, thread)).assignee == CAL
    await world.pick(ADAS, asked, "Nobody", INBOX)
    assert (await standing(world, thread)).assignee is None
    await world.pick(ADAS, asked, "Me", INBOX)
    assert (await standing(world, thread)).assignee == ADA


@pytest.mark.parametrize(
    ("who", "words", "refused"),
    [
        (ADAS, "@sam", "not_an_agent"),
        (ADAS, "@nobody", "not_an_agent"),
        (CALS, "me", "not_allowed"),
        (CALS, "", "not_allowed"),
    ],
)
async def test_an_assignment_that_may_not_be(
    world: World, thread: Accepted, who: Person, words: str, refused: str
) -> None:
    assert code(await world.type(who, f"assign {thread.thread} {words}", INBOX)) == refused


async def test_followers_neither_assign_nor_see_it(world: World, thread: Accepted) -> None:
    for text in ("me", ""):
        answer = await world.type(MIAS, f"assign {thread.thread} {text}")
        assert code(answer) == "not_a_brand"
    await world.type(ADAS, f"assign {thread.thread} me", INBOX)
    assert not any("Ada" in line for line in await world.lines(MIA.id, thread))
    view = await world.desk.open(MIA.id, str(thread.thread))
    assert not isinstance(view, Refusal)
    assert (view.assignee, view.status) == (None, Status.OPEN)


# --- status -------------------------------------------------------------------------------


async def test_a_snoozed_thread_comes_back_then_or_when_they_write(
    world: World, thread: Accepted
) -> None:
    answer = await world.type(ADAS, f"status {thread.thread} snooze 2h", INBOX)
    assert answer.text.startswith("Oak desk is snoozed for 2 hours.")
    view = await standing(world, thread)
    assert (view.status, view.until) == (Status.SNOOZED, NOW + timedelta(hours=2))
    await world.say(MIAS, thread, "hello?")
    assert (await standing(world, thread)).status is Status.OPEN


async def test_times_of_day_are_those_of_the_brand_unless_one_has_chosen(
    world: World, thread: Accepted
) -> None:
    await world.type(ADAS, f"status {thread.thread} snooze tomorrow 9am", INBOX)
    until = (await standing(world, thread)).until
    assert until is not None
    assert until.isoformat() == "2026-11-24T08:00:00+00:00"  # Berlin
    await world.type(ADAS, "notify all quiet 22:00-07:00 America/New_York")
    await world.type(ADAS, f"status {thread.thread} snooze tomorrow 9am", INBOX)
    until = (await standing(world, thread)).until
    assert until is not None
    assert until.isoformat() == "2026-11-24T14:00:00+00:00"


async def test_buttons_and_menus_set_the_status_too(world: World, thread: Accepted) -> None:
    asked = await world.type(ADAS, f"status {thread.thread}", INBOX)
    assert labels(asked) == ["Open", "Snooze", "Resolve"]
    assert "resolved" in (await world.press(ADAS, asked, "Resolve", INBOX)).text
    assert (await standing(world, thread)).status is Status.RESOLVED
    menu = await world.press(ADAS, asked, "Snooze", INBOX)
    await world.pick(ADAS, menu, "3 days", INBOX)
    assert (await standing(world, thread)).until == NOW + timedelta(days=3)
    await world.press(ADAS, asked, "Open", INBOX)
    assert (await standing(world, thread)).status is Status.OPEN
    await world.type(ADAS, f"status {thread.thread} snooze tomorrow", INBOX)
    assert (await standing(world, thread)).status is Status.SNOOZED


async def test_a_resolved_thread_opens_by_an_answer(world: World, thread: Accepted) -> None:
    await world.type(ADAS, f"status {thread.thread} resolved", INBOX)
    await world.say(MIAS, thread, "one more thing")
    assert (await standing(world, thread)).status is Status.OPEN


@pytest.mark.parametrize(
    ("who", "words", "refused"),
    [
        (ADAS, "snooze whenever", "bad_time"),
        (ADAS, "snooze 0m", "bad_time"),
        (CALS, "resolved", "not_allowed"),
        (CALS, "snooze", "not_allowed"),
        (CALS, "", "not_allowed"),
    ],
)
async def test_a_status_that_may_not_be(
    world: World, thread: Accepted, who: Person, words: str, refused: str
) -> None:
    assert code(await world.type(who, f"status {thread.thread} {words}", INBOX)) == refused
    assert (await standing(world, thread)).status is Status.OPEN


async def test_a_status_that_there_is_not_offers_those_that_there_are(
    world: World, thread: Accepted
) -> None:
    answer = await world.type(ADAS, f"status {thread.thread} finished", INBOX)
    assert labels(answer) == ["Open", "Snooze", "Resolve"]
    for words in ("open", "", "snooze 2h"):
        assert code(await world.type(MIAS, f"status {thread.thread} {words}")) == "not_a_brand"


# --- requests -----------------------------------------------------------------------------


async def test_a_request_is_accepted_from_the_list(world: World) -> None:
    thread = await world.start(MIAS, "jo")
    asked = await world.type(person(JO), "requests")
    assert [each.label for each in asked.items[0].buttons] == ["Open", "Accept", "Ignore", "Block"]
    assert code(await world.type(MIAS, f"reply {thread.thread} hello?")) == "request_pending"
    answer = await world.press(person(JO), asked, "Accept")
    assert answer.text.startswith("You talk with Mia now.")
    assert (await world.type(MIAS, f"reply {thread.thread} hello?")).refusal is None


async def test_an_ignored_request_is_put_away_and_nobody_can_tell(world: World) -> None:
    thread = await world.start(MIAS, "jo")
    answer = await world.type(person(JO), f"ignore {thread.thread}")
    assert answer.text.startswith("Put away. Mia is not told.")
    assert not (await world.type(person(JO), "inbox")).items
    assert code(await world.type(MIAS, f"reply {thread.thread} hello?")) == "request_pending"
    await world.type(person(JO), f"accept {thread.thread}")
    assert (await world.type(MIAS, f"reply {thread.thread} hello?")).refusal is None


async def test_a_request_is_blocked_after_a_question(world: World) -> None:
    thread = await world.start(MIAS, "jo")
    asked = await world.type(person(JO), "requests")
    sure = await world.press(person(JO), asked, "Block")
    assert sure.text.startswith("Block Mia (@mia)?")
    done = await world.press(person(JO), sure, "Block")
    assert "/pin unblock @mia" in done.text
    assert [each.id for each in await world.desk.blocked(JO.id)] == [MIA.id]
    assert not (await world.type(person(JO), "requests")).items
    assert code(await world.type(MIAS, f"reply {thread.thread} hello?")) == "request_pending"
    mine = await world.office.press(world.caller(MIAS), "blockin", str(thread.thread))
    assert code(mine) == "blocks_itself"


async def test_only_some_take_a_brands_requests(world: World) -> None:
    await world.follow(MIA, BRAND)
    thread = await world.start()
    assert code(await world.type(BENS, f"accept {thread.thread}", INBOX)) == "not_allowed"
    assert (await world.type(ADAS, f"accept {thread.thread}", INBOX)).refusal is None
    assert [each.id for each in await world.desk.follows(BRAND.id)] == [MIA.id]


# --- people -------------------------------------------------------------------------------


async def test_people_are_added_by_words_or_by_a_form(world: World) -> None:
    await world.friends(MIA, JO, SAM, BEN)
    thread = await world.start(MIAS, "jo")
    answer = await world.type(MIAS, f"add {thread.thread} @sam")
    assert answer.text == "Added Sam. They see what comes from now on."
    asked = await world.type(MIAS, f"add {thread.thread}")
    assert code(await world.fill(MIAS, asked, people=())) == "nobody_named"
    assert (await world.fill(MIAS, asked, people=("@ben",))).refusal is None
    view = await world.desk.open(BEN.id, str(thread.thread))
    assert not isinstance(view, Refusal)
    assert {each.id for each in view.people} == {MIA.id, JO.id, SAM.id, BEN.id}


async def test_a_third_one_does_not_come_to_a_brand(world: World, thread: Accepted) -> None:
    answer = await world.type(MIAS, f"add {thread.thread} @jo")
    assert code(answer) == "brand_dm_is_one_to_one"
    assert code(await world.type(MIAS, f"add {thread.thread} @nobody")) == "cannot_message"


async def test_the_eleventh_is_told_kindly(world: World) -> None:
    people = []
    for n in range(10):
        who = Person(Identity("slack", "T1", f"UN{n}"), Profile(f"Number {n}"))
        people.append(await world.desk.account(who))
    handles = [each.handle for each in people]
    thread = await world.start(MIAS, *handles[:9])
    answer = await world.type(MIAS, f"add {thread.thread} @{handles[9]}")
    assert code(answer) == "group_full"
    assert "Start another one" in answer.text


async def test_only_the_creator_takes_people_out(world: World) -> None:
    await world.friends(MIA, JO, SAM)
    thread = await world.start(MIAS, "jo", "sam")
    assert code(await world.type(person(JO), f"remove {thread.thread} @sam")) == "not_creator"
    asked = await world.type(MIAS, f"remove {thread.thread}")
    assert code(await world.fill(MIAS, asked, people=())) == "nobody_named"
    assert (await world.fill(MIAS, asked, people=("@sam",))).text.startswith("Sam is out.")
    answer = await world.type(MIAS, f"remove {thread.thread} @jo")
    assert answer.text == "Jo is out. They keep what they have seen."
    assert code(await world.type(MIAS, f"reply {thread.thread} anybody?")) == "alone"


async def test_leaving_is_confirmed_and_muting_offered(world: World) -> None:
    await world.friends(MIA, JO, SAM)
    thread = await world.start(MIAS, "jo", "sam")
    asked = await world.type(person(JO), f"leave {thread.thread}")
    assert labels(asked) == ["Leave", "Only mute it"]
    assert (await world.press(person(JO), asked, "Only mute it")).text.startswith("Muted:")
    assert (await world.desk.open(JO.id, str(thread.thread))).muted  # type: ignore[union-attr]
    assert (await world.type(person(JO), f"unmute {thread.thread}")).text.startswith("You are ping")
    assert not (await world.desk.open(JO.id, str(thread.thread))).muted  # type: ignore[union-attr]
    assert (await world.press(person(JO), asked, "Leave")).text.startswith("You have left.")
    assert code(await world.type(person(JO), f"reply {thread.thread} x")) in (
        "not_a_member", "unknown_thread",
    )  # fmt: skip


# --- reports ------------------------------------------------------------------------------


async def test_a_report_keeps_the_reason_and_the_messages_as_they_were(world: World) -> None:
    await world.friends(MIA, JO)
    thread = await world.start(MIAS, "jo", text="buy my watches")
    asked = await world.type(person(JO), f"report {thread.thread}")
    done = await world.fill(person(JO), asked, text="It is spam")
    assert done.text.startswith("Reported.")
    assert (await world.type(person(JO), f"report {thread.thread} again")).refusal is None
    reports = await world.store.reports(10)
    assert {each.reason for each in reports} == {"It is spam", "again"}
    assert all("buy my watches" in each.what for each in reports)
    assert not any("spam" in line for line in await world.lines(MIA.id, thread))


async def test_one_message_is_reported_where_it_stands(world: World, thread: Accepted) -> None:
    where = await world.inside(thread, STAFF)
    agent = person(ADA, "discord", roles=("Team",))
    caller = world.caller(agent, STAFF, thread=where, message=RemoteId("m1"))
    assert (await world.office.run(caller, Command("report"))).form is not None
    said = await world.desk.submit(_typed(world, agent, where))
    assert said is not None
    asked = whole(await world.office.run(caller, Command("report")))
    assert asked.form is not None
    assert asked.form.value.startswith(f"{thread.thread}:")
    assert (await world.fill(agent, asked, STAFF, text="rude")).refusal is None
    [report] = await world.store.reports(10)
    assert "note: hm" not in report.what
    assert "hm" in report.what
    assert "72 cm" not in report.what


def _typed(world: World, who: Person, where):  # type: ignore[no-untyped-def]
    from core.intents import Intent

    return Intent(
        "typed", who, PostMessage(where, "note: hm"), Origin(STAFF, RemoteId("m1")), at=world.now
    )


async def test_titles_are_short(world: World, thread: Accepted) -> None:
    answer = await world.type(ADAS, "inbox", INBOX)
    assert titles(answer) == ["Oak desk"]
