"""Keeps files in a folder, each content once, under the hash of its bytes.

A file is written beside the others under a passing name, made durable, and only
then given its own: whoever looks sees the whole of it or nothing. Pictures lose
their metadata on the way (`bridge.files.scrub`) or in place (`bridge.files.boxes`). Disk work
runs in a few threads, a chunk at a time. Several processes may share the folder.
What nobody refers to any more goes in a `sweep`, by word of who knows the references.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import ParamSpec, TypeVar

from blake3 import blake3

from bridge.files.boxes import PICTURES, VIDEOS, blank_metadata
from bridge.files.scrub import Scrubber, scrubber
from bridge.files.sniff import HEAD, as_declared, may_hold_location, media_type
from bridge.files.threads import Threads
from core.files import (
    CHANGED_FILE,
    EMPTY_FILE,
    UNKNOWN,
    FileId,
    FileRef,
    Stored,
    clean_alt,
    clean_name,
    file_too_large,
    is_file_id,
)
from core.model import Refusal
from core.ports.files import FileGoneError, FilesError, Piece

CHUNK = 262_144
"""Bytes of one piece that `open` gives, at most."""
WRITTEN = 1_000_000
"""Bytes that are gathered for a thread, which hashes and writes them while the next come.

Each way to a thread and back wakes two threads, which then wait for the interpreter's lock.
"""
GATHERED = 8_000_000
"""Bytes that are gathered for all files together; each may have a piece as large as `CHUNK`."""
BEGUN = 8 * 1_048_576
"""Bytes after which the disk begins with them, so that the end of a large file is soon durable."""
THREADS = 4
READERS = 2
INCOMING = "incoming"
LOOKED_AT = 4 * CHUNK
"""Bytes of a picture that are read, at most, to find its size."""

MOST_PIECES = 64
"""Pieces of a write that are not joined before it."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class FolderFiles:
    """`core.ports.files.Files` over a folder. `start` before anything else, `stop` at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool = Threads(THREADS, "files")
        # Who looks or reads does not wait until others' files are durable.
        self._readers = Threads(READERS, "reading")
        self._coming = 0

    async def start(self) -> None:
        """Makes the folder, and clears away what a killed program left half written."""
        await self._run(_make_ready, self._folder)

    async def stop(self) -> None:
        """Returns when all disk work has ended."""
        await self._pool.stop()
        await self._readers.stop()

    async def put(
        self,
        source: AsyncIterator[Piece],
        *,
        name: str,
        declared_type: str = "",
        declared_size: int | None = None,
        limit: int,
        alt: str = "",
    ) -> FileRef | Refusal:
        if declared_size is not None and declared_size > limit:
            return file_too_large(limit)
        incoming = _Incoming(self._folder)
        try:
            refusal = await self._take(source, incoming, declared_size, limit)
            if refusal:
                return refusal
            if not incoming.size:
                return EMPTY_FILE
            file = await self._run(incoming.finish)
        finally:
            self._pool.afterwards(incoming.discard)
        found = incoming.found
        return FileRef(
            file,
            clean_name(name),
            as_declared(found, declared_type),
            incoming.size,
            clean_alt(alt),
            incoming.scrubber.width,
            incoming.scrubber.height,
            incoming.may_hold_location,
        )

    async def _take(
        self,
        source: AsyncIterator[Piece],
        incoming: "_Incoming",
        declared_size: int | None,
        limit: int,
    ) -> Refusal | None:
        """Reads `source`, and writes what came before it meanwhile."""
        came = 0
        gathered: list[Piece] = []
        size = 0
        writing: asyncio.Future[None] | None = None
        try:
            async for data in source:
                # Not before its first byte: many may wait for theirs.
                self._coming += not came and len(data) > 0
                came += len(data)
                if refusal := _too_much(came, declared_size, limit):
                    return refusal
                # The first bytes are written together, for they tell the type.
                piece = bytes(data) if came < HEAD else data
                gathered.append(piece)
                size += len(piece)
                passing = isinstance(piece, memoryview)
                if passing or size >= self._share():
                    if writing is not None:
                        await _outcome(writing)
                    writing = self._begin(incoming.write, gathered)
                    gathered, size = [], 0
                    if passing:  # holds until the next is asked for; more comes there meanwhile
                        await _outcome(writing)
            if declared_size is not None and came != declared_size:
                return CHANGED_FILE
            if writing is not None:
                await _outcome(writing)
            await self._run(incoming.end, gathered)
            return None
        finally:
            self._coming -= came > 0
            if writing is not None:
                writing.cancel()

    def _share(self) -> int:
        """Bytes that each file that comes may gather."""
        return max(CHUNK, min(WRITTEN, GATHERED // max(self._coming, 1)))

    async def open(
        self, file: FileId, start: int = 0, stop: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        reading = _Reading(self._path(file))
        at = start
        try:
            while stop is None or at < stop:
                most = CHUNK if stop is None else min(CHUNK, stop - at)
                data = reading.read_now(at, most)
                if data is None:
                    data = await self._ask(reading.read, at, most)
                if not data:
                    return
                at += len(data)
                yield data
        finally:
            self._readers.afterwards(reading.close)

    async def look(self, file: FileId) -> Stored | None:
        with suppress(FileGoneError):
            return await self._ask(_look, self._path(file))
        return None

    async def size(self, file: FileId) -> int | None:
        with suppress(FileGoneError):
            return (await self._ask(os.stat, self._path(file))).st_size
        return None

    async def delete(self, file: FileId) -> None:
        with suppress(FileGoneError):
            await self._run(os.unlink, self._path(file))

    async def sweep(
        self,
        before: datetime,
        unused: Callable[[Sequence[FileId]], Awaitable[frozenset[FileId]]],
    ) -> int:
        count = 0
        for shelf in await self._run(_shelves, self._folder):
            aged = await self._run(_aged, shelf, before.timestamp())
            for file in await unused(aged) if aged else ():
                count += await self._run(_take_away, self._folder, file, before.timestamp())
        return count

    def _path(self, file: FileId) -> Path:
        if not is_file_id(file):
            raise FileGoneError(file[:64])
        return _path(self._folder, file)

    async def _run(self, work: Callable[_P, _T], *args: _P.args, **named: _P.kwargs) -> _T:
        return await _outcome(self._begin(work, *args, **named))

    async def _ask(self, work: Callable[_P, _T], *args: _P.args, **named: _P.kwargs) -> _T:
        return await _outcome(self._readers.begin(partial(work, *args, **named)))

    def _begin(
        self, work: Callable[_P, _T], *args: _P.args, **named: _P.kwargs
    ) -> asyncio.Future[_T]:
        return self._pool.begin(partial(work, *args, **named))


def _too_much(came: int, declared_size: int | None, limit: int) -> Refusal | None:
    if declared_size is not None and came > declared_size:
        return CHANGED_FILE
    return file_too_large(limit) if came > limit else None


async def _outcome(work: asyncio.Future[_T]) -> _T:
    try:
        return await work
    except FileNotFoundError as error:
        raise FileGoneError from error
    except OSError as error:
        raise FilesError(os.strerror(error.errno or 0)) from error


class _Incoming:
    """A file on its way in. Its lock keeps `discard` apart from a write that was cut off."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._hash = blake3()
        self._passing: Path | None = None
        self._fd = -1
        self._begun = 0
        self._ended = False
        self.scrubber: Scrubber = Scrubber()
        self.found = UNKNOWN
        self.size = 0
        self.may_hold_location = False

    def write(self, pieces: list[Piece]) -> None:
        """Takes the next bytes; the first ones decide the type."""
        with self._lock:
            if self._ended:
                return
            if self._fd < 0:
                self.found = media_type(_head(pieces))
                self.scrubber = scrubber(self.found)
                self._create()
            if type(self.scrubber) is not Scrubber:
                # Others look at what they hold back with each piece: few large ones are best.
                pieces = [self.scrubber.feed(b"".join(pieces))]
            self._write(pieces)
            if self.size - self._begun >= BEGUN:
                # By its name for reading alone; Linux also begins to write what is dirty there.
                os.posix_fadvise(
                    self._fd, self._begun, self.size - self._begun, os.POSIX_FADV_DONTNEED
                )
                self._begun = self.size

    def end(self, pieces: list[Piece]) -> None:
        """Takes the last bytes, if any are left."""
        if pieces:
            self.write(pieces)
        with self._lock:
            self._write([self.scrubber.end()])

    def finish(self) -> FileId:
        """Makes it durable, then visible. The same content again takes the old one's place."""
        with self._lock:
            if self._ended or self._passing is None:
                raise FilesError("nothing was written")
            self._blank()
            os.fsync(self._fd)
            file = FileId(self._hash.hexdigest())
            path = _path(self._folder, file)
            shelf, above = path.parent, path.parent.parent
            above.mkdir(mode=0o700, exist_ok=True)
            shelf.mkdir(mode=0o700, exist_ok=True)
            os.replace(self._passing, path)
            self._passing = None
            # Also where they were there: another file may have made them a moment ago.
            for folder in (shelf, above, self._folder):
                _sync_folder(folder)
            return file

    def discard(self) -> None:
        """Leaves nothing open and nothing half written."""
        with self._lock:
            self._ended = True
            if self._passing:
                with suppress(OSError):
                    self._passing.unlink()
                self._passing = None
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    def _create(self) -> None:
        """A locked file: at a start, what nobody holds a lock on is cleared away."""
        while True:
            path = self._folder / INCOMING / token_hex(16)
            fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
            self._fd, self._passing = fd, path
            fcntl.flock(fd, fcntl.LOCK_EX)
            if os.fstat(fd).st_nlink:
                return
            # Cleared away between its making and its locking.
            os.close(fd)
            self._fd = -1

    def _blank(self) -> None:
        """Takes out metadata that could not be left out while the file streamed by."""
        clean = not may_hold_location(self.found) and not self.scrubber.broken
        if self.found in PICTURES | VIDEOS:
            clean = blank_metadata(self._fd, self.found)
            self._hash = blake3()
            for at in range(0, self.size, CHUNK):
                self._hash.update(os.pread(self._fd, CHUNK, at))
        self.may_hold_location = not clean

    def _write(self, pieces: list[Piece]) -> None:
        """All in one call: after each call the thread waits for the interpreter's lock."""
        if self._ended:
            return
        if len(pieces) > MOST_PIECES:
            pieces = [b"".join(pieces)]
        for piece in pieces:
            self._hash.update(piece)
        size = sum(map(len, pieces))
        self.size += size
        written = os.writev(self._fd, pieces) if size else 0
        if written < size:  # a disk about to be full, or a signal
            rest = memoryview(b"".join(pieces))[written:]
            while rest:
                rest = rest[os.write(self._fd, rest) :]


class _Reading:
    """An open file; opened at the first read, so that a reading cut off leaves nothing open."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._fd = -1
        self._ended = False

    def read(self, at: int, most: int) -> bytes:
        with self._lock:
            if self._ended:
                return b""
            if self._fd < 0:
                self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            return os.pread(self._fd, most, at)

    def read_now(self, at: int, most: int) -> bytes | None:
        """What the kernel has in memory, as of a file just written; None where it must wait.

        Only the end is asked for, since a read that may not wait cannot be had without
        copying what it gives once more; where the piece begins, another one has ended.
        """
        with self._lock:
            if self._fd < 0:
                return None
            try:
                end = [bytearray(1)]
                if not os.preadv(self._fd, end, at + most - 1, os.RWF_NOWAIT):
                    os.preadv(self._fd, end, at, os.RWF_NOWAIT)  # it ends before that
            except OSError:  # it would wait, or such a file system cannot tell
                return None
            return os.pread(self._fd, most, at)

    def close(self) -> None:
        with self._lock:
            self._ended = True
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1


def _head(pieces: list[Piece]) -> bytes:
    """As much of the beginning as tells the type."""
    head = b""
    for piece in pieces:
        if len(head) >= HEAD:
            break
        head += piece[:HEAD]
    return head


def _path(folder: Path, file: FileId) -> Path:
    return folder / file[:2] / file[2:4] / file


def _look(path: Path) -> Stored:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read(CHUNK)
        found = media_type(data)
        picture = scrubber(found)
        while data and type(picture) is not Scrubber:
            picture.feed(data)
            if picture.width is not None or picture.broken or file.tell() >= LOOKED_AT:
                break
            data = file.read(CHUNK)
    return Stored(found, size, picture.width, picture.height)


def _shelves(folder: Path) -> list[Path]:
    """The folders in which files stand."""
    return [shelf for shelf in folder.glob("??/??") if shelf.is_dir()]


def _aged(shelf: Path, before: float) -> list[FileId]:
    with os.scandir(shelf) as entries:
        return [
            FileId(entry.name)
            for entry in entries
            if is_file_id(entry.name) and entry.stat().st_mtime < before
        ]


def _take_away(folder: Path, file: FileId, before: float) -> bool:
    """Looks at its age only once it is aside: meanwhile it may have been put again."""
    path, aside = _path(folder, file), folder / INCOMING / token_hex(16)
    try:
        os.rename(path, aside)
    except FileNotFoundError:
        return False
    if aside.stat().st_mtime >= before:
        with suppress(FileExistsError):
            os.link(aside, path)
    aged = not path.exists()
    aside.unlink()
    return aged


def _make_ready(folder: Path) -> None:
    incoming = folder / INCOMING
    incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in incoming.iterdir():
        with suppress(OSError):
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(fd)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
