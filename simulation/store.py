"""The real SQLite store, in memory, with its writer on the loop and a way to die.

The writer takes in, groups and commits as it always does; only the thread is missing,
which would make every run different. A crash comes before a commit (the transactions
are lost), or after it and before anybody is told (they are there, and nobody knows).
The database is in memory and outlives the program as a file does: opening, locking and
migrating a file, and what a power failure does to it, are looked at in tests/store.
"""

import sqlite3
from concurrent.futures import Executor
from enum import StrEnum
from pathlib import Path

from bridge.store.database import Database, migrate
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
        """There is no thread."""

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


class _Kept(sqlite3.Connection):
    """Stays open whoever closes it, for all lives have the same one."""

    def close(self) -> None:
        pass


class Disk(Database):
    """What outlives a life of the program: a database in memory, with one connection.

    All reads and writes come one after another here, so that one connection sees just
    what several would see.
    """

    def __init__(self, content: "Disk | None" = None) -> None:
        """Empty, or with what another one holds."""
        self.db = sqlite3.connect(
            ":memory:", isolation_level=None, cached_statements=512, factory=_Kept
        )
        if content is None:
            migrate(self.db)
        else:
            content.db.backup(self.db)

    def connect(self, *, cache_kib: int = 0) -> sqlite3.Connection:
        return self.db

    def close(self) -> None:
        pass

    def destroy(self) -> None:
        sqlite3.Connection.close(self.db)


class InlineStore(SqliteStore):
    """The store of one life."""

    def __init__(self, disk: Disk, life: Life) -> None:
        super().__init__(
            Path(":memory:"),
            writer=lambda db: InlineWriter(db, life),
            readers=Executor,  # the loop runs at once what it is given for it
            database=lambda _: disk,
        )

    def crash_at_commit(self, after: int, side: Side) -> None:
        """Dies at a commit, so many commits from now."""
        assert isinstance(self._writer, InlineWriter)
        self._writer.crash_at = (self._writer.commits + max(after, 1), side)

    def crash(self) -> None:
        """What is not committed never was, and no transaction is ever under way here."""
        self._database = None
