"""Calls to Slack's Web API: one attempt each, an answer or a `Failure`, nothing raised.

One session for all calls (the SDK would open a new one, with a new handshake, at
each), with its own time limits, and no retries by the SDK: the lane owns those.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.errors import NOT_CONNECTED, from_exception
from adapters.slack.settings import Settings
from core.delivery import Failure

Answer = Mapping[str, Any]

SDK_LOG = logging.getLogger("pinthread.slack.sdk")
"""Where the libraries log. They would log bodies and tickets below this level."""
SDK_LOG.setLevel(logging.CRITICAL)

_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
_UNREACHED = frozenset({"connection_refused", "connection_timeout", "connection_lost", "timeout"})


class Api:
    """`heard(False)` is called when a call did not reach Slack, `heard(True)` when one did."""

    def __init__(self, settings: Settings, heard: Callable[[bool], None]) -> None:
        self._settings = settings
        self._heard = heard
        self.session: aiohttp.ClientSession | None = None
        """Also for bytes of files, with time limits of their own."""
        self.client: AsyncWebClient | None = None

    async def open(self) -> AsyncWebClient:
        timeout = aiohttp.ClientTimeout(
            total=self._settings.call_timeout, sock_connect=self._settings.connect_timeout
        )
        connector = aiohttp.TCPConnector(limit=100, limit_per_host=100)
        self.session = aiohttp.ClientSession(timeout=timeout, connector=connector)
        url = self._settings.api_url
        self.client = AsyncWebClient(
            token=self._settings.bot_token,
            base_url=url if url.endswith("/") else f"{url}/",
            session=self.session,
            retry_handlers=[],
            logger=SDK_LOG,
        )
        if urlsplit(url).hostname in _HERE:
            # The SDK takes a proxy from the environment for every address.
            self.client.proxy = None
        return self.client

    async def close(self) -> None:
        self.client = None
        if self.session:
            await self.session.close()

    async def write(self, method: str, arguments: Mapping[str, Any]) -> Answer | Failure:
        """A call with a JSON body."""
        answer = await self._call(method, json=dict(arguments))
        return answer if isinstance(answer, Failure) else _data(answer)

    async def read(self, method: str, **arguments: Any) -> Answer | Failure:
        """A call with arguments in the address, the only form that Slack's readers take."""
        answer = await self._call(method, http_verb="GET", params=arguments)
        return answer if isinstance(answer, Failure) else _data(answer)

    async def respond(self, url: str, body: Mapping[str, Any]) -> bool:
        """Answers a command or button by the address that came with it; it has five uses."""
        if self.session is None:
            return False
        try:
            async with self.session.post(url, json=dict(body)) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False

    async def auth(self) -> tuple[Answer, frozenset[str] | None] | Failure:
        """`auth.test` and the scopes that the token has, if the answer names them."""
        answer = await self._call("auth.test", json={})
        if isinstance(answer, Failure):
            return answer
        named = {key.lower(): value for key, value in answer.headers.items()}.get("x-oauth-scopes")
        scopes = frozenset(named.replace(" ", "").split(",")) if named is not None else None
        return _data(answer), scopes

    async def _call(self, method: str, **how: Any) -> AsyncSlackResponse | Failure:
        if self.client is None:
            return NOT_CONNECTED
        try:
            answer = await self.client.api_call(method, **how)
        except Exception as error:  # noqa: BLE001 - the boundary: every error becomes a failure
            failure = from_exception(error)
            self._heard(failure.code not in _UNREACHED)
            return failure
        self._heard(True)
        return answer


def _data(answer: AsyncSlackResponse) -> Answer:
    return answer.data if isinstance(answer.data, dict) else {}
