"""`files`: 50 files of 10 MiB from Slack to Discord at once, through the program.

Resident memory above idle while they cross, and how fast they cross against a plain
streamed copy through the same two servers: a client that reads from the one and writes
to the other, as many at a time as the program does.
"""

import asyncio
import tempfile
import threading
import time
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median

import aiohttp

from benchmarks import load, program, world
from benchmarks.report import Result

FILES, SIZE = 50, 10 * 1024 * 1024
AT_ONCE = 8
ROUNDS = 3


def run() -> Result:
    plain: list[float] = []
    ours: list[float] = []
    above: list[float] = []
    for n in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder, program.file_servers(SIZE) as far:
            plain.append(asyncio.run(_copied(far)))
            made = world.build(Path(folder), threads=FILES, channels=1)
            with program.pinthread(far, made.database) as ourselves:
                _settle(ourselves)
                seconds, peak = _crossed(far, ourselves, made, f"r{n}")
            ours.append(seconds)
            above.append(peak)
    speed = median(plain) / median(ours)
    memory = median(above) / 2**20
    figures = {
        "memory_mib": memory,
        "throughput": speed,
        "mib_per_s": FILES * SIZE / 2**20 / median(ours),
        "plain_mib_per_s": FILES * SIZE / 2**20 / median(plain),
    }
    bounds = {"memory_mib": "< 64", "throughput": ">= 0.7"}
    return Result("files", figures, bounds, memory < 64 and speed >= 0.7)


async def _copied(far: program.Far) -> float:
    """Seconds of a plain copy."""
    places = asyncio.Semaphore(AT_ONCE)

    async def copy(session: aiohttp.ClientSession, n: int) -> None:
        async with places, session.get(f"http://127.0.0.1:{far.rest}/slack/files/C{n}") as source:

            async def body() -> AsyncIterator[bytes]:
                async for piece in source.content.iter_chunked(128 * 1024):
                    yield piece

            form = aiohttp.FormData()
            form.add_field("files[0]", body(), filename=f"{n}.bin")
            target = f"{far.api}/webhooks/1/t?wait=true&thread_id=1"
            async with session.post(target, data=form) as answer:
                await answer.read()

    started = time.monotonic()
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(copy(session, n) for n in range(FILES)))
    return time.monotonic() - started


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

    watching = threading.Thread(target=watch)
    watching.start()
    before = program.get(f"http://127.0.0.1:{far.rest}/_taken")["taken"]
    started = time.monotonic()
    try:
        for n, root in enumerate(made.space_of):
            channel, _, thread_ts = root.partition(":")
            _send(ourselves, load.event(channel, thread_ts, n, run, [_file(far, f"{run}F{n}")]))
        while program.get(f"http://127.0.0.1:{far.rest}/_taken")["taken"] - before < FILES:
            if time.monotonic() - started > 180:
                raise TimeoutError("the files did not all arrive")
            time.sleep(0.05)
        return time.monotonic() - started, float(max(peak - idle, 0))
    finally:
        done.set()
        watching.join()


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


def _send(ourselves: program.Program, body: bytes) -> None:
    """One signed event, acknowledged."""
    head, _, content = load.request(ourselves.events, body).partition(b"\r\n\r\n")
    headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n")[1:])
    address = f"http://127.0.0.1:{ourselves.events}/slack/events"
    asked = urllib.request.Request(address, data=content, headers=headers)
    with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310 (loopback)
        answer.read()
