"""Who asks, and where, from what Discord tells of a command, a press or a form. Pure.

A thread of a server is the mirrored thread itself; a card in a text channel stands for the
thread that was started from it. In direct messages a message stands for its thread.
"""

from typing import Any

import discord

from adapters.discord.client import name_of, picture_of, roles_of
from adapters.discord.inbound import PLATFORM, Said, author, direct_place, person
from adapters.discord.outbound import remote_id
from core.asking import Caller
from core.ids import RemoteId, SpaceId
from core.intents import InDirect, InSpace, Person, Target
from core.model import Place

Interaction = discord.Interaction[Any]


def actor_of(interaction: Interaction) -> Person:
    user = interaction.user
    return person(str(user.id), name_of(user), picture_of(user), roles_of(user) or ())


def place_of(interaction: Interaction) -> Place:
    """Where it was done: a thread's place is its parent's."""
    if interaction.guild_id is None:
        return direct_place(str(interaction.user.id))
    channel = interaction.channel
    parent = getattr(channel, "parent_id", None)
    inside = isinstance(channel, discord.Thread) and parent
    return Place(
        PLATFORM, str(interaction.guild_id), str(parent if inside else channel_of(interaction))
    )


def channel_of(interaction: Interaction) -> str:
    return str(interaction.channel_id)


def caller_of(interaction: Interaction, message: str | None = None) -> Caller:
    """`message` is the one that it was done on; a pressed one is told by Discord."""
    pressed = interaction.message
    if message is None and pressed is not None and not pressed.flags.ephemeral:
        message = str(pressed.id)
    on = None if message is None else remote_id(channel_of(interaction), message)
    return Caller(
        actor_of(interaction),
        place_of(interaction),
        _thread(interaction, on),
        on,
        f"discord:interaction:{interaction.id}",
    )


def _thread(interaction: Interaction, on: RemoteId | None) -> Target | None:
    if interaction.guild_id is None:
        return InDirect(place_of(interaction), on) if on is not None else None
    if isinstance(interaction.channel, discord.Thread):
        return InSpace(PLATFORM, SpaceId(channel_of(interaction)))
    pressed = interaction.message
    if pressed is not None and pressed.flags.has_thread:
        return InSpace(PLATFORM, SpaceId(str(pressed.id)))
    return None


def who_said(said: Said, place: Place) -> Caller:
    """Somebody whose words were heard, for what they are to be told of them."""
    thread: Target = InDirect(place) if said.direct else InSpace(PLATFORM, SpaceId(said.channel))
    return Caller(
        author(said), place, thread, said.remote, f"discord:{said.channel}:{said.message}"
    )
