"""The words of all messages, to be searched: a full-text index in a file of its own.

It follows the history by its own cursor, in its own thread and file, so that posting never
waits for it. It is derived: where it is lost, damaged or belongs
to another history, it is made anew. Who may find a message is decided when that is
added, by who was there then, and once more by the history before it is shown.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from bridge.store.codec import from_time
from bridge.store.queries import load
from bridge.store.rows import Row
from core.ids import AccountId

_SQL = load("words")
_EVER = 2**62

SHORTEST_BEGINNING = 3
"""Letters from which on a word finds longer ones too: `oak` finds `oaken`."""


class WordIndex:
    """Belongs to one thread at a time."""

    def __init__(self, history: Path, index: Path) -> None:
        self._history = sqlite3.connect(
            f"{history.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )
        self._path = index
        self._index = self._opened()

    def close(self) -> None:
        self._history.close()
        self._index.close()

    # --- following the history ------------------------------------------------------------

    def advance(self, limit: int) -> int:
        """Reads up to `limit` further events. How many are left, by their positions."""
        (position, *_) = self._progress()
        events = self._history.execute(_SQL["touched"], (position, limit)).fetchall()
        if events:
            posts = {post for *_, post in events if post is not None}
            rows = self._history.execute(_SQL["of_posts"], (json.dumps(sorted(posts)),)).fetchall()
            with self._transaction():
                self._index.executemany(
                    _SQL["remove"], [(post,) for post in posts if post <= position]
                )
                self._index.executemany(_SQL["add"], map(_entry, rows))
                self._index.execute(_SQL["put_progress"], events[-1][:3])
            position = events[-1][0]
        return self._end() - int(position)

    def forget(self, posts: Sequence[int]) -> None:
        """Words that were erased are found no more, and are in the file no more."""
        with self._transaction():
            self._index.executemany(_SQL["remove"], [(post,) for post in posts])
        self._index.execute("INSERT INTO words (words) VALUES ('optimize')")

    def _progress(self) -> tuple[int, str, int]:
        row = self._index.execute(_SQL["progress"]).fetchone()
        return (0, "", 0) if row is None else (row[0], row[1], row[2])

    def _end(self) -> int:
        end: int = self._history.execute(_SQL["end"]).fetchone()[0]
        return end

    # --- finding --------------------------------------------------------------------------

    def find(
        self,
        account: AccountId,
        words: Sequence[str],
        author: AccountId | None,
        after: datetime | None,
        before: datetime | None,
        *,
        older_than: int | None,
        limit: int,
    ) -> list[Row]:
        """Rows of `hits` that the account may see, newest first."""
        matching = _expression(words, author, account)
        first = 0 if after is None else self._position_at(after) - 1
        last = _EVER if before is None else self._position_at(before)
        last = last if older_than is None else min(last, older_than)
        asked = {
            "account": account,
            "after": -_EVER if after is None else from_time(after),
            "before": _EVER if before is None else from_time(before),
        }
        found: list[Row] = []
        while len(found) < limit:
            positions = self._index.execute(
                _SQL["found"], (matching, first, last, limit)
            ).fetchall()
            asked["positions"] = json.dumps([position for (position,) in positions])
            found += self._history.execute(_SQL["hits"], asked).fetchall()
            if len(positions) < limit:
                break
            last = positions[-1][0]
        return found[:limit]

    def _position_at(self, moment: datetime) -> int:
        """The position of the first event from then on; the history stands in order of time."""
        wanted = from_time(moment)
        low, high = 1, self._end() + 1
        while low < high:
            middle = (low + high) // 2
            row = self._history.execute(_SQL["at"], (middle,)).fetchone()
            if row is None or row[1] >= wanted:
                high = middle
            else:
                low = row[0] + 1
        return low

    # --- the file -------------------------------------------------------------------------

    def _opened(self) -> sqlite3.Connection:
        try:
            index = self._connected()
            row = index.execute(_SQL["progress"]).fetchone()
        except sqlite3.DatabaseError:
            row = None
        else:
            if row is None or self._history.execute(_SQL["same_history"], row).fetchone():
                return index
            index.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        return self._connected()

    def _connected(self) -> sqlite3.Connection:
        index = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._path.chmod(0o600)
        # What is lost in a crash is read from the history again.
        for setting in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON"):
            index.execute(f"PRAGMA {setting}")
        index.execute(_SQL["schema"])
        index.execute(_SQL["progress_schema"])
        return index

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._index.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._index.execute("COMMIT")
        finally:
            if self._index.in_transaction:
                self._index.execute("ROLLBACK")


def _entry(row: Row) -> tuple[int, str, str, str]:
    post, author, only, hidden, present, text, names = row
    audience = {only} if only else set(json.loads(present)) - set(json.loads(hidden))
    return post, f"{text} {names or ''}", author, " ".join(sorted(audience))


def _expression(words: Sequence[str], author: AccountId | None, account: AccountId) -> str:
    """In the index's own language. Words hold letters, marks and digits alone (`words_of`)."""
    asked = [f'audience : "{account}"']
    if author is not None:
        asked.append(f'author : "{author}"')
    if words:
        each = (f'"{word}"{" *" if len(word) >= SHORTEST_BEGINNING else ""}' for word in words)
        asked.insert(0, f"text : ({' AND '.join(each)})")
    return " AND ".join(asked)
