"""What happens to a channel, as what it means for the places that are bound there. Pure."""

from dataclasses import dataclass

from adapters.slack.errors import remedy_of
from adapters.slack.marks import Ours, Payload

_NEW_ID = "Slack has given the channel the new id {}. Bind that one."
_DELETED = "The channel was deleted in Slack. Bind another one."
_CONVERTED = {"channel_convert_to_public": True, "channel_convert_to_private": None}
"""Subtypes of messages, and whether others can read the channel since; None must be asked."""


@dataclass(frozen=True, slots=True)
class ChannelNews:
    """`doubtful`: whether the app can still be there, and who reads it, must be asked.

    `exposed`: others than those who were let in can read it from now on.
    """

    channel: str
    name: str | None = None
    trouble: str | None = None
    doubtful: bool = False
    exposed: bool = False

    @property
    def about(self) -> str:
        """News of one kind are about the same, so that only the newest counts."""
        if self.name is not None:
            return "name"
        return "readers" if self.exposed or self.doubtful else "state"


def is_farewell(event: Payload, ours: Ours) -> bool:
    """The app was taken out of the workspace, or its bot's token was revoked."""
    if event.get("type") != "tokens_revoked":
        return event.get("type") == "app_uninstalled"
    tokens = event.get("tokens")
    return isinstance(tokens, dict) and ours.user in (tokens.get("bot") or ())


def leaver(event: Payload, ours: Ours) -> tuple[str, str, str] | None:
    """A person who left a channel or was taken out of it: channel, their workspace, their id."""
    user, channel = event.get("user"), event.get("channel")
    if event.get("type") != "member_left_channel" or user == ours.user:
        return None
    if not isinstance(user, str) or not isinstance(channel, str):
        return None
    return channel, str(event.get("team") or ours.team), user


def converted(event: Payload) -> ChannelNews | None:
    """A channel turned public or private, of which only a message in it tells."""
    subtype, channel = event.get("subtype"), event.get("channel")
    if subtype not in _CONVERTED or not isinstance(channel, str):
        return None
    public = bool(_CONVERTED[subtype])
    return ChannelNews(channel, exposed=public, doubtful=not public)


def news(event: Payload, ours: Ours) -> ChannelNews | None:
    """Renamed, broken, shared or good again; nothing for every other event."""
    kind = str(event.get("type", ""))
    prefix, _, what = kind.partition("_")
    channel = event.get("channel")
    if kind in ("member_joined_channel", "member_left_channel"):
        if event.get("user") != ours.user or not isinstance(channel, str):
            return None
        gone = kind == "member_left_channel"
        return ChannelNews(channel, trouble=remedy_of("not_in_channel") if gone else None)
    if prefix not in ("channel", "group"):
        return None
    if what == "rename":
        renamed = channel if isinstance(channel, dict) else {}
        name, channel = renamed.get("name"), renamed.get("id")
        ok = isinstance(name, str) and isinstance(channel, str) and name
        return ChannelNews(str(channel), str(name)) if ok else None
    if what == "id_changed":
        old, new = event.get("old_channel_id"), event.get("new_channel_id")
        return ChannelNews(str(old), trouble=_NEW_ID.format(new)) if old and new else None
    if not isinstance(channel, str):
        return None
    if what in ("shared", "unshared"):
        return ChannelNews(channel, exposed=what == "shared", doubtful=what == "unshared")
    troubles = {
        "archive": remedy_of("is_archived"),
        "deleted": _DELETED,
        "left": remedy_of("not_in_channel"),
        "unarchive": None,
    }
    return ChannelNews(channel, trouble=troubles[what]) if what in troubles else None
