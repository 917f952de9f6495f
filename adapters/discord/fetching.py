"""Files of messages, read from Discord.

A file's address is signed and short-lived, so it is never kept: the handle of a file names
its message, which is read again for a fresh address. Nothing here holds a file whole.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import msgspec

from adapters.discord.errors import Problem
from adapters.discord.rest import Rest
from adapters.receiving import body
from core.intents import RemoteFile
from core.ports.adapter import FetchError
from core.ports.files import Piece

_GONE = "The file is not on Discord any more."
_AWAY = "Discord does not give the file now."
_CHANGED = "The file is larger than Discord said."


class Handle(msgspec.Struct, frozen=True):
    """Where a file is: `id` is the attachment's."""

    channel: str
    message: str
    id: str


class _Attachment(msgspec.Struct):
    id: str
    url: str
    size: int


class _Inner(msgspec.Struct):
    attachments: list[_Attachment] = []


class _Snapshot(msgspec.Struct):
    message: _Inner


class _Message(msgspec.Struct):
    attachments: list[_Attachment] = []
    message_snapshots: list[_Snapshot] = []

    def all(self) -> list[_Attachment]:
        """Its own files, and those of what it forwards."""
        forwarded = [one for shot in self.message_snapshots for one in shot.message.attachments]
        return [*self.attachments, *forwarded]


def handle(channel: str, message: str, attachment: str) -> str:
    return msgspec.json.encode(Handle(channel, message, attachment)).decode()


@asynccontextmanager
async def fetch(rest: Rest, file: RemoteFile) -> AsyncIterator[AsyncIterator[Piece]]:
    """The bytes of a file; FetchError before or while they are read."""
    found = await _find(rest, file)
    try:
        async with rest.download(found.url) as answer:
            if answer.status != 200:
                again = answer.status >= 500 or answer.status in (403, 408, 429)
                raise FetchError(_AWAY if again else _GONE, again=again)
            yield _read(answer, found.size)
    except (aiohttp.ClientError, TimeoutError, OSError) as trouble:
        raise FetchError(_AWAY, again=True) from trouble


async def _find(rest: Rest, file: RemoteFile) -> _Attachment:
    try:
        where = msgspec.json.decode(file.handle, type=Handle)
    except (msgspec.DecodeError, msgspec.ValidationError) as wrong:
        raise FetchError(_GONE, again=False) from wrong
    message = await rest.read(f"/channels/{where.channel}/messages/{where.message}", _Message)
    if isinstance(message, Problem):
        gone = 400 <= message.status < 500 and message.status not in (401, 408, 429)
        raise FetchError(_GONE if gone else _AWAY, again=not gone)
    for one in message.all():
        if one.id == where.id and one.url.startswith(("http://", "https://")):
            return one
    raise FetchError(_GONE, again=False)


async def _read(answer: aiohttp.ClientResponse, size: int) -> AsyncIterator[Piece]:
    left = size
    async for piece in body(answer):
        left -= len(piece)
        if left < 0:
            raise FetchError(_CHANGED, again=False)
        yield piece
