"""What happens to messages on Discord, taken to the desk: deletes and reactions.

Discord tells ids alone: where it was and who it was is asked only where the gateway and
the desk do not know. A failing answer is an error, and the caller tries again.
"""

from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, datetime

from adapters.discord.errors import Problem
from adapters.discord.inbound import (
    PLATFORM,
    Cleared,
    Gone,
    Happened,
    Reacted,
    Said,
    delete,
    direct_place,
    person,
    reaction,
)
from adapters.discord.meaning import Meaning
from adapters.discord.outbound import remote_id
from adapters.discord.people import People
from adapters.discord.telling import Teller
from adapters.discord.writing import THREADS, Writer
from core.intents import Person, RemoteMessage
from core.model import Identity, Place, Refusal
from core.ports.desk import Desk

_REMEMBERED = 1000


class Follower:
    def __init__(
        self, desk: Desk, meaning: Meaning, writer: Writer, people: People, teller: Teller
    ) -> None:
        self._desk = desk
        self._meaning = meaning
        self._writer = writer
        self._people = people
        self._teller = teller
        self._told: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    async def take(self, happened: Happened) -> None:
        """What happened to a message: the place is looked up only where nobody has said it."""
        place = await self._place(happened)
        if place is None:
            return
        if isinstance(happened, Gone):
            await self._desk.submit(delete(happened, place))
        elif isinstance(happened, Cleared):
            await self._clear(happened, place)
        else:
            await self._react(happened, place)

    async def _place(self, happened: Happened) -> Place | None:
        where = happened.where
        if not where.guild and isinstance(happened, Reacted):
            return direct_place(happened.user)
        if where.parent or (where.guild and where.known):
            return Place(PLATFORM, where.guild, where.parent or where.channel)
        channel = await self._writer.channel(where.channel)
        if isinstance(channel, Problem):
            if channel.status == 0 or channel.status >= 500:
                raise ConnectionError("Discord does not say where it was")
            return None
        if not where.guild:
            return direct_place(channel.recipients[0].id) if channel.recipients else None
        thread = channel.type in THREADS and channel.parent_id
        return Place(PLATFORM, where.guild, thread or where.channel)

    async def _react(self, reacted: Reacted, place: Place) -> None:
        who = await self._who(reacted)
        if who is None:
            return
        if not reacted.name:
            who = replace(who, roles=await self._meaning.roles(place, reacted.user))
        outcome = await self._desk.submit(reaction(reacted, place, who))
        if isinstance(outcome, Refusal) and reacted.on:
            await self._refuse_reaction(reacted, outcome)

    async def _who(self, reacted: Reacted) -> Person | None:
        """Where no name is told, a known account keeps the one it has. Nothing for a bot."""
        if reacted.name:
            who = person(reacted.user, reacted.name, reacted.picture, reacted.held)
            self._people.learn(who)
            return who
        [account] = await self._desk.accounts_of([Identity(PLATFORM, "", reacted.user)])
        if account is not None:
            return person(reacted.user, account.name, account.picture)
        found = await self._people.person(reacted.user)
        if isinstance(found, Problem):
            raise ConnectionError("Discord does not say who it was")
        return found

    async def _clear(self, cleared: Cleared, place: Place) -> None:
        """Discord does not say whose they were: the history knows."""
        message = RemoteMessage(PLATFORM, remote_id(cleared.where.channel, cleared.message))
        for account, emoji in await self._desk.reactions(message):
            if cleared.emoji in (None, emoji):
                one = Reacted(
                    cleared.where, cleared.message, account, emoji, on=False, nth=cleared.nth
                )
                await self._desk.submit(reaction(one, place, account))

    async def _refuse_reaction(self, reacted: Reacted, refusal: Refusal) -> None:
        """Tells somebody once a thread that their reactions go nowhere, and why."""
        about = (reacted.user, reacted.where.channel, refusal.code)
        if about in self._told:
            return
        self._told[about] = None
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        where = reacted.where
        said = Said(
            message=reacted.message,
            channel=where.channel,
            guild=where.guild,
            parent=where.parent,
            author=reacted.user,
            name=reacted.name,
            picture=None,
            content="",
            at=datetime.now(UTC),
        )
        await self._teller.refuse(said, refusal, what="reaction")
