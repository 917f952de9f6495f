"""Places where conversations appear: transactions that bind, name, pause and end them.

All but names count the version of who stands how, so that what was decided about threads and
people without knowing of the place is decided again, and gets its mirrors there.
"""

import sqlite3

from bridge.store import filling
from bridge.store.codec import from_time
from bridge.store.queries import load
from bridge.store.talking import Version
from core.ids import BindingId, ThreadId
from core.model import Binding, BindingKind
from core.ports.rows import StoreError

_SQL = load("people")


def put_binding(
    db: sqlite3.Connection,
    standing: Version,
    binding: Binding,
    newest: filling.Newest | None = None,
) -> tuple[tuple[ThreadId, ...], int]:
    """Threads that a new inbox shows from now on, and the version of who stands how.

    `newest` is what was read before of its account's threads.
    """
    place = binding.place
    where = (place.platform, place.workspace, place.channel)
    other = db.execute(_SQL["binding_at"], where).fetchone()
    if other is not None and other[0] != binding.id:
        raise StoreError(
            f"The {place.platform} channel {place.channel} is bound already, to {other[1]}. "
            "A channel shows the conversations of one account."
        )
    row = (binding.id, binding.account, *where, binding.kind, binding.label)
    since = None if binding.mode_since is None else from_time(binding.mode_since)
    how = (binding.mode, binding.paused, binding.conversation, since)
    db.execute(_SQL["put_binding"], (*row, *how))
    if binding.kind is not BindingKind.DIRECT:  # everybody who is new brings one of those
        standing.now += 1
    shown: tuple[ThreadId, ...] = ()
    if other is None and binding.kind is BindingKind.INBOX:
        known = newest or filling.newest(db, binding.account)
        shown = filling.begin(db, binding, known)
    return shown, standing.now


def label(db: sqlite3.Connection, binding: BindingId, name: str) -> None:
    db.execute(_SQL["label_binding"], (name, binding))


def drop_binding(db: sqlite3.Connection, standing: Version, binding: BindingId) -> int:
    db.execute(_SQL["end_binding"], (binding,))
    db.execute(_SQL["drop_binding"], (binding,))
    filling.end(db, binding)
    standing.now += 1
    return standing.now


def pause_place(
    db: sqlite3.Connection, standing: Version, binding: BindingId, reason: str | None
) -> int:
    standing.now += 1
    db.execute(_SQL["pause_binding"], (reason is not None, binding))
    if reason is None:
        db.execute(_SQL["resume_mirrors"], (binding,))
    else:
        db.execute(_SQL["pause_mirrors"], (reason, binding))
    return standing.now
