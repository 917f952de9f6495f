"""`history`: a page from the middle of a conversation of 1,000,000, against one of 100.

Both conversations are in one database, written through the store's own commit. A page is
what a member reads: 50 events inside their stay, before a line in the middle.
"""

import asyncio
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.report import Result, judge
from bridge.store.sqlite import SqliteStore
from core.events import ConversationStarted, Event, MessagePosted, ThreadOpened
from core.ids import AccountId, ConversationId, MessageId, PinId, ThreadId
from core.model import people_key
from core.ports.rows import Commit, Committed

LONG = 1_000_000
SHORT = 100
PAGE = 50
AT_ONCE = 2_000
"""Events in one commit while the long conversation is written."""
ROUNDS = 40
READS = 25

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MIA, OLA, NORA = AccountId("mia"), AccountId("ola"), AccountId("nora")


def run() -> Result:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure(Path(folder) / "history.db"))


async def measure(path: Path) -> Result:
    store = SqliteStore(path)
    await store.open()
    try:
        began = time.perf_counter()
        short = await write(store, "short", OLA, SHORT)
        long = await write(store, "long", NORA, LONG)
        built = time.perf_counter() - began
        took: dict[ThreadId, list[float]] = {short: [], long: []}
        for n in range(ROUNDS):
            for thread, length in ((short, SHORT), (long, LONG)):
                # Another page each time: a page that was read before is in the cache.
                took[thread].append(await read(store, thread, length // 2 + PAGE // 2, n))
    finally:
        await store.close()
    figures = {
        "ratio": median(took[long]) / median(took[short]),
        "long_us": median(took[long]) * 1e6,
        "short_us": median(took[short]) * 1e6,
        "built_s": built,
    }
    return judge("history", figures, {"ratio": "<= 3", "built_s": "< 60"})


async def read(store: SqliteStore, thread: ThreadId, middle: int, turn: int) -> float:
    """Seconds for one page; in the long conversation the places are far apart."""
    before = [middle + (turn * READS + n) * 397 for n in range(READS)]
    if thread == ThreadId("short"):
        before = [middle] * READS
    began = time.perf_counter()
    for seq in before:
        page = await store.events(thread, MIA, [(1, None)], before=seq, after=None, limit=PAGE)
        assert len(page) == PAGE
        assert page[-1].seq == seq - 1
    return (time.perf_counter() - began) / READS


async def write(store: SqliteStore, name: str, other: AccountId, length: int) -> ThreadId:
    """A conversation of one thread and `length` events."""
    conversation, thread = ConversationId(f"talk-{name}"), ThreadId(name)

    def event(seq: int) -> Event:
        actor = (MIA, other)[seq % 2]
        if seq == 1:
            return Event(conversation, seq, thread, NOW, actor, ConversationStarted((MIA, other)))
        if seq == 2:
            return Event(conversation, seq, thread, NOW, actor, ThreadOpened(PinId("99")))
        what = MessagePosted(MessageId(f"{name}-{seq}"), f"Message {seq} of a long talk about oak.")
        return Event(conversation, seq, thread, NOW, actor, what)

    key = people_key((MIA, other))
    for first in range(1, length + 1, AT_ONCE):
        last = min(first + AT_ONCE - 1, length)
        events = tuple(event(seq) for seq in range(first, last + 1))
        one = Commit(f"{name}-{first}", "", conversation, first - 1, events, key)
        assert isinstance(await store.commit(one), Committed)
    return thread
