"""A brand's own channel on Discord: roles, notes, held words, the card's line, public channels."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.outbound import NOTE
from core.asking import Answer, Button
from core.delivery import CardLine, Part, PartKind, Receipt, Step, Verb
from core.ids import AccountId, BindingId
from core.intents import Person, PostMessage, React
from core.model import Binding, BindingKind, Mirror, Mode, Place
from core.ports.outcomes import Waiting
from core.ports.reading import PlaceLook
from tests.discord.conftest import (
    CHAT,
    FORUM,
    GUILD,
    HIDDEN,
    MIA,
    MIA_AUTHOR,
    NOOR,
    FreeBudgets,
    MemoryFiles,
    Sandbox,
    card,
    direct,
    mirror,
    posting,
    text,
)
from tests.discord.fake_desk import FakeDesk
from tests.discord.test_over_sockets import placed

STAFF = "930000000000000004"
ROLE = "Northwind staff"
BUTTONS = (Button("Reply", "reply", "t1", "primary"), Button("Resolve", "status", "resolved:t1"))


def inbox(channel: str = CHAT) -> Mirror:
    return replace(mirror(channel), kind=BindingKind.INBOX)


def bound(desk: FakeDesk, channel: str) -> None:
    place = mirror(channel).place
    desk.bound[place] = Binding(BindingId("b"), AccountId("northwind"), place, BindingKind.INBOX)


async def carded(adapter: DiscordAdapter, channel: str) -> Mirror:
    """A card as it stands in a brand's inbox."""
    at = inbox(channel)
    part = replace(card(at).part, line=CardLine(Mode.EXPLICIT))
    write = replace(card(at, "ab" * 12), step=Step(Verb.POST, 0, part))
    done = await adapter.write(write)
    while isinstance(done, Receipt) and done.inner is not None:
        done = await adapter.write(replace(write, inner=done.inner, data=done.data))
    assert isinstance(done, Receipt), done
    return replace(at, root=done.remote, space=done.space)


async def here(adapter: DiscordAdapter, sandbox: Sandbox, at: Mirror) -> dict[str, Any]:
    """The card as Discord shows it."""
    assert at.root is not None
    channel, _, message = at.root.partition(":")
    return next(one for one in await sandbox.messages(channel) if one["id"] == message)


# --- roles


async def test_the_roles_of_who_writes_and_reacts_are_told(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(STAFF))
    said = await sandbox.say("Noor", str(at.space), "does it come in oak?")
    await sandbox.control("POST", "discord/edit", {"user": "Noor", "message": said, "text": "oh"})
    body = {"user": "Noor", "message": said, "emoji": "👍"}
    await sandbox.control("POST", "discord/react", body)
    bound(desk, STAFF)
    await sandbox.control("POST", "discord/react", {**body, "remove": True})
    await desk.until(lambda: len(desk.intents) == 4)
    for intent in desk.intents:
        assert isinstance(intent.actor, Person)
        assert intent.actor.roles == (ROLE,), intent.what
    on = [one.what.on for one in desk.intents if isinstance(one.what, React)]
    assert on == [True, False]


async def test_a_command_tells_the_roles_too_and_direct_messages_none(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    call = {"user": "Noor", "name": "pin", "subcommand": "inbox", "options": {}}
    for channel in (STAFF, "dm"):
        await sandbox.control("POST", "discord/command", {**call, "channel": channel})
    held = [asked.caller.person.roles for asked in desk.office.asked]  # type: ignore[union-attr]
    assert held == [(ROLE,), ()]


async def test_roles_of_words_that_a_sweep_finds_are_asked_for_in_an_inbox_alone(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    staff, plans = await placed(adapter, mirror(STAFF)), await placed(adapter, mirror(FORUM))
    bound(desk, STAFF)
    for at in (staff, plans):
        said = await sandbox.say("Noor", str(at.space), "said meanwhile")
        body = {"user": "Noor", "message": said, "emoji": "👍"}
        await sandbox.control("POST", "discord/react", body)
    for at, roles in ((staff, (ROLE,)), (plans, ())):
        found = [one async for page in adapter.messages(at, at.root) for one in page]
        [seen] = [one for one in found if one.said]
        for intent in (*seen.said, *(seen.reactions or ())):
            assert isinstance(intent.actor, Person)
            assert intent.actor.roles == roles


# --- public and private


async def test_a_channel_that_everybody_can_read_is_told_as_it_turns(
    desk: FakeDesk, sandbox: Sandbox
) -> None:
    await desk.until(lambda: desk.exposed.get(STAFF) is False)
    assert desk.exposed[CHAT]
    await sandbox.control("PUT", "discord/privacy", {"channel": STAFF, "private": False})
    await desk.until(lambda: desk.exposed[STAFF])
    body = {"channel": STAFF, "private": True, "roles": [ROLE]}
    await sandbox.control("PUT", "discord/privacy", body)
    await desk.until(lambda: not desk.exposed[STAFF])
    broken = [one for one in desk.places if one[0].channel == STAFF and one[2] is not None]
    assert broken == [], "who reads it is no trouble of the bot's"


async def test_a_channel_is_described_as_it_is_now(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    look = await adapter.describe(Place("discord", GUILD, STAFF))
    assert look == PlaceLook("#northwind-staff", private=True)
    assert await adapter.describe(Place("discord", GUILD, CHAT)) == PlaceLook("#chat", False)
    assert await adapter.describe(Place("discord", GUILD, HIDDEN)) is None
    assert await adapter.describe(direct().place) is None


# --- the card


@pytest.mark.parametrize("channel", [STAFF, FORUM])
async def test_a_card_in_an_inbox_has_a_line_and_buttons_that_follow_the_thread(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox, channel: str
) -> None:
    desk.office.on_card = ("Replies here are notes · `note:` *open*", BUTTONS)
    at = await carded(adapter, channel)
    shown = await here(adapter, sandbox, at)
    assert shown["content"] == "-# Replies here are notes · `note:` \\*open\\*"
    [row] = shown["components"]
    assert [one["custom_id"] for one in row["components"]] == [
        "a:reply:t1",
        "a:status:resolved:t1",
    ]
    desk.office.on_card = ("snoozed until <t:1795442400> · <@1> *a*", BUTTONS[:1])
    part = replace(card(at).part, line=CardLine(Mode.RELAY))
    edit = posting("ab" * 12, at, part, replaces=at.root, poster="bot")
    assert isinstance(await adapter.write(edit), Receipt)
    shown = await here(adapter, sandbox, at)
    assert shown["content"].startswith("-# snoozed until <t:1795442400:f> · ")
    assert "<@1>" not in shown["content"]
    assert len(shown["components"][0]["components"]) == 1
    seen = await adapter.message(at, at.root or "")  # type: ignore[arg-type]
    assert adapter.shows(edit, seen), "the line is not compared"


async def test_a_card_elsewhere_has_none(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    desk.office.on_card = ("Replies here are notes", BUTTONS)
    shown = await here(adapter, sandbox, await placed(adapter, mirror(CHAT)))
    assert (shown["content"], shown["components"]) == ("", [])


# --- notes and pings


async def test_a_note_says_so_above_its_words(adapter: DiscordAdapter, sandbox: Sandbox) -> None:
    at = await placed(adapter, mirror(STAFF))
    note = Part(PartKind.TEXT, "ask *first*", MIA_AUTHOR, note=True)
    write = posting("note", at, note)
    done = await adapter.write(write)
    assert isinstance(done, Receipt)
    shown = (await sandbox.messages(str(at.space)))[-1]
    assert shown["content"] == f"{NOTE}\nask \\*first\\*"
    assert adapter.shows(write, await found_again(adapter, at, done))


async def found_again(adapter: DiscordAdapter, at: Mirror, done: Receipt) -> Any:
    return await adapter.message(at, done.remote)


async def test_only_those_whom_the_message_is_for_are_pinged(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(STAFF))
    for kind, words in (
        (PartKind.TEXT, f"<@{MIA}> @everyone"),
        (PartKind.TEXT, "*" * 1800),
        (PartKind.NOTICE, "Noor answers."),
        (PartKind.PIN, ""),
    ):
        pin = card(at).part.pin if kind is PartKind.PIN else None
        part = Part(kind, words, MIA_AUTHOR, pin=pin, ping=(NOOR,))
        write = posting(f"{kind}{words[:9]}", at, part)
        done = await adapter.write(write)
        assert isinstance(done, Receipt), done
        shown = (await sandbox.messages(str(at.space)))[-1]
        assert shown["pings"] == [NOOR], kind
        assert shown["content"].endswith(f"<@{NOOR}>")
        assert adapter.shows(write, await found_again(adapter, at, done))


async def test_a_line_outside_any_thread_is_said_and_pings_those_named(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    line = f"3 threads wait: `/pin inbox waiting` <@{MIA}>"
    assert await adapter.say(Place("discord", GUILD, STAFF), line, (NOOR,))
    [said] = await sandbox.messages(STAFF)
    assert "`/pin inbox waiting`" in said["content"]
    assert said["pings"] == [NOOR]
    assert await adapter.say(direct().place, "A reminder.")
    assert (await sandbox.messages(f"dm:{MIA}"))[-1]["content"] == "A reminder."
    assert not await adapter.say(Place("discord", GUILD, HIDDEN), line)
    await sandbox.control("PUT", f"discord/people/{NOOR}", {"dms": False})
    assert not await adapter.say(Place("discord", "", f"user:{NOOR}"), line)


async def test_lines_in_a_forum_go_into_one_post(adapter: DiscordAdapter, sandbox: Sandbox) -> None:
    for n in range(3):
        assert await adapter.say(Place("discord", GUILD, FORUM), f"{n} threads wait")
    forum = await sandbox.control("GET", f"discord/channels/{FORUM}")
    [post] = forum["threads"]
    said = [one["content"] for one in await sandbox.messages(post["id"])]
    assert said == ["0 threads wait", "1 threads wait", "2 threads wait"]


# --- words that are held


def held(seconds: float | None) -> Waiting:
    until = None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)
    return Waiting("timer1", until, "hold" if until else "mention")


SENT_AT = datetime(2026, 5, 1, 15, 28, 5, tzinfo=UTC)
UNDO = Answer(
    "Goes out at {at} as Northwind.", buttons=(Button("Undo", "undo", "timer1"),), at=SENT_AT
)


async def quiet_line(sandbox: Sandbox, place: str) -> dict[str, Any]:
    async with sandbox.live() as changes:
        while True:
            for one in await sandbox.messages(place):
                if one["content"].startswith("Goes out"):
                    return one
            await changes()


async def gone(sandbox: Sandbox, place: str) -> None:
    async with sandbox.live() as changes:
        while any(one["content"].startswith("Goes") for one in await sandbox.messages(place)):
            await changes()


async def test_held_words_are_told_quietly_and_the_line_goes_when_they_go(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(STAFF))
    desk.office.answer, waiting = UNDO, held(0.3)
    desk.outcome = lambda _: waiting
    said = await sandbox.say("Noor", str(at.space), "72 cm")
    line = await quiet_line(sandbox, str(at.space))
    assert line["content"] == f"Goes out at <t:{int(SENT_AT.timestamp())}:T> as Northwind."
    assert (line["reply_to"], line["pings"], line["ephemeral"]) == (said, [], False)
    assert line["components"][0]["components"][0]["custom_id"] == "q:undo:timer1"
    [asked] = desk.office.asked
    assert asked.what == ("timer1", waiting.until, "hold")
    assert asked.caller.message == f"{at.space}:{said}"
    assert isinstance(asked.caller.person, Person)
    assert asked.caller.person.roles == (ROLE,)
    await gone(sandbox, str(at.space))


async def test_undo_under_held_words_answers_who_pressed_it_and_takes_the_line_away(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(STAFF))
    desk.office.answer = UNDO
    desk.outcome = lambda _: held(None)
    await sandbox.say("Noor", str(at.space), "72 cm")
    line = await quiet_line(sandbox, str(at.space))
    body = {
        "user": "Noor",
        "channel": str(at.space),
        "message": line["id"],
        "custom_id": "q:undo:timer1",
    }
    desk.office.answer = Answer("Only Noor can take it back.")
    told = await sandbox.control("POST", "discord/press", {**body, "user": "Rosa"})
    assert [one["ephemeral"] for one in told["answers"]] == [True]
    assert line["id"] in [one["id"] for one in await sandbox.messages(str(at.space))]
    desk.office.answer = Answer("Taken back.", done=True)
    told = await sandbox.control("POST", "discord/press", body)
    assert desk.office.asked[-1].what == ("undo", "timer1")
    assert [(one["content"], one["ephemeral"]) for one in told["answers"]] == [
        ("Taken back.", True)
    ]
    await gone(sandbox, str(at.space))


async def test_words_that_come_twice_are_told_once(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(STAFF))
    desk.office.answer, waiting = UNDO, held(None)
    desk.outcome = lambda _: waiting
    await sandbox.fault("events", "double")
    await sandbox.say("Noor", str(at.space), "72 cm")
    await desk.until(lambda: len(desk.intents) == 2)
    await sandbox.say("Noor", str(at.space), "and after")
    await desk.until(lambda: len(desk.intents) == 3)
    await quiet_line(sandbox, str(at.space))
    lines = [one for one in await sandbox.messages(str(at.space)) if one["bot"]]
    assert len([one for one in lines if one["content"].startswith("Goes")]) == 1


async def test_a_line_that_outlived_a_restart_goes_at_its_next_press(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(STAFF))
    desk.office.answer = UNDO
    desk.outcome = lambda _: held(None)
    await sandbox.say("Noor", str(at.space), "72 cm")
    line = await quiet_line(sandbox, str(at.space))
    await adapter.stop()
    later, desk = DiscordAdapter(sandbox.settings(), FreeBudgets(), MemoryFiles()), FakeDesk()
    await later.start(desk)
    await desk.until(lambda: desk.ups)
    desk.office.answer = Answer("That has gone out already.", done=True)
    body = {"user": "Noor", "channel": str(at.space), "custom_id": "q:undo:timer1"}
    await sandbox.control("POST", "discord/press", {**body, "message": line["id"]})
    await gone(sandbox, str(at.space))
    await later.stop()


async def test_our_own_lines_are_no_strays(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(STAFF))
    await adapter.say(at.place, "3 threads wait")
    await adapter.write(text(at, "the last one"))
    await desk.until(lambda: desk.echoes or asyncio.get_running_loop())
    assert desk.strays == []
    assert all(isinstance(one.what, PostMessage) for one in desk.intents)
