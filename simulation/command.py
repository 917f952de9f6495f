"""`pinthread simulate`: plays many seeds on all processors, and tells of those that fail.

The first failing seed is shrunk, and its shortest trace printed. A seed is replayed by
naming it alone.
"""

import _sqlite3
import gc
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from ctypes import CDLL
from dataclasses import asdict, dataclass, field, fields
from itertools import islice
from multiprocessing import get_context
from time import monotonic

from simulation.run import AT_LEAST, Figures, Played, play_seed
from simulation.shrink import shrink

AT_ONCE = 10
"""Seeds that one process is given at a time."""
_LAST_LINES = 400
_SINGLE_THREAD, _MEMORY_STATISTICS = 1, 9
"""What SQLite calls these settings."""
_TELL_EVERY = 200

Say = Callable[[str], None]


@dataclass(slots=True)
class Summary:
    """Of all seeds played. `failed` are seeds with their problems."""

    seeds: int = 0
    seconds: float = 0.0
    failed: dict[int, list[str]] = field(default_factory=dict)
    figures: Figures = field(default_factory=Figures)
    least: dict[str, int] = field(default_factory=dict)
    """What the seed with the least of it had."""

    def add(self, seed: int, problems: list[str], figures: Figures) -> None:
        self.seeds += 1
        if problems:
            self.failed[seed] = problems
        for name in AT_LEAST:
            there = getattr(figures, name)
            self.least[name] = min(there, self.least.get(name, there))
        for each in fields(Figures):
            total = getattr(self.figures, each.name) + getattr(figures, each.name)
            setattr(self.figures, each.name, total)


Result = tuple[int, list[str], Figures]


def run(
    seeds: range,
    *,
    as_json: bool,
    say: Say,
    jobs: int | None = None,
    first: bool = False,
    seconds: float = 90.0,
) -> int:
    """Plays the seeds and prints what became of them. The exit code is 1 if one failed.

    With `first` it ends at the first that fails, as it is.
    """
    began = monotonic()
    summary = Summary()
    for seed, problems, figures in play_all(seeds, jobs):
        summary.add(seed, problems, figures)
        if problems and not as_json:
            say(f"seed {seed} fails: {problems[0]}")
        if problems and first:
            break
        if not as_json and summary.seeds % _TELL_EVERY == 0:
            say(f"{summary.seeds} of {len(seeds)} seeds, {len(summary.failed)} failed")
    summary.seconds = round(monotonic() - began, 1)
    if as_json:
        say(json.dumps(asdict(summary), ensure_ascii=False))
    else:
        say(_in_words(summary))
    if summary.failed and not as_json and not first:
        tell(play_seed(min(summary.failed)), say, seconds=seconds)
    return 1 if summary.failed else 0


def play_all(seeds: range, jobs: int | None = None) -> Iterator[Result]:
    """As they are done, in any order."""
    jobs = jobs or os.cpu_count() or 1
    if jobs == 1 or len(seeds) <= 1:
        for seed in seeds:
            yield from play_some((seed,))
        return
    size = max(1, min(AT_ONCE, len(seeds) // jobs))
    chunks = iter([tuple(seeds[n : n + size]) for n in range(0, len(seeds), size)])
    with ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=spare_locks
    ) as pool:
        running: set[Future[list[Result]]] = {
            pool.submit(play_some, chunk) for chunk in islice(chunks, jobs * 2)
        }
        try:
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield from future.result()
                    running |= {pool.submit(play_some, chunk) for chunk in islice(chunks, 1)}
        finally:
            pool.shutdown(cancel_futures=True)


def spare_locks() -> None:
    """Tells SQLite that this process has one thread that uses it: its locks are 5 % of a seed.

    Only before anything is open. Where its library cannot be reached, the locks stay.
    """
    try:
        library = CDLL(_sqlite3.__file__)
        configure, end, begin = (
            getattr(library, f"sqlite3_{name}") for name in ("config", "shutdown", "initialize")
        )
    except (AttributeError, OSError):
        return
    end()
    configure(_SINGLE_THREAD)
    configure(_MEMORY_STATISTICS, 0)
    begin()


def play_some(seeds: tuple[int, ...]) -> list[Result]:
    """In this process. What has been imported by now is spared the collector."""
    gc.freeze()
    found = []
    for seed in seeds:
        played = play_seed(seed)
        found.append((seed, played.problems, played.figures))
    return found


def tell(failing: Played, say: Say, *, seconds: float) -> None:
    """The shortest trace of a failing script."""
    say(f"Shrinking seed {failing.script.seed}, for at most {seconds:.0f} s ...")
    short = shrink(failing, seconds=seconds)
    script = short.script
    say(f"Seed {script.seed} with {len(script)} of {len(failing.script)} lines of its script:")
    for planned in script.lines():
        say(f"  {planned}")
    for line in short.trace.text(_LAST_LINES):
        say(line)
    for problem in short.problems:
        say(f"PROBLEM  {problem}")


def _in_words(summary: Summary) -> str:
    made = summary.figures
    failed = f"{len(summary.failed)} FAILED" if summary.failed else "all passed"
    least = ", ".join(f"{count} {name}" for name, count in summary.least.items())
    return (
        f"{summary.seeds} seeds in {summary.seconds} s, {failed}: {made.actions} actions of "
        f"people, {made.calls} calls, {made.faults} faults, {made.crashes} crashes, "
        f"{made.found} findings of sweeps, {made.duplicates} late duplicates removed; in each "
        f"seed at least {least}"
    )
