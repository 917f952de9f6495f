"""A platform in memory, for lanes: it keeps what was written and fails as it is told.

Each entry of `plan` decides about the next call: a `Failure` is answered without
applying anything, `Lost` applies and answers unclear, `Die` applies and never
answers. With an empty plan calls succeed.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from core.capabilities import Capabilities
from core.content import length
from core.delivery import Absent, Failure, FailureKind, Part, PartKind, Receipt, Verb, Write
from core.ids import RemoteId, SpaceId
from core.intents import RemoteFile
from core.model import Mirror
from core.ports import Cost, Desk, FetchError, Finding


class Lost:
    """Applied, but the answer is lost."""


class Die:
    """Applied, and the caller is cut off before the answer."""


def roomy() -> Capabilities:
    return Capabilities(
        text=2_000, measure=length, file=1_000_000, own_name=True, threads_in_direct=True
    )


@dataclass(slots=True)
class ScriptedPlatform:
    name: str = "slack"
    capabilities: Capabilities = field(default_factory=roomy)
    plan: deque[Failure | Lost | Die] = field(default_factory=deque)
    shown: list[tuple[str, str, str]] = field(default_factory=list)
    """What has been done in the places: `(channel, kind, text)`, in order."""
    messages: dict[RemoteId, str] = field(default_factory=dict)
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
    _deliveries: dict[str, Receipt] = field(default_factory=dict)

    async def start(self, desk: Desk) -> None:
        return

    async def stop(self) -> None:
        return

    def connected(self) -> bool:
        return True

    def costs(self, write: Write) -> tuple[Cost, ...]:
        return ()

    def link(self, mirror: Mirror) -> str | None:
        return None

    async def check(self, places: object) -> tuple[Finding, ...]:
        return ()

    def fetch(self, file: RemoteFile) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        raise FetchError("This platform has no files.", again=False)

    async def write(self, write: Write) -> Receipt | Failure:
        self.calls.append(write)
        told = self.plan.popleft() if self.plan else None
        if isinstance(told, Failure):
            self.changed.set()
            return told
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
        if target not in self.messages:
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
        if card and step.verb is Verb.POST:
            space = SpaceId(remote)
        receipt = Receipt(remote, "bot", space)
        self._deliveries[write.delivery] = receipt
        return receipt

    def _post(self, channel: str, kind: str, text: str) -> RemoteId:
        self.shown.append((channel, kind, text))
        remote = RemoteId(f"{channel}:{len(self.shown)}")
        self.messages[remote] = text
        return remote

    def _change(self, channel: str, write: Write, target: RemoteId) -> None:
        step = write.step
        if step.verb is Verb.EDIT:
            text = _text(write.part)
            self.shown.append((channel, "edit", text))
            self.messages[target] = text
        elif step.verb is Verb.DELETE:
            self.shown.append((channel, "delete", self.messages.pop(target)))
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


def _text(part: Part) -> str:
    if part.kind is PartKind.FILE:
        assert part.file is not None
        return part.text or part.file.name
    if part.pin is not None:
        return part.pin.title or part.pin.url
    return f"> {part.answers}\n{part.text}" if part.answers else part.text
