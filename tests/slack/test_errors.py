"""Slack's errors as failures: what is certain, and what a person can do."""

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.errors import from_code, from_exception
from core.delivery import Failure, FailureKind


def answer(status: int, data: object, **headers: str) -> SlackApiError:
    response = AsyncSlackResponse(
        client=AsyncWebClient(), http_verb="POST", api_url="", req_args={},
        data=data, headers=headers, status_code=status,  # type: ignore[arg-type]
    )  # fmt: skip
    return SlackApiError("", response)  # type: ignore[no-untyped-call]


KEY = ConnectionKey("x", 1, False, True, None, None, None)


@pytest.mark.parametrize(
    ("error", "code", "certain"),
    [
        (aiohttp.ClientConnectorError(KEY, OSError(111, "refused")), "connection_refused", True),
        (aiohttp.ConnectionTimeoutError(), "connection_timeout", True),
        (aiohttp.ServerDisconnectedError(), "connection_lost", False),
        (aiohttp.ClientOSError(104, "reset"), "connection_lost", False),
        (aiohttp.ClientPayloadError(), "connection_lost", False),
        (TimeoutError(), "timeout", False),
        (answer(503, {}), "status_503", False),
        (answer(500, {"ok": False, "error": "internal_error"}), "status_500", False),
        (answer(200, {}), "unreadable_answer", False),
        (answer(404, {}), "status_404", True),
        (answer(200, {"ok": False, "error": "fatal_error"}), "fatal_error", False),
        (RuntimeError(), "unexpected_error", False),
    ],
)
def test_only_what_surely_was_not_applied_is_certain(
    error: Exception, code: str, certain: bool
) -> None:
    failure = from_exception(error)
    assert (failure.kind, failure.code, failure.certain) == (FailureKind.TRANSIENT, code, certain)


@pytest.mark.parametrize(
    ("headers", "seconds"), [({"Retry-After": "7"}, 7.0), ({}, 1.0), ({"Retry-After": "x"}, 1.0)]
)
def test_a_rate_limit_says_how_long(headers: dict[str, str], seconds: float) -> None:
    error = answer(429, {"ok": False, "error": "ratelimited"}, **headers)
    assert from_exception(error) == Failure(FailureKind.RATE, "ratelimited", True, seconds)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("is_archived", FailureKind.PLACE),
        ("not_in_channel", FailureKind.PLACE),
        ("token_revoked", FailureKind.PLACE),
        ("restricted_action_thread_locked", FailureKind.PLACE),
        ("message_not_found", FailureKind.GONE),
        ("edit_window_closed", FailureKind.FOREIGN),
        ("cant_delete_message", FailureKind.FOREIGN),
        ("msg_too_long", FailureKind.EVENT),
        ("invalid_blocks", FailureKind.EVENT),
        ("something_new", FailureKind.EVENT),
    ],
)
def test_a_refusal_is_of_the_event_the_place_or_the_target(code: str, kind: FailureKind) -> None:
    failure = from_code(code)
    assert (failure.kind, failure.certain) == (kind, True)
    assert bool(failure.remedy) or kind is not FailureKind.PLACE
