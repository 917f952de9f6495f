"""`/_control/slack/...`: how events reach the program, hand-made ones, scopes, limits of reads."""

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from sandbox.control import ControlError, answer, read, text
from sandbox.slack import outward
from sandbox.slack.events import callback
from sandbox.slack.limits import Reads
from sandbox.slack.link import LinkLostError
from sandbox.slack.outward import Session
from sandbox.slack.push import Push
from sandbox.slack.workspace import SCOPES, Workspace

if TYPE_CHECKING:
    from sandbox.server import Kernel

_REASONS = ("warning", "refresh_requested", "link_disabled")


class DeliveryControl:
    """Looks at the queue of events and reaches into it."""

    def __init__(
        self, kernel: "Kernel", push: Push, session: Session, workspace: Workspace
    ) -> None:
        self._kernel = kernel
        self._push = push
        self._session = session
        self._workspace = workspace

    def mount(self, app: web.Application) -> None:
        """The control calls."""
        app.router.add_get("/_control/slack/delivery", self._show)
        app.router.add_put("/_control/slack/delivery", self._schedule)
        app.router.add_post("/_control/slack/disconnect", self._disconnect)
        app.router.add_post("/_control/slack/event", self._event)
        app.router.add_put("/_control/slack/scopes", self._scopes)
        app.router.add_put("/_control/slack/reads", self._reads)

    async def _show(self, _: web.Request) -> web.Response:
        push = self._push
        return answer(
            {
                "mode": "http" if push.http else "socket",
                "verified": push.verified,
                "connections": push.link.count,
                "waiting": push.waiting,
                "lost": push.lost,
                "retry_delays": push.retry_delays,
            }
        )

    async def _schedule(self, request: web.Request) -> web.Response:
        delays = (await read(request)).get("retry_delays")
        if not isinstance(delays, list) or not all(_is_seconds(item) for item in delays):
            raise ControlError("retry_delays is a list of seconds.")
        self._push.retry_delays = tuple(float(item) for item in delays)
        self._push.changed()
        return await self._show(request)

    async def _disconnect(self, request: web.Request) -> web.Response:
        reason = text(await read(request), "reason", "refresh_requested")
        if reason not in _REASONS:
            raise ControlError(f"reason is one of {', '.join(_REASONS)}.")
        told = self._push.link.count
        await self._push.link.disconnect(reason)
        return answer({"connections": told})

    async def _scopes(self, request: web.Request) -> web.Response:
        scopes = (await read(request)).get("scopes", list(SCOPES))
        if not isinstance(scopes, list) or not all(isinstance(item, str) for item in scopes):
            raise ControlError("scopes is a list of texts.")
        self._workspace.scopes = scopes
        return answer({"scopes": scopes})

    async def _reads(self, request: web.Request) -> web.Response:
        reads, body = asdict(Reads()), await read(request)
        for key in reads:
            if key in body and (not _is_seconds(body[key]) or not body[key]):
                raise ControlError(f"{key} is a number above 0.")
            reads[key] = body.get(key, reads[key])
            setattr(self._workspace.reads, key, reads[key])
        return answer(reads)

    async def _event(self, request: web.Request) -> web.Response:
        body = await read(request)
        event = body.get("event", {})
        more = body.get("envelope", {})
        if not isinstance(event, dict) or not isinstance(more, dict):
            raise ControlError("event and envelope are objects.")
        made = callback(event, text(body, "event_id", ""), more)
        payload = text(body, "raw").encode() if "raw" in body else made.body
        if self._push.http:
            return await self._over_http(body, made.id, payload)
        return await self._over_socket(made.id, payload)

    async def _over_http(self, body: dict[str, Any], event_id: str, payload: bytes) -> web.Response:
        age = body.get("age", 0)
        if not isinstance(age, int | float):
            raise ControlError("age is a number of seconds.")
        signature = text(body, "signature", "good")
        if signature not in ("good", "bad"):
            raise ControlError("signature is good or bad.")
        headers = outward.signed(payload, age)
        if signature == "bad":
            headers = outward.signed(payload, age, secret="not the signing secret")
        headers["Content-Type"] = text(body, "content_type", "application/json")
        reply = await outward.post(self._session.get(), self._push.http, payload, headers)
        return answer(
            {
                "event_id": event_id,
                "status": reply.status,
                "reason": reply.reason,
                "body": reply.body.decode(errors="replace"),
            }
        )

    async def _over_socket(self, event_id: str, payload: bytes) -> web.Response:
        try:
            msgspec.json.decode(payload)
        except msgspec.DecodeError as bad:
            raise ControlError("Over Socket Mode raw has to be JSON.") from bad
        try:
            async with asyncio.timeout(outward.TIME_LIMIT):
                await self._push.link.send("events_api", payload, answer=False)
        except (TimeoutError, LinkLostError):
            return answer({"event_id": event_id, "acked": False})
        return answer({"event_id": event_id, "acked": True})


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
