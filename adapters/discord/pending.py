"""Our own posts under way, and how one that is seen again is told from a late duplicate.

An echo may come before the answer, and an attempt whose outcome is unclear may be applied
after the next one. Of two messages for one delivery the lane keeps one; the other is nobody's.
Kept in memory: after a restart every post of before looks like nobody's, which the desk
sorts out.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapters.discord.inbound import Said
from adapters.discord.outbound import WEBHOOK, channel_of, is_direct, is_same, message_of
from adapters.discord.writing import BOT
from core.delivery import PartKind, Receipt, Write
from core.ids import RemoteId, SpaceId

_ACCOUNTED = 20_000
"""Posts remembered as accounted for: more than come back before they were answered."""
_OPEN = 5_000
"""Deliveries without a clear answer that are remembered."""
_VALID = 300.0
"""Seconds for which an echo stands in for the answer of a delivery that is tried again."""
_SPREAD = 30_000 << 22
"""By how much the ids that Discord gives at one time may differ: 30 s, far more than they do."""
_NEW_DIRECT = "direct"


@dataclass(slots=True)
class _Way:
    """A delivery under way. `newest` is the newest id of Discord's that was known before the
    first call; `echoed` is what was seen of it, at `echoed_at`."""

    write: Write
    newest: int
    echoed: Receipt | None = None
    echoed_at: float = 0.0


class Pending:
    """Writes without a clear answer, by the channel they go to, and posts that had one."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        most_open: int = _OPEN,
        most_accounted: int = _ACCOUNTED,
    ) -> None:
        self._clock = clock
        self._most_open = most_open
        self._most_accounted = most_accounted
        self._ways: OrderedDict[str, _Way] = OrderedDict()
        self._there: dict[str, dict[str, _Way]] = {}
        self._accounted: OrderedDict[RemoteId, None] = OrderedDict()
        self._newest = 0

    def add(self, write: Write) -> Receipt | None:
        """A call is about to be made, unless an earlier one was seen to have worked meanwhile."""
        known, newest = self._ways.get(write.delivery), self._newest
        if known is not None:
            newest = known.newest
            self._forget(known)
            if known.echoed is not None and self._clock() - known.echoed_at < _VALID:
                return known.echoed
        way = _Way(write, newest)
        self._ways[write.delivery] = way
        self._there.setdefault(_goes_to(write), {})[write.delivery] = way
        if len(self._ways) > self._most_open:
            self._forget(next(iter(self._ways.values())))
        return None

    def done(self, write: Write, receipt: Receipt | None = None) -> Receipt | None:
        """It has a clear outcome. Gives what was seen of it before, where that is another one."""
        way = self._ways.get(write.delivery)
        if way is not None:
            self._forget(way)
        if receipt is None:
            return None
        self.account(receipt.remote)
        seen = way.echoed if way is not None else None
        return seen if seen is not None and seen.remote != receipt.remote else None

    def since(self, write: Write) -> int:
        """An id that is surely older than what the last attempt made; 0 where nobody knows."""
        way = self._ways.get(write.delivery)
        return 0 if way is None else way.newest - _SPREAD if way.newest > _SPREAD else 0

    def saw(self, message: str) -> None:
        """A message's id, which tells Discord's own time; ours may be wrong."""
        self._newest = max(self._newest, int(message))

    def account(self, remote: RemoteId) -> None:
        """That post is a delivery's result."""
        self.saw(message_of(remote))
        self._accounted[remote] = None
        self._accounted.move_to_end(remote)
        if len(self._accounted) > self._most_accounted:
            self._accounted.popitem(last=False)

    def accounts_for(self, remote: RemoteId) -> bool:
        """Whether that post is known to be a delivery's result."""
        return remote in self._accounted

    def match(self, said: Said) -> tuple[Write, Receipt] | None:
        """Which of them a message of ours is; the first that is seen of each."""
        message = as_stored(said)
        for where in (said.channel, said.parent, _NEW_DIRECT if said.direct else None):
            for way in (self._there.get(where) or {}).values() if where else ():
                if way.echoed is not None or said.remote in way.write.known:
                    continue
                if is_same(way.write, message):
                    way.echoed, way.echoed_at = _receipt(way.write, said), self._clock()
                    self.account(said.remote)
                    return way.write, way.echoed
        return None

    def _forget(self, way: _Way) -> None:
        del self._ways[way.write.delivery]
        where = _goes_to(way.write)
        there = self._there[where]
        del there[way.write.delivery]
        if not there:
            del self._there[where]


def as_stored(said: Said) -> dict[str, Any]:
    """A message of ours in the shape that REST gives it, as far as it is compared."""
    return {
        "content": said.content,
        "embeds": said.embeds,
        "nonce": said.nonce,
        "author": {"username": said.name},
        "attachments": [{"filename": one.name, "size": one.size} for one in said.files],
    }


def _goes_to(write: Write) -> str:
    mirror = write.mirror
    if is_direct(write):
        return channel_of(mirror.root) if mirror.root is not None else _NEW_DIRECT
    return mirror.space if mirror.space is not None else mirror.place.channel


def _receipt(write: Write, said: Said) -> Receipt:
    """What the answer to the write would have said."""
    if write.part.kind is not PartKind.CARD:
        return Receipt(said.remote, f"{WEBHOOK}{said.webhook}" if said.webhook else BOT)
    if is_direct(write):
        return Receipt(said.remote, BOT, SpaceId(said.remote))
    if said.channel == said.message:
        return Receipt(said.remote, BOT, SpaceId(said.channel))
    return Receipt(said.remote, BOT, inner=1, data={"card": said.remote})
