"""Pulling the plug: `kill -9` ten times at random under traffic of 50 messages/s.

What was acknowledged is in the history, and each mirror holds it once and in order.
"""

import asyncio
import json
import random
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.program.world import PIN, ROOT, Whole, whole

KILLS = 10
PACE = 50.0


class Traffic:
    """Half from Slack, which delivers again what was not acknowledged; half from the web."""

    def __init__(self, people: Whole, pins: list[str], roots: list[str]) -> None:
        self._people = people
        self._pins = pins
        self._roots = roots
        self.acknowledged: set[str] = set()

    async def run(self) -> None:
        n = 0
        async with asyncio.TaskGroup() as tasks:
            while True:
                n += 1
                tasks.create_task(self._from_slack(n) if n % 2 else self._from_web(n))
                await asyncio.sleep(1 / PACE)

    async def _from_slack(self, n: int) -> None:
        root = self._roots[n % len(self._roots)]
        words = {"user": "U0ADA", "channel": "C0INBOX", "thread_ts": root, "text": f"slack {n}"}
        await self._people.control("POST", "/slack/say", words)
        self.acknowledged.add(f"slack {n}")

    async def _from_web(self, n: int) -> None:
        with suppress(aiohttp.ClientError):
            await self._people.ask(f"web {n}", self._pins[n % len(self._pins)])
            self.acknowledged.add(f"web {n}")


@pytest.mark.slow
async def test_ten_kills_under_traffic_lose_and_double_nothing(tmp_path: Path) -> None:
    fast = {"limits_factor": 0}
    async with whole(tmp_path, slack=fast, discord=fast) as people:
        for platform in ("slack", "discord"):
            await people.control("PUT", f"/limits/{platform}", {"factor": 0})
        samples = people.world["pinterest"]["pins"]
        pins = [PIN, *(pin["url"] for pin in samples if pin["id"] not in PIN)][:3]
        asked = [await people.ask(f"start {n}", pin) for n, pin in enumerate(pins)]
        roots = await people.until(lambda: _roots(people), lambda found: len(found) == len(pins))
        traffic = Traffic(people, pins, roots)
        running = asyncio.create_task(traffic.run())
        dice = random.Random(7)
        for _ in range(KILLS):
            await asyncio.sleep(dice.uniform(0.5, 1.5))
            await people.end(signal.SIGKILL)
            await people.start()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        history = await people.until(
            lambda: _history(people, [answer["thread"] for answer in asked]),
            lambda found: traffic.acknowledged <= {text for _, text in found},
        )
        assert len(history) == len(set(history))
        assert len(history) > 500
        for thread in {thread for thread, _ in history}:
            await _mirrors_equal(people, [text for where, text in history if where == thread])


async def _roots(people: Whole) -> list[str]:
    shown = await people.slack_messages()
    return [m["ts"] for m in shown if m["thread_ts"] in (None, m["ts"]) and m["bot"]]


async def _history(people: Whole, threads: list[str]) -> list[tuple[str, str]]:
    """Thread and text of all messages, by the program's own command beside it."""
    found: list[tuple[str, str]] = []
    for thread in threads:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bridge", "history", thread, "--json"),
            *("--config", str(people.folder / "config.yaml")),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        assert process.returncode == 0
        events: list[dict[str, Any]] = json.loads(out)["events"]
        found += [(e["thread"], e["text"]) for e in events if e["kind"] == "MessagePosted"]
    return found


async def _mirrors_equal(people: Whole, said: list[str]) -> None:
    """Discord shows all of the thread; in Slack the words typed there stand beside our copies."""
    start = said[0]

    async def discord() -> list[str]:
        for thread in await people.forum_threads():
            shown = await people.discord_messages(thread["id"])
            texts = [m["content"] for m in shown if m["webhook_id"]]
            if texts[:1] == [start]:
                return texts
        return []

    assert await people.until(discord, lambda texts: len(texts) >= len(said)) == said

    async def slack() -> list[dict[str, Any]]:
        shown = await people.slack_messages()
        root = next(m["thread_ts"] for m in shown if m["text"] == start)
        return [m for m in shown if m["thread_ts"] == root and m["ts"] != root]

    shown = await people.until(slack, lambda messages: len(messages) >= len(said))
    copies = [m["text"] for m in shown if m["bot"]]
    assert copies == [text for text in said if not text.startswith("slack")]
    assert sorted(m["text"] for m in shown) == sorted(said)
