"""Whether Slack still tells us everything, and when it may not have: gaps, to be swept.

The canary: our own posts come back as events. A post without any event for a while after
it means that the connections are open but deaf: they are opened anew, and the places
swept. As long as that does not help, it is tried less and less often.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

log = logging.getLogger("pinthread.slack")

_LONGEST_PATIENCE = 3_600.0
_MINUTE = 60.0


class Watch:
    """`gap` is told the reason; `renew` opens the connections anew and returns when they are."""

    def __init__(
        self,
        gap: Callable[[str], None],
        renew: Callable[[], Awaitable[None]],
        deaf_after: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gap = gap
        self._renew = renew
        self._deaf_after = self._patience = deaf_after
        self._clock = clock
        self._was_up = False
        self._down_at: float | None = None
        self._event_at = float("-inf")
        self._deaf_at: float | None = None
        self._limited_until: float | None = None
        self._refused = False
        self._wake = asyncio.Event()

    # --- the connection -------------------------------------------------------------------

    def up(self, *, patient: bool) -> None:
        """Connected. `patient`: what was not taken in meanwhile is delivered again for minutes."""
        down = self._clock() - self._down_at if self._down_at is not None else 0.0
        self._down_at = None
        if not self._was_up:
            self._was_up = True
            self._refused = False
            self._gap("started")
        elif not patient or down >= self._deaf_after:
            self._gap("disconnected")

    def down(self) -> None:
        self._down_at = self._clock()
        self._deaf_at = None

    # --- events ---------------------------------------------------------------------------

    def heard(self) -> None:
        """An event has come."""
        self._event_at = self._clock()
        self._deaf_at = None
        self._patience = self._deaf_after

    def refused(self) -> None:
        """An event could not be taken in. Slack repeats it, but not for ever."""
        self._refused = True

    def taken(self) -> None:
        """An event was taken in, so what was refused before can be read again."""
        if self._refused:
            self._refused = False
            self._gap("refused")

    def limited(self, minute: float) -> None:
        """Slack has left out events of the minute that began then (by its clock)."""
        left = min(max(minute + _MINUTE - time.time(), 0.0), _MINUTE)
        self._limited_until = self._clock() + left
        self._wake.set()

    # --- the canary -----------------------------------------------------------------------

    def posted(self, began: float) -> None:
        """A post of ours was made; the call began then (by our clock)."""
        if self._event_at < began and self._deaf_at is None and self._down_at is None:
            self._deaf_at = self._clock() + self._patience
            self._wake.set()

    async def run(self) -> None:
        """Watches until cancelled."""
        while True:
            self._wake.clear()
            now = self._clock()
            if self._limited_until is not None and self._limited_until <= now:
                self._limited_until = None
                self._gap("refused")
            elif self._deaf_at is not None and self._deaf_at <= now:
                await self._deaf()
            else:
                await self._until_next(now)

    async def _until_next(self, now: float) -> None:
        due = [at for at in (self._limited_until, self._deaf_at) if at is not None]
        try:
            async with asyncio.timeout(min(due) - now if due else None):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _deaf(self) -> None:
        log.warning("slack.deaf", extra={"seconds": self._patience})
        self._deaf_at = None
        self._patience = min(self._patience * 2, _LONGEST_PATIENCE)
        await self._renew()
        self._gap("deaf")
