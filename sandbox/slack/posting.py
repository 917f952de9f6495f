"""What happens in a channel, whoever does it: posts, edits, deletions, reactions, members.

Each act changes the workspace, tells the page, and emits the event the app is subscribed to.
Whether the actor may do it has been checked before.
"""

from collections.abc import Callable
from typing import Any

from sandbox import world
from sandbox.live import Live
from sandbox.slack.workspace import Channel, Message, Workspace

Emit = Callable[[dict[str, Any], Channel | None], None]
#: Kept when a message with replies is deleted and only its place remains.
_TOMBSTONE_KEEPS = (
    "type",
    "ts",
    "thread_ts",
    "reply_count",
    "reply_users",
    "reply_users_count",
    "latest_reply",
)


class Posting:
    """The acts; `emit` hands an event to whoever pushes events to the app."""

    def __init__(self, workspace: Workspace, live: Live, emit: Emit) -> None:
        self._workspace = workspace
        self._live = live
        self._emit = emit

    def post(self, channel: Channel, content: Message) -> Message:
        """Add a message; `content` names its author and holds `thread_ts` for a reply."""
        ts = self._workspace.stamp()
        message: Message = {"type": "message", **self._home(content), **content, "ts": ts}
        root = channel.messages.get(message.get("thread_ts", ""))
        if root is not None and "user" in root:
            message["parent_user_id"] = root["user"]
        self._workspace.save(channel, message)
        self._tell(channel, message, ts)
        if root is not None:
            self._count_reply(channel, root, message)
        self._live.changed("slack", channel.id, "message")
        return message

    def _home(self, content: Message) -> Message:
        """Of which workspace an author is; of people from elsewhere Slack says it three times."""
        person = self._workspace.people.get(content.get("user", ""))
        if person is None or person.team == world.SLACK_TEAM:
            return {"team": world.SLACK_TEAM}
        return dict.fromkeys(("team", "user_team", "source_team"), person.team)

    def edit(self, channel: Channel, message: Message, change: Message, by: str | None) -> Message:
        """Replace parts of a message (None removes one); `by` signs the edit as Slack shows it."""
        previous = dict(message)
        changed = {k: v for k, v in {**message, **change}.items() if v is not None}
        ts = self._workspace.stamp()
        if by is not None:
            changed["edited"] = {"user": by, "ts": ts}
        self._workspace.save(channel, changed)
        self._changed(channel, changed, previous, ts)
        return changed

    def delete(self, channel: Channel, message: Message) -> None:
        """Remove a message; a root that has replies leaves a tombstone."""
        if channel.replies.get(message["ts"]):
            stone = {key: message[key] for key in _TOMBSTONE_KEEPS if key in message} | {
                "subtype": "tombstone",
                "text": "This message was deleted.",
                "user": "USLACKBOT",
                "hidden": True,
            }
            self._workspace.save(channel, stone)
            self._changed(channel, stone, message, self._workspace.stamp())
            return
        self._workspace.remove(channel, message["ts"])
        ts = self._workspace.stamp()
        self._tell(
            channel,
            {
                "type": "message",
                "subtype": "message_deleted",
                "hidden": True,
                "ts": ts,
                "deleted_ts": message["ts"],
                "previous_message": message,
            },
            ts,
        )
        self._discount_reply(channel, message)
        self._live.changed("slack", channel.id, "message")

    def react(self, channel: Channel, message: Message, user: str, name: str) -> bool:
        """Add a reaction; False when that person has already added it."""
        reactions = message.setdefault("reactions", [])
        found = next((r for r in reactions if r["name"] == name), None)
        if found is None:
            found = {"name": name, "users": [], "count": 0}
            reactions.append(found)
        if user in found["users"]:
            return False
        found["users"].append(user)
        found["count"] = len(found["users"])
        self._reacted("reaction_added", channel, message, user, name)
        return True

    def unreact(self, channel: Channel, message: Message, user: str, name: str) -> bool:
        """Take a reaction back; False when there is none of that person."""
        reactions = message.get("reactions", [])
        found = next((r for r in reactions if r["name"] == name and user in r["users"]), None)
        if found is None:
            return False
        found["users"].remove(user)
        found["count"] = len(found["users"])
        if not found["users"]:
            reactions.remove(found)
        if not reactions:
            del message["reactions"]
        self._reacted("reaction_removed", channel, message, user, name)
        return True

    def join(self, channel: Channel, user: str, inviter: str | None = None) -> None:
        """Make someone a member and say so in the channel."""
        channel.members.append(user)
        self._workspace.save_channel(channel)
        event = {
            "type": "member_joined_channel",
            "user": user,
            "channel": channel.id,
            "channel_type": "G" if channel.kind == "group" else "C",
            "team": world.SLACK_TEAM,
            "event_ts": self._workspace.stamp(),
        }
        if inviter is not None:
            event["inviter"] = inviter
        self._emit(event, channel)
        self._announce(channel, user, "join", "joined")

    def leave(self, channel: Channel, user: str) -> None:
        """End a membership; the app still hears that it was its own that ended."""
        event = {
            "type": "member_left_channel",
            "user": user,
            "channel": channel.id,
            "channel_type": "G" if channel.kind == "group" else "C",
            "team": world.SLACK_TEAM,
            "event_ts": self._workspace.stamp(),
        }
        self._emit(event, channel)
        channel.members.remove(user)
        self._workspace.save_channel(channel)
        self._announce(channel, user, "leave", "left")

    def archive(self, channel: Channel, *, archived: bool, user: str) -> None:
        """Archive a channel or bring it back."""
        channel.archived = archived
        self._workspace.save_channel(channel)
        prefix = "group" if channel.kind == "group" else "channel"
        self._emit(
            {
                "type": f"{prefix}_{'archive' if archived else 'unarchive'}",
                "channel": channel.id,
                "user": user,
                "event_ts": self._workspace.stamp(),
            },
            channel,
        )
        self._live.changed("slack", channel.id, "channel")

    def rename(self, channel: Channel, name: str) -> None:
        """Give a channel another name."""
        channel.name = name
        self._workspace.save_channel(channel)
        named = {
            "id": channel.id,
            "name": name,
            "name_normalized": name,
            "created": channel.created,
        }
        self._of_channel(channel, "rename", {"channel": named})

    def connect(self, channel: Channel, team: str) -> None:
        """Share a channel with another workspace."""
        channel.teams.append(team)
        self._workspace.save_channel(channel)
        shared = {"connected_team_id": team, "channel": channel.id}
        self.tell({"type": "channel_shared", **shared}, channel)
        self._live.changed("slack", channel.id, "channel")

    def part(self, channel: Channel, team: str) -> None:
        """End a share; the people of that workspace are out of the channel."""
        channel.teams.remove(team)
        people = self._workspace.people
        channel.members = [
            user for user in channel.members if user not in people or people[user].team != team
        ]
        self._workspace.save_channel(channel)
        parted = {"previously_connected_team_id": team, "channel": channel.id}
        still = {"is_ext_shared": bool(channel.teams)}
        self.tell({"type": "channel_unshared", **parted, **still}, channel)
        self._live.changed("slack", channel.id, "channel")

    def convert(self, channel: Channel, kind: str, user: str) -> None:
        """Make a channel public or private; all that tells of it is a message."""
        channel.kind = kind
        self._workspace.save_channel(channel)
        public = kind == "channel"
        self.post(
            channel,
            {
                "subtype": f"channel_convert_to_{'public' if public else 'private'}",
                "user": user,
                "text": "made this channel *public*. Any member in this workspace can see and "
                "join it."
                if public
                else "made this channel *private*. Now, it can only be viewed or joined by "
                "invitation.",
            },
        )
        self._live.changed("slack", channel.id, "channel")

    def remove(self, channel: Channel, user: str) -> None:
        """Delete a channel for good."""
        self._of_channel(channel, "deleted", {"channel": channel.id, "actor_id": user})
        self._workspace.remove_channel(channel)

    def _of_channel(self, channel: Channel, what: str, more: dict[str, Any]) -> None:
        prefix = "group" if channel.kind == "group" else "channel"
        stamp = self._workspace.stamp()
        self._emit({"type": f"{prefix}_{what}", **more, "event_ts": stamp}, channel)
        self._live.changed("slack", channel.id, "channel")

    def unfurl(self, channel: Channel, message: Message, attachment: dict[str, Any]) -> None:
        """Show a preview of an address under a message, which is no edit."""
        shown = [*message.get("attachments", []), attachment]
        self.edit(channel, message, {"attachments": shown}, None)

    def tell(self, event: dict[str, Any], channel: Channel | None = None) -> None:
        """Emit an event that changes nothing, such as `app_home_opened`."""
        self._emit({**event, "event_ts": self._workspace.stamp()}, channel)

    def _announce(self, channel: Channel, user: str, kind: str, verb: str) -> None:
        prefix = "group" if channel.kind == "group" else "channel"
        self.post(
            channel,
            {
                "subtype": f"{prefix}_{kind}",
                "user": user,
                "text": f"<@{user}> has {verb} the {prefix}",
            },
        )
        self._live.changed("slack", channel.id, "channel")

    def _tell(self, channel: Channel, event: Message, ts: str) -> None:
        place: dict[str, Any] = {
            "channel": channel.id,
            "event_ts": ts,
            "channel_type": channel.kind,
        }
        root = channel.messages.get(event.get("thread_ts", ""))
        if event.get("subtype") == "thread_broadcast" and root is not None:
            place["root"] = root
        self._emit({**event, **place}, channel)

    def _changed(self, channel: Channel, message: Message, previous: Message, ts: str) -> None:
        event = {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "ts": ts,
            "message": message,
            "previous_message": previous,
        }
        self._tell(channel, event, ts)
        self._live.changed("slack", channel.id, "message")

    def _count_reply(self, channel: Channel, root: Message, reply: Message) -> None:
        previous = dict(root)
        first = not root.get("reply_count")
        who = reply.get("user", reply.get("bot_id", ""))
        users = [*root.get("reply_users", []), *([who] if who else [])]
        root["thread_ts"] = root["ts"]
        root["reply_count"] = root.get("reply_count", 0) + 1
        root["reply_users"] = list(dict.fromkeys(users))
        root["reply_users_count"] = len(root["reply_users"])
        root["latest_reply"] = reply["ts"]
        self._workspace.save(channel, root)
        if first:
            # Slack tells that a message has become a root in the shape of a change to it; the
            # program has to see that its words did not change.
            self._changed(channel, root, previous, self._workspace.stamp())

    def _discount_reply(self, channel: Channel, reply: Message) -> None:
        root = channel.messages.get(reply.get("thread_ts", ""))
        if root is None or root["ts"] == reply["ts"]:
            return
        left = channel.replies.get(root["ts"], [])
        root["reply_count"] = len(left)
        root["latest_reply"] = left[-1] if left else ""
        who = [channel.messages[ts] for ts in left]
        users = [m.get("user", m.get("bot_id", "")) for m in who]
        root["reply_users"] = list(dict.fromkeys(filter(None, users)))
        root["reply_users_count"] = len(root["reply_users"])
        if not left:
            for key in ("reply_count", "latest_reply", "reply_users", "reply_users_count"):
                root.pop(key, None)
            root.pop("thread_ts", None)
        self._workspace.save(channel, root)

    def _reacted(self, kind: str, channel: Channel, message: Message, user: str, name: str) -> None:
        self._workspace.save(channel, message)
        event: dict[str, Any] = {
            "type": kind,
            "user": user,
            "reaction": name,
            "item": {"type": "message", "channel": channel.id, "ts": message["ts"]},
            "event_ts": self._workspace.stamp(),
        }
        if "user" in message:
            event["item_user"] = message["user"]
        self._emit(event, channel)
        self._live.changed("slack", channel.id, "message")
