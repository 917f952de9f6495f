"""The folder of files: once, whole or not at all, and in little memory."""

import asyncio
import fcntl
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from blake3 import blake3

from bridge.files.folder import CHUNK, THREADS, FolderFiles
from core.files import CHANGED_FILE, EMPTY_FILE, FileId, FileRef, Stored, shown_inline
from core.model import Refusal
from core.ports.files import FileGoneError, Files, FilesError, Piece
from tests.files.boxes import heic, video
from tests.files.pictures import GPS, clean_jpeg, jpeg, located_gif, located_png, located_webp, png

MIB = 2**20


async def pieces(data: bytes, size: int = 50_000) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


async def put(files: Files, data: bytes, name: str = "a.bin", limit: int = 10 * MIB) -> FileRef:
    found = await files.put(pieces(data), name=name, limit=limit)
    assert isinstance(found, FileRef)
    return found


async def whole(files: Files, file: FileId, *part: int) -> bytes:
    return b"".join([piece async for piece in files.open(file, *part)])


async def passing(data: bytes, begun: int = 0) -> AsyncIterator[Piece]:
    """Shows one piece after another in the same place, behind `begun` bytes of their own."""
    if begun:
        yield data[:begun]
    place = memoryview(bytearray(70_000))
    for at in range(begun, len(data), len(place)):
        part = data[at : at + len(place)]
        place[: len(part)] = part
        yield place[: len(part)]
        place[:] = bytes(len(place))


def kept(folder: Path) -> list[Path]:
    """Every file there is, those on their way in included."""
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_is_put_comes_back_under_the_hash_of_its_content(files: FolderFiles) -> None:
    data = os.urandom(3 * CHUNK + 5)
    file = await put(files, data)
    assert file.id == blake3(data).hexdigest()
    assert file.size == await files.size(file.id) == len(data)
    assert await whole(files, file.id) == data


@pytest.mark.parametrize("begun", [0, 10, 200_000])
async def test_pieces_that_pass_by_in_one_place_are_kept_as_they_were(
    files: FolderFiles, begun: int
) -> None:
    data = os.urandom(3 * MIB + 5)
    file = await files.put(passing(data, begun), name="a.bin", limit=10 * MIB)
    assert isinstance(file, FileRef)
    assert file.id == blake3(data).hexdigest()
    assert await whole(files, file.id) == data


async def test_the_type_of_what_passes_by_is_told_by_more_than_what_came_first(
    files: FolderFiles,
) -> None:
    text = ("x" * 1_399 + "ä" * 20_000).encode()
    page = b"<!--" + b" " * 2_000 + b"--><svg xmlns='http://www.w3.org/2000/svg'/>" + b" " * 20_000

    async def in_two(data: bytes) -> AsyncIterator[Piece]:
        place = memoryview(bytearray(len(data)))
        for part in (data[:1_400], data[1_400:]):
            place[: len(part)] = part
            yield place[: len(part)]
            place[:] = bytes(len(place))

    for data in (text, page):
        at_once = await put(files, data)
        found = await files.put(in_two(data), name="a.bin", limit=10 * MIB)
        assert found == at_once


@pytest.mark.parametrize("begun", [0, 10])
async def test_a_picture_that_passes_by_in_one_place_loses_its_location(
    files: FolderFiles, begun: int
) -> None:
    file = await files.put(passing(jpeg(), begun), name="a.jpg", limit=10 * MIB)
    assert isinstance(file, FileRef)
    assert await whole(files, file.id) == clean_jpeg()
    assert not file.may_hold_location


async def test_who_reads_does_not_wait_until_the_files_of_others_are_durable(
    files: FolderFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = await put(files, b"words")
    gate, at_the_disk, fsync = threading.Event(), threading.Semaphore(0), os.fsync

    def slow(fd: int) -> None:
        at_the_disk.release()
        gate.wait()
        fsync(fd)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", slow)
        others = [asyncio.create_task(put(files, os.urandom(9))) for _ in range(THREADS)]
        try:
            for _ in others:
                await asyncio.to_thread(at_the_disk.acquire)
            async with asyncio.timeout(10):
                assert await files.size(known.id) == 5
                assert await whole(files, known.id) == b"words"
                assert await files.look(known.id) is not None
            assert not any(other.done() for other in others)
        finally:
            gate.set()
            await asyncio.gather(*others)


async def test_a_file_under_its_older_name_is_read_and_swept_as_any_other(
    files: FolderFiles, tmp_path: Path
) -> None:
    data = png(3, 2)
    older = FileId(sha256(data).hexdigest())
    path = tmp_path / "files" / older[:2] / older[2:4] / older
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    assert await whole(files, older) == data
    assert await files.look(older) == Stored("image/png", len(data), 3, 2)

    async def unused(asked: Sequence[FileId]) -> frozenset[FileId]:
        return frozenset(asked)

    assert (await put(files, data)).id != older
    assert await files.sweep(datetime.now(UTC) + timedelta(days=1), unused) == 2
    assert await files.size(older) is None


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 1), (5, 5), (CHUNK - 1, CHUNK + 1), (7, None), (2 * CHUNK, 9 * CHUNK)]
)
async def test_a_part_can_be_read(files: FolderFiles, start: int, stop: int | None) -> None:
    data = os.urandom(2 * CHUNK + 100)
    file = await put(files, data)
    found = b"".join([piece async for piece in files.open(file.id, start, stop)])
    assert found == data[start:stop]


async def test_the_same_content_is_stored_once(files: FolderFiles, tmp_path: Path) -> None:
    data = os.urandom(CHUNK + 1)
    same = await asyncio.gather(*(put(files, data, f"{n}.bin") for n in range(8)))
    await files.stop()
    assert len({file.id for file in same}) == 1
    assert [file.name for file in same] == [f"{n}.bin" for n in range(8)]
    stored = kept(tmp_path / "files")
    assert [path.name for path in stored] == [same[0].id]
    assert stored[0].parent == tmp_path / "files" / same[0].id[:2] / same[0].id[2:4]


async def test_nobody_else_on_the_machine_may_read_it(files: FolderFiles, tmp_path: Path) -> None:
    await put(files, b"words")
    (stored,) = [path for path in kept(tmp_path) if path.stat().st_size]
    assert stored.stat().st_mode & 0o777 == 0o600
    assert stored.parent.stat().st_mode & 0o077 == 0


async def test_deleting_leaves_nothing_and_can_be_repeated(files: FolderFiles) -> None:
    file = await put(files, b"words")
    async with aclosing(files.open(file.id)) as reading:
        await files.delete(file.id)
        await files.delete(file.id)
        with pytest.raises(FileGoneError):
            await anext(reading)
    assert await files.size(file.id) is None
    assert await files.look(file.id) is None


async def test_a_reader_under_way_finishes_after_a_delete(files: FolderFiles) -> None:
    data = os.urandom(2 * CHUNK)
    file = await put(files, data)
    async with aclosing(files.open(file.id)) as reading:
        first = await anext(reading)
        await files.delete(file.id)
        assert first + b"".join([piece async for piece in reading]) == data


@pytest.mark.parametrize("file", ["../../../etc/passwd", "", "\0", "A" * 64, "ab/" * 21 + "a"])
async def test_an_id_of_another_shape_never_becomes_a_path(files: FolderFiles, file: str) -> None:
    assert await files.size(FileId(file)) is None
    assert await files.look(FileId(file)) is None
    await files.delete(FileId(file))
    with pytest.raises(FileGoneError):
        await whole(files, FileId(file))


# --- what is refused --------------------------------------------------------------------------


async def test_an_empty_file_is_refused(files: FolderFiles) -> None:
    assert await files.put(pieces(b""), name="a", limit=10) is EMPTY_FILE
    assert await files.put(pieces(b""), name="a", declared_size=0, limit=10) is EMPTY_FILE

    async def nothing() -> AsyncIterator[bytes]:
        yield b""
        yield b""

    assert await files.put(nothing(), name="a", limit=10) is EMPTY_FILE
    assert await files.put(pieces(b"GIF89a"), name="a.gif", limit=10) is EMPTY_FILE


@pytest.mark.parametrize("declared", [1, CHUNK - 1, CHUNK + 1, 3 * CHUNK])
async def test_a_file_that_changes_while_it_is_read_is_refused(
    files: FolderFiles, tmp_path: Path, declared: int
) -> None:
    source = pieces(bytes(CHUNK))
    found = await files.put(source, name="a", declared_size=declared, limit=MIB)
    assert found is CHANGED_FILE
    await files.stop()
    assert not kept(tmp_path / "files")


async def test_a_file_over_the_limit_is_refused_without_reading_on(
    files: FolderFiles, tmp_path: Path
) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += CHUNK
            yield bytes(CHUNK)

    found = await files.put(endless(), name="a", limit=3 * CHUNK)
    assert isinstance(found, Refusal)
    assert found.code == "file_too_large"
    assert read == 4 * CHUNK
    declared = await files.put(endless(), name="a", declared_size=MIB, limit=MIB - 1)
    assert isinstance(declared, Refusal)
    assert declared.code == "file_too_large"
    assert read == 4 * CHUNK, "not even begun"
    await files.stop()
    assert not kept(tmp_path / "files")


async def test_a_source_that_breaks_leaves_nothing(files: FolderFiles, tmp_path: Path) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield bytes(2 * CHUNK)
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        await files.put(breaking(), name="a", limit=MIB)
    await files.stop()
    assert not kept(tmp_path / "files")


async def test_a_put_that_is_cancelled_at_any_chunk_leaves_nothing(
    files: FolderFiles, tmp_path: Path
) -> None:
    for most in range(6):
        came = asyncio.Event()

        async def source(most: int = most, came: asyncio.Event = came) -> AsyncIterator[bytes]:
            for _ in range(most):
                yield bytes(CHUNK)
            came.set()
            yield bytes(CHUNK)
            yield bytes(CHUNK)

        putting = asyncio.create_task(files.put(source(), name="a", limit=10 * MIB))
        await came.wait()
        putting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await putting
    await files.stop()
    assert not kept(tmp_path / "files")


async def test_a_folder_that_cannot_be_written_is_an_error_of_its_own(
    files: FolderFiles, tmp_path: Path
) -> None:
    (tmp_path / "files" / "incoming").rmdir()
    with pytest.raises(FilesError):
        await files.put(pieces(b"words"), name="a", limit=10)


async def test_a_disk_that_takes_only_a_part_is_an_error_and_leaves_nothing(
    files: FolderFiles, tmp_path: Path
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3 * CHUNK, before[1]))
    try:
        with pytest.raises(FilesError):
            await files.put(pieces(bytes(4 * CHUNK)), name="a", limit=10 * MIB)
        exact = await put(files, bytes(3 * CHUNK))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    await files.stop()
    assert [path.name for path in kept(tmp_path / "files")] == [exact.id]


@pytest.mark.parametrize("size", [7, 50_000])
async def test_pieces_of_any_size_make_the_same_file(files: FolderFiles, size: int) -> None:
    data = os.urandom(2 * CHUNK + 3)
    found = await files.put(pieces(data, size), name="a", limit=MIB)
    assert isinstance(found, FileRef)
    assert found.id == blake3(data).hexdigest()
    assert await whole(files, found.id) == data


# --- pictures ---------------------------------------------------------------------------------


async def test_a_location_is_gone_before_anything_is_stored(
    files: FolderFiles, tmp_path: Path
) -> None:
    for data in (jpeg(), located_png(), located_webp(), located_gif()):
        file = await put(files, data)
        assert not file.may_hold_location
        assert file.width
        assert shown_inline(file)
        look = await files.look(file.id)
        assert look == Stored(file.media_type, file.size, file.width, file.height)
    assert all(GPS not in path.read_bytes() for path in kept(tmp_path / "files"))


async def test_an_id_is_that_of_what_is_stored(files: FolderFiles) -> None:
    file = await put(files, jpeg())
    assert await whole(files, file.id) == clean_jpeg()
    assert file.id == blake3(clean_jpeg()).hexdigest()
    assert file.size == len(clean_jpeg())


async def test_declared_sizes_count_what_came_not_what_is_kept(files: FolderFiles) -> None:
    source = pieces(jpeg())
    found = await files.put(source, name="a.jpg", declared_size=len(jpeg()), limit=MIB)
    assert isinstance(found, FileRef)


async def test_an_html_file_named_png_is_no_picture(files: FolderFiles) -> None:
    page = b"<!doctype html><script>alert(1)</script>"
    found = await files.put(pieces(page), name="holiday.png", declared_type="image/png", limit=MIB)
    assert isinstance(found, FileRef)
    assert found.media_type == "text/html"
    assert found.name == "holiday.png"
    assert not shown_inline(found)


async def test_an_svg_with_a_script_is_no_picture(files: FolderFiles) -> None:
    found = await put(files, b"<svg onload='alert(1)'><script>alert(2)</script></svg>", "a.svg")
    assert found.media_type == "image/svg+xml"
    assert not shown_inline(found)


async def test_a_zip_bomb_picture_is_kept_as_a_download(files: FolderFiles) -> None:
    found = await put(files, png(60_000, 60_000, pixels=bytes(1_000)), "bomb.png")
    assert (found.media_type, found.width, found.height) == ("image/png", 60_000, 60_000)
    assert not shown_inline(found)


async def test_a_picture_whose_metadata_stays_says_so(files: FolderFiles) -> None:
    tiff = b"II*\0\x08\0\0\0" + GPS
    assert (await put(files, tiff, "a.tiff")).may_hold_location
    assert (await put(files, b"\xff\xd8\xff\xe0\0\1broken", "a.jpg")).may_hold_location
    assert (await put(files, heic()[:-40], "a.heic")).may_hold_location


@pytest.mark.parametrize("data", [heic(), heic(in_data=True), video(), video(quicktime=True)])
async def test_metadata_of_files_made_of_boxes_is_blanked_in_place(
    files: FolderFiles, data: bytes
) -> None:
    assert GPS in data
    file = await put(files, data)
    found = await whole(files, file.id)
    assert GPS not in found
    assert b"pixels" in found
    assert file.size == len(found) == len(data)
    assert file.id == blake3(found).hexdigest()
    assert not file.may_hold_location


async def test_a_video_with_a_track_of_positions_says_so(files: FolderFiles) -> None:
    assert (await put(files, video(track=b"meta"))).may_hold_location


async def test_names_and_alt_text_come_out_clean(files: FolderFiles) -> None:
    found = await files.put(
        pieces(b"words"), name="../\u202ea/" + "b" * 4_000 + ".txt", limit=10, alt=" oak\ndesk "
    )
    assert isinstance(found, FileRef)
    assert found.name.startswith("-a-bbb")
    assert found.name.endswith("b.txt")
    assert len(found.name) == 255
    assert found.alt == "oak desk"


# --- kills and memory -------------------------------------------------------------------------

HALF = """
import asyncio, sys
from pathlib import Path
from bridge.files.folder import CHUNK, FolderFiles

async def main():
    files = FolderFiles(Path(sys.argv[1]))
    await files.start()
    async def source():
        for _ in range(9):
            yield bytes(CHUNK)
        print("half", flush=True)
        await asyncio.Event().wait()
    await files.put(source(), name="a", limit=10**9)

asyncio.run(main())
"""


async def test_a_kill_in_the_middle_leaves_no_half_file(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HALF, str(folder), stdout=subprocess.PIPE
    )
    assert child.stdout
    assert await asyncio.wait_for(child.stdout.readline(), 60) == b"half\n"
    # A second process that shares the folder leaves the first one's file alone.
    other = FolderFiles(folder)
    await other.start()
    (half,) = kept(folder)
    assert half.parent.name == "incoming"
    await other.stop()
    child.send_signal(signal.SIGKILL)
    await child.wait()
    assert kept(folder) == [half], "nothing under a final name"
    again = FolderFiles(folder)
    await again.start()
    assert not kept(folder)
    await again.stop()


async def test_a_file_cleared_away_before_its_lock_is_made_again(
    files: FolderFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = fcntl.flock
    cleared: list[Path] = []

    def late(fd: int, how: int) -> None:
        if not cleared:
            cleared.append(Path(f"/proc/self/fd/{fd}").resolve())
            cleared[0].unlink()
        lock(fd, how)

    monkeypatch.setattr("bridge.files.folder.fcntl.flock", late)
    file = await put(files, b"words")
    assert cleared
    assert await whole(files, file.id) == b"words"


CROSSING = """
import asyncio, os, sys
from pathlib import Path
from bridge.files.folder import CHUNK, FolderFiles

def memory(name):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024

async def main():
    files = FolderFiles(Path(sys.argv[1]))
    await files.start()
    Path("/proc/self/clear_refs").write_text("5")
    idle = memory("VmRSS")
    async def source(number):
        yield number.to_bytes(2, "big")
        for _ in range(160):
            await asyncio.sleep(0)
            yield bytes(65536)
    async def cross(number):
        file = await files.put(source(number), name="a", limit=20 * 2**20)
        count = 0
        async for piece in files.open(file.id):
            count += len(piece)
            await asyncio.sleep(0)
        assert count == file.size == 10 * 2**20 + 2
        await files.delete(file.id)
    await asyncio.gather(*map(cross, range(50)))
    await files.stop()
    print(memory("VmHWM") - idle)

asyncio.run(main())
"""


async def test_memory_stays_flat_while_50_files_of_10_mib_cross_at_once(tmp_path: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CROSSING, str(tmp_path / "files"), stdout=subprocess.PIPE
    )
    said, _ = await asyncio.wait_for(child.communicate(), 120)
    assert child.returncode == 0
    assert int(said) < 40 * MIB


async def sweep(files: FolderFiles, *unused: FileId, before: datetime) -> int:
    async def named(asked: Sequence[FileId]) -> frozenset[FileId]:
        return frozenset(unused).intersection(asked)

    return await files.sweep(before, named)


async def test_a_sweep_takes_what_is_old_and_unused_and_nothing_else(files: FolderFiles) -> None:
    old, used = await put(files, b"old"), await put(files, b"used")
    later = datetime.now(UTC) + timedelta(minutes=1)
    earlier = later - timedelta(hours=1)
    assert await sweep(files, old.id, before=earlier) == 0
    assert await sweep(files, old.id, before=later) == 1
    assert await files.look(old.id) is None
    assert await whole(files, used.id) == b"used"


async def test_what_is_put_again_is_young_again(files: FolderFiles, tmp_path: Path) -> None:
    file = await put(files, b"same")
    (path,) = [each for each in kept(tmp_path) if each.name == file.id]
    os.utime(path, (0, 0))
    await put(files, b"same")
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    assert await sweep(files, file.id, before=an_hour_ago) == 0


async def test_what_is_put_again_while_it_is_swept_stays(
    files: FolderFiles, tmp_path: Path
) -> None:
    file = await put(files, b"same")
    (path,) = [each for each in kept(tmp_path) if each.name == file.id]
    os.utime(path, (0, 0))

    async def unused(asked: Sequence[FileId]) -> frozenset[FileId]:
        await put(files, b"same")
        return frozenset(asked)

    assert await files.sweep(datetime.now(UTC) - timedelta(hours=1), unused) == 0
    assert await whole(files, file.id) == b"same"
    assert len(kept(tmp_path)) == 1
