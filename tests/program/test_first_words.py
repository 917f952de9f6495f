"""Somebody unknown speaks in a channel in which a conversation stands, on both platforms."""

import asyncio
from pathlib import Path

import pytest

from tests.program.hands import BO, ROSA, Discord, Slack, direct
from tests.program.world import INBOX, Whole, whole

pytestmark = pytest.mark.slow


async def test_the_first_words_of_somebody_new_go_out_and_they_are_told_who_sees_them(
    tmp_path: Path,
) -> None:
    async with whole(tmp_path, group=True) as people:
        slack, discord = Slack(people), Discord(people)
        await people.ask()
        root = (await people.card_in_slack())["ts"]
        post = await people.thread_in_discord()

        await slack.say(BO, "I have one in ash", root)
        told = await slack.told(BO, "You are new here")
        assert "with your picture" in str(told)
        assert "oak" not in str(told)
        await discord.shown("I have one in ash", post)
        linked = (await slack.press(BO, told, "Link"))["answers"][-1]
        assert "/pin link" in str(linked)

        await discord.say(ROSA, post, "And I in oak")
        line = await discord.shown("You are new here", direct(ROSA))
        assert "Rosa" in line["content"]
        await slack.shown("And I in oak", INBOX)
        await discord.press(ROSA, line, "Continue")

        async def there() -> bool:
            shown = await people.discord_messages(direct(ROSA))
            return line["id"] in [one["id"] for one in shown]

        await people.until(there, lambda stays: not stays)
        # Once, and not a second time by the other way of acting.
        await asyncio.gather(slack.say(BO, "Twice", root), discord.say(ROSA, post, "Twice, too"))
        answer = await discord.ran(ROSA, post, "people follow", who="@mia")
        assert "You follow" in answer["content"]
        await discord.shown("Twice", post)
        await slack.shown("Twice, too", INBOX)
        private = await people.discord_messages(direct(ROSA))
        assert not any("You are new" in one["content"] for one in private)
        assert len([one for one in await seen(people, BO) if "You are new" in str(one)]) == 1


async def seen(people: Whole, user: str) -> list[object]:
    answer = await people.control("GET", f"/slack/seen?user={user}")
    found: list[object] = answer["answers"]
    return found
