"""Accounts, identities, bindings, pins and secrets: reads and transactions."""

import re
import secrets
import sqlite3
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from bridge.store import rows
from bridge.store.codec import from_time
from bridge.store.queries import load
from core.ids import AccountId, derive
from core.model import Account, AccountKind, Identity, Pin, PinSource, Profile
from core.ports.rows import StoreError

SQL = load("people")
_PINS = load("pins")

LAST = "\U0010ffff"
"""After everything that begins with the text before it."""

_LONGEST_HANDLE = 30
_NOBODYS = frozenset(
    {
        "all",
        "channel",
        "discord",
        "everyone",
        "everybody",
        "here",
        "me",
        "none",
        "pinthread",
        "slack",
    }
)
"""Handles that would read as a call to all, a word of `/pin`, or the voice of the program."""
_SOURCES = tuple(PinSource)


def fold(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def ensure_person(db: sqlite3.Connection, identity: Identity, profile: Profile) -> Account:
    """The account of an identity, made or brought up to date.

    Of logins that are tied together one names the account, so that its name stays the same
    wherever they act.
    """
    key = (identity.platform, identity.workspace, identity.user)
    row = db.execute(SQL["account_by_identity"], key).fetchone()
    if row is None:
        return _make_person(db, identity, profile)
    account, named = _account(db, row[0])
    changed = with_profile(account, profile)
    (names,) = db.execute(SQL["names"], key).fetchone()
    if names and not named and changed != account:
        _put(db, changed, named=False)
        return changed
    return account


def with_profile(account: Account, profile: Profile) -> Account:
    """What a profile leaves empty it says nothing of."""
    name, picture = profile.name or account.name, profile.picture or account.picture
    return replace(account, name=name, picture=picture)


def _make_person(db: sqlite3.Connection, identity: Identity, profile: Profile) -> Account:
    key = "\0".join((identity.platform, identity.workspace, identity.user))
    account = new_person(db, key, profile)
    db.execute(SQL["untold"], (account.id,))
    _give(db, identity, account.id)
    return account


def told(db: sqlite3.Connection, account: AccountId) -> bool:
    return bool(db.execute(SQL["told"], (account,)).rowcount)


def new_person(db: sqlite3.Connection, key: str, profile: Profile) -> Account:
    """An account that no login has yet. The same key is the same account.

    Unless that one has left for good: whoever comes back is somebody new.
    """
    while db.execute(SQL["has_left"], (derive("account", key),)).fetchone():
        key += "\0"
    account = Account(
        AccountId(derive("account", key)),
        AccountKind.PERSON,
        _free_handle(db, profile.name),
        profile.name or "Somebody",
        profile.picture,
    )
    _put(db, account, named=False)
    return account


def account_of(db: sqlite3.Connection, account: AccountId) -> Account:
    return _account(db, account)[0]


def put_account(db: sqlite3.Connection, account: Account, identities: Sequence[Identity]) -> None:
    holder = db.execute(SQL["account_by_handle"], (account.handle,)).fetchone()
    if holder is not None and holder[0] != account.id:
        if holder[5]:
            raise StoreError(
                f"The handle {account.handle} belongs to another account that you named. "
                "Give one of them another handle."
            )
        db.execute(SQL["rename"], (_free_handle(db, account.handle), holder[0]))
    _put(db, account, named=True)
    db.execute(SQL["forget_identities"], (account.id,))
    for identity in identities:
        _give(db, identity, account.id)


def _put(db: sqlite3.Connection, account: Account, *, named: bool) -> None:
    row = (account.id, account.kind, account.handle, account.name, account.picture)
    db.execute(SQL["put_account"], (*row, named, fold(account.name)))


def _give(db: sqlite3.Connection, identity: Identity, account: AccountId) -> None:
    row = (identity.platform, identity.workspace, identity.user, account)
    db.execute(SQL["put_identity"], row)


def _account(db: sqlite3.Connection, account: AccountId) -> tuple[Account, bool]:
    row = db.execute(SQL["accounts"], (f'["{account}"]',)).fetchone()
    return rows.account(row), bool(row[5])


def handle_of(name: str) -> str:
    """2 to 30 lower case letters, digits and hyphens that stand for a name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    handle = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_HANDLE].rstrip("-")
    ours = len(handle) < 2 or handle in _NOBODYS
    return f"person-{handle}".rstrip("-") if ours else handle


def _free_handle(db: sqlite3.Connection, name: str) -> str:
    handle = handle_of(name)
    bounds = {"handle": handle, "first": handle[:20], "last": handle[:20] + LAST}
    taken = {row[0] for row in db.execute(SQL["handles_like"], bounds)}
    return next(candidate for candidate in _candidates(handle) if candidate not in taken)


def _candidates(handle: str) -> Iterator[str]:
    yield handle
    number = 2
    while True:
        end = f"-{number}"
        yield handle[: _LONGEST_HANDLE - len(end)].rstrip("-") + end
        number += 1


def put_pin(db: sqlite3.Connection, pin: Pin, now: datetime) -> None:
    row = db.execute(_PINS["pins"], (f'["{pin.id}"]',)).fetchone()
    known = pin if row is None else better(rows.pin(row), pin)
    db.execute(_PINS["put_pin"], (*_columns(known), from_time(now)))


def better(old: Pin, new: Pin) -> Pin:
    """Field by field what the source that knows more says, else what the other one does."""
    more, less = (new, old) if _rank(new) >= _rank(old) else (old, new)
    merged = (
        a if a is not None else b for a, b in zip(_columns(more), _columns(less), strict=True)
    )
    return rows.pin(tuple(merged))


def _rank(pin: Pin) -> int:
    return _SOURCES.index(pin.source)


def _columns(pin: Pin) -> tuple[str | None, ...]:
    words = (pin.id, pin.url, pin.title, pin.description, pin.alt, pin.picture)
    return (*words, pin.link, pin.board, pin.creator, pin.color, pin.source)


def secret(db: sqlite3.Connection, name: str) -> bytes:
    db.execute(SQL["put_secret"], (name, secrets.token_bytes(32)))
    value: bytes = db.execute(SQL["secret"], (name,)).fetchone()[0]
    return value


def use_once(db: sqlite3.Connection, token: str, now: datetime) -> bool:
    return bool(db.execute(SQL["use_once"], (token, from_time(now))).rowcount)
