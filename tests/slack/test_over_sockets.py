"""The real adapter, SDK and bolt against the sandbox, in both modes."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.slack import SlackAdapter
from core.delivery import Author, Failure, FailureKind, Part, PartKind, Receipt
from core.intents import InDirect, InSpace, Origin, Person, PostMessage
from core.model import Identity, Place, Refusal
from core.ports.outcomes import Ask
from tests.slack.fake_desk import PIN, THREAD, FakeDesk, line
from tests.slack.slack_world import (
    INBOX,
    TEAM,
    World,
    card,
    mirror,
    pings,
    shows,
    text,
    texts,
    write,
)

FULL = Refusal("group_full", "This one is full.")


@pytest.fixture(params=["http", "socket"])
async def adapter(
    request: pytest.FixtureRequest, world: World, desk: FakeDesk
) -> AsyncIterator[SlackAdapter]:
    async with world.adapter(request.param, desk) as opened:
        yield opened


async def posted(adapter: SlackAdapter, channel: str = INBOX) -> Receipt:
    receipt = await adapter.write(card(channel=channel))
    assert isinstance(receipt, Receipt), receipt
    return receipt


async def test_a_reply_becomes_an_intent_of_its_author(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = await posted(adapter)
    thread_ts = root.remote.partition(":")[2]
    ts = await world.say("yes, <b>oak</b> & ash 👍", thread_ts=thread_ts)
    intent = await desk.intent()
    assert intent.key == f"slack:{INBOX}:{ts}:post"
    assert intent.what == PostMessage(InSpace("slack", root.space), "yes, <b>oak</b> & ash 👍")  # type: ignore[arg-type]
    assert isinstance(intent.actor, Person)
    assert intent.actor.identity == Identity("slack", TEAM, "U0ADA")
    assert intent.actor.profile.name == "Ada Lind"
    assert intent.origin == Origin(Place("slack", TEAM, INBOX), intent.origin.message)  # type: ignore[union-attr]


async def test_our_own_post_comes_back_as_an_echo_and_never_as_input(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = await posted(adapter)
    async with asyncio.timeout(30):
        assert await desk.echoes.get() == ("d-card", root)
    reply = await adapter.write(text("hello", str(root.space)))
    async with asyncio.timeout(30):
        assert await desk.echoes.get() == ("d-text", reply)
    assert desk.intents.empty()


async def test_a_card_is_a_root_and_words_stand_under_their_authors_name(
    adapter: SlackAdapter, world: World
) -> None:
    root = await posted(adapter)
    receipt = await adapter.write(text("does <!channel> come in oak? <@U0ADA>", str(root.space)))
    assert isinstance(receipt, Receipt), receipt
    shown = await world.shown()
    assert [m.get("thread_ts") for m in shown[:1]] in ([None], [shown[0]["ts"]])
    assert "Oak desk" in texts(shown[0])
    assert shown[1]["name"] == "Mia"
    assert shown[1]["thread_ts"] == shown[0]["ts"]
    assert "<!channel>" in texts(shown[1])
    assert not pings(shown[1])
    assert shown[1]["metadata"]["event_payload"]["delivery_id"] == "d-text"


async def test_words_in_a_channel_outside_a_thread_are_not_input(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = await posted(adapter)
    await world.say("just talking")
    await world.say("to the thread", thread_ts=root.remote.split(":")[1])
    intent = await desk.intent()
    assert isinstance(intent.what, PostMessage)
    assert intent.what.text == "to the thread"
    assert desk.intents.empty()


async def test_a_refusal_is_shown_to_its_author_only(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = await posted(adapter)
    desk.outcomes.append(FULL)
    await world.say("me too", thread_ts=root.remote.split(":")[1])
    seen = await world.until_seen()
    assert "This one is full." in texts(seen["answers"][-1])
    assert not (await world.seen("U0BO"))["answers"]


async def test_a_word_in_direct_messages_asks_for_its_thread_and_goes_there(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    desk.outcomes.append(Ask((line(),)))
    ts = await world.say("still there?", channel="D0ADA")
    first = await desk.intent()
    assert first.what == PostMessage(InDirect(Place("slack", TEAM, "user:U0ADA")), "still there?")
    asked = (await world.until_seen())["answers"][-1]
    await world.act(
        "press", user="U0ADA", channel="D0ADA", answer=asked["id"], action_id="pin_pick",
        value=str(THREAD),
    )  # fmt: skip
    second = await desk.intent()
    assert second.what == PostMessage(THREAD, "still there?")
    assert second.key == first.key == f"slack:D0ADA:{ts}:post"


async def test_direct_messages_are_opened_for_the_first_write(
    adapter: SlackAdapter, world: World
) -> None:
    receipt = await posted(adapter, "user:U0BO")
    assert receipt.remote.startswith("D0BO:")
    assert "Oak desk" in texts((await world.shown("D0BO"))[0])


async def test_an_edit_replaces_content_and_keeps_name_and_marker(
    adapter: SlackAdapter, world: World
) -> None:
    root = await posted(adapter)
    reply = await adapter.write(text("first", str(root.space)))
    assert isinstance(reply, Receipt)
    assert await adapter.write(text("second", str(root.space), replaces=reply.remote)) == reply
    shown = (await world.shown())[1]
    assert "second" in texts(shown)
    assert shown["name"] == "Mia"


async def test_what_slack_refuses_is_told_apart(adapter: SlackAdapter, world: World) -> None:
    absent = await adapter.write(card(channel="C0QUIET"))
    assert isinstance(absent, Failure)
    assert (absent.kind, absent.certain) == (FailureKind.PLACE, True)
    assert "/invite" in absent.remedy
    gone = await adapter.write(text("x", f"{INBOX}:1.000100", replaces=f"{INBOX}:1.000200"))
    assert isinstance(gone, Failure)
    assert gone.kind is FailureKind.GONE
    await world.fault("chat.postMessage", "ratelimit", retry_after=7)
    slow = await adapter.write(card())
    assert slow == Failure(FailureKind.RATE, "ratelimited", retry_after=7.0)


@pytest.mark.parametrize(
    ("kind", "more", "certain"),
    [
        ("cut", {}, False),
        ("status", {"status": 503}, False),
        ("status", {"status": 500, "body": "<html>"}, False),
    ],
)
async def test_an_unclear_call_that_was_not_applied_is_looked_for_and_absent(
    adapter: SlackAdapter, world: World, kind: str, more: dict[str, object], certain: bool
) -> None:
    root = await posted(adapter)
    await world.fault("chat.postMessage", kind, **more)
    write = text("only once", str(root.space), anchor=root.remote)
    failure = await adapter.write(write)
    assert isinstance(failure, Failure)
    assert failure.certain is certain
    found = await adapter.find(write)
    assert type(found).__name__ == "Absent", found


async def test_a_lost_answer_is_found_again(adapter: SlackAdapter, world: World) -> None:
    await world.fault("chat.postMessage", "lost")
    failure = await adapter.write(card())
    assert isinstance(failure, Failure)
    assert not failure.certain
    found = await adapter.find(card())
    assert isinstance(found, Receipt)
    assert str(found.space) == str(found.remote)
    await world.fault("chat.postMessage", "lost")
    write = text("once", str(found.space), anchor=found.remote)
    assert isinstance(await adapter.write(write), Failure)
    reply = await adapter.find(write)
    assert isinstance(reply, Receipt)
    await world.fault("chat.update", "lost")
    edit = text("twice", str(found.space), replaces=reply.remote)
    assert type(await adapter.find(edit)).__name__ == "Absent"
    assert isinstance(await adapter.write(edit), Failure)
    assert isinstance(await adapter.find(edit), Receipt)
    assert len(await world.shown()) == 2


async def test_a_reply_that_is_only_a_pins_address_sends_that_pin(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = await posted(adapter)
    await world.say(PIN.url, thread_ts=root.remote.split(":")[1])
    what = (await desk.intent()).what
    assert isinstance(what, PostMessage)
    assert (what.text, what.pin) == ("", PIN.id)


async def test_a_name_less_workspace_prefixes_the_author(world: World, desk: FakeDesk) -> None:
    async with world.adapter("http", desk, author_names=False) as adapter:
        root = await posted(adapter)
        await adapter.write(text("hello", str(root.space)))
        shown = (await world.shown())[1]
        assert shown["name"] != "Mia"
        assert "*Mia*" in texts(shown)


async def test_a_notice_and_a_further_pin_are_replies(adapter: SlackAdapter, world: World) -> None:
    root = await posted(adapter)
    at = mirror(space=str(root.space))
    for delivery, part in (
        ("n", Part(PartKind.NOTICE, "Kai joined.")),
        ("p", Part(PartKind.PIN, author=Author("Mia"), pin=PIN)),
    ):
        assert isinstance(await adapter.write(write(delivery, at, shows(part))), Receipt)
    shown = await world.shown()
    assert "Kai joined." in texts(shown[1])
    assert "Oak desk" in texts(shown[2])
    assert all(m["thread_ts"] == shown[0]["ts"] for m in shown[1:])


async def test_nobody_is_told_twice_about_one_message(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = await posted(adapter)
    await world.fault("events", "double")
    desk.outcomes += [FULL, FULL]
    await world.say("me too", thread_ts=root.remote.split(":")[1])
    assert (await desk.intent()).key == (await desk.intent()).key
    await world.until_seen(most=1)
    desk.outcomes.append(Refusal("not_a_member", "Ask somebody to add you."))
    await world.say("and me", thread_ts=root.remote.split(":")[1])
    await desk.intent()
    answers = (await world.until_seen(most=2))["answers"]
    assert [texts(answer).count("This one is full.") for answer in answers] == [1, 0]


async def test_a_word_in_direct_messages_without_any_thread_is_answered(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    desk.outcomes.append(Ask(()))
    await world.say("hello?", channel="D0ADA")
    assert "Send a pin first" in texts((await world.until_seen())["answers"][-1])


async def test_a_picked_thread_may_refuse_and_words_may_be_gone(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    desk.outcomes += [Ask((line(),)), FULL]
    ts = await world.say("still there?", channel="D0ADA")
    asked = (await world.until_seen())["answers"][-1]
    pick = {"user": "U0ADA", "channel": "D0ADA", "answer": asked["id"], "action_id": "pin_pick",
            "value": str(THREAD), "wait": 5}  # fmt: skip
    assert "This one is full." in texts((await world.act("press", **pick))["answers"][0])
    await world.act("delete", user="U0ADA", channel="D0ADA", ts=ts)
    gone = (await world.act("press", **pick))["answers"][0]
    assert "cannot be read any more" in texts(gone)


async def test_a_short_link_that_is_slow_stays_an_address(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = await posted(adapter)
    desk.gate = asyncio.Event()
    asyncio.get_running_loop().call_later(1.2, desk.gate.set)
    await world.say("https://pin.it/abc", thread_ts=root.remote.split(":")[1])
    what = (await desk.intent()).what
    assert isinstance(what, PostMessage)
    assert (what.text, what.pin) == ("https://pin.it/abc", None)


async def test_direct_messages_with_nobody_cannot_be_opened(adapter: SlackAdapter) -> None:
    failure = await adapter.write(card(channel="user:U0NOBODY"))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.certain) == (FailureKind.PLACE, True)
