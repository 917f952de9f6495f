"""What sweeps compare with what they read on a platform, and how far they have come.

A mirror's mark and a place's are moved by whoever has read it to its end. Nothing here
is on the way of a message, but for `touched`, which is asked for what a sweep found.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from bridge.store import rows
from bridge.store.codec import from_time, to_sending, to_time
from bridge.store.queries import load
from core.delivery import Sending
from core.events import AboutMessage, Event
from core.ids import AccountId, MessageId, MirrorId, RemoteId, SpaceId, ThreadId
from core.model import BindingKind, Mirror, Place, Placement
from core.ports.rows import Marked, Refused, SweptPlace

_SQL = load("sweeps")
_TOUCHED = _SQL["touched"]
_EVER = 2**62


def places(db: sqlite3.Connection, platform: str) -> tuple[SweptPlace, ...]:
    found = db.execute(_SQL["places"], (platform,)).fetchall()
    return tuple(
        [
            SweptPlace(
                Place(*row[:3]),
                BindingKind(row[3]),
                to_time(row[4]),
                None if row[5] is None else to_time(row[5]),
                row[6],
            )
            for row in found
        ]
    )


def marked(
    db: sqlite3.Connection, platform: str, spaces: Sequence[SpaceId]
) -> dict[SpaceId, Marked]:
    asked = {"platform": platform, "spaces": rows.listed(spaces)}
    return {row[2]: Marked(*row) for row in db.execute(_SQL["marked"], asked).fetchall()}


def recent(db: sqlite3.Connection, place: Place, since: datetime) -> tuple[Marked, ...]:
    asked = {
        "platform": place.platform,
        "workspace": place.workspace,
        "channel": place.channel,
        "since": from_time(since),
    }
    return tuple([Marked(*row) for row in db.execute(_SQL["recent"], asked).fetchall()])


def placed_before(
    db: sqlite3.Connection, mirror: MirrorId, before: int | None, limit: int
) -> tuple[tuple[Placement, ...], int | None]:
    asked = {"mirror": mirror, "before": _EVER if before is None else before, "limit": limit}
    found = db.execute(_SQL["placed_before"], asked).fetchall()
    events = {row[0] for row in found}
    placed = tuple([rows.placement(row[1:]) for row in found if row[1] is not None])
    return placed, min(events) if len(events) == limit else None


def reactions(
    db: sqlite3.Connection, messages: Sequence[MessageId]
) -> dict[MessageId, tuple[tuple[AccountId, str, MirrorId | None], ...]]:
    found: dict[MessageId, list[tuple[AccountId, str, MirrorId | None]]] = {}
    for message, *reaction in db.execute(_SQL["reactions"], (rows.listed(messages),)).fetchall():
        found.setdefault(message, []).append((reaction[0], reaction[1], reaction[2]))
    return {message: tuple(each) for message, each in found.items()}


def remotes_of(db: sqlite3.Connection, mirror: MirrorId, message: MessageId) -> frozenset[RemoteId]:
    asked = {"mirror": mirror, "message": message}
    return frozenset([row[0] for row in db.execute(_SQL["remotes_of"], asked).fetchall()])


def touched(
    db: sqlite3.Connection, thread: ThreadId, message: MessageId, after: int
) -> tuple[Event, ...]:
    found = db.execute(_TOUCHED, {"thread": thread, "after": after}).fetchall()
    events = [rows.event(row) for row in found]
    return tuple(
        [e for e in events if isinstance(e.what, AboutMessage) and e.what.message == message]
    )


def mark(db: sqlite3.Connection, mirror: MirrorId, remote: RemoteId) -> None:
    db.execute(_SQL["mark"], (remote, mirror))


def swept(db: sqlite3.Connection, place: Place, at: datetime, mark: RemoteId | None) -> None:
    where = (place.platform, place.workspace, place.channel)
    db.execute(_SQL["swept"], (*where, from_time(at), mark))


def sendings(db: sqlite3.Connection, place: Place) -> dict[MirrorId, Sending]:
    where = (place.platform, place.workspace, place.channel)
    return {row[0]: to_sending(row[1]) for row in db.execute(_SQL["sendings"], where).fetchall()}


def mirrors(db: sqlite3.Connection, after: str, limit: int) -> tuple[Mirror, ...]:
    found = db.execute(_SQL["mirrors"], (after, limit)).fetchall()
    return tuple([rows.mirror(row) for row in found])


def refused_items(db: sqlite3.Connection, mirror: MirrorId) -> frozenset[str]:
    return frozenset([row[0] for row in db.execute(_SQL["refused_items"], (mirror,)).fetchall()])


def post_again(
    db: sqlite3.Connection, mirror: MirrorId, refused: Refused, lost: Sequence[RemoteId]
) -> None:
    for remote in lost:
        db.execute(_SQL["lose"], (remote, mirror))
    row = (mirror, refused.seq, refused.item, refused.reason, from_time(refused.at))
    db.execute(_SQL["again"], row)
