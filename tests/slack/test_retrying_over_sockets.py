"""A refusal with a button: the same words once more, read again from Slack."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.slack import SlackAdapter
from core.delivery import Receipt
from core.intents import EditMessage, PostMessage
from core.model import Refusal
from core.ports.outcomes import Ask, Held, Ignored, Outcome
from tests.slack.fake_desk import FakeDesk, line
from tests.slack.slack_world import INBOX, World, card, texts

NOT_IN = Refusal("not_a_member", "Ask somebody to add you.")


@pytest.fixture(params=["http", "socket"])
async def adapter(
    request: pytest.FixtureRequest, world: World, desk: FakeDesk
) -> AsyncIterator[SlackAdapter]:
    async with world.adapter(request.param, desk) as opened:
        yield opened


@pytest.fixture
async def thread(adapter: SlackAdapter) -> str:
    root = await adapter.write(card())
    assert isinstance(root, Receipt)
    return root.remote.partition(":")[2]


async def press(world: World, answer: dict[str, Any], user: str = "U0ADA") -> dict[str, Any]:
    """The line that stands there after the button was used."""
    told = await world.act("press", user=user, channel=answer["channel"], answer=answer["id"],
                           action_id="pin_retry", wait=10)  # fmt: skip
    (shown,) = told["answers"]
    return dict(shown)


async def test_refused_words_can_be_tried_again_and_the_line_says_when_they_are_sent(
    thread: str, world: World, desk: FakeDesk
) -> None:
    desk.outcomes += [NOT_IN, NOT_IN]
    await world.say("me too", thread_ts=thread)
    first = await desk.intent()
    refused = (await world.until_seen())["answers"][-1]
    assert "Try again" in texts(refused)
    still = await press(world, refused)
    assert "Ask somebody to add you." in texts(still)
    assert "Try again" in texts(still)
    assert await desk.intent() == first
    done = await press(world, still)
    assert await desk.intent() == first
    assert "Sent." in texts(done)
    seen = (await world.seen())["answers"]
    assert [texts(answer).count("Ask somebody") for answer in seen] == [0]


async def test_a_refused_edit_can_be_tried_again(thread: str, world: World, desk: FakeDesk) -> None:
    ts = await world.say("me too", thread_ts=thread)
    await desk.intent()
    desk.outcomes.append(NOT_IN)
    await world.act("edit", user="U0ADA", channel=INBOX, ts=ts, text="and me")
    first = await desk.intent()
    assert isinstance(first.what, EditMessage)
    done = await press(world, (await world.until_seen())["answers"][-1])
    assert await desk.intent() == first
    assert "Sent." in texts(done)


async def test_words_that_can_never_be_taken_have_no_button(
    thread: str, world: World, desk: FakeDesk
) -> None:
    desk.outcomes.append(Refusal("text_too_long", "This is too long."))
    await world.say("x" * 100, thread_ts=thread)
    refused = (await world.until_seen())["answers"][-1]
    assert "Try again" not in texts(refused)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Held(), "Sent."),
        (Ignored(), "That channel is not connected"),
        (Ask(()), "You have no thread to answer yet"),
        (Ask((line(),)), "Which thread is this for?"),
    ],
)
async def test_words_outside_any_thread_wait_for_one(
    adapter: SlackAdapter, world: World, desk: FakeDesk, outcome: Outcome, said: str
) -> None:
    desk.outcomes += [Ask(()), outcome]
    await world.say("hello?", channel="D0ADA")
    first = await desk.intent()
    refused = (await world.until_seen())["answers"][-1]
    assert "You have no thread to answer yet" in texts(refused)
    assert said in texts(await press(world, refused))
    assert await desk.intent() == first
    assert isinstance(first.what, PostMessage)


async def test_words_that_are_gone_or_cannot_be_read_are_not_sent(
    thread: str, world: World, desk: FakeDesk
) -> None:
    desk.outcomes.append(NOT_IN)
    ts = await world.say("me too", thread_ts=thread)
    await desk.intent()
    refused = (await world.until_seen())["answers"][-1]
    await world.fault("conversations.replies", "status", status=500)
    away = await press(world, refused)
    assert "just now" in texts(away)
    await world.act("delete", user="U0ADA", channel=INBOX, ts=ts)
    gone = await press(world, away)
    assert "cannot be read any more" in texts(gone)
    assert "Try again" not in texts(gone)
    assert (await desk.intent()).key.endswith(":delete")
    assert desk.intents.empty()
