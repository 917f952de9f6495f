"""Shortcuts: on a message of a mirrored thread, and from anywhere.

Each is one verb of the grammar, done on the thread of the message. Slack gives global
ones no address for answers, so theirs are shown on a sheet.
"""

import re
from collections.abc import Iterator
from typing import Any

from slack_bolt.async_app import AsyncApp

from adapters.slack.front import Front
from adapters.slack.gestures import Ack
from adapters.slack.marks import Payload
from core.asking import Answer, Command
from core.refusal import Refusal

REPLY, NOTE, SEND_THIS = "pin_reply", "pin_note", "pin_send_this"
START, INBOX = "pin_start", "pin_inbox"

_VERBS = {REPLY: "reply", NOTE: "note", START: "send", INBOX: "inbox"}
_PIN = re.compile(
    r"https?://(?:(?:[\w-]+\.)*pinterest\.[a-z.]{2,6}/pin/[^\s<>|\"\\]+|pin\.it/\w+)", re.IGNORECASE
)
_NO_PIN = "There is no pin in this message. Use this on a message that holds a pin's address."


class Shortcuts:
    def __init__(self, front: Front) -> None:
        self._front = front

    def register(self, app: AsyncApp) -> None:
        app.shortcut(re.compile(f"^({REPLY}|{NOTE}|{START}|{INBOX})$"))(self.on_verb)
        app.shortcut(SEND_THIS)(self.on_send_this)

    async def on_verb(self, ack: Ack, body: Payload) -> None:
        await ack()
        command = Command(_VERBS[str(body.get("callback_id"))])
        gesture = self._front.gesture(body)
        self._front.shown(gesture, self._front.ran(gesture, command))

    async def on_send_this(self, ack: Ack, body: Payload) -> None:
        await ack()
        gesture = self._front.gesture(body)
        pin = next(_addresses(body.get("message")), "")
        command = Command("send", pin=pin)
        self._front.shown(gesture, self._front.ran(gesture, command) if pin else _no_pin())


async def _no_pin() -> Answer:
    return Answer(_NO_PIN, refusal=Refusal("pin_required", _NO_PIN))


def _addresses(found: Any) -> Iterator[str]:
    """The addresses of pins in a message, wherever in it they stand."""
    if isinstance(found, str):
        yield from _PIN.findall(found)
    elif isinstance(found, list):
        for one in found:
            yield from _addresses(one)
    elif isinstance(found, dict):
        for one in found.values():
            yield from _addresses(one)
