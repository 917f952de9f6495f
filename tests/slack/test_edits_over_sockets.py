"""Edits, deletes and reactions in both directions, with the real libraries, in both modes."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.slack import SlackAdapter
from core.delivery import Failure, FailureKind, Receipt, Verb
from core.ids import RemoteId
from core.intents import DeleteMessage, EditMessage, ItsAuthor, Origin, Person, React, RemoteMessage
from core.model import Identity, Place, Refusal
from tests.slack.fake_desk import FakeDesk
from tests.slack.slack_world import INBOX, TEAM, World, about, card, text, texts

PLACE = Place("slack", TEAM, INBOX)


@pytest.fixture(params=["http", "socket"])
async def adapter(
    request: pytest.FixtureRequest, world: World, desk: FakeDesk
) -> AsyncIterator[SlackAdapter]:
    async with world.adapter(request.param, desk) as opened:
        yield opened


async def thread(adapter: SlackAdapter) -> str:
    receipt = await adapter.write(card())
    assert isinstance(receipt, Receipt), receipt
    return str(receipt.space)


async def said(world: World, desk: FakeDesk, space: str, words: str = "hello") -> RemoteId:
    ts = await world.say(words, thread_ts=space.partition(":")[2])
    await desk.intent()
    return RemoteId(f"{INBOX}:{ts}")


def ts_of(name: str) -> str:
    return name.partition(":")[2]


async def test_an_edit_arrives_as_its_authors(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    name = await said(world, desk, await thread(adapter))
    await world.act("edit", user="U0ADA", channel=INBOX, ts=ts_of(name), text="bye <!here>")
    intent = await desk.intent()
    assert isinstance(intent.what, EditMessage)
    assert (intent.what.message, intent.what.text) == (RemoteMessage("slack", name), "bye <!here>")
    assert isinstance(intent.actor, Person)
    assert intent.actor.identity == Identity("slack", TEAM, "U0ADA")
    assert intent.origin == Origin(PLACE, name)
    assert intent.at is not None


async def test_a_refused_edit_is_told_to_its_author_alone(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    name = await said(world, desk, await thread(adapter))
    desk.outcomes.append(Refusal("text_too_long", "That is too long."))
    await world.act("edit", user="U0ADA", channel=INBOX, ts=ts_of(name), text="bye")
    assert "That is too long." in texts((await world.until_seen())["answers"][-1])
    assert not (await world.seen("U0BO"))["answers"]


async def test_a_delete_arrives_and_names_nobody(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    name = await said(world, desk, await thread(adapter))
    await world.act("delete", user="U0ADA", channel=INBOX, ts=ts_of(name))
    intent = await desk.intent()
    assert intent.what == DeleteMessage(RemoteMessage("slack", name))
    assert intent.actor == ItsAuthor()
    assert intent.origin == Origin(PLACE, name)


async def test_a_deleted_card_with_replies_is_a_delete_and_the_replies_stay(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    space = await thread(adapter)
    await said(world, desk, space)
    await world.act("delete", user="U0ADA", channel=INBOX, ts=ts_of(space))
    assert (await desk.intent()).what == DeleteMessage(RemoteMessage("slack", RemoteId(space)))
    await said(world, desk, space, "still here")


async def test_reactions_arrive_and_are_taken_back(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    name = await said(world, desk, await thread(adapter))
    where = {"user": "U0BO", "channel": INBOX, "ts": ts_of(name)}
    keys = set()
    for act, shown, on in (
        ({"name": "wave::skin-tone-3"}, "👋🏼", True),
        ({"name": "heart"}, "❤", True),
        ({"name": "oak-tree"}, ":oak:", True),
        ({"name": "heart", "remove": True}, "❤", False),
        ({"name": "heart"}, "❤", True),
    ):
        await world.act("react", **where, **act)
        intent = await desk.intent()
        keys.add(intent.key)
        assert intent.what == React(RemoteMessage("slack", name), shown, on)
        assert isinstance(intent.actor, Person)
        assert intent.actor.identity == Identity("slack", TEAM, "U0BO")
        assert intent.actor.profile.name == "Bo Reyes"
        assert intent.origin == Origin(PLACE, name)
    assert len(keys) == 5


async def test_a_refused_reaction_is_told_once(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    name = await said(world, desk, await thread(adapter))
    desk.outcomes += [Refusal("too_many_reactions", "Enough.")] * 2
    for emoji in ("heart", "eyes"):
        await world.act("react", user="U0BO", channel=INBOX, ts=ts_of(name), name=emoji)
        await desk.intent()
    assert len((await world.until_seen("U0BO"))["answers"]) == 1


async def test_our_own_edits_deletes_and_reactions_are_not_input(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    space = await thread(adapter)
    reply = await adapter.write(text("first", space))
    assert isinstance(reply, Receipt)
    edit = text("second", space, delivery="d-edit", replaces=reply.remote)
    assert await adapter.write(edit) == reply
    for verb in (Verb.REACT, Verb.UNREACT):
        done = await adapter.write(about(verb, reply.remote, space, "👍🏽"))
        assert isinstance(done, Receipt), done
    async with asyncio.timeout(30):
        while (seen := await desk.echoes.get())[0] != "d-edit":
            pass
    assert seen[1] == reply
    assert desk.intents.empty()
    async with asyncio.timeout(30):
        while True:
            if len(desk.suspects) == 2:
                break
            await asyncio.sleep(0.01)
    stands, reacted = sorted(desk.suspects, key=lambda one: bool(one.ours))
    assert adapter.shows(edit, stands)
    assert not adapter.shows(text("first", space), stands)
    assert (reacted.remote, reacted.ours) == (reply.remote, frozenset({"👍🏽"}))


async def test_an_edit_of_ours_shows_new_words_under_the_same_name(
    adapter: SlackAdapter, world: World
) -> None:
    space = await thread(adapter)
    reply = await adapter.write(text("first", space))
    assert isinstance(reply, Receipt)
    edit = text("second <!channel>", space, delivery="d-edit", replaces=reply.remote)
    assert await adapter.write(edit) == reply
    shown = (await world.shown())[1]
    assert "second" in texts(shown)
    assert "first" not in texts(shown)
    assert shown["name"] == "Mia"
    assert shown["metadata"]["event_payload"]["delivery_id"] == "d-edit"
    assert await adapter.find(edit) == reply


async def test_a_delete_of_ours_is_done_though_it_is_gone(
    adapter: SlackAdapter, world: World
) -> None:
    space = await thread(adapter)
    reply = await adapter.write(text("oops", space))
    assert isinstance(reply, Receipt)
    gone = about(Verb.DELETE, reply.remote, space)
    for _ in range(2):
        done = await adapter.write(gone)
        assert isinstance(done, Receipt)
        assert done.remote == reply.remote
    assert len(await world.shown()) == 1


async def test_reactions_of_ours_are_done_though_they_stand_already(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    space = await thread(adapter)
    name = await said(world, desk, space)
    for verb in (Verb.REACT, Verb.REACT):
        done = await adapter.write(about(verb, name, space, "❤️"))
        assert isinstance(done, Receipt)
        assert done.remote == name
    assert (await world.shown())[1]["reactions"] == [{"name": "heart", "users": ["U0PINTHREAD"]}]
    for _ in range(2):
        assert isinstance(await adapter.write(about(Verb.UNREACT, name, space, "❤")), Receipt)
    assert not (await world.shown())[1]["reactions"]


async def test_an_emoji_that_does_not_exist_there_is_refused_for_good(
    adapter: SlackAdapter, world: World
) -> None:
    space = await thread(adapter)
    for emoji in (":no_such_emoji:", "not an emoji", "\u2603\u2603"):
        refused = await adapter.write(about(Verb.REACT, space, space, emoji))
        assert isinstance(refused, Failure)
        assert (refused.kind, refused.code) == (FailureKind.EMOJI, "invalid_name")
        assert refused.remedy
    await world.control(
        "PUT", "slack/emoji", {"name": "no_such_emoji", "url": "https://e.example/"}
    )
    done = await adapter.write(about(Verb.REACT, space, space, ":no_such_emoji:"))
    assert isinstance(done, Receipt)


async def test_what_a_person_wrote_is_not_ours_to_change(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    space = await thread(adapter)
    name = await said(world, desk, space)
    for attempt in (about(Verb.DELETE, name, space), text("mine", space, replaces=name)):
        refused = await adapter.write(attempt)
        assert isinstance(refused, Failure)
        assert refused.kind is FailureKind.FOREIGN


@pytest.mark.parametrize("kind", ["lost", "status"])
async def test_deletes_and_reactions_are_never_unclear(
    adapter: SlackAdapter, world: World, desk: FakeDesk, kind: str
) -> None:
    space = await thread(adapter)
    name = await said(world, desk, space)
    reply = await adapter.write(text("oops", space))
    assert isinstance(reply, Receipt)
    for method, attempt in (
        ("reactions.add", about(Verb.REACT, name, space, "👍")),
        ("chat.delete", about(Verb.DELETE, reply.remote, space)),
    ):
        await world.fault(method, kind, **({"status": 500} if kind == "status" else {}))
        failed = await adapter.write(attempt)
        assert isinstance(failed, Failure)
        assert (failed.kind, failed.certain) == (FailureKind.TRANSIENT, True)
        found = await adapter.find(attempt)
        assert isinstance(found, Receipt)
        assert found.remote == attempt.step.target


async def test_a_missing_scope_for_reactions_does_not_break_the_place(
    adapter: SlackAdapter, world: World
) -> None:
    space = await thread(adapter)
    await world.control("PUT", "slack/scopes", {"scopes": ["chat:write"]})
    try:
        refused = await adapter.write(about(Verb.REACT, space, space, "👍"))
    finally:
        await world.control("PUT", "slack/scopes", {})
    assert isinstance(refused, Failure)
    assert (refused.kind, refused.code) == (FailureKind.EVENT, "missing_scope")
    assert "manifest" in refused.remedy
