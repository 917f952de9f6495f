"""Discord's API objects, built from what the server holds.

Nothing here changes anything. Field names and nullability follow the API description; what a
bot of this kind never sees (stickers, polls, calls) is left out or empty.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from sandbox.discord import world
from sandbox.discord.content import HAS_THREAD
from sandbox.discord.permissions import EVERYONE, granted
from sandbox.discord.state import DM, FORUM, Channel, File, Message, State, Webhook, moment

PEOPLE = {person.id: person for person in world.PEOPLE}
MENTIONABLE = {*PEOPLE, world.BOT}
MESSAGE_CONTENT_FLAG = 1 << 19
GUILD_FEATURES: list[str] = []
_ROLE = re.compile(r"<@&(\d+)>")


class Shapes:
    """Builds objects; the address of the sandbox is asked for when it is needed."""

    def __init__(self, state: State, base_url: Callable[[], str]) -> None:
        self._state = state
        self._base_url = base_url

    @property
    def away(self) -> bool:
        """Whether the bot has been sent out of the server."""
        return bool(self._state.settings["away"])

    # People

    def user(self, user: str) -> dict[str, Any]:
        """The bot or a person."""
        person = world.BOT_PERSON if user == world.BOT else PEOPLE[user]
        found: dict[str, Any] = {
            "id": person.id,
            "username": person.username,
            "discriminator": "0",
            "global_name": None if user == world.BOT else person.name,
            "avatar": world.PICTURE,
            "public_flags": 0,
            "flags": 0,
            "primary_guild": None,
        }
        if user == world.BOT:
            found.update(bot=True, discriminator="4242", username=person.name)
        return found

    def me(self) -> dict[str, Any]:
        """The bot as it sees itself."""
        return {
            **self.user(world.BOT),
            "verified": True,
            "mfa_enabled": True,
            "locale": "en-US",
            "email": None,
            "accent_color": None,
            "banner": None,
        }

    def partial_member(self, user: str) -> dict[str, Any]:
        """A member without the user, as messages carry it."""
        return {
            "roles": self._state.roles_of(user),
            "nick": None,
            "avatar": None,
            "banner": None,
            "joined_at": world.SINCE,
            "premium_since": None,
            "communication_disabled_until": None,
            "pending": False,
            "deaf": False,
            "mute": False,
            "flags": 0,
        }

    def member(self, user: str) -> dict[str, Any]:
        """A member of the server."""
        return {**self.partial_member(user), "user": self.user(user)}

    def application(self) -> dict[str, Any]:
        """The bot's application."""
        return {
            "id": world.BOT,
            "name": world.BOT_PERSON.name,
            "icon": None,
            "description": "",
            "summary": "",
            "type": None,
            "bot": self.user(world.BOT),
            "bot_public": False,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "flags": MESSAGE_CONTENT_FLAG,
            "hook": True,
            "owner": self.user(world.OWNER),
            "team": None,
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "approximate_guild_count": 1,
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "eligible_oauth2_scopes": ["bot", "applications.commands"],
            "flags_new": str(MESSAGE_CONTENT_FLAG),
            "explicit_content_filter": 0,
            "install_params": {
                "scopes": ["bot", "applications.commands"],
                "permissions": str(granted(self._state)),
            },
        }

    # Server and channels

    def guild(self, *, gateway: bool) -> dict[str, Any]:
        """The server; over the gateway with channels, threads and members."""
        found: dict[str, Any] = {
            "id": world.GUILD,
            "name": world.GUILD_NAME,
            "icon": None,
            "splash": None,
            "discovery_splash": None,
            "home_header": None,
            "banner": None,
            "description": None,
            "features": GUILD_FEATURES,
            "owner_id": world.OWNER,
            "region": "deprecated",
            "afk_channel_id": None,
            "afk_timeout": 300,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "safety_alerts_channel_id": None,
            "widget_enabled": False,
            "widget_channel_id": None,
            "verification_level": 1,
            "default_message_notifications": 1,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw": False,
            "nsfw_level": 0,
            "premium_tier": self._state.settings["tier"],
            "premium_subscription_count": 0,
            "premium_progress_bar_enabled": False,
            "preferred_locale": "en-US",
            "vanity_url_code": None,
            "application_id": None,
            "incidents_data": None,
            "max_members": 500000,
            "max_presences": None,
            "max_video_channel_users": 25,
            "max_stage_video_channel_users": 50,
            "roles": self.roles(),
            "emojis": self.emojis(),
            "stickers": [],
        }
        if gateway:
            members = [world.BOT, *(person.id for person in world.PEOPLE)]
            found.update(
                joined_at=world.SINCE,
                large=False,
                unavailable=False,
                member_count=len(members),
                members=[self.member(user) for user in members[:5]],
                voice_states=[],
                presences=[],
                stage_instances=[],
                guild_scheduled_events=[],
                soundboard_sounds=[],
                channels=self.channels(),
            )
        return found

    def emojis(self) -> list[dict[str, Any]]:
        """The server's own emoji."""
        told = {
            "roles": [],
            "require_colons": True,
            "managed": False,
            "animated": False,
            "available": True,
        }
        return [{**one, **told} for one in self._state.settings["emojis"]]

    def roles(self) -> list[dict[str, Any]]:
        """Everybody's role, the bot's own, and those that people hold."""
        base: dict[str, Any] = {
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "icon": None,
            "unicode_emoji": None,
            "mentionable": False,
            "description": None,
            "flags": 0,
        }
        everyone = {
            "id": world.GUILD,
            "name": "@everyone",
            "permissions": str(EVERYONE),
            "position": 0,
            "managed": False,
        }
        bot = {
            "id": world.BOT_ROLE,
            "name": world.BOT_PERSON.name,
            "permissions": str(granted(self._state)),
            "position": 1,
            "managed": True,
            "tags": {"bot_id": world.BOT},
        }
        held = [
            {
                **base,
                "id": role["id"],
                "name": role["name"],
                "permissions": "0",
                "position": position,
                "managed": False,
            }
            for position, role in enumerate(self._state.settings["roles"], 2)
        ]
        return [{**base, **everyone}, {**base, **bot}, *held]

    def channels(self) -> list[dict[str, Any]]:
        """The server's channels, hidden ones too, without threads."""
        return [
            self.channel(channel)
            for channel in self._state.channels.values()
            if not channel.is_thread and channel.type != DM
        ]

    def channel(self, channel: Channel) -> dict[str, Any]:
        """A channel, a direct message channel or a thread."""
        if channel.type == DM:
            return {
                "id": channel.id,
                "type": DM,
                "flags": 0,
                "last_message_id": channel.last_message,
                "recipients": [self.user(channel.recipient or "")],
            }
        if channel.is_thread:
            return self._thread(channel)
        found: dict[str, Any] = {
            "id": channel.id,
            "type": channel.type,
            "guild_id": world.GUILD,
            "name": channel.name,
            "topic": channel.topic,
            "position": channel.position,
            "parent_id": None,
            "nsfw": False,
            "rate_limit_per_user": channel.slow,
            "last_message_id": channel.last_message,
            "permission_overwrites": channel.overwrites,
            "flags": channel.flags,
            "default_auto_archive_duration": 1440,
        }
        if channel.type == FORUM:
            found.update(
                available_tags=channel.tags,
                default_reaction_emoji=None,
                default_sort_order=None,
                default_forum_layout=0,
                default_thread_rate_limit_per_user=0,
                template="",
            )
        return found

    def _thread(self, thread: Channel) -> dict[str, Any]:
        found: dict[str, Any] = {
            "id": thread.id,
            "type": thread.type,
            "guild_id": world.GUILD,
            "parent_id": thread.parent,
            "owner_id": thread.owner,
            "name": thread.name,
            "last_message_id": thread.last_message,
            "rate_limit_per_user": thread.slow,
            "flags": thread.flags,
            "message_count": thread.count,
            "total_message_sent": thread.sent,
            "member_count": len(thread.members),
            "bitrate": 64000,
            "user_limit": 0,
            "rtc_region": None,
            "thread_metadata": {
                "archived": thread.archived,
                "locked": thread.locked,
                "auto_archive_duration": thread.auto_archive,
                "archive_timestamp": thread.archive_stamp,
                "create_timestamp": thread.created,
            },
        }
        if self._state.channels[thread.parent or ""].type == FORUM:
            found["applied_tags"] = thread.applied
        if world.BOT in thread.members:
            found["member"] = self.thread_member(thread, world.BOT)
        return found

    def thread_member(self, thread: Channel, user: str) -> dict[str, Any]:
        """One who follows a thread."""
        return {
            "id": thread.id,
            "user_id": user,
            "join_timestamp": thread.created,
            "flags": 1,
        }

    # Messages

    def message(self, message: Message, *, nonce: bool = False) -> dict[str, Any]:
        """A message as REST gives it; the nonce only where it has just been made."""
        found: dict[str, Any] = {
            "id": message.id,
            "channel_id": message.channel,
            "type": message.type,
            "content": message.content,
            "author": message.author,
            "timestamp": moment(message.id),
            "edited_timestamp": message.edited,
            "tts": False,
            "pinned": False,
            "mention_everyone": message.everyone,
            "mentions": [self.user(one) for one in message.mentions if one in MENTIONABLE],
            "mention_roles": self._named_roles(message.content),
            "attachments": [self.attachment(message, one) for one in message.files],
            "embeds": message.embeds,
            "components": message.components,
            "flags": message.flags,
        }
        further = {
            "nonce": message.nonce if nonce else None,
            "webhook_id": message.webhook,
            "position": message.position,
            "reactions": self.reactions(message) or None,
            "interaction_metadata": message.interaction,
            "application_id": self._application_of(message),
            "message_reference": message.reference,
        }
        found.update({key: value for key, value in further.items() if value is not None})
        found.update(message.extra)
        if message.flags & HAS_THREAD and message.id in self._state.channels:
            found["thread"] = self.channel(self._state.channels[message.id])
        if message.reference and message.type in (19, 21):
            named = message.reference
            meant = self._state.message(named["channel_id"], named["message_id"])
            found["referenced_message"] = None if meant is None else self._referenced(meant)
        return found

    def _named_roles(self, content: str) -> list[str]:
        known = {world.BOT_ROLE, *(role["id"] for role in self._state.settings["roles"])}
        return [role for role in dict.fromkeys(_ROLE.findall(content)) if role in known]

    def _application_of(self, message: Message) -> str | None:
        """Every webhook here is the bot's application's own, but for another bot's answers."""
        if message.webhook is None:
            return None
        return world.BOT if message.webhook != world.OTHER_BOT else world.OTHER_BOT

    def _referenced(self, meant: Message) -> dict[str, Any]:
        found = self.message(meant)
        found.pop("referenced_message", None)
        return found

    def reactions(self, message: Message) -> list[dict[str, Any]]:
        """The counters under a message."""
        return [
            {
                "emoji": emoji(key),
                "count": len(users),
                "count_details": {"burst": 0, "normal": len(users)},
                "burst_colors": [],
                "me": world.BOT in users,
                "me_burst": False,
            }
            for key, users in message.reactions.items()
        ]

    def attachment(self, message: Message, one: dict[str, Any]) -> dict[str, Any]:
        """A file of a message, with its signed address."""
        name = quote(one["filename"], safe="")
        url = f"{self.cdn()}/attachments/{message.channel}/{one['id']}/{name}"
        signed = f"{url}?ex=7fffffff&is=69000000&hm={int(one['id']):064x}"
        return {**one, "url": signed, "proxy_url": signed}

    def snapshot(self, message: Message) -> dict[str, Any]:
        """A message as a forward holds it: without its author."""
        keys = (
            "type content embeds attachments timestamp edited_timestamp flags mentions "
            "mention_roles components sticker_items"
        )
        shape = self.message(message)
        return {"message": {key: shape[key] for key in keys.split() if key in shape}}

    def file(self, file: File, description: str | None) -> dict[str, Any]:
        """An uploaded file as a message keeps it."""
        found: dict[str, Any] = {
            "id": file.id,
            "filename": file.name,
            "size": len(file.data),
            "content_type": file.type,
        }
        return found if description is None else {**found, "description": description}

    def webhook(self, hook: Webhook, *, token: bool, user: bool) -> dict[str, Any]:
        """A webhook."""
        found: dict[str, Any] = {
            "id": hook.id,
            "type": 1,
            "guild_id": world.GUILD,
            "channel_id": hook.channel,
            "name": hook.name,
            "avatar": hook.avatar,
            "application_id": world.BOT,
        }
        if token:
            found["token"] = hook.token
            found["url"] = f"{self._base_url()}/discord/api/webhooks/{hook.id}/{hook.token}"
        if user:
            found["user"] = self.user(world.BOT)
        return found

    def cdn(self) -> str:
        """Where the pictures and files are."""
        return f"{self._base_url()}/discord/cdn"

    def picture(self, message: Message) -> str:
        """The address of the author's picture; empty for a webhook that has none."""
        if message.picture:
            return message.picture
        if message.author["avatar"] is None:
            return ""
        return f"{self.cdn()}/avatars/{message.author['id']}/{message.author['avatar']}.png"


def emoji(key: str) -> dict[str, Any]:
    """A reaction's emoji from the key it is kept under."""
    name, _, custom = key.partition(":")
    return {"id": custom or None, "name": name}
