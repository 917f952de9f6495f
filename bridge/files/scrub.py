"""Leaves out of pictures what tells about their maker: place, camera, thumbnails, comments.

A scrubber is fed a file piece by piece and gives back what to keep, without
decoding pixels and without holding more than 64 KiB, so that a picture cannot
be larger here than its bytes. Only the orientation is kept of EXIF. It also
learns the size in pixels. Where a file does not follow its format, the rest
passes unchanged and `broken` says so.
"""

import re
from abc import ABC, abstractmethod
from zlib import crc32

MOST_HELD = 65_536
"""Bytes of one block that are looked at whole: JPEG's largest segment; others' EXIF is cut."""

_ENDLESS = 1 << 62

_BLOCKS = 20_000
_BYTES_A_BLOCK = 64
"""More blocks than `_BLOCKS`, and smaller ones than this on average, are an attack on our time."""


class Scrubber:
    """Passes everything: formats without metadata, or whose metadata cannot be left out."""

    width: int | None = None
    height: int | None = None
    broken = False

    def feed(self, data: bytes) -> bytes:
        """What to keep of `data` and of what was held back."""
        return data

    def end(self) -> bytes:
        """What was still held back when the file ended."""
        return b""


class _Blocks(Scrubber, ABC):
    """A format made of blocks: each is looked at where it begins, then kept or passed over."""

    def __init__(self) -> None:
        self._held = b""
        self._out: list[bytes] = []
        self._rest = 0
        """Bytes to come of the block under way."""
        self._how = self._out.append
        self._bytes = 0
        self._blocks = 0

    @abstractmethod
    def _begin(self, data: bytes, at: int) -> int | None:
        """Looks at the block that begins at `at`: how far it has dealt with, None to wait."""

    def feed(self, data: bytes) -> bytes:
        self._bytes += len(data)
        self._blocks -= 1  # what the last piece ended in is looked at once more
        data = self._held + data if self._held else data
        at = 0
        while at < len(data):
            if self._rest:
                end = min(len(data), at + self._rest)
                self._how(data[at:end])
                self._rest -= end - at
                at = end
                continue
            if self._blocks > _BLOCKS + self._bytes // _BYTES_A_BLOCK:
                dealt: int | None = self._give_up(at)
            else:
                dealt = self._begin(data, at)
            if dealt is None:
                break
            self._blocks += 1
            at = dealt
        self._held = data[at:]
        return self._given()

    def end(self) -> bytes:
        """A file that was cut off keeps no half of a block that might have been left out."""
        self._held = b""
        return self._given()

    def _given(self) -> bytes:
        given = b"".join(self._out)
        self._out.clear()
        return given

    def _keep(self, size: int, at: int) -> int:
        self._rest, self._how = size, self._out.append
        return at

    def _drop(self, size: int, at: int) -> int:
        self._rest, self._how = size, _nowhere
        return at

    def _blank(self, size: int, at: int) -> int:
        self._rest, self._how = size, self._zeros
        return at

    def _zeros(self, data: bytes) -> None:
        self._out.append(bytes(len(data)))

    def _give_up(self, at: int) -> int:
        self.broken = True
        return self._keep(_ENDLESS, at)


def _nowhere(_: bytes) -> None:
    """What is passed over goes nowhere."""


class Jpeg(_Blocks):
    """Keeps the picture's own segments, the colour profile, and the orientation.

    What follows the end of the picture (further pictures, a short video) is left out.
    """

    _IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
    _FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
    _KEPT_APPS = ((0xE0, b"JFIF\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe"))

    def __init__(self) -> None:
        super().__init__()
        self._scanning = False
        self._turned = False
        self._said = False

    def _begin(self, data: bytes, at: int) -> int | None:
        if self._scanning:
            return self._scan(data, at)
        if len(data) - at < 2:
            return None
        marker = data[at + 1]
        if data[at] != 0xFF or marker == 0:
            return self._give_up(at)
        if marker == 0xFF:
            return at + 1
        if marker == 0xD9:
            self._out.append(b"\xff\xd9")
            return self._drop(_ENDLESS, at + 2)
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            return self._keep(2, at)
        if len(data) - at < 4:
            return None
        size = int.from_bytes(data[at + 2 : at + 4], "big") + 2
        if size < 4:
            return self._give_up(at)
        return self._segment(data, at, marker, size)

    def _segment(self, data: bytes, at: int, marker: int, size: int) -> int | None:
        if marker == 0xDA:
            self._scanning = True
            return self._keep(size, at)
        if marker in self._FRAMES:
            return self._frame(data, at, size)
        if marker == 0xFE:
            return self._drop(size, at)
        if 0xE0 <= marker <= 0xEF:
            if len(data) - at < size:
                return None
            self._app(data[at + 4 : at + size], marker, data[at : at + size])
            return at + size
        return self._keep(size, at)

    def _app(self, payload: bytes, marker: int, whole: bytes) -> None:
        if any(marker == kept and payload.startswith(name) for kept, name in self._KEPT_APPS):
            self._out.append(whole)
        elif marker == 0xE1 and payload.startswith(b"Exif\0\0") and not self._said:
            turn = orientation(payload[6:])
            if turn > 1:
                exif = b"Exif\0\0" + oriented(turn)
                self._out.append(b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif)
                self._said = True
                self._turned = turn >= 5

    def _frame(self, data: bytes, at: int, size: int) -> int | None:
        if len(data) - at < 9:
            return None
        if self.width is None:
            high = int.from_bytes(data[at + 5 : at + 7], "big")
            wide = int.from_bytes(data[at + 7 : at + 9], "big")
            self.width, self.height = (high, wide) if self._turned else (wide, high)
        return self._keep(size, at)

    def _scan(self, data: bytes, at: int) -> int | None:
        found = self._IN_SCAN.search(data, at)
        if found:
            self._scanning = False
            self._out.append(data[at : found.start()])
            return found.start()
        # A last FF may be the first half of a marker.
        end = len(data) - (data[-1] == 0xFF)
        self._out.append(data[at:end])
        return end if end > at else None


class Png(_Blocks):
    """Keeps what draws the picture: listed chunks only, so that private ones go too."""

    _KEPT = frozenset(
        b"IHDR PLTE IDAT tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT"
        b" acTL fcTL fdAT".split()
    )

    def __init__(self) -> None:
        super().__init__()
        self._started = False

    def _begin(self, data: bytes, at: int) -> int | None:
        if not self._started:
            self._started = True
            return self._keep(8, at)
        if len(data) - at < 8:
            return None
        size = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if size >= 1 << 31 or not kind.isalpha():
            return self._give_up(at)
        if kind == b"IEND":
            self._out.append(_chunk(b"IEND", b""))
            return self._drop(_ENDLESS, at)
        if kind == b"IHDR":
            if len(data) - at < 16:
                return None
            self.width = int.from_bytes(data[at + 8 : at + 12], "big")
            self.height = int.from_bytes(data[at + 12 : at + 16], "big")
        elif kind == b"eXIf" and size <= MOST_HELD:
            if len(data) - at < size + 12:
                return None
            turn = orientation(data[at + 8 : at + 8 + size])
            self._out.append(_chunk(b"eXIf", oriented(turn)) if turn > 1 else b"")
        return (self._keep if kind in self._KEPT else self._drop)(size + 12, at)


def _chunk(kind: bytes, payload: bytes) -> bytes:
    check = crc32(kind + payload).to_bytes(4, "big")
    return len(payload).to_bytes(4, "big") + kind + payload + check


class Webp(_Blocks):
    """Blanks chunks instead of leaving them out: the file says its size at its beginning."""

    _KEPT = frozenset((b"VP8 ", b"VP8L", b"ANIM", b"ANMF", b"ALPH", b"ICCP"))
    _XMP_FLAG = 0x04

    def __init__(self) -> None:
        super().__init__()
        self._left = -1
        """Bytes of the file to come, by its own count; -1 before it is known."""

    def _begin(self, data: bytes, at: int) -> int | None:
        if self._left < 0:
            if len(data) - at < 12:
                return None
            self._left = int.from_bytes(data[4:8], "little") - 4
            return self._keep(12, at) if self._left >= 0 else self._give_up(at)
        if self._left < 8:
            return self._drop(_ENDLESS, at)
        if len(data) - at < 8:
            return None
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if size > self._left - 8:
            return self._give_up(at)
        padded = min(size + size % 2, self._left - 8)
        need = 8 + min(size, MOST_HELD if data[at : at + 4] == b"EXIF" else 10)
        if len(data) - at < need:
            return None
        self._left -= 8 + padded
        return self._chunk(data[at : at + 4], data[at + 8 : at + need], at, padded)

    def _chunk(self, kind: bytes, payload: bytes, at: int, padded: int) -> int:
        if kind == b"VP8X" and len(payload) == 10:
            self.width = int.from_bytes(payload[4:7], "little") + 1
            self.height = int.from_bytes(payload[7:10], "little") + 1
            flags = bytes([payload[0] & ~self._XMP_FLAG])
            self._out.append(b"VP8X" + padded.to_bytes(4, "little") + flags + payload[1:])
            return self._keep(padded - 10, at + 18)
        if kind in self._KEPT:
            self._measure(kind, payload)
            return self._keep(8 + padded, at)
        small = oriented(orientation(payload)) if kind == b"EXIF" else b""
        if len(small) > padded:
            small = b""
        # Readers pass over chunks that they do not know, such as RIFF's own JUNK.
        self._out.append((b"EXIF" if small else b"JUNK") + padded.to_bytes(4, "little") + small)
        return self._blank(padded - len(small), at + 8 + len(small))

    def _measure(self, kind: bytes, payload: bytes) -> None:
        if self.width is not None or len(payload) < 10:
            return
        if kind == b"VP8 " and payload[3:6] == b"\x9d\x01\x2a":
            self.width = int.from_bytes(payload[6:8], "little") & 0x3FFF
            self.height = int.from_bytes(payload[8:10], "little") & 0x3FFF
        elif kind == b"VP8L" and payload[0] == 0x2F:
            bits = int.from_bytes(payload[1:5], "little")
            self.width = (bits & 0x3FFF) + 1
            self.height = (bits >> 14 & 0x3FFF) + 1


class Gif(_Blocks):
    """Leaves out comments and what programs add (XMP), all but how often to repeat."""

    _KEPT_APPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")

    def __init__(self) -> None:
        super().__init__()
        self._inside = False
        """Among the small blocks of a picture or extension; `_keeping` says what they are for."""
        self._keeping = True

    def _begin(self, data: bytes, at: int) -> int | None:
        if self.width is None:
            if len(data) - at < 13:
                return None
            self.width = int.from_bytes(data[6:8], "little")
            self.height = int.from_bytes(data[8:10], "little")
            return self._keep(13 + _colours(data[10]), at)
        if self._inside:
            size = data[at]
            self._inside = size > 0
            return (self._keep if self._keeping else self._drop)(size + 1, at)
        if data[at] == 0x3B:
            self._out.append(b"\x3b")
            return self._drop(_ENDLESS, at + 1)
        if data[at] == 0x2C:
            if len(data) - at < 10:
                return None
            self._inside = self._keeping = True
            return self._keep(11 + _colours(data[at + 9]), at)
        if data[at] == 0x21:
            return self._extension(data, at)
        return self._give_up(at)

    def _extension(self, data: bytes, at: int) -> int | None:
        if len(data) - at < 14 and (len(data) - at < 2 or data[at + 1] == 0xFF):
            return None
        label = data[at + 1]
        named = label == 0xFF and data[at + 3 : at + 14] in self._KEPT_APPS
        self._inside = True
        self._keeping = label in (0xF9, 0x01) or named
        return (self._keep if self._keeping else self._drop)(2, at)


def _colours(flags: int) -> int:
    """Bytes of the colour table that the flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


_SCRUBBERS: dict[str, type[Scrubber]] = {
    "image/jpeg": Jpeg,
    "image/png": Png,
    "image/webp": Webp,
    "image/gif": Gif,
}


def scrubber(media_type: str) -> Scrubber:
    return _SCRUBBERS.get(media_type, Scrubber)()


def orientation(tiff: bytes) -> int:
    """How the picture is turned, by the EXIF that begins with `tiff`: 2 to 8, or 1 for upright."""
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(tiff.removeprefix(b"Exif\0\0")[:4])
    tiff = tiff.removeprefix(b"Exif\0\0")
    if order is None:
        return 1
    little = order == "little"

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], "little" if little else "big")

    first = number(4, 4)
    for at in range(first + 2, min(first + 2 + 12 * number(first, 2), len(tiff) - 11), 12):
        if number(at, 2) == 0x0112:
            turn = number(at + 8, 2)
            return turn if 1 <= turn <= 8 else 1
    return 1


def oriented(turn: int) -> bytes:
    """An EXIF block of 26 bytes that tells the orientation and nothing else."""
    entry = b"\x01\x12\0\x03\0\0\0\x01" + turn.to_bytes(2, "big") + b"\0\0"
    return b"MM\0*\0\0\0\x08\0\x01" + entry + bytes(4)
