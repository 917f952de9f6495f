"""A full disk, a lock held elsewhere, a file that was cut off: a clear error, and nothing lost."""

import asyncio
import os
import resource
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.store import open_store
from bridge.store.database import Database
from bridge.store.writer import Writer
from core.events import MessagePosted
from core.ids import AccountId, MessageId, derive
from core.intents import RemoteFile
from core.ports.rows import Committed, Fetch, StoreError
from core.ports.store import Store
from tests.store.world import NOW, Said, World


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    opened = open_store(f"sqlite:///{path}")
    await opened.open()
    yield opened
    await opened.close()


@contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """No file may grow beyond what the log has now: as a full disk, it refuses what is more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    most = max(file.stat().st_size for file in path.parent.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def held_elsewhere(path: Path) -> Iterator[None]:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        db.execute("ROLLBACK")
        db.close()


async def started(store: Store) -> tuple[World, Said, AccountId]:
    world = World(store)
    mia, ola = await world.account("mia"), await world.account("ola")
    return world, await world.start("one", (mia, ola)), mia


# --- while it runs ------------------------------------------------------------------------


async def test_on_a_full_disk_nothing_is_acknowledged_and_what_was_stays(
    store: Store, path: Path
) -> None:
    world, said, mia = await started(store)
    acknowledged: list[str] = []
    refused: list[str] = []
    with full_disk(path):
        for n in range(200):
            try:
                said = await world.say(f"full {n}", said, mia, "x" * 2_000)
            except StoreError as failed:
                refused.append(str(failed))
            else:
                acknowledged.append(f"full {n}")
        assert refused
        assert all("could not write" in each and "disk" in each for each in refused)
        assert store.trouble() is not None
        with pytest.raises(StoreError):
            await store.probe()
        assert await store.committed("one") is not None
    await store.probe()
    assert store.trouble() is None
    said = await world.say("after", said, mia)
    await store.close()
    await store.open()
    for key in ("one", *acknowledged, "after"):
        assert await store.committed(key) is not None
    history = await store.history(said.conversation)
    assert [event.seq for event in history] == list(range(1, said.seq + 1))
    assert len(history) == 4 + len(acknowledged)


async def test_what_waits_together_is_refused_together_and_not_one_by_one(
    store: Store, path: Path
) -> None:
    """Where another program holds the lock, each attempt takes the seconds of its patience."""
    world, _, _ = await started(store)
    before = time.monotonic()
    with held_elsewhere(path):
        waiting = [asyncio.ensure_future(store.use_once(f"t{n}", NOW)) for n in range(300)]
        found = await asyncio.gather(*waiting, return_exceptions=True)
    assert time.monotonic() - before < 60
    assert all(isinstance(each, StoreError) for each in found)
    assert "Another program holds it" in str(store.trouble())
    await store.probe()
    assert await store.use_once("t1", NOW)
    assert await world.account("nora")


async def test_a_mistake_in_one_transaction_is_no_trouble_of_the_store(store: Store) -> None:
    world, _, mia = await started(store)
    half = world.starting("two", (mia, AccountId("nora")))
    twice = type(half)("two", "", half.conversation, 0, (*half.events, half.events[-1]), "k")
    other = asyncio.ensure_future(store.use_once("token", NOW))
    with pytest.raises(StoreError):
        await store.commit(twice)
    assert await other
    assert store.trouble() is None


async def test_a_limit_on_pages_is_named_as_a_full_disk(path: Path) -> None:
    database = Database(path)
    db = database.connect()
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")
    writer = Writer(db)
    with pytest.raises(StoreError, match="Free some space on its disk"):
        await writer.put(lambda at: at.execute("CREATE TABLE more AS SELECT zeroblob(100000)"))
    assert writer.trouble is not None
    db.execute(f"PRAGMA max_page_count = {pages + 100}")
    await writer.put(lambda at: at.execute("CREATE TABLE more AS SELECT zeroblob(100000)"))
    await writer.close()
    db.close()
    database.close()


# --- at the start -------------------------------------------------------------------------


async def test_a_lock_held_elsewhere_is_named_at_the_start(store: Store, path: Path) -> None:
    await store.close()
    with held_elsewhere(path), pytest.raises(StoreError, match="Another program holds it"):
        await store.open()
    await store.open()


async def closed_with_words(store: Store) -> None:
    world, said, mia = await started(store)
    for n in range(300):
        said = await world.say(f"say {n}", said, mia, "x" * 500)
    await store.close()


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
async def test_a_file_that_was_cut_off_is_refused_and_left_as_it_is(
    store: Store, path: Path, part: float
) -> None:
    await closed_with_words(store)
    whole = path.read_bytes()
    cut = whole[: int(len(whole) * part)]
    path.write_bytes(cut)
    with pytest.raises(StoreError, match=r"cannot be opened.*damaged.*backup"):
        await open_store(f"sqlite:///{path}").open()
    assert path.read_bytes() == cut
    path.write_bytes(whole)
    await store.open()
    assert await store.committed("say 299") is not None


async def test_a_file_that_is_gone_or_empty_is_not_begun_anew(store: Store, path: Path) -> None:
    await closed_with_words(store)
    whole = path.read_bytes()
    path.write_bytes(b"")
    with pytest.raises(StoreError, match="is gone or empty, and there was one"):
        await store.open()
    path.unlink()
    with pytest.raises(StoreError, match="is gone or empty, and there was one"):
        await store.open()
    assert not path.exists()
    path.write_bytes(whole)
    await store.open()
    assert await store.committed("say 299") is not None


async def test_without_its_lock_file_an_empty_one_is_begun(store: Store, path: Path) -> None:
    await closed_with_words(store)
    for file in list(path.parent.iterdir()):
        file.unlink()
    await store.open()
    assert await store.committed("say 299") is None


async def test_a_damaged_page_is_told_of_where_it_is_read(store: Store, path: Path) -> None:
    await closed_with_words(store)
    whole = bytearray(path.read_bytes())
    for start in range(4096, len(whole), 4096):
        whole[start : start + 200] = os.urandom(200)
    path.write_bytes(whole)
    with pytest.raises(StoreError, match="damaged"):
        await open_store(f"sqlite:///{path}").open()


async def test_an_open_that_failed_lets_the_lock_go(store: Store, path: Path) -> None:
    await closed_with_words(store)
    whole = path.read_bytes()
    path.write_bytes(whole[:5_000])
    for _ in range(2):
        with pytest.raises(StoreError, match="damaged"):
            await open_store(f"sqlite:///{path}").open()
    path.write_bytes(whole)
    await store.open()


async def test_a_crash_leaves_no_false_alarm(store: Store, path: Path, tmp_path: Path) -> None:
    """File and log as they stand in the middle of things, as after a power cut."""
    world, said, mia = await started(store)
    for n in range(5):
        said = await world.say(f"say {n}", said, mia, "x" * 500)
    copy = tmp_path / "copy" / "data.db"
    copy.parent.mkdir()
    for name in ("data.db", "data.db-wal"):
        (copy.parent / name).write_bytes((path.parent / name).read_bytes())
    again = open_store(f"sqlite:///{copy}")
    await again.open()
    assert await again.committed("say 4") is not None
    await again.close()


async def test_two_programs_never_write_to_one_database(store: Store, path: Path) -> None:
    await started(store)
    script = (
        "import asyncio, sys\n"
        "from bridge.store import open_store\n"
        "asyncio.run(open_store(sys.argv[1]).open())\n"
    )
    other = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", script, f"sqlite:///{path}"),
        cwd=Path(__file__).parents[2],
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await other.communicate()
    assert other.returncode == 1
    assert b"Another program has the database" in told
    assert isinstance(
        await store.commit(World(store).starting("two", (AccountId("mia"), AccountId("x")))),
        Committed,
    )


# --- the clock ----------------------------------------------------------------------------


async def test_a_clock_that_was_set_back_does_not_hold_files_up(
    store: Store,
) -> None:
    world, said, mia = await started(store)
    message = MessageId(derive("message", "f"))
    fetch = Fetch(message, 0, "slack", RemoteFile("oak.png", "F1"))
    await world.happen("f", said, mia, MessagePosted(message, "look"), fetches=(fetch,))
    await store.fetch_again(fetch, NOW + timedelta(seconds=40))
    back = NOW - timedelta(hours=1)
    assert await store.fetches(NOW, 10, {"slack"}) == ()
    assert len(await store.fetches(back, 10, {"slack"})) == 1
