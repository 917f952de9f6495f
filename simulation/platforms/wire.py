"""Requests on their way to a platform and back, with all that can happen to them there.

A request that has left is the world's: it is applied even if the program dies. The wire
also counts requests as the platform does, and answers 429 to those over a limit.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from core.delivery import Verb
from core.ports.needs import Cost
from simulation.clock import LIFE, VirtualLoop
from simulation.faults import CallFault, Fault
from simulation.trace import Trace

T = TypeVar("T")

_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Trouble:
    """A call without success. `code` is the platform's; `certain`: nothing was done."""

    code: str
    certain: bool = True
    retry_after: float | None = None


class Refused(Exception):  # noqa: N818 (an answer, not a mistake)
    """The platform says no, with its own code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Limits:
    """Counts calls against each budget, over all lives of the program."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, ...], deque[tuple[float, int]]] = {}
        """Those of the last window, or since the budget was full, with the life they were of."""
        self._full_at: dict[tuple[str, ...], float] = {}
        """When a budget that refills is full again."""
        self.exceeded: dict[tuple[tuple[str, ...], int], int] = {}
        """Calls over a limit, by budget and life, and how many there may be at most."""

    def count(self, costs: Sequence[Cost], now: float, life: int) -> float | None:
        """Seconds to wait where it is one too many."""
        limited = [cost for cost in costs if cost.limit]
        wait = None
        for cost in limited:
            calls = self._calls.setdefault(cost.key, deque())
            late = self._refilling(cost, now) if cost.refills else _in_window(cost, calls, now)
            if late is None:
                continue
            wait = max(wait or 0.0, late, 0.05)
            if all(earlier == life for _, earlier in calls):
                name = (cost.key, life)
                self.exceeded[name] = self.exceeded.get(name, 0) + 1
        if wait is None:
            for cost in limited:
                self._calls[cost.key].append((now, life))
                if cost.refills:
                    full_at = max(self._full_at[cost.key], now)
                    self._full_at[cost.key] = full_at + cost.per / cost.limit
        return wait

    def _refilling(self, cost: Cost, now: float) -> float | None:
        """Seconds to wait where nothing is left of a budget that refills."""
        full_at = self._full_at.setdefault(cost.key, now)
        if full_at <= now:
            self._calls[cost.key].clear()
        late = full_at - now - (cost.limit - 1) * cost.per / cost.limit
        return late if late > _ROUNDING else None


def _in_window(cost: Cost, calls: deque[tuple[float, int]], now: float) -> float | None:
    """Seconds to wait where the window is full."""
    while calls and calls[0][0] <= now - cost.per + _ROUNDING:
        calls.popleft()
    return calls[-cost.limit][0] + cost.per - now if len(calls) >= cost.limit else None


class Wire:
    def __init__(self, loop: VirtualLoop, name: str, random: Random, trace: Trace) -> None:
        self._loop = loop
        self._name = name
        self._random = random
        self._trace = trace
        self._world = copy_context()
        self.down = False
        self.timeout = 10.0
        self.faults: deque[Fault] = deque()
        """Of single calls, in the order of their times."""
        self.limits = Limits()
        self.calls = 0
        self.hit = 0

    async def call(
        self, apply: Callable[[], T], costs: Sequence[Cost], what: str, verb: Verb | None = None
    ) -> T | Trouble:
        """`apply` does it on the platform; `verb` None: it only reads."""
        loop = self._loop
        self.calls += 1
        life = LIFE.get()
        assert life is not None
        wait = self.limits.count(costs, loop.time(), life.number)
        if wait is not None:
            self._trace.add(self._name, "rate", what)
            return Trouble("rate", retry_after=wait)
        future: asyncio.Future[T | Trouble] = loop.create_future()
        fault = self._fault(verb)
        there = self._random.uniform(0.01, 0.15)
        if fault is None:
            loop.call_later(there, self._arrive, apply, future, what, context=self._world)
        else:
            self.hit += 1
            self._trace.add(self._name, fault.kind, what)
            self._go_wrong(fault, apply, future, what, there, verb)
        return await future

    def _fault(self, verb: Verb | None) -> Fault | None:
        faults = self.faults
        if not faults or faults[0].at > self._loop.time():
            return None
        kind = faults[0].kind
        if verb is None and kind in (CallFault.LATE, CallFault.ERROR_APPLIED):
            return None  # kept for a write, where it matters
        return faults.popleft()

    def _arrive(
        self, apply: Callable[[], T], future: "asyncio.Future[T | Trouble]", what: str
    ) -> None:
        back = self._random.uniform(0.005, 0.15)
        self._loop.call_later(back, _answer, future, self._apply(apply, what), context=self._world)

    def _apply(self, apply: Callable[[], T], what: str) -> T | Trouble:
        if self.down:
            return Trouble("connection_refused")
        try:
            answer = apply()
        except Refused as refused:
            self._trace.add(self._name, refused.code, what)
            return Trouble(refused.code)
        self._trace.add(self._name, "done", what)
        return answer

    def _go_wrong(
        self,
        fault: Fault,
        apply: Callable[[], T],
        future: "asyncio.Future[T | Trouble]",
        what: str,
        there: float,
        verb: Verb | None,
    ) -> None:
        kind = fault.kind
        if kind is CallFault.REFUSED:
            self._later(there, _answer, future, Trouble("connection_refused"))
        elif kind is CallFault.RATE:
            wait = min(fault.seconds, 30.0)
            self._later(there, _answer, future, Trouble("rate", retry_after=wait))
        elif kind is CallFault.ERROR or (kind is CallFault.CUT):
            self._later(there, _answer, future, Trouble(kind, certain=False))
        elif kind is CallFault.ERROR_APPLIED or kind is CallFault.CUT_APPLIED:
            self._later(there, self._apply, apply, what)
            self._later(there + 0.1, _answer, future, Trouble(kind, certain=False))
        elif kind is CallFault.SLOW:
            self._later(self.timeout * 0.9, self._arrive, apply, future, what)
        else:
            after = there if kind is CallFault.LOST else self._lateness(fault, verb)
            self._later(after, self._apply, apply, what)
            self._later(self.timeout, _answer, future, Trouble("timeout", certain=False))

    def _lateness(self, fault: Fault, verb: Verb | None) -> float:
        """What a late call does is put right, but for one: see docs/reliability.md.

        A reaction that a late call takes away may have been taken away by a person.
        """
        return self.timeout * 0.5 if verb is Verb.UNREACT else fault.seconds

    def _later(self, seconds: float, callback: Callable[..., object], *args: object) -> None:
        self._loop.call_later(seconds, callback, *args, context=self._world)


def _answer(future: "asyncio.Future[T | Trouble]", answer: T | Trouble) -> None:
    if not future.done():
        future.set_result(answer)
