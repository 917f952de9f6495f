"""Who has not been answered, and what a brand that is closed says by itself, in time."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from bridge.timers.timers import Timers
from core.events import MessagePosted
from core.ids import short_code
from core.model import BrandRules, Hours, Role
from core.ports.outcomes import Accepted
from core.ports.reading import Prefs
from tests.office.conftest import BRAND_RULES
from tests.office.desk_world import ADA, BEN, BRAND, INBOX, MIA, NOW, STAFF, World, person

MIAS, ADAS, BENS = person(MIA, "discord"), person(ADA), person(BEN)
WORDS = "We are here from 9 to 10, and answer then."
SHORT = Hours("UTC", (0, 1, 2, 3, 4), time(9), time(10), WORDS)
CLOSED = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
"""Half an hour before they open."""


@pytest.fixture
def brand_rules() -> BrandRules:
    return replace(BRAND_RULES, hold=0.0, first_response=600.0, hours=SHORT)


async def until(world: World, when: datetime) -> None:
    """Time passes as the program would see it: each timer at its own time."""
    timers: Timers = world.desk._waits
    while True:
        pause = await timers.fire_due()
        coming = await world.store.next_timer()
        if coming is None or coming > when:
            break
        if pause > 0:
            world.now = max(world.now, coming)
    world.now = when
    await timers.fire_due()


async def asked(world: World, at: datetime = NOW) -> Accepted:
    world.now = at
    await world.follow(BRAND, MIA)
    await world.follow(MIA, BRAND)
    thread = await world.start(MIAS)
    await world.placed(thread, INBOX)
    await world.placed(thread, STAFF)
    return thread


async def answers(world: World, thread: Accepted) -> list[datetime]:
    """When the brand has answered by itself."""
    found = await world.store.history(thread.conversation)
    said = [e for e in found if isinstance(e.what, MessagePosted) and e.what.text == WORDS]
    assert all(e.actor == BRAND.id and e.only is None for e in said)
    return [e.at for e in said]


# --- who has not been answered ------------------------------------------------------------


async def test_nobody_has_answered_so_who_runs_the_brand_is_mentioned_once(world: World) -> None:
    thread = await asked(world, NOW.replace(hour=9))
    await until(world, world.now + timedelta(seconds=599))
    assert world.channels.said == []
    await until(world, world.now + timedelta(seconds=2))
    places = [place for place, _ in world.channels.said]
    assert sorted(map(str, places)) == sorted(map(str, (INBOX, STAFF)))
    assert all(short_code(thread.thread) in text for _, text in world.channels.said)
    assert not any("How high" in text for _, text in world.channels.said), "nobody's words"
    assert set(world.channels.pinged) == {
        (ADAS.identity.user,),
        (person(ADA, "discord").identity.user,),
    }
    await until(world, world.now + timedelta(days=3))
    assert len(world.channels.said) == 2


async def test_the_assignee_is_mentioned_instead_after_their_quiet_hours(world: World) -> None:
    thread = await asked(world, NOW.replace(hour=9))
    await world.store.grant(BRAND.id, BEN.id, Role.AGENT, NOW)
    assigned = await world.type(ADAS, f"assign {thread.thread} @ben", INBOX)
    assert assigned.refusal is None
    await world.store.put_prefs(BEN.id, Prefs("mentions", "08:00", "11:00", "UTC"))
    await until(world, NOW.replace(hour=10, minute=59))
    assert world.channels.said == []
    await until(world, NOW.replace(hour=11))
    assert (BENS.identity.user,) in world.channels.pinged
    assert (ADAS.identity.user,) not in world.channels.pinged


async def test_an_answer_in_time_ends_it_and_the_next_question_begins_it_again(
    world: World,
) -> None:
    thread = await asked(world, NOW.replace(hour=9))
    answer = await world.type(ADAS, f"reply {thread.thread} Seventy-two centimetres.", INBOX)
    assert answer.refusal is None
    await until(world, NOW.replace(hour=9, minute=30))
    assert world.channels.said == []
    await world.say(MIAS, thread, "And how wide?")
    await until(world, NOW.replace(hour=9, minute=41))
    assert len(world.channels.said) == 2


async def test_time_runs_while_the_brand_is_open(world: World) -> None:
    await asked(world, CLOSED)
    await until(world, CLOSED.replace(hour=9, minute=9))
    assert world.channels.said == []
    await until(world, CLOSED.replace(hour=9, minute=10))
    assert len(world.channels.said) == 2


# --- the answer of a brand that is closed -------------------------------------------------


async def test_a_closed_brand_answers_by_itself_at_most_once_in_twelve_hours_a_thread(
    world: World,
) -> None:
    thread = await asked(world, CLOSED)
    await until(world, CLOSED)
    await world.say(MIAS, thread, "Hello?")
    await until(world, CLOSED.replace(hour=9, minute=5))
    await world.say(MIAS, thread, "You are open now.")
    await until(world, CLOSED.replace(hour=10, minute=5))
    await world.say(MIAS, thread, "And closed again.")
    await until(world, CLOSED.replace(hour=20, minute=29))
    await world.say(MIAS, thread, "Still there?")
    await until(world, CLOSED.replace(hour=20, minute=30))
    assert await answers(world, thread) == [CLOSED]
    late = CLOSED.replace(hour=20, minute=31)
    await until(world, late)
    await world.say(MIAS, thread, "Anybody?")
    await until(world, late + timedelta(minutes=1))
    assert await answers(world, thread) == [CLOSED, late]


async def test_an_open_brand_answers_nothing_by_itself_and_a_request_is_not_accepted_by_it(
    world: World,
) -> None:
    open_now = await asked(world, NOW.replace(hour=9, minute=15))
    await until(world, NOW.replace(hour=9, minute=20))
    assert await answers(world, open_now) == []
    world.now = CLOSED.replace(hour=11)
    sam = person(ADA, "slack")
    await world.desk.follow(sam, BRAND.id, on=True)
    request = await world.start(sam)
    await until(world, world.now + timedelta(minutes=1))
    assert await answers(world, request) == []


async def test_the_answer_by_itself_is_no_first_response(world: World) -> None:
    thread = await asked(world, CLOSED)
    await until(world, CLOSED.replace(hour=9, minute=10))
    assert await answers(world, thread) == [CLOSED]
    assert len(world.channels.said) == 2, "people are reminded all the same"
