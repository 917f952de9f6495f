"""What a commit changes, and held intents: transactions of the writer.

Each checks before it writes. The one write that comes first, the claim of the
key, is taken back where the commit turns out stale.
"""

import sqlite3
from datetime import datetime

from bridge.store import talking, timing
from bridge.store.codec import (
    from_accounts,
    from_content,
    from_happening,
    from_identity,
    from_intent,
    from_remote_file,
    from_sending,
    from_time,
    intent_key,
)
from bridge.store.messages import position
from bridge.store.queries import load
from bridge.store.rows import duplicate
from core.events import (
    AboutMessage,
    ConversationStarted,
    Event,
    FileAdded,
    FileRemoved,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    Muted,
    PeopleAdded,
    PersonLeft,
    PersonRemoved,
    PlaceClosed,
    ReactionAdded,
    ReactionRemoved,
    RequestAccepted,
    RequestIgnored,
    StatusChanged,
    ThreadAssigned,
    ThreadOpened,
)
from core.ids import AccountId, MessageId, MirrorId, PinId, ThreadId
from core.model import CARD, MirrorState, Placement, Request
from core.ports.rows import (
    Begun,
    Commit,
    Committed,
    Duplicate,
    HeldIntent,
    NewMirror,
    Stale,
    StoreError,
)

_SQL = load("conversations")
_LANES = load("lanes")
_PINS = load("pins")
_CLAIM = _SQL["claim"]
_UNCLAIM = _SQL["unclaim"]
_COMMITTED = _SQL["committed"]
_CREATE = _SQL["create"]
_ADVANCE = _SQL["advance"]
_APPEND = _SQL["append"]
_BODY = _SQL["body"]
_TAIL = _SQL["tail"]
_HERE = _SQL["here"]
_BEGIN_IDLE = _LANES["begin_idle"]
_PLACE = _LANES["place"]
_STALE = Stale()
_PLACED = (MessagePosted, MessageEdited, MessageDeleted)

BARE_ADDRESS = "https://www.pinterest.com/pin/{}/"


def commit(
    db: sqlite3.Connection, standing: talking.Version, new: Commit
) -> Committed | Duplicate | Stale:
    events = new.events
    last = events[-1]
    key = intent_key(new.key)
    claim = (*key, new.fingerprint, new.conversation, last.thread, last.seq, _said(events))
    if not db.execute(_CLAIM, claim).rowcount:
        return duplicate(db.execute(_COMMITTED, key).fetchone())
    if new.standing is not None and new.standing != standing.now:
        db.execute(_UNCLAIM, key)
        return Stale(standing.now)
    if not _advanced(db, new, last.seq):
        db.execute(_UNCLAIM, key)
        return _STALE
    tails: dict[ThreadId, tuple[int, int]] = {}
    for event in events:
        at = _append(db, new, event)
        tails[event.thread] = (event.seq, at)
        if new.here is not None and is_item(event, new.here):
            posted = at if isinstance(event.what, MessagePosted) else None
            _here(db, new.here, event, posted, alone=is_all(new, event))
    for thread, (seq, at) in tails.items():
        db.execute(_TAIL, (seq, at, thread))
    for mirror in new.mirrors:
        _mirror(db, new, mirror)
    if new.fetches or new.edges or new.timers or new.drop_timers:
        _settle(db, standing, new)
    version = standing.now if new.edges else 0
    if not new.begun:
        return Committed(last.seq, (), version)
    begun = tuple([one.mirror for one in new.begun if _begun(db, one)])
    return Committed(last.seq, begun, version)


def _settle(db: sqlite3.Connection, standing: talking.Version, new: Commit) -> None:
    """What a decision brings with it beside its events."""
    if new.edges:
        talking.change(db, standing, new.edges, new.events[-1].at)
    for fetch in new.fetches:
        file = from_remote_file(fetch.file)
        row = (fetch.message, fetch.n, fetch.platform, file, fetch.attempts)
        db.execute(_SQL["add_fetch"], row)
    for timer in new.drop_timers:
        timing.drop(db, timer)
    for one in new.timers:
        timing.put(db, one, one.id)


def _begun(db: sqlite3.Connection, one: Begun) -> bool:
    row = (from_sending(one.sending), one.mirror, one.cursor)
    return bool(db.execute(_BEGIN_IDLE, row).rowcount)


def _said(events: tuple[Event, ...]) -> MessageId | None:
    """The message that an intent posted."""
    for event in events:
        if isinstance(event.what, MessagePosted):
            return event.what.message
    return None


def _advanced(db: sqlite3.Connection, new: Commit, seq: int) -> bool:
    if new.expected:
        advance = (seq, new.conversation, new.expected)
        return bool(db.execute(_ADVANCE, advance).rowcount)
    create = (new.conversation, new.events[0].actor, seq, new.people_key or None)
    return bool(db.execute(_CREATE, create).rowcount)


def _append(db: sqlite3.Connection, new: Commit, event: Event) -> int:
    """Gives the position of the event."""
    what = event.what
    if not isinstance(what, MessagePosted):
        at = _insert(db, event, None, None, from_happening(what))
        if isinstance(what, AboutMessage):
            _happen_to(db, new, event, what, at)
        else:
            _take_effect(db, new, event, at)
        return at
    at = _insert(db, event, what.message, what.pin, what.answers)
    db.execute(_BODY, (at, what.text, from_content(what.rich)))
    if what.pin is not None:
        _use_pin(db, what.pin)
    return at


def _insert(
    db: sqlite3.Connection,
    event: Event,
    message: MessageId | None,
    pin: PinId | None,
    data: str | None,
) -> int:
    row = (
        event.conversation,
        event.seq,
        event.thread,
        from_time(event.at),
        event.actor,
        type(event.what).__name__,
        message,
        pin,
        data,
        None if event.agent is None else from_identity(event.agent),
        event.only,
        from_accounts(event.hidden) if event.hidden else None,
    )
    at = db.execute(_APPEND, row).lastrowid
    assert at is not None
    return at


def _happen_to(
    db: sqlite3.Connection, new: Commit, event: Event, what: AboutMessage, at: int
) -> None:
    """What happens to a message after it was posted. A file that failed leaves no trace on it."""
    message = item_position(db, event.thread, what.message)
    if isinstance(what, MessageEdited):
        db.execute(_SQL["past"], {"at": from_time(event.at), "message": message})
        row = (at, what.text, from_content(what.rich), what.revision, message)
        db.execute(_SQL["edit_body"], row)
        db.execute(_SQL["edited"], (at, what.revision, message))
    elif isinstance(what, MessageDeleted):
        db.execute(_SQL["past"], {"at": from_time(event.at), "message": message})
        db.execute(_SQL["deleted"], (at, message))
    elif isinstance(what, ReactionAdded):
        db.execute(_SQL["react"], (message, event.actor, what.emoji, new.origin))
    elif isinstance(what, ReactionRemoved):
        db.execute(_SQL["unreact"], (message, event.actor, what.emoji))
    elif isinstance(what, FileAdded):
        db.execute(_SQL["add_file"], (message, at, what.file.id, what.remote))
    elif isinstance(what, FileRemoved):
        off = {"message": message, "remote": what.remote, "at": at, "past": from_time(event.at)}
        db.execute(_SQL["remove_file" if what.added else "expect_no_file"], off)
        db.execute(_SQL["fetch_no_more"], (what.message, what.remote))


def _take_effect(db: sqlite3.Connection, new: Commit, event: Event, position: int) -> None:
    what = event.what
    if isinstance(what, ThreadOpened):
        thread = (event.thread, event.conversation, what.pin, event.seq, position, event.actor)
        db.execute(_SQL["open"], thread)
        _use_pin(db, what.pin)
    elif isinstance(what, ThreadAssigned):
        db.execute(_SQL["assign"], (what.to, event.thread))
    elif isinstance(what, StatusChanged):
        until = None if what.until is None else from_time(what.until)
        db.execute(_SQL["set_status"], (what.status, until, event.thread))
    elif isinstance(what, PlaceClosed):
        db.execute(_SQL["end_place"], (event.seq, what.binding, event.conversation))
    else:
        _change_people(db, new, event)


def _change_people(db: sqlite3.Connection, new: Commit, event: Event) -> None:
    what = event.what
    if isinstance(what, PeopleAdded | PersonLeft | PersonRemoved):
        db.execute(_SQL["set_people"], {"key": new.people_key or None, "id": new.conversation})
    if isinstance(what, ConversationStarted | PeopleAdded):
        for account in what.people:
            asked = Request.PENDING if account in what.asked else Request.NONE
            _join(db, event, account, asked)
    elif isinstance(what, PersonLeft):
        _leave(db, event, event.actor, removed=False)
    elif isinstance(what, PersonRemoved):
        _leave(db, event, what.account, removed=True)
    elif isinstance(what, RequestAccepted | RequestIgnored):
        accepted = isinstance(what, RequestAccepted)
        chosen = Request.ACCEPTED if accepted else Request.IGNORED
        db.execute(_SQL["choose"], (chosen, event.conversation, event.actor))
    elif isinstance(what, Muted):
        db.execute(_SQL["mute"], (what.on, event.conversation, event.actor))


def _join(db: sqlite3.Connection, event: Event, account: AccountId, request: Request) -> None:
    member = {"conversation": event.conversation, "account": account, "since": event.seq}
    db.execute(_SQL["join"], {**member, "request": request})


def _leave(db: sqlite3.Connection, event: Event, account: AccountId, *, removed: bool) -> None:
    db.execute(_SQL["leave"], (event.seq, removed, event.conversation, account))
    db.execute(_SQL["end_mirrors"], (event.seq, account, event.conversation))


def _use_pin(db: sqlite3.Connection, pin: PinId) -> None:
    db.execute(_PINS["use_pin"], (pin, BARE_ADDRESS.format(pin)))


def _mirror(db: sqlite3.Connection, new: Commit, mirror: NewMirror) -> None:
    binding = mirror.binding
    place = binding.place
    row = (mirror.id, mirror.thread, new.conversation, binding.id, binding.account)
    where = (place.platform, place.workspace, place.channel, binding.kind)
    state = MirrorState.PAUSED if binding.paused else MirrorState.ACTIVE
    db.execute(_SQL["mirror"], (*row, *where, mirror.from_seq, mirror.from_seq - 1, state))


def is_item(event: Event, placement: Placement) -> bool:
    """Whether it is this event that placed it, or changed what stood there."""
    what = event.what
    return isinstance(what, _PLACED) and what.message == placement.item


def is_all(new: Commit, event: Event) -> bool:
    """Whether a mirror in which it was done has nothing to show of the commit.

    Of a deletion it has: the quotes above answers change.
    """
    return len(new.events) == 1 and not isinstance(event.what, MessageDeleted)


def _here(
    db: sqlite3.Connection, here: Placement, event: Event, at: int | None, *, alone: bool
) -> None:
    """Places what was done in a mirror. Runs before the thread's tail moves."""
    new = place(db, here, at or item_position(db, event.thread, here.item))
    done = {"mirror": here.mirror, "remote": here.remote if new else None, "seq": event.seq}
    db.execute(_HERE, {**done, "alone": alone, "thread": event.thread})


def item_position(db: sqlite3.Connection, of: ThreadId | MirrorId, item: str) -> int:
    """Of the event that an item belongs to; `of` is its thread, or a mirror of it."""
    if item == CARD:
        return 0
    if "#" in item or ":" in item:
        seq = item.replace("#", ":").rpartition(":")[2]
        found = db.execute(_LANES["position"], {"of": of, "seq": int(seq)}).fetchone()
        at = None if found is None else int(found[0])
    else:
        at = position(db, item)
    if at is None:
        raise StoreError(f"There is no event of {item!r} in {of}.")
    return at


def place(db: sqlite3.Connection, placement: Placement, at: int) -> bool:
    """Notes which remote message holds a part of an item; False if it was there already."""
    key = (at, placement.mirror, placement.part)
    values = (placement.remote, placement.poster, placement.revision, placement.removed)
    if db.execute(_PLACE, (*key, *values)).rowcount:
        return True
    (before,) = db.execute(_LANES["remote_of"], key).fetchone()
    db.execute(_LANES["place_again"], (*values, *key))
    return bool(before != placement.remote)


def hold(db: sqlite3.Connection, held: HeldIntent, platform: str) -> bool:
    row = {
        "key": held.key,
        "platform": platform,
        "waits_for": held.waits_for,
        "intent": from_intent(held.intent),
        "at": from_time(held.at),
    }
    if db.execute(_SQL["hold"], row).rowcount:
        return True
    return db.execute(_SQL["is_held"], (held.key,)).fetchone() is not None


def awaited(db: sqlite3.Connection) -> set[tuple[str, str]]:
    """Platforms, and what intents wait for there."""
    return set(db.execute(_SQL["awaited"]).fetchall())


def release(db: sqlite3.Connection, key: str) -> list[tuple[str, str]]:
    """What nothing waits for any more."""
    return _left(db, db.execute(_SQL["release"], (key,)).fetchall())


def drop_held(db: sqlite3.Connection, before: datetime) -> tuple[int, list[tuple[str, str]]]:
    """How many, and what nothing waits for any more."""
    dropped = db.execute(_SQL["drop_held"], (from_time(before),)).fetchall()
    return len(dropped), _left(db, dropped)


def _left(db: sqlite3.Connection, released: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [one for one in set(released) if db.execute(_SQL["is_awaited"], one).fetchone() is None]
