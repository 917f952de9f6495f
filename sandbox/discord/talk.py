"""What happens in a place: messages, reactions and threads come, change and go.

Each act changes the state, pushes the gateway's events in Discord's order and tells the page.
No rights are checked here, and no limits: the callers (REST, webhooks, interactions, people)
have done that.
"""

from typing import TYPE_CHECKING, Any

from sandbox.discord import gateway as gw
from sandbox.discord import world
from sandbox.discord.content import HAS_THREAD
from sandbox.discord.gateway import Event, Gateway
from sandbox.discord.permissions import sees
from sandbox.discord.shapes import Shapes, emoji
from sandbox.discord.state import DM, FORUM, THREAD, Channel, Message, State, stamp

if TYPE_CHECKING:
    from sandbox.server import Kernel

REPLY, THREAD_CREATED, THREAD_STARTER, COMMAND_ANSWER = 19, 18, 21, 20


class Talk:
    """The acts that change a place."""

    def __init__(self, kernel: "Kernel", state: State, shapes: Shapes, gateway: Gateway) -> None:
        self._kernel = kernel
        self._state = state
        self._shapes = shapes
        self._gateway = gateway

    # Messages

    def post(self, message: Message) -> Message:
        """Put a message into its channel; a thread that was archived opens again."""
        channel = self._state.channels[message.channel]
        if channel.is_thread:
            self._count(channel, message)
        channel.last_message = message.id
        self._state.save_channel(channel)
        self._state.save_message(message)
        self._message_event("MESSAGE_CREATE", message, nonce=True)
        return message

    def _count(self, thread: Channel, message: Message) -> None:
        if thread.archived:
            self.change_thread(thread, archived=False)
        message.position = thread.sent
        thread.sent += 1
        if message.id != thread.id and message.type != THREAD_STARTER:
            thread.count += 1
        author = message.author["id"]
        if message.webhook is None and author not in thread.members:
            thread.members.append(author)

    def edit(self, message: Message, *, silent: bool = False, **changes: Any) -> Message:
        """Change a message; `silent` leaves it without the mark of an edit."""
        for key, value in changes.items():
            setattr(message, key, value)
        if not silent:
            message.edited = stamp()
        self._state.save_message(message)
        self._message_event("MESSAGE_UPDATE", message)
        return message

    def delete(self, *messages: Message, bulk: bool = False) -> None:
        """Take messages of one channel away."""
        channel = self._state.channels[messages[0].channel]
        for message in messages:
            self._state.drop_message(message)
            if channel.is_thread and message.id != channel.id and channel.count:
                channel.count -= 1
        self._state.save_channel(channel)
        place: dict[str, Any] = {"channel_id": channel.id, **_guild(channel)}
        ids = [message.id for message in messages]
        if bulk:
            self._push("MESSAGE_DELETE_BULK", channel, {**place, "ids": ids}, _messages(channel))
        else:
            self._push("MESSAGE_DELETE", channel, {**place, "id": ids[0]}, _messages(channel))
        self._show(channel, "message")

    def _message_event(self, name: str, message: Message, *, nonce: bool = False) -> None:
        channel = self._state.channels[message.channel]
        data = {**self._shapes.message(message, nonce=nonce), **_guild(channel)}
        data["channel_type"] = channel.type
        if channel.type != DM and message.webhook is None:
            data["member"] = self._shapes.partial_member(message.author["id"])
        hidden = None
        mine = message.author["id"] == world.BOT or world.BOT in message.mentions
        if channel.type != DM and not mine:
            hidden = {**data, "content": "", "embeds": [], "attachments": [], "components": []}
        self._push(name, channel, data, _messages(channel), hidden)
        self._show(channel, "message")

    # Reactions

    def react(self, message: Message, user: str, key: str) -> None:
        """Add one person's reaction; a second time changes nothing."""
        users = message.reactions.setdefault(key, [])
        if user in users:
            return
        users.append(user)
        self._reaction("MESSAGE_REACTION_ADD", message, user, key)

    def unreact(self, message: Message, user: str, key: str) -> None:
        """Take one person's reaction away, if it is there."""
        users = message.reactions.get(key, [])
        if user not in users:
            return
        users.remove(user)
        if not users:
            del message.reactions[key]
        self._reaction("MESSAGE_REACTION_REMOVE", message, user, key)

    def clear_reactions(self, message: Message, key: str | None) -> None:
        """Take away all reactions, or all with one emoji."""
        channel = self._state.channels[message.channel]
        place: dict[str, Any] = {
            "channel_id": channel.id,
            "message_id": message.id,
            **_guild(channel),
        }
        name = "MESSAGE_REACTION_REMOVE_ALL"
        if key is None:
            message.reactions.clear()
        else:
            message.reactions.pop(key, None)
            name, place["emoji"] = "MESSAGE_REACTION_REMOVE_EMOJI", emoji(key)
        self._state.save_message(message)
        self._push(name, channel, place, _reactions(channel))
        self._show(channel, "message")

    def _reaction(self, name: str, message: Message, user: str, key: str) -> None:
        self._state.save_message(message)
        channel = self._state.channels[message.channel]
        data: dict[str, Any] = {
            "user_id": user,
            "channel_id": channel.id,
            "message_id": message.id,
            "emoji": emoji(key),
            "burst": False,
            "type": 0,
            **_guild(channel),
        }
        if name.endswith("ADD"):
            data["message_author_id"] = message.author["id"]
            if channel.type != DM:
                data["member"] = self._shapes.member(user)
        self._push(name, channel, data, _reactions(channel))
        self._show(channel, "message")

    # Threads and channels

    def open_thread(
        self,
        parent: Channel,
        name: str,
        owner: str,
        *,
        starter: Message | None = None,
        auto_archive: int = 1440,
        applied: list[str] | None = None,
        slow: int = 0,
    ) -> Channel:
        """Open a thread; from a message it takes that message's id."""
        now = stamp()
        thread = Channel(
            id=self._state.snowflake() if starter is None else starter.id,
            type=THREAD,
            name=name,
            parent=parent.id,
            owner=owner,
            auto_archive=auto_archive,
            archive_stamp=now,
            created=now,
            applied=applied or [],
            slow=slow,
            members=[owner] if self._is_person(owner) else [],
        )
        if parent.type == FORUM:
            parent.last_message = thread.id
            self._state.save_channel(parent)
        self._state.save_channel(thread)
        data = {**self._shapes.channel(thread), "newly_created": True}
        self._push("THREAD_CREATE", parent, data, gw.GUILDS)
        self._show(parent, "channel")
        if starter is not None:
            self.edit(starter, silent=True, flags=starter.flags | HAS_THREAD)
            self.post(self._starter_line(thread, starter))
        elif parent.type != FORUM:
            self.post(self._created_line(parent, thread))
        return thread

    def _is_person(self, user: str) -> bool:
        return user not in self._state.webhooks

    def _starter_line(self, thread: Channel, starter: Message) -> Message:
        meant = {
            "type": 0,
            "guild_id": world.GUILD,
            "channel_id": starter.channel,
            "message_id": starter.id,
        }
        return Message(
            id=self._state.snowflake(),
            channel=thread.id,
            author=self._shapes.user(world.BOT) if starter.webhook else starter.author,
            type=THREAD_STARTER,
            reference=meant,
        )

    def _created_line(self, parent: Channel, thread: Channel) -> Message:
        meant = {"type": 0, "guild_id": world.GUILD, "channel_id": thread.id}
        return Message(
            id=self._state.snowflake(),
            channel=parent.id,
            author=self._shapes.user(thread.owner),
            type=THREAD_CREATED,
            content=thread.name,
            reference=meant,
        )

    def change_thread(self, thread: Channel, **changes: Any) -> Channel:
        """Rename, archive, lock, tag."""
        if "archived" in changes and changes["archived"] != thread.archived:
            thread.archive_stamp = stamp()
        for key, value in changes.items():
            setattr(thread, key, value)
        self._state.save_channel(thread)
        self._push("THREAD_UPDATE", thread, self._shapes.channel(thread), gw.GUILDS)
        self._show(thread, "channel")
        self._show(self._state.channels[thread.parent or ""], "channel")
        return thread

    def add_channel(self, channel: Channel) -> Channel:
        """Make a channel of the server."""
        self._state.save_channel(channel)
        self._push("CHANNEL_CREATE", channel, self._shapes.channel(channel), gw.GUILDS, seen=False)
        self._show(channel, "channel")
        return channel

    def change_channel(self, channel: Channel, **changes: Any) -> Channel:
        """Change a channel of the server."""
        for key, value in changes.items():
            setattr(channel, key, value)
        self._state.save_channel(channel)
        self._push("CHANNEL_UPDATE", channel, self._shapes.channel(channel), gw.GUILDS, seen=False)
        self._show(channel, "channel")
        return channel

    def delete_channel(self, channel: Channel) -> None:
        """Take a channel or a thread away with all that is in it."""
        if channel.is_thread:
            keys = {"id", "guild_id", "parent_id", "type"}
            shape = self._shapes.channel(channel)
            data = {key: value for key, value in shape.items() if key in keys}
            self._push("THREAD_DELETE", channel, data, gw.GUILDS)
        else:
            shape = self._shapes.channel(channel)
            self._push("CHANNEL_DELETE", channel, shape, gw.GUILDS, seen=False)
        self._state.drop_channel(channel)
        self._show(channel, "channel")

    def join(self, thread: Channel, user: str, *, leaves: bool = False) -> None:
        """Let somebody follow a thread, or stop."""
        if (user in thread.members) is not leaves:
            return
        (thread.members.remove if leaves else thread.members.append)(user)
        self._state.save_channel(thread)
        data: dict[str, Any] = {
            "id": thread.id,
            "guild_id": world.GUILD,
            "member_count": len(thread.members),
        }
        if leaves:
            data["removed_member_ids"] = [user]
        else:
            data["added_members"] = [self._shapes.thread_member(thread, user)]
        if user == world.BOT:
            self._push("THREAD_MEMBERS_UPDATE", thread, data, gw.GUILDS)

    def webhooks_changed(self, channel: str) -> None:
        """Tell that a channel's webhooks are others now."""
        place = self._state.channels[channel]
        data = {"guild_id": world.GUILD, "channel_id": channel}
        self._push("WEBHOOKS_UPDATE", place, data, gw.WEBHOOKS)

    # Pushing

    def _push(
        self,
        name: str,
        channel: Channel,
        data: dict[str, Any],
        intent: int,
        hidden: dict[str, Any] | None = None,
        *,
        seen: bool = True,
    ) -> None:
        if not seen or sees(self._state, world.BOT, channel):
            self._gateway.dispatch(Event(name, data, intent, hidden))

    def _show(self, channel: Channel, kind: str) -> None:
        place = f"dm:{channel.recipient}" if channel.type == DM else channel.id
        self._kernel.live.changed("discord", place, kind)


def _guild(channel: Channel) -> dict[str, str]:
    return {} if channel.type == DM else {"guild_id": world.GUILD}


def _messages(channel: Channel) -> int:
    return gw.DIRECT_MESSAGES if channel.type == DM else gw.GUILD_MESSAGES


def _reactions(channel: Channel) -> int:
    return gw.DIRECT_REACTIONS if channel.type == DM else gw.GUILD_REACTIONS
