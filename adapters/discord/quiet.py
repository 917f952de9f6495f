"""Quiet signs about words: under those that are held when they go, and how to take them back.

For typed words nothing can be said to their author alone, so it is a message of the bot in
the brand's own channel, without a ping, that goes away once the words have gone or have been
taken back. After a restart nobody remembers it: it then goes at the next press.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

from adapters.discord import answers
from adapters.discord.callers import who_said
from adapters.discord.errors import Problem
from adapters.discord.inbound import Said, place_of
from adapters.discord.outbound import nonce
from adapters.discord.rest import Rest
from adapters.discord.speaking import Speaker
from core.ports.desk import Desk
from core.ports.outcomes import Waiting

log = logging.getLogger("pinthread.discord")

_SILENT = 1 << 12
_TRIES = 5
_AFTER = 1.0
"""Seconds after the moment at which the words go."""


class Quiet:
    def __init__(
        self,
        desk: Desk,
        rest: Rest,
        speaker: Speaker,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._desk = desk
        self._rest = rest
        self._speaker = speaker
        self._now = now
        self._group: asyncio.TaskGroup | None = None
        self._there: dict[str, str] = {}

    def begin(self, group: asyncio.TaskGroup) -> None:
        self._group = group

    async def held(self, said: Said, waiting: Waiting) -> None:
        """Says it under the words; once, however often they are found."""
        place = place_of(said)
        if place is None or waiting.timer in self._there:
            return
        answer = await self._desk.office.waiting(
            who_said(said, place), waiting.timer, waiting.until, waiting.reason
        )
        body = {
            **answers.message(answer, place, used=answers.QUIET),
            "message_reference": {"message_id": said.message, "fail_if_not_exists": False},
            "flags": _SILENT,
            "nonce": nonce(f"held {waiting.timer}"),
            "enforce_nonce": True,
        }
        posted = await self._speaker.say(said.channel, body)
        if isinstance(posted, Problem):
            log.warning("held_not_told", extra={"remote": said.remote, "status": posted.status})
            return
        self._there[waiting.timer] = posted.id
        if waiting.until is not None and self._group is not None:
            self._group.create_task(self._go(said.channel, posted.id, waiting))

    async def _go(self, channel: str, message: str, waiting: Waiting) -> None:
        assert waiting.until is not None
        await asyncio.sleep(max(0.0, (waiting.until - self._now()).total_seconds()) + _AFTER)
        if self._there.get(waiting.timer) == message:
            await self.take_away(channel, message)

    def sign(self, said: Said, emoji: str) -> None:
        """Puts our reaction under words, beside all else: Discord takes few in a row."""
        if self._group is not None:
            self._group.create_task(self._sign(said, emoji))

    async def _sign(self, said: Said, emoji: str) -> None:
        path = f"/channels/{said.channel}/messages/{said.message}/reactions/{quote(emoji)}/@me"
        for _ in range(_TRIES):
            done = await self._rest.call("PUT", path)
            if not isinstance(done, Problem) or 400 <= done.status < 429:
                return
            await asyncio.sleep(done.retry_after or 1.0)

    async def take_away(self, channel: str, message: str) -> None:
        """It has been used, or its time is over; one that is gone already is no trouble."""
        self._there = {timer: one for timer, one in self._there.items() if one != message}
        done = await self._rest.call("DELETE", f"/channels/{channel}/messages/{message}")
        if isinstance(done, Problem) and done.status != 404:
            log.warning("quiet_line_left", extra={"remote": message, "status": done.status})
