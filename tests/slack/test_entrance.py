"""The HTTP entrance with good and bad input, on the real adapter."""

import asyncio
import hashlib
import hmac
import io
import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.slack import SlackAdapter
from bridge.delivery.budgets import LocalBudgets
from tests.slack.fake_desk import FakeDesk
from tests.slack.slack_world import INBOX, TEAM, World, no_files

SECRET = "sandbox-signing-secret"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class Caller:
    """Posts to the entrance as Slack would, or nearly so."""

    def __init__(self, world: World, adapter: SlackAdapter) -> None:
        self._world = world
        self.adapter = adapter
        self.url = f"http://127.0.0.1:{adapter.port}/slack/events"

    async def send(
        self, body: bytes, kind: str = JSON, *, age: float = 0, chunked: bool = False, **wrong: str
    ) -> int:
        return (await self.answer(body, kind, age=age, chunked=chunked, **wrong))[0]

    async def answer(
        self, body: bytes, kind: str = JSON, *, age: float = 0, chunked: bool = False, **wrong: str
    ) -> tuple[int, str]:
        stamp = str(int(time.time() - age))
        digest = hmac.new(SECRET.encode(), b"v0:%s:%s" % (stamp.encode(), body), hashlib.sha256)
        headers = {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": wrong.get("stamp", stamp),
            "X-Slack-Signature": wrong.get("signature", f"v0={digest.hexdigest()}"),
        }

        async def pieces() -> AsyncIterator[bytes]:
            yield body

        data: Any = pieces() if chunked else io.BytesIO(body)
        async with self._world.http.post(self.url, data=data, headers=headers) as answer:
            return answer.status, await answer.text()


def event(**more: Any) -> bytes:
    message = {"type": "message", "channel": INBOX, "user": "U0ADA", "text": "hi",
               "ts": "1700000000.000200", "thread_ts": "1700000000.000100"}  # fmt: skip
    outer = {"type": "event_callback", "team_id": TEAM, "api_app_id": "A0PINTHREAD",
             "event_id": "Ev1", "event": message | more.pop("event", {})}  # fmt: skip
    return json.dumps(outer | more).encode()


@pytest.fixture
async def caller(world: World, desk: FakeDesk) -> AsyncIterator[Caller]:
    async with world.adapter("http", desk) as adapter:
        yield Caller(world, adapter)


async def test_a_signed_event_is_taken_in(caller: Caller, desk: FakeDesk) -> None:
    assert await caller.send(event()) == 200
    assert (await desk.intent()).key == f"slack:{INBOX}:1700000000.000200:post"


@pytest.mark.parametrize(
    "wrong",
    [
        {"signature": "v0=" + "0" * 64},
        {"signature": "v0=ö"},
        {"signature": ""},
        {"stamp": "soon"},
        {"stamp": ""},
        {"age": 301},
        {"age": -301},
    ],
)
async def test_what_is_not_signed_now_is_refused(
    caller: Caller, desk: FakeDesk, wrong: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert await caller.send(event(event={"text": "a secret word"}), **wrong) == 401
    assert desk.intents.empty()
    assert caller.adapter.ignored["bad_signature"] == 1
    ours = [r.getMessage() for r in caplog.records if r.name.startswith(("pinthread", "slack"))]
    assert not [line for line in ours if "secret word" in line or "v0=" in line]


async def test_a_signed_body_that_is_no_text_is_refused(caller: Caller) -> None:
    assert await caller.send(b"\xff\xfe") == 401


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_a_mebibyte_is_refused(
    caller: Caller, desk: FakeDesk, chunked: bool
) -> None:
    assert await caller.send(event(filler="x" * 1_100_000), chunked=chunked) == 413
    assert await caller.send(event(filler="x" * 1_000_000), chunked=chunked) == 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"{", JSON), (b"[]", JSON), (b"", JSON), (b"payload=%7B", FORM)],
)
async def test_a_malformed_body_is_refused(caller: Caller, body: bytes, kind: str) -> None:
    assert await caller.send(body, kind) == 400
    assert caller.adapter.ignored["malformed"] == 1


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"team_id": "T0OTHER"}, "unknown_workspace"),
        ({"api_app_id": "A0OTHER"}, "unknown_app"),
        ({"event": {"type": "reaction_added"}}, "not_a_message"),
        ({"event": {"subtype": "channel_topic"}}, "subtype"),
        ({"type": "some_other_type"}, "other_payload"),
    ],
)
async def test_what_is_not_for_us_is_answered_counted_and_without_effect(
    caller: Caller, desk: FakeDesk, more: dict[str, Any], reason: str
) -> None:
    assert await caller.send(event(**more)) == 200
    assert caller.adapter.ignored[reason] == 1
    assert desk.intents.empty()


async def test_any_subscribed_event_has_a_listener(caller: Caller) -> None:
    for kind in ("user_change", "member_joined_channel", "app_home_opened"):
        assert await caller.send(event(event={"type": kind, "user": {"id": "U0ADA"}})) == 200


async def test_a_command_of_another_workspace_has_no_effect(caller: Caller, desk: FakeDesk) -> None:
    body = b"command=%2Fpin&text=help&team_id=T0OTHER&user_id=U9&channel_id=C9&trigger_id=1"
    status, told = await caller.answer(body, FORM)
    assert (status, "Pinthread: conversations" in told) == (200, False)
    assert caller.adapter.ignored["unknown_workspace"] == 1


async def test_the_address_is_verified(caller: Caller) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "t"}).encode()
    status, told = await caller.answer(body)
    assert (status, "abc" in told) == (200, True)


async def test_other_paths_and_methods_are_refused(caller: Caller, world: World) -> None:
    async with world.http.get(caller.url) as answer:
        assert answer.status == 405
    async with world.http.post(caller.url.replace("events", "install")) as answer:
        assert answer.status == 404


async def test_an_event_is_answered_only_after_its_commit(caller: Caller, desk: FakeDesk) -> None:
    desk.gate = asyncio.Event()
    sending = asyncio.create_task(caller.send(event()))
    done, _ = await asyncio.wait({sending}, timeout=0.2)
    assert not done
    desk.gate.set()
    assert await sending == 200


async def test_a_store_that_fails_makes_slack_deliver_again(
    caller: Caller, desk: FakeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.outcomes.append(RuntimeError("disk full: a secret word"))
    assert await caller.send(event()) == 500
    assert await caller.send(event()) == 200
    assert "secret word" not in caplog.text


async def test_events_wait_until_the_workspace_is_known(world: World, desk: FakeDesk) -> None:
    await world.control("PUT", "power/slack", {"on": False})
    adapter = SlackAdapter(world.settings("http"), LocalBudgets(), no_files())
    await adapter.start(desk)
    try:
        assert await Caller(world, adapter).send(event()) == 503
        assert not adapter.connected()
        await world.control("PUT", "power/slack", {"on": True})
        await desk.state(up=True)
        assert await Caller(world, adapter).send(event()) == 200
    finally:
        await adapter.stop()
        await world.control("PUT", "power/slack", {"on": True})
