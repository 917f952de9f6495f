"""A sandbox as a child process, and the real adapter on it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.settings import Settings
from core.delivery import Author, Part, PartKind, Step, Verb, Write
from core.files import FileId, FileRef, Stored
from core.ids import AccountId, BindingId, ConversationId, MirrorId, RemoteId, SpaceId, ThreadId
from core.model import BindingKind, Mirror, Place, Refusal
from core.ports.files import Piece
from core.ports.needs import Cost
from tests.discord.fake_desk import OAK, FakeDesk

ROOT = Path(__file__).resolve().parents[2]
GUILD = "910000000000000001"
FORUM, CHAT, HIDDEN = "930000000000000001", "930000000000000002", "930000000000000003"
BOT = "900000000000000001"
ROSA, KAI, MIA, NOOR = (f"92000000000000000{n}" for n in (1, 2, 3, 4))
MIA_AUTHOR = Author("Mia", "https://pictures.test/mia.png")


class FreeBudgets:
    """Budgets without end, that note what they are taught."""

    def __init__(self) -> None:
        self.learnt: list[tuple[Cost, int, int]] = []
        self.blocked: list[tuple[tuple[str, ...], float]] = []

    async def take(self, costs: Sequence[Cost], *, backfill: bool = False) -> None:
        return

    def learn(self, cost: Cost, *, limit: int, remaining: int, reset_after: float) -> None:
        self.learnt.append((cost, limit, remaining))

    def block(self, key: tuple[str, ...], seconds: float) -> None:
        self.blocked.append((key, seconds))


class MemoryFiles:
    """Files that were put into a dict, given out in small chunks; counts those under way."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.most = 0

    def add(self, content: bytes, name: str = "oak.png", alt: str = "") -> FileRef:
        file = FileRef(
            FileId(sha256(content).hexdigest()), name, "image/png", len(content), alt=alt
        )
        self.content[file.id] = content
        return file

    async def size(self, file: FileId) -> int | None:
        return len(self.content[file]) if file in self.content else None

    async def open(
        self, file: FileId, start: int = 0, stop: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        content = self.content[file]
        for at in range(0, len(content), 65_536):
            yield content[at : at + 65_536]

    async def put(self, source: AsyncIterator[Piece], **_: Any) -> FileRef | Refusal:
        raise AssertionError("the adapter stores nothing")

    async def look(self, file: FileId) -> Stored | None:
        raise AssertionError("the adapter looks at nothing")

    async def delete(self, file: FileId) -> None:
        raise AssertionError("the adapter deletes nothing")


def mirror(
    channel: str = FORUM,
    *,
    root: str | None = None,
    space: str | None = None,
    kind: BindingKind = BindingKind.PROJECT,
) -> Mirror:
    guild = "" if kind is BindingKind.DIRECT else GUILD
    return Mirror(
        MirrorId("mirror"),
        ThreadId("thread"),
        ConversationId("conversation"),
        BindingId("binding"),
        AccountId("mia"),
        Place("discord", guild, channel),
        kind,
        1,
        0,
        root=RemoteId(root) if root else None,
        space=SpaceId(space) if space else None,
    )


def direct(**given: str) -> Mirror:
    return mirror(f"user:{MIA}", kind=BindingKind.DIRECT, **given)


def card(at: Mirror, delivery: str = "ca4dca4dca4dca4dca4dca4d", **given: Any) -> Write:
    part = Part(
        PartKind.CARD, author=MIA_AUTHOR, pin=OAK, people=("Mia", "Northwind Home"), code="oakoak"
    )
    return posting(delivery, at, part, **given)


def text(at: Mirror, words: str, author: Author = MIA_AUTHOR, **given: Any) -> Write:
    delivery = given.pop("delivery", f"text {words[:80]}")
    return posting(delivery, at, Part(PartKind.TEXT, words, author), **given)


def posting(delivery: str, at: Mirror, part: Part, title: str = "Oak desk", **given: Any) -> Write:
    """A post of a part; with `replaces` an edit of what `poster` posted there."""
    replaces = given.pop("replaces", None)
    step = Step(Verb.EDIT if replaces else Verb.POST, 0, part, replaces)
    return Write(delivery, at, step, title, **given)


def change(at: Mirror, verb: Verb, target: RemoteId, emoji: str = "", poster: str = "") -> Write:
    """What a lane asks for to be done to something that is there."""
    step = Step(verb, 0, None, target, emoji)
    return Write(f"{verb} {target} {emoji}", at, step, "Oak desk", poster=poster)


class Sandbox:
    """The control API of a running sandbox."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self._http = http
        self.start = 0

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with self._http.request(method, f"{self.url}/_control/{path}", json=body) as answer:
            found = await answer.json()
            assert answer.status == 200, found
            return found

    async def say(self, user: str, channel: str, words: str, reply_to: str | None = None) -> str:
        body = {"user": user, "channel": channel, "text": words}
        if reply_to:
            body["reply_to"] = reply_to
        return str((await self.control("POST", "discord/say", body))["id"])

    async def messages(self, channel: str) -> list[dict[str, Any]]:
        found = await self.control("GET", f"discord/channels/{channel}")
        return list(found["messages"])

    async def fault(self, method: str, kind: str, **options: Any) -> None:
        body = {"platform": "discord", "method": method, "kind": kind, **options}
        await self.control("POST", "faults", body)

    async def journal(self) -> list[dict[str, Any]]:
        found = await self.control("GET", f"journal?after={self.start}")
        return [entry for entry in found["entries"] if entry["platform"] == "discord"]

    @asynccontextmanager
    async def live(self) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """Inside, what it gives waits until something has changed in any place."""
        async with (
            asyncio.timeout(30),
            self._http.get(f"{self.url}/_control/live") as feed,
        ):

            async def changed() -> None:
                while not (await feed.content.readline()).startswith(b"data:"):
                    pass

            yield changed

    def settings(self, **given: Any) -> Settings:
        base = f"{self.url}/discord"
        addresses = {
            "api_url": f"{base}/api/v10",
            "gateway_url": f"{base}/gateway".replace("http", "ws", 1),
            "cdn_url": f"{base}/cdn",
        }
        return Settings(**{"token": "sandbox-discord-token", **addresses, **given})


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    child = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert child.stdout is not None
    try:
        yield json.loads(child.stdout.readline())["url"]
    finally:
        child.terminate()
        child.wait(10)
        child.stdout.close()


@pytest.fixture
async def sandbox(sandbox_url: str) -> AsyncIterator[Sandbox]:
    async with aiohttp.ClientSession() as http:
        sandbox = Sandbox(sandbox_url, http)
        await sandbox.control("POST", "reset")
        sandbox.start = (await sandbox.control("GET", "journal?after=0"))["next"]
        yield sandbox


@pytest.fixture
def budgets() -> FreeBudgets:
    return FreeBudgets()


@pytest.fixture
def files() -> MemoryFiles:
    return MemoryFiles()


@pytest.fixture
async def adapter(
    sandbox: Sandbox, budgets: FreeBudgets, files: MemoryFiles
) -> AsyncIterator[DiscordAdapter]:
    """An adapter that writes, but has no gateway."""
    adapter = DiscordAdapter(sandbox.settings(), budgets, files)
    yield adapter
    await adapter.stop()


@pytest.fixture
async def desk(adapter: DiscordAdapter) -> FakeDesk:
    """The adapter's desk, once the adapter is connected."""
    desk = FakeDesk()
    await adapter.start(desk)
    await desk.until(lambda: desk.ups == [True])
    return desk
