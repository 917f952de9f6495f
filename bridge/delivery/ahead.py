"""Deliveries that begin with the commit of what is delivered.

Where a mirror is idle, its next message can be made ready while the message is being
committed, and the mark that it is being sent goes into the same transaction: one commit
stands before the call instead of two. Until a lane takes such a delivery it is kept here,
and here alone it is known that its call has not been made.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bridge.delivery.course import Course, Means
from core.delivery import Sending
from core.events import Event
from core.ids import MirrorId
from core.model import Mirror
from core.ports.adapter import Adapter
from core.ports.rows import Begun, Due, LaneWork

_TURNS = 2
"""Turns of the event loop until a call that has been started is on its way: its lane's own,
and that of the task in which aiohttp writes."""


@dataclass(slots=True)
class _Delivery:
    mirror: Mirror
    course: Course
    sending: Sending
    committed: bool = False


class Ahead:
    """Makes deliveries ready for lanes that are `free`, that would run at once; `start`s them."""

    def __init__(
        self,
        means: Means,
        adapters: Mapping[str, Adapter],
        *,
        free: Callable[[Due], bool],
        start: Callable[[Due], None],
    ) -> None:
        self._means = means
        self._store = means.store
        self._adapters = adapters
        self._free = free
        self._start = start
        self._ready: dict[MirrorId, _Delivery] = {}

    def begin(self, event: Event, expected: int, typed_in: MirrorId | None) -> tuple[Begun, ...]:
        """The deliveries of an event whose calls may be made as soon as it is committed."""
        if self._means.stopping():
            return ()
        begun: list[Begun] = []
        for work in self._store.idle_lanes(event, expected, typed_in, self._is_free):
            mirror = work.mirror
            course = Course(self._means, self._adapters[mirror.place.platform], work)
            sending = course.begin()
            if sending is not None:
                self._ready[mirror.id] = _Delivery(mirror, course, sending)
                begun.append(Begun(mirror.id, mirror.cursor, sending))
        return tuple(begun)

    def _is_free(self, due: Due) -> bool:
        known = due.platform in self._adapters
        return known and due.mirror not in self._ready and self._free(due)

    async def settle(self, begun: Sequence[Begun], done: Sequence[MirrorId]) -> None:
        """Told after the commit, in whatever way it ended; `done` are those that did begin.

        On return their calls are on their way: they come before the answer to whoever said it.
        """
        started = False
        for one in begun:
            ready = self._ready.get(one.mirror)
            if ready is None or ready.sending is not one.sending:
                continue  # its lane has read it from the store already
            if one.mirror not in done:
                del self._ready[one.mirror]
            else:
                ready.committed = True
                place = ready.mirror.place
                self._start(Due(one.mirror, place.platform, place.channel, None))
                started = True
        if self._means.stopping():
            await self.take_back()
        elif started:
            for _ in range(_TURNS):
                await asyncio.sleep(0)

    async def posted(self, mirror: MirrorId, seconds: float) -> bool:
        """Waits for the receipt of a post under way; False where there was none to wait for."""
        return await self._means.under_way.over(mirror, seconds)

    def take(self, mirror: MirrorId) -> Course | None:
        """The delivery that its lane has to go on with, first of all."""
        ready = self._ready.get(mirror)
        if ready is None or not ready.committed:
            return None
        del self._ready[mirror]
        return ready.course

    def found(self, work: LaneWork) -> Course | None:
        """The same, where the lane has read of it before the intake was told of its commit."""
        if work.sending is None:
            return None
        ready = self._ready.pop(work.mirror.id, None)
        return None if ready is None else ready.course

    async def take_back(self) -> None:
        """At a stop: notes of those that no lane has taken that their calls were not made."""
        for mirror, ready in tuple(self._ready.items()):
            if ready.committed:
                del self._ready[mirror]
                await self._store.begin(mirror, replace(ready.sending, in_flight=False))
