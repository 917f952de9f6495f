"""The shapes and limits of blocks, attachments, metadata and views, as Slack documents them.

Refuses with Slack's error names and says where: `[json-pointer:/blocks/0/text]`. Stricter than
Slack in one way: a key that a block or element does not have is refused everywhere.
"""

import re
import secrets
from typing import Any

from sandbox.slack.blocks import BLOCKS
from sandbox.slack.checks import BadShapeError, anything, flag, keys, one_of, plain, string, typed
from sandbox.slack.errors import ApiError, invalid

TEXT_LIMIT = 4_000
MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
ATTACHMENTS = 100
#: Not published; well above what anybody should use.
METADATA_BYTES = 8_000
PRIVATE_METADATA = 3_000

#: A reaction's or emoji's name, with a skin tone perhaps.
EMOJI_NAME = re.compile(r"[a-z0-9_+'\-]{1,100}(::skin-tone-[2-6](-[2-6])?)?")
CHANNEL_NAME = re.compile(r"[\w-]{1,80}")


def message_blocks(blocks: list[Any]) -> list[dict[str, Any]]:
    """The blocks of a message, checked, each with a block_id; ApiError `invalid_blocks`."""
    return _checked(blocks, MESSAGE_BLOCKS, "invalid_blocks", "/blocks")


def attachments(given: list[Any]) -> list[dict[str, Any]]:
    """Attachments, checked as far as their number and their blocks go."""
    if len(given) > ATTACHMENTS:
        raise ApiError("too_many_attachments")
    checked = []
    for number, attachment in enumerate(given, start=1):
        if not isinstance(attachment, dict):
            raise invalid("attachments must be objects", "invalid_attachments")
        blocks = attachment.get("blocks")
        done = {**attachment, "id": number}
        if blocks is not None:
            done["blocks"] = _checked(blocks, MESSAGE_BLOCKS, "invalid_attachments", "/attachments")
        checked.append(done)
    return checked


def message_text(text: str) -> str:
    """The text of a message; ApiError `msg_too_long`."""
    if len(text) > TEXT_LIMIT:
        raise ApiError("msg_too_long")
    return text


def metadata(given: dict[str, Any]) -> dict[str, Any] | None:
    """Message metadata: a type and a flat payload; an empty object removes it."""
    if not given:
        return None
    kind, payload = given.get("event_type"), given.get("event_payload")
    if set(given) - {"event_type", "event_payload"} or not isinstance(kind, str) or not kind:
        raise ApiError("invalid_metadata_format")
    if not isinstance(payload, dict):
        raise ApiError("invalid_metadata_format")
    if any(not isinstance(value, str | int | float | bool) for value in payload.values()):
        raise ApiError("invalid_metadata_schema")
    if len(repr(payload)) > METADATA_BYTES:
        raise ApiError("metadata_too_large")
    return {"event_type": kind, "event_payload": payload}


def view(given: dict[str, Any], kinds: tuple[str, ...]) -> dict[str, Any]:
    """A view as the program sends it, checked; ApiError `invalid_arguments`."""
    try:
        _view(given, kinds)
        blocks = _blocks(given.get("blocks"), VIEW_BLOCKS, "/view/blocks")
    except BadShapeError as bad:
        raise invalid(str(bad)) from bad
    return {**given, "blocks": blocks}


def _checked(blocks: Any, most: int, code: str, at: str) -> list[dict[str, Any]]:
    try:
        return _blocks(blocks, most, at)
    except BadShapeError as bad:
        raise ApiError(
            code, errors=[str(bad)], response_metadata={"messages": [f"[ERROR] {bad}"]}
        ) from bad


def _view(given: dict[str, Any], kinds: tuple[str, ...]) -> None:
    known = {
        "type": one_of(*kinds),
        "blocks": anything,
        "private_metadata": string(0, PRIVATE_METADATA),
        "callback_id": string(0, 255),
        "external_id": string(0, 255),
        "notify_on_close": flag,
        "clear_on_close": flag,
    }
    required = {"type", "blocks"}
    if given.get("type") == "modal":
        known |= {"title": plain(24), "submit": plain(24), "close": plain(24)}
        known["submit_disabled"] = flag
        required.add("title")
    keys(given, known, required, "/view")
    has_input = any(isinstance(b, dict) and b.get("type") == "input" for b in given["blocks"])
    if given["type"] == "modal" and has_input and "submit" not in given:
        raise BadShapeError("submit is required when an input block is in the view", "/view")


def _blocks(blocks: Any, most: int, at: str) -> list[dict[str, Any]]:
    if not isinstance(blocks, list):
        raise BadShapeError("must be an array", at)
    if len(blocks) > most:
        raise BadShapeError(f"no more than {most} items allowed", at)
    seen: set[str] = set()
    checked = []
    for number, block in enumerate(blocks):
        here = f"{at}/{number}"
        typed(block, BLOCKS, here)
        block_id = block.get("block_id") or secrets.token_hex(3)
        for element in elements_of(block):
            if element["type"] != "image":
                element.setdefault("action_id", secrets.token_hex(3))
        if block_id in seen:
            raise BadShapeError("block_id already exists", f"{here}/block_id")
        seen.add(block_id)
        checked.append({**block, "block_id": block_id})
    _distinct_actions(checked, at)
    return checked


def _distinct_actions(blocks: list[dict[str, Any]], at: str) -> None:
    """Two elements of one block cannot have the same action_id."""
    for number, block in enumerate(blocks):
        actions = [e["action_id"] for e in elements_of(block) if "action_id" in e]
        if len(set(actions)) != len(actions):
            raise BadShapeError("action_id already exists", f"{at}/{number}")


def elements_of(block: dict[str, Any]) -> list[dict[str, Any]]:
    """The interactive elements of a block."""
    found = [*block.get("elements", [])] if block["type"] == "actions" else []
    found += [block[key] for key in ("accessory", "element") if key in block]
    return [element for element in found if isinstance(element, dict)]
