"""Makes a failing script as short as it gets: what can go while it still fails, goes.

Takes away halves, then quarters, and so on down to single lines, for a bounded time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

from simulation.run import Played, play
from simulation.script import Script

ENOUGH = 90.0
"""Seconds after which the shortest one found so far is good enough."""


def shrink(
    failing: Played, *, seconds: float = ENOUGH, clock: Callable[[], float] = monotonic
) -> Played:
    """The shortest script found that fails, as it was played."""
    until = clock() + seconds
    best = failing
    size = max(len(best.script) // 2, 1)
    while clock() < until:
        smaller = _without_some(best, size, lambda: clock() < until)
        if smaller is not None:
            best = smaller
            size = min(size, max(len(best.script) // 2, 1))
        elif size == 1:
            break
        else:
            size = max(size // 2, 1)
    return best


def _without_some(best: Played, size: int, goes_on: Callable[[], bool]) -> Played | None:
    """One round through the script, each time without `size` of its lines."""
    found = None
    at = 0
    while at < len(best.script) and goes_on():
        played = play(_without(best.script, at, size))
        if played.problems:
            best = found = played
        else:
            at += size
    return found


def _without(script: Script, at: int, size: int) -> Script:
    left = list(_but(_lines(script), at, size))
    return replace(
        script,
        acts=tuple(line for kind, line in left if kind == "act"),
        faults=tuple(line for kind, line in left if kind == "fault"),
        crashes=tuple(line for kind, line in left if kind == "crash"),
        finale=tuple(line for kind, line in left if kind == "finale"),
    )


def _lines(script: Script) -> list[tuple[str, Any]]:
    """Faults first: most of them are in the way only."""
    return [
        *(("fault", fault) for fault in script.faults),
        *(("crash", crash) for crash in script.crashes),
        *(("finale", act) for act in script.finale),
        *(("act", act) for act in reversed(script.acts)),
    ]


def _but(lines: Sequence[tuple[str, Any]], at: int, size: int) -> Iterator[tuple[str, Any]]:
    kept = [*lines[:at], *lines[at + size :]]
    return iter(sorted(kept, key=lambda line: line[1].at))
