"""What lanes read and write: due mirrors, their work, sendings, receipts."""

import sqlite3
from datetime import datetime

from bridge.store import rows
from bridge.store.changes import item_position, place
from bridge.store.codec import from_sending, from_time, to_sending, to_time
from bridge.store.known import Known
from bridge.store.messages import InMirror, in_mirror, with_pins
from bridge.store.queries import load
from core.delivery import Sending
from core.events import (
    AboutMessage,
    CardFilled,
    Event,
    MessagePosted,
    PeopleAdded,
    ThreadOpened,
)
from core.ids import AccountId, BindingId, MessageId, MirrorId, PinId, RemoteId, SpaceId, ThreadId
from core.mentions import mentioned
from core.model import Mirror, MirrorState, Placement, Thread
from core.ports import Due, LaneWork

_SQL = load("lanes")
_DUE = _SQL["due"]
_LANE = _SQL["lane"]
_NEXT_EVENTS = _SQL["next_events"]
_BEGIN = _SQL["begin"]
_PLACED = _SQL["placed"]

_WITH_PIN = (MessagePosted, ThreadOpened, CardFilled)
_KNOWN = 200
"""Events whose remote messages are told to a lane that looks for an unclear write."""


def due(db: sqlite3.Connection) -> tuple[Due, ...]:
    return tuple([_due(row) for row in db.execute(_DUE).fetchall()])


def _due(row: rows.Row) -> Due:
    return Due(row[0], row[1], row[2], None if row[3] is None else to_time(row[3]))


def lane(db: sqlite3.Connection, known: Known, mirror: MirrorId, limit: int) -> LaneWork | None:
    """Reads of one snapshot. It runs on the event loop, because it reads `known`."""
    db.execute("BEGIN")
    try:
        row = db.execute(_LANE, (mirror,)).fetchone()
        if row is None:
            return None
        found = db.execute(_NEXT_EVENTS, (row[1], row[10], limit)).fetchall()
        events = tuple([rows.event(line) for line in found])
        sending = None if row[18] is None else to_sending(row[18])
        about = in_mirror(db, mirror, _about(db, row[1], events, row[21]), row[11])
        remotes = _remotes(db, mirror, row, sending, about)
    finally:
        db.execute("COMMIT")
    return work(
        known,
        rows.mirror(row),
        Thread(row[19], row[20], row[21], row[22]),
        opened_by=row[23],
        people=tuple([AccountId(name) for name in rows.names.decode(row[24])]),
        events=events,
        about=about,
        card_revision=row[25],
        newest=row[26],
        sending=sending,
        remotes=remotes,
    )


def _about(
    db: sqlite3.Connection, thread: ThreadId, events: tuple[Event, ...], pin: PinId
) -> set[MessageId]:
    """The messages that events are about, and those whose pins have become known."""
    messages: set[MessageId] = set()
    pins: set[PinId] = set()
    for event in events:
        what = event.what
        if isinstance(what, MessagePosted | AboutMessage):
            messages.add(what.message)
        elif isinstance(what, CardFilled) and what.pin != pin:
            pins.add(what.pin)
    if pins:
        messages.update(with_pins(db, thread, pins))
    return messages


def work(
    known: Known,
    mirror: Mirror,
    thread: Thread,
    *,
    opened_by: AccountId,
    people: tuple[AccountId, ...],
    events: tuple[Event, ...],
    about: InMirror,
    card_revision: int,
    newest: RemoteId | None,
    sending: Sending | None,
    remotes: frozenset[RemoteId],
) -> LaneWork:
    """Adds everybody and every pin that the events, the messages and the card name."""
    accounts = {opened_by, *people}
    pins = {thread.pin}
    mentions: set[AccountId] = set()
    for event in events:
        accounts.add(event.actor)
        what = event.what
        if isinstance(what, PeopleAdded):
            accounts.update(what.people)
        elif isinstance(what, _WITH_PIN) and what.pin is not None:
            pins.add(what.pin)
    for message in about.written.values():
        accounts.add(message.author)
        if message.pin is not None:
            pins.add(message.pin)
        if message.rich is not None:
            mentions.update(AccountId(account) for account in mentioned(message.rich))
    return LaneWork(
        mirror=mirror,
        sending=sending,
        thread=thread,
        opened_by=opened_by,
        people=people,
        events=events,
        accounts=known.accounts(accounts),
        pins=known.pins(pins),
        written=about.written,
        placed=about.placed,
        wanted=about.wanted,
        shown=about.shown,
        users=known.users(mirror.place, mentions) if mentions else {},
        card_revision=card_revision,
        newest=newest,
        known=remotes,
    )


def _remotes(
    db: sqlite3.Connection,
    mirror: MirrorId,
    row: rows.Row,
    sending: Sending | None,
    about: InMirror,
) -> frozenset[RemoteId]:
    """What is placed in the mirror after the anchor of what is being sent."""
    newest = () if row[26] is None else (RemoteId(row[26]),)
    if sending is None:
        return frozenset(newest)
    asked = {"mirror": mirror, "thread": row[1], "seq": sending.seq, "limit": _KNOWN}
    found = db.execute(_SQL["known"], asked).fetchall()
    placed = [one.remote for parts in about.placed.values() for one in parts]
    return frozenset((*newest, *placed, *(remote for (remote,) in found)))


def begin(db: sqlite3.Connection, mirror: MirrorId, sending: Sending) -> None:
    db.execute(_BEGIN, (from_sending(sending), mirror))


def placed(
    db: sqlite3.Connection,
    mirror: MirrorId,
    placement: Placement | None,
    *,
    sending: Sending | None,
    cursor: int | None,
    root: RemoteId | None,
    space: SpaceId | None,
    reacted: tuple[MessageId, str, bool] | None,
) -> bool:
    """Whether the placement is a remote message that was not known of."""
    new = False
    if placement is not None:
        new = place(db, placement, item_position(db, mirror, placement.item))
    if reacted is not None:
        message, emoji, on = reacted
        show = _SQL["show" if on else "show_no_longer"]
        db.execute(show, (item_position(db, mirror, message), mirror, emoji))
    data = None if sending is None else from_sending(sending)
    newest = placement.remote if new and placement is not None else None
    db.execute(_PLACED, (data, cursor, root, space, newest, mirror))
    return new


def hide_copy(db: sqlite3.Connection, mirror: MirrorId, remote: RemoteId) -> None:
    db.execute(_SQL["hide_copy"], (remote, mirror))


def pass_over(
    db: sqlite3.Connection, mirror: MirrorId, cursor: int, refused: tuple[int, str] | None
) -> None:
    db.execute(_SQL["pass_over"], (cursor, mirror))
    if refused is not None:
        db.execute(_SQL["refuse"], (mirror, *refused))


def park(
    db: sqlite3.Connection,
    mirror: MirrorId,
    *,
    attempts: int,
    retry_at: datetime | None,
    state: MirrorState,
    reason: str | None,
) -> None:
    at = None if retry_at is None else from_time(retry_at)
    db.execute(_SQL["park"], (attempts, at, state, reason, mirror))


def unpark(db: sqlite3.Connection, platform: str) -> None:
    db.execute(_SQL["unpark"], (platform,))


def break_place(db: sqlite3.Connection, binding: BindingId, reason: str) -> None:
    db.execute(_SQL["break_place"], (reason, binding))


def mend_place(db: sqlite3.Connection, binding: BindingId) -> None:
    db.execute(_SQL["mend_place"], (binding,))
