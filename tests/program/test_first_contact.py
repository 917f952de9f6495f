"""Somebody's first act and their logins, over real sockets: told once, tied and parted again."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.rules import NO_THREAD
from tests.program.hands import (
    ADA,
    BO,
    CHAT,
    CLEO,
    KAI,
    Discord,
    Slack,
    Web,
    direct,
    guest,
    mia,
    northwind,
)
from tests.program.world import INBOX, PIN, Whole, whole

OTHER = "https://www.pinterest.com/pin/99360735500167752/"


@dataclass(slots=True)
class Day:
    people: Whole
    slack: Slack
    discord: Discord
    web: Web

    async def names(self) -> list[tuple[str, str]]:
        """What Mia reads of whom she talks to."""
        (thread,) = (await self.web.call("mia", "GET", "/api/threads"))["threads"]
        return [(one["handle"], one["name"]) for one in thread["people"]]


@pytest.fixture
async def day(tmp_path: Path) -> AsyncIterator[Day]:
    brand = northwind(hold_seconds=0)
    async with whole(tmp_path, brands=[brand], people=mia()) as people:
        yield Day(people, Slack(people), Discord(people), Web(people))


async def test_two_logins_are_tied_with_a_code_keep_one_name_and_part_again(day: Day) -> None:
    await day.discord.ran(KAI, CHAT, "people follow", who="@northwind")
    await day.discord.ran(KAI, CHAT, "send", pin=PIN, to="@northwind", text="Does it fit?")
    asked = await day.slack.shown("Does it fit?")
    await day.slack.pin(CLEO, "follow @mia")
    await day.slack.pin(CLEO, f"send {OTHER} to @mia -- hello, Mia")
    cleo = await day.names()
    assert "Cleo" in cleo[0][1]

    found = re.search(r"`/pin link (\w+)`", await day.slack.pin(CLEO, "link"))
    assert found is not None
    wrong = await day.discord.ran(KAI, CHAT, "account link", code="zzzzzzzz")
    refused = await day.discord.press(KAI, wrong, "Link")
    assert "not good any more" in str(refused)
    sure = await day.discord.ran(KAI, CHAT, "account link", code=found[1])
    done = await day.discord.press(KAI, sure, "Link")
    assert f"@{cleo[0][0]}" in str(done)

    # One account in both platforms, whose name does not change with who acts.
    assert "hello, Mia" in str(await day.discord.run(KAI, CHAT, "inbox"))
    assert await day.names() == cleo
    await day.slack.pin(CLEO, "inbox")
    assert await day.names() == cleo

    # What the login had before goes on where it was, as whom it was.
    await day.slack.say(ADA, "It does.", asked["thread_ts"])
    await day.discord.shown("It does.", direct(KAI))
    first = await day.discord.shown("Does it fit?", direct(KAI))
    await day.discord.say(KAI, direct(KAI), "Then I take it.", reply_to=first["id"])
    assert "Kai" in (await day.slack.shown("Then I take it."))["name"]
    shown: Any = await day.people.slack_messages(direct(CLEO))
    assert "It does." not in str(shown)

    sure = await day.discord.ran(KAI, CHAT, "account unlink")
    await day.discord.press(KAI, sure, "Unlink")
    own = str(await day.discord.run(KAI, CHAT, "inbox"))
    assert "Then I take it." in own
    assert "hello, Mia" not in own
    assert await day.names() == cleo


async def test_who_looked_around_before_a_restart_is_still_told_at_the_first_act(day: Day) -> None:
    new = guest(5)
    looked = await day.discord.ran(new, CHAT, "inbox")
    told = await day.discord.ran(new, CHAT, "help", about="add")
    assert "`/pin thread add id:3fa9c1 people:@jo @sam`" in told["content"]
    assert "link this login" not in str(looked)
    await day.people.end()
    await day.people.start()
    body = {"user": new, "channel": CHAT, "name": "pin", "subcommand": "people follow"}
    act = {**body, "options": {"who": "@northwind"}}
    (told,) = (await day.people.control("POST", "/discord/command", act))["answers"]
    assert "Whoever you write to will see you as" in told["content"]
    assert told["ephemeral"]
    assert "You follow" in str(await day.discord.press(new, told, "Continue"))
    (again,) = (await day.people.control("POST", "/discord/command", act))["answers"]
    assert "Whoever you write to" not in again["content"]


async def test_who_is_out_of_the_staff_channel_acts_for_the_brand_no_more(day: Day) -> None:
    await day.discord.ran(KAI, CHAT, "people follow", who="@northwind")
    await day.discord.ran(KAI, CHAT, "send", pin=PIN, to="@northwind", text="Does it fit?")
    root = (await day.slack.shown("Does it fit?"))["thread_ts"]
    await day.slack.say(ADA, "note: a difficult one", root)

    async def code() -> str:
        """Bo acts in the channel: of the thread that he finds there."""
        found = re.search(r"'value': '([0-9a-f]{16})", await day.slack.pin(BO, "inbox", INBOX))
        assert found is not None
        return found[1]

    async def home() -> str:
        return str((await day.people.control("GET", f"/slack/seen?user={BO}"))["home"])

    async def refused() -> None:
        for verb in ("open", "reply", "note"):
            words = "" if verb == "open" else " from outside"
            told = await day.slack.pin(BO, f"{verb} {thread}{words}")
            assert NO_THREAD.sentence in told, told
        assert "No threads yet." in await day.slack.pin(BO, "inbox")
        assert "Nothing found" in await day.slack.pin(BO, "search difficult")
        await day.slack.act("home", BO)
        await day.people.until(home, lambda shown: "Northwind" not in shown)

    async def at_home() -> None:
        """Bo opens his page, on which the brand's lists are."""
        await day.slack.act("home", BO)
        await day.people.until(home, lambda shown: "Northwind" in shown)

    thread = await code()
    assert "a difficult one" in await day.slack.pin(BO, f"open {thread}")
    await at_home()
    await day.slack.act("leave", BO, channel=INBOX)
    await day.people.until(home, lambda shown: "Northwind" not in shown)
    await refused()

    await day.slack.act("join", BO, channel=INBOX)
    assert await code() == thread
    await at_home()
    await day.people.end()  # and nobody hears of it
    await day.slack.act("leave", BO, channel=INBOX)
    await day.people.start()
    await refused()
    assert "from outside" not in str(await day.discord.people.discord_messages(direct(KAI)))
    assert "from outside" not in str(await day.people.slack_messages())
