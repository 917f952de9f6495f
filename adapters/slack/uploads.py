"""A file on its way up: four calls, each done again after a failure, and one message in the end.

The bytes are streamed from where files are kept and never held whole. An upload that
Slack has forgotten begins anew. The completion works once, so whether it was applied
is read from the file itself. A file's post has no name or picture of its author's, so
a line above it names them.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

import aiohttp

from adapters.slack import marks
from adapters.slack.api import Api
from adapters.slack.cards import Look
from adapters.slack.errors import from_code
from adapters.slack.marks import Ours, parse_remote, remote
from adapters.slack.outbound import file_name, signature
from core.delivery import Absent, Author, Failure, FailureKind, Receipt, Write
from core.files import FileRef
from core.ids import RemoteId
from core.ports.files import FileGoneError, Files, FilesError

_ALT = 1_000
_LOOKS = (0.0, 0.1, 0.3, 0.8, 1.6, 3.0)
"""Seconds between looks for the message of a completed upload, which may come late."""
_MOST_ROUNDS = 3
_SILENCE = 60.0
_LONGEST = 1_800.0

_UNREADABLE = Failure(FailureKind.TRANSIENT, "unreadable_answer")
_GONE = Failure(FailureKind.EVENT, "file_gone", remedy="The file is not kept here any more.")
_LOST = frozenset({"file_not_found", "file_deleted", "invalid_arguments"})


class Uploads:
    """The calls by number: ask for an address, send the bytes, complete, find the message."""

    METHODS = ("files.getUploadURLExternal", "", "files.completeUploadExternal", "files.info")

    def __init__(self, api: Api, files: Files) -> None:
        self._api = api
        self._files = files

    async def step(self, write: Write, channel: str, look: Look, ours: Ours) -> Receipt | Failure:
        """The call that the upload is at; its receipt says which one follows."""
        if write.inner == 0:
            return await self._begin(write)
        if write.inner == 1:
            return await self._send(write)
        if write.inner == 2:
            return await self._complete(write, channel, look)
        return await self._appeared(write, channel, ours)

    async def find(
        self, write: Write, channel: str, look: Look, ours: Ours
    ) -> Receipt | Absent | Failure:
        """After an unclear call. Only a completion may not be made twice."""
        if write.inner != 2:
            return await self.step(write, channel, look, ours)
        found = await self._share(write, channel)
        if isinstance(found, Failure):
            return Absent() if found.code in _LOST else found
        if found is None:
            return Absent()
        return Receipt(found, poster(write, ours))

    async def _begin(self, write: Write) -> Receipt | Failure:
        file = _file(write)
        arguments: dict[str, Any] = {"filename": file_name(file.name), "length": file.size}
        if file.alt:
            arguments["alt_txt"] = file_name(file.alt)[:_ALT]
        answer = await self._api.read("files.getUploadURLExternal", **arguments)
        if isinstance(answer, Failure):
            return _certain(answer)
        name, address = answer.get("file_id"), answer.get("upload_url")
        if not isinstance(name, str) or not isinstance(address, str):
            return _UNREADABLE
        return _next(write, 1, {"file": name, "address": address})

    async def _send(self, write: Write) -> Receipt | Failure:
        file = _file(write)
        session = self._api.session
        if session is None:
            return Failure(FailureKind.TRANSIENT, "not_connected")
        timeout = aiohttp.ClientTimeout(_LONGEST, sock_connect=10.0, sock_read=_SILENCE)
        trouble: list[FilesError] = []
        headers = {"Content-Length": str(file.size), "Content-Type": "application/octet-stream"}
        try:
            async with (
                aclosing(self._files.open(file.id)) as content,
                session.post(
                    write.data["address"],
                    data=_noting(content, trouble),
                    headers=headers,
                    timeout=timeout,
                ) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, FilesError):
            if any(isinstance(one, FileGoneError) for one in trouble):
                return _GONE
            return Failure(FailureKind.TRANSIENT, "file_not_read" if trouble else "upload_broken")
        if status == 200:
            return _next(write, 2, write.data)
        if status == 429 or status >= 500:
            return Failure(FailureKind.TRANSIENT, f"status_{status}")
        return self._anew(write, f"status_{status}")

    async def _complete(self, write: Write, channel: str, look: Look) -> Receipt | Failure:
        file = _file(write)
        arguments: dict[str, Any] = {
            "files": [{"id": write.data["file"], "title": file_name(file.name)}],
            "channel_id": channel,
            "blocks": [signature(write.part.author or Author(""), look)],
        }
        if write.mirror.space is not None:
            arguments["thread_ts"] = parse_remote(write.mirror.space)[1]
        answer = await self._api.write("files.completeUploadExternal", arguments)
        if not isinstance(answer, Failure):
            return _next(write, 3, write.data)
        if answer.code not in _LOST:
            return answer
        # Either it was completed before, or Slack has thrown the upload away.
        found = await self._share(write, channel)
        if isinstance(found, Failure):
            return self._anew(write, answer.code) if found.code in _LOST else _certain(found)
        return _next(write, 3, write.data)

    async def _appeared(self, write: Write, channel: str, ours: Ours) -> Receipt | Failure:
        for pause in _LOOKS:
            await asyncio.sleep(pause)
            found = await self._share(write, channel)
            if isinstance(found, Failure):
                return _certain(found)
            if found is not None:
                return Receipt(found, poster(write, ours))
        return Failure(FailureKind.TRANSIENT, "not_shown_yet")

    async def _share(self, write: Write, channel: str) -> RemoteId | Failure | None:
        """The message that shows the file in that channel, once there is one."""
        answer = await self._api.read("files.info", file=write.data["file"])
        if isinstance(answer, Failure):
            return answer
        info = answer.get("file")
        shares = info.get("shares") if isinstance(info, dict) else None
        for places in shares.values() if isinstance(shares, dict) else ():
            for share in places.get(channel, ()) if isinstance(places, dict) else ():
                ts = share.get("ts") if isinstance(share, dict) else None
                if isinstance(ts, str):
                    return remote(channel, ts)
        return None

    def _anew(self, write: Write, code: str) -> Receipt | Failure:
        """From the beginning, a few times."""
        rounds = int(write.data.get("rounds", "0")) + 1
        if rounds >= _MOST_ROUNDS:
            return from_code(code)
        return _next(write, 0, {"rounds": str(rounds)})


async def _noting(content: AsyncIterator[bytes], trouble: list[FilesError]) -> AsyncIterator[bytes]:
    """The same, but keeps what goes wrong, which the HTTP client would hide in its own errors."""
    try:
        async for piece in content:
            yield piece
    except FilesError as error:
        trouble.append(error)
        raise


def poster(write: Write, ours: Ours) -> str:
    """Us, and which file: it goes when its message goes."""
    return marks.poster(ours, write.data["file"])


def file_of(poster: str) -> str:
    """The file that a message of ours shows, if it shows one."""
    return poster.partition(" ")[2]


def _file(write: Write) -> FileRef:
    if write.part.file is None:
        raise ValueError("a part of kind file has no file")
    return write.part.file


def _next(write: Write, inner: int, data: Mapping[str, str]) -> Receipt:
    if "rounds" in write.data:
        data = {"rounds": write.data["rounds"], **data}
    where = write.anchor or write.mirror.root or RemoteId("")
    return Receipt(where, "", inner=inner, data=data)


def _certain(failure: Failure) -> Failure:
    return Failure(failure.kind, failure.code, True, failure.retry_after, failure.remedy)
