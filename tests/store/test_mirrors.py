"""Mirrors, their lanes' work and receipts: what is due, what is shown, what is remembered."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from core.delivery import Author, Part, PartKind, Sending, Step, Verb
from core.events import (
    CardFilled,
    MessagePosted,
    PeopleAdded,
    PersonLeft,
)
from core.ids import AccountId, MessageId, MirrorId, RemoteId, SpaceId, ThreadId, derive
from core.model import (
    AUTHOR,
    CARD,
    BindingKind,
    Mirror,
    MirrorState,
    Pin,
    PinSource,
    Placement,
)
from core.ports.rows import Begun, Commit, Committed, Due, Duplicate, Refused, Stale
from core.ports.store import Store
from tests.store.world import NOW, PIN, Said, World

Reopen = Callable[[], Awaitable[Store]]


def sending(item: str, seq: int, *texts: str, at: int = 0) -> Sending:
    author = Author("Mia", "https://cdn.example/mia.png")
    steps = tuple(
        Step(Verb.POST, n, Part(PartKind.TEXT, text, author)) for n, text in enumerate(texts)
    )
    return Sending(item, seq, 1, steps, at=at, anchor=RemoteId("anchor"))


async def pair(world: World) -> tuple[Said, Mirror, Mirror]:
    """Mia in a Discord forum and Ola in a Slack channel, with one thread in both."""
    mia, ola = await world.account("mia"), await world.account("ola")
    forum = await world.binding(mia, "F1", "discord", label="#plans")
    channel = await world.binding(ola, "C1", kind=BindingKind.INBOX, label="#inbox")
    said = await world.start("one", (mia, ola), forum, channel)
    mirrors = await world.mirrors(said)
    return said, mirrors["F1"], mirrors["C1"]


async def test_a_new_mirror_begins_before_its_first_event(store: Store, world: World) -> None:
    said, forum, channel = await pair(world)
    assert await store.mirrors_of(said.thread) == (forum, channel)
    assert (forum.from_seq, forum.cursor, forum.root, forum.space) == (1, 0, None, None)
    assert (forum.state, forum.attempts, forum.retry_at) == (MirrorState.ACTIVE, 0, None)
    assert (forum.place.platform, forum.place.channel, forum.account) == ("discord", "F1", "mia")
    work = await store.lane(forum.id, 50)
    assert work is not None
    assert work.mirror == forum
    assert work.events == await store.history(said.conversation)
    assert (work.opened_by, work.people) == ("mia", ("mia", "ola"))
    assert set(work.accounts) == {"mia", "ola"}
    assert set(work.pins) == {PIN}
    assert (work.sending, work.newest, work.known) == (None, None, frozenset())
    assert (work.placed, work.card_revision) == ({}, 0)
    assert await store.lane(MirrorId("nothing"), 50) is None


async def test_mirrors_are_due_while_their_cursor_is_behind_the_thread(
    store: Store, world: World
) -> None:
    said, forum, channel = await pair(world)
    assert set(await store.due()) == {
        Due(forum.id, "discord", "F1", None),
        Due(channel.id, "slack", "C1", None),
    }
    assert set(await store.due_of(said.thread)) == set(await store.due())
    await store.pass_over(forum.id, said.seq)
    await store.pass_over(channel.id, 2)
    assert [due.mirror for due in await store.due_of(said.thread)] == [channel.id]
    assert [due.mirror for due in await store.due()] == [channel.id]
    await store.pass_over(channel.id, 3)
    assert await store.due() == await store.due_of(said.thread) == ()
    await world.say("two", said, AccountId("ola"))
    assert len(await store.due()) == len(await store.due_of(said.thread)) == 2
    assert await store.due_of(ThreadId("nothing")) == ()


async def test_a_receipt_places_moves_the_cursor_and_ends_the_sending_together(
    store: Store, world: World, reopen: Reopen
) -> None:
    said, forum, _ = await pair(world)
    card = Sending(
        CARD, 2, 3, (Step(Verb.POST, 0, Part(PartKind.CARD, people=("Mia",), code="abc")),)
    )
    await store.begin(forum.id, card)
    work = await store.lane(forum.id, 50)
    assert work is not None
    assert work.sending == card
    assert work.mirror.cursor == 0
    root, space = RemoteId("F1:1"), SpaceId("F1")
    placement = Placement(forum.id, CARD, 0, root, "bot", 3)
    await store.placed(forum.id, placement, sending=None, cursor=2, root=root, space=space)
    for fresh in (False, True):
        now = await reopen() if fresh else store
        work = await now.lane(forum.id, 50)
        assert work is not None
        assert work.sending is None
        assert (work.mirror.cursor, work.mirror.root, work.mirror.space) == (2, root, space)
        assert (work.card_revision, work.newest, work.known) == (3, root, {root})
        assert [event.seq for event in work.events] == [3]
        spot = await now.spot("discord", space)
        assert spot is not None
        assert spot.mirror == work.mirror
        assert spot.thread == await now.thread(said.thread)
        assert spot.head == await now.head(said.conversation)
        assert spot.binding == await now.binding_at(forum.place)
        assert await now.spot("slack", space) is None
        assert await now.spot_of_message("discord", root) == spot


async def test_a_message_in_parts_remembers_how_far_it_has_come(
    store: Store, world: World, reopen: Reopen
) -> None:
    _, forum, _ = await pair(world)
    await world.place_card(forum)
    item = derive("message", "one")
    first = sending(item, 3, "does this", "come in oak?")
    second = sending(item, 3, "does this", "come in oak?", at=1)
    await store.begin(forum.id, first)
    placement = Placement(forum.id, item, 0, RemoteId("r1"), "webhook")
    await store.placed(forum.id, placement, sending=second, cursor=None)
    store = await reopen()
    work = await store.lane(forum.id, 50)
    assert work is not None
    assert work.sending == second
    assert (work.mirror.cursor, work.newest) == (2, "r1")
    assert work.known == {"r1"}
    step = Sending(item, 3, 1, second.steps, at=1, inner=1, data={"upload": "u1"})
    await store.placed(forum.id, None, sending=step, cursor=None)
    work = await store.lane(forum.id, 50)
    assert work is not None
    assert work.sending == step
    last = Placement(forum.id, item, 1, RemoteId("r2"), "webhook")
    await store.placed(forum.id, last, sending=None, cursor=3)
    work = await store.lane(forum.id, 50)
    assert work is not None
    assert (work.sending, work.mirror.cursor, work.newest) == (None, 3, "r2")
    assert await store.due_of(forum.thread) != (), "the other mirror"
    for remote in ("r1", "r2"):
        assert await store.spot_of_message("discord", RemoteId(remote)) is not None


async def idle_pair(world: World) -> tuple[Said, Mirror, Mirror]:
    """A pair that has nothing to do, and is asked for now and then."""
    said, forum, channel = await pair(world)
    for mirror in (forum, channel):
        await world.place_card(mirror)
        await world.deliver(mirror, "one", 3)
    assert await world.store.due_of(said.thread) == ()
    return said, forum, channel


async def test_a_mirror_that_was_idle_gets_the_next_words_and_knows_which_are_its_own(
    store: Store, world: World
) -> None:
    said, forum, channel = await idle_pair(world)
    said = await world.say("two", said, AccountId("mia"), "is it still there?")
    typed = world.typed(channel, "three")
    await world.say("three", said, AccountId("ola"), here=typed)
    work = await store.lane(channel.id, 50)
    assert work is not None
    assert work.events == (await store.history(said.conversation))[3:]
    assert work.placed == {derive("message", "three"): (typed,)}
    assert (work.newest, work.thread.tail) == (typed.remote, 5)
    assert (await store.lane(channel.id, 1)) is not None
    other = await store.lane(forum.id, 1)
    assert other is not None
    assert ([event.seq for event in other.events], other.placed) == ([4], {})
    begun = sending(derive("message", "two"), 4, "is it still there?")
    await store.begin(channel.id, begun)
    work = await store.lane(channel.id, 50)
    assert work is not None
    assert work.sending == begun


async def test_a_mirror_that_was_idle_misses_nothing_of_a_long_backlog(
    store: Store, world: World
) -> None:
    said, forum, _ = await idle_pair(world)
    for n in range(30):
        said = await world.say(f"more {n}", said, AccountId("mia"))
        work = await store.lane(forum.id, 100)
        assert work is not None
        assert [event.seq for event in work.events] == list(range(4, 5 + n))


async def test_words_typed_in_an_idle_mirror_leave_it_idle(store: Store, world: World) -> None:
    said, forum, channel = await idle_pair(world)
    typed = world.typed(channel, "two")
    await world.say("two", said, AccountId("ola"), here=typed)
    assert [due.mirror for due in await store.due()] == [forum.id]
    assert [due.mirror for due in await store.due_of(said.thread)] == [forum.id]
    work = await store.lane(channel.id, 50)
    assert work is not None
    assert (work.mirror.cursor, work.newest, work.events) == (4, typed.remote, ())


async def test_words_typed_in_a_lagging_mirror_are_known_to_be_there(
    store: Store, world: World
) -> None:
    said, _, channel = await pair(world)
    await world.place_card(channel)
    typed = world.typed(channel, "two")
    await world.say("two", said, AccountId("ola"), here=typed)
    work = await store.lane(channel.id, 50)
    assert work is not None
    assert [event.seq for event in work.events] == [3, 4]
    assert work.placed == {derive("message", "two"): (typed,)}
    assert work.newest == typed.remote


async def test_a_delivery_begins_with_its_event_only_where_the_mirror_is_idle(
    store: Store, world: World
) -> None:
    said, forum, channel = await idle_pair(world)
    first = sending(derive("message", "two"), 4, "two")
    begun = (Begun(forum.id, 3, first), Begun(channel.id, 3, first))
    await store.begin(channel.id, first)
    result = await store.commit(words(world, said, "two", begun))
    assert result == Committed(4, (forum.id,))
    work = await store.lane(forum.id, 50)
    assert work is not None
    assert (work.sending, work.mirror.cursor) == (first, 3)
    said = replace(said, seq=4)
    await store.placed(forum.id, None, sending=None, cursor=4)
    for n, state in enumerate((MirrorState.PAUSED, MirrorState.ACTIVE)):
        retry_at = NOW if state is MirrorState.ACTIVE else None
        await store.park(forum.id, attempts=1, retry_at=retry_at, state=state)
        began = Begun(forum.id, 4, sending(derive("message", f"{n}"), said.seq + 1, "later"))
        assert (
            world.store.idle_lanes(words(world, said, f"{n}", ()).events[0], said.seq, None, anyone)
            == ()
        )
        assert await store.commit(words(world, said, f"{n}", (began,))) == Committed(said.seq + 1)
        said = replace(said, seq=said.seq + 1)
    behind = Begun(forum.id, 5, first)
    await store.park(forum.id, attempts=0, retry_at=None)
    assert await store.commit(words(world, said, "behind", (behind,))) == Committed(7)


async def test_a_repeated_or_stale_commit_begins_nothing(store: Store, world: World) -> None:
    said, forum, _ = await idle_pair(world)
    begun = (Begun(forum.id, 3, sending(derive("message", "two"), 4, "two")),)
    late = replace(words(world, said, "two", begun), expected=2)
    assert await store.commit(late) == Stale()
    await world.say("two", said, AccountId("mia"))
    assert isinstance(await store.commit(words(world, said, "two", begun)), Duplicate)
    work = await store.lane(forum.id, 50)
    assert work is not None
    assert work.sending is None


def anyone(due: Due) -> bool:
    return True


def words(world: World, said: Said, key: str, begun: tuple[Begun, ...]) -> Commit:
    what = MessagePosted(MessageId(derive("message", key)), key)
    events = world.events(said.conversation, said.thread, said.seq, AccountId("mia"), what)
    return Commit(key, "", said.conversation, said.seq, events, "", begun=begun)


async def test_events_that_come_with_typed_words_are_still_shown(
    store: Store, world: World
) -> None:
    said, _, channel = await pair(world)
    nora = await world.account("nora")
    await world.place_card(channel)
    await store.pass_over(channel.id, 3)
    typed = world.typed(channel, "two")
    words = MessagePosted(MessageId(derive("message", "two")), "hello")
    await world.happen("two", said, nora, PeopleAdded((nora,)), words, here=typed)
    work = await store.lane(channel.id, 50)
    assert work is not None
    assert [event.seq for event in work.events] == [4, 5]
    assert work.placed == {words.message: (typed,)}
    assert nora in work.accounts


async def test_what_was_placed_while_an_outcome_is_unclear_is_known(
    store: Store, world: World
) -> None:
    said, _, channel = await pair(world)
    await world.place_card(channel)
    item = derive("message", "one")
    await store.begin(channel.id, sending(item, 3, "does this come in oak?"))
    typed = []
    for n in range(3):
        typed.append(world.typed(channel, f"typed {n}").remote)
        said = await world.say(
            f"typed {n}", said, AccountId("ola"), here=world.typed(channel, f"typed {n}")
        )
    work = await store.lane(channel.id, 50)
    assert work is not None
    assert work.sending is not None
    assert work.mirror.cursor == 2, "an unfinished sending holds the cursor"
    assert work.known >= set(typed)
    assert work.newest == typed[-1]


async def test_a_lane_reads_as_many_events_as_it_asks_for(store: Store, world: World) -> None:
    said, forum, _ = await pair(world)
    for n in range(40):
        said = await world.say(f"more {n}", said, AccountId("mia"))
    for limit in (1, 7, 100):
        work = await store.lane(forum.id, limit)
        assert work is not None
        assert [event.seq for event in work.events] == list(range(1, min(limit, 43) + 1))
    await store.pass_over(forum.id, 40)
    work = await store.lane(forum.id, 2)
    assert work is not None
    assert [event.seq for event in work.events] == [41, 42]


async def test_a_refused_event_is_kept_with_its_reason_and_passed(
    store: Store, world: World
) -> None:
    said, forum, _ = await pair(world)
    await world.place_card(forum)
    message = MessageId(derive("message", "one"))
    await store.begin(forum.id, sending(message, 3, "too long"))
    assert not await store.has_failed(said.thread)
    await store.pass_over(
        forum.id, 3, refused=Refused(message, 3, "Discord refused this message.", NOW)
    )
    assert await store.has_failed(said.thread)
    work = await store.lane(forum.id, 50)
    assert work is not None
    assert (work.sending, work.mirror.cursor) == (None, 3)
    told = (await store.deliveries(said.thread, [(3, message)]))[message]
    assert [(d.state, d.reason) for d in told] == [
        ("failed", "Discord refused this message."),
        ("waiting", None),
    ]


async def test_a_parked_mirror_stays_due_and_a_receipt_clears_its_attempts(
    store: Store, world: World, reopen: Reopen
) -> None:
    _, forum, channel = await pair(world)
    later = NOW + timedelta(seconds=30)
    await store.pass_over(channel.id, 3)
    await store.park(forum.id, attempts=4, retry_at=later)
    due = Due(forum.id, "discord", "F1", later)
    assert await store.due() == await store.due_of(forum.thread) == (due,)
    again = await reopen()
    work = await again.lane(forum.id, 50)
    assert work is not None
    assert (work.mirror.attempts, work.mirror.retry_at) == (4, later)
    await World(again).place_card(forum)
    work = await again.lane(forum.id, 50)
    assert work is not None
    assert (work.mirror.attempts, work.mirror.retry_at) == (0, None)


async def test_a_broken_mirror_is_not_due_until_its_platform_is_unparked(
    store: Store, world: World
) -> None:
    said, forum, channel = await pair(world)
    await store.park(
        forum.id, attempts=1, retry_at=None, state=MirrorState.BROKEN, reason="Invite the bot."
    )
    await store.park(channel.id, attempts=1, retry_at=None, state=MirrorState.PAUSED)
    assert await store.due() == await store.due_of(said.thread) == ()
    broken = (await store.mirrors_of(said.thread))[0]
    assert (broken.state, broken.reason) == (MirrorState.BROKEN, "Invite the bot.")
    await store.unpark("slack")
    assert await store.due() == ()
    await store.unpark("discord")
    due = (Due(forum.id, "discord", "F1", None),)
    assert await store.due() == await store.due_of(said.thread) == due
    assert (await store.mirrors_of(said.thread))[0].reason is None


async def test_a_call_that_fails_in_a_place_that_is_broken_does_not_change_why(
    store: Store, world: World
) -> None:
    said, forum, _ = await pair(world)
    await store.break_place(forum.binding, "The channel was deleted.")
    await store.park(
        forum.id, attempts=1, retry_at=None, state=MirrorState.BROKEN, reason="Invite the bot."
    )
    assert (await store.mirrors_of(said.thread))[0].reason == "The channel was deleted."
    await store.unpark("discord")
    await store.park(
        forum.id, attempts=1, retry_at=None, state=MirrorState.BROKEN, reason="Invite the bot."
    )
    assert (await store.mirrors_of(said.thread))[0].reason == "Invite the bot."


async def test_who_leaves_has_mirrors_that_end_there_and_who_comes_back_has_new_ones(
    store: Store, world: World
) -> None:
    mia, ola, nora = [await world.account(name) for name in ("mia", "ola", "nora")]
    binding = await world.binding(nora, "D1", "discord", BindingKind.DIRECT)
    said = await world.start("one", (mia, ola, nora), binding)
    said = await world.happen("leave", said, nora, PersonLeft())
    assert [spot.mirror.until_seq for spot in await store.spots_at(binding.place, 9)] == []
    said = await world.say("unseen", said, mia)
    [old] = await store.mirrors_of(said.thread)
    assert old.until_seq == 4
    assert [due.mirror for due in await store.due()] == [old.id], "there is still something to show"
    await store.pass_over(old.id, 4)
    assert await store.due() == await store.due_of(said.thread) == ()
    back = world.mirror(said.thread, binding, 6)
    said = await world.happen("back", said, mia, PeopleAdded((nora,)), mirrors=(back,))
    first, second = await store.mirrors_of(said.thread)
    assert (first.id, first.until_seq) == (old.id, 4)
    assert (second.id, second.from_seq, second.cursor, second.until_seq) == (back.id, 6, 5, None)
    assert [due.mirror for due in await store.due_of(said.thread)] == [back.id]
    assert [spot.mirror.id for spot in await store.spots_at(binding.place, 9)] == [back.id]


async def test_places_list_their_threads_most_recently_active_first(
    store: Store, world: World
) -> None:
    mia = await world.account("mia")
    binding = await world.binding(mia, "D1", "discord", BindingKind.DIRECT)
    said = [
        await world.start(f"with {n}", (mia, await world.account(f"person-{n}")), binding)
        for n in range(4)
    ]
    await world.say("again", said[1], mia)
    spots = await store.spots_at(binding.place, 3)
    assert [spot.thread.id for spot in spots] == [said[n].thread for n in (1, 3, 2)]
    assert all(spot.binding == binding for spot in spots)


async def test_a_lane_sees_what_pins_and_names_have_become(store: Store, world: World) -> None:
    said, forum, _ = await pair(world)
    await store.lane(forum.id, 50)
    rich = Pin(PIN, "https://www.pinterest.com/pin/1/", "Oak shelf", source=PinSource.API)
    await store.put_pin(rich, NOW)
    mia = await store.account(AccountId("mia"))
    assert mia is not None
    renamed = type(mia)(mia.id, mia.kind, mia.handle, "Mia B")
    await store.put_account(renamed, [])
    await world.happen("card", said, AccountId("mia"), CardFilled(PIN))
    work = await store.lane(forum.id, 50)
    assert work is not None
    assert work.pins[PIN] == rich
    assert work.accounts[mia.id] == renamed


async def test_a_copy_on_its_way_counts_as_waiting(store: Store, world: World) -> None:
    said, _, channel = await pair(world)
    await world.place_card(channel)
    message = MessageId(derive("message", "one"))
    copy = Placement(channel.id, message, 0, RemoteId("copy"), "webhook")
    await store.placed(channel.id, copy, sending=sending(message, 3, "a", "b"), cursor=None)
    work = await store.lane(channel.id, 50)
    assert work is not None
    assert work.placed == {message: (copy,)}
    told = (await store.deliveries(said.thread, [(3, message)]))[message]
    assert [d.state for d in told] == ["waiting", "waiting"]
    assert copy.poster != AUTHOR
