"""What is not for an account is in none of its readings, is not counted, and moves nothing.

Two histories are written: one with notes and hidden words among the others, and one in which
those never happened. Whoever they are not for reads the same in both, position by position.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from zipfile import ZipFile

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.operator.exporting import Exporting
from bridge.reading.searching import Searching
from bridge.store import open_store
from bridge.wakeup import LocalWakeups
from core.events import (
    Event,
    FileAdded,
    Happening,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    ReactionAdded,
    StatusChanged,
    ThreadAssigned,
)
from core.files import FileId, FileRef
from core.ids import AccountId, MessageId, PinId, derive
from core.intents import PersonRef
from core.model import Account, AccountKind, BindingKind, Status
from core.ports.reading import Which
from core.ports.rows import Commit, Committed
from core.ports.store import Store
from core.search import Hits, SearchQuery
from tests.store.world import NOW, Said, World

BRAND, MIA, JO = AccountId("northwind"), AccountId("mia"), AccountId("jo")
THREADS = 3

# --- what is said -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happens in a thread; `only` and `hidden` as those of its event."""

    kind: str
    thread: int
    target: int = 0
    hidden: bool = False


acts = st.lists(
    st.builds(
        Act,
        st.sampled_from(["say", "note", "note", "edit", "react", "file", "delete", "inside"]),
        st.integers(0, THREADS - 1),
        st.integers(0, 5),
        st.booleans(),
    ),
    max_size=25,
)


@dataclass
class Written:
    """What has been written of one history."""

    store: Store
    said: list[Said]
    messages: dict[int, list[tuple[MessageId, AccountId | None, tuple[AccountId, ...]]]] = field(
        default_factory=dict
    )
    seq: int = 0
    files: list[FileId] = field(default_factory=list)


async def begin(store: Store) -> Written:
    world = World(store)
    await world.account("northwind", AccountKind.BRAND)
    await world.account("mia")
    await world.account("jo")
    inbox = await world.binding(BRAND, "C1", kind=BindingKind.INBOX)
    plans = await world.binding(MIA, "C2")
    first = await world.start("t0", (MIA, BRAND, JO), inbox, plans)
    said, last = [first], first
    for n in range(1, THREADS):
        last = await world.open(f"t{n}", last, MIA, PinId(f"{n}"))
        said.append(last)
    return Written(store, said, seq=last.seq)


async def do(at: Written, n: int, act: Act, *, secret: bool) -> None:
    """Commits it; with `secret` false, nothing of what is not for everybody."""
    only, hidden, what = _happening(at, n, act)
    if what is None:
        return
    if not secret and (only is not None or hidden):
        return
    said = at.said[act.thread]
    event = Event(
        said.conversation, at.seq + 1, said.thread, NOW, _actor(act), what, None, only, hidden
    )
    result = await at.store.commit(Commit(f"act {n}", "", said.conversation, at.seq, (event,), ""))
    assert isinstance(result, Committed)
    at.seq = result.seq


def _actor(act: Act) -> AccountId:
    return MIA if act.kind == "say" and not act.hidden else BRAND


def _happening(
    at: Written, n: int, act: Act
) -> tuple[AccountId | None, tuple[AccountId, ...], Happening | None]:
    """What happens to a message is for those who see the message."""
    known = at.messages.setdefault(act.thread, [])
    hidden = (JO,) if act.hidden else ()
    if act.kind in ("say", "note"):
        message = MessageId(derive("message", f"act {n}"))
        only = BRAND if act.kind == "note" else None
        hidden = () if only else hidden
        known.append((message, only, hidden))
        return only, hidden, MessagePosted(message, f"words {n}")
    if act.kind == "inside":
        to: Happening = ThreadAssigned(JO if act.hidden else None)
        status = StatusChanged(Status.RESOLVED if act.hidden else Status.OPEN)
        return BRAND, (), to if act.target % 2 else status
    if not known:
        return None, (), None
    message, only, hidden = known[act.target % len(known)]
    if act.kind == "edit":
        return only, hidden, MessageEdited(message, n + 2, f"edited {n}")
    if act.kind == "react":
        return only, hidden, ReactionAdded(message, f"e{n}")
    if act.kind == "file":
        file = FileId(f"{n:064x}")
        at.files.append(file)
        return only, hidden, FileAdded(message, FileRef(file, f"{n}.png", "image/png", 1), f"F{n}")
    return only, hidden, MessageDeleted(message)


# --- what is read -------------------------------------------------------------------------


async def reading(at: Written, account: AccountId, folder: Path) -> list[object]:
    """All that an account can read, without numbers that only the log knows."""
    store, found = at.store, []
    for which in Which:
        lines = await store.inbox(account, 50, which=which)
        found.append([(one.thread, one.last_text, one.last_by, one.waiting) for one in lines])
        assert all(one.status is Status.OPEN and one.assignee is None for one in lines)
    found.append([pin.id for pin in await store.recent_pins(account, 50)])
    for said in at.said:
        events = await store.events(
            said.thread, account, [(1, None)], before=None, after=None, limit=500
        )
        found.append([event.what for event in events])
        forwards = await store.events(
            said.thread, account, [(1, None)], before=None, after=0, limit=500
        )
        assert forwards == events
        messages = [e.what.message for e in events if isinstance(e.what, MessagePosted)]
        seqs = [e.seq for e in events if isinstance(e.what, MessagePosted)]
        deliveries = await store.deliveries(said.thread, list(zip(seqs, messages, strict=True)))
        found.append([deliveries[message] for message in messages])
        # What makes a reply late: the place of the newest words among those that are seen.
        spoken = await store.spoken(said.thread, account, None)
        found.append(sum(event.seq <= spoken for event in events))
    items, _ = await store.feed(account, 0, 500)
    found.append([item.event.what for item in items])
    found.append([await store.may_read(account, file) for file in at.files])
    found.append([t.id for t in await store.threads_like(account, "")])
    found.append(await searched(store, folder, account))
    found.append(await exported(store, folder, account))
    return found


async def searched(store: Store, folder: Path, account: AccountId) -> list[object]:
    """What each of the words finds, page by page."""

    async def nobody(refs: Sequence[PersonRef]) -> tuple[Account | None, ...]:
        return tuple(None for _ in refs)

    searching = Searching(store, folder / "history.db", LocalWakeups(), nobody)
    found: list[object] = []
    for word in ("words", "edited"):
        older: int | None = None
        while True:
            hits = await searching.search(account, SearchQuery((word,)), older=older, limit=3)
            assert isinstance(hits, Hits)
            found += [(hit.thread, hit.message, hit.author.id, hit.excerpt) for hit in hits.hits]
            older = hits.more
            if older is None:
                break
    await searching.stop()
    return found


async def exported(store: Store, folder: Path, account: AccountId) -> list[str]:
    """Both files of the archive, letter by letter."""
    exporting = Exporting(store, folder / "exports", lambda file: f"/copy/{file.id}", lambda: NOW)
    archive = await exporting.export(account)
    with ZipFile(archive.path) as files:
        return [files.read(name).decode() for name in sorted(files.namelist())]


async def compare(sequence: list[Act], outsider: AccountId) -> None:
    with tempfile.TemporaryDirectory() as root:
        histories = []
        for secret in (True, False):
            folder = Path(root) / str(secret)
            folder.mkdir()
            store = open_store(f"sqlite:///{folder / 'history.db'}")
            await store.open()
            at = await begin(store)
            for n, act in enumerate(sequence):
                await do(at, n, act, secret=secret)
                if n % 7 == 3:
                    await store.follow_history()
            at.files = [FileId(f"{n:064x}") for n in range(len(sequence))]
            histories.append(await reading(at, outsider, folder))
            await store.close()
        assert histories[0] == histories[1]


@settings(max_examples=40, deadline=None)
@given(acts)
def test_nobody_reads_counts_or_orders_by_what_is_not_for_them(sequence: list[Act]) -> None:
    asyncio.run(compare(sequence, JO))


@settings(max_examples=25, deadline=None)
@given(acts)
def test_a_note_is_nowhere_outside_its_brand(sequence: list[Act]) -> None:
    plain = [replace(act, hidden=False) if act.kind != "inside" else act for act in sequence]
    asyncio.run(compare(plain, MIA))


async def test_the_brand_itself_reads_its_notes(store: Store) -> None:
    at = await begin(store)
    await do(at, 1, Act("note", 0), secret=True)
    events = await store.events(
        at.said[0].thread, BRAND, [(1, None)], before=None, after=None, limit=1
    )
    assert [event.only for event in events] == [BRAND]
    first, *_ = await store.inbox(BRAND, 9)
    assert (first.thread, first.last_text) == (at.said[0].thread, "words 1")
    assert first.waiting, "a note answers nobody"
    first, *_ = await store.inbox(MIA, 9)
    assert first.thread == at.said[-1].thread


async def test_a_note_makes_no_words_of_a_follower_late(store: Store) -> None:
    at = await begin(store)
    await do(at, 1, Act("note", 0), secret=True)
    (note,) = (item.event for item in (await store.feed(BRAND, 0, 500))[0] if item.event.only)
    assert await store.spoken(at.said[0].thread, BRAND, None) < note.seq
    assert await store.spoken(at.said[0].thread, MIA, None) < note.seq
    await do(at, 2, Act("say", 0, hidden=True), secret=True)
    assert await store.spoken(at.said[0].thread, JO, None) < note.seq
    assert await store.spoken(at.said[0].thread, MIA, None) == at.seq


async def test_an_older_thread_comes_up_by_what_is_said_to_all(store: Store) -> None:
    at = await begin(store)
    await do(at, 1, Act("say", 0), secret=True)
    for account in (BRAND, MIA, JO):
        assert (await store.inbox(account, 9))[0].thread == at.said[0].thread
    await do(at, 2, Act("say", 1, hidden=True), secret=True)
    assert (await store.inbox(JO, 9))[0].thread == at.said[0].thread
    assert (await store.inbox(MIA, 9))[0].thread == at.said[1].thread
