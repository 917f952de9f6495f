"""What people get wrong, through the whole program: a clear answer, and nothing half done."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.program.world import INBOX, PIN, Whole, whole

ROSA, GUESTS = "920000000000000001", [f"9200000000000000{n}" for n in range(11, 21)]


@pytest.fixture
async def people(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Whole]:
    """Mia and a brand, or Mia and a friend where the test asks for a group."""
    free, group = {"limits_factor": 0}, getattr(request, "param", "") == "group"
    async with whole(tmp_path, group=group, slack=free, discord=free) as running:
        for platform in ("slack", "discord"):
            await running.control("PUT", f"/limits/{platform}", {"factor": 0})
        yield running


async def started(people: Whole) -> tuple[str, str]:
    """A mirrored thread: its root in Slack, its post in Discord."""
    await people.ask("start")
    card = await people.card_in_slack()
    return card["ts"], await people.thread_in_discord()


async def say_in_slack(people: Whole, root: str, text: str) -> None:
    words = {"user": "U0ADA", "channel": INBOX, "thread_ts": root, "text": text}
    await people.control("POST", "/slack/say", words)


async def test_a_text_longer_than_a_place_can_show_arrives_in_parts(people: Whole) -> None:
    root, thread = await started(people)
    text = " ".join(f"word{n}" for n in range(1_500))
    await say_in_slack(people, root, text)
    # Slack may hand over two events at once in either order: the long one is under way first.
    await people.until(
        lambda: people.discord_messages(thread),
        lambda shown: any(m["content"].startswith("word0 ") for m in shown),
    )
    await say_in_slack(people, root, "short")
    seen = await people.until(
        lambda: people.discord_messages(thread),
        lambda shown: any(m["content"] == "short" for m in shown),
    )
    first, *parts, last = [m["content"] for m in seen if m["webhook_id"]]
    assert (first, last) == ("start", "short")
    assert " ".join(parts) == text
    assert max(map(len, parts)) <= 2_000


@pytest.mark.parametrize(
    "text",
    [
        "\u05e9\u05dc\u05d5\u05dd abc",
        "a\u200bb\u200dc",
        "\u202ereversed\u202c",
        "\U0001f469\u200d\U0001f680",
    ],
    ids=["right to left", "zero width", "override", "joined emoji"],
)
async def test_unusual_letters_cross_unharmed(people: Whole, text: str) -> None:
    root, thread = await started(people)
    await say_in_slack(people, root, text)
    seen = await people.until(
        lambda: people.discord_messages(thread),
        lambda shown: sum(bool(m["webhook_id"]) for m in shown) == 2,
    )
    assert next(m["content"] for m in reversed(seen) if m["webhook_id"]) == text


@pytest.mark.parametrize("people", ["group"], indirect=True)
async def test_the_eleventh_person_is_told_and_the_others_go_on(people: Whole) -> None:
    root, thread = await started(people)
    for user in GUESTS[:8]:
        said = {"user": user, "channel": thread, "text": f"hi from {user}"}
        await people.control("POST", "/discord/say", said)
    last = {"user": GUESTS[9], "channel": thread, "text": "me too"}
    await people.until(
        people.slack_messages,
        lambda shown: sum("hi from" in m["text"] for m in shown) == 8,
    )
    await people.control("POST", "/discord/say", last)
    direct = await people.until(lambda: people.discord_messages(f"dm:{GUESTS[9]}"), bool)
    assert "at most 10 people" in str(direct)
    assert "me too" not in str(await people.slack_messages())
    assert root


async def test_a_command_without_a_pin_says_what_to_do(people: Whole) -> None:
    asked = {"user": "U0ADA", "channel": INBOX, "command": "/pin"}
    # Her first act of all tells her who will see it.
    first = {**asked, "text": "send hello to @mia"}
    got = await people.control("POST", "/slack/command", first)
    assert "followers see Northwind Home" in str(got["answers"])
    for text, answer in (
        ("send hello to @mia", "pin"),
        ("send https://example.com/pin/1/ to @mia", "pinterest.com"),
        ("send https://www.pinterest.com.evil.org/pin/1/ to @mia", "pinterest.com"),
        (f"send {PIN} to @nobody-here -- hi", "@nobody-here"),
        ("sned something", "send"),
    ):
        got = await people.control("POST", "/slack/command", {**asked, "text": text})
        assert answer in str(got["answers"]), text
    assert not [m for m in await people.slack_messages() if m["bot"]]


async def test_words_in_direct_messages_without_a_thread_ask_for_a_pin(people: Whole) -> None:
    said = {"user": ROSA, "channel": "dm", "text": "hello?"}
    await people.control("POST", "/discord/say", said)
    seen = await people.until(
        lambda: people.discord_messages(f"dm:{ROSA}"), lambda shown: len(shown) > 1
    )
    assert "Start with a pin." in str(seen)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"to": ["northwind"], "text": "hi"}, 422, "pin_required"),
        ({"to": ["northwind"], "pin": "https://example.com/", "text": "hi"}, 422, "bad_pin"),
        ({"to": [], "pin": PIN, "text": "hi"}, 422, "nobody_to_talk_to"),
        ({"to": ["nobody-here"], "pin": PIN}, 422, "cannot_message"),
        ({"to": ["northwind"], "pin": PIN, "text": "a" * 40_001}, 422, "text_too_long"),
    ],
    ids=["no pin", "other host", "nobody", "unknown handle", "too long"],
)
async def test_the_api_refuses_with_the_code_and_a_sentence(
    people: Whole, body: dict[str, Any], status: int, code: str
) -> None:
    async with people.http.post(
        f"{people.web}/api/demo/say", json={"as": "mia", **body}, headers=people.here
    ) as got:
        answer = await got.json()
    assert (got.status, answer.get("code")) == (status, code), answer
    assert answer["detail"].endswith(".")


async def test_names_that_discord_refuses_arrive_under_a_cleaned_one(tmp_path: Path) -> None:
    long = "N" * 290 + " Discord"
    async with whole(tmp_path) as people:
        config = people.config()
        assert config["people"][0]["name"] == "Mia"
        await people.end()
        people.changes = {"people": [{**config["people"][0], "name": long}]}
        await people.start()
        await people.ask("under a long name")
        thread = await people.thread_in_discord()
        seen = await people.until(
            lambda: people.discord_messages(thread),
            lambda shown: any(m["webhook_id"] for m in shown),
        )
        name = next(m["name"] for m in seen if m["webhook_id"])
        assert 1 <= len(name) <= 80
        assert "discord" not in name.lower()


async def test_a_pin_that_leads_inside_the_house_is_refused(people: Whole) -> None:
    for code in ("inside", "loop", "elsewhere"):
        body = {"as": "mia", "to": ["northwind"], "pin": f"https://pin.it/{code}", "text": "x"}
        async with people.http.post(
            f"{people.web}/api/demo/say", json=body, headers=people.here
        ) as got:
            assert got.status == 422
            assert (await got.json())["code"] == "bad_pin"


async def test_slack_payloads_with_a_bad_signature_do_nothing(tmp_path: Path) -> None:
    from benchmarks.program import free_port

    port = free_port()
    http = {
        "mode": "http",
        "listen": f"127.0.0.1:{port}",
        "signing_secret": "sandbox-signing-secret",
    }
    async with whole(tmp_path, slack=http) as people:
        address = f"http://127.0.0.1:{port}/slack/events"
        await people.control("PUT", "/program", {"slack_events": address})
        await people.ask("start")
        root = (await people.card_in_slack())["ts"]
        for headers in ({}, {"X-Slack-Signature": "v0=bad", "X-Slack-Request-Timestamp": "1"}):
            async with (
                aiohttp.ClientSession() as http_session,
                http_session.post(address, json={"type": "event_callback"}, headers=headers) as got,
            ):
                assert got.status == 401
        await say_in_slack(people, root, "signed well")
        thread = await people.thread_in_discord()
        await people.until(
            lambda: people.discord_messages(thread),
            lambda shown: any(m["content"] == "signed well" for m in shown),
        )
