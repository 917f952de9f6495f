"""`inbox`: the first page of a brand's inbox with 100,000 threads, against one with 100.

Both brands are in one database, written through the store's own commit, and every list is
read: all threads, those that wait, those that are nobody's, and one agent's own. Each is read
when a message has just come in, so that what follows the history is measured with it, and
once more when nothing has.
"""

import asyncio
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.report import Result, judge
from bridge.store.sqlite import SqliteStore
from core.events import ConversationStarted, Event, MessagePosted, ThreadAssigned, ThreadOpened
from core.ids import AccountId, ConversationId, MessageId, PinId, ThreadId
from core.model import Account, AccountKind, people_key
from core.ports.reading import Which
from core.ports.rows import Commit, Committed

LONG, SHORT = 100_000, 100
PAGE = 20
AT_ONCE = 500
ROUNDS = 30
LISTS = (Which.ALL, Which.WAITING, Which.UNASSIGNED, Which.MINE)
EVERY = 10
"""One thread of so many is the agent's."""

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AGENT = AccountId("ada")
FOLLOWERS = 1_000


def run() -> Result:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure(Path(folder) / "inbox.db"))


async def measure(path: Path) -> Result:
    store = SqliteStore(path)
    await store.open()
    try:
        began = time.perf_counter()
        await store.put_account(Account(AGENT, AccountKind.PERSON, "ada", "Ada"), ())
        for n in range(FOLLOWERS):
            name = f"p{n}"
            await store.put_account(Account(AccountId(name), AccountKind.PERSON, name, name), ())
        for brand, threads in (("short", SHORT), ("long", LONG)):
            await write(store, AccountId(brand), threads)
        while await store.follow_history(50_000):
            pass
        built = time.perf_counter() - began
        took = await read_all(store)
    finally:
        await store.close()
    figures = {"built_s": built}
    ratios = []
    for which in LISTS:
        for news in (True, False):
            long, short = median(took["long", which, news]), median(took["short", which, news])
            ratios.append(long / short)
            if not news:
                figures |= {f"{which}_long_us": long * 1e6, f"{which}_short_us": short * 1e6}
    figures["ratio"] = max(ratios)
    return judge("inbox", figures, {"ratio": "<= 3"})


async def read_all(store: SqliteStore) -> dict[tuple[str, Which, bool], list[float]]:
    """Seconds for pages: by brand, list, and whether a message had just come in."""
    took: dict[tuple[str, Which, bool], list[float]] = {}
    for n in range(ROUNDS):
        for brand, threads in (("short", SHORT), ("long", LONG)):
            for which in LISTS:
                await say(store, brand, (n * 37 + 5) % threads, f"{n} {which}")
                for news in (True, False):
                    seconds = await read(store, brand, which)
                    took.setdefault((brand, which, news), []).append(seconds)
    return took


async def read(store: SqliteStore, brand: str, which: Which) -> float:
    """Seconds for a first page."""
    began = time.perf_counter()
    page = await store.inbox(AccountId(brand), PAGE, which=which, agent=AGENT)
    took = time.perf_counter() - began
    assert len(page) >= min(PAGE, SHORT // EVERY)
    return took


async def write(store: SqliteStore, brand: AccountId, threads: int) -> None:
    """Conversations of one thread and one question each, every tenth of them assigned."""
    await store.put_account(Account(brand, AccountKind.BRAND, str(brand), str(brand)), ())
    for first in range(0, threads, AT_ONCE):
        some = range(first, min(first + AT_ONCE, threads))
        done = await asyncio.gather(*(store.commit(started(brand, n)) for n in some))
        assert all(isinstance(one, Committed) for one in done)


def started(brand: AccountId, n: int) -> Commit:
    name = f"{brand}-{n}"
    conversation, thread = ConversationId(f"c-{name}"), ThreadId(f"t-{name}")
    follower = AccountId(f"p{n % FOLLOWERS}")
    happenings: list[tuple[AccountId, object, AccountId | None]] = [
        (follower, ConversationStarted((follower, brand)), None),
        (follower, ThreadOpened(PinId(str(n % 97))), None),
        (follower, MessagePosted(MessageId(f"m-{name}"), "does this come in oak?"), None),
    ]
    if n % EVERY == 0:
        happenings.append((brand, ThreadAssigned(AGENT), brand))
    events = tuple(
        Event(conversation, seq, thread, NOW, actor, what, only=only)  # type: ignore[arg-type]
        for seq, (actor, what, only) in enumerate(happenings, 1)
    )
    key = people_key((follower, brand)) if n < FOLLOWERS else ""
    return Commit(f"start:{name}", "", conversation, 0, events, key)


async def say(store: SqliteStore, brand: str, n: int, words: str) -> None:
    """A follower says something more."""
    name = f"{brand}-{n}"
    conversation = ConversationId(f"c-{name}")
    head = await store.head(conversation)
    assert head is not None
    thread, follower = ThreadId(f"t-{name}"), head.creator
    what = MessagePosted(MessageId(f"m-{name}-{words}"), words)
    event = Event(conversation, head.seq + 1, thread, NOW, follower, what)
    key = f"say:{name}:{words}"
    assert isinstance(
        await store.commit(Commit(key, "", conversation, head.seq, (event,), "")), Committed
    )
