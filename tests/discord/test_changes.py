"""Edits, deletes and reactions over real sockets, from Discord and to it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from adapters.discord.adapter import DiscordAdapter
from core.delivery import Absent, Failure, FailureKind, Receipt, Verb
from core.ids import AccountId, RemoteId
from core.intents import (
    DeleteMessage,
    EditMessage,
    Intent,
    ItsAuthor,
    Origin,
    Person,
    PostMessage,
    React,
    RemoteMessage,
)
from core.model import Mirror, Place, Refusal
from tests.discord.conftest import (
    BOT,
    CHAT,
    FORUM,
    GUILD,
    KAI,
    MIA,
    FreeBudgets,
    MemoryFiles,
    Sandbox,
    card,
    change,
    direct,
    mirror,
    text,
)
from tests.discord.fake_desk import ACCEPTED, FakeDesk
from tests.discord.test_over_sockets import placed

NO = Refusal("text_too_long", "This is too long. Send it in pieces.")
PUT = "PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me"


@pytest.fixture(autouse=True)
async def _without_limits(sandbox: Sandbox) -> AsyncIterator[None]:
    """Nobody paces these calls: the budgets of the tests have no end."""
    await sandbox.control("PUT", "limits/discord", {"factor": 0})
    yield
    await sandbox.control("PUT", "limits/discord", {"factor": 1})


async def posted(adapter: DiscordAdapter, at: Mirror, words: str = "in ok") -> Receipt:
    done = await adapter.write(text(at, words))
    assert isinstance(done, Receipt), done
    return done


def about(intents: Sequence[Intent], kind: type) -> list[Intent]:
    return [intent for intent in intents if isinstance(intent.what, kind)]


async def reactions(sandbox: Sandbox, remote: RemoteId) -> dict[str, list[str]]:
    channel, _, message = remote.partition(":")
    shown = next(one for one in await sandbox.messages(channel) if one["id"] == message)
    return {one["name"]: one["users"] for one in shown["reactions"]}


# --- from Discord


async def test_an_edit_is_told_with_its_author_time_and_place(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    said = await sandbox.say("Mia", str(at.space), "in ok")
    await sandbox.control(
        "POST", "discord/edit", {"user": "Mia", "message": said, "text": f"in *oak* <@{KAI}>"}
    )
    await desk.until(lambda: about(desk.intents, EditMessage))
    post, edit = desk.intents
    remote = RemoteId(f"{at.space}:{said}")
    assert isinstance(edit.what, EditMessage)
    assert edit.what.message == RemoteMessage("discord", remote)
    assert "oak" in edit.what.text
    assert "@Kai" in edit.what.text
    assert isinstance(edit.actor, Person)
    assert edit.actor.identity.user == MIA
    assert edit.origin == Origin(Place("discord", GUILD, FORUM), remote)
    assert edit.at is not None
    assert post.at is not None
    assert edit.at > post.at
    assert edit.key.startswith(f"discord:{at.space}:{said}:edit:")


async def test_a_preview_of_an_address_is_no_edit_and_two_edits_are_two(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    said = await sandbox.say("Mia", str(at.space), "see https://oak.test")
    unfurl = {"message": said, "url": "https://oak.test"}
    await sandbox.control("POST", "discord/unfurl", unfurl)
    for words in ("one", "two", "one"):
        edit = {"user": "Mia", "message": said, "text": words}
        await sandbox.control("POST", "discord/edit", edit)
    await sandbox.say("Mia", str(at.space), "last")
    await desk.until(lambda: len(about(desk.intents, PostMessage)) == 2)
    edits = about(desk.intents, EditMessage)
    assert [getattr(edit.what, "text", "") for edit in edits] == ["one", "two", "one"]
    assert len({edit.key for edit in edits}) == 3


async def test_edits_of_our_own_messages_are_nobodys(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    done = await posted(adapter, at)
    edit = text(at, "in oak", replaces=done.remote, poster=done.poster)
    await adapter.write(edit)
    await adapter.write(card(at, replaces=at.root, poster="bot"))
    await sandbox.say("Mia", str(at.space), "last")
    await desk.until(lambda: desk.intents)
    assert about(desk.intents, PostMessage) == desk.intents
    await desk.until(lambda: len(desk.suspects) == 2)
    stands = {one.remote: one for one in desk.suspects}
    assert set(stands) == {done.remote, at.root}
    assert adapter.shows(edit, stands[done.remote])
    assert not adapter.shows(text(at, "in ash"), stands[done.remote])


async def test_deletes_are_told_one_by_one_wherever_they_were(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    forum = await placed(adapter, mirror(FORUM))
    chat = await placed(adapter, mirror(CHAT))
    ours = await posted(adapter, forum)
    said = [await sandbox.say("Mia", str(forum.space), f"{n}") for n in range(4)]
    in_direct = await sandbox.say("Mia", "dm", "hello")
    await sandbox.control("POST", "discord/delete", {"user": "Mia", "message": said[0]})
    await sandbox.control("POST", "discord/purge", {"messages": said[1:]})
    await sandbox.control(
        "POST", "discord/delete", {"user": "Rosa", "message": ours.remote.partition(":")[2]}
    )
    root = str(chat.root).partition(":")[2]
    await sandbox.control("POST", "discord/delete", {"user": "Rosa", "message": root})
    await sandbox.control("POST", "discord/delete", {"user": "Mia", "message": in_direct})
    await desk.until(lambda: len(about(desk.intents, DeleteMessage)) == 7)
    found = about(desk.intents, DeleteMessage)
    assert all(isinstance(intent.actor, ItsAuthor) for intent in found)
    places = {
        getattr(intent.what, "message").remote: intent.origin and intent.origin.place  # noqa: B009
        for intent in found
    }
    in_forum = Place("discord", GUILD, FORUM)
    assert {places[RemoteId(f"{forum.space}:{one}")] for one in said} == {in_forum}
    assert places[ours.remote] == in_forum
    assert places[RemoteId(str(chat.root))] == Place("discord", GUILD, CHAT)
    assert Place("discord", "", f"user:{MIA}") in places.values()
    assert len({intent.key for intent in found}) == 7


async def test_reactions_are_told_in_one_form_with_who_and_never_our_own(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    made = await sandbox.control("PUT", "discord/emojis", {"names": ["oak_leaf"]})
    own = f"oak_leaf:{made['emojis'][0]['id']}"
    at = await placed(adapter, mirror(FORUM))
    done = await posted(adapter, at)
    message = done.remote.partition(":")[2]
    await adapter.write(change(at, Verb.REACT, done.remote, "👀", done.poster))
    for emoji in ("❤️", "👍🏽", own):
        await sandbox.control(
            "POST", "discord/react", {"user": "Mia", "message": message, "emoji": emoji}
        )
    for _ in range(2):
        for remove in (True, False):
            body = {"user": "Mia", "message": message, "emoji": "❤️", "remove": remove}
            await sandbox.control("POST", "discord/react", body)
    await desk.until(lambda: len(desk.intents) == 7)
    await desk.until(lambda: desk.suspects)
    assert [(one.remote, one.ours) for one in desk.suspects] == [(done.remote, {"👀"})]
    whats = [intent.what for intent in desk.intents]
    assert all(isinstance(what, React) for what in whats)
    assert [(what.emoji, what.on) for what in whats if isinstance(what, React)] == [
        ("\u2764", True),
        ("👍🏽", True),
        (":oak_leaf:", True),
        ("\u2764", False),
        ("\u2764", True),
        ("\u2764", False),
        ("\u2764", True),
    ]
    assert len({intent.key for intent in desk.intents}) == 7
    assert {getattr(intent.actor, "identity").user for intent in desk.intents} == {MIA}  # noqa: B009
    assert {getattr(intent.actor, "profile").name for intent in desk.intents} == {"Mia"}  # noqa: B009


async def test_reactions_in_direct_messages_are_told_too(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, direct())
    root = str(at.root).partition(":")[2]
    for remove in (False, True):
        body = {"user": "Mia", "message": root, "emoji": "👍", "remove": remove}
        await sandbox.control("POST", "discord/react", body)
    await desk.until(lambda: len(desk.intents) == 2)
    for intent in desk.intents:
        assert intent.origin == Origin(at.place, RemoteId(str(at.root)))
        assert isinstance(intent.actor, Person)
        assert intent.actor.profile.name == "Mia"


@pytest.mark.parametrize(("emoji", "left"), [(None, {"👍", "\u2764"}), ("👍", {"👍"})])
async def test_reactions_that_are_cleared_are_taken_back_for_those_who_had_them(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox, emoji: str | None, left: set[str]
) -> None:
    at = await placed(adapter, mirror(FORUM))
    done = await posted(adapter, at)
    mia = AccountId("mia")
    desk.reacted[RemoteMessage("discord", done.remote)] = ((mia, "👍"), (mia, "\u2764"))
    body = {"message": done.remote.partition(":")[2]}
    await sandbox.control(
        "POST", "discord/clear", body if emoji is None else body | {"emoji": emoji}
    )
    await desk.until(lambda: len(desk.intents) == len(left))
    assert {intent.actor for intent in desk.intents} == {mia}
    whats = [intent.what for intent in desk.intents]
    assert {what.emoji for what in whats if isinstance(what, React) and not what.on} == left


async def test_a_refused_edit_and_a_refused_reaction_are_told_to_their_author_alone(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    said = await sandbox.say("Mia", str(at.space), "short")
    await desk.until(lambda: desk.intents)
    desk.outcome = lambda intent: ACCEPTED if isinstance(intent.what, PostMessage) else NO
    async with sandbox.live() as changed:
        edit = {"user": "Mia", "message": said, "text": "long"}
        await sandbox.control("POST", "discord/edit", edit)
        for emoji in ("👍", "👀"):
            body = {"user": "Kai", "message": said, "emoji": emoji}
            await sandbox.control("POST", "discord/react", body)
        while not (await sandbox.messages(f"dm:{MIA}") and await sandbox.messages(f"dm:{KAI}")):
            await changed()
    [told] = await sandbox.messages(f"dm:{MIA}")
    assert told["content"].startswith("Your edit was not sent on: https://discord.com/channels/")
    assert NO.sentence in told["content"]
    [told] = await sandbox.messages(f"dm:{KAI}")
    assert told["content"].startswith("Your reaction was not sent on")


# --- to Discord


async def test_words_are_deleted_by_their_webhook_and_notices_by_the_bot(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    done = await posted(adapter, at)
    await sandbox.control("POST", "discord/archive", {"thread": at.space})
    gone = change(at, Verb.DELETE, done.remote, poster=done.poster)
    assert await adapter.write(gone) == done
    assert await adapter.write(gone) == done
    assert [one["id"] for one in await sandbox.messages(str(at.space))] == [at.space]
    in_direct = await placed(adapter, direct())
    words = await posted(adapter, in_direct)
    done = await adapter.write(change(in_direct, Verb.DELETE, words.remote, poster="bot"))
    assert isinstance(done, Receipt), done
    assert len(await sandbox.messages(f"dm:{MIA}")) == 1


async def test_a_restarted_program_changes_what_it_posted_before(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(CHAT))
    done = await posted(adapter, at)
    later = DiscordAdapter(sandbox.settings(), FreeBudgets(), MemoryFiles())
    edit = text(at, "in oak", replaces=done.remote, poster=done.poster)
    assert await later.write(edit) == done
    assert await later.find(edit) == Absent()
    assert await later.write(change(at, Verb.DELETE, done.remote, poster=done.poster)) == done
    await later.stop()


async def test_what_a_lost_webhook_posted_is_not_ours_to_edit_but_can_be_deleted(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    done = await posted(adapter, at)
    await adapter._rest.call("DELETE", f"/webhooks/{done.poster.removeprefix('webhook:')}")
    again = await posted(adapter, at, "more")
    assert again.poster != done.poster
    failed = await adapter.write(text(at, "x", replaces=done.remote, poster=done.poster))
    assert isinstance(failed, Failure)
    assert (failed.kind, failed.certain) == (FailureKind.FOREIGN, True)
    gone = change(at, Verb.DELETE, done.remote, poster=done.poster)
    assert await adapter.write(gone) == done
    await sandbox.control(
        "PUT", "discord/permissions", {"permissions": str(326954773568 & ~(1 << 13))}
    )
    foreign = RemoteId(f"{at.space}:{await sandbox.say('Mia', str(at.space), 'mine')}")
    failed = await adapter.write(change(at, Verb.DELETE, foreign, poster="bot"))
    assert isinstance(failed, Failure)
    assert failed.kind is FailureKind.FOREIGN


@pytest.mark.parametrize("emoji", ["\u2764", "👍🏽", "🏳\u200d🌈", "1\u20e3", ":oak_leaf:"])
async def test_a_reaction_of_the_bot_comes_and_goes_even_in_an_archived_thread(
    adapter: DiscordAdapter, sandbox: Sandbox, emoji: str
) -> None:
    await sandbox.control("PUT", "discord/emojis", {"names": ["other", "oak_leaf"]})
    at = await placed(adapter, mirror(FORUM))
    done = await posted(adapter, at)
    await sandbox.control("POST", "discord/archive", {"thread": at.space})
    on = change(at, Verb.REACT, done.remote, emoji, done.poster)
    for _ in range(2):
        assert await adapter.write(on) == done
    [(shown, users)] = (await reactions(sandbox, done.remote)).items()
    assert users == [BOT]
    assert shown.partition(":")[0].replace("\ufe0f", "") == emoji.strip(":")
    assert ("\ufe0f" in shown) == (emoji in ("\u2764", "🏳\u200d🌈", "1\u20e3"))
    await sandbox.control("POST", "discord/archive", {"thread": at.space})
    off = replace(on, step=replace(on.step, verb=Verb.UNREACT))
    for _ in range(2):
        assert await adapter.write(off) == done
    assert await reactions(sandbox, done.remote) == {}


async def test_an_emoji_that_is_not_there_and_the_21st_are_refused_for_that_event_alone(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    done = await posted(adapter, at)
    for emoji in (":nowhere:", "plain words"):
        failed = await adapter.write(change(at, Verb.REACT, done.remote, emoji, done.poster))
        assert isinstance(failed, Failure)
        assert (failed.kind, failed.code) == (FailureKind.EMOJI, "discord_10014")
        off = change(at, Verb.UNREACT, done.remote, emoji, done.poster)
        assert await adapter.write(off) == done
    for n in range(20):
        emoji = chr(0x1F600 + n)
        assert await adapter.write(change(at, Verb.REACT, done.remote, emoji)) is not None
    failed = await adapter.write(change(at, Verb.REACT, done.remote, "🌳"))
    assert isinstance(failed, Failure)
    assert (failed.kind, failed.code) == (FailureKind.EMOJI, "discord_30010")
    assert "20" in failed.remedy


async def test_reacting_without_the_permission_holds_no_words_up(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    done = await posted(adapter, at)
    await sandbox.control("PUT", "discord/permissions", {"channel": FORUM, "deny": str(1 << 6)})
    failed = await adapter.write(change(at, Verb.REACT, done.remote, "👍"))
    assert isinstance(failed, Failure)
    assert failed.kind is FailureKind.EVENT
    assert "Add Reactions" in failed.remedy


@pytest.mark.parametrize("kind", ["lost", "status"])
async def test_a_reaction_whose_outcome_is_unclear_is_simply_made_again(
    adapter: DiscordAdapter, sandbox: Sandbox, kind: str
) -> None:
    at = await placed(adapter, mirror(FORUM))
    done = await posted(adapter, at)
    on = change(at, Verb.REACT, done.remote, "👍")
    await sandbox.fault(PUT, kind, **({"status": 503} if kind == "status" else {}))
    failed = await adapter.write(on)
    # aiohttp itself repeats a PUT on a connection that was cut, which is safe.
    assert isinstance(failed, Receipt) or not failed.certain
    assert await adapter.find(on) == Absent()
    assert isinstance(await adapter.write(on), Receipt)
    assert await reactions(sandbox, done.remote) == {"👍": [BOT]}
