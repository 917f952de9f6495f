"""Blanks metadata in files made of boxes (ISO 14496-12): HEIC and AVIF pictures, MP4 and MOV.

Such a file refers to its parts by their position, so that nothing can be left
out; what tells about its maker is overwritten with zeros where it stands. Only
tables are read, never pixels. A file that is not understood to its end may have
been blanked in part only, and the answer is no.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

PICTURES = frozenset({"image/heic", "image/avif"})
VIDEOS = frozenset({"video/mp4", "video/quicktime"})

MOST_BOXES = 10_000
MOST_TABLE = 1 << 20
"""Bytes of a picture's table of items: far more than any has."""
_ZEROS = bytes(1 << 16)

_KNOWN_TRACKS = frozenset({b"vide", b"soun", b"text", b"sbtl", b"subt", b"clcp", b"tmcd"})
"""Handlers of tracks that hold no positions; a track of another kind could."""
_TOLD = frozenset({b"udta", b"meta", b"uuid"})


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    body: int
    end: int


def blank_metadata(fd: int, media_type: str) -> bool:
    """Overwrites it in the open file; whether nothing can be left of it."""
    size = os.fstat(fd).st_size
    try:
        return _blank_video(fd, size) if media_type in VIDEOS else _blank_picture(fd, size)
    except ValueError:
        return False


def _boxes(fd: int, start: int, end: int) -> Iterator[_Box]:
    for _ in range(MOST_BOXES):
        if start == end:
            return
        head = os.pread(fd, 16, start)
        size, body = int.from_bytes(head[:4], "big"), start + 8
        if size == 1:
            size, body = int.from_bytes(head[8:16], "big"), start + 16
        stop = start + size if size else end
        if not body <= stop <= end:
            raise ValueError("a box is larger than what it stands in")
        yield _Box(head[4:8], start, body, stop)
        start = stop
    raise ValueError("too many boxes")


def _zero(fd: int, start: int, end: int) -> None:
    while start < end:
        start += os.pwrite(fd, _ZEROS[: end - start], start)


# --- videos -----------------------------------------------------------------------------------


def _blank_video(fd: int, size: int) -> bool:
    clean = True
    boxes = tuple(_boxes(fd, 0, size))
    tracks = [track for box in boxes if box.kind == b"moov" for track in _boxes(fd, *_inside(box))]
    for track in tracks:
        if track.kind == b"trak":
            parts = tuple(_boxes(fd, *_inside(track)))
            clean &= _handler(fd, parts) in _KNOWN_TRACKS
            _free(fd, parts)
    _free(fd, tracks)
    _free(fd, boxes)
    return clean and bool(tracks)


def _inside(box: _Box) -> tuple[int, int]:
    return box.body, box.end


def _handler(fd: int, parts: tuple[_Box, ...]) -> bytes:
    for media in parts:
        if media.kind == b"mdia":
            for box in _boxes(fd, *_inside(media)):
                if box.kind == b"hdlr":
                    return os.pread(fd, 4, box.body + 8)
    return b""


def _free(fd: int, boxes: tuple[_Box, ...] | list[_Box]) -> None:
    """Makes free space, which players pass over, of what tells about the maker."""
    for box in boxes:
        if box.kind in _TOLD:
            _zero(fd, box.body, box.end)
            os.pwrite(fd, b"free", box.start + 4)


# --- pictures ---------------------------------------------------------------------------------


def _blank_picture(fd: int, size: int) -> bool:
    boxes = tuple(_boxes(fd, 0, size))
    for box in boxes:
        if box.kind == b"meta":
            inside = {each.kind: each for each in _boxes(fd, box.body + 4, box.end)}
            if not {b"iinf", b"iloc"} <= inside.keys():
                return False
            wanted = _told_items(_table(fd, inside[b"iinf"]))
            extents = _extents(_table(fd, inside[b"iloc"]), inside.get(b"idat"), wanted)
            if any(not start < end <= size for start, end in extents):
                raise ValueError("an item stands outside the file")
            if sum(end - start for start, end in extents) > size:
                raise ValueError("items stand on top of each other")
            for start, end in extents:
                _zero(fd, start, end)
            _free(fd, [each for each in boxes if each.kind == b"uuid"])
            return not any(each.kind == b"moov" for each in boxes)
    return False


class _Reader:
    """Numbers of a table, one after another."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        found = self._data[self._at : self._at + size]
        if len(found) < size:
            raise ValueError("a table is cut off")
        self._at += size
        return found

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")


def _table(fd: int, box: _Box) -> _Reader:
    if box.end - box.body > MOST_TABLE:
        raise ValueError("a table is too large")
    return _Reader(os.pread(fd, box.end - box.body, box.body))


def _told_items(table: _Reader) -> set[int]:
    """Items of EXIF, XMP and the like, by the table `iinf`."""
    found = set()
    version = table.number(4) >> 24
    for _ in range(table.number(4 if version else 2)):
        size, kind = table.number(4), table.take(4)
        entry = _Reader(table.take(max(0, size - 8)))
        version = entry.number(4) >> 24
        if kind != b"infe" or version < 2:
            raise ValueError("an item of an older kind")
        item = entry.number(2 if version == 2 else 4)
        entry.take(2)
        if entry.take(4) in (b"Exif", b"mime", b"uri "):
            found.add(item)
    return found


def _extents(table: _Reader, data: _Box | None, wanted: set[int]) -> list[tuple[int, int]]:
    """Where the wanted items stand in the file, by the table `iloc`."""
    found = []
    version = table.number(4) >> 24
    sizes = table.number(2)
    wide = 2 if version < 2 else 4
    if not sizes >> 8 & 15:
        raise ValueError("items without lengths")
    for _ in range(table.number(wide)):
        item = table.number(wide)
        method = table.number(2) & 15 if version else 0
        elsewhere = table.number(2)
        base = table.number(sizes >> 4 & 15)
        if item in wanted and (method > 1 or elsewhere or (method and not data)):
            raise ValueError("an item stands in another file or item")
        if method and data:
            base += data.body
        for _ in range(table.number(2)):
            table.take(sizes & 15 if version else 0)
            start = base + table.number(sizes >> 12)
            end = start + table.number(sizes >> 8 & 15)
            if item in wanted:
                found.append((start, end))
    return found
