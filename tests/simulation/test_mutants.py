"""The simulation finds planted bugs: each patch in mutants/ breaks one promise of our code.

A patch that does not apply any more is a failure too: adapt it to the code as it is. So is a
seed that fails without the patch as well: then it has found something else. A patch may name
the seed to look at first, where the others that find it are rare: 475 seeds take two minutes.
If that seed does not find it (any more), all are played.
"""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from simulation.run import play_seed

ROOT = Path(__file__).parents[2]
PATCHES = sorted((Path(__file__).parent / "mutants").glob("*.patch"))
SEEDS = "1:2000"
LONGEST = 900.0
"""Seconds that all of them may take together; some 25 on two idle processors."""


@pytest.mark.slow
async def test_every_planted_bug_is_found_within_2000_seeds(tmp_path: Path) -> None:
    assert len(PATCHES) >= 15
    turns = asyncio.Semaphore(os.cpu_count() or 1)

    async def one(patch: Path) -> tuple[str, int | str]:
        async with turns:
            return patch.stem, await _found(patch, tmp_path / patch.stem)

    async with asyncio.timeout(LONGEST), asyncio.TaskGroup() as tasks:
        found = [tasks.create_task(one(patch)) for patch in PATCHES]
    results = dict(task.result() for task in found)
    assert not {name: told for name, told in results.items() if isinstance(told, str)}
    seeds = {seed for seed in results.values() if isinstance(seed, int)}
    assert {seed: play_seed(seed).problems for seed in seeds} == {seed: [] for seed in seeds}


async def _found(patch: Path, tree: Path) -> int | str:
    """The first seed that fails with the patch, or what was said instead."""
    tree.mkdir()
    for folder in ("bridge", "core", "simulation"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    code, said = await _run(tree, "git", "apply", "--verbose", str(patch))
    if code:
        return f"the patch does not apply: {said[-500:]}"
    named = re.search(r"^Look at seed (\d+) first\.$", patch.read_text(), re.MULTILINE)
    for seeds in (f"{named[1]}:{named[1]}", SEEDS) if named else (SEEDS,):
        command = ("nice", "-n", "5", sys.executable, "-m", "bridge", "simulate", "--seeds", seeds)
        code, said = await _run(tree, *command, "--jobs", "1", "--first")
        failed = re.search(r"^seed (\d+) fails: ", said, re.MULTILINE)
        if code == 1 and failed is not None:
            return int(failed[1])
    return f"no seed of {SEEDS} fails: {said[-500:]}"


async def _run(tree: Path, *command: str) -> tuple[int, str]:
    environment = {**os.environ, "PYTHONPATH": str(tree), "GIT_DIR": str(tree / "no.git")}
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=tree,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    return process.returncode or 0, said.decode()
