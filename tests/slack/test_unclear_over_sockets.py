"""Every kind of write under every fault that leaves its outcome unclear: made once in the end.

The steps are those of a lane: an unclear outcome is looked for twice, and made again only
if it is absent twice.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from adapters.slack import SlackAdapter
from core.delivery import Absent, Author, FailureKind, Part, PartKind, Receipt, Step, Verb, Write
from core.ids import RemoteId
from tests.slack.fake_desk import FakeDesk
from tests.slack.slack_world import INBOX, KeptFiles, World, about, card, mirror, text, write

FILES = KeptFiles(b"hello")
BOT = "U0PINTHREAD"
FAULTS: dict[str, dict[str, Any]] = {
    "lost": {},
    "cut": {},
    "status": {"status": 500, "body": "<html>"},
    "odd": {"status": 200, "body": "not json"},
    "delay": {"seconds": 1.5},
    "late": {"seconds": 0.2},
}
WRITES = {
    "card": "chat.postMessage",
    "words": "chat.postMessage",
    "edit": "chat.update",
    "delete": "chat.delete",
    "react": "reactions.add",
    "unreact": "reactions.remove",
}
STEPS = ("files.getUploadURLExternal", "upload", "files.completeUploadExternal", "files.info")


@dataclass(frozen=True, slots=True)
class Place:
    """A thread with words of a person and words of ours in it."""

    world: World
    adapter: SlackAdapter
    space: str
    theirs: str
    ours: str
    begun: int
    """Where the journal stood before."""

    def write(self, kind: str) -> Write:
        anchor = RemoteId(self.ours)
        match kind:
            case "card":
                return card("d-new", anchor=anchor)
            case "words":
                return text("new words", self.space, "d-new", anchor=anchor)
            case "edit":
                return text("newer", self.space, "d-new", replaces=RemoteId(self.ours))
            case "delete":
                return about(Verb.DELETE, self.ours, self.space, delivery="d-new")
            case "react":
                return about(Verb.REACT, self.theirs, self.space, "👍", delivery="d-new")
            case "unreact":
                return about(Verb.UNREACT, self.theirs, self.space, "👀", delivery="d-new")
            case _:
                part = Part(PartKind.FILE, author=Author("Mia"), file=FILES.ref(0, "a.txt"))
                at = mirror(INBOX, self.space)
                return write("d-new", at, Step(Verb.POST, 0, part), anchor=anchor)

    async def stands(self) -> list[tuple[str, ...]]:
        """What everybody sees there."""
        return [
            (
                m["name"],
                m["text"],
                "thread" if m["thread_ts"] not in (None, m["ts"]) else "root",
                *(r["name"] for r in m["reactions"] if BOT in r["users"]),
                *(f["name"] for f in m["files"]),
            )
            for m in await self.world.shown()
        ]

    async def applied(self, method: str) -> None:
        """Waits until what was held back has been done."""
        after = self.begun
        async with asyncio.timeout(30):
            while True:
                told = await self.world.control("GET", f"journal?after={after}&wait=5")
                after = told["next"]
                if any((e["method"], e["fault"]) == (method, "late") for e in told["entries"]):
                    return


@asynccontextmanager
async def prepared(world: World, desk: FakeDesk, mode: str) -> AsyncIterator[Place]:
    async with world.adapter(mode, desk, files=FILES, call_timeout=0.7) as adapter:
        root = await adapter.write(card("d-root"))
        assert isinstance(root, Receipt)
        space = str(root.space)
        said = await world.say("oak?", thread_ts=space.partition(":")[2])
        theirs = f"{INBOX}:{said}"
        ours = await adapter.write(text("old words", space, "d-old"))
        assert isinstance(ours, Receipt)
        seen = about(Verb.REACT, theirs, space, "👀", delivery="d-eyes")
        assert isinstance(await adapter.write(seen), Receipt)
        begun = (await world.control("GET", "journal?after=0"))["next"]
        yield Place(world, adapter, space, theirs, ours.remote, begun)


@pytest.fixture
async def place(world: World, desk: FakeDesk) -> AsyncIterator[Place]:
    """Calls are the same in both modes."""
    async with prepared(world, desk, "http") as opened:
        yield opened


@pytest.fixture(params=["http", "socket"])
async def told(
    request: pytest.FixtureRequest, world: World, desk: FakeDesk
) -> AsyncIterator[Place]:
    """Where it matters how we hear of our own posts."""
    async with prepared(world, desk, request.param) as opened:
        yield opened


async def brought_to_its_end(
    adapter: SlackAdapter, begun: Write, between: Callable[[], Awaitable[None]] | None = None
) -> Receipt:
    """As a lane does it. `between` passes between the first and the second look."""
    unclear = False
    for _ in range(30):
        if unclear:
            result = await adapter.find(begun)
            if isinstance(result, Absent):
                await (between() if between else asyncio.sleep(0))
                result = await adapter.find(begun)
            if isinstance(result, Absent):
                unclear = False
                continue
        else:
            result = await adapter.write(begun)
        if isinstance(result, Receipt):
            if result.inner is None:
                return result
            unclear = False
            begun = replace(begun, inner=result.inner, data=result.data)
            continue
        assert not isinstance(result, Absent)
        assert result.kind is FailureKind.TRANSIENT, result
        unclear = unclear or not result.certain
        await asyncio.sleep(0.05)
    raise AssertionError("no end")


CARD = "Mia on Oak desk, with Northwind Home"
BEFORE = [
    ("Pinthread", CARD, "root"),
    ("Ada Lind", "oak?", "thread", "eyes"),
    ("Mia", "old words", "thread"),
]
AFTER = {
    "card": [*BEFORE, ("Pinthread", CARD, "root")],
    "words": [*BEFORE, ("Mia", "new words", "thread")],
    "edit": [*BEFORE[:2], ("Mia", "newer", "thread")],
    "delete": BEFORE[:2],
    "react": [BEFORE[0], ("Ada Lind", "oak?", "thread", "eyes", "+1"), BEFORE[2]],
    "unreact": [BEFORE[0], ("Ada Lind", "oak?", "thread"), BEFORE[2]],
    "file": [*BEFORE, ("Pinthread", "", "thread", "a.txt")],
}


async def strike(world: World, method: str, kind: str) -> None:
    await world.fault(method, "status" if kind == "odd" else kind, **FAULTS[kind])


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", WRITES)
async def test_an_unclear_write_is_made_once_in_the_end(
    place: Place, desk: FakeDesk, kind: str, fault: str
) -> None:
    assert await place.stands() == BEFORE
    method = WRITES[kind]
    await strike(place.world, method, fault)

    async def between() -> None:
        if fault == "late":
            await place.applied(method)

    receipt = await brought_to_its_end(place.adapter, place.write(kind), between)
    assert await place.stands() == AFTER[kind]
    target = {"edit": place.ours, "delete": place.ours}.get(kind, place.theirs)
    if kind in ("card", "words"):
        target = f"{INBOX}:{(await place.world.shown())[-1]['ts']}"
    assert str(receipt.remote) == target
    assert desk.strays.empty()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", STEPS)
async def test_a_file_is_shown_once_whatever_step_of_its_upload_was_unclear(
    place: Place, desk: FakeDesk, step: str, fault: str
) -> None:
    await strike(place.world, step, fault)

    async def between() -> None:
        if fault == "late":
            await place.applied(step)

    receipt = await brought_to_its_end(place.adapter, place.write("file"), between)
    assert await place.stands() == AFTER["file"]
    last = (await place.world.shown())[-1]
    assert str(receipt.remote) == f"{INBOX}:{last['ts']}"
    assert receipt.poster == f"B0PINTHREAD {last['files'][0]['id']}"
    assert desk.strays.empty()


@pytest.mark.parametrize("kind", ["card", "words"])
async def test_a_post_that_is_applied_after_both_looks_is_told_as_a_late_duplicate(
    told: Place, desk: FakeDesk, kind: str
) -> None:
    await strike(told.world, "chat.postMessage", "late")
    receipt = await brought_to_its_end(told.adapter, told.write(kind))
    await told.applied("chat.postMessage")
    strays = {str((await desk.stray_told())[2]) for _ in range(2)}
    twice = {f"{INBOX}:{m['ts']}" for m in (await told.world.shown())[-2:]}
    assert strays == twice
    (late,) = twice - {str(receipt.remote)}
    gone = about(Verb.DELETE, late, told.space, delivery="d-stray")
    assert isinstance(await told.adapter.write(gone), Receipt)
    assert await told.stands() == AFTER[kind]


@pytest.mark.parametrize("kind", ["edit", "file"])
async def test_what_is_applied_after_both_looks_changes_nothing_where_it_cannot_double(
    place: Place, desk: FakeDesk, kind: str
) -> None:
    method = {"edit": "chat.update", "file": "files.getUploadURLExternal"}[kind]
    await strike(place.world, method, "late")
    begun = place.write(kind)
    receipt = await brought_to_its_end(place.adapter, begun)
    await place.applied(method)
    assert await place.stands() == AFTER[kind]
    if kind == "edit":
        assert await place.adapter.find(begun) == receipt
    assert desk.strays.empty()


@pytest.mark.parametrize("kind", ["words", "edit", "file"])
async def test_our_own_event_tells_the_outcome_before_the_answer_does(
    told: Place, desk: FakeDesk, kind: str
) -> None:
    method = {"edit": "chat.update", "file": "files.completeUploadExternal"}.get(
        kind, "chat.postMessage"
    )
    await strike(told.world, method, "delay")
    writing = asyncio.create_task(brought_to_its_end(told.adapter, told.write(kind)))
    async with asyncio.timeout(30):
        while (echo := await desk.echoes.get())[0] != "d-new":
            pass
    assert not writing.done()
    receipt = await writing
    assert echo[1].remote == receipt.remote
    assert echo[1].poster == receipt.poster
