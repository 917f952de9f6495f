"""What people and pages read: histories, inboxes, feeds, deliveries."""

import heapq
import json
import sqlite3
from collections.abc import Iterable, Sequence

from bridge.store import rows
from bridge.store.codec import from_identity
from bridge.store.queries import load
from core.delivery import Delivery, DeliveryState
from core.events import Event
from core.ids import AccountId, BindingId, ConversationId, MessageId, RemoteId, ThreadId
from core.model import AUTHOR, BindingKind, Identity, MirrorState
from core.ports.rows import FeedItem

_SQL = load("reading")
_FIRST_EVENTS = _SQL["first_events"]
_LAST_EVENTS = _SQL["last_events"]
_EVER = 2**62


def events(
    db: sqlite3.Connection,
    thread: ThreadId,
    account: AccountId,
    stays: Sequence[tuple[int, int | None]],
    *,
    before: int | None,
    after: int | None,
    limit: int,
) -> tuple[Event, ...]:
    """What the account sees inside the stays: the first ones after `after`, else the last ones."""
    ranges = sorted(_ranges(stays, before, after), reverse=after is None)
    sql = _LAST_EVENTS if after is None else _FIRST_EVENTS
    found: list[rows.Row] = []
    for first, last in ranges:
        if len(found) < limit:
            most = limit - len(found)
            asked = {"first": first, "last": last, "limit": most}
            found += db.execute(sql, {**asked, "thread": thread, "account": account}).fetchall()
    if after is None:
        found.reverse()
    return tuple([rows.event(row) for row in found])


def _ranges(
    stays: Sequence[tuple[int, int | None]], before: int | None, after: int | None
) -> Iterable[tuple[int, int]]:
    for since, until in stays:
        first = since if after is None else max(since, after + 1)
        last = _EVER if until is None else until
        yield first, last if before is None else min(last, before - 1)


def shown_of(
    db: sqlite3.Connection, account: AccountId
) -> tuple[tuple[BindingId, ConversationId, ThreadId], ...]:
    found: dict[tuple[str, str], str] = {}
    for binding, conversation, thread in db.execute(_SQL["shown_of"], (account,)):
        found.setdefault((binding, conversation), thread)
    return tuple(
        [
            (BindingId(binding), ConversationId(conversation), ThreadId(thread))
            for (binding, conversation), thread in found.items()
        ]
    )


def history(db: sqlite3.Connection, conversation: ConversationId) -> tuple[Event, ...]:
    found = db.execute(_SQL["history"], (conversation,)).fetchall()
    return tuple([rows.event(row) for row in found])


def spoken(db: sqlite3.Connection, thread: ThreadId, by: AccountId, agent: Identity | None) -> int:
    """The newest words that are not of that author, and that they may see."""
    who = None if agent is None else from_identity(agent)
    asked = {"thread": thread, "account": by, "agent": who}
    seq: int = db.execute(_SQL["spoken"], asked).fetchone()[0]
    return seq


def deliveries(
    db: sqlite3.Connection,
    thread: ThreadId,
    messages: Sequence[tuple[int, MessageId]],
    reader: AccountId | None,
) -> dict[MessageId, tuple[Delivery, ...]]:
    found: dict[MessageId, dict[object, Delivery]] = {message: {} for _, message in messages}
    asked = {"thread": thread, "messages": json.dumps(messages), "reader": reader}
    for message, brand, *row in db.execute(_SQL["deliveries"], asked).fetchall():
        places, one = found[message], _delivery(row)
        if brand is None:
            places[len(places)] = one
            continue
        at = places.get(brand)
        if at is None or _BEST.index(one.state) < _BEST.index(at.state):
            places[brand] = Delivery("", brand, one.state)
    return {message: tuple(where.values()) for message, where in found.items()}


_BEST = (
    DeliveryState.HERE,
    DeliveryState.DELIVERED,
    DeliveryState.WAITING,
    DeliveryState.FAILED,
)
"""Which state of its inboxes stands for a brand."""


def _delivery(row: rows.Row) -> Delivery:
    platform, kind, label, passed, state, reason, poster, refusal, again = row
    direct = "direct message" if kind == BindingKind.DIRECT else platform.capitalize()
    place = label or direct
    if poster == AUTHOR:
        return Delivery(platform, place, DeliveryState.HERE)
    if refusal is not None:
        return Delivery(platform, place, DeliveryState.FAILED, refusal)
    if passed and not again:
        return Delivery(platform, place, DeliveryState.DELIVERED)
    if state == MirrorState.BROKEN:
        return Delivery(platform, place, DeliveryState.FAILED, reason)
    return Delivery(platform, place, DeliveryState.WAITING)


Placed = tuple[RemoteId, ThreadId, int, MessageId]


def placed_in(
    db: sqlite3.Connection, platform: str, channel: str, limit: int
) -> tuple[Placed, ...]:
    """The newest placements of messages in a channel, newest first.

    Threads are read from the most recently active one on, until no further one can
    hold anything newer than what has been found.
    """
    newest: list[tuple[int, Placed]] = []
    mirrors = db.execute(_SQL["active_mirrors"], (platform, channel, limit)).fetchall()
    for mirror, thread, active in mirrors:
        if len(newest) == limit and active < newest[0][0]:
            break
        asked = {"mirror": mirror, "thread": thread, "limit": limit}
        for position, *placed in db.execute(_SQL["last_placements"], asked).fetchall():
            item = (position, (placed[0], placed[1], placed[2], placed[3]))
            if len(newest) < limit:
                heapq.heappush(newest, item)
            else:
                heapq.heappushpop(newest, item)
    return tuple(placed for _, placed in sorted(newest, reverse=True))


def feed(
    db: sqlite3.Connection, account: AccountId, after: int, end: int, limit: int
) -> tuple[tuple[FeedItem, ...], int]:
    """Events up to the position `end` that the account may see."""
    asked = {"account": account, "after": after, "end": end, "limit": limit}
    found = db.execute(_SQL["feed"], asked).fetchall()
    items = tuple([FeedItem(row[0], rows.event(row[1:])) for row in found])
    if len(items) == limit and items:
        return items, items[-1].position
    return items, max(after, end)


def feed_end(db: sqlite3.Connection) -> int:
    end: int = db.execute(_SQL["feed_end"]).fetchone()[0]
    return end


def waiting(db: sqlite3.Connection) -> dict[str, int]:
    return dict(db.execute(_SQL["waiting"]).fetchall())
