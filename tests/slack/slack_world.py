"""`python -m sandbox` as a child process, and the real adapter on it."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiohttp

from adapters.slack import Settings, SlackAdapter
from bridge.delivery.budgets import LocalBudgets
from core.delivery import Author, Part, PartKind, Step, Verb, Write
from core.files import FileId, FileRef
from core.ids import AccountId, BindingId, MirrorId, RemoteId, SpaceId
from core.model import BindingKind, Mirror, Place
from core.ports.files import FileGoneError, Files
from core.ports.needs import Budgets
from tests.slack.fake_desk import CONVERSATION, PIN, THREAD, FakeDesk

TEAM = "T0NORTHWIND"
INBOX = "C0INBOX"
ROOT = Path(__file__).parents[2]


class World:
    """The sandbox's control API. Every answer must be 200."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self.http = http

    async def control(self, verb: str, path: str, body: Any = None) -> Any:
        async with self.http.request(verb, f"{self.url}/_control/{path}", json=body) as answer:
            told = await answer.json()
            assert answer.status == 200, told
            return told

    async def act(self, name: str, /, **body: Any) -> Any:
        return await self.control("POST", f"slack/{name}", body)

    async def say(self, text: str, channel: str = INBOX, user: str = "U0ADA", **more: Any) -> str:
        return str((await self.act("say", user=user, channel=channel, text=text, **more))["ts"])

    async def pin(self, text: str, channel: str = INBOX, user: str = "U0ADA") -> dict[str, Any]:
        """The slash command, and what it shows."""
        told = await self.act("command", user=user, channel=channel, command="/pin", text=text)
        assert told["ok"], told
        return dict(told)

    async def shown(self, channel: str = INBOX) -> list[dict[str, Any]]:
        return list((await self.control("GET", f"slack/channels/{channel}"))["messages"])

    async def seen(self, user: str = "U0ADA") -> dict[str, Any]:
        return dict(await self.control("GET", f"slack/seen?user={user}"))

    async def fault(self, method: str, kind: str, **more: Any) -> None:
        await self.control(
            "POST", "faults", {"platform": "slack", "method": method, "kind": kind, **more}
        )

    async def journal(self, method: str) -> list[dict[str, Any]]:
        entries = (await self.control("GET", "journal?after=0"))["entries"]
        return [e for e in entries if e["platform"] == "slack" and e["method"] == method]

    async def until(
        self, fits: Callable[[dict[str, Any]], Any], user: str = "U0ADA"
    ) -> dict[str, Any]:
        """What that person sees, once it fits."""
        async with asyncio.timeout(30):
            while True:
                seen = await self.seen(user)
                if fits(seen):
                    return seen
                await asyncio.sleep(0.05)

    async def until_seen(self, user: str = "U0ADA", most: int = 1) -> dict[str, Any]:
        """What that person sees, once there are so many things."""
        async with asyncio.timeout(30):
            async with self.http.get(f"{self.url}/_control/live?after=0") as live:
                while True:
                    seen = await self.seen(user)
                    if len(seen["answers"]) + len(seen["views"]) >= most:
                        return seen
                    await live.content.readline()

    def settings(self, mode: str, **more: Any) -> Settings:
        return Settings(
            bot_token="xoxb-sandbox-bot",
            app_token="xapp-sandbox-app",
            signing_secret="sandbox-signing-secret",
            mode="http" if mode == "http" else "socket",
            listen="127.0.0.1:0",
            api_url=f"{self.url}/slack/api/",
            **more,
        )

    @asynccontextmanager
    async def adapter(
        self,
        mode: str,
        desk: FakeDesk,
        budgets: Budgets | None = None,
        files: "KeptFiles | None" = None,
        **more: Any,
    ) -> AsyncIterator[SlackAdapter]:
        """The adapter, connected; the sandbox delivers to it."""
        adapter = SlackAdapter(
            self.settings(mode, **more),
            budgets or LocalBudgets(),
            cast(Files, files or KeptFiles()),
        )
        await adapter.start(desk)
        try:
            address = f"http://127.0.0.1:{adapter.port}/slack/events" if mode == "http" else ""
            await self.control("PUT", "program", {"web": "", "slack_events": address})
            await desk.state(up=True)
            yield adapter
        finally:
            # Nothing is on its way to a door that is being closed.
            await self.control("PUT", "program", {"web": "", "slack_events": ""})
            await adapter.stop()


def mirror(
    channel: str = INBOX, space: str | None = None, kind: BindingKind = BindingKind.INBOX
) -> Mirror:
    return Mirror(
        MirrorId("mirror"), THREAD, CONVERSATION, BindingId("binding"), AccountId("brand"),
        Place("slack", TEAM, channel), kind, 1, 0,
        root=RemoteId(space) if space else None, space=SpaceId(space) if space else None,
    )  # fmt: skip


def write(delivery: str, at: Mirror, step: Step, **more: Any) -> Write:
    return Write(delivery, at, step, "Oak desk", **more)


def shows(part: Part, replaces: RemoteId | None = None) -> Step:
    return Step(Verb.EDIT if replaces else Verb.POST, 0, part, replaces)


def card(
    delivery: str = "d-card",
    channel: str = INBOX,
    replaces: RemoteId | None = None,
    **more: Any,
) -> Write:
    part = Part(
        PartKind.CARD, author=Author("Mia"), pin=PIN, people=("Mia", "Northwind Home"),
        code=THREAD[:6],
    )  # fmt: skip
    return write(delivery, mirror(channel), shows(part, replaces), **more)


def text(
    words: str,
    space: str,
    delivery: str = "d-text",
    replaces: RemoteId | None = None,
    **more: Any,
) -> Write:
    author = more.pop("author", Author("Mia", "https://i.example.com/mia.png"))
    rich, answers, mentions = (more.pop(key, None) for key in ("rich", "answers", "mentions"))
    part = Part(
        PartKind.TEXT, words, author, rich=rich, answers=answers or "", mentions=mentions or {}
    )
    return write(delivery, mirror(space.partition(":")[0], space), shows(part, replaces), **more)


def about(
    verb: Verb, target: str, space: str, emoji: str = "", delivery: str = "d-about", **more: Any
) -> Write:
    """A delete or reaction."""
    step = Step(verb, 0, None, RemoteId(target), emoji)
    return write(delivery, mirror(space.partition(":")[0], space), step, **more)


class KeptFiles:
    """The reading half of the port `Files`, in memory; a gone file can be had too."""

    def __init__(self, *contents: bytes) -> None:
        self.contents = {FileId(f"{n:064x}"): content for n, content in enumerate(contents)}

    def ref(self, n: int, name: str, **more: Any) -> FileRef:
        file = FileId(f"{n:064x}")
        size = len(self.contents.get(file, b"gone"))
        return FileRef(file, name, more.pop("media_type", "text/plain"), size, **more)

    async def open(
        self, file: FileId, start: int = 0, stop: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        if file not in self.contents:
            raise FileGoneError(file)
        content = self.contents[file][start:stop]
        for at in range(0, len(content), 65_536):
            yield content[at : at + 65_536]


def no_files(*contents: bytes) -> Files:
    return cast(Files, KeptFiles(*contents))


def texts(message: Mapping[str, Any]) -> str:
    """All words of a message's blocks."""
    return json.dumps(message["blocks"], ensure_ascii=False)


_TOKEN = re.compile(r"<[!@#][^>]*>?")
_PLAIN = ("text", "link", "emoji", "date", "color")


def pings(sent: Any) -> list[str]:
    """Whom a message would notify: words of `rich_text` are never parsed, other texts are."""
    if isinstance(sent, str):
        return _TOKEN.findall(sent)
    if isinstance(sent, dict):
        kind = sent.get("type")
        if kind in ("user", "usergroup", "broadcast"):
            return [str(sent.get("user_id") or kind)]
        if kind in _PLAIN or kind == "channel":
            return []
        return [found for value in sent.values() for found in pings(value)]
    return [found for one in sent for found in pings(one)] if isinstance(sent, list | tuple) else []
