"""Guests, people of other workspaces, and channels that turn public or shared."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.slack.outsiders import OTHER_TEAM
from tests.sandbox.slack_place import INBOX, SlackPlace, error_of, running


@pytest.fixture
async def place() -> AsyncIterator[SlackPlace]:
    async with running() as opened:
        yield opened


@pytest.mark.parametrize(
    ("guest", "restricted", "ultra"),
    [("", False, False), ("multi", True, False), ("single", True, True)],
)
async def test_a_guest_is_told_as_what_they_are(
    place: SlackPlace, guest: str, restricted: bool, ultra: bool
) -> None:
    told = await place.act("person", handle="gil", guest=guest, channels=[INBOX])
    user = (await place.web.users_info(user=told["id"]))["user"]
    assert (user["is_restricted"], user["is_ultra_restricted"]) == (restricted, ultra)
    assert user["team_id"] == "T0NORTHWIND"
    assert told["id"] in (await place.web.conversations_members(channel=INBOX))["members"]
    opened = await place.web.conversations_open(users=told["id"])
    await place.web.chat_postMessage(channel=opened["channel"]["id"], text="hello")


async def test_somebody_of_another_workspace_needs_a_shared_channel(place: SlackPlace) -> None:
    body = {"handle": "dora", "team": OTHER_TEAM, "channels": [INBOX]}
    assert "not shared" in await place.refused("POST", "slack/person", body)
    await place.act("connect", channel=INBOX)
    dora = (await place.act("person", **body))["id"]
    user = (await place.web.users_info(user=dora))["user"]
    assert (user["team_id"], user["is_stranger"]) == (OTHER_TEAM, False)
    assert await error_of(place.web.conversations_open(users=dora)) == "user_not_found"
    async with place.socket() as program:
        await place.act("say", user=dora, channel=INBOX, text="hej")
        said = await program.hear()
    assert (said["team"], said["user_team"], said["source_team"]) == (OTHER_TEAM,) * 3
    for path, more in (
        ("command", {"channel": INBOX, "command": "/pin", "text": ""}),
        ("shortcut", {"callback_id": "pin_inbox"}),
    ):
        refused = await place.refused("POST", f"slack/{path}", {"user": dora, **more})
        assert "own people" in refused
    await place.act("connect", channel=INBOX, off=True)
    assert dora not in (await place.web.conversations_members(channel=INBOX))["members"]
    assert (await place.web.users_info(user=dora))["user"]["is_stranger"] is True


async def test_a_share_and_its_end_are_told_and_stand_in_the_channel(place: SlackPlace) -> None:
    async with place.socket() as program:
        await place.act("connect", channel=INBOX)
        shared = await program.hear("channel_shared")
        assert (shared["connected_team_id"], shared["channel"]) == (OTHER_TEAM, INBOX)
        info = (await place.web.conversations_info(channel=INBOX))["channel"]
        assert info["is_ext_shared"] is True
        assert info["connected_team_ids"] == [OTHER_TEAM]
        await place.act("connect", channel=INBOX, off=True)
        parted = await program.hear("channel_unshared")
        assert (parted["previously_connected_team_id"], parted["is_ext_shared"]) == (
            OTHER_TEAM,
            False,
        )
    assert (await place.web.conversations_info(channel=INBOX))["channel"]["is_ext_shared"] is False


async def test_only_a_message_tells_that_a_channel_turned_public(place: SlackPlace) -> None:
    async with place.socket() as program:
        await place.act("convert", user="U0ADA", channel=INBOX)
        told = await program.hear("message", "channel_convert_to_public")
        assert (told["channel"], told["channel_type"]) == (INBOX, "channel")
        assert not (await place.web.conversations_info(channel=INBOX))["channel"]["is_private"]
        body = {"user": "U0ADA", "channel": INBOX}
        assert "already" in await place.refused("POST", "slack/convert", body)
        await place.act("convert", user="U0ADA", channel=INBOX, private=True)
        await program.hear("message", "channel_convert_to_private")
    assert (await place.web.conversations_info(channel=INBOX))["channel"]["is_private"]


async def test_new_people_and_shares_outlast_a_restart_and_end_with_a_reset(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as place:
        await place.act("connect", channel=INBOX)
        told = await place.act("person", handle="dora", team=OTHER_TEAM, channels=[INBOX])
    async with running(tmp_path) as place:
        slack = (await place.control("GET", "world"))["slack"]
        (dora,) = [one for one in slack["people"] if one["id"] == told["id"]]
        assert (dora["team"], dora["guest"]) == (OTHER_TEAM, "")
        (inbox,) = [one for one in slack["channels"] if one["id"] == INBOX]
        assert inbox["teams"] == [OTHER_TEAM]
        await place.control("POST", "reset")
        slack = (await place.control("GET", "world"))["slack"]
        assert [one["id"] for one in slack["people"]] == ["U0ADA", "U0BO", "U0CLEO"]


async def test_what_cannot_be_is_refused_with_a_sentence(place: SlackPlace) -> None:
    for path, body in (
        ("person", {"handle": "ada"}),
        ("person", {"handle": "gil", "guest": "triple"}),
        ("person", {"handle": "gil", "channels": INBOX}),
        ("connect", {"channel": "D0ADA"}),
        ("connect", {"channel": INBOX, "off": True}),
    ):
        assert (await place.refused("POST", f"slack/{path}", body)).endswith(".")
