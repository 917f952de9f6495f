"""One thread in all three places, and the hands and eyes of somebody in each.

Mia writes on the web and Ada in Slack: Ada as herself, so that Rosa joins them in Discord by
speaking there, or for the brand, which talks with Mia alone; then it is Mia who writes in
Discord too. What a place shows is told in one shape for all of them, so that a test can say
what it wants of each.
"""

import base64
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.program.world import INBOX, Whole, whole

ADA, ROSA, MIA = "U0ADA", "920000000000000001", "920000000000000003"
PLACES = ("web", "slack", "discord")
THUMB, HEART = "\U0001f44d", "\u2764"
_NAMES = {"web": "message", "slack": "ts", "discord": "id"}
NAMES = {THUMB: "+1", HEART: "heart"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as a place shows it. `raw` is the place's own shape of it."""

    text: str
    reactions: dict[str, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    deleted: bool = False
    raw: Any = None


@dataclass(slots=True)
class Talk:
    people: Whole
    thread: str
    root: str
    post: str
    """The thread in Discord."""
    writer: str = ROSA
    """Who writes in Discord."""

    def others(self, place: str) -> tuple[str, ...]:
        return tuple(each for each in PLACES if each != place)

    # --- hands ----------------------------------------------------------------------------

    async def say(self, place: str, text: str, **more: Any) -> str:
        """Says something there; the name that the place gives the message."""
        if place == "web":
            body = {"text": text, **more}
            made = await self.people.call("POST", f"/api/threads/{self.thread}/messages", body)
            return str(made["line"]["message"])
        if place == "slack":
            body = {"user": ADA, "channel": INBOX, "thread_ts": self.root, "text": text, **more}
            return str((await self.people.control("POST", "/slack/say", body))["ts"])
        body = {"user": self.writer, "channel": self.post, "text": text, **more}
        return str((await self.people.control("POST", "/discord/say", body))["id"])

    async def edit(self, place: str, message: str, text: str) -> None:
        if place == "web":
            await self.people.call("PATCH", self._web(message), {"text": text})
        elif place == "slack":
            body = {"user": ADA, "channel": INBOX, "ts": message, "text": text}
            await self.people.control("POST", "/slack/edit", body)
        else:
            body = {"user": self.writer, "message": message, "text": text}
            await self.people.control("POST", "/discord/edit", body)

    async def delete(self, place: str, message: str) -> None:
        if place == "web":
            await self.people.call("DELETE", self._web(message))
        elif place == "slack":
            body = {"user": ADA, "channel": INBOX, "ts": message}
            await self.people.control("POST", "/slack/delete", body)
        else:
            body = {"user": self.writer, "message": message}
            await self.people.control("POST", "/discord/delete", body)

    async def unfile(self, place: str, message: str, name: str) -> None:
        """Takes a file off a message, in Slack or Discord."""
        raw = next(one.raw for one in await self.shown(place) if one.raw[_NAMES[place]] == message)
        file = next(f["id"] for f in raw["files"] if name in (f.get("name"), f.get("filename")))
        if place == "slack":
            body = {"user": ADA, "channel": INBOX, "ts": message, "file": file}
            await self.people.control("POST", "/slack/unfile", body)
        else:
            body = {"user": self.writer, "message": message, "file": file}
            await self.people.control("POST", "/discord/unfile", body)

    async def react(self, place: str, message: str, emoji: str = THUMB, *, on: bool = True) -> None:
        if place == "web":
            at = f"{self._web(message)}/reactions/{quote(emoji)}"
            await self.people.call("PUT" if on else "DELETE", at)
        elif place == "slack":
            body = {"user": ADA, "channel": INBOX, "ts": message, "name": NAMES[emoji]}
            await self.people.control("POST", "/slack/react", {**body, "remove": not on})
        else:
            body = {"user": self.writer, "message": message, "emoji": emoji, "remove": not on}
            await self.people.control("POST", "/discord/react", body)

    async def send(self, place: str, text: str, *files: tuple[str, bytes, str]) -> str:
        """Sends files (name, bytes, type) with words."""
        if place == "web":
            tickets = []
            for name, data, kind in files:
                made = await self.people.call(
                    "POST",
                    f"/api/files?name={quote(name)}",
                    data=data,
                    headers={"Content-Type": kind},
                )
                tickets.append({"ticket": made["ticket"]})
            return await self.say("web", text, files=tickets)
        given = [
            {"name": name, "type": kind, "base64": base64.b64encode(data).decode()}
            for name, data, kind in files
        ]
        if place == "discord":
            return await self.say("discord", text, files=given)
        body = {"user": ADA, "channel": INBOX, "thread_ts": self.root, "text": text}
        made = await self.people.control("POST", "/slack/file", {**body, "files": given})
        return str(made["ts"])

    def _web(self, message: str) -> str:
        return f"/api/threads/{self.thread}/messages/{message}"

    # --- eyes -----------------------------------------------------------------------------

    async def shown(self, place: str) -> list[Shown]:
        """The messages of the thread there, oldest first, without its card."""
        if place == "web":
            page = await self.people.call("GET", f"/api/threads/{self.thread}/messages?limit=200")
            return [_in_web(line) for line in page["lines"] if line["kind"] != "card"]
        if place == "slack":
            found = await self.people.slack_messages()
            under = [m for m in found if m["thread_ts"] == self.root and m["ts"] != self.root]
            return [_in_slack(m) for m in under]
        found = await self.people.discord_messages(self.post)
        return [_in_discord(m) for m in found if not m["embeds"]]

    async def until(
        self, place: str, good: Callable[[Sequence[Shown]], bool], seconds: float = 30
    ) -> Sequence[Shown]:
        """What a place shows, once it is good."""
        seen: list[Shown] = []

        async def read() -> list[Any]:
            seen[:] = await self.shown(place)
            return [place, *[[one.text, one.reactions, one.files] for one in seen]]

        await self.people.until(read, lambda _: good(seen), seconds)
        return seen

    async def find(self, place: str, text: str) -> Shown:
        """The message with these words, once it is there."""
        seen = await self.until(place, lambda shown: any(text in one.text for one in shown))
        return next(one for one in seen if text in one.text)

    async def name(self, place: str, text: str) -> str:
        """How a place names the message with these words."""
        raw = (await self.find(place, text)).raw
        return str(raw[_NAMES[place]])

    async def nowhere(self, place: str, text: str) -> None:
        """Once everything said until now has come there, these words are not."""
        await self.say("web", f"after {text}")
        await self.find(place, f"after {text}")
        found = [one.text for one in await self.shown(place) if one.text == text]
        assert found == []


def _in_web(line: dict[str, Any]) -> Shown:
    reactions = {one["emoji"]: one["count"] for one in line["reactions"]}
    files = tuple(one["name"] for one in line["files"])
    return Shown(line["text"], reactions, files, line["deleted"], line)


def _in_slack(message: dict[str, Any]) -> Shown:
    signs = {name: sign for sign, name in NAMES.items()}
    reactions = {signs.get(r["name"], r["name"]): len(r["users"]) for r in message["reactions"]}
    kept = [one for one in message["files"] if one["mode"] != "tombstone"]
    files = tuple(one["title"] or one["name"] for one in kept)
    gone = message["subtype"] == "tombstone"
    return Shown("" if gone else message["text"], reactions, files, gone, message)


def _in_discord(message: dict[str, Any]) -> Shown:
    reactions = {
        one["name"].replace("\ufe0f", ""): len(one["users"]) for one in message["reactions"]
    }
    files = tuple(one["filename"] for one in message["files"])
    return Shown(message["content"], reactions, files, False, message)


@asynccontextmanager
async def talk(folder: Path, *, brand: bool = False, **changes: Any) -> AsyncIterator[Talk]:
    """The whole program with a thread that Mia has begun, seen in all places."""
    async with whole(folder, group=not brand, **changes) as people:
        asked = await people.ask("does this come in oak?")
        card = await people.card_in_slack()
        post = await people.thread_in_discord()
        found = Talk(people, asked["thread"], card["ts"], post, MIA if brand else ROSA)
        for place in ("slack", "discord"):
            await found.find(place, "does this come in oak?")
        yield found
