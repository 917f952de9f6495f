"""Channels renamed, archived, deleted; the app removed and invited again; in both modes."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.slack import SlackAdapter
from adapters.slack.channels import ChannelNews, leaver, news
from adapters.slack.marks import Ours
from core.model import Identity, Place
from tests.slack.fake_desk import FakeDesk
from tests.slack.slack_world import INBOX, TEAM, World

PLACE = Place("slack", TEAM, INBOX)
BOT = "U0PINTHREAD"
OURS = Ours("T1", "UBOT", "B1", "A1")


@pytest.fixture(params=["http", "socket"])
async def adapter(
    request: pytest.FixtureRequest, world: World, desk: FakeDesk
) -> AsyncIterator[SlackAdapter]:
    async with world.adapter(request.param, desk) as opened:
        yield opened


async def told(desk: FakeDesk) -> tuple[Place, str | None, str | None]:
    async with asyncio.timeout(30):
        return await desk.places.get()


async def test_what_happens_to_a_channel_is_told_with_what_to_do(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    await world.act("rename", channel=INBOX, name="pin-desk")
    assert await told(desk) == (PLACE, "#pin-desk", None)
    await world.act("archive", user="U0ADA", channel=INBOX)
    place, label, trouble = await told(desk)
    assert (place, label) == (PLACE, None)
    assert "Unarchive" in str(trouble)
    await world.act("archive", user="U0ADA", channel=INBOX, archived=False)
    assert await told(desk) == (PLACE, None, None)
    await world.act("leave", user=BOT, channel=INBOX)
    assert "/invite" in str((await told(desk))[2])
    await world.act("join", user=BOT, channel=INBOX)
    assert await told(desk) == (PLACE, None, None)
    await world.act("leave", user="U0BO", channel=INBOX)
    async with asyncio.timeout(30):
        assert await desk.left.get() == (PLACE, Identity("slack", TEAM, "U0BO"))
    await world.act("remove", user="U0ADA", channel=INBOX)
    assert "deleted" in str((await told(desk))[2])
    assert desk.places.empty()


async def test_an_older_event_that_comes_late_changes_nothing(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    left = {"type": "member_left_channel", "user": BOT, "channel": INBOX, "event_ts": "1.0"}
    joined = {**left, "type": "member_joined_channel", "event_ts": "2.0"}
    await world.act("event", event=joined)
    await world.act("event", event=left)
    await world.act("event", event={**left, "event_ts": "3.0"})
    assert (await told(desk))[2] is None
    assert (await told(desk))[2] is not None
    assert desk.places.empty()


@pytest.mark.parametrize(("channel", "broken"), [(INBOX, False), ("C0SECRET", True)])
async def test_a_channel_that_is_shared_no_more_is_asked_for(
    adapter: SlackAdapter, world: World, desk: FakeDesk, channel: str, broken: bool
) -> None:
    event = {"type": "channel_unshared", "channel": channel, "event_ts": "1.0"}
    await world.act("event", event=event)
    assert ((await told(desk))[2] is not None) is broken


async def test_a_place_that_could_not_be_noted_is_told_again(
    world: World, desk: FakeDesk, adapter: SlackAdapter
) -> None:
    await world.control("PUT", "slack/delivery", {"retry_delays": [0.05, 60, 300]})
    desk.broken = True
    await world.act("rename", channel=INBOX, name="pin-desk")
    await told(desk)
    desk.broken = False
    assert await told(desk) == (PLACE, "#pin-desk", None)


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ({"type": "channel_left", "channel": "C1"}, True),
        ({"type": "group_archive", "channel": "C1"}, True),
        ({"type": "group_deleted", "channel": "C1"}, True),
        ({"type": "channel_id_changed", "old_channel_id": "C1", "new_channel_id": "C2"}, True),
        ({"type": "channel_created", "channel": {"id": "C1"}}, False),
        ({"type": "channel_rename", "channel": "C1"}, False),
        ({"type": "channel_archive", "channel": {"id": "C1"}}, False),
        ({"type": "member_joined_channel", "user": "U1", "channel": "C1"}, False),
        ({"type": "team_rename"}, False),
        ({}, False),
    ],
)
def test_each_kind_of_news_has_its_sentence(event: dict[str, object], found: bool) -> None:
    heard = news(event, OURS)
    assert bool(heard and heard.channel == "C1" and heard.trouble) is found
    assert news({"type": "channel_unarchive", "channel": "C1"}, OURS) == ChannelNews("C1")


async def test_members_of_a_channel_are_asked_for_page_by_page(
    adapter: SlackAdapter, world: World
) -> None:
    there = await adapter.members(PLACE)
    assert there is not None
    assert {"U0ADA", "U0BO", BOT} <= there
    await world.act("leave", user="U0BO", channel=INBOX)
    assert await adapter.members(PLACE) == there - {"U0BO"}
    assert await adapter.members(Place("slack", TEAM, "C0NOWHERE")) is None


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ({"user": "U1", "channel": "C1", "team": "T2"}, ("C1", "T2", "U1")),
        ({"user": "U1", "channel": "C1"}, ("C1", "T1", "U1")),
        ({"user": "UBOT", "channel": "C1"}, None),
        ({"user": "U1", "channel": {"id": "C1"}}, None),
        ({"user": None, "channel": "C1"}, None),
    ],
)
def test_who_left_is_read_from_the_event(
    event: dict[str, object], found: tuple[str, str, str] | None
) -> None:
    assert leaver({"type": "member_left_channel", **event}, OURS) == found
    assert leaver({"type": "member_joined_channel", **event}, OURS) is None
