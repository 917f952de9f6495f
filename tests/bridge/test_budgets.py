"""Budgets: nobody goes over, the oldest go first, and a block holds everybody."""

import asyncio
import itertools
import random
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from benchmarks.limits import Limits, least_discord
from bridge.delivery.budgets import LocalBudgets
from core.ports.needs import Cost


class Clock:
    """A clock that a test moves. Waits of the loop stay real, but short."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_calls_within_the_limit_do_not_wait() -> None:
    budgets = LocalBudgets(Clock())
    cost = Cost(("slack", "C1"), 3, 1_000.0)
    async with asyncio.timeout(30):
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
    clock.now += 0.04
    async with asyncio.timeout(30):
        await waiting


async def test_the_oldest_is_served_first_and_backfill_last() -> None:
    budgets = LocalBudgets()
    cost = Cost(("slack", "C1"), 1, 0.01)
    await budgets.take((cost,))
    served: list[str] = []

    async def take(name: str, *, backfill: bool = False) -> None:
        await budgets.take((cost,), backfill=backfill)
        served.append(name)

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
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
    async with asyncio.timeout(30):
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
    async with asyncio.timeout(30):
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
    async with asyncio.timeout(30):
        await waiting


async def test_who_gives_up_waiting_leaves_the_line_to_the_next() -> None:
    budgets = LocalBudgets()
    cost = Cost(("slack", "C1"), 1, 0.01)
    await budgets.take((cost,))
    first = asyncio.create_task(budgets.take((cost,)))
    second = asyncio.create_task(budgets.take((cost,)))
    await asyncio.sleep(0)
    first.cancel()
    async with asyncio.timeout(30):
        await second
    assert first.cancelled()


async def test_without_a_known_limit_only_answers_hold_calls_back() -> None:
    clock = Clock()
    budgets = LocalBudgets(clock)
    cost = Cost.scaled(("discord", "webhook"), 5, 2.0, 0)
    async with asyncio.timeout(30):
        for _ in range(1_000):
            await budgets.take((cost,))
    budgets.block(cost.key, 0.01)
    waiting = asyncio.create_task(budgets.take((cost,)))
    await asyncio.sleep(0)
    assert not waiting.done()
    clock.now += 0.02
    async with asyncio.timeout(30):
        await waiting


async def test_the_oldest_event_goes_first_whoever_came_first() -> None:
    budgets = LocalBudgets()
    cost = Cost(("slack", "C1"), 1, 0.01)
    await budgets.take((cost,))
    served: list[float] = []

    async def take(since: float) -> None:
        await budgets.take((cost,), since=since)
        served.append(since)

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        for since in (30.0, 10.0, 20.0, 0.0):
            tasks.create_task(take(since))
            await asyncio.sleep(0)
    assert served == [0.0, 10.0, 20.0, 30.0]


async def test_who_waits_for_one_budget_holds_none_of_the_others() -> None:
    clock = Clock()
    budgets = LocalBudgets(clock)
    own, everybody = Cost(("slack", "C1"), 5, 1_000.0), Cost(("slack",), 1, 1_000.0)
    await budgets.take((Cost(("slack", "C2"), 5, 1_000.0), everybody))
    waiting = [asyncio.create_task(budgets.take((own, everybody))) for _ in range(5)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    assert all(budgets.try_take((own,)) for _ in range(5))
    assert not budgets.try_take((own,))


# --- over virtual time --------------------------------------------------------------------


class Virtual(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer as soon as nothing is ready."""

    def __init__(self) -> None:
        super().__init__()
        self._at = 0.0

    def time(self) -> float:
        return self._at

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self._at = max(self._at, self._scheduled[0].when())  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


T = TypeVar("T")


def over_time(scenario: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=Virtual) as runner:
        return runner.run(scenario)


@dataclass
class Discord:
    """Answers like Discord: windows that begin with a call, headers, 429."""

    limits: Limits
    dice: random.Random
    served: list[tuple[float, str, int]] = field(default_factory=list)
    """When, in which channel, and which message."""

    async def post(self, budgets: LocalBudgets, cost: Cost, channel: str, n: int) -> float | None:
        """Seconds to wait where it was one too many. The way there and back takes a while."""
        now = asyncio.get_running_loop().time
        await asyncio.sleep(self.dice.uniform(0.020, 0.029))
        headers, wait = self.limits.webhook(channel)
        if wait is None:
            self.served.append((now(), channel, n))
        await asyncio.sleep(self.dice.uniform(0.020, 0.029))
        budgets.learn(
            cost,
            limit=int(headers["X-RateLimit-Limit"]),
            remaining=int(headers["X-RateLimit-Remaining"]),
            reset_after=float(headers["X-RateLimit-Reset-After"]),
        )
        if wait is not None:
            budgets.block(cost.key, wait)
        return wait


async def sending(
    discord: Discord, budgets: LocalBudgets, channel: str, messages: Sequence[int], lanes: int = 10
) -> None:
    """Lanes that share a channel, each with every tenth message, in order."""
    costs = (
        Cost(("webhook", channel), 5, 2.0),
        Cost(("channel", channel), 30, 60.0),
        Cost(("global",), 50, 1.0),
    )

    async def lane(own: Sequence[int]) -> None:
        for n in own:
            while True:
                if not budgets.try_take(costs):
                    await budgets.take(costs, since=float(n))
                wait = await discord.post(budgets, costs[0], channel, n)
                if wait is None:
                    break
                await asyncio.sleep(wait)

    async with asyncio.TaskGroup() as tasks:
        for first in range(lanes):
            tasks.create_task(lane(messages[first::lanes]))


@pytest.mark.parametrize("seed", range(5))
def test_the_documented_limits_are_spent_to_the_full_and_not_one_call_more(seed: int) -> None:
    async def scenario() -> Discord:
        loop = asyncio.get_running_loop()
        discord = Discord(Limits(1.0, loop.time), random.Random(seed))
        budgets = LocalBudgets()
        async with asyncio.TaskGroup() as tasks:
            for channel in range(20):
                tasks.create_task(sending(discord, budgets, f"c{channel}", range(100)))
        return discord

    discord = over_time(scenario())
    assert discord.limits.refused == []
    assert len(discord.served) == 2_000
    took = discord.served[-1][0] - discord.served[0][0]
    assert took <= 1.01 * least_discord([100] * 20, 1.0)


@pytest.mark.parametrize(("webhook", "seed"), [((3, 5.0), 1), ((10, 1.0), 2), ((4, 0.7), 3)])
def test_limits_other_than_the_documented_ones_are_learnt_from_headers(
    webhook: tuple[int, float], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform has changed its mind since."""
    monkeypatch.setattr("benchmarks.limits.WEBHOOK", webhook)
    monkeypatch.setattr("benchmarks.limits.CHANNEL", (10_000, 60.0))

    async def scenario() -> Discord:
        loop = asyncio.get_running_loop()
        discord = Discord(Limits(1.0, loop.time), random.Random(seed))
        budgets = LocalBudgets()
        budgets.block(("never",), 0.0)
        roomy = Cost(("channel", "c"), 10_000, 60.0)
        costs = (Cost(("webhook", "c"), 5, 2.0), roomy)

        async def lane(own: Sequence[int]) -> None:
            for n in own:
                while True:
                    await budgets.take(costs, since=float(n))
                    wait = await discord.post(budgets, costs[0], "c", n)
                    if wait is None:
                        break
                    await asyncio.sleep(wait)

        async with asyncio.TaskGroup() as tasks:
            for first in range(10):
                tasks.create_task(lane(range(first, 400, 10)))
        return discord

    discord = over_time(scenario())
    limit, seconds = webhook
    first_window = discord.served[0][0] + seconds
    assert all(at <= first_window for _, at in discord.limits.refused)
    took = discord.served[-1][0] - discord.served[0][0]
    assert took <= 1.1 * (-(-400 // limit) - 1) * seconds + 0.1


def test_a_channel_with_ten_thousand_waiting_delays_another_by_no_more_than_its_turn() -> None:
    async def scenario() -> tuple[list[float], float]:
        loop = asyncio.get_running_loop()
        budgets = LocalBudgets()
        everybody = Cost(("global",), 10, 1.0)
        busy = (Cost(("busy",), 0, 0.0), everybody)
        waiting = [asyncio.ensure_future(budgets.take(busy, since=float(n))) for n in range(10_000)]
        await asyncio.sleep(5)
        delays = []
        for n in range(20):
            began = loop.time()
            await budgets.take((Cost(("other",), 0, 0.0), everybody), since=1e9 + n)
            delays.append(loop.time() - began)
            await asyncio.sleep(0.37)
        ended = loop.time()
        served = sum(task.done() for task in waiting)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        return delays, served / ended

    delays, rate = over_time(scenario())
    # At the worst the window has just been used up: then the other one is the first or second.
    assert max(delays) <= 1.1
    assert rate > 7


def test_people_go_before_sweeps_at_a_budget_that_channels_share() -> None:
    async def scenario() -> list[str]:
        budgets = LocalBudgets()
        everybody = Cost(("global",), 1, 1.0)
        await budgets.take((everybody,))
        served: list[str] = []

        async def take(name: str, *, backfill: bool) -> None:
            await budgets.take((Cost((name,), 0, 0.0), everybody), backfill=backfill)
            served.append(name)

        async with asyncio.TaskGroup() as tasks:
            for name in ("sweep one", "sweep two", "words one", "words two"):
                tasks.create_task(take(name, backfill=name.startswith("sweep")))
        return served

    assert over_time(scenario()) == ["words one", "words two", "sweep one", "sweep two"]


def test_a_head_that_waits_for_a_further_budget_gives_way_to_an_older_one() -> None:
    """A file needs more budgets than words; words that are older do not wait for those."""

    async def scenario() -> list[str]:
        budgets = LocalBudgets()
        channel, uploads = Cost(("channel",), 1, 1.0), Cost(("uploads",), 1, 100.0)
        await budgets.take((channel, uploads))
        served: list[str] = []

        async def take(name: str, since: float, *costs: Cost) -> None:
            await budgets.take(costs, since=since)
            served.append(name)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(take("file", 5.0, channel, uploads))
            await asyncio.sleep(10)
            tasks.create_task(take("older words", 1.0, channel))
        return served

    assert over_time(scenario()) == ["older words", "file"]


async def test_words_do_not_wait_behind_an_upload_that_needs_a_scarcer_budget() -> None:
    budgets = LocalBudgets()
    channel, scarce = Cost(("slack", "C1"), 2, 0.02), Cost(("slack", "upload"), 1, 1_000.0)
    await budgets.take((channel, scarce))
    await budgets.take((channel,))
    upload = asyncio.create_task(budgets.take((channel, scarce), since=1.0))
    await asyncio.sleep(0)
    assert not budgets.try_take((channel,)), "nobody overtakes those who wait"
    async with asyncio.timeout(30):
        for n in range(5):
            await budgets.take((channel,), since=2.0 + n)
    assert not upload.done()
    upload.cancel()
    await asyncio.wait((upload,))
    async with asyncio.timeout(30):
        await budgets.take((channel,))


async def test_what_waited_in_a_line_comes_evenly_and_not_in_one_burst() -> None:
    budgets, loop = LocalBudgets(), asyncio.get_running_loop()
    cost = Cost(("discord", "webhook"), 20, 0.2)
    for _ in range(20):
        await budgets.take((cost,))
    served: list[float] = []

    async def take() -> None:
        await budgets.take((cost,))
        served.append(loop.time())

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        for _ in range(10):
            tasks.create_task(take())
    pauses = [later - earlier for earlier, later in itertools.pairwise(served)]
    assert min(pauses) > 0.004, "half of a twentieth of the window, less what timers may be early"
    assert served[-1] - served[0] < 0.2, "and all of it within the window"


async def test_a_budget_that_refills_allows_a_burst_and_then_one_after_another() -> None:
    clock = Clock()
    budgets = LocalBudgets(clock)
    cost = Cost(("slack", "C1"), 5, 5.0, refills=True)
    assert [budgets.try_take((cost,)) for _ in range(5)] == [True] * 4 + [False]
    for _ in range(10):
        clock.now += 0.9
        assert not budgets.try_take((cost,))
        clock.now += 0.11
        assert budgets.try_take((cost,))


async def test_a_budget_that_refills_is_full_after_a_rest() -> None:
    clock = Clock()
    budgets = LocalBudgets(clock)
    cost = Cost(("slack", "C1"), 5, 5.0, refills=True)
    for _ in range(2):
        assert sum(budgets.try_take((cost,)) for _ in range(9)) == 4
        clock.now += 60.0


async def test_an_answer_holds_back_a_budget_that_refills_too() -> None:
    clock = Clock()
    budgets = LocalBudgets(clock)
    cost = Cost(("slack", "C1"), 5, 5.0, refills=True)
    assert budgets.try_take((cost,))
    budgets.block(cost.key, 30.0)
    clock.now += 29.0
    assert not budgets.try_take((cost,))
    clock.now += 1.5
    assert budgets.try_take((cost,))
