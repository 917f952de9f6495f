"""Slack behind the port `Adapter`: start and stop, one write at a time, and what it costs.

Keeps no durable state. The workspace, the app's id and the scopes are learnt from
Slack when the connection is made; until then writes fail for sure and events are
asked for again. A Slack that is away is called until it answers.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from adapters.slack import blocks, sweeping
from adapters.slack.api import SDK_LOG, Api
from adapters.slack.callers import Callers
from adapters.slack.cards import Look
from adapters.slack.directory import Directory
from adapters.slack.entrance import Entrance, NotReadyError
from adapters.slack.errors import NOT_CONNECTED
from adapters.slack.fetching import fetch
from adapters.slack.front import Front
from adapters.slack.hearing import Hearing
from adapters.slack.home import Homes
from adapters.slack.joining import learn
from adapters.slack.links import Links
from adapters.slack.listeners import Listeners
from adapters.slack.marks import Ours, parse_remote
from adapters.slack.outbound import NO_CONTROLS, Controls
from adapters.slack.own import Own
from adapters.slack.preflight import preflight
from adapters.slack.reading import Reading
from adapters.slack.retrying import Retrying
from adapters.slack.search import Search
from adapters.slack.settings import Settings
from adapters.slack.shortcuts import Shortcuts
from adapters.slack.showing import Showing
from adapters.slack.speech import Speech
from adapters.slack.sweeping import Sweeping
from adapters.slack.uploads import Uploads
from adapters.slack.watch import Watch
from adapters.slack.writing import Writing, uploaded
from core.capabilities import Capabilities
from core.delivery import Absent, Failure, Receipt, Verb, Write
from core.ids import RemoteId, SpaceId
from core.intents import Intent, RemoteFile
from core.model import Mirror, Place, Refusal
from core.ports.adapter import Finding
from core.ports.desk import Desk
from core.ports.files import Files, Piece
from core.ports.needs import Budgets, Cost
from core.ports.outcomes import Ask, Waiting
from core.ports.reading import PlaceLook
from core.sweep import Root, Seen, SweepError

log = logging.getLogger("pinthread.slack")

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
            look, self._controls,
        )  # fmt: skip
        self._desk: Desk | None = None
        self._speech: Speech | None = None
        self._hearing: Hearing | None = None
        self._homes: Homes | None = None
        self._own = Own(lambda stray: self._hearing.stray(stray) if self._hearing else None)
        self._watch = Watch(self._gap, self._renew, settings.deaf_after)
        self._entrance: Entrance | None = None
        self._links: Links | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._beside: set[asyncio.Task[Any]] = set()
        self._runner: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._unreached = asyncio.Event()
        self._up = False
        self._listens = True

    @property
    def name(self) -> str:
        return "slack"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            text=blocks.LIMIT,
            measure=blocks.measure,
            file=_LARGEST,
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

    async def connect(self, desk: Desk) -> None:
        """Without entrance and links, so that nothing comes in."""
        self._listens = False
        await self.start(desk)

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
                homes = self._listening(app, desk)
                if self.settings.mode == "http" and self._listens:
                    secret = self.settings.signing_secret
                    self._entrance = Entrance(secret, self.take, app, self.ignored)
                    await self._entrance.start(self.settings.listen)
                joining = self._tasks.create_task(self._join(app))
                beside = [self._tasks.create_task(self._watch.run())]
                if self._listens:
                    beside.append(self._tasks.create_task(_guarded(homes.run())))
                started.set_result(None)
                await self._stopping.wait()
                for task in beside:
                    task.cancel()
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

    def _listening(self, app: AsyncApp, desk: Desk) -> Homes:
        """Puts everything that answers people together, and registers it."""
        reading = Reading(desk, self._directory, lambda: self._ours)
        callers = Callers(self, self._directory, reading)
        homes = self._homes = Homes(self, desk, self._api, callers)
        showing = Showing(self, self._api, self._directory, homes.draw)
        front = Front(self, desk, callers, showing)
        self._speech = Speech(self, desk, self._api, self._directory)
        listeners = Listeners(self, desk, self._directory, homes)
        front.register(app)
        Shortcuts(front).register(app)
        Retrying(self, desk, self._api, self._search, self._speech).register(app)
        listeners.register(app)
        self._hearing = Hearing(
            self, desk, self._directory, self._speech, listeners, self._watch, self._own,
            self.ignored,
        )  # fmt: skip
        return homes

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
        if not self._listens:
            self._online(up=True)
            return
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
        self._ours, names = await learn(self._api, self.settings, self._ours)
        self._writing.look = replace(self._writing.look, authors=names)

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
            self._watch.down()
        if self._desk:
            self._desk.online("slack", up=up)
        if up and self._listens:
            self._watch.up(patient=self.settings.mode == "http")

    def _link_changed(self, up: bool) -> None:
        self._online(up=up)

    def _gap(self, reason: str) -> None:
        if self._desk and not self._stopping.is_set():
            self._desk.gap("slack", reason)
            if self._homes is not None:
                self._homes.doubt()

    async def _renew(self) -> None:
        if self._links:
            await self._links.renew()

    def capabilities_at(self, place: Place) -> Capabilities:
        return self.capabilities

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
        if self._hearing is None:
            raise NotReadyError
        await self._hearing.take(payload)

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
        began = time.monotonic()
        self._begun(write)
        result = await self._writing.write(write, self._ours)
        if self._stands(write, result) and self._listens and not uploaded(write):
            self._watch.posted(began)
        return result

    async def find(self, write: Write) -> Receipt | Absent | Failure:
        self._begun(write)
        result = await self._writing.find(write, self._ours)
        self._stands(write, result)
        return result

    def _begun(self, write: Write) -> None:
        if write.step.verb is Verb.POST:
            self._own.begun(write.delivery, write.mirror.place, write.data.get("file", ""))

    def _stands(self, write: Write, result: Receipt | Absent | Failure) -> bool:
        """Notes where a post stands; False where none was made."""
        if write.step.verb is not Verb.POST or not isinstance(result, Receipt):
            return False
        if result.inner is not None:
            return False
        space = result.space or write.mirror.space or SpaceId(result.remote)
        self._own.stands(write.delivery, space, result.remote, result.poster)
        return True

    # --- sweeps -----------------------------------------------------------------------

    def moment(self, remote: RemoteId) -> datetime:
        return sweeping.moment(remote)

    def roots(self, place: Place, since: datetime) -> AsyncIterator[tuple[Root, ...]]:
        return self._sweep().roots(place)

    def messages(self, mirror: Mirror, after: RemoteId | None) -> AsyncIterator[tuple[Seen, ...]]:
        return self._sweep().messages(mirror, after)

    def direct(self, place: Place, after: RemoteId | None) -> AsyncIterator[tuple[Seen, ...]]:
        return self._sweep().direct(place, after)

    async def message(self, mirror: Mirror, remote: RemoteId) -> Seen | Absent:
        return await self._sweep().message(mirror, remote)

    def shows(self, write: Write, seen: Seen) -> bool:
        return sweeping.shows(write, seen, self.look)

    async def tell(self, seen: Seen, intent: Intent, outcome: Refusal | Ask | Waiting) -> None:
        self.spawn(self._sweep().tell(seen, intent, outcome))

    def _sweep(self) -> Sweeping:
        if self._ours is None or self._speech is None or self._tasks is None:
            raise SweepError(NOT_CONNECTED)
        learn = self._writing.learn_emoji
        return Sweeping(self._ours, self._speech, self._search, self._directory, learn)

    def fetch(self, file: RemoteFile) -> AbstractAsyncContextManager[AsyncIterator[Piece]]:
        return fetch(file, self._api, self.settings)

    def link(self, mirror: Mirror) -> str | None:
        name = mirror.space or mirror.root
        if name is None or self._ours is None or not self._ours.url:
            return None
        channel, ts = parse_remote(name)
        address = f"{self._ours.url}archives/{channel}/p{ts.replace('.', '')}"
        return f"{address}?thread_ts={ts}&cid={channel}"

    async def describe(self, place: Place) -> PlaceLook | None:
        if place.channel.startswith("user:"):
            return PlaceLook("direct messages", private=True)
        found = await self._directory.look(place.channel)
        return None if isinstance(found, Failure) else found

    async def members(self, place: Place) -> frozenset[str] | None:
        return await self._search.members(place.channel, self._ours) if self._ours else None

    async def say(self, place: Place, text: str, mentions: Sequence[str] = ()) -> bool:
        return await self._writing.say(place, text, mentions, self._ours)

    async def _controls(self, mirror: Mirror) -> Controls:
        return await self._desk.office.card(mirror) if self._desk else NO_CONTROLS

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
