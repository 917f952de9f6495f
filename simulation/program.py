"""One life of the program: the parts of `bridge.app`, with simulated platforms and no web.

What the web's pages would ask is asked of the desk directly. Starting and stopping go
in the order of `bridge.app`; dying has no order.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from bridge.catchup.healing import Healing
from bridge.catchup.mending import Means
from bridge.catchup.strays import Strays
from bridge.catchup.sweeps import CatchUp
from bridge.delivery.budgets import LocalBudgets
from bridge.delivery.course import Patience
from bridge.delivery.lanes import Lanes
from bridge.desk import Desk
from bridge.files.fetching import Fetching
from bridge.intake.intake import HELD_FOR, Intake
from bridge.operator.clearing import Clearings
from bridge.operator.erasing import Erasing
from bridge.operator.retrying import Retrying
from bridge.pins import Pins
from bridge.telemetry import Metrics
from bridge.timers.timers import Timers
from bridge.wakeup import LocalWakeups
from core.files import FileId, FileRef, Stored
from core.ids import PinId
from core.intents import Intent
from core.model import Pin
from core.ports.adapter import Adapter
from core.ports.files import Piece
from core.ports.outcomes import Outcome
from core.refusal import Refusal
from simulation import world
from simulation.clock import Life, VirtualLoop, life_context
from simulation.platforms.adapter import Ledger
from simulation.platforms.discord import Discord
from simulation.platforms.discord_adapter import DiscordAdapter
from simulation.platforms.slack import Slack
from simulation.platforms.slack_adapter import SlackAdapter
from simulation.store import Disk, InlineStore

PATIENCE = Patience()
OVERLAP = 10.0
"""Seconds that a sweep reaches back before a mark: less than the configuration's minute, so
that marks which move too early show."""
REPAIR_EVERY = timedelta(minutes=10)
_LOOK_UP = 0.3
"""Seconds that finding out about a pin takes."""


class SimulatedPins:
    """The world's knowledge of pins: everything, after a moment."""

    def pin_id(self, address: str) -> PinId | None:
        return None

    async def resolve(self, address: str) -> PinId | Refusal:
        raise NotImplementedError

    async def look_up(self, pin: PinId) -> Pin:
        await asyncio.sleep(_LOOK_UP)
        return world.pin_of(pin)


class SimulatedFiles:
    """Files by the hash of their content. They outlive the program, as a folder does."""

    def __init__(self) -> None:
        self._kept: dict[FileId, bytes] = {}

    async def put(
        self,
        source: AsyncIterator[Piece],
        *,
        name: str,
        declared_type: str = "",
        declared_size: int | None = None,
        limit: int,
        alt: str = "",
    ) -> FileRef | Refusal:
        content = b"".join([bytes(piece) async for piece in source])
        file = FileId(sha256(content).hexdigest())
        self._kept[file] = content
        return FileRef(file, name, "text/plain", len(content))

    async def look(self, file: FileId) -> Stored | None:
        content = self._kept.get(file)
        return None if content is None else Stored("text/plain", len(content))

    async def size(self, file: FileId) -> int | None:
        content = self._kept.get(file)
        return None if content is None else len(content)

    async def open(
        self, file: FileId, start: int = 0, stop: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        yield self._kept[file][start:stop]

    async def delete(self, file: FileId) -> None:
        self._kept.pop(file, None)

    async def sweep(
        self, before: datetime, unused: Callable[[Sequence[FileId]], Awaitable[frozenset[FileId]]]
    ) -> int:
        return 0


class NotingIntake(Intake):
    """Keeps what becomes of every intent, of sweeps' and of those that had to wait as well."""

    ledger: Ledger

    async def submit(self, intent: Intent) -> Outcome:
        outcome = await super().submit(intent)
        self.ledger.note(intent, outcome)
        return outcome


class Program:
    """`ledger` and `files` are of the world, for they outlive it."""

    def __init__(
        self,
        number: int,
        loop: VirtualLoop,
        disk: Disk,
        slack: Slack,
        discord: Discord,
        ledger: Ledger,
        files: SimulatedFiles,
        *,
        sweeps: bool,
        erases: bool,
    ) -> None:
        self.life = Life(number)
        self.context = life_context(self.life)
        self.store = InlineStore(disk, self.life)
        self.life.on_crash = self.store.crash
        self.desk: Desk | None = None
        """There while requests of the web are taken."""
        self.metrics = Metrics()
        self.catch_up: CatchUp | None = None
        self.adapters: dict[str, SlackAdapter | DiscordAdapter] = {}
        self._loop = loop
        self._slack, self._discord = slack, discord
        self._ledger = ledger
        self._files = files
        self._sweeps = sweeps
        self._erases = erases
        self._stop = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.task = self._loop.create_task(self._run(), context=self.context)

    async def stop(self) -> None:
        """A clean one."""
        assert self.task is not None
        self._stop.set()
        await self.task
        self.life.alive = False

    async def _run(self) -> None:
        loop, now = self._loop, self._loop.now
        store = self.store
        await store.open()
        metrics, wakeups, budgets = self.metrics, LocalWakeups(), LocalBudgets()
        intake = NotingIntake(store, wakeups, now, world.RULES)
        intake.ledger = self._ledger
        desk = Desk(store, intake, wakeups, metrics, now)
        adapters: dict[str, SlackAdapter | DiscordAdapter] = {
            "slack": SlackAdapter(self._slack, loop, world.SLACK_NAMES, budgets),
            "discord": DiscordAdapter(
                self._discord,
                loop,
                world.DISCORD_NAMES,
                budgets,
                frozenset({world.FORUM.channel}),
            ),
        }
        ports: dict[str, Adapter] = dict(adapters.items())
        timers = Timers(store, intake, ports, now)
        intake.tell(timers)
        pins = Pins(store, SimulatedPins(), desk.submit, now)
        secret = await store.secret("deliveries")
        lanes = Lanes(
            store,
            ports,
            budgets,
            wakeups,
            metrics,
            now=now,
            secret=secret,
            patience=PATIENCE,
            on_appeared=intake.release,
            copies=_copy,
        )
        fetching = Fetching(
            store,
            ports,
            self._files,
            desk.submit,
            wakeups,
            now=now,
            limit=1_000_000,
        )
        # Nobody runs `pinthread retry` here, so that nothing looks for it twice a second.
        retrying = Retrying(store, lanes, wakeups, now)
        means = Means(store, ports, budgets, metrics, secret, PATIENCE, _copy)
        strays, healing = Strays(means), Healing(means)
        catch_up = CatchUp(
            store,
            ports,
            desk,
            metrics,
            now=now,
            secret=secret,
            patience=PATIENCE,
            window=timedelta(hours=24),
            overlap=timedelta(seconds=OVERLAP),
            every=timedelta(),
        )
        sweeps = catch_up if self._sweeps else None
        lanes.on_unclear(healing.unclear)
        desk.connect(lanes, pins, retrying, sweeps, strays, healing, timers=timers)
        intake.connect(lanes.ahead)
        erasing, clearings = Erasing(store, desk.submit, _forget_words, now), Clearings(means, now)
        desk.serve(erasing=erasing)
        self.adapters, self.catch_up = adapters, catch_up
        async with asyncio.TaskGroup() as tasks:
            delivering = tasks.create_task(lanes.run())
            sweeping = tasks.create_task(catch_up.run())
            others = [
                tasks.create_task(pins.run()),
                tasks.create_task(fetching.run()),
                tasks.create_task(strays.run()),
                tasks.create_task(healing.run()),
                tasks.create_task(timers.run()),
                tasks.create_task(self._keep(lanes)),
            ]
            if self._erases:  # else nobody asks for it, and both look often
                others += [tasks.create_task(erasing.run()), tasks.create_task(clearings.run())]
            try:
                await intake.release_all()
                for adapter in adapters.values():
                    await adapter.start(desk)
                self.desk = desk
                await self._stop.wait()
            finally:
                self.desk = None
                sweeping.cancel()
                lanes.stop()
                await asyncio.wait((delivering,))
                for adapter in adapters.values():
                    await adapter.stop()
                for task in others:
                    task.cancel()
        await store.close()

    async def _keep(self, lanes: Lanes) -> None:
        now = self._loop.now
        repaired = now()
        while True:
            await self.store.drop_held(now() - HELD_FOR)
            if now() - repaired > REPAIR_EVERY:
                repaired = now()
                await lanes.repair()
            await asyncio.sleep(60)


async def _forget_words(posts: tuple[int, ...]) -> None:
    """There is no index for searching here."""


def _copy(file: FileRef) -> str:
    return f"https://pins.example/{file.id}"
