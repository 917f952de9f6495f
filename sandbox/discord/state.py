"""What the Discord server holds: channels, threads, messages, webhooks and commands.

Every change is written through to the sandbox's disk, so that a restart, even after
`kill -9`, shows the same. It knows no rules: who may do what is decided by those who call it.
Ids are strings; they are compared as numbers.
"""

import secrets
import time
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from sandbox.discord import world
from sandbox.disk import Disk

EPOCH_MS = 1420070400000
TEXT, DM, THREAD, FORUM = 0, 1, 11, 15
VIEW_CHANNEL = 1 << 10

T = TypeVar("T")


@dataclass(slots=True)
class Channel:
    """A channel, a direct message channel (recipient) or a thread (parent)."""

    id: str
    type: int
    name: str = ""
    parent: str | None = None
    recipient: str | None = None
    topic: str | None = None
    position: int = 0
    overwrites: list[dict[str, Any]] = field(default_factory=list)
    tags: list[dict[str, Any]] = field(default_factory=list)
    flags: int = 0
    last_message: str | None = None
    owner: str = ""
    archived: bool = False
    locked: bool = False
    auto_archive: int = 1440
    archive_stamp: str = ""
    created: str = ""
    count: int = 0
    sent: int = 0
    members: list[str] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)
    slow: int = 0

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread or a forum post."""
        return self.type == THREAD


@dataclass(slots=True)
class Message:
    """A message as it stands; `ephemeral` names the only person who sees it."""

    id: str
    channel: str
    author: dict[str, Any]
    type: int = 0
    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    flags: int = 0
    reactions: dict[str, list[str]] = field(default_factory=dict)
    reference: dict[str, Any] | None = None
    nonce: str | int | None = None
    edited: str | None = None
    webhook: str | None = None
    picture: str = ""
    interaction: dict[str, Any] | None = None
    mentions: list[str] = field(default_factory=list)
    everyone: bool = False
    position: int | None = None
    ephemeral: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    """Further keys of its shape: stickers, a poll, what it forwards."""


@dataclass(slots=True)
class Webhook:
    """An incoming webhook of a channel."""

    id: str
    channel: str
    name: str
    token: str
    avatar: str | None = None


@dataclass(slots=True)
class File:
    """An uploaded file; data is base64."""

    id: str
    channel: str
    name: str
    type: str
    data: bytes


class State:
    """The server's memory, loaded from the disk or, when that is empty, from the world."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._last = 0
        self.channels: dict[str, Channel] = {}
        self.webhooks: dict[str, Webhook] = {}
        self.commands: dict[str, dict[str, Any]] = {}
        self.files: dict[str, File] = {}
        self.settings: dict[str, Any] = {}
        self._threads: dict[str, dict[str, Channel]] = {}
        self._messages: dict[str, dict[int, Message]] = {}
        self._order: dict[str, list[int]] = {}
        self.load()

    # Loading

    def load(self) -> None:
        """Take everything from the disk; an empty one gets the world's channels."""
        for kept in (self.channels, self.webhooks, self.commands, self.files):
            kept.clear()
        self._threads.clear()
        self._messages.clear()
        self._order.clear()
        self.settings = {"permissions": None, "closed": [], "emojis": [], "away": False, "tier": 0}
        self.settings["roles"] = [
            {"id": role.id, "name": role.name, "members": list(role.members)}
            for role in world.ROLES
        ]
        for _, doc in self._disk.all("discord.setting"):
            self.settings.update(doc)
        for channel in self._all("discord.channel", Channel):
            self._keep(channel)
        for message in self._all("discord.message", Message):
            self._index(message)
        for hook in self._all("discord.webhook", Webhook):
            self.webhooks[hook.id] = hook
        for file in self._all("discord.file", File):
            self.files[file.id] = file
        for key, doc in self._disk.all("discord.command"):
            self.commands[key] = doc
        if not self.channels:
            for channel in _first_channels():
                self.save_channel(channel)

    def _all(self, kind: str, shape: type[T]) -> Iterator[T]:
        for _, doc in self._disk.all(kind):
            yield msgspec.convert(doc, shape)

    def _index(self, message: Message) -> None:
        number = int(message.id)
        self._last = max(self._last, number)
        if number not in self._messages.setdefault(message.channel, {}):
            insort(self._order.setdefault(message.channel, []), number)
        self._messages[message.channel][number] = message

    def snowflake(self) -> str:
        """A new id, above all before it."""
        now = (time.time_ns() // 1_000_000 - EPOCH_MS) << 22
        self._last = max(self._last + 1, now)
        return str(self._last)

    # Channels

    def save_channel(self, channel: Channel) -> None:
        """Keep a new or changed channel."""
        self._keep(channel)
        self._disk.put("discord.channel", channel.id, channel)

    def _keep(self, channel: Channel) -> None:
        self.channels[channel.id] = channel
        if channel.is_thread:
            self._threads.setdefault(channel.parent or "", {})[channel.id] = channel

    def drop_channel(self, channel: Channel) -> None:
        """Forget a channel with its messages, threads and webhooks."""
        for thread in self.threads(channel.id):
            self.drop_channel(thread)
        for message in self.history(channel.id):
            self.drop_message(message)
        for hook in [hook for hook in self.webhooks.values() if hook.channel == channel.id]:
            self.drop_webhook(hook)
        self.channels.pop(channel.id, None)
        self._threads.get(channel.parent or "", {}).pop(channel.id, None)
        self._disk.drop("discord.channel", channel.id)

    def threads(self, parent: str | None = None) -> list[Channel]:
        """The threads of one channel, or all, oldest first."""
        if parent is not None:
            return list(self._threads.get(parent, {}).values())
        return [channel for channel in self.channels.values() if channel.is_thread]

    def direct(self, person: str) -> Channel:
        """The direct message channel of the bot and that person, made at the first asking."""
        for channel in self.channels.values():
            if channel.recipient == person:
                return channel
        made = Channel(id=self.snowflake(), type=DM, recipient=person)
        self.save_channel(made)
        return made

    # Messages

    def save_message(self, message: Message) -> None:
        """Keep a new or changed message."""
        self._index(message)
        self._disk.put("discord.message", message.id, message)

    def drop_message(self, message: Message) -> None:
        """Forget a message."""
        number = int(message.id)
        if self._messages.get(message.channel, {}).pop(number, None) is not None:
            order = self._order[message.channel]
            order.pop(bisect_left(order, number))
            self._disk.drop("discord.message", message.id)

    def message(self, channel: str, message: str) -> Message | None:
        """A message of a channel, if it is there."""
        number = int(message) if message.isascii() and message.isdigit() else -1
        return self._messages.get(channel, {}).get(number)

    def messages(self) -> Iterator[Message]:
        """Every message there is."""
        for kept in self._messages.values():
            yield from kept.values()

    def history(
        self,
        channel: str,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int | None = None,
    ) -> list[Message]:
        """Messages oldest first; with `after` the first `limit` ones behind it, else the last."""
        order = self._order.get(channel, [])
        low = 0 if after is None else bisect_left(order, after + 1)
        high = len(order) if before is None else bisect_left(order, before)
        if limit is not None:
            if after is not None:
                high = min(high, low + limit)
            else:
                low = max(low, high - limit)
        kept = self._messages.get(channel, {})
        return [kept[number] for number in order[low:high]]

    # Webhooks, commands, files, settings

    def add_webhook(self, channel: str, name: str, avatar: str | None) -> Webhook:
        """Make a webhook with a secret token."""
        hook = Webhook(self.snowflake(), channel, name, secrets.token_urlsafe(50), avatar)
        self.save_webhook(hook)
        return hook

    def save_webhook(self, hook: Webhook) -> None:
        """Keep a new or changed webhook."""
        self.webhooks[hook.id] = hook
        self._disk.put("discord.webhook", hook.id, hook)

    def drop_webhook(self, hook: Webhook) -> None:
        """Forget a webhook; its messages stay."""
        self.webhooks.pop(hook.id, None)
        self._disk.drop("discord.webhook", hook.id)

    def save_command(self, command: dict[str, Any]) -> None:
        """Keep a new or changed application command."""
        self.commands[command["id"]] = command
        self._disk.put("discord.command", command["id"], command)

    def drop_command(self, command: dict[str, Any]) -> None:
        """Forget an application command."""
        self.commands.pop(command["id"], None)
        self._disk.drop("discord.command", command["id"])

    def add_file(self, channel: str, name: str, kind: str, data: bytes) -> File:
        """Keep an uploaded file."""
        file = File(self.snowflake(), channel, name, kind, data)
        self.files[file.id] = file
        self._disk.put("discord.file", file.id, file)
        return file

    def roles_of(self, user: str) -> list[str]:
        """The roles that somebody holds, the bot's own included."""
        held = [role["id"] for role in self.settings["roles"] if user in role["members"]]
        return [world.BOT_ROLE, *held] if user == world.BOT else held

    def set(self, key: str, value: Any) -> None:
        """Keep a setting that the control API changed."""
        self.settings[key] = value
        self._disk.put("discord.setting", key, {key: value})


def moment(snowflake: str) -> str:
    """When an id was made, as Discord writes times."""
    return stamp(((int(snowflake) >> 22) + EPOCH_MS) / 1000)


def stamp(seconds: float | None = None) -> str:
    """A time (now unless given) as Discord writes it."""
    at = time.time() if seconds is None else seconds
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")


def private_to(roles: list[str], people: list[str]) -> list[dict[str, Any]]:
    """Overwrites that leave a channel to these roles and people, and to the bot."""
    allowed = [(role, 0) for role in roles] + [(one, 1) for one in (*people, world.BOT)]
    view = str(VIEW_CHANNEL)
    return [
        {"id": world.GUILD, "type": 0, "allow": "0", "deny": view},
        *({"id": one, "type": kind, "allow": view, "deny": "0"} for one, kind in allowed),
    ]


def _first_channels() -> list[Channel]:
    tags = [
        {"id": tag, "name": name, "moderated": False, "emoji_id": None, "emoji_name": None}
        for tag, name in world.TAGS
    ]
    unseen = {"id": world.BOT, "type": 1, "allow": "0", "deny": str(VIEW_CHANNEL)}

    def rules(hidden: bool, role: str) -> list[dict[str, Any]]:
        return [unseen] if hidden else private_to([role], []) if role else []

    return [
        Channel(
            id=place.id,
            type=place.type,
            name=place.name,
            position=position,
            overwrites=rules(place.hidden, place.role),
            tags=tags if place.type == FORUM else [],
        )
        for position, place in enumerate(world.CHANNELS)
    ]
