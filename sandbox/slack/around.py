"""`/_control/slack/...`: what happens around people's talk.

Other apps post, links get previews, messages are forwarded, channels are renamed and
deleted, custom emoji come and go.
"""

import uuid
from typing import Any

from aiohttp import web

from sandbox import world
from sandbox.control import ControlError, answer, read, text
from sandbox.slack import shapes
from sandbox.slack.chat import PERMALINKS, thread_of
from sandbox.slack.people import Place
from sandbox.slack.posting import Posting
from sandbox.slack.text import typed
from sandbox.slack.workspace import Message

#: The other app of the workspace.
APP, BOT, BOT_USER = "A0TICKETS", "B0TICKETS", "U0TICKETS"


class Around:
    """The control calls."""

    def __init__(self, place: Place, posting: Posting) -> None:
        self._place = place
        self._posting = posting

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        for name, handler in (
            ("bot", self._bot),
            ("share", self._share),
            ("unfurl", self._unfurl),
            ("rename", self._rename),
            ("remove", self._remove),
        ):
            app.router.add_post(f"/_control/slack/{name}", handler)
        app.router.add_put("/_control/slack/emoji", self._emoji)

    async def _bot(self, request: web.Request) -> web.Response:
        body = await read(request)
        channel = self._place.channel(text(body, "channel"))
        content: Message = {"text": text(body, "text", "")}
        for key, check in (("blocks", shapes.message_blocks), ("attachments", shapes.attachments)):
            if key in body:
                content[key] = check(body[key])
        if "thread_ts" in body:
            content["thread_ts"] = thread_of(channel, text(body, "thread_ts"))
        name = text(body, "name", "Tickets")
        profile = {"id": BOT, "app_id": APP, "name": name, "icons": {}, "deleted": False,
                   "updated": 0, "team_id": world.SLACK_TEAM}  # fmt: skip
        author = {"bot_id": BOT, "app_id": APP, "user": BOT_USER, "bot_profile": profile}
        message = self._posting.post(channel, content | author)
        return answer({"ts": message["ts"]})

    async def _share(self, request: web.Request) -> web.Response:
        """Forward a message, with words of one's own or without."""
        body = await read(request)
        person, channel = self._place.writable(body)
        source = self._place.channel(text(body, "from"))
        shared = self._place.message(source, text(body, "ts"))
        author = self._place.workspace.people.get(shared.get("user", ""))
        address = f"{PERMALINKS}/{source.id}/p{shared['ts'].replace('.', '')}"
        attachment: dict[str, Any] = {
            "id": 1,
            "is_share": True,
            "ts": shared["ts"],
            "author_id": shared.get("user", ""),
            "author_name": author.name if author else shared.get("username", "An app"),
            "channel_id": source.id,
            "channel_team": world.SLACK_TEAM,
            "from_url": address,
            "fallback": f"[{shared['ts']}] {shared.get('text', '')}",
            "text": shared.get("text", ""),
            "mrkdwn_in": ["text"],
            "message_blocks": [
                {"team": world.SLACK_TEAM, "channel": source.id, "ts": shared["ts"],
                 "message": {"blocks": shared.get("blocks", [])}}
            ],
        }  # fmt: skip
        if shared.get("files"):
            attachment["files"] = shared["files"]
        content: Message = {"text": "", "user": person.id, "attachments": [attachment]}
        if body.get("text"):
            kept, elements = typed(text(body, "text"), self._place.names())
            block = {"type": "rich_text", "block_id": uuid.uuid4().hex[:5], "elements": elements}
            content |= {"text": kept, "blocks": [block]}
        if "thread_ts" in body:
            content["thread_ts"] = thread_of(channel, text(body, "thread_ts"))
        message = self._posting.post(channel, content)
        return answer({"ts": message["ts"]})

    async def _unfurl(self, request: web.Request) -> web.Response:
        body = await read(request)
        channel = self._place.channel(text(body, "channel"))
        message = self._place.message(channel, text(body, "ts"))
        address = text(body, "url")
        preview = {"id": 1, "from_url": address, "title": text(body, "title", "A page"),
                   "title_link": address, "fallback": address, "service_name": "Web"}  # fmt: skip
        self._posting.unfurl(channel, message, preview)
        return answer({})

    async def _rename(self, request: web.Request) -> web.Response:
        body = await read(request)
        channel = self._place.channel(text(body, "channel"))
        name = text(body, "name")
        if channel.kind == "im" or not shapes.CHANNEL_NAME.fullmatch(name):
            raise ControlError("A channel's name is of small letters, digits, - and _, up to 80.")
        if any(other.name == name for other in self._place.workspace.channels.values()):
            raise ControlError(f"There is a channel {name} already.")
        self._posting.rename(channel, name)
        return answer({})

    async def _remove(self, request: web.Request) -> web.Response:
        body = await read(request)
        person, channel = self._place.user(body), self._place.channel(text(body, "channel"))
        if channel.kind == "im":
            raise ControlError("Direct messages cannot be deleted.")
        self._posting.remove(channel, person.id)
        return answer({})

    async def _emoji(self, request: web.Request) -> web.Response:
        """Add or, without an address, remove a custom emoji."""
        body = await read(request)
        name, address = text(body, "name"), text(body, "url", "")
        if not shapes.EMOJI_NAME.fullmatch(name):
            raise ControlError(f"{name} cannot be the name of an emoji.")
        custom = self._place.workspace.emoji
        if address:
            custom[name] = address
            change: dict[str, Any] = {"subtype": "add", "name": name, "value": address}
        else:
            custom.pop(name, None)
            change = {"subtype": "remove", "names": [name]}
        self._posting.tell({"type": "emoji_changed", **change})
        return answer({"emoji": custom})
