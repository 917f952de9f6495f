"""`drain`: 10,000 waiting messages over 50 threads in 5 channels, against the limits.

The messages are in the store before the program starts. The clock runs from the first
call that comes out to the last; the least time is what a caller without any delay would
take under the same limits. Each platform by itself.
"""

import asyncio
import tempfile
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import limits, program, world
from benchmarks.report import Result, judge
from bridge.intake.intake import Intake
from bridge.store import open_store
from bridge.wakeup import LocalWakeups
from core.ids import AccountId, ThreadId
from core.intents import Intent, PostMessage

MESSAGES, THREADS, CHANNELS = 10_000, 50, 5
DISCORD_FACTOR, SLACK_FACTOR = 40, 50
"""How many times the documented limits hold, so that it takes seconds and not hours."""
BEGAN = datetime(2026, 1, 2, tzinfo=UTC)


def run() -> Result:
    figures: dict[str, float] = {}
    for platform, factor in (("discord", DISCORD_FACTOR), ("slack", SLACK_FACTOR)):
        figures |= {f"{platform}_{name}": value for name, value in _drain(platform, factor).items()}
    bounds = {f"{platform}_of_least": "<= 1.05" for platform in ("discord", "slack")}
    bounds |= {f"{platform}_refused_again": "<= 0" for platform in ("discord", "slack")}
    return judge("drain", figures, bounds)


def _drain(platform: str, factor: int) -> dict[str, float]:
    # A thread's channel here is a brand's inbox in Slack, a follower's forum in Discord.
    channels = CHANNELS if platform == "slack" else THREADS // CHANNELS
    with tempfile.TemporaryDirectory() as folder, program.receiver(factor=factor) as far:
        made = world.build(Path(folder), threads=THREADS, channels=channels, blocks=True)
        asyncio.run(wait_with(made, MESSAGES))
        with program.pinthread(far, made.database, platforms=(platform,), factor=factor):
            calls = far.wait_for(MESSAGES, 140)
        refused = far.refused()
    check_order(calls)
    spread = [MESSAGES // CHANNELS] * CHANNELS
    known = limits.least_discord if platform == "discord" else limits.least_slack
    least = known(spread, factor)
    took = max(at for _, _, at in calls) - min(at for _, _, at in calls)
    budgets = Counter(name for name, _ in refused)
    return {
        "of_least": took / least,
        "seconds": took,
        "least_seconds": least,
        "limits_factor": factor,
        "refused": len(refused),
        "refused_again": sum(times - 1 for times in budgets.values()),
    }


async def wait_with(made: world.World, count: int, threads: int | None = None) -> None:
    """Puts messages into the store that wait, in turn over the first `threads` threads."""
    store = open_store(f"sqlite:///{made.database}")
    await store.open()
    at = BEGAN
    intake = Intake(store, LocalWakeups(), lambda: at, world.RULES)
    try:
        opened = [
            (thread, head.creator)
            for thread in await _threads(made)
            if (row := await store.thread(thread)) and (head := await store.head(row.conversation))
        ][:threads]
        for first in range(0, count, len(opened)):
            at += timedelta(milliseconds=1)
            pairs = list(enumerate(opened[: count - first], first))
            await asyncio.gather(*(_say(intake, n, *pair) for n, pair in pairs))
    finally:
        await store.close()


async def _say(intake: Intake, n: int, thread: ThreadId, author: AccountId) -> None:
    await intake.submit(Intent(f"waits:{n}", author, PostMessage(thread, f"waits {n}")))


async def _threads(made: world.World) -> list[ThreadId]:
    return [ThreadId(thread) for thread in made.ids]


def check_order(calls: list[tuple[str, str, float]]) -> None:
    """Each message once, and in order in its thread."""
    numbers = [text for _, text, _ in calls]
    if len(set(numbers)) != len(numbers):
        raise AssertionError("a message came twice")
    threads: dict[str, list[int]] = defaultdict(list)
    for thread, text, _ in calls:
        threads[thread].append(int(text.split()[1]))
    if any(seen != sorted(seen) for seen in threads.values()):
        raise AssertionError("out of order")
