"""Timers as rows: what happens later by itself, and what waits until somebody says so."""

import sqlite3
from datetime import datetime

from bridge.store.codec import from_time, intent_key, to_time
from bridge.store.queries import load
from bridge.store.rows import Row
from core.ids import ThreadId
from core.ports.reading import Timer
from core.ports.rows import Duplicate

_SQL = load("timers")
_CLAIM = load("conversations")["claim"]
_COMMITTED = load("conversations")["committed"]


def put(db: sqlite3.Connection, timer: Timer, key: str = "") -> Timer | None:
    """The one that is there from now on: an older one of the same id stays.

    None where its intent, of that key, has happened or was taken back.
    """
    if key and db.execute(_COMMITTED, intent_key(key)).fetchone() is not None:
        return None
    if db.execute(_SQL["put"], _row(timer)).rowcount:
        return timer
    found = of_id(db, timer.id)
    assert found is not None
    return found


def drop(
    db: sqlite3.Connection, timer: str, settle: Duplicate | None = None, key: str = ""
) -> bool:
    """Whether it was there. With `settle` the key of its intent is taken: it never happens."""
    there = bool(db.execute(_SQL["drop"], (timer,)).rowcount)
    if there and settle is not None:
        done = (settle.fingerprint, settle.conversation, settle.thread, settle.seq, settle.message)
        db.execute(_CLAIM, (*intent_key(key), *done))
    return there


def renew(db: sqlite3.Connection, timer: Timer) -> None:
    """From now on it is due then, and is about that."""
    db.execute(_SQL["renew"], _row(timer))


def of_id(db: sqlite3.Connection, timer: str) -> Timer | None:
    row = db.execute(_SQL["timer"], (timer,)).fetchone()
    return None if row is None else _timer(row)


def due(db: sqlite3.Connection, now: datetime, limit: int) -> tuple[Timer, ...]:
    return _all(db, "due", (from_time(now), limit))


def of_thread(db: sqlite3.Connection, thread: ThreadId, kind: str) -> tuple[Timer, ...]:
    return _all(db, "of_thread", (thread, kind))


def next_due(db: sqlite3.Connection) -> datetime | None:
    (at,) = db.execute(_SQL["next"]).fetchone()
    return None if at is None else to_time(at)


def _all(db: sqlite3.Connection, query: str, args: tuple[object, ...]) -> tuple[Timer, ...]:
    return tuple([_timer(row) for row in db.execute(_SQL[query], args).fetchall()])


def _row(timer: Timer) -> tuple[object, ...]:
    at = None if timer.due is None else from_time(timer.due)
    return (timer.id, timer.kind, at, timer.thread, timer.account, timer.what)


def _timer(row: Row) -> Timer:
    at = None if row[2] is None else to_time(row[2])
    return Timer(row[0], row[1], at, row[3], row[4], row[5])
