"""Takes late duplicates away: messages of ours for which another one stands.

A write that was given up as absent may show up after all, when its second attempt has
long been placed. Such a message is left alone while a write that could have made it is
still unclear; once that has ended, it is deleted if it is surely a duplicate. What is
ours and of nothing known is left where it stands, and counted.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.catchup.mending import PASSING, Means, mend
from bridge.catchup.twins import Twins
from core.delivery import Absent, FailureKind, Receipt, Sending, Step, Verb, Write
from core.ids import MirrorId, RemoteId, SpaceId, delivery_id
from core.model import CARD, Mirror, MirrorState, Place
from core.sweep import Seen, SweepError

log = logging.getLogger("pinthread.strays")

ATTEMPTS = 5
MOST_THREADS = 1_000
"""Of one place, among which a message outside any of them may belong."""
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Stray:
    place: Place
    space: SpaceId
    remote: RemoteId
    poster: str
    delivery: str = ""


@dataclass(frozen=True, slots=True)
class _State:
    """How far a mirror is: while that is the same, it shows the same.

    `busy`: it has something to deliver.
    """

    mirror: MirrorId
    cursor: int
    tail: int
    sending: Sending | None
    busy: bool


class _BusyError(Exception):
    """A mirror has something to deliver, so that nothing is sure."""


class Strays:
    """Runs until it is cancelled. What it forgets by a stop, the next sweep finds again."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._store = means.store
        self._patience = means.patience
        self._seen: asyncio.Queue[Stray] = asyncio.Queue()
        self._known: set[tuple[str, RemoteId]] = set()
        self._foreign: dict[tuple[str, RemoteId], list[_State]] = {}
        """What was left, and how its mirrors stood then."""
        self._judging = asyncio.Lock()
        self._twins: tuple[_State, Twins] | None = None

    def add(self, stray: Stray) -> None:
        """Whoever sees it again meanwhile changes nothing."""
        name = (stray.place.platform, stray.remote)
        if name not in self._known and stray.place.platform in self._means.adapters:
            self._known.add(name)
            self._seen.put_nowait(stray)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while True:
                stray = await self._seen.get()
                tasks.create_task(self._surely(stray))

    async def _surely(self, stray: Stray) -> None:
        try:
            await self._one(stray)
        except Exception:
            # The boundary of one stray: what fails here must not end the program.
            log.exception("stray_left", extra={"platform": stray.place.platform})
        finally:
            self._known.discard((stray.place.platform, stray.remote))

    async def _one(self, stray: Stray) -> None:
        spot = await self._store.spot(stray.place.platform, stray.space)
        mirror = None if spot is None else spot.mirror
        if not await self._is_nobodys(stray, mirror):
            return
        pause = self._patience.settle
        while True:
            try:
                async with self._judging:
                    doubled = await self._doubled(stray)
                break
            except _BusyError:
                pass
            except SweepError as failed:
                if failed.failure.kind not in PASSING:
                    return
                pause = max(pause, failed.failure.retry_after or 0.0)
            await asyncio.sleep(pause)
            pause = min(pause * 2, max(self._patience.retry_most, self._patience.settle))
        if doubled is not None and await self._is_unplaced(stray):
            await self._delete(stray, doubled)

    async def _is_unplaced(self, stray: Stray) -> bool:
        return await self._store.placement_at(stray.place.platform, stray.remote) is None

    async def _is_nobodys(self, stray: Stray, mirror: Mirror | None) -> bool:
        """Waits for the writes that may have made it: those that had begun when it was seen."""
        before = await self._maybe(stray, mirror)
        pause = self._patience.settle
        while True:
            await asyncio.sleep(pause)
            now = await self._maybe(stray, mirror)
            # In this order: a receipt is stored together with the end of its sending.
            if not await self._is_unplaced(stray):
                return False
            if not any(_is_same(now.get(name), sending) for name, sending in before.items()):
                return True
            pause = min(pause + self._patience.settle, self._patience.retry_most)

    async def _maybe(self, stray: Stray, mirror: Mirror | None) -> dict[MirrorId, Sending]:
        """What is being sent and may be it: in its mirror, or as the card of a new one."""
        found = await self._store.sendings(stray.place)
        return {
            name: sending
            for name, sending in found.items()
            if name == (mirror.id if mirror is not None else name)
            and (mirror is not None or sending.item == CARD or not stray.space)
        }

    # --- is it a duplicate? ---------------------------------------------------------------

    async def _doubled(self, stray: Stray) -> Mirror | None:
        """The mirror in which another one stands for it; None where there is none."""
        spot = await self._store.spot(stray.place.platform, stray.space)
        if spot is not None:
            return await self._doubled_in([spot.mirror], stray)
        there = await self._store.spots_at(stray.place, MOST_THREADS)
        for mirror in [one.mirror for one in there]:
            if stray.delivery == delivery_id(self._means.secret, mirror.id, CARD, 0):
                return mirror if mirror.root not in (None, stray.remote) else None
        if stray.space and there:
            # A card, or what stands under one, of a thread that is not known.
            self._leave((stray.place.platform, stray.remote), stray, [])
            return None
        return await self._doubled_in([one.mirror for one in there], stray)

    async def _doubled_in(self, mirrors: Sequence[Mirror], stray: Stray) -> Mirror | None:
        if not mirrors:
            return None  # not a place of ours any more
        name = (stray.place.platform, stray.remote)
        states = [await self._state(mirror) for mirror in mirrors]
        if self._foreign.get(name) == states:
            return None
        seen = await self._look(stray, mirrors[0])
        if seen is None:
            return None
        for mirror, state in zip(mirrors, states, strict=True):
            if await self._has_twin(mirror, state, seen):
                return mirror
        if any(state.busy for state in states):
            raise _BusyError
        self._leave(name, stray, states)
        return None

    async def _state(self, mirror: Mirror) -> _State:
        work = await self._store.review(mirror.id, 0, 1)
        assert work is not None
        now, tail = work.mirror, work.thread.tail
        end = tail if now.until_seq is None else min(tail, now.until_seq)
        busy = now.state is MirrorState.ACTIVE and (work.sending is not None or now.cursor < end)
        return _State(mirror.id, now.cursor, tail, work.sending, busy)

    async def _look(self, stray: Stray, mirror: Mirror) -> Seen | None:
        at = mirror if stray.space else replace(mirror, space=None)
        seen = await self._means.adapters[stray.place.platform].message(at, stray.remote)
        return None if isinstance(seen, Absent) or not seen.poster else seen

    async def _has_twin(self, mirror: Mirror, state: _State, seen: Seen) -> bool:
        adapter = self._means.adapters[mirror.place.platform]
        if self._twins is None or self._twins[0] != state:
            twins = Twins(self._means, mirror)
            await twins.read()
            self._twins = state, twins
        placed = self._twins[1].of(seen)
        if placed is None:
            return False
        # Where the other one is gone without our knowing, this may be all that is left.
        return placed.removed or not isinstance(
            await adapter.message(mirror, placed.remote), Absent
        )

    def _leave(self, name: tuple[str, RemoteId], stray: Stray, states: list[_State]) -> None:
        if name not in self._foreign:
            log.warning("foreign_left", extra={"platform": name[0], "remote": stray.remote})
            self._means.metrics.foreign_left.add(name[0])
            if len(self._foreign) >= _REMEMBERED:
                del self._foreign[next(iter(self._foreign))]
        self._foreign[name] = states

    # --- it is ----------------------------------------------------------------------------

    async def _delete(self, stray: Stray, mirror: Mirror) -> None:
        write = Write(
            delivery_id(self._means.secret, mirror.id, f"stray {stray.remote}", 0),
            mirror,
            Step(Verb.DELETE, 0, None, stray.remote),
            title="",
            poster=stray.poster,
        )
        fields = {"platform": stray.place.platform, "mirror": mirror.id}
        result = await mend(self._means, write, attempts=ATTEMPTS)
        if isinstance(result, Receipt) or result.kind is FailureKind.GONE:
            log.info("duplicate_removed", extra=fields)
            self._means.metrics.duplicates_removed.add(stray.place.platform)
            return
        log.warning("duplicate_left", extra=fields)


def _is_same(now: Sending | None, before: Sending) -> bool:
    """Whether the same step of the same item is still being sent."""
    return now is not None and (now.item, now.revision, now.at) == (
        before.item,
        before.revision,
        before.at,
    )
