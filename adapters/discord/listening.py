"""Takes what people say to the desk, one channel at a time and in order.

A channel has a line and a task only while something waits in it: words, edits, and what
happens to messages, each behind what came before. Our own posts, seen again, are told to
the desk as echoes.
"""

import asyncio
import logging
from collections import deque
from dataclasses import replace

from adapters.discord.errors import Problem
from adapters.discord.following import Follower
from adapters.discord.inbound import PLATFORM, Happened, Heard, Said, direct_place, is_from_person
from adapters.discord.meaning import Meaning
from adapters.discord.ours import Ourselves, marker
from adapters.discord.pending import Pending, as_stored
from adapters.discord.places import PlaceNews
from adapters.discord.telling import Teller
from adapters.discord.writing import THREADS, Writer
from core.ids import SpaceId
from core.model import Place
from core.ports.desk import Desk
from core.sweep import Seen

log = logging.getLogger("pinthread.discord")

_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)


class Listener:
    def __init__(
        self,
        desk: Desk,
        meaning: Meaning,
        writer: Writer,
        ourselves: Ourselves,
        pending: Pending,
        teller: Teller,
        follower: Follower,
    ) -> None:
        self._desk = desk
        self._meaning = meaning
        self._writer = writer
        self._ourselves = ourselves
        self._pending = pending
        self._teller = teller
        self._follower = follower
        self._lines: dict[str, deque[Heard | PlaceNews]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._group: asyncio.TaskGroup | None = None
        self._deaf = False

    def begin(self, group: asyncio.TaskGroup) -> None:
        self._group = group

    @property
    def busy(self) -> int:
        """Channels in which something waits."""
        return len(self._lines)

    async def end(self, patience: float) -> None:
        """Takes nothing new, and gives what waits some seconds to be taken in."""
        self._deaf = True
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=patience)
            for task in late:
                task.cancel()

    def heard(self, said: Said) -> None:
        """Hands a message, or an edit of one, on to its channel's line. Never waits."""
        self._pending.saw(said.message)
        if self._ourselves.is_mine(said):
            self._heard_ours(said)
        elif is_from_person(said) and (said.direct or said.parent or said.unknown_thread):
            self._line_up(said.channel, said)

    def _heard_ours(self, said: Said) -> None:
        """An echo, or a message that no delivery accounts for; or what stands after an edit."""
        if said.edited:
            poster = self._ourselves.poster(said)
            if poster:
                stands = Seen(said.remote, (), None, poster, marker(said), as_stored(said))
                self._desk.suspect(PLATFORM, stands)
            return
        if self._pending.accounts_for(said.remote):
            return
        found = self._pending.match(said)
        if found is not None:
            self._desk.echo(found[0].delivery, found[1])
        elif self._ourselves.poster(said):
            self._line_up(said.channel, said)

    def happened(self, happened: Happened) -> None:
        """Hands on what happened to a message, behind what was said before in its channel."""
        self._line_up(happened.where.channel, happened)

    def told(self, news: PlaceNews) -> None:
        """Hands on what is new of a channel, in order; words in it do not wait for that."""
        self._line_up(f"place {news.place.channel}", news)

    def _line_up(self, channel: str, heard: Heard | PlaceNews) -> None:
        if self._deaf or self._group is None:
            return
        line = self._lines.get(channel)
        if line is not None:
            line.append(heard)
            return
        self._lines[channel] = deque((heard,))
        task = self._group.create_task(self._work_off(channel))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work_off(self, channel: str) -> None:
        line = self._lines[channel]
        try:
            while line:
                await self._take_surely(line.popleft())
        finally:
            del self._lines[channel]

    async def _take_surely(self, heard: Heard | PlaceNews) -> None:
        """Discord does not repeat what it has said, so a failing store is tried again."""
        for pause in (*_PAUSES, None):
            try:
                if isinstance(heard, Said):
                    await self._take(heard)
                elif isinstance(heard, PlaceNews):
                    await self._desk.place_changed(
                        heard.place,
                        label=heard.label,
                        trouble=heard.trouble,
                        exposed=heard.exposed,
                    )
                else:
                    await self._follower.take(heard)
            except Exception:
                # The boundary of a listener: one message must not end those after it.
                which = heard.place.channel if isinstance(heard, PlaceNews) else heard.message
                what = {"heard": type(heard).__name__, "of": which}
                log.exception("message_not_taken", extra=what)
            else:
                return
            if pause is not None:
                await asyncio.sleep(pause)

    async def _take(self, said: Said) -> None:
        if said.unknown_thread and not said.direct:
            channel = await self._writer.channel(said.channel)
            if isinstance(channel, Problem):
                return
            if channel.type in THREADS:
                said = replace(said, parent=channel.parent_id)
            elif not self._ourselves.is_mine(said):
                return
        if self._ourselves.is_mine(said):
            await self._tell_stray(said)
            return
        wanted = await self._meaning.of(said)
        if wanted is not None:
            outcome = await self._desk.submit(wanted)
            await self._teller.respond(said, outcome)

    async def _tell_stray(self, said: Said) -> None:
        """The desk finds out whether it is placed after all; it knows what is under way."""
        if self._pending.accounts_for(said.remote):
            return
        space = SpaceId("" if said.direct else said.channel)
        if said.direct:
            channel = await self._writer.channel(said.channel)
            if isinstance(channel, Problem) or not channel.recipients:
                return
            place = direct_place(channel.recipients[0].id)
        elif said.parent:
            place = Place(PLATFORM, said.guild, said.parent)
        elif not marker(said):
            return
        else:
            # A card in a channel: its thread would have the card's id.
            place = Place(PLATFORM, said.guild, said.channel)
            space = SpaceId(said.message)
        poster = self._ourselves.poster(said)
        self._desk.stray(place, space, said.remote, poster, marker(said))
