"""Somebody's page as the wire sees it: every byte of its live stream, and of what it then reads.

It follows `/api/live` as `web/static/app.js` does: what the stream tells makes it read the
list, the thread and its lines again. Nothing is interpreted beyond that; all is kept.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp

from tests.program.world import Whole

_LISTS = ("", "?which=requests", "?which=waiting")


@dataclass(slots=True)
class Onlooker:
    people: Whole
    who: str
    stream: bytearray = field(default_factory=bytearray)
    """All that the stream has sent, byte by byte."""
    read: list[bytes] = field(default_factory=list)
    """The answers to what was read after it."""
    _session: str = ""

    @property
    def seen(self) -> bytes:
        return bytes(self.stream) + b"\n".join(self.read)

    async def follow(self) -> None:
        """Until it is cancelled, or the stream ends because they are no more."""
        async with self.people.http.get(f"{self.people.web}/?as={self.who}") as page:
            found = re.search(r'pinthread-session" content="([^"]+)"', await page.text())
        assert found is not None, f"{self.who} cannot be acted as"
        self._session = found[1]
        begun = 0
        async with self._get("/api/live") as answer:
            assert answer.status == 200
            async for chunk in answer.content.iter_any():
                self.stream += chunk
                whole = self.stream.rfind(b"\n\n")
                if whole > begun:
                    told, begun = bytes(self.stream[begun:whole]), whole
                    await self._read_again(told)

    async def _read_again(self, told: bytes) -> None:
        for path in ("/api/me", "/api/standing", "/api/pins/recent"):
            await self._read(path)
        for which in _LISTS:
            await self._read(f"/api/threads{which}")
        for block in told.split(b"\n\n"):
            thread = _thread_of(block)
            if thread:
                await self._read(f"/api/threads/{thread}")
                await self._read(f"/api/threads/{thread}/messages")

    async def _read(self, path: str) -> None:
        async with self._get(path) as answer:
            self.read.append(await answer.read())

    @asynccontextmanager
    async def _get(self, path: str) -> AsyncIterator[aiohttp.ClientResponse]:
        headers = {"Authorization": f"Bearer {self._session}"}
        limit = aiohttp.ClientTimeout(total=None, sock_read=60)
        url = f"{self.people.web}{path}"
        async with self.people.http.get(url, headers=headers, timeout=limit) as answer:
            yield answer


@asynccontextmanager
async def looking_on(people: Whole, who: str) -> AsyncIterator[Onlooker]:
    """Follows while the block runs; returns once the stream is there."""
    onlooker = Onlooker(people, who)
    task = asyncio.create_task(onlooker.follow())

    async def there() -> bool:
        return b"event: ready" in onlooker.stream or task.done()

    try:
        await people.until(there, bool)
        yield onlooker
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _thread_of(block: bytes) -> str:
    """Which thread an event of the stream is about; empty for `ready` and heartbeats."""
    lines = [line[6:] for line in block.split(b"\n") if line.startswith(b"data: ")]
    data = json.loads(b"".join(lines)) if lines else {}
    thread = data.get("thread")
    return str(thread if isinstance(thread, str) else data.get("id", ""))
