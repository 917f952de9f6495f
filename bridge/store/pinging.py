"""What would have pinged people in their quiet hours, kept as timers until those end.

It follows the history by its own cursor, in one transaction with the timers, so that nothing
is forgotten or told twice by a crash. Nothing is said here; posting does not wait for it.
"""

import sqlite3

import msgspec

from bridge.store import timing
from bridge.store.codec import to_content, to_time
from bridge.store.queries import load
from bridge.store.rows import Row
from bridge.timers.quiet import is_quiet, quiet_until
from core.ids import AccountId
from core.ports.reading import Prefs, Timer
from core.text.content import Mention
from core.text.mentions import named

_SQL = load("pings")
PING = "ping"
_MOST = 50
"""Threads that are remembered for one account; the line names fewer."""


class Missed(msgspec.Struct):
    """The threads in which something came in, the first one first."""

    threads: list[str] = []


def missed(timer: Timer) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(timer.what, type=Missed).threads)


def behind(db: sqlite3.Connection) -> int:
    """How many events have not been looked at, about."""
    (end,) = db.execute(_SQL["end"]).fetchone()
    row = db.execute(_SQL["position"]).fetchone()
    return 1 if row is None else int(end) - int(row[0])


def note(db: sqlite3.Connection, limit: int) -> int:
    """A transaction: looks at so many events. How many are left; the first time, at none."""
    (end,) = db.execute(_SQL["end"]).fetchone()
    row = db.execute(_SQL["position"]).fetchone()
    after = end if row is None else row[0]
    last = end
    if after < end and db.execute(_SQL["anybody"]).fetchone() is not None:
        last = min(end, after + limit)
        for said in db.execute(_SQL["said"], {"after": after, "last": last}).fetchall():
            _note(db, said)
    db.execute(_SQL["advance"], (last,))
    return int(end - last)


def _note(db: sqlite3.Connection, row: Row) -> None:
    thread, since, rich, account, notify, begin, end, zone, answers = row
    prefs, at = Prefs(notify, begin, end, zone), to_time(since)
    if not is_quiet(prefs, at):
        return
    if notify == "mentions" and not answers and not _mentions(rich, account):
        return
    name = f"{PING}:{account}"
    before = timing.of_id(db, name)
    threads = [] if before is None else [*missed(before)]
    if thread in threads or len(threads) >= _MOST:
        return
    what = msgspec.json.encode(Missed([*threads, thread])).decode()
    # What was said a moment before the end is told with the rest of that time.
    due = quiet_until(prefs, at) if before is None else before.due
    timing.renew(db, Timer(name, PING, due, None, account, what))


def _mentions(rich: str | None, account: AccountId) -> bool:
    content = to_content(rich)
    return content is not None and any(
        isinstance(one, Mention) and one.account == account for one in named(content)
    )
