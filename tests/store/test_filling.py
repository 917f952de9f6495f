"""A new inbox: which threads it takes up, from where on, and that none stands there twice."""

from dataclasses import replace

from bridge.store.filling import MOST_THREADS, MOST_WORDS
from core.events import MessagePosted, PersonLeft
from core.ids import MessageId, PinId, ThreadId, derive
from core.model import AccountKind, Binding, BindingKind, Mirror, MirrorState
from core.ports.rows import Commit, Committed
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
