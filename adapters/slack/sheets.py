"""Forms as Slack's modals, what was filled in as fields, and App Home. Pure.

A modal carries all that is needed to go on with it in its `private_metadata`, so nothing
is kept here; what somebody has typed is never lost, whatever the answer is.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.slack import answers, cards
from adapters.slack.answers import Links
from adapters.slack.cards import Block, Look
from adapters.slack.marks import Payload
from adapters.slack.private import Private
from core.asking import Answer, Fields, Form, Input, Item

FORM = "pin_form"
PAPER = "pin_paper"
"""A sheet that is only to be read."""
PEOPLE = "people"
"""The action id of a field of people, whose choices are asked for."""
FIELD = "field"

_MOST_TEXT = 3_000
_VIEW = 100


def modal(form: Form, private: Private) -> Block:
    """The form as a view."""
    blocks = answers.words(form.note) + [_field(one) for one in form.inputs]
    return {
        "type": "modal",
        "callback_id": FORM,
        "title": cards.label(form.title, 24),
        "submit": cards.label(form.submit, 24),
        "close": cards.label("Cancel", 24),
        "private_metadata": private.text(),
        "blocks": blocks[:_VIEW],
    }


def paper(answer: Answer, look: Look, links: Links, private: Private, title: str = "") -> Block:
    """An answer as a view, where there is no message to show it in."""
    blocks = answers.message(answer, look, links)[:_VIEW]
    return {
        "type": "modal",
        "callback_id": PAPER,
        "title": cards.label(title or "Pinthread", 24),
        "close": cards.label("Close", 24),
        "private_metadata": private.text(),
        "blocks": blocks or answers.words("Done."),
    }


def home(answer: Answer, look: Look, links: Links) -> Block:
    """App Home: the inbox, with its buttons on top, where they are found at once."""
    top = answers.words(answer.text, answer.at) + answers.row(answer.buttons)
    blocks = [block for one in answer.items for block in _entry(answer, one, look, links)]
    if answer.picker is not None:
        top.append(answers.menu(answer.picker))
    return {"type": "home", "blocks": (top + blocks)[:_VIEW]}


def _entry(answer: Answer, one: Item, look: Look, links: Links) -> list[Block]:
    line = [{"type": "divider"}]
    return line + answers.item(one, look, links, whole_pin=len(answer.items) == 1)


# --- fields -------------------------------------------------------------------------------


def _field(one: Input) -> Block:
    block: Block = {
        "type": "input",
        "block_id": one.name,
        "label": cards.label(one.label),
        "element": _element(one),
    }
    if one.optional:
        block["optional"] = True
    if one.hint:
        block["hint"] = cards.label(one.hint, 150)
    return block


def _element(one: Input) -> Block:
    if one.kind in ("text", "long"):
        return _typed(one)
    many = one.most != 1
    if one.kind == "people" and many:
        return _people(one)
    if one.kind == "choice" and one.most > 1:
        return _choices(one)
    return answers.one_of(one, PEOPLE if one.kind == "people" else FIELD) | _first(one)


def _typed(one: Input) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": FIELD}
    if one.kind == "long":
        element["multiline"] = True
    most = min(one.most or _MOST_TEXT, _MOST_TEXT)
    if one.most:
        element["max_length"] = most
    if one.value:
        element["initial_value"] = one.value[:most]
    return element


def _people(one: Input) -> Block:
    element: Block = {
        "type": "multi_external_select",
        "action_id": PEOPLE,
        "min_query_length": 1,
        "placeholder": cards.label("Type a name"),
    }
    if one.most:
        element["max_selected_items"] = one.most
    if one.value:
        element["initial_options"] = _named(one)
    return element


def _choices(one: Input) -> Block:
    element: Block = {
        "type": "multi_static_select",
        "action_id": FIELD,
        "max_selected_items": one.most,
        "placeholder": cards.label(one.label),
        "options": answers.options(one.choices),
    }
    chosen = [choice for choice in one.choices if choice.value in one.value.split()]
    return element | ({"initial_options": answers.options(chosen)} if chosen else {})


def _first(one: Input) -> Block:
    """One person who stands in the field at first."""
    if one.kind != "people" or not one.value:
        return {}
    return {"initial_option": _named(one)[0]}


def _named(one: Input) -> list[Block]:
    """People who stand in the field at first, by name where the field says it."""
    names = {choice.value: choice for choice in one.choices}
    return [
        answers.option(names[value]) if value in names else _bare(value)
        for value in one.value.split()[: one.most or 100]
    ]


def _bare(value: str) -> Block:
    return {"text": cards.label(value), "value": value[:150]}


def fields(view: Payload) -> Fields:
    """What was filled in, by the names of the inputs; what was left empty is an empty text."""
    found: dict[str, str | tuple[str, ...]] = {}
    for name, state in view["state"]["values"].items():
        for held in state.values():
            found[name] = _value(held)
    return found


def _value(held: Mapping[str, Any]) -> str | tuple[str, ...]:
    if "selected_options" in held:
        return tuple(str(one["value"]) for one in held["selected_options"] or ())
    if "selected_option" in held:
        chosen = held["selected_option"]
        return str(chosen["value"]) if chosen else ""
    for key in ("selected_conversation", "selected_channel", "selected_user", "value"):
        if key in held:
            return str(held[key] or "")
    return ""


def at_fault(view: Payload, wanted: str) -> str:
    """The block that an error is shown at: the one it is about, else the last input."""
    inputs = [str(b.get("block_id")) for b in view["blocks"] if b.get("type") == "input"]
    return wanted if wanted in inputs else (inputs[-1] if inputs else "")


def again(view: Payload, sentence: str) -> Block:
    """The same form with what was filled in, and on top why it was not taken."""
    state = view["state"]["values"]
    blocks = [_refilled(dict(block), state) for block in view["blocks"]]
    kept = {key: view[key] for key in ("callback_id", "private_metadata", "title", "close")}
    return {
        "type": "modal",
        **kept,
        "submit": view["submit"],
        "blocks": (answers.words(f"⚠️ {sentence}") + blocks)[:_VIEW],
    }


def _refilled(block: Block, state: Mapping[str, Mapping[str, Any]]) -> Block:
    if block.get("type") != "input":
        return block
    for held in state.get(str(block.get("block_id")), {}).values():
        element = {k: v for k, v in block["element"].items() if not k.startswith("initial_")}
        element.pop("default_to_current_conversation", None)
        for key, initial in _INITIAL:
            if held.get(key):
                element[initial] = held[key]
        block["element"] = element
    return block


_INITIAL: Sequence[tuple[str, str]] = (
    ("value", "initial_value"),
    ("selected_option", "initial_option"),
    ("selected_options", "initial_options"),
    ("selected_conversation", "initial_conversation"),
    ("selected_user", "initial_user"),
)
