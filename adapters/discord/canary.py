"""Says when a connection is open but deaf: our own posts come back as events, or it is.

A post that is followed by no event at all, of whatever kind, for long enough is the sign.
Where a new connection is deaf as well, the next one is given twice the time, up to 16 times,
until a message has been heard. Closes nothing itself.
"""

import asyncio
import time
from collections.abc import Callable

_LONGEST = 16


class Canary:
    def __init__(self, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._times = 1
        self._clock = clock
        self._heard_at = 0.0
        self._unheard_since: float | None = None
        self._posted = asyncio.Event()

    def now(self) -> float:
        return self._clock()

    def heard(self, *, message: bool = True) -> None:
        """An event has come; whether it was one of a message."""
        if message:
            self._times = 1
        self._heard_at = self._clock()
        self._unheard_since = None

    def posted(self, began: float) -> None:
        """A post that was begun then has been stored; its event may have come before that."""
        if self._heard_at < began and self._unheard_since is None:
            self._unheard_since = began
            self._posted.set()

    def renewed(self) -> None:
        """A deaf connection is made anew: the next one is given more time."""
        self._times = min(self._times * 2, _LONGEST)

    async def deaf(self) -> None:
        """Returns once a post has gone unheard for too long."""
        while True:
            since = self._unheard_since
            if since is None:
                self._posted.clear()
                await self._posted.wait()
                continue
            left = since + self._patience * self._times - self._clock()
            if left <= 0:
                self._unheard_since = None
                return
            await asyncio.sleep(left)
