"""Trying once more what failed: `pinthread retry`, and the Retry of a message's author."""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from bridge.delivery.lanes import Lanes
from bridge.failures import CommandError
from bridge.intake.finding import message_of
from bridge.operator import requests
from bridge.operator.beside import connected
from bridge.store.people import LAST
from bridge.store.queries import load
from core.delivery import DeliveryState
from core.ids import AccountId, MessageId, MirrorId, ThreadId
from core.intents import MessageRef, RemoteMessage
from core.model import Refusal
from core.ports.needs import Wakeups
from core.ports.reading import Change
from core.ports.rows import Retry
from core.ports.store import Store

log = logging.getLogger("pinthread.retrying")

_SQL = load("operator")
_LANES = load("lanes")
_KIND = "retry"
PAUSE = timedelta(seconds=10)
"""How soon an author may ask again for the same message."""
TOO_SOON = Refusal("rate_limited", "This was tried just now. Wait some seconds.")
NOT_YOURS = Refusal("not_author", "Only its author can send this message once more.")


class Retrying:
    """The program's side: asks the store what there is to try, and starts its lanes."""

    def __init__(
        self, store: Store, lanes: Lanes, wakeups: Wakeups, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._lanes = lanes
        self._wakeups = wakeups
        self._now = now
        self._asked: dict[MessageId, datetime] = {}

    async def run(self) -> None:
        """Takes requests up until it is cancelled."""
        await requests.follow(self._store, {_KIND: self._take}, self._now)

    async def _take(self, what: str) -> str:
        mirrors = await self._retry(msgspec.json.decode(what, type=Retry))
        log.info("retried", extra={"mirrors": len(mirrors)})
        return msgspec.json.encode(mirrors).decode()

    async def message(
        self, asker: AccountId, thread: ThreadId, message: MessageId
    ) -> Refusal | None:
        """For its author: wherever the message did not get through."""
        written = await self._store.written(message)
        if written is None or written.thread != thread or written.author != asker:
            return NOT_YOURS
        now = self._now()
        self._asked = {m: at for m, at in self._asked.items() if at <= now < at + PAUSE}
        if message in self._asked:
            return TOO_SOON
        self._asked[message] = now
        await self._retry(Retry(thread=thread, message=written.seq))
        row = await self._store.thread(thread)
        if row is not None:
            self._wakeups.publish(Change(row.conversation, thread, "delivery"))
        return None

    async def edited(self, ref: MessageRef, thread: ThreadId) -> None:
        """What was refused is tried again as it reads now: that is what an edit of it is for."""
        if not await self._store.has_failed(thread):
            return
        if isinstance(ref, RemoteMessage):
            there = await self._store.placement_at(ref.platform, ref.remote)
            if there is None:
                return
            ref = message_of(there[1].item)
        written = await self._store.written(ref)
        if written is None:
            return
        told = await self._store.deliveries(written.thread, [(written.seq, ref)])
        if any(each.state is DeliveryState.FAILED for each in told.get(ref, ())):
            await self._retry(Retry(thread=written.thread, message=written.seq))

    async def _retry(self, what: Retry) -> tuple[MirrorId, ...]:
        due = await self._store.retry(what)
        self._lanes.retry(due)
        return tuple(one.mirror for one in due)


# --- the command --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far mirrors have come: delivered, refused or broken again, or still on their way."""

    done: int
    failed: tuple[str, ...]
    waiting: int


def ask(path: Path, what: Retry, now: datetime) -> int:
    """Leaves the request, and gives its number; an error where nothing is named so."""
    with connected(path, "rw") as db:
        if not db.execute(_LANES["to_retry"], _asked(what)).fetchone():
            raise CommandError("Nothing that failed is named so. `pinthread stuck` lists it.")
        return requests.leave(db, _KIND, what, now)


def _asked(what: Retry) -> dict[str, object]:
    return {**{name: getattr(what, name) for name in what.__slots__}, "last": LAST}


def taken(path: Path, request: int, seconds: float) -> tuple[MirrorId, ...] | None:
    """The mirrors that the program tries, or nothing: it has not taken the request up yet."""
    with connected(path, "ro") as db:
        for _ in _ticks(seconds):
            row = db.execute(_SQL["answer_of"], (request,)).fetchone()
            if row is None:
                return ()
            if row[0] is not None:
                return msgspec.json.decode(row[0], type=tuple[MirrorId, ...])
    return None


def follow(path: Path, mirrors: tuple[MirrorId, ...], seconds: float) -> Iterator[Outcome]:
    """How far they have come, each time that changes, until all have ended or time is up."""
    last = None
    with connected(path, "ro") as db:
        for _ in _ticks(seconds):
            now = _outcome(db, mirrors)
            if now != last:
                yield now
            last = now
            if not now.waiting:
                return


def _outcome(db: sqlite3.Connection, mirrors: tuple[MirrorId, ...]) -> Outcome:
    done, waiting = 0, 0
    failed: list[str] = []
    for mirror in mirrors:
        state, reason, parked, passed, again, refusals = db.execute(
            _SQL["state_of"], (mirror,)
        ).fetchone()
        if state == "broken":
            failed.append(reason or "")
        elif again or not passed or parked:
            waiting += 1
        elif refusals:
            failed.append(refusals)
        else:
            done += 1
    return Outcome(done, tuple(sorted(set(failed))), waiting)


def _ticks(seconds: float) -> Iterator[None]:
    ends = time.monotonic() + seconds
    yield
    while time.monotonic() < ends:
        time.sleep(0.1)
        yield
