"""discord.py's side of the connection: gateway events in, and nothing out.

Handlers run side by side in discord.py, so they do no more than hand a plain `Said`
or an interaction on. Where the library points is set on its classes, so there is one
Discord per process.
"""

import asyncio
import logging
import time
from collections import deque
from typing import Any, Protocol

import discord
import discord.client
import yarl
from discord.backoff import ExponentialBackoff
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord.emoji import inside
from adapters.discord.holding import VOICE, beside, files, forwarded
from adapters.discord.inbound import DEFAULT, Cleared, Gone, Heard, Reacted, Said, Where
from adapters.discord.places import Places
from adapters.discord.settings import INTENTS, Settings
from core.text.tidy import whole

_MOST_IDENTIFIES = 40
"""Sign-ins an hour, so that the 1,000 a day are never used up and the token not reset."""


class Ears(Protocol):
    """Who listens to what the gateway says."""

    @property
    def places(self) -> Places: ...

    def heard(self, heard: Heard) -> None: ...

    def own_reaction(self, channel: str, message: str, emoji: str) -> None:
        """We put an emoji on a message."""
        ...

    async def pressed(self, interaction: discord.Interaction[Any]) -> None: ...

    def up(self, *, up: bool) -> None: ...

    def dispatched(self, event: str) -> None:
        """The gateway has said something, whatever it is."""
        ...

    def gap(self, *, of_one_server: bool = False) -> None:
        """A new session has begun, or a server has come back: events may be missing."""
        ...

    async def introduce(self, client: "Gateway") -> None: ...


class _Located(Protocol):
    """A raw event, as far as it says where it was."""

    channel_id: int
    guild_id: int | None


class _Backoff(ExponentialBackoff[Any]):
    """At most 16 s between attempts: the library's own waits reach 17 minutes."""

    def __init__(self) -> None:
        super().__init__()
        self._max = 4


def point_to(settings: Settings) -> None:
    """Lets the library talk to the configured server."""
    Route.BASE = settings.api_url.rstrip("/")
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.gateway_url)
    discord.Asset.BASE = settings.cdn_url.rstrip("/")
    setattr(discord.client, "ExponentialBackoff", _Backoff)  # noqa: B010 (not exported)
    library = logging.getLogger("discord")
    if library.getEffectiveLevel() < logging.INFO:
        library.setLevel(logging.INFO)  # below that it logs payloads


class Gateway(discord.Client):
    """One sign-in. `identified` are the moments of earlier ones, kept by the caller."""

    def __init__(self, ears: Ears, identified: deque[float]) -> None:
        super().__init__(
            intents=_intents(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.5,
        )
        self._ears = ears
        self.was_ready = False
        self._settled = False
        self._identified = identified

    async def setup_hook(self) -> None:
        await self._ears.introduce(self)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        await super().before_identify_hook(shard_id, initial=initial)
        known = self._identified
        while known and known[0] < time.monotonic() - 3600:
            known.popleft()
        if len(known) >= _MOST_IDENTIFIES:
            await asyncio.sleep(known[0] + 3600 - time.monotonic())
        known.append(time.monotonic())

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        if event == "socket_event_type":
            self._ears.dispatched(args[0])
        super().dispatch(event, *args, **kwargs)

    @property
    def me(self) -> str:
        """Our own user id; empty before sign-in."""
        return str(self.user.id) if self.user else ""

    async def on_connect(self) -> None:
        """A new session has begun; its servers are told one by one before it is ready."""
        self._settled = False

    async def on_ready(self) -> None:
        self.was_ready = self._settled = True
        self._ears.up(up=True)
        # Once for each session: one that is resumed has missed nothing.
        self._ears.gap()

    async def on_resumed(self) -> None:
        self._ears.up(up=True)

    async def on_disconnect(self) -> None:
        self._ears.up(up=False)

    async def on_message(self, message: discord.Message) -> None:
        self._ears.heard(said(message))

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        # Link previews, pins and flags are updates too, and no edits.
        if payload.data.get("edited_timestamp") and "content" in payload.data:
            self._ears.heard(said(payload.message, edit=True))

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        self._ears.heard(Gone(self._where(payload), str(payload.message_id)))

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        where = self._where(payload)
        for message in sorted(payload.message_ids):
            self._ears.heard(Gone(where, str(message)))

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        self._reacted(payload, on=True)

    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        self._reacted(payload, on=False)

    async def on_raw_reaction_clear(self, payload: discord.RawReactionClearEvent) -> None:
        nth = time.time_ns()
        self._ears.heard(Cleared(self._where(payload), str(payload.message_id), None, nth))

    async def on_raw_reaction_clear_emoji(
        self, payload: discord.RawReactionClearEmojiEvent
    ) -> None:
        emoji = _inside(payload.emoji)
        nth = time.time_ns()
        self._ears.heard(Cleared(self._where(payload), str(payload.message_id), emoji, nth))

    def _reacted(self, payload: discord.RawReactionActionEvent, *, on: bool) -> None:
        emoji, member = _inside(payload.emoji), payload.member
        if emoji and on and str(payload.user_id) == self.me:
            self._ears.own_reaction(str(payload.channel_id), str(payload.message_id), emoji)
        if not emoji or str(payload.user_id) == self.me or (member is not None and member.bot):
            return
        self._ears.heard(
            Reacted(
                self._where(payload),
                str(payload.message_id),
                str(payload.user_id),
                emoji,
                on,
                time.time_ns(),
                name_of(member) if member else "",
                picture_of(member) if member else None,
                roles_of(member) or (),
            )
        )

    def _where(self, payload: "_Located") -> Where:
        channel, guild = payload.channel_id, payload.guild_id
        if guild is None:
            return Where(str(channel), "")
        server = self.get_guild(guild)
        known = server.get_channel_or_thread(channel) if server else None
        parent = known.parent_id if isinstance(known, discord.Thread) else None
        return Where(str(channel), str(guild), str(parent) if parent else None, known is not None)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        self._ears.places.here(guild)
        if self._settled:
            # It was away, or comes late after a sign-in: nothing was told of it meanwhile.
            self._ears.gap(of_one_server=True)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        self._ears.places.here(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self._ears.places.left(guild)

    async def on_guild_channel_update(
        self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel
    ) -> None:
        self._ears.places.changed(before, after)

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        self._ears.places.deleted(channel)

    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        if before.permissions != after.permissions:
            self._ears.places.rights_changed(after.guild)

    async def on_member_update(self, before: discord.Member, after: discord.Member) -> None:
        if str(after.id) == self.me:
            self._ears.places.rights_changed(after.guild)

    async def on_webhooks_update(self, channel: discord.abc.GuildChannel) -> None:
        self._ears.places.hooks_changed(channel)

    async def on_raw_thread_update(self, payload: discord.RawThreadUpdateEvent) -> None:
        self._ears.places.thread_changed(payload.data)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        await self._ears.pressed(interaction)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        logging.getLogger("pinthread.discord").exception(
            "handler_failed", extra={"event": event_method}
        )


def stored(client: discord.Client, data: Any, guild: str) -> discord.Message:
    """A message as REST gives it, in the library's shape, so that all is read in one way."""
    state = client._connection
    where = discord.PartialMessageable(
        state, id=int(data["channel_id"]), guild_id=int(guild) if guild else None
    )
    return discord.Message(state=state, channel=where, data=data)


_COMMANDS = (discord.MessageType.chat_input_command, discord.MessageType.context_menu_command)


def said(message: discord.Message, *, edit: bool = False) -> Said:
    """One message, without the library's types."""
    channel = message.channel
    parent = channel.parent_id if isinstance(channel, discord.Thread) else None
    guild = message.guild.id if message.guild else None
    if isinstance(channel, discord.PartialMessageable):
        guild = channel.guild_id
    reply = message.reference
    answers = message.type is discord.MessageType.reply  # a forward has a reference too
    # The answer of another bot's command is what the person did who gave the command.
    run = message.interaction_metadata if message.type in _COMMANDS else None
    author = run.user if run else message.author
    holds_more = (
        run
        or message.stickers
        or message.message_snapshots
        or message.poll is not None
        or message.flags.value & VOICE
    )
    return Said(
        message=str(message.id),
        channel=str(channel.id),
        guild=str(guild or ""),
        parent=str(parent) if parent else None,
        author=str(author.id),
        name=name_of(author),
        picture=picture_of(author),
        content="" if run else message.content,
        at=message.created_at,
        edited=message.edited_at if edit else None,
        kind=DEFAULT if run else message.type.value,
        bot=author.bot,
        webhook=str(message.webhook_id) if message.webhook_id and not run else None,
        application=str(message.application_id) if message.application_id else None,
        answers=str(reply.message_id) if reply and reply.message_id and answers else None,
        people={str(user.id): name_of(user) for user in message.mentions},
        channels=_channels(message) if "<#" in message.content else {},
        roles=_roles(message) if "<@&" in message.content else {},
        embeds=tuple([embed.to_dict() for embed in message.embeds]),
        files=files(message) if message.attachments or message.message_snapshots else (),
        beside=beside(message) if holds_more else "",
        forwards=forwarded(message),
        nonce=None if message.nonce is None else str(message.nonce),
        held=roles_of(author),
        unknown_thread=isinstance(channel, discord.PartialMessageable),
    )


def _channels(message: discord.Message) -> dict[str, str]:
    return {str(one.id): one.name for one in message.channel_mentions if hasattr(one, "name")}


def _roles(message: discord.Message) -> dict[str, str]:
    """Named, though perhaps not to be pinged, which the library would leave out."""
    named = message.raw_role_mentions if message.guild else []
    found = [(which, message.guild.get_role(which)) for which in named if message.guild]
    return {str(which): role.name for which, role in found if role}


def name_of(user: discord.User | discord.Member) -> str:
    """What a person calls themselves; not a server's nickname, which differs by place."""
    return whole(user.global_name or user.name)


def roles_of(user: discord.User | discord.Member | None) -> tuple[str, ...] | None:
    """Names of the roles that somebody holds in the server; None where it was not told."""
    if not isinstance(user, discord.Member):
        return None
    return tuple([role.name for role in user.roles if not role.is_default()])


def picture_of(user: discord.User | discord.Member) -> str:
    return (user.avatar or user.default_avatar).url


def _inside(emoji: discord.PartialEmoji) -> str:
    return inside(emoji.name, str(emoji.id) if emoji.id else None)


def _intents() -> discord.Intents:
    intents = discord.Intents.none()
    intents.value = INTENTS
    return intents
