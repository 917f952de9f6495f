"""What people and pages read: pages, inboxes, feeds, deliveries, and what is held."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from core.delivery import Delivery, DeliveryState
from core.events import MessagePosted, PeopleAdded, PersonLeft
from core.ids import (
    AccountId,
    ConversationId,
    MessageId,
    PinId,
    RemoteId,
    SpaceId,
    ThreadId,
    derive,
)
from core.intents import (
    AddPeople,
    FillCard,
    Handle,
    InDirect,
    InSpace,
    Intent,
    Leave,
    Origin,
    Person,
    PostMessage,
    StartThread,
    What,
)
from core.model import BindingKind, Identity, MirrorState, Place, Placement, Profile
from core.ports.rows import HeldIntent, Refused
from core.ports.store import Store
from tests.store.world import NOW, PIN, Said, World

Reopen = Callable[[], Awaitable[Store]]


async def three(world: World) -> tuple[Said, AccountId, AccountId, AccountId]:
    mia, ola, nora = [await world.account(name) for name in ("mia", "ola", "nora")]
    return await world.start("one", (mia, ola)), mia, ola, nora


# --- pages --------------------------------------------------------------------------------


async def test_a_page_is_the_newest_events_or_those_on_one_side(store: Store, world: World) -> None:
    said, mia, _, _ = await three(world)
    other = await world.open("other", said, mia, PinId("77"))
    said = Said(said.conversation, said.thread, other.seq)
    for n in range(20):
        said = await world.say(f"{n}", said, mia)
    every = [1, 2, 3, *range(6, 26)]

    async def page(before: int | None, after: int | None, limit: int) -> list[int]:
        found = await store.events(
            said.thread, mia, [(1, None)], before=before, after=after, limit=limit
        )
        return [event.seq for event in found]

    assert await page(None, None, 500) == every
    assert await page(None, None, 4) == [22, 23, 24, 25]
    assert await page(22, None, 4) == [18, 19, 20, 21]
    assert await page(3, None, 4) == [1, 2]
    assert await page(None, 2, 4) == [3, 6, 7, 8]
    assert await page(8, 2, 40) == [3, 6, 7]
    assert await page(None, 25, 4) == []
    assert await page(1, None, 4) == []
    assert await page(None, 0, 150) == every


async def test_a_page_holds_only_what_was_said_during_the_stays(store: Store, world: World) -> None:
    said, mia, _, _ = await three(world)
    for n in range(20):
        said = await world.say(f"{n}", said, mia)
    stays: list[tuple[int, int | None]] = [(4, 8), (12, 13), (20, None)]

    async def page(before: int | None, after: int | None, limit: int) -> list[int]:
        found = await store.events(said.thread, mia, stays, before=before, after=after, limit=limit)
        return [event.seq for event in found]

    assert await page(None, None, 50) == [4, 5, 6, 7, 8, 12, 13, 20, 21, 22, 23]
    assert await page(None, None, 6) == [12, 13, 20, 21, 22, 23]
    assert await page(13, None, 3) == [7, 8, 12]
    assert await page(None, 6, 4) == [7, 8, 12, 13]
    assert await store.events(said.thread, mia, [], before=None, after=None, limit=9) == ()


# --- inboxes ------------------------------------------------------------------------------


async def test_an_inbox_lists_threads_by_their_newest_event_with_the_newest_words(
    store: Store, world: World
) -> None:
    said, mia, ola, nora = await three(world)
    second = await world.start("two", (nora, mia), pin=PinId("77"))
    said = await world.say("reply", said, ola, "yes, in oak")
    await world.happen("nora", said, mia, PeopleAdded((nora,)))
    first, last = await store.inbox(mia, 9)
    assert (first.thread, first.conversation) == (said.thread, said.conversation)
    assert (first.code, first.pin.id) == (said.thread[:6], PIN)
    assert [person.id for person in first.people] == [ola, nora]
    assert first.last_by is not None
    assert (first.last_by.id, first.last_text, first.last_at) == (ola, "yes, in oak", NOW)
    assert (last.thread, last.pin.id) == (second.thread, "77")
    assert [line.thread for line in await store.inbox(mia, 1)] == [said.thread]


async def test_a_newcomer_sees_no_words_from_before(store: Store, world: World) -> None:
    said, mia, _, nora = await three(world)
    other = await world.open("other", said, mia, PinId("77"))
    said = Said(said.conversation, said.thread, other.seq)
    said = await world.happen("nora", said, mia, PeopleAdded((nora,)))
    [line] = await store.inbox(nora, 9)
    assert (line.thread, line.last_by, line.last_text, line.last_at) == (said.thread, None, "", NOW)
    assert [t.id for t in await store.threads_like(nora, "")] == [said.thread]
    assert [pin.id for pin in await store.recent_pins(nora, 9)] == [PIN]


async def test_who_left_keeps_what_was_said_before_and_nothing_since(
    store: Store, world: World
) -> None:
    said, mia, ola, _ = await three(world)
    said = await world.happen("bye", said, ola, PersonLeft())
    said = await world.open("later", said, mia, PinId("77"))
    assert await store.inbox(ola, 9) == ()
    assert await store.recent_pins(ola, 9) == ()
    assert [t.pin for t in await store.threads_like(ola, "")] == [PIN]
    [head] = await store.conversations_of(ola)
    assert head == await store.head(said.conversation)
    assert await store.conversations_of(AccountId("nobody")) == ()


# --- feeds --------------------------------------------------------------------------------


async def test_a_feed_gives_each_event_once_in_order_to_those_who_may_see_it(
    store: Store, world: World
) -> None:
    said, mia, ola, nora = await three(world)
    assert await store.feed_end() == 3
    hidden = await world.start("two", (nora, ola), pin=PinId("77"))
    said = await world.happen("nora", said, mia, PeopleAdded((nora,)))
    said = await world.happen("bye", said, nora, PersonLeft())
    said = await world.say("gone", said, mia)
    end = await store.feed_end()
    assert end == 9

    async def read(account: AccountId, limit: int) -> list[tuple[ConversationId, int]]:
        found, after = [], 0
        while after < end:
            items, after = await store.feed(account, after, limit)
            assert [item.position for item in items] == sorted(item.position for item in items)
            found += [(item.event.conversation, item.event.seq) for item in items]
        return found

    for limit in (1, 2, 100, 1000):
        assert await read(mia, limit) == [(said.conversation, n) for n in range(1, 7)]
        both = [(hidden.conversation, 1), (hidden.conversation, 2), (hidden.conversation, 3)]
        assert await read(nora, limit) == [*both, (said.conversation, 4), (said.conversation, 5)]
    items, after = await store.feed(mia, end, 9)
    assert (items, after) == ((), end)
    items, after = await store.feed(mia, 8, 9)
    assert [item.event.what for item in items] == [
        MessagePosted(MessageId(derive("message", "gone")), "yes")
    ]
    assert (await store.feed(AccountId("nobody"), 0, 9)) == ((), end)


async def test_a_reader_who_is_far_behind_gets_it_all(store: Store, world: World) -> None:
    said, mia, _, _ = await three(world)
    for n in range(150):
        said = await world.say(f"{n}", said, mia)
    items, after = await store.feed(mia, 0, 1000)
    assert [item.event.seq for item in items] == list(range(1, 154))
    assert after == await store.feed_end()
    messages = [(n + 4, MessageId(derive("message", f"{n}"))) for n in range(150)]
    assert await store.deliveries(said.thread, messages) == {m: () for _, m in messages}


# --- deliveries ---------------------------------------------------------------------------


async def test_each_message_tells_where_it_stands_in_every_place(
    store: Store, world: World
) -> None:
    mia, ola = await world.account("mia"), await world.account("ola")
    inbox = await world.binding(ola, "C1", kind=BindingKind.INBOX, label="#inbox")
    forum = await world.binding(mia, "F1", "discord")
    direct = await world.binding(mia, "user:9", "discord", kind=BindingKind.DIRECT)
    said = await world.start("one", (mia, ola), inbox, forum, direct)
    mirrors = await world.mirrors(said)
    for mirror in mirrors.values():
        await world.place_card(mirror)
    await world.say("two", said, ola, here=world.typed(mirrors["C1"], "two"))
    one, two = MessageId(derive("message", "one")), MessageId(derive("message", "two"))

    async def states() -> list[list[tuple[str, DeliveryState, str | None]]]:
        told = await store.deliveries(said.thread, [(3, one), (4, two)])
        return [[(d.place, d.state, d.reason) for d in told[message]] for message in (one, two)]

    here, waiting = DeliveryState.HERE, DeliveryState.WAITING
    done, failed = DeliveryState.DELIVERED, DeliveryState.FAILED
    assert await states() == [
        [("#inbox", waiting, None), ("Discord", waiting, None), ("direct message", waiting, None)],
        [("#inbox", here, None), ("Discord", waiting, None), ("direct message", waiting, None)],
    ]
    assert await store.waiting() == {"slack": 1, "discord": 4}
    await world.deliver(mirrors["C1"], "one", 3)
    await world.deliver(mirrors["F1"], "one", 3)
    await store.pass_over(
        mirrors["user:9"].id, 3, refused=Refused(one, 3, "Too long for Discord.", NOW)
    )
    await store.park(
        mirrors["user:9"].id,
        attempts=1,
        retry_at=None,
        state=MirrorState.BROKEN,
        reason="Open your direct messages.",
    )
    refused = ("direct message", failed, "Too long for Discord.")
    broken = ("direct message", failed, "Open your direct messages.")
    assert await states() == [
        [("#inbox", done, None), ("Discord", done, None), refused],
        [("#inbox", here, None), ("Discord", waiting, None), broken],
    ]
    assert await store.waiting() == {"discord": 2}
    assert await store.deliveries(said.thread, []) == {}
    [first, *_] = (await store.deliveries(said.thread, [(3, one)]))[one]
    assert first == Delivery("slack", "#inbox", done)


async def test_to_others_all_inboxes_of_a_brand_are_one_place_of_its_name(
    store: Store, world: World
) -> None:
    mia, ola = await world.account("mia"), await world.account("ola")
    inbox = await world.binding(ola, "C1", kind=BindingKind.INBOX, label="#inbox")
    staff = await world.binding(ola, "F1", "discord", kind=BindingKind.INBOX, label="#staff")
    said = await world.start("one", (mia, ola), inbox, staff)
    mirrors = await world.mirrors(said)
    for mirror in mirrors.values():
        await world.place_card(mirror)
    one = MessageId(derive("message", "one"))

    async def told(reader: AccountId) -> list[Delivery]:
        return list((await store.deliveries(said.thread, [(3, one)], reader))[one])

    assert await told(mia) == [Delivery("", "Ola", DeliveryState.WAITING)]
    await store.park(
        mirrors["C1"].id,
        attempts=1,
        retry_at=None,
        state=MirrorState.BROKEN,
        reason="Unarchive #inbox.",
    )
    assert await told(mia) == [Delivery("", "Ola", DeliveryState.WAITING)]
    await world.deliver(mirrors["F1"], "one", 3)
    assert await told(mia) == [Delivery("", "Ola", DeliveryState.DELIVERED)]
    assert await told(ola) == [
        Delivery("slack", "#inbox", DeliveryState.FAILED, "Unarchive #inbox."),
        Delivery("discord", "#staff", DeliveryState.DELIVERED),
    ]


async def test_a_message_has_no_place_where_it_may_not_be_seen(store: Store, world: World) -> None:
    said, mia, ola, nora = await three(world)
    place = await world.binding(nora, "D1", "discord")
    mirror = world.mirror(said.thread, place, 4)
    said = await world.happen("nora", said, mia, PeopleAdded((nora,)), mirrors=(mirror,))
    said = await world.say("seen", said, ola)
    said = await world.happen("bye", said, nora, PersonLeft())
    said = await world.say("unseen", said, ola)
    names = ((3, "one"), (5, "seen"), (7, "unseen"))
    messages = [(seq, MessageId(derive("message", name))) for seq, name in names]
    told = await store.deliveries(said.thread, messages)
    assert [len(told[message]) for _, message in messages] == [0, 1, 0]
    assert await store.waiting() == {"discord": 1}


async def test_the_newest_messages_placed_in_a_channel_are_listed_newest_first(
    store: Store, world: World
) -> None:
    mia = await world.account("mia")
    binding = await world.binding(mia, "C1")
    threads = []
    for n in range(4):
        said = await world.start(f"start {n}", (mia, await world.account(f"p-{n}")), binding)
        mirror = (await world.mirrors(said))["C1"]
        await world.place_card(mirror)
        remote = await world.deliver(mirror, f"start {n}", 3)
        threads.append((said, mirror, remote))
    said, mirror, remote = threads[1]
    typed = world.typed(mirror, "again")
    await world.say("again", said, mia, here=typed)
    placed = await store.placed_in("slack", "C1", 4)
    assert placed[0] == (
        typed.remote,
        said.thread,
        4,
        MessageId(derive("message", "again")),
    )
    assert [row[0] for row in placed[1:]] == [threads[n][2] for n in (3, 2, 1)]
    assert len(await store.placed_in("slack", "C1", 200)) == 5
    assert await store.placed_in("slack", "C2", 200) == ()
    assert await store.placed_in("discord", "C1", 200) == ()


# --- held intents -------------------------------------------------------------------------

MIA = Person(Identity("discord", "", "1"), Profile("Mia", "https://cdn.example/mia.png"))
PLACE = Place("slack", "T1", "C1")


def held(key: str, what: What, space: str = "S1") -> HeldIntent:
    origin = Origin(PLACE, RemoteId("C1:1"))
    intent = Intent(key, MIA, what, origin, "print", NOW - timedelta(seconds=2))
    return HeldIntent(key, SpaceId(space), intent, NOW)


async def test_held_intents_come_back_as_they_were_first_come_first(
    store: Store, reopen: Reopen
) -> None:
    space = InSpace("slack", SpaceId("S1"))
    several = [
        held("k3", PostMessage(space, "“hello”", PinId("1"))),
        held("k1", PostMessage(InDirect(PLACE, RemoteId("r")), "hi")),
        held("k2", AddPeople(ThreadId("t"), (Handle("ola"), MIA, AccountId("nora")))),
        held("k5", Leave(space)),
        held("k4", StartThread((Handle("ola"),), None)),
        held("k6", FillCard(ThreadId("t"), PinId("1"))),
    ]
    for one in several:
        assert await store.hold(one, "slack") is True
    assert await store.hold(several[0], "slack") is True, "it is held already"
    for now in (False, True):
        store = await reopen() if now else store
        assert await store.held_for("slack", SpaceId("S1")) == tuple(several)
    assert await store.held_for("discord", SpaceId("S1")) == ()
    await store.release("k1")
    assert [one.key for one in await store.held_for("slack", SpaceId("S1"))] == [
        *("k3", "k2", "k5", "k4", "k6")
    ]


async def test_nothing_is_held_for_a_space_that_is_there(store: Store, world: World) -> None:
    mia, ola = await world.account("mia"), await world.account("ola")
    said = await world.start("one", (mia, ola), await world.binding(ola, "C1"))
    mirror = (await world.mirrors(said))["C1"]
    early = held("early", Leave(ThreadId("t")), f"card of {mirror.id}")
    assert await store.hold(early, "slack") is True
    assert await store.held_ready() == ()
    space = await world.place_card(mirror)
    assert await store.held_ready() == (("slack", space),)
    assert await store.hold(held("late", Leave(ThreadId("t")), space), "slack") is False
    assert await store.hold(held("other", Leave(ThreadId("t")), space), "discord") is True
    assert [one.key for one in await store.held_for("slack", space)] == ["early"]
    await store.release("early")
    assert await store.held_ready() == ()


async def test_what_was_held_too_long_is_dropped_and_counted(store: Store) -> None:
    for n in range(3):
        one = held(f"k{n}", Leave(ThreadId("t")))
        at = NOW + timedelta(hours=n)
        await store.hold(HeldIntent(one.key, one.waits_for, one.intent, at), "slack")
    assert await store.drop_held(NOW + timedelta(hours=2)) == 2
    assert [one.key for one in await store.held_for("slack", SpaceId("S1"))] == ["k2"]


async def test_a_notice_is_placed_and_names_no_message(store: Store, world: World) -> None:
    said, mia, _, nora = await three(world)
    place = await world.binding(nora, "C1")
    mirror = world.mirror(said.thread, place, 4)
    await world.happen("nora", said, mia, PeopleAdded((nora,)), mirrors=(mirror,))
    notice = Placement(mirror.id, "seq:4", 0, RemoteId("n1"), "bot")
    await store.placed(mirror.id, notice, sending=None, cursor=4)
    assert await store.placed_in("slack", "C1", 9) == ()
    spot = await store.spot_of_message("slack", RemoteId("n1"))
    assert spot is not None
    assert spot.mirror.id == mirror.id
