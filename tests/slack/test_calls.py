"""Answers that no Slack should give, from a server that gives them."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from adapters.slack import Settings, SlackAdapter
from bridge.delivery.budgets import LocalBudgets
from core.delivery import Absent, Failure, FailureKind, Receipt
from tests.slack.fake_desk import FakeDesk
from tests.slack.slack_world import INBOX, TEAM, card, no_files, text

Post = Callable[[web.Request], Awaitable[web.StreamResponse]]
SPACE = f"{INBOX}:1700000000.000100"


class OddSlack:
    """Knows who it is; how it answers a post or a read is the test's matter."""

    def __init__(self, odd: Post) -> None:
        self._odd = odd
        self.calls = 0
        self.connections: set[object] = set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.connections.add(request.transport)
        method = request.match_info["method"]
        if method == "auth.test":
            return web.json_response({"ok": True, "team_id": TEAM, "bot_id": "B1", "user_id": "U1"})
        if method == "bots.info":
            return web.json_response({"ok": True, "bot": {"app_id": "A1"}})
        self.calls += 1
        return await self._odd(request)


@asynccontextmanager
async def adapter_on(odd: Post) -> AsyncIterator[tuple[SlackAdapter, OddSlack]]:
    slack, desk = OddSlack(odd), FakeDesk()
    app = web.Application()
    app.router.add_route("*", "/api/{method}", slack.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    settings = Settings(bot_token="x", mode="http", signing_secret="s", listen="127.0.0.1:0",
                        api_url=url, call_timeout=0.5)  # fmt: skip
    adapter = SlackAdapter(settings, LocalBudgets(), no_files())
    await adapter.start(desk)
    try:
        await desk.state(up=True)
        yield adapter, slack
    finally:
        await adapter.stop()
        await runner.cleanup()


async def page(_: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>", content_type="text/html")


async def broken(_: web.Request) -> web.StreamResponse:
    return web.Response(text='{"ok": tr', content_type="application/json")


async def listed(_: web.Request) -> web.StreamResponse:
    return web.json_response([1])


async def plain(_: web.Request) -> web.StreamResponse:
    return web.Response(text="ok")


async def nameless(_: web.Request) -> web.StreamResponse:
    return web.json_response({"ok": True})


async def silent(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def half(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100"})
    response.content_type = "application/json"
    await response.prepare(request)
    await response.write(b'{"ok": true')
    assert request.transport is not None
    request.transport.abort()
    return response


@pytest.mark.parametrize("odd", [page, broken, listed, plain, nameless, silent, half])
async def test_an_answer_that_says_nothing_leaves_the_post_unclear(odd: Post) -> None:
    async with adapter_on(odd) as (adapter, slack):
        failure = await adapter.write(text("hi", SPACE))
        assert isinstance(failure, Failure)
        assert (failure.kind, failure.certain) == (FailureKind.TRANSIENT, False)
        assert slack.calls == 1, "a write is one attempt"
        assert isinstance(await adapter.find(text("hi", SPACE)), Failure)


async def test_a_late_answer_leaves_the_post_unclear() -> None:
    never = asyncio.Event()

    async def late(_: web.Request) -> web.StreamResponse:
        await never.wait()
        return web.Response()

    async with adapter_on(late) as (adapter, _):
        failure = await adapter.write(text("hi", SPACE))
        assert failure == Failure(FailureKind.TRANSIENT, "timeout", certain=False)


async def test_a_picture_that_slack_cannot_fetch_is_left_out_the_next_time() -> None:
    async def picky(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if "i.example.com" in json.dumps(body["blocks"]):
            return web.json_response({"ok": False, "error": "invalid_blocks"})
        return web.json_response({"ok": True, "channel": INBOX, "ts": "1700000000.000200"})

    async with adapter_on(picky) as (adapter, _):
        first = await adapter.write(card())
        assert first == Failure(FailureKind.TRANSIENT, "picture_not_fetched")
        assert isinstance(await adapter.write(card()), Receipt)


async def test_calls_share_their_connections() -> None:
    async def fine(_: web.Request) -> web.StreamResponse:
        return web.json_response({"ok": True, "channel": INBOX, "ts": "1700000000.000200"})

    async with adapter_on(fine) as (adapter, slack):
        for _ in range(5):
            assert isinstance(await adapter.write(card()), Receipt)
        assert len(slack.connections) == 1


async def test_a_search_reads_every_page_after_the_anchor() -> None:
    asked: list[dict[str, str]] = []
    mark = {"event_type": "pinthread_message", "event_payload": {"delivery_id": "d-text"}}
    pages: list[dict[str, Any]] = [
        {"messages": [{"ts": "1700000000.000300", "bot_id": "B2", "metadata": mark},
                      {"ts": "1700000000.000400", "bot_id": "B1", "metadata": mark}],
         "response_metadata": {"next_cursor": "two"}},
        {"messages": [{"ts": "1700000000.000500", "bot_id": "B9", "app_id": "A1",
                       "metadata": mark}]},
    ]  # fmt: skip

    async def read(request: web.Request) -> web.StreamResponse:
        asked.append(dict(request.query))
        return web.json_response({"ok": True, **pages[(len(asked) - 1) % 2]})

    async with adapter_on(read) as (adapter, _):
        anchor = f"{INBOX}:1700000000.000200"
        found = await adapter.find(text("hi", SPACE, anchor=anchor))
        assert found == Receipt(f"{INBOX}:1700000000.000400", "B1")  # type: ignore[arg-type]
        assert [a.get("cursor") for a in asked] == [None, "two"]
        assert {a["oldest"] for a in asked} == {"1700000000.000200"}
        assert {a["ts"] for a in asked} == {"1700000000.000100"}
        assert asked[0]["include_all_metadata"] in ("1", "true")
        known = frozenset({f"{INBOX}:1700000000.000400", f"{INBOX}:1700000000.000500"})
        missing = await adapter.find(text("hi", SPACE, anchor=anchor, known=known))
        assert missing == Absent()
