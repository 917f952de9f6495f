"""Who goes first where a channel takes less than what waits, and who waits for how long."""

from dataclasses import dataclass
from datetime import timedelta

from bridge.delivery.lanes import MOST_AT_ONCE
from bridge.intake.intake import Intake
from bridge.wakeup import LocalWakeups
from core.delivery import Verb, Write
from core.ids import PinId
from core.intents import EditMessage, Handle, Intent, PostMessage, React, StartThread
from core.ports.needs import Cost
from core.ports.store import Store
from tests.anyone import ANYONE
from tests.bridge.conftest import MIA, NOW
from tests.bridge.scripted_platform import ScriptedPlatform
from tests.bridge.test_intake import accepted, start
from tests.bridge.test_lanes import running, settled

THREADS = MOST_AT_ONCE + 10


@dataclass(slots=True)
class Limited(ScriptedPlatform):
    """One call in 30 milliseconds, in any channel: on a busy machine too they all wait for it."""

    def costs(self, write: Write) -> tuple[Cost, ...]:
        return (Cost(("calls",), 1, 0.03),)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> object:
        return self.now


async def test_of_more_threads_than_run_at_once_the_oldest_words_go_first(
    store: Store, wakeups: LocalWakeups
) -> None:
    clock = Clock()
    intake = Intake(store, wakeups, clock, ANYONE)  # type: ignore[arg-type]
    threads = []
    for n in range(THREADS):
        clock.now = NOW + timedelta(seconds=n)
        what = StartThread((Handle("northwind"),), PinId(f"99{n:05d}"), f"first {n}")
        threads.append((await accepted(intake, Intent(f"s{n}", MIA.id, what))).thread)
    # The threads that are younger have the older second words.
    for n in range(THREADS):
        clock.now = NOW + timedelta(hours=1, seconds=n)
        thread = threads[THREADS - 1 - n]
        await accepted(intake, Intent(f"w{n}", MIA.id, PostMessage(thread, f"second {n}")))
    slack = Limited()
    async with running(store, wakeups, slack):
        await settled(store, wakeups)
    texts = [text for _, kind, text in slack.shown if kind == "text"]
    assert texts[:THREADS] == [f"first {n}" for n in range(THREADS)]
    assert texts[THREADS:] == [f"second {n}" for n in range(THREADS)]


async def test_words_that_wait_go_before_an_edit_that_waits_for_longer(
    store: Store, wakeups: LocalWakeups
) -> None:
    clock = Clock()
    intake = Intake(store, wakeups, clock, ANYONE)  # type: ignore[arg-type]
    slack = Limited()
    opened = []
    for n in range(2):
        what = StartThread((Handle("northwind"),), PinId(f"99{n:05d}"), f"first {n}")
        opened.append(await accepted(intake, Intent(f"s{n}", MIA.id, what)))
    async with running(store, wakeups, slack):
        await settled(store, wakeups)
    edited, other = opened
    assert edited.message is not None
    await accepted(intake, Intent("e", MIA.id, EditMessage(edited.message, "edited")))
    await accepted(intake, Intent("r", MIA.id, React(edited.message, "\U0001f44d", True)))
    for n in range(3):
        clock.now = NOW + timedelta(hours=1, seconds=n)
        await accepted(intake, Intent(f"w{n}", MIA.id, PostMessage(other.thread, f"word {n}")))
    slack.calls.clear()
    async with running(store, wakeups, slack):
        await slack.until(len(slack.shown) + 5)
    verbs = [call.step.verb for call in slack.calls]
    # The first of all finds the budget free, whatever it is; from then on words go first.
    assert sorted(verbs[1:4]) == [Verb.POST] * 3 or verbs[:3] == [Verb.POST] * 3


async def test_a_clock_that_was_set_back_holds_no_lane_up(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    thread = (await accepted(intake, start("a"))).thread
    for mirror in await store.mirrors_of(thread):
        await store.park(mirror.id, attempts=1, retry_at=NOW + timedelta(hours=1))
    slack = ScriptedPlatform()
    async with running(store, wakeups, slack):
        await slack.until(2)
    assert [kind for _, kind, _ in slack.shown] == ["card", "text"]
