"""What people do to messages that stand: edits, deletes, reactions. Pure.

A change is an edit only where words, blocks or files differ, or where Slack says that
somebody edited: previews, counters and our own updates are none. Slack does not say
who deleted a message. A root with replies is not deleted but made a tombstone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from adapters.slack.marks import (
    Nothing,
    Ours,
    Payload,
    delivery_of,
    file_in,
    is_ours,
    moment,
    place_of,
    poster,
    remote,
)
from core.delivery import Receipt
from core.ids import RemoteId, SpaceId
from core.intents import (
    DeleteMessage,
    EditMessage,
    Intent,
    ItsAuthor,
    Origin,
    Person,
    React,
    RemoteMessage,
)
from core.model import Identity, Place
from core.text.content import Content

GONE = ("tombstone", "hidden_by_limit")
"""Modes of files that cannot be had any more."""


@dataclass(frozen=True, slots=True)
class Echo:
    """One of our own posts or (not `post`) updates, seen in the thread `space`.

    The post of a file has no delivery id; its receipt's poster names the file. `message` is
    empty where it says what it said before, as with a count of replies.
    """

    delivery: str
    receipt: Receipt
    space: SpaceId
    post: bool = True
    message: Payload = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class OwnReaction:
    """We put an emoji on a message; `name` is Slack's."""

    remote: RemoteId
    name: str


@dataclass(frozen=True, slots=True)
class Edited:
    """Somebody changed what they had said; `message` is what it says now."""

    message: Payload
    identity: Identity
    place: Place
    channel: str
    remote: RemoteId
    thread: str | None
    key: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Deleted:
    intent: Intent


@dataclass(frozen=True, slots=True)
class Reacted:
    """`name` is Slack's name of the emoji, with its skin tone."""

    name: str
    on: bool
    identity: Identity
    place: Place
    channel: str
    remote: RemoteId
    key: str
    at: datetime | None


def changed(event: Payload, ours: Ours, app: object) -> Edited | Deleted | Echo | Nothing:
    """A `message_changed`."""
    message, before = event.get("message"), event.get("previous_message")
    channel = event.get("channel")
    if not isinstance(message, dict) or not isinstance(channel, str):
        return Nothing("malformed")
    ts = message.get("ts")
    before = before if isinstance(before, dict) else {}
    if not isinstance(ts, str):
        return Nothing("malformed")
    if message.get("subtype") == "tombstone":
        return _deleted(channel, ts, before, event, ours, app)
    if is_ours(message, ours, app):
        found = echo(message, channel, ts, ours, post=False)
        same = bool(before) and content_of(message) == content_of(before)
        return replace(found, message={}) if same and isinstance(found, Echo) else found
    return _edited(channel, ts, message, before, event, ours)


def echo(
    message: Payload, channel: str, ts: str, ours: Ours, *, post: bool = True
) -> Echo | Nothing:
    """Of a message of ours: a post or, under another delivery id, an update."""
    delivery, file = delivery_of(message) or "", file_in(message)
    if not delivery and not (file and post):
        return Nothing("own")
    name = remote(channel, ts)
    thread = message.get("thread_ts")
    root = thread in (None, ts)
    receipt = Receipt(name, poster(ours, file), SpaceId(name) if root and not file else None)
    space = SpaceId(name if root else remote(channel, str(thread)))
    return Echo(delivery, receipt, space, post, message)


def _edited(
    channel: str, ts: str, message: Payload, before: Payload, event: Payload, ours: Ours
) -> Edited | Nothing:
    said = content_of(message)
    by, was = _edited_ts(message), _edited_ts(before)
    if by == was and (not before or said == content_of(before)):
        return Nothing("no_edit")
    if _is_top_level(message, channel):
        return Nothing("top_level")
    when = by if by and by != was else str(event.get("event_ts") or event.get("ts"))
    if moment(when) is None:
        return Nothing("no_author")
    return _edit_at(when, channel, ts, message, ours)


def standing_edit(message: Payload, channel: str, ours: Ours) -> Edited | Nothing:
    """The last edit of a message that was read again, under the key that its event has.

    Slack notes no time where only a file was taken off.
    """
    when = _edited_ts(message)
    files = message.get("files")
    files = [f for f in files if isinstance(f, dict)] if isinstance(files, list) else []
    if not when and all(f.get("mode") not in GONE for f in files):
        return Nothing("no_edit")
    return _edit_at(when, channel, str(message.get("ts")), message, ours)


def _edit_at(when: str, channel: str, ts: str, message: Payload, ours: Ours) -> Edited | Nothing:
    author = message.get("user") or message.get("bot_id")
    if not isinstance(author, str):
        return Nothing("no_author")
    name = remote(channel, ts)
    thread = message.get("thread_ts")
    return Edited(
        message,
        Identity("slack", _team(message, ours), author),
        place_of(ours.team, channel, author),
        channel,
        name,
        thread if isinstance(thread, str) else None,
        f"slack:{name}:edit:{when}:{content_of(message)}",
        moment(when),
    )


def deleted(event: Payload, ours: Ours, app: object) -> Deleted | Nothing:
    """A `message_deleted`."""
    channel, ts, before = (event.get(key) for key in ("channel", "deleted_ts", "previous_message"))
    before = before if isinstance(before, dict) else {}
    ts = ts or before.get("ts")
    if not isinstance(channel, str) or not isinstance(ts, str):
        return Nothing("malformed")
    return _deleted(channel, ts, before, event, ours, app)


def _deleted(
    channel: str, ts: str, before: Payload, event: Payload, ours: Ours, app: object
) -> Deleted | Nothing:
    if before and not is_ours(before, ours, app) and _is_top_level(before, channel):
        return Nothing("top_level")
    name = remote(channel, ts)
    place = place_of(ours.team, channel, str(before.get("user", "")))
    return Deleted(_delete(name, place, moment(event.get("event_ts") or event.get("ts"))))


def _delete(name: RemoteId, place: Place, at: datetime | None) -> Intent:
    return Intent(
        f"slack:{name}:delete",
        ItsAuthor(),
        DeleteMessage(RemoteMessage("slack", name)),
        Origin(place, name),
        at=at,
    )


def delete_of(channel: str, ts: str, ours: Ours) -> Intent:
    """The delete of a message that was found to be gone."""
    name = remote(channel, ts)
    return _delete(name, place_of(ours.team, channel, ""), None)


def reacted(event: Payload, ours: Ours) -> Reacted | OwnReaction | Nothing:
    """A `reaction_added` or `reaction_removed`."""
    item, user, name = event.get("item"), event.get("user"), event.get("reaction")
    if user == ours.user and event.get("type") != "reaction_added":
        return Nothing("own")
    if not isinstance(item, dict) or item.get("type") != "message":
        return Nothing("not_a_message")
    channel, ts = item.get("channel"), item.get("ts")
    if not all(isinstance(one, str) and one for one in (user, name, channel, ts)):
        return Nothing("malformed")
    on = event.get("type") == "reaction_added"
    stands = remote(str(channel), str(ts))
    if user == ours.user:
        return OwnReaction(stands, str(name))
    when = event.get("event_ts")
    return Reacted(
        str(name),
        on,
        Identity("slack", _team(event, ours), str(user)),
        place_of(ours.team, str(channel), str(user)),
        str(channel),
        stands,
        f"slack:{stands}:{'react' if on else 'unreact'}:{user}:{name}:{when}",
        moment(when),
    )


def edit(
    found: Edited, person: Person, text: str, rich: Content | None, files: tuple[str, ...]
) -> Intent:
    """`files` are the ids of those that still hang on it."""
    return Intent(
        found.key,
        person,
        EditMessage(RemoteMessage("slack", found.remote), text, rich, files),
        Origin(found.place, found.remote),
        at=found.at,
    )


def reaction(found: Reacted, person: Person, emoji: str) -> Intent:
    return Intent(
        found.key,
        person,
        React(RemoteMessage("slack", found.remote), emoji, found.on),
        Origin(found.place, found.remote),
        at=found.at,
    )


def content_of(message: Payload) -> str:
    """A digest of what a message says: its words, blocks and files, and no previews."""
    given = message.get("files")
    files = [f for f in given if isinstance(f, dict)] if isinstance(given, list) else []
    ids = [f.get("id") for f in files if f.get("mode") not in GONE]
    said = (message.get("text") or "", message.get("blocks") or [], ids)
    return blake2b(msgspec.json.encode(said), digest_size=8).hexdigest()


def _edited_ts(message: Payload) -> str:
    edited = message.get("edited")
    return str(edited.get("ts") or "") if isinstance(edited, dict) else ""


def _is_top_level(message: Mapping[str, Any], channel: str) -> bool:
    """Words outside any thread are not input, but for direct messages."""
    thread = message.get("thread_ts")
    return thread in (None, message.get("ts")) and not channel.startswith("D")


def _team(message: Payload, ours: Ours) -> str:
    """The author's home workspace."""
    team = message.get("user_team")
    return team if isinstance(team, str) and team else ours.team
