"""`simulate`: the simulation with faults, crashes and checks, against itself without any.

People's actions and calls of platforms that one process gets through in a second of CPU
time, over the same seeds, in alternating rounds. The least of what a seed holds is told
as well, for a simulation of nothing would be fast.
"""

import gc
import time
from statistics import median

from benchmarks.report import Result, judge
from simulation.run import Played, play_seed

ROUNDS = 3
SEEDS = 12
"""In one round."""


def run() -> Result:
    play_seed(0)  # makes what all have in common
    gc.freeze()
    hard: list[float] = []
    calm: list[float] = []
    played: list[Played] = []
    for n in range(ROUNDS):
        seeds = range(1 + n * SEEDS, 1 + (n + 1) * SEEDS)
        rate, found = _round(seeds, hard=True)
        hard.append(rate)
        played += found
        calm.append(_round(seeds, hard=False)[0])
    figures = {
        "ratio": median(hard) / median(calm),
        "hard_per_s": median(hard),
        "calm_per_s": median(calm),
        "failed": float(sum(bool(one.problems) for one in played)),
        "least_actions": float(min(one.figures.actions for one in played)),
        "least_threads": float(min(one.figures.threads for one in played)),
        "least_places": float(min(one.figures.places for one in played)),
        "least_crashes": float(min(one.figures.crashes for one in played)),
        "least_faults": float(min(one.figures.faults for one in played)),
    }
    bounds = {
        "ratio": ">= 0.3",
        "failed": "<= 0",
        "least_actions": ">= 200",
        "least_threads": ">= 5",
        "least_places": ">= 3",
        "least_crashes": ">= 2",
        "least_faults": ">= 10",
    }
    return judge("simulate", figures, bounds)


def _round(seeds: range, *, hard: bool) -> tuple[float, list[Played]]:
    """Actions and calls a second of CPU time."""
    began = time.process_time()
    played = [play_seed(seed, faults=hard, judged=hard) for seed in seeds]
    took = time.process_time() - began
    done = sum(one.figures.actions + one.figures.calls for one in played)
    return done / took, played
