"""Every read of Slack, as it goes over the wire, against what Slack has published.

The sandbox keeps no journal of reads, so a door before it notes what each is asked with.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web
from msgspec.structs import replace

from adapters.slack.settings import Settings
from core.delivery import Absent, Receipt
from core.ids import RemoteId
from core.model import Place
from tests.contract.test_slack_requests import FILE, FILES, known_arguments, pytestmark
from tests.slack.conftest import desk, sandbox_url, world
from tests.slack.fake_desk import FakeDesk
from tests.slack.slack_world import INBOX, TEAM, World, card, mirror, text

__all__ = ["desk", "pytestmark", "sandbox_url", "world"]

READ = {
    "bots.info",
    "conversations.history",
    "conversations.info",
    "conversations.replies",
    "emoji.list",
    "usergroups.list",
    "users.info",
}


class Watched(World):
    """The sandbox, asked through the door."""

    door = ""

    def settings(self, mode: str, **more: Any) -> Settings:
        return replace(super().settings(mode, **more), api_url=f"{self.door}/slack/api/")


@asynccontextmanager
async def watched(world: World) -> AsyncIterator[tuple[Watched, list[tuple[str, set[str]]]]]:
    """The door, and what has been asked through it: the method, and the names it was given."""
    asked: list[tuple[str, set[str]]] = []

    async def passed(request: web.Request) -> web.Response:
        if request.method == "GET":
            asked.append((request.path.rpartition("/")[2], set(request.query)))
        given = {name: request.headers[name] for name in ("Authorization", "Content-Type")
                 if name in request.headers}  # fmt: skip
        async with (
            aiohttp.ClientSession() as http,
            http.request(
                request.method,
                f"{world.url}{request.path_qs}",
                data=await request.read(),
                headers=given,
            ) as answer,
        ):
            kept = {k: v for k, v in answer.headers.items() if k.lower().startswith("x-")}
            return web.Response(
                body=await answer.read(),
                status=answer.status,
                content_type=answer.content_type,
                headers=kept,
            )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", passed)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found = Watched(world.url, world.http)
    found.door = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield found, asked
    finally:
        await runner.cleanup()


async def test_every_read_has_arguments_that_slack_has_published(
    world: World, desk: FakeDesk
) -> None:
    async with (
        watched(world) as (through, asked),
        through.adapter("http", desk, files=FILES) as adapter,
    ):
        place = Place("slack", TEAM, INBOX)
        await adapter.check([place])
        root = await adapter.write(card())
        assert isinstance(root, Receipt)
        at = mirror(INBOX, str(root.space))
        # A user group and a custom emoji are asked for by those who read about them.
        words = [
            {"type": "usergroup", "usergroup_id": "S0DESIGN"},
            {"type": "emoji", "name": "oak_leaf"},
        ]
        section = {"type": "rich_text_section", "elements": words}
        await through.say(
            "ask <!subteam^S0DESIGN> :oak_leaf:",
            thread_ts=str(root.space).partition(":")[2],
            blocks=[{"type": "rich_text", "elements": [section]}],
        )
        await desk.intent()
        never = text("never written", str(root.space), anchor=RemoteId(str(root.remote)))
        assert isinstance(await adapter.find(never), Absent)
        assert isinstance(await adapter.find(card("d-never")), Absent)
        assert [page async for page in adapter.roots(place, datetime(2020, 1, 1, tzinfo=UTC))]
        assert [page async for page in adapter.messages(at, None)]
    assert {method for method, _ in asked} >= READ
    paths = json.loads(FILE.read_bytes())["paths"]
    for method, arguments in asked:
        names, required = known_arguments(method, paths)
        assert arguments <= names, method
        assert required <= arguments, method
