"""The bytes of an answer's body, with few copies: for files, which may be large.

The beginning comes as aiohttp has read it. What is left of a large body is read from the
connection into two buffers in turns, without aiohttp's parser: one is filled while the other
is being used. At the end the connection is aiohttp's again, and serves the next call.
What this relies on in aiohttp (public names, but not for this) is tested with real sockets.
"""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp

from core.ports.files import Piece

ROOM = 524_288
"""Bytes of one buffer."""
LEAST = ROOM
"""Bytes that must still come for this to be worth while."""
GATHER = 0.02
"""Seconds for which more is waited for before a buffer is given that is not full."""


async def body(answer: aiohttp.ClientResponse) -> AsyncGenerator[Piece, None]:
    """Pieces of the body; a view holds until the next piece is asked for.

    Raises aiohttp.ClientError or OSError where the connection breaks. No time limit: a caller
    whose patience ends closes it.
    """
    begun, left = _begun(answer)
    if left < LEAST:
        for piece in begun:
            yield piece
        # As they came: `iter_any` would join, and so copy, them.
        async for piece, _ in answer.content.iter_chunks():
            if piece:
                yield piece
        return
    # From now on, before anything else can come.
    rest = _Rest(answer, left)
    for piece in begun:
        yield piece
    while (view := await rest.next()) is not None:
        yield view


def _begun(answer: aiohttp.ClientResponse) -> tuple[list[bytes], int]:
    """What has come already, and how much is still to be taken from the connection.

    Nothing, where all has come or where only aiohttp knows how to read it.
    """
    length, coded = answer.content_length, {"Transfer-Encoding", "Content-Encoding"}
    if length is None or any(name in answer.headers for name in coded):
        return [], 0
    begun = []
    # Reading may let the parser go on with what it has kept back.
    while piece := answer.content.read_nowait():
        begun.append(piece)
    return begun, 0 if answer.connection is None else length - answer.content.total_bytes


class _Rest(asyncio.BufferedProtocol):
    """Has the connection from now on, until `left` bytes have come."""

    def __init__(self, answer: aiohttp.ClientResponse, left: int) -> None:
        connection = answer.connection
        assert connection is not None
        handler, transport = connection.protocol, connection.transport
        assert handler is not None
        if transport is None or transport.is_closing():
            raise aiohttp.ServerDisconnectedError
        self._handler, self._transport, self._content = handler, transport, answer.content
        self._left = left
        self._filled = 0
        self._filling, self._other = memoryview(bytearray(ROOM)), memoryview(bytearray(ROOM))
        self._paused = False
        self._broken: Exception | None = None
        self._news: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        handler.pause_reading()  # stops its clock too
        transport.set_protocol(self)
        transport.resume_reading()

    async def next(self) -> memoryview | None:
        """The next bytes, which are overwritten after the next call; None at the end."""
        if not self._enough():
            self._news = asyncio.get_running_loop().create_future()
            if self._filled:
                self._wait_for_more()
            try:
                await self._news
            finally:
                self._news = None
                if self._timer is not None:
                    self._timer.cancel()
                    self._timer = None
        size = self._filled
        if not size:
            if self._broken is not None:
                raise aiohttp.ClientPayloadError("cut off") from self._broken
            return None
        self._filling, self._other = self._other, self._filling
        self._filled = 0
        if self._paused:
            self._paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()
        return self._other[:size]

    def _enough(self) -> bool:
        return self._filled == ROOM or not self._left or self._broken is not None

    def _wait_for_more(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(GATHER, self._tell)

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    # --- what the connection calls

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._filling[self._filled : self._filled + self._left]

    def buffer_updated(self, nbytes: int) -> None:
        self._filled += nbytes
        self._left -= nbytes
        if not self._left:
            self._transport.set_protocol(self._handler)
            self._content.feed_eof()
        elif self._filled == ROOM:
            self._paused = True
            self._transport.pause_reading()
        if self._enough():
            self._tell()
        elif self._news is not None and self._timer is None:
            self._wait_for_more()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._broken = exc or aiohttp.ServerDisconnectedError()
        self._handler.connection_lost(exc)
        self._tell()

    def pause_writing(self) -> None:
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        self._handler.resume_writing()
