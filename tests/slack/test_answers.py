"""What the office answers, as Slack's blocks: inside every limit, and nobody is mentioned."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack import answers, sheets
from adapters.slack.cards import Look
from adapters.slack.gestures import gesture_of, kept
from adapters.slack.private import Private, private_of
from core.asking import MOST_ITEMS, Answer, Button, Choice, Form, Input, Item, Picker
from core.ids import RemoteId
from core.model import Mirror, Pin
from core.text.content import Bold, Mention, Paragraph, Text
from sandbox.slack import shapes
from sandbox.slack.pings import pings
from tests.slack.fake_desk import PIN
from tests.slack.slack_world import mirror

LOOK = Look()
TOKENS = ("<", ">", "&", "`", "*", "_", "~", "@here", "<!here>", "<@U0ADA>", "|", "\n", " ", "a",
          "https://x.example/", "&lt;", "😀", "\u202e", ":oak:", "`/pin help`", "\0")  # fmt: skip
WORDS = st.lists(st.sampled_from(TOKENS), max_size=12).map("".join) | st.text(max_size=40)
LONG = WORDS | st.integers(0, 5_000).map(lambda n: "x" * n)
NAMES = st.text("abcdefgh", min_size=1, max_size=30)
BUTTONS = st.lists(
    st.builds(
        Button, LONG, NAMES, st.text("abc123:", max_size=60),
        st.sampled_from(("", "primary", "danger")),
    ),
    max_size=6,
).map(tuple)  # fmt: skip
PINS = st.none() | WORDS.map(
    lambda w: Pin(PIN.id, f"https://x.example/{w}", w, w, w, f"https://i.example/{w}", w, w, w)
)
ITEMS = st.builds(
    Item, LONG, LONG, PINS, BUTTONS, st.sampled_from(("", "https://x.example/a")), LONG
)
CHOICES = st.lists(
    st.builds(Choice, WORDS, st.text("abc", min_size=1, max_size=80), WORDS),
    min_size=1, max_size=25, unique_by=lambda one: one.value,
).map(tuple)  # fmt: skip
KINDS = st.sampled_from(("text", "long", "choice", "people", "channel"))
INPUTS = st.builds(
    Input, NAMES, WORDS, KINDS, CHOICES, st.sampled_from(("", "a", "C0INBOX", "@mia kai")),
    st.booleans(), st.sampled_from((0, 1, 9)), WORDS,
)  # fmt: skip
PICKERS = st.none() | st.builds(Picker, NAMES, INPUTS, st.text("ab1", max_size=60))
ANSWERS = st.builds(
    Answer, LONG, st.lists(ITEMS, max_size=MOST_ITEMS).map(tuple), BUTTONS, st.none(), st.none(),
    st.just(""), PICKERS,
)  # fmt: skip
FORMS = st.builds(
    Form, WORDS, WORDS, NAMES, st.text("ab1", max_size=60),
    st.lists(INPUTS, max_size=6, unique_by=lambda one: one.name).map(tuple), LONG,
)  # fmt: skip


def nowhere(_: Mirror) -> str | None:
    return None


@given(ANSWERS)
@settings(max_examples=300)
def test_every_answer_is_a_message_that_slack_takes(answer: Answer) -> None:
    blocks = json.loads(json.dumps(answers.message(answer, LOOK, nowhere)))
    shapes.message_blocks(blocks)
    assert len(shapes.message_text(answers.said(answer))) > 0
    assert pings({"text": answers.said(answer), "blocks": blocks}) == []


@given(ANSWERS)
def test_every_answer_is_a_page_and_a_sheet_that_slack_takes(answer: Answer) -> None:
    for view in (
        sheets.home(answer, LOOK, nowhere),
        sheets.paper(answer, LOOK, nowhere, Private("a", "b"), "Inbox"),
    ):
        shapes.view(json.loads(json.dumps(view)), ("home", "modal"))
        assert pings({"blocks": view["blocks"]}) == []


@given(FORMS)
@settings(max_examples=300)
def test_every_form_is_a_modal_that_slack_takes(form: Form) -> None:
    view = json.loads(json.dumps(sheets.modal(form, Private(form.action, form.value))))
    shapes.view(view, ("modal",))
    assert private_of(view) == Private(form.action, form.value)
    assert pings({"blocks": view["blocks"]}) == []


def test_a_command_between_backticks_is_code_and_all_else_is_as_it_is() -> None:
    content = answers.sentence("Try `/pin help` or *this* ` alone")
    (block,) = answers.words(content)
    first, code, rest = block["elements"][0]["elements"]
    assert (first["text"], code["text"]) == ("Try ", "/pin help")
    assert code["style"] == {"code": True}
    assert rest["text"] == " or *this* ` alone"
    assert answers.sentence("") == ()


def test_a_time_is_shown_in_the_zone_of_whoever_reads() -> None:
    at = datetime(2026, 5, 1, 15, 28, 5, tzinfo=UTC)
    told = Answer("Goes out at {at} as `{at}`.", at=at)
    [block] = answers.message(told, LOOK, nowhere)
    [section] = block["elements"]
    text, clock, *rest = section["elements"]
    assert text == {"type": "text", "text": "Goes out at "}
    assert clock == {
        "type": "date",
        "timestamp": int(at.timestamp()),
        "format": "{time_secs}",
        "fallback": "15:28:05 UTC",
    }
    assert [one["text"] for one in rest] == [" as ", "{at}", "."]
    assert answers.said(told) == "Goes out at 15:28:05 UTC as `{at}`."


def test_words_of_others_are_shown_as_they_stand_and_mention_nobody() -> None:
    said = (Paragraph((Bold((Text("oak"),)), Text(" for "), Mention("mia", "Mia"))),)
    (block,) = answers.item(Item(said), LOOK, nowhere, whole_pin=True)
    assert pings({"blocks": [block]}) == []
    assert "Mia" in json.dumps(block)


def test_buttons_of_one_row_have_names_of_their_own_and_tell_what_they_are() -> None:
    (row,) = answers.row((Button("A", "assign", "t:me"), Button("B", "assign", "t:x")))
    names = [one["action_id"] for one in row["elements"]]
    assert len(set(names)) == 2
    assert [answers.pressed(name) for name in names] == ["assign", "assign"]
    assert answers.pressed("ask:0:a:b") == "a:b"


def test_an_address_is_only_followed() -> None:
    (row,) = answers.row((Button("Open", url="https://x.example/a"), Button("Odd", url="x")))
    followed, odd = row["elements"]
    assert followed["url"] == "https://x.example/a"
    assert "url" not in odd
    assert not followed["action_id"].startswith(answers.BUTTON)


def test_an_item_leads_to_the_thread_where_it_stands_here() -> None:
    item = Item("hello", title="Oak desk", mirrors=(mirror(),))
    blocks = answers.item(item, LOOK, lambda _: "https://x.slack.com/a", whole_pin=False)
    assert blocks[-1]["elements"][0]["url"] == "https://x.slack.com/a"
    assert len(answers.item(item, LOOK, nowhere, whole_pin=False)) == 2


def test_a_pins_description_stands_where_nothing_else_is_said() -> None:
    alone = json.dumps(answers.body(Answer(items=(Item(pin=PIN),)), LOOK, nowhere))
    assert "A desk of solid oak." in alone
    assert "Northwind Home" in alone
    listed = json.dumps(answers.body(Answer(items=(Item("hi", pin=PIN),) * 2), LOOK, nowhere))
    assert "A desk of solid oak." not in listed


def test_a_menu_leads_back_to_its_question() -> None:
    field = Input("thread", "Which thread?", "choice", (Choice("Oak", "t1", "Mia"),))
    block = answers.menu(Picker("which", field, "draft:7"))
    assert answers.question(block["block_id"]) == ("thread", "which", "draft:7")
    assert block["elements"][0]["options"][0]["description"]["text"] == "Mia"


def state(**values: Any) -> dict[str, Any]:
    return {"values": {name: {"field": held} for name, held in values.items()}}


def test_what_was_filled_in_comes_by_name() -> None:
    option = {"text": {"type": "plain_text", "text": "A"}, "value": "a"}
    view = {"state": state(
        words={"type": "plain_text_input", "value": "hi"},
        none={"type": "plain_text_input", "value": None},
        one={"type": "static_select", "selected_option": option},
        unset={"type": "static_select", "selected_option": None},
        many={"type": "multi_external_select", "selected_options": [option, option]},
        place={"type": "conversations_select", "selected_conversation": "C1"},
    )}  # fmt: skip
    assert sheets.fields(view) == {
        "words": "hi", "none": "", "one": "a", "unset": "", "many": ("a", "a"), "place": "C1",
    }  # fmt: skip


FORM = Form(
    "Reply", "Send", "replied", "t1",
    (Input("text", "Words", "long", value="draft"),
     Input("as", "Kind", "choice", (Choice("Inbox", "inbox"), Choice("Project", "project"))),
     Input("who", "Who", "people", (Choice("Mia", "mia"),), value="mia @kai"),
     Input("where", "Channel", "channel")),
    "The follower will see this as Northwind Home.",
)  # fmt: skip


def test_a_form_that_came_too_late_still_holds_what_was_typed() -> None:
    view = sheets.modal(FORM, Private("replied", "t1"))
    option = {"text": {"type": "plain_text", "text": "Project"}, "value": "project"}
    view["state"] = state(
        text={"value": "It is 72 cm"},
        where={"selected_conversation": "C1"},
        who={"selected_options": [{"text": option["text"], "value": "mia"}]},
        **{"as": {"selected_option": option}},
    )
    again = sheets.again(view, "Too fast. Wait 3 s.")
    shapes.view(json.loads(json.dumps(again)), ("modal",))
    assert "Too fast" in json.dumps(again["blocks"][0])
    filled = {b["block_id"]: b["element"] for b in again["blocks"] if b["type"] == "input"}
    assert filled["text"]["initial_value"] == "It is 72 cm"
    assert filled["as"]["initial_option"] == option
    assert [one["value"] for one in filled["who"]["initial_options"]] == ["mia"]
    assert filled["where"]["initial_conversation"] == "C1"
    assert again["private_metadata"] == view["private_metadata"]


@pytest.mark.parametrize(("wanted", "shown"), [("text", "text"), ("", "where"), ("x", "where")])
def test_an_error_stands_at_its_field_or_at_the_last_one(wanted: str, shown: str) -> None:
    view = sheets.modal(FORM, Private())
    assert sheets.at_fault(view, wanted) == shown
    bare = sheets.modal(replace(FORM, inputs=()), Private())
    assert sheets.at_fault(bare, wanted) == ""


def test_people_who_stand_in_a_field_at_first_are_shown_by_name() -> None:
    view = sheets.modal(FORM, Private())
    (who,) = [b["element"] for b in view["blocks"] if b.get("block_id") == "who"]
    assert [o["text"]["text"] for o in who["initial_options"]] == ["Mia", "@kai"]


def test_a_form_remembers_where_it_was_opened() -> None:
    pressed = gesture_of(
        {
            "type": "block_actions",
            "user": {"id": "U1", "team_id": "T2"},
            "trigger_id": "t.1",
            "response_url": "https://hooks.example/1",
            "container": {"message_ts": "2.0", "thread_ts": "1.0", "channel_id": "C1"},
            "channel": {"id": "C1"},
        },
        "T1",
    )
    assert (pressed.team, pressed.thread, pressed.message) == ("T2", "C1:1.0", "C1:2.0")
    view = sheets.modal(FORM, kept(pressed, "replied", "t1")) | {"id": "V1", "hash": "h"}
    body = {"type": "view_submission", "user": {"id": "U1"}, "view": view, "trigger_id": "t.2"}
    filled = gesture_of(body, "T1")
    assert (filled.place, filled.thread, filled.message) == (
        pressed.place, pressed.thread, RemoteId("C1:2.0"),
    )  # fmt: skip
    assert filled.answer == "https://hooks.example/1"
    assert (filled.private.action, filled.private.value) == ("replied", "t1")
    assert filled.key == "slack:V1:h"


def test_a_view_of_somebody_elses_making_is_read_as_nothing() -> None:
    assert private_of({"private_metadata": "{"}) == Private()
    assert private_of({"private_metadata": '{"other": 1}'}) == Private()
