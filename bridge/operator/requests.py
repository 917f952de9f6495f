"""What commands beside the running program ask it to do, such as `pinthread retry`.

The command writes a row into the database and the running program takes it up within
a second; SQLite's locking orders the two. That needs no port and no secret beyond the
file itself, survives a crash of either side, and waits where the program does not run.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import msgspec

from bridge.store import lanes
from core.ports.rows import StoreError
from core.ports.store import Store

log = logging.getLogger("pinthread.requests")

LOOK_EVERY = 0.5
"""Seconds between looks for requests; a look is one read of an index for each kind."""

Take = Callable[[str], Awaitable[str]]
"""Does what a request says, in JSON, and gives the answer for the command."""


async def follow(store: Store, takes: Mapping[str, Take], now: Callable[[], datetime]) -> None:
    """Takes requests of these kinds up until it is cancelled."""
    while True:
        try:
            await take(store, takes, now)
        except StoreError:
            log.warning("requests_unread")
        await asyncio.sleep(LOOK_EVERY)


async def take(store: Store, takes: Mapping[str, Take], now: Callable[[], datetime]) -> None:
    """Does what is asked for right now: kind by kind, the oldest first."""
    for kind, do in takes.items():
        for request in await store.requests(kind):
            await store.answer(request, await do(request.what), now())


def leave(db: sqlite3.Connection, kind: str, what: object, now: datetime) -> int:
    """The command's side: leaves a request, and gives its number. `what` becomes JSON."""
    return lanes.ask(db, kind, msgspec.json.encode(what).decode(), now)
