"""Rate limits as budgets, inside one process.

A budget allows so many calls in any stretch of so many seconds. It starts from the
documented values and learns from answers. Whoever must wait stands in a line with those
that need the same budgets (uploads into a channel are another line than words, for they
need scarcer ones as well), people's live messages before the rest, the oldest event first.
Only the head of a line asks for its budgets, and one that many lines need serves them in
turn, so that a long line is not in the way of a short one. A call takes all that it needs
at once: nobody holds one budget and waits for another. What a line has waited for comes
evenly and not in one burst, so that a channel with much to send leaves time for the others.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from itertools import count

from core.ports.needs import Cost

_KEPT = 10_000
"""Budgets remembered. Idle ones beyond that are forgotten and start anew."""
_SPREAD = 0.5
"""The part of a window over which its calls are spread, for those that stand in line."""
_SHORTEST_REST = 0.001
_MARGIN, _SLACK = 0.01, 0.005
"""Seconds that calls may need longer or shorter on their way, one against another: these, and
this part of the budget's own."""
_RESERVE = 10
"""Of so many calls that a budget which refills allows at once, one is never used: what is full
here is not full there yet, since the first call of a burst may be long on its way."""


_Key = tuple[tuple[str, ...], ...]
"""The names of all budgets that the calls of a line need."""


class LocalBudgets:
    """The engine behind `core.ports.needs.Budgets` for one process."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._clock = clock or self._loop.time
        self._budgets: dict[tuple[str, ...], _Budget] = {}
        self._lines: dict[_Key, _Line] = {}
        self._standing: dict[tuple[str, ...], int] = {}
        """Lines by the first budget of theirs, which nobody may overtake."""
        self._order = count()

    def try_take(self, costs: Sequence[Cost]) -> bool:
        now = self._clock()
        budgets = [self._budget(cost) for cost in costs]
        for budget in budgets:
            if budget.lines or budget.free_at(now) > now:
                return False
        if costs and costs[0].key in self._standing:
            return False
        for budget in budgets:
            budget.take(now)
        return True

    async def take(
        self, costs: Sequence[Cost], *, backfill: bool = False, since: float = 0.0
    ) -> None:
        if self.try_take(costs):
            return
        budgets = tuple([self._budget(cost) for cost in costs])
        turn = self._loop.create_future()
        waiter = _Waiter(backfill, since, next(self._order), budgets, turn)
        key = tuple([cost.key for cost in costs])
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line(key)
            self._standing[key[0]] = self._standing.get(key[0], 0) + 1
        heappush(line.waiting, waiter)
        self._queue(line)
        try:
            await turn
        finally:
            if not turn.done() or turn.cancelled():
                line.leave(waiter)
                self._queue(line)

    def learn(self, cost: Cost, *, limit: int, remaining: int, reset_after: float) -> None:
        budget = self._budget(cost)
        budget.learn(self._clock(), limit, remaining, reset_after)
        if budget.timer is not None:
            budget.timer.cancel()
            budget.timer = None
            self._serve(budget)

    def block(self, key: tuple[str, ...], seconds: float) -> None:
        budget = self._budgets.get(key) or self._budget(Cost(key, 0, 0.0))
        budget.block(self._clock() + seconds)

    # --- lines ----------------------------------------------------------------------------

    def _queue(self, line: "_Line") -> None:
        """Puts a line where its head has to wait longest; one that is there keeps its turn."""
        if not line.waiting:
            line.move(None, quiet=False)
            if line.rest is not None:
                line.rest.cancel()
                line.rest = None
            if self._lines.get(line.key) is line:
                self._end(line.key)
            return
        if line.rest is not None:
            return
        head, now = line.waiting[0], self._clock()
        budget = max(head.budgets, key=lambda each: each.free_at(now))
        line.move(budget, quiet=head.backfill)
        self._arm(budget, now)

    def _end(self, key: "_Key") -> None:
        del self._lines[key]
        self._standing[key[0]] -= 1
        if not self._standing[key[0]]:
            del self._standing[key[0]]

    def _arm(self, budget: "_Budget", now: float) -> None:
        if budget.timer is None and budget.lines:
            pause = max(budget.free_at(now) - now, 0.0)
            budget.timer = self._loop.call_later(pause, self._due, budget)

    def _due(self, budget: "_Budget") -> None:
        budget.timer = None
        self._serve(budget)

    def _serve(self, budget: "_Budget") -> None:
        """Lets the lines at a budget go, one call each in turn, as long as it is free."""
        now = self._clock()
        while budget.lines and budget.free_at(now) <= now:
            line = budget.next()
            head = line.waiting[0]
            line.move(None, quiet=False)
            if all(each.free_at(now) <= now for each in head.budgets):
                line.leave(head)
                for each in head.budgets:
                    each.take(now)
                head.turn.set_result(None)
                self._rest(line, head.budgets[0].pace)
            self._queue(line)
        self._arm(budget, now)

    def _rest(self, line: "_Line", seconds: float) -> None:
        """The next of the line comes a little later."""
        if line.waiting and seconds >= _SHORTEST_REST:
            line.rest = self._loop.call_later(seconds, self._rested, line)

    def _rested(self, line: "_Line") -> None:
        line.rest = None
        self._queue(line)

    # --- budgets --------------------------------------------------------------------------

    def _budget(self, cost: Cost) -> "_Budget":
        budget = self._budgets.get(cost.key)
        if budget is None:
            if len(self._budgets) >= _KEPT:
                self._forget()
            budget = self._budgets[cost.key] = _Budget(cost)
        return budget

    def _forget(self) -> None:
        now = self._clock()
        for key, budget in tuple(self._budgets.items()):
            if key not in self._standing and budget.is_idle(now):
                del self._budgets[key]


class _Waiter:
    """One call that waits; they compare by whose turn comes first."""

    __slots__ = ("backfill", "budgets", "gone", "place", "turn")

    def __init__(
        self,
        backfill: bool,
        since: float,
        order: int,
        budgets: "tuple[_Budget, ...]",
        turn: "asyncio.Future[None]",
    ) -> None:
        self.backfill = backfill
        self.place = (backfill, since, order)
        self.budgets = budgets
        self.turn = turn
        self.gone = False

    def __lt__(self, other: "_Waiter") -> bool:
        return self.place < other.place


class _Line:
    """Who waits for the same budgets. Its head stands at the one that is free last."""

    __slots__ = ("at", "key", "quiet", "rest", "waiting")

    def __init__(self, key: "_Key") -> None:
        self.key = key
        self.waiting: list[_Waiter] = []
        self.at: _Budget | None = None
        self.quiet = False
        self.rest: asyncio.TimerHandle | None = None
        """Until when it lets others go first."""

    def move(self, budget: "_Budget | None", *, quiet: bool) -> None:
        if self.at is budget and self.quiet == quiet:
            return
        if self.at is not None:
            del self.at.queue(quiet=self.quiet)[self]
        self.at, self.quiet = budget, quiet
        if budget is not None:
            budget.queue(quiet=quiet)[self] = None

    def leave(self, waiter: _Waiter) -> None:
        """It goes from the line when it comes to its head."""
        waiter.gone = True
        while self.waiting and self.waiting[0].gone:
            heappop(self.waiting)


class _Budget:
    """One budget: the times of the calls in the last `per` seconds, and the lines at it.

    Of one that refills, only when it will be full again.
    """

    __slots__ = (
        "_blocked_until",
        "_full_at",
        "_live",
        "_quiet",
        "_taken",
        "limit",
        "per",
        "refills",
        "timer",
    )

    def __init__(self, cost: Cost) -> None:
        self.limit = cost.limit
        self.per = cost.per
        self.refills = cost.refills
        self._full_at = 0.0
        self.timer: asyncio.TimerHandle | None = None
        self._taken: deque[float] = deque()
        self._blocked_until = 0.0
        self._live: dict[_Line, None] = {}
        self._quiet: dict[_Line, None] = {}

    @property
    def lines(self) -> bool:
        return bool(self._live or self._quiet)

    def queue(self, *, quiet: bool) -> dict[_Line, None]:
        return self._quiet if quiet else self._live

    def next(self) -> _Line:
        return next(iter(self._live or self._quiet))

    def take(self, now: float) -> None:
        if self.refills and self.limit:
            self._full_at = max(self._full_at, now) + self._step
        elif self.limit:
            self._taken.append(now)

    def block(self, until: float) -> None:
        self._blocked_until = max(self._blocked_until, until)

    def learn(self, now: float, limit: int, remaining: int, reset_after: float) -> None:
        """The platform counts in windows that begin with a call: its first tells how long one is.

        Later answers of a window cannot tell that it is shorter than was thought.
        """
        self.limit = max(limit, 1)
        if remaining == limit - 1 or reset_after > self.per:
            self.per = reset_after
        if remaining <= 0:
            self.block(now + reset_after)

    @property
    def pace(self) -> float:
        """Seconds between two calls of a line. What refills is even by itself."""
        spread = self.limit > 1 and not self.refills
        return self.per / self.limit * _SPREAD if spread else 0.0

    @property
    def _step(self) -> float:
        """Seconds until one more call may be made, of a budget that refills."""
        return self.per * (1 + _SLACK) / self.limit

    @property
    def _span(self) -> float:
        """How long a call counts."""
        return self.per * (1 + _SLACK) + _MARGIN

    def is_idle(self, now: float) -> bool:
        empty = self._full_at <= now and (not self._taken or self._taken[-1] + self._span <= now)
        return not self.lines and self._blocked_until <= now and empty

    def free_at(self, now: float) -> float:
        """The time from which one more call is allowed."""
        if not self.limit:
            return self._blocked_until
        if self.refills:
            kept = min(max(self.limit // _RESERVE, 1), self.limit - 1)
            one_more = (
                self._full_at - (self.limit - 1) * self._step + (kept * self._step or _MARGIN)
            )
            return max(one_more, self._blocked_until)
        taken, limit = self._taken, self.limit
        while taken and taken[0] + self._span <= now:
            taken.popleft()
        if len(taken) < limit:
            return self._blocked_until
        return max(taken[-limit] + self._span, self._blocked_until)
