"""The program as adapters and the web see it: the engine behind `core.ports.desk.Desk`.

Questions are answered from the store, within what the asker may see; intents go
to the intake. Nothing is decided here.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from bridge.catchup.healing import Healing
from bridge.catchup.strays import Stray, Strays
from bridge.catchup.sweeps import CatchUp, Progress
from bridge.delivery.lanes import Lanes
from bridge.intake.finding import message_of
from bridge.intake.intake import Intake
from bridge.intake.later import REPLY
from bridge.operator.erasing import Erasing
from bridge.operator.exporting import Exporting
from bridge.operator.retrying import Retrying
from bridge.people import People
from bridge.pins import Pins
from bridge.reading.pages import Pages
from bridge.reading.searching import Searching
from bridge.telemetry import Metrics
from bridge.timers.timers import Timers
from core.asking import MOST_CHOICES, Office
from core.delivery import Delivery, Receipt
from core.ids import AccountId, MessageId, PinId, RemoteId, SpaceId, ThreadId, short_code
from core.intents import (
    EditMessage,
    InDirect,
    InSpace,
    Intent,
    PersonRef,
    React,
    RemoteMessage,
    Somebody,
)
from core.model import (
    Account,
    AccountKind,
    Binding,
    BindingKind,
    Identity,
    Mirror,
    Pin,
    Place,
    Refusal,
    Request,
    Status,
    Thread,
)
from core.ports.adapter import Adapter
from core.ports.needs import Wakeups
from core.ports.outcomes import Accepted, Outcome
from core.ports.reading import (
    Archive,
    Change,
    Line,
    Page,
    PlaceLook,
    ThreadLine,
    ThreadView,
    Timer,
    Which,
)
from core.ports.rows import FeedItem
from core.ports.store import Store
from core.rules import NO_THREAD
from core.search import Hits, SearchQuery
from core.sweep import Seen

log = logging.getLogger("pinthread.desk")

_SHORTEST_CODE = 4
_MOST_HINTS = 1_000
EXPOSED = "Others can read this channel now. Make it private, or connect another one."
_MOST_TOLD = 100
"""Threads of a place whose readers hear at once that it has changed."""
LATE = timedelta(seconds=10)
"""How old a reaction may be that is told and believed. Slack tells again after minutes."""


class Desk(People):
    """Composes intake, store, pins and lanes."""

    def __init__(
        self,
        store: Store,
        intake: Intake,
        wakeups: Wakeups,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(store, intake, now)
        self._wakeups = wakeups
        self._metrics = metrics
        self._lanes: Lanes | None = None
        self._pins: Pins | None = None
        self._retrying: Retrying | None = None
        self._catch_up: CatchUp | None = None
        self._strays: Strays | None = None
        self._healing: Healing | None = None
        self._pages = Pages(store)
        self._office: Office | None = None
        self._timers: Timers | None = None
        self._searching: Searching | None = None
        self._exporting: Exporting | None = None
        self._erasing: Erasing | None = None
        self._adapters: Mapping[str, Adapter] = {}
        self._exposures: Counter[Place] = Counter()
        """News of who can read a place: a look that began before is old."""
        self._archive_page: Callable[[str], str] = lambda token: ""

    def connect(
        self,
        lanes: Lanes,
        pins: Pins,
        retrying: Retrying | None = None,
        catch_up: CatchUp | None = None,
        strays: Strays | None = None,
        healing: Healing | None = None,
        office: Office | None = None,
        timers: Timers | None = None,
    ) -> None:
        """These need the desk, and the desk needs them."""
        self._lanes = lanes
        self._pins = pins
        self._retrying = retrying
        self._catch_up = catch_up
        self._strays = strays
        self._healing = healing
        self._office = office
        self._timers = timers

    def serve(
        self,
        searching: Searching | None = None,
        exporting: Exporting | None = None,
        erasing: Erasing | None = None,
        adapters: Mapping[str, Adapter] | None = None,
        archive_page: Callable[[str], str] | None = None,
    ) -> None:
        """What the office asks for; `archive_page` gives the address of an export."""
        self._searching = searching
        self._exporting = exporting
        self._erasing = erasing
        self._adapters = adapters or {}
        self.presence.ask(self._adapters)
        self._archive_page = archive_page or (lambda token: "")

    @property
    def office(self) -> Office:
        assert self._office is not None
        return self._office

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
        if isinstance(intent.what, EditMessage) and isinstance(outcome, Accepted):
            await self._edited(intent.what, outcome)
        elif isinstance(intent.what, React) and intent.at is not None and intent.as_of is None:
            self._doubt(intent.what, intent.at)
        return outcome

    def _doubt(self, reaction: React, at: datetime) -> None:
        """What is told late may have been taken back since, and that been told already."""
        about = reaction.message
        if self._catch_up is None or not isinstance(about, RemoteMessage):
            return
        if self._now() - at > LATE:
            self._catch_up.doubt(about.platform, about.remote)

    async def connect_place(self, binding: Binding) -> Refusal | None:
        known = await self._store.binding_at(binding.place)
        refused = await super().connect_place(binding)
        if refused is not None:
            return refused
        if known is not None and known.kind is binding.kind and not known.paused:
            return None  # its mode has changed, or its name: nothing that others must hear of
        if binding.kind is BindingKind.INBOX:
            await self.look_at(binding)  # news of a place that was nobody's are not heard
        if self._lanes is not None:
            # A new inbox has threads to show, and one that was paused what came meanwhile.
            await self._lanes.look(binding.place.platform)
        return None

    async def _edited(self, edit: EditMessage, outcome: Accepted) -> None:
        if self._retrying is not None and not outcome.repeated:
            await self._retrying.edited(edit.message, outcome.thread)

    def echo(self, delivery: str, receipt: Receipt) -> None:
        if self._lanes is not None:
            self._lanes.echo(delivery, receipt)

    def online(self, platform: str, *, up: bool) -> None:
        self._metrics.connected.set(platform, to=float(up))
        if up and self._lanes is not None:
            self._lanes.try_now(platform)

    def gap(self, platform: str, reason: str) -> None:
        self.presence.forget_all(platform)
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
        self,
        place: Place,
        *,
        label: str | None = None,
        trouble: str | None = None,
        exposed: bool | None = None,
    ) -> None:
        if not place.channel:
            workspace = place.platform, place.workspace
            for each in await self._store.bindings():
                if (each.place.platform, each.place.workspace) == workspace:
                    await self.place_changed(each.place, trouble=trouble)
            return
        binding = await self._store.binding_at(place)
        if binding is not None:
            await self._changed(binding, label, trouble, exposed)

    async def _changed(
        self, binding: Binding, label: str | None, trouble: str | None, exposed: bool | None
    ) -> None:
        place = binding.place
        if label is not None and label != binding.label:
            await self._store.label_place(binding.id, label)
        if exposed is not None:
            await self._expose(binding, exposed=exposed)
        if trouble is not None:
            log.warning("place_broken", extra={"platform": place.platform, "remedy": trouble})
            await self._store.break_place(binding.id, trouble, self._now())
        elif label is None:
            if self._lanes is not None:
                self._lanes.mended()
            await self._store.mend_place(binding.id)
            if self._lanes is not None:
                await self._lanes.look(place.platform)
        for spot in await self._store.spots_at(place, _MOST_TOLD):
            self._wakeups.publish(Change(spot.head.id, spot.thread.id, "delivery"))

    async def look_at(self, binding: Binding) -> bool:
        """Finds out who can read a brand's inbox; False where its platform does not say."""
        place = binding.place
        heard = self._exposures[place]
        look = await self.describe(place)
        if look is None or heard != self._exposures[place]:
            return look is not None  # what was heard meanwhile is newer
        known, exposed = await self._store.binding(binding.id), look.shared or not look.private
        if known is not None and known.paused is not exposed:
            await self.place_changed(place, exposed=exposed)
        return True

    async def _expose(self, binding: Binding, *, exposed: bool) -> None:
        """A brand's inbox that others can read is paused until it is private again."""
        self._exposures[binding.place] += 1
        if binding.kind is not BindingKind.INBOX or binding.paused == exposed:
            return
        log.warning("place_paused" if exposed else "place_resumed")
        if not exposed and self._lanes is not None:
            self._lanes.mended()
        await self._store.pause_place(binding.id, EXPOSED if exposed else None)
        if not exposed and self._lanes is not None:
            await self._lanes.look(binding.place.platform)

    async def retry(self, asker: AccountId, thread: ThreadId, message: MessageId) -> Refusal | None:
        assert self._retrying is not None
        return await self._retrying.message(asker, thread, message)

    # --- people and pins ------------------------------------------------------------------

    async def account(self, actor: Somebody, place: Place | None = None) -> Account:
        return await self._intake.account(actor, place)

    async def people(self, asker: AccountId, prefix: str, limit: int) -> tuple[Account, ...]:
        return await self._store.accounts_like(prefix.strip().lstrip("@"), limit, asker)

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

    async def inbox(
        self,
        asker: AccountId,
        limit: int = 20,
        *,
        which: Which = Which.ALL,
        agent: AccountId | None = None,
        before: int | None = None,
    ) -> tuple[ThreadLine, ...]:
        return await self._store.inbox(asker, limit, which=which, agent=agent, before=before)

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
        return await self._view(asker, found[0])

    async def alike(self, asker: AccountId, code: str) -> tuple[ThreadView, ...]:
        found = await self._store.threads_like(asker, code.strip().lower(), MOST_CHOICES)
        return tuple([await self._view(asker, thread) for thread in found])

    async def _view(self, asker: AccountId, thread: Thread) -> ThreadView:
        head = await self._store.head(thread.conversation)
        pin = await self._store.pin(thread.pin)
        assert head is not None
        assert pin is not None
        members = [await self._known(account) for account in head.present_for(asker)]
        mine = next((m for m in reversed(head.members) if m.account == asker), None)
        brand = (await self._known(asker)).kind is AccountKind.BRAND
        assignee = await self._known(thread.assignee) if brand and thread.assignee else None
        return ThreadView(
            thread.id,
            head.id,
            short_code(thread.id),
            pin,
            tuple(members),
            await self.own_places(asker, thread.id),
            mine.request if mine else Request.NONE,
            mine.muted if mine else False,
            assignee,
            thread.status if brand else Status.OPEN,
            thread.until if brand else None,
        )

    async def own_places(self, asker: AccountId, thread: ThreadId) -> tuple[Mirror, ...]:
        mirrors = await self._store.mirrors_of(thread)
        return tuple(m for m in mirrors if m.account == asker and m.until_seq is None)

    async def thread_at(self, target: InSpace | InDirect) -> ThreadId | None:
        if isinstance(target, InSpace):
            spot = await self._store.spot(target.platform, target.space)
            return spot.thread.id if spot is not None else None
        if target.answers is not None:
            spot = await self._store.spot_of_message(target.place.platform, target.answers)
            if spot is not None:
                return spot.thread.id
        spots = await self._store.spots_at(target.place, 2)
        return spots[0].thread.id if len(spots) == 1 else None

    async def message_at(self, message: RemoteMessage) -> tuple[ThreadId, MessageId] | None:
        there = await self._store.placement_at(message.platform, message.remote)
        written = await self._store.written(message_of(there[1].item)) if there else None
        return (written.thread, written.id) if written is not None else None

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

    async def was_taken_back(self, file: str) -> bool:
        return await self._store.was_taken_back(file)

    async def _known(self, account: AccountId) -> Account:
        found = await self._store.account(account)
        assert found is not None
        return found

    # --- what is theirs -------------------------------------------------------------------

    async def search(
        self, asker: AccountId, query: SearchQuery, *, older: int | None = None, limit: int = 20
    ) -> Hits | Refusal:
        assert self._searching is not None
        return await self._searching.search(asker, query, older=older, limit=limit)

    async def export(self, asker: AccountId) -> Archive:
        assert self._exporting is not None
        made = await self._exporting.export(asker)
        return Archive(made.name, str(made.path), self._archive_page(made.token))

    def archive(self, token: str) -> Archive | None:
        path = None if self._exporting is None else self._exporting.found(token)
        return (
            None if path is None else Archive(f"{token}.zip", str(path), self._archive_page(token))
        )

    async def forget(self, asker: AccountId) -> None:
        assert self._erasing is not None
        await self._erasing.ask(asker)

    # --- channels -------------------------------------------------------------------------

    async def describe(self, place: Place) -> PlaceLook | None:
        adapter = self._adapters.get(place.platform)
        return await adapter.describe(place) if adapter is not None else None

    async def tell_mode(self, place: Place, line: str) -> None:
        adapter = self._adapters.get(place.platform)
        if adapter is not None:
            await adapter.say(place, line)
        binding = await self._store.binding_at(place)
        if binding is not None:
            await self._waits.modes.begin(binding)
            self._waits.wake()

    # --- what waits -----------------------------------------------------------------------

    async def timer(self, timer: str) -> Timer | None:
        return await self._store.timer(timer)

    async def held_replies(self, thread: ThreadId, account: AccountId) -> tuple[Timer, ...]:
        found = await self._store.timers_of(thread, REPLY)
        return tuple(one for one in found if one.account == account)

    async def release(
        self, timer: str, actor: Somebody, place: Place | None = None, *, away: bool = False
    ) -> Outcome:
        return await self._waits.release(timer, await self._intake.acting(actor, place, away=away))

    async def undo(
        self, timer: str, actor: Somebody, place: Place | None = None, *, away: bool = False
    ) -> Refusal | None:
        return await self._waits.undo(timer, await self._intake.acting(actor, place, away=away))

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
    def _waits(self) -> Timers:
        assert self._timers is not None
        return self._timers

    @property
    def _known_pins(self) -> Pins:
        assert self._pins is not None
        return self._pins
