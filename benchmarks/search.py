"""`search`: the first page of two words among 1,000,000 messages, against the index alone.

The program's search (bring the index up to date, find what the asker may see, look at the
history, name threads and authors) against the full-text query of the same words by SQLite
alone, in the same file. The words are drawn so that some are in every tenth message and
most in few. A quarter of the messages stand in a conversation that the asker is not in.
"""

import asyncio
import random
import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.report import Result, judge
from bridge.reading.searching import Searching, index_of
from bridge.store.sqlite import SqliteStore
from bridge.store.words import WordIndex
from bridge.wakeup import LocalWakeups
from core.events import ConversationStarted, Event, MessagePosted, ThreadOpened
from core.ids import AccountId, ConversationId, MessageId, PinId, ThreadId
from core.model import Account, AccountKind, Pin, people_key
from core.ports.rows import Commit, Committed
from core.search import Hits, SearchQuery

MESSAGES = 1_000_000
TALKS = 4
"""Conversations; the asker is in all but one."""
AT_ONCE = 2_000
WORDS_EACH = 9
VOCABULARY = 20_000
ROUNDS = 30
PAGE = 20

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MIA, OLA, NORA = AccountId("aa01"), AccountId("aa02"), AccountId("aa03")
PIN = PinId("99")
Pair = tuple[str, str]


def run() -> Result:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure(Path(folder) / "history.sqlite"))


async def measure(path: Path) -> Result:
    store = SqliteStore(path)
    await store.open()
    searching = Searching(store, path, LocalWakeups(), nobody)
    began = time.perf_counter()
    words = await write(store)
    written = time.perf_counter()
    await asyncio.to_thread(follow, path)
    built = time.perf_counter()
    bare = sqlite3.connect(index_of(path))
    pairs = [(words[3 + n % 40], words[7 + n * 5]) for n in range(ROUNDS)]
    ratios, took, alone, found = [], [], [], 0
    try:
        for pair in (pairs[0], *pairs):
            # Each pair is asked once before: neither side reads from a cold file.
            by_index(bare, pair)
            await by_program(searching, pair)
            alone.append(timed_index(bare, pair))
            first = time.perf_counter()
            found += await by_program(searching, pair)
            took.append(time.perf_counter() - first)
            ratios.append(took[-1] / alone[-1])
    finally:
        bare.close()
        await searching.stop()
        await store.close()
    figures = {
        "ratio": median(took) / median(alone),
        "search_ms": median(took) * 1e3,
        "index_ms": median(alone) * 1e3,
        "worst_ms": max(took) * 1e3,
        "hits": float(found) / len(took),
        "messages": float(MESSAGES),
        "indexed_per_s": MESSAGES / (built - written),
        "written_s": written - began,
    }
    return judge("search", figures, {"ratio": "<= 5", "hits": ">= 1"})


async def nobody(_: object) -> tuple[None]:
    return (None,)


def by_index(db: sqlite3.Connection, pair: Pair) -> int:
    asked = f'text : ("{pair[0]}" * AND "{pair[1]}" *)'
    rows = db.execute(
        "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?", (asked, PAGE)
    ).fetchall()
    return len(rows)


def timed_index(db: sqlite3.Connection, pair: Pair) -> float:
    began = time.perf_counter()
    by_index(db, pair)
    return time.perf_counter() - began


async def by_program(searching: Searching, pair: Pair) -> int:
    page = await searching.search(MIA, SearchQuery(pair), limit=PAGE)
    assert isinstance(page, Hits)
    return len(page.hits)


def follow(path: Path) -> None:
    index = WordIndex(path, index_of(path))
    while index.advance(5_000):
        pass
    index.close()


async def write(store: SqliteStore) -> list[str]:
    """The messages, and their words from the most frequent one on."""
    dice = random.Random(5)  # noqa: S311
    words = [
        "".join(dice.choices("aeioubdfgklmnprst", k=dice.randint(4, 9))) for _ in range(VOCABULARY)
    ]
    weights = [1 / (rank + 8) for rank in range(VOCABULARY)]
    drawn = iter(dice.choices(words, weights, k=MESSAGES * WORDS_EACH))
    for account, name in ((MIA, "mia"), (OLA, "ola"), (NORA, "nora")):
        await store.put_account(Account(account, AccountKind.PERSON, name, name.capitalize()), ())
    await store.put_pin(Pin(PIN, "https://www.pinterest.com/pin/99/", "Desk"), NOW)
    for talk in range(TALKS):
        people = (OLA, NORA) if talk == 0 else (MIA, OLA)
        conversation, thread = ConversationId(f"talk{talk}"), ThreadId(f"thread{talk}")
        key = people_key(people) if talk < 2 else f"{talk}"
        length = MESSAGES // TALKS + 2
        for first in range(1, length + 1, AT_ONCE):
            events = []
            for seq in range(first, min(first + AT_ONCE, length + 1)):
                what: ConversationStarted | ThreadOpened | MessagePosted
                if seq == 1:
                    what = ConversationStarted(people)
                elif seq == 2:
                    what = ThreadOpened(PIN)
                else:
                    text = " ".join([next(drawn) for _ in range(WORDS_EACH)])
                    what = MessagePosted(MessageId(f"{talk}-{seq}"), text)
                events.append(Event(conversation, seq, thread, NOW, people[seq % 2], what))
            one = Commit(f"{talk}-{first}", "", conversation, first - 1, tuple(events), key)
            assert isinstance(await store.commit(one), Committed)
    return words
