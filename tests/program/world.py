"""The whole program and its sandbox as processes, driven as people would.

Both are ended by their process ids. The program may be killed and started again
on the same data; the sandbox goes on meanwhile, as the platforms do.
"""

import asyncio
import io
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from benchmarks.program import free_port

ROOT = Path(__file__).parents[2]
PIN = "https://www.pinterest.com/pin/99360735500167749/"
INBOX, FORUM = "C0INBOX", "930000000000000001"
ADA: dict[str, Any] = {
    "handle": "ada",
    "name": "Ada",
    "identities": [{"platform": "slack", "workspace": "T0NORTHWIND", "user": "U0ADA"}],
    "channels": [
        {"platform": "slack", "workspace": "T0NORTHWIND", "channel": INBOX, "label": "#pin-inbox"}
    ],
}
"""Ada as herself. Her conversations stand in a channel of Slack in which whoever speaks joins,
as Mia's do in Discord."""
PATIENCE = {"settle": 0.3, "second_look": 0.3, "retry_first": 0.1, "retry_most": 0.5}


@dataclass(slots=True)
class Whole:
    """Both processes, and a person's hands on them."""

    folder: Path
    http: aiohttp.ClientSession
    sandbox: str
    world: dict[str, Any]
    web: str
    changes: dict[str, Any]
    group: bool = False
    """Mia's friend Ada is in Slack, instead of a brand: others may join them."""
    _program: asyncio.subprocess.Process | None = None
    log: list[str] = field(default_factory=list)
    session: str = ""
    _reader: asyncio.Task[None] | None = None

    async def control(self, method: str, path: str, body: object = None) -> Any:
        # As a file, because the client warns of large texts.
        data = None if body is None else io.BytesIO(json.dumps(body).encode())
        kind = {"Content-Type": "application/json"}
        url = f"{self.sandbox}/_control{path}"
        async with self.http.request(method, url, data=data, headers=kind) as got:
            answer = await got.json()
            assert got.status == 200, (path, answer)
            return answer

    async def start(self, *, wait: bool = True) -> None:
        """Starts the program and, unless told otherwise, waits until both platforms are there."""
        config = self.folder / "config.yaml"
        config.write_text(yaml.safe_dump(self.config()))
        self._program = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bridge", "run", "--config", str(config)),
            cwd=ROOT,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        self._reader = asyncio.create_task(self._read(self._program))
        if wait:
            await self.ready()

    async def ready(self) -> None:
        """Waits until both platforms are connected."""
        assert self._program is not None
        async with asyncio.timeout(60):
            while not await self._ready():
                assert self._program.returncode is None, "".join(self.log[-20:])
                await asyncio.sleep(0.05)

    @property
    def pid(self) -> int:
        """Of the program."""
        assert self._program is not None
        return self._program.pid

    async def _read(self, program: asyncio.subprocess.Process) -> None:
        assert program.stderr is not None
        async for line in program.stderr:
            self.log.append(line.decode())

    async def _ready(self) -> bool:
        with suppress(aiohttp.ClientError):
            async with self.http.get(f"{self.web}/readyz") as got:
                return got.status == 200
        return False

    async def end(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Ends the program by its id, and gives its exit code."""
        assert self._program is not None
        assert self._reader is not None
        if self._program.returncode is None:
            self._program.send_signal(sign)
        async with asyncio.timeout(60):
            code = await self._program.wait()
        await self._reader
        return code

    def config(self) -> dict[str, Any]:
        slack, discord = self.world["slack"], self.world["discord"]
        pinterest = self.world["pinterest"]
        whole: dict[str, Any] = {
            "slack": {key: slack[key] for key in ("api_url", "bot_token", "app_token")},
            "discord": {
                key: discord[key] for key in ("api_url", "gateway_url", "cdn_url", "token")
            },
            "pinterest": {
                "api_url": pinterest["api_url"],
                "oembed_url": pinterest["oembed_url"],
                "short_url": pinterest["short_url"],
            },
            "store": {"url": f"sqlite:///{self.folder / 'history.sqlite'}"},
            "web": {
                "listen": self.web.removeprefix("http://"),
                "demo": {
                    "people": ["mia", "ada"] if self.group else ["mia"],
                    "origin": self.sandbox,
                },
            },
            "delivery": PATIENCE,
            "rules": {"contacts": "anyone", "per_minute": 0},
            "log": {"level": "info", "format": "json"},
            "brands": [
                {
                    "handle": "northwind",
                    "name": "Northwind Home",
                    "staff_role": "agent",
                    "hold_seconds": 0,
                    "channels": [
                        {
                            "platform": "slack",
                            "workspace": "T0NORTHWIND",
                            "channel": INBOX,
                            "label": "#pin-inbox",
                            "mode": "relay",
                        }
                    ],
                }
            ],
            "people": [
                {
                    "handle": "mia",
                    "name": "Mia",
                    "identities": [{"platform": "discord", "user": "920000000000000003"}],
                    "channels": [
                        {
                            "platform": "discord",
                            "workspace": "910000000000000001",
                            "channel": FORUM,
                            "label": "#plans",
                        }
                    ],
                }
            ],
        }
        for section, keys in self.changes.items():
            whole[section] = {**whole.get(section, {}), **keys} if isinstance(keys, dict) else keys
        if self.group:
            whole["brands"] = []
            whole["people"] = [*whole["people"], ADA]
        return whole

    # --- people ---------------------------------------------------------------------------

    async def ask(self, text: str = "does this come in oak?", pin: str = PIN) -> dict[str, Any]:
        """Mia sends a pin from the web, to Northwind or, in a group, to Ada."""
        to = "ada" if self.group else "northwind"
        body = {"as": "mia", "to": [to], "pin": pin, "text": text}
        async with self.http.post(f"{self.web}/api/demo/say", json=body, headers=self.here) as got:
            answer: dict[str, Any] = await got.json()
            assert got.status < 300, answer
            return answer

    async def call(self, method: str, path: str, json: object = None, **more: Any) -> Any:
        """Mia calls the web's API."""
        if not self.session:
            async with self.http.get(f"{self.web}/?as=mia") as page:
                found = re.search(r'pinthread-session" content="([^"]+)"', await page.text())
                assert found is not None
                self.session = found[1]
        headers = {"Authorization": f"Bearer {self.session}", **more.pop("headers", {})}
        url = f"{self.web}{path}"
        async with self.http.request(method, url, json=json, headers=headers, **more) as got:
            answer = await got.json()
            assert got.status < 300, (path, answer)
            return answer

    @property
    def here(self) -> dict[str, str]:
        return {"Origin": self.sandbox}

    async def slack_messages(self, channel: str = INBOX) -> list[dict[str, Any]]:
        shown = await self.control("GET", f"/slack/channels/{channel}")
        messages: list[dict[str, Any]] = shown["messages"]
        return messages

    async def forum_threads(self, channel: str = FORUM) -> list[dict[str, Any]]:
        shown = await self.control("GET", f"/discord/channels/{channel}")
        threads: list[dict[str, Any]] = shown["threads"]
        return threads

    async def discord_messages(self, channel: str) -> list[dict[str, Any]]:
        shown = await self.control("GET", f"/discord/channels/{channel}")
        messages: list[dict[str, Any]] = shown["messages"]
        return messages

    async def until(
        self, read: Callable[[], Any], good: Callable[[Any], bool], seconds: float = 30
    ) -> Any:
        """What `read` gives, once it is good."""
        seen = None
        try:
            async with asyncio.timeout(seconds):
                while True:
                    seen = await read()
                    if good(seen):
                        return seen
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"never seen; last: {json.dumps(seen)[:3000]}") from None

    async def card_in_slack(self) -> dict[str, Any]:
        seen = await self.until(self.slack_messages, lambda shown: any(m["bot"] for m in shown))
        return next(m for m in seen if m["bot"])

    async def thread_in_discord(self) -> str:
        seen = await self.until(self.forum_threads, bool)
        thread: str = seen[0]["id"]
        return thread


@asynccontextmanager
async def whole(folder: Path, *, group: bool = False, **changes: Any) -> AsyncIterator[Whole]:
    """A fresh sandbox and the program on it, both running."""
    async with sandbox() as url, aiohttp.ClientSession() as http:
        async with http.get(f"{url}/_control/world") as got:
            world = await got.json()
        web = f"http://127.0.0.1:{free_port()}"
        running = Whole(folder, http, url, world, web, changes, group)
        await running.start()
        try:
            yield running
        finally:
            await running.end()


@asynccontextmanager
async def sandbox(*arguments: str) -> AsyncIterator[str]:
    """The sandbox as a process; its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "sandbox", "--listen", "127.0.0.1:0", *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            line = await process.stdout.readline()
        yield json.loads(line)["url"]
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(60):
            await process.wait()
