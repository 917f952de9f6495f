"""What a sweep reads: threads by a listing, messages as the events would have told them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from adapters.slack import SlackAdapter
from core.delivery import (
    Absent,
    Author,
    Failure,
    FailureKind,
    Part,
    PartKind,
    Receipt,
    Step,
    Verb,
    Write,
)
from core.files import FileRef
from core.ids import RemoteId
from core.intents import DeleteMessage, EditMessage, InDirect, Intent, PostMessage, React
from core.model import Place, Refusal
from core.ports.outcomes import Waiting
from core.sweep import Root, Seen, SweepError
from tests.slack.fake_desk import FakeDesk
from tests.slack.slack_world import (
    INBOX,
    TEAM,
    KeptFiles,
    World,
    about,
    card,
    mirror,
    text,
    write,
)

T = TypeVar("T")
HERE = Place("slack", TEAM, INBOX)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
async def adapter(world: World, desk: FakeDesk) -> AsyncIterator[SlackAdapter]:
    async with world.adapter("http", desk, history_limit=2) as opened:
        yield opened


async def posted(adapter: SlackAdapter, delivery: str = "d-card", channel: str = INBOX) -> Receipt:
    receipt = await adapter.write(card(delivery, channel))
    assert isinstance(receipt, Receipt), receipt
    return receipt


async def every(pages: AsyncIterator[tuple[T, ...]]) -> list[T]:
    return [one async for page in pages for one in page]


async def listed(adapter: SlackAdapter, place: Place = HERE) -> dict[str, Root]:
    return {str(root.space): root for root in await every(adapter.roots(place, LONG_AGO))}


async def read(adapter: SlackAdapter, root: Receipt, after: str | None = None) -> list[Seen]:
    at = mirror(space=str(root.space))
    return await every(adapter.messages(at, RemoteId(after) if after else None))


def ts(name: object) -> str:
    return str(name).partition(":")[2]


async def drained(desk: FakeDesk, count: int) -> list[Intent]:
    """In the order in which it was done; Slack delivers events side by side."""
    found = [await desk.intent() for _ in range(count)]
    return sorted(found, key=lambda intent: intent.at or LONG_AGO)


async def test_a_listing_names_every_thread_with_its_newest_message(
    adapter: SlackAdapter, world: World
) -> None:
    roots = [await posted(adapter, f"d-{n}") for n in range(5)]
    await world.say("nobody answers this")
    answered = await world.say("somebody answers this")
    reply = await world.say("so they do", thread_ts=answered)
    old = await world.say("under the oldest", thread_ts=ts(roots[0].remote))
    both = await world.say("in both", thread_ts=ts(roots[1].remote), broadcast=True)
    found = await listed(adapter)
    newest = {name: root.newest for name, root in found.items()}
    assert newest == {
        str(roots[0].remote): f"{INBOX}:{old}",
        str(roots[1].remote): f"{INBOX}:{both}",
        **{str(root.remote): root.remote for root in roots[2:]},
        f"{INBOX}:{answered}": f"{INBOX}:{reply}",
    }
    seen = found[str(roots[3].remote)].seen
    assert seen is not None
    assert (seen.poster, seen.delivery, seen.said) == ("B0PINTHREAD", "d-3", ())
    assert found[f"{INBOX}:{answered}"].seen is None


async def test_a_card_that_was_deleted_is_still_a_thread_with_that_news(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = await posted(adapter)
    await world.say("a reply", thread_ts=ts(root.remote))
    await world.act("delete", user="U0ADA", channel=INBOX, ts=ts(root.remote))
    live = (await drained(desk, 2))[1]
    (found,) = (await listed(adapter)).values()
    assert found.seen is not None
    (gone,) = found.seen.said
    assert isinstance(gone.what, DeleteMessage)
    assert gone.key == live.key
    assert await adapter.message(mirror(space=str(root.space)), root.remote) == Absent()
    assert [len(seen.said) for seen in await read(adapter, root)] == [1]


async def test_what_is_read_has_the_keys_and_words_of_its_events(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = await posted(adapter)
    thread = {"thread_ts": ts(root.remote)}
    first = await world.say("*plain* & <b>", **thread)
    await world.say("with https://www.pinterest.com/pin/1/ in it", user="U0BO", **thread)
    await world.act("file", user="U0BO", channel=INBOX, name="a.txt", content="x", **thread)
    await world.act("bot", channel=INBOX, text="from a tool", name="Tickets", **thread)
    posts = await drained(desk, 4)
    await world.act("edit", user="U0ADA", channel=INBOX, ts=first, text="*other* words")
    edit = await desk.intent()
    found = await read(adapter, root)
    said = [intent for seen in found for intent in seen.said]
    assert [intent.key for intent in said] == [posts[0].key, edit.key, *(p.key for p in posts[1:])]
    assert said[1] == edit
    assert said[2:] == posts[1:]
    assert isinstance(said[0].what, PostMessage)
    assert isinstance(edit.what, EditMessage)
    assert (said[0].what.text, said[0].what.rich) == (edit.what.text, edit.what.rich)
    assert [str(seen.remote) for seen in found] == [str(p.origin.message) for p in posts]  # type: ignore[union-attr]
    assert not any(seen.poster for seen in found)


async def test_only_what_came_after_is_read_and_without_a_mark_all_of_it(
    adapter: SlackAdapter, world: World
) -> None:
    root = await posted(adapter)
    said = [await world.say(f"word {n}", thread_ts=ts(root.remote)) for n in range(7)]
    names = [f"{INBOX}:{one}" for one in said]
    assert [str(seen.remote) for seen in await read(adapter, root)] == names
    assert [str(seen.remote) for seen in await read(adapter, root, names[3])] == names[4:]
    assert await read(adapter, root, names[6]) == []
    assert adapter.moment(RemoteId(names[0])).timestamp() == pytest.approx(float(said[0]))
    with pytest.raises(ValueError, match="not the name"):
        adapter.moment(RemoteId("C1:x"))


async def test_our_own_messages_say_who_posted_them_and_for_which_delivery(
    adapter: SlackAdapter, world: World
) -> None:
    root = await posted(adapter)
    reply = await adapter.write(text("ours", str(root.space), "d-reply"))
    assert isinstance(reply, Receipt)
    (seen,) = await read(adapter, root)
    assert (seen.remote, seen.poster, seen.delivery) == (reply.remote, reply.poster, "d-reply")
    assert seen.said == ()
    assert adapter.shows(text("ours", str(root.space), "d-other"), seen)
    assert not adapter.shows(text("else", str(root.space), "d-reply"), seen)


async def test_a_card_shows_itself_though_slack_could_not_fetch_its_picture(
    adapter: SlackAdapter, world: World
) -> None:
    root = await posted(adapter)
    seen = (await listed(adapter))[str(root.space)].seen
    assert seen is not None
    assert adapter.shows(card(), seen)
    await world.fault("chat.postMessage", "status", status=200,
                      body={"ok": False, "error": "invalid_blocks"})  # fmt: skip
    refused = await adapter.write(card("d-bare"))
    assert refused == Failure(FailureKind.TRANSIENT, "picture_not_fetched")
    bare = await posted(adapter, "d-bare")
    async with world.adapter("http", FakeDesk()) as fresh:
        shown = (await listed(fresh))[str(bare.space)].seen
        assert shown is not None
        assert fresh.shows(card(), shown)


async def test_a_file_shows_itself_by_its_name_and_size(world: World, desk: FakeDesk) -> None:
    files = KeptFiles(b"hello", b"hello, longer")
    async with world.adapter("http", desk, files=files) as adapter:
        root = await posted(adapter)

        def put(file: FileRef) -> Write:
            part = Part(PartKind.FILE, author=Author("Mia"), file=file)
            return write("d-file", mirror(space=str(root.space)), Step(Verb.POST, 0, part))

        begun = put(files.ref(0, "a.txt"))
        receipt = await adapter.write(begun)
        while isinstance(receipt, Receipt) and receipt.inner is not None:
            begun = replace(begun, inner=receipt.inner, data=receipt.data)
            receipt = await adapter.write(begun)
        assert isinstance(receipt, Receipt)
        (seen,) = await read(adapter, root)
        assert (seen.poster, seen.delivery) == (receipt.poster, "")
        assert adapter.shows(put(files.ref(0, "a.txt")), seen)
        assert not adapter.shows(put(files.ref(0, "b.txt")), seen)
        assert not adapter.shows(put(files.ref(1, "a.txt")), seen)
        bare = replace(seen, raw={**seen.raw, "files": []})
        assert not adapter.shows(put(files.ref(0, "a.txt")), bare)
        assert not adapter.shows(put(files.ref(0, "a.txt")), replace(seen, poster=""))


async def test_reactions_are_everybodys_but_ours_even_where_slack_leaves_some_out(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = await posted(adapter)
    said = await world.say("oak?", thread_ts=ts(root.remote))
    name = f"{INBOX}:{said}"
    for user in ("U0ADA", "U0BO", "U0CLEO"):
        await world.act("react", user=user, channel=INBOX, ts=said, name="+1")
    await world.act("react", user="U0BO", channel=INBOX, ts=said, name="oak-tree")
    await adapter.write(about(Verb.REACT, name, str(root.space), "👍"))
    live = {_reaction(intent) for intent in (await drained(desk, 5))[1:]}
    assert len(live) == 4
    for people in (1_000, 1):
        await world.control("PUT", "slack/reads", {"people": people})
        (seen,) = await read(adapter, root)
        assert seen.reactions is not None
        assert {_reaction(intent) for intent in seen.reactions} == live
        assert len({intent.key for intent in seen.reactions}) == 4
    again = (await read(adapter, root))[0].reactions
    assert seen.reactions is not None
    assert again is not None
    assert not {intent.key for intent in again} & {intent.key for intent in seen.reactions}
    bare = await adapter.message(mirror(space=str(root.space)), RemoteId(name))
    assert isinstance(bare, Seen)
    assert bare.reactions is not None
    await world.fault("reactions.get", "status", times=0, status=200, body={
        "ok": True, "message": {"reactions": [{"name": "+1", "users": ["U0BO"], "count": 3}]}
    })  # fmt: skip
    (cut,) = await read(adapter, root)
    assert cut.reactions is None


def _reaction(intent: Intent) -> tuple[str, str, bool]:
    assert isinstance(intent.what, React)
    return intent.actor.identity.user, intent.what.emoji, intent.what.on  # type: ignore[union-attr]


async def test_a_message_is_looked_up_alone_and_absent_once_it_is_deleted(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = await posted(adapter)
    at = mirror(space=str(root.space))
    said = await world.say("oak?", thread_ts=ts(root.remote))
    live = await desk.intent()
    seen = await adapter.message(at, RemoteId(f"{INBOX}:{said}"))
    assert isinstance(seen, Seen)
    assert seen.said == (live,)
    await world.act("delete", user="U0ADA", channel=INBOX, ts=said)
    assert await adapter.message(at, RemoteId(f"{INBOX}:{said}")) == Absent()
    await world.act("delete", user="U0ADA", channel=INBOX, ts=ts(root.remote))
    assert await read(adapter, root) == []
    assert await adapter.message(at, RemoteId(f"{INBOX}:{said}")) == Absent()
    assert await listed(adapter) == {}


async def test_what_the_plan_of_the_workspace_hides_is_not_taken_as_deleted(
    adapter: SlackAdapter, world: World
) -> None:
    root = await posted(adapter)
    hidden = {"ok": True, "messages": [], "has_more": False, "is_limited": True}
    await world.fault("conversations.replies", "status", status=200, body=hidden)
    with pytest.raises(SweepError) as error:
        await adapter.message(mirror(space=str(root.space)), RemoteId(f"{INBOX}:1.000100"))
    assert error.value.failure.code == "history_hidden"
    assert error.value.failure.remedy


async def test_direct_messages_give_their_threads_and_what_stands_outside_any(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    place = Place("slack", TEAM, "user:U0BO")
    root = await posted(adapter, channel="user:U0BO")
    before = await world.say("before", channel="D0BO", user="U0BO")
    await world.say("inside", channel="D0BO", user="U0BO", thread_ts=ts(root.remote))
    said = [await world.say(f"word {n}", channel="D0BO", user="U0BO") for n in range(4)]
    live = await drained(desk, 6)
    assert str(root.remote) in await listed(adapter, place)
    found = await every(adapter.direct(place, RemoteId(f"D0BO:{before}")))
    assert [ts(seen.remote) for seen in found] == said
    assert [seen.said for seen in found] == [(intent,) for intent in live[2:]]
    assert isinstance(live[2].what, PostMessage)
    assert live[2].what.target == InDirect(place)
    whole = await every(adapter.direct(place, None))
    assert [ts(seen.remote) for seen in whole] == [ts(root.remote), before, *said]
    assert whole[0].poster
    assert await every(adapter.direct(HERE, None)) == []


async def test_one_read_a_minute_of_fifteen_messages_is_enough(
    world: World, desk: FakeDesk
) -> None:
    await world.control("PUT", "slack/reads", {"per_minute": 1, "most": 15})
    # The minute is a second here, for both sides.
    await world.control("PUT", "limits/slack", {"factor": 60})
    async with world.adapter(
        "http", desk, history_limit=15, history_per_minute=1, limits_factor=60.0
    ) as adapter:
        root = await posted(adapter)
        for n in range(32):
            await world.say(f"word {n}", thread_ts=ts(root.remote))
        assert len(await read(adapter, root)) == 32


async def test_a_read_that_is_limited_or_fails_goes_on_where_it_was(
    adapter: SlackAdapter, world: World
) -> None:
    root = await posted(adapter)
    for n in range(5):
        await world.say(f"word {n}", thread_ts=ts(root.remote))
    await world.fault("conversations.replies", "ratelimit", after=1, retry_after=0.1)
    await world.fault("conversations.replies", "status", after=1, status=503)
    assert len(await read(adapter, root)) == 5


async def test_a_sweep_that_cannot_be_done_says_why(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    with pytest.raises(SweepError) as nowhere:
        await every(adapter.roots(Place("slack", TEAM, "C0QUIET"), LONG_AGO))
    assert nowhere.value.failure.kind is FailureKind.PLACE
    with pytest.raises(SweepError) as nothing:
        await every(adapter.messages(mirror("C0QUIET", "C0QUIET:1.000100"), None))
    assert nothing.value.failure.kind is FailureKind.PLACE
    assert await every(adapter.messages(mirror(), None)) == []
    with pytest.raises(SweepError) as nobody:
        await every(adapter.direct(Place("slack", TEAM, "user:U0NOBODY"), None))
    assert nobody.value.failure.kind is FailureKind.PLACE
    await world.control("PUT", "power/slack", {"on": False})
    with pytest.raises(SweepError) as away:
        await every(adapter.roots(HERE, LONG_AGO))
    assert away.value.failure.kind is FailureKind.TRANSIENT
    await world.control("PUT", "power/slack", {"on": True})


async def test_nothing_is_swept_before_the_workspace_is_known(world: World) -> None:
    async with world.adapter("http", FakeDesk()) as stopped:
        pass
    with pytest.raises(SweepError):
        await every(stopped.roots(HERE, LONG_AGO))


async def test_our_own_reactions_are_told_apart(adapter: SlackAdapter, world: World) -> None:
    root = await posted(adapter)
    space = str(root.space)
    person = await world.say("hello", thread_ts=ts(root.remote))
    name = RemoteId(f"{INBOX}:{person}")
    for emoji in ("👍", "❤"):
        done = await adapter.write(about(Verb.REACT, name, space, emoji))
        assert isinstance(done, Receipt), done
    await world.act("react", user="U0BO", channel=INBOX, ts=person, name="eyes")
    [seen] = await read(adapter, root)
    assert seen.ours == {"👍", "❤"}
    assert seen.reactions is not None
    assert len(seen.reactions) == 1


async def test_what_a_sweep_found_is_told_once_and_to_its_author_alone(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = await posted(adapter)
    name = await world.say("too much", thread_ts=ts(root.remote))
    await desk.intent()
    await world.act("edit", user="U0ADA", channel=INBOX, ts=name, text="even more")
    await desk.intent()
    [seen] = await read(adapter, root)
    post, edit = seen.said
    for intent, sentence in ((post, "That is too long."), (post, "Twice."), (edit, "No, no.")):
        await adapter.tell(seen, intent, Refusal("text_too_long", sentence))
    async with asyncio.timeout(30):
        while True:
            answers = (await world.seen())["answers"]
            if len(answers) == 2:
                break
            await asyncio.sleep(0.01)
    assert "That is too long." in str(answers)
    assert "No, no." in str(answers)
    assert "Twice." not in str(answers)
    assert not (await world.seen("U0BO"))["answers"]


async def test_a_reply_that_a_sweep_found_and_that_waits_can_be_sent_or_taken_back(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = await posted(adapter)
    await world.say("ask @Bo Reyes", thread_ts=ts(root.remote))
    await desk.intent()
    [seen] = await read(adapter, root)
    await adapter.tell(seen, seen.said[0], Waiting("t1", None, "mention"))
    assert (await desk.office.call()).given == ("t1", None, "mention")
    answers = (await world.until(lambda found: found["answers"]))["answers"]
    assert "Undo" in str(answers)
