"""The database file: its lock, its connections and its schema.

One program at a time has the file: an operating system lock on a file beside it
is let go when the program ends in whatever way. A file that is not what it was, cut
off, damaged or gone, is refused before anything is written to it.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

from bridge.store.writer import sentence
from core.ports.rows import NewerSchemaError, StoreError

_PRIVATE = 0o600
_STATEMENTS = 256
"""Prepared statements kept for a connection: more than there are queries."""

_IN_USE = b"1"
"""What the lock file holds once there has been a database beside it."""

_CHECKPOINT_PAGES = 20_000
"""Pages of the log after which it is copied into the database: some 80 MiB."""


class Database:
    """A database file that this program has for itself until `close`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = _locked(path)
        try:
            self._prepare(path)
        except (OSError, sqlite3.Error) as error:
            self._lock.close()
            raise StoreError(f"The database {path} cannot be opened: {sentence(error)}") from error
        except BaseException:
            self._lock.close()
            raise

    def _prepare(self, path: Path) -> None:
        self._not_lost(path)
        short = _is_short(path)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, _PRIVATE))
        with_schema = self.connect()
        try:
            with_schema.execute("PRAGMA journal_mode = WAL")
            _check(with_schema, whole=short)
            migrate(with_schema)
        finally:
            with_schema.close()
        if not self._lock.read(1):
            self._lock.write(_IN_USE)
            self._lock.flush()

    def _not_lost(self, path: Path) -> None:
        """A file that has been used is not begun anew without being asked."""
        self._lock.seek(0)
        used = bool(self._lock.read(1)) or _size(Path(f"{path}-wal")) > 0
        self._lock.seek(0)
        if used and _size(path) == 0:
            raise StoreError(
                f"The database {path} is gone or empty, and there was one. Put it or a backup "
                f"back. To begin with an empty one, remove {path}.lock and {path}-wal first."
            )

    def connect(self, *, cache_kib: int = 2_000) -> sqlite3.Connection:
        """A connection in autocommit. It may be handed to one other thread."""
        db = sqlite3.connect(
            self._path,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENTS,
        )
        db.execute("PRAGMA synchronous = FULL")
        db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        db.execute(f"PRAGMA cache_size = -{cache_kib}")
        return db

    def close(self) -> None:
        self._lock.close()


class Beside(Database):
    """The file of a program that may be running: nothing can be written, and nothing is locked.

    StoreError where there is none, or where it has another schema than this program's.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.exists():
            raise StoreError(f"There is no history at {path} yet. `pinthread run` makes it.")
        try:
            db = self.connect()
            (version,) = db.execute("PRAGMA user_version").fetchone()
            db.close()
        except sqlite3.Error as error:
            raise StoreError(f"The database {path} cannot be read: {sentence(error)}") from error
        if version != len(_migrations()):
            raise StoreError(
                f"The database {path} was written by another version of the program. "
                "Start this one once, or use that one."
            )

    def connect(self, *, cache_kib: int = 2_000) -> sqlite3.Connection:
        db = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=10,
        )
        db.execute(f"PRAGMA cache_size = -{cache_kib}")
        return db

    def close(self) -> None:
        """Nothing is held."""


def _is_short(path: Path) -> bool:
    """Whether the file ends before its last page, by the number of pages in its head.

    That may be so after a crash, when its end is still in the log alone.
    """
    try:
        with path.open("rb") as file:
            head = file.read(32)
    except FileNotFoundError:
        return False
    if len(head) < 32:
        return len(head) > 0
    page = int.from_bytes(head[16:18], "big")
    pages = int.from_bytes(head[28:32], "big")
    return _size(path) < pages * (65_536 if page == 1 else page)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _check(db: sqlite3.Connection, *, whole: bool) -> None:
    """Reads the schema and the end of each table; with `whole` all of the file, which takes time.

    Damage in between is found when it is read.
    """
    if whole:
        (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            damaged = sqlite3.DatabaseError("database disk image is malformed")
            damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damaged
    tables = db.execute(
        "SELECT name, sql LIKE '%WITHOUT ROWID%' FROM sqlite_schema WHERE type = 'table'"
    ).fetchall()
    for table, keyed in tables:
        last = "" if keyed else " ORDER BY rowid DESC"
        db.execute(f'SELECT * FROM "{table}"{last} LIMIT 1').fetchone()  # noqa: S608


def migrate(db: sqlite3.Connection) -> None:
    """Brings the schema up to date, all or nothing."""
    db.execute("BEGIN EXCLUSIVE")
    try:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        migrations = _migrations()
        if version > len(migrations):
            raise NewerSchemaError(
                f"The database has schema {version}, and this program knows {len(migrations)}. "
                "Run the newer program that wrote it, or restore a backup."
            )
        for script in migrations[version:]:
            for statement in _statements(script):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(migrations)}")
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _migrations() -> list[str]:
    folder = files(__package__).joinpath("migrations")
    scripts = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )
    return [script.read_text(encoding="utf-8") for script in scripts]


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _locked(path: Path) -> BinaryIO:
    try:
        number = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR, _PRIVATE)
    except OSError as error:
        raise StoreError(f"The database {path} cannot be opened: {error}") from error
    lock = os.fdopen(number, "r+b")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise StoreError(
            f"Another program has the database {path} open. "
            "Stop it first, or name another file in `store.url`."
        ) from error
    return lock
