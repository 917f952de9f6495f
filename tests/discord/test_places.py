"""Channels that are renamed, taken away, forbidden and given back."""

import pytest

from adapters.discord.adapter import DiscordAdapter
from core.delivery import Failure, FailureKind
from core.model import Place
from tests.discord.conftest import CHAT, FORUM, GUILD, Sandbox, mirror, text
from tests.discord.fake_desk import FakeDesk
from tests.discord.test_over_sockets import EXECUTE, placed

IN_FORUM, IN_CHAT = Place("discord", GUILD, FORUM), Place("discord", GUILD, CHAT)


@pytest.fixture
async def watched(adapter: DiscordAdapter, desk: FakeDesk) -> FakeDesk:
    """A desk that has heard how all channels are."""
    await desk.until(lambda: {IN_FORUM, IN_CHAT} <= {place for place, _, _ in desk.places})
    assert (IN_FORUM, None, None) in desk.places
    desk.places.clear()
    return desk


async def test_a_channel_that_is_renamed_is_called_so(watched: FakeDesk, sandbox: Sandbox) -> None:
    await sandbox.control("POST", "discord/rename", {"channel": FORUM, "name": "ideas"})
    await watched.until(lambda: watched.places)
    assert watched.places == [(IN_FORUM, "#ideas", None)]


async def test_a_channel_that_is_deleted_is_in_trouble(watched: FakeDesk, sandbox: Sandbox) -> None:
    await sandbox.control("DELETE", f"discord/channels/{CHAT}")
    await watched.until(lambda: watched.places)
    [(place, _, trouble)] = watched.places
    assert place == IN_CHAT
    assert "Connect another one" in (trouble or "")


@pytest.mark.parametrize("channel", [None, FORUM])
async def test_a_missing_permission_is_named_and_a_given_one_is_good_news(
    watched: FakeDesk, sandbox: Sandbox, channel: str | None
) -> None:
    hooks = 1 << 29
    where = {"channel": channel} if channel else {}
    less = {"deny": str(hooks)} if channel else {"permissions": str(326954773568 & ~hooks)}
    good = {"deny": "0"} if channel else {"permissions": "326954773568"}
    await sandbox.control("PUT", "discord/permissions", where | less)
    await watched.until(lambda: IN_FORUM in [place for place, _, _ in watched.places])
    [told] = [one for one in watched.places if one[0] == IN_FORUM]
    assert told[2] == "Give the bot in #plans: Manage Webhooks."
    watched.places.clear()
    await sandbox.control("PUT", "discord/permissions", where | good)
    await watched.until(lambda: IN_FORUM in [place for place, _, _ in watched.places])
    assert (IN_FORUM, None, None) in watched.places


async def test_a_bot_that_is_sent_away_and_asked_back_says_so_of_every_channel(
    watched: FakeDesk, sandbox: Sandbox
) -> None:
    await sandbox.control("PUT", "discord/bot", {"present": False})
    await watched.until(lambda: {IN_FORUM, IN_CHAT} <= {place for place, _, _ in watched.places})
    assert all("Invite it again" in (trouble or "") for _, _, trouble in watched.places)
    watched.places.clear()
    await sandbox.control("PUT", "discord/bot", {"present": True})
    await watched.until(lambda: {IN_FORUM, IN_CHAT} <= {place for place, _, _ in watched.places})
    assert (IN_FORUM, None, None) in watched.places


async def test_a_locked_thread_is_in_trouble_until_it_is_unlocked_and_a_rename_is_nothing(
    adapter: DiscordAdapter, watched: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    lock = {"thread": at.space, "archived": False, "locked": True}
    await sandbox.control("POST", "discord/archive", lock)
    failed = await adapter.write(text(at, "hello"))
    assert isinstance(failed, Failure)
    assert failed.kind is FailureKind.PLACE
    assert "locked" in failed.remedy
    await sandbox.control("POST", "discord/rename", {"channel": at.space, "name": "other"})
    watched.places.clear()  # the webhook was made
    await sandbox.control("POST", "discord/archive", {**lock, "locked": False})
    await watched.until(lambda: watched.places)
    assert watched.places == [(IN_FORUM, None, None)]


async def test_a_thread_that_was_locked_before_the_start_is_good_again_when_it_is_unlocked(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    lock = {"thread": at.space, "archived": True, "locked": True}
    await sandbox.control("POST", "discord/archive", lock)
    desk = FakeDesk()
    await adapter.start(desk)
    await desk.until(lambda: (IN_FORUM, None, None) in desk.places)
    assert isinstance(await adapter.write(text(at, "hello")), Failure)
    desk.places.clear()
    await sandbox.control("POST", "discord/archive", {**lock, "archived": False, "locked": False})
    await desk.until(lambda: desk.places)
    assert set(desk.places) == {(IN_FORUM, None, None)}


async def test_a_webhook_that_goes_makes_room_for_ours(
    adapter: DiscordAdapter, watched: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    done = await adapter.write(text(at, "hello"))
    await watched.until(lambda: watched.places)
    watched.places.clear()
    hook = getattr(done, "poster", "").removeprefix("webhook:")
    await adapter._rest.call("DELETE", f"/webhooks/{hook}")
    await watched.until(lambda: watched.places)
    assert watched.places == [(IN_FORUM, None, None)]
    await adapter.write(text(at, "again"))
    made = [entry for entry in await sandbox.journal() if entry["method"] == EXECUTE]
    assert len(made) == 2
