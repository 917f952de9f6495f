"""Accounts and pins kept in memory, since every message names some and few ever change.

Used on the event loop only. A change drops its entry when it has been committed,
before anybody is told; both dictionaries are bounded.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, TypeVar

from bridge.store import rows
from bridge.store.queries import load
from bridge.timers.quiet import wants
from core.ids import AccountId, BindingId, PinId
from core.model import Account, Binding, Identity, Pin, Place, place_of_ref
from core.ports.reading import Prefs

_ACCOUNTS = load("people")["accounts"]
_ACCOUNT_BY_IDENTITY = load("people")["account_by_identity"]
_USERS = load("people")["users"]
_IS_UNTOLD = load("people")["is_untold"]
_CHANNEL = load("people")["channel"]
_PINS = load("pins")["pins"]
_BINDING = load("people")["binding"]
_BINDING_AT = load("people")["binding_at"]
_PREFS = load("talking")["prefs"]
_IS_UNTOLD = load("people")["is_untold"]
_USUAL = Prefs()
_MOST = 20_000

K = TypeVar("K", bound=str)
V = TypeVar("V", Account, Pin)


class Known:
    """What was read lately, and a connection to read what was not."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._accounts: dict[AccountId, Account] = {}
        self._identities: dict[Identity, AccountId] = {}
        self._pins: dict[PinId, Pin] = {}
        self._bindings: dict[BindingId, Binding] = {}
        self._places: dict[Place, Binding | None] = {}
        self._prefs: dict[AccountId, Prefs] = {}
        self._told: dict[AccountId, None] = {}
        """Those who have done something; they stay told."""
        self.signing: frozenset[AccountId] = frozenset()
        """Brands that show outside which agent wrote."""

    def accounts(self, wanted: Iterable[AccountId]) -> dict[AccountId, Account]:
        return self._find(self._accounts, wanted, _ACCOUNTS, rows.account)

    def pins(self, wanted: Iterable[PinId]) -> dict[PinId, Pin]:
        return self._find(self._pins, wanted, _PINS, rows.pin)

    def account(self, account: AccountId) -> Account | None:
        return self._accounts.get(account) or self.accounts((account,)).get(account)

    def pin(self, pin: PinId) -> Pin | None:
        return self._pins.get(pin) or self.pins((pin,)).get(pin)

    def by_identity(self, identity: Identity) -> Account | None:
        account = self._identities.get(identity)
        if account is None:
            key = (identity.platform, identity.workspace, identity.user)
            row = self._db.execute(_ACCOUNT_BY_IDENTITY, key).fetchone()
            if row is None:
                return None
            account = AccountId(row[0])
            _make_room(self._identities)
            self._identities[identity] = account
        return self.account(account)

    def binding(self, binding: BindingId) -> Binding | None:
        found = self._bindings.get(binding)
        if found is None:
            row = self._db.execute(_BINDING, (binding,)).fetchone()
            if row is None:
                return None
            _make_room(self._bindings)
            found = self._bindings[binding] = rows.binding(row)
        return found

    def binding_at(self, place: Place) -> Binding | None:
        """That a place is not bound is remembered as well: every word said there asks."""
        if place not in self._places:
            where = (place.platform, place.workspace, place.channel)
            row = self._db.execute(_BINDING_AT, where).fetchone()
            _make_room(self._places)
            self._places[place] = None if row is None else rows.binding(row)
        return self._places[place]

    def there(
        self, place: Place, accounts: Collection[AccountId], channels: Collection[str]
    ) -> dict[str, str]:
        """What accounts and channels are called where the place is, as far as they are there.

        A channel is there in the one that the same account has bound. Both are rare, so
        they are read.
        """
        found: dict[str, str] = {}
        if accounts:
            asked = (json.dumps(sorted(accounts)), place.platform, place.workspace)
            found |= self._db.execute(_USERS, asked).fetchall()
        for ref in channels:
            named = place_of_ref(ref)
            binding = None if named is None else self.binding_at(named)
            if binding is not None:
                where = (binding.account, place.platform, place.workspace)
                for (channel,) in self._db.execute(_CHANNEL, where).fetchall():
                    found[ref] = channel
        return found

    def wants_pings(self, account: AccountId, at: datetime) -> bool:
        """Whether somebody wants to be mentioned for what happened then."""
        return wants(self.prefs(account), at)

    def prefs(self, account: AccountId) -> Prefs:
        """What somebody wants to be told; every message to their direct messages asks."""
        found = self._prefs.get(account)
        if found is None:
            row = self._db.execute(_PREFS, (account,)).fetchone()
            _make_room(self._prefs)
            found = self._prefs[account] = _USUAL if row is None else Prefs(*row)
        return found

    def untold(self, account: AccountId) -> bool:
        """Whether it has done nothing yet; every message asks."""
        if account in self._told:
            return False
        row = self._db.execute(_IS_UNTOLD, (account,)).fetchone()
        if row is not None and row[0]:
            return True
        if row is not None:
            _make_room(self._told)
            self._told[account] = None
        return False

    def forget_prefs(self, account: AccountId) -> None:
        self._prefs.pop(account, None)

    def forget_binding(self, binding: BindingId) -> None:
        self._bindings.pop(binding, None)
        self._places.clear()

    def forget_account(self, account: Account) -> None:
        self._accounts.pop(account.id, None)
        self._told.pop(account.id, None)

    def forget_people(self) -> None:
        """After a change of accounts or identities: it may touch several, and is rare."""
        self._accounts.clear()
        self._identities.clear()
        self._told.clear()

    def forget_pin(self, pin: PinId) -> None:
        self._pins.pop(pin, None)

    def _find(
        self, known: dict[K, V], wanted: Iterable[K], sql: str, read: Callable[[rows.Row], V]
    ) -> dict[K, V]:
        found: dict[K, V] = {}
        missing = []
        for key in wanted:
            value = known.get(key)
            if value is None:
                missing.append(key)
            else:
                found[key] = value
        if missing:
            for row in self._db.execute(sql, (json.dumps(missing),)).fetchall():
                _make_room(known)
                found[row[0]] = known[row[0]] = read(row)
        return found


def _make_room(known: dict[Any, Any]) -> None:
    """Drops the oldest entry of a full dictionary."""
    if len(known) >= _MOST:
        del known[next(iter(known))]
