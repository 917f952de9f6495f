"""What an account wrote and was, taken out of the database for good.

Events stay where they are, so that the log keeps its order and everybody else's words stay;
what they said is gone. Each step may be done again.
"""

import json
import sqlite3
from collections.abc import Sequence

from bridge.store.codec import from_identity
from bridge.store.queries import load
from core.ids import AccountId, MessageId, PinId, ThreadId
from core.model import Identity

_SQL = load("erasing")

NAME = "Somebody who left"
_OF_A_PERSON = (
    "no_identities",
    "no_direct_places",
    "no_follows",
    "no_blocks",
    "no_roles",
    "no_invitation",
    "no_timers",
    "no_prefs",
)
_AT_ONCE = 20_000
"""Positions of the log in one transaction: people's words wait some milliseconds for it."""


def own_messages(db: sqlite3.Connection, account: AccountId) -> tuple[MessageId, ...]:
    """What the account wrote and has not deleted, oldest first."""
    rows = db.execute(_SQL["own_messages"], {"account": account}).fetchall()
    return tuple([MessageId(message) for (message,) in rows])


def own_reactions(db: sqlite3.Connection, account: AccountId) -> tuple[tuple[MessageId, str], ...]:
    rows = db.execute(_SQL["own_reactions"], (account,)).fetchall()
    return tuple([(MessageId(message), emoji) for message, emoji in rows])


def own_threads(db: sqlite3.Connection, account: AccountId) -> tuple[tuple[ThreadId, PinId], ...]:
    rows = db.execute(_SQL["own_threads"], (account,)).fetchall()
    return tuple([(ThreadId(thread), PinId(pin)) for thread, pin in rows])


def forget_person(db: sqlite3.Connection, account: AccountId) -> None:
    """The name, picture and logins, whom it follows and blocks, and what it has chosen."""
    db.execute(_SQL["name_away"], {"account": account, "name": NAME})
    for statement in _OF_A_PERSON:
        db.execute(_SQL[statement], {"account": account})


def blank(db: sqlite3.Connection, account: AccountId) -> tuple[int, ...]:
    """Takes away all that it said. The positions of its posts."""
    rows = db.execute(_SQL["posts"], {"account": account}).fetchall()
    posts = tuple([position for (position,) in rows])
    # What was there is overwritten in the file too; that costs too much for every message.
    db.execute("PRAGMA secure_delete = ON")
    asked = {"posts": json.dumps(posts)}
    for statement in ("no_fetches", "blank_bodies", "blank_files"):
        db.execute(_SQL[statement], asked)
    db.execute(_SQL["blank_names"], {"account": account})
    db.execute("PRAGMA secure_delete = OFF")
    return posts


def blank_agent(db: sqlite3.Connection, logins: Sequence[Identity], after: int) -> int | None:
    """That these logins wrote for a brand; where to go on, or None at the end of the log."""
    if not logins:
        return None
    stored = json.dumps([from_identity(login) for login in logins])
    db.execute(_SQL["blank_agent"], {"logins": stored, "after": after, "many": _AT_ONCE})
    (end,) = db.execute("SELECT ifnull(max(position), 0) FROM events").fetchone()
    return after + _AT_ONCE if after + _AT_ONCE < end else None
