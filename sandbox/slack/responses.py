"""`response_url`, and the body of an acknowledgement: the answers to a gesture."""

from typing import Any

import msgspec
from aiohttp import web

from sandbox.slack import shapes
from sandbox.slack.arguments import check, declare
from sandbox.slack.chat import Chat
from sandbox.slack.errors import ApiError
from sandbox.slack.interact import Interact, ResponseUrl
from sandbox.slack.posting import Posting
from sandbox.slack.workspace import Channel, Message, Workspace

_KEYS = declare(
    "text blocks:list attachments:list response_type replace_original:flag delete_original:flag "
    "thread_ts:ts unfurl_links:flag unfurl_media:flag metadata:object mrkdwn:flag parse "
    "link_names:flag"
)


class Responses:
    """Applies what the program answers to the place and person of the gesture."""

    def __init__(
        self, workspace: Workspace, posting: Posting, interact: Interact, chat: Chat
    ) -> None:
        self._workspace = workspace
        self._posting = posting
        self._interact = interact
        self._chat = chat

    def apply(self, response: ResponseUrl, payload: dict[str, Any]) -> None:
        """Show one answer; ApiError for what Slack refuses."""
        args = check(_KEYS, payload)
        channel = self._workspace.channels[response.channel]
        if args.get("delete_original"):
            self._delete(response, channel)
            return
        content = self._chat.content(args)
        if args.get("replace_original") and response.message:
            self._replace(response, channel, content)
        elif args.get("response_type", "ephemeral") == "in_channel":
            self._in_channel(response, channel, args, content)
        else:
            self._ephemeral(response, channel, args, content)
        response.trigger.news.set()

    def _ephemeral(
        self, response: ResponseUrl, channel: Channel, args: dict[str, Any], content: Message
    ) -> None:
        ts = self._workspace.stamp()
        answer = {"id": ts, "ts": ts, "channel": channel.id, **content, **self._chat.author({})}
        if "thread_ts" in args:
            answer["thread_ts"] = args["thread_ts"]
        self._interact.show(response.trigger.user, answer)
        response.trigger.answers.append(answer)

    def _in_channel(
        self, response: ResponseUrl, channel: Channel, args: dict[str, Any], content: Message
    ) -> None:
        content |= self._chat.author({})
        if "thread_ts" in args:
            content["thread_ts"] = args["thread_ts"]
        if "metadata" in args:
            content["metadata"] = shapes.metadata(args["metadata"])
        message = self._posting.post(channel, {k: v for k, v in content.items() if v is not None})
        response.trigger.answers.append({"id": "", "channel": channel.id, **message})

    def _replace(self, response: ResponseUrl, channel: Channel, content: Message) -> None:
        if response.ephemeral:
            user = response.trigger.user
            old = self._interact.answer(user, response.message) or {}
            kept = {key: old[key] for key in ("thread_ts",) if key in old}
            answer = {"id": response.message, "ts": response.message, "channel": channel.id}
            answer |= {**kept, **content, **self._chat.author({})}
            self._interact.show(user, answer)
            response.trigger.answers.append(answer)
            return
        message = channel.messages.get(response.message)
        if message is None:
            raise ApiError("message_not_found")
        change = {"blocks": None, "attachments": None, **content}
        changed = self._posting.edit(channel, message, change, None)
        response.trigger.answers.append({"id": "", "channel": channel.id, **changed})

    def _delete(self, response: ResponseUrl, channel: Channel) -> None:
        if response.ephemeral:
            self._interact.hide(response.trigger.user, response.message)
            return
        message = channel.messages.get(response.message)
        if message is None:
            raise ApiError("message_not_found")
        self._posting.delete(channel, message)


async def payload_of(request: web.Request) -> dict[str, Any]:
    """The JSON object posted to a response_url."""
    try:
        payload = msgspec.json.decode(await request.read())
    except msgspec.DecodeError as bad:
        raise ApiError("invalid_payload") from bad
    if not isinstance(payload, dict):
        raise ApiError("invalid_payload")
    return payload
