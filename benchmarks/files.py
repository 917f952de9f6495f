"""`files`: 50 files of 10 MiB from Slack to Discord at once, through the program.

Resident memory above idle while they cross, and how fast they cross against a plain
streamed copy through the same two servers: a client that reads from the one and writes
to the other, as many at a time as the program fetches. Without a bound, the same once more
in the same program, and against a copy that keeps the files as the program must: hashed and
durable before they go on.
"""

import asyncio
import os
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median

import aiohttp
from blake3 import blake3

from benchmarks import load, program, world
from benchmarks.report import Result
from bridge.files.fetching import MOST_AT_ONCE

FILES, SIZE = 50, 10 * 1024 * 1024
PIECE = 128 * 1024
ROUNDS = 3


def run() -> Result:
    plain: list[float] = []
    keeping: list[float] = []
    ours: list[float] = []
    again: list[float] = []
    above: list[float] = []
    for n in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder, program.file_servers(SIZE) as far:
            plain.append(asyncio.run(_copied(far)))
            keeping.append(asyncio.run(_copied(far, Path(folder))))
            made = world.build(Path(folder), threads=FILES, channels=1)
            with program.pinthread(far, made.database) as ourselves:
                for run, seconds in (("first", ours), ("again", again)):
                    _forget(Path(folder))
                    _settle(ourselves)
                    took, peak = _crossed(far, ourselves, made, f"{run}{n}")
                    seconds.append(took)
                    above.append(peak)
    speed = median(plain) / median(ours)
    memory = max(above) / 2**20
    figures = {
        "memory_mib": memory,
        "throughput": speed,
        "throughput_again": median(plain) / median(again),
        "against_a_copy_that_keeps": median(keeping) / median(ours),
        "mib_per_s": FILES * SIZE / 2**20 / median(ours),
        "plain_mib_per_s": FILES * SIZE / 2**20 / median(plain),
        "keeping_mib_per_s": FILES * SIZE / 2**20 / median(keeping),
    }
    bounds = {"memory_mib": "< 64", "throughput": ">= 0.7"}
    return Result("files", figures, bounds, memory < 64 and speed >= 0.7)


async def _copied(far: program.Far, folder: Path | None = None) -> float:
    """Seconds of a plain copy; with a `folder` of one that keeps what it copies."""
    places = asyncio.Semaphore(MOST_AT_ONCE)

    async def copy(session: aiohttp.ClientSession, n: int) -> None:
        address = f"http://127.0.0.1:{far.rest}/slack/files/C{n}"
        async with places, session.get(address) as source:
            if folder is None:
                body: AsyncIterator[bytes] = source.content.iter_chunked(PIECE)
            else:
                body = _read(await _kept(source, folder))
            await post(session, n, body)

    async def post(session: aiohttp.ClientSession, n: int, body: AsyncIterator[bytes]) -> None:
        form = aiohttp.FormData()
        form.add_field("files[0]", body, filename=f"{n}.bin")
        target = f"{far.api}/webhooks/1/t?wait=true&thread_id=1"
        async with session.post(target, data=form) as answer:
            await answer.read()

    started = time.monotonic()
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(copy(session, n) for n in range(FILES)))
    return time.monotonic() - started


async def _kept(source: aiohttp.ClientResponse, folder: Path) -> Path:
    """The file as it must be kept: under the hash of its bytes, and durable."""
    digest = blake3()
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:

        def take(piece: bytes) -> None:
            digest.update(piece)
            file.write(piece)

        async for piece in source.content.iter_chunked(PIECE):
            await asyncio.to_thread(take, piece)
        file.flush()
        await asyncio.to_thread(os.fsync, file.fileno())
    return await asyncio.to_thread(Path(file.name).rename, folder / digest.hexdigest())


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


def _forget(folder: Path) -> None:
    """Removes what has crossed, so that its memory can hold what comes next.

    A virtual machine is slower at memory that it has never used than at all the rest: with the
    files kept, each crossing in the same program takes longer than the one before (0.9, 1.3,
    1.5 s, all of it system time of the threads that write).
    """
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_size == SIZE:
            path.unlink()


def _settle(ourselves: program.Program) -> None:
    """Waits until a fresh start's memory stands still."""
    before = 0
    while abs(ourselves.resident() - before) > 2**20:
        before = ourselves.resident()
        time.sleep(0.5)


def _crossed(
    far: program.Far, ourselves: program.Program, made: world.World, run: str
) -> tuple[float, float]:
    """Seconds until Discord has all files, and the most memory above idle meanwhile."""
    idle, peak = ourselves.resident(), 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.02):
            peak = max(peak, ourselves.resident())

    events = []
    for n, root in enumerate(made.space_of):
        channel, _, thread_ts = root.partition(":")
        events.append(load.event(channel, thread_ts, n, run, [_file(far, f"{run}F{n}")]))
    watching = threading.Thread(target=watch)
    watching.start()
    try:
        return asyncio.run(_sent(far, ourselves, events)), float(max(peak - idle, 0))
    finally:
        done.set()
        watching.join()


async def _sent(far: program.Far, ourselves: program.Program, events: list[bytes]) -> float:
    """Sends all at once, as the plain copy begins with all; seconds until all have arrived."""
    taken = f"http://127.0.0.1:{far.rest}/_taken"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(180)) as session:
        async with session.get(taken) as answer:
            before = (await answer.json())["taken"]
        started = time.monotonic()
        await asyncio.gather(*(_send(session, ourselves, body) for body in events))
        async with session.get(f"{taken}?wait={before + len(events)}") as answer:
            await answer.read()
        return time.monotonic() - started


def _file(far: program.Far, name: str) -> dict[str, object]:
    address = f"http://127.0.0.1:{far.rest}/slack/files/{name}"
    return {
        "id": name,
        "name": f"{name}.bin",
        "mimetype": "application/octet-stream",
        "filetype": "binary",
        "size": SIZE,
        "mode": "hosted",
        "url_private": address,
        "url_private_download": address,
    }


async def _send(session: aiohttp.ClientSession, ourselves: program.Program, body: bytes) -> None:
    """One signed event, acknowledged."""
    head, _, content = load.request(ourselves.events, body).partition(b"\r\n\r\n")
    headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n")[1:])
    address = f"http://127.0.0.1:{ourselves.events}/slack/events"
    async with session.post(address, data=content, headers=headers) as answer:
        answer.raise_for_status()
