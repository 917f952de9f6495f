"""REST: the messages of a channel and their reactions, as the bot works with them.

A nonce with enforce_nonce gives back the message that the same nonce made within the last
minutes; if that is gone, the call fails with 10008 rather than making another.
"""

import time
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.discord import world
from sandbox.discord.answers import Answer, ApiError, invalid, leaf, no_permission, unknown
from sandbox.discord.content import (
    SILENT,
    SUPPRESS_EMBEDS,
    V2,
    Draft,
    empty_message,
    read_draft,
)
from sandbox.discord.context import Context
from sandbox.discord.forms import Form, is_id
from sandbox.discord.permissions import (
    ADD_REACTIONS,
    ATTACH_FILES,
    EMBED_LINKS,
    MANAGE_MESSAGES,
    MANAGE_THREADS,
    READ_HISTORY,
    SEND,
    SEND_IN_THREADS,
    permissions,
    require,
)
from sandbox.discord.ratelimits import Bucket
from sandbox.discord.rest import Call, Route
from sandbox.discord.state import DM, EPOCH_MS, FORUM, Channel, Message
from sandbox.discord.talk import REPLY

NONCE_SECONDS = 180.0
TWO_WEEKS_MS = 14 * 24 * 3600 * 1000
REACTIONS = 20

READ = Bucket("read messages", 5, 1.0)
CREATE = Bucket("create message", 5, 5.0)
EDIT = Bucket("edit message", 5, 5.0)
DELETE = Bucket("delete message", 5, 1.0)
BULK = Bucket("bulk delete", 1, 1.0)
REACT = Bucket("reactions", 1, 0.25)


class Messages:
    """The routes under /channels/{channel_id}/messages."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._nonces: dict[str, tuple[str, str, float]] = {}

    def forget(self) -> None:
        """Forget the nonces that were made with what is gone now."""
        self._nonces.clear()

    def remember(self) -> None:
        """After a start: the nonces of the last minutes still count."""
        now = time.time()
        for message in self._context.state.messages():
            made = ((int(message.id) >> 22) + EPOCH_MS) / 1000
            if message.nonce is not None and now - made < NONCE_SECONDS:
                self._nonces[str(message.nonce)] = (message.channel, message.id, made)

    def routes(self) -> list[Route]:
        """The table."""
        place = "/channels/{channel_id}/messages"
        one = place + "/{message_id}"
        mine = one + "/reactions/{emoji}/@me"
        kind = one + "/reactions/{emoji}"
        return [
            Route("GET", place, self._list, READ),
            Route("POST", place, self._create, CREATE),
            Route("POST", place + "/bulk-delete", self._bulk_delete, BULK),
            Route("GET", one, self._get, READ),
            Route("PATCH", one, self._edit, EDIT),
            Route("DELETE", one, self._delete, DELETE),
            Route("PUT", mine, self._react, REACT),
            Route("DELETE", mine, self._unreact, REACT),
            Route("DELETE", kind + "/{user_id}", self._unreact_other, REACT),
            Route("GET", kind, self._reactions, READ),
            Route("DELETE", kind, self._clear, REACT),
            Route("DELETE", one + "/reactions", self._clear, REACT),
        ]

    # Reading

    def _list(self, call: Call) -> Answer:
        context = self._context
        channel = context.channel(call)
        form = Form(dict(call.query))
        limit = form.number("limit", low=1, high=100)
        given = {key: form.snowflake(key) for key in ("before", "after", "around") if form.has(key)}
        form.done()
        if len(given) > 1:
            wrong = leaf("MUTUALLY_EXCLUSIVE", "before, after and around exclude each other.")
            raise invalid({next(iter(given)): wrong})
        if not permissions(context.state, world.BOT, channel) & READ_HISTORY:
            return Answer(200, [])
        found = self._window(channel.id, limit or 50, **given)
        return Answer(200, [context.shapes.message(message) for message in reversed(found)])

    def _window(
        self,
        channel: str,
        limit: int,
        before: str | None = None,
        after: str | None = None,
        around: str | None = None,
    ) -> list[Message]:
        history = self._context.state.history
        if around is not None:
            half = limit // 2
            older = history(channel, before=int(around), limit=half)
            return older + history(channel, after=int(around) - 1, limit=limit - len(older))
        if after is not None:
            return history(channel, after=int(after), limit=limit)
        return history(channel, before=None if before is None else int(before), limit=limit)

    def _get(self, call: Call) -> Answer:
        channel = self._context.channel(call, READ_HISTORY)
        return Answer(200, self._context.shapes.message(self._context.message(channel, call)))

    # Writing

    def _create(self, call: Call) -> Answer:
        context = self._context
        channel = context.channel(call)
        self._may_send(channel)
        form = Form({} if call.body is None else call.body)
        draft = read_draft(form, allowed_flags=SUPPRESS_EMBEDS | SILENT | V2)
        nonce = self._nonce(form)
        enforced = form.flag("enforce_nonce")
        reply = form.inner("message_reference")
        meant = None if reply is None else reply.snowflake("message_id", required=True)
        form.done()
        if enforced and nonce is not None:
            made = self._made(nonce)
            if made is not None:
                return Answer(200, context.shapes.message(made, nonce=True))
        self._may_hold(channel, draft, files=bool(call.files))
        if draft.is_empty and not call.files:
            raise empty_message()
        message = Message(
            id=context.state.snowflake(),
            channel=channel.id,
            author=context.shapes.user(world.BOT),
            content=draft.content or "",
            embeds=draft.embeds or [],
            components=draft.components or [],
            files=context.files(channel.id, call.files, call.body),
            flags=draft.flags or 0,
            nonce=nonce,
            mentions=draft.mentions,
            everyone=draft.everyone,
        )
        if meant is not None and reply is not None:
            strict = reply.data.get("fail_if_not_exists") is not False
            self._refer(message, channel, meant, strict=strict)
            self._name_replied(message, form)
        if nonce is not None:
            self._nonces[str(nonce)] = (channel.id, message.id, time.time())
        context.talk.post(message)
        return Answer(200, context.shapes.message(message, nonce=True))

    def _may_send(self, channel: Channel) -> None:
        state = self._context.state
        if channel.type == FORUM:
            raise ApiError(400, 40058, "Cannot send messages directly in a forum channel")
        if channel.type == DM:
            if channel.recipient in state.settings["closed"]:
                raise ApiError(403, 50007, "Cannot send messages to this user")
            return
        require(state, channel, SEND_IN_THREADS if channel.is_thread else SEND)
        if channel.locked:
            self._may_manage(channel)

    def _may_manage(self, thread: Channel) -> None:
        if not permissions(self._context.state, world.BOT, thread) & MANAGE_THREADS:
            raise ApiError(400, 160005, "This thread is locked")

    def _may_hold(self, channel: Channel, draft: Draft, *, files: bool) -> None:
        if files:
            require(self._context.state, channel, ATTACH_FILES)
        if draft.embeds:
            require(self._context.state, channel, EMBED_LINKS)

    def _nonce(self, form: Form) -> str | int | None:
        value = form.data.get("nonce")
        if isinstance(value, int) and not isinstance(value, bool):
            form.number("nonce")
            return value
        return form.text("nonce", longest=25)

    def _made(self, nonce: str | int) -> Message | None:
        channel, message, at = self._nonces.get(str(nonce), ("", "", 0.0))
        if time.time() - at >= NONCE_SECONDS:
            return None
        found = self._context.state.message(channel, message)
        if found is None:
            raise unknown("message")
        return found

    def _refer(self, message: Message, channel: Channel, meant: str, *, strict: bool) -> None:
        found = self._context.state.message(channel.id, meant)
        if found is None:
            if strict:
                wrong = leaf("REPLIES_UNKNOWN_MESSAGE", "Unknown message")
                raise invalid({"message_reference": wrong})
            return
        message.type = REPLY
        message.reference = {"type": 0, "channel_id": channel.id, "message_id": meant}
        if channel.type != DM:
            message.reference["guild_id"] = world.GUILD

    def _name_replied(self, message: Message, form: Form) -> None:
        allowed = form.data.get("allowed_mentions")
        if message.reference is None or (allowed and not allowed.get("replied_user")):
            return
        meant = self._context.state.message(message.channel, message.reference["message_id"])
        author = meant.author["id"] if meant and meant.webhook is None else None
        if author is not None and author not in message.mentions:
            message.mentions.append(author)

    def _edit(self, call: Call) -> Answer:
        context = self._context
        channel = context.channel(call)
        message = context.message(channel, call)
        form = Form({} if call.body is None else call.body)
        draft = read_draft(form, allowed_flags=SUPPRESS_EMBEDS | V2)
        form.done()
        _refuse_archived(channel)
        if message.author["id"] != world.BOT or message.webhook:
            return self._edit_flags(channel, message, form, draft)
        self._may_hold(channel, draft, files=bool(call.files))
        changes = edit_changes(draft, message)
        changes["files"] = context.edited_files(message, draft_keeps(form), call.files, call.body)
        if is_bare(message, changes):
            raise empty_message()
        context.talk.edit(message, **changes)
        return Answer(200, context.shapes.message(message))

    def _edit_flags(self, channel: Channel, message: Message, form: Form, draft: Draft) -> Answer:
        if set(form.data) - {"flags", "allowed_mentions"} or draft.flags is None:
            wrong = "Cannot edit a message authored by another user"
            raise ApiError(403, 50005, wrong)
        require(self._context.state, channel, MANAGE_MESSAGES)
        flags = message.flags & ~SUPPRESS_EMBEDS | draft.flags & SUPPRESS_EMBEDS
        self._context.talk.edit(message, silent=True, flags=flags)
        return Answer(200, self._context.shapes.message(message))

    def _delete(self, call: Call) -> Answer:
        channel = self._context.channel(call)
        message = self._context.message(channel, call)
        if message.author["id"] != world.BOT or message.webhook not in (None, world.BOT):
            if channel.type == DM:
                raise ApiError(403, 50003, "Cannot execute action on a DM channel")
            require(self._context.state, channel, MANAGE_MESSAGES)
        if message.type == 21:
            raise ApiError(403, 50021, "Cannot execute action on a system message")
        self._context.talk.delete(message)
        return Answer()

    def _bulk_delete(self, call: Call) -> Answer:
        channel = self._context.channel(call)
        if channel.type == DM:
            raise ApiError(403, 50003, "Cannot execute action on a DM channel")
        require(self._context.state, channel, MANAGE_MESSAGES)
        form = Form({} if call.body is None else call.body)
        ids = form.ids("messages", most=100) or []
        form.done()
        if not 2 <= len(ids) <= 100:
            raise ApiError(400, 50016, "Provided too few or too many messages to delete.")
        oldest = (int(time.time() * 1000) - TWO_WEEKS_MS - EPOCH_MS) << 22
        if any(int(one) < oldest for one in ids):
            raise ApiError(
                400, 50034, "You can only bulk delete messages that are under 14 days old."
            )
        found = [self._context.state.message(channel.id, one) for one in dict.fromkeys(ids)]
        there = [message for message in found if message is not None]
        if there:
            self._context.talk.delete(*there, bulk=True)
        return Answer()

    # Reactions

    def _reacted(self, call: Call) -> tuple[Message, str]:
        channel = self._context.channel(call, READ_HISTORY)
        message = self._context.message(channel, call)
        _refuse_archived(channel)
        return message, self._key(call)

    def _key(self, call: Call) -> str:
        return emoji_key(call.params["emoji"], self._context.state.settings["emojis"])

    def _react(self, call: Call) -> Answer:
        message, key = self._reacted(call)
        if key not in message.reactions:
            if len(message.reactions) >= REACTIONS:
                raise ApiError(400, 30010, "Maximum number of reactions reached (20)")
            require(
                self._context.state, self._context.state.channels[message.channel], ADD_REACTIONS
            )
        self._context.talk.react(message, world.BOT, key)
        return Answer()

    def _unreact(self, call: Call) -> Answer:
        message, key = self._reacted(call)
        self._context.talk.unreact(message, world.BOT, key)
        return Answer()

    def _unreact_other(self, call: Call) -> Answer:
        message, key = self._reacted(call)
        channel = self._context.channel(call)
        if channel.type == DM:
            raise no_permission()
        if call.params["user_id"] != world.BOT:
            require(self._context.state, channel, MANAGE_MESSAGES)
        self._context.talk.unreact(message, call.params["user_id"], key)
        return Answer()

    def _clear(self, call: Call) -> Answer:
        channel = self._context.channel(call, MANAGE_MESSAGES)
        message = self._context.message(channel, call)
        _refuse_archived(channel)
        key = self._key(call) if "emoji" in call.params else None
        self._context.talk.clear_reactions(message, key)
        return Answer()

    def _reactions(self, call: Call) -> Answer:
        channel = self._context.channel(call, READ_HISTORY)
        message = self._context.message(channel, call)
        form = Form(dict(call.query))
        limit = form.number("limit", low=1, high=100) or 25
        after = form.snowflake("after") or "0"
        bursts = form.number("type", low=0, high=1)
        form.done()
        if bursts:
            return Answer(200, [])  # nobody here has super reactions
        users = sorted(message.reactions.get(self._key(call), []), key=int)
        shown = [user for user in users if int(user) > int(after)][:limit]
        return Answer(200, [self._context.shapes.user(user) for user in shown])


def _refuse_archived(channel: Channel) -> None:
    if channel.archived:
        raise ApiError(400, 50083, "Thread is archived")


def draft_keeps(form: Form) -> list[str] | None:
    """The files that an edit keeps, by id; None when it does not say."""
    rows: Any = form.data.get("attachments")
    return None if rows is None else [str(row.get("id")) for row in rows]


def edit_changes(draft: Draft, message: Message) -> dict[str, Any]:
    """What an edit changes: only what it names; mentions are read anew."""
    changes: dict[str, Any] = {}
    if draft.content is not None:
        changes.update(content=draft.content, mentions=draft.mentions, everyone=draft.everyone)
    if draft.embeds is not None:
        changes["embeds"] = draft.embeds
    if draft.components is not None:
        changes["components"] = draft.components
    if draft.flags is not None:
        kept = message.flags & ~SUPPRESS_EMBEDS
        changes["flags"] = kept | draft.flags
    return changes


def is_bare(message: Message, changes: dict[str, Any]) -> bool:
    """Whether nothing would be left to show."""
    return not any(
        changes.get(part, getattr(message, part))
        for part in ("content", "embeds", "components", "files")
    )


def emoji_key(text: str, own: Sequence[Mapping[str, str]]) -> str:
    """The key of a reaction: the character itself, or `name:id` of one of the server's own."""
    name, _, custom = text.partition(":")
    if custom:
        known = next((one for one in own if one["id"] == custom), None)
        if known is None or not name:
            raise unknown("emoji")
        return f"{known['name']}:{custom}"
    bare = text.replace("\ufe0f", "").replace("\u200d", "")
    signs = [sign for sign in bare if sign != "\u20e3"]
    keycap = "\u20e3" in bare
    real = (
        bool(signs)
        and len(text) <= 32
        and all(
            unicodedata.category(sign) in ("So", "Sk", "Mn", "Cf")
            or ord(sign) >= 0x2000
            or (keycap and sign in "0123456789#*")
            or sign in "\u00a9\u00ae"
            for sign in signs
        )
    )
    if not real or is_id(text):
        raise unknown("emoji")
    return text
