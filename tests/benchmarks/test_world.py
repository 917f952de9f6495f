"""Where the threads of the benchmarks' databases stand, for the figures depend on it."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

from benchmarks import program, world


def channels(made: world.World, platform: str, first: int) -> Counter[str]:
    """How many of the first threads stand in each channel."""
    with closing(sqlite3.connect(made.database)) as db:
        found = dict(
            db.execute("SELECT thread, channel FROM mirrors WHERE platform = ?", (platform,))
        )
    return Counter(found[thread] for thread in made.ids[:first])


def test_in_blocks_the_first_threads_stand_in_one_forum(tmp_path: Path) -> None:
    made = world.build(tmp_path, threads=12, channels=4, blocks=True)
    assert list(channels(made, "discord", 4).values()) == [4]
    assert list(channels(made, "discord", 12).values()) == [4, 4, 4]
    assert list(channels(made, "slack", 12).values()) == [3, 3, 3, 3]


def test_else_neighbours_stand_apart_on_either_side(tmp_path: Path) -> None:
    made = world.build(tmp_path, threads=12, channels=4)
    for platform in ("slack", "discord"):
        assert list(channels(made, platform, 4).values()) == [1, 1, 1, 1]
        assert list(channels(made, platform, 12).values()) == [3, 3, 3, 3]


def test_the_program_is_told_of_every_brand_of_the_world(tmp_path: Path) -> None:
    made = world.build(tmp_path, threads=4, channels=2)
    told = program.rules(made.database)["brands"]
    assert {one["handle"] for one in told} == {"brand0", "brand1"}
    assert {one["staff_role"] for one in told} == {"agent"}
