"""What an account wrote and was, taken out of the database for good.

Events stay where they are, so that the log keeps its order and everybody else's words stay;
what they said is gone. Each step may be done again.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from bridge.store import rows
from bridge.store.codec import from_identity, from_time, to_time
from bridge.store.queries import load
from core.ids import AccountId, MessageId, PinId, ThreadId, derive
from core.model import Identity, Placement
from core.ports.rows import Clearing
from core.project import NAMED_REACTIONS

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


def left(db: sqlite3.Connection) -> dict[str, datetime]:
    """Logins of those who have left, by `login_name`, and when."""
    return {login: to_time(at) for login, at in db.execute(_SQL["left"]).fetchall()}


def login_name(login: Identity) -> str:
    """A hash: the login itself is not kept of somebody who left."""
    return derive("left", from_identity(login))


def left_long_ago(db: sqlite3.Connection, before: datetime) -> None:
    db.execute(_SQL["left_long_ago"], (from_time(before),))


def forget_person(
    db: sqlite3.Connection, account: AccountId, logins: Sequence[Identity], at: datetime
) -> None:
    """The name, picture and logins, whom it follows and blocks, and what it has chosen."""
    for login in logins:
        db.execute(_SQL["login_has_left"], (login_name(login), from_time(at)))
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


def blank_waiting(db: sqlite3.Connection, logins: Sequence[Identity]) -> None:
    """What these logins said that waits to come into a history."""
    stored = {"logins": _stored(logins)}
    db.execute("PRAGMA secure_delete = ON")
    db.execute(_SQL["no_held"], stored)
    db.execute(_SQL["no_held_replies"], stored)
    db.execute("PRAGMA secure_delete = OFF")


def blank_agent(
    db: sqlite3.Connection, account: AccountId, logins: Sequence[Identity], after: int
) -> int | None:
    """That these logins wrote for a brand; where to go on, or None at the end of the log.

    Which lines in the brand's places say so is noted before.
    """
    if not logins:
        return None
    stretch = {"logins": _stored(logins), "after": after, "many": _AT_ONCE}
    db.execute(_SQL["agent_lines"], {**stretch, "account": account})
    db.execute(_SQL["blank_agent"], stretch)
    (end,) = db.execute("SELECT ifnull(max(position), 0) FROM events").fetchone()
    return after + _AT_ONCE if after + _AT_ONCE < end else None


def _stored(logins: Sequence[Identity]) -> str:
    return json.dumps([from_identity(login) for login in logins])


# --- what stands on the platforms ---------------------------------------------------------


def clear(db: sqlite3.Connection, account: AccountId, at: datetime) -> None:
    db.execute(_SQL["clear"], {"account": account, "since": from_time(at)})


def clear_now(db: sqlite3.Connection, account: AccountId, at: datetime) -> None:
    db.execute(_SQL["mirrors_of_agent_lines"], {"account": account, "since": from_time(at)})
    db.execute(_SQL["clear_now"], (account,))


def clearings(db: sqlite3.Connection) -> tuple[Clearing, ...]:
    found = db.execute(_SQL["clearings"]).fetchall()
    return tuple(
        [
            Clearing(rows.mirror(row), row[18], to_time(row[19]), row[20], through=bool(row[21]))
            for row in found
        ]
    )


def to_clear(db: sqlite3.Connection) -> Mapping[str, int]:
    return dict(db.execute(_SQL["to_clear"]).fetchall())


def copies_left(db: sqlite3.Connection, one: Clearing) -> tuple[Placement, ...]:
    asked = {**_asked(one), "upto": one.upto, "named": NAMED_REACTIONS}
    return tuple([rows.placement(row) for row in db.execute(_SQL["copies_left"], asked).fetchall()])


def answers_left(db: sqlite3.Connection, one: Clearing) -> tuple[tuple[int, MessageId], ...]:
    found = db.execute(_SQL["answers_left"], _asked(one)).fetchall()
    return tuple([(seq, MessageId(message)) for seq, message in found])


def _asked(one: Clearing) -> dict[str, object]:
    mirror = one.mirror
    where = {"mirror": mirror.id, "thread": mirror.thread, "until": mirror.until_seq}
    return {**where, "account": one.account}


def cleared(db: sqlite3.Connection, one: Clearing) -> None:
    db.execute(_SQL["cleared"], (one.account, one.mirror.id))
    db.execute(_SQL["no_lines"], {"account": one.account})
