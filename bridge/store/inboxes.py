"""Everybody's inbox: which threads they have, by what happened last that they see.

It follows the history by its own cursor, outside the transactions of those who post, and is
brought up to date before it is read. What an account does not see moves nothing in its inbox.
"""

import json
import sqlite3

from bridge.store import rows
from bridge.store.codec import to_time
from bridge.store.known import Known
from bridge.store.queries import load
from core.ids import AccountId, short_code
from core.model import Request, Status
from core.ports.reading import ThreadLine, Which

_SQL = load("inbox")
_READING = load("reading")
_EVER = 2**62
_LISTS = {which: _SQL[which.value] for which in Which}

Row = tuple[rows.Row, rows.Row]


def behind(db: sqlite3.Connection) -> int:
    """How many events it has not followed yet, about."""
    (end,) = db.execute(_READING["feed_end"]).fetchone()
    return int(end) - _position(db)


def _position(db: sqlite3.Connection) -> int:
    row = db.execute(_SQL["position"]).fetchone()
    return 0 if row is None else int(row[0])


def advance(db: sqlite3.Connection, limit: int) -> int:
    """A transaction: follows so many events. How many are left, about."""
    after = _position(db)
    (last,) = db.execute(_SQL["last"], (after, limit)).fetchone()
    if last is None:
        return 0
    span = {"after": after, "last": last}
    threads = [thread for (thread,) in db.execute(_SQL["touched"], span).fetchall()]
    touched = {"threads": json.dumps(threads)}
    db.execute(_SQL["put"], touched)
    db.execute(_SQL["drop"], touched)
    db.execute(_SQL["advance"], (last,))
    return behind(db)


def page(
    db: sqlite3.Connection,
    account: AccountId,
    which: Which,
    agent: AccountId | None,
    before: int | None,
    limit: int,
) -> list[Row]:
    """Threads with their newest words, for `lines`."""
    asked = {"account": account, "before": _EVER if before is None else before, "limit": limit}
    found: list[Row] = []
    for row in db.execute(_LISTS[which], {**asked, "agent": agent}).fetchall():
        of = {"thread": row[0], "since": row[3], "account": account}
        words = db.execute(_READING["last_words"], of).fetchone()
        if words is None:
            (at,) = db.execute(_READING["last_time"], of).fetchone()
            words = (at, None, "")
        found.append((row, words))
    return found


def lines(known: Known, found: list[Row]) -> tuple[ThreadLine, ...]:
    others = [rows.names.decode(row[4]) for row, _ in found]
    named = {AccountId(name) for names in others for name in names}
    named |= {words[1] for _, words in found if words[1]}
    named |= {row[7] for row, _ in found if row[7]}
    accounts = known.accounts(named)
    pins = known.pins({row[2] for row, _ in found})
    return tuple(
        ThreadLine(
            thread=row[0],
            conversation=row[1],
            code=short_code(row[0]),
            pin=pins[row[2]],
            people=tuple(accounts[AccountId(name)] for name in names),
            last_at=to_time(at),
            last_by=accounts[by] if by else None,
            last_text=text,
            request=Request(row[9]),
            waiting=bool(row[6]),
            assignee=accounts.get(row[7]) if row[7] else None,
            status=Status(row[8]),
            until=None if row[10] is None else to_time(row[10]),
            position=row[5],
        )
        for (row, (at, by, text)), names in zip(found, others, strict=True)
    )
