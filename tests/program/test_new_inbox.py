"""A brand's inbox channel is deleted and another one connected: its threads go on there."""

from collections import Counter
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from tests.program.hands import CLEO, Slack, Web, mia
from tests.program.talk import Talk
from tests.program.test_verify import verify
from tests.program.world import INBOX, Whole, whole

pytestmark = pytest.mark.slow

BOT = "U0PINTHREAD"
PINS = [f"https://www.pinterest.com/pin/{99360735500167749 + n}/" for n in range(3)]
WORDS = ("first", "second", "third")


def brand() -> dict[str, Any]:
    place = {"platform": "slack", "workspace": "T0NORTHWIND", "channel": INBOX, "mode": "relay"}
    return {"handle": "northwind", "name": "Northwind Home", "owners": ["cleo"],
            "hold_seconds": 0, "channels": [place]}  # fmt: skip


async def said(people: Whole, thread: str, text: str) -> None:
    await Web(people).call("mia", "POST", f"/api/threads/{thread}/messages", {"text": text})


async def connected(people: Whole) -> str:
    """Cleo connects a private channel as Northwind's inbox."""
    slack = Slack(people)
    body = {"name": "new-inbox", "private": True, "members": [CLEO, BOT]}
    channel = str((await people.control("POST", "/slack/channel", body))["id"])
    asked = {"channel": channel, "command": "/pin", "text": "connect inbox", "wait": 10}
    told = await slack.act("command", CLEO, **asked)
    assert told["views"], told
    await slack.fill(CLEO, told["views"][-1], mode="relay")
    await slack.told(CLEO, "older ones with what is said next")
    return channel


def in_thread(shown: list[dict[str, Any]], n: int) -> list[str]:
    """What stands in the only thread there that is about the pin."""
    ours = [one for one in shown if any(f"{word} {n}" in one["text"] for word in (*WORDS, "next"))]
    assert len({one["thread_ts"] for one in ours}) <= 1
    return [one["text"] for one in ours]


async def test_the_threads_go_on_in_another_inbox_that_is_connected(tmp_path: Path) -> None:
    login = {"platform": "slack", "workspace": "T0NORTHWIND", "user": CLEO}
    cleo = {"handle": "cleo", "name": "Cleo", "identities": [login]}
    async with whole(tmp_path, brands=[brand()], people=mia(cleo)) as people:
        slack, web = Slack(people), Web(people)
        threads = []
        for n, pin in enumerate(PINS):
            threads.append((await people.ask(f"first {n}", pin))["thread"])
            for word in WORDS[1:]:
                await said(people, threads[-1], f"{word} {n}")
        await slack.shown(f"third {len(PINS) - 1}")
        await slack.act("remove", CLEO, channel=INBOX)
        channel = await connected(people)
        await slack.shown("first", channel)
        await people.end(SIGKILL)
        cut_off = str(await people.slack_messages(channel))
        assert not all(f"third {n}" in cut_off for n in range(len(PINS)))
        await people.start()
        await said(people, threads[0], "next 0")
        wanted = [[*(f"{word} {n}" for word in WORDS)] for n in range(len(PINS))]
        wanted[0].append("next 0")
        await people.until(
            lambda: people.slack_messages(channel),
            lambda shown: [in_thread(shown, n) for n in range(len(PINS))] == wanted,
            60,
        )
        # Agents answer there, and it reaches the follower.
        copy = await slack.shown("next 0", channel)
        await slack.say(CLEO, "from the new inbox", copy["thread_ts"], channel)
        await web.read("mia", threads[0], lambda lines: any("from the new" in x for x in lines))
        shown = await people.slack_messages(channel)
        roots = Counter(one["thread_ts"] for one in shown if one.get("thread_ts"))
        assert len(roots) == len(PINS)
        own = [one for one in shown if one["bot"] and one.get("thread_ts") in (None, one["ts"])]
        assert len(own) == len(PINS)
        await people.end()
        code, report, beside = await verify(Talk(people, threads[0], "", "", CLEO))
        assert (code, report["differences"], report["unread"]) == (0, [], []), beside
        # What was to stand in the channel that is gone waits there.
        assert (report["mirrors"], report["waiting"]) == (2 * len(PINS), len(PINS))
