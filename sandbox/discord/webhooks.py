"""REST: webhooks, managed by the bot and executed by whoever holds a token.

The contract is that of Discord's webhook reference: a name per post but never a nonce or a
reply, editing only through the webhook that posted, a forum needs a thread or a thread's name.
What comes under the application's own id belongs to the interactions.
"""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

from sandbox.discord import world
from sandbox.discord.answers import Answer, ApiError, invalid, leaf, unknown
from sandbox.discord.channels import check_tags
from sandbox.discord.content import (
    SILENT,
    SUPPRESS_EMBEDS,
    V2,
    empty_message,
    read_draft,
)
from sandbox.discord.context import Context
from sandbox.discord.forms import Form
from sandbox.discord.messages import draft_keeps, edit_changes, is_bare
from sandbox.discord.permissions import MANAGE_WEBHOOKS, require
from sandbox.discord.ratelimits import Bucket
from sandbox.discord.rest import Call, Route
from sandbox.discord.state import DM, FORUM, TEXT, Channel, Message, Webhook

NAME = 80
FORBIDDEN_PARTS = ("discord", "clyde")
FORBIDDEN_NAMES = ("everyone", "here")
PER_CHANNEL = 15

MANAGE = Bucket("manage webhooks", 5, 5.0)
EXECUTE = Bucket("execute webhook", 5, 2.0)
CHANGE = Bucket("change webhook message", 5, 2.0)


class Webhooks:
    """The routes under /webhooks, and a channel's own."""

    def __init__(self, context: Context, other: Callable[[str, Call], Answer]) -> None:
        self._context = context
        self._other = other

    def routes(self) -> list[Route]:
        """The table."""
        place, one = "/channels/{channel_id}/webhooks", "/webhooks/{webhook_id}"
        tokened = one + "/{token}"
        original = tokened + "/messages/@original"
        message = tokened + "/messages/{message_id}"
        return [
            Route("GET", place, self._list),
            Route("POST", place, self._create, MANAGE),
            Route("GET", "/guilds/{guild_id}/webhooks", self._list_all),
            Route("GET", one, self._get),
            Route("PATCH", one, self._change, MANAGE),
            Route("DELETE", one, self._delete, MANAGE),
            Route("GET", tokened, self._get, auth=False),
            Route("PATCH", tokened, self._change, MANAGE, auth=False),
            Route("DELETE", tokened, self._delete, MANAGE, auth=False),
            Route(
                "POST", tokened, self._execute, EXECUTE,
                auth=False, hidden=self._channel_of, counts=False,
            ),
            Route("GET", original, self._original("get"), CHANGE, auth=False, counts=False),
            Route("PATCH", original, self._original("edit"), CHANGE, auth=False, counts=False),
            Route("DELETE", original, self._original("delete"), CHANGE, auth=False, counts=False),
            Route("GET", message, self._get_message, CHANGE, auth=False, counts=False),
            Route("PATCH", message, self._edit_message, CHANGE, auth=False, counts=False),
            Route("DELETE", message, self._delete_message, CHANGE, auth=False, counts=False),
        ]  # fmt: skip

    def _original(self, what: str) -> Callable[[Call], Answer]:
        return lambda call: self._other(what, call)

    def _channel_of(self, call: Call) -> str | None:
        hook = self._context.state.webhooks.get(call.params["webhook_id"])
        return None if hook is None else hook.channel

    # Managing

    def _place(self, call: Call) -> Channel:
        channel = self._context.channel(call, MANAGE_WEBHOOKS)
        if channel.type not in (TEXT, FORUM):
            raise ApiError(400, 50024, "Cannot execute action on this channel type")
        return channel

    def _list(self, call: Call) -> Answer:
        channel = self._place(call)
        hooks = [
            hook for hook in self._context.state.webhooks.values() if hook.channel == channel.id
        ]
        return Answer(200, [self._shape(hook) for hook in hooks])

    def _list_all(self, call: Call) -> Answer:
        if call.params["guild_id"] != world.GUILD:
            raise unknown("guild")
        state = self._context.state
        require(
            state, next(one for one in state.channels.values() if one.type == TEXT), MANAGE_WEBHOOKS
        )
        return Answer(200, [self._shape(hook) for hook in state.webhooks.values()])

    def _shape(self, hook: Webhook, *, token: bool = True, user: bool = True) -> dict[str, Any]:
        return self._context.shapes.webhook(hook, token=token, user=user)

    def _create(self, call: Call) -> Answer:
        channel = self._place(call)
        form = Form({} if call.body is None else call.body)
        name = read_name(form, "name", required=True) or ""
        picture = form.text("avatar", longest=1_000_000)
        form.done()
        state = self._context.state
        here = [hook for hook in state.webhooks.values() if hook.channel == channel.id]
        if len(here) >= PER_CHANNEL:
            raise ApiError(400, 30007, "Maximum number of webhooks reached (15)")
        hook = state.add_webhook(channel.id, name, _picture_hash(picture))
        self._context.talk.webhooks_changed(channel.id)
        return Answer(200, self._shape(hook))

    def _hook(self, call: Call) -> tuple[Webhook, bool]:
        """The webhook and whether the bot, rather than the token's holder, asks for it."""
        hook = self._context.state.webhooks.get(call.params["webhook_id"])
        if hook is None:
            raise unknown("webhook")
        token = call.params.get("token")
        if token is None:
            require(
                self._context.state, self._context.state.channels[hook.channel], MANAGE_WEBHOOKS
            )
            return hook, True
        if token != hook.token:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        return hook, False

    def _get(self, call: Call) -> Answer:
        hook, managed = self._hook(call)
        return Answer(200, self._shape(hook, user=managed))

    def _change(self, call: Call) -> Answer:
        hook, managed = self._hook(call)
        form = Form({} if call.body is None else call.body)
        name = read_name(form, "name")
        picture = form.text("avatar", longest=1_000_000)
        channel = form.snowflake("channel_id") if managed else None
        form.done()
        places = {hook.channel}
        if channel is not None:
            place = self._context.state.channels.get(channel)
            if place is None:
                raise unknown("channel")
            require(self._context.state, place, MANAGE_WEBHOOKS)
            hook.channel = channel
            places.add(channel)
        hook.name = name or hook.name
        hook.avatar = _picture_hash(picture) if form.has("avatar") else hook.avatar
        self._context.state.save_webhook(hook)
        for one in places:
            self._context.talk.webhooks_changed(one)
        return Answer(200, self._shape(hook, user=managed))

    def _delete(self, call: Call) -> Answer:
        hook, _ = self._hook(call)
        self._context.state.drop_webhook(hook)
        self._context.talk.webhooks_changed(hook.channel)
        return Answer()

    # Executing

    def _execute(self, call: Call) -> Answer:
        if call.params["webhook_id"] == world.BOT:
            return self._other("follow", call)
        hook, _ = self._hook(call)
        context = self._context
        form = Form({} if call.body is None else call.body)
        name = read_name(form, "username")
        picture = form.url("avatar_url")
        title = form.text("thread_name", longest=100)
        tags = form.ids("applied_tags", most=5) or []
        draft = read_draft(form, allowed_flags=SUPPRESS_EMBEDS | SILENT | V2, users_only=True)
        form.done()
        if draft.is_empty and not call.files:
            raise empty_message()
        place = self._target(hook, call, title)
        files = context.files(place.id, call.files, call.body)
        first = None
        if place.type == FORUM:
            check_tags(place, tags)
            place = context.talk.open_thread(place, title or "", hook.id, applied=tags)
            first = place.id
        message = context.talk.post(
            Message(
                id=first or context.state.snowflake(),
                channel=place.id,
                author=_author(hook, name, picture),
                content=draft.content or "",
                embeds=draft.embeds or [],
                components=draft.components or [],
                files=files,
                flags=draft.flags or 0,
                webhook=hook.id,
                picture=picture or "",
                mentions=draft.mentions,
                everyone=draft.everyone,
            )
        )
        if call.query.get("wait", "").lower() not in ("true", "1"):
            return Answer()
        return Answer(200, context.shapes.message(message))

    def _target(self, hook: Webhook, call: Call, title: str | None) -> Channel:
        channel = self._context.state.channels[hook.channel]
        thread_id = call.query.get("thread_id")
        if thread_id and title:
            wrong = "Webhooks must not have both a thread_name and thread_id"
            raise ApiError(400, 220002, wrong)
        if thread_id:
            thread = self._thread(hook, thread_id)
            if thread.locked:
                raise ApiError(400, 160005, "This thread is locked")
            return thread
        if channel.type == FORUM and not title:
            wrong = "Webhooks posted to forum channels must have a thread_name or thread_id"
            raise ApiError(400, 220001, wrong)
        if title and channel.type != FORUM:
            wrong = "Webhooks can only create threads in forum channels"
            raise ApiError(400, 220003, wrong)
        return channel

    def _thread(self, hook: Webhook, thread_id: str) -> Channel:
        thread = self._context.state.channels.get(thread_id)
        if thread is None or thread.type == DM or thread.parent != hook.channel:
            raise unknown("channel")
        return thread

    # What it posted

    def _own(self, call: Call) -> tuple[Message, Channel]:
        hook, _ = self._hook(call)
        thread_id = call.query.get("thread_id")
        place = hook.channel if thread_id is None else self._thread(hook, thread_id).id
        message = self._context.state.message(place, call.params["message_id"])
        if message is None or message.webhook != hook.id:
            raise unknown("message")
        return message, self._context.state.channels[place]

    def _get_message(self, call: Call) -> Answer:
        if call.params["webhook_id"] == world.BOT:
            return self._other("get", call)
        message, _ = self._own(call)
        return Answer(200, self._context.shapes.message(message))

    def _edit_message(self, call: Call) -> Answer:
        if call.params["webhook_id"] == world.BOT:
            return self._other("edit", call)
        message, channel = self._own(call)
        form = Form({} if call.body is None else call.body)
        draft = read_draft(form, allowed_flags=SUPPRESS_EMBEDS | V2, users_only=True)
        form.done()
        if channel.archived:
            raise ApiError(400, 50083, "Thread is archived")
        changes = edit_changes(draft, message)
        keep = draft_keeps(form)
        changes["files"] = self._context.edited_files(message, keep, call.files, call.body)
        if is_bare(message, changes):
            raise empty_message()
        self._context.talk.edit(message, **changes)
        return Answer(200, self._context.shapes.message(message))

    def _delete_message(self, call: Call) -> Answer:
        if call.params["webhook_id"] == world.BOT:
            return self._other("delete", call)
        message, _ = self._own(call)
        self._context.talk.delete(message)
        return Answer()


def read_name(form: Form, key: str, *, required: bool = False) -> str | None:
    """A webhook's name, with what Discord refuses in it."""
    raw = form.data.get(key)
    if isinstance(raw, str):
        form = Form({**form.data, key: raw.strip()}, form.errors)
    name = form.text(key, longest=NAME, shortest=1, required=required)
    if name is None:
        return None
    low = name.lower()
    for part in FORBIDDEN_PARTS:
        if part in low:
            wrong = f'Username cannot contain "{part}"'
            raise invalid({key: leaf("USERNAME_INVALID_CONTAINS", wrong)})
    if low in FORBIDDEN_NAMES:
        raise invalid({key: leaf("USERNAME_INVALID", "Username is invalid")})
    return name


def _author(hook: Webhook, name: str | None, picture: str | None) -> dict[str, Any]:
    drawn = hashlib.blake2s(picture.encode(), digest_size=16).hexdigest() if picture else None
    return {
        "id": hook.id,
        "username": name or hook.name,
        "discriminator": "0000",
        "global_name": None,
        "avatar": drawn or hook.avatar,
        "bot": True,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }


def _picture_hash(value: str | None) -> str | None:
    if not value:
        return None
    try:
        raw = base64.b64decode(value.partition(",")[2], validate=True)
    except ValueError as bad:
        wrong = leaf("BASE64_TYPE_CONVERT", "Invalid image data")
        raise invalid({"avatar": wrong}) from bad
    return hashlib.blake2s(raw, digest_size=16).hexdigest()
