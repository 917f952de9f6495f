"""Keeps our calls far from Discord's ban of an address.

10,000 invalid requests (401, 403, 429 but for shared ones) within 10 minutes end in one
(platform-facts.md, B2). At a tenth of them our own calls wait. A bot token that was refused
is tried once a minute and no more, and a limit that is meant for everything holds everything.
"""

import logging
import time
from collections import deque
from collections.abc import Callable

from adapters.discord.errors import TOKEN_REFUSED, Problem

log = logging.getLogger("pinthread.discord")

WINDOW = 600.0
MOST = 1_000
"""Invalid requests within the window, from which on no more calls are made."""
_ASK_AGAIN = 60.0
"""Seconds between two tries of a token that was refused."""
_LONGEST = 600.0


class Guard:
    """Asked before every call, told of every answer.

    `on_taken` is called when a token that was refused is good again.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        on_taken: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._on_taken = on_taken
        self._invalid: deque[float] = deque()
        self._blocked_until = 0.0
        self._refused_at: float | None = None
        self._foreign = 0
        self._told = False

    @property
    def invalid(self) -> int:
        """Invalid requests within the last ten minutes."""
        while self._invalid and self._invalid[0] <= self._clock() - WINDOW:
            self._invalid.popleft()
        return len(self._invalid)

    def refuses(self, *, as_bot: bool) -> Problem | None:
        """Why a call must not be made now; nothing was asked of Discord then."""
        now = self._clock()
        if self._blocked_until > now:
            return Problem(429, retry_after=self._blocked_until - now)
        if self._invalid and self.invalid >= MOST:
            if not self._told:
                self._told = True
                log.error("discord_calls_paused", extra={"invalid": self.invalid})
            return Problem(429, retry_after=max(self._invalid[0] + WINDOW - now, 1.0))
        self._told = False
        if as_bot and self._refused_at is not None:
            left = self._refused_at + _ASK_AGAIN - now
            if left > 0:
                return Problem(429, TOKEN_REFUSED, retry_after=left)
            self._refused_at = now
        return None

    def block(self, seconds: float, *, foreign: bool) -> float:
        """Nothing may be asked for so long; how long. `foreign`: it was not Discord's own word.

        A limit that the network before Discord sets names no end that can be trusted: each
        further one doubles the wait.
        """
        if foreign:
            seconds = min(max(seconds, 5.0 * 2.0 ** min(self._foreign, 10)), _LONGEST)
            self._foreign += 1
        self._blocked_until = max(self._blocked_until, self._clock() + seconds)
        return seconds

    def answered(self, status: int, *, as_bot: bool, shared: bool) -> None:
        """Every answer is told, whatever it is."""
        if status == 429:
            if not shared:
                self._invalid.append(self._clock())
            return
        self._foreign = 0
        if status in (401, 403):
            self._invalid.append(self._clock())
        if not as_bot:
            return
        if status == 401:
            if self._refused_at is None:
                log.error("discord_token_refused")
            self._refused_at = self._clock()
        elif status < 500 and self._refused_at is not None:
            self._refused_at = None
            log.warning("discord_token_taken_again")
            self._on_taken()
