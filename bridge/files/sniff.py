"""Tells a file's type from its first bytes. Pure.

Names and headers are never asked: an HTML page called `holiday.png` is HTML
here. What is not recognised is text if it reads as such, else unknown. Markup
is looked for before text, so that nothing a browser would run passes as plain.
"""

import re

from core.files import UNKNOWN

HEAD = 4_096
"""Bytes that are looked at."""

_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AVIF = frozenset({b"avif", b"avis"})
_BRANDS = {b"qt  ": "video/quicktime", b"M4A ": "audio/mp4", b"M4B ": "audio/mp4"}

_MARKUP = re.compile(
    rb"<(?:!doctype|!--|\?xml|\?php|!\[cdata|/?(?:html|head|body|script|style|iframe|svg|title"
    rb"|meta|link|base|form|img|table|div|span|font|h1|br|p|a|b|math|object|embed|template"
    rb")(?=[\s>/]|$))",
    re.IGNORECASE,
)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


def media_type(head: bytes) -> str:
    """The type of a file that begins with `head` (`HEAD` bytes, or all there is)."""
    head = head[:HEAD]
    for beginning, found in _BEGINNINGS:
        if head.startswith(beginning):
            return found
    return _container(head) or _stream(head) or _words(head)


def may_hold_location(found: str) -> bool:
    """Whether files of this type hold metadata that nothing here takes out of them."""
    return found == "image/tiff" or found.startswith("video/")


def as_declared(found: str, declared: str) -> str:
    """`audio/webm` for a sound recording that its sender declared as one.

    These containers begin alike for sound and video; being wrong harms nobody.
    """
    declared = declared.partition(";")[0].strip().lower()
    is_sound = declared.startswith("audio/") and found in ("video/webm", "video/mp4")
    return found.replace("video/", "audio/") if is_sound else found


def _container(head: bytes) -> str | None:
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        size = int.from_bytes(head[:4], "big")
        brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(size, 256), 4))]
        if _AVIF.intersection(brands):
            return "image/avif"
        if _HEIC.intersection(brands):
            return "image/heic"
        return _BRANDS.get(brands[0], "video/mp4")
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head.startswith(b"OggS"):
        return "video/ogg" if b"theora" in head[:512] else "audio/ogg"
    return None


def _stream(head: bytes) -> str | None:
    """Formats that begin with two telling bytes and a few that must fit them."""
    if len(head) >= 4 and head[0] == 0xFF:
        if head[1] & 0xF6 == 0xF0:
            return "audio/aac"
        # Layer III, and neither a free nor a bad bit rate.
        if head[1] & 0xE6 == 0xE2 and 0 < head[2] >> 4 < 15:
            return "audio/mpeg"
    if head.startswith(b"BM") and head[6:10] == bytes(4) and head[15:18] == bytes(3):
        return "image/bmp"
    return None


def _words(head: bytes) -> str:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\f")
    if _MARKUP.match(start):
        low = head.lower()
        if b"<html" in low:
            return "text/html"
        if b"<svg" in low:
            return "image/svg+xml"
        return "text/xml" if low.lstrip().startswith(b"<?xml") else "text/html"
    if not head or _CONTROL.search(head):
        return UNKNOWN
    try:
        # A character may be cut off where the head ends.
        head.decode() if len(head) < HEAD else head[: _whole(head)].decode()
    except UnicodeDecodeError:
        return UNKNOWN
    return "text/plain"


def _whole(head: bytes) -> int:
    """Where the last character that may be incomplete begins."""
    at = len(head)
    while at > len(head) - 4 and head[at - 1] & 0xC0 == 0x80:
        at -= 1
    return at - 1
