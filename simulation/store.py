"""The real SQLite store, with its writer on the loop and a way to die.

The writer takes in, groups and commits as it always does; only the thread is missing,
which would make every run different. A crash comes before a commit (the transactions
are lost), or after it and before anybody is told (they are there, and nobody knows).
`synchronous` is off: a program that dies loses no page that it handed to the operating
system, and what a power failure does is SQLite's own promise, not ours.
"""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Executor, Future
from enum import StrEnum
from pathlib import Path
from typing import Any

from bridge.store.sqlite import SqliteStore
from bridge.store.writer import Writer, _resolve
from simulation.clock import Life


class Side(StrEnum):
    """Of a commit."""

    BEFORE = "before"
    AFTER = "after"


class InlineWriter(Writer):
    """Commits on the loop what a turn of it has handed in."""

    def __init__(self, db: sqlite3.Connection, life: Life) -> None:
        self.life = life
        self.commits = 0
        self.crash_at: tuple[int, Side] | None = None
        super().__init__(db)

    def _start(self) -> None:
        self._db.execute("PRAGMA synchronous = OFF")

    def _hand_over(self) -> None:
        batch, self._handed_in = self._handed_in, []
        if not batch:
            return
        self.commits += 1
        crash = self.crash_at
        if crash == (self.commits, Side.BEFORE):
            self.life.die()
            return
        self._finish(batch)
        if crash == (self.commits, Side.AFTER):
            self.life.die()
            return
        self._loop.call_soon(_resolve, batch)

    async def close(self) -> None:
        if not self._closed:
            last = self.put(lambda _: None)
            self._closed = True
            await last


class _Inline(Executor):
    """Runs what it is given at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asked
            future.set_exception(error)
        return future


class InlineStore(SqliteStore):
    """The store of one life."""

    def __init__(self, path: Path, life: Life) -> None:
        super().__init__(path, writer=lambda db: InlineWriter(db, life), readers=_Inline)

    def crash_at_commit(self, after: int, side: Side) -> None:
        """Dies at a commit, so many commits from now."""
        assert isinstance(self._writer, InlineWriter)
        self._writer.crash_at = (self._writer.commits + max(after, 1), side)

    def crash(self) -> None:
        """Lets go of the file as a dying program does: what is not committed never was."""
        if self._database is None:
            return
        for db in (*self._readers, self._db, self._writing):
            db.close()
        self._database.close()
        self._database = None
