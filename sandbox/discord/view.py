"""How the control API shows the Discord server: who is there, places, messages.

The shapes are documented in docs/sandbox.md ("What a place shows"); the page and the tests
read them. Finding what a call names refuses with a sentence.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.control import ControlError, MissingError, text
from sandbox.discord import world
from sandbox.discord.content import HAS_THREAD, LOADING, SILENT
from sandbox.discord.context import Context
from sandbox.discord.interactions import Interactions
from sandbox.discord.permissions import sees
from sandbox.discord.shapes import PEOPLE
from sandbox.discord.state import DM, FORUM, TEXT, Channel, Message, moment
from sandbox.discord.talk import REPLY, THREAD_CREATED, THREAD_STARTER

SYSTEM = (THREAD_CREATED, THREAD_STARTER)


class View:
    """What people see of the server."""

    def __init__(self, context: Context, interactions: Interactions) -> None:
        self._context = context
        self._state = context.state
        self._interactions = interactions

    # Finding

    def user(self, body: Mapping[str, Any]) -> str:
        """The person, by id or name."""
        user = str(body.get("user", ""))
        if user in PEOPLE:
            return user
        by_name = [one.id for one in world.PEOPLE if user in (one.name, one.username)]
        if not by_name:
            raise MissingError("There is no such person.")
        return by_name[0]

    def place(self, name: str, user: str | None) -> Channel:
        """A place by id, name or `dm`, and seen by the person if one is given."""
        if name == "dm" and user is not None:
            return self._state.direct(user)
        if name.startswith("dm:"):
            return self._state.direct(self.user({"user": name[3:]}))
        found = self._state.channels.get(name)
        if found is None:
            found = next((one for one in self._state.channels.values() if one.name == name), None)
        if found is None:
            raise MissingError("There is no such channel.")
        if user is not None and not sees(self._state, user, found):
            raise ControlError("That person does not see that channel.")
        return found

    def message(self, body: Mapping[str, Any], user: str) -> Message:
        """The message that the person sees, ephemeral ones too."""
        wanted = text(dict(body), "message")
        for message in (self._interactions.ephemeral.get(wanted), self._anywhere(wanted)):
            if message is not None and message.ephemeral in (None, user):
                if not sees(self._state, user, self._state.channels[message.channel]):
                    raise ControlError("That person does not see that message.")
                return message
        raise MissingError("There is no such message.")

    def _anywhere(self, wanted: str) -> Message | None:
        found = (self._state.message(channel, wanted) for channel in self._state.channels)
        return next((message for message in found if message is not None), None)

    # Showing

    def world(self) -> dict[str, Any]:
        """Bot, people and channels."""
        cdn = self._context.shapes.cdn()

        def drawn(person: world.Person) -> dict[str, Any]:
            picture = f"{cdn}/avatars/{person.id}/{world.PICTURE}.png"
            return {
                "id": person.id,
                "name": person.name,
                "handle": person.username,
                "picture": picture,
            }

        places = [one for one in self._state.channels.values() if one.type in (TEXT, FORUM)]
        return {
            "bot": drawn(world.BOT_PERSON),
            "people": [drawn(person) for person in world.PEOPLE],
            "channels": [
                {
                    "id": one.id,
                    "name": one.name,
                    "kind": "forum" if one.type == FORUM else "text",
                    "hidden": not sees(self._state, world.BOT, one),
                    "unseen_by": [
                        person.id
                        for person in world.PEOPLE
                        if not sees(self._state, person.id, one)
                    ],
                }
                for one in places
            ],
        }

    def shown(self, message: Message) -> dict[str, Any]:
        """A message as a place shows it."""
        shapes = self._context.shapes
        author = message.author
        reference = message.reference or {}
        return {
            "id": message.id,
            "channel": message.channel,
            "author": author["id"],
            "name": author.get("global_name") or author["username"],
            "picture": shapes.picture(message),
            "bot": bool(author.get("bot")),
            "webhook_id": message.webhook if message.webhook != world.BOT else None,
            "content": message.content,
            "embeds": message.embeds,
            "components": message.components,
            "reply_to": reference.get("message_id") if message.type == REPLY else None,
            "edited": message.edited,
            "at": moment(message.id),
            "reactions": [
                {"name": key, "users": users} for key, users in message.reactions.items()
            ],
            "files": [shapes.attachment(message, one) for one in message.files],
            "stickers": [one["name"] for one in message.extra.get("sticker_items", [])],
            "poll": _poll_shown(message.extra.get("poll")),
            "forwarded": [
                one["message"]["content"] for one in message.extra.get("message_snapshots", [])
            ],
            "nonce": message.nonce,
            "pings": [*message.mentions, *(["everyone"] if message.everyone else [])],
            "thread": message.id if message.flags & HAS_THREAD else None,
            "silent": bool(message.flags & SILENT),
            "ephemeral": message.ephemeral is not None,
            "loading": bool(message.flags & LOADING),
        }

    def channel(self, channel: Channel) -> dict[str, Any]:
        """A channel or a thread."""
        kinds = {DM: "dm", TEXT: "text", FORUM: "forum"}
        info: dict[str, Any] = {
            "id": channel.id,
            "name": channel.name,
            "kind": kinds.get(channel.type, "thread"),
            "parent": channel.parent,
        }
        if channel.is_thread:
            info.update(
                owner=channel.owner,
                archived=channel.archived,
                locked=channel.locked,
                messages=channel.count,
                last=channel.last_message,
                tags=channel.applied,
            )
        return info

    def place_shown(self, channel: Channel, limit: int | None) -> dict[str, Any]:
        """A place with its threads and messages, oldest first; only the last `limit` ones."""
        messages = self._state.history(channel.id, limit=limit)
        return {
            "channel": self.channel(channel),
            "threads": [self.channel(one) for one in self._state.threads(channel.id)],
            "messages": [self.shown(one) for one in messages if one.type not in SYSTEM],
        }


def _poll_shown(poll: dict[str, Any] | None) -> dict[str, Any] | None:
    if poll is None:
        return None
    answers = [one["poll_media"]["text"] for one in poll["answers"]]
    return {"question": poll["question"]["text"], "answers": answers}


def parts_of(message: Message) -> list[dict[str, Any]]:
    """Every component of a message, nested ones too."""
    found: list[dict[str, Any]] = []
    left = list(message.components)
    while left:
        one = left.pop(0)
        found.append(one)
        left += one.get("components", [])
        if "accessory" in one:
            left.append(one["accessory"])
    return found
