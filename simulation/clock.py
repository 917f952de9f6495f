"""An event loop on a clock of its own, on which a program can die at any await.

Time stands still while anything is ready, and jumps to the next timer when nothing is.
Every handle belongs to a life of the program, or to none (the world around it): those
of a dead life are dropped unseen, so that nothing of it runs ever again, not even a
`finally`. There are no threads here and no wall clock.
"""

import asyncio
import gc
import sys
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from inspect import CORO_CREATED, getcoroutinestate
from itertools import count
from types import CoroutineType
from typing import Any, TypeVar

T = TypeVar("T")

EPOCH = datetime(2026, 5, 1, 12, tzinfo=UTC)
"""When every simulation begins."""


class Life:
    """One run of the program, from its start to its crash or stop."""

    __slots__ = ("alive", "before_crash", "kept", "number", "on_crash")

    def __init__(self, number: int) -> None:
        self.number = number
        self.alive = True
        self.before_crash = -1
        """Handles that still run before it dies; below 0: it does not."""
        self.on_crash: Callable[[], None] = lambda: None
        self.kept: list[object] = []

    def goes_on(self) -> bool:
        """Whether the next handle runs; a crash that is to come may come just before it."""
        self.before_crash -= 1
        if self.before_crash < 0:
            self.die()
        return self.alive

    def die(self) -> None:
        """From here on nothing of it runs. What was under way is kept, so that none of it ends."""
        if self.alive:
            self.alive = False
            self.kept = list(asyncio.all_tasks(asyncio.get_running_loop()))
            self.on_crash()


LIFE: ContextVar[Life | None] = ContextVar("life", default=None)


class Standstill(Exception):  # noqa: N818 (it is what has happened to the loop)
    """Nothing is ready and nothing ever will be, or it goes on and on."""


MOST_TURNS = 150_000
"""Handles of one simulation, more than ten times what is usual."""


class _Turn(asyncio.TimerHandle):
    """A handle that knows nothing of debugging: hundreds of thousands are made a second."""

    __slots__ = ()

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None
    ) -> None:
        self._callback = callback
        self._args = args
        self._context = copy_context() if context is None else context
        self._cancelled = False

    def cancel(self) -> None:
        self._cancelled = True


class VirtualLoop(asyncio.BaseEventLoop):
    """The loop. Errors that nobody takes are kept in `errors`: they are bugs.

    Its one turn is written anew; everything else is asyncio's own. What it uses of that
    is named here, for it is not public.
    """

    _ready: deque[Any]
    _stopping: bool

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._timers: list[tuple[float, int, Any]] = []
        self._order = count()
        self.errors: list[dict[str, Any]] = []
        self.turns = 0
        self.set_exception_handler(lambda _, context: self.errors.append(context))

    def time(self) -> float:
        return self._now

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=self._now)

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = _Turn(callback, args, context)
        self._ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Those of one time come in the order in which they were asked for."""
        timer = _Turn(callback, args, context)
        heappush(self._timers, (when, next(self._order), timer))
        return timer

    def _write_to_self(self) -> None:
        """There is nobody to wake."""

    def _asyncgen_finalizer_hook(self, agen: Any) -> None:
        """A generator of a dead life stays as it is."""

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> "asyncio.Task[T]":
        return asyncio.Task(coro, loop=self, name=name, context=context)

    def run_in_executor(  # type: ignore[override]
        self, executor: object, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        """Runs it at once, for there are no threads; whoever waits hears of it a turn later."""
        done: asyncio.Future[T] = asyncio.Future(loop=self)
        try:
            self.call_soon(_set, done.set_result, done, func(*args))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asked
            self.call_soon(_set, done.set_exception, done, error)
        return done

    def _run_once(self) -> None:
        """All turns until it is stopped, in one go, and not one as elsewhere.

        A handle of a dead life does not run.
        """
        ready, of_life, turns = self._ready, LIFE, self.turns
        popleft = ready.popleft
        while not self._stopping:
            self._arrive()
            for _ in range(len(ready)):
                handle = popleft()
                if handle._cancelled:
                    continue
                context = handle._context
                life = context.get(of_life)
                if life and not (life.alive and (life.before_crash < 0 or life.goes_on())):
                    continue
                turns += 1
                try:
                    context.run(handle._callback, *handle._args)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:  # noqa: BLE001 - as the loops of asyncio do
                    self.call_exception_handler(
                        {"message": "a callback failed", "exception": error}
                    )
            self.turns = turns
            if turns > MOST_TURNS:
                raise Standstill("it goes on and on")

    def _arrive(self) -> None:
        """Timers whose time has come are ready; where nothing is, the next one's has."""
        timers, append = self._timers, self._ready.append
        if not self._ready:
            while timers and timers[0][2]._cancelled:
                heappop(timers)
            if not timers:
                raise Standstill("nothing is under way, and nothing ever will be")
            self._now = max(self._now, timers[0][0])
        now = self._now
        while timers and timers[0][0] <= now:
            timer = heappop(timers)[2]
            if not timer._cancelled:
                append(timer)


def _set(how: Callable[[Any], object], future: "asyncio.Future[Any]", what: object) -> None:
    """Unless nobody waits for it any more."""
    if not future.done():
        how(what)


def life_context(life: Life) -> Context:
    """A context in which everything that is started belongs to a life."""
    context = copy_context()
    context.run(LIFE.set, life)
    return context


def run_virtually(main: Callable[[VirtualLoop], Any]) -> Any:
    """Runs the coroutine of `main` on a new loop. Use it inside `buried`."""
    loop = VirtualLoop()
    before = events._get_running_loop()
    events._set_running_loop(None)
    try:
        return loop.run_until_complete(main(loop))
    finally:
        for task in asyncio.all_tasks(loop):
            _lay_out(task)
        loop._ready.clear()
        loop._timers.clear()
        loop.close()
        events._set_running_loop(before)


def _lay_out(task: "asyncio.Task[object]") -> None:
    """Nobody complains of one that never ended. One that never began is closed: nothing runs."""
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    coroutine = task.get_coro()
    if isinstance(coroutine, CoroutineType) and getcoroutinestate(coroutine) == CORO_CREATED:
        coroutine.close()


@contextmanager
def buried() -> Iterator[None]:
    """What is left of a simulation inside goes without a word: that is what a crash is.

    The collector rests meanwhile: what it clears away would depend on its moods.
    """
    collecting, hook = gc.isenabled(), sys.unraisablehook
    gc.disable()
    sys.unraisablehook = lambda _: None
    try:
        yield
    finally:
        gc.collect()
        sys.unraisablehook = hook
        if collecting:
            gc.enable()
