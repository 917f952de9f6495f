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
            found["component"] = _field(
                inside, number, taken, (TEXT_INPUT, *SELECTS, 19, 21, 22, 23)
            )
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
    elif kind == 3:
        found["options"] = read_options(row)
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
    errors: dict[str, str] = {}
    known = {one["custom_id"]: one for one in fields(modal)}
    for key in values:
        if key not in known:
            errors[key] = "There is no such field."
    for key, one in known.items():
        value = values.get(key, one.get("value") or "")
        if one["type"] != TEXT_INPUT:
            picked = value if isinstance(value, list) else [value] if value else []
            if one.get("required", True) and not picked:
                errors[key] = "Make a choice."
        elif not isinstance(value, str):
            errors[key] = "This is not a text."
        elif one.get("required", True) and not value:
            errors[key] = "This field is required."
        elif value and len(value) < (one.get("min_length") or 0):
            errors[key] = f"At least {one['min_length']} characters."
        elif len(value) > (one.get("max_length") or 4000):
            errors[key] = f"At most {one.get('max_length') or 4000} characters."
    return errors


def handed_in(modal: Modal, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The components of the interaction that hands the modal in."""

    def filled(one: Mapping[str, Any]) -> dict[str, Any]:
        value = values.get(one["custom_id"], one.get("value") or "")
        base = {"type": one["type"], "id": one["id"], "custom_id": one["custom_id"]}
        if one["type"] == TEXT_INPUT:
            return {**base, "value": value}
        if one["type"] in SELECTS or one["type"] in (19, 22):
            return {
                **base,
                "values": value if isinstance(value, list) else [value] if value else [],
            }
        return {**base, "value": value}

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
