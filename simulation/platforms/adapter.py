"""What the two simulated adapters have in common: hearing, answering, and what they note.

As in the real ones, nothing durable is kept here, each write is one attempt, and input
is acknowledged only after its commit. `Ledger` is the simulation's own: what was said
to whom, over all lives.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any

from core.capabilities import Capabilities
from core.delivery import Failure, FailureKind, Part, PartKind
from core.intents import Intent, Person, React, RemoteFile, RemoteMessage
from core.model import Mirror, Place
from core.ports.adapter import FetchError, Finding
from core.ports.desk import Desk
from core.ports.outcomes import Accepted, Ask, Ignored, Outcome, Waiting
from core.ports.reading import PlaceLook
from core.refusal import Refusal
from core.sweep import Seen
from core.text.content import length
from simulation.clock import LIFE, Life, VirtualLoop
from simulation.platforms.platform import Heard, Platform
from simulation.platforms.rooms import US, Post
from simulation.platforms.wire import Trouble

DEAF_AFTER = 60.0
"""Seconds after which an own post should have come back as an event."""
TEXT_LIMIT = 120
"""Short, so that many messages have several parts."""

_KINDS = {
    "rate": FailureKind.RATE,
    "no_permission": FailureKind.PLACE,
    "locked": FailureKind.PLACE,
    "message_not_found": FailureKind.GONE,
    "cant_update_message": FailureKind.FOREIGN,
    "cant_delete_message": FailureKind.FOREIGN,
    "not_author": FailureKind.FOREIGN,
    "unknown_message": FailureKind.EVENT,
}
"""What the real adapters make of the platforms' answers; everything else is transient."""


@dataclass(slots=True)
class Ledger:
    """What became of what people did: what the desk answered, whoever asked it."""

    accepted: dict[str, Accepted] = field(default_factory=dict)
    """By key: what is said to be in the history."""
    refused: dict[str, str] = field(default_factory=dict)
    """By key: why not, in the last answer."""
    held: dict[str, Waiting] = field(default_factory=dict)
    """By key: replies that could be taken back, whatever became of them."""
    reactions: set[tuple[str, str, str]] = field(default_factory=set)
    """Remote message, user and emoji of reactions that were refused."""

    def note(self, intent: Intent, outcome: Outcome) -> None:
        what, actor = intent.what, intent.actor
        if (
            isinstance(what, React)
            and isinstance(what.message, RemoteMessage)
            and isinstance(actor, Person)
        ):
            reaction = (what.message.remote, actor.identity.user, what.emoji)
            if isinstance(outcome, Refusal):
                self.reactions.add(reaction)
            else:
                self.reactions.discard(reaction)
        if isinstance(outcome, Accepted):
            if outcome.repeated and outcome.message is None and intent.key in self.held:
                return  # it was taken back, and this tells of that
            self.accepted[intent.key] = outcome
            self.refused.pop(intent.key, None)
        elif isinstance(outcome, Refusal):
            self.refused[intent.key] = outcome.code
        elif isinstance(outcome, Waiting):
            self.held[intent.key] = outcome
        elif isinstance(outcome, Ask):
            self.refused[intent.key] = "ask"
        elif isinstance(outcome, Ignored):
            self.refused[intent.key] = "ignored"


class Adapter:
    """The half of an adapter that hears."""

    def __init__(self, platform: Platform, loop: VirtualLoop) -> None:
        self._loop = loop
        self._platform = platform
        self._desk: Desk | None = None
        self._up = False
        self._heard_at = 0.0
        self._posted_at = 0.0
        self._watching: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.told: list[tuple[str, Outcome]] = []
        """What people were told of words that a sweep found, by key."""
        self.life: Life = LIFE.get()  # type: ignore[assignment]
        self.context: Context = copy_context()
        self.capabilities = Capabilities(
            TEXT_LIMIT, length, 1_000_000, threads_in_direct=platform.name == "slack"
        )

    @property
    def name(self) -> str:
        return self._platform.name

    def capabilities_at(self, place: Place) -> Capabilities:
        return self.capabilities

    def connected(self) -> bool:
        return self._up

    async def start(self, desk: Desk) -> None:
        self._desk = desk
        self._platform.connect(self)
        if self._platform.reachable():
            self.connects("started")
        self._watching = self._loop.create_task(self._watch())

    async def connect(self, desk: Desk) -> None:
        """For commands beside the program, of which there are none here."""
        raise NotImplementedError

    async def stop(self) -> None:
        self._up = False
        if self._watching is not None:
            self._watching.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def connects(self, gap: str | None) -> None:
        """The connection is open; with `gap` nobody knows what was missed."""
        assert self._desk is not None
        self._up = True
        self._heard_at = self._loop.time()
        self._desk.online(self.name, up=True)
        if gap is not None:
            self._desk.gap(self.name, gap)

    def loses_connection(self) -> None:
        self._up = False
        assert self._desk is not None
        self._desk.online(self.name, up=False)

    async def _watch(self) -> None:
        """The canary: our own posts come back as events, or the connection is deaf."""
        while True:
            await asyncio.sleep(DEAF_AFTER / 3)
            silent = self._posted_at > self._heard_at
            if self._up and silent and self._loop.time() - self._posted_at > DEAF_AFTER:
                self._posted_at = 0.0
                self._platform.open_anew()
                self.connects("deaf")

    def hear(self, heard: Heard, done: Callable[[], object]) -> None:
        raise NotImplementedError

    def place_news(self, place: Place, trouble: str | None) -> None:
        assert self._desk is not None
        self._begin(self._desk.place_changed(place, trouble=trouble))

    async def _submit(self, intent: Intent) -> None:
        assert self._desk is not None
        await self._desk.submit(intent)

    async def tell(self, seen: Seen, intent: Intent, outcome: Refusal | Ask | Waiting) -> None:
        self.told.append((intent.key, outcome))

    def _suspect(self, seen: Seen) -> None:
        assert self._desk is not None
        self._desk.suspect(self.name, seen)

    def _begin(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._loop.call_exception_handler({"message": "not taken in", "exception": error})

    def link(self, mirror: Mirror) -> str | None:
        return None

    async def check(self, places: object) -> tuple[Finding, ...]:
        return ()

    async def describe(self, place: Place) -> PlaceLook | None:
        """Nobody connects a channel here."""
        return None

    async def members(self, place: Place) -> frozenset[str] | None:
        """Nobody acts as a brand from elsewhere here."""
        return None

    async def say(self, place: Place, text: str, mentions: Sequence[str] = ()) -> bool:
        """Nothing that runs here says anything of its own."""
        return False

    def fetch(self, file: RemoteFile) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return self._fetch(file)

    @asynccontextmanager
    async def _fetch(self, file: RemoteFile) -> AsyncIterator[AsyncIterator[bytes]]:
        found = await self._platform.wire.call(file.handle.encode, (), "file")
        if isinstance(found, Trouble):
            raise FetchError(found.code, again=True)

        async def pieces() -> AsyncIterator[bytes]:
            yield found

        yield pieces()


def failure(trouble: Trouble) -> Failure:
    kind = _KINDS.get(trouble.code, FailureKind.TRANSIENT)
    return Failure(
        kind, trouble.code, trouble.certain, trouble.retry_after, remedy=f"Mend {trouble.code}."
    )


def ours_on(post: Post) -> frozenset[str]:
    """The emoji that we have put on a message."""
    return frozenset(emoji for user, emoji in post.reactions if user == US)


def text_of(part: Part, delivery: str = "") -> str:
    """What a part looks like. A card and a pin carry a marker."""
    if part.kind is PartKind.FILE:
        assert part.file is not None
        return f"file {part.file.name}"
    if part.pin is not None:
        inside = "" if part.line is None else f" {part.line.mode} {part.line.status}"
        return f"{part.kind} {part.pin.title or part.pin.url}{inside}"
    above = f"> {part.answers}\n" if part.answers else ""
    return f"{above}{part.text}"


def author_of(part: Part) -> str:
    return part.author.name if part.author is not None else ""
