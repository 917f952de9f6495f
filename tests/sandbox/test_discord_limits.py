"""Rate limits: headers, refusals and their shapes, scaled by the factor."""

import asyncio
from typing import Any

from sandbox.discord.answers import Limited
from sandbox.discord.ratelimits import Bucket, RateLimits

CHAT = "930000000000000002"
MESSAGES = f"/channels/{CHAT}/messages"


async def test_the_headers_count_down_and_the_sixth_message_is_refused(house: Any) -> None:
    left = []
    for n in range(5):
        status, _, headers = await house.rest("POST", MESSAGES, {"content": str(n)})
        assert status == 200
        left.append(headers["X-RateLimit-Remaining"])
    assert left == ["4", "3", "2", "1", "0"]
    status, told, headers = await house.rest("POST", MESSAGES, {"content": "x"})
    assert status == 429
    assert set(told) == {"message", "retry_after", "global"}
    assert 0 < told["retry_after"] <= 5
    assert told["global"] is False
    assert int(headers["Retry-After"]) >= told["retry_after"]
    assert headers["X-RateLimit-Scope"] == "user"
    assert headers["Via"]
    assert headers["X-RateLimit-Bucket"]
    assert len(await house.shown(CHAT)) == 5


async def test_other_channels_have_their_own_bucket(house: Any) -> None:
    for n in range(6):
        await house.rest("POST", MESSAGES, {"content": str(n)})
    _, direct, _ = await house.rest(
        "POST", "/users/@me/channels", {"recipient_id": "920000000000000001"}
    )
    status, _, _ = await house.rest("POST", f"/channels/{direct['id']}/messages", {"content": "x"})
    assert status == 200


async def test_a_factor_of_ten_allows_ten_times_as_much(house: Any) -> None:
    await house.control("PUT", "limits/discord", {"factor": 10})
    for n in range(50):
        status, _, headers = await house.rest("GET", f"{MESSAGES}?limit=1")
        assert status == 200, n
    assert headers["X-RateLimit-Limit"] == "50"
    await house.control("PUT", "limits/discord", {"factor": 0})
    assert (await house.rest("GET", f"{MESSAGES}?limit=1"))[0] == 200


async def test_a_client_that_waits_as_told_gets_through(house: Any) -> None:
    async with house.bot() as bot:
        channel = bot.get_channel(int(CHAT))
        said = await house.say("Rosa", CHAT, "m")
        message = await channel.fetch_message(int(said))
        async with asyncio.timeout(30):
            for sign in "👍🎉👀":
                await message.add_reaction(sign)
        assert len((await house.shown(CHAT))[0]["reactions"]) == 3


EXECUTE = Bucket("execute", 5, 2.0)


async def test_a_webhook_has_its_own_limit_and_a_hidden_one_for_the_channel(house: Any) -> None:
    hooks = []
    for _ in range(2):
        body = {"name": "Pinthread"}
        _, hook, _ = await house.rest("POST", f"/channels/{CHAT}/webhooks", body)
        hooks.append(f"/webhooks/{hook['id']}/{hook['token']}?wait=true")
    answers = [await house.rest("POST", hooks[0], {"content": str(n)}) for n in range(6)]
    assert [answer[0] for answer in answers] == [200] * 5 + [429]
    assert answers[5][2]["X-RateLimit-Limit"] == "5"
    assert (await house.rest("POST", hooks[1], {"content": "x"}))[0] == 200


def test_the_hidden_limit_is_shared_and_shows_in_no_header() -> None:
    limits = RateLimits(lambda: 1.0)
    refused = None
    for number in range(31):
        refused = limits.check(EXECUTE, f"hook {number}", counts=False, hidden="channel")
    assert isinstance(refused, Limited)
    assert refused.scope == "shared"
    assert refused.headers["X-RateLimit-Remaining"] == "5"
    assert 59 < refused.retry_after <= 60
    assert not isinstance(limits.check(EXECUTE, "hook", counts=False, hidden="other"), Limited)


def test_the_fifty_first_call_in_a_second_is_refused_globally() -> None:
    limits = RateLimits(lambda: 1.0)
    found = [limits.check(EXECUTE, str(number), counts=True) for number in range(51)]
    last = found[-1]
    assert isinstance(last, Limited)
    assert last.scope == "global"
    assert not any(isinstance(one, Limited) for one in found[:-1])
