"""Conversations that others read in a channel: whoever is in one ends that, from anywhere."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.program.hands import (
    BO,
    CHAT,
    CLEO,
    GUILD,
    LIMIT,
    MIA,
    ROSA,
    Discord,
    Slack,
    Web,
    direct,
    mia,
)
from tests.program.world import INBOX, Whole, whole

pytestmark = pytest.mark.slow

PIN = "https://www.pinterest.com/pin/99360735500167749/"
BOT = "U0PINTHREAD"


class Hands:
    def __init__(self, people: Whole) -> None:
        self.people = people
        self.slack, self.discord, self.web = Slack(people), Discord(people), Web(people)

    async def notices(self, who: str, thread: str) -> list[str]:
        page = await self.web.call(who, "GET", f"/api/threads/{thread}/messages?limit=200")
        return [line["text"] for line in page["lines"] if line["kind"] == "notice"]

    async def ended(self, who: str, thread: str) -> None:
        await self.people.until(
            lambda: self.notices(who, thread),
            lambda found: any("no longer shows this" in one for one in found),
            LIMIT,
        )


@pytest_asyncio.fixture
async def hands(tmp_path: Any) -> AsyncIterator[Hands]:
    demo = {"people": ["mia", "cleo-park", "bo-reyes"], "origin": "http://127.0.0.1:9"}
    rules = {"contacts": "follow", "per_minute": 0}
    async with whole(tmp_path, people=mia(), rules=rules, web={"demo": demo}) as people:
        yield Hands(people)


async def in_chat(hands: Hands) -> tuple[str, str]:
    """Mia at the page, Cleo in Slack, and Rosa, who shows it in #chat; its id and its code."""
    slack, discord, web = hands.slack, hands.discord, hands.web
    await slack.pin(CLEO, "follow @mia")
    await discord.ran(ROSA, CHAT, "people follow", who="@mia")
    sent = {"to": ["cleo-park", "rosa"], "pin": PIN, "text": "By June?"}
    thread = (await web.call("mia", "POST", "/api/threads", sent))["thread"]
    await slack.pin(CLEO, f"accept {thread['code']}")
    asked = await discord.run(ROSA, CHAT, "channel connect", **{"as": "project"})
    await discord.fill(ROSA, asked["modal"], choice_which=thread["id"])
    await slack.shown("Anyone of you may end that", direct(CLEO))
    return thread["id"], thread["code"]


@pytest.mark.parametrize("words", ["disconnect", "disconnect #chat", "disconnect CODE"])
async def test_a_member_in_slack_ends_that_it_is_shown_in_discord(hands: Hands, words: str) -> None:
    thread, code = await in_chat(hands)
    told = await hands.slack.pin(CLEO, words.replace("CODE", code))
    assert "no longer in #chat (Discord)" in told, told
    asked = await hands.slack.told(CLEO, "no longer in #chat")
    await hands.slack.press(CLEO, asked, "Disconnect")
    await hands.ended("mia", thread)
    assert "Nobody else reads" in await hands.slack.pin(CLEO, f"disconnect {code}")
    await hands.web.call("mia", "POST", f"/api/threads/{thread}/messages", {"text": "Only us"})
    await hands.slack.shown("Only us", direct(CLEO))
    post = (await hands.discord.card("", CHAT))["id"]
    shown = await hands.people.discord_messages(post)
    assert "Only us" not in str(shown)


async def test_a_member_at_the_page_sees_where_it_is_shown_and_ends_it(hands: Hands) -> None:
    thread, code = await in_chat(hands)
    web = hands.web
    await hands.slack.pin(BO, "follow @mia")
    status, told = await web.ask("bo-reyes", "GET", f"/api/threads/{thread}/places")
    assert (status, told["code"]) == (404, "unknown_thread")
    [place] = (await web.call("mia", "GET", f"/api/threads/{code}/places"))["places"]
    assert (place["platform"], place["label"]) == ("discord", "#chat")
    path = f"/api/threads/{thread}/places/{place['id']}"
    assert (await web.ask("bo-reyes", "DELETE", path))[0] == 404
    assert await web.call("mia", "DELETE", path) == {"places": []}
    await hands.ended("cleo-park", thread)
    assert (await web.ask("mia", "DELETE", path))[1]["code"] == "not_connected"


async def test_a_member_ends_it_in_a_slack_channel_that_shows_every_new_one(hands: Hands) -> None:
    slack, web = hands.slack, hands.web
    kitchen = await channel(hands, BO, CLEO, BOT)
    await slack.pin(BO, "follow @cleo-park")
    await slack.pin(CLEO, "follow @bo-reyes")
    await connect_all(hands, kitchen)
    await slack.pin(CLEO, f"send {PIN} to @bo-reyes -- hello Bo")
    await slack.shown("hello Bo", kitchen)
    asked = await slack.pin(BO, "disconnect", kitchen)
    assert "your conversation with Cleo Park no longer in #kitchen (Slack)" in asked, asked
    await slack.press(BO, await slack.told(BO, "no longer in #kitchen"), "Disconnect")
    thread = (await web.call("cleo-park", "GET", "/api/threads"))["threads"][0]["id"]
    await hands.ended("cleo-park", thread)
    # It stays connected for what Cleo starts with others.
    assert "Show no more conversations in #kitchen" in await slack.pin(CLEO, "disconnect", kitchen)


async def channel(hands: Hands, *members: str) -> str:
    body = {"name": "kitchen", "members": [*members]}
    return str((await hands.people.control("POST", "/slack/channel", body))["id"])


async def connect_all(hands: Hands, kitchen: str) -> Any:
    body = {"channel": kitchen, "command": "/pin", "text": "connect project", "wait": 10}
    told = await hands.slack.act("command", CLEO, **body)
    if told["views"]:
        await hands.slack.fill(CLEO, told["views"][-1], which="all")
        await hands.slack.told(CLEO, "Conversations that you start from now on")
    return told


async def test_a_channel_without_the_bot_is_not_connected_until_it_is_invited(hands: Hands) -> None:
    kitchen = await channel(hands, BO, CLEO)
    await hands.slack.pin(CLEO, "follow @bo-reyes")
    told = await connect_all(hands, kitchen)
    assert "Invite me there" in str(told["answers"]), told
    assert not told["views"]
    await hands.slack.act("join", BOT, channel=kitchen)
    assert (await connect_all(hands, kitchen))["views"]


async def test_a_channel_of_the_configuration_says_that_it_comes_back(tmp_path: Any) -> None:
    place = {"platform": "discord", "workspace": GUILD, "channel": CHAT, "label": "#chat"}
    login = {"platform": "discord", "user": MIA}
    people = [
        {"handle": "mia", "name": "Mia", "identities": [login],
         "channels": [{**place, "kind": "project"}]}
    ]  # fmt: skip
    async with whole(tmp_path, people=people) as running:
        hands = Discord(running)
        asked = await hands.ran(MIA, CHAT, "channel disconnect")
        assert "comes back at the next start" in asked["content"]
        done = await hands.press(MIA, asked, "Disconnect")
        assert "take it out of `people: channels`" in str(done)
        again = await hands.ran(MIA, CHAT, "channel disconnect")
        assert "comes back" not in again["content"]
        await running.end()
        await running.start()
        assert "Show no more" in (await hands.ran(MIA, CHAT, "channel disconnect"))["content"]


async def test_the_home_of_an_owner_of_two_brands_leads_to_both(tmp_path: Any) -> None:
    login = {"platform": "slack", "workspace": "T0NORTHWIND", "user": CLEO}
    brands = [
        {"handle": handle, "name": handle.title(), "owners": ["cleo"],
         "channels": [{"platform": "slack", "workspace": "T0NORTHWIND", "channel": channel}]}
        for handle, channel in (("fjord", INBOX), ("lumen", "C0GENERAL"))
    ]  # fmt: skip
    people = mia({"handle": "cleo", "name": "Cleo", "identities": [login]})
    # A public channel is no inbox: it is made private first.
    async with whole(tmp_path, brands=brands, people=people) as running:
        hands = Hands(running)
        await hands.slack.act("convert", CLEO, channel="C0GENERAL", private=True)

        async def home() -> Any:
            await hands.slack.act("home", CLEO)
            return (await running.control("GET", f"/slack/seen?user={CLEO}"))["home"]

        def leads_on(view: Any) -> bool:  # once the channel is known to be private
            return any(f"'text': '{name}'" in str(view) for name in ("Fjord", "Lumen"))

        page = await running.until(home, leads_on, LIMIT)
        found = [
            one
            for block in page["blocks"]
            for one in block.get("elements", ())
            if one.get("type") == "button" and one["text"]["text"] in ("Fjord", "Lumen")
        ]
        [other] = found
        pressed = {"view": page["id"], "action_id": other["action_id"], "wait": 10}
        told = await hands.slack.act("press", CLEO, **pressed)
        assert f"{other['text']['text']}: " in str(told) or "Nobody waits" in str(told), told
