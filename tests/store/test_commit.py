"""A commit is written whole, once, and only onto the history that its decision saw."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from core.apply import apply
from core.events import CardFilled, MessagePosted, PeopleAdded, PersonLeft, ThreadOpened
from core.ids import ConversationId, MessageId, PinId, RemoteId, ThreadId, derive
from core.model import Account, AccountKind, Identity, Member, State, people_key
from core.ports.rows import Commit, Committed, Duplicate, Stale
from core.ports.store import Store
from tests.store.world import PIN, Said, World

Reopen = Callable[[], Awaitable[Store]]


async def test_a_history_is_read_back_exactly_as_it_was_committed(
    store: Store, world: World, reopen: Reopen
) -> None:
    mia, ola, nora = [await world.account(name) for name in ("mia", "ola", "nora")]
    commit = world.starting("one", (mia, ola), "Grüße — “so” 👍🏽\n\x00 end")
    assert await store.commit(commit) == Committed(3)
    said = Said(commit.conversation, commit.events[0].thread, 3)
    bound = (await world.binding(ola, "C1")).id
    agent = Identity("slack", "T1", "U9")
    pinned = MessagePosted(MessageId("m4"), "", PinId("77"))
    events = (
        *world.events(said.conversation, said.thread, 3, mia, pinned),
        *world.events(said.conversation, said.thread, 4, nora, PeopleAdded((nora,), bound)),
        *world.events(said.conversation, said.thread, 5, nora, PersonLeft(), CardFilled(PIN)),
    )
    events = (replace(events[0], agent=agent), *events[1:])
    key = people_key((mia, ola))
    again = Commit("two", "", said.conversation, 3, events, key)
    assert await store.commit(again) == Committed(7)
    whole = (*commit.events, *events)
    assert await store.history(said.conversation) == whole
    assert await (await reopen()).history(said.conversation) == whole


async def test_the_head_is_what_replaying_the_history_gives(store: Store, world: World) -> None:
    mia, ola, nora = [await world.account(name) for name in ("mia", "ola", "nora")]
    said = await world.start("one", (mia, ola))
    said = await world.happen("add", said, mia, PeopleAdded((nora,)))
    said = await world.happen("leave", said, nora, PersonLeft())
    said = await world.happen("again", said, mia, PeopleAdded((nora,)))
    state = State(Account(mia, AccountKind.PERSON, "mia", "Mia"))
    for event in await store.history(said.conversation):
        state = apply(state, event)
    assert await store.head(said.conversation) == state.head
    assert await store.thread(said.thread) == state.thread
    assert state.head is not None
    assert state.head.members[-1] == Member(nora, 6)


async def test_a_repeated_key_gives_the_first_result_and_writes_nothing(
    store: Store, world: World, reopen: Reopen
) -> None:
    mia, ola = await world.account("mia"), await world.account("ola")
    first = replace(world.starting("one", (mia, ola)), fingerprint="words")
    assert await store.commit(first) == Committed(3)
    thread = first.events[0].thread
    known = Duplicate("words", first.conversation, thread, 3, MessageId(derive("message", "one")))
    assert await store.commit(first) == known
    assert await store.commit(replace(first, fingerprint="other words")) == known
    assert await store.committed("one") == known
    assert await store.committed("two") is None
    later = await world.say("two", Said(first.conversation, thread, 3), ola)
    assert await store.commit(replace(first, expected=later.seq)) == known
    assert len(await store.history(first.conversation)) == 4
    assert await (await reopen()).commit(first) == known


async def test_a_commit_onto_another_history_than_it_saw_is_stale(
    store: Store, world: World
) -> None:
    mia, ola = await world.account("mia"), await world.account("ola")
    said = await world.start("one", (mia, ola))
    await world.say("two", said, ola)
    before = await store.history(said.conversation)
    text = MessagePosted(MessageId("late"), "late")
    assert await world.attempt("three", said, mia, text) == Stale()
    ahead = Said(said.conversation, said.thread, 9)
    assert await world.attempt("three", ahead, mia, text) == Stale()
    assert await store.history(said.conversation) == before
    assert await store.committed("three") is None
    right = Said(said.conversation, said.thread, 4)
    assert await world.attempt("three", right, mia, text) == Committed(5)


async def test_the_same_people_cannot_start_two_conversations(store: Store, world: World) -> None:
    mia, ola = await world.account("mia"), await world.account("ola")
    both = await asyncio.gather(
        store.commit(world.starting("one", (mia, ola))),
        store.commit(world.starting("two", (ola, mia))),
    )
    assert both == [Committed(3), Stale()]
    head = await store.head_of_people(people_key((ola, mia)))
    assert head is not None
    assert head.id == ConversationId(derive("conversation", "one"))
    assert await store.head(ConversationId(derive("conversation", "two"))) is None
    assert await store.committed("two") is None


async def test_a_new_conversation_that_exists_already_is_stale(store: Store, world: World) -> None:
    mia, ola = await world.account("mia"), await world.account("ola")
    commit = world.starting("one", (mia, ola))
    await store.commit(commit)
    assert await store.commit(replace(commit, key="other", people_key="else")) == Stale()


async def test_people_who_come_and_go_are_found_by_who_is_present(
    store: Store, world: World
) -> None:
    mia, ola, nora = [await world.account(name) for name in ("mia", "ola", "nora")]
    pair = await world.start("pair", (mia, ola))
    three = await world.start("three", (mia, ola, nora))
    left = await world.happen("leave", three, nora, PersonLeft())
    head = await store.head_of_people(people_key((mia, ola)))
    assert head is not None
    assert head.id == pair.conversation, "the key stays with the one that had it"
    assert await store.head_of_people(people_key((mia, ola, nora))) is None
    await world.happen("back", left, mia, PeopleAdded((nora,)))
    head = await store.head_of_people(people_key((nora, ola, mia)))
    assert head is not None
    assert head.id == three.conversation
    await world.happen("grow", pair, mia, PeopleAdded((nora,)))
    head = await store.head_of_people(people_key((nora, ola, mia)))
    assert head is not None
    assert head.id == three.conversation
    assert await store.head_of_people(people_key((mia, ola))) is None


async def test_threads_are_found_by_pin_by_age_and_by_the_start_of_their_id(
    store: Store, world: World
) -> None:
    mia, ola, nora = [await world.account(name) for name in ("mia", "ola", "nora")]
    first = await world.start("one", (mia, ola))
    second = await world.open("other pin", first, ola, PinId("77"))
    opened = await store.open_thread(first.conversation, PinId("77"))
    assert opened is not None
    assert (opened.id, opened.tail) == (second.thread, 5)
    assert await store.open_thread(first.conversation, PinId("78")) is None
    assert [t.id for t in await store.threads_of(first.conversation)] == [
        second.thread,
        first.thread,
    ]
    assert [t.id for t in await store.threads_like(mia, first.thread[:6])] == [first.thread]
    assert len(await store.threads_like(mia, "")) == 2
    assert await store.threads_like(nora, first.thread) == ()
    assert await store.thread(ThreadId("nothing")) is None


async def test_128_senders_lose_nothing_and_leave_no_gap(store: Store, world: World) -> None:
    mia = await world.account("mia")
    rounds = 8
    others = [await world.account(f"person-{n}") for n in range(16)]
    starts = await asyncio.gather(
        *(world.start(f"start {n}", (mia, other)) for n, other in enumerate(others))
    )

    async def sender(n: int) -> None:
        for turn in range(rounds):
            what = MessagePosted(MessageId(f"m-{n}-{turn}"), f"{n} {turn}")
            while True:
                head = await store.head(starts[n % 16].conversation)
                assert head is not None
                at = Said(head.id, starts[n % 16].thread, head.seq)
                result = await world.attempt(f"key-{n}-{turn}", at, mia, what)
                if isinstance(result, Committed):
                    break
                assert isinstance(result, Stale)

    await asyncio.gather(*(sender(n) for n in range(128)))
    for said in starts:
        events = await store.history(said.conversation)
        assert [event.seq for event in events] == list(range(1, 3 + 8 * rounds + 1))
        words = [e.what.text for e in events if isinstance(e.what, MessagePosted)][1:]
        assert len(set(words)) == 8 * rounds


async def test_a_transaction_that_fails_takes_no_other_with_it(store: Store, world: World) -> None:
    """They are committed together, and one of them breaks an invariant of the database."""
    mia, ola, nora = [await world.account(name) for name in ("mia", "ola", "nora")]
    said = await world.start("one", (mia, ola))
    other = await world.start("two", (mia, nora))
    broken = ThreadOpened(PIN)  # a thread that is open cannot be opened
    results = await asyncio.gather(
        world.attempt("a", said, mia, MessagePosted(MessageId("a"), "a")),
        world.attempt("b", other, mia, broken),
        world.attempt("c", Said(said.conversation, said.thread, 4), mia, PersonLeft()),
        return_exceptions=True,
    )
    assert results[0] == Committed(4)
    assert isinstance(results[1], Exception)
    assert results[2] == Committed(5)
    assert [e.seq for e in await store.history(other.conversation)] == [1, 2, 3]
    assert await store.committed("b") is None


async def test_words_typed_in_a_mirror_are_placed_with_their_event(
    store: Store, world: World
) -> None:
    mia, ola = await world.account("mia"), await world.account("ola")
    said = await world.start("one", (mia, ola), await world.binding(ola, "C1"))
    mirror = (await world.mirrors(said))["C1"]
    await world.place_card(mirror)
    typed = world.typed(mirror, "reply")
    await world.say("reply", said, ola, here=typed)
    spot = await store.spot_of_message("slack", typed.remote)
    assert spot is not None
    assert spot.thread.id == said.thread
    assert await store.spot_of_message("discord", typed.remote) is None
    assert await store.spot_of_message("slack", RemoteId("else")) is None
