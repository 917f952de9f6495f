"""What an engine keeps in memory of threads in use is what stands in its database."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace

from core.delivery import Part, PartKind, Sending, Step, Verb
from core.events import (
    CardFilled,
    Event,
    FileAdded,
    FileFailed,
    FileRemoved,
    Happening,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    PeopleAdded,
    PersonLeft,
    ReactionAdded,
    ReactionRemoved,
)
from core.files import FileId, FileRef
from core.ids import AccountId, MessageId, PinId, RemoteId, SpaceId, ThreadId, derive
from core.model import AUTHOR, CARD, Binding, Mirror, MirrorState, Placement
from core.ports.rows import Begun, Commit, Committed, LaneWork, Refused, Retry
from core.ports.store import Store
from core.project import file_item
from core.text.content import Bold, Content, Paragraph, Text
from tests.store.world import NOW, PIN, Said, World

PLATFORMS = ("slack", "discord")
Reopen = Callable[[], Awaitable[Store]]


async def test_a_store_that_has_seen_it_all_answers_as_one_that_opens_now(
    store: Store, world: World, reopen: Reopen
) -> None:
    """The same questions, of a store that has been open all along and of one opened afresh.

    Random commits, sendings, receipts, parkings and departures over a few threads, some
    of them side by side; now and then the store is closed and asked again.
    """
    dice = random.Random(4)
    people = [await world.account(name) for name in ("mia", "ola", "nora", "ivo")]
    places = {
        account: await world.binding(account, f"P{n}", ("slack", "discord")[n % 2])
        for n, account in enumerate(people)
    }
    threads = []
    for n, group in enumerate(((0, 1), (0, 2, 3), (1, 2))):
        members = tuple(people[person] for person in group)
        said = await world.start(f"start {n}", members, *(places[one] for one in members))
        threads.append(said.thread)
        if n == 1:
            threads.append((await world.open("another", said, members[0], PinId("77"))).thread)
    for turn in range(400):
        await act(world, dice.choice(threads), dice, places, str(turn))
        if turn % 5 == 4:
            before = await answers(world.store, threads)
            world.store = await reopen()
            assert before == await answers(world.store, threads)


async def act(
    world: World,
    thread: ThreadId,
    dice: random.Random,
    places: dict[AccountId, Binding],
    key: str,
) -> None:
    """One thing that happens to a thread."""
    store = world.store
    await store.due_of(thread)  # lanes ask it at every wake-up
    row = await store.thread(thread)
    assert row is not None
    head = await store.head(row.conversation)
    assert head is not None
    said = Said(head.id, thread, head.seq)
    actor = dice.choice(head.present())
    absent = [account for account in places if account not in head.present()]
    mirrors = await store.mirrors_of(thread)
    mirror = dice.choice(mirrors) if mirrors else None
    kinds = ["say"] * 3 + ["type"] * 3 + ["lane"] * 8 + ["about"] * 3
    kinds += ["both", "park", "unpark", "go", "hide"]
    match dice.choice(kinds):
        case "type" if mirror:
            await say(world, said, actor, world.typed(mirror, key), dice, key)
        case "lane" if mirror:
            await step(store, mirror, dice, key)
        case "about":
            await about(world, said, actor, mirror, dice, key)
        case "hide" if mirror:
            await store.hide_copy(mirror.id, await any_remote(store, mirror, dice))
        case "both":
            steps = [step(store, one, dice, f"{key} {one.id}") for one in mirrors]
            await asyncio.gather(world.say(key, said, actor), *steps)
        case "park" if mirror:
            state, retry_at = dice.choice(list(MirrorState)), dice.choice((None, NOW))
            await store.park(
                mirror.id, attempts=1, retry_at=retry_at, state=state, reason="away", since=NOW
            )
        case "unpark":
            await unpark(store, thread, dice)
        case "go" if absent:
            came = world.mirror(thread, places[absent[0]], head.seq + 1)
            await world.happen(key, said, actor, PeopleAdded((absent[0],)), mirrors=(came,))
        case "go":
            await world.happen(key, said, actor, PersonLeft())
        case _:
            await say(world, said, actor, None, dice, key)


async def say(
    world: World,
    said: Said,
    actor: AccountId,
    here: Placement | None,
    dice: random.Random,
    key: str,
) -> None:
    """Words; every other time idle mirrors begin to show them with their commit."""
    if dice.random() < 0.5:
        await world.say(key, said, actor, here=here)
        return
    what = MessagePosted(MessageId(derive("message", key)), key)
    events = world.events(said.conversation, said.thread, said.seq, actor, what)
    typed_in = None if here is None else here.mirror
    foreseen = world.store.idle_lanes(events[0], said.seq, typed_in, lambda due: True)
    step = Step(Verb.POST, 0, Part(PartKind.TEXT, key))
    begun = tuple(
        Begun(
            work.mirror.id,
            work.mirror.cursor,
            Sending(what.message, events[0].seq, 1, (step,), anchor=work.newest),
        )
        for work in foreseen
    )
    commit = Commit(key, "", said.conversation, said.seq, events, "", here=here, begun=begun)
    result = await world.store.commit(commit)
    assert result == Committed(events[0].seq, tuple(one.mirror for one in begun))
    for one, work in zip(begun, foreseen, strict=True):
        now = await world.store.lane(one.mirror, 50)
        assert now == replace(work, sending=one.sending, known=now.known if now else work.known)


async def unpark(store: Store, thread: ThreadId, dice: random.Random) -> None:
    if dice.random() < 0.5:
        await store.unpark(dice.choice(("slack", "discord")))
    else:
        await store.retry(Retry(thread=thread))


async def any_remote(store: Store, mirror: Mirror, dice: random.Random) -> RemoteId:
    work = await store.lane(mirror.id, 50)
    assert work is not None
    known = [one.remote for parts in work.placed.values() for one in parts]
    return dice.choice([*known, RemoteId("nothing")])


async def about(
    world: World,
    said: Said,
    actor: AccountId,
    mirror: Mirror | None,
    dice: random.Random,
    key: str,
) -> None:
    """Something that happens to one of the thread's last messages."""
    events = await world.store.events(
        said.thread, AccountId("mia"), [(1, None)], before=None, after=None, limit=12
    )
    posted = [event.what for event in events if isinstance(event.what, MessagePosted)]
    if not posted:
        return
    post = dice.choice(posted)
    message = post.message
    now = await world.store.written(message)
    assert now is not None
    origin = mirror.id if mirror is not None and dice.random() < 0.5 else None
    emoji = dice.choice("👍🎉")
    rich: Content | None = (Paragraph((Bold((Text(key),)),)),)
    file = FileRef(FileId("f" * 64), "oak.png", "image/png", 9)
    further = PinId("77")
    what: Happening = dice.choice(
        (
            MessageEdited(message, now.revision + 1, key, dice.choice((rich, None))),
            MessageDeleted(message),
            ReactionAdded(message, emoji),
            ReactionRemoved(message, emoji),
            FileAdded(message, file, key),
            FileFailed(message, "oak.png", "it is gone"),
            *(FileRemoved(message, one.remote, one.added) for one in now.attached[:1]),
            CardFilled(dice.choice((PIN, further))),
            MessagePosted(MessageId(derive("message", key)), key, further, None, message),
        )
    )
    here = None if mirror is None else await changed_there(world.store, mirror, what)
    await world.happen(key, said, actor, what, here=here, origin=origin)


async def changed_there(store: Store, mirror: Mirror, what: Happening) -> Placement | None:
    """As the intake says of a change that was made where the message was typed."""
    if not isinstance(what, MessageEdited | MessageDeleted):
        return None
    work = await store.lane(mirror.id, 50)
    assert work is not None
    for one in work.placed.get(what.message, ()):
        if one.poster == AUTHOR and isinstance(what, MessageEdited):
            return replace(one, revision=what.revision)
        if one.poster == AUTHOR:
            return replace(one, removed=True)
    return None


async def step(store: Store, mirror: Mirror, dice: random.Random, key: str) -> None:
    """One thing that a lane does."""
    work = await store.lane(mirror.id, 3)
    assert work is not None
    if mirror.root is None:
        root = RemoteId(f"root {mirror.id}")
        card = Placement(mirror.id, CARD, 0, root, "bot", work.thread.tail)
        space = SpaceId(root)
        await store.placed(mirror.id, card, sending=None, cursor=None, root=root, space=space)
        return
    event = next(iter(work.events), None)
    if event is None:
        return
    what = event.what
    if isinstance(what, ReactionAdded | ReactionRemoved):
        on = what.emoji in work.wanted.get(what.message, ())
        reacted = (what.message, what.emoji, on)
        await store.placed(mirror.id, None, sending=None, cursor=event.seq, reacted=reacted)
    elif isinstance(what, MessageEdited | MessageDeleted):
        for one in work.placed.get(what.message, ()):
            gone = isinstance(what, MessageDeleted)
            now = replace(one, revision=one.revision + 1, removed=gone)
            await store.placed(mirror.id, now, sending=None, cursor=None)
        await store.pass_over(mirror.id, event.seq)
    elif isinstance(what, FileAdded):
        await show(store, work, event, file_item(what.message, event.seq), dice, key)
    elif isinstance(what, MessagePosted):
        await show(store, work, event, what.message, dice, key)
    else:
        await store.pass_over(mirror.id, event.seq)


async def show(
    store: Store, work: LaneWork, event: Event, item: str, dice: random.Random, key: str
) -> None:
    mirror = work.mirror.id
    if item in work.placed:
        await store.pass_over(mirror, event.seq)
    elif work.sending is None:
        step = Step(Verb.POST, 0, Part(PartKind.TEXT, key))
        await store.begin(mirror, Sending(item, event.seq, 1, (step,)))
    elif dice.random() < 0.2:
        await store.pass_over(mirror, event.seq, refused=Refused(item, event.seq, "refused", NOW))
    else:
        placement = Placement(mirror, item, 0, RemoteId(f"{mirror} {key}"), "webhook")
        await store.placed(mirror, placement, sending=None, cursor=event.seq)


async def answers(store: Store, threads: list[ThreadId]) -> list[object]:
    """All that intake and lanes ask about some threads."""
    found: list[object] = [sorted(await store.due(), key=lambda due: due.mirror)]
    for thread in threads:
        mirrors = await store.mirrors_of(thread)
        spaces = [(m.place.platform, m.space) for m in mirrors if m.space is not None]
        found += [await store.spot(platform, space) for platform, space in spaces]
        found.append(sorted(await store.due_of(thread), key=lambda due: due.mirror))
        found += [await store.lane(mirror.id, 50) for mirror in mirrors]
        for work in found[-len(mirrors) :] if mirrors else ():
            assert isinstance(work, LaneWork)
            for parts in work.placed.values():
                found += [await store.placement_at(m, p.remote) for m in PLATFORMS for p in parts]
    return found
