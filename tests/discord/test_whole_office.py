"""The whole program with its real rules: a follower and a brand's staff, both in Discord."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.outbound import NOTE
from adapters.discord.presses import UNKNOWN
from core.notes import SIGN
from core.verbs import VERBS, Kind
from tests.program.world import INBOX, PIN, Whole, whole

pytestmark = pytest.mark.slow

GUILD, CHAT, STAFF = "910000000000000001", "930000000000000002", "930000000000000004"
ROSA, KAI, NOOR = "920000000000000001", "920000000000000002", "920000000000000004"
ROLE = "Northwind staff"


def northwind() -> dict[str, Any]:
    channels = [
        {"platform": "slack", "workspace": "T0NORTHWIND", "channel": INBOX, "mode": "explicit"},
        {"platform": "discord", "workspace": GUILD, "channel": STAFF},
    ]
    brand = {
        "handle": "northwind",
        "name": "Northwind Home",
        "staff_role": "manager",
        "agent_role": ROLE,
        "hold_seconds": 2,
        "channels": channels,
        "canned": [{"name": "thanks", "text": "Thank you, {follower}!"}],
    }
    return {"brands": [brand], "rules": {"contacts": "follow", "per_minute": 0}}


class Day:
    """What people do and see in Discord."""

    def __init__(self, people: Whole) -> None:
        self.people = people

    async def run(self, user: str, channel: str, subcommand: str, **options: str) -> Any:
        body = {"user": user, "channel": channel, "name": "pin", "subcommand": subcommand}
        told = await self.people.control("POST", "/discord/command", {**body, "options": options})
        assert told["ok"] or "modal" in told, told
        return told

    async def ran(self, user: str, channel: str, subcommand: str, **options: str) -> Any:
        """The answer, after what a newcomer is told first."""
        told = await self.run(user, channel, subcommand, **options)
        return _answer(await self._welcomed(user, told))

    async def _welcomed(self, user: str, told: Any) -> Any:
        """Goes on where a newcomer is told first who will see them."""
        for answer in told["answers"]:
            assert answer["ephemeral"]
            if "link this login" in answer["content"]:
                done = await self.press(user, answer, "Continue")
                # What is done takes the place of the question.
                shown = [] if "modal" in done else [done["message"]]
                return {**done, "answers": done["answers"] or shown}
        return told

    async def press(self, user: str, message: Any, label: str, *values: str) -> Any:
        parts = [part for row in message["components"] for part in row["components"]]
        [part] = [one for one in parts if label in (one.get("label"), one.get("placeholder"))]
        body = {
            "user": user,
            "channel": message["channel"],
            "message": message["id"],
            "custom_id": part["custom_id"],
        }
        told = await self.people.control("POST", "/discord/press", {**body, "values": [*values]})
        return await self._welcomed(user, told)

    async def fill(self, user: str, modal: Any, **values: Any) -> Any:
        named = {name.replace("_", "."): value for name, value in values.items()}
        body = {"user": user, "modal": modal["id"], "values": named}
        return await self.people.control("POST", "/discord/submit", body)

    async def say(self, user: str, channel: str, text: str, **more: Any) -> str:
        body = {"user": user, "channel": channel, "text": text, **more}
        return str((await self.people.control("POST", "/discord/say", body))["id"])

    async def until(
        self, channel: str, good: Callable[[list[dict[str, Any]]], Any]
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.people.until(
            lambda: self.people.discord_messages(channel), good
        )
        return found

    async def find(self, channel: str, text: str) -> dict[str, Any]:
        seen = await self.until(channel, lambda shown: any(_has(one, text) for one in shown))
        return next(one for one in seen if _has(one, text))

    async def card(self, text: str = "") -> dict[str, Any]:
        """The card in the staff channel, once its thread is there and its line says that."""

        def fits(one: dict[str, Any]) -> bool:
            return bool(one["embeds"] and one["thread"] and text in one["content"])

        seen = await self.until(STAFF, lambda shown: any(fits(one) for one in shown))
        return next(one for one in seen if fits(one))


def _answer(told: Any) -> dict[str, Any]:
    """What is done takes the place of the question."""
    return dict(told["answers"][0] if told["answers"] else told["message"])


def _has(message: dict[str, Any], text: str) -> bool:
    return text in message["content"] or any(text in str(one) for one in message["embeds"])


@pytest.fixture
async def day(tmp_path: Path) -> AsyncIterator[Day]:
    async with whole(tmp_path, **northwind()) as people:
        yield Day(people)


async def asked(day: Day) -> dict[str, Any]:
    """Kai finds the brand, follows it and asks about a pin."""
    brands = await day.ran("Kai", CHAT, "brands")
    assert "Northwind Home" in str(brands["embeds"])
    await day.ran("Kai", CHAT, "people follow", who="@northwind")
    sent = await day.ran("Kai", CHAT, "send", pin=PIN, to="@northwind", text="Does it fit 140?")
    assert "sent" in sent["content"].lower(), sent
    return await day.card()


async def answered(day: Day, card: dict[str, Any], words: str) -> None:
    """Noor answers the request, by which the brand follows back."""
    modal = (await day.press("Noor", card, "Reply"))["modal"]
    told = await day.fill("Noor", modal, long_text=words)
    assert told["ok"], told
    await day.find(f"dm:{KAI}", words)


async def test_a_request_is_answered_from_the_staff_channel_and_a_note_stays_there(
    day: Day,
) -> None:
    card = await asked(day)
    thread = card["id"]
    await day.find(thread, "Does it fit 140?")
    assert "for the first time" in card["content"]
    await answered(day, card, "It is 72 cm high")
    await day.find(f"dm:{KAI}", "It is 72 cm high")
    await day.find(thread, "It is 72 cm high")
    await day.say("Noor", thread, "he always asks that")
    said = await day.say("Noor", thread, "and what of oak?")
    await day.until(
        thread,
        lambda shown: (
            [row["name"] for one in shown if one["id"] == said for row in one["reactions"]]
            == [SIGN]
        ),
    )
    note = {"user": "Noor", "channel": thread, "name": "Add as note", "target": said}
    modal = (await day.people.control("POST", "/discord/command", note))["modal"]
    told = await day.fill("Noor", modal, long_text="ask the shop *first*")
    assert told["ok"], told
    shown = await day.find(thread, "ask the shop")
    assert shown["content"].startswith(NOTE)
    # A link of Discord's opens its thread from anywhere: the thread's, a message's, the card's.
    links = [
        f"{GUILD}/{thread}",
        f"{GUILD}/{thread}/{shown['id']}",
        f"{GUILD}/{STAFF}/{thread}",
    ]
    for link in links:
        address = f"https://discord.com/channels/{link}"
        opened = await day.ran("Noor", STAFF, "open", id=address)
        assert "ask the shop" in str(opened["embeds"]), (link, opened)
    (direct,) = [
        one
        for one in await day.people.discord_messages(f"dm:{KAI}")
        if _has(one, "It is 72 cm high")
    ]
    address = f"https://discord.com/channels/@me/{direct['channel']}/{direct['id']}"
    opened = await day.ran("Kai", CHAT, "open", id=address)
    assert "It is 72 cm high" in str(opened["embeds"])
    assert "ask the shop" not in str(opened)
    told = await day.ran("Rosa", CHAT, "open", id=f"https://discord.com/channels/{links[0]}")
    assert "72 cm" not in str(told)
    await day.run("Noor", thread, "reply", text="All done")
    await day.find(f"dm:{KAI}", "All done")
    follower = await day.people.discord_messages(f"dm:{KAI}")
    for secret in ("he always asks", "what of oak", "ask the shop"):
        assert not any(_has(one, secret) for one in follower)


async def test_the_line_on_the_card_follows_mode_assignee_and_status(day: Day) -> None:
    await answered(day, await asked(day), "72 cm")
    card = await day.card("unassigned")
    assert "Replies here are notes" in card["content"]
    await day.press("Noor", card, "Assign to me")
    card = await day.card("Noor answers")
    told = await day.run("Noor", card["id"], "status", status="snooze", **{"for": "2h"})
    assert told["answers"][0]["ephemeral"]
    card = await day.card("snoozed")
    await day.run("Noor", card["id"], "status", status="resolved")
    card = await day.card("resolved")
    await day.press("Noor", card, "Reopen")
    await day.card("open")
    await day.ran("Noor", STAFF, "channel mode", mode="relay")
    await day.card("Replies here go to Kai")


async def test_typed_replies_are_held_in_relay_mode_and_can_be_undone(day: Day) -> None:
    card = await asked(day)
    thread = card["id"]
    await answered(day, card, "Let me look")
    await day.ran("Noor", STAFF, "channel mode", mode="relay")
    await day.card("Replies here go to Kai")
    await day.say("Noor", thread, "It is 27 cm high")
    line = await day.find(thread, "Goes out at")
    told = await day.press("Noor", line, "Undo")
    assert told["answers"][0]["ephemeral"]
    await day.until(thread, lambda shown: line["id"] not in [one["id"] for one in shown])
    await day.say("Noor", thread, "It is 72 cm high")
    line = await day.find(thread, "Goes out at")
    await day.find(f"dm:{KAI}", "It is 72 cm high")
    await day.until(thread, lambda shown: line["id"] not in [one["id"] for one in shown])
    follower = await day.people.discord_messages(f"dm:{KAI}")
    assert not any("27 cm" in one["content"] for one in follower)


async def test_a_held_reply_goes_as_it_was_edited_and_not_at_all_once_deleted_or_made_a_note(
    day: Day,
) -> None:
    card = await asked(day)
    thread = card["id"]
    await answered(day, card, "Let me look")
    await day.ran("Noor", STAFF, "channel mode", mode="relay")
    await day.card("Replies here go to Kai")
    for words, then in (("Yes, in ash", "Yes, in oak"), ("He never pays", "note: never pays")):
        said = await day.say("Noor", thread, words)
        body = {"user": "Noor", "message": said, "text": then}
        await day.people.control("POST", "/discord/edit", body)
    said = await day.say("Noor", thread, "Who asks that?")
    await day.people.control("POST", "/discord/delete", {"user": "Noor", "message": said})
    await day.say("Noor", thread, "We deliver, too")
    await day.find(f"dm:{KAI}", "We deliver, too")
    follower = [one["content"] for one in await day.people.discord_messages(f"dm:{KAI}")]
    assert any("Yes, in oak" in one for one in follower)
    for secret in ("in ash", "never pays", "Who asks"):
        assert not any(secret in one for one in follower), follower


async def test_without_the_role_nobody_acts_for_the_brand_and_a_public_channel_pauses(
    day: Day,
) -> None:
    card = await asked(day)
    thread = card["id"]
    await day.say("Rosa", thread, "I own the server")
    told = await day.find(f"dm:{ROSA}", "Your message was not sent")
    assert "I own the server" not in told["content"]
    [answer] = (await day.press("Rosa", card, "Ignore"))["answers"]
    assert answer["ephemeral"]
    assert "for the first time" in (await day.card())["content"]
    await day.people.control("PUT", "/discord/privacy", {"channel": STAFF, "private": False})
    await day.people.until(lambda: _logged(day.people, "place_paused"), bool)
    sent = await day.ran("Kai", CHAT, "inbox")
    assert sent["embeds"]
    body = {"channel": STAFF, "private": True, "roles": [ROLE]}
    await day.people.control("PUT", "/discord/privacy", body)
    await day.people.until(lambda: _logged(day.people, "place_resumed"), bool)
    await day.ran("Noor", thread, "reply", text="72 cm")
    await day.find(f"dm:{KAI}", "72 cm")


async def _logged(people: Whole, event: str) -> bool:
    return any(f'"event": "{event}"' in line for line in people.log)


async def test_requests_between_people_are_accepted_ignored_or_blocked(day: Day) -> None:
    await day.ran("Rosa", CHAT, "help")
    await day.ran("Rosa", CHAT, "inbox")
    sent = await day.ran("Kai", CHAT, "send", pin=PIN, to=f"<@{ROSA}>", text="Plan with me?")
    assert "sent" in sent["content"].lower(), sent
    requests = await day.ran("Rosa", CHAT, "requests")
    assert "Plan with me?" in str(requests["embeds"])
    labels = [one["label"] for row in requests["components"] for one in row["components"]]
    assert {"Accept", "Ignore", "Block"} <= {*labels}
    await day.press("Rosa", requests, "Accept")
    await day.find(f"dm:{ROSA}", "Plan with me?")


async def test_every_verb_is_answered_within_the_limits_of_discord(day: Day) -> None:
    """By a follower and by an agent, outside and inside of a thread."""
    given = {
        Kind.PEOPLE: "@northwind",
        Kind.ASSIGNEE: "me",
        Kind.PIN: PIN,
        Kind.CANNED: "thanks",
        Kind.CHANNEL: CHAT,
        Kind.DATE: "2026-01-31",
        Kind.TEXT: "1h",
        Kind.SEARCH: "fit",
    }
    card = await asked(day)
    await answered(day, card, "72 cm")
    silent, unknown = [], []
    last = ("forget", "unlink", "disconnect", "leave", "block")
    verbs = sorted(VERBS, key=lambda verb: verb.name in last)
    for user, channel in (("Kai", CHAT), ("Noor", card["id"])):
        for verb in verbs:
            options = {
                option.name: option.choices[0] if option.choices else given[option.kind]
                for option in verb.options
                if option.kind is not Kind.THREAD and (option.required or not option.only)
            }
            if user == "Noor" and verb.name in last:
                continue  # the thread is still wanted
            words = f"{verb.group} {verb.name}".strip()
            body = {"user": user, "channel": channel, "name": "pin", "subcommand": words}
            told = await day.people.control(
                "POST", "/discord/command", {**body, "options": options}
            )
            if not (told["answers"] or "modal" in told):
                silent.append((user, words, told))
            if any(one["content"] == UNKNOWN for one in told["answers"]):
                unknown.append((user, words))
            assert all(one["ephemeral"] for one in told["answers"])
    assert (silent, unknown) == ([], []), [line for line in day.people.log if "Error" in line]


async def test_menus_autocomplete_and_files_work_with_the_real_office(
    day: Day,
) -> None:
    card = await asked(day)
    await answered(day, card, "72 cm")
    menu = {"user": "Noor", "channel": card["id"], "name": "Pin conversations", "target": KAI}
    [answer] = (await day.people.control("POST", "/discord/command", menu))["answers"]
    assert "Oak writing desk" in str(answer["embeds"])
    export = await day.ran("Kai", CHAT, "account export")
    assert [one["filename"].rpartition(".")[2] for one in export["files"]]
    pins = {"user": "Kai", "channel": CHAT, "name": "pin", "subcommand": "send"}
    body = {**pins, "options": {"pin": "oak"}, "focused": "pin"}
    found = await day.people.control("POST", "/discord/autocomplete", body)
    assert [one["value"] for one in found["choices"]] == [PIN]
    body = {**pins, "subcommand": "open", "options": {"id": ""}, "focused": "id"}
    found = await day.people.control("POST", "/discord/autocomplete", body)
    assert len(found["choices"]) == 1
    opened = await day.ran("Kai", CHAT, "open", id=found["choices"][0]["value"])
    assert "72 cm" in str(opened["embeds"])
