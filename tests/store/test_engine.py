"""Parts of the SQLite engine by themselves: its memory of threads in use, and its writer."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.store import changes, places, talking
from bridge.store.database import Database
from bridge.store.known import Known
from bridge.store.queries import load
from bridge.store.warm import WarmThreads
from bridge.store.writer import MOST_TOGETHER, Writer
from core.events import MessagePosted, ThreadOpened
from core.ids import AccountId, BindingId, MessageId, PinId, SpaceId, ThreadId
from core.model import AUTHOR, Binding, BindingKind, Place, Placement, people_key
from core.ports.rows import Commit, Committed, StoreError
from core.ports.store import Store
from tests.store.world import NOW, Said, World

MIA, OLA = AccountId("mia"), AccountId("ola")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    database = Database(tmp_path / "engine.db")
    connection = database.connect()
    yield connection
    connection.close()
    database.close()


def started(db: sqlite3.Connection, world: World, n: int) -> tuple[Commit, SpaceId]:
    """A thread with one mirror that has been brought up to date."""
    place = Place("slack", "T1", f"C{n}")
    binding = Binding(BindingId(f"b{n}"), OLA, place, BindingKind.PROJECT)
    places.put_binding(db, talking.Version(), binding)
    commit = world.starting(f"start {n}", (MIA, AccountId(f"p{n}")), "hello", binding)
    assert changes.commit(db, talking.Version(), commit) == Committed(3)
    space = SpaceId(f"space {n}")
    db.execute("UPDATE mirrors SET space = ?, root = ?, cursor = 3", (space, space))
    return commit, space


def saying(world: World, said: Said, key: str, here: Placement | None = None) -> Commit:
    what = MessagePosted(MessageId(key), key)
    events = world.events(said.conversation, said.thread, said.seq, MIA, what)
    return Commit(key, "", said.conversation, said.seq, events, "", (), here)


def test_no_more_threads_are_kept_than_allowed(db: sqlite3.Connection, store: Store) -> None:
    world = World(store)
    made = [started(db, world, n) for n in range(5)]
    warm = WarmThreads(db, Known(db), most=2)
    for _ in range(2):
        for n, (commit, space) in enumerate(made):
            db.execute("UPDATE mirrors SET space = ? WHERE binding = ?", (space, f"b{n}"))
            spot = warm.spot("slack", space)
            assert spot is not None
            assert spot.thread.id == commit.events[0].thread
            assert warm.lane(spot.mirror.id, 9) is not None
    kept = [warm.lane(mirror.id, 9) for commit, _ in made for mirror in commit.mirrors]
    assert sum(work is not None for work in kept) == 2


def test_a_thread_read_before_its_commit_was_told_of_is_not_counted_twice(
    db: sqlite3.Connection, store: Store
) -> None:
    """The database is ahead of the memory from a commit to the moment it is resolved."""
    world = World(store)
    commit, space = started(db, world, 1)
    first = commit.events[0].thread
    said = Said(commit.conversation, first, 3)
    other = ThreadId("other")
    opened = world.events(said.conversation, other, 3, MIA, ThreadOpened(PinId("7")))
    key = people_key((MIA, OLA))
    assert changes.commit(
        db, talking.Version(), Commit("o", "", said.conversation, 3, opened, key)
    ) == Committed(4)
    warm = WarmThreads(db, Known(db))
    before = warm.spot("slack", space)
    assert before is not None
    typed = Placement(before.mirror.id, "m5", 0, "typed", AUTHOR)  # type: ignore[arg-type]
    late = saying(world, Said(said.conversation, first, 4), "m5", typed)
    result = changes.commit(db, talking.Version(), late)
    assert warm.due_of(other) == ()
    fresh = warm.spot("slack", space)
    assert fresh is not None
    assert (fresh.head.seq, fresh.thread.tail, fresh.mirror.cursor) == (5, 5, 5)
    warm.committed(late, result)
    assert warm.spot("slack", space) == fresh


def test_a_stale_commit_makes_the_memory_read_again(db: sqlite3.Connection, store: Store) -> None:
    """Should memory and database ever part, deciding again finds the truth."""
    world = World(store)
    commit, space = started(db, world, 1)
    warm = WarmThreads(db, Known(db))
    spot = warm.spot("slack", space)
    assert spot is not None
    said = Said(commit.conversation, commit.events[0].thread, 3)
    changes.commit(db, talking.Version(), saying(world, said, "behind its back"))
    stale = saying(world, said, "late")
    assert warm.spot("slack", space) == spot
    warm.committed(stale, changes.commit(db, talking.Version(), stale))
    again = warm.spot("slack", space)
    assert again is not None
    assert again.head.seq == 4


async def test_a_crowd_is_written_in_turn(store: Store) -> None:
    crowd = MOST_TOGETHER * 2 + 1
    used = await asyncio.gather(*(store.use_once(f"token {n}", NOW) for n in range(crowd)))
    assert all(used)
    again = await asyncio.gather(*(store.use_once(f"token {n}", NOW) for n in range(crowd)))
    assert not any(again)


async def test_a_writer_whose_database_is_lost_says_so_and_goes_on_answering(
    tmp_path: Path,
) -> None:
    database = Database(tmp_path / "lost.db")
    connection = database.connect()
    writer = Writer(connection)
    with pytest.raises(StoreError, match="could not write"):
        await writer.put(lambda db: db.close())
    with pytest.raises(StoreError, match="could not write"):
        await writer.put(lambda db: db.execute("SELECT 1"))
    with pytest.raises(StoreError):
        await writer.close()
    database.close()


def test_every_named_query_is_valid_in_the_schema(db: sqlite3.Connection) -> None:
    folder = Path(changes.__file__).parent / "sql"
    names = [file.stem for file in folder.glob("*.sql") if file.stem not in ("shared", "words")]
    assert len(names) >= 6
    for name in names:
        for query, sql in load(name).items():
            try:
                db.execute(f"EXPLAIN {sql}")
            except sqlite3.ProgrammingError as error:
                assert "binding" in str(error), query  # noqa: PT017 - parameters are missing
