"""A running sandbox with the real Slack clients on it: slack_sdk, and slack-bolt in both modes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import world
from tests.sandbox.in_process import InProcess

BOT_TOKEN, APP_TOKEN, SECRET = "xoxb-sandbox-bot", "xapp-sandbox-app", "sandbox-signing-secret"
INBOX, GENERAL, QUIET = "C0INBOX", "C0GENERAL", "C0QUIET"
Prepare = Callable[[AsyncApp], None]


class Program:
    """A bolt app that puts the events it hears into a queue, with their outer form."""

    def __init__(self, client: AsyncWebClient) -> None:

        async def authorize() -> AuthorizeResult:
            # Of its own, bolt asks Slack at each of its first events, and those that came together
            # are then heard in the order of the answers.
            return AuthorizeResult(
                enterprise_id=None, team_id=world.SLACK_TEAM, bot_token=BOT_TOKEN,
                bot_user_id=world.SLACK_BOT_USER,
            )  # fmt: skip

        self.app = AsyncApp(
            client=client,
            authorize=authorize,
            signing_secret=SECRET,
            process_before_response=True,
            ignoring_self_events_enabled=False,
        )
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.fail = 0
        for kind in ("message", "reaction_added", "reaction_removed", "member_joined_channel",
                     "member_left_channel", "app_home_opened", "channel_archive", "channel_shared",
                     "channel_unshared"):  # fmt: skip
            self.app.event(kind)(self._hear)

    async def _hear(self, body: dict[str, Any], request: Any) -> None:
        if self.fail:
            self.fail -= 1
            raise RuntimeError("asked to fail")
        retry = request.headers.get("x-slack-retry-num", ["0"])[0]
        reason = request.headers.get("x-slack-retry-reason", [""])[0]
        self.heard.put_nowait({**body, "retry": int(retry), "reason": reason})

    async def hear(self, kind: str = "message", subtype: str | None = None) -> dict[str, Any]:
        """The next event of that kind and subtype; others before it are passed over."""
        async with asyncio.timeout(30):
            while True:
                event: dict[str, Any] = (await self.heard.get())["event"]
                if event["type"] == kind and event.get("subtype") == subtype:
                    return event

    async def hear_outer(self) -> dict[str, Any]:
        """The next event in its outer form."""
        async with asyncio.timeout(30):
            return await self.heard.get()


class SlackPlace(InProcess):
    """With Slack's clients on it."""

    async def open(self) -> None:
        await super().open()
        self.web = self.client(BOT_TOKEN)

    def client(self, token: str) -> AsyncWebClient:
        return AsyncWebClient(
            token,
            base_url=f"{self.kernel.base_url}/slack/api/",
            session=self.http,
            retry_handlers=[],
        )

    async def act(self, act: str, /, **body: Any) -> Any:
        """A person's act."""
        return await self.control("POST", f"slack/{act}", body)

    async def say(self, text: str, channel: str = GENERAL, user: str = "U0ADA", **more: Any) -> str:
        told = await self.act("say", user=user, channel=channel, text=text, **more)
        return str(told["ts"])

    async def shown(self, channel: str = GENERAL) -> list[dict[str, Any]]:
        return list((await self.control("GET", f"slack/channels/{channel}"))["messages"])

    async def seen(self, user: str = "U0ADA") -> dict[str, Any]:
        return dict(await self.control("GET", f"slack/seen?user={user}"))

    async def fault(self, method: str, kind: str, **more: Any) -> None:
        spec = {"platform": "slack", "method": method, "kind": kind, **more}
        await self.control("POST", "faults", spec)

    def journal(self, method: str) -> list[dict[str, Any]]:
        return [e for e in self.kernel.journal.entries() if e["method"] == method]

    @asynccontextmanager
    async def socket(self, prepare: Prepare | None = None) -> AsyncIterator[Program]:
        """A bolt app connected over Socket Mode."""
        program = Program(self.web)
        if prepare is not None:
            prepare(program.app)
        handler = AsyncSocketModeHandler(program.app, APP_TOKEN, ping_interval=0.2)
        await handler.connect_async()
        try:
            yield program
        finally:
            await handler.close_async()

    @asynccontextmanager
    async def address(self, prepare: Prepare | None = None) -> AsyncIterator[Program]:
        """A bolt app listening on an address of its own, told to the sandbox and verified."""
        program = Program(self.web)
        if prepare is not None:
            prepare(program.app)
        runner = web.AppRunner(program.app.web_app("/slack/events"), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        await self.control("PUT", "program", {"slack_events": url})
        try:
            yield program
        finally:
            await runner.cleanup()


@asynccontextmanager
async def running(folder: Path | None = None) -> AsyncIterator[SlackPlace]:
    """The sandbox from start to stop."""
    place = SlackPlace(folder)
    await place.open()
    try:
        yield place
    finally:
        await place.close()


async def error_of(call: Any) -> str:
    """The error code with which Slack refuses a call."""
    try:
        await call
    except SlackApiError as refused:
        return str(refused.response["error"])
    raise AssertionError("the call was not refused")
