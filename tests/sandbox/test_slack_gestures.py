"""Commands, buttons, menus, forms and shortcuts, answered by slack-bolt."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from tests.sandbox.slack_place import GENERAL, INBOX, SlackPlace, error_of, running

BUTTON = {
    "type": "button",
    "action_id": "go",
    "value": "v1",
    "text": {"type": "plain_text", "text": "Go"},
}
OPTION_TEXT = {"type": "plain_text", "text": "x"}
ACTIONS = {"type": "actions", "block_id": "row", "elements": [BUTTON]}


def modal(**more: Any) -> dict[str, Any]:
    """A form with a text and a menu."""
    return {
        "type": "modal",
        "callback_id": "form",
        "private_metadata": "pm",
        "title": {"type": "plain_text", "text": "Send"},
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": [
            {
                "type": "input",
                "block_id": "words",
                "label": {"type": "plain_text", "text": "Words"},
                "element": {"type": "plain_text_input", "action_id": "text", "max_length": 10},
            },
            {
                "type": "input",
                "block_id": "who",
                "optional": True,
                "label": {"type": "plain_text", "text": "Who"},
                "element": {"type": "external_select", "action_id": "pick"},
            },
        ],
        **more,
    }


@pytest.fixture
async def place() -> AsyncIterator[SlackPlace]:
    async with running() as opened:
        yield opened


class Book:
    """What a small app did and saw; its behaviour follows the command's text."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.submit: dict[str, Any] = {}

    def listen(self, app: AsyncApp) -> None:
        app.command("/pin")(self._command)
        app.action("go")(self._pressed)
        app.view("form")(self._submitted)
        app.view_closed("form")(self._closed)
        app.options("pick")(self._options)
        app.shortcut(re.compile("pin_(reply|inbox)"))(self._shortcut)

    async def _command(self, ack: Any, respond: Any, body: Any, client: Any) -> None:
        self.seen.append(body)
        match body["text"]:
            case "body":
                await ack("from the acknowledgement", blocks=[ACTIONS])
            case "respond":
                await ack()
                await respond("from the response_url", blocks=[ACTIONS])
            case "all":
                await ack()
                await respond("for all", response_type="in_channel")
            case "modal":
                await ack()
                await client.views_open(trigger_id=body["trigger_id"], view=modal())
            case "fail":
                raise RuntimeError("asked to fail")
            case _:
                await ack()

    async def _pressed(self, ack: Any, body: Any, respond: Any) -> None:
        self.seen.append(body)
        await ack()
        if "response_url" in body:
            await respond("pressed", replace_original=True)

    async def _submitted(self, ack: Any, body: Any) -> None:
        self.seen.append(body)
        await ack(**self.submit)

    async def _closed(self, ack: Any, body: Any) -> None:
        self.seen.append(body)
        await ack()

    async def _options(self, ack: Any, body: Any) -> None:
        self.seen.append(body)
        found = [{"text": {"type": "plain_text", "text": "Mia"}, "value": "mia"}]
        await ack(options=found)

    async def _shortcut(self, ack: Any, body: Any, client: Any) -> None:
        self.seen.append(body)
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())


async def command(place: SlackPlace, text: str, **more: Any) -> Any:
    return await place.act(
        "command", user="U0ADA", channel=INBOX, command="/pin", text=text, **more
    )


@pytest.mark.parametrize("mode", ["socket", "address"])
@pytest.mark.parametrize("text", ["body", "respond"])
async def test_a_command_is_answered_to_its_caller_only(
    place: SlackPlace, mode: str, text: str
) -> None:
    book = Book()
    async with getattr(place, mode)(book.listen):
        told = await command(place, text)
    assert told["ok"] is True
    assert told["answers"][0]["text"].startswith("from the")
    assert [a["id"] for a in (await place.seen())["answers"]] == [told["answers"][0]["id"]]
    assert await place.shown(INBOX) == []
    body = book.seen[0]
    assert (body["user_name"], body["channel_name"]) == ("ada", "privategroup")
    assert body["api_app_id"] == "A0PINTHREAD"


async def test_a_command_can_be_answered_in_the_channel(place: SlackPlace) -> None:
    async with place.socket(Book().listen):
        await command(place, "all")
    assert [m["text"] for m in await place.shown(INBOX)] == ["for all"]


async def test_mentions_in_a_command_are_escaped(place: SlackPlace) -> None:
    book = Book()
    async with place.socket(book.listen):
        await command(place, "to @bo in #general: a < b @northwind", wait=0)
    escaped = "to <@U0BO|bo> in <#C0GENERAL|general>: a &lt; b @northwind"
    assert book.seen[0]["text"] == escaped


async def test_a_command_is_not_for_threads_and_has_to_exist(place: SlackPlace) -> None:
    at = {"user": "U0ADA", "channel": INBOX, "text": ""}
    in_thread = {**at, "command": "/pin", "thread_ts": "1.2"}
    assert "thread" in await place.refused("POST", "slack/command", in_thread)
    unknown = await place.refused("POST", "slack/command", {**at, "command": "/nope"})
    assert unknown == "/nope is not a valid command."


async def test_a_command_that_nobody_answers_says_so(place: SlackPlace) -> None:
    told = await command(place, "", wait=0)
    assert told == {
        "ok": False,
        "answers": [],
        "views": [],
        "error": "The app is not connected.",
    }


async def test_over_http_a_failing_command_says_so(place: SlackPlace) -> None:
    async with place.address(Book().listen):
        told = await command(place, "fail", wait=0)
    assert (told["ok"], told["error"]) == (False, "The app answered with 500.")


async def test_a_button_of_an_answer_replaces_it(place: SlackPlace) -> None:
    book = Book()
    async with place.socket(book.listen):
        shown = (await command(place, "body"))["answers"][0]
        told = await place.act(
            "press", user="U0ADA", channel=INBOX, answer=shown["id"], action_id="go", wait=3
        )
    assert told["answers"][0]["text"] == "pressed"
    assert [a["text"] for a in (await place.seen())["answers"]] == ["pressed"]
    pressed = book.seen[1]
    assert pressed["container"]["is_ephemeral"] is True
    assert "message" not in pressed
    assert pressed["actions"][0]["value"] == "v1"
    assert pressed["actions"][0]["block_id"] == "row"


async def test_a_button_of_a_message_replaces_the_message(place: SlackPlace) -> None:
    book = Book()
    async with place.socket(book.listen):
        ts = (await place.web.chat_postMessage(channel=GENERAL, text="card", blocks=[ACTIONS]))[
            "ts"
        ]
        await place.act("press", user="U0BO", channel=GENERAL, ts=ts, action_id="go", wait=3)
    assert book.seen[0]["message"]["ts"] == ts
    assert book.seen[0]["user"]["id"] == "U0BO"
    shown = (await place.shown())[0]
    assert (shown["text"], shown["blocks"]) == ("pressed", [])


async def test_what_is_not_there_cannot_be_pressed(place: SlackPlace) -> None:
    ts = await place.say("plain")
    press = {"user": "U0BO", "channel": GENERAL, "ts": ts, "action_id": "go"}
    assert "nothing to press" in await place.refused("POST", "slack/press", press)


@pytest.mark.parametrize("mode", ["socket", "address"])
async def test_a_form_is_filled_in_and_sent(place: SlackPlace, mode: str) -> None:
    book = Book()
    async with getattr(place, mode)(book.listen):
        view = (await command(place, "modal"))["views"][0]
        fill = {"user": "U0ADA", "view": view["id"]}
        empty = await place.act("submit", **fill, values={})
        assert empty["errors"] == {"words": "Please complete this required field."}
        long = await place.act("submit", **fill, values={"words": {"text": "x" * 11}})
        assert long["errors"] == {"words": "Please enter at most 10 characters."}
        options = await place.act("suggest", **fill, action_id="pick", value="mi")
        assert options["options"][0]["value"] == "mia"
        book.submit = {"response_action": "errors", "errors": {"words": "Not that."}}
        values = {"words": {"text": "hi"}, "who": {"pick": "mia"}}
        refused = await place.act("submit", **fill, values=values)
        assert refused == {"ok": False, "errors": {"words": "Not that."}}
        assert len((await place.seen())["views"]) == 1
        book.submit = {}
        assert (await place.act("submit", **fill, values=values))["ok"] is True
    assert (await place.seen())["views"] == []
    state = book.seen[-1]["view"]["state"]["values"]
    assert state["words"]["text"] == {"type": "plain_text_input", "value": "hi"}
    assert state["who"]["pick"]["selected_option"]["value"] == "mia"
    assert book.seen[-1]["view"]["private_metadata"] == "pm"


async def test_a_form_can_lead_to_another_up_to_three_deep(place: SlackPlace) -> None:
    book = Book()
    async with place.socket(book.listen):
        view = (await command(place, "modal"))["views"][0]
        book.submit = {"response_action": "push", "view": modal(callback_id="form")}
        told = await place.act(
            "submit", user="U0ADA", view=view["id"], values={"words": {"text": "a"}}
        )
        second = told["views"][1]
        assert second["previous_view_id"] == view["id"]
        assert second["root_view_id"] == view["id"]
        book.submit = {"response_action": "update", "view": modal(private_metadata="new")}
        told = await place.act(
            "submit", user="U0ADA", view=second["id"], values={"words": {"text": "b"}}
        )
        assert told["views"][1]["id"] == second["id"]
        assert told["views"][1]["private_metadata"] == "new"
        book.submit = {"response_action": "clear"}
        told = await place.act(
            "submit", user="U0ADA", view=second["id"], values={"words": {"text": "c"}}
        )
        assert told["views"] == []


async def test_a_closed_form_is_told_when_asked_for(place: SlackPlace) -> None:
    book = Book()
    async with place.socket(book.listen):
        trigger = (await _trigger(place, book))["trigger_id"]
        opened = await place.web.views_open(trigger_id=trigger, view=modal(notify_on_close=True))
        await place.act("close", user="U0ADA", view=opened["view"]["id"])
    assert book.seen[-1]["type"] == "view_closed"
    assert (await place.seen())["views"] == []


async def _trigger(place: SlackPlace, book: Book) -> dict[str, Any]:
    await command(place, "", wait=0)
    return book.seen[-1]


async def test_a_trigger_works_once_and_views_are_checked(place: SlackPlace) -> None:
    book = Book()
    async with place.socket(book.listen):
        trigger = (await _trigger(place, book))["trigger_id"]
        for bad in (
            modal(title={"type": "plain_text", "text": "x" * 25}),
            modal(private_metadata="x" * 3_001),
            modal(blocks=[{"type": "divider"}] * 101),
            modal(colour="red"),
            {key: value for key, value in modal().items() if key != "submit"},
        ):
            call = place.web.views_open(trigger_id=trigger, view=bad)
            assert await error_of(call) == "invalid_arguments"
        opened = await place.web.views_open(trigger_id=trigger, view=modal(external_id="e"))
        again = place.web.views_open(trigger_id=trigger, view=modal())
        assert await error_of(again) == "exchanged_trigger_id"
        unknown = place.web.views_open(trigger_id="1.2", view=modal())
        assert await error_of(unknown) == "invalid_trigger_id"
        changed = await place.web.views_update(
            external_id="e", hash=opened["view"]["hash"], view=modal(private_metadata="2")
        )
        assert changed["view"]["id"] == opened["view"]["id"]
        stale = place.web.views_update(
            view_id=opened["view"]["id"], hash=opened["view"]["hash"], view=modal()
        )
        assert await error_of(stale) == "hash_conflict"


async def test_a_response_url_works_five_times(place: SlackPlace) -> None:
    book = Book()
    async with place.socket(book.listen):
        url = (await _trigger(place, book))["response_url"]
    for number in range(5):
        async with place.http.post(url, json={"text": f"m{number}"}) as answer:
            assert (answer.status, await answer.text()) == (200, "ok")
    async with place.http.post(url, json={"text": "late"}) as answer:
        assert answer.status == 404
    assert len((await place.seen())["answers"]) == 5
    async with place.http.post(url.rpartition("/")[0] + "/other", json={"text": "x"}) as answer:
        assert answer.status == 404


async def test_a_message_shortcut_carries_the_message(place: SlackPlace) -> None:
    book = Book()
    ts = await place.say("look")
    async with place.socket(book.listen):
        told = await place.act(
            "shortcut", user="U0BO", channel=GENERAL, ts=ts, callback_id="pin_reply", wait=3
        )
    assert told["views"][0]["callback_id"] == "form"
    assert book.seen[0]["type"] == "message_action"
    assert book.seen[0]["message"]["text"] == "look"


async def test_app_home_shows_what_was_published(place: SlackPlace) -> None:
    home = {"type": "home", "blocks": [ACTIONS]}
    view = (await place.web.views_publish(user_id="U0ADA", view=home))["view"]
    assert (await place.seen())["home"]["id"] == view["id"]
    book = Book()
    async with place.socket(book.listen):
        await place.act("press", user="U0ADA", view=view["id"], action_id="go")
    assert book.seen[0]["view"]["type"] == "home"


async def test_a_response_url_can_change_and_remove_the_message_it_came_from(
    place: SlackPlace,
) -> None:
    book = Book()
    async with place.socket(book.listen):
        posted = await place.web.chat_postMessage(channel=GENERAL, text="card", blocks=[ACTIONS])
        await place.act("press", user="U0BO", channel=GENERAL, ts=posted["ts"], action_id="go")
        url = book.seen[0]["response_url"]
        for body, left in (
            ({"text": "new", "replace_original": True}, ["new"]),
            ({"text": "more", "response_type": "in_channel"}, ["new", "more"]),
            ({"delete_original": True}, ["more"]),
        ):
            async with place.http.post(url, json=body) as answer:
                assert answer.status == 200
            assert [m["text"] for m in await place.shown()] == left
        async with place.http.post(url, json={"text": ""}) as answer:
            assert (answer.status, (await answer.json())["error"]) == (400, "no_text")
        async with place.http.post(url, data=b"{") as answer:
            assert (answer.status, await answer.text()) == (400, "invalid_payload")


async def test_an_ephemeral_answer_can_be_taken_away(place: SlackPlace) -> None:
    book = Book()
    async with place.socket(book.listen):
        shown = (await command(place, "body"))["answers"][0]
        await place.act("press", user="U0ADA", channel=INBOX, answer=shown["id"], action_id="go")
        async with place.http.post(
            book.seen[-1]["response_url"], json={"delete_original": True}
        ) as answer:
            assert answer.status == 200
    assert (await place.seen())["answers"] == []


async def test_a_global_shortcut_has_neither_message_nor_response_url(place: SlackPlace) -> None:
    book = Book()
    async with place.socket(book.listen):
        told = await place.act("shortcut", user="U0BO", callback_id="pin_inbox", wait=3)
    assert told["views"][0]["type"] == "modal"
    assert book.seen[0]["type"] == "shortcut"
    assert not {"message", "channel", "response_url"} & set(book.seen[0])


async def test_only_shortcuts_that_the_app_has_are_there_and_of_their_kind(
    place: SlackPlace,
) -> None:
    ts = await place.say("look")
    for body in (
        {"user": "U0BO", "callback_id": "other"},
        {"user": "U0BO", "callback_id": "pin_reply"},
        {"user": "U0BO", "channel": GENERAL, "ts": ts, "callback_id": "pin_inbox"},
    ):
        assert "no shortcut" in await place.refused("POST", "slack/shortcut", body)


async def test_a_fourth_view_is_not_pushed(place: SlackPlace) -> None:
    book = Book()
    async with place.socket(book.listen):
        opened = [await _opened(place, book, "views.open")]
        opened += [await _opened(place, book, "views.push") for _ in range(2)]
        trigger = (await _trigger(place, book))["trigger_id"]
        fourth = place.web.views_push(trigger_id=trigger, view=modal())
        assert await error_of(fourth) == "push_limit_reached"
    assert [view["id"] for view in (await place.seen())["views"]] == opened


async def _opened(place: SlackPlace, book: Book, how: str) -> str:
    trigger = (await _trigger(place, book))["trigger_id"]
    body = {"trigger_id": trigger, "view": modal()}
    return str((await place.web.api_call(how, json=body))["view"]["id"])


@pytest.mark.parametrize(
    ("element", "value", "state"),
    [
        ({"type": "users_select"}, "U0BO", {"selected_user": "U0BO"}),
        ({"type": "multi_users_select"}, ["U0BO"], {"selected_users": ["U0BO"]}),
        ({"type": "datepicker", "initial_date": "2026-01-01"}, None,
         {"selected_date": "2026-01-01"}),
        ({"type": "checkboxes", "options": [{"text": OPTION_TEXT, "value": "a"}]}, ["a"],
         {"selected_options": [{"text": OPTION_TEXT, "value": "a"}]}),
        ({"type": "static_select", "option_groups": [
            {"label": OPTION_TEXT, "options": [{"text": OPTION_TEXT, "value": "b"}]}]}, "b",
         {"selected_option": {"text": OPTION_TEXT, "value": "b"}}),
        ({"type": "plain_text_input"}, None, {"value": None}),
    ],
)  # fmt: skip
async def test_each_kind_of_input_is_sent_in_its_own_shape(
    place: SlackPlace, element: dict[str, Any], value: Any, state: dict[str, Any]
) -> None:
    book = Book()
    block = {
        "type": "input",
        "block_id": "b",
        "optional": True,
        "label": OPTION_TEXT,
        "element": {**element, "action_id": "a"},
    }
    async with place.socket(book.listen):
        trigger = (await _trigger(place, book))["trigger_id"]
        opened = await place.web.views_open(trigger_id=trigger, view=modal(blocks=[block]))
        fill = {"user": "U0ADA", "view": opened["view"]["id"]}
        unknown = {**fill, "values": {"nope": {"a": "x"}}}
        assert "no input" in await place.refused("POST", "slack/submit", unknown)
        assert (await place.act("submit", **fill, values={"b": {"a": value}}))["ok"]
    sent = book.seen[-1]["view"]["state"]["values"]["b"]["a"]
    assert sent == {"type": element["type"], **state}


async def test_a_menu_in_a_message_sends_what_was_chosen(place: SlackPlace) -> None:
    book = Book()
    menu = {
        "type": "static_select",
        "action_id": "go",
        "options": [{"text": OPTION_TEXT, "value": "a"}, {"text": OPTION_TEXT, "value": "b"}],
    }
    row = {"type": "actions", "block_id": "row", "elements": [menu]}
    async with place.socket(book.listen):
        posted = await place.web.chat_postMessage(channel=GENERAL, text="card", blocks=[row])
        press = {"user": "U0BO", "channel": GENERAL, "ts": posted["ts"], "action_id": "go"}
        assert "no option" in await place.refused("POST", "slack/press", {**press, "value": "c"})
        await place.act("press", **press, value="b")
    pressed = book.seen[0]
    assert pressed["actions"][0]["selected_option"]["value"] == "b"
    assert pressed["state"]["values"]["row"]["go"]["selected_option"]["value"] == "b"


async def test_while_slack_is_down_gestures_say_so(place: SlackPlace) -> None:
    async with place.socket(Book().listen):
        await place.control("PUT", "power/slack", {"on": False})
        told = await command(place, "body", wait=0)
    assert (told["ok"], told["error"]) == (False, "Slack is down.")
