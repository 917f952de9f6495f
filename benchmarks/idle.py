"""`idle`: what 100,000 mirrors cost while nothing happens in them.

The same program with an empty database and with one of 100,000 mirrors: the
resident memory a mirror adds, and how much longer the start takes.
"""

import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks import program, world
from benchmarks.report import Result

ROUNDS = 3
THREADS = 50_000


def run() -> Result:
    with tempfile.TemporaryDirectory() as folder, program.receiver() as far:
        empty = world.build(Path(folder) / "empty", threads=0, channels=200)
        full = world.build(Path(folder) / "full", threads=THREADS, channels=200)
        memory: dict[str, list[float]] = {"empty": [], "full": []}
        starts: dict[str, list[float]] = {"empty": [], "full": []}
        for _ in range(ROUNDS):
            for name, made in (("empty", empty), ("full", full)):
                began = time.monotonic()
                with program.pinthread(far, made.database) as ourselves:
                    starts[name].append(time.monotonic() - began)
                    time.sleep(1.0)  # what the start left behind settles
                    memory[name].append(float(ourselves.resident()))
    mirrors = 2 * THREADS
    each = (median(memory["full"]) - median(memory["empty"])) / mirrors
    longer = median(starts["full"]) / median(starts["empty"])
    figures = {
        "bytes_per_mirror": each,
        "start": longer,
        "start_s": median(starts["full"]),
        "empty_start_s": median(starts["empty"]),
    }
    bounds = {"bytes_per_mirror": "< 200", "start": "< 3"}
    return Result("idle", figures, bounds, each < 200 and longer < 3)
