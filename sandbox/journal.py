"""What the sandbox applied, in order.

Every write of every platform ends here once it has taken effect, together with the fault
that struck it, so that a test can compare what happened with what should have. Kept in memory
only, and bounded: the oldest entries fall out.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from itertools import islice
from typing import Any

KEPT = 200_000


class Journal:
    """An append-only list of applied writes; entries are numbered from 1 without gaps."""

    def __init__(self, kept: int = KEPT) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=kept)
        self._last = 0
        self._news: asyncio.Event = asyncio.Event()

    @property
    def last(self) -> int:
        """The number of the newest entry, 0 while there is none."""
        return self._last

    def record(
        self,
        platform: str,
        method: str,
        args: Mapping[str, object],
        result: object,
        fault: str | None = None,
    ) -> int:
        """Add one applied write and return its number."""
        self._last += 1
        self._entries.append(
            {
                "n": self._last,
                "at": time.time(),
                "platform": platform,
                "method": method,
                "args": dict(args),
                "result": result,
                "fault": fault,
            }
        )
        self._news.set()
        return self._last

    def entries(self, after: int = 0) -> list[dict[str, Any]]:
        """Entries numbered above `after`, oldest first."""
        skipped = max(0, after - (self._last - len(self._entries)))
        return list(islice(self._entries, skipped, None))

    async def wait(self, after: int, seconds: float) -> None:
        """Return as soon as there is an entry above `after`, or when the time is up."""
        try:
            async with asyncio.timeout(seconds):
                while self._last <= after:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return
