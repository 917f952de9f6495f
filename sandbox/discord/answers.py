"""What a Discord call comes to: an answer, or an error with Discord's own code.

The shapes are those of the API documentation: `{"code", "message"}`, and for code 50035 a tree
of `errors` whose leaves are `_errors` lists. A rate limit has its own shape and headers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

#: Without a Via header discord.py takes a 429 for a ban of the address.
VIA = "1.1 sandbox"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and what the body holds; 204 has none."""

    status: int = 204
    body: Any = None


class ApiError(Exception):
    """A refused call."""

    def __init__(
        self, status: int, code: int, message: str, errors: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message, "code": code}
        if errors is not None:
            self.body["errors"] = dict(errors)


@dataclass(frozen=True, slots=True)
class Limited:
    """A refusal for now; scope is `user`, `global` or `shared`."""

    retry_after: float
    scope: str = "user"
    headers: Mapping[str, str] = field(default_factory=dict)


def unknown(what: str) -> ApiError:
    """404 for something there is not: `channel`, `message`, `webhook` and so on."""
    codes = {
        "application": 10002,
        "channel": 10003,
        "guild": 10004,
        "member": 10007,
        "message": 10008,
        "user": 10013,
        "emoji": 10014,
        "webhook": 10015,
        "interaction": 10062,
        "application command": 10063,
    }
    return ApiError(404, codes[what], f"Unknown {what.title()}")


def no_access() -> ApiError:
    """The bot cannot see the place."""
    return ApiError(403, 50001, "Missing Access")


def no_permission() -> ApiError:
    """The bot sees the place and may not do that there."""
    return ApiError(403, 50013, "Missing Permissions")


def invalid(errors: Mapping[str, Any]) -> ApiError:
    """A body that breaks the rules; `errors` is the tree of what is wrong."""
    return ApiError(400, 50035, "Invalid Form Body", errors)


def leaf(code: str, message: str) -> dict[str, Any]:
    """One wrong value, as it stands at its place in the tree."""
    return {"_errors": [{"code": code, "message": message}]}


def respond(
    status: int, body: Any = None, headers: Mapping[str, str] | None = None
) -> web.Response:
    """The HTTP answer; the content type is `application/json` and nothing more."""
    sent = {"Via": VIA, **(headers or {})}
    if status == 204:
        return web.Response(status=204, headers=sent)
    if isinstance(body, str):
        return web.Response(status=status, text=body, headers=sent)
    return web.Response(
        status=status,
        body=msgspec.json.encode(body),
        content_type="application/json",
        headers=sent,
    )
