"""`fair`: the delay of messages in other channels while 10,000 wait and drain in one.

All of them go to Discord through one program. Messages arrive one by one in five
channels, once beside a channel in which 10,000 wait, and once alone, in turns. The
limits are scaled so far that the busy channel always has something to send, in bursts
as the limits let it.
"""

import asyncio
import json
import tempfile
from pathlib import Path
from statistics import median

from benchmarks import drain, program, world
from benchmarks.relay import p99
from benchmarks.report import Result, judge
from bridge.store import open_store
from core.ids import ThreadId

MESSAGES, THREADS, OTHERS = 10_000, 10, 5
PACE, PACED = 100.0, 1_100
FACTOR = 10
ROUNDS = 3


def run() -> Result:
    with_it: list[float] = []
    alone: list[float] = []
    drained = refused = 0
    with tempfile.TemporaryDirectory() as folder:
        busy, calm = (_world(Path(folder) / f"{count}", count) for count in (MESSAGES, 0))
        for n in range(ROUNDS):
            late, also, over = _delays(busy, f"w{n}")
            with_it.append(p99(late))
            drained += also
            refused += over
            late, also, over = _delays(calm, f"a{n}")
            alone.append(p99(late))
            refused += over
            if also:
                raise AssertionError("something drained where nothing waits")
    figures = {
        "p99_of_alone": median(with_it) / median(alone),
        "p99_ms": median(with_it) * 1e3,
        "alone_p99_ms": median(alone) * 1e3,
        "drained_meanwhile": drained / ROUNDS,
        "limits_factor": FACTOR,
        "refused": refused,
    }
    return judge("fair", figures, {"p99_of_alone": "<= 1.2", "drained_meanwhile": "> 0"})


def _world(folder: Path, waiting: int) -> world.World:
    made = world.build(folder, threads=(1 + OTHERS) * THREADS, channels=THREADS, blocks=True)
    if waiting:
        asyncio.run(drain.wait_with(made, waiting, THREADS))
        asyncio.run(_only_discord(made))
    quiet = json.loads(made.threads.read_text())[THREADS:]
    made.threads.write_text(json.dumps(quiet))
    return made


def _delays(made: world.World, run: str) -> tuple[list[float], int, int]:
    """Seconds from sending to the call of each message, how many others came meanwhile, and
    how many calls were refused.
    """
    with (
        program.receiver(factor=FACTOR) as far,
        program.pinthread(far, made.database, factor=FACTOR) as ourselves,
    ):
        sent = program.load(ourselves.events, made.threads, PACED, run, PACE)["sent"]
        found: list[float] = []
        others = 0
        while len(found) < PACED:
            for _, text, at in far.notes():
                if text.startswith(run):
                    found.append(at - sent[text.split()[1]])
                else:
                    others += 1
        return found, others, len(far.refused())


async def _only_discord(made: world.World) -> None:
    """The waiting messages were read in Slack already."""
    store = open_store(f"sqlite:///{made.database}")
    await store.open()
    for thread in made.ids[:THREADS]:
        row = await store.thread(ThreadId(thread))
        assert row is not None
        for mirror in await store.mirrors_of(ThreadId(thread)):
            if mirror.place.platform == "slack":
                await store.pass_over(mirror.id, row.tail)
    await store.close()
