"""Ordered delivery: one lane a mirror, from its cursor to the end of its thread.

Decides which lanes run and when; what a lane does is in `bridge.delivery.course`. A lane
exists only while there is work: an idle mirror is a row of the store and nothing
else. A channel runs a bounded number of lanes at once, so that one with many
threads takes no more than its share.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heappop, heappush
from itertools import count

from bridge.delivery.ahead import Ahead
from bridge.delivery.course import Course, Means, Patience
from bridge.telemetry import Metrics
from core.delivery import Receipt, Write
from core.files import FileRef
from core.ids import MirrorId, RemoteId, SpaceId, ThreadId
from core.model import Mirror, MirrorState
from core.ports.adapter import Adapter
from core.ports.needs import Budgets, Wakeups
from core.ports.reading import Change
from core.ports.rows import Due, StoreError
from core.ports.store import Store

log = logging.getLogger("pinthread.lanes")

BATCH = 50
"""Events read at a time."""
MOST_AT_ONCE = 64
"""Lanes of one channel that run at once; the others of it wait in line."""
LAST_CALLS = 7.0
"""Seconds that calls under way are given when the program stops."""


@dataclass(slots=True)
class _Channel:
    """The lanes of one channel: how many run, and which wait for a place."""

    running: int = 0
    line: list[tuple[float, int, MirrorId]] = field(default_factory=list)
    """A heap: whose event has waited longest comes first."""


class Lanes:
    """Runs a lane for every mirror that is due. `on_appeared` hears of what is placed."""

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, Adapter],
        budgets: Budgets,
        wakeups: Wakeups,
        metrics: Metrics,
        *,
        now: Callable[[], datetime],
        secret: bytes,
        patience: Patience,
        on_appeared: Callable[[str, SpaceId | RemoteId], Awaitable[None]],
        copies: Callable[[FileRef], str],
    ) -> None:
        self._stopping = False
        self._store = store
        self._adapters = adapters
        self._means = Means(
            store,
            budgets,
            wakeups,
            metrics,
            now,
            secret,
            patience,
            on_appeared,
            copies,
            park=self._park,
            gives_way=self._gives_way,
            stopping=lambda: self._stopping,
        )
        self._woken: asyncio.Queue[ThreadId | None] = asyncio.Queue()
        self._active: dict[MirrorId, float | None] = {}
        """Lanes that run or wait in line; where there is more to do since, how old that is."""
        self._asked: set[MirrorId] = set()
        """Lanes that are to try again what was refused, and had begun before they were asked."""
        self._order = count()
        self._channels: dict[tuple[str, str], _Channel] = {}
        self._parked: dict[str, dict[MirrorId, tuple[Due, asyncio.TimerHandle]]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._tasks: dict[MirrorId, asyncio.Task[None]] = {}
        self.budgets = budgets
        self.ahead = Ahead(self._means, adapters, free=self._is_free, start=self._start)

    async def run(self) -> None:
        """Delivers until `stop`; on return every lane has ended between two calls."""
        unsubscribe = self._means.wakeups.subscribe(self._wake)
        try:
            async with asyncio.TaskGroup() as self._group:
                await self.look()
                while (thread := await self._woken.get()) is not None:
                    for due in await self._store.due_of(thread):
                        self._start(due)
                        self._is_live(due.mirror)
        finally:
            unsubscribe()
            await self.ahead.take_back()
            for waiting in self._parked.values():
                for _, timer in waiting.values():
                    timer.cancel()

    def on_unclear(self, hear: Callable[[Write], None]) -> None:
        """Tells of calls of which nobody knows whether they are still to be made."""
        self._means.unclear = hear

    def stop(self) -> None:
        """Lets calls under way finish, for a while, and starts no new ones."""
        self._stopping = True
        self._woken.put_nowait(None)
        for task in tuple(self._means.waits):
            task.cancel()
        asyncio.get_running_loop().call_later(LAST_CALLS, self._cancel)

    def _cancel(self) -> None:
        for task in tuple(self._tasks.values()):
            task.cancel()

    async def look(self, platform: str | None = None) -> None:
        """Starts whatever is due: at start, and when a platform is there again."""
        for due in await self._store.due():
            if platform is None or due.platform == platform:
                self._unpark(due)
                self._start(due)

    def mended(self) -> None:
        """Before a place is mended: calls that are refused meanwhile are tried again."""
        self._means.mends += 1

    async def repair(self) -> None:
        """Tries broken mirrors again, in case somebody has repaired their places."""
        for platform in self._adapters:
            await self._store.unpark(platform)
            await self.look(platform)

    def retry(self, due: Sequence[Due]) -> None:
        """Starts lanes at once, whatever they wait for; those that run look once more."""
        for one in due:
            self._unpark(one)
            if one.mirror in self._active:
                self._asked.add(one.mirror)
            self._start(one)

    def echo(self, delivery: str, receipt: Receipt) -> None:
        """One of our writes was seen on its platform; its lane may be waiting to know."""
        waiting = self._means.echoes.get(delivery)
        if waiting is not None and not waiting.done():
            waiting.set_result(receipt)

    # --- which lanes run ------------------------------------------------------------------

    def _wake(self, change: Change) -> None:
        if change.kind == "event":
            self._woken.put_nowait(change.thread)

    def _is_live(self, mirror: MirrorId) -> None:
        """What fills its place waits behind live traffic no longer: people wait for it now."""
        if mirror not in self._active:
            return
        self._means.live.add(mirror)
        filling = self._means.fills.get(mirror)
        if filling is not None and not filling.expired():
            filling.reschedule(asyncio.get_running_loop().time())

    def _start(self, due: Due) -> None:
        if due.mirror in self._active:
            if self._active[due.mirror] is None:
                self._active[due.mirror] = _age(due.since)
            return
        if self._stopping or due.platform not in self._adapters:
            return
        if due.mirror in self._parked.get(due.platform, ()):
            return
        if due.retry_at is not None and due.retry_at > self._means.now():
            # Never for longer than a lane waits at all: the clock may have been set back.
            seconds = (due.retry_at - self._means.now()).total_seconds()
            self._park(due, min(seconds, self._means.patience.retry_most))
            return
        name = (due.platform, due.channel)
        channel = self._channels.setdefault(name, _Channel())
        self._active[due.mirror] = None
        if channel.running >= MOST_AT_ONCE:
            heappush(channel.line, (_age(due.since), next(self._order), due.mirror))
            return
        channel.running += 1
        self._spawn(due.mirror, name)

    def _is_free(self, due: Due) -> bool:
        """Whether its lane would run at once."""
        if self._group is None or due.mirror in self._active:
            return False
        if due.mirror in self._parked.get(due.platform, ()):
            return False
        channel = self._channels.get((due.platform, due.channel))
        return channel is None or channel.running < MOST_AT_ONCE

    def _spawn(self, mirror: MirrorId, name: tuple[str, str]) -> None:
        assert self._group is not None
        self._tasks[mirror] = self._group.create_task(self._lane(mirror, name))

    def _park(self, due: Due, seconds: float) -> None:
        timer = asyncio.get_running_loop().call_later(max(seconds, 0.0), self._retry, due)
        self._parked.setdefault(due.platform, {})[due.mirror] = (due, timer)

    def _unpark(self, due: Due) -> None:
        parked = self._parked.get(due.platform, {}).pop(due.mirror, None)
        if parked is not None:
            parked[1].cancel()

    def _retry(self, due: Due) -> None:
        self._unpark(due)
        self._start(replace(due, retry_at=None))

    def try_now(self, platform: str) -> None:
        """A platform is there again: whoever waits for it tries at once."""
        for due, _ in tuple(self._parked.get(platform, {}).values()):
            self._retry(due)

    async def _lane(self, mirror: MirrorId, name: tuple[str, str]) -> None:
        try:
            await self._deliver(mirror)
        except StoreError as failed:
            # It cannot note what it does, so it does nothing until the store is well again.
            log.info("lane_waits_for_store", extra={"mirror": mirror, "remedy": str(failed)})
            self._park(Due(mirror, *name, None), self._means.patience.retry_most)
        except Exception:
            # The boundary of a lane: one that cannot go on must not end the others.
            log.exception("lane_failed", extra={"mirror": mirror})
            self._park(Due(mirror, *name, None), self._means.patience.retry_most)
        finally:
            self._ended(mirror, name)

    async def _deliver(self, mirror: MirrorId) -> None:
        """Until nothing is due, or until the lane must wait."""
        whole = True
        while not self._stopping:
            course = self.ahead.take(mirror)
            if course is None:
                self._active[mirror] = None
                work = await self._store.lane(mirror, BATCH)
                if work is None or work.mirror.state is not MirrorState.ACTIVE:
                    return
                whole = len(work.events) < BATCH
                course = self.ahead.found(work) or Course(
                    self._means, self._adapters[work.mirror.place.platform], work
                )
            if not await course.run():
                return
            if whole and not await self._woken_for(mirror, course.thread):
                return
            if course.last is not None and self._gives_way(course.mirror, course.last):
                return

    def _gives_way(self, mirror: Mirror, at: datetime) -> bool:
        """Whether a lane of the channel that waits in line is owed its place by this one.

        Otherwise the threads that came first would keep the others of their channel out
        until they are through with all that they have.
        """
        place = mirror.place
        line = self._channels[place.platform, place.channel].line
        if not line or line[0][0] >= at.timestamp():
            return False
        self._active[mirror.id] = at.timestamp()
        return True

    async def _woken_for(self, mirror: MirrorId, thread: ThreadId) -> bool:
        """Whether its lane was woken for more than it has delivered meanwhile."""
        woken, self._active[mirror] = self._active[mirror], None
        if mirror in self._asked:
            self._asked.discard(mirror)
            return True
        if woken is None:
            return False
        if any(due.mirror == mirror for due in await self._store.due_of(thread)):
            self._active[mirror] = woken
        return self._active[mirror] is not None

    def _ended(self, mirror: MirrorId, name: tuple[str, str]) -> None:
        again = self._active.pop(mirror)
        del self._tasks[mirror]
        self._means.live.discard(mirror)
        channel = self._channels[name]
        channel.running -= 1
        if again is not None and not self._stopping:
            self._active[mirror] = None
            heappush(channel.line, (again, next(self._order), mirror))
        if self._stopping:
            for _, _, waiting in channel.line:
                self._active.pop(waiting, None)
            channel.line.clear()
        while channel.line and channel.running < MOST_AT_ONCE:
            channel.running += 1
            self._spawn(heappop(channel.line)[2], name)
        if not channel.running:
            del self._channels[name]


def _age(since: datetime | None) -> float:
    """What is known to wait from a time that is not known has waited longest."""
    return 0.0 if since is None else since.timestamp()
