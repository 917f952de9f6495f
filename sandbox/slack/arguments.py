"""From an HTTP request to a method's checked arguments.

A method declares its arguments in one string, `"channel:text! ts:ts! blocks:list"`: name, kind
and, with an exclamation mark, that it must be there. Stricter than Slack on purpose: an
argument the method does not know is `invalid_arguments`, so that a slip of the program shows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from sandbox.slack.errors import ApiError, invalid

TS = re.compile(r"\d{1,10}(\.\d{1,6})?")
_TRUE, _FALSE = ("1", "true", "True"), ("0", "false", "False")
#: The error that Slack names where an argument has the wrong form.
_NAMED = {
    "blocks": "invalid_blocks_format",
    "metadata": "invalid_metadata_format",
    "oldest": "invalid_ts_oldest",
    "latest": "invalid_ts_latest",
    "timestamp": "bad_timestamp",
    "limit": "invalid_limit",
    "cursor": "invalid_cursor",
}


@dataclass(frozen=True, slots=True)
class Argument:
    """One declared argument; kind is text, flag, whole, ts, ids, list or object."""

    name: str
    kind: str
    required: bool


def declare(spec: str) -> dict[str, Argument]:
    """The arguments that a declaration names."""
    declared = {}
    for part in spec.split():
        name, _, kind = part.rstrip("!").partition(":")
        declared[name] = Argument(name, kind or "text", part.endswith("!"))
    return declared


async def read(request: web.Request) -> tuple[str | None, dict[str, Any]]:
    """The token, wherever it stands, and the raw arguments of query, form or JSON body."""
    raw: dict[str, Any] = dict(request.query)
    if request.method == "POST":
        if request.content_type == "application/json":
            raw |= _json_object(await request.read())
        else:
            raw |= dict(await request.post())
    token = raw.pop("token", None)
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        token = header.removeprefix("Bearer ").strip()
    return token if isinstance(token, str) and token else None, raw


def check(declared: Mapping[str, Argument], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments in their types; None and missing are the same."""
    for name in raw:
        # bolt gives its clients the team's id as a default argument of every call.
        if name not in declared and name != "team_id":
            raise invalid(f"unsupported argument: {name}")
    args = {}
    for argument in declared.values():
        value = raw.get(argument.name)
        if value is None:
            if argument.required:
                raise invalid(f"missing required field: {argument.name}")
            continue
        args[argument.name] = _convert(argument, value)
    return args


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        data = msgspec.json.decode(body)
    except msgspec.DecodeError as bad:
        raise ApiError("invalid_json") from bad
    if not isinstance(data, dict):
        raise ApiError("json_not_object")
    return data


def _convert(argument: Argument, value: Any) -> Any:
    match argument.kind:
        case "text" if isinstance(value, str):
            return value
        case "ts" if isinstance(value, str) and TS.fullmatch(value):
            return value
        case "flag" if isinstance(value, bool):
            return value
        case "flag" if value in (*_TRUE, *_FALSE):
            return value in _TRUE
        case "whole" if isinstance(value, int) and not isinstance(value, bool):
            return value
        case "whole" if isinstance(value, str) and value.isascii() and value.isdigit():
            return int(value)
        case "ids" if isinstance(value, str):
            return [item.strip() for item in value.split(",") if item.strip()]
        case "ids" if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return value
        case "list" | "object":
            return _nested(argument, value)
        case _:
            raise _wrong(argument)


def _nested(argument: Argument, value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError as bad:
            raise _wrong(argument) from bad
    if not isinstance(value, list if argument.kind == "list" else dict):
        raise _wrong(argument)
    return value


def _wrong(argument: Argument) -> ApiError:
    return invalid(
        f"{argument.name} must be a {argument.kind}",
        _NAMED.get(argument.name, "invalid_arguments"),
    )
