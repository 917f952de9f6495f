"""How we know our workspace, ourselves, and our own messages. Pure.

Our own posts are told by the app's id, never by metadata alone, which anybody can
forge. RemoteIds and SpaceIds are made and read here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.ids import RemoteId
from core.model import Place, place_of_ref, place_ref

EVENT_TYPE = "pinthread_message"
"""The `event_type` of the metadata on all our messages."""

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ours:
    """The installation: how we know our workspace and ourselves. `app` may be unknown (empty)."""

    team: str
    user: str
    bot: str
    app: str = ""
    url: str = ""
    """The workspace's address, with a slash at its end."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Not for us, and why, for the counters."""

    reason: str


def remote(channel: str, ts: str) -> RemoteId:
    return RemoteId(f"{channel}:{ts}")


def parse_remote(name: str) -> tuple[str, str]:
    """The channel and timestamp in a RemoteId or SpaceId."""
    channel, _, ts = name.rpartition(":")
    return channel, ts


def place_of(team: str, channel: str, user: str) -> Place:
    """Direct messages are bound by whose they are; their channel is known only to Slack."""
    return Place("slack", team, f"user:{user}" if channel.startswith("D") else channel)


def channel_ref(team: str, channel: str) -> str:
    """A channel in neutral content."""
    return place_ref(Place("slack", team, channel))


def channel_here(ref: str, team: str) -> str | None:
    """The channel of a reference, where it is one of this workspace."""
    place = place_of_ref(ref)
    ours = place is not None and (place.platform, place.workspace) == ("slack", team)
    return place.channel if place is not None and ours else None


def moment(ts: object) -> datetime | None:
    """The time in a timestamp of Slack's."""
    try:
        return datetime.fromtimestamp(float(str(ts)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def is_ours(message: Payload, ours: Ours, app: object = None) -> bool:
    """Posted by us. `app` is the app that the delivery is for, where our own is not known yet."""
    bot = message.get("bot_id")
    if not bot and "app_id" not in message:
        return False
    known = ours.app or app
    profile = message.get("bot_profile")
    apps = (message.get("app_id"), profile.get("app_id") if isinstance(profile, dict) else None)
    return bool(known and known in apps) or (bool(bot) and bot == ours.bot)


def file_in(message: Payload) -> str:
    """The file that a message of ours shows, if it shows one."""
    files = message.get("files")
    first = files[0] if isinstance(files, list) and files else None
    return str(first.get("id") or "") if isinstance(first, dict) else ""


def poster(ours: Ours, file: str = "") -> str:
    """Who posted a message of ours: us, and which file it shows, which goes when it goes."""
    return f"{ours.bot} {file}" if file else ours.bot


def delivery_of(message: Payload) -> str | None:
    return _marker(message, "delivery_id")


def revision_of(message: Payload) -> str | None:
    return _marker(message, "rev")


def _marker(message: Payload, key: str) -> str | None:
    metadata = message.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return None
    payload = metadata.get("event_payload")
    value = payload.get(key) if isinstance(payload, dict) else None
    return value if isinstance(value, str) else None
