"""Preflight: is the token good, are the intents on, can the bot work in each place?

Reads only. Each finding that is not ok says what to do about it.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from adapters.discord.errors import PLACES, Problem
from adapters.discord.rest import Rest
from adapters.discord.settings import PERMISSIONS
from core.model import Place
from core.ports.adapter import Finding
from core.ports.reading import PlaceLook

ADMINISTRATOR = 1 << 3
CONTENT_FLAGS = (1 << 18) | (1 << 19)
PORTAL = "https://discord.com/developers/applications"
_VIEW = 1 << 10
NAMES = {
    _VIEW: "View Channel",
    1 << 11: "Send Messages",
    1 << 14: "Embed Links",
    1 << 16: "Read Message History",
    1 << 29: "Manage Webhooks",
    1 << 34: "Manage Threads",
    1 << 35: "Create Public Threads",
    1 << 38: "Send Messages in Threads",
    1 << 6: "Add Reactions",
}
"""The permissions without which something of the bridge does not work."""


class _Role(msgspec.Struct):
    id: str
    permissions: str


class _Guild(msgspec.Struct):
    id: str
    name: str
    owner_id: str
    roles: list[_Role]


class _Member(msgspec.Struct):
    roles: list[str]


class Overwrite(msgspec.Struct):
    id: str
    allow: str
    deny: str


class _Channel(msgspec.Struct):
    id: str
    type: int
    name: str | None = None
    guild_id: str | None = None
    permission_overwrites: list[Overwrite] = msgspec.field(default_factory=list)


async def findings(rest: Rest, places: Sequence[Place]) -> tuple[Finding, ...]:
    me = await rest.read("/users/@me", dict[str, Any])
    if isinstance(me, Problem):
        return (_no(me, "Discord: sign in", "Put a valid bot token into discord.token."),)
    found = [Finding(True, f"Discord: signed in as {me.get('username')}")]
    found.append(await _intents(rest))
    guilds: dict[str, _Guild | Problem] = {}
    for place in places:
        if not place.workspace:
            continue
        if place.workspace not in guilds:
            guilds[place.workspace] = await rest.read(f"/guilds/{place.workspace}", _Guild)
        guild = guilds[place.workspace]
        if isinstance(guild, Problem):
            what = f"Discord: server {place.workspace}"
            found.append(_no(guild, what, f"Invite the bot with permissions {PERMISSIONS}."))
            continue
        found.append(await _place(rest, guild, str(me["id"]), place))
    return tuple(found)


async def _intents(rest: Rest) -> Finding:
    what = "Discord: message content intent"
    application = await rest.read("/applications/@me", dict[str, Any])
    if isinstance(application, Problem):
        return _no(application, what, "Try again later.")
    if int(application.get("flags") or 0) & CONTENT_FLAGS:
        return Finding(True, what)
    return Finding(False, what, f"Switch on Message Content Intent under Bot at {PORTAL}.")


async def _place(rest: Rest, guild: _Guild, me: str, place: Place) -> Finding:
    channel = await rest.read(f"/channels/{place.channel}", _Channel)
    what = f"Discord: channel {place.channel} of {guild.name}"
    if isinstance(channel, Problem):
        return _no(channel, what, "Check the channel's id, and give the bot View Channel there.")
    what = f"Discord: #{channel.name} of {guild.name}"
    if channel.guild_id not in (None, guild.id):
        return Finding(False, what, "The channel belongs to another server. Check both ids.")
    if channel.type not in (0, 5, 15, 16):
        return Finding(False, what, "Only text channels and forums can be connected.")
    member = await rest.read(f"/guilds/{guild.id}/members/{me}", _Member)
    if isinstance(member, Problem):
        return _no(member, what, f"Invite the bot with permissions {PERMISSIONS}.")
    allowed = permissions(guild, member.roles, me, channel.permission_overwrites)
    missing = [name for bit, name in NAMES.items() if not allowed & bit]
    if missing:
        return Finding(False, what, f"Give the bot there: {', '.join(missing)}.")
    return Finding(True, what)


async def look(rest: Rest, place: Place) -> PlaceLook | None:
    """A channel as it is now: private is what not everybody in the server can read."""
    if not place.workspace:
        return None
    guild = await rest.read(f"/guilds/{place.workspace}", _Guild)
    channel = await rest.read(f"/channels/{place.channel}", _Channel)
    if isinstance(guild, Problem) or isinstance(channel, Problem):
        return None
    if channel.guild_id not in (None, guild.id):
        return None
    of_everybody = [one for one in channel.permission_overwrites if one.id == guild.id]
    seen = permissions(guild, (), "", of_everybody) & _VIEW
    return PlaceLook(f"#{channel.name}", private=not seen)


def permissions(
    guild: _Guild, roles: Sequence[str], user: str, overwrites: Sequence[Overwrite]
) -> int:
    """A member's permissions in a channel, after Discord's own algorithm."""
    held = {guild.id, *roles}
    base = 0
    for role in guild.roles:
        if role.id in held:
            base |= int(role.permissions)
    if guild.owner_id == user or base & ADMINISTRATOR:
        return ~0
    everyone = [one for one in overwrites if one.id == guild.id]
    of_roles = [one for one in overwrites if one.id in held and one.id != guild.id]
    own = [one for one in overwrites if one.id == user]
    for layer in (everyone, of_roles, own):
        deny = allow = 0
        for one in layer:
            deny |= int(one.deny)
            allow |= int(one.allow)
        base = (base & ~deny) | allow
    return base


def _no(problem: Problem, what: str, remedy: str) -> Finding:
    if problem.status == 0 or problem.status >= 500:
        remedy = "Discord does not answer. Check discord.api_url and the network."
    else:
        remedy = PLACES.get(problem.code, remedy)
    return Finding(False, what, remedy)
