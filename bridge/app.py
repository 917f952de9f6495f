"""Puts the program together from its configuration, runs it, and takes it down again.

Starting: store, then lanes and input. Stopping: no new web requests, lanes end
between two calls, adapters close, and the store last, so that whatever was
acknowledged is written.
"""

import asyncio
import gc
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from adapters.discord.adapter import DiscordAdapter
from adapters.pinterest.lookup import PinterestLookup
from adapters.slack.adapter import SlackAdapter
from bridge.catchup.healing import Healing
from bridge.catchup.mending import Means
from bridge.catchup.strays import Strays
from bridge.catchup.sweeps import CatchUp
from bridge.config import Config
from bridge.delivery.budgets import LocalBudgets
from bridge.delivery.course import Patience
from bridge.delivery.lanes import Lanes
from bridge.desk import Desk
from bridge.failures import StartError
from bridge.files.fetching import Fetching
from bridge.files.folder import FolderFiles
from bridge.intake.finding import direct_binding
from bridge.intake.following import FollowsWritten, take_over
from bridge.intake.intake import HELD_FOR, Intake
from bridge.intake.telling import Telling
from bridge.minding import Inboxes, lasting, mind
from bridge.office.counter import Counter
from bridge.operator.clearing import Clearings
from bridge.operator.erasing import Erasing
from bridge.operator.exporting import Exporting
from bridge.operator.operating import Operating
from bridge.operator.retrying import Retrying
from bridge.pins import Pins
from bridge.reading.markup import Markdown
from bridge.reading.searching import Searching
from bridge.store import open_store
from bridge.telemetry import Metrics, probes
from bridge.timers.timers import Timers
from bridge.wakeup import LocalWakeups
from core.files import FileRef
from core.ids import AccountId
from core.ports.adapter import Adapter, Finding
from core.ports.files import Files
from core.ports.needs import Budgets
from core.ports.rows import StoreError
from core.ports.store import Store
from web.addresses import SECRET, web_copy
from web.server import Server

log = logging.getLogger("pinthread.app")

REPAIR_EVERY = timedelta(minutes=10)
"""How often broken places are tried again, in case somebody has repaired them."""

ERASE_EVERY = timedelta(days=1)
FOLLOW_EVERY, FOLLOW_ON, FOLLOW_BUSY, FOLLOWED = 5.0, 0.25, 1.0, 500
"""Seconds where nothing is left, where something is, and where more comes than is followed; and
events: few, for all other commits wait for them."""
UNUSED = timedelta(days=2)
"""How long a file may wait for the message that it is for; an upload's ticket lasts a day."""


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the program and `pinthread verify` have in common. Only the files are open."""

    means: Means
    wakeups: LocalWakeups
    files: FolderFiles
    lookup: PinterestLookup
    intake: Intake
    desk: Desk
    pins: Pins
    lanes: Lanes


async def composed(config: Config, store: Store) -> Parts:
    metrics, wakeups, budgets = Metrics(), LocalWakeups(), LocalBudgets()
    files = FolderFiles(config.files_folder)
    await files.start()
    adapters = connectors(config, budgets, files)
    secret, copies = await store.secret("deliveries"), await copies_of(config, store)
    means = Means(store, adapters, budgets, metrics, secret, patience_of(config), copies)
    intake = Intake(store, wakeups, now, config.who_may())
    desk = Desk(store, intake, wakeups, metrics, now)
    lookup = PinterestLookup(config.pinterest)
    lanes = Lanes(
        store,
        adapters,
        budgets,
        wakeups,
        metrics,
        now=now,
        secret=secret,
        patience=means.patience,
        on_appeared=intake.release,
        copies=copies,
    )
    pins = Pins(store, lookup, desk.submit, now)
    return Parts(means, wakeups, files, lookup, intake, desk, pins, lanes)


async def run(config: Config, stop: asyncio.Event, ready: Callable[[str], None]) -> None:
    """Runs until `stop` is set. `ready` gets the address of the web pane once it listens."""
    store = open_store(config.store.url)
    try:
        await store.open()
    except StoreError as failed:
        raise StartError(str(failed)) from failed
    try:
        await _introduced(store, config)
        await _run(config, store, stop, ready)
    finally:
        await store.close()
        log.info("stopped")


async def _run(  # noqa: PLR0915 - every part of the program, once
    config: Config, store: Store, stop: asyncio.Event, ready: Callable[[str], None]
) -> None:
    parts = await composed(config, store)
    means, desk, intake, lanes = parts.means, parts.desk, parts.intake, parts.lanes
    adapters, metrics, secret = means.adapters, means.metrics, means.secret
    files, lookup, pins, wakeups = parts.files, parts.lookup, parts.pins, parts.wakeups
    desk.configured = frozenset(binding.id for binding in config.bindings())
    timers = Timers(store, intake, adapters, now)
    intake.tell(timers)
    telling = Telling(store, adapters)
    intake.on_released(telling.add)
    metrics.registry.before_reading(partial(_count_invalid, metrics, adapters))
    limit = config.files.largest_mib * 2**20
    fetching = Fetching(store, adapters, files, desk.submit, wakeups, now=now, limit=limit)
    retrying = Retrying(store, lanes, wakeups, now)
    strays, healing = Strays(means), Healing(means)
    clearings = Clearings(means, now)
    catch_up = CatchUp(
        store,
        adapters,
        desk,
        metrics,
        now=now,
        secret=secret,
        patience=means.patience,
        window=timedelta(hours=config.catch_up.window_hours),
        overlap=timedelta(seconds=config.catch_up.overlap_seconds),
        every=timedelta(minutes=config.catch_up.every_minutes),
    )
    counter = Counter(desk, now, lambda handle: f"{_public(config, server)}/b/{handle}")
    lanes.on_unclear(healing.unclear)
    desk.connect(lanes, pins, retrying, catch_up, strays, healing, counter, timers)
    timers.after(catch_up.has_swept)
    inboxes = Inboxes(store, desk, adapters)
    catch_up.on_gap(inboxes.doubt)
    searching = Searching(store, config.store.path, wakeups, desk.find_people)
    exporting = Exporting(store, config.store.path.parent / "exports", means.copies, now)
    erasing = Erasing(store, desk.submit, searching.forget, now, exporting.forget)
    desk.serve(
        searching,
        exporting,
        erasing,
        adapters,
        lambda token: f"{_public(config, server)}/exports/{token}",
    )
    intake.connect(lanes.ahead)

    def behind() -> Mapping[str, str]:
        return {one.platform: str(one) for one in desk.catching_up()}

    server = Server(
        desk,
        config.web,
        Markdown(),
        probes(metrics, partial(_parts, store, adapters), behind, partial(_troubles, store)),
        files=files,
        upload_limit=limit,
        quota=config.files.quota_mib_per_day * 2**20,
    )
    await lookup.start()
    async with asyncio.TaskGroup() as tasks:
        delivering = tasks.create_task(lanes.run())
        sweeping = tasks.create_task(lasting(catch_up.run, store))
        keep = timedelta(days=config.history.keep_deleted_days)
        others = [
            tasks.create_task(lasting(part, store))
            for part in (
                pins.run,
                fetching.run,
                strays.run,
                healing.run,
                retrying.run,
                timers.run,
                inboxes.run,
                telling.run,
                searching.run,
                erasing.run,
                clearings.run,
                Operating(store, now).run,
                partial(_follow, store),
                partial(_keep, store, lanes, metrics),
                partial(_erase, store, files, exporting, keep),
            )
        ]
        others.append(tasks.create_task(mind(store, intake, lanes, desk, tuple(adapters))))
        try:
            await intake.release_all()
            for adapter in adapters.values():
                await adapter.start(desk)
            await server.start()
            _settle_memory()
            log.info("started")
            ready(server.url)
            await stop.wait()
        finally:
            log.info("stopping")
            sweeping.cancel()
            await server.stop()
            lanes.stop()
            await asyncio.wait((delivering,))
            for adapter in adapters.values():
                await adapter.stop()
            for task in others:
                task.cancel()
            await lookup.stop()
    await searching.stop()
    await files.stop()


def _public(config: Config, server: Server) -> str:
    """Where people find the pages."""
    return config.web.public_url.rstrip("/") or server.url


def _settle_memory() -> None:
    """Spares the collector what the start has made, and lets it come by less often.

    At thousands of messages a second the default made it a fifth of the CPU time
    (docs/decisions/0005-garbage-collector.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def patience_of(config: Config) -> Patience:
    given = config.delivery
    return Patience(given.settle, given.second_look, given.retry_first, given.retry_most)


async def copies_of(config: Config, store: Store) -> Callable[[FileRef], str]:
    """Makes addresses of files for places that cannot take them whole."""
    key = await store.secret(SECRET)
    return lambda file: web_copy(config.web, key, file, now())


def connectors(config: Config, budgets: Budgets, files: Files) -> dict[str, Adapter]:
    """The adapters of the platforms that the configuration names."""
    found: dict[str, Adapter] = {}
    if config.slack is not None:
        found["slack"] = SlackAdapter(config.slack, budgets, files)
    if config.discord is not None:
        found["discord"] = DiscordAdapter(config.discord, budgets, files)
    return found


def _count_invalid(metrics: Metrics, adapters: Mapping[str, Adapter]) -> None:
    discord = adapters.get("discord")
    if isinstance(discord, DiscordAdapter):
        metrics.invalid_requests.set("discord", to=float(discord.invalid_requests))


async def introduce(store: Store, config: Config) -> None:
    """Makes the accounts and bindings that the operator named, and takes over changes to them.

    Whoever was named and has left for good is not put back: their logins begin anew.
    """
    named = [account for account, _ in config.accounts()]
    accounts = [await store.account(one.id) for one in named]
    gone = {one.id for one in accounts if one is not None and one.gone}
    if gone:
        log.warning("named_account_has_left", extra={"count": len(gone)})
    for account, identities in config.accounts():
        if account.id in gone:
            continue
        await store.put_account(account, identities)
        for identity in identities:
            await store.put_binding(direct_binding(account.id, identity))
    await store.sign(config.signing())
    await _bind(store, config, gone)
    for brand, owner, role in config.owners():
        if not gone & {brand, owner} and store.role_in(brand, owner) is not role:
            await store.grant(brand, owner, role, now())
    follows = [edge for edge in config.follows() if not gone & {edge.who, edge.whom}]
    await take_over(store, FollowsWritten(follows), now)


async def _bind(store: Store, config: Config, gone: Collection[AccountId]) -> None:
    """The channels of those who have not left."""
    modes = config.modes()
    for binding in config.bindings():
        if binding.account in gone:
            continue
        known = await store.binding_at(binding.place)
        if known is not None:
            mode = modes.get(binding.id, known.mode)
            label = binding.label or known.label
            since = known.mode_since if known.mode is mode else now()
            binding = replace(binding, label=label, mode=mode, mode_since=since)  # noqa: PLW2901
        await store.put_binding(binding)


async def check(config: Config) -> tuple[Finding, ...]:
    """Preflight of every platform that the configuration names."""
    places = [binding.place for binding in config.bindings()]
    findings: list[Finding] = []
    files = FolderFiles(config.files_folder)
    for name, adapter in connectors(config, LocalBudgets(), files).items():
        findings += await adapter.check([p for p in places if p.platform == name])
    await files.stop()
    return tuple(findings)


async def _parts(store: Store, adapters: Mapping[str, Adapter]) -> Mapping[str, bool]:
    connected = {name: adapter.connected() for name, adapter in adapters.items()}
    return {"store": store.trouble() is None, **connected}


def _troubles(store: Store) -> Mapping[str, str]:
    trouble = store.trouble()
    return {} if trouble is None else {"store": trouble}


async def _introduced(store: Store, config: Config) -> None:
    try:
        await introduce(store, config)
        await store.fill_inboxes()
    except StoreError as failed:
        raise StartError(f"Cannot start: {failed}") from failed


async def _keep(store: Store, lanes: Lanes, metrics: Metrics) -> None:
    """Housekeeping: forgets held input after a day, tries broken places again, counts."""
    repaired = now()
    while True:
        dropped = await store.drop_held(now() - HELD_FOR)
        if dropped:
            metrics.held_dropped.add(by=dropped)
            log.warning("held_dropped", extra={"count": dropped})
        if now() - repaired > REPAIR_EVERY:
            repaired = now()
            await lanes.repair()
        for platform, count in (await store.waiting()).items():
            metrics.waiting.set(platform, to=count)
        await asyncio.sleep(15)


async def _follow(store: Store) -> None:
    """Inboxes follow the history in good time, so that whoever opens one need not wait.

    In a rush less often: a step over threads of which each has one new message costs the
    writer as much as those messages did.
    """
    left = 0
    while True:
        before, left = left, await store.follow_history(FOLLOWED)
        await asyncio.sleep(follow_pause(before, left))


def follow_pause(before: int, left: int) -> float:
    """Seconds until the next step, where so many events were left before this one and after."""
    if not left:
        return FOLLOW_EVERY
    return FOLLOW_BUSY if left > before else FOLLOW_ON


async def _erase(store: Store, files: Files, exporting: Exporting, keep: timedelta) -> None:
    while True:
        await erase_old(store, files, exporting, keep, now())
        await asyncio.sleep(ERASE_EVERY.total_seconds())


async def erase_old(
    store: Store, files: Files, exporting: Exporting, keep: timedelta, at: datetime
) -> None:
    """Once a day: words that were deleted or edited away long enough ago, unused files, exports."""
    erased = await store.erase(at - keep)
    swept = await files.sweep(at - UNUSED, store.unused_files)
    exports = await asyncio.to_thread(exporting.sweep)
    if erased or swept or exports:
        log.info("erased", extra={"texts": erased, "files": swept, "exports": exports})
