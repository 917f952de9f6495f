"""What people do on Discord, through discord.py: words, commands, buttons, forms and menus."""

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.answers import UNKNOWN
from adapters.discord.presses import LOST_WORDS
from core.delivery import Failure, Receipt
from core.ids import ConversationId, RemoteId, ThreadId
from core.intents import (
    Handle,
    InDirect,
    InSpace,
    Intent,
    Origin,
    Person,
    PostMessage,
    RemoteMessage,
    StartThread,
)
from core.model import Place, Refusal
from core.ports import Ask, Outcome, ThreadLine, ThreadView
from tests.discord.conftest import (
    CHAT,
    FORUM,
    GUILD,
    KAI,
    MIA,
    ROSA,
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


async def only(sandbox: Sandbox, subcommand: str, **options: str) -> dict[str, Any]:
    """The one answer of a command, which only its caller sees."""
    [answer] = (await command(sandbox, subcommand, **options))["answers"]
    assert answer["ephemeral"]
    return dict(answer)


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


async def test_send_starts_a_thread_with_everybody_named(desk: FakeDesk, sandbox: Sandbox) -> None:
    to = f"@northwind, @kai <@{ROSA}>"
    answer = await only(sandbox, "send", pin=OAK.url, to=to, text="in oak?")
    assert "`oakoak`" in answer["content"]
    [intent] = desk.intents
    assert isinstance(intent.what, StartThread)
    assert (intent.what.pin, intent.what.text) == (OAK.id, "in oak?")
    assert intent.what.people[:2] == (Handle("northwind"), Handle("kai"))
    rosa = intent.what.people[2]
    assert isinstance(rosa, Person)
    assert (rosa.identity.user, rosa.profile.name) == (ROSA, "Rosa")
    assert intent.origin == Origin(Place("discord", GUILD, CHAT))
    assert intent.key.startswith("discord:interaction:")


async def test_a_command_in_a_thread_belongs_to_its_channel(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    await command(sandbox, "send", channel=str(at.space), pin=OAK.url, to="@northwind")
    assert desk.intents[0].origin == Origin(Place("discord", GUILD, FORUM))
    await command(sandbox, "send", channel="dm", pin=OAK.url, to="@northwind")
    assert desk.intents[1].origin == Origin(direct().place)


async def test_a_refused_command_is_answered_with_the_sentence(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    answer = await only(sandbox, "send", pin="https://example.com/x", to="@northwind")
    assert answer["content"] == "This is not the address of a pin."
    desk.outcome = lambda _: NO
    assert (await only(sandbox, "send", pin=OAK.url, to="@a"))["content"] == NO.sentence


async def test_preview_shows_the_pin_and_sends_it_by_a_form(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    answer = await only(sandbox, "preview", pin=OAK.url)
    assert answer["embeds"][0]["title"] == "Oak desk"
    button = answer["components"][0]["components"][0]
    body = {
        "user": "Mia",
        "channel": CHAT,
        "message": answer["id"],
        "custom_id": button["custom_id"],
    }
    modal = (await sandbox.control("POST", "discord/press", body))["modal"]
    values = {"to": "@northwind", "text": "in oak?"}
    filled = {"user": "Mia", "modal": modal["id"], "values": values}
    sent = await sandbox.control("POST", "discord/submit", filled)
    assert "`oakoak`" in str(sent)
    [intent] = desk.intents
    assert intent.what == StartThread((Handle("northwind"),), OAK.id, "in oak?")


async def test_inbox_open_and_help_answer_the_caller_alone(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    assert "/pin send" in (await only(sandbox, "inbox"))["content"]
    desk.lines = (LINE,)
    inbox = await only(sandbox, "inbox")
    assert "**Oak desk** with Northwind Home" in inbox["content"]
    assert (await only(sandbox, "open", id="nothing"))["content"] == "There is no such thread."
    at = mirror(FORUM, root="7:7", space="7")
    desk.view = ThreadView(THREAD, ConversationId("c1"), "oakoak", OAK, (BRAND,), (at,))
    body = {"user": "Mia", "channel": CHAT, "message": inbox["id"], "custom_id": "open"}
    pressed = await sandbox.control("POST", "discord/press", {**body, "values": [THREAD]})
    opened = await only(sandbox, "open", id="oakoak")
    for answer in (str(pressed), opened["content"]):
        assert f"https://discord.com/channels/{GUILD}/7" in answer
    assert "Yes, \\*in\\* oak." in opened["content"]
    assert "/pin preview" in (await only(sandbox, "help"))["content"]


async def test_autocomplete_offers_pins_people_and_threads(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    desk.lines = (LINE,)
    assert await choices(sandbox, "send", "pin", pin="oak") == [
        {"name": "Oak desk", "value": OAK.url}
    ]
    assert await choices(sandbox, "send", "to", pin=OAK.url, to="@kai @nor") == [
        {"name": "@kai @northwind (Northwind Home)", "value": "@kai @northwind"}
    ]
    assert await choices(sandbox, "open", "id", id="OAK") == [
        {"name": "Oak desk with Northwind Home (oakoak)", "value": THREAD}
    ]
    assert await choices(sandbox, "preview", "pin", pin="elm") == []


def broken(_: Intent) -> Outcome:
    raise OSError("disk")


async def test_a_command_or_a_form_that_fails_says_so_to_its_caller(
    desk: FakeDesk, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    desk.outcome = broken
    answer = await only(sandbox, "send", pin=OAK.url, to="@a", text="secret words")
    assert answer["content"] == UNKNOWN
    preview = await only(sandbox, "preview", pin=OAK.url)
    button = preview["components"][0]["components"][0]["custom_id"]
    body = {"user": "Mia", "channel": CHAT, "message": preview["id"], "custom_id": button}
    modal = (await sandbox.control("POST", "discord/press", body))["modal"]
    filled = {"user": "Mia", "modal": modal["id"], "values": {"to": "@a", "text": "secret words"}}
    assert UNKNOWN in str(await sandbox.control("POST", "discord/submit", filled))
    assert "interaction_failed" in caplog.text
    assert "secret words" not in caplog.text


async def test_an_answer_that_discord_does_not_take_ends_nothing(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    callback = "POST /interactions/{interaction_id}/{interaction_token}/callback"
    await sandbox.fault(callback, "status", status=404, body={"code": 10062, "message": "late"})
    await command(sandbox, "send", pin=OAK.url, to="@a")
    assert desk.intents == []
    assert "/pin preview" in (await only(sandbox, "help"))["content"]


async def test_open_shows_notices_and_pins_as_what_they_are(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    desk.view = ThreadView(THREAD, ConversationId("c1"), "oakoak", OAK, (BRAND,), ())
    message = desk.page_lines[0]
    desk.page_lines = (
        replace(message, kind="card"),
        replace(message, text="", pin=OAK),
        replace(message, kind="notice", text="Kai joined."),
        *(replace(message, text="x" * 4000) for _ in range(7)),
    )
    shown = (await only(sandbox, "open", id="oakoak"))["content"]
    assert f"Oak desk <{OAK.url}>" not in shown, "older lines give way to newer ones"
    assert len(shown) <= 2000
    desk.page_lines = desk.page_lines[:3]
    shown = (await only(sandbox, "open", id="oakoak"))["content"]
    assert shown.splitlines() == [
        "**Oak desk** · `oakoak`",
        "-# Northwind Home",
        OAK.url,
        f"**Northwind Home** <t:1767323040:t>: Oak desk <{OAK.url}>",
        "-# Kai joined.",
    ]


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
