"""Discord, as the program sees it: the adapter port, put together from its parts.

Input comes through discord.py's gateway (`client`), all writes go through our own
calls (`rest`). The adapter keeps nothing that must survive: webhooks, channels and
direct message channels are found again.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import discord

from adapters.discord import outbound
from adapters.discord.changing import Changer
from adapters.discord.checking import findings
from adapters.discord.client import Gateway, point_to
from adapters.discord.custom import CustomEmoji
from adapters.discord.fetching import fetch
from adapters.discord.following import Follower
from adapters.discord.inbound import PLATFORM, Heard, Said
from adapters.discord.listening import Listener, Pending
from adapters.discord.people import People
from adapters.discord.places import PlaceNews, Places
from adapters.discord.presses import Front
from adapters.discord.rest import Rest
from adapters.discord.searching import Searcher
from adapters.discord.settings import Settings
from adapters.discord.telling import Teller
from adapters.discord.webhooks import Webhooks
from adapters.discord.writing import Costs, Writer
from core.capabilities import Capabilities
from core.delivery import Absent, Failure, Receipt, Verb, Write
from core.intents import RemoteFile
from core.model import Mirror, Place
from core.ports import Budgets, Cost, Desk, Files, Finding

log = logging.getLogger("pinthread.discord")

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 16.0
_REFUSED_PAUSE = 120.0
"""A person has to do something first; meanwhile the sign-ins of a day are not used up."""
_CLOSING = 3.0


class DiscordAdapter:
    def __init__(self, settings: Settings, budgets: Budgets, files: Files) -> None:
        self._settings = settings
        self._rest = Rest(settings, budgets)
        self._costs = Costs(settings.limits_factor)
        self._webhooks = Webhooks(self._rest)
        custom = CustomEmoji(self._rest)
        self._writer = Writer(self._rest, self._webhooks, self._costs, files, custom)
        self._changer = Changer(self._rest, self._webhooks, self._costs, custom)
        self._searcher = Searcher(self._rest, self._webhooks, self._writer)
        self._pending = Pending()
        self.places = Places(self._place_news)
        self._listener: Listener | None = None
        self._front: Front | None = None
        self._desk: Desk | None = None
        self._client: Gateway | None = None
        self._root: asyncio.Task[None] | None = None
        self._identified: deque[float] = deque()
        self._up = False
        self._stopping = False

    @property
    def name(self) -> str:
        return PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        return outbound.CAPABILITIES

    def connected(self) -> bool:
        return self._up

    # --- life

    async def start(self, desk: Desk) -> None:
        self._desk = desk
        people = People(self._rest)
        teller = Teller(self._rest, self._writer, self._costs)
        follower = Follower(desk, self._writer, people, teller)
        self._listener = Listener(
            desk, self._writer, self._webhooks, self._pending, teller, follower
        )
        self._front = Front(desk, people, teller, self.link)
        point_to(self._settings)
        # The root of the adapter's tasks: it lives from start to stop, and stop awaits it.
        self._root = asyncio.create_task(self._live(self._listener), name="discord")

    async def stop(self) -> None:
        self._stopping = True
        if self._client is not None:
            await _within(_CLOSING, self._client.close())
        if self._listener is not None:
            await self._listener.end(_CLOSING)
        if self._root is not None:
            self._root.cancel()
            await asyncio.wait((self._root,))
        self.up(up=False)
        await self._rest.close()

    async def _live(self, listener: Listener) -> None:
        async with asyncio.TaskGroup() as group:
            listener.begin(group)
            await self._stay_connected()

    async def _stay_connected(self) -> None:
        """The library reconnects by itself; what it gives up on begins anew here."""
        pause = _FIRST_PAUSE
        while not self._stopping:
            client = self._client = Gateway(self, self._identified)
            try:
                await client.start(self._settings.token)
            except discord.PrivilegedIntentsRequired:
                log.error("discord_intents_missing")
                pause = _REFUSED_PAUSE
            except discord.LoginFailure:
                log.error("discord_token_refused")
                pause = _REFUSED_PAUSE
            except Exception as trouble:  # noqa: BLE001
                # The boundary of the connection: whatever ended it, it is made again.
                log.warning("discord_connection_ended", extra={"error": type(trouble).__name__})
            finally:
                self.up(up=False)
                await _within(_CLOSING, client.close())
            if client.was_ready:
                pause = _FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    # --- what the gateway says

    def up(self, *, up: bool) -> None:
        if up == self._up:
            return
        self._up = up
        if self._desk is not None:
            self._desk.online(PLATFORM, up=up)

    def heard(self, heard: Heard) -> None:
        if self._listener is None or self._client is None:
            return
        if isinstance(heard, Said):
            self._listener.heard(heard, me=self._client.me)
        else:
            self._listener.happened(heard)

    def _place_news(self, news: PlaceNews) -> None:
        if self._listener is not None:
            self._listener.told(news)

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        if self._front is not None:
            await self._front.pressed(interaction)

    async def introduce(self, client: Gateway) -> None:
        if self._front is not None:
            await self._front.register(client, sync=self._settings.sync_commands)

    # --- the port

    def costs(self, write: Write) -> tuple[Cost, ...]:
        return self._costs.of(write)

    async def write(self, write: Write) -> Receipt | Failure:
        if write.step.verb is not Verb.POST:
            return await self._changer.write(write)
        self._pending.add(write)
        done = await self._writer.write(write)
        if isinstance(done, Receipt) or done.certain:
            self._pending.done(write)
        return done

    async def find(self, write: Write) -> Receipt | Absent | Failure:
        found = await self._searcher.find(write)
        if isinstance(found, Receipt):
            self._pending.done(write)
        return found

    def fetch(self, file: RemoteFile) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return fetch(self._rest, file)

    def link(self, mirror: Mirror) -> str | None:
        return outbound.link(mirror)

    async def check(self, places: Sequence[Place]) -> tuple[Finding, ...]:
        try:
            return await findings(self._rest, places)
        finally:
            if self._root is None:
                await self._rest.close()  # nobody stops what was never started


async def _within(seconds: float, closing: Any) -> None:
    try:
        async with asyncio.timeout(seconds):
            await closing
    except TimeoutError:
        log.warning("discord_close_took_too_long")
