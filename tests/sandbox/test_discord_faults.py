"""Every kind of fault, on a call and on what is pushed."""

import asyncio
from typing import Any

import aiohttp
import discord
import pytest

CHAT = "930000000000000002"
MESSAGES = f"/channels/{CHAT}/messages"
CREATE = "POST /channels/{id}/messages"
EXECUTE = "POST /webhooks/{id}/{token}"


async def contents(house: Any) -> list[str]:
    return [one["content"] for one in await house.shown(CHAT)]


async def send(house: Any, text: str) -> tuple[int, Any, Any]:
    found: tuple[int, Any, Any] = await house.rest("POST", MESSAGES, {"content": text})
    return found


async def test_status_answers_and_applies_nothing(house: Any) -> None:
    await house.fault(CREATE, "status", status=503, body={"message": "down"})
    status, told, _ = await send(house, "a")
    assert (status, told) == (503, {"message": "down"})
    assert await contents(house) == []
    assert (await send(house, "b"))[0] == 200


async def test_after_and_times_choose_the_calls(house: Any) -> None:
    await house.fault(CREATE, "status", status=500, after=1, times=2)
    assert [(await send(house, "x"))[0] for _ in range(4)] == [200, 500, 500, 200]


async def test_ratelimit_is_a_429_with_or_without_headers(house: Any) -> None:
    await house.fault(CREATE, "ratelimit", retry_after=0.2, scope="shared")
    status, told, headers = await send(house, "a")
    assert (status, told["retry_after"]) == (429, 0.2)
    assert headers["X-RateLimit-Scope"] == "shared"
    await house.fault(CREATE, "ratelimit", retry_after=3, headers=False)
    status, told, headers = await send(house, "a")
    assert (status, told["retry_after"]) == (429, 3.0)
    assert "Retry-After" not in headers
    assert "Via" not in headers


async def test_discord_py_waits_for_a_global_limit(house: Any) -> None:
    async with house.bot() as bot:
        await house.fault(CREATE, "ratelimit", retry_after=0.1, scope="global")
        await bot.get_channel(int(CHAT)).send("after the wait")
        assert await contents(house) == ["after the wait"]


async def test_delay_applies_at_once_and_answers_late(house: Any) -> None:
    await house.fault(CREATE, "delay", seconds=30)
    asked = asyncio.create_task(send(house, "a"))
    await house.kernel.journal.wait(0, 5)
    assert await contents(house) == ["a"]
    assert not asked.done()
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked


async def test_late_answers_500_and_applies_afterwards(house: Any) -> None:
    await house.fault(CREATE, "late", seconds=0.05)
    assert (await send(house, "a"))[0] == 500
    assert await contents(house) == []
    await house.kernel.journal.wait(0, 5)
    assert await contents(house) == ["a"]


@pytest.mark.parametrize(("kind", "left"), [("lost", ["a"]), ("cut", [])])
async def test_lost_is_applied_and_cut_is_not(house: Any, kind: str, left: list[str]) -> None:
    await house.fault(CREATE, kind)
    with pytest.raises(aiohttp.ClientError):
        await send(house, "a")
    assert await contents(house) == left


async def test_a_fault_strikes_only_its_route(house: Any) -> None:
    await house.fault(EXECUTE, "cut", times=0)
    assert (await send(house, "a"))[0] == 200
    _, hook, _ = await house.rest("POST", f"/channels/{CHAT}/webhooks", {"name": "x"})
    with pytest.raises(aiohttp.ClientError):
        await house.rest("POST", f"/webhooks/{hook['id']}/{hook['token']}", {"content": "x"})


async def said(house: Any, *texts: str) -> None:
    for text in texts:
        await house.say("Rosa", "chat", text)


async def heard(bot: Any, count: int) -> list[str]:
    return [(await bot.hear("message")).content for _ in range(count)]


async def test_an_event_arrives_twice(house: Any) -> None:
    async with house.bot() as bot:
        await house.fault("events", "double")
        await said(house, "a", "b")
        assert await heard(bot, 3) == ["a", "a", "b"]


async def test_an_event_is_overtaken_by_the_next(house: Any) -> None:
    async with house.bot() as bot:
        await house.fault("events", "reorder")
        await said(house, "a", "b", "c")
        assert await heard(bot, 3) == ["b", "a", "c"]


async def test_an_event_is_withheld(house: Any) -> None:
    async with house.bot() as bot:
        await house.fault("events", "withhold")
        await said(house, "a", "b")
        assert await heard(bot, 1) == ["b"]


async def test_an_event_is_delayed(house: Any) -> None:
    async with house.bot() as bot:
        await house.fault("events", "delay", seconds=0.1)
        await said(house, "a", "b")
        assert await heard(bot, 2) == ["b", "a"]


async def test_a_session_that_cannot_resume_loses_its_events(house: Any) -> None:
    async with house.bot() as bot:
        await house.fault("events", "drop_session", resume=False)
        again = asyncio.create_task(bot.wait_for("ready", timeout=30))
        await asyncio.sleep(0)
        await said(house, "lost")
        await again
        assert not bot.resumed.is_set()
        await said(house, "heard")
        assert await heard(bot, 1) == ["heard"]


async def test_the_journal_tells_what_was_applied_and_what_struck(house: Any) -> None:
    await house.fault(CREATE, "late", seconds=0.01)
    await send(house, "a")
    await house.kernel.journal.wait(0, 5)
    _, sent, _ = await send(house, "b")
    entries = (await house.control("GET", "journal?after=0"))["entries"]
    told = [(one["method"], one["args"]["body"]["content"], one["fault"]) for one in entries]
    create = "POST /channels/{channel_id}/messages"
    assert told == [(create, "a", "late"), (create, "b", None)]
    assert entries[1]["result"] == {"status": 200, "id": sent["id"], "channel_id": CHAT}


async def test_no_secret_stands_in_the_journal(house: Any) -> None:
    _, hook, _ = await house.rest("POST", f"/channels/{CHAT}/webhooks", {"name": "x"})
    path = f"/webhooks/{hook['id']}/{hook['token']}"
    await house.rest("POST", path, {"content": "x"}, auth=False)
    journal = await house.control("GET", "journal?after=0")
    assert hook["token"] not in str(journal)
    assert "sandbox-discord-token" not in str(journal)


async def test_an_unlucky_client_sees_the_fault_as_discords(house: Any) -> None:
    async with house.bot() as bot:
        await house.fault(CREATE, "status", status=403, body={"message": "no", "code": 50013})
        with pytest.raises(discord.Forbidden) as refused:
            await bot.get_channel(int(CHAT)).send("x")
        assert refused.value.code == 50013
