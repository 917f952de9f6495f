"""What people say on Discord, through discord.py, and the connection itself."""

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.presses import LOST_WORDS
from core.delivery import Failure, Receipt
from core.ids import ConversationId, RemoteId, ThreadId
from core.intents import (
    InDirect,
    InSpace,
    Intent,
    Origin,
    Person,
    PostMessage,
    RemoteMessage,
)
from core.model import Place, Refusal
from core.ports.outcomes import Ask, Outcome
from core.ports.reading import ThreadLine, ThreadView
from tests.discord.conftest import (
    CHAT,
    FORUM,
    GUILD,
    KAI,
    MIA,
    FreeBudgets,
    MemoryFiles,
    Sandbox,
    direct,
    mirror,
    text,
)
from tests.discord.fake_desk import ACCEPTED, AT, BRAND, OAK, THREAD, FakeDesk
from tests.discord.test_over_sockets import EXECUTE, placed

NO = Refusal("group_full", "This one is full. Start another one.")
LINE = ThreadLine(
    THREAD, ConversationId("c1"), "oakoak", OAK, (BRAND,), AT, BRAND, "Yes, *in* oak."
)


async def command(
    sandbox: Sandbox, subcommand: str, user: str = "Mia", channel: str = CHAT, **options: str
) -> Any:
    body = {
        "user": user,
        "channel": channel,
        "name": "pin",
        "subcommand": subcommand,
        "options": options,
    }
    return await sandbox.control("POST", "discord/command", body)


async def choices(sandbox: Sandbox, subcommand: str, focused: str, **options: str) -> Any:
    body = {
        "user": "Mia",
        "channel": CHAT,
        "name": "pin",
        "subcommand": subcommand,
        "options": options,
        "focused": focused,
    }
    return (await sandbox.control("POST", "discord/autocomplete", body))["choices"]


# --- words


async def test_words_in_a_thread_arrive_in_order_with_who_and_where(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    said = [await sandbox.say("Mia", str(at.space), f"words {n}") for n in range(8)]
    await desk.until(lambda: len(desk.intents) == 8)
    assert [intent.what.text for intent in desk.intents] == [f"words {n}" for n in range(8)]
    first = desk.intents[0]
    assert isinstance(first.actor, Person)
    assert (first.actor.identity.user, first.actor.profile.name) == (MIA, "Mia")
    assert first.key == f"discord:{at.space}:{said[0]}:post"
    assert isinstance(first.what, PostMessage)
    assert first.what.target == InSpace("discord", at.space)
    remote = RemoteId(f"{at.space}:{said[0]}")
    assert first.origin == Origin(Place("discord", GUILD, FORUM), remote)


async def test_words_of_ours_of_bots_and_outside_threads_are_passed_over(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(CHAT))
    await adapter.write(text(at, "from elsewhere"))
    await sandbox.say("Mia", CHAT, "in the channel itself")
    await sandbox.say("Mia", str(at.space), "in the thread")
    await desk.until(lambda: desk.intents)
    assert [intent.what.text for intent in desk.intents] == ["in the thread"]


async def test_tokens_become_words_and_a_lone_pin_address_a_pin(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    await sandbox.say("Mia", str(at.space), f"<@{KAI}> look in <#{CHAT}> \\*now\\* <:oak:123>")
    await sandbox.say("Mia", str(at.space), OAK.url)
    await desk.until(lambda: len(desk.intents) == 2)
    assert desk.intents[0].what.text == "@Kai look in #chat *now* :oak:"
    assert desk.intents[1].what == PostMessage(InSpace("discord", at.space), "", OAK.id)


async def test_words_in_direct_messages_belong_to_what_they_answer(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, direct())
    root = str(at.root).partition(":")[2]
    await sandbox.say("Mia", "dm", "no thread named")
    await sandbox.say("Mia", "dm", "to the card", reply_to=root)
    await desk.until(lambda: len(desk.intents) == 2)
    place = direct().place
    assert desk.intents[0].what == PostMessage(InDirect(place), "no thread named")
    assert at.root is not None
    answers = RemoteMessage("discord", at.root)
    assert desk.intents[1].what == PostMessage(
        InDirect(place, at.root), "to the card", answers=answers
    )


async def test_the_person_is_asked_and_their_choice_counts_for_the_words_they_wrote(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, direct())
    desk.outcome = lambda _: Ask((LINE, replace(LINE, thread=ThreadId("ashashashashasha"))))
    await sandbox.say("Mia", "dm", "does it come in oak?")
    menu = await shown(sandbox, f"dm:{MIA}", "Which thread")
    assert menu["components"][0]["components"][0]["options"][0]["label"] == "Oak desk"
    await adapter.stop()
    later = DiscordAdapter(sandbox.settings(), FreeBudgets(), MemoryFiles())
    desk = FakeDesk()
    desk.view = ThreadView(THREAD, ConversationId("c1"), "oakoak", OAK, (BRAND,), (at,))
    await later.start(desk)
    await desk.until(lambda: desk.ups)
    custom_id = menu["components"][0]["components"][0]["custom_id"]
    body = {"user": "Mia", "channel": "dm", "message": menu["id"], "custom_id": custom_id}
    await sandbox.control("POST", "discord/press", {**body, "values": [THREAD]})
    await desk.until(lambda: desk.intents)
    assert desk.intents[0].what == PostMessage(InDirect(at.place, at.root), "does it come in oak?")
    assert (await shown(sandbox, f"dm:{MIA}", "Sent."))["components"] == []
    await later.stop()


async def shown(sandbox: Sandbox, channel: str, words: str) -> dict[str, Any]:
    """The message of a place that begins so; the live feed tells when to look again."""
    async with sandbox.live() as changes:
        while True:
            for message in await sandbox.messages(channel):
                if message["content"].startswith(words):
                    return message
            await changes()


@pytest.mark.parametrize("gone", [True, False])
async def test_a_choice_whose_words_are_gone_or_refused_is_told(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox, gone: bool
) -> None:
    desk.outcome = lambda _: Ask((LINE,))
    said = await sandbox.say("Mia", "dm", "does it come in oak?")
    menu = await shown(sandbox, f"dm:{MIA}", "Which thread")
    if gone:
        await sandbox.control("POST", "discord/delete", {"user": "Mia", "message": said})
    desk.outcome = lambda _: NO
    custom_id = menu["components"][0]["components"][0]["custom_id"]
    body = {"user": "Mia", "channel": "dm", "message": menu["id"], "custom_id": custom_id}
    await sandbox.control("POST", "discord/press", {**body, "values": [THREAD]})
    told = await shown(sandbox, f"dm:{MIA}", LOST_WORDS if gone else NO.sentence)
    assert told["id"] == menu["id"]
    if not gone:
        assert desk.intents[-1].what == PostMessage(THREAD, "does it come in oak?")


# --- refusals


async def test_a_refusal_of_typed_words_comes_as_a_direct_message(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    desk.outcome = lambda _: NO
    said = await sandbox.say("Mia", str(at.space), "eleventh")
    told = await shown(sandbox, f"dm:{MIA}", "Your message was not sent")
    assert NO.sentence in told["content"]
    assert said in told["content"]
    assert len(await sandbox.messages(str(at.space))) == 2


async def test_a_refusal_comes_when_direct_messages_may_be_opened_again(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    desk.outcome = lambda _: NO
    opening = "POST /users/@me/channels"
    await sandbox.fault(opening, "ratelimit", retry_after=0.05, times=2)
    await sandbox.say("Mia", str(at.space), "eleventh")
    await shown(sandbox, f"dm:{MIA}", "Your message was not sent")
    await sandbox.fault(opening, "ratelimit", retry_after=0.05, times=3)
    said = await sandbox.say("Kai", str(at.space), "twelfth")
    async with sandbox.live() as changes:
        while not (his := (await sandbox.messages(str(at.space)))[-1])["reactions"]:
            await changes()
    assert his["id"] == said, "a warning, where it cannot be said"


async def test_with_direct_messages_closed_a_warning_stands_and_only_the_author_learns_why(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    desk.outcome = lambda _: NO
    closed = {"message": "Cannot send messages to this user", "code": 50007}
    await sandbox.fault("POST /channels/{channel_id}/messages", "status", status=403, body=closed)
    said = await sandbox.say("Mia", str(at.space), "eleventh")
    async with sandbox.live() as changes:
        while not (mine := (await sandbox.messages(str(at.space)))[-1])["reactions"]:
            await changes()
    assert mine["id"] == said
    for user, words in (("Mia", NO.sentence), ("Kai", "Nothing is known")):
        body = {
            "user": user,
            "channel": str(at.space),
            "name": "Why was this not sent?",
            "target": said,
        }
        [answer] = (await sandbox.control("POST", "discord/command", body))["answers"]
        assert answer["ephemeral"]
        assert answer["content"].startswith(words)


# --- commands


async def test_commands_are_registered_where_they_differ_and_not_at_every_start(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    put = "PUT /applications/{application_id}/commands"
    assert [entry["method"] for entry in await sandbox.journal()].count(put) == 1
    await adapter.stop()
    again = DiscordAdapter(sandbox.settings(), FreeBudgets(), MemoryFiles())
    desk = FakeDesk()
    await again.start(desk)
    await desk.until(lambda: desk.ups)
    await again.stop()
    assert [entry["method"] for entry in await sandbox.journal()].count(put) == 1


# --- the connection


async def test_a_dropped_session_comes_back_and_nothing_said_meanwhile_is_missing(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    await sandbox.control("PUT", "power/discord", {"on": False})
    await desk.until(lambda: desk.ups == [True, False])
    assert not adapter.connected()
    await sandbox.say("Mia", str(at.space), "said meanwhile")
    await sandbox.control("PUT", "power/discord", {"on": True})
    await desk.until(lambda: desk.ups[-1])
    await desk.until(lambda: desk.intents)
    assert desk.intents[0].what.text == "said meanwhile"


async def test_a_session_that_cannot_be_resumed_begins_anew(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    await sandbox.fault("events", "drop_session", resume=False)
    await sandbox.say("Mia", str(at.space), "this ends the session")
    await desk.until(lambda: desk.ups == [True, False, True])
    await sandbox.say("Mia", str(at.space), "and this is heard")
    await desk.until(lambda: desk.intents)
    assert desk.intents[-1].what.text == "and this is heard"


async def test_a_write_whose_answer_is_lost_comes_back_as_an_echo(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    await adapter.write(text(at, "first"))
    await sandbox.fault(EXECUTE, "delay", seconds=0.3)
    write = text(at, "second", delivery="d2")
    done = await adapter.write(write)
    assert isinstance(done, Receipt)
    await desk.until(lambda: desk.echoes)
    assert desk.echoes == [("d2", done)]
    await sandbox.fault(EXECUTE, "lost")
    lost = await adapter.write(text(at, "third", delivery="d3"))
    assert isinstance(lost, Failure)
    await desk.until(lambda: len(desk.echoes) == 2)
    assert desk.echoes[1][0] == "d3"


class Signal(logging.Handler):
    """Set once something with that name is logged."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.seen = asyncio.Event()
        self._wanted = name

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == self._wanted:
            self.seen.set()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"token": "nonsense"}, "discord_token_refused"),
        ({"api_url": "http://127.0.0.1:9/api"}, "discord_connection_ended"),
    ],
)
async def test_a_connection_that_cannot_be_made_is_logged_and_stops_at_once(
    sandbox: Sandbox, budgets: FreeBudgets, settings: dict[str, str], told: str
) -> None:
    signal = Signal(told)
    logging.getLogger("pinthread.discord").addHandler(signal)
    adapter = DiscordAdapter(sandbox.settings(**settings), budgets, MemoryFiles())
    desk = FakeDesk()
    await adapter.start(desk)
    async with asyncio.timeout(10):
        await signal.seen.wait()
        await adapter.stop()
    logging.getLogger("pinthread.discord").removeHandler(signal)
    assert desk.ups == []
    assert not adapter.connected()


async def test_a_message_is_tried_again_when_the_desk_fails_and_those_after_it_wait(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    outcomes: list[Outcome | Exception] = [OSError("disk"), ACCEPTED, ACCEPTED]

    def outcome(_: Intent) -> Outcome:
        found = outcomes.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    desk.outcome = outcome
    await sandbox.say("Mia", str(at.space), "one")
    await sandbox.say("Mia", str(at.space), "two")
    await desk.until(lambda: len(desk.intents) == 3)
    assert [intent.what.text for intent in desk.intents] == ["one", "one", "two"]
