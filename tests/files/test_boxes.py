"""Files made of boxes: damage and malice are answered with no, never with an error."""

import os
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.files.boxes import blank_metadata
from tests.files.boxes import box, heic, video

TYPES = {"image/heic": heic(), "image/avif": heic(in_data=True), "video/mp4": video()}


def blanked(folder: Path, data: bytes, media_type: str) -> tuple[bool, bytes]:
    path = folder / "file"
    path.write_bytes(data)
    fd = os.open(path, os.O_RDWR)
    try:
        return blank_metadata(fd, media_type), path.read_bytes()
    finally:
        os.close(fd)


@pytest.mark.parametrize("media_type", TYPES)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_damaged_file_raises_nothing_and_keeps_its_length(
    tmp_path: Path, media_type: str, data: st.DataObject
) -> None:
    whole = bytearray(TYPES[media_type])
    for _ in range(data.draw(st.integers(0, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    _, left = blanked(tmp_path, cut, media_type)
    assert len(left) == len(cut)


def picture(iloc: bytes, *, kind: bytes = b"Exif", version: int = 2) -> bytes:
    entry = box(b"infe", bytes((version, 0, 0, 0)), b"\0\x01\0\0", kind, b"\0")
    iinf = box(b"iinf", bytes(4), b"\0\x01", entry)
    meta = box(b"meta", bytes(4), iinf, box(b"iloc", iloc))
    return box(b"ftyp", b"heicmif1") + meta + box(b"mdat", b"pixels" * 10)


def places(version: int, *extents: tuple[int, int], method: int = 0, sizes: int = 0x4400) -> bytes:
    row = struct.pack(">H", 1) + (struct.pack(">H", method) if version else b"")
    rows = b"".join(struct.pack(">II", *extent) for extent in extents)
    head = bytes((version, 0, 0, 0)) + struct.pack(">HH", sizes, 1)
    return head + row + struct.pack(">HH", 0, len(extents)) + rows


def test_a_picture_whose_items_are_understood_is_clean(tmp_path: Path) -> None:
    clean, left = blanked(tmp_path, picture(places(0, (110, 10))), "image/heic")
    assert clean
    assert left[110:120] == bytes(10)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        box(b"ftyp", b"heic"),
        box(b"ftyp", b"heic") + box(b"meta", bytes(4)),
        picture(places(0, (10, 1_000_000))),
        picture(places(0, (10, 0))),
        picture(places(0, *((0, 100) for _ in range(50)))),
        picture(places(0, (0, 0), sizes=0)),
        picture(places(1, (0, 10), method=1)),
        picture(places(1, (0, 10), method=2)),
        picture(places(0, (110, 10)), version=0),
        picture(b"\0\0\0\0\x44\0\xff\xff"),
        box(b"free", b"") * 10_001,
        box(b"ftyp", b"heic")
        + box(b"meta", bytes(4), box(b"iinf", bytes(2_000_000)), box(b"iloc")),
    ],
)
def test_a_picture_that_is_not_understood_is_not_called_clean(tmp_path: Path, data: bytes) -> None:
    assert not blanked(tmp_path, data, "image/heic")[0]


def test_a_video_without_tracks_or_handlers_is_not_called_clean(tmp_path: Path) -> None:
    assert not blanked(tmp_path, box(b"ftyp", b"isom"), "video/mp4")[0]
    for trak in (box(b"trak"), box(b"trak", box(b"mdia")), box(b"mvhd")):
        data = box(b"ftyp", b"isom") + box(b"moov", trak)
        clean = blanked(tmp_path, data, "video/mp4")[0]
        assert clean is (trak[4:8] == b"mvhd")
