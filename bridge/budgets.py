"""Rate limits as budgets, inside one process.

A budget allows so many calls in any stretch of so many seconds. It starts from
the documented values and learns from answers. Whoever waits for one is served
in order of arrival, people's live messages before backfill. A caller takes the
narrowest budget first, so that at most one of a channel waits for a shared one
and shared ones rotate by channel.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from itertools import count

from core.ports import Cost

_KEPT = 10_000
"""Budgets remembered. Idle ones beyond that are forgotten and start anew."""


class LocalBudgets:
    """The engine behind `core.ports.Budgets` for one process."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock or asyncio.get_running_loop().time
        self._budgets: dict[tuple[str, ...], _Budget] = {}

    async def take(self, costs: Sequence[Cost], *, backfill: bool = False) -> None:
        for cost in costs:
            budget = self._budget(cost)
            if budget.is_free(self._clock()):
                budget.take(self._clock())
            else:
                await budget.wait(self._clock, backfill=backfill)

    def try_take(self, costs: Sequence[Cost]) -> bool:
        now = self._clock()
        budgets = [self._budget(cost) for cost in costs]
        if not all(budget.is_free(now) for budget in budgets):
            return False
        for budget in budgets:
            budget.take(now)
        return True

    def learn(self, cost: Cost, *, limit: int, remaining: int, reset_after: float) -> None:
        budget = self._budget(cost)
        budget.limit = max(limit, 1)
        if remaining <= 0:
            budget.block(self._clock() + reset_after)

    def block(self, key: tuple[str, ...], seconds: float) -> None:
        budget = self._budgets.get(key) or self._budget(Cost(key, 0, 0.0))
        budget.block(self._clock() + seconds)

    def _budget(self, cost: Cost) -> "_Budget":
        budget = self._budgets.get(cost.key)
        if budget is None:
            if len(self._budgets) >= _KEPT:
                self._forget()
            budget = self._budgets[cost.key] = _Budget(cost.limit, cost.per)
        return budget

    def _forget(self) -> None:
        now = self._clock()
        idle = [key for key, budget in self._budgets.items() if budget.idle(now)]
        for key in idle:
            del self._budgets[key]


class _Budget:
    """One budget: the times of the calls in the last `per` seconds, and who waits."""

    __slots__ = ("_blocked_until", "_order", "_taken", "_waiting", "limit", "per")

    def __init__(self, limit: int, per: float) -> None:
        self.limit = limit
        self.per = per
        self._taken: deque[float] = deque()
        self._blocked_until = 0.0
        self._order = count()
        self._waiting: list[tuple[bool, int, asyncio.Event]] = []

    def is_free(self, now: float) -> bool:
        return not self._waiting and self._free_at(now) <= now

    async def wait(self, clock: Callable[[], float], *, backfill: bool) -> None:
        """Waits in line; the first in line waits for the time itself."""
        turn = asyncio.Event()
        place = (backfill, next(self._order), turn)
        heappush(self._waiting, place)
        try:
            while True:
                if self._waiting[0] is not place:
                    turn.clear()
                    await turn.wait()
                    continue
                pause = self._free_at(clock()) - clock()
                if pause <= 0:
                    self.take(clock())
                    return
                await self._pause(turn, pause)
        finally:
            self._leave(place)

    def take(self, now: float) -> None:
        if self.limit:
            self._taken.append(now)

    async def _pause(self, turn: asyncio.Event, seconds: float) -> None:
        """Sleeps, unless somebody who comes first joins the line meanwhile."""
        turn.clear()
        try:
            async with asyncio.timeout(seconds):
                await turn.wait()
        except TimeoutError:
            return

    def _leave(self, place: tuple[bool, int, asyncio.Event]) -> None:
        if self._waiting[0] is place:
            heappop(self._waiting)
        else:
            self._waiting.remove(place)
            self._waiting.sort()
        if self._waiting:
            self._waiting[0][2].set()

    def block(self, until: float) -> None:
        self._blocked_until = max(self._blocked_until, until)

    def idle(self, now: float) -> bool:
        return not self._waiting and self._blocked_until <= now and self._free(now)

    def _free(self, now: float) -> bool:
        return not self._taken or self._taken[-1] <= now - self.per

    def _free_at(self, now: float) -> float:
        """The time from which one more call is allowed."""
        taken = self._taken
        while taken and taken[0] <= now - self.per:
            taken.popleft()
        if not self.limit or len(taken) < self.limit:
            return max(now, self._blocked_until)
        free = taken[-self.limit] + self.per
        return max(free, self._blocked_until)
