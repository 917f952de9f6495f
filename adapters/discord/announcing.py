"""Lines of the program's own in a place, outside any mirrored thread: digests, reminders.

A forum holds posts alone, so there they go into one post of the bot's, which is found again
by its name among the active ones. A line is said once, and not tried again later.
"""

import logging
from collections.abc import Sequence
from typing import Any

import msgspec

from adapters.discord.answers import sentence
from adapters.discord.errors import Problem
from adapters.discord.outbound import CONTENT, is_direct_place
from adapters.discord.rest import Rest
from adapters.discord.speaking import Speaker
from adapters.discord.writing import FORUMS, Writer
from core.model import Place

log = logging.getLogger("pinthread.discord")

POST = "Pinthread: what waits"


class _Thread(msgspec.Struct):
    id: str
    name: str = ""
    parent_id: str | None = None
    owner_id: str | None = None


class _Threads(msgspec.Struct):
    threads: list[_Thread]


class Announcer:
    def __init__(self, rest: Rest, writer: Writer, speaker: Speaker) -> None:
        self._rest = rest
        self._writer = writer
        self._speaker = speaker

    async def say(self, place: Place, text: str, mentions: Sequence[str]) -> bool:
        named = " ".join(f"<@{user}>" for user in mentions[:50])
        room = CONTENT - len(named) - 1
        words = sentence(text)
        words = words if len(words) <= room else f"{words[: room - 1]}…"
        body: dict[str, Any] = {
            "content": f"{words}\n{named}" if named else words,
            "allowed_mentions": {"parse": [], "users": [*mentions[:50]]},
        }
        done = await self._post(place, body)
        if isinstance(done, Problem):
            told = {"channel": place.channel, "status": done.status, "code": done.code}
            log.warning("line_not_said", extra=told)
            return False
        return True

    async def _post(self, place: Place, body: dict[str, Any]) -> object:
        if is_direct_place(place):
            direct = await self._writer.direct_with(place.channel.removeprefix("user:"))
            return direct if isinstance(direct, Problem) else await self._speaker.once(direct, body)
        channel = await self._writer.channel(place.channel)
        if isinstance(channel, Problem):
            return channel
        if channel.type not in FORUMS:
            return await self._speaker.once(place.channel, body)
        path = f"/guilds/{place.workspace}/threads/active"
        listed = await self._rest.read(path, _Threads)
        if isinstance(listed, Problem):
            return listed
        for thread in listed.threads:
            if thread.parent_id == place.channel and thread.name == POST:
                return await self._speaker.once(thread.id, body)
        made: dict[str, Any] = {"name": POST, "message": body}
        if tags := channel.needed_tags():
            made["applied_tags"] = list(tags)
        return await self._rest.ask("POST", f"/channels/{channel.id}/threads", _Thread, made)
