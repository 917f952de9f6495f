"""What the operator sees and does about people, beside a running program.

Reports are read from the database. A ban or an invitation is a row that the running program
takes up within a second (`bridge.retrying` says why that way); where none runs, the next one
does it.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from bridge.beside import connected, printable
from bridge.failures import CommandError
from bridge.store import talking
from bridge.store.codec import from_time
from bridge.store.queries import load
from core.ids import AccountId, short_code
from core.ports import Report, Store, StoreError

log = logging.getLogger("pinthread.operating")

_OPERATOR = load("operator")
_PEOPLE = load("people")
KIND, INVITE = "ban", "invite"
LOOK_EVERY = 0.5
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
        while True:
            try:
                await self.take()
            except StoreError:
                log.warning("requests_unread")
            await asyncio.sleep(LOOK_EVERY)

    async def take(self) -> None:
        for request in await self._store.requests(KIND):
            what = msgspec.json.decode(request.what, type=Ban)
            await self._store.ban(AccountId(what.account), on=what.on)
            await self._store.answer(request, "[]", self._now())
            log.info("account_closed" if what.on else "account_opened")
        for request in await self._store.requests(INVITE):
            invited = msgspec.json.decode(request.what, type=Invitation)
            await self._store.invite(AccountId(invited.account), self._now())
            await self._store.answer(request, "[]", self._now())
            log.info("account_invited")


# --- the commands -------------------------------------------------------------------------


def ask(path: Path, handle: str, *, on: bool, now: datetime) -> int:
    """Leaves the request, and gives its number; an error where nobody has that handle."""
    with connected(path, "rw") as db:
        person = _person(db, handle, "A brand is closed by taking it out of the configuration.")
        return _request(db, KIND, Ban(person, on), now)


def invite(path: Path, handle: str, *, now: datetime) -> int:
    """Leaves the request, and gives its number; an error where nobody has that handle."""
    with connected(path, "rw") as db:
        person = _person(db, handle, "A brand needs no invitation.")
        return _request(db, INVITE, Invitation(person), now)


def _person(db: sqlite3.Connection, handle: str, brand: str) -> str:
    wanted = handle.lstrip("@").lower()
    row = db.execute(_PEOPLE["account_by_handle"], (wanted,)).fetchone()
    if row is None:
        raise CommandError(f"There is no account {handle!r} here.")
    if row[1] == "brand":
        raise CommandError(brand)
    return str(row[0])


def _request(db: sqlite3.Connection, kind: str, what: Ban | Invitation, now: datetime) -> int:
    asked = msgspec.json.encode(what).decode()
    n = db.execute(_OPERATOR["request"], (kind, asked, from_time(now))).lastrowid
    assert n is not None
    return n


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
