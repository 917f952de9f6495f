"""What people do in Slack, as data, and the answers that only they see."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from adapters.slack import cards, markup
from adapters.slack.cards import Block, Look
from adapters.slack.marks import Ours, Payload, place_of, remote
from adapters.slack.private import Private, private_of
from core.ids import RemoteId, SpaceId
from core.model import Mirror, Place, Refusal

_FOR_EVER = frozenset(
    {"empty_message", "text_too_long", "not_author", "unknown_message", "conflict"}
)
"""Refusals of the words themselves; the others depend on what else there is."""

TROUBLE = "Something went wrong here. Try again in a moment."

Ack = Callable[..., Awaitable[Any]]


class Host(Protocol):
    """The adapter, as the listeners need it. `spawn` runs work beside, until the adapter ends."""

    @property
    def look(self) -> Look: ...
    @property
    def ours(self) -> Ours | None: ...
    def spawn(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]": ...
    def link(self, mirror: Mirror) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer for one person; `text` is what notifications and screen readers say."""

    text: str
    blocks: list[Block]

    def body(self) -> dict[str, Any]:
        return {
            "response_type": "ephemeral",
            "text": markup.cut_escaped(markup.escape(self.text), 3_900),
            "blocks": self.blocks[: cards.MOST_BLOCKS],
        }

    def later(self) -> dict[str, Any]:
        """The same, for the address that came with a gesture."""
        return self.body() | {"replace_original": False}

    def instead(self) -> dict[str, Any]:
        """The same, in the place of what the gesture was made on."""
        return self.body() | {"replace_original": True}


@dataclass(frozen=True, slots=True)
class Gesture:
    """A command, button, form or shortcut: who did it and where.

    `team` is the person's home workspace, `channel` Slack's id of the place. `thread` and
    `message` are the remote ones that it was done on. `trigger` opens a form, once and
    within three seconds; `answer` is the address for later answers. `view` is the form or
    page whose button it was, `kind` what that is (`modal`, `home`). `alone`: what was
    pressed is seen by that person only; else `card` and `text` are what the message shows.
    `key` is the same for each delivery.
    """

    user: str
    team: str
    place: Place | None
    channel: str
    trigger: str
    answer: str
    thread: SpaceId | None = None
    message: RemoteId | None = None
    view: str = ""
    kind: str = ""
    alone: bool = False
    key: str = ""
    private: Private = field(default_factory=Private)
    card: tuple[Block, ...] = ()
    text: str = ""
    remembered: bool = False
    """The place is where the form was opened: Slack does not say where they are now."""


def gesture_of(body: Payload, team: str) -> Gesture:
    """From a command (flat) or an interaction (nested). A form remembers where it was opened."""
    user = body.get("user") or {}
    view = body.get("view") or {}
    private = private_of(view)
    container = body.get("container") or {}
    who = str(body.get("user_id") or user.get("id") or "")
    told = (
        body.get("channel_id")
        or (body.get("channel") or {}).get("id")
        or container.get("channel_id")
    )
    channel = told or private.channel
    thread, message = _spot(body, container, str(channel or ""))
    trigger = str(body.get("trigger_id") or "")
    key = f"{view.get('id')}:{view.get('hash')}" if _is_form(body) else trigger
    return Gesture(
        who,
        str(user.get("team_id") or body.get("team_id") or team),
        place_of(team, str(channel), who) if channel else None,
        str(channel or ""),
        trigger,
        str(body.get("response_url") or private.answer),
        thread or (SpaceId(private.thread) if private.thread else None),
        message or (RemoteId(private.message) if private.message else None),
        str(view.get("id") or ""),
        str(view.get("type") or ""),
        bool(container.get("is_ephemeral")),
        f"slack:{key}",
        private,
        tuple((body.get("message") or {}).get("blocks") or ()),
        str((body.get("message") or {}).get("text") or ""),
        bool(channel and not told),
    )


def _is_form(body: Payload) -> bool:
    return body.get("type") in ("view_submission", "view_closed")


def _spot(
    body: Payload, container: Payload, channel: str
) -> tuple[SpaceId | None, RemoteId | None]:
    """The thread and the message that a gesture was made on. What only one sees is none."""
    message = body.get("message") or {}
    ts = container.get("message_ts") or body.get("message_ts") or message.get("ts")
    if not ts or not channel:
        return None, None
    root = container.get("thread_ts") or message.get("thread_ts")
    if container.get("is_ephemeral"):
        return (SpaceId(remote(channel, str(root))) if root else None), None
    return SpaceId(remote(channel, str(root or ts))), remote(channel, str(ts))


def kept(gesture: Gesture, action: str, value: str) -> Private:
    """What a form that this gesture opens has to remember."""
    thread, message = gesture.thread or "", gesture.message or ""
    return Private(action, value, gesture.channel, thread, message, gesture.answer)


def action_of(body: Payload) -> Payload:
    """The button or choice that was used."""
    found: Sequence[Payload] = body.get("actions") or ({},)
    return found[0]


def chosen(action: Mapping[str, Any]) -> str:
    """What was chosen from a menu, or the value of a button."""
    option = action.get("selected_option")
    if isinstance(option, dict):
        return str(option.get("value") or "")
    for key in ("selected_conversation", "selected_channel", "selected_user", "value"):
        if action.get(key):
            return str(action[key])
    return ""


def refused(refusal: Refusal, retry: str = "") -> Reply:
    """`retry` leads back to the words; it is left out where they cannot ever be taken."""
    retry = "" if refusal.code in _FOR_EVER else retry
    return Reply(refusal.sentence, cards.refusal(refusal.sentence, retry))


def trouble() -> Reply:
    return Reply(TROUBLE, cards.refusal(TROUBLE))
