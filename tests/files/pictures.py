"""Pictures made by hand, with metadata that tells where they were taken."""

import struct
import zlib

GPS = b"N52.5163-E13.3777"
"""Stands for every place where a location can hide."""


def exif(turn: int = 6, order: str = "<") -> bytes:
    """A TIFF block: camera, orientation, and a GPS directory with a position."""
    mark = b"II*\0" if order == "<" else b"MM\0*"

    def entry(tag: int, kind: int, count: int, value: bytes) -> bytes:
        return struct.pack(f"{order}HHI", tag, kind, count) + value

    short = struct.pack(f"{order}HH", turn, 0)
    main = struct.pack(f"{order}H", 3)
    main += entry(0x010F, 2, 4, b"Cam\0")
    main += entry(0x0112, 3, 1, short)
    main += entry(0x8825, 4, 1, struct.pack(f"{order}I", 50))
    main += struct.pack(f"{order}I", 0)
    gps = struct.pack(f"{order}H", 1)
    gps += entry(0x0002, 2, len(GPS), struct.pack(f"{order}I", 68))
    gps += struct.pack(f"{order}I", 0)
    return mark + struct.pack(f"{order}I", 8) + main + gps + GPS


def segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


FRAME = segment(0xC2, b"\x08" + struct.pack(">HH", 300, 400) + b"\x01\x01\x11\0")
SCAN = segment(0xDA, b"\x01\x01\0\0\x3f\0")
PIXELS = b"\x12\xff\0\x34\xff\xd0\x56" * 30_000


def jpeg(turn: int = 6, order: str = "<") -> bytes:
    return b"".join(
        (
            b"\xff\xd8",
            segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"),
            segment(0xE1, b"Exif\0\0" + exif(turn, order)),
            segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + GPS),
            segment(0xE2, b"ICC_PROFILE\0\x01\x01colours"),
            segment(0xE2, b"MPF\0" + GPS),
            segment(0xED, b"Photoshop 3.0\0" + GPS),
            segment(0xFE, b"taken at " + GPS),
            segment(0xDB, bytes(65)),
            b"\xff",
            FRAME,
            SCAN,
            PIXELS,
            segment(0xC4, bytes(20)),
            SCAN,
            PIXELS,
            b"\xff\xd9",
            b"a second picture " + GPS,
        )
    )


def clean_jpeg(turn: int = 6) -> bytes:
    small = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes((turn,)) + bytes(6)
    return b"".join(
        (
            b"\xff\xd8",
            segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"),
            segment(0xE1, b"Exif\0\0" + small) if turn > 1 else b"",
            segment(0xE2, b"ICC_PROFILE\0\x01\x01colours"),
            segment(0xDB, bytes(65)),
            FRAME,
            SCAN,
            PIXELS,
            segment(0xC4, bytes(20)),
            SCAN,
            PIXELS,
            b"\xff\xd9",
        )
    )


def chunk(kind: bytes, payload: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + payload))
    return struct.pack(">I", len(payload)) + kind + payload + check


def png(width: int = 3, height: int = 2, *more: bytes, pixels: bytes | None = None) -> bytes:
    rows = b"".join(b"\0" + bytes(3 * width) for _ in range(height)) if pixels is None else b""
    data = zlib.compress(rows) if pixels is None else pixels
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            *more,
            chunk(b"IDAT", data),
            chunk(b"IEND", b""),
        )
    )


def located_png() -> bytes:
    return (
        png(
            3,
            2,
            chunk(b"gAMA", b"\0\0\xb1\x8f"),
            chunk(b"eXIf", exif(3)),
            chunk(b"tEXt", b"Comment\0" + GPS),
            chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(GPS)),
            chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + GPS),
            chunk(b"prVt", GPS),
        )
        + GPS
    )


def block(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def riff(*blocks: bytes) -> bytes:
    body = b"WEBP" + b"".join(blocks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def three(number: int) -> bytes:
    return struct.pack("<I", number)[:3]


def located_webp() -> bytes:
    """`VP8X` says that EXIF (8) and XMP (4) follow."""
    return (
        riff(
            block(b"VP8X", b"\x0c\0\0\0" + three(639) + three(479)),
            block(b"VP8L", b"\x2f" + bytes(31)),
            block(b"EXIF", exif(8)),
            block(b"XMP ", b"<x:xmpmeta>" + GPS),
        )
        + GPS
    )


def located_gif() -> bytes:
    magic = b"\x01" + bytes(range(255, 0, -1)) + b"\0"
    return b"".join(
        (
            b"GIF89a" + struct.pack("<HH", 7, 5) + b"\x80\0\0" + bytes(6),
            b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0",
            b"\x21\xfe" + bytes((len(GPS),)) + GPS + b"\0",
            b"\x21\xff\x0bXMP DataXMP<x:xmpmeta>" + GPS + b" " * 200 + magic + b"\0",
            b"\x21\xf9\x04\0\0\0\0\0",
            b"\x2c\0\0\0\0\x07\0\x05\0\x81" + bytes(12) + b"\x02\x03abc\x02de\0",
            b"\x3b" + GPS,
        )
    )
