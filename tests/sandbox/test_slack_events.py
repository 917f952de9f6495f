"""Events from the sandbox's Slack to slack-bolt, in Socket Mode and over signed HTTP."""

import asyncio
import hashlib
import hmac
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack_place import GENERAL, INBOX, QUIET, SlackPlace, running


@pytest.fixture
async def place() -> AsyncIterator[SlackPlace]:
    async with running() as opened:
        yield opened


async def settled(place: SlackPlace, **wanted: Any) -> dict[str, Any]:
    """The state of the delivery, once it is as wanted."""
    async with asyncio.timeout(30):
        while True:
            told = await place.control("GET", "slack/delivery")
            if all(told[key] == value for key, value in wanted.items()):
                return dict(told)
            await asyncio.sleep(0.01)


async def test_what_a_person_types_arrives_as_rich_text(place: SlackPlace) -> None:
    async with place.socket() as program:
        ts = await place.say("hello *Bo*, see https://x.example/a.")
        outer = await program.hear_outer()
    event = outer["event"]
    assert (event["user"], event["ts"], event["channel_type"]) == ("U0ADA", ts, "channel")
    assert event["client_msg_id"]
    assert event["text"] == "hello *Bo*, see <https://x.example/a>."
    assert event["blocks"][0]["type"] == "rich_text"
    assert outer["team_id"] == "T0NORTHWIND"
    assert outer["api_app_id"] == "A0PINTHREAD"
    assert outer["authorizations"][0]["user_id"] == "U0PINTHREAD"


async def test_the_kind_of_place_stands_in_channel_type(place: SlackPlace) -> None:
    async with place.socket() as program:
        for channel, kind in ((INBOX, "group"), ("D0ADA", "im"), (GENERAL, "channel")):
            await place.say("x", channel)
            assert (await program.hear())["channel_type"] == kind


async def test_where_the_bot_is_not_nothing_is_told(place: SlackPlace) -> None:
    async with place.socket() as program:
        await place.say("secret", QUIET)
        await place.act("join", user="U0PINTHREAD", channel=QUIET)
        await place.say("open", QUIET)
        assert (await program.hear("member_joined_channel"))["user"] == "U0PINTHREAD"
        assert (await program.hear())["text"] == "open"


async def test_the_bots_own_post_comes_back_with_its_marks(place: SlackPlace) -> None:
    metadata = {"event_type": "pinthread_message", "event_payload": {"delivery_id": "d1"}}
    async with place.socket() as program:
        await place.web.chat_postMessage(channel=GENERAL, text="a", metadata=metadata)
        plain = await program.hear()
        await place.web.chat_postMessage(channel=GENERAL, text="b", username="Ada")
        named = await program.hear(subtype="bot_message")
    assert (plain["bot_id"], plain["app_id"]) == ("B0PINTHREAD", "A0PINTHREAD")
    assert (plain["user"], plain["metadata"]) == ("U0PINTHREAD", metadata)
    assert named["app_id"] == "A0PINTHREAD"
    assert "user" not in named


async def test_edits_deletions_and_reactions_are_told(place: SlackPlace) -> None:
    async with place.socket() as program:
        ts = await place.say("one")
        await place.act("edit", user="U0ADA", channel=GENERAL, ts=ts, text="two")
        changed = await program.hear(subtype="message_changed")
        assert changed["message"]["text"] == "two"
        assert changed["message"]["edited"]["user"] == "U0ADA"
        assert changed["previous_message"]["text"] == "one"
        await place.act("react", user="U0BO", channel=GENERAL, ts=ts, name="eyes")
        reacted = await program.hear("reaction_added")
        assert (reacted["reaction"], reacted["item"]["ts"]) == ("eyes", ts)
        assert reacted["item_user"] == "U0ADA"
        await place.act("react", user="U0BO", channel=GENERAL, ts=ts, name="eyes", remove=True)
        await program.hear("reaction_removed")
        await place.act("delete", user="U0ADA", channel=GENERAL, ts=ts)
        deleted = await program.hear(subtype="message_deleted")
        assert deleted["deleted_ts"] == ts


async def test_the_first_reply_changes_the_root_but_not_its_words(place: SlackPlace) -> None:
    async with place.socket() as program:
        root = await place.say("root")
        await place.say("reply", thread_ts=root)
        changed = await program.hear(subtype="message_changed")
        assert changed["message"]["reply_count"] == 1
        assert changed["message"]["text"] == changed["previous_message"]["text"]
        assert "edited" not in changed["message"]


async def test_files_and_home_are_told(place: SlackPlace) -> None:
    async with place.socket() as program:
        await place.act("file", user="U0BO", channel=GENERAL, name="a.txt", content="hi")
        shared = await program.hear(subtype="file_share")
        assert shared["files"][0]["name"] == "a.txt"
        await place.act("home", user="U0BO")
        assert (await program.hear("app_home_opened"))["tab"] == "home"


async def test_an_event_that_fails_comes_again_with_the_same_id(place: SlackPlace) -> None:
    async with place.socket() as program:
        program.fail = 1
        await place.control("PUT", "slack/delivery", {"retry_delays": [0, 0, 0]})
        await place.say("again")
        outer = await program.hear_outer()
        assert (outer["retry"], outer["reason"]) == (1, "timeout")
        await settled(place, waiting=0, lost=0)


async def test_while_no_program_is_connected_events_wait(place: SlackPlace) -> None:
    for number in range(3):
        await place.say(f"m{number}")
    await settled(place, waiting=3)
    async with place.socket() as program:
        heard = [await program.hear_outer() for _ in range(3)]
        assert [outer["event"]["text"] for outer in heard] == ["m0", "m1", "m2"]
        assert {outer["retry"] for outer in heard} == {1}
        await settled(place, waiting=0)


async def test_after_the_documented_window_waiting_events_are_lost(place: SlackPlace) -> None:
    await place.control("PUT", "slack/delivery", {"retry_delays": [0, 0, 0]})
    await place.say("too early")
    await settled(place, waiting=0, lost=1)


async def test_ten_connections_share_the_events(place: SlackPlace) -> None:
    async with place.socket() as one, place.socket() as two:
        await settled(place, connections=2)
        for number in range(6):
            await place.say(f"m{number}")
        await settled(place, waiting=0)
        assert one.heard.qsize() == two.heard.qsize() == 3


async def test_a_disconnect_message_makes_the_client_come_back(place: SlackPlace) -> None:
    async with place.socket() as program:
        told = await place.control("POST", "slack/disconnect", {"reason": "refresh_requested"})
        assert told["connections"] == 1
        await place.say("after")
        assert (await program.hear())["text"] == "after"


async def test_a_used_ticket_opens_nothing(place: SlackPlace) -> None:
    opened = await place.client("xapp-sandbox-app").apps_connections_open(
        app_token="xapp-sandbox-app"
    )
    async with place.http.ws_connect(opened["url"]) as socket:
        hello = await socket.receive_json()
        assert hello["type"] == "hello"
        assert hello["connection_info"]["app_id"] == "A0PINTHREAD"
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await place.http.ws_connect(opened["url"])


async def test_over_http_events_are_signed_and_verified_by_bolt(place: SlackPlace) -> None:
    async with place.address() as program:
        await settled(place, verified=True, mode="http")
        await place.say("hello")
        assert (await program.hear())["text"] == "hello"
        await settled(place, waiting=0)


async def test_over_http_a_failed_delivery_is_retried_with_its_headers(place: SlackPlace) -> None:
    await place.control("PUT", "slack/delivery", {"retry_delays": [0, 0, 0]})
    async with place.address() as program:
        await settled(place, verified=True)
        program.fail = 2
        await place.say("hello")
        outer = await program.hear_outer()
        assert (outer["retry"], outer["reason"]) == (2, "http_error")


async def test_the_signature_is_slacks_over_the_raw_body(place: SlackPlace) -> None:
    got: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()

    async def hook(request: web.Request) -> web.Response:
        body = await request.read()
        got.put_nowait((dict(request.headers), body))
        challenge = msgspec.json.decode(body).get("challenge", "")
        return web.Response(text=challenge)

    app = web.Application()
    app.router.add_post("/in", hook)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/in"
    await place.control("PUT", "program", {"slack_events": address})
    headers, body = await got.get()
    assert msgspec.json.decode(body)["type"] == "url_verification"
    at = headers["X-Slack-Request-Timestamp"]
    made = hmac.new(b"sandbox-signing-secret", f"v0:{at}:".encode() + body, hashlib.sha256)
    assert headers["X-Slack-Signature"] == "v0=" + made.hexdigest()
    assert abs(int(at) - time.time()) < 5
    await runner.cleanup()


async def test_no_retry_is_honoured(place: SlackPlace) -> None:
    calls = 0

    async def hook(request: web.Request) -> web.Response:
        nonlocal calls
        data = await request.json()
        if data["type"] == "url_verification":
            return web.Response(text=data["challenge"])
        calls += 1
        return web.Response(status=500, headers={"X-Slack-No-Retry": "1"})

    app = web.Application()
    app.router.add_post("/in", hook)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/in"
    await place.control("PUT", "program", {"slack_events": address})
    await place.say("x")
    await settled(place, waiting=0, lost=1)
    assert calls == 1
    await runner.cleanup()


async def test_a_hand_made_delivery_can_be_badly_signed_or_old(place: SlackPlace) -> None:
    async with place.address() as program:
        await settled(place, verified=True)
        event = {"type": "message", "text": "made", "user": "U0ADA", "channel": GENERAL, "ts": "1"}
        for extra in ({"signature": "bad"}, {"age": 600}):
            told = await place.act("event", event=event, **extra)
            assert told["status"] == 401
        assert (await place.act("event", raw="{not json"))["status"] >= 400
        told = await place.act("event", event=event, event_id="Ev1")
        assert (told["status"], told["event_id"]) == (200, "Ev1")
        assert (await program.hear())["text"] == "made"


async def test_a_hand_made_delivery_goes_over_socket_mode_too(place: SlackPlace) -> None:
    async with place.socket() as program:
        event = {"type": "message", "text": "made", "user": "U0ADA", "channel": GENERAL, "ts": "1"}
        told = await place.act("event", event=event, envelope={"team_id": "T0OTHER"})
        assert told["acked"] is True
        assert (await program.hear_outer())["team_id"] == "T0OTHER"


@pytest.mark.parametrize("mode", ["socket", "address"])
async def test_what_is_said_while_slack_is_down_comes_after(place: SlackPlace, mode: str) -> None:
    async with getattr(place, mode)() as program:
        await place.say("before")
        await program.hear()
        await place.control("PUT", "power/slack", {"on": False})
        for number in range(5):
            await place.say(f"m{number}")
        told = await settled(place, waiting=5)
        assert told["connections"] == 0
        await place.control("PUT", "power/slack", {"on": True})
        heard = [(await program.hear())["text"] for _ in range(5)]
        assert heard == [f"m{number}" for number in range(5)]
        await settled(place, waiting=0)


async def test_events_doubled(place: SlackPlace) -> None:
    async with place.socket() as program:
        await place.fault("events", "double")
        await place.say("twice")
        first, second = await program.hear_outer(), await program.hear_outer()
        assert first["event_id"] == second["event_id"]
        await settled(place, waiting=0)


async def test_events_reordered(place: SlackPlace) -> None:
    async with place.socket() as program:
        await place.fault("events", "reorder")
        await place.say("one")
        await place.say("two")
        assert [(await program.hear())["text"] for _ in range(2)] == ["two", "one"]


async def test_events_withheld(place: SlackPlace) -> None:
    async with place.socket() as program:
        await place.fault("events", "withhold")
        await place.say("never")
        await place.say("heard")
        assert (await program.hear())["text"] == "heard"


async def test_events_delayed(place: SlackPlace) -> None:
    async with place.socket() as program:
        await place.fault("events", "delay", seconds=0.1)
        await place.say("slow")
        await place.say("quick")
        assert [(await program.hear())["text"] for _ in range(2)] == ["quick", "slow"]


async def test_the_link_dropped_loses_nothing(place: SlackPlace) -> None:
    async with place.socket() as program:
        await place.fault("events", "drop_session")
        await place.say("held")
        assert (await program.hear())["text"] == "held"
        await settled(place, waiting=0, lost=0)


class Server:
    """The sandbox as a process of its own, to be killed."""

    def __init__(self, data: Path) -> None:
        self._data = data

    async def start(self) -> str:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sandbox", "--listen", "127.0.0.1:0", "--data", self._data,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        return str(msgspec.json.decode(line)["url"])

    async def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        code = await self.process.wait()
        # The transport of a finished process closes its pipes in the next turn of the loop.
        self.process._transport.close()  # type: ignore[attr-defined]
        return code


async def test_a_killed_sandbox_keeps_messages_and_waiting_events(tmp_path: Path) -> None:
    server = Server(tmp_path)
    url = await server.start()
    async with aiohttp.ClientSession() as http:
        said = {"user": "U0ADA", "channel": GENERAL, "text": "kept"}
        async with http.post(f"{url}/_control/slack/say", json=said) as answer:
            root = (await answer.json())["ts"]
        client = AsyncWebClient("xoxb-sandbox-bot", base_url=f"{url}/slack/api/", session=http)
        await client.chat_postMessage(channel=GENERAL, text="reply", thread_ts=root)
        await server.end(signal.SIGKILL)
        url = await server.start()
        async with http.get(f"{url}/_control/slack/channels/{GENERAL}") as answer:
            shown = (await answer.json())["messages"]
        assert [(m["text"], m["thread_ts"]) for m in shown] == [("kept", root), ("reply", root)]
        async with http.get(f"{url}/_control/slack/delivery") as answer:
            assert (await answer.json())["waiting"] == 3
        client = AsyncWebClient("xoxb-sandbox-bot", base_url=f"{url}/slack/api/", session=http)
        later = await client.chat_postMessage(channel=GENERAL, text="later")
        assert later["ts"] > shown[1]["ts"]
        place = SlackPlace(None)
        place.web, place.http = client, http
        async with place.socket() as program:
            texts = [(await program.hear())["text"] for _ in range(3)]
        assert texts == ["kept", "reply", "later"]
    assert await server.end(signal.SIGTERM) == 0


async def test_a_deaf_connection_stays_open_and_what_goes_over_it_is_lost(
    place: SlackPlace,
) -> None:
    async with place.socket() as deaf:
        await settled(place, connections=1)
        await place.fault("events", "deaf")
        await place.say("lost")
        await place.say("lost too")
        told = await settled(place, connections=1, waiting=0)
        assert told["lost"] == 0
        assert deaf.heard.empty()
        async with place.socket() as hearing:
            await settled(place, connections=2)
            await place.say("heard or lost")
            await place.say("heard or lost")
            await hearing.hear()
        assert deaf.heard.empty()


async def test_events_that_are_too_many_are_left_out_with_a_word(place: SlackPlace) -> None:
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        body = await request.json()
        told.put_nowait(body)
        return web.json_response({"challenge": body.get("challenge")})

    app = web.Application()
    app.router.add_post("/slack/events", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        await place.control("PUT", "program", {"slack_events": url})
        await settled(place, verified=True)
        await told.get()
        await place.fault("events", "app_rate_limited", ago=60)
        await place.say("left out")
        limited = await asyncio.wait_for(told.get(), 30)
        assert limited["type"] == "app_rate_limited"
        assert (limited["team_id"], limited["api_app_id"]) == ("T0NORTHWIND", "A0PINTHREAD")
        assert limited["minute_rate_limited"] % 60 == 0
        assert 60 <= time.time() - limited["minute_rate_limited"] <= 130
        await place.say("told")
        assert (await asyncio.wait_for(told.get(), 30))["event"]["text"] == "told"
    finally:
        await runner.cleanup()
