"""Commands, buttons, menus, forms and shortcuts, over real sockets, with a scripted office."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.slack import SlackAdapter
from adapters.slack import showing as showing_module
from core.asking import Answer, Button, Choice, Command, File, Form, Input, Item, Picker
from core.delivery import Receipt
from core.ids import RemoteId, SpaceId
from core.intents import Handle, InSpace, Person
from core.model import Identity, Place, Refusal
from core.ports.outcomes import Waiting
from core.text.content import Bold, Paragraph, Text
from tests.slack.fake_desk import PIN, FakeDesk
from tests.slack.slack_world import INBOX, TEAM, World, card, texts

FULL = Refusal("group_full", "This one is full.")
MOVED = Refusal("conversation_moved", "Somebody answered meanwhile.")
FORM = Form(
    "Reply to Mia", "Send", "replied", "t1",
    (Input("text", "Words", "long"), Input("who", "Who", "people", optional=True)),
    "Mia will see this as Northwind Home.",
)  # fmt: skip
WORDS = {"text": {"field": "It is 72 cm"}}
HERE = Place("slack", TEAM, INBOX)


@pytest.fixture(params=["http", "socket"])
async def adapter(
    request: pytest.FixtureRequest, world: World, desk: FakeDesk
) -> AsyncIterator[SlackAdapter]:
    async with world.adapter(request.param, desk) as opened:
        yield opened


async def posted(adapter: SlackAdapter, channel: str = INBOX) -> Receipt:
    receipt = await adapter.write(card(channel=channel))
    assert isinstance(receipt, Receipt), receipt
    return receipt


async def press(world: World, button: str, **more: Any) -> Any:
    """A button by its words, of an ephemeral answer or a message."""
    shown = more.pop("shown")
    found = [
        one
        for block in shown["blocks"]
        for one in (*block.get("elements", ()), block.get("accessory", {}))
        if one.get("text", {}) and isinstance(one.get("text"), dict)
        and one["text"]["text"] == button
    ]  # fmt: skip
    assert found, f"no button {button} in {texts(shown)}"
    return await world.act("press", user=more.pop("user", "U0ADA"),
                           action_id=found[0]["action_id"], **more)  # fmt: skip


# --- commands -----------------------------------------------------------------------------


async def test_a_command_goes_to_the_office_with_who_where_and_what(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    desk.office.answers.append(Answer("Sent to Mia.", buttons=(Button("Open", "open", "t1"),)))
    told = await world.pin(f"send {PIN.url} to @mia @kai — does *this* come in oak?", user="U0BO")
    call = await desk.office.call()
    assert isinstance(call.caller.person, Person)
    assert call.caller.person.identity == Identity("slack", TEAM, "U0BO")
    assert call.caller.person.profile.name == "Bo Reyes"
    assert (call.caller.place, call.caller.thread) == (HERE, None)
    assert call.caller.key.startswith("slack:")
    (command,) = call.given
    assert (command.verb, command.pin) == ("send", PIN.url)
    assert command.people == (Handle("mia"), Handle("kai"))
    assert command.text == "does this come in oak?"
    assert command.rich == (
        Paragraph((Text("does "), Bold((Text("this"),)), Text(" come in oak?"))),
    )
    assert "Sent to Mia." in texts(told["answers"][0])
    assert not (await world.seen("U0ADA"))["answers"]


async def test_a_mention_is_that_person_and_the_app_is_nobody(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    await world.pin("follow @Cleo Park @Pinthread")
    (command,) = (await desk.office.call()).given
    cleo, us = command.people
    assert (cleo.identity, cleo.profile.name) == (Identity("slack", TEAM, "U0CLEO"), "Cleo Park")
    assert not cleo.guest
    assert us == Handle("pinthread")


async def test_a_channel_is_its_id_and_a_link_is_the_thread_it_leads_to(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    await world.pin("connect #general project")
    (command,) = (await desk.office.call()).given
    assert (command.channel, command.option) == ("C0GENERAL", "project")
    root = await posted(adapter)
    ts = root.remote.split(":")[1]
    link = f"https://x.slack.com/archives/{INBOX}/p{ts.replace('.', '')}"
    await world.pin(f"reply {link} It is 72 cm")
    call = await desk.office.call()
    assert call.caller.thread == InSpace("slack", SpaceId(root.remote))
    assert call.given[0] == Command("reply", text="It is 72 cm")


async def test_an_unknown_verb_is_the_offices_to_answer(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    await world.pin("sned it")
    assert (await desk.office.call()).given == (Command("sned"),)


async def test_a_command_of_a_guest_is_marked_as_one(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    gil = (await world.act("person", handle="gil", guest="single", channels=[INBOX]))["id"]
    await world.pin("inbox", user=gil)
    caller = (await desk.office.call()).caller
    assert isinstance(caller.person, Person)
    assert caller.person.guest
    assert caller.person.identity.workspace == TEAM


async def test_a_slow_store_is_acknowledged_and_answered_later(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    desk.office.gate = asyncio.Event()
    desk.office.answers.append(Answer("Here it is."))
    told = await world.pin("inbox")
    assert told["ok"]
    assert not told["answers"]
    desk.office.gate.set()
    assert "Here it is." in texts((await world.until_seen())["answers"][-1])


async def test_a_failure_is_said_without_its_cause(
    adapter: SlackAdapter, world: World, desk: FakeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.office.answers.append(RuntimeError("a secret word"))
    told = await world.pin("inbox")
    assert "Something went wrong here" in texts(told["answers"][0])
    assert "secret word" not in caplog.text


# --- buttons and menus --------------------------------------------------------------------


async def test_a_button_under_an_answer_is_pressed_and_done_takes_its_place(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    items = (Item("How high?", "2 min ago", PIN, (Button("Open", "open", "t1"),)),)
    desk.office.answers += [
        Answer("Your inbox", items, (Button("More", "more", "7"),)),
        Answer("The thread", done=True),
    ]
    (shown,) = (await world.pin("inbox"))["answers"]
    assert "How high?" in texts(shown)
    assert "Oak desk" in texts(shown)
    await desk.office.call()
    await press(world, "Open", shown=shown, channel=INBOX, answer=shown["id"], wait=5)
    call = await desk.office.call()
    assert call.given == ("open", "t1")
    assert (call.caller.place, call.caller.thread, call.caller.message) == (HERE, None, None)
    seen = await world.until(lambda s: "The thread" in str(s["answers"]))
    assert len(seen["answers"]) == 1


async def test_a_button_on_a_card_is_pressed_in_its_thread_and_the_card_stays(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    desk.office.controls = (
        "Replies here are notes · open · unassigned",
        (Button("Reply", "reply", "t1", "primary"), Button("Assign to me", "take", "t1")),
    )
    root = await posted(adapter)
    (shown,) = await world.shown()
    assert "unassigned" in texts(shown)
    desk.office.answers.append(Answer("You answer Mia now.", done=True))
    ts = shown["ts"]
    await press(world, "Assign to me", shown=shown, channel=INBOX, ts=ts, user="U0BO", wait=5)
    call = await desk.office.call()
    assert call.given == ("take", "t1")
    assert call.caller.thread == InSpace("slack", SpaceId(root.remote))
    assert call.caller.message == RemoteId(root.remote)
    seen = await world.until(lambda s: s["answers"], "U0BO")
    assert "You answer Mia now." in texts(seen["answers"][-1])
    assert "unassigned" in texts((await world.shown())[0])
    assert not (await world.seen())["answers"]


async def test_the_line_under_a_card_is_written_anew_with_it(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    desk.office.controls = ("open · unassigned", ())
    root = await posted(adapter)
    desk.office.controls = ("resolved · Ada answers", ())
    assert isinstance(await adapter.write(card(replaces=root.remote)), Receipt)
    shown = texts((await world.shown())[0])
    assert "resolved · Ada answers" in shown
    assert "unassigned" not in shown


async def test_a_moment_under_a_card_stands_in_the_zone_of_whoever_reads_it(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    desk.office.controls = ("snoozed until <t:1795442400> · <Ada> answers", ())
    await posted(adapter)
    shown = str(await world.shown())
    mark = "<!date^1795442400^{date_short_pretty} {time}|23 Nov 14:00 UTC>"
    assert f"snoozed until {mark} · &lt;Ada&gt; answers" in shown


async def test_a_menu_submits_what_was_chosen(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    field = Input("thread", "Which one?", "choice", (Choice("Oak", "t1"), Choice("Ash", "t2")))
    desk.office.answers.append(Answer("Which thread?", picker=Picker("which", field, "d:1")))
    (shown,) = (await world.pin("open"))["answers"]
    await desk.office.call()
    await world.act("press", user="U0ADA", channel=INBOX, answer=shown["id"],
                    action_id="menu:which", value="t2", wait=5)  # fmt: skip
    call = await desk.office.call()
    assert (call.name, call.given) == ("submit", ("which", "d:1", {"thread": "t2"}))


# --- forms --------------------------------------------------------------------------------


async def opened(world: World, desk: FakeDesk, text: str = "reply abcdef") -> dict[str, Any]:
    desk.office.answers.append(Answer("Write your reply.", form=FORM))
    await world.pin(text)
    await desk.office.call()
    return dict((await world.until(lambda s: s["views"]))["views"][-1])


async def test_a_form_is_opened_filled_in_and_answered(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    view = await opened(world, desk)
    assert view["title"]["text"] == "Reply to Mia"
    assert "Mia will see this as Northwind Home." in texts(view)
    assert not (await world.seen())["answers"]
    desk.office.offered = (Choice("Kai (@kai)", "kai"),)
    found = await world.act("suggest", user="U0ADA", view=view["id"], block_id="who",
                            action_id="people", value="@ka")  # fmt: skip
    assert (await desk.office.call()).given == ("replied", "who", "ka")
    assert [option["value"] for option in found["options"]] == ["kai"]
    desk.office.answers.append(Answer("Sent."))
    filled = {**WORDS, "who": {"people": ["kai"]}}
    assert (await world.act("submit", user="U0ADA", view=view["id"], values=filled))["ok"]
    call = await desk.office.call()
    assert call.given == ("replied", "t1", {"text": "It is 72 cm", "who": ("kai",)})
    assert call.caller.place == HERE
    seen = await world.until(lambda s: s["answers"])
    assert "Sent." in texts(seen["answers"][-1])
    assert not seen["views"]


async def test_an_error_stands_at_its_field_and_the_form_stays(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    view = await opened(world, desk)
    submit = {"user": "U0ADA", "view": view["id"], "values": WORDS}
    desk.office.answers.append(Answer(FULL.sentence, refusal=FULL, field="text"))
    assert (await world.act("submit", **submit))["errors"] == {"text": FULL.sentence}
    desk.office.answers.append(RuntimeError("a secret word"))
    wrong = (await world.act("submit", **submit))["errors"]
    assert list(wrong.values()) == ["Something went wrong here. Try again in a moment."]
    assert (await world.seen())["views"]
    first, second = await desk.office.call(), await desk.office.call()
    assert first.caller.key == second.caller.key


async def test_one_form_may_lead_to_the_next(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    view = await opened(world, desk)
    preview = Form("Preview", "Send it", "send", "t1:d", (), "It is 72 cm")
    desk.office.answers.append(Answer("Preview", form=preview))
    told = await world.act("submit", user="U0ADA", view=view["id"], values=WORDS)
    assert told["views"][-1]["title"]["text"] == "Preview"
    await desk.office.call()
    view = told["views"][-1]
    assert (await world.act("submit", user="U0ADA", view=view["id"], values={}))["ok"]
    assert (await desk.office.call()).given == ("send", "t1:d", {})


async def test_a_slow_form_says_so_and_what_was_typed_is_not_lost(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    view = await opened(world, desk)
    desk.office.gate = asyncio.Event()
    desk.office.answers.append(Answer(FULL.sentence, refusal=FULL))
    submit = {"user": "U0ADA", "values": WORDS}
    told = await world.act("submit", view=view["id"], **submit)
    assert "Working on it" in texts(told["views"][-1])
    desk.office.gate.set()
    seen = await world.until(lambda s: FULL.sentence in str(s["views"]))
    again = seen["views"][-1]
    assert "It is 72 cm" in texts(again)
    desk.office.answers.append(Answer("Sent at last."))
    assert (await world.act("submit", view=again["id"], **submit))["ok"]
    first, second = await desk.office.call(), await desk.office.call()
    assert first.given == second.given


@pytest.mark.parametrize("slow", [False, True])
async def test_a_refused_form_gives_way_to_what_was_missed_and_what_can_be_done(
    adapter: SlackAdapter, world: World, desk: FakeDesk, *, slow: bool
) -> None:
    view = await opened(world, desk)
    desk.office.gate = asyncio.Event() if slow else None
    items = (Item("And how wide?", title="Mia"), Item("It is 72 cm", title="Your reply"))
    anyway = (Button("Send anyway", "anyway", "d1", "primary"),)
    lost = Refusal("draft_lost", "That is gone.")
    desk.office.answers += [
        Answer(MOVED.sentence, items, anyway, refusal=MOVED, field="text"),
        Answer(lost.sentence, refusal=lost),
        Answer("Sent to Mia.", done=True),
    ]
    told = await world.act("submit", user="U0ADA", view=view["id"], values=WORDS)
    assert not told.get("errors")
    if desk.office.gate is not None:
        desk.office.gate.set()
    seen = await world.until(lambda s: MOVED.sentence in str(s["views"]))
    (sheet,) = seen["views"]
    assert "And how wide?" in texts(sheet)
    assert "It is 72 cm" in texts(sheet)
    assert (await desk.office.call()).name == "submit"
    await press(world, "Send anyway", shown=sheet, view=sheet["id"], wait=5)
    call = await desk.office.call()
    assert (call.name, call.given, call.caller.place) == ("press", ("anyway", "d1"), HERE)
    below, above = (await world.until(lambda s: len(s["views"]) == 2))["views"]
    assert "That is gone." in texts(above)
    assert "It is 72 cm" in texts(below), "the words stay"
    await world.act("close", user="U0ADA", view=above["id"])
    await press(world, "Send anyway", shown=below, view=below["id"], wait=5)
    (sent,) = (await world.until(lambda s: "Sent to Mia." in str(s["views"])))["views"]
    assert "Send anyway" not in texts(sent)


async def test_a_slow_form_that_is_taken_shows_its_answer(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    view = await opened(world, desk)
    desk.office.gate = asyncio.Event()
    desk.office.answers.append(Answer("Sent."))
    await world.act("submit", user="U0ADA", view=view["id"], values=WORDS)
    desk.office.gate.set()
    seen = await world.until(lambda s: "Sent." in str(s["views"]))
    await world.act("close", user="U0ADA", view=seen["views"][-1]["id"])


async def test_a_form_whose_trigger_has_run_out_waits_behind_a_button(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    await world.fault("views.open", "status", status=503, times=2)
    desk.office.answers.append(Answer("Write your reply.", form=FORM))
    await world.pin("reply abcdef")
    (shown,) = (await world.until(lambda s: s["answers"]))["answers"]
    await press(world, "Open the form", shown=shown, channel=INBOX, answer=shown["id"], wait=5)
    seen = await world.until(lambda s: s["views"] and not s["answers"])
    assert seen["views"][-1]["title"]["text"] == "Reply to Mia"


async def test_a_form_that_is_not_kept_any_more_says_so(
    adapter: SlackAdapter, world: World, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing_module, "_MOST_FORMS", 1)
    for _ in range(2):
        await world.fault("views.open", "status", status=503, times=2)
        desk.office.answers.append(Answer("Write your reply.", form=FORM))
        await world.pin("reply abcdef")
    first = (await world.until(lambda s: len(s["answers"]) == 2))["answers"][0]
    await press(world, "Open the form", shown=first, channel=INBOX, answer=first["id"], wait=5)
    await world.until(lambda s: "That form is gone" in str(s["answers"]))


# --- shortcuts ----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "verb"), [("pin_reply", "reply"), ("pin_note", "note")])
async def test_a_shortcut_on_a_message_is_its_verb_in_that_thread(
    adapter: SlackAdapter, world: World, desk: FakeDesk, name: str, verb: str
) -> None:
    root = await posted(adapter)
    ts = await world.say("72 cm?", thread_ts=root.remote.split(":")[1])
    await desk.intent()
    desk.office.answers.append(Answer("Write it.", form=FORM))
    await world.act("shortcut", user="U0BO", channel=INBOX, ts=ts, callback_id=name, wait=5)
    call = await desk.office.call()
    assert call.given == (Command(verb),)
    assert call.caller.thread == InSpace("slack", SpaceId(root.remote))
    assert call.caller.message == RemoteId(f"{INBOX}:{ts}")
    view = (await world.until(lambda s: s["views"], "U0BO"))["views"][-1]
    assert (await world.act("submit", user="U0BO", view=view["id"], values=WORDS))["ok"]
    filled = await desk.office.call()
    assert filled.caller.thread == call.caller.thread
    done = (await world.until(lambda s: s["answers"], "U0BO"))["answers"][-1]
    assert "Done." in texts(done)
    # Whoever writes in the thread looks there, and Slack shows it nowhere else.
    assert f"{INBOX}:{done['thread_ts']}" == root.remote


async def test_a_pin_in_a_message_is_sent_on_and_one_without_says_so(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    ts = await world.say(f"look: {PIN.url} nice", "C0GENERAL")
    send = {"user": "U0BO", "channel": "C0GENERAL", "callback_id": "pin_send_this", "wait": 5}
    await world.act("shortcut", ts=ts, **send)
    assert (await desk.office.call()).given == (Command("send", pin=PIN.url),)
    await world.until(lambda s: len(s["answers"]) == 1, "U0BO")
    ts = await world.say("no pin here", "C0GENERAL")
    await world.act("shortcut", ts=ts, **send)
    seen = await world.until(lambda s: len(s["answers"]) == 2, "U0BO")
    assert "There is no pin in this message" in texts(seen["answers"][-1])
    assert not [one for one in seen["answers"] if "thread_ts" in one]


async def test_a_global_shortcut_is_shown_on_a_sheet_that_can_be_gone_on_with(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    desk.office.answers += [
        Answer("Your inbox", buttons=(Button("Requests", "requests", "x"),)),
        Answer("No requests."),
        Answer("Write it.", form=FORM),
        Answer("Sent."),
    ]
    await world.act("shortcut", user="U0ADA", callback_id="pin_inbox", wait=5)
    call = await desk.office.call()
    assert (call.given, call.caller.place) == ((Command("inbox"),), None)
    view = (await world.until(lambda s: s["views"]))["views"][-1]
    assert "Your inbox" in texts(view)
    await press(world, "Requests", shown=view, view=view["id"], wait=5)
    assert (await desk.office.call()).given == ("requests", "x")
    await world.until(lambda s: "No requests." in texts(s["views"][-1]))
    await world.act("shortcut", user="U0ADA", callback_id="pin_start", wait=5)
    assert (await desk.office.call()).given == (Command("send"),)
    seen = await world.until(lambda s: s["views"][-1]["title"]["text"] == "Reply to Mia")
    view = seen["views"][-1]
    told = await world.act("submit", user="U0ADA", view=view["id"], values=WORDS)
    assert "Sent." in texts(told["views"][-1])


# --- held replies -------------------------------------------------------------------------


async def test_a_held_reply_says_when_it_goes_and_can_be_taken_back(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = await posted(adapter)
    until_then = datetime(2026, 11, 23, 12, 0, 15, tzinfo=UTC)
    desk.outcomes.append(Waiting("t1", until_then, "hold"))
    ts = await world.say("It is 72 cm", thread_ts=root.remote.split(":")[1])
    await desk.intent()
    call = await desk.office.call()
    assert (call.name, call.given) == ("waiting", ("t1", until_then, "hold"))
    assert call.caller.message == RemoteId(f"{INBOX}:{ts}")
    assert call.caller.thread == InSpace("slack", SpaceId(root.remote))
    (shown,) = (await world.until(lambda s: s["answers"]))["answers"]
    assert "Sends in 15 s" in texts(shown)
    assert shown["thread_ts"] == root.remote.split(":")[1]
    desk.office.answers.append(Answer("Taken back.", done=True))
    await press(world, "Undo", shown=shown, channel=INBOX, answer=shown["id"], wait=5)
    assert (await desk.office.call()).given == ("undo", "t1")
    seen = await world.until(lambda s: "Taken back." in str(s["answers"]))
    assert "Sends in 15 s" not in str(seen["answers"])
    assert not (await world.seen("U0BO"))["answers"]


# --- files --------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [True, False])
async def test_a_file_is_put_into_the_persons_own_messages(
    adapter: SlackAdapter, world: World, desk: FakeDesk, kept: bool, tmp_path: Any
) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(b'{"threads": []}')
    file = File("mine.json", path=str(path)) if kept else File("mine.json", b'{"threads": []}')
    desk.office.answers.append(Answer("It is in our direct messages.", file=file))
    await world.pin("export")
    await world.until(lambda s: "in our direct messages" in str(s["answers"]))
    (message,) = await world.shown("D0ADA")
    assert (message["files"][0]["name"], message["files"][0]["size"]) == ("mine.json", 15)


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "upload"])
async def test_a_file_that_slack_does_not_take_is_told(
    adapter: SlackAdapter, world: World, desk: FakeDesk, method: str
) -> None:
    await world.fault(method, "status", status=503)
    desk.office.answers.append(Answer("There.", file=File("mine.json", b"{}")))
    await world.pin("export")
    await world.until(lambda s: "could not be sent" in str(s["answers"]))
    assert not await world.shown("D0ADA")


# --- requests -----------------------------------------------------------------------------

REQUEST = (
    "Kai writes to you for the first time",
    (Button("Accept", "accept", "t1", "primary"), Button("Ignore", "ignore", "t1"),
     Button("Block", "blockin", "t1", "danger")),
)  # fmt: skip


async def test_a_request_is_a_card_with_buttons_until_it_is_answered(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    desk.office.controls = REQUEST
    await posted(adapter, "user:U0ADA")
    (shown,) = await world.shown("D0ADA")
    assert "for the first time" in texts(shown)
    at = {"channel": "D0ADA", "ts": shown["ts"], "shown": shown}
    desk.office.answers += [Answer("Too fast.", refusal=FULL), Answer("You talk now.", done=True)]
    await press(world, "Ignore", **at)
    await world.until(lambda s: "Too fast." in str(s["answers"]))
    assert "Accept" in texts((await world.shown("D0ADA"))[0])
    await press(world, "Accept", **at)
    await world.until(lambda s: "You talk now." in str(s["answers"]))
    async with asyncio.timeout(30):
        while True:
            (left,) = await world.shown("D0ADA")
            if "Accept" not in texts(left):
                break
            await asyncio.sleep(0.05)
    assert "Oak desk" in texts(left)
    assert left["metadata"] == shown["metadata"]
