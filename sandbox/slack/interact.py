"""Commands, buttons, menus and views: payloads to the program, and what its answers show.

Holds what only one person sees: ephemeral messages and the stack of open views. Trigger ids
last 3 s and work once; a response_url lasts 30 min and works five times. None of it survives
a restart of the sandbox, as it would not survive a reload of Slack.
"""

import asyncio
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from sandbox import world
from sandbox.slack import outward
from sandbox.slack.errors import ApiError
from sandbox.slack.events import TOKEN
from sandbox.slack.link import LinkLostError
from sandbox.slack.outward import Session
from sandbox.slack.push import Push
from sandbox.slack.workspace import Resident

if TYPE_CHECKING:
    from sandbox.server import Kernel

TRIGGER_SECONDS = 3.0
RESPONSE_USES, RESPONSE_SECONDS = 5, 30 * 60.0
DEEPEST = 3
KEPT_ANSWERS = 100

View = dict[str, Any]


@dataclass(slots=True)
class Trigger:
    """One gesture of a person; what it led to is collected for whoever made it."""

    id: str
    user: str
    until: float
    used: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)
    answers: list[dict[str, Any]] = field(default_factory=list)
    views: list[View] = field(default_factory=list)


@dataclass(slots=True)
class ResponseUrl:
    """Where the program may answer a gesture; `message` is what it can replace or delete."""

    trigger: Trigger
    channel: str
    message: str = ""
    ephemeral: bool = True
    until: float = 0.0
    uses: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the program took a gesture; `body` is what its acknowledgement carried."""

    ok: bool
    error: str = ""
    body: Any = None


class Interact:
    """Everything of one person's own: gestures, answers, views."""

    def __init__(self, kernel: "Kernel", push: Push, session: Session) -> None:
        self._kernel = kernel
        self._push = push
        self._session = session
        self.triggers: dict[str, Trigger] = {}
        self.responses: dict[str, ResponseUrl] = {}
        self.answers: dict[str, deque[dict[str, Any]]] = {}
        self.stacks: dict[str, list[View]] = {}

    def reset(self) -> None:
        """Forget everything."""
        self.triggers.clear()
        self.responses.clear()
        self.answers.clear()
        self.stacks.clear()

    def gesture(self, user: str) -> Trigger:
        """A new trigger of that person."""
        now = time.monotonic()
        for old in [t for t in self.triggers.values() if t.until < now - 60]:
            del self.triggers[old.id]
        trigger = Trigger(f"{uuid.uuid4().int % 10**12}.{uuid.uuid4().hex}", user, now)
        trigger.until = now + TRIGGER_SECONDS
        self.triggers[trigger.id] = trigger
        return trigger

    def exchange(self, trigger_id: str) -> Trigger:
        """Use up a trigger to open a view; ApiError as Slack names it."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise ApiError("invalid_trigger_id")
        if trigger.used:
            raise ApiError("exchanged_trigger_id")
        if trigger.until < time.monotonic():
            raise ApiError("expired_trigger_id")
        trigger.used = True
        return trigger

    def response_url(self, trigger: Trigger, channel: str, message: str, ephemeral: bool) -> str:
        """A new response_url for a gesture."""
        now = time.monotonic()
        for key in [k for k, r in self.responses.items() if r.until < now]:
            del self.responses[key]
        key = uuid.uuid4().hex
        until = now + RESPONSE_SECONDS
        self.responses[key] = ResponseUrl(trigger, channel, message, ephemeral, until)
        return f"{self._kernel.base_url}/slack/response/{key}"

    def immediate(self, trigger: Trigger, channel: str) -> ResponseUrl:
        """Stands for the acknowledgement's own body, which can answer as a response_url can."""
        return ResponseUrl(trigger, channel)

    def respond(self, key: str) -> ResponseUrl | None:
        """Use a response_url once; None when it is unknown, used up or too old."""
        response = self.responses.get(key)
        if response is None or response.until < time.monotonic():
            return None
        if response.uses >= RESPONSE_USES:
            return None
        response.uses += 1
        return response

    def show(self, user: str, answer: dict[str, Any]) -> None:
        """Let one person see an ephemeral message, or its new state."""
        mine = self.answers.setdefault(user, deque(maxlen=KEPT_ANSWERS))
        for place, old in enumerate(mine):
            if old["id"] == answer["id"]:
                mine[place] = answer
                break
        else:
            mine.append(answer)
        self._kernel.live.changed("slack", answer["channel"], "seen")

    def hide(self, user: str, answer_id: str) -> None:
        """Take an ephemeral message away."""
        mine = self.answers.get(user, deque())
        for old in [a for a in mine if a["id"] == answer_id]:
            mine.remove(old)
            self._kernel.live.changed("slack", old["channel"], "seen")

    def answer(self, user: str, answer_id: str) -> dict[str, Any] | None:
        """One ephemeral message of that person."""
        return next((a for a in self.answers.get(user, ()) if a["id"] == answer_id), None)

    def view(self, view_id: str) -> View | None:
        """An open view, whoever has it open."""
        return next((v for s in self.stacks.values() for v in s if v["id"] == view_id), None)

    def owner(self, view: View) -> str:
        """Who has the view open."""
        return next(user for user, stack in self.stacks.items() if view in stack)

    def changed(self) -> None:
        """Tell the page that someone's views changed."""
        self._kernel.live.changed("slack", "", "seen")

    async def command(self, fields: dict[str, str]) -> Outcome:
        """Send a slash command and wait for its acknowledgement."""
        if self._push.http:
            return await self._http(urlencode(fields).encode())
        return await self._socket("slash_commands", fields, answer=True)

    async def interaction(self, payload: dict[str, Any]) -> Outcome:
        """Send an interaction and wait for its acknowledgement."""
        if self._push.http:
            form = {"payload": msgspec.json.encode(payload).decode()}
            return await self._http(urlencode(form).encode())
        answer = payload["type"] in ("view_submission", "block_suggestion")
        return await self._socket("interactive", payload, answer=answer)

    async def _socket(self, kind: str, payload: dict[str, Any], *, answer: bool) -> Outcome:
        if not self._kernel.power["slack"]:
            return Outcome(ok=False, error="Slack is down.")
        try:
            async with asyncio.timeout(outward.TIME_LIMIT):
                body = msgspec.json.encode(payload)
                return Outcome(True, "", await self._push.link.send(kind, body, answer=answer))
        except TimeoutError:
            return Outcome(ok=False, error="The app did not respond in time.")
        except LinkLostError:
            return Outcome(ok=False, error="The app is not connected.")

    async def _http(self, body: bytes) -> Outcome:
        if not self._kernel.power["slack"]:
            return Outcome(ok=False, error="Slack is down.")
        headers = {"Content-Type": "application/x-www-form-urlencoded", **outward.signed(body)}
        reply = await outward.post(self._session.get(), self._push.http, body, headers)
        if reply.reason == "http_timeout":
            return Outcome(ok=False, error="The app did not respond in time.")
        if reply.status != 200:
            return Outcome(ok=False, error=f"The app answered with {reply.status}.")
        return Outcome(True, "", _body(reply.body))


def person(who: Resident) -> dict[str, str]:
    """A person as interactions name them, with the workspace they are of."""
    return {"id": who.id, "username": who.handle, "name": who.handle, "team_id": who.team}


def frame(kind: str, trigger: Trigger, user: dict[str, str]) -> dict[str, Any]:
    """What every interaction payload holds."""
    return {
        "type": kind,
        "user": user,
        "api_app_id": world.SLACK_APP,
        "token": TOKEN,
        "trigger_id": trigger.id,
        "team": {"id": world.SLACK_TEAM, "domain": world.SLACK_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _body(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return {"text": raw.decode(errors="replace")}
