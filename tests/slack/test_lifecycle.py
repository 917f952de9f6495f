"""Coming up, going down, what each is told, and the preflight."""

import asyncio
import logging

import aiohttp
import pytest

from adapters.slack import Settings, SlackAdapter
from adapters.slack.preflight import SCOPES
from bridge.delivery.budgets import LocalBudgets
from core.delivery import Failure, FailureKind, Receipt
from core.model import Place
from core.ports.needs import Cost
from tests.slack.fake_desk import FakeDesk
from tests.slack.slack_world import INBOX, TEAM, World, card, mirror, no_files, text


async def test_starting_needs_the_secrets_of_its_mode() -> None:
    for settings, key in (
        (Settings(bot_token=""), "bot_token"),
        (Settings(bot_token="x", mode="http"), "signing_secret"),
        (Settings(bot_token="x", mode="socket"), "app_token"),
    ):
        with pytest.raises(ValueError, match=key):
            await SlackAdapter(settings, LocalBudgets(), no_files()).start(FakeDesk())


async def test_an_address_in_use_is_an_error_at_start(world: World, desk: FakeDesk) -> None:
    async with world.adapter("http", desk) as adapter:
        taken = world.settings("http")
        second = SlackAdapter(
            Settings(
                bot_token=taken.bot_token,
                mode="http",
                signing_secret=taken.signing_secret,
                listen=f"127.0.0.1:{adapter.port}",
                api_url=taken.api_url,
            ),
            LocalBudgets(),
            no_files(),
        )
        with pytest.raises(OSError, match="address already in use"):
            await second.start(desk)
        await second.stop()


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_every_task_has_ended_when_stop_returns(
    world: World, desk: FakeDesk, mode: str
) -> None:
    before = asyncio.all_tasks()
    async with world.adapter(mode, desk) as adapter:
        assert adapter.connected()
        root = await adapter.write(card())
        assert isinstance(root, Receipt)
        await world.say("hi", thread_ts=root.remote.split(":")[1])
        await desk.intent()
    assert {task for task in asyncio.all_tasks() - before if "slack" in repr(task)} == set()
    late = await adapter.write(card())
    assert late == Failure(FailureKind.TRANSIENT, "not_connected")


async def test_a_platform_that_goes_away_is_noticed_and_noticed_back(
    world: World, desk: FakeDesk
) -> None:
    async with world.adapter("http", desk) as adapter:
        await world.control("PUT", "power/slack", {"on": False})
        failure = await adapter.write(card())
        assert isinstance(failure, Failure)
        assert failure.kind is FailureKind.TRANSIENT
        await desk.state(up=False)
        assert not adapter.connected()
        await world.control("PUT", "power/slack", {"on": True})
        await desk.state(up=True)
        assert isinstance(await adapter.write(card()), Receipt)


async def test_socket_links_come_back_after_an_outage_with_what_was_said(
    world: World, desk: FakeDesk
) -> None:
    async with world.adapter("socket", desk) as adapter:
        root = await adapter.write(card())
        assert isinstance(root, Receipt)
        await world.control("PUT", "power/slack", {"on": False})
        await desk.state(up=False)
        await world.say("said meanwhile", thread_ts=root.remote.split(":")[1])
        await world.control("PUT", "power/slack", {"on": True})
        await desk.state(up=True)
        assert (await desk.intent()).what.text == "said meanwhile"  # type: ignore[union-attr]


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_renewed_links_leave_no_gap(world: World, desk: FakeDesk, reason: str) -> None:
    # What was on its way over a link that closed is repeated, here as often as it takes.
    await world.control("PUT", "slack/delivery", {"retry_delays": [0, *[0.2] * 40]})
    async with world.adapter("socket", desk) as adapter:
        root = await adapter.write(card())
        assert isinstance(root, Receipt)
        await world.control("POST", "slack/disconnect", {"reason": reason})
        for n in range(5):
            await world.say(f"word {n}", thread_ts=root.remote.split(":")[1])
        said: set[str] = set()
        while len(said) < 5:
            said.add((await desk.intent()).what.text)  # type: ignore[union-attr]
        assert said == {f"word {n}" for n in range(5)}
        # A warning comes ten seconds ahead; a refresh closes what is open at once.
        assert desk.states.empty() or reason == "refresh_requested"


async def test_an_envelope_that_could_not_be_committed_comes_again(
    world: World, desk: FakeDesk
) -> None:
    await world.control("PUT", "slack/delivery", {"retry_delays": [0.0]})
    async with world.adapter("socket", desk) as adapter:
        root = await adapter.write(card())
        assert isinstance(root, Receipt)
        desk.outcomes.append(RuntimeError("no disk"))
        await world.say("once", thread_ts=root.remote.split(":")[1])
        assert (await desk.intent()).key == (await desk.intent()).key


async def test_a_token_without_the_scope_is_noticed(world: World, desk: FakeDesk) -> None:
    scopes = [scope for scope in SCOPES if scope != "chat:write.customize"]
    await world.control("PUT", "slack/scopes", {"scopes": scopes})
    try:
        async with world.adapter("http", desk) as adapter:
            assert adapter.look.authors is False
            (found, *_) = [
                finding
                for finding in await adapter.check([])
                if "chat:write.customize" in finding.what
            ]
            assert not found.ok
            assert "manifest" in found.remedy
    finally:
        await world.control("PUT", "slack/scopes", {})


async def test_the_preflight_names_each_trouble_with_its_remedy(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    adapter = SlackAdapter(world.settings("socket"), LocalBudgets(), no_files())
    places = [
        Place("slack", TEAM, channel)
        for channel in (INBOX, "C0QUIET", "C0NOWHERE", "user:U0ADA", "user:U0NOBODY")
    ]
    findings = await adapter.check([*places, Place("slack", "T0OTHER", "C1")])
    assert [f.ok for f in findings] == [True] * 3 + [True, False, False, True, False, False]
    assert all(f.remedy for f in findings if not f.ok)
    bad = Settings(bot_token="xoxb-wrong", app_token="x", api_url=world.settings("http").api_url)
    (only,) = await SlackAdapter(bad, LocalBudgets(), no_files()).check(places)
    assert (only.ok, "invalid_auth" in only.what) == (False, True)
    gone = Settings(bot_token="xoxb-wrong", app_token="x", api_url="http://127.0.0.1:9/")
    (away,) = await SlackAdapter(gone, LocalBudgets(), no_files()).check(places)
    assert (away.ok, "connection_refused" in away.what) == (False, True)
    assert "xoxb-" not in caplog.text


async def test_a_rate_limit_blocks_the_channel_it_was_for(world: World, desk: FakeDesk) -> None:
    budgets = LocalBudgets()
    async with world.adapter("http", desk, budgets) as adapter:
        await world.fault("chat.postMessage", "ratelimit", retry_after=30)
        assert isinstance(await adapter.write(card()), Failure)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await budgets.take(adapter.costs(card()))
        await budgets.take(adapter.costs(card(channel="C0GENERAL")))


def test_costs_follow_the_documented_limits() -> None:
    adapter = SlackAdapter(Settings(bot_token="x", limits_factor=2.0), Nobody(), no_files())
    assert adapter.costs(card()) == (
        Cost(("slack", TEAM, "post", INBOX), 10, 5.0, refills=True),
        Cost(("slack", TEAM, "post"), 600, 60.0),
    )
    edit = text("x", f"{INBOX}:1.2", replaces=f"{INBOX}:1.3")
    assert adapter.costs(edit) == (Cost(("slack", TEAM, "chat.update"), 100, 60.0),)


class Nobody:
    """Budgets that nobody asks."""

    def try_take(self, costs: object) -> bool:
        raise AssertionError

    async def take(self, costs: object, *, backfill: bool = False) -> None:
        raise AssertionError

    def learn(self, cost: Cost, *, limit: int, remaining: int, reset_after: float) -> None:
        raise AssertionError

    def block(self, key: tuple[str, ...], seconds: float) -> None:
        raise AssertionError


async def test_a_link_opens_the_thread_in_slack(world: World, desk: FakeDesk) -> None:
    async with world.adapter("http", desk) as adapter:
        assert adapter.link(mirror()) is None
        link = adapter.link(mirror(space=f"{INBOX}:1700000000.000100"))
        assert link is not None
        assert link.endswith(
            f"/archives/{INBOX}/p1700000000000100?thread_ts=1700000000.000100&cid={INBOX}"
        )


async def test_a_post_into_a_dead_socket_is_refused_for_sure(desk: FakeDesk) -> None:
    settings = Settings(bot_token="x", mode="http", signing_secret="s", listen="127.0.0.1:0",
                        api_url="http://127.0.0.1:9/")  # fmt: skip
    adapter = SlackAdapter(settings, LocalBudgets(), no_files())
    await adapter.start(desk)
    try:
        assert await adapter.write(card()) == Failure(FailureKind.TRANSIENT, "not_connected")
        url = f"http://127.0.0.1:{adapter.port}/slack/events"
        async with aiohttp.ClientSession() as http, http.post(url) as answer:
            assert answer.status == 401
    finally:
        await adapter.stop()


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_a_server_on_this_machine_is_reached_past_a_proxy(
    world: World, desk: FakeDesk, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with world.adapter(mode, desk) as adapter:
        assert isinstance(await adapter.write(card()), Receipt)
