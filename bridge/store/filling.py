"""What a new inbox shows of threads that began before it was connected.

Every thread of the account's conversations gets its mirror there. Those with the newest words
begin with some of these, which lanes post behind live traffic: they come in the transaction
that writes the binding. The others begin after what was their last event then, so that they
appear, card and all, with what happens next. They come in pieces, between which others write,
and a stop loses nothing: how far it is stands in the database. A thread that has a mirror
there gets no second one.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.store import rows
from bridge.store.queries import load
from core.ids import AccountId, BindingId, ThreadId, derive
from core.model import Binding, MirrorState

_SQL = load("filling")

MOST_THREADS = 32
"""Half of the lanes that a channel runs at once: the other half stays free for live threads."""
MOST_WORDS = 20
"""Of each thread. What comes next in it stands after these, so they must not take long: Slack
takes one a second."""
PIECE = 250
"""Threads that get their mirrors in one transaction: a few milliseconds."""
_LOOKED_AT = 4 * MOST_THREADS
"""What has moved a thread last may be something that the account does not see."""


@dataclass(frozen=True, slots=True)
class Newest:
    """The threads of an account that moved last. `seen` is the last event that counted."""

    threads: tuple[ThreadId, ...]
    seen: int


@dataclass(slots=True)
class _Thread:
    id: ThreadId
    conversation: str
    tail: int
    first: int
    """What came before that, the account may not see or has had there already."""
    before: int
    """Mirrors that it had there."""
    there: bool
    """It has one."""


def newest(db: sqlite3.Connection, account: AccountId) -> Newest:
    """Looks at all that the account has, so it is read before the transaction begins."""
    found = db.execute(_SQL["newest"], {"account": account, "limit": _LOOKED_AT}).fetchall()
    return Newest(tuple([thread for thread, _ in found]), found[0][1] if found else 0)


def begin(db: sqlite3.Connection, binding: Binding, known: Newest) -> tuple[ThreadId, ...]:
    """Makes the mirrors that show something now, those with the newest words first."""
    row = _row(binding)
    asked = {"threads": json.dumps(known.threads), "seen": known.seen, "limit": _LOOKED_AT}
    found = _threads(db.execute(_SQL["threads"], {**row, **asked}).fetchall())
    made = {one.id: one for one in found}
    begins = _recent(db, binding.account, found)
    for thread, start in begins.items():
        _make(db, row, made[thread], start)
    db.execute(_SQL["begin"], {"binding": binding.id})
    return tuple(begins)


def go_on(db: sqlite3.Connection, binding: BindingId) -> tuple[ThreadId, ...] | None:
    """Makes the next mirrors; None when nothing is left to do."""
    found = db.execute(_SQL["filling"], (binding,)).fetchone()
    if found is None:
        return None
    upto, conversation, thread = found
    row = _row(rows.binding(db.execute(_SQL["binding"], (binding,)).fetchone()))
    asked = {"upto": upto, "conversation": conversation, "thread": thread, "limit": PIECE}
    piece = _threads(db.execute(_SQL["piece"], {**row, **asked}).fetchall())
    for one in piece:
        if not one.there:
            _make(db, row, one, max(one.tail + 1, one.first))
    if len(piece) < PIECE:
        db.execute(_SQL["end"], (binding,))
    else:
        db.execute(_SQL["go_on"], (piece[-1].conversation, piece[-1].id, binding))
    return tuple([one.id for one in piece if not one.there])


def unfinished(db: sqlite3.Connection) -> tuple[BindingId, ...]:
    return tuple([BindingId(one) for (one,) in db.execute(_SQL["unfinished"]).fetchall()])


def end(db: sqlite3.Connection, binding: BindingId) -> None:
    db.execute(_SQL["end"], (binding,))


def _row(binding: Binding) -> dict[str, object]:
    place = binding.place
    return {
        "binding": binding.id,
        "account": binding.account,
        "platform": place.platform,
        "workspace": place.workspace,
        "channel": place.channel,
        "kind": binding.kind,
        "state": MirrorState.PAUSED if binding.paused else MirrorState.ACTIVE,
    }


def _threads(found: Sequence[rows.Row]) -> list[_Thread]:
    return [
        _Thread(thread, conversation, tail, max(since, (ended or 0) + 1), before, bool(there))
        for thread, conversation, tail, since, ended, before, there in found
    ]


def _make(db: sqlite3.Connection, row: dict[str, object], one: _Thread, start: int) -> None:
    name = derive("mirror", f"{one.id} {row['binding']} {start} filled {one.before}")
    about = {"thread": one.id, "conversation": one.conversation, "tail": one.tail}
    db.execute(_SQL["mirror"], {**row, **about, "id": name, "from_seq": start})


def _recent(
    db: sqlite3.Connection, account: AccountId, threads: list[_Thread]
) -> dict[ThreadId, int]:
    """The threads with the newest words, newest first, and where each begins."""
    found: list[tuple[int, ThreadId, int]] = []
    for one in threads:
        asked = {"thread": one.id, "first": one.first, "account": account, "limit": MOST_WORDS}
        words, begins, last = db.execute(_SQL["words"], asked).fetchone()
        if words and not one.there:
            found.append((last, one.id, begins if words == MOST_WORDS else one.first))
    found.sort(reverse=True)
    return {thread: start for _, thread, start in found[:MOST_THREADS]}
