"""Where Slack's payloads come in over HTTP, and where they are sorted in either mode.

Message and reaction events take the short way: checked once, decoded once,
committed, answered. Bolt's dispatch, which costs many times more, keeps commands,
buttons, views and the rest. Nothing is answered 200 before its commit.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

PATH = "/slack/events"
MOST_BYTES = 1024 * 1024

_SHORT = frozenset({"message", "reaction_added", "reaction_removed"})
LIMITED = "app_rate_limited"
"""Sent in the place of the events of a minute that were too many."""
_OUTER = frozenset({"event_callback", "url_verification"})
_decode = msgspec.json.Decoder().decode

log = logging.getLogger("pinthread.slack")

Take = Callable[[Mapping[str, Any]], Awaitable[None]]


class NotReadyError(Exception):
    """The workspace is not known yet: Slack is asked to deliver again."""


def is_short(payload: Mapping[str, Any]) -> bool:
    """An event that takes the short way."""
    event = payload.get("event")
    return payload.get("type") == LIMITED or (
        payload.get("type") == "event_callback"
        and isinstance(event, dict)
        and event.get("type") in _SHORT
    )


class Entrance:
    """The HTTP side. `refused` counts what was not let in, by reason."""

    def __init__(self, secret: str, take: Take, app: AsyncApp, refused: Counter[str]) -> None:
        self._verifier = SignatureVerifier(secret)
        self._take = take
        self._app = app
        self._refused = refused
        self._runner: web.ServerRunner | None = None
        self.port = 0

    async def start(self, listen: str) -> None:
        """Listens; raises OSError where the address is taken."""
        host, _, port = listen.rpartition(":")
        self._runner = web.ServerRunner(
            web.Server(self._handle, access_log=None), shutdown_timeout=5.0
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, host.strip("[]") or None, int(port), backlog=1024)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Finishes what is being taken in, then closes."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path != PATH:
            return web.Response(status=404)
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        if (request.content_length or 0) > MOST_BYTES:
            return self._no("too_large", 413)
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return self._no("too_large", 413)
        if not self._is_signed(body, request.headers):
            return self._no("bad_signature", 401)
        try:
            return await self._sort(request, body)
        except NotReadyError:
            return self._no("not_ready", 503)
        except Exception as error:  # noqa: BLE001 - the listener's boundary: Slack delivers again
            log.error("slack.entrance_failed", extra={"error": type(error).__name__})
            return self._no("failed", 500)

    async def _sort(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        if request.headers.get("Content-Type", "").startswith("application/json"):
            try:
                payload = _decode(body)
            except msgspec.DecodeError:
                return self._no("malformed", 400)
            if not isinstance(payload, dict):
                return self._no("malformed", 400)
            if is_short(payload):
                await self._take(payload)
                return web.Response()
            if payload.get("type") not in _OUTER:
                return self._no("other_payload", 200)
        try:
            text = body.decode()
            asked = AsyncBoltRequest(body=text, headers=dict(request.headers))
        except ValueError:
            return self._no("malformed", 400)
        told = await self._app.async_dispatch(asked)
        if told.status >= 500:
            log.error("slack.dispatch_failed", extra={"status": told.status})
        return await to_aiohttp_response(told)

    def _is_signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        try:
            return self._verifier.is_valid(
                body,
                headers.get("X-Slack-Request-Timestamp"),
                headers.get("X-Slack-Signature"),
            )
        except (ValueError, TypeError):
            # A timestamp that is no number, a body that is not UTF-8, a signature not ASCII.
            return False

    def _no(self, reason: str, status: int) -> web.Response:
        self._refused[reason] += 1
        return web.Response(status=status)
