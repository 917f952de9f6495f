"""HEIC pictures and videos made by hand, with metadata that tells where they were taken."""

import struct

from tests.files.pictures import GPS


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def heic(*, in_data: bool = False) -> bytes:
    """One picture, its EXIF and its XMP. `in_data`: both stand in `idat`, with a newer table."""
    exif, xmp = b"\0\0\0\0MM\0*" + GPS, b"<x:xmpmeta>" + GPS

    def item(number: int, kind: bytes, more: bytes = b"\0") -> bytes:
        return box(b"infe", b"\x02\0\0\0", struct.pack(">HH", number, 0), kind, more)

    items = (item(1, b"hvc1"), item(2, b"Exif"), item(3, b"mime", b"\0application/rdf+xml\0"))
    iinf = box(b"iinf", bytes(4), struct.pack(">H", 3), *items)
    lengths = (6, len(exif), len(xmp))
    ftyp = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    data = exif + xmp if in_data else b""

    def meta(first: int) -> bytes:
        starts = (first, first + 6, first + 6 + len(exif))
        if in_data:
            starts = (first, 0, len(exif))
        rows = b""
        for number, (start, length) in enumerate(zip(starts, lengths, strict=True), 1):
            row = struct.pack(">H", number)
            row += struct.pack(">H", int(number > 1)) if in_data else b""
            rows += row + struct.pack(">HHII", 0, 1, start, length)
        head = (b"\x01" if in_data else b"\0") + bytes(3) + b"\x44\0" + struct.pack(">H", 3)
        parts = (bytes(4), iinf, box(b"iloc", head, rows))
        return box(b"meta", *parts, box(b"idat", data) if in_data else b"")

    first = len(ftyp) + len(meta(0)) + 8
    return ftyp + meta(first) + box(b"mdat", b"pixels" if in_data else b"pixels" + exif + xmp)


def video(*, quicktime: bool = False, track: bytes = b"vide") -> bytes:
    """`udta` of the film and of its track, `meta` of QuickTime, and XMP in a box of its own."""
    handler = box(b"mdia", box(b"hdlr", bytes(8), track, bytes(12)))
    trak = box(b"trak", handler, box(b"udta", GPS))
    place = box(b"meta", box(b"keys", GPS)) if quicktime else box(b"udta", box(b"\xa9xyz", GPS))
    moov = box(b"moov", box(b"mvhd", bytes(100)), trak, place)
    # The size of the last box is left open: it goes to the end of the file.
    large = b"\0\0\0\x01mdat" + struct.pack(">Q", 16 + 6) + b"pixels"
    brand = b"qt  " if quicktime else b"isom"
    ftyp = box(b"ftyp", brand, bytes(4), brand)
    return ftyp + large + moov + box(b"uuid", bytes(16), GPS) + b"\0\0\0\0free"
