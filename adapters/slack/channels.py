"""What happens to a channel, as what it means for the places that are bound there. Pure."""

from dataclasses import dataclass

from adapters.slack.errors import remedy_of
from adapters.slack.marks import Ours, Payload

_NEW_ID = "Slack has given the channel the new id {}. Bind that one."
_DELETED = "The channel was deleted in Slack. Bind another one."


@dataclass(frozen=True, slots=True)
class ChannelNews:
    """`doubtful`: whether the app can still be there must be asked."""

    channel: str
    name: str | None = None
    trouble: str | None = None
    doubtful: bool = False


def is_farewell(event: Payload, ours: Ours) -> bool:
    """The app was taken out of the workspace, or its bot's token was revoked."""
    if event.get("type") != "tokens_revoked":
        return event.get("type") == "app_uninstalled"
    tokens = event.get("tokens")
    return isinstance(tokens, dict) and ours.user in (tokens.get("bot") or ())


def news(event: Payload, ours: Ours) -> ChannelNews | None:
    """Renamed, broken or good again; nothing for every other event."""
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
    troubles = {
        "archive": remedy_of("is_archived"),
        "deleted": _DELETED,
        "left": remedy_of("not_in_channel"),
        "unarchive": None,
        "unshared": None,
    }
    if what not in troubles:
        return None
    return ChannelNews(channel, trouble=troubles[what], doubtful=what == "unshared")
