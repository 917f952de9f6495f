"""The gateway, spoken to by hand: hello, identify, heartbeat, resume, intents, close codes."""

from typing import Any

import pytest

TOKEN, INTENTS = "sandbox-discord-token", 38433


async def test_ready_and_guild_create_follow_identify(house: Any) -> None:
    async with house.wire() as link:
        await link.identify()
        ready = await link.take()
        guild = await link.take()
        assert (ready["t"], ready["s"]) == ("READY", 1)
        assert ready["d"]["resume_gateway_url"].startswith("ws://127.0.0.1")
        assert (guild["t"], guild["s"]) == ("GUILD_CREATE", 2)
        assert len(guild["d"]["channels"]) == 4
        await link.send(1, 2)
        assert (await link.take())["op"] == 11


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        (2, {"token": "wrong", "intents": INTENTS}, 4004),
        (2, {"token": TOKEN}, 4013),
        (2, {"token": TOKEN, "intents": INTENTS | 1 << 1}, 4014),
        (8, {}, 4003),
        (99, {}, 4003),
    ],
)
async def test_a_bad_payload_closes(house: Any, op: int, data: Any, code: int) -> None:
    async with house.wire() as link:
        await link.send(op, data)
        assert await link.take() == code


async def test_what_is_no_json_closes(house: Any) -> None:
    async with house.wire() as link:
        await link.ws.send_str("{")
        assert await link.take() == 4002


async def test_a_second_identify_closes(house: Any) -> None:
    async with house.wire() as link:
        await link.identify()
        await link.until("GUILD_CREATE")
        await link.identify()
        assert await link.take() == 4005


async def test_only_what_the_intents_ask_for_comes(house: Any) -> None:
    async with house.wire() as link:
        await link.identify(intents=1 << 12)
        await link.until("READY")
        await house.say("Rosa", "chat", "unheard")
        await house.say("Rosa", "dm", "heard")
        payload = await link.take()
        assert (payload["t"], payload["d"]["content"]) == ("MESSAGE_CREATE", "heard")
        assert "guild_id" not in payload["d"]


async def test_without_message_content_words_are_hidden_unless_the_bot_is_meant(
    house: Any,
) -> None:
    async with house.wire() as link:
        await link.identify(intents=1 | 1 << 9)
        await link.until("GUILD_CREATE")
        await house.say("Rosa", "chat", "secret")
        await house.say("Rosa", "chat", "<@900000000000000001> hi")
        assert (await link.until("MESSAGE_CREATE"))["d"]["content"] == ""
        assert (await link.until("MESSAGE_CREATE"))["d"]["content"].endswith("hi")


async def test_a_cut_link_resumes_and_a_closed_one_does_not(house: Any) -> None:
    async with house.wire() as link:
        await link.identify()
        session = (await link.until("READY"))["d"]["session_id"]
        seq = (await link.until("GUILD_CREATE"))["s"]
        await link.ws.close(code=4000)
    await house.say("Rosa", "chat", "meanwhile")
    resume = {"token": TOKEN, "session_id": session, "seq": seq}
    async with house.wire() as link:
        await link.send(6, resume)
        missed = await link.take()
        assert (missed["d"]["content"], missed["s"]) == ("meanwhile", seq + 1)
        assert (await link.take())["t"] == "RESUMED"
        await link.ws.close(code=1000)
    async with house.wire() as link:
        await link.send(6, resume)
        assert await link.take() == {"op": 9, "d": False, "s": None, "t": None}
        await link.identify()
        assert (await link.until("READY"))["d"]["session_id"] != session


async def test_a_sequence_from_the_future_closes(house: Any) -> None:
    async with house.wire() as link:
        await link.identify()
        session = (await link.until("READY"))["d"]["session_id"]
        await link.ws.close(code=4000)
    async with house.wire() as link:
        await link.send(6, {"token": TOKEN, "session_id": session, "seq": 999})
        assert await link.take() == 4007


async def test_too_many_sends_close(house: Any) -> None:
    async with house.wire() as link:
        for _ in range(121):
            await link.send(1, None)
        found = [await link.take() for _ in range(121)]
        assert found[-1] == 4008
