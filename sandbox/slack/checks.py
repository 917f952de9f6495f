"""How a JSON value is checked: small checks that are put together into shapes.

A check takes a value and where it stands, as a JSON pointer, and raises BadShapeError.
"""

from collections.abc import Callable
from typing import Any

Check = Callable[[Any, str], None]
#: Known keys with their checks, and the keys that must be there.
Shape = tuple[dict[str, Check], set[str]]


class BadShapeError(Exception):
    """Something in a block is wrong; `at` is a JSON pointer."""

    def __init__(self, message: str, at: str) -> None:
        super().__init__(f"{message} [json-pointer:{at}]")


def typed(value: Any, kinds: dict[str, Shape], at: str) -> None:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in kinds:
        raise BadShapeError(f"unsupported type: {kind}", f"{at}/type")
    known, required = kinds[kind]
    keys(value, {"type": anything, **known}, required, at)
    if kind == "section" and "text" not in value and "fields" not in value:
        raise BadShapeError("missing required field: text or fields", at)


def keys(value: Any, known: dict[str, Check], required: set[str], at: str) -> None:
    if not isinstance(value, dict):
        raise BadShapeError("must be an object", at)
    for key in required:
        if value.get(key) is None:
            raise BadShapeError(f"missing required field: {key}", at)
    for key, item in value.items():
        if key not in known:
            raise BadShapeError(f"invalid additional property: {key}", at)
        known[key](item, f"{at}/{key}")


def anything(_value: Any, _at: str) -> None:
    """Accept it: what it holds is not looked into."""


def flag(value: Any, at: str) -> None:
    if not isinstance(value, bool):
        raise BadShapeError("must be a boolean", at)


def number(value: Any, at: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadShapeError("must be a number", at)


def string(least: int, most: int) -> Check:
    def check(value: Any, at: str) -> None:
        if not isinstance(value, str):
            raise BadShapeError("must be a string", at)
        if len(value) < least:
            raise BadShapeError(f"must be more than {least - 1} characters", at)
        if len(value) > most:
            raise BadShapeError(f"must be less than {most + 1} characters", at)

    return check


def one_of(*values: str) -> Check:
    def check(value: Any, at: str) -> None:
        if value not in values:
            raise BadShapeError(f"must be one of {', '.join(values)}", at)

    return check


def url(most: int = 3_000) -> Check:
    def check(value: Any, at: str) -> None:
        string(1, most)(value, at)
        if not value.startswith(("http://", "https://")):
            raise BadShapeError("must be a valid URL", at)

    return check


def plain(most: int) -> Check:
    def check(value: Any, at: str) -> None:
        known = {"type": one_of("plain_text"), "text": string(1, most), "emoji": flag}
        keys(value, known, {"type", "text"}, at)

    return check


def words(most: int) -> Check:
    """A text object of either kind."""

    def check(value: Any, at: str) -> None:
        known = {"type": one_of("plain_text", "mrkdwn"), "text": string(1, most)}
        known["emoji" if isinstance(value, dict) and value.get("type") == "plain_text"
              else "verbatim"] = flag  # fmt: skip
        keys(value, known, {"type", "text"}, at)

    return check


def array(least: int, most: int, item: Check) -> Check:
    def check(value: Any, at: str) -> None:
        if not isinstance(value, list):
            raise BadShapeError("must be an array", at)
        if len(value) < least:
            raise BadShapeError(f"no fewer than {least} items allowed", at)
        if len(value) > most:
            raise BadShapeError(f"no more than {most} items allowed", at)
        for number, part in enumerate(value):
            item(part, f"{at}/{number}")

    return check


def shape(known: dict[str, Check], required: set[str]) -> Check:
    return lambda value, at: keys(value, known, required, at)


def among(kinds: dict[str, Shape]) -> Check:
    return lambda value, at: typed(value, kinds, at)
