"""Seeds of the simulation at every run of the tests; `pinthread simulate` plays more of them."""

import pytest

from simulation import command
from simulation.run import play_seed

SEEDS = 1_000
AT_ONCE = 500
FOUND = (255, 594)
"""Seeds that failed once: docs/reliability.md says why."""


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, SEEDS + 1, AT_ONCE))
def test_every_seed_ends_as_promised(first: int) -> None:
    """Each on all processors: `--dist loadfile` gives the whole file to one worker."""
    said: list[str] = []
    seeds = range(first, first + AT_ONCE)
    assert command.run(seeds, as_json=True, say=said.append) == 0, said[-1][:3000]


@pytest.mark.parametrize("seed", FOUND)
def test_a_seed_that_failed_once_passes(seed: int) -> None:
    assert play_seed(seed).problems == []
