"""What only Slack does, through the whole program to the other places and back."""

import re
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
import pytest_asyncio

from tests.program.talk import ADA, HEART, THUMB, Shown, Talk, talk
from tests.program.world import INBOX

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
OTHERS = ("web", "discord")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def found(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    async with talk(tmp_path_factory.mktemp("slack"), slack={"limits_factor": 0}) as running:
        await running.people.control("PUT", "/limits/slack", {"factor": 0})
        await running.say("discord", "Rosa is here")
        await running.find("slack", "Rosa is here")
        yield running


def address(channel: str, ts: str) -> str:
    """Where the original stands, as the page and Discord are to show it."""
    return f"archives/{channel}/p{ts.replace('.', '')}"


async def readable(found: Talk, words: str, original: str) -> None:
    """In both other places the words, with a labelled link to where they stand."""
    line = (await found.find("web", words)).raw
    assert re.search(f'href="[^"]*/{original}"[^>]*>see it in Slack</a>', line["html"])
    marked = await found.until("discord", lambda shown: any(original in one.text for one in shown))
    plain = [one.text.replace("*", "") for one in marked if original in one.text]
    assert [words in text for text in plain] == [True]
    assert re.search(rf"\[see it in Slack\]\(<[^>]*/{original}>\)", plain[0])


async def test_what_is_said_with_me_is_italic(found: Talk) -> None:
    await found.say("slack", "waves at everybody", me=True)
    assert (await found.find("discord", "waves at")).text == "*waves at everybody*"
    line = (await found.find("web", "waves at")).raw
    assert line["html"] == "<p><em>waves at everybody</em></p>"


async def test_a_forwarded_message_is_quoted_with_its_file_and_a_link(found: Talk) -> None:
    body = {"user": "U0BO", "channel": "C0GENERAL", "text": "*oak* only"}
    file = {"name": "plan.txt", "content": "hello"}
    told = await found.people.control("POST", "/slack/file", {**body, **file})
    share = {"user": ADA, "channel": INBOX, "from": "C0GENERAL", "ts": told["ts"]}
    share |= {"thread_ts": found.root, "text": "see this"}
    await found.people.control("POST", "/slack/share", share)
    await readable(found, "oak only", address("C0GENERAL", told["ts"]))
    copy = (await found.find("discord", "see this")).text
    assert "**oak** only" in copy
    assert "Bo Reyes" in copy
    for place in OTHERS:
        await found.until(place, lambda shown: any("plan.txt" in one.files for one in shown))


async def test_what_another_app_shows_is_readable_with_a_link(found: Talk) -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Ticket 12"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Oak* is late"}},
    ]
    attachment = {"title": "Ash desk", "title_link": "https://x.example/13", "text": "is _early_"}
    for more, words in (({"blocks": blocks}, "Ticket 12"), ({"attachments": [attachment]}, "Ash")):
        body = {"channel": INBOX, "thread_ts": found.root, "name": "Tickets", "text": "x", **more}
        told = await found.people.control("POST", "/slack/bot", body)
        [shown] = [one.raw for one in await found.shown("slack") if one.raw["ts"] == told["ts"]]
        assert (shown["name"], shown["bot"]) == ("Tickets", True)
        await readable(found, words, address(INBOX, told["ts"]))
    assert "**Oak** is late" in (await found.find("discord", "Ticket 12")).text
    assert "is *early*" in (await found.find("discord", "Ash")).text


async def test_a_reply_that_is_also_sent_to_the_channel_is_one_message_with_two_placements(
    found: Talk,
) -> None:
    message = await found.say("slack", "look, all of you", broadcast=True)

    def once(text: str, *reactions: str) -> Callable[[Sequence[Shown]], bool]:
        def good(shown: Sequence[Shown]) -> bool:
            there = [one for one in shown if one.text == text]
            return len(there) == 1 and set(there[0].reactions) == set(reactions)

        return good

    for place in OTHERS:
        await found.until(place, once("look, all of you"))
    await found.react("slack", message, THUMB)
    copy = await found.name("discord", "look, all of you")
    await found.react("discord", copy, HEART)
    for place in ("web", "discord"):
        await found.until(place, once("look, all of you", THUMB, HEART))
    await found.edit("slack", message, "look here, all of you")
    for place in OTHERS:
        await found.until(place, once("look here, all of you", THUMB, HEART))
    await found.delete("slack", message)
    for place in OTHERS:
        await found.until(place, lambda shown: not any("all of you" in one.text for one in shown))


async def test_a_reaction_and_a_removal_count_though_slack_has_not_answered_the_post_yet(
    found: Talk,
) -> None:
    slow = {"platform": "slack", "method": "chat.postMessage", "kind": "delay", "seconds": 2}
    await found.people.control("POST", "/faults", slow)
    await found.say("web", "thumbs up for elm?")
    copy = await found.name("slack", "thumbs up for elm?")
    await found.react("slack", copy, THUMB)
    for place in OTHERS:
        await found.until(
            place,
            lambda shown: any("elm?" in one.text and THUMB in one.reactions for one in shown),
        )
    await found.people.control("POST", "/faults", slow)
    removed = await found.say("web", "not for this place")
    copy = await found.name("slack", "not for this place")
    await found.delete("slack", copy)
    await found.find("discord", "not for this place")
    await found.edit("web", removed, "not for that place")
    await found.find("discord", "not for that place")
    await found.nowhere("slack", "not for that place")
    assert [one.text for one in await found.shown("slack") if "place" in one.text] == [
        "after not for that place"
    ]
