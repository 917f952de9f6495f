"""Interactions: what a person starts, and what the application answers.

The first answer must come within 3 seconds (10062 afterwards); the token lasts 15 minutes
(50027). Ephemeral answers and open modals live here and nowhere else: like Discord's clients,
the sandbox forgets them when it restarts.
"""

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord import world
from sandbox.discord.answers import Answer, ApiError, invalid, leaf, unknown
from sandbox.discord.content import (
    EPHEMERAL,
    LOADING,
    SILENT,
    SUPPRESS_EMBEDS,
    V2,
    empty_message,
    read_draft,
)
from sandbox.discord.context import Context
from sandbox.discord.forms import Form
from sandbox.discord.gateway import ALWAYS, Event
from sandbox.discord.messages import draft_keeps, edit_changes, is_bare
from sandbox.discord.modals import Modal, read_modal
from sandbox.discord.permissions import permissions
from sandbox.discord.ratelimits import Bucket
from sandbox.discord.rest import Call, Route, Upload
from sandbox.discord.state import DM, Channel, Message, stamp
from sandbox.discord.talk import COMMAND_ANSWER, REPLY

COMMAND, COMPONENT, AUTOCOMPLETE, SUBMIT = 2, 3, 4, 5
PONG, MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9
FIRST_ANSWER, TOKEN_LIFE = 3.0, 15 * 60.0
DEFERRED_WAIT = 10.0
SEEN = 50
CALLBACK = Bucket("interaction callback", 5, 5.0)
FLAGS = SUPPRESS_EMBEDS | SILENT | EPHEMERAL | V2


@dataclass(slots=True, eq=False)
class Interaction:
    """One act of a person and what has come of it."""

    id: str
    token: str
    kind: int
    user: str
    channel: str
    data: dict[str, Any]
    source: Message | None = None
    made: float = field(default_factory=time.monotonic)
    answered: int | None = None
    loading: bool = False
    flags: int = 0
    original: Message | None = None
    answers: list[Message] = field(default_factory=list)
    choices: list[dict[str, Any]] = field(default_factory=list)
    modal: Modal | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Interactions:
    """All interactions, ephemeral messages and open modals."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._running: dict[str, Interaction] = {}
        self._tokens: dict[str, Interaction] = {}
        self.ephemeral: dict[str, Message] = {}
        self.modals: dict[str, Modal] = {}

    def routes(self) -> list[Route]:
        """The table; the rest comes over /webhooks/{application id}."""
        path = "/interactions/{interaction_id}/{interaction_token}/callback"
        return [Route("POST", path, self._callback, CALLBACK, auth=False, counts=False)]

    def reset(self) -> None:
        """Forget everything."""
        for kept in (self._running, self._tokens, self.ephemeral, self.modals):
            kept.clear()

    # A person's side

    async def start(
        self,
        kind: int,
        user: str,
        channel: Channel,
        data: dict[str, Any],
        source: Message | None = None,
    ) -> Interaction:
        """Push an interaction and wait: 3 s for the first answer, 10 s for a deferred one."""
        self._forget_old()
        made = Interaction(
            id=self._context.state.snowflake(),
            token=secrets.token_urlsafe(96),
            kind=kind,
            user=user,
            channel=channel.id,
            data=data,
            source=source,
        )
        self._running[made.id] = self._tokens[made.token] = made
        self._context.gateway.dispatch(Event("INTERACTION_CREATE", self._shape(made), ALWAYS))
        await self._until(made, FIRST_ANSWER, lambda: made.answered is not None)
        if made.loading:
            await self._until(made, DEFERRED_WAIT, lambda: not made.loading)
        return made

    async def _until(self, made: Interaction, seconds: float, fits: Any) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not fits():
                    made.news.clear()
                    await made.news.wait()
        except TimeoutError:
            return

    def _forget_old(self) -> None:
        now = time.monotonic()
        for made in [one for one in self._running.values() if now - one.made > TOKEN_LIFE]:
            del self._running[made.id], self._tokens[made.token]

    def _shape(self, made: Interaction) -> dict[str, Any]:
        context = self._context
        channel = context.state.channels[made.channel]
        direct = channel.type == DM
        rights = str(permissions(context.state, made.user, channel))
        own = str(permissions(context.state, world.BOT, channel))
        shape: dict[str, Any] = {
            "id": made.id,
            "application_id": world.BOT,
            "type": made.kind,
            "token": made.token,
            "version": 1,
            "channel_id": channel.id,
            "channel": {**context.shapes.channel(channel), "permissions": rights},
            "app_permissions": own,
            "locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": {"0": "0" if direct else world.GUILD},
            "context": 1 if direct else 0,
            "attachment_size_limit": 10 * 1024 * 1024,
            "data": made.data,
        }
        if direct:
            shape["user"] = context.shapes.user(made.user)
        else:
            shape["guild_id"] = world.GUILD
            shape["guild"] = {"id": world.GUILD, "locale": "en-US", "features": []}
            shape["guild_locale"] = "en-US"
            shape["member"] = {**context.shapes.member(made.user), "permissions": rights}
        if made.source is not None:
            shape["message"] = context.shapes.message(made.source)
        return shape

    def seen(self, user: str) -> tuple[list[Message], list[Modal]]:
        """The ephemeral messages and open modals of a person."""
        messages = [one for one in self.ephemeral.values() if one.ephemeral == user]
        return messages, [one for one in self.modals.values() if one.user == user]

    def close_modal(self, modal: Modal) -> None:
        """Take a modal away: handed in or dismissed."""
        self.modals.pop(modal.id, None)
        self._show(modal.user)

    def dismiss(self, user: str) -> None:
        """Take away everything that only that person sees."""
        messages, modals = self.seen(user)
        for message in messages:
            del self.ephemeral[message.id]
        for modal in modals:
            del self.modals[modal.id]
        self._show(user)

    def _show(self, user: str) -> None:
        self._context.kernel.live.changed("discord", user, "seen")

    # The application's first answer

    def _callback(self, call: Call) -> Answer:
        made = self._running.get(call.params["interaction_id"])
        if made is None or made.token != call.params["interaction_token"]:
            raise unknown("interaction")
        if made.answered is not None:
            wrong = "Interaction has already been acknowledged."
            raise ApiError(400, 40060, wrong)
        if time.monotonic() - made.made > FIRST_ANSWER:
            raise unknown("interaction")
        form = Form({} if call.body is None else call.body)
        kind = form.choice("type", (1, 4, 5, 6, 7, 8, 9), required=True)
        form.done()
        _check_kind(made, kind or 0)
        inner = form.inner("data") or Form({}, form.errors.setdefault("data", {}))
        self._answer(made, kind or 0, inner, form, call)
        made.answered = kind
        made.news.set()
        if call.query.get("with_response", "").lower() not in ("1", "true"):
            return Answer()
        return Answer(200, self._callback_shape(made))

    def _answer(self, made: Interaction, kind: int, data: Form, form: Form, call: Call) -> None:
        if kind == MESSAGE:
            draft = read_draft(data, allowed_flags=FLAGS, users_only=True)
            form.done()
            if draft.is_empty and not call.files:
                raise empty_message()
            made.original = self._say(made, draft, call.files, data.data)
        elif kind == DEFER:
            made.flags = (data.number("flags", low=0) or 0) & EPHEMERAL
            form.done()
            made.loading = True
            made.original = self._place(made, flags=made.flags | LOADING)
        elif kind == DEFER_UPDATE:
            made.original = made.source
        elif kind == UPDATE and made.source is not None:
            made.original = made.source
            self._change(made.source, data, call.files, form)
        elif kind == CHOICES:
            made.choices = _choices(data)
            form.done()
        elif kind == MODAL:
            custom_id, title, components = read_modal(data)
            form.done()
            self._open(made, custom_id, title, components)

    def _open(
        self, made: Interaction, custom_id: str, title: str, components: list[dict[str, Any]]
    ) -> None:
        for old in [one for one in self.modals.values() if one.user == made.user]:
            del self.modals[old.id]
        source = None if made.source is None else made.source.id
        made.modal = Modal(made.id, made.user, made.channel, custom_id, title, components, source)
        self.modals[made.id] = made.modal
        self._show(made.user)

    def _callback_shape(self, made: Interaction) -> dict[str, Any]:
        kind = made.answered
        found: dict[str, Any] = {"id": made.id, "type": made.kind}
        shape: dict[str, Any] = {"interaction": found}
        if made.original is not None:
            found["response_message_id"] = made.original.id
            found["response_message_loading"] = made.loading
            found["response_message_ephemeral"] = bool(made.original.flags & EPHEMERAL)
            if kind in (MESSAGE, DEFER, UPDATE):
                message = self._context.shapes.message(made.original)
                shape["resource"] = {"type": kind, "message": message}
        return shape

    # Messages of an interaction

    def _say(self, made: Interaction, draft: Any, files: tuple[Upload, ...], body: Any) -> Message:
        return self._place(
            made,
            content=draft.content or "",
            embeds=draft.embeds or [],
            components=draft.components or [],
            flags=draft.flags or 0,
            files=self._context.files(made.channel, files, body),
            mentions=draft.mentions,
            everyone=draft.everyone,
        )

    def _place(self, made: Interaction, *, flags: int, **parts: Any) -> Message:
        message = Message(
            id=self._context.state.snowflake(),
            channel=made.channel,
            author=self._context.shapes.user(world.BOT),
            webhook=world.BOT,
            interaction=self._metadata(made),
            flags=flags,
            **parts,
        )
        if made.source is not None:
            message.type = REPLY
            message.reference = {
                "type": 0,
                "channel_id": made.channel,
                "message_id": made.source.id,
            }
        elif made.kind == COMMAND:
            message.type = COMMAND_ANSWER if made.data.get("type", 1) == 1 else 23
        made.answers.append(message)
        if flags & EPHEMERAL:
            message.ephemeral = made.user
            self._keep(message)
        else:
            self._context.talk.post(message)
        return message

    def _keep(self, message: Message) -> None:
        self.ephemeral[message.id] = message
        mine = [one for one in self.ephemeral.values() if one.ephemeral == message.ephemeral]
        for old in mine[:-SEEN]:
            del self.ephemeral[old.id]
        self._show(message.ephemeral or "")

    def _metadata(self, made: Interaction) -> dict[str, Any]:
        found: dict[str, Any] = {
            "id": made.id,
            "type": made.kind,
            "user": self._context.shapes.user(made.user),
            "authorizing_integration_owners": {"0": world.GUILD},
        }
        if made.kind == COMMAND:
            found.update(name=made.data["name"], command_type=made.data.get("type", 1))
        elif made.kind == COMPONENT and made.source is not None:
            found["interacted_message_id"] = made.source.id
        elif made.kind == SUBMIT:
            found["triggering_interaction_metadata"] = {
                key: found[key] for key in ("id", "user", "authorizing_integration_owners")
            } | {"type": COMMAND, "name": "", "command_type": 1}
        return found

    def _change(
        self, message: Message, form: Form, files: tuple[Upload, ...], whole: Form,
        *, silent: bool = False,
    ) -> None:  # fmt: skip
        draft = read_draft(form, allowed_flags=SUPPRESS_EMBEDS | V2, users_only=True)
        whole.done()
        changes = edit_changes(draft, message)
        keep = draft_keeps(form)
        changes["files"] = self._context.edited_files(message, keep, files, form.data)
        if is_bare(message, changes):
            raise empty_message()
        if silent:
            changes["flags"] = changes.get("flags", message.flags) & ~LOADING
        if message.ephemeral is None:
            self._context.talk.edit(message, silent=silent, **changes)
            return
        for key, value in changes.items():
            setattr(message, key, value)
        message.edited = message.edited if silent else stamp()
        self._keep(message)

    # Afterwards: /webhooks/{application id}/{token}

    def later(self, what: str, call: Call) -> Answer:
        """Follow up (`follow`), or `get`, `edit`, `delete` an answer."""
        made = self._tokens.get(call.params["token"])
        if made is None or time.monotonic() - made.made > TOKEN_LIFE:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        if made.answered in (None, CHOICES):
            raise unknown("webhook")
        if what == "follow":
            return self._follow(made, call)
        message = self._of(made, call.params.get("message_id"))
        if what == "edit":
            self._fill(made, message, call)
        elif what == "delete":
            self._remove(made, message)
            return Answer()
        return Answer(200, self._context.shapes.message(message))

    def _follow(self, made: Interaction, call: Call) -> Answer:
        if made.loading and made.original is not None:
            # The first follow-up of a deferred answer takes its place.
            self._fill(made, made.original, call)
            return Answer(200, self._context.shapes.message(made.original))
        form = Form({} if call.body is None else call.body)
        draft = read_draft(form, allowed_flags=FLAGS, users_only=True)
        form.done()
        if draft.is_empty and not call.files:
            raise empty_message()
        message = self._say(made, draft, call.files, form.data)
        made.news.set()
        return Answer(200, self._context.shapes.message(message))

    def _of(self, made: Interaction, message_id: str | None) -> Message:
        if message_id is None or (made.original and made.original.id == message_id):
            found = made.original
        else:
            found = next((one for one in made.answers if one.id == message_id), None)
        if found is None:
            raise unknown("message")
        state = self._context.state
        there = self.ephemeral.get(found.id) or state.message(found.channel, found.id)
        if there is None:
            raise unknown("message")
        return there

    def _fill(self, made: Interaction, message: Message, call: Call) -> None:
        form = Form({} if call.body is None else call.body)
        first = made.loading and message is made.original
        self._change(message, form, call.files, form, silent=first)
        if first:
            made.loading = False
        made.news.set()

    def _remove(self, made: Interaction, message: Message) -> None:
        if message is made.original:
            made.loading = False
        if message.ephemeral is not None:
            self.ephemeral.pop(message.id, None)
            self._show(message.ephemeral)
        else:
            self._context.talk.delete(message)
        made.answers = [one for one in made.answers if one.id != message.id]
        made.news.set()


def _check_kind(made: Interaction, kind: int) -> None:
    fits = {
        COMMAND: (MESSAGE, DEFER, MODAL),
        COMPONENT: (MESSAGE, DEFER, DEFER_UPDATE, UPDATE, MODAL),
        AUTOCOMPLETE: (CHOICES,),
        SUBMIT: (MESSAGE, DEFER, *((DEFER_UPDATE, UPDATE) if made.source else ())),
    }[made.kind]
    if kind not in (PONG, *fits):
        wrong = "Interaction response type is not valid for this interaction type"
        raise invalid({"type": leaf("INTERACTION_RESPONSE_TYPE_INVALID", wrong)})


def _choices(form: Form) -> list[dict[str, Any]]:
    rows = form.rows("choices", most=25) or []
    found = []
    for row in rows:
        name = row.text("name", longest=100, shortest=1, required=True)
        value = row.data.get("value")
        if isinstance(value, str):
            row.text("value", longest=100)
        elif isinstance(value, bool) or not isinstance(value, int | float):
            row.fail("value", "BASE_TYPE_REQUIRED", "This field is required")
        found.append({"name": name, "value": value})
    return found
