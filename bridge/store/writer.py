"""The one thread that writes: everything that waits is committed together.

A transaction is a function of the connection that checks before it writes, so
a refused one leaves no trace without a savepoint. When one raises, its batch is
rolled back and each is run alone. A future is resolved after its commit only.
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Concatenate, ParamSpec, TypeVar

from core.ports.rows import StoreError

MOST_TOGETHER = 512
"""Transactions in one commit: the first of them should not wait for thousands."""

MANY, GATHER = 12, 0.0005
"""After a commit of so many, the next one waits so many seconds for more to share it."""

UNWELL = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOTADB,
    }
)
"""Errors of the database as a whole, whatever was to be written."""

P = ParamSpec("P")
T = TypeVar("T")
Connection = sqlite3.Connection


@dataclass(slots=True)
class _Job:
    run: Callable[[Connection], Any]
    future: "asyncio.Future[Any]"
    then: Callable[[Any], None] | None
    result: Any = None
    error: Exception | None = None


class Writer:
    """Owns the writing connection. All its methods belong to the event loop."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[list[_Job] | None] = SimpleQueue()
        self._handed_in: list[_Job] = []
        self._closed = False
        self._busy = False
        self.trouble: str | None = None
        """Why nothing can be written, since the last time that it was tried."""
        self._thread: threading.Thread | None = None
        self._start()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
        self._thread.start()

    def put(
        self, run: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> "asyncio.Future[T]":
        """Hands a transaction in. Those handed in earlier come first."""
        return self._put(lambda db: run(db, *args, **kwargs), None)

    def put_then(
        self,
        then: Callable[[T], None],
        run: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> "asyncio.Future[T]":
        """As `put`; `then` runs on the loop once it is committed, whoever still waits."""
        return self._put(lambda db: run(db, *args, **kwargs), then)

    def _put(
        self, run: Callable[[Connection], T], then: Callable[[T], None] | None
    ) -> "asyncio.Future[T]":
        if self._closed:
            raise StoreError("The store is closed.")
        future: asyncio.Future[T] = self._loop.create_future()
        self._handed_in.append(_Job(run, future, then))
        if len(self._handed_in) == 1:
            self._loop.call_soon(self._hand_over)
        return future

    def _hand_over(self) -> None:
        """Gives the thread all of one turn of the loop: one wake-up and one commit for them."""
        if self._handed_in:
            self._queue.put(self._handed_in)
            self._handed_in = []

    async def close(self) -> None:
        """Finishes what was handed in."""
        if not self._closed:
            last = self.put(_nothing)
            self._closed = True
            self._hand_over()
            self._queue.put(None)
            await last
            if self._thread is not None:
                self._thread.join()

    def _serve(self) -> None:
        while True:
            batch, more = self._take()
            self._busy = len(batch) >= MANY
            if batch:
                self._finish(batch)
                self._loop.call_soon_threadsafe(_resolve, batch)
            if not more:
                return

    def _take(self) -> tuple[list[_Job], bool]:
        """Waits for some, and takes all that wait with them."""
        handed = self._queue.get()
        if self._busy:
            time.sleep(GATHER)
        batch: list[_Job] = []
        try:
            while handed is not None:
                batch += handed
                if len(batch) >= MOST_TOGETHER:
                    return batch, True
                handed = self._queue.get_nowait()
        except Empty:
            return batch, True
        return batch, False

    def _finish(self, batch: list[_Job]) -> None:
        try:
            self._commit(batch)
        except sqlite3.Error as error:  # not even the roll-back worked
            self.trouble = sentence(error)
            for job in batch:
                job.error = error

    def _commit(self, batch: list[_Job]) -> None:
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            for job in batch:
                job.result = job.run(db)
            db.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whoever handed it in gets it
            unwell = is_unwell(error)
            if unwell:
                self.trouble = sentence(error)
            _roll_back(db)
            if unwell or len(batch) == 1:
                for job in batch:
                    job.error = error
            else:
                for job in batch:
                    self._commit([job])


def is_unwell(error: Exception) -> bool:
    """Whether it is the database that failed, and not what was handed in."""
    return _code(error) in UNWELL


def sentence(error: Exception) -> str:
    """What has happened, with what a person can do about it."""
    match _code(error):
        case sqlite3.SQLITE_FULL:
            remedy = "Free some space on its disk"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            remedy = "Another program holds it, such as an sqlite3 shell: end that one"
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN:
            remedy = "The program must be able to write the file and its folder"
        case sqlite3.SQLITE_IOERR:
            remedy = "Look for a full or failing disk, or a limit on the size of files"
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            remedy = (
                "The file is damaged: stop the program and restore the last backup, or save "
                "what can be read with `sqlite3 FILE .recover`"
            )
        case _:
            return f"{error}"
    return f"{error}. {remedy}."


def _code(error: Exception) -> int:
    # The errors that Python itself raises for wrong use have none.
    return int(getattr(error, "sqlite_errorcode", -1)) & 0xFF


def _roll_back(db: sqlite3.Connection) -> None:
    if db.in_transaction:
        db.execute("ROLLBACK")


def _resolve(batch: list[_Job]) -> None:
    for job in batch:
        if job.error is None and job.then is not None:
            job.then(job.result)
        if job.future.done():
            continue
        if job.error is None:
            job.future.set_result(job.result)
        elif isinstance(job.error, sqlite3.Error):
            failed = StoreError(f"The database could not write: {sentence(job.error)}")
            failed.__cause__ = job.error
            job.future.set_exception(failed)
        else:
            job.future.set_exception(job.error)


def _nothing(db: sqlite3.Connection) -> None:
    pass
