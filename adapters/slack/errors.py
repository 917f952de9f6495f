"""What went wrong with a call, as a `Failure`.

The one question that matters is whether the call may have been applied all the
same (`certain=False`): then the lane looks before it writes again. Codes are
Slack's own words and safe to log.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from core.delivery import Failure, FailureKind

_MAYBE_APPLIED = frozenset({"fatal_error", "internal_error", "request_timeout"})

_AWAY = frozenset({"service_unavailable", "team_added_to_org", "accesslimited"})

_GONE = frozenset({"message_not_found"})

_FOREIGN = frozenset({"cant_update_message", "cant_delete_message", "edit_window_closed"})

_INSTALL = "Install the app again and copy its new bot token to slack.bot_token."
_JOIN = "Invite the app into the channel: /invite @Pinthread."
_RULES = "Let the app post there: ask who set the channel's posting rules."
_LOCKED = "Unlock the thread in Slack."

_PLACE: Mapping[str, str] = {
    "channel_not_found": _JOIN,
    "not_in_channel": _JOIN,
    "is_archived": "Unarchive the channel, or bind another one.",
    "restricted_action": _RULES,
    "restricted_action_read_only_channel": _RULES,
    "restricted_action_thread_only_channel": _RULES,
    "restricted_action_non_threadable_channel": "Allow threads in the channel, or bind another.",
    "restricted_action_thread_locked": _LOCKED,
    "thread_locked": _LOCKED,
    "cannot_reply_to_message": "The thread's first message takes no replies any more.",
    "thread_not_found": "The thread's first message is gone. Put the thread up again.",
    "message_not_in_thread": "The thread's first message is gone. Put the thread up again.",
    "messages_tab_disabled": "Switch on the Messages Tab of the app's home.",
    "cannot_dm_bot": "Bind a person's direct messages, not an app's.",
    "user_not_found": "That person is not in this workspace. Check the user id.",
    "user_disabled": "That person's account in Slack is switched off.",
    "users_not_found": "That person is not in this workspace. Check the user id.",
    "ekm_access_denied": "An administrator has suspended posting.",
    "team_access_not_granted": "Approve the app for this workspace.",
    "org_login_required": "The workspace is being moved. Wait, then try again.",
    "missing_scope": "Install the app again from adapters/slack/manifest.yaml: a scope is missing.",
    "no_permission": _INSTALL,
    "not_allowed_token_type": "Use a bot token (xoxb-), not another kind.",
    "invalid_auth": _INSTALL,
    "not_authed": _INSTALL,
    "account_inactive": _INSTALL,
    "token_revoked": _INSTALL,
    "token_expired": _INSTALL,
    "app_uninstalled": _INSTALL,
}

_SMALLER = "Send a smaller file, or a link to it."

_EVENT: Mapping[str, str] = {
    "msg_too_long": "Send it in shorter pieces.",
    "msg_blocks_too_long": "Send it in shorter pieces.",
    "file_upload_size_restricted": _SMALLER,
    "file_too_large": _SMALLER,
    "storage_limit_reached": "The workspace's storage for files is full. Ask an administrator.",
    "slack_connect_file_upload_sharing_blocked": "Files may not be shared in that channel.",
    "slack_connect_blocked_file_type": "Files of that type may not be shared in that channel.",
    "invalid_name": "Slack has no such emoji there.",
    "too_many_emoji": "That message takes no further emoji.",
    "too_many_reactions": "The app has put as many emoji on that message as Slack allows.",
    "metadata_too_large": "Please report this: a message's marker is too large.",
}

NOT_CONNECTED = Failure(FailureKind.TRANSIENT, "not_connected")


def from_exception(error: BaseException) -> Failure:
    """A failure from whatever a call raised; unknown errors count as maybe applied."""
    if isinstance(error, SlackApiError):
        return _from_answer(error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return Failure(FailureKind.TRANSIENT, "connection_refused")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Failure(FailureKind.TRANSIENT, "connection_timeout")
    if isinstance(error, asyncio.TimeoutError):
        return Failure(FailureKind.TRANSIENT, "timeout", certain=False)
    if isinstance(error, aiohttp.ClientError | OSError):
        return Failure(FailureKind.TRANSIENT, "connection_lost", certain=False)
    if isinstance(error, SlackClientError | ValueError):
        return Failure(FailureKind.TRANSIENT, "unreadable_answer", certain=False)
    return Failure(FailureKind.TRANSIENT, "unexpected_error", certain=False)


def _from_answer(error: SlackApiError) -> Failure:
    response = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    data: Any = getattr(response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    if status == 429 or code in ("ratelimited", "rate_limited"):
        return Failure(FailureKind.RATE, "ratelimited", retry_after=_seconds(response))
    if status >= 500:
        return Failure(FailureKind.TRANSIENT, f"status_{status}", certain=False)
    if not isinstance(code, str) or not code:
        if status >= 400:
            return Failure(FailureKind.TRANSIENT, f"status_{status}")
        return Failure(FailureKind.TRANSIENT, "unreadable_answer", certain=False)
    return from_code(code)


def from_code(code: str) -> Failure:
    """A failure from the `error` of an answer with `ok: false`."""
    if code in _MAYBE_APPLIED:
        return Failure(FailureKind.TRANSIENT, code, certain=False)
    if code in _AWAY:
        return Failure(FailureKind.TRANSIENT, code)
    if code in _GONE:
        return Failure(FailureKind.GONE, code)
    if code in _FOREIGN:
        return Failure(FailureKind.FOREIGN, code)
    if code in _PLACE:
        return Failure(FailureKind.PLACE, code, remedy=_PLACE[code])
    return Failure(FailureKind.EVENT, code, remedy=_EVENT.get(code, ""))


def remedy_of(code: str) -> str:
    """What to do about a place that refuses."""
    return _PLACE[code]


def _seconds(response: Any) -> float:
    headers = getattr(response, "headers", None) or {}
    value = headers.get("Retry-After") or headers.get("retry-after")
    try:
        return max(0.0, float(value)) if value is not None else 1.0
    except ValueError:
        return 1.0
