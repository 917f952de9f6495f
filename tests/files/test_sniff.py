"""A file's type comes from its bytes alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.files.sniff import HEAD, as_declared, may_hold_location, media_type
from core.files import UNKNOWN


def ftyp(brand: bytes, *others: bytes) -> bytes:
    body = b"ftyp" + brand + bytes(4) + b"".join(others)
    return (len(body) + 4).to_bytes(4, "big") + body + b"\0\0\0\x08free"


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
        (b"BM" + bytes(8) + b"\x36\0\0\0\x28\0\0\0", "image/bmp"),
        (b"II*\0\x08\0\0\0", "image/tiff"),
        (ftyp(b"heic", b"mif1"), "image/heic"),
        (ftyp(b"mif1", b"heic"), "image/heic"),
        (ftyp(b"mif1", b"avif"), "image/avif"),
        (ftyp(b"isom", b"iso2", b"mp41"), "video/mp4"),
        (ftyp(b"qt  "), "video/quicktime"),
        (ftyp(b"M4A "), "audio/mp4"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm", "video/webm"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska", "video/x-matroska"),
        (b"OggS\0\x02" + bytes(20) + b"\x01\x13OpusHead", "audio/ogg"),
        (b"OggS\0\x02" + bytes(20) + b"\x80theora", "video/ogg"),
        (b"ID3\x04\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"PK\x03\x04\x14\0", "application/zip"),
        (b"\x1f\x8b\x08\0", "application/gzip"),
        (b"RIFF\0\0\0\0XXXX", UNKNOWN),
        (b"\xff\xfe<\0h\0t\0m\0l\0", UNKNOWN),
        (b"\xff\xff\xff\xff", UNKNOWN),
        (b"MZ\x90\0\x03", UNKNOWN),
        (b"", UNKNOWN),
        (b"Dear Mia,\nthe desk", "text/plain"),
        ("größer".encode(), "text/plain"),
        ("größer".encode("latin-1"), UNKNOWN),
        (b"a < b, and <b>", "text/plain"),
    ],
)
def test_a_type_is_known_by_its_first_bytes(head: bytes, found: str) -> None:
    assert media_type(head) == found


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"<!DOCTYPE html><p>", "text/html"),
        (b"\xef\xbb\xbf \r\n<HTML>", "text/html"),
        (b"<script>alert(1)</script>", "text/html"),
        (b"<!-- x --><html>", "text/html"),
        (b"<img src=x onerror=alert(1)>", "text/html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "svg"),
        (b"<?xml version='1.0'?><svg onload='alert(1)'/>", "svg"),
        (b"<!-- x --><SVG/>", "svg"),
        (b"<?xml version='1.0'?><feed/>", "text/xml"),
        (b"<?xml version='1.0'?><html xmlns='x'>", "text/html"),
    ],
)
def test_markup_is_markup_whatever_it_is_called(head: bytes, found: str) -> None:
    assert media_type(head) == found.replace("svg", "image/svg+xml")


@given(st.text(min_size=1).filter(str.isalpha))
def test_text_whose_head_ends_inside_a_character_is_text(letters: str) -> None:
    data = ("x" + letters * HEAD).encode()
    assert media_type(data) == media_type(data[:HEAD]) == "text/plain"


@given(st.binary(max_size=HEAD + 10))
def test_any_bytes_have_a_type(data: bytes) -> None:
    assert "/" in media_type(data)


def test_a_declared_type_only_tells_sound_from_video() -> None:
    assert as_declared("video/webm", "audio/webm; codecs=opus") == "audio/webm"
    assert as_declared("video/mp4", "Audio/MP4") == "audio/mp4"
    assert as_declared("text/html", "image/png") == "text/html"
    assert as_declared("text/html", "audio/webm") == "text/html"
    assert as_declared("video/webm", "image/png") == "video/webm"


def test_formats_whose_metadata_stays_are_named() -> None:
    assert may_hold_location("image/tiff")
    assert may_hold_location("video/webm")
    assert not may_hold_location("image/jpeg")
    assert not may_hold_location("text/plain")
