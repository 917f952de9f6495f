"""What a Web API method refuses, as Slack names it."""

from typing import Any


class ApiError(Exception):
    """`{"ok": false, "error": code}` with further keys; 429 where `retry_after` is set."""

    def __init__(self, code: str, /, *, retry_after: int = 0, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after
        self.more = more


def invalid(message: str, code: str = "invalid_arguments") -> ApiError:
    """A refusal that says in `response_metadata.messages` what is wrong with the request."""
    return ApiError(code, response_metadata={"messages": [f"[ERROR] {message}"]})
