"""The program as adapters and the web see it: the engine behind `core.ports.Desk`.

Questions are answered from the store, within what the asker may see; intents go
to the intake. Nothing is decided here.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from bridge.catchup import CatchUp, Progress
from bridge.finding import message_of
from bridge.healing import Healing
from bridge.intake import Intake
from bridge.lanes import Lanes
from bridge.pages import Pages
from bridge.pins import Pins
from bridge.retrying import Retrying
from bridge.strays import Stray, Strays
from bridge.telemetry import Metrics
from core.decide import NO_THREAD
from core.delivery import Delivery, Receipt
from core.ids import AccountId, MessageId, PinId, RemoteId, SpaceId, ThreadId, short_code
from core.intents import Intent, PersonRef, RemoteMessage, Somebody
from core.model import Account, Identity, Pin, Place, Refusal
from core.ports import Change, FeedItem, Line, Outcome, Page, Store, ThreadLine, ThreadView, Wakeups
from core.sweep import Seen

log = logging.getLogger("pinthread.desk")

_SHORTEST_CODE = 4
_MOST_HINTS = 1_000
_MOST_TOLD = 100
"""Threads of a place whose readers hear at once that it has changed."""


class Desk:
    """Composes intake, store, pins and lanes."""

    def __init__(
        self,
        store: Store,
        intake: Intake,
        wakeups: Wakeups,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._intake = intake
        self._wakeups = wakeups
        self._metrics = metrics
        self._now = now
        self._lanes: Lanes | None = None
        self._pins: Pins | None = None
        self._retrying: Retrying | None = None
        self._catch_up: CatchUp | None = None
        self._strays: Strays | None = None
        self._healing: Healing | None = None
        self._pages = Pages(store)

    def connect(
        self,
        lanes: Lanes,
        pins: Pins,
        retrying: Retrying | None = None,
        catch_up: CatchUp | None = None,
        strays: Strays | None = None,
        healing: Healing | None = None,
    ) -> None:
        """These need the desk, and the desk needs them."""
        self._lanes = lanes
        self._pins = pins
        self._retrying = retrying
        self._catch_up = catch_up
        self._strays = strays
        self._healing = healing

    # --- doing ----------------------------------------------------------------------------

    async def submit(self, intent: Intent) -> Outcome:
        started = time.monotonic()
        pin = getattr(intent.what, "pin", None)
        if pin is not None:
            await self._known_pins.ensure(pin)
        outcome = await self._intake.submit(intent)
        kind = outcome.code if isinstance(outcome, Refusal) else type(outcome).__name__.lower()
        self._metrics.intents.add(kind)
        self._metrics.decide_seconds.observe(value=time.monotonic() - started)
        return outcome

    def echo(self, delivery: str, receipt: Receipt) -> None:
        if self._lanes is not None:
            self._lanes.echo(delivery, receipt)

    def online(self, platform: str, *, up: bool) -> None:
        self._metrics.connected.set(platform, to=float(up))
        if up and self._lanes is not None:
            self._lanes.try_now(platform)

    def gap(self, platform: str, reason: str) -> None:
        if self._catch_up is not None:
            self._catch_up.gap(platform, reason)

    def stray(
        self, place: Place, space: SpaceId, remote: RemoteId, poster: str, delivery: str = ""
    ) -> None:
        if self._strays is not None:
            self._strays.add(Stray(place, space, remote, poster, delivery))

    def suspect(self, platform: str, seen: Seen) -> None:
        if self._healing is not None:
            self._healing.suspect(platform, seen)

    def catching_up(self) -> tuple[Progress, ...]:
        """The sweeps under way, by platform."""
        return () if self._catch_up is None else self._catch_up.progress()

    async def place_changed(
        self, place: Place, *, label: str | None = None, trouble: str | None = None
    ) -> None:
        if not place.channel:
            for each in await self._store.bindings():
                if (each.place.platform, each.place.workspace) == (place.platform, place.workspace):
                    await self.place_changed(each.place, trouble=trouble)
            return
        binding = await self._store.binding_at(place)
        if binding is None:
            return
        if label is not None and label != binding.label:
            await self._store.put_binding(replace(binding, label=label))
        if trouble is not None:
            log.warning("place_broken", extra={"platform": place.platform, "remedy": trouble})
            await self._store.break_place(binding.id, trouble, self._now())
        elif label is None:
            await self._store.mend_place(binding.id)
            if self._lanes is not None:
                await self._lanes.look(place.platform)
        for spot in await self._store.spots_at(place, _MOST_TOLD):
            self._wakeups.publish(Change(spot.head.id, spot.thread.id, "delivery"))

    async def retry(self, asker: AccountId, thread: ThreadId, message: MessageId) -> Refusal | None:
        assert self._retrying is not None
        return await self._retrying.message(asker, thread, message)

    # --- people and pins ------------------------------------------------------------------

    async def account(self, actor: Somebody, place: Place | None = None) -> Account:
        return await self._intake.account(actor, place)

    async def people(self, asker: AccountId, prefix: str, limit: int) -> tuple[Account, ...]:
        found = await self._store.accounts_like(prefix.strip().lstrip("@"), limit + 1)
        return tuple(account for account in found if account.id != asker)[:limit]

    async def reactions(self, message: RemoteMessage) -> tuple[tuple[AccountId, str], ...]:
        there = await self._store.placement_at(message.platform, message.remote)
        written = await self._store.written(message_of(there[1].item)) if there else None
        if there is None or written is None:
            return ()
        found = []
        for account, emoji in sorted(written.reactions):
            logins = await self._store.identities(account)
            here = account == there[0].binding.account
            if here or any(login.platform == message.platform for login in logins):
                found.append((account, emoji))
        return tuple(found)

    async def find_people(self, refs: Sequence[PersonRef]) -> tuple[Account | None, ...]:
        return await self._intake.find_people(refs)

    async def accounts_of(self, identities: Sequence[Identity]) -> tuple[Account | None, ...]:
        return tuple([await self._store.account_by_identity(each) for each in identities])

    async def preview(self, address: str) -> Pin | Refusal:
        return await self._known_pins.preview(address)

    async def pin_id(self, address: str) -> PinId | Refusal:
        return await self._known_pins.pin_id(address)

    async def recent_pins(self, asker: AccountId, limit: int) -> tuple[Pin, ...]:
        return await self._store.recent_pins(asker, limit)

    # --- reading --------------------------------------------------------------------------

    async def inbox(self, asker: AccountId, limit: int = 20) -> tuple[ThreadLine, ...]:
        return await self._store.inbox(asker, limit)

    async def open(self, asker: AccountId, code: str) -> ThreadView | Refusal:
        wanted = code.strip().lower()
        if len(wanted) < _SHORTEST_CODE or not wanted.isalnum():
            return NO_THREAD
        found = await self._store.threads_like(asker, wanted)
        if not found:
            return NO_THREAD
        if len(found) > 1:
            return Refusal(
                "ambiguous_thread",
                "Several of your threads begin so. Give more of the id, or open it from the inbox.",
            )
        thread = found[0]
        head = await self._store.head(thread.conversation)
        pin = await self._store.pin(thread.pin)
        assert head is not None
        assert pin is not None
        members = [await self._known(account) for account in head.present()]
        mirrors = await self._store.mirrors_of(thread.id)
        return ThreadView(
            thread.id,
            head.id,
            short_code(thread.id),
            pin,
            tuple(members),
            tuple(m for m in mirrors if m.account == asker and m.until_seq is None),
        )

    async def page(
        self,
        asker: AccountId,
        thread: ThreadId,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> Page | Refusal:
        return await self._pages.page(asker, thread, before=before, after=after, limit=limit)

    async def line(self, asker: AccountId, thread: ThreadId, message: MessageId) -> Line | Refusal:
        return await self._pages.line(asker, thread, message)

    async def may_read(self, asker: AccountId, file: str) -> bool:
        return await self._store.may_read(asker, file)

    async def _known(self, account: AccountId) -> Account:
        found = await self._store.account(account)
        assert found is not None
        return found

    # --- live -----------------------------------------------------------------------------

    async def feed(
        self, asker: AccountId, after: int, limit: int
    ) -> tuple[tuple[FeedItem, ...], int]:
        return await self._store.feed(asker, after, limit)

    async def feed_end(self) -> int:
        return await self._store.feed_end()

    @asynccontextmanager
    async def changes(self) -> AsyncIterator[AsyncIterator[Change]]:
        hints: asyncio.Queue[Change] = asyncio.Queue(_MOST_HINTS)

        def listen(change: Change) -> None:
            # A reader that is so far behind reads everything again anyway.
            if not hints.full():
                hints.put_nowait(change)

        async def each() -> AsyncIterator[Change]:
            while True:
                yield await hints.get()

        unsubscribe = self._wakeups.subscribe(listen)
        try:
            yield each()
        finally:
            unsubscribe()

    async def strips(
        self, platform: str, channel: str, limit: int = 200
    ) -> Mapping[RemoteId, tuple[Delivery, ...]]:
        placed = await self._store.placed_in(platform, channel, limit)
        threads: dict[ThreadId, list[tuple[int, MessageId]]] = {}
        for _, thread, seq, message in placed:
            threads.setdefault(thread, []).append((seq, message))
        states: dict[MessageId, tuple[Delivery, ...]] = {}
        for thread, said in threads.items():
            states |= await self._store.deliveries(thread, said)
        return {remote: states.get(message, ()) for remote, _, _, message in placed}

    async def waiting(self) -> Mapping[str, int]:
        return await self._store.waiting()

    # --- the installation -----------------------------------------------------------------

    async def secret(self, name: str) -> bytes:
        return await self._store.secret(name)

    async def use_once(self, token: str) -> bool:
        return await self._store.use_once(token, self._now())

    @property
    def _known_pins(self) -> Pins:
        assert self._pins is not None
        return self._pins
