"""`/_control/slack/...`: what people say and do in channels, and what a place shows.

Typed text goes through the composer's rules (`text.typed`). People may do only what Slack would
let them: write where they are members, edit their own messages.
"""

import base64
import binascii
import uuid
from typing import Any

from aiohttp import web

from sandbox import world
from sandbox.control import ControlError, MissingError, answer, many, read, text
from sandbox.slack import emoji
from sandbox.slack.access import channel_object
from sandbox.slack.directory import Directory
from sandbox.slack.files import Files
from sandbox.slack.pings import pings
from sandbox.slack.posting import Posting
from sandbox.slack.text import Names, typed
from sandbox.slack.workspace import Channel, Message, Resident, Workspace, full_ts


class Place:
    """Finds who acts and where; ControlError with a sentence for what cannot be."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def user(self, body: dict[str, Any]) -> Resident:
        """Who acts."""
        found = self.workspace.people.get(text(body, "user"))
        if found is None:
            raise MissingError(f"There is no person {body['user']}.")
        return found

    def channel(self, name: str) -> Channel:
        """A channel by id."""
        found = self.workspace.channels.get(name)
        if found is None:
            raise MissingError(f"There is no channel {name}.")
        return found

    def writable(self, body: dict[str, Any]) -> tuple[Resident, Channel]:
        """Who acts and where, if they are a member and it is not archived."""
        person, channel = self.user(body), self.channel(text(body, "channel"))
        if person.id not in channel.members:
            raise ControlError(f"{person.name} is not in {channel.name or channel.id}.")
        if channel.archived:
            raise ControlError(f"{channel.name or channel.id} is archived.")
        return person, channel

    def message(self, channel: Channel, ts: str) -> Message:
        """A message that still has its content."""
        found = channel.messages.get(full_ts(ts))
        if found is None or found.get("subtype") == "tombstone":
            raise MissingError(f"There is no message {ts} in {channel.id}.")
        return found

    def names(self) -> Names:
        """Who and what can be mentioned by typing."""
        people = {p.handle: p.id for p in self.workspace.people.values()}
        people |= {p.name.lower(): p.id for p in self.workspace.people.values()}
        people["pinthread"] = world.SLACK_BOT_USER
        channels = {c.name: c.id for c in self.workspace.channels.values() if c.name}
        named = {found: name for name, found in channels.items()}
        return Names(people, channels, named, frozenset(self.workspace.emoji))


class People:
    """The acts of people in channels."""

    def __init__(self, place: Place, posting: Posting, files: Files, directory: Directory) -> None:
        self._place = place
        self._posting = posting
        self._files = files
        self._directory = directory

    def mount(self, app: web.Application) -> None:
        """The control calls."""
        for name, handler in (
            ("say", self._say),
            ("edit", self._edit),
            ("delete", self._delete),
            ("react", self._react),
            ("file", self._file),
            ("unfile", self._unfile),
            ("join", self._join),
            ("leave", self._leave),
            ("channel", self._make),
            ("archive", self._archive),
            ("home", self._home),
        ):
            app.router.add_post(f"/_control/slack/{name}", handler)
        app.router.add_get("/_control/slack/channels/{channel}", self._show)

    async def _say(self, request: web.Request) -> web.Response:
        body = await read(request)
        person, channel = self._place.writable(body)
        content = {"text": text(body, "text")} if body.get("me") else self._typed(body)
        if not content["text"].strip():
            raise ControlError("text is empty.")
        content |= self._thread(channel, body)
        if body.get("me"):
            content["subtype"] = "me_message"
        message = self._posting.post(
            channel, {"user": person.id, "client_msg_id": str(uuid.uuid4()), **content}
        )
        return answer({"ts": message["ts"]})

    async def _edit(self, request: web.Request) -> web.Response:
        body = await read(request)
        person, channel = self._place.writable(body)
        message = self._place.message(channel, text(body, "ts"))
        if message.get("user") != person.id:
            raise ControlError("People edit only their own messages.")
        changed = self._posting.edit(channel, message, self._typed(body), person.id)
        return answer({"ts": changed["ts"], "edited": changed["edited"]["ts"]})

    async def _delete(self, request: web.Request) -> web.Response:
        body = await read(request)
        person, channel = self._place.writable(body)
        message = self._place.message(channel, text(body, "ts"))
        if message.get("user") != person.id and not self._directory.user(person)["is_admin"]:
            raise ControlError("Only an admin deletes what others wrote; Ada is one.")
        self._posting.delete(channel, message)
        return answer({})

    async def _react(self, request: web.Request) -> web.Response:
        body = await read(request)
        changed = [self._reacted({**body, **one}) for one in many(body)]
        return answer({"changed": changed[-1]})

    def _reacted(self, body: dict[str, Any]) -> bool:
        person, channel = self._place.writable(body)
        message = self._place.message(channel, text(body, "ts"))
        name = text(body, "name").strip(":")
        if not emoji.is_known(name, self._place.workspace.emoji):
            raise ControlError(f"{name} is not the name of an emoji.")
        act = self._posting.unreact if body.get("remove") else self._posting.react
        return act(channel, message, person.id, name)

    async def _file(self, request: web.Request) -> web.Response:
        body = await read(request)
        person, channel = self._place.writable(body)
        content = self._typed(body) if body.get("text") else {"text": ""}
        content |= self._thread(channel, body)
        given = body.get("files", [body])
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            raise ControlError("files is a list of objects.")
        files = [self._made(person.id, one) for one in given]
        content |= {"user": person.id, "subtype": "file_share"}
        message = self._files.share(channel, content, files)
        ids = [file["id"] for file in files]
        return answer({"ts": message["ts"], "file": ids[0], "files": ids})

    async def _unfile(self, request: web.Request) -> web.Response:
        """Take a file off a message: a tombstone stays in its place."""
        body = await read(request)
        person, channel = self._place.writable(body)
        message = self._place.message(channel, text(body, "ts"))
        if message.get("user") != person.id:
            raise ControlError("People take files off their own messages only.")
        gone = text(body, "file")
        files = message.get("files", [])
        if gone not in [file["id"] for file in files if file["mode"] != "tombstone"]:
            raise MissingError(f"The message has no file {gone}.")
        left = [{"id": gone, "mode": "tombstone"} if f["id"] == gone else f for f in files]
        self._place.workspace.remove_file(gone)
        self._posting.edit(channel, message, {"files": left}, None)
        return answer({"ts": message["ts"]})

    def _made(self, user: str, given: dict[str, Any]) -> dict[str, Any]:
        if "base64" in given:
            try:
                data = base64.b64decode(text(given, "base64"), validate=True)
            except binascii.Error as bad:
                raise ControlError("base64 is not base64.") from bad
        else:
            data = text(given, "content").encode()
        made = self._files.make(user, text(given, "name"), data, text(given, "alt", ""))
        # As if it had changed since Slack measured it.
        return {**made, "size": int(given["size"])} if "size" in given else made

    async def _join(self, request: web.Request) -> web.Response:
        body = await read(request)
        channel = self._place.channel(text(body, "channel"))
        user = self._member(body)
        if channel.kind == "im":
            raise ControlError("Nobody joins direct messages.")
        if user not in channel.members:
            self._posting.join(channel, user, body.get("inviter"))
        return answer({})

    async def _leave(self, request: web.Request) -> web.Response:
        body = await read(request)
        channel = self._place.channel(text(body, "channel"))
        user = self._member(body)
        if user not in channel.members or channel.kind == "im":
            raise ControlError(f"{user} is not in {channel.id}.")
        self._posting.leave(channel, user)
        return answer({})

    async def _make(self, request: web.Request) -> web.Response:
        body = await read(request)
        name = text(body, "name")
        channels = self._place.workspace.channels
        if any(channel.name == name for channel in channels.values()):
            raise ControlError(f"There is a channel {name} already.")
        members = body.get("members", [*self._place.workspace.people, world.SLACK_BOT_USER])
        known = {*self._place.workspace.people, world.SLACK_BOT_USER}
        if not isinstance(members, list) or set(members) - known:
            raise ControlError("members is a list of the ids of people and the bot.")
        made = Channel(
            id=f"C{uuid.uuid4().hex[:10].upper()}",
            name=name,
            kind="group" if body.get("private") else "channel",
            members=members,
            created=int(float(self._place.workspace.stamp())),
        )
        self._place.workspace.save_channel(made)
        return answer({"id": made.id})

    async def _archive(self, request: web.Request) -> web.Response:
        body = await read(request)
        channel = self._place.channel(text(body, "channel"))
        archived = body.get("archived", True)
        if not isinstance(archived, bool) or channel.kind == "im":
            raise ControlError("archived is true or false, and only channels are archived.")
        self._posting.archive(channel, archived=archived, user=self._member(body))
        return answer({})

    async def _home(self, request: web.Request) -> web.Response:
        body = await read(request)
        person = self._place.user(body)
        direct = self._place.workspace.direct(person.id)
        event: dict[str, Any] = {
            "type": "app_home_opened",
            "user": person.id,
            "channel": direct.id if direct is not None else "",
            "tab": text(body, "tab", "home"),
        }
        view = self._place.workspace.homes.get(person.id)
        if view is not None:
            event["view"] = view
        self._posting.tell(event)
        return answer({})

    async def _show(self, request: web.Request) -> web.Response:
        channel = self._place.channel(request.match_info["channel"])
        limit = request.query.get("limit", "0")
        if not limit.isascii() or not limit.isdigit():
            raise ControlError("limit is a whole number.")
        stamps = sorted(channel.messages)[-int(limit) :]
        shown = [self._shown(channel.messages[ts]) for ts in stamps]
        return answer({"channel": channel_object(channel), "messages": shown})

    def _shown(self, message: Message) -> dict[str, Any]:
        """A message as everybody in the place sees it."""
        user = message.get("user")
        person = self._place.workspace.people.get(user or "")
        app = message.get("bot_profile", {}).get("name", world.SLACK_BOT_NAME)
        name = person.name if person else app
        picture = self._directory.picture(user or world.SLACK_BOT_USER)
        icons = message.get("icons", {})
        return {
            "ts": message["ts"],
            "thread_ts": message.get("thread_ts"),
            "user": user,
            "name": message.get("username", name),
            "picture": icons.get("image_72", picture),
            "icon_emoji": icons.get("emoji"),
            "bot": "bot_id" in message,
            "subtype": message.get("subtype"),
            "text": message.get("text", ""),
            "blocks": message.get("blocks", []),
            "attachments": message.get("attachments", []),
            "edited": message.get("edited"),
            "reactions": [
                {"name": r["name"], "users": r["users"]} for r in message.get("reactions", [])
            ],
            "files": message.get("files", []),
            "metadata": message.get("metadata"),
            "pings": pings(message),
        }

    def _typed(self, body: dict[str, Any]) -> Message:
        """The content of a typed message; with `blocks` given, both are taken as they are."""
        if "blocks" in body:
            if not isinstance(body["blocks"], list):
                raise ControlError("blocks is a list.")
            return {"text": text(body, "text", ""), "blocks": body["blocks"]}
        kept, elements = typed(text(body, "text"), self._place.names())
        block = {"type": "rich_text", "block_id": uuid.uuid4().hex[:5], "elements": elements}
        return {"text": kept, "blocks": [block]}

    def _thread(self, channel: Channel, body: dict[str, Any]) -> Message:
        if body.get("thread_ts") is None:
            return {}
        root = channel.root_of(full_ts(text(body, "thread_ts")))
        if root is None:
            raise MissingError(f"There is no thread {body['thread_ts']} in {channel.id}.")
        thread = {"thread_ts": root["ts"]}
        return thread | ({"subtype": "thread_broadcast"} if body.get("broadcast") else {})

    def _member(self, body: dict[str, Any]) -> str:
        """A person or the bot, whom others may invite or remove."""
        user = text(body, "user")
        if user != world.SLACK_BOT_USER:
            return self._place.user(body).id
        return user
