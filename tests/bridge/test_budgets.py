"""Budgets: nobody goes over, the oldest go first, and a block holds everybody."""

import asyncio

from bridge.budgets import LocalBudgets
from core.ports import Cost


class Clock:
    """A clock that a test moves. Waits of the loop stay real, but short."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_calls_within_the_limit_do_not_wait() -> None:
    budgets = LocalBudgets(Clock())
    cost = Cost(("slack", "C1"), 3, 1_000.0)
    async with asyncio.timeout(5):
        for _ in range(3):
            await budgets.take((cost,))


async def test_one_more_waits_until_the_window_has_passed() -> None:
    clock = Clock()
    budgets = LocalBudgets(clock)
    cost = Cost(("slack", "C1"), 1, 0.02)
    await budgets.take((cost,))
    waiting = asyncio.create_task(budgets.take((cost,)))
    await asyncio.sleep(0)
    assert not waiting.done()
    clock.now += 0.02
    async with asyncio.timeout(5):
        await waiting


async def test_the_oldest_is_served_first_and_backfill_last() -> None:
    budgets = LocalBudgets()
    cost = Cost(("slack", "C1"), 1, 0.01)
    await budgets.take((cost,))
    served: list[str] = []

    async def take(name: str, *, backfill: bool = False) -> None:
        await budgets.take((cost,), backfill=backfill)
        served.append(name)

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        for name, backfill in (("old backfill", True), ("first", False), ("second", False)):
            tasks.create_task(take(name, backfill=backfill))
            await asyncio.sleep(0)
    assert served == ["first", "second", "old backfill"]


async def test_a_busy_channel_does_not_hold_up_another() -> None:
    budgets = LocalBudgets(Clock())
    busy, other = Cost(("slack", "C1"), 1, 1_000.0), Cost(("slack", "C2"), 1, 1_000.0)
    everybody = Cost(("slack",), 10, 1_000.0)
    await budgets.take((busy, everybody))
    stuck = asyncio.create_task(budgets.take((busy, everybody)))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await budgets.take((other, everybody))
    stuck.cancel()


async def test_a_block_holds_until_it_ends() -> None:
    clock = Clock()
    budgets = LocalBudgets(clock)
    cost = Cost(("discord", "global"), 50, 1.0)
    budgets.block(cost.key, 0.01)
    waiting = asyncio.create_task(budgets.take((cost,)))
    await asyncio.sleep(0)
    assert not waiting.done()
    clock.now += 0.02
    async with asyncio.timeout(5):
        await waiting


async def test_an_answer_teaches_the_limit() -> None:
    clock = Clock()
    budgets = LocalBudgets(clock)
    cost = Cost(("discord", "webhook"), 5, 0.01)
    await budgets.take((cost,))
    budgets.learn(cost, limit=2, remaining=0, reset_after=0.01)
    waiting = asyncio.create_task(budgets.take((cost,)))
    await asyncio.sleep(0)
    assert not waiting.done()
    clock.now += 0.02
    async with asyncio.timeout(5):
        await waiting


async def test_who_gives_up_waiting_leaves_the_line_to_the_next() -> None:
    budgets = LocalBudgets()
    cost = Cost(("slack", "C1"), 1, 0.01)
    await budgets.take((cost,))
    first = asyncio.create_task(budgets.take((cost,)))
    second = asyncio.create_task(budgets.take((cost,)))
    await asyncio.sleep(0)
    first.cancel()
    async with asyncio.timeout(5):
        await second
    assert first.cancelled()


async def test_without_a_known_limit_only_answers_hold_calls_back() -> None:
    clock = Clock()
    budgets = LocalBudgets(clock)
    cost = Cost.scaled(("discord", "webhook"), 5, 2.0, 0)
    async with asyncio.timeout(5):
        for _ in range(1_000):
            await budgets.take((cost,))
    budgets.block(cost.key, 0.01)
    waiting = asyncio.create_task(budgets.take((cost,)))
    await asyncio.sleep(0)
    assert not waiting.done()
    clock.now += 0.02
    async with asyncio.timeout(5):
        await waiting
