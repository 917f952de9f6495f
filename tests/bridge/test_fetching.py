"""Files of messages are brought here behind their words, in order, once, and never forgotten."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bridge.files import fetching
from bridge.files.fetching import MOST_AT_ONCE, PAUSES, Fetching
from bridge.files.folder import FolderFiles
from bridge.intake.intake import Intake
from bridge.wakeup import LocalWakeups
from core.events import Event, FileAdded, FileFailed
from core.files import FileRef
from core.ids import RemoteId, SpaceId
from core.intents import DeleteMessage, InSpace, Intent, Origin, PostMessage, RemoteFile
from core.model import Refusal
from core.ports.adapter import FetchError
from core.ports.files import Piece
from core.ports.outcomes import Accepted
from core.ports.store import Store
from tests.bridge.conftest import BRAND, INBOX, NOW
from tests.bridge.test_intake import ADA, accepted, place_card, start

MIB = 2**20


@dataclass(slots=True)
class Shelf:
    """The files of a platform. What is an error is raised, and taken away, on the way."""

    held: dict[str, list[bytes | FetchError | Exception]]
    asked: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    gate: asyncio.Event | None = None

    @asynccontextmanager
    async def fetch(self, file: RemoteFile) -> AsyncIterator[AsyncIterator[bytes]]:
        self.asked.append(file.handle)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.gate is not None:
                await self.gate.wait()
            yield self._bytes(file.handle)
        finally:
            self.at_once -= 1

    async def _bytes(self, handle: str) -> AsyncIterator[bytes]:
        for piece in tuple(self.held[handle]):
            if isinstance(piece, Exception):
                self.held[handle].remove(piece)
                raise piece
            yield piece


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Room:
    """A thread in which Ada sends files, and what fetches them."""

    store: Store
    intake: Intake
    wakeups: LocalWakeups
    files: FolderFiles
    shelf: Shelf
    clock: Clock
    thread: Accepted
    limit: int = MIB
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, key: str, *files: RemoteFile, text: str = "look") -> Accepted:
        said = PostMessage(InSpace("slack", SpaceId("C1:1.0")), text, files=files)
        origin = Origin(INBOX, RemoteId(f"C1:{key}"))
        return await accepted(self.intake, Intent(key, ADA, said, origin))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        adapters = {"slack": self.shelf}
        running = Fetching(
            self.store,
            adapters,  # type: ignore[arg-type]
            self.files,
            self.intake.submit,
            self.wakeups,
            now=self.clock,
            limit=self.limit,
        )
        task = asyncio.create_task(running.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def until(self, good: Callable[[list[Event]], bool]) -> list[Event]:
        """The file events of the thread, once they are good."""
        async with asyncio.timeout(10):
            while True:
                self.told.clear()
                history = await self.store.history(self.thread.conversation)
                found = [e for e in history if isinstance(e.what, FileAdded | FileFailed)]
                if good(found):
                    return found
                await self.told.wait()

    async def until_attempts(self, *wanted: list[int]) -> None:
        """Until the files that are still to be fetched have been tried so often."""
        async with asyncio.timeout(10):
            while await self.attempts() not in wanted:  # noqa: ASYNC110
                await asyncio.sleep(0)

    async def attempts(self) -> list[int]:
        far = self.clock() + timedelta(days=1)
        return [fetch.attempts for fetch in await self.store.fetches(far, 10, {"slack"})]


@pytest.fixture
async def room(
    store: Store,
    intake: Intake,
    wakeups: LocalWakeups,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Room]:
    monkeypatch.setattr(fetching, "LOOK_AGAIN", 0.02)
    files = FolderFiles(tmp_path / "files")
    await files.start()
    thread = await accepted(intake, start("a"))
    await place_card(store, thread, "slack", "C1:1.0")
    found = Room(store, intake, wakeups, files, Shelf({}), Clock(), thread)
    wakeups.subscribe(lambda _: found.told.set())
    yield found
    await files.stop()


async def soon(good: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not good():  # noqa: ASYNC110
            await asyncio.sleep(0)


def remote(handle: str, size: int | None = None) -> RemoteFile:
    return RemoteFile(f"{handle}.bin", handle, size, "application/octet-stream", f"alt {handle}")


async def test_a_file_begins_to_come_with_its_message_and_not_after_a_while(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "LOOK_AGAIN", 60)
    monkeypatch.setattr(fetching, "GATHER", 60)
    room.shelf.held["a"] = [b"an oak desk"]
    async with room.running():
        await asyncio.sleep(0)
        await room.send("s1", remote("a"))
        await room.until(lambda found: len(found) == 1)


async def test_a_file_comes_behind_its_words_with_name_and_alt(room: Room) -> None:
    room.shelf.held["desk"] = [b"a" * 10, b"b" * 5]
    sent = await room.send("m", remote("desk", 15))
    async with room.running():
        (event,) = await room.until(lambda found: len(found) == 1)
        await room.until_attempts([])
    assert isinstance(event.what, FileAdded)
    assert event.actor == BRAND.id
    assert event.what.message == sent.message
    file = event.what.file
    assert (file.name, file.alt, file.size) == ("desk.bin", "alt desk", 15)
    assert b"".join([piece async for piece in room.files.open(file.id)]) == b"a" * 10 + b"b" * 5


async def test_files_of_a_message_keep_their_order_and_a_commit_wakes(room: Room) -> None:
    room.shelf.held |= {name: [name.encode()] for name in ("one", "two", "three")}
    async with room.running():
        await room.send("m", remote("one"), remote("two"), remote("three"))
        found = await room.until(lambda found: len(found) == 3)
    names = [event.what.file.name for event in found if isinstance(event.what, FileAdded)]
    assert names == ["one.bin", "two.bin", "three.bin"]


async def test_no_more_than_some_messages_at_once_and_a_free_place_is_taken_at_once(
    room: Room,
) -> None:
    room.shelf.gate = asyncio.Event()
    count = MOST_AT_ONCE + 5
    for n in range(count):
        room.shelf.held[f"f{n}"] = [b"x%d" % n]
        await room.send(f"m{n}", remote(f"f{n}"))
    async with room.running():
        await soon(lambda: room.shelf.at_once == MOST_AT_ONCE)
        room.shelf.gate.set()
        await room.until(lambda found: len(found) == count)
    assert room.shelf.most_at_once == MOST_AT_ONCE


class Waiting(FolderFiles):
    """Has all bytes, and waits before it makes them durable."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.had = 0
        self.durable = asyncio.Event()

    async def put(
        self,
        source: AsyncIterator[Piece],
        *,
        name: str,
        declared_type: str = "",
        declared_size: int | None = None,
        limit: int,
        alt: str = "",
    ) -> FileRef | Refusal:
        async def all_of_it() -> AsyncIterator[Piece]:
            async for piece in source:
                yield piece
            self.had += 1
            await self.durable.wait()

        return await super().put(
            all_of_it(),
            name=name,
            declared_type=declared_type,
            declared_size=declared_size,
            limit=limit,
            alt=alt,
        )


async def test_a_file_that_becomes_durable_keeps_no_other_one_from_coming(
    room: Room, tmp_path: Path
) -> None:
    room.files = waiting = Waiting(tmp_path / "files")
    count = MOST_AT_ONCE + 5
    for n in range(count):
        room.shelf.held[f"f{n}"] = [b"x%d" % n]
        await room.send(f"m{n}", remote(f"f{n}"))
    async with room.running():
        await soon(lambda: waiting.had == count)
        assert room.shelf.at_once == 0
        assert await room.until(lambda found: not found) == [], "none is named before"
        waiting.durable.set()
        await room.until(lambda found: len(found) == count)


async def test_a_passing_failure_is_tried_again_and_the_next_file_does_not_wait(
    room: Room,
) -> None:
    room.shelf.held |= {"bad": [FetchError("away", again=True), b"bad"], "good": [b"good"]}
    await room.send("m", remote("bad"), remote("good"))
    async with room.running():
        (first,) = await room.until(lambda found: len(found) == 1)
        assert isinstance(first.what, FileAdded)
        assert first.what.file.name == "good.bin"
        room.clock.now += timedelta(seconds=PAUSES[0] + 1)
        found = await room.until(lambda found: len(found) == 2)
    assert isinstance(found[1].what, FileAdded)
    assert room.shelf.asked == ["bad", "good", "bad"]


async def test_after_an_hour_it_is_given_up_with_a_sentence(room: Room) -> None:
    room.shelf.held["bad"] = [FetchError("away", again=True) for _ in range(20)]
    await room.send("m", remote("bad"))
    begun = room.clock.now
    async with room.running():
        tries = 0
        while True:
            await room.until_attempts([tries + 1], [])
            tries = len(room.shelf.asked)
            if tries > len(PAUSES):
                break
            room.clock.now += timedelta(seconds=PAUSES[tries - 1] + 1)
        (event,) = await room.until(lambda found: len(found) == 1)
    assert timedelta(minutes=50) < room.clock.now - begun < timedelta(minutes=75)
    assert isinstance(event.what, FileFailed)
    assert event.what.name == "bad.bin"
    assert "hour" in event.what.reason


async def test_what_can_never_be_had_is_said_at_once(room: Room) -> None:
    room.shelf.held["gone"] = [FetchError("It was deleted there.", again=False)]
    await room.send("m", remote("gone"))
    async with room.running():
        (event,) = await room.until(lambda found: len(found) == 1)
    assert isinstance(event.what, FileFailed)
    assert event.what.reason == "It was deleted there."


@pytest.mark.parametrize(
    ("held", "size", "code"),
    [([b"x" * (MIB + 1)], None, "larger"), ([b"x"], 2 * MIB, "larger"), ([b""], None, "empty")],
)
async def test_a_file_too_large_or_empty_is_refused_and_not_kept(
    room: Room, held: list[bytes], size: int | None, code: str
) -> None:
    room.shelf.held["f"] = list(held)
    await room.send("m", remote("f", size))
    async with room.running():
        (event,) = await room.until(lambda found: len(found) == 1)
    assert isinstance(event.what, FileFailed)
    assert code in event.what.reason


async def test_a_file_that_has_changed_is_taken_as_it_is_the_second_time(room: Room) -> None:
    room.shelf.held["f"] = [b"newer bytes"]
    await room.send("m", remote("f", 3))
    async with room.running():
        await room.until_attempts([1])
        room.clock.now += timedelta(seconds=PAUSES[0] + 1)
        (event,) = await room.until(lambda found: len(found) == 1)
    assert isinstance(event.what, FileAdded)
    assert event.what.file.size == len(b"newer bytes")


async def test_an_unexpected_error_ends_neither_the_others_nor_the_file(room: Room) -> None:
    room.shelf.held |= {"odd": [RuntimeError("odd"), b"odd"], "good": [b"good"]}
    await room.send("m1", remote("odd"))
    await room.send("m2", remote("good"))
    async with room.running():
        await room.until(lambda found: len(found) == 1)
        room.clock.now += timedelta(seconds=PAUSES[0] + 1)
        await room.until(lambda found: len(found) == 2)


async def test_the_file_of_a_deleted_message_is_not_fetched(room: Room) -> None:
    room.shelf.held |= {"f": [b"f"], "g": [b"g"]}
    sent = await room.send("m", remote("f"))
    assert sent.message is not None
    await accepted(room.intake, Intent("d", BRAND.id, DeleteMessage(sent.message)))
    await room.send("n", remote("g"))
    async with room.running():
        await room.until(lambda found: len(found) == 1)
        await room.until_attempts([])
    assert room.shelf.asked == ["g"]


async def test_a_stop_in_the_middle_fetches_again_and_adds_once(room: Room) -> None:
    room.shelf.gate = asyncio.Event()
    room.shelf.held["f"] = [b"f"]
    await room.send("m", remote("f"))
    async with room.running():
        await soon(lambda: bool(room.shelf.asked))
    room.shelf.gate.set()
    async with room.running():
        found = await room.until(lambda found: len(found) == 1)
    assert len(found) == 1
    assert room.shelf.asked == ["f", "f"]
