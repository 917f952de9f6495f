"""`commit`: decided messages committed through the store, against a bare group-commit loop.

The same messages in the same schema at `synchronous=FULL`, 128 waiting at a time: once
from 128 senders through the store, once by plain `sqlite3` that runs the same statements,
128 messages to a transaction, with every row made beforehand. Medians of alternating rounds.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.report import Result, judge
from bridge.store.codec import from_time, intent_key
from bridge.store.database import Database
from bridge.store.queries import load
from bridge.store.sqlite import SqliteStore
from core.events import ConversationStarted, Event, MessagePosted, ThreadOpened
from core.ids import AccountId, ConversationId, MessageId, PinId, ThreadId, derive
from core.model import people_key
from core.ports.rows import Commit, Committed

ROUNDS = 5
SENDERS = 128
EACH = 120
"""Messages of one sender in one round."""

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = "Does this come in oak? We would need two of them, 80 cm wide, for the hall."
BRAND = AccountId("northwind")


def run() -> Result:
    store: list[float] = []
    bare: list[float] = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            store.append(asyncio.run(through_the_store(Path(folder) / "store.db")))
            bare.append(by_hand(Path(folder) / "bare.db"))
    figures = {
        "ratio": median(store) / median(bare),
        "store_per_s": median(store),
        "bare_per_s": median(bare),
    }
    return judge("commit", figures, {"ratio": ">= 0.6"})


async def through_the_store(path: Path) -> float:
    store = SqliteStore(path)
    await store.open()
    try:
        for sender in range(SENDERS):
            await store.commit(beginning(sender))
        waiting = [[message(sender, n) for n in range(EACH)] for sender in range(SENDERS)]
        began = time.perf_counter()
        await asyncio.gather(*(send(store, messages) for messages in waiting))
        return SENDERS * EACH / (time.perf_counter() - began)
    finally:
        await store.close()


async def send(store: SqliteStore, messages: Sequence[Commit]) -> None:
    for one in messages:
        assert isinstance(await store.commit(one), Committed)


def by_hand(path: Path) -> float:
    """The statements of the store's own commit, and nothing around them."""
    prepared = SqliteStore(path)
    asyncio.run(begin(prepared))
    database = Database(path)
    db = database.connect(cache_kib=16_000)
    sql = load("conversations")
    claim, advance = sql["claim"], sql["advance"]
    append, body, tail = sql["append"], sql["body"], sql["tail"]
    batches = [[rows(message(sender, n)) for sender in range(SENDERS)] for n in range(EACH)]
    began = time.perf_counter()
    for batch in batches:
        db.execute("BEGIN IMMEDIATE")
        for key, head, event, text, thread in batch:
            assert db.execute(claim, key).rowcount == 1
            assert db.execute(advance, head).rowcount == 1
            position = db.execute(append, event).lastrowid
            db.execute(body, (position, text, None))
            db.execute(tail, (head[0], position, thread))
        db.execute("COMMIT")
    took = time.perf_counter() - began
    db.close()
    database.close()
    return SENDERS * EACH / took


async def begin(store: SqliteStore) -> None:
    await store.open()
    for sender in range(SENDERS):
        await store.commit(beginning(sender))
    await store.close()


def names(sender: int) -> tuple[ConversationId, ThreadId, AccountId]:
    conversation = ConversationId(derive("conversation", str(sender)))
    thread = ThreadId(derive("thread", str(sender)))
    return conversation, thread, AccountId(derive("account", str(sender)))


def beginning(sender: int) -> Commit:
    conversation, thread, person = names(sender)
    people = (BRAND, person)
    events = (
        Event(conversation, 1, thread, NOW, BRAND, ConversationStarted(people)),
        Event(conversation, 2, thread, NOW, BRAND, ThreadOpened(PinId("99360735500167749"))),
    )
    return Commit(f"start:{sender}", "", conversation, 0, events, people_key(people))


def message(sender: int, n: int) -> Commit:
    conversation, thread, person = names(sender)
    key = f"slack:T0HOME:C0INBOX:17000{sender:05}.{n:06}:message"
    what = MessagePosted(MessageId(derive("message", key)), TEXT)
    event = Event(conversation, n + 3, thread, NOW, person, what)
    return Commit(key, "", conversation, n + 2, (event,), "")


def rows(one: Commit) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...], str, str]:
    """The key, the head, the event, its text and the thread of a message."""
    (event,) = one.events
    assert isinstance(event.what, MessagePosted)
    message = event.what.message
    key = (*intent_key(one.key), "", one.conversation, event.thread, event.seq, message)
    head = (event.seq, one.conversation, one.expected)
    who = (one.conversation, event.seq, event.thread, from_time(event.at), event.actor)
    return key, head, (*who, "MessagePosted", message, *[None] * 5), TEXT, event.thread
