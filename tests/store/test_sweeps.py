"""What sweeps compare with what they read, and how far they have come."""

from datetime import timedelta

from core.delivery import Sending, Step, Verb
from core.events import (
    FileAdded,
    MessageEdited,
    MessagePosted,
    PersonLeft,
    ReactionAdded,
    ReactionRemoved,
)
from core.files import FileId, FileRef
from core.ids import MessageId, MirrorId, PinId, RemoteId, SpaceId, derive
from core.model import AUTHOR, BindingKind, Mirror, Place, Placement
from core.ports.rows import Marked, Refused, SweptPlace
from core.ports.store import Store
from core.project import file_item
from tests.store.test_mirrors import Reopen, pair
from tests.store.world import NOW, Said, World

INBOX = Place("slack", "T1", "C1")
FORUM = Place("discord", "T1", "F1")
WORDS = MessageId(derive("message", "one"))


async def placed(world: World) -> tuple[Said, Mirror, Mirror]:
    """As `pair`, with the card and the words in both places."""
    said, *_ = await pair(world)
    for mirror in (await world.mirrors(said)).values():
        await world.place_card(mirror)
        await world.deliver(mirror, "one", 3)
    mirrors = await world.mirrors(said)
    return said, mirrors["F1"], mirrors["C1"]


def marked(mirror: Mirror, mark: str | None = None) -> Marked:
    assert mirror.space is not None
    assert mirror.root is not None
    newest = None if mark is None else RemoteId(mark)
    return Marked(mirror.id, mirror.thread, mirror.space, mirror.root, newest)


# --- places -------------------------------------------------------------------------------


async def test_places_with_mirrors_are_known_channels_first(store: Store, world: World) -> None:
    said, _, channel = await placed(world)
    assert await store.swept_places("slack") == (
        SweptPlace(INBOX, BindingKind.INBOX, NOW, None, None),
    )
    kim = await world.account("kim")
    direct = await world.binding(kim, "user:U-kim", kind=BindingKind.DIRECT)
    later = await world.start("two", (kim, channel.account), direct)
    await world.place_card((await world.mirrors(later))["user:U-kim"])
    found = await store.swept_places("slack")
    assert [place.place.channel for place in found] == ["C1", "user:U-kim"]
    assert await store.swept_places("irc") == ()
    assert said.thread != later.thread


async def test_a_place_of_which_no_card_stands_is_not_swept(store: Store, world: World) -> None:
    said, _, _ = await pair(world)
    assert await store.swept_places("slack") == ()
    mirror = (await world.mirrors(said))["C1"]
    assert await store.marked("slack", [SpaceId("x")]) == {}
    assert await store.recent(INBOX, NOW - timedelta(days=1)) == ()
    assert mirror.root is None


async def test_a_finished_sweep_of_a_place_is_remembered(
    store: Store, world: World, reopen: Reopen
) -> None:
    await placed(world)
    await store.swept(INBOX, NOW, RemoteId("C1:7"))
    await store.swept(INBOX, NOW + timedelta(hours=1))
    again = await reopen()
    [place] = await again.swept_places("slack")
    assert (place.at, place.mark) == (NOW + timedelta(hours=1), "C1:7")


# --- mirrors ------------------------------------------------------------------------------


async def test_a_mirror_is_known_by_its_space_with_its_mark(
    store: Store, world: World, reopen: Reopen
) -> None:
    _, forum, channel = await placed(world)
    assert forum.space is not None
    assert channel.space is not None
    spaces = [channel.space, forum.space, SpaceId("nobody's")]
    assert await store.marked("slack", spaces) == {channel.space: marked(channel)}
    await store.mark(channel.id, RemoteId("C1:9"))
    again = await reopen()
    assert await again.marked("slack", spaces) == {channel.space: marked(channel, "C1:9")}


async def test_an_ended_mirror_is_not_swept(store: Store, world: World) -> None:
    said, _, channel = await placed(world)
    await world.happen("left", said, channel.account, PersonLeft())
    assert channel.space is not None
    assert await store.marked("slack", [channel.space]) == {}
    assert await store.recent(INBOX, NOW) == ()
    assert await store.swept_places("slack") == ()


async def test_recent_mirrors_come_newest_first(store: Store, world: World) -> None:
    said, _, channel = await placed(world)
    old = await world.open("other", said, channel.account, PinId("2"))
    assert old.thread == derive("thread", "other")
    bindings = await store.bindings_of([channel.account])
    later = await world.start("two", (channel.account, (await world.account("kim"))), *bindings)
    mirror = (await world.mirrors(later))["C1"]
    await world.place_card(mirror)
    second = (await world.mirrors(later))["C1"]
    assert await store.recent(INBOX, NOW) == (marked(second), marked(channel))
    assert await store.recent(INBOX, NOW + timedelta(seconds=1)) == ()
    assert await store.recent(FORUM, NOW) != ()
    assert await store.recent(Place("slack", "T2", "C1"), NOW) == ()


# --- what is placed -----------------------------------------------------------------------


async def test_what_a_mirror_holds_is_read_from_its_end(store: Store, world: World) -> None:
    said, forum, channel = await placed(world)
    for n in range(4):
        here = world.typed(channel, f"w{n}")
        said = await world.say(f"w{n}", said, channel.account, here=here)
    newest, before = await store.placed_before(channel.id, None, 2)
    assert [one.remote for one in newest] == [
        f"typed w3 in {channel.id}",
        f"typed w2 in {channel.id}",
    ]
    assert {one.poster for one in newest} == {AUTHOR}
    older, before = await store.placed_before(channel.id, before, 50)
    assert [one.item for one in older] == [
        *(derive("message", f"w{n}") for n in (1, 0)),
        WORDS,
    ]
    assert before is None
    assert [one.item for one in (await store.placed_before(forum.id, None, 50))[0]] == [WORDS]
    assert await store.placed_before(forum.id, None, 2) == ((), 6)
    assert await store.placed_before(MirrorId("nobody's"), None, 5) == ((), None)


async def test_what_stands_of_a_message_and_its_files_is_known(store: Store, world: World) -> None:
    said, forum, channel = await placed(world)
    file = FileAdded(WORDS, FileRef(FileId("a" * 64), "oak.png", "image/png", 900))
    said = await world.happen("file", said, forum.account, file)
    item = file_item(WORDS, said.seq)
    part = Placement(channel.id, item, 0, RemoteId("C1:file"), "bot")
    await store.placed(channel.id, part, sending=None, cursor=said.seq)
    words = f"copy of one in {channel.id}"
    assert await store.remotes_of(channel.id, WORDS) == {words, "C1:file"}
    await store.hide_copy(channel.id, RemoteId("C1:file"))
    assert await store.remotes_of(channel.id, WORDS) == {words}
    assert await store.remotes_of(channel.id, MessageId("nothing")) == frozenset()


async def test_reactions_are_told_with_the_mirror_they_came_from(
    store: Store, world: World
) -> None:
    said, forum, channel = await placed(world)
    here = channel.id
    said = await world.happen("r1", said, channel.account, ReactionAdded(WORDS, "👍"), origin=here)
    await world.happen("r2", said, forum.account, ReactionAdded(WORDS, "🎉"))
    found = await store.reactions_of([WORDS, MessageId("nothing")])
    assert {message: set(each) for message, each in found.items()} == {
        WORDS: {(channel.account, "👍", here), (forum.account, "🎉", None)}
    }


# --- races --------------------------------------------------------------------------------


async def test_what_happened_to_a_message_since_a_position_is_known(
    store: Store, world: World
) -> None:
    said, forum, channel = await placed(world)
    said = await world.happen("r1", said, channel.account, ReactionAdded(WORDS, "👍"))
    before = await store.feed_end()
    assert await store.touched(said.thread, WORDS, before) == ()
    said = await world.say("other", said, channel.account)
    said = await world.happen("r2", said, channel.account, ReactionRemoved(WORDS, "👍"))
    said = await world.happen("e", said, forum.account, MessageEdited(WORDS, 2, "in ash?"))
    found = await store.touched(said.thread, WORDS, before)
    assert [type(event.what) for event in found] == [ReactionRemoved, MessageEdited]
    assert len(await store.touched(said.thread, WORDS, 0)) == 3
    other = MessageId(derive("message", "other"))
    assert await store.touched(said.thread, other, 0) == ()
    history = await store.history(said.conversation)
    assert isinstance(history[2].what, MessagePosted)


async def test_what_is_being_sent_in_a_place_is_known(store: Store, world: World) -> None:
    _, forum, channel = await placed(world)
    sending = Sending(WORDS, 3, 1, (Step(Verb.DELETE, 0, None, RemoteId("x")),))
    await store.begin(channel.id, sending)
    assert await store.sendings(INBOX) == {channel.id: sending}
    assert await store.sendings(FORUM) == {}
    assert forum.place == FORUM


# --- verify -------------------------------------------------------------------------------


async def test_all_mirrors_with_a_card_are_gone_through_by_their_ids(
    store: Store, world: World
) -> None:
    said, forum, channel = await placed(world)
    await world.start("two", (forum.account, await world.account("kim")))
    both = tuple(sorted((forum, channel), key=lambda mirror: mirror.id))
    assert await store.mirrors(None, 50) == both
    assert await store.mirrors(None, 1) == both[:1]
    assert await store.mirrors(both[0].id, 50) == both[1:]
    await world.happen("left", said, channel.account, PersonLeft())
    assert [mirror.id for mirror in await store.mirrors(None, 50)] == [forum.id]


async def test_a_mirror_is_reviewed_from_any_event_on(store: Store, world: World) -> None:
    said, _, channel = await placed(world)
    said = await world.say("two", said, channel.account)
    work = await store.review(channel.id, 1, 2)
    assert work is not None
    assert [event.seq for event in work.events] == [2, 3]
    assert list(work.placed) == [WORDS]
    whole = await store.review(channel.id, 0, 50)
    assert whole is not None
    assert [event.seq for event in whole.events] == [1, 2, 3, 4]
    assert await store.review(MirrorId("nobody's"), 0, 50) is None


async def test_what_is_lost_is_tried_once_more(store: Store, world: World) -> None:
    said, _, channel = await placed(world)
    copy = RemoteId(f"copy of one in {channel.id}")
    assert await store.placement_at("slack", copy) is not None
    assert await store.refused_items(channel.id) == frozenset()
    lost = Refused(WORDS, 3, "It was not there.", NOW)
    await store.post_again(channel.id, lost, [copy])
    assert await store.placement_at("slack", copy) is None
    assert await store.refused_items(channel.id) == {WORDS}
    assert [due.mirror for due in await store.due()] == [channel.id]
    work = await store.lane(channel.id, 50)
    assert work is not None
    assert [(one.item, one.event.seq) for one in work.again] == [(WORDS, 3)]
    assert work.placed == {}
    assert said.seq == 3
