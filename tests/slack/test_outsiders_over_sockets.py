"""Guests, people of other workspaces, channels that others can read, and lines outside threads."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.slack import SlackAdapter
from core.asking import Button
from core.delivery import Receipt
from core.intents import Person
from core.model import Identity, Place
from core.ports.reading import PlaceLook
from tests.slack.fake_desk import FakeDesk
from tests.slack.slack_world import INBOX, TEAM, World, card, texts

PLACE = Place("slack", TEAM, INBOX)
OTHER = "T0FJORD"


@pytest.fixture(params=["http", "socket"])
async def adapter(
    request: pytest.FixtureRequest, world: World, desk: FakeDesk
) -> AsyncIterator[SlackAdapter]:
    async with world.adapter(request.param, desk) as opened:
        yield opened


async def who_said(adapter: SlackAdapter, world: World, desk: FakeDesk, user: str) -> Person:
    root = await adapter.write(card())
    assert isinstance(root, Receipt)
    await world.say("hello", user=user, thread_ts=root.remote.split(":")[1])
    actor = (await desk.intent()).actor
    assert isinstance(actor, Person)
    return actor


async def dora(world: World) -> str:
    """Somebody of another workspace, in the inbox that is shared with it."""
    await world.act("connect", channel=INBOX)
    made = await world.act("person", handle="dora", team=OTHER, channels=[INBOX])
    return str(made["id"])


@pytest.mark.parametrize(("guest", "is_guest"), [("", False), ("multi", True), ("single", True)])
async def test_words_of_a_guest_are_marked(
    adapter: SlackAdapter, world: World, desk: FakeDesk, guest: str, is_guest: bool
) -> None:
    gil = (await world.act("person", handle="gil", guest=guest, channels=[INBOX]))["id"]
    person = await who_said(adapter, world, desk, gil)
    assert (person.guest, person.identity) == (is_guest, Identity("slack", TEAM, gil))


async def test_somebody_of_another_workspace_is_a_guest_from_there(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    user = await dora(world)
    person = await who_said(adapter, world, desk, user)
    assert (person.guest, person.identity) == (True, Identity("slack", OTHER, user))
    ts = (await world.shown())[-1]["ts"]
    await world.act("react", user=user, channel=INBOX, ts=ts, name="eyes")
    reacted = (await desk.intent()).actor
    assert isinstance(reacted, Person)
    assert (reacted.guest, reacted.identity) == (True, person.identity)


async def test_whoever_cannot_be_looked_up_counts_as_a_guest(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    await world.fault("users.info", "status", status=503, times=0)
    assert (await who_said(adapter, world, desk, "U0ADA")).guest


async def test_a_stranger_who_presses_a_button_is_of_their_own_workspace(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    user = await dora(world)
    desk.office.controls = ("open", (Button("Resolve", "status", "t1"),))
    await adapter.write(card())
    ts = (await world.shown())[-1]["ts"]
    await world.act("press", user=user, channel=INBOX, ts=ts, action_id="ask:0:status")
    person = (await desk.office.call()).caller.person
    assert isinstance(person, Person)
    assert (person.guest, person.identity) == (True, Identity("slack", OTHER, user))


async def exposed(desk: FakeDesk) -> tuple[Place, bool]:
    async with asyncio.timeout(30):
        return await desk.exposures.get()


async def test_a_channel_that_turns_public_is_told_and_so_is_its_way_back(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    await world.act("convert", user="U0ADA", channel=INBOX)
    assert await exposed(desk) == (PLACE, True)
    assert await adapter.describe(PLACE) == PlaceLook("#pin-inbox", private=False)
    await world.act("convert", user="U0ADA", channel=INBOX, private=True)
    assert await exposed(desk) == (PLACE, False)
    assert desk.exposures.empty()
    assert desk.intents.empty()


async def test_a_channel_that_turns_shared_is_told_and_so_is_its_way_back(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    await world.act("connect", channel=INBOX)
    assert await exposed(desk) == (PLACE, True)
    assert await adapter.describe(PLACE) == PlaceLook("#pin-inbox", private=True, shared=True)
    await world.act("connect", channel=INBOX, team="T0OTHER")
    assert await exposed(desk) == (PLACE, True)
    await world.act("connect", channel=INBOX, off=True)
    assert await exposed(desk) == (PLACE, True)
    await world.act("connect", channel=INBOX, team="T0OTHER", off=True)
    assert await exposed(desk) == (PLACE, False)


async def test_a_channel_is_described_as_it_is(adapter: SlackAdapter) -> None:
    assert await adapter.describe(PLACE) == PlaceLook("#pin-inbox", private=True)
    general = await adapter.describe(Place("slack", TEAM, "C0GENERAL"))
    assert general == PlaceLook("#general", private=False)
    assert await adapter.describe(Place("slack", TEAM, "C0SECRET")) is None
    direct = await adapter.describe(Place("slack", TEAM, "user:U0ADA"))
    assert direct is not None
    assert direct.private


async def test_a_line_outside_any_thread_pings_whom_it_is_for_and_nobody_else(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    assert await adapter.say(PLACE, "3 threads wait. @here <!channel> <@U0BO>", ("U0ADA",))
    (said,) = await world.shown()
    assert said["thread_ts"] is None
    assert said["pings"] == ["U0ADA"]
    assert "3 threads wait. @here <!channel>" in texts(said)
    assert await adapter.say(Place("slack", TEAM, "user:U0BO"), "Your reply waits.")
    assert len(await world.shown("D0BO")) == 1
    assert desk.echoes.empty()


async def test_a_line_that_cannot_be_said_is_told(adapter: SlackAdapter, world: World) -> None:
    assert not await adapter.say(Place("slack", TEAM, "C0QUIET"), "hello")
    assert not await adapter.say(Place("slack", TEAM, "user:U0NOBODY"), "hello")
    await world.fault("chat.postMessage", "ratelimit", retry_after=1)
    assert not await adapter.say(PLACE, "hello")
    assert not await world.shown()
