"""What the sandbox remembers between runs: JSON documents under (kind, key) in one SQLite file.

Every put is written through at once, without waiting for the disk: a killed process loses
nothing, a machine that loses its power may. Without a path nothing is written or read.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

_SCHEMA = """
CREATE TABLE IF NOT EXISTS docs (
    n INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (kind, key)
)
"""
_PUT = (
    "INSERT INTO docs (kind, key, doc) VALUES (?, ?, ?) "
    "ON CONFLICT (kind, key) DO UPDATE SET doc = excluded.doc"
)


class Disk:
    """A write-through store of documents; a document is anything JSON can hold."""

    def __init__(self, path: Path | None) -> None:
        self._db: sqlite3.Connection | None = None
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder().decode
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute(_SCHEMA)

    def put(self, kind: str, key: str, doc: object) -> None:
        """Store the document, replacing the one of the same kind and key in its place."""
        if self._db is not None:
            self._db.execute(_PUT, (kind, key, self._encode(doc)))

    def drop(self, kind: str, key: str) -> None:
        """Forget the document, if there is one."""
        if self._db is not None:
            self._db.execute("DELETE FROM docs WHERE kind = ? AND key = ?", (kind, key))

    def all(self, kind: str) -> Iterator[tuple[str, Any]]:
        """Every (key, document) of the kind, in the order of their first put."""
        if self._db is None:
            return
        rows = self._db.execute("SELECT key, doc FROM docs WHERE kind = ? ORDER BY n", (kind,))
        for key, doc in rows.fetchall():
            yield key, self._decode(doc)

    def clear(self) -> None:
        """Forget everything."""
        if self._db is not None:
            self._db.execute("DELETE FROM docs")

    def close(self) -> None:
        """Close the file; nothing may be put afterwards."""
        if self._db is not None:
            self._db.close()
            self._db = None
