"""Modals: what an application may open, and what a person may hand in.

A modal has one to five top-level components: labels with a field, texts, or the older action
rows with a text input. The values come back in the same shape.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord.content import SELECTS, read_options
from sandbox.discord.forms import Form

TEXT_INPUT, LABEL, ROW, TEXT_DISPLAY = 4, 18, 1, 10
UPLOAD, RADIO, CHECKBOXES, CHECKBOX = 19, 21, 22, 23
MOST = {UPLOAD: 10, RADIO: 10, CHECKBOXES: 10}
"""Fields with fewer values or options than a menu's 25."""


@dataclass(frozen=True, slots=True)
class Modal:
    """A modal that one person has open."""

    id: str
    user: str
    channel: str
    custom_id: str
    title: str
    components: list[dict[str, Any]] = field(default_factory=list)
    source: str | None = None

    def shown(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {
            "id": self.id,
            "custom_id": self.custom_id,
            "title": self.title,
            "channel": self.channel,
            "components": self.components,
        }


def read_modal(form: Form) -> tuple[str, str, list[dict[str, Any]]]:
    """Custom id, title and components of a modal; problems stay in the form."""
    custom_id = form.text("custom_id", longest=100, shortest=1, required=True) or ""
    title = form.text("title", longest=45, shortest=1, required=True) or ""
    rows = form.rows("components", most=5, least=1)
    if rows is None:
        form.fail("components", "BASE_TYPE_REQUIRED", "This field is required")
    taken: set[str] = set()
    return custom_id, title, [_top(row, number, taken) for number, row in enumerate(rows or [])]


def _top(row: Form, number: int, taken: set[str]) -> dict[str, Any]:
    kind = row.choice("type", (ROW, TEXT_DISPLAY, LABEL), required=True)
    found: dict[str, Any] = {"type": kind, "id": row.number("id", low=0) or number * 2 + 1}
    if kind == TEXT_DISPLAY:
        found["content"] = row.text("content", longest=4000, shortest=1, required=True)
    elif kind == ROW:
        inner = row.rows("components", most=1, least=1) or []
        found["components"] = [_field(one, number, taken, (TEXT_INPUT,)) for one in inner]
    elif kind == LABEL:
        found["label"] = row.text("label", longest=45, shortest=1, required=True)
        found["description"] = row.text("description", longest=100)
        inside = row.inner("component")
        if inside is None:
            row.fail("component", "BASE_TYPE_REQUIRED", "This field is required")
        else:
            kinds = (TEXT_INPUT, *SELECTS, UPLOAD, RADIO, CHECKBOXES, CHECKBOX)
            found["component"] = _field(inside, number, taken, kinds)
    return found


def _field(row: Form, number: int, taken: set[str], kinds: tuple[int, ...]) -> dict[str, Any]:
    kind = row.choice("type", kinds, required=True)
    custom_id = row.text("custom_id", longest=100, shortest=1, required=True)
    if custom_id in taken:
        wrong = "Component custom id cannot be duplicated"
        row.fail("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", wrong)
    taken.add(custom_id or "")
    found: dict[str, Any] = {**row.data, "type": kind, "id": row.number("id") or number * 2 + 2}
    if kind == TEXT_INPUT:
        row.choice("style", (1, 2), required=True)
        row.text("label", longest=45, shortest=1)
        row.text("placeholder", longest=100)
        row.text("value", longest=4000)
        row.number("min_length", low=0, high=4000)
        row.number("max_length", low=1, high=4000)
    elif kind in (3, RADIO, CHECKBOXES):
        found["options"] = read_options(row, most=MOST.get(kind, 25))
    if kind in SELECTS:
        row.text("placeholder", longest=150)
    if kind in (*SELECTS, UPLOAD, CHECKBOXES):
        row.number("min_values", low=0, high=MOST.get(kind, 25))
        row.number("max_values", low=1, high=MOST.get(kind, 25))
    return found


def fields(modal: Modal) -> Iterator[dict[str, Any]]:
    """The fields a person fills in."""
    for top in modal.components:
        if top["type"] == ROW:
            yield from top["components"]
        elif top["type"] == LABEL:
            yield top["component"]


def check_values(modal: Modal, values: Mapping[str, Any]) -> dict[str, str]:
    """What the client would not let pass: custom id to sentence."""
    known = {one["custom_id"]: one for one in fields(modal)}
    errors = {key: "There is no such field." for key in values if key not in known}
    for key, one in known.items():
        if wrong := _wrong(one, values):
            errors[key] = wrong
    return errors


def _wrong(one: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
    value = values.get(one["custom_id"], one.get("value") or "")
    if one["type"] == CHECKBOX:
        return None if isinstance(value or False, bool) else "This is ticked or not."
    if one["type"] != TEXT_INPUT:
        return _wrong_choice(one, picked(one, values))
    if not isinstance(value, str):
        return "This is not a text."
    if one.get("required", True) and not value:
        return "This field is required."
    if value and len(value) < (one.get("min_length") or 0):
        return f"At least {one['min_length']} characters."
    most = one.get("max_length") or 4000
    return f"At most {most} characters." if len(value) > most else None


def picked(one: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    """What is chosen in a menu or a group; what nobody touched stays as it was opened."""
    if one["custom_id"] not in values:
        chosen = [option["value"] for option in one.get("options", ()) if option.get("default")]
        return chosen or [str(each["id"]) for each in one.get("default_values") or ()]
    value = values[one["custom_id"]]
    return [*map(str, value)] if isinstance(value, list) else [str(value)] if value else []


def _wrong_choice(one: Mapping[str, Any], chosen: list[str]) -> str | None:
    needed = one.get("required", True) is not False
    low, high = one.get("min_values"), one.get("max_values") or 1
    if not chosen:
        return "Make a choice." if needed and low != 0 else None
    if not (low or 0) <= len(chosen) <= high:
        return f"Choose {low or 1} to {high}."
    options = {option["value"] for option in one.get("options", ())}
    return "There is no such choice." if options and not set(chosen) <= options else None


def handed_in(modal: Modal, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The components of the interaction that hands the modal in."""

    def filled(one: Mapping[str, Any]) -> dict[str, Any]:
        value = values.get(one["custom_id"], one.get("value") or "")
        base = {"type": one["type"], "id": one["id"], "custom_id": one["custom_id"]}
        if one["type"] == TEXT_INPUT:
            return {**base, "value": value}
        if one["type"] == CHECKBOX:
            return {**base, "value": bool(value or (value == "" and one.get("default")))}
        chosen = picked(one, values)
        if one["type"] == RADIO:
            return {**base, "value": chosen[0] if chosen else None}
        return {**base, "values": chosen}

    given: list[dict[str, Any]] = []
    for top in modal.components:
        base = {"type": top["type"], "id": top["id"]}
        if top["type"] == ROW:
            given.append({**base, "components": [filled(one) for one in top["components"]]})
        elif top["type"] == LABEL:
            given.append({**base, "component": filled(top["component"])})
        else:
            given.append(base)
    return given
