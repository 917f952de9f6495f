"""Traffic in many threads while everything goes wrong, and the verdict once the dust has settled.

People say, edit, delete and react in Slack, in Discord and on the web. Each message has
words of its own, so that the verdict can tell what is missing, doubled, stale or out of
order in any place.
"""

import asyncio
import itertools
import random
import re
import signal
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.program.world import FORUM, INBOX, Whole

ADA, ROSA = "U0ADA", "920000000000000001"
THUMB = "\U0001f44d"
_WORDS = re.compile(r"(start|slack|discord|web) \d+")
"""What people say here; lines of the program's own, such as of somebody joining, are others."""
MISFORTUNES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("status", {"status": 500, "rate": 0.01}),
    ("status", {"status": 503, "rate": 0.01}),
    ("ratelimit", {"retry_after": 0.2, "rate": 0.02}),
    ("delay", {"seconds": 0.3, "rate": 0.02}),
    ("late", {"seconds": 1.5, "rate": 0.01}),
    ("lost", {"rate": 0.02}),
    ("cut", {"rate": 0.02}),
    ("double", {"rate": 0.02}),
    ("reorder", {"rate": 0.02}),
    ("withhold", {"rate": 0.01}),
    ("drop_session", {"resume": True, "rate": 0.0005}),
    ("drop_session", {"resume": False, "rate": 0.0005}),
)


@dataclass(frozen=True, slots=True)
class Spots:
    """One thread, by its names: of the program, its root in Slack, its post in Discord."""

    thread: str
    root: str
    post: str


@dataclass(slots=True)
class Said:
    """A message whose place has acknowledged it; `name` is what the place calls it."""

    n: int
    place: str
    spots: Spots
    name: str
    text: str
    deleted: bool = False
    reacted: bool = False
    hands: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class Traffic:
    """People in all places, `pace` messages a second. `said` holds what was acknowledged."""

    people: Whole
    threads: list[Spots]
    pace: float
    dice: random.Random
    said: list[Said] = field(default_factory=list)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until `stop`; whoever is in the middle of something finishes it."""
        n = 0
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as tasks:
            while not self._stop.is_set():
                n += 1
                tasks.create_task(self._act(n))
                await asyncio.sleep(max(0.0, began + n / self.pace - loop.time()))

    def stop(self) -> None:
        self._stop.set()

    async def _act(self, n: int) -> None:
        kind = self.dice.random()
        if kind < 0.7 or len(self.said) < 50:
            await self._say(n, self.dice.choice(("slack", "slack", "discord", "web")))
            return
        # Not the newest: its own event may still be on its way, as its author's eyes would.
        one = self.dice.choice(self.said[:-20])
        if one.place == "web" or one.deleted:
            await self._say(n, "web")
        else:
            # One thing after another to each message: nobody edits what they have deleted.
            async with one.hands:
                if one.deleted:
                    return
                if kind < 0.8:
                    await self._edit(one)
                elif kind < 0.87:
                    await self._delete(one)
                else:
                    await self._react(one)

    async def _say(self, n: int, place: str) -> None:
        spots, text = self.dice.choice(self.threads), f"{place} {n}"
        if place == "web":
            name = await self._on_web(spots, text)
        elif place == "slack":
            body = {"user": ADA, "channel": INBOX, "thread_ts": spots.root, "text": text}
            name = (await self.people.control("POST", "/slack/say", body))["ts"]
        else:
            body = {"user": ROSA, "channel": spots.post, "text": text}
            name = (await self.people.control("POST", "/discord/say", body))["id"]
        self.said.append(Said(n, place, spots, name, text))

    async def _on_web(self, spots: Spots, text: str) -> str:
        """As a page does: the same message under the same key until it is acknowledged."""
        while True:
            with suppress(aiohttp.ClientError, OSError, AssertionError):
                made = await self.people.call(
                    "POST",
                    f"/api/threads/{spots.thread}/messages",
                    {"text": text},
                    headers={"Idempotency-Key": text.replace(" ", "-")},
                )
                return str(made["line"]["message"])
            await asyncio.sleep(0.2)

    async def _edit(self, one: Said) -> None:
        text = f"{one.text} again"
        if one.place == "slack":
            body = {"user": ADA, "channel": INBOX, "ts": one.name, "text": text}
        else:
            body = {"user": ROSA, "message": one.name, "text": text}
        one.text = text
        await self.people.control("POST", f"/{one.place}/edit", body)

    async def _delete(self, one: Said) -> None:
        one.deleted = True
        if one.place == "slack":
            body = {"user": ADA, "channel": INBOX, "ts": one.name}
        else:
            body = {"user": ROSA, "message": one.name}
        await self.people.control("POST", f"/{one.place}/delete", body)

    async def _react(self, one: Said) -> None:
        one.reacted = not one.reacted
        if one.place == "slack":
            body = {"user": ADA, "channel": INBOX, "ts": one.name, "name": "+1"}
        else:
            body = {"user": ROSA, "message": one.name, "emoji": THUMB}
        away = {"remove": not one.reacted}
        await self.people.control("POST", f"/{one.place}/react", {**body, **away})


async def open_threads(people: Whole, count: int) -> list[Spots]:
    """That many threads, each standing in both platforms."""
    asked: dict[str, str] = {}
    for n in range(count):
        pin = f"https://www.pinterest.com/pin/{700000000000000 + n}/"
        asked[f"start {n}"] = (await people.ask(f"start {n}", pin))["thread"]

    async def roots() -> dict[str, str]:
        shown = await people.slack_messages()
        return {m["text"]: m["thread_ts"] for m in shown if m["text"] in asked}

    async def posts() -> dict[str, str]:
        found: dict[str, str] = {}
        for thread in await people.forum_threads(FORUM):
            for message in await people.discord_messages(thread["id"]):
                if message["content"] in asked:
                    found[message["content"]] = thread["id"]
        return found

    in_slack = await people.until(roots, lambda found: len(found) == count)
    in_discord = await people.until(posts, lambda found: len(found) == count)
    return [Spots(thread, in_slack[start], in_discord[start]) for start, thread in asked.items()]


async def curse(people: Whole, seed: int) -> None:
    """All faults on, on every call and every event of both platforms."""
    for platform in ("slack", "discord"):
        for n, (kind, options) in enumerate(MISFORTUNES):
            fault = {"platform": platform, "method": "*", "kind": kind, "times": 0, **options}
            await people.control("POST", "/faults", {**fault, "seed": seed * 100 + n})


async def pull_plugs(
    people: Whole, over: asyncio.Event, dice: random.Random, every: tuple[float, float]
) -> None:
    """`kill -9` of the program and a new start, again and again."""
    while not await _passes(over, dice.uniform(*every)):
        await people.end(signal.SIGKILL)
        await people.start(wait=False)


async def switch_platforms(people: Whole, over: asyncio.Event, every: float, away: float) -> None:
    """Each platform in turn is down for a while."""
    for platform in itertools.cycle(("slack", "discord")):
        if await _passes(over, every):
            return
        await people.control("PUT", f"/power/{platform}", {"on": False})
        await _passes(over, away)
        await people.control("PUT", f"/power/{platform}", {"on": True})


async def _passes(over: asyncio.Event, seconds: float) -> bool:
    """Lets the time pass; True where it is over before."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await over.wait()
    return over.is_set()


async def calm(people: Whole) -> None:
    """Everything works again."""
    await people.control("DELETE", "/faults")
    for platform in ("slack", "discord"):
        await people.control("PUT", f"/power/{platform}", {"on": True})


async def settle(people: Whole, traffic: Traffic, patience: float) -> None:
    """Waits until the verdict is good; AssertionError with what is wrong where it never is."""
    wrong: list[str] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(patience):
            while True:
                wrong = await verdict(people, traffic)
                if not wrong:
                    return
                await asyncio.sleep(2)
    raise AssertionError(f"{len(wrong)} things are wrong:\n" + "\n".join(wrong[:30]))


async def verdict(people: Whole, traffic: Traffic) -> list[str]:
    """What is wrong, a line each: nothing once history and mirrors hold what was said, once."""
    wrong: list[str] = []
    slack: dict[str, list[dict[str, Any]]] = {}
    for message in await people.slack_messages():
        if message["thread_ts"] and message["ts"] != message["thread_ts"]:
            slack.setdefault(message["thread_ts"], []).append(message)
    for spots in traffic.threads:
        page = await people.call("GET", f"/api/threads/{spots.thread}/messages?limit=200")
        lines = [line for line in page["lines"] if line["kind"] == "message"]
        assert not page["older"], "more than one page of messages in a thread"
        here = [one for one in traffic.said if one.spots is spots]
        wrong += _history(lines, here)
        kept = [line for line in lines if not line["deleted"]]
        discord = await people.discord_messages(spots.post)
        shown = [
            (m["text"], m["bot"], {r["name"] for r in m["reactions"]})
            for m in slack.get(spots.root, ())
            if m["subtype"] != "tombstone"
        ]
        wrong += _mirror("slack", spots, kept, shown)
        shown = [
            (m["content"], bool(m["webhook_id"]), {r["name"] for r in m["reactions"]})
            for m in discord
            if not m["embeds"]
        ]
        wrong += _mirror("discord", spots, kept, shown)
    return wrong


def _history(lines: list[dict[str, Any]], said: list[Said]) -> list[str]:
    texts = Counter(line["text"] for line in lines if not line["deleted"])
    reacted = {line["text"] for line in lines if line["reactions"]}
    wrong = [f"history has {n} of {text!r}" for text, n in texts.items() if n > 1]
    for one in said:
        if one.deleted and one.text in texts:
            wrong.append(f"history still has {one.text!r}, deleted in {one.place}")
        elif not one.deleted and one.text not in texts:
            wrong.append(f"history lacks {one.text!r} of {one.place}")
        elif not one.deleted and one.reacted is not (one.text in reacted):
            wrong.append(f"history has it wrong that {one.text!r} was reacted to: {one.reacted}")
    return wrong


def _mirror(
    place: str,
    spots: Spots,
    kept: list[dict[str, Any]],
    shown: list[tuple[str, bool, set[str]]],
) -> list[str]:
    """A mirror holds each message once; our copies stand in the history's order."""
    where = f"{place} {spots.thread[:6]}"
    shown = [one for one in shown if _WORDS.match(one[0])]
    have, want = Counter(text for text, _, _ in shown), Counter(line["text"] for line in kept)
    wrong = [f"{where} lacks {text!r}" for text in want - have]
    wrong += [f"{where} has {text!r} too often" for text in have - want]
    if wrong:
        return wrong
    order = {line["text"]: n for n, line in enumerate(kept)}
    copies = [order[text] for text, ours, _ in shown if ours]
    if copies != sorted(copies):
        wrong.append(f"{where} is out of order: {copies}")
    reacted = {line["text"] for line in kept if line["reactions"]}
    for text, _, emoji in shown:
        if bool(emoji) is not (text in reacted):
            wrong.append(f"{where} shows {emoji or 'no reaction'} on {text!r}")
    return wrong


def resident(people: Whole) -> int:
    """Bytes of the program's resident memory."""
    pages = int(Path(f"/proc/{people.pid}/statm").read_text().split()[1])
    return pages * 4096
