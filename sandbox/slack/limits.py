"""Slack's rate limits: per method and minute, and for posting about one a second a channel.

Documented only as "1+, 20+, 50+, 100+" a minute and "several hundred" posts a minute; the
sandbox takes the smallest reading of each with a burst of one minute's worth. The factor of the
kernel multiplies what is allowed; 0 switches the limits off.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.slack.errors import ApiError

#: What each class allows: calls a minute, and how many of them at once.
TIERS = {
    "T1": (20.0, 20.0),
    "T2": (20.0, 20.0),
    "T3": (50.0, 50.0),
    "T4": (100.0, 100.0),
    "special": (300.0, 300.0),
    "post": (300.0, 60.0),
}
CHANNEL_POSTS = (60.0, 5.0)


@dataclass(slots=True)
class Reads:
    """What an app may read of channels: 1 a minute and 15 messages outside the Marketplace.

    `people` is how many of those who reacted a read names for each emoji.
    """

    per_minute: float = 50.0
    most: int = 999
    people: int = 1_000


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


class Limits:
    """Token buckets that fill with time; `take` refuses with what Slack answers."""

    def __init__(
        self,
        factors: Mapping[str, float],
        reads: Reads,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._factors = factors
        self._reads = reads
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def take(self, method: str, tier: str, channel: str = "") -> None:
        """Count one call; ApiError `ratelimited` with the seconds to wait if it is too many."""
        factor = self._factors.get("slack", 1.0)
        if factor <= 0:
            return
        reads = (self._reads.per_minute, self._reads.per_minute)
        needed = [((method, ""), reads if tier == "read" else TIERS[tier])]
        if tier == "post" and channel:
            needed = [(("post", ""), TIERS["post"]), (("post", channel), CHANNEL_POSTS)]
        buckets = [(self._fill(key, *rule, factor), rule) for key, rule in needed]
        wait = max((1 - b.level) / (rule[0] * factor / 60) for b, rule in buckets)
        if wait > 0:
            raise ApiError("ratelimited", retry_after=max(1, math.ceil(wait)))
        for bucket, _ in buckets:
            bucket.level -= 1

    def reset(self) -> None:
        """Forget what has been used."""
        self._buckets.clear()

    def _fill(
        self, key: tuple[str, str], per_minute: float, burst: float, factor: float
    ) -> _Bucket:
        now, most = self._clock(), max(1.0, burst * factor)
        bucket = self._buckets.setdefault(key, _Bucket(most, now))
        gained = (now - bucket.at) * per_minute * factor / 60
        bucket.level, bucket.at = min(most, bucket.level + gained), now
        return bucket
