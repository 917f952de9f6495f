"""Deliveries that begin with the commit of their event: one commit before the call, no less."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from bridge.delivery.lanes import Lanes
from bridge.intake.intake import Intake
from bridge.wakeup import LocalWakeups
from core.delivery import Failure, FailureKind, Receipt, Sending, Write
from core.ids import MirrorId, RemoteId, SpaceId
from core.intents import InSpace, Intent, Origin, Person, PostMessage
from core.model import Identity, Mirror, Profile
from core.ports.needs import Cost
from core.ports.outcomes import Accepted
from core.ports.rows import Begun, Commit, Committed, Duplicate, Stale
from core.ports.store import Store
from tests.bridge.conftest import INBOX, NOW
from tests.bridge.scripted_platform import Die, Lost, ScriptedPlatform
from tests.bridge.test_intake import accepted, start
from tests.bridge.test_lanes import lanes_on, said, settled

ADA = Person(Identity("slack", "T1", "UADA"), Profile("Ada"))


@dataclass(slots=True)
class Witness(ScriptedPlatform):
    """A platform that looks into the store before it does what it is asked."""

    store: Store | None = None
    marks: list[Sending | None] = field(default_factory=list)
    limited: bool = False

    def costs(self, write: Write) -> tuple[Cost, ...]:
        return (Cost(("all",), 0, 0.0),) if self.limited else ()

    async def write(self, write: Write) -> Receipt | Failure:
        assert self.store is not None
        work = await self.store.lane(write.mirror.id, 50)
        self.marks.append(None if work is None else work.sending)
        # Not super(): a dataclass with slots is another class than the one this was defined in.
        return await ScriptedPlatform.write(self, write)


class Spy:
    """Counts what is written for deliveries, and tells `committed` of each commit."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begins: list[tuple[MirrorId, bool]] = []
        self.begun: list[Begun] = []
        self.outcomes: list[Stale] = []
        self.lanes: Lanes | None = None
        self._begin, self._commit = store.begin, store.commit
        monkeypatch.setattr(store, "begin", self.begin)
        monkeypatch.setattr(store, "commit", self.commit)

    async def begin(self, mirror: MirrorId, sending: Sending) -> None:
        self.begins.append((mirror, sending.in_flight))
        await self._begin(mirror, sending)

    async def commit(self, commit: Commit) -> Committed | Duplicate | Stale:
        self.begun += commit.begun
        if self.outcomes:
            return self.outcomes.pop()
        result = await self._commit(commit)
        if self.lanes is not None:
            self.lanes.stop()
        return result


@pytest.fixture
def spy(store: Store, monkeypatch: pytest.MonkeyPatch) -> Spy:
    return Spy(store, monkeypatch)


@asynccontextmanager
async def running(
    store: Store, intake: Intake, wakeups: LocalWakeups, *platforms: ScriptedPlatform
) -> AsyncIterator[Lanes]:
    lanes = lanes_on(store, wakeups, *platforms, release=intake)
    intake.connect(lanes.ahead)
    task = asyncio.create_task(lanes.run())
    try:
        yield lanes
    finally:
        lanes.stop()
        await task


async def idle(
    store: Store, intake: Intake, wakeups: LocalWakeups, slack: ScriptedPlatform
) -> Accepted:
    """A thread whose card and first words stand in Slack; its lane has ended."""
    thread = await accepted(intake, start("a"))
    await slack.until(2)
    await settled(store, wakeups)
    mirror = await in_slack(store, thread)
    await store.spot("slack", SpaceId(mirror.space or ""))
    await quiet(store)
    return thread


async def quiet(store: Store) -> None:
    """Until lanes that have nothing left to write have ended."""
    await store.use_once(f"{random.random()}", NOW)
    for _ in range(20):
        await asyncio.sleep(0)


async def in_slack(store: Store, thread: Accepted) -> Mirror:
    mirrors = await store.mirrors_of(thread.thread)
    return next(mirror for mirror in mirrors if mirror.place.platform == "slack")


async def test_an_idle_mirror_is_called_after_one_commit(
    store: Store, intake: Intake, wakeups: LocalWakeups, spy: Spy
) -> None:
    slack = Witness(store=store)
    async with running(store, intake, wakeups, slack):
        thread = await idle(store, intake, wakeups, slack)
        spy.begins.clear()
        for n in range(3):
            said_last = await accepted(intake, said(f"{n}", thread.thread, f"word {n}"))
            await slack.until(3 + n)
            await settled(store, wakeups)
            await quiet(store)
            mark = slack.marks[-1]
            assert mark is not None, "it is known that the call is under way before it is made"
            assert (mark.in_flight, mark.seq) == (True, said_last.seq)
    assert (spy.begins, len(spy.begun), slack.searches) == ([], 3, 0)
    assert [text for _, _, text in slack.shown[2:]] == [f"word {n}" for n in range(3)]
    mirror = await in_slack(store, thread)
    work = await store.lane(mirror.id, 50)
    assert work is not None
    assert (work.sending, work.events) == (None, ())


async def test_words_that_wait_begin_with_the_receipt_of_those_before_them(
    store: Store, intake: Intake, wakeups: LocalWakeups, spy: Spy
) -> None:
    slack = Witness(store=store)
    thread = await accepted(intake, start("a"))
    for n in range(5):
        await accepted(intake, said(f"{n}", thread.thread, f"word {n}"))
    async with running(store, intake, wakeups, slack):
        await slack.until(7)
        await settled(store, wakeups)
    assert [mark is not None and mark.in_flight for mark in slack.marks] == [True] * 7
    assert len(spy.begins) == 1, "the card alone is begun by itself"
    assert [text for _, _, text in slack.shown[2:]] == [f"word {n}" for n in range(5)]


async def test_nothing_begins_where_the_call_would_have_to_wait(
    store: Store, intake: Intake, wakeups: LocalWakeups, spy: Spy
) -> None:
    slack = Witness(store=store, limited=True)
    async with running(store, intake, wakeups, slack) as lanes:
        thread = await idle(store, intake, wakeups, slack)
        lanes.budgets.block(("all",), 0.05)
        await accepted(intake, said("b", thread.thread, "later"))
        assert spy.begun == []
        mirror = await in_slack(store, thread)
        work = await store.lane(mirror.id, 50)
        assert work is not None
        assert work.sending is None
        await slack.until(3)
        await settled(store, wakeups)
    assert slack.shown[-1] == ("C1", "text", "later")


async def test_a_decision_that_came_too_late_begins_anew(
    store: Store, intake: Intake, wakeups: LocalWakeups, spy: Spy
) -> None:
    slack = Witness(store=store)
    async with running(store, intake, wakeups, slack):
        thread = await idle(store, intake, wakeups, slack)
        spy.outcomes.append(Stale())
        await accepted(intake, said("b", thread.thread, "twice decided"))
        await slack.until(3)
        await settled(store, wakeups)
    assert len(spy.begun) == 2
    assert slack.searches == 0
    assert slack.shown[2:] == [("C1", "text", "twice decided")]


async def test_words_are_not_shown_again_where_they_were_typed(
    store: Store, intake: Intake, wakeups: LocalWakeups, spy: Spy
) -> None:
    slack, discord = ScriptedPlatform(), ScriptedPlatform("discord")
    async with running(store, intake, wakeups, slack, discord):
        thread = await idle(store, intake, wakeups, slack)
        await discord.until(2)
        await settled(store, wakeups, "slack", "discord")
        await quiet(store)
        mirror = await in_slack(store, thread)
        words = PostMessage(InSpace("slack", SpaceId(mirror.space or "")), "Yes, in oak.")
        await accepted(intake, Intent("b", ADA, words, Origin(INBOX, RemoteId("C1:b"))))
        await discord.until(3)
        await settled(store, wakeups, "slack", "discord")
    assert [one.mirror == mirror.id for one in spy.begun] == [False]
    assert len(slack.shown) == 2
    assert discord.shown[-1] == ("700", "text", "Yes, in oak.")


@pytest.mark.parametrize("end", [Lost(), Die()])
async def test_a_call_whose_answer_is_lost_is_looked_for(
    store: Store, intake: Intake, wakeups: LocalWakeups, end: Lost | Die
) -> None:
    slack = ScriptedPlatform()
    lanes = lanes_on(store, wakeups, slack)
    intake.connect(lanes.ahead)
    task = asyncio.create_task(lanes.run())
    thread = await idle(store, intake, wakeups, slack)
    slack.plan.append(end)
    await accepted(intake, said("b", thread.thread, "is it there?"))
    await slack.until(3)
    lanes.stop()
    task.cancel()
    await asyncio.wait((task,))
    async with running(store, intake, wakeups, slack):
        await settled(store, wakeups)
    assert slack.searches == 1
    assert slack.shown[2:] == [("C1", "text", "is it there?")]


async def test_a_stop_before_the_call_leaves_nothing_to_look_for(
    store: Store, intake: Intake, wakeups: LocalWakeups, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack = ScriptedPlatform()
    async with running(store, intake, wakeups, slack) as lanes:
        thread = await idle(store, intake, wakeups, slack)
        commit = store.commit

        async def stop_before_the_lane(new: Commit) -> Committed | Duplicate | Stale:
            result = await commit(new)
            asyncio.get_running_loop().call_soon(lanes.stop)
            return result

        with monkeypatch.context() as during:
            during.setattr(store, "commit", stop_before_the_lane)
            await accepted(intake, said("b", thread.thread, "before the stop"))
    await began_but_not_made(store, thread)
    async with running(store, intake, wakeups, slack):
        await slack.until(3)
    assert (len(slack.shown), slack.searches) == (3, 0)


async def test_a_call_is_made_before_whoever_said_it_is_answered(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    slack = ScriptedPlatform()
    async with running(store, intake, wakeups, slack):
        thread = await idle(store, intake, wakeups, slack)
        before = len(slack.shown)
        await accepted(intake, said("b", thread.thread, "at once"))
        assert len(slack.shown) == before + 1


async def test_a_stop_during_the_commit_leaves_nothing_to_look_for(
    store: Store, intake: Intake, wakeups: LocalWakeups, spy: Spy
) -> None:
    slack = ScriptedPlatform()
    async with running(store, intake, wakeups, slack) as lanes:
        thread = await idle(store, intake, wakeups, slack)
        spy.lanes = lanes
        await accepted(intake, said("b", thread.thread, "after the stop"))
        spy.lanes = None
        begun = len(spy.begun)
        await accepted(intake, said("c", thread.thread, "and one more"))
        assert len(spy.begun) == begun, "whoever stops begins nothing"
    await began_but_not_made(store, thread)
    async with running(store, intake, wakeups, slack):
        await slack.until(4)
    assert (len(slack.shown), slack.searches) == (4, 0)


async def began_but_not_made(store: Store, thread: Accepted) -> None:
    work = await store.lane((await in_slack(store, thread)).id, 50)
    assert work is not None
    assert work.sending is not None
    assert not work.sending.in_flight


async def test_a_lane_that_reads_the_mark_before_the_intake_is_told_makes_the_call_once(
    store: Store, intake: Intake, wakeups: LocalWakeups, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack = ScriptedPlatform()
    async with running(store, intake, wakeups, slack) as lanes:
        thread = await idle(store, intake, wakeups, slack)
        commit, made = store.commit, asyncio.Event()

        async def slow(new: Commit) -> Committed | Duplicate | Stale:
            result = await commit(new)
            await lanes.look()
            await slack.until(3)
            made.set()
            return result

        monkeypatch.setattr(store, "commit", slow)
        await accepted(intake, said("b", thread.thread, "once"))
        assert made.is_set()
        await settled(store, wakeups)
    assert (slack.shown[2:], slack.searches) == ([("C1", "text", "once")], 0)


async def test_everything_arrives_once_and_in_order_whatever_fails(
    store: Store, intake: Intake, wakeups: LocalWakeups
) -> None:
    """Words from both sides, at random moments, while calls fail in every way."""
    dice = random.Random(7)
    slack, discord = ScriptedPlatform(), ScriptedPlatform("discord")
    failures = (
        Lost(),
        Failure(FailureKind.TRANSIENT, "away"),
        Failure(FailureKind.RATE, "slow_down", retry_after=0.0),
        Failure(FailureKind.TRANSIENT, "cut", certain=False),
    )
    words: dict[str, list[str]] = {"slack": [], "discord": []}
    async with running(store, intake, wakeups, slack, discord) as lanes:
        thread = await idle(store, intake, wakeups, slack)
        await discord.until(2)
        await settled(store, wakeups, "slack", "discord")
        await quiet(store)
        mirror = await in_slack(store, thread)
        for n in range(120):
            if dice.random() < 0.2:
                dice.choice((slack, discord)).plan.append(dice.choice(failures))
            text = f"word {n}"
            if dice.random() < 0.4:
                where = InSpace("slack", SpaceId(mirror.space or ""))
                origin = Origin(INBOX, RemoteId(f"C1:typed {n}"))
                await accepted(intake, Intent(text, ADA, PostMessage(where, text), origin))
            else:
                await accepted(intake, said(text, thread.thread, text))
                words["slack"].append(text)
            words["discord"].append(text)
            if dice.random() < 0.3:
                await settled(store, wakeups, "slack", "discord")
            if dice.random() < 0.05:
                await lanes.look()
        await settled(store, wakeups, "slack", "discord")
    assert [text for _, _, text in slack.shown[2:]] == words["slack"]
    assert [text for _, _, text in discord.shown[2:]] == words["discord"]
