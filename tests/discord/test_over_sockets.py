"""The real adapter's writes, against the sandbox as another process."""

from dataclasses import replace

import pytest

from adapters.discord.adapter import DiscordAdapter
from core.delivery import (
    Absent,
    Author,
    Failure,
    FailureKind,
    Part,
    PartKind,
    Receipt,
)
from core.ids import RemoteId
from core.model import Mirror, Pin
from tests.discord.conftest import (
    BOT,
    CHAT,
    FORUM,
    HIDDEN,
    KAI,
    MIA,
    FreeBudgets,
    MemoryFiles,
    Sandbox,
    card,
    direct,
    mirror,
    posting,
    text,
)
from tests.discord.fake_desk import OAK

EXECUTE = "POST /webhooks/{webhook_id}/{token}"
POST = "POST /channels/{channel_id}/messages"


async def placed(adapter: DiscordAdapter, at: Mirror) -> Mirror:
    """The mirror with its card, placed as a lane does it."""
    done = await adapter.write(card(at))
    while isinstance(done, Receipt) and done.inner is not None:
        done = await adapter.write(card(at, inner=done.inner, data=done.data))
    assert isinstance(done, Receipt), done
    return replace(at, root=done.remote, space=done.space)


async def contents(sandbox: Sandbox, at: Mirror) -> list[str]:
    return [one["content"] for one in await sandbox.messages(str(at.space)) if one["webhook_id"]]


# --- cards and words


async def test_a_forum_gets_one_post_a_thread_with_the_card_in_it(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    shown = await sandbox.control("GET", f"discord/channels/{at.space}")
    assert shown["channel"]["name"] == "Oak desk"
    [message] = shown["messages"]
    assert at.root == f"{at.space}:{message['id']}"
    assert message["author"] == BOT
    assert message["embeds"][0]["title"] == "Oak desk"


async def test_a_text_channel_gets_the_card_and_a_thread_from_it(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(CHAT))
    [message] = await sandbox.messages(CHAT)
    assert at.root == f"{CHAT}:{message['id']}"
    assert at.space == message["id"]


async def test_starting_a_thread_twice_is_done_once(adapter: DiscordAdapter) -> None:
    at = await placed(adapter, mirror(CHAT))
    again = await adapter.write(card(mirror(CHAT), inner=1, data={"card": str(at.root)}))
    assert isinstance(again, Receipt)
    assert (again.remote, again.space) == (at.root, at.space)


@pytest.mark.parametrize("channel", [FORUM, CHAT])
async def test_words_go_out_under_their_authors_name_and_in_order(
    adapter: DiscordAdapter, sandbox: Sandbox, channel: str
) -> None:
    at = await placed(adapter, mirror(channel))
    for n in range(4):
        done = await adapter.write(text(at, f"words {n}"))
        assert isinstance(done, Receipt), done
        assert done.poster.startswith("webhook:")
    posts = [one for one in await sandbox.messages(str(at.space)) if one["webhook_id"]]
    assert [one["content"] for one in posts] == [f"words {n}" for n in range(4)]
    assert {one["name"] for one in posts} == {"Mia"}
    assert posts[0]["picture"] == "https://pictures.test/mia.png"


async def test_a_channel_keeps_one_webhook_over_restarts(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    await adapter.write(text(at, "before"))
    later = DiscordAdapter(sandbox.settings(), FreeBudgets(), MemoryFiles())
    await later.write(text(at, "after"))
    await later.stop()
    made = [
        entry
        for entry in await sandbox.journal()
        if entry["method"] == "POST /channels/{channel_id}/webhooks"
    ]
    assert len(made) == 1
    assert await contents(sandbox, at) == ["before", "after"]


async def test_a_webhook_that_was_deleted_is_made_anew_within_the_delivery(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    first = await adapter.write(text(at, "one"))
    assert isinstance(first, Receipt)
    await adapter._rest.call("DELETE", f"/webhooks/{first.poster.removeprefix('webhook:')}")
    second = await adapter.write(text(at, "two"))
    assert isinstance(second, Receipt), second
    assert second.poster != first.poster
    assert await contents(sandbox, at) == ["one", "two"]


async def test_further_pins_and_notices_look_like_what_they_are(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    other = Pin(OAK.id, OAK.url, "Ash *desk*")
    pin = Part(PartKind.PIN, author=Author("Kai"), pin=other)
    await adapter.write(posting("pin", at, pin))
    await adapter.write(posting("notice", at, Part(PartKind.NOTICE, "Kai joined.")))
    _, sent, joined = await sandbox.messages(str(at.space))
    assert (sent["name"], sent["embeds"][0]["title"]) == ("Kai", "Ash \\*desk\\*")
    assert (joined["author"], joined["content"]) == (BOT, "-# Kai joined.")


async def test_direct_messages_come_from_the_bot_and_answer_the_card(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, direct())
    assert at.space == at.root
    await adapter.write(text(at, "does it come in oak?", Author("Kai")))
    root, words = await sandbox.messages(f"dm:{MIA}")
    assert root["embeds"][0]["title"] == "Oak desk"
    assert words["content"] == "**Kai:** does it come in oak?"
    assert words["reply_to"] == root["id"]


async def test_a_card_is_edited_where_it_stands(adapter: DiscordAdapter, sandbox: Sandbox) -> None:
    for at in (await placed(adapter, mirror(FORUM)), await placed(adapter, direct())):
        fuller = replace(OAK, title="Oak desk, 140 cm")
        part = replace(card(at).part, pin=fuller)
        done = await adapter.write(posting("card1@2", at, part, replaces=at.root))
        assert isinstance(done, Receipt), done
    for place in (str(at.space).partition(":")[0], f"dm:{MIA}"):
        message = (await sandbox.messages(place))[0]
        assert message["embeds"][0]["title"] == "Oak desk, 140 cm"
        assert message["edited"]


async def test_words_are_edited_by_their_webhook_even_in_an_archived_thread(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    done = await adapter.write(text(at, "in ok"))
    assert isinstance(done, Receipt)
    await adapter._rest.call("PATCH", f"/channels/{at.space}", {"archived": True})
    assert await adapter.write(text(at, "in oak", replaces=done.remote, poster=done.poster)) == done
    assert await contents(sandbox, at) == ["in oak"]


async def test_a_message_that_is_gone_cannot_be_replaced(adapter: DiscordAdapter) -> None:
    at = await placed(adapter, mirror(FORUM))
    gone = RemoteId(f"{at.space}:123")
    for write in (card(at, replaces=gone), text(at, "x", replaces=gone)):
        done = await adapter.write(write)
        assert isinstance(done, Failure)
        assert (done.kind, done.certain) == (FailureKind.GONE, True)


# --- hostile input


@pytest.mark.parametrize(
    "name",
    ["Discord Staff", "ClYdE", "dis\u200bcord", "everyone", "@here", "n" * 300, "\u202e", "  "],
)
async def test_hostile_names_are_posted_under_a_harmless_one(
    adapter: DiscordAdapter, sandbox: Sandbox, name: str
) -> None:
    at = await placed(adapter, mirror(FORUM))
    done = await adapter.write(text(at, "hello", Author(name)))
    assert isinstance(done, Receipt), done
    assert await contents(sandbox, at) == ["hello"]


async def test_a_name_that_discord_refuses_is_replaced_within_the_delivery(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    refused = {
        "message": "Invalid Form Body",
        "code": 50035,
        "errors": {"username": {"_errors": [{"code": "USERNAME_INVALID", "message": "no"}]}},
    }
    await sandbox.fault(EXECUTE, "status", status=400, body=refused)
    done = await adapter.write(text(at, "hello", Author("Therese")))
    assert isinstance(done, Receipt), done
    post = (await sandbox.messages(str(at.space)))[-1]
    assert (post["name"], post["content"]) == ("Someone", "**Therese:** hello")


async def test_hostile_words_arrive_whole_and_mention_nobody(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    for words in (f"@everyone @here <@{KAI}> <@&{KAI}>", "*" * 1900, "\u202e\u200bhi", "# a\n> b"):
        done = await adapter.write(text(at, words))
        assert isinstance(done, Receipt), done
    posts = [one for one in await sandbox.messages(str(at.space)) if one["webhook_id"]]
    assert posts[0]["content"] == f"@\u200beveryone @\u200bhere <\u200b@{KAI}> <\u200b@&{KAI}>"
    assert posts[1]["embeds"][0]["description"] == "\\*" * 1900
    assert posts[3]["content"] == "\\# a\n\\> b"
    applied = [entry for entry in await sandbox.journal() if entry["method"] == EXECUTE]
    assert {str(entry["args"]["body"]["allowed_mentions"]) for entry in applied} == {
        "{'parse': []}"
    }


# --- what goes wrong


async def test_a_rate_limit_is_told_and_kept(
    adapter: DiscordAdapter, sandbox: Sandbox, budgets: FreeBudgets
) -> None:
    at = await placed(adapter, mirror(FORUM))
    write = text(at, "hello")
    await adapter.write(write)
    assert ("discord", "webhook", FORUM) in {cost.key for cost, _, _ in budgets.learnt}
    await sandbox.fault(EXECUTE, "ratelimit", retry_after=1.5)
    done = await adapter.write(write)
    assert done == Failure(FailureKind.RATE, "discord_429", retry_after=1.5)
    assert budgets.blocked == [(("discord", "webhook", FORUM), 1.5)]
    await sandbox.fault(EXECUTE, "ratelimit", retry_after=2.5, scope="global")
    await adapter.write(write)
    assert budgets.blocked[1] == (("discord", "global"), 2.5)


async def test_the_budgets_of_a_webhook_post_are_its_own_its_channels_and_the_bots(
    adapter: DiscordAdapter,
) -> None:
    costs = adapter.costs(text(mirror(FORUM, space="1", root="1:1"), "x"))
    assert [(cost.key, cost.limit, cost.per) for cost in costs] == [
        (("discord", "webhook", FORUM), 5, 2.0),
        (("discord", "channel", FORUM), 30, 60.0),
        (("discord", "global"), 50, 1.0),
    ]


@pytest.mark.parametrize("kind", ["cut", "status"])
async def test_what_may_have_been_applied_is_unclear(
    adapter: DiscordAdapter, sandbox: Sandbox, kind: str
) -> None:
    at = await placed(adapter, mirror(FORUM))
    await adapter.write(text(at, "first"))
    options = {"status": 503} if kind == "status" else {}
    await sandbox.fault(EXECUTE, kind, **options)
    done = await adapter.write(text(at, "second"))
    assert isinstance(done, Failure)
    assert (done.kind, done.certain) == (FailureKind.TRANSIENT, False)
    assert await adapter.find(text(at, "second")) == Absent()


async def test_a_server_that_is_not_there_has_applied_nothing(budgets: FreeBudgets) -> None:
    from adapters.discord.settings import Settings

    away = DiscordAdapter(
        Settings(token="t", api_url="http://127.0.0.1:9/api"), budgets, MemoryFiles()
    )
    for write in (
        text(mirror(FORUM, root="1:1", space="1"), "x"),
        card(mirror(FORUM)),
        card(direct()),
    ):
        done = await away.write(write)
        assert isinstance(done, Failure)
        assert (done.kind, done.certain) == (FailureKind.TRANSIENT, True)
    await away.stop()


async def test_words_whose_answer_was_lost_are_found_and_not_a_twin_that_is_known(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    first = await adapter.write(text(at, "yes * and no"))
    assert isinstance(first, Receipt)
    await sandbox.say("Kai", str(at.space), "yes * and no")
    await sandbox.fault(EXECUTE, "lost")
    again = text(at, "yes * and no", anchor=at.root, known=frozenset({first.remote}))
    done = await adapter.write(again)
    assert isinstance(done, Failure)
    assert not done.certain
    later = DiscordAdapter(sandbox.settings(), FreeBudgets(), MemoryFiles())
    found = await later.find(again)
    await later.stop()
    assert found == await adapter.find(again)
    assert isinstance(found, Receipt)
    assert found.poster == first.poster
    last = (await sandbox.messages(str(at.space)))[-1]
    assert found.remote == f"{at.space}:{last['id']}"
    assert await adapter.find(replace(again, known=again.known | {found.remote})) == Absent()


@pytest.mark.parametrize(
    ("at", "method"),
    [
        (mirror(FORUM), "POST /channels/{channel_id}/threads"),
        (mirror(CHAT), POST),
        (direct(), POST),
    ],
)
async def test_a_card_whose_answer_was_lost_is_found_by_its_marker(
    adapter: DiscordAdapter, sandbox: Sandbox, at: Mirror, method: str
) -> None:
    await placed(adapter, at)
    write = card(at, "another")
    await sandbox.fault(method, "lost")
    done = await adapter.write(write)
    assert isinstance(done, Failure)
    assert not done.certain
    found = await adapter.find(write)
    assert isinstance(found, Receipt), found
    known = replace(write, known=frozenset({found.remote}))
    assert await adapter.find(known) == Absent()
    if at.place.channel == FORUM:
        assert found.space == str(found.remote).partition(":")[0]


async def test_a_thread_whose_answer_was_lost_is_found(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    first = await adapter.write(card(mirror(CHAT)))
    assert isinstance(first, Receipt)
    step = card(mirror(CHAT), inner=1, data=first.data)
    assert await adapter.find(step) == Absent()
    await sandbox.fault("POST /channels/{channel_id}/messages/{message_id}/threads", "lost")
    assert isinstance(await adapter.write(step), Failure)
    found = await adapter.find(step)
    assert isinstance(found, Receipt), found
    assert found.space == str(first.remote).partition(":")[2]


async def test_a_bots_post_that_is_repeated_is_stored_once(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    write = posting("n1", at, Part(PartKind.NOTICE, "Kai joined."), anchor=at.root)
    await sandbox.fault(POST, "lost")
    assert isinstance(await adapter.write(write), Failure)
    found = await adapter.find(write)
    assert await adapter.write(write) == found
    assert len(await sandbox.messages(str(at.space))) == 2


async def test_a_place_that_is_refused_says_what_to_do(adapter: DiscordAdapter) -> None:
    done = await adapter.write(card(mirror(HIDDEN)))
    assert isinstance(done, Failure)
    assert (done.kind, done.certain) == (FailureKind.PLACE, True)
    assert "View Channel" in done.remedy
    done = await adapter.write(text(mirror(FORUM, root="5:5", space="5"), "x"))
    assert isinstance(done, Failure)
    assert done.code == "discord_10003"


async def test_check_names_what_is_wrong_in_each_place(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    places = [mirror(channel).place for channel in (FORUM, CHAT, HIDDEN)]
    found = await adapter.check([*places, direct().place])
    assert [finding.ok for finding in found] == [True, True, True, True, False], found
    assert "View Channel" in found[-1].remedy
    wrong = DiscordAdapter(sandbox.settings(token="nonsense"), FreeBudgets(), MemoryFiles())
    [finding] = await wrong.check(places)
    assert not finding.ok
    assert "discord.token" in finding.remedy
    await wrong.stop()


async def test_a_thread_opens_at_its_link(adapter: DiscordAdapter) -> None:
    assert adapter.link(mirror(FORUM)) is None
    assert adapter.link(mirror(FORUM, root="7:7", space="7")) == (
        "https://discord.com/channels/910000000000000001/7"
    )
    assert adapter.link(direct(root="8:9", space="8:9")) == ("https://discord.com/channels/@me/8/9")
