"""What the app's bot may see: channels it can name, messages and people in them."""

from typing import Any

from sandbox import world
from sandbox.slack.errors import ApiError
from sandbox.slack.workspace import Channel, Message, Workspace, full_ts


def channel_of(workspace: Workspace, name: str, *, member: bool = True) -> Channel:
    """The channel of that id, if the bot may know of it and, with `member`, is in it."""
    channel = workspace.channels.get(name)
    if channel is None:
        raise ApiError("channel_not_found")
    if world.SLACK_BOT_USER not in channel.members:
        if channel.kind != "channel":
            raise ApiError("channel_not_found")
        if member:
            raise ApiError("not_in_channel")
    return channel


def message_of(channel: Channel, ts: str, code: str = "message_not_found") -> Message:
    """The message of that timestamp; a tombstone counts as gone."""
    message = channel.messages.get(full_ts(ts))
    if message is None or message.get("subtype") == "tombstone":
        raise ApiError(code)
    return message


def own(message: Message) -> bool:
    """Whether the app posted the message."""
    return message.get("bot_id") == world.SLACK_BOT


def channel_object(channel: Channel) -> dict[str, Any]:
    """A conversation as Slack gives it."""
    shown: dict[str, Any] = {
        "id": channel.id,
        "created": channel.created,
        "creator": "U0ADA",
        "is_archived": channel.archived,
        "is_channel": channel.kind == "channel",
        "is_group": False,
        "is_im": channel.kind == "im",
        "is_mpim": False,
        "is_private": channel.kind != "channel",
        "is_general": channel.id == "C0GENERAL",
        "is_shared": bool(channel.teams),
        "is_ext_shared": bool(channel.teams),
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "context_team_id": world.SLACK_TEAM,
        "updated": channel.created * 1000,
        "is_member": world.SLACK_BOT_USER in channel.members,
        "num_members": len(channel.members),
    }
    if channel.teams:
        shown["conversation_host_id"] = world.SLACK_TEAM
        shown["connected_team_ids"] = list(channel.teams)
    if channel.kind == "im":
        other = next(m for m in channel.members if m != world.SLACK_BOT_USER)
        return shown | {"user": other, "is_open": True, "is_user_deleted": False}
    topic = {"value": "", "creator": "", "last_set": 0}
    return shown | {
        "name": channel.name,
        "name_normalized": channel.name,
        "previous_names": [],
        "topic": topic,
        "purpose": topic,
    }


def page(items: list[Any], args: dict[str, Any], default: int, most: int) -> dict[str, Any]:
    """A page of a list by cursor: {"items", "response_metadata"}."""
    start = cursor_place(args.get("cursor", ""))
    limit = min(args.get("limit") or default, most)
    rest = start + limit < len(items)
    return {
        "items": items[start : start + limit],
        "response_metadata": {"next_cursor": f"place:{start + limit}=" if rest else ""},
    }


def cursor_place(cursor: str) -> int:
    """The place a cursor of `page` stands for."""
    if not cursor:
        return 0
    place = cursor.removeprefix("place:").removesuffix("=")
    if not place.isdigit():
        raise ApiError("invalid_cursor")
    return int(place)
