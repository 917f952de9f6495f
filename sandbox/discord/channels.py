"""REST: channels, threads and forum posts.

A thread started from a message takes that message's id, once (160004). A forum post is a
thread whose first message has the thread's id.
"""

from datetime import datetime
from typing import Any

from sandbox.discord import world
from sandbox.discord.answers import Answer, ApiError, invalid, leaf, no_permission, unknown
from sandbox.discord.content import (
    SILENT,
    SUPPRESS_EMBEDS,
    V2,
    empty_message,
    read_draft,
)
from sandbox.discord.context import Context
from sandbox.discord.forms import Form
from sandbox.discord.permissions import (
    ATTACH_FILES,
    CREATE_THREADS,
    EMBED_LINKS,
    MANAGE_CHANNELS,
    MANAGE_THREADS,
    READ_HISTORY,
    SEND,
    permissions,
    require,
    sees,
)
from sandbox.discord.ratelimits import Bucket
from sandbox.discord.rest import Call, Route
from sandbox.discord.shapes import PEOPLE
from sandbox.discord.state import DM, FORUM, TEXT, Channel, Message

ARCHIVE_AFTER = (60, 1440, 4320, 10080)
REQUIRE_TAG = 1 << 4
ACTIVE_THREADS = 1000

OPEN_THREAD = Bucket("open thread", 50, 60.0)
CHANGE = Bucket("change channel", 5, 5.0)
TYPING = Bucket("typing", 5, 5.0)


class Channels:
    """The routes under /channels that are about the place itself."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The table."""
        one, threads = "/channels/{channel_id}", "/channels/{channel_id}/threads"
        member = one + "/thread-members"
        active = "/guilds/{guild_id}/threads/active"
        return [
            Route("GET", active, self._active),
            Route("GET", one, self._get),
            Route("PATCH", one, self._change, CHANGE),
            Route("DELETE", one, self._delete, CHANGE),
            Route("POST", one + "/typing", self._typing, TYPING),
            Route("POST", one + "/messages/{message_id}/threads", self._from_message, OPEN_THREAD),
            Route("POST", threads, self._open, OPEN_THREAD),
            Route("GET", threads + "/archived/public", self._archived),
            Route("PUT", member + "/@me", self._join),
            Route("DELETE", member + "/@me", self._leave),
            Route("PUT", member + "/{user_id}", self._join),
            Route("GET", member, self._thread_members),
            Route("GET", member + "/{user_id}", self._thread_member),
        ]

    # Channels

    def _get(self, call: Call) -> Answer:
        return Answer(200, self._context.shapes.channel(self._context.channel(call)))

    def _typing(self, call: Call) -> Answer:
        self._context.channel(call)
        return Answer()

    def _change(self, call: Call) -> Answer:
        channel = self._context.channel(call)
        form = Form({} if call.body is None else call.body)
        if channel.is_thread:
            return self._change_thread(channel, form)
        if channel.type == DM:
            raise ApiError(403, 50003, "Cannot execute action on a DM channel")
        require(self._context.state, channel, MANAGE_CHANNELS)
        changes = _said(
            name=form.text("name", longest=100, shortest=1),
            topic=form.text("topic", longest=4096 if channel.type == FORUM else 1024),
            position=form.number("position", low=0),
            slow=form.number("rate_limit_per_user", low=0, high=21600),
        )
        form.done()
        self._context.talk.change_channel(channel, **changes)
        return Answer(200, self._context.shapes.channel(channel))

    def _change_thread(self, thread: Channel, form: Form) -> Answer:
        changes = _said(
            name=form.text("name", longest=100, shortest=1),
            auto_archive=form.choice("auto_archive_duration", ARCHIVE_AFTER),
            slow=form.number("rate_limit_per_user", low=0, high=21600),
            applied=self._tags(form, self._context.state.channels[thread.parent or ""]),
            **{
                key: form.flag(key)
                for key in ("archived", "locked")
                if form.data.get(key) is not None
            },
        )
        form.done()
        manages = permissions(self._context.state, world.BOT, thread) & MANAGE_THREADS
        only_opens = set(changes) <= {"archived"} and changes.get("archived") is False
        own = thread.owner == world.BOT and "locked" not in changes and not thread.locked
        if not manages and not own and not (only_opens and not thread.locked):
            raise no_permission()
        if thread.archived and changes.get("archived") is not False:
            raise ApiError(400, 50083, "Thread is archived")
        self._context.talk.change_thread(thread, **changes)
        return Answer(200, self._context.shapes.channel(thread))

    def _delete(self, call: Call) -> Answer:
        channel = self._context.channel(call)
        if channel.type == DM:
            return Answer(200, self._context.shapes.channel(channel))
        require(
            self._context.state, channel, MANAGE_THREADS if channel.is_thread else MANAGE_CHANNELS
        )
        shape = self._context.shapes.channel(channel)
        self._context.talk.delete_channel(channel)
        return Answer(200, shape)

    # Threads

    def _from_message(self, call: Call) -> Answer:
        context = self._context
        parent = context.channel(call, CREATE_THREADS)
        message = context.message(parent, call)
        form = Form({} if call.body is None else call.body)
        name, archive, slow = _thread_form(form)
        form.done()
        if parent.type != TEXT:
            raise ApiError(400, 50024, "Cannot execute action on this channel type")
        if message.id in context.state.channels:
            raise ApiError(400, 160004, "A thread has already been created for this message")
        self._has_room()
        thread = context.talk.open_thread(
            parent, name, world.BOT, starter=message, auto_archive=archive, slow=slow
        )
        return Answer(201, context.shapes.channel(thread))

    def _has_room(self) -> None:
        if not self._context.kernel.limit_factor["discord"]:
            return
        active = [one for one in self._context.state.threads() if not one.archived]
        if len(active) >= ACTIVE_THREADS:
            raise ApiError(400, 160006, "Maximum number of active threads reached")

    def _open(self, call: Call) -> Answer:
        context = self._context
        parent = context.channel(call)
        body = {} if call.body is None else call.body
        form = Form(body)
        name, archive, slow = _thread_form(form)
        if parent.type == FORUM:
            return self._open_post(call, parent, form, (name, archive, slow))
        kind = form.choice("type", (10, 11, 12))
        form.done()
        if parent.type != TEXT:
            raise ApiError(400, 50024, "Cannot execute action on this channel type")
        require(context.state, parent, CREATE_THREADS)
        if kind != 11:
            # Private threads (12, the default) need a right that the bot does not ask for.
            raise no_permission()
        self._has_room()
        thread = context.talk.open_thread(parent, name, world.BOT, auto_archive=archive, slow=slow)
        return Answer(201, context.shapes.channel(thread))

    def _open_post(
        self, call: Call, forum: Channel, form: Form, how: tuple[str, int, int]
    ) -> Answer:
        context = self._context
        name, archive, slow = how
        require(context.state, forum, SEND)
        tags = self._tags(form, forum) or []
        first = form.inner("message")
        if first is None:
            # A multipart body may put the message beside the thread's name.
            first = form
        draft = read_draft(first, allowed_flags=SUPPRESS_EMBEDS | SILENT | V2)
        form.done()
        check_tags(forum, tags)
        if draft.is_empty and not call.files:
            raise empty_message()
        if draft.embeds:
            require(context.state, forum, EMBED_LINKS)
        if call.files:
            require(context.state, forum, ATTACH_FILES)
        self._has_room()
        thread = context.talk.open_thread(
            forum, name, world.BOT, auto_archive=archive, applied=tags, slow=slow
        )
        message = context.talk.post(
            Message(
                id=thread.id,
                channel=thread.id,
                author=context.shapes.user(world.BOT),
                content=draft.content or "",
                embeds=draft.embeds or [],
                components=draft.components or [],
                files=context.files(thread.id, call.files, first.data),
                flags=draft.flags or 0,
                mentions=draft.mentions,
                everyone=draft.everyone,
            )
        )
        shape = context.shapes.channel(thread)
        return Answer(201, {**shape, "message": context.shapes.message(message)})

    def _tags(self, form: Form, forum: Channel) -> list[str] | None:
        tags = form.ids("applied_tags", most=5)
        known = {tag["id"] for tag in forum.tags}
        if tags and not set(tags) <= known:
            raise ApiError(400, 10087, "Unknown Tag")
        return tags

    def _active(self, call: Call) -> Answer:
        if call.params["guild_id"] != world.GUILD:
            raise unknown("guild")
        active = [
            thread
            for thread in self._context.state.threads()
            if not thread.archived and sees(self._context.state, world.BOT, thread)
        ]
        return Answer(200, {**self._listed(list(reversed(active))), "has_more": False})

    def _listed(self, threads: list[Channel]) -> dict[str, Any]:
        shapes = self._context.shapes
        joined = [thread for thread in threads if world.BOT in thread.members]
        return {
            "threads": [shapes.channel(thread) for thread in threads],
            "members": [shapes.thread_member(thread, world.BOT) for thread in joined],
        }

    def _archived(self, call: Call) -> Answer:
        channel = self._context.channel(call, READ_HISTORY)
        form = Form(dict(call.query))
        limit = form.number("limit", low=2, high=100) or 50
        before = form.text("before", longest=64)
        form.done()
        try:
            until = datetime.fromisoformat(before) if before else None
        except ValueError as bad:
            wrong = leaf("DATE_TIME_TYPE_PARSE", "Could not parse the time.")
            raise invalid({"before": wrong}) from bad
        found = [thread for thread in self._context.state.threads(channel.id) if thread.archived]
        found.sort(key=lambda thread: thread.archive_stamp, reverse=True)
        if until is not None:
            found = [one for one in found if datetime.fromisoformat(one.archive_stamp) < until]
        shown = found[:limit]
        return Answer(200, {**self._listed(shown), "has_more": len(found) > len(shown)})

    def _thread(self, call: Call) -> Channel:
        thread = self._context.channel(call)
        if not thread.is_thread:
            raise ApiError(400, 50024, "Cannot execute action on this channel type")
        return thread

    def _join(self, call: Call) -> Answer:
        thread = self._thread(call)
        if thread.archived:
            raise ApiError(400, 50083, "Thread is archived")
        user = call.params.get("user_id", world.BOT)
        if user != world.BOT and user not in PEOPLE:
            raise unknown("user")
        self._context.talk.join(thread, user)
        return Answer()

    def _leave(self, call: Call) -> Answer:
        self._context.talk.join(self._thread(call), world.BOT, leaves=True)
        return Answer()

    def _thread_members(self, call: Call) -> Answer:
        thread = self._thread(call)
        shapes = self._context.shapes
        return Answer(200, [shapes.thread_member(thread, user) for user in thread.members])

    def _thread_member(self, call: Call) -> Answer:
        thread = self._thread(call)
        user = world.BOT if call.params["user_id"] == "@me" else call.params["user_id"]
        if user not in thread.members:
            raise unknown("member")
        return Answer(200, self._context.shapes.thread_member(thread, user))


def _said(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _thread_form(form: Form) -> tuple[str, int, int]:
    name = form.text("name", longest=100, shortest=1, required=True)
    archive = form.choice("auto_archive_duration", ARCHIVE_AFTER)
    slow = form.number("rate_limit_per_user", low=0, high=21600)
    return (name or "").strip(), archive or 1440, slow or 0


def check_tags(forum: Channel, tags: list[str]) -> None:
    """Refuse a post without a tag where the forum wants one."""
    if forum.flags & REQUIRE_TAG and not tags:
        raise ApiError(400, 40067, "A tag is required to create a forum post in this channel")
