"""An account that leaves for good: what mirrors still hold of it, and what waits with its words."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from bridge.intake.later import held_reply
from core.events import (
    FileAdded,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    PeopleAdded,
    PersonLeft,
    PersonRemoved,
    ReactionAdded,
    StatusChanged,
    ThreadAssigned,
)
from core.files import FileId, FileRef
from core.ids import AccountId, MessageId, RemoteId, SpaceId, derive
from core.intents import InSpace, Intent, Origin, Person, PostMessage
from core.model import AUTHOR, Identity, Mirror, Placement, Profile, Status
from core.ports.rows import Clearing, HeldIntent
from core.ports.store import Store
from core.project import NAMED_REACTIONS
from tests.store.world import NOW, Said, World

MIA, OLA = AccountId("mia"), AccountId("ola")
LOGIN = Identity("slack", "T1", "U-mia")
LATER = NOW + timedelta(days=1)
Reopen = Callable[[], Awaitable[Store]]


def message(key: str) -> MessageId:
    return MessageId(derive("message", key))


async def talk(world: World) -> tuple[Said, Mirror, Mirror]:
    """Mia and Ola, in a forum and in a channel whose lanes are through."""
    for one in (MIA, OLA):
        await world.account(one)
    forum = await world.binding(MIA, "F1", "discord")
    channel = await world.binding(OLA, "C1")
    said = await world.start("one", (MIA, OLA), forum, channel)
    mirrors = await world.mirrors(said)
    for mirror in mirrors.values():
        await world.place_card(mirror)
    await through(world, said)
    return said, mirrors["F1"], mirrors["C1"]


async def through(world: World, said: Said) -> None:
    for mirror in await world.store.mirrors_of(said.thread):
        await world.store.pass_over(mirror.id, said.seq)


async def holds(world: World, mirror: Mirror, item: str, part: int = 0, **more: object) -> RemoteId:
    """Something of ours that stands there."""
    remote = RemoteId(f"{mirror.place.channel}:{item} {part}")
    placement = Placement(mirror.id, item, part, remote, "bot")
    placement = replace(placement, **more)  # type: ignore[arg-type]
    await world.store.placed(mirror.id, placement, sending=None, cursor=None)
    return remote


async def left(store: Store, mirror: Mirror) -> list[RemoteId]:
    return [one.remote for one in await store.copies_left(await clearing(store, mirror))]


async def clearing(store: Store, mirror: Mirror) -> Clearing:
    return next(one for one in await store.clearings() if one.mirror.id == mirror.id)


async def wish(store: Store) -> None:
    await store.clear(MIA, NOW)
    await store.clear_now(MIA, NOW)


async def test_mirrors_are_noted_at_once_and_can_be_cleared_when_lanes_are_through(
    store: Store, world: World, reopen: Reopen
) -> None:
    said, forum, _ = await talk(world)
    await store.clear(MIA, NOW)
    assert await store.clearings() == ()
    said = await world.happen("gone", said, MIA, MessageDeleted(message("one")))
    await store.clear_now(MIA, NOW)
    now = await reopen()
    assert await now.to_clear() == {"discord": 1, "slack": 1}
    assert await now.clearings() == ()
    await now.pass_over(forum.id, said.seq)
    [one] = await now.clearings()
    assert (one.mirror.id, one.account, one.since, one.through) == (forum.id, MIA, NOW, True)
    # What is said later is nothing to wait for.
    await World(now).say("two", said, OLA)
    assert [each.mirror.id for each in await now.clearings()] == [forum.id]
    await now.cleared(one)
    assert await now.to_clear() == {"slack": 1}
    assert await now.clearings() == ()


async def test_what_has_ended_or_is_paused_waits_for_no_lane(store: Store, world: World) -> None:
    said, forum, channel = await talk(world)
    said = await world.say("two", said, OLA)
    await store.drop_binding(channel.binding)
    await store.pause_place(forum.binding, "It can be read by others now.")
    await world.happen("gone", said, MIA, MessageDeleted(message("one")))
    await wish(store)
    found = {one.mirror.id: one.through for one in await store.clearings()}
    assert found == {forum.id: False, channel.id: False}
    await store.pass_over(channel.id, said.seq)
    assert (await clearing(store, channel)).through
    # Wished for again, all begins anew.
    await store.clear(MIA, LATER)
    assert {one.since for one in await store.clearings()} == {LATER}


async def test_what_was_said_and_lines_that_name_them_are_left(store: Store, world: World) -> None:
    said, forum, channel = await talk(world)
    file = FileRef(FileId("a" * 64), "a.png", "image/png", 9)
    leaves = (
        FileAdded(message("one"), file, "F"),
        MessageEdited(message("one"), 2, "ash"),
        PersonRemoved(AccountId("zoe")),
        ThreadAssigned(OLA),
    )
    said = await world.happen("does", said, MIA, *leaves)
    first = said.seq - len(leaves)
    said = await world.happen("adds", said, OLA, PersonRemoved(MIA), PeopleAdded((MIA,)))
    said = await world.happen("others", said, MIA, PeopleAdded((OLA,)))
    said = await world.happen("says", said, OLA, MessagePosted(message("two"), "yes"))
    said = await world.happen("reacts", said, MIA, ReactionAdded(message("two"), "!"))
    wanted = [
        await holds(world, channel, message("one")),
        await holds(world, channel, message("one"), 1),
        await holds(world, channel, message("one"), NAMED_REACTIONS),
        await holds(world, channel, f"{message('one')}#{first + 1}"),
        await holds(world, channel, f"seq:{first + 2}"),
        await holds(world, channel, f"seq:{first + 3}"),
        await holds(world, channel, f"seq:{first + 4}"),
        await holds(world, channel, f"seq:{first + 5}"),
        await holds(world, channel, f"seq:{first + 6}"),
    ]
    for part, more in enumerate(({"poster": AUTHOR}, {"poster": ""}, {"removed": True}), 2):
        await holds(world, channel, message("one"), part, **more)
    await holds(world, channel, f"seq:{first + 7}")
    await holds(world, channel, message("two"))
    named = await holds(world, channel, message("two"), NAMED_REACTIONS)
    await holds(world, forum, message("two"))
    await store.clear(MIA, NOW)
    said = await world.happen("bye", said, MIA, PersonLeft())
    await holds(world, channel, f"seq:{said.seq}")  # it names nobody any more
    await store.clear_now(MIA, NOW)
    await through(world, said)
    assert await left(store, channel) == wanted
    assert await left(store, forum) == []
    await store.hide_copy(channel.id, wanted[0])
    assert await left(store, channel) == wanted[1:]
    # Nobody changes a line of reactions in a mirror that has ended.
    await store.drop_binding(channel.binding)
    assert await left(store, channel) == [*wanted[1:], named]


async def test_what_was_sent_stays_taken_back_until_it_is_swept(store: Store, world: World) -> None:
    said, _, _ = await talk(world)
    file = FileRef(FileId("a" * 64), "a.png", "image/png", 9)
    said = await world.happen("file", said, MIA, FileAdded(message("one"), file, "F"))
    await world.happen("gone", said, MIA, MessageDeleted(message("one")))
    await store.blank(MIA, (LOGIN,))
    assert await store.was_taken_back(file.id), "or its signed address would work again"
    assert await store.unused_files((file.id,)) == {file.id}


async def test_quotes_are_left_where_the_delete_came_after_the_end(
    store: Store, world: World
) -> None:
    said, forum, channel = await talk(world)
    answer = MessagePosted(message("two"), "yes", answers=message("one"))
    said = await world.happen("two", said, OLA, answer)
    seq = said.seq
    own = MessagePosted(message("own"), "well", answers=message("one"))
    said = await world.happen("own", said, MIA, own)
    said = await world.happen("other", said, OLA, MessagePosted(message("other"), "no"))
    for mirror in (forum, channel):
        for key in ("two", "own", "other"):
            await holds(world, mirror, message(key))
    await store.drop_binding(channel.binding)
    said = await world.happen("gone", said, MIA, MessageDeleted(message("one")))
    await wish(store)
    await through(world, said)
    assert await store.answers_left(await clearing(store, channel)) == ((seq, message("two")),)
    assert await store.answers_left(await clearing(store, forum)) == ()
    # As it ended it quotes what was said; of who has left for good nothing is quoted.
    work = await store.review(channel.id, seq - 1, 1)
    assert work is not None
    assert not work.written[message("one")].deleted
    await store.forget_person(MIA, (), NOW)
    work = await store.review(channel.id, seq - 1, 1)
    assert work is not None
    assert work.written[message("one")].deleted
    await store.hide_copy(channel.id, RemoteId(f"C1:{message('two')} 0"))
    assert await store.answers_left(await clearing(store, channel)) == ()


async def test_a_brands_lines_that_name_an_agent_are_left(store: Store, world: World) -> None:
    said, _, channel = await talk(world)
    await world.account("ada")
    ada, login = AccountId("ada"), Identity("slack", "T1", "U-ada")
    said = await world.happen("assigns", said, OLA, ThreadAssigned(ada))
    said = await world.happen("none", said, OLA, ThreadAssigned(None))
    said = await world.happen("done", said, OLA, StatusChanged(Status.RESOLVED))
    line = await holds(world, channel, f"seq:{said.seq - 2}")
    await holds(world, channel, f"seq:{said.seq - 1}")
    await holds(world, channel, f"seq:{said.seq}")
    await through(world, said)
    await store.clear(ada, NOW)
    await store.blank(ada, (login,))
    await store.clear_now(ada, NOW)
    [one] = await store.clearings()
    assert one.mirror.id == channel.id
    assert [each.remote for each in await store.copies_left(one)] == [line]
    await store.cleared(one)
    await store.clear_now(ada, NOW)
    assert await store.to_clear() == {}


async def test_words_that_wait_go_with_the_login_that_said_them(store: Store, world: World) -> None:
    said, _, channel = await talk(world)
    for login in (LOGIN, Identity("slack", "T1", "U-ola")):
        who = Person(login, Profile(login.user))
        target = InSpace("slack", SpaceId(f"space of {login.user}"))
        typed = Origin(channel.place, RemoteId(login.user))
        intent = Intent(f"says {login.user}", who, PostMessage(target, "secret"), typed)
        held = HeldIntent(intent.key, f"space of {login.user}", intent, NOW)  # type: ignore[arg-type]
        assert await store.hold(held, "slack")
        await store.put_timer(held_reply(intent, None, said.thread, OLA, "mention"))
    await store.blank(MIA, (LOGIN,))
    assert await store.held_for("slack", SpaceId("space of U-mia")) == ()
    [kept] = await store.held_for("slack", SpaceId("space of U-ola"))
    assert kept.key == "says U-ola"
    [waits] = await store.timers_of(said.thread, "reply")
    assert "U-ola" in waits.what


async def test_it_is_kept_for_a_while_that_a_login_has_left(store: Store, reopen: Reopen) -> None:
    assert not store.has_left(LOGIN, NOW)
    await store.forget_person(MIA, (LOGIN,), NOW)
    now = await reopen()
    assert now.has_left(LOGIN, NOW)
    assert now.has_left(LOGIN, None)
    # Somebody new, who has the same login.
    assert not now.has_left(LOGIN, LATER)
    assert not now.has_left(Identity("slack", "T1", "U-ola"), NOW)
    await now.forget_person(MIA, (LOGIN,), LATER)
    await now.forget_person(MIA, (LOGIN,), NOW)
    assert now.has_left(LOGIN, LATER)
    await now.erase(LATER)
    assert now.has_left(LOGIN, LATER)
    await now.erase(LATER + timedelta(seconds=1))
    assert not now.has_left(LOGIN, NOW)
