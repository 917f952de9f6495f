"""Each rule's refusal in each place: in Slack, in Discord, and at the API.

In Slack and after a command in Discord it is an answer that nobody else sees; words typed in
Discord are answered in a direct message; the API gives the code. The sentences are the core's.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from core.rules import (
    BRAND_DM,
    CONVERSATION_MOVED,
    EMPTY_MESSAGE,
    GROUP_FULL,
    NOT_CREATOR,
    NOT_FOR_PEOPLE,
    PIN_REQUIRED,
    REQUEST_PENDING,
)
from tests.program.hands import (
    ADA,
    CHAT,
    CLEO,
    KAI,
    NOOR,
    ROSA,
    Discord,
    Slack,
    Web,
    direct,
    guest,
    mia,
    northwind,
)
from tests.program.world import INBOX, PIN, whole

pytestmark = pytest.mark.slow
SECOND = "https://www.pinterest.com/pin/99360735500167752/"
NO_ACCOUNT = "There is no account @nobody here."
NOT_FOLLOWED = "You do not follow @northwind."


@asynccontextmanager
async def world(
    folder: Path, brand: dict[str, Any] | None = None, **rules: Any
) -> AsyncIterator[tuple[Slack, Discord, Web]]:
    listed = ["mia", "kai", "northwind", *(f"guest-{n}" for n in range(1, 11))]
    config: dict[str, Any] = {
        "brands": [northwind(**(brand or {}))],
        "people": mia(),
        "rules": {"contacts": "follow", "per_minute": 0, **rules},
        "web": {"demo": {"people": listed, "origin": "http://127.0.0.1:9"}},
    }
    async with whole(folder, **config) as people:
        yield Slack(people), Discord(people), Web(people)


async def everybody_there(slack: Slack, discord: Discord, guests: int = 0) -> None:
    """An account for each, by an act of their own."""
    await slack.pin(CLEO, "follow @mia")
    await discord.ran(ROSA, CHAT, "people follow", who="@mia")
    for n in range(1, guests + 1):
        await discord.ran(guest(n), CHAT, "people follow", who="@mia")


def body(to: str = "northwind", pin: str | None = PIN, text: str = "hello") -> dict[str, Any]:
    return {"to": to.split(), "pin": pin, "text": text}


async def test_who_may_not_write_is_told_in_each_place(tmp_path: Path) -> None:
    """A table: what is sent to whom, by which the same sentence comes everywhere."""
    table = {
        "follow_not_mutual": ("northwind", 403, NOT_FOLLOWED),
        "cannot_message": ("nobody", 422, NO_ACCOUNT),
        "brand_dm_is_one_to_one": ("northwind mia", 422, BRAND_DM.sentence),
    }
    async with world(tmp_path) as (slack, discord, web):
        await everybody_there(slack, discord, 1)
        for code, (to, status, sentence) in table.items():
            names = " ".join(f"@{name}" for name in to.split())
            assert sentence in await slack.pin(CLEO, f"send {PIN} to {names} -- hello")
            told = await discord.ran(ROSA, CHAT, "send", pin=PIN, to=names, text="hello")
            assert sentence in told["content"]
            got, answer = await web.ask("guest-1", "POST", "/api/threads", body(to))
            assert (got, answer["code"]) == (status, code)
            assert sentence in answer["detail"]


async def test_a_thread_without_a_pin_is_refused(tmp_path: Path) -> None:
    """Discord itself asks for the pin; a form of Slack shows it at the field."""
    async with world(tmp_path) as (slack, _, web):
        await slack.pin(CLEO, "follow @mia")
        assert "pin" in (await slack.pin(CLEO, "preview")).lower()
        got, answer = await web.ask("mia", "POST", "/api/threads", body("cleo-park", pin=None))
        assert (got, answer["code"], answer["detail"]) == (
            422,
            "pin_required",
            PIN_REQUIRED.sentence,
        )


async def test_a_second_message_before_the_first_is_accepted_is_refused(tmp_path: Path) -> None:
    async with world(tmp_path) as (slack, discord, web):
        await everybody_there(slack, discord, 1)
        first = {"pin": PIN, "to": "@cleo-park", "text": "hello"}
        assert "Sent to" in (await discord.ran(ROSA, CHAT, "send", **first))["content"]
        told = await discord.ran(ROSA, CHAT, "send", **{**first, "pin": SECOND})
        assert REQUEST_PENDING.sentence in told["content"]
        card = await discord.shown("hello", direct(ROSA))
        await discord.say(ROSA, direct(ROSA), "are you there?", reply_to=card["id"])
        await discord.shown(REQUEST_PENDING.sentence, direct(ROSA))
        assert "Sent to" in await slack.pin(CLEO, f"send {PIN} to @guest-1 -- hello")
        assert REQUEST_PENDING.sentence in await slack.pin(CLEO, f"send {SECOND} to @guest-1 -- x")
        root = (await slack.shown("hello", direct(CLEO)))["thread_ts"]
        await slack.say(CLEO, "are you there?", root, direct(CLEO))
        await slack.told(CLEO, REQUEST_PENDING.sentence)
        await web.call("mia", "POST", "/api/threads", body("rosa"))
        got, answer = await web.ask("mia", "POST", "/api/threads", body("rosa", SECOND))
        assert got < 300, answer  # Rosa follows Mia, so nothing waits
        await web.call("guest-1", "POST", "/api/threads", body("rosa"))
        got, answer = await web.ask("guest-1", "POST", "/api/threads", body("rosa", SECOND))
        assert (got, answer["code"]) == (403, "request_pending")


async def test_an_eleventh_and_who_did_not_begin_are_refused_in_each_place(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as (slack, discord, web):
        await everybody_there(slack, discord, 8)
        others = " ".join(["cleo-park", "rosa", *(f"guest-{n}" for n in range(1, 8))])
        thread = (await web.call("mia", "POST", "/api/threads", body(others)))["thread"]
        code = thread["code"]
        path = f"/api/threads/{thread['id']}/people"
        got, answer = await web.ask("mia", "POST", path, {"add": ["guest-8"]})
        assert (got, answer["code"], answer["detail"]) == (422, "group_full", GROUP_FULL.sentence)
        assert GROUP_FULL.sentence in await slack.pin(CLEO, f"add {code} @guest-8")
        told = await discord.ran(ROSA, CHAT, "thread add", id=code, people="@guest-8")
        assert GROUP_FULL.sentence in told["content"]
        got, answer = await web.ask("guest-1", "POST", f"{path}/remove", {"remove": ["guest-2"]})
        assert (got, answer["code"], answer["detail"]) == (403, "not_creator", NOT_CREATOR.sentence)
        assert NOT_CREATOR.sentence in await slack.pin(CLEO, f"remove {code} @guest-2")
        told = await discord.ran(ROSA, CHAT, "thread remove", id=code, people="@guest-2")
        assert NOT_CREATOR.sentence in told["content"]


async def test_who_sends_too_much_is_told_when_to_go_on(tmp_path: Path) -> None:
    async with world(tmp_path, per_minute=1) as (slack, discord, web):
        await everybody_there(slack, discord)
        words = "You have sent a lot. Send it again in"
        assert "Sent to" in await slack.pin(CLEO, f"send {PIN} to @mia -- hello")
        assert words in await slack.pin(CLEO, f"send {SECOND} to @rosa -- hello")
        first = {"pin": PIN, "to": "@mia", "text": "hello"}
        assert "Sent to" in (await discord.ran(ROSA, CHAT, "send", **first))["content"]
        told = await discord.ran(ROSA, CHAT, "send", **{**first, "to": "@cleo-park"})
        assert words in told["content"]
        await web.call("mia", "POST", "/api/threads", body("cleo-park rosa"))
        got, answer = await web.ask("mia", "POST", "/api/threads", body("cleo-park", SECOND))
        assert (got, answer["code"]) == (429, "rate_limited")
        assert words in answer["detail"]


async def asked(slack: Slack, discord: Discord) -> tuple[str, dict[str, Any]]:
    """Kai's request in the brand's channels: the root in Slack, the card in Discord."""
    await discord.ran(KAI, CHAT, "people follow", who="@northwind")
    await discord.ran(KAI, CHAT, "send", pin=PIN, to="@northwind", text="Does it fit?")
    root = (await slack.shown("Does it fit?"))["thread_ts"]
    card = await discord.card()
    await discord.shown("Does it fit?", card["id"])
    return str(root), card


async def test_a_viewer_answers_nobody_from_anywhere(tmp_path: Path) -> None:
    words = "Only agents of the brand and those above may answer for it."
    async with world(tmp_path, {"staff_role": "viewer"}) as (slack, discord, web):
        root, card = await asked(slack, discord)
        await slack.say(ADA, "Yes", root)
        await slack.told(ADA, words)
        thread = (await web.call("kai", "GET", "/api/threads"))["threads"][0]
        assert words in await slack.pin(ADA, f"reply {thread['code']} Yes", INBOX)
        told = await discord.ran(NOOR, card["id"], "reply", text="Yes")
        assert words in told["content"]
        await discord.say(NOOR, card["id"], "Yes")
        await discord.shown("may write notes", direct(NOOR))
        path = f"/api/threads/{thread['id']}/status"
        got, answer = await web.ask("kai", "PUT", path, {"status": "resolved"})
        assert (got, answer["code"], answer["detail"]) == (
            403,
            "not_a_brand",
            NOT_FOR_PEOPLE.sentence,
        )
        assert await web.said("kai", thread["id"]) == ["Does it fit?"]


async def test_a_reply_to_what_has_moved_on_or_of_nothing_is_refused(tmp_path: Path) -> None:
    async with world(tmp_path, {"hold_seconds": 0}) as (slack, discord, web):
        _, card = await asked(slack, discord)
        thread = (await web.call("kai", "GET", "/api/threads"))["threads"][0]
        path = f"/api/threads/{thread['id']}/messages"
        await slack.pin(ADA, f"reply {thread['code']} Yes", INBOX)
        await web.read("kai", thread["id"], lambda said: "Yes" in said)
        seen = (await web.call("northwind", "GET", path))["lines"][-1]["cursor"]
        # Everybody opens a form, and Kai goes on.
        await slack.press(ADA, await slack.shown("Reply"), "Reply")
        form = await slack.told(ADA, "will see this as", "views")
        modal = (await discord.press(NOOR, card, "Reply"))["modal"]
        await web.call("kai", "POST", path, {"text": "And in ash?"})
        await slack.shown("And in ash?")
        told = await slack.fill(ADA, form, text="Oak")
        answered = f"{told} {await slack.people.control('GET', f'/slack/seen?user={ADA}')}"
        assert "Something new was said" in answered or "And in ash?" in answered
        told = await discord.fill(NOOR, modal, long_text="Oak")
        assert "new" in str(told["answers"])
        got, answer = await web.ask("northwind", "POST", path, {"text": "Oak", "seen": seen})
        assert (got, answer["code"]) == (409, "conversation_moved")
        assert answer["detail"] == CONVERSATION_MOVED.sentence
        got, answer = await web.ask("kai", "POST", path, {"text": " "})
        assert (got, answer["code"], answer["detail"]) == (
            422,
            "empty_message",
            EMPTY_MESSAGE.sentence,
        )
        assert "Oak" not in await web.said("kai", thread["id"])


async def test_words_of_spaces_alone_are_refused_in_each_place(tmp_path: Path) -> None:
    async with world(tmp_path, {"hold_seconds": 0}) as (slack, discord, web):
        _, card = await asked(slack, discord)
        await slack.pin(ADA, "follow @kai", INBOX)
        await slack.press(ADA, await slack.shown("Reply"), "Reply")
        form = await slack.told(ADA, "will see this as", "views")
        told = await slack.fill(ADA, form, text="  ")
        seen = await slack.people.control("GET", f"/slack/seen?user={ADA}")
        assert "a few words" in f"{told} {seen}"
        modal = (await discord.press(NOOR, card, "Reply"))["modal"]
        told = await discord.fill(NOOR, modal, long_text="  ")
        assert "a few words" in str(told["answers"])
        thread = (await web.call("kai", "GET", "/api/threads"))["threads"][0]
        assert await web.said("kai", thread["id"]) == ["Does it fit?"]


async def test_when_the_follower_unfollows_both_sides_are_told_where_they_write(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, {"hold_seconds": 0}) as (slack, discord, web):
        root, card = await asked(slack, discord)
        await discord.run(NOOR, card["id"], "reply", text="It does")
        seen = await discord.shown("It does", direct(KAI))
        await discord.ran(KAI, CHAT, "people unfollow", who="@northwind")
        await slack.say(ADA, "Anything else?", root)
        await slack.told(ADA, "You are not followed ")
        told = await discord.ran(NOOR, card["id"], "reply", text="Anything else?")
        assert "You are not followed " in told["content"]
        await discord.say(KAI, direct(KAI), "Hm", reply_to=seen["id"])
        await discord.shown("You do not follow ", direct(KAI))
        thread = (await web.call("kai", "GET", "/api/threads"))["threads"][0]
        path = f"/api/threads/{thread['id']}/messages"
        got, answer = await web.ask("kai", "POST", path, {"text": "Hm"})
        assert (got, answer["code"]) == (403, "follow_not_mutual")
        assert await web.said("kai", thread["id"]) == ["Does it fit?", "It does"]
