"""Pulling the plug while all faults are on: nothing lost, nothing twice, nothing out of order.

`make plug` runs it, by `PINTHREAD_PLUG` (how many seeds, from `PINTHREAD_SEED` on): a minute
and more each is too long for every run of the tests. `PINTHREAD_SOAK` (seconds) makes it a
soak of that length, which `make soak` runs: no kills then, and memory must stay flat.
"""

import asyncio
import logging
import os
import random
import statistics
from pathlib import Path

import pytest

from tests.program import plug
from tests.program.world import Whole, whole

SECONDS, PACE, THREADS = 60.0, 100.0, 200
SOAK = float(os.environ.get("PINTHREAD_SOAK", "0"))
PLUGS = int(os.environ.get("PINTHREAD_PLUG", "0"))
SEED = int(os.environ.get("PINTHREAD_SEED", "1"))
FAST = {"limits_factor": 0}
log = logging.getLogger(__name__)


async def unlimited(people: Whole) -> None:
    for platform in ("slack", "discord"):
        await people.control("PUT", f"/limits/{platform}", {"factor": 0})


@pytest.mark.skipif(not PLUGS, reason="make plug runs it")
@pytest.mark.parametrize("seed", range(SEED, SEED + max(PLUGS, 1)))
async def test_a_minute_of_faults_and_kills_loses_and_doubles_nothing(
    tmp_path: Path, seed: int
) -> None:
    async with whole(tmp_path, group=True, slack=FAST, discord=FAST) as people:
        await unlimited(people)
        dice = random.Random(seed)
        threads = await plug.open_threads(people, THREADS)
        await people.call("GET", "/api/me")
        traffic = plug.Traffic(people, threads, PACE, random.Random(seed + 1))
        await plug.curse(people, seed)
        over = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(traffic.run())
            async with asyncio.TaskGroup() as troubles:
                troubles.create_task(plug.pull_plugs(people, over, dice, (3.0, 6.0)))
                troubles.create_task(plug.switch_platforms(people, over, 12.0, 4.0))
                await asyncio.sleep(SECONDS)
                over.set()
            await plug.calm(people)
            await people.end()
            await people.start()
            traffic.stop()
        assert len(traffic.said) > SECONDS * PACE * 0.5
        await plug.settle(people, traffic, patience=180)


@pytest.mark.skipif(not SOAK, reason="make soak runs it")
async def test_a_soak_keeps_memory_flat(tmp_path: Path) -> None:
    async with whole(tmp_path, group=True, slack=FAST, discord=FAST) as people:
        await unlimited(people)
        threads = await plug.open_threads(people, THREADS)
        await people.call("GET", "/api/me")
        pace = min(PACE, THREADS * 150 / SOAK)  # a thread's messages fit one page of the verdict
        traffic = plug.Traffic(people, threads, pace, random.Random(SEED + 1))
        await plug.curse(people, SEED)
        over, memory = asyncio.Event(), []
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(traffic.run())
            tasks.create_task(plug.switch_platforms(people, over, 60.0, 10.0))
            for _ in range(100):
                await asyncio.sleep(SOAK / 100)
                memory.append(plug.resident(people))
            over.set()
            await plug.calm(people)
            traffic.stop()
        await people.end()
        await people.start()
        await plug.settle(people, traffic, patience=300)
        before, after = statistics.median(memory[25:50]), statistics.median(memory[75:])
        log.info("memory: %.1f MiB, later %.1f MiB", before / 2**20, after / 2**20)
        assert after < before * 1.2 + 8 * 2**20
