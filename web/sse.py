"""Server-sent events: streams that stay bounded, beat while idle, and end with the server.

A stream holds no queue. It is told that there is news, reads what is new from
the desk, and writes it; a reader that takes nothing for some seconds is cut
off and comes back with its last id.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from core.ports.desk import Desk
from core.ports.reading import Change
from web.problems import Problem

HEARTBEAT = 15.0
"""Seconds between signs of life on an idle stream."""
PATIENCE = 20.0
"""Seconds that a reader may take nothing."""
MOST_PER_READER = 8
MOST_IN_ALL = 2_000


class Stream:
    """One open answer. `news` is set by whoever has something for it."""

    def __init__(
        self, request: web.Request, response: web.StreamResponse, beat: float, patience: float
    ) -> None:
        self.news = asyncio.Event()
        self.open = True
        self.response = response
        self._request = request
        self._beat = beat
        self._patience = patience

    @property
    def gone(self) -> bool:
        """The connection has ended, whether or not a write has found that out."""
        transport = self._request.transport
        return transport is None or transport.is_closing()

    async def send(self, data: bytes, *, event: str = "", id_: str = "") -> None:
        """One event; raises ConnectionError once the reader is gone or takes nothing."""
        head = f"event: {event}\n" if event else ""
        head += f"id: {id_}\n" if id_ else ""
        await self.write(head.encode() + b"data: " + data + b"\n\n")

    async def wait(self) -> None:
        """Returns when there is news or the stream is to end; keeps the connection alive."""
        while self.open and not self.news.is_set():
            try:
                async with asyncio.timeout(self._beat):
                    await self.news.wait()
            except TimeoutError:
                await self.write(b": beat\n\n")
        self.news.clear()

    async def write(self, raw: bytes) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self.response.write(raw)
        except TimeoutError:
            raise ConnectionResetError("the reader takes nothing") from None

    def close(self) -> None:
        self.open = False
        self.news.set()


class Streams:
    """All open streams, so that they can be counted and ended."""

    def __init__(self, beat: float = HEARTBEAT, patience: float = PATIENCE) -> None:
        self._beat = beat
        self._patience = patience
        self._open: dict[Stream, str] = {}
        self._closed = False

    @asynccontextmanager
    async def opened(self, request: web.Request, reader: str) -> AsyncIterator[Stream]:
        for stream in self._open:
            if stream.gone:
                stream.close()
        readers = [name for stream, name in self._open.items() if stream.open]
        if readers.count(reader) >= MOST_PER_READER or len(self._open) >= MOST_IN_ALL:
            raise Problem(
                429, "too_many_streams", "Close another window first.", {"Retry-After": "30"}
            )
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        )
        stream = Stream(request, response, self._beat, self._patience)
        self._open[stream] = reader
        if self._closed:
            stream.close()
        try:
            # Where the reader has gone already, the first write says so.
            with suppress(ConnectionError):
                await response.prepare(request)
            yield stream
        finally:
            del self._open[stream]

    def close(self) -> None:
        """Ends every stream, and those opened from now on."""
        self._closed = True
        for stream in self._open:
            stream.close()


@asynccontextmanager
async def following(desk: Desk, note: Callable[[Change], None]) -> AsyncIterator[None]:
    """Calls `note` for every change while it is open. Errors of the body come out in a group."""
    async with desk.changes() as changes, asyncio.TaskGroup() as tasks:
        pump = tasks.create_task(_pump(changes, note))
        yield
        pump.cancel()


async def _pump(changes: AsyncIterator[Change], note: Callable[[Change], None]) -> None:
    async for change in changes:
        note(change)
