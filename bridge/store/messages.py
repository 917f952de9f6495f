"""Messages as they stand now: their words, files and reactions, and what a mirror holds of them.

All is asked for many messages at once. Positions are those of the messages' posts.
"""

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.store import rows
from bridge.store.codec import (
    from_time,
    to_content,
    to_happening,
    to_identity,
    to_remote_file,
    to_time,
)
from bridge.store.queries import load
from core.events import FileAdded
from core.files import FileId
from core.ids import AccountId, MessageId, MirrorId, PinId, ThreadId
from core.model import Attached, Placement, Written
from core.ports.rows import Fetch
from core.quick import quick

_SQL = load("messages")
_POSITION = _SQL["position"]
_NONE: Mapping[str, Sequence[str]] = {}
_FILES, _REACTIONS, _SHOWN, _COMING = range(15, 19)
"""Columns of `written` that say whether there are any."""


@quick
@dataclass(frozen=True, slots=True)
class InMirror:
    """What a lane must know of messages. `placed` is by item, those of a message together."""

    written: Mapping[MessageId, Written] = field(default_factory=dict)
    placed: Mapping[str, tuple[Placement, ...]] = field(default_factory=dict)
    wanted: Mapping[MessageId, frozenset[str]] = field(default_factory=dict)
    shown: Mapping[MessageId, frozenset[str]] = field(default_factory=dict)


def position(db: sqlite3.Connection, message: str) -> int | None:
    """Of the event that posted it."""
    found = db.execute(_POSITION, (message,)).fetchone()
    return None if found is None else int(found[0])


def written(
    db: sqlite3.Connection, messages: Collection[str], *, reader: AccountId | None = None
) -> dict[MessageId, Written]:
    """By message; with `reader`, as that account may see them."""
    found = _rows(db, messages, None, reader)
    coming: dict[str, list[str]] = {}
    if any(row[_COMING] for row in found):
        asked = (rows.listed(tuple(messages)),)
        for message, remote in db.execute(_SQL["coming"], asked).fetchall():
            coming.setdefault(message, []).append(remote or "")
    reactions = _reactions(db, found)
    nameless = _nameless(db, reader)
    return {one.id: one for one in _written(db, found, reactions, None, coming, nameless)}


def written_in(
    db: sqlite3.Connection, thread: ThreadId, messages: Collection[str], reader: AccountId | None
) -> dict[MessageId, Written]:
    found = written(db, messages, reader=reader)
    return {message: one for message, one in found.items() if one.thread == thread}


def _rows(
    db: sqlite3.Connection,
    messages: Collection[str],
    until: int | None,
    reader: AccountId | None,
) -> list[rows.Row]:
    asked = {"messages": rows.listed(tuple(messages)), "until": until, "reader": reader}
    return db.execute(_SQL["written"], asked).fetchall()


_Reaction = tuple[AccountId, str, MirrorId | None]


def _written(
    db: sqlite3.Connection,
    found: Sequence[rows.Row],
    reactions: Mapping[int, Sequence[_Reaction]],
    until: int | None,
    coming: Mapping[str, Sequence[str]],
    nameless: frozenset[AccountId],
) -> list[Written]:
    files, removed = _files(db, found, until)
    return [
        Written(
            id=row[1],
            thread=row[2],
            seq=row[3],
            author=row[4],
            revision=row[8],
            text=row[6],
            rich=to_content(row[7]),
            pin=row[5],
            deleted=bool(row[10]),
            edited_at=None if row[9] is None else to_time(row[9]),
            answers=row[11],
            attached=tuple(files.get(row[0], ())),
            coming=tuple(coming.get(row[1], ())),
            removed=frozenset(removed.get(row[0], ())),
            reactions=frozenset(
                [
                    (account, emoji)
                    for account, emoji, _ in reactions.get(row[0], ())
                    if account not in nameless
                ]
            ),
            only=row[12],
            hidden=rows.accounts_of(row[13]) if row[13] else (),
            agent=None if row[14] is None else to_identity(row[14]),
        )
        for row in found
    ]


def _nameless(db: sqlite3.Connection, reader: AccountId | None) -> frozenset[AccountId]:
    """Whose reactions a reader is not told of: those in a block with them."""
    if reader is None:
        return frozenset()
    found = db.execute(_SQL["in_a_block_with"], (reader,)).fetchall()
    return frozenset([AccountId(one) for (one,) in found])


def _at(found: Sequence[rows.Row], having: int = 0) -> str:
    """The positions of messages, for SQL, or of those that have something; "" if there are none.

    Every message has a position.
    """
    positions = [str(row[0]) for row in found if row[having]]
    return f"[{','.join(positions)}]" if positions else ""


def _files(
    db: sqlite3.Connection, found: Sequence[rows.Row], until: int | None
) -> tuple[dict[int, list[Attached]], dict[int, list[str]]]:
    """Those that hang on the messages, and what those that were taken off were called."""
    files: dict[int, list[Attached]] = {}
    removed: dict[int, list[str]] = {}
    at = _at(found, _FILES)
    if not at:
        return files, removed
    asked = {"positions": at, "until": until}
    for message, data, seq, remote, off in db.execute(_SQL["files"], asked).fetchall():
        if off:
            removed.setdefault(message, []).append(remote)
            continue
        added = to_happening("FileAdded", data, None, None)
        assert isinstance(added, FileAdded)
        files.setdefault(message, []).append(Attached(added.file, seq, remote))
    return files, removed


def _reactions(db: sqlite3.Connection, found: Sequence[rows.Row]) -> dict[int, list[_Reaction]]:
    reactions: dict[int, list[_Reaction]] = {}
    at = _at(found, _REACTIONS)
    if not at:
        return reactions
    for message, account, emoji, origin in db.execute(_SQL["reactions"], (at,)).fetchall():
        reactions.setdefault(message, []).append((account, emoji, origin))
    return reactions


def in_mirror(
    db: sqlite3.Connection,
    mirror: MirrorId,
    messages: Collection[str],
    until: int | None,
    reader: AccountId | None,
) -> InMirror:
    """What the lane of a mirror, which may have ended, must know of messages.

    `reader` is whose private place it is; None: others read there too.
    """
    if not messages:
        return InMirror()
    found = _rows(db, messages, until, reader)
    answered = {row[11] for row in found if row[11] is not None}.difference(messages)
    if answered:
        found += _rows(db, answered, until, reader)
    if not found:
        return InMirror()
    reactions = _reactions(db, found)
    ids = {row[0]: MessageId(row[1]) for row in found}
    in_it = {"positions": _at(found), "mirror": mirror}
    placed: dict[str, list[Placement]] = {}
    for row in db.execute(_SQL["placed"], in_it).fetchall():
        placement = rows.placement(row)
        placed.setdefault(placement.item, []).append(placement)
    shown: dict[MessageId, set[str]] = {}
    if at := _at(found, _SHOWN):
        for message, emoji in db.execute(
            _SQL["shown"], {"positions": at, "mirror": mirror}
        ).fetchall():
            shown.setdefault(ids[message], set()).add(emoji)
    wanted = {
        ids[message]: frozenset([emoji for _, emoji, origin in all_of_it if origin != mirror])
        for message, all_of_it in reactions.items()
    }
    nameless = _nameless(db, reader)
    said = _written(db, found, reactions, until, _NONE, nameless)
    return InMirror(
        written={one.id: one for one in said},
        placed={item: tuple(parts) for item, parts in placed.items()},
        wanted={message: emoji for message, emoji in wanted.items() if emoji},
        shown={message: frozenset(emoji) for message, emoji in shown.items()},
    )


def with_pins(
    db: sqlite3.Connection, thread: ThreadId, pins: Collection[PinId]
) -> tuple[MessageId, ...]:
    """Messages of the thread that hold one of the pins."""
    asked = {"thread": thread, "pins": rows.listed(tuple(pins))}
    return tuple([MessageId(row[0]) for row in db.execute(_SQL["with_pin"], asked).fetchall()])


def answers_to(
    db: sqlite3.Connection, thread: ThreadId, messages: Collection[MessageId]
) -> tuple[MessageId, ...]:
    """Messages of the thread that answer one of these."""
    asked = {"thread": thread, "messages": rows.listed(tuple(messages))}
    return tuple([MessageId(row[0]) for row in db.execute(_SQL["answers_to"], asked).fetchall()])


def holder(db: sqlite3.Connection, thread: ThreadId, pin: PinId) -> Written | None:
    """One of them, that everybody may see if there is any."""
    found = db.execute(_SQL["holder"], {"thread": thread, "pin": pin}).fetchone()
    return None if found is None else written(db, (found[0],)).get(found[0])


def may_read(db: sqlite3.Connection, account: AccountId, file: str) -> bool:
    asked = {"account": account, "file": file}
    return bool(db.execute(_SQL["may_read"], asked).fetchone()[0])


def was_taken_back(db: sqlite3.Connection, file: str) -> bool:
    held, stands = db.execute(_SQL["held"], (file,)).fetchone()
    return bool(held) and not stands


def fetches(
    db: sqlite3.Connection, now: datetime, limit: int, platforms: Collection[str]
) -> tuple[Fetch, ...]:
    asked = {"now": from_time(now), "limit": limit, "platforms": rows.listed(sorted(platforms))}
    found = db.execute(_SQL["fetches"], asked).fetchall()
    return tuple([Fetch(row[0], row[1], row[2], to_remote_file(row[3]), row[4]) for row in found])


def any_fetches(db: sqlite3.Connection) -> bool:
    return bool(db.execute(_SQL["any_fetches"]).fetchone()[0])


def fetched(db: sqlite3.Connection, fetch: Fetch) -> None:
    db.execute(_SQL["fetched"], (fetch.message, fetch.n))


def fetch_again(db: sqlite3.Connection, fetch: Fetch, retry_at: datetime) -> None:
    db.execute(_SQL["fetch_again"], (from_time(retry_at), fetch.message, fetch.n))


def erase(db: sqlite3.Connection, before: datetime) -> int:
    db.execute(_SQL["erase_files"], (from_time(before),))
    return db.execute(_SQL["erase"], (from_time(before),)).rowcount


def unused_files(db: sqlite3.Connection, files: Sequence[FileId]) -> frozenset[FileId]:
    found = db.execute(_SQL["unused_files"], (json.dumps(list(files)),)).fetchall()
    return frozenset([FileId(file) for (file,) in found])
