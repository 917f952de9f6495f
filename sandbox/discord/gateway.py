"""The gateway: identify, heartbeat, dispatch, resume.

A session numbers what it dispatches and keeps the last of it for a resume; while its link is
down it goes on collecting for two minutes. Without a session events are lost, as Discord loses
them. What is pushed passes the faults of method "events".
"""

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from sandbox.discord import world
from sandbox.discord.shapes import Shapes
from sandbox.wire import cut

if TYPE_CHECKING:
    from sandbox.server import Kernel

GUILDS, MEMBERS, WEBHOOKS, PRESENCES = 1 << 0, 1 << 1, 1 << 5, 1 << 8
GUILD_MESSAGES, GUILD_REACTIONS = 1 << 9, 1 << 10
DIRECT_MESSAGES, DIRECT_REACTIONS = 1 << 12, 1 << 13
MESSAGE_CONTENT = 1 << 15
#: Privileged intents that the application may not use.
DISALLOWED = MEMBERS | PRESENCES
ALWAYS = 0

HEARTBEAT_MS = 41_250
SILENCE = 62.0
RESUMABLE = 120.0
BUFFER = 1000
SENDS, SENDS_WINDOW = 120, 60.0
PAYLOAD = 4096

DISPATCH, BEAT, IDENTIFY, RESUME, RECONNECT, MEMBERS_ASKED, INVALID, HELLO, ACK = (
    0, 1, 2, 6, 7, 8, 9, 10, 11,
)  # fmt: skip
IGNORED = (3, 4, 14, 31, 43)


@dataclass(frozen=True, slots=True)
class Event:
    """Something to dispatch; `hidden` is what a session without MESSAGE_CONTENT gets."""

    name: str
    data: Mapping[str, Any]
    intent: int
    hidden: Mapping[str, Any] | None = None


class Link:
    """One open connection: what is sent goes out in order, from a task of its own."""

    def __init__(self, request: web.Request, ws: web.WebSocketResponse) -> None:
        self._request = request
        self.ws = ws
        self._out: asyncio.Queue[str | int] = asyncio.Queue()
        self.session: Session | None = None
        self._came: deque[float] = deque()

    def send(self, op: int, data: Any = None) -> None:
        """Send a payload that is no dispatch."""
        self.write(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def write(self, line: str) -> None:
        """Send a finished payload."""
        self._out.put_nowait(line)

    def close(self, code: int) -> None:
        """Close, after what was sent before."""
        self._out.put_nowait(code)

    def count(self) -> int:
        """Count a payload of the client and give how many came within the window."""
        now = time.monotonic()
        while self._came and now - self._came[0] > SENDS_WINDOW:
            self._came.popleft()
        self._came.append(now)
        return len(self._came)

    def cut(self) -> None:
        """End the connection at once, without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def run(self) -> None:
        """Send what is queued until the connection ends."""
        with suppress(ConnectionError):
            while True:
                line = await self._out.get()
                if isinstance(line, int):
                    await self.ws.close(code=line)
                    return
                await self.ws.send_str(line)


@dataclass(slots=True)
class Session:
    """One identified client, with or without an open link."""

    id: str
    intents: int
    link: Link | None = None
    seq: int = 0
    kept: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=BUFFER))
    held: Event | None = None
    since: float = 0.0
    deaf: bool = False


class Gateway:
    """All sessions of the bot."""

    def __init__(self, kernel: "Kernel", shapes: Shapes, threads: Callable[[], list[Any]]) -> None:
        self._kernel = kernel
        self._shapes = shapes
        self._threads = threads
        self._sessions: dict[str, Session] = {}
        self._links: set[Link] = set()
        #: Whether the server is unavailable: nothing of it is told, direct messages are.
        self.out = False

    # Dispatch

    @property
    def connected(self) -> bool:
        """Whether a client listens at this moment."""
        return any(session.link for session in self._sessions.values())

    def dispatch(self, event: Event) -> None:
        """Push an event to every session whose intents ask for it."""
        now = time.monotonic()
        if self.out and event.intent not in (DIRECT_MESSAGES, DIRECT_REACTIONS):
            return
        for session in list(self._sessions.values()):
            if session.link is None and now - session.since > RESUMABLE:
                del self._sessions[session.id]
            elif not event.intent or session.intents & event.intent:
                self._push(session, event)

    def _push(self, session: Session, event: Event) -> None:
        fault = None if session.deaf else self._kernel.faults.take("discord", "events")
        kind = "deaf" if session.deaf else fault.kind if fault else None
        self._kernel.journal.record(
            "discord", "events", _named(event), {"session": session.id}, kind
        )
        if kind == "deaf":
            session.deaf = True
        elif fault is None:
            self._deliver(session, event)
        elif kind == "double":
            self._deliver(session, event)
            self._deliver(session, event)
        elif kind == "reorder" and session.held is None:
            session.held = event
        elif kind == "delay":
            later = asyncio.get_running_loop().call_later
            later(float(fault.options["seconds"]), self._deliver, session, event)
        elif kind == "drop_session":
            self._drop(session, event, resume=bool(fault.options.get("resume", True)))
        elif kind != "withhold":
            self._deliver(session, event)

    def _deliver(self, session: Session, event: Event) -> None:
        self._write(session, event)
        if session.held is not None:
            late, session.held = session.held, None
            self._write(session, late)

    def _write(self, session: Session, event: Event) -> None:
        data = event.data
        if event.hidden is not None and not session.intents & MESSAGE_CONTENT:
            data = event.hidden
        session.seq += 1
        line = json.dumps({"op": DISPATCH, "t": event.name, "s": session.seq, "d": data})
        session.kept.append((session.seq, line))
        if session.link is not None:
            session.link.write(line)

    def _drop(self, session: Session, event: Event, *, resume: bool) -> None:
        link = session.link
        self._detach(session)
        if resume:
            self._deliver(session, event)
        else:
            self._sessions.pop(session.id, None)
        if link is not None:
            if resume:
                link.send(RECONNECT)
            else:
                link.send(INVALID, data=False)
            link.session = None

    def _detach(self, session: Session) -> None:
        session.link = None
        session.since = time.monotonic()

    # Links

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """`GET /discord/gateway`: one connection from hello to its end."""
        if not self._kernel.power["discord"]:
            return cut(request)
        ws = web.WebSocketResponse(max_msg_size=1 << 20)
        await ws.prepare(request)
        link = Link(request, ws)
        self._links.add(link)
        link.send(HELLO, {"heartbeat_interval": HEARTBEAT_MS, "_trace": ["sandbox"]})
        writer = asyncio.create_task(link.run())
        try:
            code = await self._read(link)
            if link.session is not None and code in (1000, 1001):
                self._sessions.pop(link.session.id, None)
        finally:
            if link.session is not None and link.session.link is link:
                self._detach(link.session)
            self._links.discard(link)
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
        return ws

    async def _read(self, link: Link) -> int | None:
        """Take payloads until the link ends; gives the client's close code."""
        while True:
            try:
                message = await link.ws.receive(timeout=SILENCE)
            except TimeoutError:
                link.close(4009)
                return None
            if message.type is WSMsgType.CLOSE:
                return int(message.data or 1005)
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return None
            refused = self._take(link, message.data)
            if refused is not None:
                link.close(refused)
                session = link.session
                if session is not None:
                    self._sessions.pop(session.id, None)

    def _take(self, link: Link, raw: str | bytes) -> int | None:
        """One payload; gives the code to close with when it is refused."""
        if link.count() > SENDS and self._kernel.limit_factor["discord"]:
            return 4008
        try:
            payload = json.loads(raw)
            op, data = payload["op"], payload.get("d")
        except (ValueError, TypeError, KeyError):
            return 4002
        if len(raw) > PAYLOAD:
            return 4002
        if op == BEAT:
            link.send(ACK)
            return None
        if op in (IDENTIFY, RESUME) and isinstance(data, dict):
            if link.session is not None:
                return 4005
            if data.get("token") not in (world.TOKEN, f"Bot {world.TOKEN}"):
                return 4004
            return self._identify(link, data) if op == IDENTIFY else self._resume(link, data)
        if link.session is None:
            return None if op in IGNORED else 4003
        if op == MEMBERS_ASKED and isinstance(data, dict):
            self._members(link.session, data)
            return None
        return None if op in IGNORED else 4001

    def _identify(self, link: Link, data: Mapping[str, Any]) -> int | None:
        intents = data.get("intents")
        if isinstance(intents, bool) or not isinstance(intents, int) or intents < 0:
            return 4013
        if intents & DISALLOWED:
            return 4014
        session = Session(secrets.token_hex(16), intents, link)
        link.session = session
        self._sessions[session.id] = session
        base = self._kernel.base_url.replace("http", "ws", 1)
        ready = {
            "v": 10,
            "user": self._shapes.me(),
            "user_settings": {},
            "guilds": [] if self._shapes.away else [{"id": world.GUILD, "unavailable": True}],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": f"{base}/discord/gateway",
            "shard": data.get("shard", [0, 1]),
            "application": {"id": world.BOT, "flags": self._shapes.application()["flags"]},
            "private_channels": [],
            "relationships": [],
            "presences": [],
            "geo_ordered_rtc_regions": [],
            "guild_join_requests": [],
            "_trace": ["sandbox"],
        }
        self._write(session, Event("READY", ready, ALWAYS))
        if intents & GUILDS and not self._shapes.away and not self.out:
            self._write(session, Event("GUILD_CREATE", self.guild(), GUILDS))
        return None

    def guild(self) -> dict[str, Any]:
        """The server as GUILD_CREATE gives it."""
        return {**self._shapes.guild(gateway=True), "threads": self._threads()}

    def _resume(self, link: Link, data: Mapping[str, Any]) -> int | None:
        session = self._sessions.get(str(data.get("session_id")))
        seq = data.get("seq")
        fresh = session is not None and (
            session.link is not None or time.monotonic() - session.since <= RESUMABLE
        )
        if session is None or not fresh or isinstance(seq, bool) or not isinstance(seq, int):
            link.send(INVALID, data=False)
            return None
        if seq > session.seq:
            return 4007
        if session.kept and seq + 1 < session.kept[0][0]:
            self._sessions.pop(session.id)
            link.send(INVALID, data=False)
            return None
        if session.link is not None:
            session.link.session = None
            session.link.close(4000)
        session.link = link
        link.session = session
        for number, line in session.kept:
            if number > seq:
                link.write(line)
        self._write(session, Event("RESUMED", {"_trace": ["sandbox"]}, ALWAYS))
        return None

    def _members(self, session: Session, data: Mapping[str, Any]) -> None:
        wanted = data.get("user_ids") or []
        wanted = wanted if isinstance(wanted, list) else [wanted]
        query = str(data.get("query") or "").lower()
        found = [
            self._shapes.member(person.id)
            for person in (world.BOT_PERSON, *world.PEOPLE)
            if person.id in map(str, wanted)
            or (not wanted and person.name.lower().startswith(query))
        ]
        chunk = {
            "guild_id": world.GUILD,
            "members": found,
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
            "nonce": data.get("nonce"),
        }
        self._write(session, Event("GUILD_MEMBERS_CHUNK", chunk, ALWAYS))

    # Ends

    def cut_all(self) -> None:
        """Cut every link; the sessions stay resumable for two minutes."""
        for link in list(self._links):
            if link.session is not None:
                self._detach(link.session)
            link.cut()

    def forget(self) -> None:
        """Cut every link and forget every session."""
        self.cut_all()
        self._sessions.clear()
        self.out = False


def _named(event: Event) -> dict[str, Any]:
    """What the journal tells of an event: its name and the ids in it."""
    found: dict[str, Any] = {"type": event.name}
    for key in ("id", "channel_id", "message_id", "user_id", "parent_id"):
        if isinstance(event.data.get(key), str):
            found[key] = event.data[key]
    return found
