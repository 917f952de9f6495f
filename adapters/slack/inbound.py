"""What an event from Slack means to us. Pure.

`read` sorts an event into words somebody said, a change to a message, an echo of our
own post, or nothing (with the reason, for the counters); `intent` makes the intent of
words once the names are known.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.slack import changes
from adapters.slack.attached import shared, shared_files
from adapters.slack.changes import GONE, Deleted, Echo, Edited, OwnReaction, Reacted
from adapters.slack.channels import ChannelNews, converted
from adapters.slack.marks import (
    Nothing,
    Ours,
    Payload,
    is_ours,
    moment,
    place_of,
    remote,
)
from core.ids import PinId, SpaceId, ThreadId
from core.intents import InDirect, InSpace, Intent, Origin, Person, PostMessage, RemoteFile, Target
from core.model import Profile
from core.quick import quick
from core.text.content import Content
from core.text.tidy import whole

_SPOKEN = (None, "thread_broadcast", "file_share", "me_message", "bot_message")
_MOST_FILES = 20


@quick
@dataclass(frozen=True, slots=True)
class Words:
    """Somebody said something that may belong to a thread of ours."""

    event: Mapping[str, Any]
    team: str
    workspace: str
    """The speaker's home workspace."""
    user: str
    channel: str
    ts: str
    thread: str | None
    at: datetime
    direct: bool
    """In the bot's direct messages with them."""
    profile: Profile | None = None
    """Of another app: its posts say how they are signed."""


def read(
    payload: Mapping[str, Any], ours: Ours
) -> Words | Edited | Deleted | Reacted | OwnReaction | Echo | ChannelNews | Nothing:
    """Sorts the outer payload of an Events API delivery."""
    event = payload.get("event")
    if not isinstance(event, dict):
        return Nothing("no_event")
    if payload.get("team_id") != ours.team:
        return Nothing("unknown_workspace")
    app = payload.get("api_app_id")
    if ours.app and app and app != ours.app:
        return Nothing("unknown_app")
    if event.get("type") != "message":
        return changes.reacted(event, ours)
    subtype = event.get("subtype")
    if subtype == "message_changed":
        return changes.changed(event, ours, app)
    if subtype == "message_deleted":
        return changes.deleted(event, ours, app)
    if subtype not in _SPOKEN:
        return converted(event) or Nothing("subtype")
    channel, ts = event.get("channel"), event.get("ts")
    if not is_ours(event, ours, app):
        return words_of(event, ours)
    if not isinstance(channel, str) or not isinstance(ts, str):
        return Nothing("own")
    return changes.echo(event, channel, ts, ours)


def spoken(message: Payload, ours: Ours) -> Words | Nothing:
    """The words in a message that was read again, if it is one of somebody's words."""
    if message.get("subtype") not in _SPOKEN:
        return Nothing("subtype")
    return words_of(message, ours)


def words_of(event: Mapping[str, Any], ours: Ours) -> Words | Nothing:
    """The words in a message event, or in a message that was read again."""
    channel, ts = event.get("channel"), event.get("ts")
    bot = event.get("bot_id")
    user = event.get("user") or bot
    if not (isinstance(channel, str) and isinstance(ts, str) and isinstance(user, str)):
        return Nothing("no_author")
    at = moment(ts)
    if at is None:
        return Nothing("no_time")
    thread = event.get("thread_ts")
    thread = thread if isinstance(thread, str) and thread != ts else None
    direct = event.get("channel_type") == "im" or channel.startswith("D")
    if thread is None and not direct:
        return Nothing("top_level")
    if (bot and direct) or user == "USLACKBOT":
        return Nothing("other_app")
    workspace = event.get("user_team")
    workspace = workspace if isinstance(workspace, str) and workspace else ours.team
    profile = signed(event) if bot else None
    return Words(event, ours.team, workspace, user, channel, ts, thread, at, direct, profile)


def signed(event: Payload) -> Profile | None:
    """How another app signs its post; nothing for a person's."""
    if not event.get("bot_id"):
        return None
    known = event.get("bot_profile")
    known = known if isinstance(known, dict) else {}
    name = event.get("username") or known.get("name")
    icons = event.get("icons") or known.get("icons")
    picture = icons.get("image_72") if isinstance(icons, dict) else None
    return Profile(
        whole(name) if isinstance(name, str) and name else "An app",
        picture if isinstance(picture, str) else None,
    )


def files_of(message: Payload) -> tuple[RemoteFile, ...]:
    """The files that Slack keeps of a message. The handle holds the id and, if told, where it is.

    An address of Slack's opens with the bot's token only. Files kept elsewhere are links.
    """
    given = message.get("files")
    found: list[RemoteFile] = []
    for file in (*(given if isinstance(given, list) else ()), *shared_files(message)):
        if not isinstance(file, dict) or not isinstance(file.get("id"), str):
            continue
        if file.get("mode") in GONE or file.get("is_external"):
            continue
        handle = {"id": file["id"]}
        address = file.get("url_private_download") or file.get("url_private")
        if isinstance(address, str):
            handle["url"] = address
        size, kind = file.get("size"), file.get("mimetype")
        found.append(
            RemoteFile(
                whole(str(file.get("name") or file.get("title") or "file")),
                json.dumps(handle),
                size if isinstance(size, int) and size > 0 else None,
                kind if isinstance(kind, str) and kind else None,
                whole(str(file.get("alt_txt") or "")),
                file["id"],
            )
        )
    return tuple(found[:_MOST_FILES])


def lone_address(text: str) -> str | None:
    """The address of what may be a pin, if a message is nothing else."""
    if text.startswith(("https://", "http://")) and not any(c.isspace() for c in text):
        return text
    return None


def intent(
    words: Words,
    person: Person,
    text: str,
    *,
    rich: Content | None = None,
    pin: PinId | None = None,
    picked: ThreadId | None = None,
) -> Intent:
    """The intent of somebody's words. Its key is the place and message, not the envelope.

    A message that is nothing but the address of a pin sends that `pin`. `picked` is
    the thread that the person chose when asked.
    """
    place = place_of(words.team, words.channel, words.user)
    message = remote(words.channel, words.ts)
    target: Target
    if picked:
        target = picked
    elif words.thread:
        target = InSpace("slack", SpaceId(f"{words.channel}:{words.thread}"))
    else:
        target = InDirect(place)
    has_files = "files" in words.event or "attachments" in words.event
    files = files_of(words.event) if has_files else ()
    return Intent(
        key=f"slack:{message}:post",
        actor=person,
        what=PostMessage(
            target,
            "" if pin else text,
            pin,
            None if pin else rich,
            files=files,
            forwards=shared(words.event) if "attachments" in words.event else (),
        ),
        origin=Origin(place, message),
        at=words.at,
    )
