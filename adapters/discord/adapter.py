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
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import discord

from adapters.discord import outbound, sweeping
from adapters.discord.announcing import Announcer
from adapters.discord.answers import button_rows, line
from adapters.discord.canary import Canary
from adapters.discord.changing import Changer
from adapters.discord.checking import findings, look
from adapters.discord.client import Gateway, point_to
from adapters.discord.custom import CustomEmoji
from adapters.discord.errors import LOCKED
from adapters.discord.fetching import fetch
from adapters.discord.following import Follower
from adapters.discord.inbound import PLATFORM, Heard, Said
from adapters.discord.listening import Listener
from adapters.discord.meaning import Meaning
from adapters.discord.ours import Ourselves
from adapters.discord.pending import Pending
from adapters.discord.people import People
from adapters.discord.places import PlaceNews, Places
from adapters.discord.presses import Front
from adapters.discord.quiet import Quiet
from adapters.discord.rest import Rest
from adapters.discord.searching import Searcher
from adapters.discord.settings import Settings
from adapters.discord.speaking import Speaker
from adapters.discord.sweeping import Sweeper
from adapters.discord.telling import Teller
from adapters.discord.webhooks import Webhooks
from adapters.discord.writing import Costs, Writer
from core.capabilities import Capabilities
from core.delivery import Absent, Failure, Receipt, Verb, Write
from core.ids import RemoteId, SpaceId
from core.intents import Intent, RemoteFile
from core.model import Mirror, Place, Refusal
from core.ports.adapter import Finding
from core.ports.desk import Desk
from core.ports.files import Files, Piece
from core.ports.needs import Budgets, Cost
from core.ports.outcomes import Ask, Waiting
from core.ports.reading import PlaceLook
from core.sweep import Root, Seen

log = logging.getLogger("pinthread.discord")

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 16.0
_REFUSED_PAUSE = 120.0
"""A person has to do something first; meanwhile the sign-ins of a day are not used up."""
_CLOSING = 3.0


class DiscordAdapter:
    def __init__(self, settings: Settings, budgets: Budgets, files: Files) -> None:
        self._settings = settings
        self._rest = Rest(settings, budgets, self._token_taken)
        self._costs = Costs(settings.limits_factor)
        self._webhooks = Webhooks(self._rest)
        custom = CustomEmoji(self._rest)
        self._writer = Writer(
            self._rest, self._webhooks, self._costs, files, custom, self._file_limit, self._top
        )
        self._changer = Changer(self._rest, self._webhooks, self._costs, custom, self._top)
        self._ourselves = Ourselves(self._rest, self._webhooks)
        self._pending = Pending()
        self._searcher = Searcher(
            self._rest, self._costs, self._webhooks, self._writer, self._ourselves, self._pending
        )
        self._people = People(self._rest)
        self._sweeper = Sweeper(
            self._rest, self._costs, self._writer, self._people, self._ourselves, self._reader
        )
        self._announcer = Announcer(self._rest, self._writer, Speaker(self._rest, self._costs))
        self._canary = Canary(settings.deaf_after)
        self.places = Places(self._place_news)
        self._listener: Listener | None = None
        self._front: Front | None = None
        self._teller: Teller | None = None
        self._quiet: Quiet | None = None
        self._desk: Desk | None = None
        self._client: Gateway | None = None
        self._spare: Gateway | None = None
        self._root: asyncio.Task[None] | None = None
        self._identified: deque[float] = deque()
        self._because = "started"
        self._up = False
        self._stopping = False

    @property
    def name(self) -> str:
        return PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        return outbound.CAPABILITIES

    def capabilities_at(self, place: Place) -> Capabilities:
        return _capabilities(self._file_limit(place))

    def _file_limit(self, place: Place) -> int:
        """Of one file; what is not known of a server's boosts is taken as none."""
        guild = self._client.get_guild(int(place.workspace or 0)) if self._client else None
        return outbound.BOOSTED.get(guild.premium_tier if guild else 0, outbound.FILE_LIMIT)

    def connected(self) -> bool:
        return self._up

    # --- life

    async def start(self, desk: Desk) -> None:
        self._desk = desk
        speaker = Speaker(self._rest, self._costs)
        quiet = self._quiet = Quiet(desk, self._rest, speaker)
        teller = self._teller = Teller(desk, self._writer, speaker, quiet)
        meaning = Meaning(desk, self._people)
        follower = Follower(desk, meaning, self._writer, self._people, teller)
        self._listener = Listener(
            desk, meaning, self._writer, self._ourselves, self._pending, teller, follower
        )
        self._sweeper.understand(meaning)
        self._front = Front(
            desk,
            self._rest,
            self._people,
            meaning,
            teller,
            quiet,
            patience=self._settings.patience,
        )
        point_to(self._settings)
        # The root of the adapter's tasks: it lives from start to stop, and stop awaits it.
        self._root = asyncio.create_task(self._live(self._listener), name="discord")

    async def connect(self, desk: Desk) -> None:
        """REST alone, which needs no connection kept up."""
        self._desk = desk
        self._sweeper.understand(Meaning(desk, self._people))
        point_to(self._settings)
        self.up(up=True)

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
            if self._quiet is not None:
                self._quiet.begin(group)
            group.create_task(self._watch())
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

    async def _watch(self) -> None:
        """Ends a connection that hears nothing, so that another one is made."""
        while True:
            await self._canary.deaf()
            client = self._client
            if self._up and client is not None:
                log.warning("discord_deaf")
                self._because = "deaf"
                self._canary.renewed()
                await _within(_CLOSING, client.close())

    # --- what the gateway says

    def dispatched(self, event: str) -> None:
        self._canary.heard(message=event == "MESSAGE_CREATE")

    def gap(self, *, of_one_server: bool = False) -> None:
        because = "disconnected"
        if not of_one_server:
            because, self._because = self._because, "not_resumed"
        self._learn()
        self._sweeper.gap()
        if self._desk is not None:
            self._desk.gap(PLATFORM, because)

    def up(self, *, up: bool) -> None:
        if up == self._up:
            return
        self._up = up
        if self._desk is not None:
            self._desk.online(PLATFORM, up=up)

    def heard(self, heard: Heard) -> None:
        if self._listener is None or self._client is None:
            return
        self._learn()
        if isinstance(heard, Said):
            self._listener.heard(heard)
        else:
            self._listener.happened(heard)

    def own_reaction(self, channel: str, message: str, emoji: str) -> None:
        if self._desk is not None:
            stands = Seen(outbound.remote_id(channel, message), ours=frozenset({emoji}))
            self._desk.suspect(PLATFORM, stands)

    def _learn(self) -> None:
        if self._client is not None:
            self._ourselves.learn(self._client.me, str(self._client.application_id or ""))

    def _place_news(self, news: PlaceNews) -> None:
        if self._listener is not None:
            self._listener.told(news)

    def _token_taken(self) -> None:
        """Places that a refused token broke are good again."""
        for guild in self._client.guilds if self._client is not None else ():
            self.places.here(guild)

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        if self._front is not None:
            await self._front.pressed(interaction)

    async def introduce(self, client: Gateway) -> None:
        if self._front is not None:
            application = client.application_id
            if self._settings.sync_commands and application is not None:
                await self._front.register(str(application))

    # --- the port

    def costs(self, write: Write) -> tuple[Cost, ...]:
        return self._costs.of(write)

    async def write(self, write: Write) -> Receipt | Failure:
        done = await self._write(write)
        if isinstance(done, Failure) and done.code == LOCKED and write.mirror.space is not None:
            self.places.is_locked(write.mirror.space)
        return done

    async def _write(self, write: Write) -> Receipt | Failure:
        if write.step.verb is not Verb.POST:
            return await self._changer.write(write)
        seen = None if write.inner else self._pending.add(write)
        if seen is not None:
            return seen
        began = self._canary.now()
        done = await self._writer.write(write)
        if isinstance(done, Receipt):
            if not write.inner:
                self._canary.posted(began)
                self._settled(write, done)
        elif done.certain:
            self._pending.done(write)
        return done

    async def find(self, write: Write) -> Receipt | Absent | Failure:
        found = await self._searcher.find(write)
        if isinstance(found, Receipt) and write.step.verb is Verb.POST and not write.inner:
            self._settled(write, found)
        return found

    def _settled(self, write: Write, done: Receipt) -> None:
        """Where an earlier attempt was applied too, the desk takes away what is not placed."""
        twin = self._pending.done(write, done)
        if twin is None or self._desk is None:
            return
        for one in (twin, done):
            card = SpaceId(outbound.message_of(one.remote))
            space = one.space or write.mirror.space or card
            place = write.mirror.place
            self._desk.stray(place, space, one.remote, one.poster, write.delivery)

    def fetch(self, file: RemoteFile) -> AbstractAsyncContextManager[AsyncIterator[Piece]]:
        return fetch(self._rest, file)

    def link(self, mirror: Mirror) -> str | None:
        return outbound.link(mirror)

    def moment(self, remote: RemoteId) -> datetime:
        return sweeping.moment(remote)

    def roots(self, place: Place, since: datetime) -> AsyncIterator[tuple[Root, ...]]:
        return self._sweeper.roots(place, since)

    def messages(self, mirror: Mirror, after: RemoteId | None) -> AsyncIterator[tuple[Seen, ...]]:
        return self._sweeper.messages(mirror, after)

    def direct(self, place: Place, after: RemoteId | None) -> AsyncIterator[tuple[Seen, ...]]:
        return self._sweeper.direct(place, after)

    async def message(self, mirror: Mirror, remote: RemoteId) -> Seen | Absent:
        return await self._sweeper.message(mirror, remote)

    def shows(self, write: Write, seen: Seen) -> bool:
        return seen.raw is not None and outbound.shows(write, seen.raw)

    async def _top(self, write: Write) -> outbound.Body:
        """The line and the buttons of a card in a brand's inbox, as the thread stands now."""
        if self._desk is None or not outbound.is_inbox_card(write):
            return {}
        text, buttons = await self._desk.office.card(write.mirror)
        return {
            "content": f"-# {line(text)}"[: outbound.CONTENT] if text else "",
            "components": button_rows(buttons),
        }

    async def describe(self, place: Place) -> PlaceLook | None:
        return await look(self._rest, place)

    async def members(self, place: Place) -> frozenset[str] | None:
        """Not asked of Discord: a named role makes an agent, which every gesture tells."""
        del place
        return None

    async def say(self, place: Place, text: str, mentions: Sequence[str] = ()) -> bool:
        return await self._announcer.say(place, text, mentions)

    async def tell(self, seen: Seen, intent: Intent, outcome: Refusal | Ask | Waiting) -> None:
        found = self._sweeper.said(seen, intent)
        if found is not None and self._teller is not None:
            await self._teller.told(found, intent.key, outcome)

    @property
    def invalid_requests(self) -> int:
        """Refused calls of the last ten minutes, which count towards Discord's ban."""
        return self._rest.invalid_requests

    def _reader(self) -> Gateway:
        """The client that knows the servers' names of things, or one that knows none."""
        if self._client is not None:
            return self._client
        if self._spare is None:
            point_to(self._settings)
            self._spare = Gateway(self, self._identified)
        return self._spare

    async def check(self, places: Sequence[Place]) -> tuple[Finding, ...]:
        try:
            return await findings(self._rest, places)
        finally:
            if self._root is None:
                await self._rest.close()  # nobody stops what was never started


@lru_cache(maxsize=8)
def _capabilities(file: int) -> Capabilities:
    """With the limit of one file; there are as many as there are tiers of boosts."""
    return replace(outbound.CAPABILITIES, file=file)


async def _within(seconds: float, closing: Any) -> None:
    try:
        async with asyncio.timeout(seconds):
            await closing
    except TimeoutError:
        log.warning("discord_close_took_too_long")
