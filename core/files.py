"""What a file is to the program: its content's id, a clean name, a type, and what may be shown.

The type is what the content shows itself to be, never what a name or a header
claims. Bytes are kept behind the port `Files`; nothing here touches them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from core.refusal import Refusal

FileId = NewType("FileId", str)
"""The hash of the stored content, to everybody else an opaque name: 64 lower-case hex digits."""

MOST_NAME = 255
"""Bytes of a file's name in UTF-8: the most that usual file systems take."""
MOST_ENDING = 32
"""Bytes of what is kept as a name's ending; a longer one is part of the name."""
MOST_ALT = 1_024
"""Characters of alt text, the most that Discord takes."""
MOST_PIXELS = 64_000_000
"""A picture with more is offered for download: drawing it costs its reader 256 MB."""

UNKNOWN = "application/octet-stream"


class Media(StrEnum):
    PICTURE = "picture"
    VIDEO = "video"
    AUDIO = "audio"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Stored:
    """What can be said of stored content alone. Sizes in bytes and pixels, as shown."""

    media_type: str
    size: int
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file somebody sent: stored content under a name of its own.

    `name` is clean (`clean_name`). `size` is that of the stored bytes, which may be
    fewer than were sent. Where `may_hold_location` is true, the format's metadata
    could not be removed, and the sender should be told.
    """

    id: FileId
    name: str
    media_type: str
    size: int
    alt: str = ""
    width: int | None = None
    height: int | None = None
    may_hold_location: bool = False


EMPTY_FILE = Refusal("file_empty", "This file is empty. Choose it again and send it once more.")
CHANGED_FILE = Refusal(
    "file_changed", "This file changed while it was read. Save it, then send it once more."
)


def file_too_large(limit: int) -> Refusal:
    return Refusal(
        "file_too_large",
        f"This file is larger than {readable_size(limit)}, the most that fits here. "
        "Send a smaller one, or a link to it.",
    )


def readable_size(size: int) -> str:
    """`10 MiB`, `1.5 MiB`, `900 bytes`."""
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if size >= unit:
            return f"{round(size / unit, 1):g} {name}"
    return f"{size} bytes"


def is_file_id(text: str) -> bool:
    """Whether `text` has the shape of an id; anything else must never become a path."""
    return len(text) == 64 and all(letter in "0123456789abcdef" for letter in text)


# --- types ------------------------------------------------------------------------------------

_OF_PREFIX = {"image": Media.PICTURE, "video": Media.VIDEO, "audio": Media.AUDIO}

INLINE_PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
INLINE_PLAYED = frozenset(
    {
        "video/mp4",
        "video/webm",
        "video/quicktime",
        "audio/webm",
        "audio/mpeg",
        "audio/mp4",
        "audio/ogg",
        "audio/wav",
        "audio/flac",
        "audio/aac",
    }
)


def media_of(media_type: str) -> Media:
    """SVG is no picture here: it is a document that can hold scripts."""
    if media_type == "image/svg+xml":
        return Media.OTHER
    return _OF_PREFIX.get(media_type.partition("/")[0], Media.OTHER)


def shown_inline(file: Stored | FileRef) -> bool:
    """Whether a page may show the file in place; everything else is a download.

    Only types that hold nothing active are: never HTML, SVG, XML or PDF. A picture
    must have a known size that its reader's memory can take.
    """
    if file.media_type in INLINE_PLAYED:
        return True
    if file.media_type not in INLINE_PICTURES or not file.width or not file.height:
        return False
    return file.width * file.height <= MOST_PIXELS


# --- names ------------------------------------------------------------------------------------

_BIDI = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_DROPPED = frozenset(
    map(
        chr,
        (
            *range(0x20),
            *range(0x7F, 0xA0),
            0x2028,
            0x2029,
            0xFEFF,
            *_BIDI,
            *range(0xD800, 0xE000),
        ),
    )
)
_JOINING = "\u200d\ufe0e\ufe0f"


def clean_name(name: str) -> str:
    """A name that is safe in any folder and reads as it is.

    Path separators become `-`; control and bidi characters, lone surrogates, and
    dots and spaces around the name go. Never empty; at most 255 bytes of UTF-8,
    cut before the ending. Cleaning twice changes nothing more.
    """
    kept = "".join(letter for letter in name if letter not in _DROPPED)
    kept = kept.replace("/", "-").replace("\\", "-").strip(" .")
    if len(kept.encode()) > MOST_NAME:
        stem, ending = _at_ending(kept)
        stem = _first_bytes(stem, MOST_NAME - len(ending.encode())).rstrip(" ." + _JOINING)
        kept = (stem or "file") + ending
    return kept or "file"


def clean_alt(text: str) -> str:
    """Alt text on one line, at most 1,024 characters."""
    words = " ".join("".join(x if x not in _CONTROLS else " " for x in text).split())
    return words[:MOST_ALT].rstrip()


_CONTROLS = _DROPPED - frozenset(map(chr, _BIDI))


def _at_ending(name: str) -> tuple[str, str]:
    """`photo` and `.png`; a name without an ending, or with too long a one, is all stem."""
    stem, dot, ending = name.rpartition(".")
    if not stem or " " in ending or len(ending.encode()) >= MOST_ENDING:
        return name, ""
    return stem, dot + ending


def _first_bytes(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")
