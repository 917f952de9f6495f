"""Socket Mode: tickets, up to ten WebSocket connections, envelopes and their acknowledgements.

A payload goes to any one of the connections, in turn. Whether and when something that was not
acknowledged is sent again is decided in `push`.
"""

import asyncio
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from sandbox import world
from sandbox.slack.errors import ApiError
from sandbox.wire import cut

MOST = 10
TICKET_SECONDS = 60.0
#: How long before the end a connection is told of it.
WARNING_SECONDS = 10.0
APPROXIMATE_TIME = 18_060


class LinkLostError(Exception):
    """There is no connection, or it ended before the payload was acknowledged."""


@dataclass(slots=True, eq=False)
class _Connection:
    socket: web.WebSocketResponse
    request: web.Request
    waiting: dict[str, asyncio.Future[Any]] = field(default_factory=dict)
    deaf: bool = False


class Link:
    """All Socket Mode connections of the app; `changed` is called when one comes or goes."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._connections: list[_Connection] = []
        self._tickets: dict[str, float] = {}
        self._turn = 0

    @property
    def count(self) -> int:
        """How many connections are open."""
        return len(self._open())

    def _open(self) -> list[_Connection]:
        """Without those that are being closed, though the other side may not know it yet."""
        return [one for one in self._connections if not one.socket.closed]

    def ticket(self) -> str:
        """A ticket for one connection, valid for a minute."""
        now = time.monotonic()
        self._tickets = {t: until for t, until in self._tickets.items() if until > now}
        if self.count >= MOST:
            raise ApiError("too_many_websockets")
        ticket = secrets.token_urlsafe(16)
        self._tickets[ticket] = now + TICKET_SECONDS
        return ticket

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """`GET /slack/socket?ticket=`: one connection, until either side ends it."""
        until = self._tickets.pop(request.query.get("ticket", ""), 0.0)
        if until < time.monotonic():
            return web.Response(status=403, text="The ticket is unknown, used or too old.")
        socket = web.WebSocketResponse(heartbeat=30.0, compress=False, max_msg_size=0)
        await socket.prepare(request)
        connection = _Connection(socket, request)
        self._connections.append(connection)
        try:
            await socket.send_json(_hello(self.count))
            self._changed()
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    _acknowledge(connection, message.data)
        except ConnectionError:
            pass
        finally:
            self._forget(connection)
        return socket

    async def send(
        self, kind: str, payload: bytes, *, answer: bool, attempt: int = 0, reason: str = ""
    ) -> Any:
        """Send one payload and return what its acknowledgement carried (None for nothing).

        LinkLostError when no connection could take it to the end; waits as long as it takes.
        """
        connections = self._open()
        if not connections:
            raise LinkLostError
        self._turn += 1
        connection = connections[self._turn % len(connections)]
        if connection.deaf:
            if answer:
                raise LinkLostError
            return None
        envelope = str(uuid.uuid4())
        head = {"envelope_id": envelope, "type": kind, "accepts_response_payload": answer}
        if kind == "events_api":
            head |= {"retry_attempt": attempt, "retry_reason": reason}
        acked = asyncio.get_running_loop().create_future()
        connection.waiting[envelope] = acked
        try:
            frame = msgspec.json.encode(head)[:-1] + b',"payload":' + payload + b"}"
            await connection.socket.send_frame(frame, WSMsgType.TEXT)
            return await acked
        except ConnectionError as lost:
            raise LinkLostError from lost
        finally:
            connection.waiting.pop(envelope, None)

    async def disconnect(self, reason: str) -> None:
        """Tell every connection to go, as Slack does, and end it (a warning: 10 s later)."""
        connections = list(self._connections)
        for connection in connections:
            await connection.socket.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
            )
        if reason == "warning":
            loop = asyncio.get_running_loop()
            loop.call_later(WARNING_SECONDS, self._cut, connections)
            return
        for connection in connections:
            await connection.socket.close()

    def deafen(self) -> None:
        """What goes to the connections of now is lost, though they stay open and look well."""
        for connection in self._connections:
            connection.deaf = True

    def cut(self) -> None:
        """Break every connection without a word."""
        self._cut(list(self._connections))

    def _cut(self, connections: list[_Connection]) -> None:
        for connection in connections:
            cut(connection.request)
            self._forget(connection)

    def _forget(self, connection: _Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
            self._changed()
        for acked in connection.waiting.values():
            if not acked.done():
                acked.set_exception(LinkLostError())


def _hello(connections: int) -> dict[str, Any]:
    return {
        "type": "hello",
        "num_connections": connections,
        "debug_info": {
            "host": "sandbox",
            "build_number": 1,
            "approximate_connection_time": APPROXIMATE_TIME,
        },
        "connection_info": {"app_id": world.SLACK_APP},
    }


def _acknowledge(connection: _Connection, text: str) -> None:
    try:
        data = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return
    acked = connection.waiting.get(data.get("envelope_id", "")) if isinstance(data, dict) else None
    if acked is not None and not acked.done():
        acked.set_result(data.get("payload"))
