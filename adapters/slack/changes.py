"""What people do to messages that stand: edits, deletes, reactions. Pure.

A change is an edit only where words, blocks or files differ, or where Slack says that
somebody edited: previews, counters and our own updates are none. Slack does not say
who deleted a message. A root with replies is not deleted but made a tombstone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from adapters.slack.marks import (
    Nothing,
    Ours,
    Payload,
    delivery_of,
    is_ours,
    moment,
    place_of,
    remote,
)
from core.content import Content
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
from core.model import Identity, Place, Profile


@dataclass(frozen=True, slots=True)
class Echo:
    """One of our own posts or updates, seen on its platform."""

    delivery: str
    receipt: Receipt


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
    at: datetime


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
        return echo(message, channel, ts, ours)
    return _edited(channel, ts, message, before, event, ours)


def echo(message: Payload, channel: str, ts: str, ours: Ours) -> Echo | Nothing:
    """Of a message of ours: a post or, under another delivery id, an update."""
    delivery = delivery_of(message)
    if not delivery:
        return Nothing("own")
    name = remote(channel, ts)
    root = message.get("thread_ts") in (None, ts)
    return Echo(delivery, Receipt(name, ours.bot, SpaceId(name) if root else None))


def _edited(
    channel: str, ts: str, message: Payload, before: Payload, event: Payload, ours: Ours
) -> Edited | Nothing:
    said = content_of(message)
    by, was = _edited_ts(message), _edited_ts(before)
    if by == was and (not before or said == content_of(before)):
        return Nothing("no_edit")
    if _is_top_level(message, channel):
        return Nothing("top_level")
    author = message.get("user") or message.get("bot_id")
    when = by if by and by != was else str(event.get("event_ts") or event.get("ts"))
    at = moment(when)
    if not isinstance(author, str) or at is None:
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
        f"slack:{name}:edit:{when}:{said}",
        at,
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
    return Deleted(
        Intent(
            f"slack:{name}:delete",
            ItsAuthor(),
            DeleteMessage(RemoteMessage("slack", name)),
            Origin(place, name),
            at=moment(event.get("event_ts") or event.get("ts")),
        )
    )


def reacted(event: Payload, ours: Ours) -> Reacted | Nothing:
    """A `reaction_added` or `reaction_removed`."""
    item, user, name = event.get("item"), event.get("user"), event.get("reaction")
    if user == ours.user:
        return Nothing("own")
    if not isinstance(item, dict) or item.get("type") != "message":
        return Nothing("not_a_message")
    channel, ts = item.get("channel"), item.get("ts")
    if not all(isinstance(one, str) and one for one in (user, name, channel, ts)):
        return Nothing("malformed")
    on = event.get("type") == "reaction_added"
    stands = remote(str(channel), str(ts))
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


def edit(found: Edited, profile: Profile, text: str, rich: Content | None) -> Intent:
    return Intent(
        found.key,
        Person(found.identity, profile),
        EditMessage(RemoteMessage("slack", found.remote), text, rich),
        Origin(found.place, found.remote),
        at=found.at,
    )


def reaction(found: Reacted, profile: Profile, emoji: str) -> Intent:
    return Intent(
        found.key,
        Person(found.identity, profile),
        React(RemoteMessage("slack", found.remote), emoji, found.on),
        Origin(found.place, found.remote),
        at=found.at,
    )


def content_of(message: Payload) -> str:
    """A digest of what a message says: its words, blocks and files, and no previews."""
    files = message.get("files")
    ids = [f.get("id") for f in files if isinstance(f, dict)] if isinstance(files, list) else []
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
