"""What people do in Slack, as data, and the answers that only they see."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from adapters.slack import cards, markup
from adapters.slack.cards import Block, Look
from adapters.slack.marks import Ours
from core.model import Mirror, Place, Refusal

_FOR_EVER = frozenset(
    {"empty_message", "text_too_long", "not_author", "unknown_message", "conflict"}
)
"""Refusals of the words themselves; the others depend on what else there is."""

_TROUBLE = "Something went wrong here. Try again in a moment."

Ack = Callable[..., Awaitable[Any]]
Payload = Mapping[str, Any]


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
    """A command, button or form: who did it and where.

    `trigger` opens a form, once and within three seconds; `answer` is the address
    for later answers.
    """

    user: str
    place: Place
    trigger: str
    answer: str


def gesture_of(body: Payload, team: str) -> Gesture:
    """From a command (flat) or an interaction (nested). A form remembers its channel."""
    user = body.get("user") or {}
    view = body.get("view") or {}
    private = json.loads(view.get("private_metadata") or "{}")
    container = body.get("container") or {}
    channel = (
        body.get("channel_id")
        or (body.get("channel") or {}).get("id")
        or container.get("channel_id")
        or private.get("channel")
    )
    return Gesture(
        str(body.get("user_id") or user.get("id") or ""),
        Place("slack", team, str(channel or "")),
        str(body.get("trigger_id") or ""),
        str(body.get("response_url") or private.get("answer") or ""),
    )


def action_of(body: Payload) -> Payload:
    """The button or choice that was used."""
    found: Sequence[Payload] = body.get("actions") or ({},)
    return found[0]


def refused(refusal: Refusal, retry: str = "") -> Reply:
    """`retry` leads back to the words; it is left out where they cannot ever be taken."""
    retry = "" if refusal.code in _FOR_EVER else retry
    return Reply(refusal.sentence, cards.refusal(refusal.sentence, retry))


def trouble() -> Reply:
    return Reply(_TROUBLE, cards.refusal(_TROUBLE))
