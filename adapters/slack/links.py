"""Socket Mode: several connections that Slack pushes to, each kept up by its own task.

When Slack asks a connection to leave, the next one is opened before it is
closed (the SDK's own renewal closes first). An envelope is acknowledged only
after its commit; one that is not acknowledged is delivered again.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import (
    run_async_bolt_app,
    send_async_response,
)
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.api import SDK_LOG
from adapters.slack.entrance import Take, is_short
from adapters.slack.errors import from_exception

log = logging.getLogger("pinthread.slack")

_PING = 10.0
_OPENING = 6.0
_CLOSING = 2.0
_LONGEST_WAIT = 30.0


class Link(SocketModeClient):
    """One connection. It does not renew itself: `left` is set when it is over or should be."""

    def __init__(self, token: str, client: AsyncWebClient) -> None:
        super().__init__(token, SDK_LOG, client, auto_reconnect_enabled=False, ping_interval=_PING)
        self.proxy = client.proxy
        self.left = asyncio.Event()
        self._under_way = 0
        self._settled = asyncio.Event()
        self._settled.set()

    async def connect(self) -> None:
        """One attempt; the SDK's own would go on, much later and with the used up ticket."""
        self.current_session = await self.aiohttp_client_session.ws_connect(
            str(self.wss_uri),
            autoping=False,
            heartbeat=_PING,
            proxy=self.proxy,
            ssl=True if self.web_client.ssl is None else self.web_client.ssl,
        )
        self.message_receiver = asyncio.ensure_future(self.receive_messages())

    async def enqueue_message(self, message: str) -> None:
        self._under_way += 1
        self._settled.clear()
        await super().enqueue_message(message)

    async def run_message_listeners(self, message: dict[str, Any], raw_message: str) -> None:
        try:
            await super().run_message_listeners(message, raw_message)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._settled.set()

    async def receive_messages(self) -> None:
        """Reads until the connection ends; the SDK's own loop would go on polling a dead one."""
        session = self.current_session
        try:
            if session is None:
                return
            async for message in session:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self.enqueue_message(message.data)
                elif message.type is aiohttp.WSMsgType.PING:
                    await session.pong(message.data)
                elif message.type is aiohttp.WSMsgType.ERROR:
                    return
        finally:
            self.left.set()

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        """Called by the SDK on Slack's `disconnect`."""
        self.left.set()

    async def settle(self) -> None:
        """Lets what has come be committed and acknowledged, within the time for closing."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING):
                await self._settled.wait()

    async def end(self) -> None:
        """Closes, and waits for the SDK's tasks."""
        tasks = [task for task in (self.message_processor, self.message_receiver) if task]
        try:
            with suppress(TimeoutError, OSError, aiohttp.ClientError):
                async with asyncio.timeout(_CLOSING):
                    await self.close()  # type: ignore[no-untyped-call]
        finally:
            # Closing that took too long has not come to them.
            for task in tasks:
                task.cancel()
            await self.aiohttp_client_session.close()
            await asyncio.gather(*tasks, return_exceptions=True)


class Links:
    """`changed(up)` is called when the first connection comes up and when the last is lost."""

    def __init__(
        self,
        client: AsyncWebClient,
        token: str,
        take: Take,
        app: AsyncApp,
        changed: Callable[[bool], None],
    ) -> None:
        self._client = client
        self._token = token
        self._take = take
        self._app = app
        self._changed = changed
        self._open: set[Link] = set()
        self._busy: set[asyncio.Task[None]] = set()
        self._moved = asyncio.Event()

    def up(self) -> bool:
        return bool(self._open)

    async def renew(self) -> None:
        """Leaves every connection that is open now, each once there is another in its place."""
        old = set(self._open)
        for link in old:
            link.left.set()
        while self._open & old:
            self._moved.clear()
            await self._moved.wait()

    async def keep(self) -> None:
        """Keeps one connection up until cancelled: the next is open before the last is closed."""
        mine: list[Link] = []
        try:
            while True:
                mine.append(await self._next(mine))
                while len(mine) > 1:
                    await self._leave(mine[0])
                    del mine[0]
                await mine[0].left.wait()
                self._look_at(mine[0])
        finally:
            for link in mine:
                self._lost(link)
                await link.end()

    async def _next(self, last: list[Link]) -> Link:
        """A new connection, tried for until there is one. Those before it may be lost meanwhile."""
        wait = 0.1
        while True:
            began = monotonic()
            link = await self._connect()
            if link:
                self._open.add(link)
                if len(self._open) == 1:
                    self._changed(True)
                return link
            for old in last:
                self._look_at(old)
            await asyncio.sleep(max(0.0, wait - (monotonic() - began)))
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _leave(self, link: Link) -> None:
        self._lost(link)
        await link.settle()
        await link.end()

    def _look_at(self, link: Link) -> None:
        """A connection that should be left may still serve for a while."""
        if link.current_session is None or link.current_session.closed:
            self._lost(link)

    async def _connect(self) -> Link | None:
        link = Link(self._token, self._client)

        async def received(_: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
            await self._received(link, request)

        link.socket_mode_request_listeners.append(received)
        try:
            async with asyncio.timeout(_OPENING):
                link.wss_uri = await link.issue_new_wss_url()
                await link.connect()
        except Exception as error:  # noqa: BLE001 - the link's boundary: it is tried again
            failure = from_exception(error)
            log.warning("slack.link_failed", extra={"code": failure.code, "remedy": failure.remedy})
            await link.end()
            return None
        except asyncio.CancelledError:
            await link.end()
            raise
        return link

    def _lost(self, link: Link) -> None:
        if link in self._open:
            self._open.remove(link)
            self._moved.set()
            if not self._open:
                self._changed(False)

    async def settle(self, seconds: float) -> None:
        """Lets what has been taken in be finished, then ends it."""
        if self._busy:
            _, late = await asyncio.wait(set(self._busy), timeout=seconds)
            for task in late:
                task.cancel()

    async def _received(self, link: Link, request: SocketModeRequest) -> None:
        task = asyncio.current_task()
        assert task is not None  # a listener runs in a task
        self._busy.add(task)
        try:
            await self._handle(link, request)
        except (ConnectionError, aiohttp.ClientError):
            log.info("slack.not_acknowledged")
        except Exception as error:  # noqa: BLE001 - the listener's boundary: Slack delivers again
            log.error("slack.link_listener_failed", extra={"error": type(error).__name__})
        finally:
            self._busy.discard(task)

    async def _handle(self, link: Link, request: SocketModeRequest) -> None:
        if request.type == "events_api" and is_short(request.payload):
            await self._take(request.payload)
            await link.send_socket_mode_response(SocketModeResponse(request.envelope_id))
            return
        began = monotonic()
        answer = await run_async_bolt_app(self._app, request)
        if answer.status >= 500:
            log.error("slack.dispatch_failed", extra={"status": answer.status})
        await send_async_response(link, request, answer, began)
