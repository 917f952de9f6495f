"""The far side of a relay: Discord's webhooks, and just enough of both platforms to start.

A process of its own, written close to the socket so that it is never what is
measured. It notes when each webhook call came and for which thread; the run asks
for the notes at `/_notes`.

    python -m benchmarks.receiver --delay 0.1
"""

import argparse
import asyncio
import json
import math
import re
import signal
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import WSMsgType, web

from benchmarks.limits import Limits

APPLICATION = "900000000000000001"
BOT = {"id": APPLICATION, "username": "pinthread", "discriminator": "0000", "avatar": None}
_APPLICATION = {
    "bot": True,
    "flags": 0,
    "name": "pinthread",
    "description": "",
    "icon": None,
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "0" * 64,
    "team": None,
    "owner": BOT,
}
WEBHOOK: dict[str, Any] = {"id": "800000000000000001", "token": "t", "type": 1, "name": "Pinthread"}
_OK = b"200 OK"
_LIMITED = b"429 Too Many Requests"
SLACK = {
    "ok": True,
    "url": "https://bench.slack.com/",
    "team": "Bench",
    "team_id": "T1",
    "user_id": "UBOT",
    "bot_id": "BBOT",
    "app_id": "APP",
    "user": "bot",
    "bot": {"id": "BBOT", "app_id": "APP"},
    "channel": {"id": "C1"},
}
_WEBHOOK_CALL = re.compile(r"^/api/webhooks/(\d+)/[^/?]+(/messages/\d+)?$")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Notes:
    """What has been received: `(thread, content, seconds)`."""

    def __init__(self, delay: float, limits: Limits | None = None) -> None:
        self.delay = delay
        self.limits = limits or Limits(0)
        self.calls: list[tuple[str, str, float]] = []
        self.last_id = 10**18

    def post(self, channel: str, thread: str, text: str) -> bytes:
        """A post in Slack."""
        self.calls.append((thread, text, time.monotonic()))
        self.last_id += 1
        ts = f"1{self.last_id % 10**9:09d}.000100"
        message = {"ts": ts, "text": text, "user": "UBOT", "bot_id": "BBOT", "app_id": "APP"}
        answer = {"ok": True, "channel": channel, "ts": ts, "message": message}
        return json.dumps(answer).encode()

    def take(self, thread: str, content: str, hook: str = WEBHOOK["id"]) -> bytes:
        self.calls.append((thread, content, time.monotonic()))
        self.last_id += 1
        return json.dumps(
            {
                "id": str(self.last_id),
                "channel_id": thread,
                "type": 0,
                "content": content,
                "author": {"id": hook, "username": "Ada", "bot": True},
                "webhook_id": hook,
                "embeds": [],
                "attachments": [],
                "mentions": [],
                "mention_roles": [],
                "mention_everyone": False,
                "pinned": False,
                "tts": False,
                "flags": 0,
                "components": [],
                "timestamp": "2026-01-01T00:00:00+00:00",
                "edited_timestamp": None,
            }
        ).encode()


class Connection(asyncio.Protocol):
    """One kept-alive HTTP/1.1 connection with bodies of known length."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            found = _LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._buffer) < whole:
                return
            body = self._buffer[end + 4 : whole]
            self._buffer = self._buffer[whole:]
            method, target, _ = head[: head.index(b"\r\n")].decode().split(" ", 2)
            self._answer(method, target, body)

    def _answer(self, method: str, target: str, body: bytes) -> None:
        parts = urlsplit(target)
        hook = _WEBHOOK_CALL.match(parts.path) if method == "POST" else None
        if hook:
            self._webhook(hook[1], parse_qs(parts.query).get("thread_id", [""])[0], body)
            return
        if parts.path.endswith("/chat.postMessage"):
            self._post(json.loads(body))
            return
        if parts.path == "/_refused":
            answer = json.dumps(self._notes.limits.refused).encode()
        elif parts.path == "/_notes":
            calls, self._notes.calls = self._notes.calls, []
            answer = json.dumps(calls).encode()
        elif parts.path == "/_count":
            answer = str(len(self._notes.calls)).encode()
        else:
            answer = json.dumps(other(method, parts.path)).encode()
        self._write(answer)

    def _webhook(self, hook: str, thread: str, body: bytes) -> None:
        headers, wait = self._notes.limits.webhook(hook)
        shown = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        if wait is not None:
            trouble = {"message": "limited", "retry_after": round(wait, 3), "global": False}
            self._write(json.dumps(trouble).encode(), _LIMITED, shown)
            return
        answer = self._notes.take(thread, json.loads(body).get("content", ""), hook)
        if self._notes.delay:
            loop = asyncio.get_running_loop()
            loop.call_later(self._notes.delay, self._write, answer, _OK, shown)
        else:
            self._write(answer, _OK, shown)

    def _post(self, sent: dict[str, str]) -> None:
        wait = self._notes.limits.slack_post(sent["channel"])
        if wait is not None:
            after = f"Retry-After: {max(1, math.ceil(wait))}\r\n".encode()
            self._write(b'{"ok": false, "error": "ratelimited"}', _LIMITED, after)
            return
        thread = f"{sent['channel']}:{sent.get('thread_ts', '')}"
        self._write(self._notes.post(sent["channel"], thread, sent.get("text", "")))

    def _write(self, answer: bytes, status: bytes = _OK, headers: bytes = b"") -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(
                b"HTTP/1.1 "
                + status
                + b"\r\nContent-Type: application/json\r\n"
                + headers
                + b"x-oauth-scopes: chat:write,chat:write.customize\r\nContent-Length: "
                + str(len(answer)).encode()
                + b"\r\n\r\n"
                + answer
            )


def other(method: str, path: str) -> object:
    """What either platform answers to everything else, as far as starting needs it."""
    if path.endswith("users.info"):
        user = {"id": "UADA", "team_id": "T1", "name": "ada", "profile": {}}
        return {"ok": True, "user": user}
    if path.endswith("conversations.info"):
        # An inbox that others could read would be paused.
        return {"ok": True, "channel": {"name": "bench", "is_private": True}}
    if path.startswith("/slack/"):
        return SLACK
    if path.endswith("/webhooks"):
        channel = path.split("/")[-2]
        # Each channel has a webhook of its own, as its limits are its own.
        own = {**WEBHOOK, "id": f"8{channel[1:]}", "channel_id": channel}
        hook = {**own, "application_id": APPLICATION, "user": BOT}
        return [hook] if method == "GET" else hook
    if path.endswith("/commands"):
        return []
    if path.endswith("/gateway"):
        return {"url": "ws://127.0.0.1"}
    if "/threads/" in path:
        return {"threads": [], "members": [], "has_more": False}
    if "/channels/" in path:
        channel = path.rsplit("/", maxsplit=1)[-1]
        return {"id": channel, "type": 0, "name": "bench", "guild_id": "1"}
    return {**BOT, **_APPLICATION}


async def gateway(request: web.Request) -> web.WebSocketResponse:
    """Discord's gateway, as far as staying connected goes."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.send_json({"op": 10, "d": {"heartbeat_interval": 41_250}, "s": None, "t": None})
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            continue
        sent = json.loads(message.data)
        if sent["op"] == 1:
            await socket.send_json({"op": 11, "d": None, "s": None, "t": None})
        elif sent["op"] == 2:
            ready = {
                "v": 10,
                "user": BOT,
                "guilds": [],
                "session_id": "bench",
                "resume_gateway_url": f"ws://{request.host}/gateway",
                "application": {"id": APPLICATION, "flags": 0},
            }
            await socket.send_json({"op": 0, "t": "READY", "s": 1, "d": ready})
    return socket


async def serve(delay: float, factor: float) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    notes = Notes(delay, Limits(factor))
    server = await loop.create_server(lambda: Connection(notes), "127.0.0.1", 0, backlog=1024)
    app = web.Application()
    app.router.add_get("/gateway", gateway)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ports = {"rest": server.sockets[0].getsockname()[1], "gateway": runner.addresses[0][1]}
    print(json.dumps(ports), flush=True)
    await stop.wait()
    server.close()
    await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--factor", type=float, default=0.0, help="of the documented limits")
    given = parser.parse_args()
    asyncio.run(serve(given.delay, given.factor))
