"""What lanes read and write: due mirrors, their work, sendings, receipts."""

import sqlite3
from dataclasses import asdict
from datetime import datetime, timedelta

from bridge.store import rows
from bridge.store.changes import item_position, place
from bridge.store.codec import from_sending, from_time, to_sending, to_time
from bridge.store.inside import inside
from bridge.store.inside import named as named_inside
from bridge.store.known import Known
from bridge.store.messages import InMirror, answers_to, in_mirror, with_pins
from bridge.store.people import LAST
from bridge.store.queries import load
from core.delivery import Sending
from core.events import (
    AboutMessage,
    CardFilled,
    Event,
    MessageDeleted,
    MessagePosted,
    PeopleAdded,
    ReactionAdded,
    ReactionRemoved,
    ThreadOpened,
)
from core.ids import AccountId, BindingId, MessageId, MirrorId, PinId, RemoteId, SpaceId, ThreadId
from core.model import BindingKind, Mirror, MirrorState, Placement, Thread
from core.ports.rows import Again, Asked, Due, LaneWork, Refused, Retry
from core.text.content import Mention
from core.text.mentions import named

_SQL = load("lanes")
_OPERATOR = load("operator")
_DUE = _SQL["due"]
_LANE = _SQL["lane"]
_NEXT_EVENTS = _SQL["next_events"]
_BEGIN = _SQL["begin"]
_PLACED = _SQL["placed"]

_WITH_PIN = (MessagePosted, ThreadOpened, CardFilled)
_KEEP_ANSWERS = timedelta(hours=1)
_KNOWN = 200
"""Events whose remote messages are told to a lane that looks for an unclear write."""


def due(db: sqlite3.Connection) -> tuple[Due, ...]:
    return tuple([_due(row) for row in db.execute(_DUE).fetchall()])


def _due(row: rows.Row) -> Due:
    retry_at, since = [None if at is None else to_time(at) for at in row[3:5]]
    return Due(row[0], row[1], row[2], retry_at, since)


def lane(
    db: sqlite3.Connection,
    known: Known,
    mirror: MirrorId,
    limit: int,
    *,
    refused: bool = False,
    after: int | None = None,
) -> LaneWork | None:
    """Reads of one snapshot. It runs on the event loop, because it reads `known`.

    `refused` says that there may be something to be tried once more. The events are those
    after `after`, or else after the cursor.
    """
    db.execute("BEGIN")
    try:
        row = db.execute(_LANE, (mirror,)).fetchone()
        if row is None:
            return None
        start = row[10] if after is None else after
        found = db.execute(_NEXT_EVENTS, (row[1], start, limit)).fetchall()
        events = tuple([rows.event(line) for line in found])
        sending = None if row[18] is None else to_sending(row[18])
        again = _again(db, mirror) if refused else ()
        later = _later(db, row[1], events) if len(events) == limit else frozenset()
        shown = (*(one.event for one in again), *events)
        reader = None if row[8] == BindingKind.PROJECT else row[4]
        about = in_mirror(db, mirror, _about(db, row[1], shown, row[21]), row[11], reader)
        remotes = _remotes(db, mirror, row, sending, about)
    finally:
        db.execute("COMMIT")
    return work(
        known,
        rows.mirror(row),
        rows.thread((*row[19:23], *row[27:30])),
        opened_by=row[23],
        people=tuple([AccountId(name) for name in rows.names.decode(row[24])]),
        events=events,
        about=about,
        card_revision=row[25],
        newest=row[26],
        sending=sending,
        remotes=remotes,
        again=again,
        later=later,
        asked=bool(row[30]),
        muted=bool(row[31]),
        filling=row[22] <= row[32],
    )


def _later(
    db: sqlite3.Connection, thread: ThreadId, events: tuple[Event, ...]
) -> frozenset[tuple[MessageId, str]]:
    """The reactions that come after these events; needed only where these hold some."""
    if not any(isinstance(event.what, ReactionAdded | ReactionRemoved) for event in events):
        return frozenset()
    found = db.execute(_SQL["later_reactions"], (thread, events[-1].seq)).fetchall()
    return frozenset([(MessageId(message), emoji) for message, emoji in found])


def _again(db: sqlite3.Connection, mirror: MirrorId) -> tuple[Again, ...]:
    found = db.execute(_SQL["again"], (mirror,)).fetchall()
    return tuple([Again(row[0], row[1], rows.event(row[2:])) for row in found])


def _about(
    db: sqlite3.Connection, thread: ThreadId, events: tuple[Event, ...], pin: PinId
) -> set[MessageId]:
    """Messages that events are about, those whose pins are known now, and answers to deleted."""
    messages: set[MessageId] = set()
    pins: set[PinId] = set()
    deleted: set[MessageId] = set()
    for event in events:
        what = event.what
        if isinstance(what, MessagePosted | AboutMessage):
            messages.add(what.message)
        elif isinstance(what, CardFilled) and what.pin != pin:
            pins.add(what.pin)
        if isinstance(what, MessageDeleted):
            deleted.add(what.message)
    if pins:
        messages.update(with_pins(db, thread, pins))
    if deleted:
        messages.update(answers_to(db, thread, deleted))
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
    again: tuple[Again, ...] = (),
    later: frozenset[tuple[MessageId, str]] = frozenset(),
    asked: bool = False,
    muted: bool = False,
    filling: bool = False,
) -> LaneWork:
    """Adds everybody and every pin that the events, the messages and the card name."""
    accounts = {opened_by, *people}
    pins = {thread.pin}
    mentions: set[AccountId] = set()
    channels: set[str] = set()
    shown = (*(one.event for one in again), *events) if again else events
    for event in shown:
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
            for one in named(message.rich):
                if isinstance(one, Mention):
                    mentions.add(AccountId(one.account))
                elif one.ref is not None:
                    channels.add(one.ref)
    everybody = mentions
    mentions = _wanted(known, mirror, mentions, shown, muted=muted, late=filling)
    quiet = everybody - mentions
    accounts |= named_inside(events)
    ours = inside(
        known, mirror, thread, people, events, about.written.values(), asked=asked, muted=muted
    )
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
        users=known.there(mirror.place, mentions, channels),
        card_revision=card_revision,
        newest=newest,
        known=remotes,
        again=again,
        later=later,
        agents=ours.agents,
        signatures=ours.signatures,
        line=ours.line,
        ping=ours.ping,
        quiet=known.there(mirror.place, quiet, ()) if quiet else {},
        filling=filling,
    )


def _wanted(
    known: Known,
    mirror: Mirror,
    mentions: set[AccountId],
    events: tuple[Event, ...],
    *,
    muted: bool,
    late: bool,
) -> set[AccountId]:
    """Who is mentioned and wants to be; all others are named, which pings nobody.

    Late: in a new place, of what was said before it was there.
    """
    if late or not mentions:
        return set()
    quiet = {mirror.account} if muted else set()
    at = max((event.at for event in events), default=None)
    return {
        one
        for one in mentions - quiet
        if (known.prefs(one).notify != "none" if at is None else known.wants_pings(one, at))
    }


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
    if sending is None and placement is not None and placement.revision > 1:
        forgive(db, mirror, placement.item)
    return new


def hide_copy(db: sqlite3.Connection, mirror: MirrorId, remote: RemoteId) -> None:
    db.execute(_SQL["hide_copy"], (remote, mirror))


def pass_over(
    db: sqlite3.Connection, mirror: MirrorId, cursor: int, refused: Refused | None
) -> None:
    db.execute(_SQL["pass_over"], (cursor, mirror))
    if refused is not None:
        row = (mirror, refused.seq, refused.item, refused.reason, from_time(refused.at))
        db.execute(_SQL["refuse"], row)


def forgive(db: sqlite3.Connection, mirror: MirrorId, item: str) -> None:
    db.execute(_SQL["forgive"], (mirror, item))


def retry(db: sqlite3.Connection, what: Retry) -> tuple[Due, ...]:
    found = db.execute(_SQL["to_retry"], {**asdict(what), "last": LAST}).fetchall()
    for row in found:
        db.execute(_SQL["activate"], (row[0],))
        db.execute(_SQL["try_again"], {"mirror": row[0], "message": what.message})
    return tuple([_due(row) for row in found])


def awaiting_again(db: sqlite3.Connection) -> set[MirrorId]:
    """Mirrors in which something that was refused shall be tried once more."""
    return {mirror for (mirror,) in db.execute(_SQL["awaiting_again"]).fetchall()}


def park(
    db: sqlite3.Connection,
    mirror: MirrorId,
    *,
    attempts: int,
    retry_at: datetime | None,
    state: MirrorState,
    reason: str | None,
    since: datetime | None,
) -> None:
    row = {
        "mirror": mirror,
        "attempts": attempts,
        "retry_at": _time(retry_at),
        "state": state,
        "reason": reason,
        "since": _time(since),
    }
    db.execute(_SQL["park"], row)


def unpark(db: sqlite3.Connection, platform: str) -> None:
    db.execute(_SQL["unpark"], (platform,))


def break_place(
    db: sqlite3.Connection, binding: BindingId, reason: str, since: datetime | None
) -> None:
    db.execute(_SQL["break_place"], (reason, _time(since), binding))


def mend_place(db: sqlite3.Connection, binding: BindingId) -> None:
    db.execute(_SQL["mend_place"], (binding,))


def _time(at: datetime | None) -> int | None:
    return None if at is None else from_time(at)


def ask(db: sqlite3.Connection, kind: str, what: str, now: datetime) -> int:
    """The number of the request."""
    n = db.execute(_OPERATOR["request"], (kind, what, from_time(now))).lastrowid
    assert n is not None
    return n


def answer(db: sqlite3.Connection, request: Asked, answer: str, now: datetime) -> None:
    db.execute(_OPERATOR["answer"], (answer, request.n))
    db.execute(_OPERATOR["drop_answered"], (from_time(now - _KEEP_ANSWERS),))
