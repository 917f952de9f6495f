"""Each refusal around a brand, in each place: following, notes, held replies, paused channels.

The sentences are the core's. `Witness` looks that only the one refused is told, that nothing
was done, and that refused words stand nowhere else.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bridge.office.replies import NOT_A_NOTE, NOTHING_HELD
from bridge.timers.timers import TOO_LATE
from core.rules import (
    ALREADY_SENT,
    BAD_TIME,
    BRAND_DM,
    CONVERSATION_MOVED,
    EMPTY_MESSAGE,
    MARKED,
    NOT_AN_AGENT,
    NOT_CONNECTED,
    NOT_FOR_PEOPLE,
    PAUSED,
    follows_you_not,
    you_follow_not,
)
from tests.program.hands import (
    ADA,
    BO,
    CHAT,
    CLEO,
    KAI,
    LIMIT,
    NOOR,
    ROLE,
    ROSA,
    STAFF,
    direct,
    mia,
    northwind,
)
from tests.program.test_refusals_of_people import GENERAL, OTHER, cleo, rosa, to
from tests.program.witness import Witness, sees, watched
from tests.program.world import INBOX, PIN

pytestmark = pytest.mark.slow
UNFOLLOWED, NOT_BACK = you_follow_not("@northwind"), follows_you_not("@northwind")


def relay(**more: Any) -> dict[str, Any]:
    """The brand, in both of whose channels a reply goes to the follower."""
    channels: Sequence[Any] = northwind()["channels"]
    both = [{**one, "mode": "relay"} for one in channels]
    return northwind(**{"hold_seconds": 0, "channels": both, **more})


async def asks(w: Witness) -> tuple[str, str, str]:
    """Kai, from Discord, and who answers; the root in Slack, the staff's thread, and the code."""
    await w.discord.ran(KAI, CHAT, "people follow", who="@northwind")
    await w.discord.ran(KAI, CHAT, "send", pin=PIN, to="@northwind", text="Does it fit?")
    root = str((await w.slack.shown("Does it fit?"))["thread_ts"])
    post = str((await w.discord.card())["id"])
    await w.discord.shown("Does it fit?", post)
    await w.slack.pin(ADA, "inbox", INBOX)
    await w.discord.ran(NOOR, STAFF, "inbox")
    (thread,) = (await w.web.call("kai", "GET", "/api/threads"))["threads"]
    return root, post, str(thread["code"])


@sees(
    follow_not_mutual="slack typed, slack command, discord typed, discord command, api",
    brand_dm_is_one_to_one="slack typed, slack command, discord typed, discord command, api",
)
async def test_with_a_brand_one_talks_alone_and_while_both_follow(tmp_path: Path) -> None:
    config = {"brands": [relay()], "people": mia(cleo(), rosa())}
    async with watched(tmp_path, ["mia", "kai", "northwind"], **config) as w:
        root, post, code = await asks(w)
        await w.slack.pin(CLEO, "mute")
        await w.slack_command(CLEO, UNFOLLOWED, f"send {PIN} to @northwind -- hello of Cleo")
        await w.discord.ran(ROSA, CHAT, "help")
        options = {"pin": PIN, "to": "@northwind", "text": "hello of Rosa"}
        await w.discord_command(ROSA, UNFOLLOWED, "send", **options)
        await w.api("mia", UNFOLLOWED, "POST", "/api/threads", to("northwind"))
        # Nobody begins with a brand and somebody else, nor comes in later.
        both = "@northwind @mia"
        await w.slack.pin(CLEO, "follow @northwind")
        await w.discord.ran(ROSA, CHAT, "people follow", who="@northwind")
        await w.slack_command(CLEO, BRAND_DM, f"send {PIN} to {both} -- hello of Cleo")
        await w.discord_command(ROSA, BRAND_DM, "send", **{**options, "to": both})
        await w.api("mia", BRAND_DM, "POST", "/api/threads", to("northwind", "kai"))
        assert "Sent to" in await w.slack.pin(CLEO, f"send {PIN} to @northwind -- Cleo asks")
        assert "Sent to" in (await w.discord.ran(ROSA, CHAT, "send", **options))["content"]
        cleos = (await w.slack.shown("Cleo asks", GENERAL))["thread_ts"]
        rosas = (await w.discord.card("", CHAT))["id"]
        await w.discord.shown("hello of Rosa", rosas)
        for asker in ("Cleo asks", "hello of Rosa"):
            await w.slack.say(ADA, "It does", (await w.slack.shown(asker))["thread_ts"])
        await w.slack.shown("It does", GENERAL)
        await w.discord.shown("It does", rosas)
        await w.slack_typed(BO, BRAND_DM, "Bo speaks too", cleos, GENERAL)
        await w.discord_typed(NOOR, BRAND_DM, "Noor speaks too", rosas)
        await w.slack_command(ADA, BRAND_DM, f"add {code} @mia", INBOX)
        await w.discord_command(KAI, BRAND_DM, "thread add", id=code, people="@mia")
        await w.api("kai", BRAND_DM, "POST", f"/api/threads/{code}/people", {"add": ["mia"]})
        # The followers go: they are told that they do, and the brand that it is not followed.
        await w.slack.say(ADA, "Yes, it does", root)
        seen = await w.discord.shown("Yes, it does", direct(KAI))
        await w.slack.pin(CLEO, "unfollow @northwind")
        await w.discord.ran(KAI, CHAT, "people unfollow", who="@northwind")
        await w.slack_typed(CLEO, UNFOLLOWED, "still of Cleo", cleos, GENERAL)
        await w.discord_typed(KAI, UNFOLLOWED, "still of Kai", reply_to=seen["id"])
        path = f"/api/threads/{code}/messages"
        await w.api("kai", UNFOLLOWED, "POST", path, {"text": "and more of Kai"})
        unheard = follows_you_not("@kai")
        await w.slack_typed(ADA, unheard, "Anything else?", root)
        await w.slack_command(ADA, unheard, f"reply {code} Anything more?", INBOX)
        await w.discord_typed(NOOR, unheard, "Anything besides?", post)
        await w.discord_command(NOOR, unheard, "reply", post, text="Anything at all?")
        await w.api("northwind", unheard, "POST", path, {"text": "Anything?"})
        # The brand goes: the other sentence comes to the follower.
        await w.web.call("northwind", "DELETE", "/api/people/rosa/follow")
        await w.discord_typed(ROSA, NOT_BACK, "still of Rosa", rosas)
        await w.discord_command(ROSA, NOT_BACK, "send", **{**options, "pin": OTHER})


@sees(
    empty_message="slack typed, slack form, discord typed, discord form, api",
    marked_as_note="slack command, slack form, discord command, discord form, api",
    already_sent="slack edit, discord edit, api",
    conversation_moved="slack form, discord form, api",
    not_an_agent="slack command, discord command, api",
    bad_time="slack command, discord command, api",
    not_a_brand="slack command, discord command, api",
    nothing_held="slack command, discord command",
)
async def test_what_an_agent_may_not_say(tmp_path: Path) -> None:
    config = {"brands": [relay()], "people": mia(cleo(channels=[]))}
    async with watched(tmp_path, ["mia", "kai", "northwind"], **config) as w:
        root, post, code = await asks(w)
        path = f"/api/threads/{code}"
        ts = await w.slack.say(ADA, "Yes, it fits", root)
        await w.discord.shown("Yes, it fits", direct(KAI))
        there = await w.discord.say(NOOR, post, "And it is oak")
        await w.discord.shown("And it is oak", direct(KAI))
        await w.slack_typed(ADA, EMPTY_MESSAGE, "note: ", root)
        await w.discord_typed(NOOR, EMPTY_MESSAGE, "note: ", post)
        await w.api("northwind", EMPTY_MESSAGE, "POST", f"{path}/messages", {"text": " "})
        marked = "note: he always asks"
        await w.slack_command(ADA, MARKED, f"reply {code} {marked}", INBOX)
        await w.discord_command(NOOR, MARKED, "reply", post, text=marked)
        await w.api("northwind", MARKED, "POST", f"{path}/messages", {"text": marked})
        for text, refusal in (("  ", EMPTY_MESSAGE), (marked, MARKED)):
            await w.slack_fill(ADA, refusal, await slack_form(w), text=text)
            await w.discord_fill(NOOR, refusal, await discord_form(w), long_text=text)
        await w.slack_edits(ADA, ALREADY_SENT, INBOX, ts, marked, root)
        await w.discord_edits(NOOR, ALREADY_SENT, post, there, marked)
        mine = (await w.web.call("northwind", "POST", f"{path}/messages", {"text": "72 cm"}))[
            "line"
        ]
        own = f"{path}/messages/{mine['message']}"
        await w.api("northwind", ALREADY_SENT, "PATCH", own, {"text": marked})
        await w.slack_command(ADA, NOT_AN_AGENT, f"assign {code} @kai", INBOX)
        await w.discord_command(NOOR, NOT_AN_AGENT, "assign", post, to="@kai")
        await w.api("northwind", NOT_AN_AGENT, "PUT", f"{path}/assignee", {"to": "kai"})
        for never in ("yesterday", "soon"):
            await w.slack_command(ADA, BAD_TIME, f"status {code} snooze {never}", INBOX)
            more = {"status": "snooze", "for": never}
            await w.discord_command(NOOR, BAD_TIME, "status", post, **more)
        past = {"status": "snoozed", "until": "2020-01-01T00:00:00Z"}
        await w.api("northwind", BAD_TIME, "PUT", f"{path}/status", past)
        # A follower does nothing of the kind.
        await w.api("kai", NOT_FOR_PEOPLE, "PUT", f"{path}/status", {"status": "resolved"})
        await w.api("kai", NOT_FOR_PEOPLE, "PUT", f"{path}/assignee", {"to": "kai"})
        note = {"text": "a note", "note": True}
        await w.api("kai", NOT_FOR_PEOPLE, "POST", f"{path}/messages", note)
        other = await w.web.call("kai", "POST", "/api/threads", to("cleo-park"))
        of_cleo = other["thread"]["code"]
        for words in (f"assign {of_cleo} none", f"status {of_cleo} resolved"):
            await w.slack_command(CLEO, NOT_FOR_PEOPLE, words)
        await w.discord_command(KAI, NOT_FOR_PEOPLE, "assign", id=code, to="me")
        await w.discord_command(KAI, NOT_FOR_PEOPLE, "status", id=code, status="open")
        await w.slack_command(CLEO, NOT_A_NOTE, f"note {of_cleo} hello")
        await w.discord_command(KAI, NOT_A_NOTE, "note", id=code, text="hello")
        await w.slack_command(ADA, NOTHING_HELD, "undo", INBOX)
        await w.discord_command(NOOR, NOTHING_HELD, "undo", post)
        await moved_on(w, code)


async def slack_form(w: Witness) -> Any:
    await w.slack.press(ADA, await w.slack.shown("Resolve"), "Reply")
    shown = await w.people.control("GET", f"/slack/seen?user={ADA}")
    return shown["views"][-1]


async def discord_form(w: Witness) -> Any:
    return (await w.discord.press(NOOR, await w.discord.card(), "Reply"))["modal"]


async def moved_on(w: Witness, code: str) -> None:
    """All three have looked, and Kai goes on."""
    path = f"/api/threads/{code}/messages"
    view, modal = await slack_form(w), await discord_form(w)
    seen = (await w.web.call("northwind", "GET", path))["lines"][-1]["cursor"]
    await w.web.call("kai", "POST", path, {"text": "And in ash?"})
    await w.slack.shown("And in ash?")
    await w.slack_fill(ADA, CONVERSATION_MOVED, view, text="Oak of Ada")
    await shows_what_was_missed(w, ADA)
    await w.discord_fill(NOOR, CONVERSATION_MOVED, modal, long_text="Oak of Noor")
    body = {"text": "Oak of the brand", "seen": seen}
    await w.api("northwind", CONVERSATION_MOVED, "POST", path, body)
    assert (await w.web.said("kai", code))[-1] == "And in ash?"
    await w.slack.press(ADA, await shows_what_was_missed(w, ADA), "Send anyway")
    await w.discord.shown("Oak of Ada", direct(KAI))


async def shows_what_was_missed(w: Witness, who: str) -> Any:
    """The sheet that stands where the form was, with what was typed."""
    sheet = (await w.people.control("GET", f"/slack/seen?user={who}"))["views"][-1]
    assert "And in ash?" in str(sheet)
    assert "Oak of Ada" in str(sheet)
    return sheet


@sees(
    place_paused="slack typed, slack command, slack button, discord typed, discord command, "
    "discord button",
    not_connected="slack command, discord command",
)
async def test_in_a_channel_that_others_read_nothing_goes(tmp_path: Path) -> None:
    async with watched(tmp_path, ["kai"], brands=[relay()]) as w:
        root, post, code = await asks(w)
        await w.slack_command(ADA, NOT_CONNECTED, "disconnect", GENERAL)
        await w.discord_command(NOOR, NOT_CONNECTED, "channel disconnect")
        await w.slack.act("convert", ADA, channel=INBOX)
        public = {"channel": STAFF, "private": False}
        await w.people.control("PUT", "/discord/privacy", public)
        await w.people.until(lambda: paused(w), lambda found: found == ["discord", "slack"], LIMIT)
        await w.slack_typed(ADA, PAUSED, "Yes from Slack", root)
        await w.slack_typed(ADA, PAUSED, "note: no from Slack", root)
        await w.slack_command(ADA, PAUSED, f"reply {code} Yes by command", INBOX)
        await w.slack_press(ADA, PAUSED, await w.slack.shown("first time"), "Ignore")
        await w.discord_typed(NOOR, PAUSED, "Yes from Discord", post)
        await w.discord_command(NOOR, PAUSED, "reply", post, text="Yes by command there")
        await w.discord_press(NOOR, PAUSED, await w.discord.card(), "Ignore")
        # What the follower writes meanwhile is kept, and comes when it is private again.
        assert await w.web.said("kai", code) == ["Does it fit?"]
        await w.slack.act("convert", ADA, channel=INBOX, private=True)
        body = {**public, "private": True, "roles": [ROLE]}
        await w.people.control("PUT", "/discord/privacy", body)
        await w.people.until(lambda: paused(w), lambda found: not found, LIMIT)
        await w.slack.say(ADA, "Yes at last", root)
        await w.discord.shown("Yes at last", direct(KAI))


async def paused(w: Witness) -> list[str]:
    """The brand's channels that are."""
    path = w.people.folder / "history.sqlite"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        found = db.execute("SELECT platform FROM bindings WHERE paused ORDER BY 1").fetchall()
    return [platform for (platform,) in found]


@sees(too_late="slack button, discord button")
async def test_what_has_gone_out_is_not_taken_back(tmp_path: Path) -> None:
    async with watched(tmp_path, ["kai"], brands=[relay(hold_seconds=1.5)]) as w:
        root, post, _ = await asks(w)
        await w.slack.say(ADA, "It is oak", root)
        held = await w.slack.told(ADA, "Goes out at")
        await w.discord.say(NOOR, post, "It is 72 cm")
        waits = await w.discord.shown("Goes out at", post)
        await w.discord.shown("It is oak", direct(KAI))
        await w.discord.shown("It is 72 cm", direct(KAI))
        await w.slack_press(ADA, TOO_LATE, held, "Undo")
        await w.discord_press(NOOR, TOO_LATE, waits, "Undo")
