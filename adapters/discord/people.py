"""Who somebody is by their user id, where an event tells no more than that.

Asked at Discord once and remembered for as long as there is room; a name that has
changed since is put right by the person's next message.
"""

from collections import OrderedDict

import discord
import msgspec

from adapters.discord.errors import Problem
from adapters.discord.inbound import person
from adapters.discord.rest import Rest
from core.intents import Person

_REMEMBERED = 5_000


class User(msgspec.Struct):
    id: str
    username: str
    global_name: str | None = None
    avatar: str | None = None
    bot: bool = False


class People:
    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._known: OrderedDict[str, Person | None] = OrderedDict()

    def learn(self, who: Person) -> None:
        """Somebody whose name an event has told."""
        self._keep(who.identity.user, who)

    async def person(self, user: str) -> Person | Problem | None:
        """The person, or nothing for a bot and for an id that is nobody's."""
        if user in self._known:
            return self._known[user]
        found = await self._rest.read(f"/users/{user}", User)
        if isinstance(found, Problem):
            return None if found.status == 404 else found
        return self._keep(user, None if found.bot else person_of(found))

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
