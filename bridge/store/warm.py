"""What the store knows of the threads in use, so that a message on its way reads nothing.

A page that the writer touches is lost to the readers' caches, so reading back what
was written a moment ago is the dearest read of all. The threads used last are kept
here with their mirrors and newest events, bounded, and follow every commit: this
copy answers exactly what the database would, or not at all. Loop only.
"""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from bridge.store import rows
from bridge.store.changes import is_all, is_item
from bridge.store.codec import to_time
from bridge.store.known import Known
from bridge.store.lanes import work
from bridge.store.messages import InMirror
from bridge.store.queries import load
from core.delivery import Sending
from core.events import AboutMessage, CardFilled, Event, MessagePosted
from core.ids import AccountId, ConversationId, MessageId, MirrorId, RemoteId, SpaceId, ThreadId
from core.model import (
    CARD,
    Head,
    Member,
    MirrorState,
    Placement,
    Request,
    Thread,
    Written,
)
from core.ports.rows import Commit, Committed, Due, Duplicate, LaneWork, Spot, Stale

_SQL = load("warm")
MOST_THREADS = 16_384
"""Of some 3 KB each."""
_MOST_EVENTS = 16
"""Events kept of a thread while a mirror of it has not passed them."""

# Columns of a mirror's row that change; rows.mirror reads the whole row.
_CURSOR, _UNTIL, _ROOT, _SPACE, _STATE, _REASON, _ATTEMPTS, _RETRY_AT = range(10, 18)


@dataclass(slots=True)
class _Lane:
    row: list[Any]
    begun: bool
    newest: RemoteId | None
    card_revision: int
    here: dict[MessageId, Placement] = field(default_factory=dict)
    """What was typed here and has not been passed yet."""

    def is_due(self, tail: int) -> bool:
        cursor, until = self.row[_CURSOR], self.row[_UNTIL]
        last = tail if until is None or until > tail else until
        return bool(self.row[_STATE] == MirrorState.ACTIVE and cursor < last)

    def is_idle(self, tail: int) -> bool:
        """It has shown all, could show more, and nothing is in its way."""
        row = self.row
        return bool(
            row[_CURSOR] == tail
            and not self.begun
            and row[_STATE] == MirrorState.ACTIVE
            and row[_ROOT] is not None
            and row[_UNTIL] is None
            and row[_RETRY_AT] is None
        )


@dataclass(slots=True)
class _Conversation:
    id: ConversationId
    creator: AccountId
    members: tuple[Member, ...]
    seq: int
    present: tuple[AccountId, ...]
    threads: tuple[ThreadId, ...] = ()

    def head(self) -> Head:
        return Head(self.id, self.creator, self.members, self.seq)


@dataclass(slots=True)
class _Warm:
    """A thread. `events` are all those after `floor`."""

    thread: Thread
    opened_by: AccountId
    conversation: _Conversation
    floor: int
    lanes: dict[MirrorId, _Lane] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def add(self, event: Event) -> None:
        self.thread = _moved(self.thread, event.seq)
        self.events.append(event)
        if len(self.events) > _MOST_EVENTS:
            self.floor = self.events.pop(0).seq

    def read_anew(self) -> None:
        """Lanes that have something to do ask the database: more is needed than is kept here."""
        self.events.clear()
        self.floor = self.thread.tail
        for lane in self.lanes.values():
            lane.here = {}

    def drop_passed(self) -> None:
        """Events that no lane will ask for, and who is asked for late reads the database."""
        tail = self.thread.tail
        if not self.events:
            return
        for lane in self.lanes.values():
            if lane.is_due(tail):
                return
        self.read_anew()


class WarmThreads:
    """The threads that were used last, as the last commit left them."""

    def __init__(self, db: sqlite3.Connection, known: Known, most: int = MOST_THREADS) -> None:
        self._db = db
        self._known = known
        self._most = most
        self._threads: dict[ThreadId, _Warm] = {}
        self._conversations: dict[ConversationId, _Conversation] = {}
        self._mirrors: dict[MirrorId, _Warm] = {}
        self._spaces: dict[tuple[str, SpaceId], MirrorId] = {}

    # --- answers --------------------------------------------------------------------------

    def spot(self, platform: str, space: SpaceId) -> Spot | None:
        mirror = self._spaces.get((platform, space))
        warm = None if mirror is None else self._mirrors.get(mirror)
        if mirror is None or warm is None:
            found = self._db.execute(_SQL["by_space"], (space, platform)).fetchone()
            if found is None:
                return None
            mirror, thread = found
            warm = self._threads.get(thread) or self._load(thread)
            if warm is None or mirror not in warm.lanes:
                return None
            self._spaces[platform, space] = mirror
        row = warm.lanes[mirror].row
        binding = self._known.binding(row[3])
        if binding is None:
            return None
        return Spot(rows.mirror(row), warm.thread, warm.conversation.head(), binding)

    def due_of(self, thread: ThreadId) -> tuple[Due, ...]:
        warm = self._threads.get(thread) or self._load(thread)
        if warm is None:
            return ()
        tail = warm.thread.tail
        return tuple([_due(warm, lane) for lane in warm.lanes.values() if lane.is_due(tail)])

    def lane(self, mirror: MirrorId, limit: int) -> LaneWork | None:
        """None: the database has to be asked."""
        warm = self._mirrors.get(mirror)
        if warm is None:
            return None
        lane = warm.lanes[mirror]
        cursor = lane.row[_CURSOR]
        if lane.begun or cursor < warm.floor:
            return None
        events = tuple([event for event in warm.events if event.seq > cursor][:limit])
        return self._work(warm, lane, events, warm.thread)

    def idle_lanes(
        self,
        event: Event,
        expected: int,
        typed_in: MirrorId | None,
        free: Callable[[Due], bool],
    ) -> tuple[LaneWork, ...]:
        """What they will have to do once the event is committed."""
        what = event.what
        warm = self._threads.get(event.thread)
        if warm is None or warm.conversation.seq != expected:
            return ()
        if not isinstance(what, MessagePosted) or what.answers is not None or what.pin is not None:
            return ()  # a pin may not be known before the commit
        thread = _moved(warm.thread, event.seq)
        tail = warm.thread.tail
        return tuple(
            [
                self._work(warm, lane, (event,), thread)
                for mirror, lane in warm.lanes.items()
                if mirror != typed_in and lane.is_idle(tail) and free(_idle(lane))
            ]
        )

    def _work(
        self, warm: _Warm, lane: _Lane, events: tuple[Event, ...], thread: Thread
    ) -> LaneWork:
        newest = () if lane.newest is None else (lane.newest,)
        mine = _own_stay(warm.conversation, lane)
        return work(
            self._known,
            rows.mirror(lane.row),
            thread,
            opened_by=warm.opened_by,
            people=warm.conversation.present,
            events=events,
            about=_as_posted(lane, events),
            card_revision=lane.card_revision,
            newest=lane.newest,
            sending=None,
            remotes=frozenset(newest),
            asked=mine is not None and mine.request is Request.PENDING,
            muted=mine is not None and mine.muted,
        )

    # --- what has been committed ----------------------------------------------------------

    def committed(self, new: Commit, result: Committed | Duplicate | Stale) -> None:
        conversation = self._conversations.get(new.conversation)
        if conversation is None or isinstance(result, Duplicate):
            return
        if isinstance(result, Stale) or new.mirrors or not _is_about_messages(new):
            for thread in conversation.threads:
                self._drop(thread)
            return
        if result.seq <= conversation.seq:
            return
        conversation.seq = result.seq
        for event in new.events:
            warm = self._threads.get(event.thread)
            if warm is None:
                continue
            tail = warm.thread.tail
            warm.add(event)
            if not _is_plain(event):
                warm.read_anew()
            if new.here is not None and is_item(event, new.here):
                self._here(warm, new.here, event.seq, tail, alone=is_all(new, event))
            warm.drop_passed()
        for mirror in result.begun:
            self.begun(mirror)

    def _here(self, warm: _Warm, here: Placement, seq: int, tail: int, *, alone: bool) -> None:
        lane = warm.lanes.get(here.mirror)
        if lane is None:
            return
        lane.newest = here.remote
        row = lane.row
        if alone and not lane.begun and row[_ROOT] is not None and row[_CURSOR] >= tail:
            row[_CURSOR] = seq
        else:
            lane.here[MessageId(here.item)] = here

    def begun(self, mirror: MirrorId) -> None:
        warm = self._mirrors.get(mirror)
        if warm is not None:
            warm.lanes[mirror].begun = True

    def placed(
        self,
        mirror: MirrorId,
        placement: Placement | None,
        sending: Sending | None,
        cursor: int | None,
        root: RemoteId | None,
        space: SpaceId | None,
        *,
        new: bool,
    ) -> None:
        warm = self._mirrors.get(mirror)
        if warm is None:
            return
        lane = warm.lanes[mirror]
        lane.begun = sending is not None
        if placement is not None:
            if new:
                lane.newest = placement.remote
            if placement.item == CARD and placement.part == 0:
                lane.card_revision = placement.revision
        row = lane.row
        row[_ROOT] = row[_ROOT] if root is None else root
        if space is not None:
            row[_SPACE] = space
            self._spaces.pop((row[5], space), None)
        _well(row)
        if cursor is not None:
            row[_CURSOR] = cursor
            warm.drop_passed()

    def passed(self, mirror: MirrorId, cursor: int) -> None:
        warm = self._mirrors.get(mirror)
        if warm is None:
            return
        lane = warm.lanes[mirror]
        lane.begun = False
        _well(lane.row)
        lane.row[_CURSOR] = cursor
        warm.drop_passed()

    def drop(self, mirror: MirrorId) -> None:
        """After a rare change of a mirror: it is read again when it is asked for."""
        warm = self._mirrors.get(mirror)
        if warm is not None:
            self._drop(warm.thread.id)

    def forget(self, threads: Iterable[ThreadId]) -> None:
        """After new mirrors of them: they are read again when they are asked for."""
        for thread in threads:
            if thread in self._threads:
                self._drop(thread)

    def clear(self) -> None:
        for known in (self._threads, self._conversations, self._mirrors, self._spaces):
            known.clear()

    # --- keeping --------------------------------------------------------------------------

    def _load(self, thread: ThreadId) -> _Warm | None:
        found = self._db.execute(_SQL["load"], (thread,)).fetchall()
        if not found:
            return None
        if len(self._threads) >= self._most:
            self._drop(next(iter(self._threads)))
        first = found[0]
        head = rows.head(first[29:])
        conversation = self._conversations.get(head.id)
        if conversation is None:
            conversation = _Conversation(
                head.id, head.creator, head.members, head.seq, head.present()
            )
            self._conversations[head.id] = conversation
        elif head.seq > conversation.seq:
            # Committed, and its commit will be told of in a moment.
            for other in conversation.threads:
                self._drop(other)
            return self._load(thread)
        row = rows.thread(first[21:])
        warm = _Warm(row, first[28], conversation, row.tail)
        conversation.threads = (*conversation.threads, thread)
        self._threads[thread] = warm
        for line in found:
            if line[0] is not None:
                lane = _Lane(_shared(line), bool(line[18]), line[19], line[20])
                warm.lanes[line[0]] = lane
                self._mirrors[line[0]] = warm
        return warm

    def _drop(self, thread: ThreadId) -> None:
        warm = self._threads.pop(thread)
        for mirror, lane in warm.lanes.items():
            self._mirrors.pop(mirror, None)
            self._spaces.pop((lane.row[5], lane.row[_SPACE]), None)
        conversation = warm.conversation
        conversation.threads = tuple(other for other in conversation.threads if other != thread)
        if not conversation.threads:
            self._conversations.pop(conversation.id, None)


def _own_stay(conversation: _Conversation, lane: _Lane) -> Member | None:
    """The stay of whose place it is."""
    for member in conversation.members:
        if member.account == lane.row[4] and member.until is None:
            return member
    return None


def _moved(thread: Thread, tail: int) -> Thread:
    inside = thread.assignee, thread.status, thread.until
    return Thread(thread.id, thread.conversation, thread.pin, tail, *inside)


def _shared(row: rows.Row) -> list[Any]:
    """A mirror's row in which what most mirrors have in common takes memory once."""
    return [intern(value) if isinstance(value, str) else value for value in row[:18]]


def _is_about_messages(new: Commit) -> bool:
    """It changes neither who is in the conversation nor another thread of it."""
    for event in new.events:
        what = event.what
        if not isinstance(what, MessagePosted) and not isinstance(what, CardFilled | AboutMessage):
            return False
    return True


def _is_plain(event: Event) -> bool:
    """Of other events a lane must know more than what is kept here."""
    return isinstance(event.what, MessagePosted) and event.what.answers is None


def _as_posted(lane: _Lane, events: tuple[Event, ...]) -> InMirror:
    """Messages that were posted since the thread was read: nothing has happened to them yet."""
    written: dict[MessageId, Written] = {}
    placed: dict[str, tuple[Placement, ...]] = {}
    for event in events:
        what = event.what
        assert isinstance(what, MessagePosted)
        message = what.message
        written[message] = Written(
            message,
            event.thread,
            event.seq,
            event.actor,
            1,
            what.text,
            what.rich,
            what.pin,
            only=event.only,
            hidden=event.hidden,
            agent=event.agent,
        )
        if lane.here and message in lane.here:
            placed[message] = (lane.here[message],)
    return InMirror(written, placed)


def _idle(lane: _Lane) -> Due:
    """Nothing waits there, and it waits for nothing."""
    row = lane.row
    return Due(row[0], row[5], row[7], None)


def _due(warm: _Warm, lane: _Lane) -> Due:
    row = lane.row
    since = None
    if row[_CURSOR] >= warm.floor:
        since = next((event.at for event in warm.events if event.seq > row[_CURSOR]), None)
    retry_at = None if row[_RETRY_AT] is None else to_time(row[_RETRY_AT])
    return Due(row[0], row[5], row[7], retry_at, since)


def _well(row: list[Any]) -> None:
    """A call has ended. What is broken or paused since it began still says why."""
    row[_ATTEMPTS], row[_RETRY_AT] = 0, None
    if row[_STATE] == MirrorState.ACTIVE:
        row[_REASON] = None
