"""Signed requests to the program's own address: the HTTP way of events and interactions."""

import hashlib
import hmac
import time
from dataclasses import dataclass

import aiohttp

from sandbox import world

TIME_LIMIT = 3.0
MOST_CONNECTIONS = 72


@dataclass(frozen=True, slots=True)
class Reply:
    """What the program answered; status 0 with a reason when there was no answer."""

    status: int
    body: bytes = b""
    reason: str = ""
    no_retry: bool = False


def signed(body: bytes, age: float = 0, secret: str = world.SLACK_SIGNING_SECRET) -> dict[str, str]:
    """The headers that prove a body was sent by Slack `age` seconds ago."""
    at = str(int(time.time() - age))
    digest = hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256)
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest.hexdigest()}"}


async def post(
    session: aiohttp.ClientSession, address: str, body: bytes, headers: dict[str, str]
) -> Reply:
    """Post and wait up to 3 s, as Slack does; never raises for what the other side does."""
    timeout = aiohttp.ClientTimeout(total=TIME_LIMIT)
    try:
        async with session.post(
            address, data=body, headers=headers, timeout=timeout, allow_redirects=False
        ) as answer:
            return Reply(
                answer.status,
                await answer.read(),
                "" if 200 <= answer.status < 300 else "http_error",
                no_retry=answer.headers.get("X-Slack-No-Retry") == "1",
            )
    except TimeoutError:
        return Reply(0, reason="http_timeout")
    except (aiohttp.ClientError, OSError):
        return Reply(0, reason="connection_failed")


class Session:
    """The one client session of the sandbox towards the program, made when first needed."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    def get(self) -> aiohttp.ClientSession:
        """The session; must be called inside the running loop."""
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(limit=MOST_CONNECTIONS)
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session

    async def close(self) -> None:
        """Close it, if it was made."""
        if self._session is not None:
            await self._session.close()
