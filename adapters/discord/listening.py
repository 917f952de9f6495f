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
from adapters.discord.inbound import NOBODY as NO_ACCOUNTS
from adapters.discord.inbound import (
    PLATFORM,
    Happened,
    Heard,
    Said,
    edit,
    intent,
    is_from_person,
    lone_address,
)
from adapters.discord.outbound import (
    channel_of,
    is_direct,
    is_same,
)
from adapters.discord.places import PlaceNews
from adapters.discord.telling import Teller
from adapters.discord.webhooks import Webhooks
from adapters.discord.writing import BOT, THREADS, Writer
from core.delivery import PartKind, Receipt, Write
from core.ids import PinId, SpaceId
from core.model import Identity, Refusal
from core.ports import Desk

log = logging.getLogger("pinthread.discord")

_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)


class Pending:
    """Writes whose answer is still out, by the channel they go to."""

    def __init__(self) -> None:
        self._writes: dict[str, dict[str, Write]] = {}

    def add(self, write: Write) -> None:
        self._writes.setdefault(_goes_to(write), {})[write.delivery] = write

    def done(self, write: Write) -> None:
        where = _goes_to(write)
        there = self._writes.get(where)
        if there is not None:
            there.pop(write.delivery, None)
            if not there:
                del self._writes[where]

    def match(self, said: Said) -> tuple[Write, Receipt] | None:
        """Which of them a message of ours is."""
        message = {
            "content": said.content,
            "embeds": said.embeds,
            "nonce": said.nonce,
            "author": {"username": said.name},
        }
        for where in (said.channel, said.parent):
            for write in (self._writes.get(where) or {}).values() if where else ():
                if said.remote not in write.known and is_same(write, message):
                    return write, _receipt(write, said)
        return None


class Listener:
    def __init__(
        self,
        desk: Desk,
        writer: Writer,
        webhooks: Webhooks,
        pending: Pending,
        teller: Teller,
        follower: Follower,
    ) -> None:
        self._desk = desk
        self._writer = writer
        self._webhooks = webhooks
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

    def heard(self, said: Said, *, me: str) -> None:
        """Hands a message, or an edit of one, on to its channel's line. Never waits."""
        if said.author == me or said.webhook in self._webhooks.ids():
            found = None if said.edited else self._pending.match(said)
            if found is not None:
                self._desk.echo(found[0].delivery, found[1])
            return
        if is_from_person(said) and (said.direct or said.parent or said.unknown_thread):
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
                    place, label, trouble = heard.place, heard.label, heard.trouble
                    await self._desk.place_changed(place, label=label, trouble=trouble)
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
            if isinstance(channel, Problem) or channel.type not in THREADS:
                return
            said = replace(said, parent=channel.parent_id)
        accounts = await self._accounts(said) if said.people else NO_ACCOUNTS
        if said.edited:
            wanted = edit(said, accounts)
        else:
            wanted = intent(said, pin=await self._pin(said), accounts=accounts)
        if wanted is None:
            return
        outcome = await self._desk.submit(wanted)
        await self._teller.respond(said, outcome)

    async def _accounts(self, said: Said) -> dict[str, str]:
        """Who of those that a message mentions has an account; none is made for that."""
        users = list(said.people)
        found = await self._desk.accounts_of([Identity(PLATFORM, "", user) for user in users])
        return {
            user: str(account.id)
            for user, account in zip(users, found, strict=True)
            if account is not None
        }

    async def _pin(self, said: Said) -> PinId | None:
        address = lone_address(said.content)
        if address is None:
            return None
        found = await self._desk.pin_id(address)
        return None if isinstance(found, Refusal) else found


def _goes_to(write: Write) -> str:
    mirror = write.mirror
    if mirror.space is not None:
        return channel_of(mirror.root) if is_direct(write) and mirror.root else mirror.space
    return mirror.place.channel


def _receipt(write: Write, said: Said) -> Receipt:
    """What the answer to the write would have said."""
    if write.part.kind is not PartKind.CARD:
        return Receipt(said.remote, f"webhook:{said.webhook}" if said.webhook else BOT)
    if is_direct(write):
        return Receipt(said.remote, BOT, SpaceId(said.remote))
    if said.channel == said.message:
        return Receipt(said.remote, BOT, SpaceId(said.channel))
    return Receipt(said.remote, BOT, inner=1, data={"card": said.remote})
