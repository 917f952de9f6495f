"""What people do in the Discord server: the control API under /_control/discord/.

A person may do what Discord's client would let them do; anything else is a 400 with a
sentence. Documented in docs/sandbox.md.
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.control import ControlError, MissingError, answer, many, read, text
from sandbox.discord import world
from sandbox.discord.answers import ApiError
from sandbox.discord.content import CONTENT, find_mentions
from sandbox.discord.context import Context
from sandbox.discord.gateway import GUILDS, Event
from sandbox.discord.messages import emoji_key
from sandbox.discord.permissions import permissions
from sandbox.discord.roles import Roles
from sandbox.discord.state import DM, FORUM, TEXT, Channel, Message
from sandbox.discord.talk import COMMAND_ANSWER, REPLY
from sandbox.discord.view import View

VOICE, SNAPSHOT = 1 << 13, 1 << 14


class People:
    """The control calls by which people talk, and those that set rights."""

    def __init__(self, context: Context, view: View, roles: Roles) -> None:
        self._context = context
        self._state = context.state
        self._view = view
        self._roles = roles

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        base = "/_control/discord/"
        app.router.add_post(base + "say", self._say)
        app.router.add_post(base + "edit", self._edit)
        app.router.add_post(base + "unfile", self._unfile)
        app.router.add_post(base + "delete", self._delete)
        app.router.add_post(base + "react", self._react)
        app.router.add_post(base + "thread", self._thread)
        app.router.add_post(base + "archive", self._archive)
        app.router.add_post(base + "channels", self._channel_made)
        app.router.add_get(base + "channels/{channel}", self._channel_shown)
        app.router.add_delete(base + "channels/{channel}", self._channel_deleted)
        app.router.add_put(base + "permissions", self._permissions)
        app.router.add_put(base + "people/{user}", self._person_changed)

    # Talking

    async def _say(self, request: web.Request) -> web.Response:
        body = await read(request)
        user = self._view.user(body)
        place = self._view.place(text(body, "channel"), user)
        more = self._further(body, place)
        said = self._worded(body, bare=bool(more))
        title = body.get("title")
        opens = place.type == FORUM
        if opens:
            if not isinstance(title, str) or not 1 <= len(title) <= 100:
                raise ControlError("A forum post needs a title of up to 100 characters.")
            place = self._context.talk.open_thread(place, title, user)
        elif place.locked and user != world.OWNER:
            raise ControlError("This thread is locked.")
        message = self._worded_message(place, user, said)
        if opens:
            message.id = place.id
        for key, value in more.items():
            setattr(message, key, value)
        self._refer(message, place, body.get("reply_to"))
        self._context.talk.post(message)
        self._told("say", user, message, text=said)
        return answer({"id": message.id, "channel": place.id})

    def _further(self, body: dict[str, Any], place: Channel) -> dict[str, Any]:
        """What a message holds beside its words: files, a sticker, a poll, another message."""
        more: dict[str, Any] = {}
        files = body.get("files") or []
        if files:
            more["files"] = [self._file(one, place) for one in files]
        if "voice" in body:
            told = {"duration_secs": 12.4, "waveform": "AAAA"}
            one = {"name": "voice-message.ogg", "type": "audio/ogg", "base64": body["voice"]}
            more["files"] = [{**self._file(one, place), **told}]
            more["flags"] = VOICE
        if "sticker" in body:
            named = {"id": self._state.snowflake(), "name": text(body, "sticker"), "format_type": 1}
            more["extra"] = {"sticker_items": [named]}
        if "poll" in body:
            more["extra"] = {"poll": _poll(body["poll"])}
        if "app" in body:
            more |= self._app(body["app"], self._view.user(body))
        if "forward" in body:
            more |= self._forward(text(body, "forward"))
        return more

    def _file(self, one: Any, place: Channel) -> dict[str, Any]:
        if not isinstance(one, dict):
            raise ControlError("A file is an object.")
        try:
            data = b64decode(str(one.get("base64", "")), validate=True)
        except ValueError as bad:
            raise ControlError("base64 cannot be read.") from bad
        content = str(one["content"]).encode() if "content" in one else data
        kind = str(one.get("type", "application/octet-stream"))
        kept = self._state.add_file(place.id, text(one, "name"), kind, content)
        alt = one.get("alt")
        made = self._context.shapes.file(kept, None if alt is None else str(alt))
        # As if it had changed since Discord measured it.
        return {**made, "size": int(one["size"])} if "size" in one else made

    def _app(self, given: Any, user: str) -> dict[str, Any]:
        """The answer of another bot's command, which the person has given."""
        if not isinstance(given, dict):
            raise ControlError("app has a name, and a text or embeds.")
        name, shown = text(given, "name"), self._context.shapes.user(world.BOT)
        author = {**shown, "id": world.OTHER_BOT, "username": name, "global_name": None}
        run = {
            "id": self._state.snowflake(),
            "type": 2,
            "user": self._context.shapes.user(user),
            "authorizing_integration_owners": {},
        }
        embeds = [{"type": "rich", **one} for one in given.get("embeds", [])]
        return {
            "author": author,
            "type": COMMAND_ANSWER,
            "interaction": run,
            "embeds": embeds,
            "webhook": world.OTHER_BOT,
        }

    def _forward(self, meant: str) -> dict[str, Any]:
        found = self._view.message({"message": meant}, world.OWNER)
        reference = {"type": 1, "channel_id": found.channel, "message_id": found.id}
        if self._state.channels[found.channel].type != DM:
            reference["guild_id"] = world.GUILD
        snapshot = self._context.shapes.snapshot(found)
        extra = {"message_snapshots": [snapshot]}
        return {"reference": reference, "extra": extra, "flags": SNAPSHOT}

    def _worded(self, body: dict[str, Any], *, bare: bool = False) -> str:
        said = text(body, "text", "" if bare else None).strip()
        if not said and not bare:
            raise ControlError("Say something.")
        if len(said) > CONTENT:
            raise ControlError(f"A message has at most {CONTENT} characters.")
        return said

    def _worded_message(self, place: Channel, user: str, said: str) -> Message:
        return Message(
            id=self._state.snowflake(),
            channel=place.id,
            author=self._context.shapes.user(user),
            content=said,
            mentions=find_mentions(said),
        )

    def _refer(self, message: Message, place: Channel, reply_to: object) -> None:
        if reply_to is None:
            return
        meant = self._state.message(place.id, str(reply_to))
        if meant is None:
            raise MissingError("There is no such message to reply to.")
        message.type = REPLY
        message.reference = {"type": 0, "channel_id": place.id, "message_id": meant.id}
        if place.type != DM:
            message.reference["guild_id"] = world.GUILD
        author = meant.author["id"]
        if meant.webhook in (None, world.BOT) and author not in message.mentions:
            message.mentions.append(author)

    async def _edit(self, request: web.Request) -> web.Response:
        body = await read(request)
        user = self._view.user(body)
        message = self._view.message(body, user)
        if message.author["id"] != user:
            raise ControlError("Only the author edits a message.")
        if self._state.channels[message.channel].archived:
            raise ControlError("This thread is archived.")
        said = self._worded(body, bare=bool(message.files))
        self._context.talk.edit(message, content=said, mentions=find_mentions(said))
        self._told("edit", user, message, text=said)
        return answer({"id": message.id})

    async def _unfile(self, request: web.Request) -> web.Response:
        """Take a file off a message, of which something has to stay."""
        body = await read(request)
        user = self._view.user(body)
        message = self._view.message(body, user)
        if message.author["id"] != user:
            raise ControlError("Only the author takes a file off a message.")
        left = [one for one in message.files if str(one["id"]) != text(body, "file")]
        if len(left) == len(message.files):
            raise MissingError("The message has no such file.")
        if not left and not message.content:
            raise ControlError("Cannot send an empty message.")
        self._context.talk.edit(message, files=left)
        self._told("unfile", user, message, file=body["file"])
        return answer({"id": message.id})

    async def _delete(self, request: web.Request) -> web.Response:
        body = await read(request)
        user = self._view.user(body)
        message = self._view.message(body, user)
        if message.ephemeral is not None:
            raise ControlError("Dismiss what only you see with DELETE /_control/discord/seen.")
        if message.author["id"] != user and user != world.OWNER:
            raise ControlError("Only the author or the owner deletes a message.")
        self._context.talk.delete(message)
        self._told("delete", user, message)
        return answer({"id": message.id})

    async def _react(self, request: web.Request) -> web.Response:
        body = await read(request)
        ids = [self._reacted({**body, **one}) for one in many(body)]
        return answer({"id": ids[-1]})

    def _reacted(self, body: dict[str, Any]) -> str:
        user = self._view.user(body)
        message = self._view.message(body, user)
        if message.ephemeral is not None or self._state.channels[message.channel].archived:
            raise ControlError("Nobody can react to that.")
        try:
            key = emoji_key(text(body, "emoji"), self._state.settings["emojis"])
        except ApiError as bad:
            raise ControlError(
                "emoji is one emoji character, or name:id of the server's own."
            ) from bad
        act = self._context.talk.unreact if body.get("remove") else self._context.talk.react
        act(message, user, key)
        self._told("react", user, message, emoji=key, remove=bool(body.get("remove")))
        return message.id

    async def _thread(self, request: web.Request) -> web.Response:
        body = await read(request)
        user = self._view.user(body)
        message = self._view.message(body, user)
        place = self._state.channels[message.channel]
        if place.type != TEXT or message.id in self._state.channels:
            raise ControlError("No thread can be started there.")
        name = text(body, "name")
        if not 1 <= len(name) <= 100:
            raise ControlError("name has 1 to 100 characters.")
        thread = self._context.talk.open_thread(place, name, user, starter=message)
        self._told("thread", user, message, name=name)
        return answer({"id": thread.id})

    async def _archive(self, request: web.Request) -> web.Response:
        body = await read(request)
        thread = self._view.place(text(body, "thread"), None)
        if not thread.is_thread:
            raise ControlError("That is not a thread.")
        changes: dict[str, Any] = {key: body[key] for key in ("archived", "locked") if key in body}
        if any(not isinstance(value, bool) for value in changes.values()):
            raise ControlError("archived and locked are true or false.")
        changes.setdefault("archived", True)
        self._context.talk.change_thread(thread, **changes)
        args = {"thread": thread.id, **changes}
        self._context.kernel.journal.record("discord", "archive", args, {})
        return answer({"id": thread.id, **changes})

    def _told(self, what: str, user: str, message: Message, **more: Any) -> None:
        args = {"user": user, "channel": message.channel, "message": message.id, **more}
        self._context.kernel.journal.record("discord", what, args, {"id": message.id})

    # Places and settings

    async def _channel_shown(self, request: web.Request) -> web.Response:
        channel = self._view.place(request.match_info["channel"], None)
        limit = request.query.get("limit", "")
        if limit and not (limit.isascii() and limit.isdigit()):
            raise ControlError("limit is a whole number.")
        return answer(self._view.place_shown(channel, int(limit) if limit else None))

    async def _channel_made(self, request: web.Request) -> web.Response:
        body = await read(request)
        name, kind = text(body, "name"), text(body, "kind", "text")
        if not 1 <= len(name) <= 100 or kind not in ("text", "forum"):
            raise ControlError("A channel has a name of 1 to 100 characters and is text or forum.")
        places = [one for one in self._state.channels.values() if one.type in (TEXT, FORUM)]
        made = Channel(
            id=self._state.snowflake(),
            type=FORUM if kind == "forum" else TEXT,
            name=name,
            position=len(places),
            overwrites=self._roles.rules({"private": False, **body}),
        )
        self._context.talk.add_channel(made)
        return answer({"id": made.id})

    async def _channel_deleted(self, request: web.Request) -> web.Response:
        channel = self._view.place(request.match_info["channel"], None)
        if channel.type == DM:
            raise ControlError("Direct messages cannot be deleted.")
        self._context.talk.delete_channel(channel)
        self._context.kernel.journal.record(
            "discord", "delete channel", {"channel": channel.id}, {}
        )
        return answer({"id": channel.id})

    async def _permissions(self, request: web.Request) -> web.Response:
        body = await read(request)
        name = body.get("channel")
        if name is None:
            self._state.set("permissions", _bits(body, "permissions"))
            role = self._context.shapes.roles()[1]
            told = {"guild_id": world.GUILD, "role": role}
            self._context.gateway.dispatch(Event("GUILD_ROLE_UPDATE", told, GUILDS))
            return answer({"permissions": body["permissions"]})
        channel = self._view.place(str(name), None)
        rule = {
            "id": world.BOT,
            "type": 1,
            "allow": _bits(body, "allow", "0"),
            "deny": _bits(body, "deny", "0"),
        }
        others = [one for one in channel.overwrites if one["id"] != world.BOT]
        self._context.talk.change_channel(channel, overwrites=[*others, rule])
        held = permissions(self._state, world.BOT, channel)
        return answer({"channel": channel.id, "permissions": str(held)})

    async def _person_changed(self, request: web.Request) -> web.Response:
        user = self._view.user(request.match_info)
        opened = (await read(request)).get("dms")
        if not isinstance(opened, bool):
            raise ControlError("dms is true or false.")
        closed = [one for one in self._state.settings["closed"] if one != user]
        self._state.set("closed", closed if opened else [*closed, user])
        return answer({"user": user, "dms": opened})


def _poll(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or not isinstance(given.get("answers"), list):
        raise ControlError("A poll has a question and answers.")
    answers = [
        {"answer_id": n, "poll_media": {"text": str(one)}}
        for n, one in enumerate(given["answers"], 1)
    ]
    return {
        "question": {"text": text(given, "question")},
        "answers": answers,
        "expiry": "2030-01-01T00:00:00+00:00",
        "allow_multiselect": False,
        "layout_type": 1,
        "results": {"is_finalized": False, "answer_counts": []},
    }


def _bits(body: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = str(body.get(key, default))
    if not value.isascii() or not value.isdigit():
        raise ControlError(f"{key} is a permission number.")
    return value
