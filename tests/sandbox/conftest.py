"""A running sandbox, and a real discord.py client on it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.sandbox.in_process import InProcess

TOKEN = "sandbox-discord-token"
INTENTS = 38433 | 1 << 13


class Bot(discord.Client):
    """A bot that puts what it hears into a queue."""

    def __init__(self, intents: int) -> None:
        super().__init__(
            intents=discord.Intents._from_value(intents),
            max_messages=100,
            chunk_guilds_at_startup=False,
            guild_ready_timeout=0.05,
        )
        self.tree = app_commands.CommandTree(self)
        self.heard: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.resumed = asyncio.Event()

    async def on_message(self, message: discord.Message) -> None:
        self.heard.put_nowait(("message", message))

    async def on_raw_message_edit(self, raw: Any) -> None:
        self.heard.put_nowait(("edit", raw))

    async def on_raw_message_delete(self, raw: Any) -> None:
        self.heard.put_nowait(("delete", raw))

    async def on_raw_reaction_add(self, raw: Any) -> None:
        self.heard.put_nowait(("react", raw))

    async def on_raw_reaction_remove(self, raw: Any) -> None:
        self.heard.put_nowait(("unreact", raw))

    async def on_thread_create(self, thread: discord.Thread) -> None:
        self.heard.put_nowait(("thread", thread))

    async def on_webhooks_update(self, channel: Any) -> None:
        self.heard.put_nowait(("webhooks", channel))

    async def on_resumed(self) -> None:
        self.resumed.set()

    async def hear(self, kind: str) -> Any:
        """The next thing of that kind; others before it are passed over."""
        async with asyncio.timeout(30):
            while True:
                found, what = await self.heard.get()
                if found == kind:
                    return what


class Wire:
    """One connection to the gateway."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws

    async def send(self, op: int, data: Any) -> None:
        await self.ws.send_str(json.dumps({"op": op, "d": data}))

    async def take(self) -> Any:
        """The next payload, or the close code."""
        message = await self.ws.receive(timeout=30)
        if message.type is aiohttp.WSMsgType.TEXT:
            return json.loads(message.data)
        return self.ws.close_code

    async def identify(self, intents: int = 38433, token: str = TOKEN) -> None:
        await self.send(2, {"token": token, "intents": intents, "properties": {}})

    async def until(self, name: str) -> Any:
        while (payload := await self.take())["t"] != name:
            pass
        return payload


class House(InProcess):
    """With discord.py turned to it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(folder)
        self._patch = monkeypatch.setattr

    @property
    def api(self) -> str:
        return f"{self.kernel.base_url}/discord/api/v10"

    async def open(self) -> None:
        await super().open()
        base = self.kernel.base_url
        self._patch(Route, "BASE", self.api)
        gateway = yarl.URL(base.replace("http", "ws", 1) + "/discord/gateway")
        self._patch(DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
        self._patch(discord.asset.Asset, "BASE", base + "/discord/cdn")

    async def say(self, user: str, channel: str, text: str, **more: Any) -> str:
        told = await self.control(
            "POST",
            "discord/say",
            {"user": user, "channel": channel, "text": text, **more},
        )
        return str(told["id"])

    async def rest(
        self, method: str, path: str, body: Any = None, *, auth: bool = True, **more: Any
    ) -> tuple[int, Any, Any]:
        """A plain REST call: status, body, headers."""
        headers = {"Authorization": f"Bot {TOKEN}"} if auth else {}
        url = self.api + path
        async with self.http.request(method, url, json=body, headers=headers, **more) as answer:
            told = await answer.json() if answer.content_type == "application/json" else None
            return answer.status, told, answer.headers

    async def shown(self, channel: str) -> list[dict[str, Any]]:
        """The messages that a place shows."""
        told = await self.control("GET", f"discord/channels/{channel}")
        return list(told["messages"])

    async def fault(self, method: str, kind: str, **more: Any) -> None:
        spec = {"platform": "discord", "method": method, "kind": kind, **more}
        await self.control("POST", "faults", spec)

    @asynccontextmanager
    async def wire(self) -> AsyncIterator[Wire]:
        """A bare connection to the gateway, greeted already."""
        url = self.kernel.base_url + "/discord/gateway?v=10&encoding=json"
        async with self.http.ws_connect(url) as ws:
            hello = json.loads((await ws.receive(timeout=30)).data)
            assert hello["op"] == 10
            assert hello["d"]["heartbeat_interval"] > 0
            yield Wire(ws)

    @asynccontextmanager
    async def bot(
        self, intents: int = INTENTS, prepare: Callable[[Bot], None] | None = None
    ) -> AsyncIterator[Bot]:
        """A logged-in, ready client."""
        client = Bot(intents)
        if prepare is not None:
            prepare(client)
        async with client:
            running = asyncio.create_task(client.start(TOKEN))
            ready = asyncio.create_task(client.wait_until_ready())
            await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=30)
            if running.done():
                ready.cancel()
                await running
            try:
                yield client
            finally:
                await client.close()
                await asyncio.wait({running}, timeout=5)


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    place = House(tmp_path, monkeypatch)
    await place.open()
    yield place
    await place.close()
