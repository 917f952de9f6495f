"""Discord's rate limits: a bucket for each route and its major parameter, and the global one.

Windows are fixed: a bucket's first call starts it. A refused call counts for nothing. The
factor of the control API multiplies every allowance; at 0 nothing is refused. The numbers of
routes that Discord does not publish are the sandbox's own (docs/sandbox.md).
"""

import hashlib
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.discord.answers import Limited

GLOBAL_LIMIT, GLOBAL_WINDOW = 50, 1.0
HIDDEN_LIMIT, HIDDEN_WINDOW = 30, 60.0
UNLIMITED = 1_000_000
INVALID_LIMIT, INVALID_WINDOW = 10_000, 600.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """So many calls in so many seconds, for each value of the major parameters."""

    name: str
    limit: int
    seconds: float

    @property
    def hash(self) -> str:
        """What X-RateLimit-Bucket says."""
        return hashlib.blake2s(self.name.encode(), digest_size=16).hexdigest()


@dataclass(slots=True)
class _Window:
    until: float
    used: int = 0


class RateLimits:
    """Counts the calls; the factor is asked for at each."""

    def __init__(self, factor: Callable[[], float]) -> None:
        self._factor = factor
        self._windows: dict[tuple[str, str], _Window] = {}

    def check(
        self, bucket: Bucket, major: str, *, counts: bool, hidden: str | None = None
    ) -> dict[str, str] | Limited:
        """Count a call and give its headers, or the refusal.

        `counts`: whether it also counts towards the bot's global limit. `hidden`: the channel
        of a webhook execute, whose own limit shows in no header.
        """
        factor = self._factor()
        now = time.monotonic()
        if factor == 0:
            return _headers(bucket, UNLIMITED, UNLIMITED - 1, 1.0)
        windows: list[tuple[_Window, int, str]] = []
        if counts:
            window = self._window("global", "", GLOBAL_WINDOW, now)
            windows.append((window, _scaled(GLOBAL_LIMIT, factor), "global"))
        own = self._window(bucket.name, major, bucket.seconds, now)
        limit = _scaled(bucket.limit, factor)
        windows.append((own, limit, "user"))
        if hidden is not None:
            window = self._window("webhook channel", hidden, HIDDEN_WINDOW, now)
            windows.append((window, _scaled(HIDDEN_LIMIT, factor), "shared"))
        for window, most, scope in windows:
            if window.used >= most:
                wait = max(0.001, window.until - now)
                left = max(0, limit - own.used)
                shown = {**_headers(bucket, limit, left, own.until - now)}
                return Limited(round(wait, 3), scope, shown)
        for window, _, _ in windows:
            window.used += 1
        return _headers(bucket, limit, limit - own.used, own.until - now)

    def _window(self, name: str, major: str, seconds: float, now: float) -> _Window:
        window = self._windows.get((name, major))
        if window is None or window.until <= now:
            if len(self._windows) > 10_000:
                live = {key: kept for key, kept in self._windows.items() if kept.until > now}
                self._windows = live
            window = self._windows[name, major] = _Window(now + seconds)
        return window

    def clear(self) -> None:
        """Forget what was counted."""
        self._windows.clear()


class Invalid:
    """Counts invalid requests, and bans the address after too many; factors change nothing.

    Invalid are 401, 403 and 429, unless that is of scope `shared`. A ban lasts until a window
    has passed since the last request of any kind; requests during it count as well.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: deque[float] = deque()
        self._banned_until = 0.0
        self.limit = INVALID_LIMIT
        self.most = 0

    @property
    def count(self) -> int:
        """How many there were within the window."""
        while self._times and self._times[0] <= self._clock() - INVALID_WINDOW:
            self._times.popleft()
        return len(self._times)

    @property
    def banned(self) -> bool:
        """Whether the address is banned now."""
        return self._clock() < self._banned_until

    def note(self, status: int, scope: str | None) -> None:
        """An answer that is about to go out."""
        if status in (401, 403) or (status == 429 and scope != "shared"):
            self._times.append(self._clock())
            self.most = max(self.most, self.count)
        if self.count >= self.limit:
            self._banned_until = self._clock() + INVALID_WINDOW

    def clear(self) -> None:
        """Forget everything, the limit too."""
        self._times.clear()
        self._banned_until = 0.0
        self.limit, self.most = INVALID_LIMIT, 0


def _scaled(limit: int, factor: float) -> int:
    return max(1, int(limit * factor))


def _headers(bucket: Bucket, limit: int, left: int, seconds: float) -> dict[str, str]:
    after = max(0.0, seconds)
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": f"{time.time() + after:.3f}",
        "X-RateLimit-Reset-After": f"{after:.3f}",
        "X-RateLimit-Bucket": bucket.hash,
    }


def refusal(limited: Limited) -> tuple[dict[str, object], dict[str, str]]:
    """Body and headers of a 429."""
    body: dict[str, object] = {
        "message": "You are being rate limited.",
        "retry_after": limited.retry_after,
        "global": limited.scope == "global",
    }
    headers = {
        **limited.headers,
        "Retry-After": str(max(1, math.ceil(limited.retry_after))),
        "X-RateLimit-Scope": limited.scope,
    }
    if limited.scope == "global":
        headers["X-RateLimit-Global"] = "true"
    return body, headers
