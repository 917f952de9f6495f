"""The platforms' documented rate limits, as the receiver enforces them, times a factor.

Discord counts in windows that begin with a call and tells of all but one in headers;
Slack's buckets fill with time. `least` is the shortest time that so many calls can
take: what `drain` is held against.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Window = tuple[int, float]
WEBHOOK: Window = (5, 2.0)
CHANNEL: Window = (30, 60.0)
"""Of a webhook's channel: shown in no header."""
GLOBAL: Window = (50, 1.0)
POSTS, BURST = 1.0, 5
"""Slack's posts a second in a channel, and how many may come at once."""
TEAM_POSTS, TEAM_BURST = 5.0, 60


@dataclass(slots=True)
class _Open:
    until: float
    used: int = 0


@dataclass(slots=True)
class Limits:
    """What a factor times the documented limits allows; 0 allows everything."""

    factor: float
    clock: Callable[[], float] = time.monotonic
    refused: list[tuple[str, float]] = field(default_factory=list)
    """Which budget refused a call, and when."""
    _windows: dict[str, _Open] = field(default_factory=dict)
    _levels: dict[str, tuple[float, float]] = field(default_factory=dict)

    def webhook(self, hook: str) -> tuple[dict[str, str], float | None]:
        """Headers, and the seconds to wait where the call is one too many."""
        if not self.factor:
            return {}, None
        now = self.clock()
        own = self._window(f"webhook {hook}", WEBHOOK, now)
        asked = (
            (own, WEBHOOK, f"webhook {hook}"),
            (self._window(f"channel {hook}", CHANNEL, now), CHANNEL, f"channel {hook}"),
            (self._window("global", GLOBAL, now), GLOBAL, "global"),
        )
        for window, (limit, _), name in asked:
            if window.used >= self._times(limit):
                self.refused.append((name, now))
                return self._headers(own, now), max(0.001, window.until - now)
        for window, _, _ in asked:
            window.used += 1
        return self._headers(own, now), None

    def slack_post(self, channel: str) -> float | None:
        """The seconds to wait where the post is one too many; Slack says them in whole ones."""
        if not self.factor:
            return None
        now = self.clock()
        team = self._level("team", TEAM_POSTS, TEAM_BURST, now)
        own = self._level(channel, POSTS, BURST, now)
        for level, rate, name in ((team, TEAM_POSTS, "team"), (own, POSTS, f"post {channel}")):
            if level < 1:
                self.refused.append((name, now))
                return max(0.001, (1 - level) / (rate * self.factor))
        self._levels["team"], self._levels[channel] = (team - 1, now), (own - 1, now)
        return None

    def _times(self, limit: int) -> int:
        return max(1, int(limit * self.factor))

    def _window(self, name: str, window: Window, now: float) -> _Open:
        found = self._windows.get(name)
        if found is None or found.until <= now:
            found = self._windows[name] = _Open(now + window[1])
        return found

    def _headers(self, own: _Open, now: float) -> dict[str, str]:
        limit = self._times(WEBHOOK[0])
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(limit - own.used),
            "X-RateLimit-Reset-After": f"{own.until - now:.3f}",
        }

    def _level(self, name: str, rate: float, burst: int, now: float) -> float:
        most = burst * self.factor
        level, at = self._levels.get(name, (most, now))
        return min(most, level + (now - at) * rate * self.factor)


def least_discord(calls: Sequence[int], factor: float) -> float:
    """Seconds from the first call to the last, of so many in each channel, at the earliest."""
    return _least(
        calls,
        lambda limits, channel: limits.webhook(channel)[1],
        factor,
    )


def least_slack(calls: Sequence[int], factor: float) -> float:
    return _least(calls, lambda limits, channel: limits.slack_post(channel), factor)


def _least(
    calls: Sequence[int], call: Callable[[Limits, str], float | None], factor: float
) -> float:
    """Calls as soon as the limits let it, without any network, until none is left."""
    at = 0.0
    limits = Limits(factor, lambda: at)
    left = list(calls)
    while True:
        waits: list[float] = []
        for channel in range(len(left)):
            wait = None
            while left[channel] and wait is None:
                wait = call(limits, str(channel))
                left[channel] -= wait is None
            if wait is not None:
                waits.append(wait)
        if not waits:
            return at
        at += min(waits)
