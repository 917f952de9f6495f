"""A loop on a clock of its own, and programs that die on it."""

import asyncio
import warnings
from contextvars import copy_context

import pytest

from simulation.clock import Life, Standstill, VirtualLoop, buried, life_context, run_virtually


def played(main: object) -> object:
    with buried():
        return run_virtually(main)  # type: ignore[arg-type]


def test_an_hour_passes_at_once() -> None:
    async def main(loop: VirtualLoop) -> float:
        await asyncio.sleep(3_600)
        return loop.time()

    assert played(main) == 3_600


def test_nothing_that_will_ever_happen_is_a_standstill() -> None:
    async def main(loop: VirtualLoop) -> None:
        await loop.create_future()

    with pytest.raises(Standstill):
        played(main)


def test_nothing_of_a_dead_life_runs_not_even_a_finally() -> None:
    async def main(loop: VirtualLoop) -> list[str]:
        seen: list[str] = []
        life = Life(1)

        async def program() -> None:
            try:
                for n in range(10):
                    seen.append(str(n))
                    await asyncio.sleep(1)
            finally:
                seen.append("finally")

        task = loop.create_task(program(), context=life_context(life))
        await asyncio.sleep(2.5)
        life.die()
        await asyncio.sleep(10)
        assert not task.done()
        return [*seen]

    assert played(main) == ["0", "1", "2"]


def test_a_life_dies_before_the_handle_that_it_was_given() -> None:
    async def main(loop: VirtualLoop) -> list[int]:
        seen: list[int] = []
        life = Life(1)
        context = life_context(life)
        for n in range(5):
            loop.call_soon(seen.append, n, context=context)
        life.before_crash = 3
        await asyncio.sleep(1)
        return [*seen]

    assert played(main) == [0, 1, 2]


def test_what_had_not_begun_when_its_life_ended_never_begins_and_nobody_complains() -> None:
    seen: list[str] = []

    async def main(loop: VirtualLoop) -> None:
        life = Life(1)

        async def program() -> None:
            seen.append("begun")

        loop.create_task(program(), context=life_context(life))
        life.die()
        await asyncio.sleep(1)

    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        played(main)
    assert seen == []
    assert complaints == []


def test_tasks_of_a_life_and_what_they_start_belong_to_it() -> None:
    async def main(loop: VirtualLoop) -> list[str]:
        seen: list[str] = []
        life = Life(1)

        async def inner() -> None:
            await asyncio.sleep(1)
            seen.append("inner")

        async def outer() -> None:
            await asyncio.gather(inner(), inner())

        task = loop.create_task(outer(), context=life_context(life))
        outside = copy_context()
        loop.call_later(0.5, life.die, context=outside)
        loop.call_later(2, seen.append, "world", context=outside)
        await asyncio.sleep(5)
        assert not task.done()
        return [*seen]

    assert played(main) == ["world"]
