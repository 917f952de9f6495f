"""Faults: which call is struck, and what each kind does to a call of the sandbox's Slack."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from sandbox.faults import Fault, Faults
from tests.sandbox.slack_place import GENERAL, SlackPlace, running

POST = {"platform": "slack", "method": "chat.postMessage"}


@pytest.fixture
async def place() -> AsyncIterator[SlackPlace]:
    async with running() as opened:
        yield opened


def struck(faults: Faults, calls: int, method: str = "chat.postMessage") -> list[bool]:
    return [faults.take("slack", method) is not None for _ in range(calls)]


def test_a_fault_strikes_once_unless_told_otherwise() -> None:
    faults = Faults()
    faults.add({**POST, "kind": "cut"})
    assert struck(faults, 3) == [True, False, False]
    faults.add({**POST, "kind": "cut", "times": 2, "after": 1})
    assert struck(faults, 4) == [False, True, True, False]
    faults.add({**POST, "kind": "cut", "times": 0})
    assert all(struck(faults, 50))
    faults.clear()
    assert not any(struck(faults, 2))


def test_a_rate_draws_the_same_calls_from_the_same_seed() -> None:
    draws = []
    for seed in (7, 7, 8):
        faults = Faults()
        faults.add({**POST, "kind": "cut", "times": 0, "rate": 0.3, "seed": seed})
        draws.append(struck(faults, 400))
    assert draws[0] == draws[1] != draws[2]
    assert 80 < sum(draws[0]) < 160


def test_a_fault_strikes_only_its_platform_and_method() -> None:
    faults = Faults()
    faults.add({**POST, "kind": "cut"})
    assert faults.take("discord", "chat.postMessage") is None
    assert faults.take("slack", "chat.update") is None
    faults.clear()
    faults.add({"platform": "discord", "method": "POST /webhooks/{id}/{token}", "kind": "cut"})
    hit = faults.take("discord", "POST /webhooks/{webhook_id}/{webhook_token}")
    assert isinstance(hit, Fault)


def test_a_star_stands_for_every_method_but_calls_and_events_stay_apart() -> None:
    faults = Faults()
    faults.add({"platform": "slack", "method": "*", "kind": "lost"})
    assert faults.take("slack", "events") is None
    assert faults.take("slack", "chat.update") is not None
    faults.add({"platform": "slack", "method": "*", "kind": "double"})
    assert faults.take("slack", "chat.update") is None
    assert faults.take("slack", "events") is not None


def test_the_list_tells_how_often_each_has_struck() -> None:
    faults = Faults()
    faults.add({**POST, "kind": "ratelimit", "retry_after": 3})
    faults.take("slack", "chat.postMessage")
    assert faults.list()[0] | {"hits": 1, "retry_after": 3, "headers": True} == faults.list()[0]


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {**POST, "kind": "explode"},
        {**POST, "platform": "irc", "kind": "cut"},
        {**POST, "kind": "status"},
        {**POST, "kind": "status", "status": 100},
        {**POST, "kind": "delay"},
        {**POST, "kind": "delay", "seconds": -1},
        {**POST, "kind": "cut", "seconds": 1},
        {**POST, "kind": "cut", "times": -1},
        {**POST, "kind": "cut", "rate": 0},
        {**POST, "kind": "double"},
        {"platform": "slack", "method": "events", "kind": "cut"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_a_sentence(spec: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        Faults().add(spec)


async def post(place: SlackPlace) -> Any:
    return await place.web.chat_postMessage(channel=GENERAL, text="x")


async def test_status_answers_so_and_applies_nothing(place: SlackPlace) -> None:
    await place.fault("chat.postMessage", "status", status=503, body="down")
    with pytest.raises(SlackApiError) as refused:
        await post(place)
    assert refused.value.response.status_code == 503
    assert await place.shown() == []
    await place.fault(
        "chat.postMessage", "status", status=500, body={"ok": False, "error": "fatal_error"}
    )
    with pytest.raises(SlackApiError, match="fatal_error"):
        await post(place)
    await post(place)


async def test_ratelimit_comes_with_and_without_headers(place: SlackPlace) -> None:
    await place.fault("chat.postMessage", "ratelimit", retry_after=7)
    await place.fault("chat.postMessage", "ratelimit", headers=False)
    answers = []
    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            await post(place)
        answers.append(refused.value.response)
    assert [answer.status_code for answer in answers] == [429, 429]
    assert answers[0].headers["Retry-After"] == "7"
    assert "Retry-After" not in answers[1].headers
    assert await place.shown() == []


async def test_delay_applies_at_once_and_answers_late(place: SlackPlace) -> None:
    await place.fault("chat.postMessage", "delay", seconds=0.2)
    call = asyncio.create_task(post(place))
    await place.kernel.journal.wait(0, 5)
    assert [m["text"] for m in await place.shown()] == ["x"]
    assert not call.done()
    assert (await call)["ok"] is True


async def test_late_answers_500_at_once_and_applies_afterwards(place: SlackPlace) -> None:
    await place.fault("chat.postMessage", "late", seconds=0.1)
    with pytest.raises(SlackApiError) as refused:
        await post(place)
    assert refused.value.response.status_code == 500
    assert await place.shown() == []
    await place.kernel.journal.wait(0, 5)
    assert [m["text"] for m in await place.shown()] == ["x"]
    assert place.journal("chat.postMessage")[0]["fault"] == "late"


async def test_lost_applies_and_cuts_and_cut_only_cuts(place: SlackPlace) -> None:
    await place.fault("chat.postMessage", "lost")
    with pytest.raises(aiohttp.ClientError):
        await post(place)
    assert len(await place.shown()) == 1
    await place.fault("chat.postMessage", "cut")
    with pytest.raises(aiohttp.ClientError):
        await post(place)
    assert len(await place.shown()) == 1
    assert [e["fault"] for e in place.journal("chat.postMessage")] == ["lost"]


async def test_reads_and_response_urls_can_be_struck_too(place: SlackPlace) -> None:
    await place.fault("*", "status", status=502, times=2)
    for call in (place.web.auth_test(), place.web.conversations_history(channel=GENERAL)):
        with pytest.raises(SlackApiError):
            await call
    await place.fault("response_url", "status", status=500)
    url = f"{place.kernel.base_url}/slack/response/any"
    async with place.http.post(url, json={"text": "x"}) as answer:
        assert answer.status == 500
