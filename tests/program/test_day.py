"""A day of everybody: the whole program under its real rules, over real sockets.

Kai asks a brand from Discord and is answered from Slack and from the staff's channel; three
friends plan a kitchen from three places; somebody is blocked, somebody finds no chair left,
and Kai leaves for good. What is said inside the brand is looked for in all that others see.
"""

import json
import zipfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from core.model import MOST_PEOPLE
from core.rules import GROUP_FULL, REQUEST_PENDING
from tests.program.hands import (
    ADA,
    BO,
    CHAT,
    CLEO,
    KAI,
    LIMIT,
    NOOR,
    ROSA,
    STAFF,
    Discord,
    Slack,
    Web,
    direct,
    guest,
    mia,
    northwind,
)
from tests.program.onlooker import Onlooker, looking_on
from tests.program.world import FORUM, INBOX, Whole, whole

pytestmark = pytest.mark.slow
PINS = tuple(f"https://www.pinterest.com/pin/993607355001677{n}/" for n in range(49, 67, 3))
INSIDE = (
    "ask the shop first",
    "he always asks",
    "buy two at least",
    "It is 27 cm high",
    "note:",
    "snoozed",
    "resolved",
    "unassigned",
    "Ada Lind",
    "Bo Reyes",
    "Noor",
)
"""Words that only the brand's people may see: their notes, what was taken back, who works."""
FRIENDS = (KAI, ROSA, *(guest(n) for n in range(1, 10)))
"""People of the server who are not the brand's."""


@dataclass(slots=True)
class Day:
    people: Whole
    slack: Slack
    discord: Discord
    web: Web
    outsiders: tuple[str, ...] = ("kai", "mia")
    """Whose API is looked through."""
    onlookers: list[Onlooker] = field(default_factory=list)
    """Who has the page open: their live streams are kept from the first byte to the last."""
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def look_on(self, who: str) -> None:
        self.onlookers.append(await self._open.enter_async_context(looking_on(self.people, who)))

    async def __aenter__(self) -> "Day":
        return self

    async def __aexit__(self, *raised: Any) -> None:
        await self._open.aclose()

    async def thread_of(self, who: str, other: str) -> Any:
        found = (await self.web.call(who, "GET", "/api/threads"))["threads"]
        return next(one for one in found if other in str(one["people"]))


async def test_a_day_of_everybody(tmp_path: Path) -> None:
    config: dict[str, Any] = {
        "brands": [northwind()],
        "people": mia(),
        "rules": {"contacts": "follow", "per_minute": 0},
        "web": {"demo": {"people": ["mia", "kai", "cleo-park"], "origin": "http://127.0.0.1:9"}},
    }
    async with (
        whole(tmp_path, **config) as people,
        Day(people, Slack(people), Discord(people), Web(people)) as day,
    ):
        await day.look_on("mia")
        for user in (ADA, BO):
            await day.slack.pin(user, "mute", INBOX)
        await day.discord.ran(NOOR, STAFF, "thread mute")
        code = await a_follower_asks(day)
        await day.look_on("kai")
        root = await the_brand_answers(day)
        await a_colleague_goes_on(day, code, root)
        await put_away_and_resolved(day, root)
        await nothing_inside_is_seen_outside(day)
        await three_friends_plan(day)
        await an_eleventh_knocks(day)
        await somebody_is_blocked(day)
        await kai_leaves_for_good(day)
        day.outsiders = ("mia",)
        await nothing_inside_is_seen_outside(day)
        await nothing_inside_was_ever_streamed(day)
        assert not [line for line in people.log if '"level": "error"' in line]


async def a_follower_asks(day: Day) -> str:
    brands = await day.discord.ran(KAI, CHAT, "brands")
    assert "Northwind Home" in str(brands["embeds"])
    told = await day.discord.press(KAI, brands, "Follow")
    assert "You follow Northwind Home" in str(told["answers"])
    options = {"pin": PINS[0], "to": "@northwind", "text": "Does it fit 140?"}
    sent = await day.discord.ran(KAI, CHAT, "send", **options)
    assert "Sent to Northwind Home as Kai" in sent["content"]
    await day.slack.shown("Does it fit 140?")
    await day.discord.shown("Does it fit 140?", (await day.discord.card())["id"])
    # It is a request: a second message waits until the brand has answered.
    again = await day.discord.ran(KAI, CHAT, "send", **{**options, "text": "Hello?"})
    assert "waiting for them" in again["content"]
    return str((await day.thread_of("kai", "northwind"))["code"])


async def the_brand_answers(day: Day) -> str:
    card = await day.slack.shown("for the first time")
    root = str(card["ts"])
    await day.slack.say(ADA, "It is 120 cm, so yes", root)
    await day.slack.told(ADA, "Goes out at")
    seen = await day.discord.shown("It is 120 cm, so yes", direct(KAI))
    assert "Northwind Home" in seen["content"]
    follows = await day.web.call("kai", "GET", "/api/followers")
    assert [one["handle"] for one in follows["people"]] == ["northwind"]
    await day.discord.say(KAI, direct(KAI), "Great. How high is it?", reply_to=seen["id"])
    await day.slack.shown("How high is it?")
    return root


async def a_colleague_goes_on(day: Day, code: str, root: str) -> None:
    # A note typed in relay mode, and one by the shortcut; both stay inside.
    await day.slack.say(ADA, f"note: {INSIDE[0]}", root)
    asked = await day.slack.shown("How high is it?")
    on = {"channel": INBOX, "ts": asked["ts"], "wait": 5}
    await day.slack.act("shortcut", BO, callback_id="pin_note", **on)
    form = await day.slack.told(BO, "Only the people of Northwind Home", "views")
    assert (await day.slack.fill(BO, form, text=INSIDE[1]))["ok"]
    # The reply that was wrong is taken back before anybody saw it.
    await day.slack.say(ADA, INSIDE[3], root)
    held = await day.slack.told(ADA, "Goes out at")
    await day.slack.press(ADA, held, "Undo")
    await day.slack.told(ADA, "Taken back")
    assert "will answer" in await day.slack.pin(ADA, f"assign {code} @noor", INBOX)
    card = await day.discord.card("Noor answers")
    for words in INSIDE[:2]:
        await day.discord.shown(words, card["id"])
    # In the staff's channel typed words are notes; Reply and canned replies go out.
    await day.discord.say(NOOR, card["id"], INSIDE[2])
    await day.slack.shown(INSIDE[2])
    modal = (await day.discord.press(NOOR, card, "Reply"))["modal"]
    assert (await day.discord.fill(NOOR, modal, long_text="It is 72 cm high"))["ok"]
    canned = await day.discord.ran(NOOR, card["id"], "canned", name="thanks")
    assert "will see this as Northwind Home" in canned["content"]
    await day.discord.press(NOOR, canned, "Send")
    for words in ("It is 72 cm high", "Thank you, Kai!"):
        seen = await day.discord.shown(words, direct(KAI))
        assert "Northwind Home" in seen["content"]
        await day.slack.shown(words)


async def put_away_and_resolved(day: Day, root: str) -> None:
    card = await day.slack.shown("Noor answers")
    assert card["ts"] == root
    told = (await day.slack.press(BO, card, "Snooze"))["answers"][-1]
    (menu,) = [b for b in told["blocks"] if str(b["block_id"]).startswith("menu:")]
    at = {"channel": INBOX, "answer": told["id"], "wait": 5}
    await day.slack.act("press", BO, action_id=menu["elements"][0]["action_id"], value="2h", **at)
    await day.slack.shown("snoozed until")
    await day.discord.card("snoozed")
    last = await day.discord.shown("Thank you, Kai!", direct(KAI))
    await day.discord.say(KAI, direct(KAI), "And does it come in ash?", reply_to=last["id"])
    await day.discord.card("open")
    modal = (await day.discord.press(NOOR, await day.discord.card("open"), "Reply"))["modal"]
    assert (await day.discord.fill(NOOR, modal, long_text="In oak alone"))["ok"]
    await day.discord.shown("In oak alone", direct(KAI))
    await day.slack.press(BO, await day.slack.shown("Resolve"), "Resolve")
    await day.discord.card("resolved")


async def three_friends_plan(day: Day) -> None:
    """Mia at the page, Cleo in Slack, Rosa in Discord; each begins with two of six pins."""
    await day.slack.pin(CLEO, "follow @northwind")
    await day.look_on("cleo-park")
    await day.discord.ran(ROSA, CHAT, "people follow", who="@northwind")
    body = {"to": ["cleo-park", "rosa"], "pin": PINS[0], "text": "A kitchen by June?"}
    started = (await day.web.call("mia", "POST", "/api/threads", body))["thread"]
    status, refused = await day.web.ask(
        "mia", "POST", f"/api/threads/{started['id']}/messages", {"text": "Well?"}
    )
    assert (status, refused["code"]) == (403, "request_pending")
    assert "A kitchen by June?" in await day.slack.pin(CLEO, "requests")
    assert "You talk with" in await day.slack.pin(CLEO, f"accept {started['code']}")
    requests = await day.discord.ran(ROSA, CHAT, "requests")
    await day.discord.press(ROSA, requests, "Accept")
    for n, pin in enumerate(PINS[1:], 1):
        words = f"What of number {n}?"
        match n % 3:
            case 0:
                body = {"to": ["cleo-park", "rosa"], "pin": pin, "text": words}
                await day.web.call("mia", "POST", "/api/threads", body)
            case 1:
                told = await day.slack.pin(CLEO, f"send {pin} to @mia @rosa -- {words}")
                assert "Sent to" in told, told
            case 2:
                sent = await day.discord.ran(
                    ROSA, CHAT, "send", pin=pin, to="@mia @cleo-park", text=words
                )
                assert "Sent to" in sent["content"], sent
        await day.slack.shown(words, direct(CLEO))
        await day.discord.shown(words, direct(ROSA))
    threads = (await day.web.call("mia", "GET", "/api/threads"))["threads"]
    assert {one["conversation"] for one in threads} == {started["conversation"]}
    assert len(threads) == len(PINS)
    # Each answers where they are, in one thread.
    seen = await day.slack.shown("A kitchen by June?", direct(CLEO))
    await day.slack.say(CLEO, "June is fine", seen["thread_ts"], direct(CLEO))
    card = await day.discord.shown("A kitchen by June?", direct(ROSA))
    await day.discord.say(ROSA, direct(ROSA), "For me too", reply_to=card["id"])
    await day.slack.shown("For me too", direct(CLEO))
    await day.discord.shown("June is fine", direct(ROSA))
    await day.web.read("mia", started["id"], lambda said: {"June is fine", "For me too"} <= {*said})


async def an_eleventh_knocks(day: Day) -> None:
    """Rosa opens a channel for the friends; whoever speaks there joins, until it is full."""
    modal = (await day.discord.run(ROSA, CHAT, "channel connect", **{"as": "project"}))["modal"]
    threads = (await day.web.call("mia", "GET", "/api/threads"))["threads"]
    told = await day.discord.fill(ROSA, modal, choice_which=threads[0]["id"])
    assert "everyone in it has been told" in str(told["answers"]), told
    path = f"/api/threads/{threads[0]['id']}/messages"
    await day.web.call("mia", "POST", path, {"text": "Come in, all of you"})
    post = (await day.discord.card("", CHAT))["id"]
    await day.discord.shown("Come in, all of you", post)
    for n in range(1, 8):
        await day.discord.say(guest(n), post, f"Guest {n} is in")
        await day.slack.shown(f"Guest {n} is in", direct(CLEO))
    await day.discord.say(guest(8), post, "Is there a chair for me?")
    told = await day.discord.shown(GROUP_FULL.sentence, direct(guest(8)))
    assert "chair" not in told["content"]
    said = await day.web.said("mia", threads[0]["id"])
    assert "Guest 7 is in" in said
    assert "Is there a chair for me?" not in said
    thread = await day.web.call("mia", "GET", f"/api/threads/{threads[0]['id']}")
    assert len(thread["people"]) == MOST_PEOPLE


async def somebody_is_blocked(day: Day) -> None:
    """Guest 9 writes to Rosa, who blocks them; it looks to them as if nothing had happened."""
    wanted = {"pin": PINS[0], "to": "@rosa", "text": "Buy my lamps"}
    sent = await day.discord.ran(guest(9), CHAT, "send", **wanted)
    assert "Sent to" in sent["content"]
    requests = await day.discord.ran(ROSA, CHAT, "requests")
    assert "Buy my lamps" in str(requests["embeds"])
    sure = (await day.discord.press(ROSA, requests, "Block"))["answers"][0]
    await day.discord.press(ROSA, sure, "Block")
    card = await day.discord.shown("Buy my lamps", direct(guest(9)))
    await day.discord.say(guest(9), direct(guest(9)), "Cheap lamps", reply_to=card["id"])
    await day.discord.shown(REQUEST_PENDING.sentence, direct(guest(9)))
    told = await day.discord.ran(guest(9), CHAT, "send", **wanted)
    assert told["content"] == REQUEST_PENDING.sentence
    told = await day.discord.ran(guest(9), CHAT, "send", **{**wanted, "to": "@rosa @mia"})
    assert "There is no account @rosa here" in told["content"], told
    told = await day.discord.ran(guest(9), CHAT, "people follow", who="@rosa")
    assert "There is no account @rosa here" in told["content"], told
    blocked = await day.discord.ran(ROSA, CHAT, "people unblock", who="@guest-9")
    assert "can write to you again" in blocked["content"]


async def kai_leaves_for_good(day: Day) -> None:
    export = await day.discord.ran(KAI, CHAT, "account export")
    async with day.people.http.get(export["files"][0]["url"]) as got:
        archive = zipfile.ZipFile(BytesIO(await got.read()))
    texts = {name: archive.read(name).decode() for name in archive.namelist()}
    history = next(text for name, text in texts.items() if name.endswith("history.json"))
    for words in ("Does it fit 140?", "It is 72 cm high", "Thank you, Kai!"):
        assert words in history
    for words in INSIDE:
        assert words not in str(texts), words
    asked = await day.discord.ran(KAI, CHAT, "account forget")
    await day.discord.press(KAI, asked, "Forget me")

    async def left() -> list[str]:
        shown = str(await day.people.slack_messages())
        return [words for words in ("Does it fit 140?", "come in ash?") if words in shown]

    await day.people.until(left, lambda found: not found, LIMIT)
    await day.slack.shown("It is 72 cm high")  # what others wrote stays


async def nothing_inside_is_seen_outside(day: Day) -> None:
    """In no place of others, nothing that only they see, nothing that was ever sent there."""
    control = day.people.control
    outside: dict[str, Any] = {}
    rooms = [CHAT, FORUM, *(direct(user) for user in FRIENDS)]
    for room in rooms:
        shown = await control("GET", f"/discord/channels/{room}")
        outside[room] = shown
        for thread in shown["threads"]:
            outside[thread["id"]] = await control("GET", f"/discord/channels/{thread['id']}")
    for user in FRIENDS:
        outside[f"seen by {user}"] = await control("GET", f"/discord/seen?user={user}")
    for room in ("C0GENERAL", direct(CLEO)):
        outside[room] = await control("GET", f"/slack/channels/{room}")
    outside["seen by Cleo"] = await control("GET", f"/slack/seen?user={CLEO}")
    for who in day.outsiders:
        outside[f"API of {who}"] = await api_of(day, who)
    for where, shown in outside.items():
        text = json.dumps(shown)
        for words in INSIDE:
            assert words not in text, (where, words)
    inside = json.dumps(await day.people.slack_messages())
    assert all(words in inside for words in INSIDE[:3])
    # What was written and has been changed or taken away since.
    places = {one["channel"]["id"] for one in outside.values() if "channel" in one}
    written = (await control("GET", "/journal"))["entries"]
    there = [one for one in written if places & {str(v) for v in one["args"].values()}]
    assert there
    for one in there:
        for words in INSIDE:
            assert words not in json.dumps(one), (one, words)


async def nothing_inside_was_ever_streamed(day: Day) -> None:
    """In no byte of the pages that were open all day, which did hear all that was theirs."""
    theirs = {
        "mia": ("June is fine", "Guest 7 is in"),
        "kai": ("It is 120 cm, so yes", "It is 72 cm high", "Thank you, Kai!", "In oak alone"),
        "cleo-park": ("June is fine", "For me too"),
    }
    for onlooker in day.onlookers:
        for words in theirs[onlooker.who]:
            assert words.encode() in onlooker.stream, (onlooker.who, words)
        assert len(onlooker.read) > len(onlooker.stream.split(b"event: ready"))
        for words in INSIDE:
            assert words.encode() not in onlooker.seen, (onlooker.who, words)


async def api_of(day: Day, who: str) -> Any:
    """All that the API gives somebody, by list, by thread and by search."""
    found = [await day.web.call(who, "GET", "/api/threads?limit=50")]
    for thread in found[0]["threads"]:
        found.append(await day.web.call(who, "GET", f"/api/threads/{thread['id']}"))
        page = f"/api/threads/{thread['id']}/messages?limit=200"
        found.append(await day.web.call(who, "GET", page))
    for words in ("shop", "asks", "buy", "27"):
        hits = await day.web.call(who, "GET", f"/api/search?q={words}")
        assert hits["hits"] == [], (who, words)
    return found
