"""What happens to messages: edits, deletes, reactions, files, and what mirrors hold of them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from core.delivery import Part, PartKind, Sending, Step, Verb
from core.events import (
    CardFilled,
    FileAdded,
    FileFailed,
    FileRemoved,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    PeopleAdded,
    PersonLeft,
    ReactionAdded,
    ReactionRemoved,
)
from core.files import FileId, FileRef
from core.ids import AccountId, MessageId, PinId, RemoteId, SpaceId, derive
from core.intents import (
    AddFile,
    DeleteMessage,
    EditMessage,
    InSpace,
    Intent,
    ItsAuthor,
    Origin,
    PostMessage,
    React,
    RemoteFile,
    RemoteMessage,
    What,
)
from core.model import (
    AUTHOR,
    Account,
    AccountKind,
    Identity,
    Mirror,
    MirrorState,
    Place,
    Placement,
    Written,
    place_ref,
)
from core.ports.rows import Fetch, HeldIntent, LaneWork, StoreError
from core.ports.store import Store
from core.project import file_item
from core.text.content import Bold, Channel, Content, Mention, Paragraph, Quote, Text
from tests.store.world import NOW, PIN, Said, World

Reopen = Callable[[], Awaitable[Store]]
LATER = NOW + timedelta(hours=1)
ONE = MessageId(derive("message", "one"))
RICH: Content = (Paragraph((Text("in "), Bold((Text("oak"),)))),)
OAK = FileRef(FileId("a" * 64), "oak.png", "image/png", 900, "An oak desk", 30, 20)


async def mirrored(world: World) -> tuple[Said, Mirror, Mirror]:
    """Mia in Discord and Ola in Slack, and both have all that was said."""
    mia, ola = await world.account("mia"), await world.account("ola")
    forum = await world.binding(mia, "F1", "discord")
    channel = await world.binding(ola, "C1")
    said = await world.start("one", (mia, ola), forum, channel)
    mirrors = await world.mirrors(said)
    for mirror in mirrors.values():
        await world.place_card(mirror)
        await world.deliver(mirror, "one", 3)
    return said, mirrors["F1"], mirrors["C1"]


MIA, OLA = AccountId("mia"), AccountId("ola")


async def work_of(store: Store, mirror: Mirror) -> LaneWork:
    work = await store.lane(mirror.id, 50)
    assert work is not None
    return work


async def now(store: Store, message: MessageId = ONE) -> Written:
    written = await store.written(message)
    assert written is not None
    return written


# --- texts --------------------------------------------------------------------------------


async def test_a_message_is_what_its_last_edit_says_and_its_events_say_what_they_said(
    store: Store, world: World, reopen: Reopen
) -> None:
    said, _, _ = await mirrored(world)
    assert await now(store) == Written(ONE, said.thread, 3, MIA, 1, "does this come in oak?")
    first = MessageEdited(ONE, 2, "in oak", RICH)
    second = MessageEdited(ONE, 3, "in ash")
    said = await world.happen("e1", said, MIA, first)
    assert (await now(store)).rich == RICH
    said = await world.happen("e2", said, MIA, second, at=LATER)
    for fresh in (False, True):
        store = await reopen() if fresh else store
        message = await now(store)
        assert (message.revision, message.text, message.rich) == (3, "in ash", None)
        assert message.edited_at == LATER
        history = await store.history(said.conversation)
        assert [event.what for event in history[2:]] == [
            MessagePosted(ONE, "does this come in oak?"),
            first,
            second,
        ]
    assert await store.written(MessageId("nothing")) is None
    both = [ONE, MessageId("nothing")]
    assert set(await store.written_in(said.thread, both)) == {ONE}
    world = World(store)
    other = await world.start("two", (MIA, await world.account("nora")))
    assert await store.written_in(other.thread, [ONE]) == {}


async def test_a_message_keeps_its_tree_and_what_it_answers(
    store: Store, world: World, reopen: Reopen
) -> None:
    said, forum, channel = await mirrored(world)
    answer = MessagePosted(MessageId("answer"), "in oak", None, (Quote(RICH),), ONE)
    said = await world.happen("answer", said, OLA, answer)
    assert (await store.history(said.conversation))[-1].what == answer
    work = await work_of(store, forum)
    assert set(work.written) == {ONE, "answer"}
    assert work.written[MessageId("answer")].rich == (Quote(RICH),)
    assert work.written[MessageId("answer")].answers == ONE
    assert work.placed.keys() == {ONE}
    await store.pass_over(forum.id, said.seq)
    await world.happen("e", said, OLA, MessageEdited(MessageId("answer"), 2, "in ash"))
    work = await work_of(store, forum)
    assert set(work.written) == {ONE, "answer"}, "what it answers comes with an edit too"
    assert await work_of(await reopen(), forum) == work
    assert channel.id != forum.id


async def test_a_lane_that_hears_of_a_deletion_knows_the_answers_to_it(
    store: Store, world: World, reopen: Reopen
) -> None:
    said, forum, _ = await mirrored(world)
    answer = MessagePosted(MessageId("answer"), "in oak", None, (), ONE)
    said = await world.happen("answer", said, OLA, answer)
    said = await world.happen(
        "another", said, OLA, MessagePosted(MessageId("another"), "yes", None, (), answer.message)
    )
    await store.pass_over(forum.id, said.seq)
    await world.happen("d", said, MIA, MessageDeleted(ONE))
    work = await work_of(store, forum)
    assert set(work.written) == {ONE, "answer"}
    assert work.written[ONE].deleted
    assert await work_of(await reopen(), forum) == work


async def test_a_deleted_message_keeps_its_words_until_they_are_erased(
    store: Store, world: World
) -> None:
    said, _, _ = await mirrored(world)
    said = await world.say("two", said, MIA, "keep this")
    said = await world.happen("e", said, MIA, MessageEdited(ONE, 2, "in ash", RICH))
    said = await world.happen("d", said, MIA, MessageDeleted(ONE), at=LATER)
    gone = await now(store)
    assert (gone.deleted, gone.text, gone.rich) == (True, "in ash", RICH)
    assert await store.erase(NOW) == 0
    assert await store.erase(NOW + timedelta(minutes=1)) == 1, "what was edited away"
    history = await store.history(said.conversation)
    assert history[2].what == MessagePosted(ONE, "")
    assert history[4].what == MessageEdited(ONE, 2, "in ash", RICH)
    assert await store.erase(LATER + timedelta(minutes=1)) == 1, "what was deleted"
    assert await store.erase(LATER + timedelta(days=9)) == 0
    history = await store.history(said.conversation)
    assert history[4].what == MessageEdited(ONE, 2, "")
    assert history[3].what == MessagePosted(MessageId(derive("message", "two")), "keep this")
    assert (await now(store)).deleted


async def test_an_inbox_shows_the_newest_words_as_they_stand(store: Store, world: World) -> None:
    said, _, _ = await mirrored(world)
    two = MessageId(derive("message", "two"))
    said = await world.say("two", said, OLA, "yes")
    said = await world.happen("e", said, MIA, MessageEdited(ONE, 2, "in ash"))
    [line] = await store.inbox(MIA, 9)
    assert (line.last_text, line.last_by and line.last_by.id) == ("yes", OLA)
    said = await world.happen("e2", said, OLA, MessageEdited(two, 2, "yes!"))
    assert (await store.inbox(MIA, 9))[0].last_text == "yes!"
    said = await world.happen("d", said, OLA, MessageDeleted(two))
    [line] = await store.inbox(MIA, 9)
    assert (line.last_text, line.last_by and line.last_by.id) == ("in ash", MIA)
    await world.happen("d2", said, MIA, MessageDeleted(ONE))
    [line] = await store.inbox(MIA, 9)
    assert (line.last_text, line.last_by) == ("", None)


async def test_live_readers_hear_what_happens_to_messages(store: Store, world: World) -> None:
    said, _, _ = await mirrored(world)
    end = await store.feed_end()
    said = await world.happen("e", said, MIA, MessageEdited(ONE, 2, "in ash", RICH))
    said = await world.happen("r", said, OLA, ReactionAdded(ONE, "👍"))
    said = await world.happen("r2", said, OLA, ReactionRemoved(ONE, "👍"))
    said = await world.happen("f", said, MIA, FileAdded(ONE, OAK), FileFailed(ONE, "x", "gone"))
    await world.happen("d", said, MIA, MessageDeleted(ONE))
    items, position = await store.feed(OLA, end, 50)
    assert [type(item.event.what) for item in items] == [
        MessageEdited,
        ReactionAdded,
        ReactionRemoved,
        FileAdded,
        FileFailed,
        MessageDeleted,
    ]
    assert items[0].event.what == MessageEdited(ONE, 2, "in ash", RICH)
    assert items[3].event.what == FileAdded(ONE, OAK)
    assert position == await store.feed_end()


# --- reactions ----------------------------------------------------------------------------


async def test_reactions_are_each_accounts_own(store: Store, world: World) -> None:
    said, _, _ = await mirrored(world)
    done: list[tuple[AccountId, ReactionAdded | ReactionRemoved]] = [
        (MIA, ReactionAdded(ONE, "👍")),
        (OLA, ReactionAdded(ONE, "👍")),
        (OLA, ReactionAdded(ONE, ":oak:")),
        (MIA, ReactionRemoved(ONE, "👍")),
        (MIA, ReactionRemoved(ONE, "🎉")),
    ]
    for n, (who, what) in enumerate(done):
        said = await world.happen(f"r{n}", said, who, what)
    assert (await now(store)).reactions == {(OLA, "👍"), (OLA, ":oak:")}


async def test_a_lane_knows_which_reactions_come_after_its_batch(
    store: Store, world: World
) -> None:
    said, forum, _ = await mirrored(world)
    for n, emoji in enumerate(("👍", "🎉", ":oak:")):
        said = await world.happen(f"r{n}", said, MIA, ReactionAdded(ONE, emoji))
    whole = await work_of(store, forum)
    before = len(whole.events) - 3
    assert whole.later == frozenset()
    for count, later in ((1, {"🎉", ":oak:"}), (2, {":oak:"}), (3, set())):
        work = await store.lane(forum.id, before + count)
        assert work is not None
        assert work.later == {(ONE, emoji) for emoji in later}
    work = await store.lane(forum.id, before)
    assert work is not None
    assert work.later == frozenset(), "none of them is about a reaction"


async def test_a_mirror_wants_the_emoji_that_somebody_has_in_another_place(
    store: Store, world: World, reopen: Reopen
) -> None:
    said, forum, channel = await mirrored(world)
    said = await world.happen("r1", said, MIA, ReactionAdded(ONE, "👍"), origin=forum.id)
    said = await world.happen("r2", said, OLA, ReactionAdded(ONE, "👍"), origin=channel.id)
    said = await world.happen("r3", said, OLA, ReactionAdded(ONE, "🎉"))
    assert (await work_of(store, forum)).wanted == {ONE: {"👍", "🎉"}}
    said = await world.happen("r4", said, OLA, ReactionRemoved(ONE, "👍"))
    for mirror in (forum, channel):
        work = await work_of(store, mirror)
        assert [event.seq for event in work.events] == [4, 5, 6, 7]
        assert work.shown == {}
    assert (await work_of(store, forum)).wanted == {ONE: {"🎉"}}
    assert (await work_of(store, channel)).wanted == {ONE: {"👍", "🎉"}}
    await store.placed(channel.id, None, sending=None, cursor=4, reacted=(ONE, "👍", True))
    await store.placed(channel.id, None, sending=None, cursor=5, reacted=(ONE, "🎉", True))
    for fresh in (False, True):
        store = await reopen() if fresh else store
        assert (await work_of(store, channel)).shown == {ONE: {"👍", "🎉"}}
        assert (await work_of(store, forum)).shown == {}
    await store.placed(channel.id, None, sending=None, cursor=6, reacted=(ONE, "👍", False))
    assert (await work_of(store, channel)).shown == {ONE: {"🎉"}}


# --- files --------------------------------------------------------------------------------


async def test_a_file_that_is_taken_off_is_nobodys_any_more(store: Store, world: World) -> None:
    said, forum, channel = await mirrored(world)
    ash = replace(OAK, id=FileId("b" * 64), name="ash.png")
    said = await world.happen("f", said, MIA, FileAdded(ONE, OAK, "F1"), FileAdded(ONE, ash, "F2"))
    first = file_item(ONE, said.seq - 1)
    copy = Placement(channel.id, first, 0, RemoteId("oak there"), "bot")
    await store.placed(channel.id, copy, sending=None, cursor=None)
    assert [one.remote for one in (await now(store)).attached] == ["F1", "F2"]
    ended = await world.happen("left", said, OLA, PersonLeft())
    await world.happen("off", ended, MIA, FileRemoved(ONE, "F1", said.seq - 1))
    written = await now(store)
    assert (written.files, written.removed) == ((ash,), {"F1"})
    assert written.attached[0].added == said.seq
    assert await store.may_read(MIA, OAK.id) is False
    assert await store.may_read(MIA, ash.id) is True
    assert [await store.was_taken_back(one.id) for one in (OAK, ash)] == [True, False]
    work = await work_of(store, channel)
    assert work.placed[first] == (copy,), "what stands there can be taken away"
    # Who has left before sees it as it was then.
    assert work.written[ONE].files == (OAK, ash)
    assert (await work_of(store, forum)).written[ONE].files == (ash,)
    assert await store.unused_files([OAK.id, ash.id]) == frozenset()
    await store.erase(NOW - timedelta(days=1))
    assert await store.unused_files([OAK.id]) == frozenset()
    await store.erase(LATER)
    assert await store.unused_files([OAK.id, ash.id]) == {OAK.id}
    assert (await store.history(said.conversation))[-1].what == FileRemoved(ONE, "F1", 4)


async def test_a_file_that_is_taken_off_on_its_way_is_not_fetched(
    store: Store, world: World, reopen: Reopen
) -> None:
    said, _, _ = await mirrored(world)
    files = tuple(RemoteFile(f"{n}.png", "{}", id=f"F{n}") for n in range(2))
    fetches = tuple(Fetch(two(), n, "slack", file) for n, file in enumerate(files))
    said = await world.happen("two", said, MIA, MessagePosted(two(), "look"), fetches=fetches)
    written = await store.written(two())
    assert written is not None
    assert written.coming == ("F0", "F1")
    await world.happen("off", said, MIA, FileRemoved(two(), "F0"))
    for fresh in (False, True):
        store = await reopen() if fresh else store
        written = await store.written(two())
        assert written is not None
        assert (written.coming, written.removed, written.files) == (("F1",), {"F0"}, ())
        assert [one.file.id for one in await store.fetches(LATER, 9, {"slack"})] == ["F1"]
        assert (await store.inbox(MIA, 9))[0].last_text == "look"


def two() -> MessageId:
    return MessageId(derive("message", "two"))


async def test_files_of_a_message_are_read_by_those_who_see_it(store: Store, world: World) -> None:
    said, _, _ = await mirrored(world)
    nora = await world.account("nora")
    ash = replace(OAK, id=FileId("b" * 64), name="ash.png")
    said = await world.happen("f", said, MIA, FileAdded(ONE, OAK), FileAdded(ONE, ash))
    assert (await now(store)).files == (OAK, ash)
    assert [e.what for e in (await store.history(said.conversation))[3:]] == [
        FileAdded(ONE, OAK),
        FileAdded(ONE, ash),
    ]
    for who, may in ((MIA, True), (OLA, True), (nora, False)):
        assert await store.may_read(who, OAK.id) is may
    assert await store.may_read(MIA, "c" * 64) is False
    said = await world.happen("nora", said, MIA, PeopleAdded((nora,)))
    assert await store.may_read(nora, OAK.id) is False, "it was there before"
    said = await world.happen("left", said, OLA, PersonLeft())
    assert await store.may_read(OLA, OAK.id) is True, "it was there before"
    assert await store.was_taken_back(OAK.id) is False
    assert await store.was_taken_back("c" * 64) is False, "nobody has sent it yet"
    await world.happen("d", said, MIA, MessageDeleted(ONE))
    assert await store.may_read(MIA, OAK.id) is False
    assert await store.was_taken_back(OAK.id) is True


async def test_files_are_fetched_oldest_first_and_again_when_it_is_time(
    store: Store, world: World, reopen: Reopen
) -> None:
    said, _, _ = await mirrored(world)
    assert await store.fetches(NOW, 9, {"slack"}) == ()
    assert not store.fetching()
    files = [
        Fetch(ONE, n, "slack", RemoteFile(f"{n}.png", f"F{n}", 9, "image/png", "alt"))
        for n in range(3)
    ]
    what = MessagePosted(MessageId("two"), "look")
    said = await world.happen("two", said, MIA, what, fetches=tuple(files))
    assert store.fetching()
    assert await store.fetches(NOW, 9, {"slack"}) == tuple(files)
    assert await store.fetches(NOW, 2, {"slack"}) == tuple(files[:2])
    # Those of a platform that is configured no more keep no others waiting.
    assert await store.fetches(NOW, 2, {"discord"}) == ()
    assert store.fetching()
    other = Fetch(ONE, 3, "discord", files[0].file)
    third = MessagePosted(MessageId("three"), "look")
    await world.happen("three", said, MIA, third, fetches=(other,))
    assert await store.fetches(NOW, 1, {"discord"}) == (other,)
    assert await store.fetches(NOW, 9, {"discord", "slack"}) == (*files, other)
    await store.fetched(other)
    await store.fetched(files[1])
    soon = NOW + timedelta(minutes=20)
    await store.fetch_again(files[0], soon)
    again = replace(files[0], attempts=1)
    for fresh in (False, True):
        store = await reopen() if fresh else store
        assert await store.fetches(NOW, 9, {"slack"}) == (files[2],)
        assert await store.fetches(soon, 9, {"slack"}) == (again, files[2])
    await store.fetched(files[2])
    assert await store.fetches(NOW, 9, {"slack"}) == ()
    assert store.fetching(), "one is to be tried again later"
    await store.fetched(again)
    assert await store.fetches(LATER, 9, {"slack"}) == ()
    assert not store.fetching()


# --- what mirrors hold --------------------------------------------------------------------


async def test_a_lane_knows_the_copy_of_an_old_message(
    store: Store, world: World, reopen: Reopen
) -> None:
    said, forum, _ = await mirrored(world)
    for n in range(60):
        said = await world.say(f"more {n}", said, OLA)
    await store.pass_over(forum.id, said.seq)
    said = await world.happen("e", said, MIA, MessageEdited(ONE, 2, "in ash"))
    work = await work_of(store, forum)
    copy = Placement(forum.id, ONE, 0, RemoteId(f"copy of one in {forum.id}"), "webhook")
    assert [event.seq for event in work.events] == [said.seq]
    assert work.placed == {ONE: (copy,)}
    assert work.written[ONE].text == "in ash"
    before = work.newest
    edited = replace(copy, revision=2)
    part = Part(PartKind.TEXT, "in ash", rich=RICH, mentions={"mia": "U1"}, file=OAK)
    steps = (Step(Verb.EDIT, 0, part, copy.remote), Step(Verb.DELETE, 1, None, RemoteId("x")))
    sending = Sending(ONE, said.seq, 2, steps, at=1)
    await store.placed(forum.id, edited, sending=sending, cursor=None)
    for fresh in (False, True):
        store = await reopen() if fresh else store
        work = await work_of(store, forum)
        assert work.sending == sending
        assert work.placed == {ONE: (edited,)}
        assert work.newest == before, "an edit is no new message"
        assert copy.remote in work.known
    grown = Placement(forum.id, ONE, 1, RemoteId("second part"), "webhook", 2)
    await store.placed(forum.id, grown, sending=None, cursor=said.seq)
    found = await store.placement_at("discord", RemoteId("second part"))
    assert found is not None
    assert found[1] == grown
    assert found[0].mirror.id == forum.id
    assert (await work_of(store, forum)).newest == "second part"
    assert await store.placement_at("slack", RemoteId("second part")) is None


async def test_each_item_is_found_again_by_its_remote_message(store: Store, world: World) -> None:
    said, forum, _ = await mirrored(world)
    nora = await world.account("nora")
    said = await world.happen("f", said, MIA, FileAdded(ONE, OAK))
    said = await world.happen("n", said, MIA, PeopleAdded((nora,)))
    items = (f"{ONE}#4", "seq:5", ONE)
    for n, item in enumerate(items):
        placement = Placement(forum.id, item, 7, RemoteId(f"r{n}"), "bot")
        await store.placed(forum.id, placement, sending=None, cursor=None)
        found = await store.placement_at("discord", RemoteId(f"r{n}"))
        assert found is not None
        assert found[1] == placement
    card = await store.placement_at("discord", RemoteId(f"card of {forum.id}"))
    assert card is not None
    assert card[1].item == "card"
    work = await work_of(store, forum)
    assert set(work.placed) == {ONE, f"{ONE}#4"}, "the files of a message go with it"
    for item in ("seq:99", "nothing", f"{ONE}#98"):
        placement = Placement(forum.id, item, 0, RemoteId("r"), "bot")
        with pytest.raises(StoreError, match="no event"):
            await store.placed(forum.id, placement, sending=None, cursor=None)


async def test_a_removed_copy_is_known_to_be_gone(
    store: Store, world: World, reopen: Reopen
) -> None:
    said, forum, _ = await mirrored(world)
    remote = RemoteId(f"copy of one in {forum.id}")
    await store.hide_copy(forum.id, remote)
    assert await store.placed_in("discord", "F1", 9) == ()
    await world.happen("e", said, MIA, MessageEdited(ONE, 2, "in ash"))
    for fresh in (False, True):
        store = await reopen() if fresh else store
        [one] = (await work_of(store, forum)).placed[ONE]
        assert (one.removed, one.remote) == (True, remote)
    back = Placement(forum.id, ONE, 0, RemoteId("back"), "webhook", 2)
    await store.placed(forum.id, back, sending=None, cursor=4)
    assert [row[0] for row in await store.placed_in("discord", "F1", 9)] == ["back"]


async def test_what_is_changed_where_it_was_typed_is_changed_there_already(
    store: Store, world: World
) -> None:
    said, forum, channel = await mirrored(world)
    typed = world.typed(channel, "two")
    two = MessageId(derive("message", "two"))
    said = await world.say("two", said, OLA, here=typed)
    edited = replace(typed, revision=2)
    said = await world.happen("e", said, OLA, MessageEdited(two, 2, "yes!"), here=edited)
    assert [due.mirror for due in await store.due_of(said.thread)] == [forum.id]
    found = await store.placement_at("slack", typed.remote)
    assert found is not None
    assert found[1] == edited
    gone = replace(edited, removed=True)
    said = await world.happen("d", said, OLA, MessageDeleted(two), here=gone)
    found = await store.placement_at("slack", typed.remote)
    assert found is not None
    assert found[1] == gone
    assert found[0].mirror.cursor == said.seq - 1, "answers there may quote it"
    due = {one.mirror for one in await store.due_of(said.thread)}
    assert due == {forum.id, channel.id}
    assert (await work_of(store, channel)).newest == typed.remote


async def test_a_mirror_that_has_ended_sees_messages_as_they_were_then(
    store: Store, world: World
) -> None:
    said, forum, channel = await mirrored(world)
    two = MessageId(derive("message", "two"))
    said = await world.say("two", said, OLA, "yes")
    said = await world.happen("e1", said, OLA, MessageEdited(two, 2, "yes, in oak"))
    said = await world.happen("f1", said, OLA, FileAdded(two, OAK))
    said = await world.happen("left", said, MIA, PersonLeft())
    said = await world.happen("e2", said, OLA, MessageEdited(two, 3, "secret", RICH))
    said = await world.happen("f2", said, OLA, FileAdded(two, replace(OAK, name="secret")))
    await world.happen("d", said, OLA, MessageDeleted(two))
    then = (await work_of(store, forum)).written[two]
    assert (then.text, then.revision, then.deleted, then.rich) == ("yes, in oak", 2, False, None)
    assert then.files == (OAK,)
    today = (await work_of(store, channel)).written[two]
    assert (today.text, today.revision, today.deleted) == ("secret", 3, True)


async def test_messages_with_a_pin_that_became_known_come_with_it(
    store: Store, world: World
) -> None:
    said, forum, _ = await mirrored(world)
    further = PinId("77")
    pinned = MessagePosted(MessageId("pinned"), "", further)
    said = await world.happen("p", said, MIA, pinned)
    copy = Placement(forum.id, "pinned", 0, RemoteId("pin"), "bot")
    await store.placed(forum.id, copy, sending=None, cursor=4)
    said = await world.happen("card", said, MIA, CardFilled(PIN))
    assert (await work_of(store, forum)).written == {}
    said = await world.happen("more", said, MIA, CardFilled(further))
    work = await work_of(store, forum)
    assert set(work.written) == {"pinned"}
    assert work.placed == {"pinned": (copy,)}
    assert further in work.pins


async def test_mentioned_people_come_with_their_user_ids_of_that_place(
    store: Store, world: World
) -> None:
    said, forum, channel = await mirrored(world)
    logins = [
        Identity("slack", "T1", "U7"),
        Identity("slack", "T2", "U8"),
        Identity("discord", "", "920"),
    ]
    jo = Account(AccountId("jo"), AccountKind.PERSON, "jo", "Jo")
    await store.put_account(jo, logins)
    names: Content = (Quote((Paragraph((Bold((Mention("jo", "Jo"),)), Mention("nobody", "X"))),)),)
    await world.happen("m", said, MIA, MessagePosted(MessageId("m"), "@Jo", None, names))
    assert (await work_of(store, forum)).users == {"jo": "920"}
    assert (await work_of(store, channel)).users == {"jo": "U7"}


async def test_named_channels_come_as_those_that_the_same_account_has_there(
    store: Store, world: World
) -> None:
    said, forum, channel = await mirrored(world)
    await world.binding(MIA, "C7")
    ours = place_ref(forum.place), place_ref(Place("slack", "T1", "C7"))
    row = (*(Channel("x", ref) for ref in (*ours, "slack:T1:C404", "odd")), Channel("y"))
    await world.happen("c", said, MIA, MessagePosted(MessageId("c"), "#x", None, (Paragraph(row),)))
    assert (await work_of(store, channel)).users == {ours[0]: "C7", ours[1]: "C7"}
    there = (await work_of(store, forum)).users
    assert there == {ours[0]: forum.place.channel, ours[1]: forum.place.channel}
    # Where there are two, none of them is meant more than the other.
    await world.binding(MIA, "C8")
    assert (await work_of(store, channel)).users == {}


async def test_a_place_breaks_with_all_its_mirrors_and_is_mended(
    store: Store, world: World
) -> None:
    said, forum, channel = await mirrored(world)
    said = await world.say("two", said, OLA)
    assert len(await store.due_of(said.thread)) == 2
    await store.break_place(forum.binding, "Invite the bot.")
    assert [due.mirror for due in await store.due_of(said.thread)] == [channel.id]
    broken = (await store.mirrors_of(said.thread))[0]
    assert (broken.state, broken.reason) == (MirrorState.BROKEN, "Invite the bot.")
    await store.mend_place(forum.binding)
    assert len(await store.due_of(said.thread)) == 2
    assert (await store.mirrors_of(said.thread))[0].reason is None


async def test_a_call_that_ends_after_its_place_broke_leaves_what_to_do_about_it(
    store: Store, world: World
) -> None:
    said, forum, _ = await mirrored(world)
    said = await world.say("two", said, OLA)
    await store.break_place(forum.binding, "Invite the bot.")
    copy = Placement(forum.id, ONE, 0, RemoteId("late copy"), "webhook")
    await store.placed(forum.id, copy, sending=None, cursor=2)
    assert (await store.mirrors_of(said.thread))[0].reason == "Invite the bot."
    await store.pass_over(forum.id, 3)
    broken = (await store.mirrors_of(said.thread))[0]
    assert (broken.state, broken.reason) == (MirrorState.BROKEN, "Invite the bot.")


# --- held ---------------------------------------------------------------------------------

PLACE = Place("slack", "T1", "C1")
GONE = RemoteMessage("slack", RemoteId("C1:9"))


def held(key: str, what: What, waits_for: str = "C1:9") -> HeldIntent:
    intent = Intent(key, ItsAuthor(), what, Origin(PLACE, GONE.remote), "", NOW)
    return HeldIntent(key, RemoteId(waits_for), intent, NOW)


async def test_what_is_about_a_message_waits_for_it_and_comes_back_as_it_was(
    store: Store, reopen: Reopen
) -> None:
    picture = RemoteFile("oak.png", "F1", 9, "image/png", "An oak desk")
    words = PostMessage(
        InSpace("slack", SpaceId("S")), "in oak", None, RICH, GONE, (picture,), (OAK,)
    )
    whats: tuple[What, ...] = (
        EditMessage(GONE, "in oak", RICH),
        EditMessage(GONE, "plain", (Paragraph((Text("plain"),)),)),
        DeleteMessage(GONE),
        React(GONE, "👍", on=False),
        AddFile(ONE, "oak.png", OAK),
        AddFile(ONE, "oak.png", None, "gone"),
        words,
    )
    several = tuple(held(f"k{n}", what) for n, what in enumerate(whats))
    assert await store.held_for("slack", GONE.remote) == ()
    for one in several:
        assert await store.hold(one, "slack") is True
    for fresh in (False, True):
        store = await reopen() if fresh else store
        assert await store.held_for("slack", GONE.remote) == several
    for one in several:
        await store.release(one.key)
    assert await store.held_for("slack", GONE.remote) == ()


async def test_nothing_waits_for_a_message_that_is_there(store: Store, world: World) -> None:
    said, _, channel = await mirrored(world)
    typed = world.typed(channel, "two")
    early = held("early", DeleteMessage(GONE), typed.remote)
    assert await store.hold(early, "slack") is True
    assert await store.held_ready() == ()
    await world.say("two", said, OLA, here=typed)
    assert await store.held_ready() == (("slack", typed.remote),)
    late = held("late", DeleteMessage(GONE), typed.remote)
    assert await store.hold(late, "slack") is False
    assert await store.hold(late, "discord") is True
    assert typed.poster == AUTHOR
