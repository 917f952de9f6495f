"""A new inbox: which threads it takes up, from where on, and that none stands there twice."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.store.filling import MOST_THREADS, MOST_WORDS, PIECE
from bridge.store.sqlite import SqliteStore
from bridge.store.writer import Writer
from core.events import MessagePosted, PersonLeft
from core.ids import AccountId, MessageId, PinId, ThreadId, derive
from core.model import AccountKind, Binding, BindingKind, Mirror, MirrorState, Place
from core.ports.rows import Commit, Committed, StoreError
from core.ports.store import Store
from tests.store.world import Said, World

Range = tuple[int, int, int | None]


async def inbox(world: World, channel: str) -> Binding:
    brand = await world.account("northwind", AccountKind.BRAND)
    return await world.binding(brand, channel, kind=BindingKind.INBOX)


async def asked(world: World, who: str) -> Said:
    """A follower asks the brand, which has no place yet."""
    brand, person = await world.account("northwind", AccountKind.BRAND), await world.account(who)
    return await world.start(f"asked by {who}", (person, brand))


def shape(mirror: Mirror) -> Range:
    return mirror.from_seq, mirror.cursor, mirror.until_seq


async def test_a_thread_appears_in_an_inbox_that_is_connected_later(
    store: Store, world: World
) -> None:
    said = await asked(world, "mia")
    assert await store.due_of(said.thread) == ()  # it is in memory, as one in use
    await inbox(world, "C1")
    [mirror] = await store.mirrors_of(said.thread)
    assert shape(mirror) == (1, 0, None)
    assert [due.mirror for due in await store.due_of(said.thread)] == [mirror.id]
    work = await store.lane(mirror.id, 50)
    assert work is not None
    assert work.filling
    assert work.events == await store.history(said.conversation)


async def test_it_fills_no_more_once_something_new_happens(store: Store, world: World) -> None:
    said = await asked(world, "mia")
    await inbox(world, "C1")
    [mirror] = await store.mirrors_of(said.thread)
    await world.say("more", said, await world.account("mia"))
    work = await store.lane(mirror.id, 50)
    assert work is not None
    assert not work.filling


async def test_a_binding_that_is_written_again_fills_nothing(store: Store, world: World) -> None:
    said = await asked(world, "mia")
    binding = await inbox(world, "C1")
    [mirror] = await store.mirrors_of(said.thread)
    await store.put_binding(replace(binding, label="#renamed"))
    assert await store.mirrors_of(said.thread) == (mirror,)


async def test_a_project_shows_nothing_from_before(store: Store, world: World) -> None:
    said = await asked(world, "mia")
    await world.binding(await world.account("mia"), "C1", kind=BindingKind.PROJECT)
    assert await store.mirrors_of(said.thread) == ()


async def test_another_inbox_of_the_brand_shows_them_too(store: Store, world: World) -> None:
    said = await asked(world, "mia")
    await inbox(world, "C1")
    await inbox(world, "C2")
    assert {c: shape(m) for c, m in (await world.mirrors(said)).items()} == {
        "C1": (1, 0, None),
        "C2": (1, 0, None),
    }


async def test_what_stood_there_before_does_not_come_twice(store: Store, world: World) -> None:
    said = await asked(world, "mia")
    mia = await world.account("mia")
    binding = await inbox(world, "C1")
    await store.drop_binding(binding.id)
    said = await world.say("meanwhile", said, mia)
    for _ in range(3):
        await inbox(world, "C1")
        await store.drop_binding(binding.id)
    await inbox(world, "C1")
    mirrors = await store.mirrors_of(said.thread)
    assert len({mirror.id for mirror in mirrors}) == 5
    # Of the words from between only the first new binding shows anything.
    assert [shape(mirror) for mirror in mirrors] == [
        (1, 0, 3),
        (4, 3, 4),
        (5, 4, 4),
        (5, 4, 4),
        (5, 4, None),
    ]


async def test_of_a_long_thread_only_the_last_words_are_shown(store: Store, world: World) -> None:
    said = await asked(world, "mia")
    mia = await world.account("mia")
    for n in range(MOST_WORDS + 5):
        said = await world.say(f"word {n}", said, mia)
    await inbox(world, "C1")
    [mirror] = await store.mirrors_of(said.thread)
    assert shape(mirror) == (said.seq - MOST_WORDS + 1, said.seq - MOST_WORDS, None)


async def test_words_that_the_brand_may_not_see_bring_no_thread_in(
    store: Store, world: World
) -> None:
    said = await asked(world, "mia")
    [event] = world.events(
        said.conversation,
        said.thread,
        said.seq,
        await world.account("mia"),
        MessagePosted(MessageId(derive("message", "hidden")), "you do not see this"),
    )
    binding = await inbox(world, "C1")
    await store.drop_binding(binding.id)
    hidden = replace(event, hidden=(binding.account,))
    commit = Commit("hidden", "", said.conversation, said.seq, (hidden,), "")
    assert isinstance(await store.commit(commit), Committed)
    await inbox(world, "C1")
    assert shape((await store.mirrors_of(said.thread))[-1]) == (5, 4, None)


async def test_whoever_has_left_sees_nothing_of_what_they_were_in(
    store: Store, world: World
) -> None:
    said = await asked(world, "mia")
    brand = await world.account("northwind", AccountKind.BRAND)
    await world.happen("left", said, brand, PersonLeft())
    await inbox(world, "C1")
    assert await store.mirrors_of(said.thread) == ()


async def test_the_newest_words_come_first_and_older_threads_with_what_comes_next(
    store: Store, world: World
) -> None:
    brand = await world.account("northwind", AccountKind.BRAND)
    said = await asked(world, "mia")
    mia = await world.account("mia")
    threads = [said]
    for n in range(MOST_THREADS + 2):
        pin = PinId(f"{99360735500167749 + n}")
        said = await world.open(f"thread {n}", said, brand, pin)
        threads.append(said)
    first = threads[0]
    said = await world.say("again", Said(said.conversation, first.thread, said.seq), mia)
    binding = await inbox(world, "C1")
    due = [one.mirror for one in await store.due()]
    assert len(due) == MOST_THREADS
    old = threads[1:4]  # the first one has been spoken in since
    for one in old:
        [mirror] = await store.mirrors_of(one.thread)
        assert shape(mirror) == (one.seq + 1, one.seq, None)
        assert mirror.id not in due
    # Where the mode of the inbox is told, those without a card have nothing to change.
    told = await store.spots_after(binding.place, ThreadId(""), 1_000)
    assert {one.mirror.id for one in told} == set(due)
    [mirror] = await store.mirrors_of(first.thread)
    assert mirror.id in due
    last = Said(said.conversation, old[0].thread, said.seq)
    await world.say("next", last, mia)
    [mirror] = await store.mirrors_of(last.thread)
    assert [one.mirror for one in await store.due_of(last.thread)] == [mirror.id]


async def test_a_paused_inbox_is_filled_when_it_is_good_again(store: Store, world: World) -> None:
    said = await asked(world, "mia")
    binding = await inbox(world, "C9")
    await store.drop_binding(binding.id)
    paused = replace(binding, place=replace(binding.place, channel="C1"), paused=True)
    await store.put_binding(paused)
    mirror = (await store.mirrors_of(said.thread))[-1]
    assert mirror.state is MirrorState.PAUSED
    assert mirror.id not in [one.mirror for one in await store.due_of(said.thread)]
    await store.pause_place(paused.id, None)
    assert mirror.id in [one.mirror for one in await store.due_of(said.thread)]


class Counting(Writer):
    """Notes how many mirrors each transaction makes, and fails when it has made some as often
    as `fails` says."""

    def __init__(self, db: sqlite3.Connection, fails: int = 0) -> None:
        super().__init__(db)
        self.made: list[int] = []
        self._left = fails

    def _put(self, run: Callable[..., Any], then: Callable[..., None] | None) -> Any:
        def counted(db: sqlite3.Connection) -> Any:
            (before,) = db.execute("SELECT count(*) FROM mirrors").fetchone()
            result = run(db)
            (after,) = db.execute("SELECT count(*) FROM mirrors").fetchone()
            if after > before:
                if self._left and len(self.made) + 1 == self._left:
                    raise StoreError("It stops here.")
                self.made.append(after - before)
            return result

        return super()._put(counted, then)


async def many(world: World, count: int) -> list[Said]:
    """Threads of as many followers, the oldest first; it does not wait for one after another."""
    brand = await world.account("northwind", AccountKind.BRAND)
    commits = [world.starting(f"n{n}", (AccountId(f"follower{n}"), brand)) for n in range(count)]
    done = await asyncio.gather(*(world.store.commit(commit) for commit in commits))
    assert all(isinstance(one, Committed) for one in done)
    return [Said(one.conversation, one.events[0].thread, 3) for one in commits]


async def test_a_new_inbox_is_filled_in_pieces(tmp_path: Path) -> None:
    writers: list[Counting] = []

    def counting(db: sqlite3.Connection) -> Counting:
        writers.append(Counting(db))
        return writers[-1]

    store = SqliteStore(tmp_path / "many.db", writer=counting)
    await store.open()
    world = World(store)
    threads = await many(world, MOST_THREADS + PIECE + 1)
    await inbox(world, "C1")
    assert max(writers[0].made) <= PIECE
    assert sum(writers[0].made) == len(threads)
    starts = [shape((await store.mirrors_of(one.thread))[0])[0] for one in threads]
    assert starts == [4] * (PIECE + 1) + [1] * MOST_THREADS
    await store.close()


@pytest.mark.parametrize("fails", [2, 3])
async def test_a_stop_between_two_pieces_loses_and_doubles_nothing(
    tmp_path: Path, fails: int
) -> None:
    path = tmp_path / "many.db"
    store = SqliteStore(path, writer=lambda db: Counting(db, fails))
    await store.open()
    world = World(store)
    threads = await many(world, MOST_THREADS + 2 * PIECE)
    with pytest.raises(StoreError):
        await inbox(world, "C1")
    without = [one for one in threads if not await store.mirrors_of(one.thread)]
    assert len(without) > PIECE / 2
    await store.close()
    store = SqliteStore(path)
    await store.open()
    world = World(store)
    # What is said before its mirror is there is shown, and it alone.
    said = await world.say("meanwhile", without[0], AccountId("follower"))
    binding = await store.binding_at(Place("slack", "T1", "C1"))
    assert binding is not None
    new = await world.start("new", (AccountId("late"), binding.account), binding)
    await store.fill_inboxes()
    await store.fill_inboxes()
    assert [shape(one) for one in await store.mirrors_of(said.thread)] == [(4, 3, None)]
    work = await store.lane((await store.mirrors_of(said.thread))[0].id, 50)
    assert work is not None
    assert not work.filling
    assert len(await store.due_of(said.thread)) == 1
    for one in threads:
        assert len(await store.mirrors_of(one.thread)) == 1
    assert [shape(one) for one in await store.mirrors_of(new.thread)] == [(1, 0, None)]
    await store.close()


async def test_an_inbox_that_ends_before_it_is_filled_gets_no_more(tmp_path: Path) -> None:
    path = tmp_path / "many.db"
    store = SqliteStore(path, writer=lambda db: Counting(db, 2))
    await store.open()
    world = World(store)
    threads = await many(world, MOST_THREADS + PIECE)
    with pytest.raises(StoreError):
        await inbox(world, "C1")
    binding = await store.binding_at(Place("slack", "T1", "C1"))
    assert binding is not None
    await store.drop_binding(binding.id)
    await store.fill_inboxes()
    there = [one for each in threads for one in await store.mirrors_of(each.thread)]
    assert len(there) == MOST_THREADS
    await store.close()
