"""A few threads for work that waits for the disk, told of and heard of at little cost.

A file of 10 MiB needs dozens of calls of a thread. `asyncio`'s own way to one makes two
futures and four locks of each: 14 us of the event loop's time, and 6 to 10 this way.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

log = logging.getLogger("pinthread.files")

_T = TypeVar("_T")


class Threads:
    """Work is begun in the order in which it came. The threads begin with the first of it."""

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._stopped = False

    def begin(self, work: Callable[[], _T]) -> asyncio.Future[_T]:
        """What cancels the future in time keeps the work from beginning."""
        if self._stopped:
            raise RuntimeError("the threads have been stopped")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_T] = loop.create_future()
        self._add(partial(_do, loop, future, work))
        return future

    def afterwards(self, work: Callable[[], None]) -> None:
        """Not awaited, so that no cancellation comes between. What `work` raises is logged."""
        if self._stopped:
            _surely(work)
        else:
            self._add(work)

    async def stop(self) -> None:
        """Returns when all has been done."""
        self._stopped = True
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _add(self, work: Callable[[], None]) -> None:
        if not self._threads:
            # Those that nobody stops must not keep a program from ending.
            self._threads = [
                Thread(target=self._run, name=f"{self._name}_{n}", daemon=True)
                for n in range(self._count)
            ]
            for thread in self._threads:
                thread.start()
        self._queue.put(work)

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            _surely(work)
            del work  # holds the file's bytes


def _surely(work: Callable[[], object]) -> None:
    """The boundary of one piece of work: what fails must not end its thread, and all behind it."""
    try:
        work()
    except Exception:
        log.exception("file_work_failed")


def _do(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any], work: Callable[[], Any]
) -> None:
    if future.cancelled():
        return
    result, error = None, None
    try:
        result = work()
    except BaseException as raised:  # noqa: BLE001 - it is raised where the work is awaited
        error = raised
    with suppress(RuntimeError):  # the loop has ended: nobody waits any more
        loop.call_soon_threadsafe(_tell, future, result, error)


def _tell(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
