"""What nobody told us is read, and is just what the events would have told."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.discord.adapter import DiscordAdapter
from core.delivery import Absent, Author, FailureKind, Part, PartKind, Receipt, Verb
from core.ids import RemoteId, SpaceId, ThreadId
from core.intents import EditMessage, InDirect, Intent, Person, PostMessage, React
from core.model import Mirror, Place, Refusal
from core.ports.outcomes import Ask, Ignored
from core.sweep import Root, Seen, SweepError
from tests.discord.conftest import (
    CHAT,
    FORUM,
    GUILD,
    HIDDEN,
    KAI,
    MIA,
    FreeBudgets,
    MemoryFiles,
    Sandbox,
    card,
    change,
    direct,
    mirror,
    posting,
    text,
)
from tests.discord.fake_desk import OAK, FakeDesk
from tests.discord.test_gateway import LINE
from tests.discord.test_over_sockets import placed

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ACTIVE = "GET /guilds/{guild_id}/threads/active"
ARCHIVED = "GET /channels/{channel_id}/threads/archived/public"
MESSAGES = "GET /channels/{channel_id}/messages"
MARK = "0123456789abcdef01234567"


@pytest.fixture(autouse=True)
async def unlimited(sandbox: Sandbox) -> None:
    """These budgets never wait, and the limits are another test's."""
    await sandbox.control("PUT", "limits/discord", {"factor": 0})


async def all_of(pages: AsyncIterator[tuple[Any, ...]]) -> list[Any]:
    return [one async for page in pages for one in page]


async def roots(
    adapter: DiscordAdapter, at: Mirror, since: datetime = LONG_AGO
) -> dict[SpaceId, Root]:
    found: list[Root] = await all_of(adapter.roots(at.place, since))
    return {root.space: root for root in found}


async def seen(adapter: DiscordAdapter, at: Mirror, after: RemoteId | None = None) -> list[Seen]:
    return await all_of(adapter.messages(at, after))


def said(found: list[Seen]) -> list[Intent]:
    return [intent for one in found for intent in one.said]


async def archive(sandbox: Sandbox, thread: object) -> None:
    await sandbox.control("POST", "discord/archive", {"thread": str(thread)})


# --- which threads changed


@pytest.mark.parametrize("channel", [FORUM, CHAT])
async def test_threads_are_listed_with_their_newest_message(
    adapter: DiscordAdapter, sandbox: Sandbox, channel: str
) -> None:
    one, two = [await placed(adapter, mirror(channel)) for _ in range(2)]
    last = await sandbox.say("Mia", str(one.space), "is it oak?")
    await archive(sandbox, two.space)
    found = await roots(adapter, mirror(channel))
    assert set(found) == {one.space, two.space}
    assert found[one.space].newest == f"{one.space}:{last}"
    assert found[two.space].newest is not None


async def test_archived_threads_are_paged_back_to_the_time_asked_for(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    old = [await sandbox.control("POST", "discord/say", _post(n)) for n in range(3)]
    for one in old:
        await archive(sandbox, one["channel"])
    since = datetime.now(UTC)
    new = [await sandbox.control("POST", "discord/say", _post(n)) for n in range(230)]
    for one in new[:210]:
        await archive(sandbox, one["channel"])
    found = await roots(adapter, mirror(FORUM), since)
    assert set(found) == {one["channel"] for one in new}


def _post(n: int) -> dict[str, str]:
    return {"user": "Mia", "channel": FORUM, "text": f"post {n}", "title": f"Post {n}"}


async def test_one_list_serves_the_channels_of_a_server_but_no_second_sweep(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at, other = await placed(adapter, mirror(FORUM)), mirror(CHAT)
    assert at.space in await roots(adapter, at)
    first = await sandbox.say("Mia", str(at.space), "one more")
    later = await placed(adapter, other)
    assert later.space not in await roots(adapter, other), "another channel of the same sweep"
    assert (await roots(adapter, at))[SpaceId(str(at.space))].newest == f"{at.space}:{first}"
    assert later.space in await roots(adapter, other), "of the second sweep"
    last = await placed(adapter, other)
    adapter.gap()
    assert last.space in await roots(adapter, other), "after a gap"


async def test_a_bare_new_post_of_ours_is_listed_with_its_card(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    """So that a late duplicate is found, which a stop kept us from seeing."""
    began = datetime.now(UTC) - timedelta(seconds=1)
    done = await adapter.write(card(mirror(FORUM), MARK))
    assert isinstance(done, Receipt)
    talked = await placed(adapter, mirror(FORUM))
    await sandbox.say("Mia", str(talked.space), "hello")
    await sandbox.control("POST", "discord/say", _post(1))
    await placed(adapter, mirror(CHAT))
    found = await roots(adapter, mirror(FORUM), began)
    assert [root.seen and root.seen.delivery for root in found.values() if root.seen] == [MARK]
    assert found[SpaceId(str(done.space))].seen is not None
    assert [root.seen for root in (await roots(adapter, mirror(CHAT), began)).values()] == [None]
    later = await roots(adapter, mirror(FORUM), datetime.now(UTC) + timedelta(seconds=1))
    assert [root.seen for root in later.values()] == [None] * 3


async def test_direct_messages_have_no_threads(adapter: DiscordAdapter) -> None:
    assert await roots(adapter, direct()) == {}


async def test_a_list_that_fails_is_an_error_of_its_kind(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    for method, kind, failure in (
        (ACTIVE, {"kind": "status", "status": 503}, FailureKind.TRANSIENT),
        (ARCHIVED, {"kind": "cut", "times": 2}, FailureKind.TRANSIENT),
        (ARCHIVED, {"kind": "status", "status": 403, "body": {"code": 50001}}, FailureKind.PLACE),
    ):
        await sandbox.fault(method, **kind)
        with pytest.raises(SweepError) as failed:
            await roots(adapter, mirror(FORUM))
        assert failed.value.failure.kind is failure
    assert await roots(adapter, mirror(FORUM)) == {}


async def test_a_read_that_a_limit_refuses_waits_and_goes_on(
    adapter: DiscordAdapter, sandbox: Sandbox, budgets: FreeBudgets
) -> None:
    at = await placed(adapter, mirror(FORUM))
    await sandbox.say("Mia", str(at.space), "hello")
    await sandbox.fault(MESSAGES, "ratelimit", retry_after=0.2, times=2)
    assert len(await seen(adapter, at)) == 1
    assert [key for key, _ in budgets.blocked] == [("discord", "read", at.space)] * 2


# --- messages as they stand


async def test_what_is_read_is_what_was_heard(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    await sandbox.say("Mia", str(at.space), f"<@{KAI}> look in <#{CHAT}> **now**")
    await sandbox.say("Mia", str(at.space), OAK.url)
    edited = await sandbox.say("Kai", str(at.space), "in ok")
    await sandbox.say("Kai", str(at.space), "yes", reply_to=edited)
    file = {"name": "oak.png", "content": "x", "alt": "a desk"}
    body = {"user": "Mia", "channel": str(at.space), "text": "see", "files": [file]}
    await sandbox.control("POST", "discord/say", body)
    await desk.until(lambda: len(desk.intents) == 5)
    heard = list(desk.intents)
    assert said(await seen(adapter, at)) == heard
    body = {"user": "Kai", "message": edited, "text": "in oak"}
    await sandbox.control("POST", "discord/edit", body)
    await desk.until(lambda: len(desk.intents) == 6)
    read = said(await seen(adapter, at))
    assert [one.key for one in read] == [
        one.key for one in [*heard[:3], desk.intents[5], *heard[3:]]
    ]
    assert read[3] == desk.intents[5]
    assert isinstance(read[2].what, PostMessage)
    assert isinstance(read[3].what, EditMessage)
    assert read[2].what.text == read[3].what.text == "in oak"


async def test_what_is_not_for_us_says_nothing_and_what_is_ours_names_its_poster(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    words = await adapter.write(text(at, "from elsewhere"))
    assert isinstance(words, Receipt)
    notice = await adapter.write(posting("n", at, Part(PartKind.NOTICE, "Kai joined.")))
    pin = Part(PartKind.PIN, author=card(at).part.author, pin=OAK)
    sent = await adapter.write(posting(MARK, at, pin))
    assert isinstance(notice, Receipt)
    assert isinstance(sent, Receipt)
    other = {"name": "Dice", "text": "rolled a 6"}
    body = {"user": "Mia", "channel": str(at.space), "text": "", "app": other}
    await sandbox.control("POST", "discord/say", body)
    later = DiscordAdapter(sandbox.settings(), FreeBudgets(), MemoryFiles())
    for one in (adapter, later):
        found = {str(each.remote): each for each in await seen(one, at)}
        assert len(found) == 4
        assert found[words.remote].poster == words.poster
        assert found[notice.remote].poster == "bot"
        assert (found[sent.remote].poster, found[sent.remote].delivery) == (sent.poster, MARK)
        assert [each.said for each in found.values() if each.poster] == [()] * 3
    await later.stop()
    [used] = [each for each in await seen(adapter, at) if each.said]
    assert isinstance(used.said[0].actor, Person)


async def test_a_read_begins_behind_a_message_and_pages_to_the_end(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(CHAT))
    ids = [await sandbox.say("Mia", str(at.space), f"words {n}") for n in range(205)]
    pages = [page async for page in adapter.messages(at, None)]
    texts = [one.said[0].what.text for page in pages for one in page if one.said]
    assert texts == [f"words {n}" for n in range(205)]
    assert [len(page) for page in pages] == [100, 100, 6], "with the line that begins the thread"
    rest = await seen(adapter, at, RemoteId(f"{at.space}:{ids[199]}"))
    assert [one.said[0].what.text for one in rest] == [f"words {n}" for n in range(200, 205)]
    assert await seen(adapter, mirror(FORUM)) == []


async def test_direct_messages_are_read_as_a_whole_and_only_what_lanes_posted_is_ours(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, direct())
    assert isinstance(await adapter.write(text(at, "in oak?", Author("Kai"))), Receipt)
    await sandbox.say("Mia", "dm", "yes", reply_to=str(at.root).partition(":")[2])
    await desk.until(lambda: desk.intents)
    await adapter._rest.call(  # a refusal or a menu: told to somebody, and placed nowhere
        "POST", f"/channels/{str(at.root).partition(':')[0]}/messages", {"content": "Not sent."}
    )
    found: list[Seen] = await all_of(adapter.direct(at.place, None))
    assert [one.poster for one in found] == ["bot", "bot", "", ""]
    assert said(found) == desk.intents
    assert isinstance(found[2].said[0].what, PostMessage)
    assert found[2].said[0].what.target == InDirect(at.place, at.root)
    assert await seen(adapter, at) == found[1:], "but for the card"
    assert await seen(adapter, at, found[1].remote) == found[2:]


async def test_a_single_message_is_read_and_absent_only_where_discord_says_so(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    one = await sandbox.say("Mia", str(at.space), "hello")
    remote = RemoteId(f"{at.space}:{one}")
    found = await adapter.message(at, remote)
    assert isinstance(found, Seen)
    assert found == (await seen(adapter, at))[0]
    assert abs(adapter.moment(remote) - datetime.now(UTC)) < timedelta(minutes=1)
    await sandbox.control("POST", "discord/delete", {"user": "Mia", "message": one})
    assert await adapter.message(at, remote) == Absent()
    assert await seen(adapter, at) == []
    await sandbox.control("DELETE", f"discord/channels/{at.space}")
    for read in (adapter.message(at, remote), seen(adapter, at)):
        with pytest.raises(SweepError) as failed:
            await read
        assert failed.value.failure.kind is FailureKind.GONE, "which breaks no channel"
    with pytest.raises(SweepError) as failed:
        await adapter.message(at, RemoteId(f"{HIDDEN}:1"))
    assert failed.value.failure.kind is FailureKind.PLACE


# --- reactions


async def test_reactions_of_people_are_told_and_ours_and_bots_are_not(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    [oak] = (await sandbox.control("PUT", "discord/emojis", {"names": ["oak"]}))["emojis"]
    one = await sandbox.say("Mia", str(at.space), "hello")
    remote = RemoteId(f"{at.space}:{one}")
    assert isinstance(await adapter.write(change(at, Verb.REACT, remote, "👀")), Receipt)
    assert isinstance(await adapter.write(change(at, Verb.REACT, remote, "👍")), Receipt)
    for user, emoji in (("Kai", "👍"), ("Mia", "👍"), ("Kai", f"oak:{oak['id']}")):
        body = {"user": user, "message": one, "emoji": emoji}
        await sandbox.control("POST", "discord/react", body)
    [found] = await seen(adapter, at)
    assert found.reactions is not None
    told = {
        (one.actor.identity.user, one.actor.profile.name, one.what.emoji, one.what.on)
        for one in found.reactions
        if isinstance(one.actor, Person) and isinstance(one.what, React)
    }
    assert told == {
        (KAI, "Kai", "👍", True),
        (MIA, "Mia", "👍", True),
        (KAI, "Kai", ":oak:", True),
    }
    await desk.until(lambda: len(desk.intents) == 4)
    heard = {(one.actor, one.what, one.origin) for one in desk.intents[1:]}
    assert {(one.actor, one.what, one.origin) for one in found.reactions} == heard
    assert {one.origin.place for one in found.reactions if one.origin} == {
        Place("discord", GUILD, FORUM)
    }


async def test_a_message_without_others_reactions_costs_no_call(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    one = await sandbox.say("Mia", str(at.space), "hello")
    remote = RemoteId(f"{at.space}:{one}")
    await adapter.write(change(at, Verb.REACT, remote, "👀"))
    asked = "GET /channels/{channel_id}/messages/{message_id}/reactions/{emoji}"
    await sandbox.fault(asked, "status", status=500)
    [found] = await seen(adapter, at)
    assert found.reactions == ()
    body = {"user": "Kai", "message": one, "emoji": "👀"}
    await sandbox.control("POST", "discord/react", body)
    with pytest.raises(SweepError):
        await seen(adapter, at)
    gone = {"message": "Unknown Emoji", "code": 10014}
    await sandbox.fault(asked, "status", status=404, body=gone)
    [found] = await seen(adapter, at)
    assert found.reactions is None, "it went away between the two reads"


# --- shows


async def test_a_message_of_ours_shows_what_was_written_until_that_is_another(
    adapter: DiscordAdapter, files: MemoryFiles
) -> None:
    at = await placed(adapter, mirror(FORUM))
    file = files.add(b"oak")
    author = card(at).part.author
    writes = [
        text(at, "in *oak*, @everyone <@1>"),
        posting("n", at, Part(PartKind.NOTICE, "Kai joined.")),
        posting(MARK, at, Part(PartKind.PIN, author=author, pin=OAK)),
        posting("f", at, Part(PartKind.FILE, author=author, file=file)),
    ]
    others = [
        text(at, "in ash"),
        posting("n", at, Part(PartKind.NOTICE, "Mia joined.")),
        posting(MARK, at, Part(PartKind.PIN, author=author, pin=replace(OAK, title="Ash"))),
        posting("f", at, Part(PartKind.FILE, author=author, file=files.add(b"ash!"))),
    ]
    for write in writes:
        assert isinstance(await adapter.write(write), Receipt)
    found = await seen(adapter, at)
    assert [[adapter.shows(write, one) for one in found] for write in writes] == [
        [True, False, False, False],
        [False, True, False, False],
        [False, False, True, False],
        [False, False, False, True],
    ]
    assert not any(adapter.shows(write, one) for write, one in zip(others, found, strict=True))
    assert at.root is not None
    top = await adapter.message(at, at.root)
    assert isinstance(top, Seen)
    assert adapter.shows(replace(card(at), delivery="another"), top)
    fuller = replace(card(at).part, pin=replace(OAK, description="Of oak and ash."))
    assert not adapter.shows(posting("card1", at, fuller), top)


async def test_our_own_reactions_and_the_name_we_post_under_are_told(
    adapter: DiscordAdapter,
) -> None:
    at = await placed(adapter, mirror(FORUM))
    done = await adapter.write(text(at, "in oak"))
    assert isinstance(done, Receipt)
    for emoji in ("👍🏽", "\u2764"):
        await adapter.write(change(at, Verb.REACT, done.remote, emoji, done.poster))
    [one] = [each for each in await seen(adapter, at) if each.remote == done.remote]
    assert one.ours == {"👍🏽", "\u2764"}
    assert one.name == "Mia"


async def test_what_a_sweep_found_is_told_once_to_its_author(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    await sandbox.say("Mia", str(at.space), "eleventh")
    await desk.until(lambda: desk.intents)
    [one] = [each for each in await seen(adapter, at) if each.said]
    [post] = one.said
    for sentence in ("That is too much.", "Twice."):
        await adapter.tell(one, post, Refusal("text_too_long", sentence))
    told = [each["content"] for each in await sandbox.messages(f"dm:{MIA}")]
    assert len([text for text in told if "That is too much." in text]) == 1
    assert not any("Twice." in text for text in told)


async def test_who_wrote_into_direct_messages_unheard_is_asked_once_which_thread_they_mean(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, direct())
    desk.outcome = lambda _: Ignored()
    await sandbox.say("Mia", "dm", "which of them?")
    await desk.until(lambda: desk.intents)
    [one] = [each for each in await all_of(adapter.direct(at.place, at.root)) if each.said]
    [post] = one.said
    for _ in range(2):
        await adapter.tell(one, post, Ask((LINE, replace(LINE, thread=ThreadId("ash" * 5)))))
    [menu] = [each for each in await sandbox.messages(f"dm:{MIA}") if each["components"]]
    assert menu["content"].startswith("Which thread is this for?")
    assert len(menu["components"][0]["components"][0]["options"]) == 2
