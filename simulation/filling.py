"""Whether a new inbox holds what it is promised to hold, as soon as it is connected.

Says the rule of `bridge/store/filling.py` once more, from the history: every thread of the
brand has a copy there, the newest with their last words, and nothing is shown a second time
that a copy which has ended there had shown.
"""

import json
from collections.abc import Iterator
from sqlite3 import Connection

from core.model import Binding

THREADS, WORDS = 32, 20
"""So many threads begin with so many of their last words."""

_THREADS = """
SELECT t.id, s.since, (
    SELECT max(o.until_seq) FROM mirrors o WHERE o.thread = t.id AND o.binding = :binding
), (
    SELECT m.from_seq FROM mirrors m
    WHERE m.thread = t.id AND m.binding = :binding AND m.until_seq IS NULL
) FROM members s JOIN threads t ON t.conversation = s.conversation
WHERE s.account = :account AND s.until IS NULL ORDER BY t.id
"""
_WORDS = """
SELECT seq, only, hidden FROM events WHERE thread = ? AND kind = 'MessagePosted' ORDER BY seq DESC
"""


def problems(db: Connection, binding: Binding) -> Iterator[str]:
    """Of a place that somebody was just told is connected."""
    asked = {"binding": binding.id, "account": binding.account}
    threads = db.execute(_THREADS, asked).fetchall()
    full = len(threads) > THREADS
    for thread, since, ended, begins in threads:
        if begins is None:
            yield f"{thread[:6]} has no copy in {binding.label}"
            continue
        first = max(since, (ended or 0) + 1)
        if begins < first:
            yield f"{thread[:6]} begins in {binding.label} at {begins}, before {first}"
        words = [
            seq
            for seq, only, hidden in db.execute(_WORDS, (thread,)).fetchall()
            if seq >= first
            and only in (None, binding.account)
            and binding.account not in json.loads(hidden or "[]")
        ][:WORDS]
        if words and not full and begins > words[-1]:
            yield f"{thread[:6]} begins in {binding.label} at {begins}, after {words[-1]}"
