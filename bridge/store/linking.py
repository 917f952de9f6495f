"""Logins that change their account, because whoever has both of them said so.

The history stays where it was: the account that a login had before keeps its conversations,
and the login goes on acting in those as that account. An account keeps the name that the login
gives it which had it first.
"""

import sqlite3
from datetime import datetime

from bridge.store import people
from bridge.store.codec import from_accounts, from_time, to_time
from bridge.store.queries import load
from bridge.store.rows import accounts_of
from core.ids import AccountId
from core.model import Account, Identity, Profile

_SQL = load("people")


def former(db: sqlite3.Connection, identity: Identity) -> tuple[AccountId, ...]:
    row = db.execute(_SQL["former"], _key(identity)).fetchone()
    return () if row is None or row[0] is None else accounts_of(row[0])


def only_former(db: sqlite3.Connection, account: AccountId) -> tuple[AccountId, ...]:
    """The accounts that nobody but this one's logins goes on as, in threads of before."""
    rows = db.execute(_SQL["only_former"], {"account": account}).fetchall()
    return tuple([AccountId(one) for (one,) in rows])


def attach(db: sqlite3.Connection, identity: Identity, account: AccountId) -> None:
    row = db.execute(_SQL["account_by_identity"], _key(identity)).fetchone()
    before = former(db, identity)
    if row is not None and row[0] != account:
        before = (*(one for one in before if one not in (row[0], account)), AccountId(row[0]))
        people.told(db, AccountId(row[0]))  # to link is one of the two answers to being told
    _move(db, identity, account, before)


def detach(db: sqlite3.Connection, identity: Identity, profile: Profile) -> Account | None:
    """Its own account again, or a new one; None where it is the only login of its account."""
    row = db.execute(_SQL["account_by_identity"], _key(identity)).fetchone()
    if row is None or len(db.execute(_SQL["identities"], (row[0],)).fetchall()) < 2:
        return None
    before = former(db, identity)
    own = (
        people.account_of(db, before[-1])
        if before
        else people.new_person(db, "\0".join((*_key(identity), row[0])), profile)
    )
    kept = (*(one for one in before if one not in (own.id, row[0])), AccountId(row[0]))
    _move(db, identity, own.id, kept)
    return own


def _move(
    db: sqlite3.Connection, identity: Identity, account: AccountId, before: tuple[AccountId, ...]
) -> None:
    was = from_accounts(before) if before else None
    db.execute(_SQL["move_identity"], (account, was, *_key(identity)))
    for one in (account, *before):
        db.execute(_SQL["let_name"], (one,))


def put_link(db: sqlite3.Connection, code: str, identity: Identity, until: datetime) -> None:
    db.execute(_SQL["put_link"], (code, *_key(identity), from_time(until)))


def take_link(db: sqlite3.Connection, code: str, now: datetime) -> Identity | None:
    row = db.execute(_SQL["take_link"], (code,)).fetchone()
    db.execute(_SQL["drop_links"], (from_time(now),))
    return None if row is None or to_time(row[3]) < now else Identity(*row[:3])


def _key(identity: Identity) -> tuple[str, str, str]:
    return identity.platform, identity.workspace, identity.user
