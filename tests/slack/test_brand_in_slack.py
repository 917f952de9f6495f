"""A community manager's work, wholly from Slack, with the real program and its office.

Northwind's people sit in a private channel; Mia, who follows them, writes on the web.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.program.world import INBOX, Whole, whole

ADA, BO = "U0ADA", "U0BO"
BRAND = {
    "handle": "northwind",
    "name": "Northwind Home",
    "staff_role": "manager",
    "hold_seconds": 3,
    "canned": [{"name": "thanks", "text": "Thank you, {name}!"}],
    "channels": [
        {
            "platform": "slack",
            "workspace": "T0NORTHWIND",
            "channel": INBOX,
            "label": "#pin-inbox",
            "mode": "relay",
        }
    ],
}


@dataclass(slots=True)
class Desk:
    """The brand's channel, and the hands and eyes of those in it."""

    people: Whole
    root: str = ""

    async def act(self, name: str, user: str = ADA, **body: Any) -> Any:
        return await self.people.control("POST", f"/slack/{name}", {"user": user, **body})

    async def say(self, text: str, user: str = ADA) -> str:
        told = await self.act("say", user, channel=INBOX, text=text, thread_ts=self.root)
        return str(told["ts"])

    async def converted_unheard(self, **body: Any) -> None:
        """The channel turns public, or private again, and the connection is lost meanwhile."""
        fault = {"platform": "slack", "method": "events", "kind": "withhold", "times": 0}
        await self.people.control("POST", "/faults", fault)
        await self.act("convert", channel=INBOX, **body)
        await self.people.control("DELETE", "/faults")
        for on in (False, True):
            await self.people.control("PUT", "/power/slack", {"on": on})

    async def seen(self, user: str = ADA) -> dict[str, Any]:
        return dict(await self.people.control("GET", f"/slack/seen?user={user}"))

    async def until_seen(self, words: str, user: str = ADA, where: str = "answers") -> Any:
        """The newest of what somebody sees that holds the words."""
        found = await self.people.until(
            lambda: self.seen(user), lambda s: any(words in str(one) for one in s[where] or ())
        )
        return [one for one in found[where] if words in str(one)][-1]

    async def until_shown(self, words: str) -> dict[str, Any]:
        """The newest message of the channel that holds the words."""
        shown = await self.people.until(
            self.people.slack_messages, lambda all_: any(words in str(one) for one in all_)
        )
        return [one for one in shown if words in str(one)][-1]

    async def card(self, fits: Callable[[str], bool]) -> dict[str, Any]:
        async def read() -> dict[str, Any]:
            return (await self.people.slack_messages())[0]

        return dict(await self.people.until(read, lambda shown: fits(str(shown))))

    async def press(self, button: str, shown: dict[str, Any], user: str = ADA) -> None:
        """A button of a card, an answer, a sheet or App Home."""
        found = [
            one
            for block in shown["blocks"]
            for one in block.get("elements", ())
            if one.get("type") == "button" and one["text"]["text"] == button
        ]
        assert found, f"no button {button}"
        if "hash" in shown:
            at = {"view": shown["id"]}
        elif "id" in shown:
            at = {"channel": shown["channel"], "answer": shown["id"]}
        else:
            at = {"channel": INBOX, "ts": shown["ts"]}
        await self.act("press", user, action_id=found[0]["action_id"], wait=5, **at)

    async def fill(self, view: dict[str, Any], user: str = ADA, **values: str) -> Any:
        fields = {
            block["block_id"]: {block["element"]["action_id"]: values[block["block_id"]]}
            for block in view["blocks"]
            if block["type"] == "input" and block["block_id"] in values
        }
        return await self.act("submit", user, view=view["id"], values=fields)

    async def said(self) -> list[str]:
        """What Mia reads."""
        (thread,) = (await self.people.call("GET", "/api/threads"))["threads"]
        page = await self.people.call("GET", f"/api/threads/{thread['id']}/messages")
        return [str(line["text"]) for line in page["lines"] if line["kind"] == "message"]

    async def until_said(self, words: str) -> list[str]:
        return list(await self.people.until(self.said, lambda lines: words in lines))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with whole(tmp_path, brands=[BRAND]) as people:
        await people.ask("does this come in oak?")
        found = Desk(people)
        found.root = (await people.card_in_slack())["ts"]
        await found.until_shown("does this come in oak?")
        # The first act of each says whom they act as; here both have read it.
        for user in (ADA, BO):
            await found.act("command", user, channel=INBOX, command="/pin", text="mute", wait=5)
            await found.act("command", user, channel=INBOX, command="/pin", text="inbox", wait=5)
        yield found


async def test_a_question_is_taken_answered_noted_snoozed_and_resolved(desk: Desk) -> None:
    card = await desk.card(lambda shown: "unassigned" in shown)
    assert "Replies here go to Mia" in str(card)
    await desk.press("Assign to me", card)
    await desk.card(lambda shown: "Ada Lind answers" in shown)
    # A note stays inside; a reply waits, and can be taken back.
    note = await desk.say("note: ask the shop first")
    signed = await desk.people.until(
        desk.people.slack_messages, lambda shown: any(one.get("reactions") for one in shown)
    )
    marks = {one["ts"]: one["reactions"] for one in signed if one.get("reactions")}
    assert {one["name"] for one in marks.pop(note)} == {"lock"}
    assert marks == {}, "only what is a note has its sign"
    await desk.say("Yes, in ash")
    held = await desk.until_seen("Goes out at")
    await desk.press("Undo", held)
    await desk.until_seen("Taken back")
    await desk.say("Yes, in oak")
    assert await desk.until_said("Yes, in oak") == ["does this come in oak?", "Yes, in oak"]
    # A form from the card, seen by Mia as the brand's words.
    await desk.press("Reply", card, BO)
    form = await desk.until_seen("will see this as Northwind Home", BO, "views")
    assert (await desk.fill(form, BO, text="It is 72 cm high"))["ok"]
    await desk.until_said("It is 72 cm high")
    assert "It is 72 cm high" in str(await desk.until_shown("It is 72 cm high"))
    # Put away, and back.
    await desk.press("Snooze", await desk.card(lambda shown: "Snooze" in shown))
    menu = await desk.until_seen("come back")
    (picker,) = [b for b in menu["blocks"] if str(b["block_id"]).startswith("menu:")]
    chosen = {"action_id": picker["elements"][0]["action_id"], "value": "2h", "wait": 5}
    await desk.act("press", channel=INBOX, answer=menu["id"], **chosen)
    await desk.card(lambda shown: "snoozed until" in shown)
    await desk.people.ask("and in ash?")
    await desk.card(lambda shown: "· open ·" in shown)
    await desk.press("Resolve", await desk.card(lambda shown: "Resolve" in shown))
    await desk.card(lambda shown: "Reopen" in shown and "resolved" in shown)
    assert "ask the shop" not in str(await desk.said())
    assert not any('"level": "error"' in line for line in desk.people.log)


async def test_a_held_reply_goes_as_it_was_edited_and_not_at_all_once_deleted_or_made_a_note(
    desk: Desk,
) -> None:
    first = await desk.say("Yes, in ash")
    await desk.act("edit", channel=INBOX, ts=first, text="Yes, in oak")
    second = await desk.say("He never pays")
    await desk.act("edit", channel=INBOX, ts=second, text="note: he never pays")
    third = await desk.say("Who asks that?")
    await desk.act("delete", channel=INBOX, ts=third)
    await desk.until_said("Yes, in oak")
    await desk.say("We deliver, too")
    assert await desk.until_said("We deliver, too") == [
        "does this come in oak?",
        "Yes, in oak",
        "We deliver, too",
    ]
    export = str(await desk.people.call("GET", "/api/threads"))
    assert "never pays" not in export
    assert "Who asks" not in export


async def test_the_inbox_is_worked_from_app_home(desk: Desk) -> None:
    await desk.act("command", channel=INBOX, command="/pin", text="role owner @ada", wait=5)
    await desk.act("home")

    async def home() -> Any:
        return (await desk.seen())["home"]

    page = await desk.people.until(home, lambda view: view and "blocks" in view)
    assert page["type"] == "home"
    before = page["hash"]
    await desk.people.ask("one more thing")
    await desk.people.until(home, lambda view: view["hash"] != before or "one more" in str(view))


async def test_shortcuts_reply_and_note_on_a_message_of_the_thread(desk: Desk) -> None:
    asked = await desk.until_shown("does this come in oak?")
    on = {"channel": INBOX, "ts": asked["ts"], "wait": 5}
    await desk.act("shortcut", callback_id="pin_reply", **on)
    form = await desk.until_seen("will see this as Northwind Home", where="views")
    assert (await desk.fill(form, text="It does"))["ok"]
    await desk.until_said("It does")
    await desk.act("shortcut", callback_id="pin_note", **on)
    form = await desk.until_seen("Only the people of Northwind Home", where="views")
    assert (await desk.fill(form, text="they asked twice"))["ok"]
    note = await desk.until_shown("they asked twice")
    assert "only your team sees it" in str(note["blocks"])
    assert "they asked twice" not in str(await desk.said())


async def test_a_guest_in_the_channel_never_speaks_for_the_brand(desk: Desk) -> None:
    guest = (await desk.act("person", handle="gil", guest="multi", channels=[INBOX]))["id"]
    await desk.say("I am the boss here", guest)
    await desk.people.until(lambda: desk.seen(guest), lambda seen: seen["answers"])
    await desk.press("Resolve", await desk.card(lambda shown: "Resolve" in shown), guest)
    await desk.say("We do")
    assert await desk.until_said("We do") == ["does this come in oak?", "We do"]
    assert "· open ·" in str((await desk.people.slack_messages())[0])


async def test_a_channel_that_turns_public_is_paused_until_it_is_private_again(
    desk: Desk,
) -> None:
    await desk.act("convert", channel=INBOX)
    await desk.people.until(
        lambda: asyncio.sleep(0, desk.people.log), lambda log: any("paus" in one for one in log)
    )
    await desk.people.ask("still there?")
    await desk.say("a word to all")
    await desk.people.until(lambda: desk.seen(ADA), lambda seen: seen["answers"])
    assert "still there?" not in str(await desk.people.slack_messages())
    await desk.act("convert", channel=INBOX, private=True)
    await desk.until_shown("still there?")
    assert "a word to all" not in str(await desk.said())
    # The same, when Slack tells nobody of it: what it is now is asked after the gap.
    await desk.converted_unheard()
    await desk.people.until(
        lambda: asyncio.sleep(0, desk.people.log),
        lambda log: sum("place_paused" in one for one in log) == 2,
    )
    await desk.people.ask("and now?")
    assert "and now?" not in str(await desk.people.slack_messages())
    await desk.converted_unheard(private=True)
    await desk.until_shown("and now?")
