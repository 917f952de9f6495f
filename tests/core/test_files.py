"""Names, types and sizes of files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.files import (
    MOST_NAME,
    UNKNOWN,
    FileId,
    FileRef,
    Media,
    Stored,
    clean_alt,
    clean_name,
    file_too_large,
    is_file_id,
    media_of,
    readable_size,
    shown_inline,
)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Oak desk.png", "Oak desk.png"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("C:\\temp\\a.png", "C:-temp-a.png"),
        ("AC/DC.mp3", "AC-DC.mp3"),
        ("a\0b\r\nc\x1b[0m\x85.png", "abc[0m.png"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("a\u2066\u2069\u200f\ufeff\u2028b.png", "ab.png"),
        ("\ud800half.png", "half.png"),
        (" . hidden. ", "hidden"),
        ("日本 👩\u200d🌾.webp", "日本 👩\u200d🌾.webp"),
        ("..", "file"),
        ("", "file"),
    ],
)
def test_a_name_is_made_safe_and_stays_readable(name: str, clean: str) -> None:
    assert clean_name(name) == clean


def test_a_name_of_4000_characters_keeps_its_ending() -> None:
    assert clean_name("x" * 4_000 + ".jpeg") == "x" * 250 + ".jpeg"
    assert clean_name("é" * 4_000 + ".png") == "é" * 125 + ".png"
    assert clean_name("a." + "b" * 4_000) == "a." + "b" * 253
    assert clean_name("no ending. " + "c" * 4_000) == "no ending. " + "c" * 244
    assert clean_name("\u200d" * 4_000 + ".png") == "file.png"


@given(st.text(st.characters(), max_size=400))
def test_every_name_becomes_a_safe_one_that_is_clean_already(name: str) -> None:
    clean = clean_name(name)
    assert 0 < len(clean.encode()) <= MOST_NAME
    assert not set("/\\\0\n\r\u202e") & set(clean)
    assert clean not in {".", ".."}
    assert clean_name(clean) == clean


def test_alt_text_is_one_line_of_bounded_length() -> None:
    assert clean_alt(" An oak\n\tdesk\0 ") == "An oak desk"
    assert clean_alt("שלום\u200f!") == "שלום\u200f!"
    assert len(clean_alt("word " * 1_000)) <= 1_024


@pytest.mark.parametrize(
    ("media_type", "media"),
    [
        ("image/png", Media.PICTURE),
        ("video/mp4", Media.VIDEO),
        ("audio/ogg", Media.AUDIO),
        ("application/pdf", Media.OTHER),
        ("image/svg+xml", Media.OTHER),
        (UNKNOWN, Media.OTHER),
    ],
)
def test_a_type_has_a_medium(media_type: str, media: Media) -> None:
    assert media_of(media_type) is media


@pytest.mark.parametrize(
    "media_type",
    [
        "text/html",
        "image/svg+xml",
        "text/xml",
        "application/pdf",
        "text/plain",
        "application/zip",
        UNKNOWN,
    ],
)
def test_nothing_active_is_shown_inline(media_type: str) -> None:
    assert not shown_inline(Stored(media_type, 10, 1, 1))


def test_a_picture_is_shown_inline_if_its_size_is_known_and_bearable() -> None:
    assert shown_inline(Stored("image/png", 10, 8_000, 8_000))
    assert not shown_inline(Stored("image/png", 10, 8_001, 8_000))
    assert not shown_inline(Stored("image/png", 10))
    assert not shown_inline(Stored("image/png", 10, 5, 0))
    assert shown_inline(FileRef(FileId("0" * 64), "a.mp4", "video/mp4", 10))


def test_an_id_is_64_small_hexadecimal_digits() -> None:
    assert is_file_id("0123456789abcdef" * 4)
    assert not is_file_id("0123456789ABCDEF" * 4)
    assert not is_file_id("../" * 21 + "a")
    assert not is_file_id("ab")


def test_a_size_is_said_in_words() -> None:
    assert readable_size(10 * 2**20) == "10 MiB"
    assert readable_size(3 * 2**30 // 2) == "1.5 GiB"
    assert readable_size(2_048) == "2 KiB"
    assert readable_size(900) == "900 bytes"
    assert "10 MiB" in file_too_large(10 * 2**20).sentence
