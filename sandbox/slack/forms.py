"""What a person fills in: the state of inputs as Slack sends it, and the actions of a press.

Pure: from an element and a plain value to the shape that interaction payloads carry.
"""

from typing import Any

from sandbox.slack.shapes import elements_of

Element = dict[str, Any]
_ONE = {
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
_MANY = {
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
}
_OPTION = ("static_select", "external_select", "radio_buttons")
_OPTIONS = ("multi_static_select", "multi_external_select", "checkboxes")


class FormError(Exception):
    """What a person did is not possible with that element; the text says why."""


def state_of(element: Element, value: Any) -> dict[str, Any]:
    """An input's state; `value` None leaves it at what it starts with."""
    kind = element["type"]
    if kind in _ONE:
        key, initial = _ONE[kind]
        state: dict[str, Any] = {key: element.get(initial) if value is None else value}
    elif kind in _MANY:
        key, initial = _MANY[kind]
        state = {key: element.get(initial, []) if value is None else list(value)}
    elif kind in _OPTION:
        start = element.get("initial_option")
        state = {"selected_option": start if value is None else option_of(element, value)}
    elif kind in _OPTIONS:
        given = element.get("initial_options", [])
        chosen = given if value is None else [option_of(element, item) for item in value]
        state = {"selected_options": chosen}
    elif kind == "rich_text_input":
        state = {"rich_text_value": element.get("initial_value") if value is None else value}
    else:
        state = {"value": element.get("initial_value") if value is None else value or None}
    return {"type": kind, **state}


def option_of(element: Element, value: Any) -> dict[str, Any]:
    """The option of that value; an external menu's options are given as objects or by value."""
    if isinstance(value, dict):
        return value
    groups = [group["options"] for group in element.get("option_groups", [])]
    for option in [*element.get("options", []), *(o for group in groups for o in group)]:
        if option["value"] == value:
            return dict(option)
    if "external" in element["type"]:
        return {"text": {"type": "plain_text", "text": str(value)}, "value": str(value)}
    raise FormError(f"There is no option {value}.")


def filled(view: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """The state of all inputs of a view, some with values; FormError for one it has not."""
    state: dict[str, dict[str, Any]] = {}
    for block in view["blocks"]:
        if block["type"] not in ("input", "section", "actions"):
            continue
        given = values.get(block["block_id"], {})
        for element in elements_of(block):
            if element["type"] in ("button", "overflow", "image"):
                continue
            value = given.get(element["action_id"]) if isinstance(given, dict) else given
            state.setdefault(block["block_id"], {})[element["action_id"]] = state_of(element, value)
    for block_id, given in values.items():
        known = state.get(block_id)
        unknown = set(given) - set(known or {}) if isinstance(given, dict) else set()
        if known is None or unknown:
            raise FormError(f"The view has no input {block_id} {' '.join(sorted(unknown))}.")
    return state


def complaints(view: dict[str, Any], state: dict[str, Any]) -> dict[str, str]:
    """What Slack itself finds wrong before it sends a view, by block."""
    errors = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        held = state[block["block_id"]][element["action_id"]]
        value = next(item for key, item in held.items() if key != "type")
        if value in (None, "", []):
            if not block.get("optional"):
                errors[block["block_id"]] = "Please complete this required field."
        elif element["type"] == "plain_text_input":
            least, most = element.get("min_length", 0), element.get("max_length", 3_000)
            if len(value) < least:
                errors[block["block_id"]] = f"Please enter at least {least} characters."
            elif len(value) > most:
                errors[block["block_id"]] = f"Please enter at most {most} characters."
    return errors


def find(
    blocks: list[dict[str, Any]], action_id: str, block_id: str | None, value: Any
) -> tuple[dict[str, Any], Element]:
    """The element to press, and its block; `value` tells apart buttons of one action_id."""
    found = [
        (block, element)
        for block in blocks
        for element in elements_of(block)
        if element.get("action_id") == action_id
        and (block_id is None or block.get("block_id") == block_id)
    ]
    buttons = [pair for pair in found if pair[1]["type"] == "button"]
    if value is not None and buttons:
        found = [pair for pair in buttons if pair[1].get("value") == value]
    if not found:
        raise FormError(f"There is nothing to press with action_id {action_id}.")
    return found[0]


def action(block: dict[str, Any], element: Element, value: Any, at: str) -> dict[str, Any]:
    """One entry of `actions`: what was pressed or chosen."""
    shown: dict[str, Any] = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": at,
    }
    if element["type"] == "button":
        shown["text"] = element["text"]
        return shown | {key: element[key] for key in ("value", "style", "url") if key in element}
    if element["type"] == "overflow":
        return shown | {"selected_option": option_of(element, value)}
    return shown | state_of(element, value)
