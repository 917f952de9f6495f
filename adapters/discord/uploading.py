"""A request of JSON and one file, as multipart/form-data whose length is known beforehand.

The file's bytes are streamed from where they are kept, and never whole in memory. A body
can be made again, since a call may have to be (a webhook that is gone, a refused name).
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import msgspec

_BOUNDARY = "pinthread-8c1f2b7a-a4d1-4f0e-9a55"
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way out. `open` gives its bytes from the beginning, just `size` of them."""

    name: str
    media_type: str
    size: int
    open: Callable[[], AsyncGenerator[bytes, None]]


CONTENT_TYPE = f"multipart/form-data; boundary={_BOUNDARY}"


def frame(body: Mapping[str, Any], upload: Upload) -> tuple[bytes, bytes]:
    """What stands before the file's bytes, and after them."""
    name = upload.name.replace('"', "'").replace("\r", " ").replace("\n", " ")
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="payload_json"\r\n'
        "Content-Type: application/json\r\n\r\n"
    ).encode()
    middle = (
        f'\r\n--{_BOUNDARY}\r\nContent-Disposition: form-data; name="files[0]"; '
        f'filename="{name}"\r\nContent-Type: {upload.media_type}\r\n\r\n'
    ).encode(errors="replace")
    return head + _encoder.encode(body) + middle, f"\r\n--{_BOUNDARY}--\r\n".encode()


async def stream(head: bytes, upload: Upload, tail: bytes) -> AsyncIterator[bytes]:
    yield head
    async with aclosing(upload.open()) as chunks:
        async for chunk in chunks:
            yield chunk
    yield tail
