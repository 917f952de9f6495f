"""What needs a person: broken places, refused messages, input that waits, files that do not come.

Read beside the running program, without its lock. Each entry says where, since when, why,
and what to do. Reasons are what platforms said or what their adapters advise; nobody's
words are shown.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from bridge.operator.beside import connected, printable
from bridge.store.codec import from_time, to_time
from bridge.store.queries import load
from core.ids import ThreadId, short_code
from core.model import BindingKind

_SQL = load("operator")
LONG = timedelta(minutes=5)
"""What is tried again or held for longer than this may need a person."""
GIVEN_UP_FOR = timedelta(days=7)
"""How long a file that was given up is listed."""
_SHORT = 8
"""Characters of a mirror's id that are shown; the command takes a beginning."""

_HELD = "It answers or changes a message that has not appeared there."
_HELD_REMEDY = (
    "Nothing, if its thread is on its way: it is decided when that appears. "
    "It is dropped after a day."
)


_LEFT = "What somebody said who has left for good may still stand there."
_LEFT_REMEDY = (
    "It is tried again by itself, at least every hour; the log says what is in the way "
    "(clearing_waits, not_cleared). Is the bot still in the channel?"
)


class _Failed(msgspec.Struct):
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `kind` is one of those that have a heading below."""

    kind: str
    platform: str
    place: str
    code: str
    since: datetime | None
    reason: str
    remedy: str
    mirror: str = ""


def read(path: Path, now: datetime) -> tuple[Entry, ...]:
    """All that is stuck, the oldest of each kind first."""
    with connected(path, "ro") as db:
        db.execute("BEGIN")
        return (
            *_mirrors(db, now),
            *_refusals(db),
            *_held(db, now),
            *_fetching(db),
            *_given_up(db, now),
            *_clearings(db, now),
        )


def _mirrors(db: sqlite3.Connection, now: datetime) -> Iterator[Entry]:
    for row in db.execute(_SQL["failing"], {"before": from_time(now - LONG)}).fetchall():
        mirror, thread, platform, label, kind, state, reason, attempts, failing, retry_at, at = row
        since = failing if failing is not None else at
        place = _place(platform, label, kind)
        if state == "broken":
            remedy = f"Repair it, then: pinthread retry --mirror {mirror[:_SHORT]}"
            yield _entry("broken", platform, place, thread, since, reason, remedy, mirror)
            continue
        next_at = f", next at {to_time(retry_at):%H:%M:%S}" if retry_at else ""
        remedy = (
            f"Tried {attempts} times{next_at}. Is {platform.capitalize()} up? "
            f"At once: pinthread retry --mirror {mirror[:_SHORT]}"
        )
        yield _entry("waiting", platform, place, thread, since, reason, remedy, mirror)


def _refusals(db: sqlite3.Connection) -> Iterator[Entry]:
    for row in db.execute(_SQL["refusals"]).fetchall():
        mirror, thread, platform, label, kind, reason, at, again, item = row
        what = "A file" if "#" in item else "A line" if ":" in item else "A message"
        remedy = f"To send it now: pinthread retry --mirror {mirror[:_SHORT]}"
        if again:
            remedy = "It is being tried once more."
        place = _place(platform, label, kind)
        reason = f"{what} was refused: {reason}"
        yield _entry("refused", platform, place, thread, at, reason, remedy, mirror)


def _held(db: sqlite3.Connection, now: datetime) -> Iterator[Entry]:
    for platform, waits_for, at in db.execute(_SQL["held"], {"before": from_time(now - LONG)}):
        yield _entry("held", platform, waits_for, None, at, _HELD, _HELD_REMEDY)


def _fetching(db: sqlite3.Connection) -> Iterator[Entry]:
    for thread, platform, attempts, retry_at, at in db.execute(_SQL["fetching"]).fetchall():
        reason = f"A file could not be fetched {attempts} times."
        remedy = f"It is tried again at {to_time(retry_at):%H:%M:%S}; after an hour it is given up."
        yield _entry("fetching", platform, platform.capitalize(), thread, at, reason, remedy)


def _given_up(db: sqlite3.Connection, now: datetime) -> Iterator[Entry]:
    after = {"after": from_time(now - GIVEN_UP_FOR)}
    for thread, at, data in db.execute(_SQL["given_up"], after).fetchall():
        reason = msgspec.json.decode(data, type=_Failed).reason
        remedy = "Ask its author to send the file again."
        yield _entry("no_file", "", "", thread, at, f"A file is missing: {reason}", remedy)


def _clearings(db: sqlite3.Connection, now: datetime) -> Iterator[Entry]:
    for row in db.execute(_SQL["clearing"], {"before": from_time(now - LONG)}).fetchall():
        mirror, thread, platform, label, kind, since = row
        place = _place(platform, label, kind)
        yield _entry("leaving", platform, place, thread, since, _LEFT, _LEFT_REMEDY, mirror)


def _entry(
    kind: str,
    platform: str,
    place: str,
    thread: str | None,
    since: int | None,
    reason: str | None,
    remedy: str,
    mirror: str = "",
) -> Entry:
    return Entry(
        kind,
        platform,
        place,
        "" if thread is None else short_code(ThreadId(thread)),
        None if since is None else to_time(since),
        reason or "No reason is known.",
        remedy,
        mirror,
    )


def _place(platform: str, label: str, kind: str) -> str:
    direct = "direct message" if kind == BindingKind.DIRECT else ""
    where = label or direct
    return f"{where} ({platform.capitalize()})" if where else platform.capitalize()


# --- for people ---------------------------------------------------------------------------

_HEADINGS = {
    "broken": "Broken places: nothing is sent there until they are repaired",
    "waiting": "Places that have been away for long",
    "refused": "Refused for good",
    "held": "Input that waits",
    "fetching": "Files that do not come",
    "no_file": "Files that were given up",
    "leaving": "Words of people who have left that are not taken away yet",
}
MOST = 50
"""Lines of one kind for people; `--json` has all."""


def text(found: tuple[Entry, ...]) -> str:
    """By kind, with the remedy under each line. Times are in UTC."""
    if not found:
        return "Nothing is stuck."
    lines = []
    for kind, heading in _HEADINGS.items():
        of_kind = [entry for entry in found if entry.kind == kind]
        if of_kind:
            lines += ["", f"{heading} ({len(of_kind)})"]
            for entry in of_kind[:MOST]:
                lines += _lines(entry)
        if len(of_kind) > MOST:
            lines.append(f"  and {len(of_kind) - MOST} more: pinthread stuck --json shows all")
    return "\n".join(printable(line) for line in lines[1:])


def _lines(entry: Entry) -> tuple[str, str]:
    since = f"since {entry.since:%Y-%m-%d %H:%M:%S}" if entry.since else ""
    named = [part for part in (entry.code, entry.place, since) if part]
    return f"  {'  '.join(named)}  {entry.reason}", f"      {entry.remedy}"


# --- for programs -------------------------------------------------------------------------


def document(found: tuple[Entry, ...]) -> list[dict[str, object]]:
    """One object each. Times are ISO 8601 in UTC."""
    return [
        {**asdict(entry), "since": entry.since.isoformat() if entry.since else None}
        for entry in found
    ]
