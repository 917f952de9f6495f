"""What a new inbox shows of threads that began before it was connected.

Runs in the transaction that writes the binding. Every thread of the account's conversations
gets its mirror there: those with the newest words begin with some of these, which lanes post
behind live traffic; the others begin after their last event, so that they appear, card and
all, with what happens next. A thread that has a mirror there gets no second one.
"""

import sqlite3
from dataclasses import dataclass

from bridge.store.queries import load
from core.ids import AccountId, ThreadId, derive
from core.model import Binding, MirrorState

_SQL = load("filling")

MOST_THREADS = 32
"""Half of the lanes that a channel runs at once: the other half stays free for live threads."""
MOST_WORDS = 20
"""Of each thread. What comes next in it stands after these, so they must not take long: Slack
takes one a second."""
_LOOKED_AT = 4 * MOST_THREADS
"""What has moved a thread last may be something that the account does not see."""


@dataclass(slots=True)
class _Thread:
    id: ThreadId
    conversation: str
    tail: int
    first: int
    """What came before that, the account may not see or has had there already."""
    before: int
    """Mirrors that it had there."""


def fill(db: sqlite3.Connection, binding: Binding) -> int:
    """Makes the mirrors that the binding lacks; how many."""
    place = binding.place
    row = {
        "binding": binding.id,
        "account": binding.account,
        "platform": place.platform,
        "workspace": place.workspace,
        "channel": place.channel,
        "kind": binding.kind,
        "state": MirrorState.PAUSED if binding.paused else MirrorState.ACTIVE,
    }
    found = [
        _Thread(thread, conversation, tail, max(since, (ended or 0) + 1), before)
        for thread, conversation, tail, since, ended, before in db.execute(_SQL["threads"], row)
    ]
    begins = _recent(db, binding.account, found)
    # Those that show something now come first, the newest words before all others.
    order = {thread: n for n, thread in enumerate(begins)}
    found.sort(key=lambda one: order.get(one.id, len(order)))
    for one in found:
        start = begins.get(one.id, max(one.tail + 1, one.first))
        name = derive("mirror", f"{one.id} {binding.id} {start} filled {one.before}")
        about = {"thread": one.id, "conversation": one.conversation, "tail": one.tail}
        db.execute(_SQL["mirror"], {**row, **about, "id": name, "from_seq": start})
    return len(found)


def _recent(
    db: sqlite3.Connection, account: AccountId, threads: list[_Thread]
) -> dict[ThreadId, int]:
    """The threads with the newest words, newest first, and where each begins."""
    found: list[tuple[int, ThreadId, int]] = []
    for one in threads[:_LOOKED_AT]:
        asked = {"thread": one.id, "first": one.first, "account": account, "limit": MOST_WORDS}
        words, begin, newest = db.execute(_SQL["words"], asked).fetchone()
        if words:
            found.append((newest, one.id, begin if words == MOST_WORDS else one.first))
    found.sort(reverse=True)
    return {thread: begin for _, thread, begin in found[:MOST_THREADS]}
