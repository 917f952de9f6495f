"""Files over HTTP: uploads of those signed in, and downloads for whoever may read them.

A file is given to a member of a conversation it was sent in, or to whoever holds
its signed address, which stands for the file in places that cannot take it
whole. Nothing that a browser would run is ever shown in place: such a file is a
download, of no type, in a sandbox. Bytes are streamed both ways.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import quote

from aiohttp import BodyPartReader, web

from core.files import (
    UNKNOWN,
    FileId,
    FileRef,
    Stored,
    clean_name,
    is_file_id,
    shown_inline,
)
from core.ids import AccountId
from core.model import Refusal
from core.ports.files import FileGoneError, Files
from web.addresses import signature
from web.api import answer
from web.problems import Problem, refused
from web.quota import Count, Spent
from web.shapes import upload_shape
from web.site import Site

LIMIT = 100 * 2**20
"""Bytes of one upload, unless the one who puts it together says otherwise."""
PATIENCE = 30.0
"""Seconds that a client may send or take nothing."""
MOST_ALT = 8_192
"""Bytes of the `alt` field of a form."""

POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"
)
"""Style only for the page that a browser itself makes around a picture or video."""

MayRead = Callable[[AccountId, FileId], Awaitable[bool]]
TakenBack = Callable[[FileId], Awaitable[bool]]
Ticket = Callable[[AccountId, FileRef], str]


@dataclass(frozen=True, slots=True)
class FileRoutes:
    """`may_read` says who may have a file; `ticket` makes what a message names one by.

    A signed address ends with the last message that held its file (`taken_back`).
    """

    site: Site
    files: Files
    may_read: MayRead
    taken_back: TakenBack
    ticket: Ticket
    spent: Spent
    limit: int = LIMIT

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/files", self.upload),
            web.get("/api/files/{id}/{name}", self.download),
        ]

    async def upload(self, request: web.Request) -> web.Response:
        """A form with `file` (and `alt` before it), or the bytes alone with `?name=` and `?alt=`.

        Answers 201 with an `UploadShape`.
        """
        asker = self.site.who(request)
        with self.spent.counting(asker) as count:
            if request.content_type == "multipart/form-data":
                found = await self._from_form(request, count)
            else:
                # A refused upload is answered before its body has come.
                size = request.content_length
                if size is not None and size <= self.limit:
                    count.check(size)
                found = await self.files.put(
                    _counted(_patiently(request.content.iter_chunked(65_536)), count),
                    name=request.query.get("name", ""),
                    alt=request.query.get("alt", ""),
                    declared_type=request.content_type,
                    declared_size=size,
                    limit=self.limit,
                )
            if not isinstance(found, Refusal):
                count.keep()
        if isinstance(found, Refusal):
            raise refused(found)
        return answer(
            upload_shape(found, self.site.url(request, found), self.ticket(asker, found)), 201
        )

    async def _from_form(self, request: web.Request, count: Count) -> FileRef | Refusal:
        try:
            alt = ""
            async for part in await request.multipart():
                if not isinstance(part, BodyPartReader):
                    break
                if part.name == "alt":
                    alt = await _field(part)
                elif part.name == "file":
                    return await self.files.put(
                        _counted(_patiently(_decoded(part)), count),
                        name=part.filename or "",
                        alt=alt,
                        declared_type=part.headers.get("Content-Type", ""),
                        limit=self.limit,
                    )
                else:
                    break
        except ValueError:
            raise Problem(400, "malformed", "The form could not be read.") from None
        raise Problem(400, "bad_request", "Send a form with a file in the field `file`.")

    async def download(self, request: web.Request) -> web.StreamResponse:
        file = FileId(request.match_info["id"])
        name = request.match_info["name"]
        await self._check(request, file, name)
        stored = await self.files.look(file)
        if stored is None:
            raise _not_found()
        headers = _headers(file, clean_name(name), stored)
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        wanted = _range(request, stored.size, headers["ETag"])
        start, stop = wanted or (0, stored.size)
        response = web.StreamResponse(status=206 if wanted else 200, headers=headers)
        response.content_length = stop - start
        if wanted:
            response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{stored.size}"
        await response.prepare(request)
        if request.method != "HEAD":
            await self._send(response, file, start, stop)
        return response

    async def _check(self, request: web.Request, file: FileId, name: str) -> None:
        """Returns for a signed address or a member; whoever may not learns nothing more."""
        if not is_file_id(file):
            raise _not_found()
        if "key" in request.query:
            await self._check_signed(request, file, name)
        elif not await self.may_read(self.site.who(request), file):
            raise _not_found()

    async def _check_signed(self, request: web.Request, file: FileId, name: str) -> None:
        until = request.query.get("until", "")
        if not (until.isascii() and until.isdigit() and len(until) < 13):
            raise _not_found()
        key = self.site.file_key
        made = signature(key, file, name, int(until))
        if not compare_digest(made.encode(), request.query["key"].encode()):
            raise _not_found()
        if await self.taken_back(file):
            raise _not_found()
        if int(until) <= self.site.now().timestamp():
            raise Problem(410, "link_ended", "This link has ended. Ask for the file once more.")

    async def _send(
        self, response: web.StreamResponse, file: FileId, start: int, stop: int
    ) -> None:
        try:
            async with aclosing(self.files.open(file, start, stop)) as pieces:
                async for piece in pieces:
                    async with asyncio.timeout(PATIENCE):
                        await response.write(piece)
        except (TimeoutError, FileGoneError):
            # The answer had begun, so that only cutting it off can tell.
            raise ConnectionResetError("the answer broke off") from None
        await response.write_eof()


def _headers(file: FileId, name: str, stored: Stored) -> dict[str, str]:
    inline = shown_inline(stored)
    ascii_name = "".join(x if x.isascii() and x not in '"\\%;' else "_" for x in name)
    kind = "inline" if inline else "attachment"
    encoded = quote(name, safe="")
    return {
        "Content-Type": stored.media_type if inline else UNKNOWN,
        "Content-Disposition": f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{encoded}",
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Accept-Ranges": "bytes",
        "ETag": f'"{file}"',
        "Cache-Control": "private, max-age=3600",
    }


def _range(request: web.Request, size: int, tag: str) -> tuple[int, int] | None:
    """Start and end of the part asked for; None for the whole file.

    What is no single range of bytes, or one of another version, asks for the whole.
    """
    if "Range" not in request.headers or request.headers.get("If-Range", tag) != tag:
        return None
    try:
        asked = request.http_range
    except ValueError:
        return None
    start: int = asked.start or 0
    if start < 0:
        return max(0, size + start), size
    if start >= size:
        refusal = {"Content-Range": f"bytes */{size}"}
        raise Problem(416, "bad_range", "The file has no such part.", refusal)
    return start, size if asked.stop is None else min(int(asked.stop), size)


def _not_found() -> Problem:
    return Problem(404, "not_found", "There is nothing at this address.")


async def _patiently(source: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """`source`, given up where nothing comes for some seconds."""
    while True:
        try:
            async with asyncio.timeout(PATIENCE):
                data = await anext(source)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Problem(408, "too_slow", "Nothing more came. Send the file again.") from None
        yield data


async def _counted(source: AsyncIterator[bytes], count: Count) -> AsyncIterator[bytes]:
    async for data in source:
        count.add(len(data))
        yield data


async def _decoded(part: BodyPartReader) -> AsyncIterator[bytes]:
    while data := await part.read_chunk(65_536):
        yield data


async def _field(part: BodyPartReader) -> str:
    raw = b""
    async for data in _patiently(_decoded(part)):
        raw += data
        if len(raw) > MOST_ALT:
            raise Problem(400, "bad_request", "The description is too long.")
    return raw.decode(errors="replace")
