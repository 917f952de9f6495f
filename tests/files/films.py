"""A film made by hand: a WebM of one second that every browser plays."""

import struct

_FRAME = bytes.fromhex("3001009d012a100010000ec0fe25a400037000000000")
"""One VP8 key frame of 16 by 16, as in the smallest lossy WebP."""


def _element(name: str, *parts: bytes) -> bytes:
    """An EBML element: its id in hex, its length in one byte or eight, its content."""
    body = b"".join(parts)
    size = len(body)
    length = bytes((0x80 | size,)) if size < 127 else struct.pack(">Q", (1 << 56) | size)
    return bytes.fromhex(name) + length + body


def _number(name: str, value: int) -> bytes:
    return _element(name, struct.pack(">I", value))


def webm(frames: int = 10) -> bytes:
    """`frames` of them, a tenth of a second each."""
    head = _element(
        "1a45dfa3",
        *(_number("4286", 1), _number("42f7", 1), _number("42f2", 4), _number("42f3", 8)),
        *(_element("4282", b"webm"), _number("4287", 2), _number("4285", 2)),
    )
    info = _element(
        "1549a966",
        *(_number("2ad7b1", 1_000_000), _element("4489", struct.pack(">d", 100.0 * frames))),
        *(_element("4d80", b"test"), _element("5741", b"test")),
    )
    track = _element(
        "ae",
        *(_number("d7", 1), _number("73c5", 1), _number("83", 1), _element("86", b"V_VP8")),
        _element("e0", _number("b0", 16), _number("ba", 16)),
    )
    blocks = (
        _element("a3", b"\x81" + struct.pack(">h", 100 * n) + b"\x80" + _FRAME)
        for n in range(frames)
    )
    cluster = _element("1f43b675", _number("e7", 0), *blocks)
    return head + _element("18538067", info, _element("1654ae6b", track), cluster)
