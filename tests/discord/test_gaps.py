"""When events may have been missed, the desk is told, and when none were, it is not."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.canary import Canary
from core.delivery import Receipt
from tests.discord.conftest import FORUM, FreeBudgets, MemoryFiles, Sandbox, mirror, text
from tests.discord.fake_desk import FakeDesk
from tests.discord.test_over_sockets import placed


async def test_a_start_is_a_gap_and_a_resumed_session_is_none(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    assert desk.gaps == ["started"]
    await sandbox.fault("events", "drop_session", resume=True)
    await sandbox.say("Mia", str(at.space), "while the link was down")
    await desk.until(lambda: desk.intents)
    await sandbox.say("Mia", str(at.space), "later")
    await desk.until(lambda: len(desk.intents) == 2)
    assert desk.ups == [True, False, True]
    assert desk.gaps == ["started"]


async def test_a_session_that_is_not_resumed_is_a_gap_each_time(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    for n in range(2):
        await sandbox.fault("events", "drop_session", resume=False)
        await sandbox.say("Mia", str(at.space), "lost")
        await desk.until(lambda n=n: desk.gaps == ["started", *["not_resumed"] * (n + 1)])
    found = [one async for page in adapter.messages(at, None) for one in page]
    assert [one.said[0].what.text for one in found] == ["lost", "lost"]
    assert desk.intents == []


async def test_a_server_that_comes_back_is_a_gap(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    await sandbox.control("PUT", "discord/outage", {"out": True})
    await sandbox.say("Mia", str(at.space), "untold")
    await sandbox.control("PUT", "discord/outage", {"out": False})
    await desk.until(lambda: len(desk.gaps) == 2)
    assert desk.gaps == ["started", "disconnected"]
    assert desk.ups == [True]


@pytest.fixture
async def impatient(sandbox: Sandbox) -> AsyncIterator[DiscordAdapter]:
    settings = sandbox.settings(deaf_after=0.3)
    adapter = DiscordAdapter(settings, FreeBudgets(), MemoryFiles())
    yield adapter
    await adapter.stop()


async def test_a_connection_that_is_open_but_deaf_is_made_anew(
    impatient: DiscordAdapter, sandbox: Sandbox
) -> None:
    desk = FakeDesk()
    await impatient.start(desk)
    await desk.until(lambda: desk.gaps)
    at = await placed(impatient, mirror(FORUM))
    await sandbox.fault("events", "deaf")
    await sandbox.say("Mia", str(at.space), "unheard")
    assert isinstance(await impatient.write(text(at, "from elsewhere")), Receipt)
    await desk.until(lambda: len(desk.gaps) == 2)
    assert desk.gaps == ["started", "deaf"]
    assert desk.intents == []
    await sandbox.say("Mia", str(at.space), "heard")
    await desk.until(lambda: desk.intents)
    await sandbox.fault("events", "drop_session", resume=False)
    await sandbox.say("Mia", str(at.space), "lost")
    await desk.until(lambda: len(desk.gaps) == 3)
    assert desk.gaps[2] == "not_resumed"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_a_post_whose_event_came_before_its_answer_alarms_nobody() -> None:
    clock = Clock()
    canary = Canary(60.0, clock)
    began = canary.now()
    clock.now = 101.0
    canary.heard()
    clock.now = 102.0
    canary.posted(began)
    clock.now = 500.0
    async with asyncio.TaskGroup() as group:
        deaf = group.create_task(canary.deaf())
        await asyncio.sleep(0)
        assert not deaf.done()
        canary.posted(500.0)
        clock.now = 559.0
        canary.heard()
        clock.now = 700.0
        await asyncio.sleep(0)
        assert not deaf.done()
        canary.posted(700.0)
        canary.posted(750.0)
        clock.now = 760.0
        await asyncio.wait_for(deaf, 1.0)


async def test_a_connection_that_stays_deaf_is_made_anew_ever_more_rarely() -> None:
    clock = Clock()
    canary = Canary(60.0, clock)
    for times in (1, 2, 4, 8, 16, 16):
        clock.now += 1000.0
        canary.heard(message=False)
        began = clock.now = clock.now + 1.0
        canary.posted(began)
        async with asyncio.TaskGroup() as group:
            clock.now = began + 60.0 * times - 1.0
            deaf = group.create_task(canary.deaf())
            await asyncio.sleep(0)
            assert not deaf.done()
            deaf.cancel()
        clock.now = began + 60.0 * times
        await asyncio.wait_for(canary.deaf(), 1.0)
        canary.renewed()
    canary.heard()
    canary.posted(clock.now + 1.0)
    clock.now += 61.0
    await asyncio.wait_for(canary.deaf(), 1.0)
