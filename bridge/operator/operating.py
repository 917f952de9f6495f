"""What the operator sees and does about people, beside a running program.

Reports are read from the database. A ban or an invitation is asked of the running program
(`bridge.operator.requests`); where none runs, the next one does it.
"""

import logging
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from bridge.failures import CommandError
from bridge.operator import requests
from bridge.operator.beside import account_row, connected, printable
from bridge.store import talking
from bridge.store.queries import load
from core.ids import AccountId, short_code
from core.ports.reading import Report
from core.ports.store import Store

log = logging.getLogger("pinthread.operating")

_PEOPLE = load("people")
KIND, INVITE = "ban", "invite"
_MOST = 1_000


class Ban(msgspec.Struct, frozen=True):
    """Whose account is closed, or open again."""

    account: str
    on: bool


class Invitation(msgspec.Struct, frozen=True):
    """Who may start conversations where not everybody may."""

    account: str


class Operating:
    """The program's side: closes accounts, opens them, and invites."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def run(self) -> None:
        """Takes requests up until it is cancelled."""
        await requests.follow(self._store, self._takes, self._now)

    async def take(self) -> None:
        """Does what is asked for right now."""
        await requests.take(self._store, self._takes, self._now)

    @property
    def _takes(self) -> Mapping[str, requests.Take]:
        return {KIND: self._ban, INVITE: self._invite}

    async def _ban(self, asked: str) -> str:
        what = msgspec.json.decode(asked, type=Ban)
        await self._store.ban(AccountId(what.account), on=what.on)
        log.info("account_closed" if what.on else "account_opened")
        return "[]"

    async def _invite(self, asked: str) -> str:
        what = msgspec.json.decode(asked, type=Invitation)
        await self._store.invite(AccountId(what.account), self._now())
        log.info("account_invited")
        return "[]"


# --- the commands -------------------------------------------------------------------------


def ask(path: Path, handle: str, *, on: bool, now: datetime) -> int:
    """Leaves the request, and gives its number; an error where nobody has that handle."""
    with connected(path, "rw") as db:
        person = _person(db, handle, "A brand is closed by taking it out of the configuration.")
        return requests.leave(db, KIND, Ban(person, on), now)


def invite(path: Path, handle: str, *, now: datetime) -> int:
    """Leaves the request, and gives its number; an error where nobody has that handle."""
    with connected(path, "rw") as db:
        person = _person(db, handle, "A brand needs no invitation.")
        return requests.leave(db, INVITE, Invitation(person), now)


def _person(db: sqlite3.Connection, handle: str, brand: str) -> str:
    row = account_row(db, handle)
    if row is None:
        raise CommandError(f"There is no account {handle!r} here.")
    if row[1] == "brand":
        raise CommandError(brand)
    return str(row[0])


def reports(path: Path) -> list[dict[str, Any]]:
    """The newest first, as documents."""
    with connected(path, "ro") as db:
        found = talking.reports(db, _MOST)
        return [_document(db, one) for one in found]


def _document(db: sqlite3.Connection, one: Report) -> dict[str, Any]:
    row = db.execute(_PEOPLE["accounts"], (f'["{one.reporter}"]',)).fetchone()
    return {
        "number": one.n,
        "at": one.at.isoformat(),
        "by": row[2] if row is not None else "",
        "thread": one.thread,
        "code": short_code(one.thread),
        "reason": one.reason,
        "messages": msgspec.json.decode(one.what),
    }


def text(found: list[dict[str, Any]]) -> str:
    """Reports as lines for the operator."""
    if not found:
        return "Nothing has been reported."
    lines: list[str] = []
    for one in found:
        why = f": {one['reason']}" if one["reason"] else ""
        lines.append(f"{one['number']}  {one['at'][:19]}  @{one['by']} on {one['code']}{why}")
        for message in one["messages"]:
            files = "".join(f" [{name}]" for name in message["files"])
            words = "(deleted)" if message["deleted"] else message["text"]
            lines.append(f"     @{message['author']}: {words}{files}".replace("\n", "\n       "))
    return "\n".join(map(printable, lines))
