"""A platform in memory, for lanes: it keeps what was written and fails as it is told.

Each entry of `plan` decides about the next call: a `Failure` is answered without
applying anything, `Lost` applies and answers unclear, `Die` applies and never
answers. With an empty plan calls succeed. People can type, edit, delete and react in its
threads: that gives the intents of the events, which a test submits, or withholds.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from core.capabilities import Capabilities
from core.delivery import Absent, Failure, FailureKind, Part, PartKind, Receipt, Verb, Write
from core.ids import RemoteId, SpaceId
from core.intents import (
    DeleteMessage,
    EditMessage,
    InDirect,
    InSpace,
    Intent,
    ItsAuthor,
    Origin,
    Person,
    PostMessage,
    React,
    RemoteFile,
    RemoteMessage,
    Target,
)
from core.model import Mirror, Place, Refusal
from core.ports.adapter import FetchError, Finding
from core.ports.desk import Desk
from core.ports.needs import Cost
from core.ports.outcomes import Ask, Outcome
from core.sweep import Root, Seen, SweepError
from core.text.content import length
from core.text.mentions import named

BEGAN = datetime(2026, 5, 1, 11, tzinfo=UTC)
"""When the first remote message was made; each further one a second later."""
PAGE = 3

T = TypeVar("T")


class Lost:
    """Applied, but the answer is lost."""


class Die:
    """Applied, and the caller is cut off before the answer."""


class Late:
    """Answered at once as failed, and applied some time later."""


def roomy() -> Capabilities:
    return Capabilities(text=2_000, measure=length, file=1_000_000, threads_in_direct=True)


@dataclass(slots=True)
class Typed:
    """A person's message, outside any thread where `space` is empty."""

    who: Person
    place: Place
    space: SpaceId
    edits: int = 0


@dataclass(slots=True)
class ScriptedPlatform:
    name: str = "slack"
    capabilities: Capabilities = field(default_factory=roomy)
    plan: deque[Failure | Lost | Die | Late] = field(default_factory=deque)
    shown: list[tuple[str, str, str]] = field(default_factory=list)
    """What has been done in the places: `(channel, kind, text)`, in order."""
    texts: dict[RemoteId, str] = field(default_factory=dict)
    """What stands in the places now, in the order in which it was posted."""
    reactions: set[tuple[RemoteId, str]] = field(default_factory=set)
    calls: list[Write] = field(default_factory=list)
    searches: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    two_steps: bool = False
    refuses: str | None = None
    """Words that this platform never takes."""
    foreign: bool = False
    """Nothing that was posted can be changed any more."""
    reads: list[tuple[str, str]] = field(default_factory=list)
    """What sweeps have asked for: `roots` and a channel, `messages` and a space, ..."""
    read_plan: deque[Failure] = field(default_factory=deque)
    """Each entry fails one read."""
    between: Callable[[str], Awaitable[None]] | None = None
    """Called after a page has been taken, before it is handed over."""
    behind: set[RemoteId] = field(default_factory=set)
    """What the next read of a thread does not show yet."""
    by: dict[RemoteId, str] = field(default_factory=dict)
    """The delivery ids of our own messages."""
    tombstones: set[RemoteId] = field(default_factory=set)
    """Roots that somebody deleted, of threads that go on."""
    hears: bool = True
    """Listings name the newest message of each thread."""
    told: list[tuple[RemoteId, str, Outcome]] = field(default_factory=list)
    """What people were told of words that a sweep found: the message, its key, and what."""
    late: deque[Write] = field(default_factory=deque)
    """What was answered as failed, and is applied when `applies_late` says so."""
    upon: Callable[[Write], Awaitable[None]] | None = None
    """Called before each write is made."""
    fixed: set[RemoteId] = field(default_factory=set)
    """Messages that no edit changes, though all are answered as done."""
    cost: tuple[Cost, ...] = ()
    """The budgets of each call."""
    _deliveries: dict[str, Receipt] = field(default_factory=dict)
    _typed: dict[RemoteId, Typed] = field(default_factory=dict)
    _spaces: dict[RemoteId, SpaceId] = field(default_factory=dict)
    _of_people: dict[RemoteId, list[tuple[Person, str]]] = field(default_factory=dict)
    _made: int = 0

    async def start(self, desk: Desk) -> None:
        return

    async def connect(self, desk: Desk) -> None:
        return

    async def stop(self) -> None:
        return

    def capabilities_at(self, place: Place) -> Capabilities:
        return self.capabilities

    def connected(self) -> bool:
        return True

    def costs(self, write: Write) -> tuple[Cost, ...]:
        return self.cost

    def link(self, mirror: Mirror) -> str | None:
        return None

    async def check(self, places: object) -> tuple[Finding, ...]:
        return ()

    def fetch(self, file: RemoteFile) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        raise FetchError("This platform has no files.", again=False)

    async def write(self, write: Write) -> Receipt | Failure:
        self.calls.append(write)
        if self.upon is not None:
            await self.upon(write)
        told = self.plan.popleft() if self.plan else None
        if isinstance(told, Failure):
            self.changed.set()
            return told
        if isinstance(told, Late):
            self.late.append(write)
            self.changed.set()
            return Failure(FailureKind.TRANSIENT, "late", certain=False)
        refusal = self._refusal(write)
        if refusal is not None:
            self.changed.set()
            return refusal
        receipt = self._apply(write)
        self.changed.set()
        if isinstance(told, Lost):
            return Failure(FailureKind.TRANSIENT, "lost", certain=False)
        if isinstance(told, Die):
            await asyncio.Event().wait()
        return receipt

    def applies_late(self) -> RemoteId:
        """The oldest call that was answered as failed has its way now."""
        write = self.late.popleft()
        delivery, known = write.delivery, self._deliveries.get(write.delivery)
        remote = self._apply(write).remote
        if known is not None:
            self._deliveries[delivery] = known
        self.changed.set()
        return remote

    async def find(self, write: Write) -> Receipt | Absent | Failure:
        self.searches += 1
        return self._deliveries.get(write.delivery) or Absent()

    def _refusal(self, write: Write) -> Failure | None:
        part, target = write.step.part, write.step.target
        if part is not None and self.refuses and self.refuses in part.text:
            return Failure(FailureKind.EVENT, "refused", remedy="Refused here.")
        if target is None or write.step.verb in (Verb.REACT, Verb.UNREACT):
            return None
        if self.foreign:
            return Failure(FailureKind.FOREIGN, "not_yours")
        if target not in self.texts:
            return Failure(FailureKind.GONE, "not_there")
        return None

    def _apply(self, write: Write) -> Receipt:
        channel = write.mirror.place.channel
        step = write.step
        card = step.part is not None and step.part.kind is PartKind.CARD
        space = None
        if self.two_steps and card and write.inner == 0:
            remote = self._post(channel, "card", write.title)
            half = Receipt(remote, "bot", inner=1, data={"card": remote})
            self._deliveries[write.delivery] = half
            return half
        if write.inner == 1:
            self.shown.append((channel, "thread", write.title))
            remote = RemoteId(write.data["card"])
        elif step.target is not None:
            remote = step.target
            self._change(channel, write, remote)
        else:
            part = write.part
            remote = self._post(channel, str(part.kind), write.title if card else _text(part))
            self.by[remote] = write.delivery
        if card and step.verb is Verb.POST:
            space = SpaceId(remote)
        if step.verb is Verb.POST:
            self._spaces[remote] = space or write.mirror.space or SpaceId("")
        receipt = Receipt(remote, "bot", space)
        self._deliveries[write.delivery] = receipt
        return receipt

    def _post(self, channel: str, kind: str, text: str) -> RemoteId:
        self.shown.append((channel, kind, text))
        return self._make(channel, text)

    def _make(self, channel: str, text: str) -> RemoteId:
        self._made += 1
        remote = RemoteId(f"{channel}:{self._made}")
        self.texts[remote] = text
        return remote

    def _change(self, channel: str, write: Write, target: RemoteId) -> None:
        step = write.step
        if step.verb is Verb.EDIT:
            text = _text(write.part)
            self.shown.append((channel, "edit", text))
            if target not in self.fixed:
                self.texts[target] = text
        elif step.verb is Verb.DELETE:
            self.shown.append((channel, "delete", self.texts.pop(target)))
        elif step.verb is Verb.REACT:
            self.shown.append((channel, "react", step.emoji))
            self.reactions.add((target, step.emoji))
        else:
            self.shown.append((channel, "unreact", step.emoji))
            self.reactions.discard((target, step.emoji))

    async def until(self, count: int) -> list[tuple[str, str, str]]:
        """What has been done, once there are `count` of them."""
        while len(self.shown) < count:
            self.changed.clear()
            async with asyncio.timeout(10):
                await self.changed.wait()
        return self.shown

    # --- people ---------------------------------------------------------------------------

    def types(self, place: Place, space: SpaceId | None, who: Person, text: str) -> Intent:
        """The intent of the event; in direct messages without a space outside any thread."""
        remote = self._make(place.channel, text)
        self._typed[remote] = Typed(who, place, space or SpaceId(""))
        self._spaces[remote] = space or SpaceId("")
        return self._said(remote)[0]

    def edits(self, remote: RemoteId, text: str) -> Intent:
        self.texts[remote] = text
        self._typed[remote].edits += 1
        return self._said(remote)[-1]

    def deletes(self, place: Place, remote: RemoteId) -> Intent:
        del self.texts[remote]
        what = DeleteMessage(RemoteMessage(self.name, remote))
        return Intent(f"{self.name}:{remote}:delete", ItsAuthor(), what, Origin(place, remote))

    def reacts(
        self, place: Place, remote: RemoteId, who: Person, emoji: str, *, on: bool = True
    ) -> Intent:
        there = self._of_people.setdefault(remote, [])
        if on:
            there.append((who, emoji))
        else:
            there.remove((who, emoji))
        self._made += 1
        return self._reaction(place, remote, who, emoji, f"event {self._made}", on=on)

    def posts_again(self, remote: RemoteId) -> RemoteId:
        """A late duplicate of a message of ours."""
        again = self._make(remote.rpartition(":")[0], self.texts[remote])
        space = self._spaces[remote]
        self._spaces[again] = SpaceId(again) if space == remote else space
        self.by[again] = self.by[remote]
        return again

    def _said(self, remote: RemoteId) -> tuple[Intent, ...]:
        typed, text = self._typed[remote], self.texts[remote]
        target: Target = InSpace(self.name, typed.space) if typed.space else InDirect(typed.place)
        origin = Origin(typed.place, remote)
        key = f"{self.name}:{remote}"
        at = self.moment(remote)
        post = Intent(f"{key}:post", typed.who, PostMessage(target, text), origin, at=at)
        if not typed.edits:
            return (post,)
        edit = EditMessage(RemoteMessage(self.name, remote), text)
        at += timedelta(seconds=typed.edits)
        return post, Intent(f"{key}:edit:{typed.edits}", typed.who, edit, origin, at=at)

    def _reaction(
        self, place: Place, remote: RemoteId, who: Person, emoji: str, nth: str, *, on: bool
    ) -> Intent:
        key = f"{self.name}:{remote}:react:{who.identity.user}:{emoji}:{nth}"
        what = React(RemoteMessage(self.name, remote), emoji, on)
        return Intent(key, who, what, Origin(place, remote))

    # --- sweeps ---------------------------------------------------------------------------

    def moment(self, remote: RemoteId) -> datetime:
        return BEGAN + timedelta(seconds=int(remote.rpartition(":")[2]))

    async def roots(self, place: Place, since: datetime) -> AsyncIterator[tuple[Root, ...]]:
        here = [r for r in self.texts if r.startswith(f"{place.channel}:")]
        roots = [r for r in here if self._spaces[r] == r]
        found = [Root(SpaceId(r), self._newest(r), self._root(place, r)) for r in roots]
        async for page in self._pages("roots", place.channel, found):
            yield page

    async def messages(
        self, mirror: Mirror, after: RemoteId | None
    ) -> AsyncIterator[tuple[Seen, ...]]:
        stand = [r for r in self.texts if self._spaces[r] == mirror.space != r]
        stand = [r for r in stand if r not in self.behind]
        self.behind.clear()
        found = [self._seen(mirror.place, r) for r in self._after(stand, after)]
        async for page in self._pages("messages", str(mirror.space), found):
            yield page

    async def direct(self, place: Place, after: RemoteId | None) -> AsyncIterator[tuple[Seen, ...]]:
        threads = self.capabilities.threads_in_direct
        stand = [r for r in self.texts if r.startswith(f"{place.channel}:")]
        stand = [r for r in stand if not threads or not self._spaces[r]]
        found = [self._seen(place, r) for r in self._after(stand, after)]
        async for page in self._pages("direct", place.channel, found):
            yield page

    async def message(self, mirror: Mirror, remote: RemoteId) -> Seen | Absent:
        self._read("message", remote)
        return self._seen(mirror.place, remote) if remote in self.texts else Absent()

    def shows(self, write: Write, seen: Seen) -> bool:
        card = write.part.kind is PartKind.CARD
        return bool(seen.raw == (write.title if card else _text(write.part)))

    async def tell(self, seen: Seen, intent: Intent, outcome: Refusal | Ask) -> None:
        self.told.append((seen.remote, intent.key, outcome))

    def _root(self, place: Place, remote: RemoteId) -> Seen:
        """A root that was deleted stays where it was, and says so."""
        if remote not in self.tombstones:
            return self._seen(place, remote)
        what = DeleteMessage(RemoteMessage(self.name, remote))
        gone = Intent(f"{self.name}:{remote}:delete", ItsAuthor(), what, Origin(place, remote))
        return Seen(remote, (gone,))

    def _after(self, remotes: Sequence[RemoteId], after: RemoteId | None) -> list[RemoteId]:
        return [r for r in remotes if after is None or self.moment(r) > self.moment(after)]

    def _newest(self, root: RemoteId) -> RemoteId | None:
        there = [r for r in self.texts if self._spaces[r] == root]
        return max(there, key=self.moment) if self.hears else None

    def _seen(self, place: Place, remote: RemoteId) -> Seen:
        here = self._of_people.get(remote, [])
        reactions = tuple(
            self._reaction(place, remote, who, emoji, "swept", on=True) for who, emoji in here
        )
        text = self.texts[remote]
        ours = frozenset(emoji for there, emoji in self.reactions if there == remote)
        if remote in self._typed:
            return Seen(remote, self._said(remote), reactions, raw=text, ours=ours)
        return Seen(remote, (), reactions, "bot", self.by.get(remote, ""), text, ours=ours)

    async def _pages(self, what: str, of: str, found: Sequence[T]) -> AsyncIterator[tuple[T, ...]]:
        for n in range(0, max(len(found), 1), PAGE):
            self._read(what, of)
            page = tuple(found[n : n + PAGE])
            if self.between is not None:
                await self.between(what)
            yield page

    def _read(self, what: str, of: str) -> None:
        self.reads.append((what, of))
        if self.read_plan:
            raise SweepError(self.read_plan.popleft())


async def soon(is_so: Callable[[], bool]) -> None:
    """Once it is so; an error if it takes long."""
    async with asyncio.timeout(10):
        while True:
            if is_so():
                return
            await asyncio.sleep(0.001)


def _text(part: Part) -> str:
    if part.kind is PartKind.FILE:
        assert part.file is not None
        return part.text or part.file.name
    if part.pin is not None:
        return part.pin.title or part.pin.url
    rich = part.rich or ()
    called = [
        part.mentions[o.account] for o in named(rich) if getattr(o, "account", "") in part.mentions
    ]
    text = " ".join([part.text, *(f"<@{user}>" for user in called)])
    return f"> {part.answers}\n{text}" if part.answers else text
