"""What only Discord does, through the whole program to the other places and back."""

import re
from base64 import b64encode
from pathlib import Path

import pytest

from tests.program.hands import GUILD
from tests.program.talk import HEART, ROSA, THUMB, Shown, Talk, talk

pytestmark = pytest.mark.slow
OTHERS = ("web", "slack")
EXECUTE = "POST /webhooks/{webhook_id}/{token}"


async def reacted(found: Talk, text: str, wanted: set[str]) -> None:
    def good(shown: "list[Shown] | tuple[Shown, ...]") -> bool:
        return any(text in one.text and set(one.reactions) == wanted for one in shown)

    for place in OTHERS:
        await found.until(place, good)


async def test_reactions_that_the_owner_clears_and_messages_they_purge_go_everywhere(
    tmp_path: Path,
) -> None:
    async with talk(tmp_path) as found:
        said = [await found.say("discord", f"plank {n}") for n in range(3)]
        for place in OTHERS:
            await found.find(place, "plank 2")
        for emoji in (THUMB, HEART):
            await found.react("discord", said[0], emoji)
        await reacted(found, "plank 0", {THUMB, HEART})
        await found.people.control("POST", "/discord/clear", {"message": said[0], "emoji": THUMB})
        await reacted(found, "plank 0", {HEART})
        await found.people.control("POST", "/discord/clear", {"message": said[0]})
        await reacted(found, "plank 0", set())
        await found.people.control("POST", "/discord/purge", {"messages": said[:2]})
        for place in OTHERS:
            await found.until(place, lambda shown: not any("plank 1" in one.text for one in shown))
            await found.find(place, "plank 2")


async def test_stickers_polls_forwards_voice_and_other_bots_arrive_readable_with_a_link(
    tmp_path: Path,
) -> None:
    async with talk(tmp_path) as found:
        first = await found.say("discord", "look at **this**")
        embed = {"title": "Weather", "description": "rain in *Kiel*"}
        ways = (
            ({"sticker": "Wave"}, "Sticker: Wave", ""),
            ({"poll": {"question": "Oak or ash?", "answers": ["Oak", "Ash"]}}, "Oak or ash?", ""),
            ({"forward": first}, "Forwarded", first),
            ({"voice": b64encode(b"OggS" + bytes(200)).decode()}, "Voice message", ""),
            ({"app": {"name": "Weather bot", "embeds": [embed]}}, "rain in Kiel", ""),
        )
        for given, words, meant in ways:
            made = await found.say("discord", "", **given)
            original = f"https://discord.com/channels/{GUILD}/{found.post}/{meant or made}"
            line = await found.find("web", words)
            label = "vote in Discord" if "poll" in given else "see it in Discord"
            assert re.search(f'href="{original}"[^>]*>{label}</a>', line.raw["html"]), words
            copy = await found.find("slack", words)
            way = {"type": "link", "url": original, "text": label}
            assert str(way)[1:-1] in str(copy.raw["blocks"]), words
            assert original not in line.text, words
        for place in OTHERS:
            await found.until(
                place, lambda shown: any("voice-message.ogg" in one.files for one in shown)
            )
            poll = (await found.find(place, "Oak or ash?")).text
            assert "Ash" in poll
        assert "look at this" in (await found.find("web", "Forwarded")).text


async def test_an_archived_thread_takes_edits_and_reactions_and_a_locked_one_waits(
    tmp_path: Path,
) -> None:
    async with talk(tmp_path) as found:
        message = await found.say("web", "in ok")
        await found.find("discord", "in ok")
        await found.people.control("POST", "/discord/archive", {"thread": found.post})
        await found.edit("web", message, "in oak")
        await found.find("discord", "in oak")
        await found.people.control("POST", "/discord/archive", {"thread": found.post})
        await found.react("web", message, HEART)
        await found.until("discord", lambda shown: any(one.reactions.get(HEART) for one in shown))
        lock = {"thread": found.post, "archived": False, "locked": True}
        await found.people.control("POST", "/discord/archive", lock)
        await found.say("web", "while it is locked")
        await found.find("slack", "while it is locked")
        await found.people.control("POST", "/discord/archive", {**lock, "locked": False})
        await found.find("discord", "while it is locked")


async def test_replies_show_what_they_answer_both_ways(tmp_path: Path) -> None:
    async with talk(tmp_path) as found:
        asked = await found.name("discord", "does this come in oak?")
        await found.say("discord", "yes, it does", reply_to=asked)
        await found.find("slack", "does this come in oak?")
        seen = await found.find("web", "yes, it does")
        assert "does this come in oak?" in seen.raw["answers"]


async def test_a_reply_to_a_copy_shows_what_it_answers_though_discord_has_not_answered_yet(
    tmp_path: Path,
) -> None:
    async with talk(tmp_path) as found:
        slow = {"platform": "discord", "method": EXECUTE, "kind": "delay"}
        await found.people.control("POST", "/faults", {**slow, "seconds": 2, "times": 1})
        await found.say("web", "and in walnut?")
        asked = await found.name("discord", "and in walnut?")
        await found.say("discord", "yes, in walnut", reply_to=asked)
        seen = await found.find("web", "yes, in walnut")
        assert "and in walnut?" in seen.raw["answers"]
        copy = await found.find("slack", "yes, in walnut")
        assert "and in walnut?" in str(copy.raw["blocks"])


async def test_the_bot_that_is_asked_back_delivers_what_was_said_meanwhile(tmp_path: Path) -> None:
    async with talk(tmp_path) as found:
        assert ROSA
        await found.people.control("PUT", "/discord/bot", {"present": False})
        await found.say("web", "while it is away")
        await found.find("slack", "while it is away")
        await found.people.control("PUT", "/discord/bot", {"present": True})
        await found.find("discord", "while it is away")
