"""Discord's ban is never come near to, and a limit holds what it is meant for."""

from typing import Any

import pytest

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.guarding import MOST, Guard
from core.delivery import Failure, FailureKind, Receipt, Verb
from core.ids import RemoteId
from tests.discord.conftest import (
    CHAT,
    FORUM,
    HIDDEN,
    FreeBudgets,
    Sandbox,
    card,
    change,
    mirror,
    posting,
    text,
)
from tests.discord.fake_desk import FakeDesk
from tests.discord.test_over_sockets import EXECUTE, POST, placed


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def invalid(sandbox: Sandbox) -> dict[str, Any]:
    return dict(await sandbox.control("GET", "discord/invalid"))


def code(done: object) -> str:
    assert isinstance(done, Failure), done
    assert done.certain
    return done.code


async def test_calls_pause_at_a_tenth_of_the_ban_and_go_on_when_it_is_past(
    adapter: DiscordAdapter, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    await sandbox.control("PUT", "limits/discord", {"factor": 0})
    clock = Clock()
    adapter._rest._guard = Guard(clock)
    target = RemoteId(f"{HIDDEN}:1")
    codes = [
        code(await adapter.write(change(mirror(HIDDEN), Verb.DELETE, target)))
        for _ in range(MOST + 20)
    ]
    assert codes == ["discord_50001"] * MOST + ["discord_429"] * 20
    told = await invalid(sandbox)
    assert (told["count"], told["banned"]) == (MOST, False)
    assert adapter.invalid_requests == MOST
    assert [line.message for line in caplog.records].count("discord_calls_paused") == 1
    held = await adapter.write(card(mirror(CHAT)))
    assert isinstance(held, Failure)
    assert (held.kind, held.retry_after) == (FailureKind.RATE, 600.0)
    clock.now += 601.0
    assert isinstance(await adapter.write(card(mirror(CHAT))), Receipt)
    assert adapter.invalid_requests == 0


async def test_a_refused_token_is_asked_for_once_a_minute_until_it_is_good(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    first = await adapter.write(text(at, "before"))
    assert isinstance(first, Receipt)
    clock = Clock()
    adapter._rest._guard = Guard(clock, adapter._token_taken)
    await sandbox.fault(POST, "status", status=401, times=2, body={"code": 0, "message": "401"})
    write = posting("n", at, card(at).part)
    codes = [code(await adapter.write(card(mirror(CHAT)))) for _ in range(50)]
    assert codes == ["discord_401", *["discord_50014"] * 49]
    assert (await invalid(sandbox))["count"] == 1
    held = await adapter.write(card(mirror(CHAT)))
    assert isinstance(held, Failure)
    assert (held.kind, held.retry_after) == (FailureKind.RATE, 60.0), "which breaks no mirror"
    assert isinstance(await adapter.write(text(at, "a webhook needs no bot token")), Receipt)
    clock.now += 61.0
    assert code(await adapter.write(card(mirror(CHAT)))) == "discord_401"
    assert code(await adapter.write(write)) == "discord_50014"
    clock.now += 61.0
    good = (mirror(CHAT).place, None, None)
    await desk.until(lambda: desk.places.count(good) == 1)
    assert isinstance(await adapter.write(card(mirror(CHAT))), Receipt)
    assert (await invalid(sandbox))["count"] == 2
    await desk.until(lambda: desk.places.count(good) == 2)


async def test_a_webhooks_own_refusal_stops_nothing_else(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    body = {"code": 50027, "message": "Invalid Webhook Token"}
    await sandbox.fault(EXECUTE, "status", status=401, body=body)
    assert isinstance(await adapter.write(text(at, "hello")), Receipt), "with a webhook made anew"
    assert isinstance(await adapter.write(card(mirror(CHAT))), Receipt)


async def test_a_global_limit_holds_every_route_and_a_shared_one_its_own(
    adapter: DiscordAdapter, sandbox: Sandbox, budgets: FreeBudgets
) -> None:
    at = await placed(adapter, mirror(FORUM))
    clock = Clock()
    adapter._rest._guard = Guard(clock)
    await sandbox.fault(EXECUTE, "ratelimit", retry_after=3, scope="shared")
    assert code(await adapter.write(text(at, "a"))) == "discord_429"
    assert budgets.blocked == [(("discord", "webhook", FORUM), 3.0)]
    assert isinstance(await adapter.write(card(mirror(CHAT))), Receipt)
    assert (await invalid(sandbox))["count"] == adapter.invalid_requests == 0
    await sandbox.fault(EXECUTE, "ratelimit", retry_after=7, scope="global")
    assert code(await adapter.write(text(at, "b"))) == "discord_429"
    assert budgets.blocked[1] == (("discord", "global"), 7.0)
    journal = len(await sandbox.journal())
    clock.now += 6.0
    for write in (text(at, "c"), card(mirror(FORUM)), change(at, Verb.DELETE, RemoteId("1:2"))):
        held = await adapter.write(write)
        assert isinstance(held, Failure)
        assert (held.kind, held.retry_after) == (FailureKind.RATE, 1.0)
    assert len(await sandbox.journal()) == journal
    assert (await invalid(sandbox))["count"] == 1
    clock.now += 1.0
    assert isinstance(await adapter.write(text(at, "d")), Receipt)


async def test_a_ban_that_came_all_the_same_is_waited_out_without_asking(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    clock = Clock()
    adapter._rest._guard = Guard(clock)
    await sandbox.control("PUT", "discord/invalid", {"limit": 1})
    target = RemoteId(f"{HIDDEN}:1")
    for _ in range(30):
        await adapter.write(change(mirror(HIDDEN), Verb.DELETE, target))
    told = await invalid(sandbox)
    assert told["banned"]
    assert told["count"] == 2, "what brought it about, and one that met it"


def test_limits_of_an_unknown_sender_double_until_an_answer_comes() -> None:
    clock = Clock()
    guard = Guard(clock)
    assert [guard.block(0.0, foreign=True) for _ in range(3)] == [5.0, 10.0, 20.0]
    assert guard.block(30.0, foreign=False) == 30.0
    assert guard.block(0.0, foreign=True) == 40.0
    assert [guard.block(0.0, foreign=True) for _ in range(6)][-1] == 600.0
    guard.answered(200, as_bot=True, shared=False)
    assert guard.block(0.0, foreign=True) == 5.0
