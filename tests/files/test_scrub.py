"""Pictures lose what tells where they were taken, and stay the pictures they were."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.files.scrub import Scrubber, orientation, scrubber
from bridge.files.sniff import media_type
from tests.files.pictures import (
    GPS,
    block,
    chunk,
    clean_jpeg,
    exif,
    jpeg,
    located_gif,
    located_png,
    located_webp,
    png,
    riff,
    segment,
    three,
)

ALL = {
    "image/jpeg": jpeg(),
    "image/png": located_png(),
    "image/webp": located_webp(),
    "image/gif": located_gif(),
}


def scrub(data: bytes, step: int = 1 << 20) -> tuple[bytes, Scrubber]:
    """What is kept of `data`, fed `step` bytes at a time."""
    made = scrubber(media_type(data))
    kept = [made.feed(data[at : at + step]) for at in range(0, len(data), step)]
    return b"".join((*kept, made.end())), made


@pytest.mark.parametrize("kind", ALL)
def test_no_location_is_left(kind: str) -> None:
    data = ALL[kind]
    assert GPS in data
    kept, made = scrub(data)
    assert GPS not in kept
    assert b"Cam" not in kept
    assert not made.broken
    assert media_type(kept) == kind


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("step", [1, 2, 7, 4_096])
def test_the_size_of_the_pieces_changes_nothing(kind: str, step: int) -> None:
    assert scrub(ALL[kind], step)[0] == scrub(ALL[kind])[0]


@pytest.mark.parametrize("kind", ALL)
def test_scrubbing_twice_changes_nothing_more(kind: str) -> None:
    once, _ = scrub(ALL[kind])
    assert scrub(once)[0] == once


@pytest.mark.parametrize("kind", ALL)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_picture_raises_nothing_and_does_not_grow(kind: str, data: st.DataObject) -> None:
    whole = bytearray(ALL[kind][:3_000])
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(12, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(12, len(whole)))])
    kept, _ = scrub(cut, data.draw(st.integers(1, 3_000)))
    assert len(kept) <= len(cut)


def test_a_jpeg_keeps_its_pixels_colours_and_orientation() -> None:
    kept, made = scrub(jpeg(6))
    assert kept == clean_jpeg(6)
    assert (made.width, made.height) == (300, 400), "turned by a quarter"


@pytest.mark.parametrize("order", ["<", ">"])
def test_an_upright_jpeg_keeps_no_exif_at_all(order: str) -> None:
    kept, made = scrub(jpeg(1, order))
    assert kept == clean_jpeg(1)
    assert (made.width, made.height) == (400, 300)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
def test_the_orientation_is_read_in_both_byte_orders(turn: int, order: str) -> None:
    assert orientation(exif(turn, order)) == turn


@pytest.mark.parametrize(
    "tiff", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", exif(0), exif(9), b"junk" * 20]
)
def test_nonsense_is_upright(tiff: bytes) -> None:
    assert orientation(tiff) == 1


def test_a_jpeg_that_was_cut_off_keeps_no_half_segment() -> None:
    whole = jpeg()
    inside = whole.index(GPS) + len(GPS)
    kept, made = scrub(whole[:inside])
    assert GPS not in kept
    assert not made.broken


def test_a_jpeg_that_breaks_its_format_passes_from_there_on_and_says_so() -> None:
    broken = b"\xff\xd8\xff\xe0\0\1no segment"
    kept, made = scrub(broken)
    assert kept == broken
    assert made.broken


def test_a_png_keeps_only_what_draws_it() -> None:
    kept, made = scrub(located_png())
    small = chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03" + bytes(6))
    assert kept == png(3, 2, chunk(b"gAMA", b"\0\0\xb1\x8f"), small)
    assert (made.width, made.height) == (3, 2)


def test_a_webp_keeps_its_length_its_frames_and_its_orientation() -> None:
    kept, made = scrub(located_webp())
    assert len(kept) == int.from_bytes(kept[4:8], "little") + 8
    assert block(b"VP8X", b"\x08\0\0\0" + three(639) + three(479)) in kept
    assert block(b"VP8L", b"\x2f" + bytes(31)) in kept
    assert orientation(kept[kept.index(b"EXIF") + 8 :]) == 8
    assert b"XMP " not in kept
    assert (made.width, made.height) == (640, 480)


def test_the_size_of_a_plain_webp_is_in_its_frame() -> None:
    lossy = riff(block(b"VP8 ", b"\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01" + bytes(9)))
    bits = (640 - 1) | (480 - 1) << 14
    lossless = riff(block(b"VP8L", b"\x2f" + bits.to_bytes(4, "little") + bytes(9)))
    for plain in (lossy, lossless):
        kept, made = scrub(plain)
        assert kept == plain
        assert (made.width, made.height) == (640, 480)


def test_a_gif_keeps_its_frames_and_how_often_it_repeats() -> None:
    kept, made = scrub(located_gif())
    assert b"NETSCAPE2.0\x03\x01\0\0\0" in kept
    assert b"\x02\x03abc\x02de\0\x3b" in kept
    assert b"XMP" not in kept
    assert kept.endswith(b"\x3b")
    assert (made.width, made.height) == (7, 5)


def test_a_picture_that_would_unpack_to_gigabytes_costs_only_its_bytes() -> None:
    packed = zlib.compressobj(9)
    rows = b"".join(packed.compress(bytes(1 << 20)) for _ in range(64)) + packed.flush()
    bomb = png(60_000, 60_000, pixels=rows)
    kept, made = scrub(bomb, 1 << 16)
    assert kept == bomb
    assert (made.width, made.height) == (60_000, 60_000)


def test_a_chunk_that_claims_gigabytes_is_not_waited_for() -> None:
    head = png()[:33]
    made = scrubber("image/png")
    made.feed(head + (0x7FFF_FFFF).to_bytes(4, "big") + b"eXIf")
    for _ in range(64):
        assert made.feed(bytes(1 << 16)) == b""


def test_a_jpeg_without_jfif_or_named_apps_loses_the_unnamed_ones() -> None:
    data = b"\xff\xd8" + segment(0xE5, GPS) + segment(0xEE, b"Adobe\0d\0\0\0\0\1") + b"\xff\xd9"
    assert scrub(data)[0] == b"\xff\xd8" + segment(0xEE, b"Adobe\0d\0\0\0\0\1") + b"\xff\xd9"


@pytest.mark.parametrize(
    "tiny",
    [
        located_gif()[:34] + b"\x21\xfe" + b"\x01x" * 500_000,
        png()[:33] + chunk(b"tEXt", b"") * 100_000,
        b"\xff\xd8" + b"\xff\x01" * 500_000,
        b"\xff\xd8" + b"\xff" * 1_000_000,
    ],
)
def test_a_million_tiny_blocks_are_not_looked_at_one_by_one(tiny: bytes) -> None:
    kept, made = scrub(tiny, 1 << 17)
    assert made.broken
    assert len(kept) <= len(tiny)
