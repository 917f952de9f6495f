"""Server-sent events over real HTTP."""

import asyncio
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from core.delivery import Delivery, DeliveryState
from core.ids import AccountId, BindingId, ConversationId, MirrorId, ThreadId
from core.model import BindingKind, Mirror, MirrorState, Place
from core.ports.reading import Change
from web.sse import Streams

OAK = "https://www.pinterest.com/pin/99360735500167749/"
WAITING = Delivery("slack", "#pin-inbox", DeliveryState.WAITING)
DELIVERED = Delivery("slack", "#pin-inbox", DeliveryState.DELIVERED)


async def start(client: Any, *to: str, text: str = "hello") -> str:
    body = {"to": to or ["northwind"], "pin": OAK, "text": text}
    _, answer, _ = await client("POST", "/api/threads", body)
    return str(answer["thread"]["id"])


async def say(client: Any, thread: str, text: str) -> str:
    _, answer, _ = await client("POST", f"/api/threads/{thread}/messages", {"text": text})
    return str(answer["line"]["message"])


async def test_a_new_thread_and_its_words_arrive(world: Any) -> None:
    mia = await world.client("mia")
    async with world.live("northwind") as events:
        assert await events.next() == ("ready", {})
        thread = await start(mia)
        name, data = await events.next()
        assert (name, data["id"], data["left"]) == ("thread", thread, False)
        assert data["thread"]["pin"]["title"] == "Oak desk"
        name, data = await events.next()
        assert (name, data["thread"], data["line"]["text"]) == ("message", thread, "hello")
        _, page, _ = await (await world.client("northwind"))(
            "GET", f"/api/threads/{thread}/messages"
        )
        assert data["line"] == page["lines"][-1]


async def test_a_reader_goes_on_after_its_last_id(world: Any) -> None:
    mia = await world.client("mia")
    thread = await start(mia)
    async with world.live("mia") as events:
        await events.next()
        await say(mia, thread, "one")
        await events.until("message")
        last = events.last_id
    await say(mia, thread, "two")
    await say(mia, thread, "three")
    async with world.live("mia", **{"Last-Event-ID": last}) as events:
        assert (await events.next())[0] == "ready"
        texts = [(await events.until("message"))["line"]["text"] for _ in range(2)]
    assert texts == ["two", "three"]


async def test_the_id_of_ready_is_enough_to_miss_nothing(world: Any) -> None:
    mia = await world.client("mia")
    async with world.live("mia") as events:
        await events.next()
        last = events.last_id
    await start(mia, text="meanwhile")
    async with world.live("mia", **{"Last-Event-ID": last}) as events:
        assert (await events.until("message"))["line"]["text"] == "meanwhile"


async def test_ids_do_not_tell_whether_anything_has_happened(world: Any) -> None:
    ids = []
    for _ in range(2):
        async with world.live("mia") as events:
            await events.next()
            ids.append(events.last_id)
    assert ids[0] != ids[1], "though nothing has happened in between"


async def test_an_id_of_somebody_else_is_a_bad_cursor(world: Any) -> None:
    async with world.live("mia") as events:
        await events.next()
        last = events.last_id
    rosa = await world.client("rosa")
    for wrong in (last, "7"):
        status, body, _ = await rosa("GET", "/api/live", headers={"Last-Event-ID": wrong})
        assert (status, body["code"]) == (400, "bad_cursor")


async def test_what_others_say_elsewhere_never_arrives(world: Any) -> None:
    mia, rosa = await world.client("mia"), await world.client("rosa")
    async with world.live("rosa") as events:
        await events.next()
        elsewhere = await start(mia, text="not for rosa")
        message = await say(mia, elsewhere, "nor this")
        world.desk.deliver(message, DELIVERED)
        await start(rosa, "kai", text="mine")
        names = [await events.next() for _ in range(2)]
    assert [name for name, _ in names] == ["thread", "message"]
    assert names[1][1]["line"]["text"] == "mine"


async def test_a_change_of_delivery_arrives_once(world: Any) -> None:
    mia = await world.client("mia")
    thread = await start(mia)
    async with world.live("mia") as events:
        await events.next()
        message = await say(mia, thread, "is it there?")
        await events.until("message")
        for state in (WAITING, WAITING, DELIVERED):
            world.desk.deliver(message, state)
        found: list[Any] = []
        while not found or found[-1]["messages"][-1]["deliveries"][0]["state"] != "delivered":
            found.append(await events.until("delivery"))
        assert found[-1] == {
            "thread": thread,
            "messages": [
                {
                    "message": message,
                    "deliveries": [
                        {
                            "platform": "slack",
                            "place": "#pin-inbox",
                            "state": "delivered",
                            "reason": None,
                        }
                    ],
                }
            ],
        }
        await say(mia, thread, "next")
        assert (await events.next())[0] == "message"


async def test_copies_of_what_one_may_not_see_are_not_heard_of(world: Any) -> None:
    mia = await world.client("mia")
    thread = await start(mia)
    message = await say(mia, thread, "is it there?")
    world.desk.delivered[message] = (DELIVERED,)
    here = (ConversationId("c"), ThreadId(thread), "delivery")
    async with world.live("mia") as events:
        await events.next()
        world.desk.tell(Change(*here, only=AccountId("id-of-northwind")))
        world.desk.tell(Change(*here, hidden=(AccountId("id-of-mia"),)))
        await say(mia, thread, "next")
        assert (await events.next())[0] == "message", "nothing that she sees has changed"
    async with world.live("mia") as events:
        await events.next()
        world.desk.tell(Change(*here, only=AccountId("id-of-mia")))
        assert (await events.next())[0] == "delivery"


async def test_a_place_that_breaks_arrives_as_the_thread_of_whose_place_it_is(world: Any) -> None:
    mia = await world.client("mia")
    thread = await start(mia)
    message = await say(mia, thread, "is it there?")
    forum = Mirror(
        MirrorId("forum"),
        ThreadId(thread),
        ConversationId("c"),
        BindingId("forum"),
        AccountId("id-of-mia"),
        Place("discord", "1", "700"),
        BindingKind.PROJECT,
        from_seq=1,
        cursor=1,
    )
    told = [
        (MirrorState.BROKEN, "Unarchive the post."),
        (MirrorState.ACTIVE, None),
        (MirrorState.BROKEN, "Give the bot Manage Webhooks."),
    ]
    async with world.live("mia") as events, world.live("northwind") as others:
        await events.next()
        await others.next()
        for state, reason in told:
            world.desk.places = (replace(forum, state=state, reason=reason),)
            world.desk.deliver(message)
            data = await events.until("thread")
            assert (data["id"], data["left"]) == (thread, False)
            shown = {"platform": "discord", "state": state, "reason": reason}
            assert data["thread"]["mirrors"] == [shown]
        assert events.last_id, "as before: of what only stands there nothing is to be caught up"
        world.desk.deliver(message, WAITING)
        assert (await events.next())[0] == "delivery"
        await say(mia, thread, "next")
        assert (await events.next())[0] == "message", "nothing has changed in its place"
        heard = [(await others.next())[0] for _ in range(2)]
        assert heard == ["delivery", "message"], "it is not theirs"


async def test_joining_and_leaving_arrive_as_lines_and_as_threads(world: Any) -> None:
    mia, rosa = await world.client("mia"), await world.client("rosa")
    thread = await start(mia, "kai")
    async with world.live("rosa") as events:
        await events.next()
        await mia("POST", f"/api/threads/{thread}/people", {"add": ["rosa"]})
        assert (await events.until("message"))["line"]["text"] == "Rosa joined."
        assert len((await events.until("thread"))["thread"]["people"]) == 3
        await rosa("POST", f"/api/threads/{thread}/leave")
        assert (await events.until("thread"))["left"] is True
        await say(mia, thread, "she is gone")
        await start(rosa, "kai", text="elsewhere")
        assert (await events.until("message"))["line"]["text"] == "elsewhere"


async def test_a_reader_that_went_away_is_forgotten(world: Any) -> None:
    async with world.live("mia") as events:
        await events.next()
        assert world.desk.listeners == 1
    mia = await world.client("mia")
    async with world.desk.listening:
        while world.desk.listeners:
            await start(mia, text="anybody there?")
            await world.desk.listening.wait_for(lambda: not world.desk.listeners)


async def test_too_many_streams_of_one_person_are_refused(world: Any) -> None:
    from contextlib import AsyncExitStack

    async with AsyncExitStack() as stack:
        for _ in range(8):
            await (await stack.enter_async_context(world.live("mia"))).next()
        status, body, headers = await (await world.client("mia"))("GET", "/api/live")
        assert (status, body["code"]) == (429, "too_many_streams")
        assert headers["Retry-After"] == "30"
        async with world.live("rosa") as events:
            assert (await events.next())[0] == "ready"


async def test_a_page_may_be_loaded_again_and_again(world: Any) -> None:
    for _ in range(30):
        async with world.live("mia") as events:
            assert (await events.next())[0] == "ready"


@pytest.fixture
def streams(request: pytest.FixtureRequest) -> Streams:
    return Streams(**getattr(request, "param", {}))


@pytest.mark.parametrize("streams", [{"beat": 0.05}], indirect=True)
async def test_an_idle_stream_shows_that_it_lives(world: Any) -> None:
    async with world.live("mia") as events:
        await events.next()
        assert await events.comment() == ": beat"


@pytest.mark.parametrize("streams", [{"patience": 0.2}], indirect=True)
async def test_a_reader_that_takes_nothing_is_cut_off(world: Any) -> None:
    mia = await world.client("mia")
    thread = await start(mia)
    host, port = world.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1_024)
    head = (
        f"GET /api/live HTTP/1.1\r\nHost: x\r\nCookie: pinthread={await world.session('mia')}\r\n"
    )
    writer.write(f"{head}\r\n".encode())
    assert b"200" in await reader.readline()
    # Held by the kernel, then by the server: more than both take on loopback.
    while world.desk.listeners:
        await asyncio.gather(*(say(mia, thread, "\U0001f469" * 4_000) for _ in range(50)))
    writer.close()


async def test_a_broken_desk_ends_the_stream_and_logs_no_words(
    world: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("secret words")

    mia = await world.client("mia")
    async with world.live("mia") as events:
        await events.next()
        monkeypatch.setattr(world.desk, "feed", broken)
        await start(mia)
        with pytest.raises((EOFError, aiohttp.ClientError)):
            await events.next()
    assert "web_request_failed" in caplog.text
    assert "secret words" not in caplog.text
    caplog.clear()


async def test_stopping_the_server_ends_the_streams(world: Any) -> None:
    async with world.live("mia") as events:
        await events.next()
        await world.server.stop()
        with pytest.raises(EOFError):
            await events.next()
