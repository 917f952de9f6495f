"""Watches over the channels of servers: renamed, gone, forbidden to the bot, good again.

The gateway tells of servers and channels; what follows for a bound place is told on. All
channels are told of, since only the desk knows which ones are bound. A thread that was
locked while nobody listened is known by the delivery that is refused there (`is_locked`);
its unlocking is seen here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import discord

from adapters.discord.errors import PLACES
from adapters.discord.inbound import PLATFORM
from core.model import Place

_NEEDED = {
    1 << 10: "View Channel",
    1 << 11: "Send Messages",
    1 << 14: "Embed Links",
    1 << 29: "Manage Webhooks",
    1 << 38: "Send Messages in Threads",
}
"""Without these no words get there."""
_THREADS = "Create Public Threads"
"""A text channel needs it for the card's thread; a forum does not."""
_DELETED, _NOT_THERE = PLACES[10003], PLACES[10004]


@dataclass(frozen=True, slots=True)
class PlaceNews:
    """What is new of a channel: its name, its trouble, or neither: it is good again.

    `exposed` says whether everybody in the server can read it, where that is told.
    """

    place: Place
    label: str | None = None
    trouble: str | None = None
    exposed: bool | None = None


class Places:
    def __init__(self, tell: Callable[[PlaceNews], None]) -> None:
        self._tell = tell
        self._troubles: dict[int, str | None] = {}
        self._exposed: dict[int, bool] = {}
        self._locked: set[int] = set()

    def here(self, guild: discord.Guild) -> None:
        """The server is there, after a sign-in or an invitation: how is each channel now?"""
        for channel in _holding(guild):
            self._look(channel, always=True)

    def left(self, guild: discord.Guild) -> None:
        for channel in _holding(guild):
            self._set(channel, _NOT_THERE)

    def rights_changed(self, guild: discord.Guild) -> None:
        for channel in _holding(guild):
            self._look(channel)

    def changed(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        if before.name != after.name:
            self._tell(PlaceNews(_place(after), label=f"#{after.name}"))
        self._look(after)

    def deleted(self, channel: discord.abc.GuildChannel) -> None:
        self._set(channel, _DELETED)

    def hooks_changed(self, channel: discord.abc.GuildChannel) -> None:
        """One of the most that there can be may have gone."""
        self._look(channel, always=True)

    def is_locked(self, thread: str) -> None:
        """A delivery was refused there."""
        self._locked.add(int(thread))

    def thread_changed(self, data: Mapping[str, Any]) -> None:
        """A thread that is unlocked takes words again."""
        thread, told = int(data["id"]), data.get("thread_metadata") or {}
        if told.get("locked"):
            self._locked.add(thread)
        elif thread in self._locked:
            self._locked.discard(thread)
            place = Place(PLATFORM, str(data["guild_id"]), str(data["parent_id"]))
            self._tell(PlaceNews(place))

    def _look(self, channel: discord.abc.GuildChannel, *, always: bool = False) -> None:
        trouble, exposed = _trouble(channel), read_by_all(channel)
        known = self._troubles.get(channel.id)
        if always and trouble is None:
            known = ""  # whatever the desk thought of it before
        if trouble != known or exposed is not self._exposed.get(channel.id):
            self._exposed[channel.id] = exposed
            self._set(channel, trouble, exposed=exposed)

    def _set(
        self,
        channel: discord.abc.GuildChannel,
        trouble: str | None,
        *,
        exposed: bool | None = None,
    ) -> None:
        self._troubles[channel.id] = trouble
        self._tell(PlaceNews(_place(channel), trouble=trouble, exposed=exposed))


def _holding(guild: discord.Guild) -> list[discord.abc.GuildChannel]:
    """The channels that can be bound."""
    return [*guild.text_channels, *guild.forums]


def _place(channel: discord.abc.GuildChannel) -> Place:
    return Place(PLATFORM, str(channel.guild.id), str(channel.id))


def read_by_all(channel: discord.abc.GuildChannel) -> bool:
    """Whether everybody in the server can read it, whatever roles they hold."""
    return channel.permissions_for(channel.guild.default_role).view_channel


def _trouble(channel: discord.abc.GuildChannel) -> str | None:
    """What the bot needs to be given there, as a sentence."""
    me = channel.guild.me
    if me is None:
        return None
    held = channel.permissions_for(me)
    missing = [name for bit, name in _NEEDED.items() if not held.value & bit]
    if isinstance(channel, discord.TextChannel) and not held.create_public_threads:
        missing.append(_THREADS)
    if not missing:
        return None
    return f"Give the bot in #{channel.name}: {', '.join(missing)}."
