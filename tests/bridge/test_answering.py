"""Words that answer one of our copies keep what they answer, however soon they come."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bridge.delivery.lanes import Lanes
from bridge.delivery.underway import UnderWay
from bridge.intake import intake as intake_module
from bridge.intake.intake import Intake
from bridge.wakeup import LocalWakeups
from core.delivery import Failure, FailureKind
from core.events import MessagePosted
from core.ids import MessageId, MirrorId, RemoteId
from core.intents import InSpace, Intent, PostMessage, RemoteMessage
from core.ports.store import Store
from tests.bridge.conftest import MIA
from tests.bridge.scripted_platform import Lost, soon
from tests.bridge.test_conversation import Talk, both, talking
from tests.bridge.test_intake import accepted

ONE = MirrorId("one")


@pytest.fixture
async def talk(store: Store, intake: Intake, wakeups: LocalWakeups) -> Talk:
    return await talking(store, intake, wakeups, "northwind")


@pytest.fixture
async def lanes(talk: Talk, wakeups: LocalWakeups) -> AsyncIterator[Lanes]:
    async with both(talk, wakeups) as lanes:
        talk.intake.connect(lanes.ahead)
        yield lanes


@pytest.fixture
def receipt(store: Store, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Until it is set no receipt is stored."""
    kept, placed = asyncio.Event(), store.placed

    async def late(*given: Any, **named: Any) -> None:
        await kept.wait()
        await placed(*given, **named)

    monkeypatch.setattr(store, "placed", late)
    return kept


def answer(talk: Talk, key: str, to: RemoteId) -> Intent:
    said = InSpace("discord", talk.spaces["discord"])
    what = PostMessage(said, key, answers=RemoteMessage("discord", to))
    return talk.type_in("discord", key, key, what)


async def copied(talk: Talk, text: str) -> tuple[MessageId, RemoteId]:
    """Said in Slack, and seen in Discord."""
    message = await talk.say("slack", f"s {text}", text)
    await soon(lambda: text in talk.discord.texts.values())
    return message, talk.copy_of(talk.discord, text)


async def answered(talk: Talk, key: str) -> MessageId | None:
    for event in await talk.store.history(talk.thread.conversation):
        if isinstance(event.what, MessagePosted) and event.what.text == key:
            return event.what.answers
    raise AssertionError(f"nobody said {key}")


def _quotes(text: str) -> bool:
    return text.startswith("> ") and text.endswith("in walnut too\nhow much?")


def is_waiting(task: asyncio.Task[Any]) -> Callable[[], bool]:
    """After so many turns of the loop nothing but the receipt can be what it waits for."""
    turns = iter(range(200))
    return lambda: task.done() or next(turns, None) is None


async def test_words_that_answer_a_copy_before_its_receipt_is_stored_keep_what_they_answer(
    talk: Talk, lanes: Lanes, receipt: asyncio.Event
) -> None:
    message, copy = await copied(talk, "in walnut too")
    early = asyncio.create_task(talk.submit(answer(talk, "how much?", copy)))
    await soon(is_waiting(early))
    assert not early.done()
    receipt.set()
    await early
    assert await answered(talk, "how much?") == message
    await soon(lambda: any(_quotes(text) for text in talk.slack.texts.values()))


async def test_an_answer_to_a_copy_whose_receipt_was_lost_keeps_what_it_answers(
    talk: Talk, lanes: Lanes
) -> None:
    talk.discord.plan.append(Lost())
    message, copy = await copied(talk, "in walnut too")
    await accepted(talk.intake, answer(talk, "how much?", copy))
    assert await answered(talk, "how much?") == message


async def test_words_that_answer_what_never_appears_come_in_without_it(
    talk: Talk, lanes: Lanes, receipt: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "_RECEIPT", 0.01)
    await copied(talk, "in walnut too")
    await accepted(talk.intake, answer(talk, "not ours", RemoteId("elsewhere")))
    assert await answered(talk, "not ours") is None
    receipt.set()
    await accepted(talk.intake, answer(talk, "nor this", RemoteId("elsewhere")))
    assert await answered(talk, "nor this") is None


async def test_what_is_said_on_the_web_answers_at_once(
    talk: Talk, lanes: Lanes, receipt: asyncio.Event
) -> None:
    message, _ = await copied(talk, "in walnut too")
    said = PostMessage(talk.thread.thread, "how much?", answers=message)
    await accepted(talk.intake, Intent("w", MIA.id, said))
    assert await answered(talk, "how much?") == message
    receipt.set()


async def test_a_call_that_waits_for_its_turn_keeps_no_answer_waiting(
    talk: Talk, lanes: Lanes
) -> None:
    slow = Failure(FailureKind.RATE, "slow", retry_after=300.0)
    talk.discord.plan.append(slow)
    await talk.say("slack", "s1", "in walnut too")
    await soon(lambda: bool(talk.discord.calls) and not talk.discord.plan)
    async with asyncio.timeout(30):
        await accepted(talk.intake, answer(talk, "how much?", RemoteId("elsewhere")))
    assert await answered(talk, "how much?") is None


async def test_who_waits_for_one_post_does_not_wait_for_the_next() -> None:
    posts = UnderWay()
    assert not await posts.over(ONE, 0.0)
    posts.begins(ONE)
    waiting = asyncio.create_task(posts.over(ONE, 5.0))
    await asyncio.sleep(0)
    posts.begins(ONE)
    posts.ends(ONE)
    posts.begins(ONE)
    assert await waiting
    assert not await posts.over(ONE, 0.0)
    posts.ends(ONE)
    posts.ends(ONE)
