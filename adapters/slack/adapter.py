"""Slack behind the port `Adapter`: start and stop, one write at a time, and what it costs.

Keeps no durable state. The workspace, the app's id and the scopes are learnt from
Slack when the connection is made; until then writes fail for sure and events are
asked for again. A Slack that is away is called until it answers.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, assert_never
from urllib.parse import urlsplit

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from adapters.slack import blocks, inbound
from adapters.slack.api import SDK_LOG, Api
from adapters.slack.cards import Look
from adapters.slack.changes import Deleted, Echo, Edited, Reacted
from adapters.slack.directory import Directory
from adapters.slack.entrance import Entrance, NotReadyError
from adapters.slack.fetching import fetch
from adapters.slack.inbound import Words
from adapters.slack.links import Links
from adapters.slack.listeners import Listeners
from adapters.slack.marks import Nothing, Ours, parse_remote
from adapters.slack.preflight import preflight
from adapters.slack.search import Search
from adapters.slack.settings import Settings
from adapters.slack.speech import Speech
from adapters.slack.uploads import Uploads
from adapters.slack.writing import Writing
from core.capabilities import Capabilities
from core.delivery import Absent, Failure, Receipt, Write
from core.intents import RemoteFile
from core.model import Mirror, Place
from core.ports import Budgets, Cost, Desk, Files, Finding

log = logging.getLogger("pinthread.slack")

_LONGEST_WAIT = 15.0
_LARGEST = 1_000_000_000
"""Bytes of one file, as commonly quoted; Slack publishes no figure."""
_GRACE = 3.0


class SlackAdapter:
    """One workspace. `ignored` counts what came in and was not for us, by reason."""

    def __init__(self, settings: Settings, budgets: Budgets, files: Files) -> None:
        self.settings = settings
        self.ignored: Counter[str] = Counter()
        self._api = Api(settings, self._heard)
        self._directory = Directory(self._api, self.spawn)
        self._search = Search(self._api, settings, budgets)
        self._ours: Ours | None = None
        look = Look(private=not _is_slack(settings.api_url))
        self._writing = Writing(
            settings, budgets, self._api, self._directory, self._search, Uploads(self._api, files),
            look,
        )  # fmt: skip
        self._desk: Desk | None = None
        self._speech: Speech | None = None
        self._entrance: Entrance | None = None
        self._links: Links | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._beside: set[asyncio.Task[Any]] = set()
        self._runner: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._unreached = asyncio.Event()
        self._up = False

    @property
    def name(self) -> str:
        return "slack"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            text=blocks.LIMIT,
            measure=blocks.measure,
            file=_LARGEST,
            own_name=True,
            threads_in_direct=True,
        )

    @property
    def port(self) -> int:
        """Where the HTTP entrance listens, once started; 0 in Socket Mode."""
        return self._entrance.port if self._entrance else 0

    # --- start and stop ---------------------------------------------------------------

    async def start(self, desk: Desk) -> None:
        """Raises ValueError for a missing setting and OSError where the address is taken."""
        _require(self.settings)
        self._desk = desk
        started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._runner = asyncio.create_task(self._run(desk, started), name="slack")
        await started

    async def stop(self) -> None:
        self._stopping.set()
        if self._runner:
            await asyncio.gather(self._runner, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Runs `work` beside; it ends with the adapter, and its failure is its own."""
        if self._tasks is None:
            work.close()
            raise NotReadyError
        task = self._tasks.create_task(_guarded(work))
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
        return task

    async def _run(self, desk: Desk, started: asyncio.Future[None]) -> None:
        client = await self._api.open()
        try:
            async with asyncio.TaskGroup() as self._tasks:

                async def authorize(team_id: str | None) -> Any:  # bolt takes no bound method
                    return self._authorized(team_id)

                app = AsyncApp(
                    logger=SDK_LOG,
                    signing_secret=self.settings.signing_secret,
                    client=client,
                    authorize=authorize,
                    process_before_response=True,
                    ignoring_self_events_enabled=False,
                    # The entrance has checked it; the middleware would log body and signature.
                    request_verification_enabled=False,
                )
                parts = (self, desk, self._api, self._directory, self._search)
                self._speech = Speech(*parts)
                Listeners(*parts).register(app, self._speech)
                if self.settings.mode == "http":
                    secret = self.settings.signing_secret
                    self._entrance = Entrance(secret, self.take, app, self.ignored)
                    await self._entrance.start(self.settings.listen)
                joining = self._tasks.create_task(self._join(app))
                started.set_result(None)
                await self._stopping.wait()
                await self._end(joining)
        except BaseException as error:
            if not started.done():
                started.set_exception(_first(error))
                return
            raise
        finally:
            self._tasks = None
            self._up = False
            await self._api.close()

    async def _end(self, joining: asyncio.Task[None]) -> None:
        """Input first, then what is being done beside, as long as the grace lasts."""
        if self._entrance:
            await self._entrance.stop()
        joining.cancel()
        await asyncio.gather(joining, return_exceptions=True)
        if self._links:
            await self._links.settle(_GRACE)
        if self._beside:
            _, late = await asyncio.wait(set(self._beside), timeout=_GRACE)
            for task in late:
                task.cancel()

    async def _join(self, app: AsyncApp) -> None:
        """Learns who we are, then keeps the connection up (or knows that it is)."""
        await self._learn()
        if self.settings.mode == "http":
            self._online(up=True)
            while True:
                await self._unreached.wait()
                await self._learn()
        client = self._api.client
        assert client is not None
        self._links = Links(client, self.settings.app_token, self.take, app, self._link_changed)
        async with asyncio.TaskGroup() as group:
            for _ in range(max(2, min(self.settings.links, 10))):
                group.create_task(self._links.keep())

    async def _learn(self) -> None:
        wait = 0.2
        while not await self._ask_who_we_are():
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _ask_who_we_are(self) -> bool:
        answer = await self._api.auth()
        if isinstance(answer, Failure):
            log.warning("slack.not_connected", extra={"code": answer.code, "remedy": answer.remedy})
            return False
        who, scopes = answer
        bot = str(who.get("bot_id") or "")
        info = await self._api.read("bots.info", bot=bot) if bot else {}
        known = {} if isinstance(info, Failure) else info.get("bot") or {}
        self._ours = Ours(
            str(who.get("team_id", "")),
            str(who.get("user_id", "")),
            bot,
            str(known.get("app_id") or (self._ours.app if self._ours else "")),
            str(who.get("url") or ""),
        )
        names = self.settings.author_names
        if names is None:
            names = scopes is None or "chat:write.customize" in scopes
        self._writing.look = replace(self._writing.look, authors=names)
        return True

    def _heard(self, reached: bool) -> None:
        if self.settings.mode == "http" and self._ours is not None and not self._stopping.is_set():
            self._online(up=reached)

    def _online(self, *, up: bool) -> None:
        if up is self._up:
            return
        self._up = up
        if up:
            self._unreached.clear()
        else:
            self._unreached.set()
        if self._desk:
            self._desk.online("slack", up=up)

    def _link_changed(self, up: bool) -> None:
        self._online(up=up)

    def connected(self) -> bool:
        return self._up

    def _authorized(self, team_id: str | None) -> AuthorizeResult | None:
        """Bolt drops what belongs to nobody; anything but None or a result is delivered again."""
        ours = self._ours
        if ours is None:
            raise NotReadyError
        if team_id is not None and team_id != ours.team:
            self.ignored["unknown_workspace"] += 1
            return None
        return AuthorizeResult(
            enterprise_id=None,
            team_id=ours.team,
            bot_user_id=ours.user,
            bot_id=ours.bot,
            bot_token=self.settings.bot_token,
        )

    # --- in ---------------------------------------------------------------------------

    async def take(self, payload: Mapping[str, Any]) -> None:
        """A message or reaction event; on return it is committed, or was not for us."""
        if self._ours is None or self._desk is None or self._speech is None:
            raise NotReadyError
        found = inbound.read(payload, self._ours)
        if isinstance(found, Words):
            await self._speech.said(found)
        elif isinstance(found, Nothing):
            self.ignored[found.reason] += 1
        elif isinstance(found, Echo):
            self._desk.echo(found.delivery, found.receipt)
        elif isinstance(found, Edited):
            await self._speech.edited(found)
        elif isinstance(found, Deleted):
            await self._speech.deleted(found)
        elif isinstance(found, Reacted):
            await self._speech.reacted(found)
        else:
            assert_never(found)

    # --- out --------------------------------------------------------------------------

    @property
    def look(self) -> Look:
        return self._writing.look

    @property
    def ours(self) -> Ours | None:
        return self._ours

    def costs(self, write: Write) -> tuple[Cost, ...]:
        return self._writing.costs(write)

    async def write(self, write: Write) -> Receipt | Failure:
        return await self._writing.write(write, self._ours)

    async def find(self, write: Write) -> Receipt | Absent | Failure:
        return await self._writing.find(write, self._ours)

    def fetch(self, file: RemoteFile) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return fetch(file, self._api, self.settings)

    def link(self, mirror: Mirror) -> str | None:
        name = mirror.space or mirror.root
        if name is None or self._ours is None or not self._ours.url:
            return None
        channel, ts = parse_remote(name)
        address = f"{self._ours.url}archives/{channel}/p{ts.replace('.', '')}"
        return f"{address}?thread_ts={ts}&cid={channel}"

    async def check(self, places: Sequence[Place]) -> tuple[Finding, ...]:
        return await preflight(self.settings, places)


def _require(settings: Settings) -> None:
    needed = {"bot_token": settings.bot_token}
    if settings.mode == "http":
        needed["signing_secret"] = settings.signing_secret
    else:
        needed["app_token"] = settings.app_token
    for key, value in needed.items():
        if not value.strip():
            raise ValueError(f"slack.{key}: is needed in the mode {settings.mode}")


def _is_slack(address: str) -> bool:
    """Slack itself; any other server stands where it can see what we see."""
    host = urlsplit(address).hostname or ""
    return host in ("slack.com", "slack-gov.com") or host.endswith((".slack.com", ".slack-gov.com"))


def _first(error: BaseException) -> BaseException:
    """The cause itself, out of the group it travels in."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _guarded(work: Coroutine[Any, Any, Any]) -> Any:
    """A listener's boundary: what fails beside is recorded and ends nothing else."""
    try:
        return await work
    except Exception as error:  # noqa: BLE001
        log.error("slack.task_failed", extra={"error": type(error).__name__})
        return None
