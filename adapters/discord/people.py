"""Who somebody is by their user id, where an event tells no more than that.

Asked at Discord once and remembered for as long as there is room; a name that has
changed since is put right by the person's next message.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

import discord
import msgspec

from adapters.discord.errors import Problem
from adapters.discord.inbound import person
from adapters.discord.rest import Rest
from core.intents import Person

_REMEMBERED = 5_000
_FRESH = 300.0


class User(msgspec.Struct):
    id: str
    username: str
    global_name: str | None = None
    avatar: str | None = None
    bot: bool = False


class _Member(msgspec.Struct):
    roles: list[str] = msgspec.field(default_factory=list)


class _Role(msgspec.Struct):
    id: str
    name: str


class People:
    def __init__(self, rest: Rest, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest = rest
        self._clock = clock
        self._known: OrderedDict[str, Person | None] = OrderedDict()
        self._held: OrderedDict[tuple[str, str], tuple[float, tuple[str, ...]]] = OrderedDict()

    def learn(self, who: Person) -> None:
        """Somebody whose name an event has told. Roles are those of one server, and not kept."""
        self._keep(who.identity.user, replace(who, roles=()))

    async def person(self, user: str) -> Person | Problem | None:
        """The person, or nothing for a bot and for an id that is nobody's."""
        if user in self._known:
            return self._known[user]
        found = await self._rest.read(f"/users/{user}", User)
        if isinstance(found, Problem):
            return None if found.status == 404 else found
        return self._keep(user, None if found.bot else person_of(found))

    async def roles(self, guild: str, user: str) -> tuple[str, ...] | Problem:
        """Names of the roles that somebody holds in a server, as they were within 5 minutes.

        For what was said or done there while nobody listened; events tell them by themselves.
        """
        known = self._held.get((guild, user))
        if known is not None and self._clock() - known[0] < _FRESH:
            return known[1]
        member = await self._rest.read(f"/guilds/{guild}/members/{user}", _Member, backfill=True)
        if isinstance(member, Problem):
            return () if member.status == 404 else member
        names: tuple[str, ...] = ()
        if member.roles:
            path = f"/guilds/{guild}/roles"
            listed = await self._rest.read(path, list[_Role], backfill=True)
            if isinstance(listed, Problem):
                return listed
            names = tuple(role.name for role in listed if role.id in member.roles)
        self._held[guild, user] = self._clock(), names
        if len(self._held) > _REMEMBERED:
            self._held.popitem(last=False)
        return names

    def _keep(self, user: str, who: Person | None) -> Person | None:
        self._known[user] = who
        self._known.move_to_end(user)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return who


def person_of(user: User) -> Person:
    base = discord.Asset.BASE
    picture = (
        f"{base}/avatars/{user.id}/{user.avatar}.png?size=1024"
        if user.avatar
        else f"{base}/embed/avatars/{(int(user.id) >> 22) % 6}.png"
    )
    return person(user.id, user.global_name or user.username, picture)
