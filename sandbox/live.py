"""Server-sent events for the page: which place shows something new.

One line for each change, never the content: who wants it reads the place. Bounded: who has
been away for longer than the ring holds (or comes from before a restart) is told to read all
again by one line of kind `reset`.
"""

import asyncio
import contextlib
import json
from collections import deque
from itertools import islice

from aiohttp import web

KEPT = 10_000
HEARTBEAT = 15.0


class Live:
    """Numbers the changes and streams them to every open page."""

    def __init__(self) -> None:
        self._ring: deque[dict[str, object]] = deque(maxlen=KEPT)
        self._last = 0
        self._waiting: set[asyncio.Event] = set()
        self._closed = False

    def changed(self, platform: str, channel: str, kind: str) -> None:
        """Tell every open page; kind is `message`, `channel`, `seen` or `power`."""
        self._last += 1
        self._ring.append({"n": self._last, "platform": platform, "channel": channel, "kind": kind})
        self._wake()

    def close(self) -> None:
        """End every open stream."""
        self._closed = True
        self._wake()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """`GET /_control/live?after=`; a `Last-Event-ID` header wins over `after`."""
        at = _number(request.headers.get("Last-Event-ID") or request.query.get("after"))
        if at is None:
            at = self._last
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        news = asyncio.Event()
        self._waiting.add(news)
        try:
            # The browser fires `open` only once something has come.
            await response.write(b": open\n\n")
            with contextlib.suppress(ConnectionError):
                await self._stream(response, news, at)
        finally:
            self._waiting.discard(news)
        return response

    async def _stream(self, response: web.StreamResponse, news: asyncio.Event, at: int) -> None:
        while not self._closed:
            news.clear()
            lines, at = self._since(at)
            if lines:
                await response.write(lines)
                continue
            try:
                await asyncio.wait_for(news.wait(), HEARTBEAT)
            except TimeoutError:
                await response.write(b": beat\n\n")

    def _since(self, at: int) -> tuple[bytes, int]:
        oldest = self._last - len(self._ring)
        if at < oldest or at > self._last:
            entry = {"n": self._last, "platform": "", "channel": "", "kind": "reset"}
            return _line(entry), self._last
        return b"".join(map(_line, islice(self._ring, at - oldest, None))), self._last

    def _wake(self) -> None:
        for news in self._waiting:
            news.set()


def _line(entry: dict[str, object]) -> bytes:
    return f"id: {entry['n']}\ndata: {json.dumps(entry)}\n\n".encode()


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
