"""When Slack may not have told us everything: that is said, and deaf connections are renewed."""

import asyncio
import json
import time
from collections.abc import Callable

import pytest

from adapters.slack import SlackAdapter
from adapters.slack.watch import Watch
from bridge.delivery.budgets import LocalBudgets
from core.delivery import Receipt
from core.model import Place
from tests.slack.fake_desk import FakeDesk
from tests.slack.slack_world import INBOX, TEAM, World, card, no_files


async def said(world: World, adapter: SlackAdapter) -> str:
    root = await adapter.write(card())
    assert isinstance(root, Receipt)
    return root.remote.partition(":")[2]


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_the_first_connection_after_a_start_is_a_gap(
    world: World, desk: FakeDesk, mode: str
) -> None:
    async with world.adapter(mode, desk) as adapter:
        assert await desk.gap_told() == "started"
        thread = await said(world, adapter)
        await world.say("hi", thread_ts=thread)
        await desk.intent()
        assert desk.gaps.empty()


async def test_a_lost_last_link_is_a_gap_once_another_is_open(world: World, desk: FakeDesk) -> None:
    async with world.adapter("socket", desk):
        assert await desk.gap_told() == "started"
        await world.control("PUT", "power/slack", {"on": False})
        await desk.state(up=False)
        assert desk.gaps.empty()
        await world.control("PUT", "power/slack", {"on": True})
        assert await desk.gap_told() == "disconnected"


@pytest.mark.parametrize(("deaf_after", "gap"), [(0.0, True), (60.0, False)])
async def test_over_http_only_a_long_outage_is_a_gap_since_slack_repeats_for_minutes(
    world: World, desk: FakeDesk, deaf_after: float, gap: bool
) -> None:
    async with world.adapter("http", desk, deaf_after=deaf_after) as adapter:
        assert await desk.gap_told() == "started"
        await world.control("PUT", "power/slack", {"on": False})
        await adapter.write(card())
        await desk.state(up=False)
        await world.control("PUT", "power/slack", {"on": True})
        await desk.state(up=True)
        assert (not desk.gaps.empty()) is gap
        assert not gap or await desk.gap_told() == "disconnected"


async def test_a_connection_that_is_open_but_deaf_is_noticed_and_opened_anew(
    world: World, desk: FakeDesk
) -> None:
    async with world.adapter("socket", desk, deaf_after=0.3) as adapter:
        assert await desk.gap_told() == "started"
        thread = await said(world, adapter)
        await asyncio.wait_for(desk.echoes.get(), 30)
        await world.fault("events", "deaf")
        await world.say("nobody hears this", thread_ts=thread)
        assert adapter.connected()
        await adapter.write(card("d-canary"))
        assert await desk.gap_told() == "deaf"
        await world.say("heard", thread_ts=thread)
        assert (await desk.intent()).what.text == "heard"  # type: ignore[union-attr]
        assert adapter.connected()
        assert desk.intents.empty()


async def test_over_http_a_withheld_subscription_is_noticed_by_the_canary(
    world: World, desk: FakeDesk
) -> None:
    async with world.adapter("http", desk, deaf_after=0.2) as adapter:
        assert await desk.gap_told() == "started"
        await world.fault("events", "withhold", times=0)
        await said(world, adapter)
        assert await desk.gap_told() == "deaf"


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_what_could_not_be_taken_in_is_a_gap_once_something_can(
    world: World, desk: FakeDesk, mode: str
) -> None:
    await world.control("PUT", "slack/delivery", {"retry_delays": []})
    async with world.adapter(mode, desk) as adapter:
        assert await desk.gap_told() == "started"
        thread = await said(world, adapter)
        desk.outcomes.append(RuntimeError("the disk is full"))
        await world.say("lost", thread_ts=thread)
        await desk.intent()
        assert desk.gaps.empty()
        await world.say("kept", thread_ts=thread)
        assert await desk.gap_told() == "refused"
        await world.say("more", thread_ts=thread)
        await desk.intent()
        assert desk.gaps.empty()


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_events_that_slack_leaves_out_because_they_are_too_many_are_a_gap(
    world: World, desk: FakeDesk, mode: str
) -> None:
    async with world.adapter(mode, desk) as adapter:
        assert await desk.gap_told() == "started"
        await world.fault("events", "app_rate_limited", ago=120)
        await said(world, adapter)
        assert await desk.gap_told() == "refused"


async def test_who_does_not_listen_misses_nothing(world: World, desk: FakeDesk) -> None:
    adapter = SlackAdapter(world.settings("socket"), LocalBudgets(), no_files())
    await adapter.connect(desk)
    try:
        await desk.state(up=True)
        assert isinstance(await adapter.write(card()), Receipt)
        assert desk.gaps.empty()
    finally:
        await adapter.stop()


class Told:
    """A watch on a clock of its own, and what it tells."""

    def __init__(self, deaf_after: float = 60.0) -> None:
        self.gaps: asyncio.Queue[str] = asyncio.Queue()
        self.renewed = 0
        self.now = 0.0
        self.watch = Watch(self.gaps.put_nowait, self._renew, deaf_after, lambda: self.now)
        self.watch.up(patient=False)
        assert self.gaps.get_nowait() == "started"

    async def _renew(self) -> None:
        self.renewed += 1

    async def after(self, seconds: float, act: Callable[[], None] = lambda: None) -> list[str]:
        """What is told when so much time has passed; `act` before anybody has looked."""
        self.now += seconds
        act()
        running = asyncio.create_task(self.watch.run())
        for _ in range(5):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return [self.gaps.get_nowait() for _ in range(self.gaps.qsize())]


async def test_any_event_after_the_post_means_that_we_hear() -> None:
    told = Told()
    told.watch.posted(0.0)
    assert await told.after(59.0) == []
    assert await told.after(2.0, told.watch.heard) == []
    assert await told.after(60.0) == []
    assert told.renewed == 0


async def test_the_event_of_a_post_may_come_before_its_answer() -> None:
    told = Told()
    told.now = 5.0
    told.watch.heard()
    told.watch.posted(4.0)
    assert await told.after(100.0) == []
    told.watch.posted(100.0)
    assert await told.after(100.0) == ["deaf"]


async def test_who_stays_deaf_is_asked_less_and_less_often() -> None:
    told = Told()
    told.watch.posted(0.0)
    assert await told.after(61.0) == ["deaf"]
    told.watch.posted(told.now)
    assert await told.after(61.0) == []
    assert await told.after(60.0) == ["deaf"]
    assert told.renewed == 2
    told.watch.heard()
    told.now += 1
    told.watch.posted(told.now)
    assert await told.after(61.0) == ["deaf"]


async def test_what_is_down_is_not_deaf() -> None:
    told = Told()
    told.watch.posted(0.0)
    told.watch.down()
    told.watch.posted(0.0)
    assert await told.after(100.0) == []
    told.watch.up(patient=False)
    assert await told.after(0.0) == ["disconnected"]


async def test_a_minute_that_slack_limits_is_swept_when_it_is_over() -> None:
    told = Told()
    told.watch.limited(time.time())
    assert await told.after(30.0) == []
    assert await told.after(31.0) == ["refused"]
    assert await told.after(100.0) == []


async def test_what_was_refused_before_the_first_connection_is_part_of_that_gap() -> None:
    gaps: list[str] = []

    async def renew() -> None:
        raise AssertionError

    watch = Watch(gaps.append, renew, 60.0)
    watch.refused()
    watch.up(patient=True)
    watch.taken()
    assert gaps == ["started"]


@pytest.mark.parametrize("mode", ["http", "socket"])
@pytest.mark.parametrize(
    ("event", "broken"),
    [
        ({"type": "app_uninstalled"}, True),
        ({"type": "tokens_revoked", "tokens": {"bot": ["U0PINTHREAD"]}}, True),
        ({"type": "tokens_revoked", "tokens": {"oauth": ["U0ADA"]}}, False),
        ({"type": "tokens_revoked", "tokens": ["odd"]}, False),
    ],
)
async def test_an_uninstalled_app_breaks_all_its_places_at_once(
    world: World, desk: FakeDesk, mode: str, event: dict[str, object], broken: bool
) -> None:
    async with world.adapter(mode, desk):
        told = await world.control("POST", "slack/event", {"event": event})
        assert told.get("status", 200) == 200, json.dumps(told)
        if not broken:
            assert desk.places.empty()
            return
        async with asyncio.timeout(30):
            place, label, trouble = await desk.places.get()
        assert (place, label) == (Place("slack", TEAM, ""), None)
        assert "Install the app again" in str(trouble)


async def test_a_post_that_shows_twice_is_a_stray_in_either_place(
    world: World, desk: FakeDesk
) -> None:
    async with world.adapter("http", desk) as adapter:
        await world.fault("chat.postMessage", "late", seconds=0.3)
        await adapter.write(card())
        placed = await adapter.write(card())
        assert isinstance(placed, Receipt)
        found = [await desk.stray_told() for _ in range(2)]
        here = Place("slack", TEAM, INBOX)
        assert {(place, delivery) for place, *_, delivery in found} == {(here, "d-card")}
        assert all(str(space) == str(remote) for _, space, remote, *_ in found)
        shown = {f"{INBOX}:{message['ts']}" for message in await world.shown()}
        assert {str(remote) for _, _, remote, *_ in found} == shown
        assert placed.remote in shown


async def test_a_post_that_nobody_here_has_asked_for_is_told_as_a_stray(
    world: World, desk: FakeDesk
) -> None:
    async with world.adapter("http", desk) as adapter:
        await world.fault("events", "delay", seconds=0.5)
        root = await adapter.write(card(channel="user:U0BO"))
        assert isinstance(root, Receipt)
    after = FakeDesk()
    async with world.adapter("http", after):
        told = await after.stray_told()
    assert told == (
        Place("slack", TEAM, "user:U0BO"), root.space, root.remote, root.poster, "d-card"
    )  # fmt: skip
