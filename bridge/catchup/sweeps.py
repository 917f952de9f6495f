"""Finds what happened on the platforms while nobody listened.

After a gap every place of the platform is listed, and threads in which something was
said since they were last read are read; then those in which something happened within
a window, because edits, deletes and reactions leave no trace in a listing. Marks move
only when a thread has been read to its end, so that a stop loses nothing. Sweeps wait
behind live traffic; how one thread is compared is in `bridge.catchup.sweeping`.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from bridge.catchup.sweeping import Means, Reading
from bridge.delivery.course import Patience
from bridge.intake.finding import message_of
from bridge.telemetry import Metrics
from core.delivery import Failure, FailureKind
from core.ids import MirrorId, RemoteId, SpaceId, delivery_id
from core.model import CARD, BindingKind, Mirror, Place
from core.ports.adapter import Adapter
from core.ports.desk import Desk
from core.ports.rows import Marked, SweptPlace
from core.ports.store import Store
from core.sweep import Root, Seen, SweepError

log = logging.getLogger("pinthread.catchup")

AT_ONCE = 4
"""Places of a platform that are swept at the same time."""
ATTEMPTS = 10
"""Tries of one read that fails; after that the place is swept once more, later."""
TELL_EVERY = 5.0
"""Seconds between lines of the log about a sweep."""
REGULAR = "regular"
DOUBTS = 10_000
"""Messages that wait to be read again. What is more is left to the next sweep."""
_EVER = datetime(2000, 1, 1, tzinfo=UTC)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sweep of a platform is: threads read, of those known so far to be read."""

    platform: str
    done: int
    total: int

    def __str__(self) -> str:
        return f"{self.done} of {self.total} threads"


@dataclass(slots=True)
class _Count:
    done: int = 0
    total: int = 0
    told: float = 0.0


class CatchUp:
    """Sweeps when it is told of a gap, and now and then. One sweep of a platform at a time."""

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, Adapter],
        desk: Desk,
        metrics: Metrics,
        *,
        now: Callable[[], datetime],
        secret: bytes,
        patience: Patience,
        window: timedelta,
        overlap: timedelta,
        every: timedelta,
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._desk = desk
        self._metrics = metrics
        self._now = now
        self._secret = secret
        self._patience = patience
        self._window = window
        self._overlap = overlap
        self._every = every
        self._reasons: dict[str, set[str]] = {name: set() for name in adapters}
        self._news = {name: asyncio.Event() for name in adapters}
        self._counts: dict[str, _Count] = {}
        self._doubts: dict[str, asyncio.Queue[RemoteId]] = {
            name: asyncio.Queue(DOUBTS) for name in adapters
        }
        self._swept: set[str] = set()
        self._on_gap: Callable[[str], None] = lambda _: None

    def on_gap(self, told: Callable[[str], None]) -> None:
        """Who is told of each platform of which news may have been missed; now and then of all."""
        self._on_gap = told

    def doubt(self, platform: str, remote: RemoteId) -> None:
        """What was told of that message is old: it is read again, as it stands now."""
        if platform in self._doubts:
            with contextlib.suppress(asyncio.QueueFull):  # the next sweep reads it too
                self._doubts[platform].put_nowait(remote)

    def gap(self, platform: str, reason: str) -> None:
        """Events may have been missed. Gaps that come during a sweep make one more."""
        if platform in self._adapters:
            self._metrics.gaps.add(platform, reason)
            log.info("gap", extra={"platform": platform, "reason": reason})
            self._reasons[platform].add(reason)
            self._news[platform].set()
            self._on_gap(platform)

    def has_swept(self, platform: str) -> bool:
        """Whether all that was missed there before the start is known."""
        return platform in self._swept or platform not in self._adapters

    def progress(self) -> tuple[Progress, ...]:
        """The sweeps under way."""
        return tuple(Progress(name, c.done, c.total) for name, c in self._counts.items())

    async def run(self) -> None:
        """Until it is cancelled; what was under way is done again after the next start."""
        async with asyncio.TaskGroup() as tasks:
            for name in self._adapters:
                tasks.create_task(self._platform(name))
                tasks.create_task(self._look_again(name))
            if self._every:
                tasks.create_task(self._regularly())

    async def _look_again(self, platform: str) -> None:
        """One after another; those of one moment together, so that each is read once.

        Each platform by itself: one that is away keeps no other waiting.
        """
        coming = self._doubts[platform]
        while True:
            doubts = {await coming.get(): None}
            await asyncio.sleep(self._patience.settle)
            while not coming.empty():
                doubts[coming.get_nowait()] = None
            for remote in doubts:
                try:
                    await self._read_again(platform, remote)
                except Exception:
                    # The boundary of one message: what fails here must not end the program.
                    log.exception("not_read_again", extra={"platform": platform})

    async def _read_again(self, platform: str, remote: RemoteId) -> None:
        there = await self._store.placement_at(platform, remote)
        if there is None:
            return
        spot, placement = there
        place = SweptPlace(spot.binding.place, spot.binding.kind, self._now(), None, None)
        # What is absent from one part of a message may stand on another.
        parts = await self._store.remotes_of(spot.mirror.id, message_of(placement.item))
        remotes = sorted({remote, *parts})
        await self._sweep_of(place, _Count()).again(spot.mirror, remotes)

    async def _regularly(self) -> None:
        while True:
            await asyncio.sleep(self._every.total_seconds())
            for name, adapter in self._adapters.items():
                if adapter.connected():
                    self.gap(name, REGULAR)

    async def _platform(self, name: str) -> None:
        news = self._news[name]
        while True:
            await news.wait()
            news.clear()
            reasons, self._reasons[name] = self._reasons[name], set()
            count = self._counts[name] = _Count()
            self._metrics.sweep_running.set(name, to=1.0)
            try:
                await self._sweep(name, reasons, count)
                self._swept.add(name)
            except Exception:
                # The boundary of a sweep: what went wrong must not end the program.
                log.exception("sweep_failed", extra={"platform": name})
                await asyncio.sleep(self._patience.retry_most)
                self._reasons[name] |= reasons
                news.set()
            finally:
                self._metrics.sweep_running.set(name, to=0.0)
                del self._counts[name]

    async def _sweep(self, name: str, reasons: set[str], count: _Count) -> None:
        loop = asyncio.get_running_loop()
        began = count.told = loop.time()
        places = await self._places(name, reasons)
        fields: dict[str, object] = {"platform": name, "reasons": " ".join(sorted(reasons))}
        log.info("sweep_started", extra={**fields, "places": len(places)})
        while places:
            sweeps = [self._sweep_of(place, count) for place in places]
            await _each(sweeps, _PlaceSweep.changed)
            await _each(sweeps, _PlaceSweep.recent)
            places = [sweep.place for sweep in sweeps if sweep.unfinished]
            if places:
                log.warning("sweep_unfinished", extra={**fields, "places": len(places)})
                await asyncio.sleep(self._patience.retry_most)
        self._metrics.sweeps.add(name)
        seconds = round(loop.time() - began, 1)
        log.info("sweep_finished", extra={**fields, "threads": count.done, "seconds": seconds})

    async def _places(self, name: str, reasons: set[str]) -> list[SweptPlace]:
        """All, but for quiet direct messages where nothing in particular was missed."""
        found = await self._store.swept_places(name)
        if reasons != {REGULAR}:
            return list(found)
        since = self._now() - self._window
        return [one for one in found if one.kind is not BindingKind.DIRECT or one.active >= since]

    def _sweep_of(self, place: SweptPlace, count: _Count) -> "_PlaceSweep":
        adapter = self._adapters[place.place.platform]
        means = Means(
            self._store,
            adapter,
            self._desk.submit,
            self._desk.accounts_of,
            self._stray,
            self._desk.suspect,
            self._metrics,
            self._now,
            self._overlap,
        )
        return _PlaceSweep(means, place, count, self._secret, self._patience, self._window)

    def _stray(self, place: Place, space: SpaceId, seen: Seen) -> None:
        self._metrics.sweep_found.add(place.platform, "stray")
        self._desk.stray(place, space, seen.remote, seen.poster, seen.delivery)


@dataclass(slots=True)
class _PlaceSweep:
    """One place: first what has changed, then what happened to what was there."""

    means: Means
    place: SweptPlace
    count: _Count
    secret: bytes
    patience: Patience
    window: timedelta
    unfinished: bool = False
    refused: bool = False
    done: set[MirrorId] = field(default_factory=set)
    straight: frozenset[RemoteId] = frozenset()
    """What stands straight in direct messages, so that no thread looks for it."""
    _of_late: frozenset[MirrorId] | None = None
    _cards: set[str] | None = None

    @property
    def _threads(self) -> bool:
        return (
            self.place.kind is not BindingKind.DIRECT
            or self.means.adapter.capabilities.threads_in_direct
        )

    async def changed(self) -> None:
        began, mark = self.means.now(), None
        if self.place.kind is BindingKind.DIRECT:
            self.count.total += 1
            mark = await self._surely(self._direct)
            self._did_one()
        if self._threads:
            listed = await self._surely(self._listed) or []
            self.count.total += len(listed)
            for marked, newest in listed:
                await self._read(marked, newest)
        if not self.unfinished and not self.refused:
            await self.means.store.swept(self.place.place, began, mark)

    async def recent(self) -> None:
        if not self._threads or self.refused:
            return
        since = self._horizon()
        recent = await self.means.store.recent(self.place.place, since)
        left = [marked for marked in recent if marked.mirror not in self.done]
        self.count.total += len(left)
        for marked in left:
            await self._read(marked, None)

    def _horizon(self) -> datetime:
        """From when on edits, deletes and reactions are looked for: before the last sweep."""
        now = self.means.now()
        return min(self.place.at or now, now) - self.window

    # --- what is read ---------------------------------------------------------------------

    async def _listed(self) -> list[tuple[Marked, RemoteId | None]]:
        """The mirrors whose newest message is not the one that was newest when it was read."""
        means, where = self.means, self.place.place
        since = _EVER if self.place.at is None else self.place.at - means.overlap
        found: list[tuple[Marked, RemoteId | None]] = []
        async for page in means.adapter.roots(where, since):
            means.asked("roots")
            known = await means.store.marked(where.platform, [root.space for root in page])
            for root in page:
                marked = known.get(root.space)
                if marked is None:
                    await self._unknown(root)
                    continue
                if root.seen is not None and root.seen.said:
                    await self._card_removed(root.seen)
                if root.newest is None or not await self._is_known(marked, root.newest):
                    found.append((marked, root.newest))
        return found

    async def _is_known(self, marked: Marked, newest: RemoteId) -> bool:
        if newest == (marked.mark or marked.root):
            return True
        if marked.mark is not None or marked.mirror in await self._recent():
            return False
        # Quiet since long before the first sweep: whatever was missed then is past finding.
        store = self.means.store
        placed = await store.placement_at(self.place.place.platform, newest)
        if placed is not None:
            await store.mark(marked.mirror, newest)
        return placed is not None

    async def _recent(self) -> frozenset[MirrorId]:
        if self._of_late is None:
            found = await self.means.store.recent(self.place.place, self._horizon())
            self._of_late = frozenset([one.mirror for one in found])
        return self._of_late

    async def _card_removed(self, seen: Seen) -> None:
        """Of a thread whose card is gone, as the event would have said; its words stand."""
        means = self.means
        placed = await means.store.placement_at(self.place.place.platform, seen.remote)
        if placed is not None and not placed[1].removed:
            for intent in seen.said:
                await means.submit(intent)
            means.found("hidden")

    async def _unknown(self, root: Root) -> None:
        """A card of ours that is nobody's: a late duplicate, if its thread has another one."""
        means, seen = self.means, root.seen
        where = self.place.place
        if seen is None or not seen.poster or not seen.delivery:
            return
        if await means.store.placement_at(where.platform, seen.remote) is not None:
            return
        if self._cards is None:
            mirrors = [one.mirror for one in await means.store.recent(where, _EVER)]
            self._cards = {delivery_id(self.secret, name, CARD, 0) for name in mirrors}
        if seen.delivery in self._cards:
            means.stray(where, root.space, seen)

    async def _read(self, marked: Marked, newest: RemoteId | None) -> None:
        if not self.refused:
            await self._surely(lambda: self._thread(marked, newest))
        self.done.add(marked.mirror)
        self._did_one()

    async def _thread(self, marked: Marked, newest: RemoteId | None) -> None:
        means = self.means
        spot = await means.store.spot(self.place.place.platform, marked.space)
        if spot is None or spot.mirror.id != marked.mirror:
            return
        mirror = spot.mirror
        moment, mark = means.adapter.moment, marked.mark
        since = said_after = None
        if mark is not None:
            # Where the newest has been deleted, the newest that is left is older than the mark.
            read = min(moment(one) for one in (mark, newest) if one is not None) - means.overlap
            since, said_after = min(read, self._horizon()), read
        reading = await self._read_thread(mirror, since, said_after)
        if newest is not None and await reading.lacks(mirror, newest):
            await asyncio.sleep(self.patience.settle)
            reading = await self._read_thread(mirror, since, said_after)
            if newest not in reading.seen:
                await reading.read_singly([(mirror, newest)])
        new = _latest(moment, newest, reading.newest) or mark or marked.root
        if new != mark:
            await means.store.mark(marked.mirror, new)

    async def _read_thread(
        self, mirror: Mirror, since: datetime | None, said_after: datetime | None
    ) -> Reading:
        reading = self._reading(mirror, since, said_after)
        await reading.read(lambda after: self.means.adapter.messages(mirror, after))
        return reading

    def _reading(
        self, mirror: Mirror, since: datetime | None, said_after: datetime | None
    ) -> Reading:
        return Reading(
            self.means,
            self.place.place,
            {mirror.id: mirror},
            space=mirror.space or SpaceId(""),
            brand=mirror.account if mirror.kind is BindingKind.INBOX else None,
            since=since,
            said_after=said_after,
            elsewhere=self.straight,
        )

    async def again(self, mirror: Mirror, remotes: Sequence[RemoteId]) -> None:
        """All parts of a message that is placed there, of which something old was told."""
        reading = self._reading(mirror, self.means.now(), self.means.now())
        await self._surely(lambda: reading.read_singly([(mirror, one) for one in remotes]))

    async def _direct(self) -> RemoteId | None:
        """What stands straight in direct messages; gives its new mark."""
        means, where = self.means, self.place.place
        mirrors: dict[str, Mirror] = {}
        roots: list[RemoteId] = []
        for marked in await means.store.recent(where, _EVER):
            spot = await means.store.spot(where.platform, marked.space)
            if spot is not None:
                mirrors[marked.mirror] = spot.mirror
                roots.append(marked.root)
        if not roots:
            return None
        moment = means.adapter.moment
        first = min(roots, key=moment)
        read = moment(self.place.mark or first) - means.overlap
        since = min(read, self._horizon())
        reading = Reading(
            means,
            where,
            {} if self._threads else mirrors,
            space=SpaceId(""),
            brand=None,
            since=since,
            said_after=max(read, moment(first)),
        )
        older = [root for root in roots if moment(root) <= since]
        start = max(older, key=moment) if older else first
        await reading.read(lambda after: means.adapter.direct(where, _latest(moment, start, after)))
        self.straight = frozenset(reading.seen)
        return _latest(moment, reading.newest, self.place.mark or first)

    # --- around ---------------------------------------------------------------------------

    async def _surely(self, read: Callable[[], Awaitable[T]]) -> T | None:
        """Tries again what may succeed. None: it was given up, or there is nothing to read."""
        for attempt in range(ATTEMPTS):
            try:
                return await read()
            except SweepError as error:
                failure = error.failure
            fields = {"platform": self.place.place.platform, "code": failure.code}
            match failure.kind:
                case FailureKind.RATE:
                    await asyncio.sleep(failure.retry_after or self.patience.pause(0))
                case FailureKind.TRANSIENT:
                    log.info("sweep_waits", extra=fields)
                    await asyncio.sleep(self.patience.pause(attempt))
                case FailureKind.PLACE:
                    self._refuse(failure)
                    return None
                case _:
                    log.info("thread_not_read", extra=fields)
                    return None
        self.unfinished = True
        return None

    def _refuse(self, failure: Failure) -> None:
        """Nothing may be read there, which does not mean that nothing may be written.

        Its mark stays, so that the first sweep that may read reaches back as far as it must.
        """
        if not self.refused:
            self.refused = True
            platform, remedy = self.place.place.platform, failure.remedy or failure.code
            self.means.metrics.sweeps_refused.add(platform)
            log.warning("sweep_refused", extra={"platform": platform, "remedy": remedy})

    def _did_one(self) -> None:
        self.count.done += 1
        platform = self.place.place.platform
        self.means.metrics.swept.add(platform)
        now = asyncio.get_running_loop().time()
        if now - self.count.told >= TELL_EVERY:
            self.count.told = now
            fields = {"platform": platform, "done": self.count.done, "of": self.count.total}
            log.info("sweep_goes_on", extra=fields)


def _latest(moment: Callable[[RemoteId], datetime], *remotes: RemoteId | None) -> RemoteId | None:
    found = [remote for remote in remotes if remote is not None]
    return max(found, key=moment) if found else None


async def _each(
    sweeps: Sequence[_PlaceSweep], work: Callable[[_PlaceSweep], Awaitable[None]]
) -> None:
    """A few places at a time."""
    left = deque(sweeps)

    async def some() -> None:
        while left:
            await work(left.popleft())

    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(some())
