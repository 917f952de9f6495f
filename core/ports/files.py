"""Where files are kept. An object store can take the folder's place."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

from core.files import FileId, FileRef, Stored
from core.model import Refusal

Piece = bytes | memoryview
"""Bytes on their way. A view holds until the next piece is asked for; then it shows others."""


class FilesError(Exception):
    """The place that keeps files could not do it; the error below is the cause."""


class FileGoneError(FilesError):
    """Nothing is stored under that id."""


class Files(Protocol):
    """Files' content, stored once by its hash. Every method takes ids of any shape."""

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
        """Reads `source` to its end and keeps what came, or nothing of it.

        Never held whole in memory. `limit` is the most bytes taken; more than that,
        none, or another number than `declared_size` is a refusal (`file_too_large`,
        `file_empty`, `file_changed`), after which the rest of `source` is not read.
        `declared_type` only tells sound from video in containers that hold either.
        Metadata of pictures is removed on the way. Errors of `source` pass through;
        FilesError where it could not be written.
        """
        ...

    def open(
        self, file: FileId, start: int = 0, stop: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Bytes `start` up to before `stop`, in chunks; FileGoneError at the first one.

        Close it (`contextlib.aclosing`) where it may not be read to its end.
        """
        ...

    async def look(self, file: FileId) -> Stored | None:
        """What can be said of the content, or nothing where it is not stored."""
        ...

    async def size(self, file: FileId) -> int | None: ...

    async def delete(self, file: FileId) -> None:
        """Nothing happens where it is not stored. Readers that are under way finish."""
        ...

    async def sweep(
        self,
        before: datetime,
        unused: Callable[[Sequence[FileId]], Awaitable[frozenset[FileId]]],
    ) -> int:
        """Deletes what was last put before then and is among the `unused`; how many."""
        ...
