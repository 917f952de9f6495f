"""The way of one batch of events into one mirror.

Asks the core what the mirror shows, makes one remote call after another, and
stores what it is about to do before each call and the receipt after it. What
ended unclear is looked for before it is made again. Which lanes run, and when,
is the matter of `bridge.delivery.lanes`.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from bridge.delivery.underway import UnderWay
from bridge.intake.finding import message_of
from bridge.telemetry import Metrics
from core.audience import shown_to
from core.capabilities import Capabilities
from core.delivery import (
    Absent,
    Failure,
    FailureKind,
    Receipt,
    Sending,
    Show,
    Step,
    Verb,
    Write,
)
from core.events import CardFilled, Event, FileAdded
from core.files import FileRef
from core.ids import MessageId, MirrorId, RemoteId, SpaceId, ThreadId, delivery_id
from core.model import AUTHOR, CARD, BindingKind, Mirror, MirrorState, Placement
from core.ports.adapter import Adapter
from core.ports.needs import Budgets, Cost, Wakeups
from core.ports.reading import Change
from core.ports.rows import Again, Due, LaneWork, Refused
from core.ports.store import Store
from core.project import NAMED_REACTIONS, View, again, card, in_words, project, title

log = logging.getLogger("pinthread.lanes")
PINGS = timedelta(minutes=10)
"""What comes later than that after it was said makes no noise: it was found late, or waited."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an unclear outcome is given, in seconds.

    `settle` passes before the first look, `second_look` between the first and the
    second; only what is absent twice is sent again. Where a platform is away, a
    lane tries again after `retry_first`, doubled each time up to `retry_most`.
    """

    settle: float = 5.0
    second_look: float = 30.0
    retry_first: float = 1.0
    retry_most: float = 60.0

    def pause(self, attempts: int) -> float:
        """Seconds to wait, spread so that lanes do not all come back at once."""
        longest: float = min(self.retry_first * 2.0 ** min(attempts, 20), self.retry_most)
        return longest * random.uniform(0.6, 1.0)  # noqa: S311 (spread, not secrecy)


@dataclass(slots=True)
class Means:
    """What every lane works with.

    `on_appeared` hears of every thread and message that has been placed. `copies` gives
    the address of a file's web copy. `park` brings a lane back after some seconds.
    `gives_way` says whether a lane that must wait with an event from then on is in the
    way of one that waits for longer; it is started again after that.
    `unclear` hears of calls of which nobody knows whether they are still to be made.
    `echoes` are our own writes that may be seen on their platform before they are
    answered. `under_way` are the posts whose receipts are still out. `waits` holds the tasks
    that are between two calls, so that a stop need not wait for them.
    """

    store: Store
    budgets: Budgets
    wakeups: Wakeups
    metrics: Metrics
    now: Callable[[], datetime]
    secret: bytes
    patience: Patience
    on_appeared: Callable[[str, SpaceId | RemoteId], Awaitable[None]]
    copies: Callable[[FileRef], str]
    park: Callable[[Due, float], None]
    gives_way: Callable[[Mirror, datetime], bool]
    stopping: Callable[[], bool]
    unclear: Callable[[Write], None] = lambda _: None
    mends: int = 0
    """How often a place was mended: a refusal of a call from before that is out of date."""
    echoes: dict[str, asyncio.Future[Receipt]] = field(default_factory=dict)
    under_way: UnderWay = field(default_factory=UnderWay)
    waits: set[asyncio.Task[object]] = field(default_factory=set)
    fills: dict[MirrorId, asyncio.Timeout] = field(default_factory=dict)
    """Lanes that fill a new place and wait behind live traffic."""
    live: set[MirrorId] = field(default_factory=set)
    """Lanes that run and have been told of something new in their threads."""

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Inside, nothing is under way: a stop may cancel the task here."""
        task = asyncio.current_task()
        assert task is not None
        self.waits.add(task)
        try:
            yield
        finally:
            self.waits.discard(task)


class Course:
    """The way of one batch of events into one mirror."""

    def __init__(self, means: Means, adapter: Adapter, work: LaneWork) -> None:
        self._means = means
        self._mends = means.mends
        self._store = means.store
        self._adapter = adapter
        self._work = work
        self._mirror = work.mirror
        self._cursor = work.mirror.cursor
        self._attempts = work.mirror.attempts
        self._refusals = 0
        self._since: datetime | None = None  # of the event on its way, if it is a new one
        self._newest = work.newest
        self._known = work.known
        # What the place holds changes on the way, and later events of the batch must know.
        self._placed = dict(work.placed)
        self._shown = dict(work.shown)
        can = adapter.capabilities_at(work.mirror.place)
        self._filling = work.filling
        if work.ping and (work.filling or _is_late(work, means.now())):
            work = replace(work, ping=())
        self._view = view_of(work, can, means.copies, self._placed, self._shown)
        self._passed = work.mirror.cursor
        self._begun: tuple[Sending, Write] | None = None
        self._left = bool(work.again)  # what has been refused comes before what is new

    @property
    def thread(self) -> ThreadId:
        return self._mirror.thread

    @property
    def mirror(self) -> Mirror:
        return self._mirror

    @property
    def last(self) -> datetime | None:
        """When the last event of the batch was done."""
        return self._work.events[-1].at if self._work.events else None

    def begin(self) -> Sending | None:
        """What the first call is for, if it may be made at once; it is to be stored before `run`.

        Only where nothing had begun.
        """
        return self._begin(self._coming())

    async def run(self) -> bool:
        """Delivers what was read, what had begun first. False: the lane must wait."""
        try:
            return await self._run()
        finally:
            self._means.under_way.ends(self._mirror.id)

    async def _run(self) -> bool:
        if not await self._left_over():
            return False
        while self._begun is not None or not self._means.stopping():
            sending = self._coming() if self._begun is None else self._begun[0]
            if sending is None:
                break
            if not await self._deliver(sending):
                return False
        if self._passed > self._cursor:
            await self._store.pass_over(self._mirror.id, self._passed)
        return not self._means.stopping()

    async def _left_over(self) -> bool:
        """What had begun, and what shall be tried once more. False: the lane must wait."""
        begun = self._work.sending
        if begun is not None and not await self._deliver(begun, found=True):
            return False
        for one in self._work.again:
            if self._means.stopping() or not await self._again(one):
                return False
        self._left = False
        return True

    async def _again(self, one: Again) -> bool:
        """Tries once more what was refused. False: the lane must wait."""
        if self._wants_card(one.event) and not await self._deliver(self._card()):
            return False
        show, refusals = again(self._view, one.event, self._mirror), self._refusals
        if show is not None and not await self._deliver(self._sending(show, self._cursor)):
            return False
        if self._refusals == refusals:
            await self._store.forgive(self._mirror.id, one.item)
        self._tell(one.event)
        return True

    def _card(self) -> Sending:
        return self._sending(card(self._view, self._work.thread.tail), self._cursor)

    def _coming(self) -> Sending | None:
        """What the mirror shows next. Events that show nothing are passed."""
        if self._left:
            return None
        for event in self._work.events:
            if event.seq <= self._cursor or event.seq <= self._passed:
                continue
            self._since = event.at
            if self._wants_card(event):
                return self._card()
            show = project(self._view, event, self._mirror)
            if show is not None:
                return self._sending(show, event.seq)
            self._passed = event.seq
        return None

    def _wants_card(self, event: Event) -> bool:
        """A mirror begins with its card, as soon as it has anything to show."""
        mirror = self._mirror
        if mirror.root is not None or event.seq < mirror.from_seq:
            return False
        if mirror.until_seq is not None and event.seq > mirror.until_seq:
            return False
        shared = mirror.kind is BindingKind.PROJECT
        return shown_to(event, mirror.account, shared=shared) and not isinstance(
            event.what, CardFilled
        )

    def _begin(self, sending: Sending | None) -> Sending | None:
        """Takes what the call costs if nobody waits for it. The mark goes with another write."""
        if sending is None or self._means.stopping():
            return None
        write = self._write(sending)
        if not self._means.budgets.try_take(self._adapter.costs(write)):
            return None
        begun = sending if sending.in_flight else replace(sending, in_flight=True)
        self._begun = begun, write
        return begun

    def _sending(self, show: Show, seq: int) -> Sending:
        return Sending(show.item, seq, show.revision, show.steps, anchor=self._newest)

    async def _deliver(self, sending: Sending, *, found: bool = False) -> bool:
        """Brings one item to its end. `found`: it had begun before and its outcome is unclear.

        What has once been unclear is looked for again before each later attempt, however clear
        the failures since: the first call may be applied while its place refuses the others.
        """
        unclear = doubted = found and sending.in_flight
        while True:
            stored = None if self._begun is None else self._begun[1]
            self._begun = None
            write = stored or self._write(sending)
            if unclear:
                result: Receipt | Absent | Failure = await self._find(write)
                if isinstance(result, Absent):
                    unclear = False
                    continue
            else:
                if stored is None:
                    if not await self._turn(write):
                        return False
                    begun = sending if sending.in_flight else replace(sending, in_flight=True)
                    await self._store.begin(self._mirror.id, begun)
                result = await self._call(write)
            assert not isinstance(result, Absent)
            gone = not isinstance(result, Receipt) and _is_gone(write, result)
            if isinstance(result, Receipt) or gone:
                unclear = doubted = False
                next_sending = await self._advance(sending, result, write)
                if next_sending is None:
                    return True
                sending = next_sending
                continue
            if not result.certain and not unclear:
                log.info("outcome_unclear", extra=self._fields(result))
                self._means.unclear(write)
                unclear = doubted = True
                continue
            if result.kind is FailureKind.RATE and not unclear:
                await self._store.begin(self._mirror.id, replace(sending, in_flight=doubted))
                self._means.under_way.ends(self._mirror.id)
                async with self._means.waiting():
                    await asyncio.sleep(max(result.retry_after or 0.0, 0.05))
                continue
            kept = sending if doubted else replace(sending, in_flight=False)
            return await self._failed(kept, result, unclear=unclear)

    async def _turn(self, write: Write) -> bool:
        """Waits until the budgets allow the call. False: it stops, or others come first."""
        costs = self._adapter.costs(write)
        if not self._means.budgets.try_take(costs):
            at = self._since
            if at is not None and self._means.gives_way(self._mirror, at):
                return False
            since = 0.0 if at is None else at.timestamp()
            quiet = write.step.verb in _QUIET
            async with self._means.waiting():
                behind = self._filling and self._mirror.id not in self._means.live
                if behind and await self._fills(costs, since):
                    return not self._means.stopping()
                await self._means.budgets.take(costs, backfill=quiet, since=since)
        return not self._means.stopping()

    async def _fills(self, costs: Sequence[Cost], since: float) -> bool:
        """Waits behind what is live, with the newest words first.

        False: something has happened in the thread, and what comes before that is live now.
        """
        try:
            async with asyncio.timeout(None) as wait:
                self._means.fills[self._mirror.id] = wait
                await self._means.budgets.take(costs, backfill=True, since=-since)
        except TimeoutError:
            self._filling = False
        finally:
            del self._means.fills[self._mirror.id]
        return self._filling

    async def _call(self, write: Write) -> Receipt | Failure:
        waiting: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._means.echoes[write.delivery] = waiting
        self._posts(write)
        self._mends = self._means.mends
        result = await self._adapter.write(write)
        kind = result.kind if isinstance(result, Failure) else "ok"
        self._means.metrics.writes.add(self._mirror.place.platform, kind)
        if isinstance(result, Receipt) or result.certain:
            del self._means.echoes[write.delivery]
        return result

    async def _find(self, write: Write) -> Receipt | Absent | Failure:
        """Waits for our own echo, then looks, twice."""
        echoes = self._means.echoes
        self._posts(write)
        waiting = echoes.setdefault(write.delivery, asyncio.get_running_loop().create_future())
        patience = self._means.patience
        try:
            for pause in (patience.settle, patience.second_look):
                async with self._means.waiting():
                    await asyncio.wait((waiting,), timeout=pause)
                if waiting.done():
                    return waiting.result()
                result = await self._adapter.find(write)
                if not isinstance(result, Absent):
                    return result
            return Absent()
        finally:
            echoes.pop(write.delivery, None)

    def _posts(self, write: Write) -> None:
        if write.step.verb is Verb.POST:
            self._means.under_way.begins(self._mirror.id)

    def _write(self, sending: Sending) -> Write:
        step = sending.steps[sending.at]
        there = self._at(step.target) if step.target is not None else None
        return Write(
            delivery=delivery_id(
                self._means.secret, self._mirror.id, named(sending, step), step.index
            ),
            mirror=self._mirror,
            step=step,
            title=title(self._view) if sending.item == CARD else "",
            poster=there.poster if there is not None else "",
            revision=sending.revision,
            inner=sending.inner,
            data=sending.data,
            anchor=sending.anchor,
            known=self._known,
        )

    async def _advance(
        self, sending: Sending, result: Receipt | Failure, write: Write
    ) -> Sending | None:
        """Stores a receipt. Gives what is sent next of the same item, or None: it is done.

        What comes next begins with it, if its call may be made at once. Where what was to
        be changed is gone there, its step is done too.
        """
        step = write.step
        gone = isinstance(result, Failure)
        receipt = (
            Receipt(step.target or RemoteId(""), "") if isinstance(result, Failure) else result
        )
        after = _after(sending, receipt)
        root = space = placement = reacted = None
        if receipt.inner is None:
            placement = self._placement(sending, step, receipt, gone=gone)
            reacted = None if gone else _reacted(sending, step)
            if sending.item == CARD and step.verb is Verb.POST:
                root, space = receipt.remote, receipt.space
        if root is not None:
            self._mirror = replace(self._mirror, root=root, space=space)
        self._remember(placement, reacted)
        if step.verb is Verb.POST:
            self._newest = receipt.remote
            self._known |= {receipt.remote}
        if after is None:
            self._cursor = max(self._cursor, sending.seq)
            self._observe(sending)
        begun = self._begin(self._coming() if after is None else after)
        await self._store.placed(
            self._mirror.id,
            placement,
            sending=begun or after,
            cursor=None if after else sending.seq,
            root=root,
            space=space,
            reacted=reacted,
        )
        if receipt.inner is None:
            self._means.under_way.ends(self._mirror.id)
        self._attempts = 0
        if after is None:
            self._tell(self._event(sending))
        if space is not None:
            await self._appeared(space)
        if step.verb is Verb.POST and receipt.inner is None:
            await self._appeared(receipt.remote)
        return None if after is None else begun or after

    def _observe(self, sending: Sending) -> None:
        if self._work.filling:
            return  # it is as old as it is
        for event in self._work.events:
            if event.seq == sending.seq:
                took = (self._means.now() - event.at).total_seconds()
                platform = self._mirror.place.platform
                self._means.metrics.delivery_seconds.observe(platform, value=took)

    async def _appeared(self, appeared: SpaceId | RemoteId) -> None:
        """What is placed now may be what held words, edits or reactions wait for."""
        platform = self._mirror.place.platform
        if self._store.awaits(platform, appeared):
            await self._means.on_appeared(platform, appeared)

    def _placement(
        self, sending: Sending, step: Step, receipt: Receipt, *, gone: bool
    ) -> Placement | None:
        """What the mirror holds after the step. An edit to fewer parts frees their places."""
        mirror, item, revision = self._mirror.id, sending.item, sending.revision
        if step.verb is Verb.POST:
            return Placement(mirror, item, step.index, receipt.remote, receipt.poster, revision)
        if item == CARD:
            if gone or step.target is None:
                return None
            return Placement(mirror, CARD, 0, step.target, receipt.poster, revision)
        there = self._at(step.target)
        if there is None:
            return None
        if step.verb is Verb.DELETE:
            # A message that is deleted may change the quotes in others.
            parts = [one for one in sending.steps if not self._is_another(one, item)]
            fewer = any(other.verb is not Verb.DELETE for other in parts)
            fewer = fewer or step.index == NAMED_REACTIONS
            return replace(there, removed=True, poster="" if fewer else there.poster)
        if gone:
            # That its author took it back is for the history to say first.
            return None if there.poster == AUTHOR else replace(there, removed=True)
        if step.verb is Verb.EDIT and there.item == item:
            return replace(there, revision=revision)
        return None

    def _is_another(self, step: Step, item: str) -> bool:
        there = None if step.target is None else self._at(step.target)
        return there is not None and message_of(there.item) != message_of(item)

    def _at(self, remote: RemoteId | None) -> Placement | None:
        for placed in self._placed.values():
            for one in placed:
                if one.remote == remote:
                    return one
        return None

    def _remember(
        self, placement: Placement | None, reacted: tuple[MessageId, str, bool] | None
    ) -> None:
        if placement is not None and placement.item == CARD:
            self._view = replace(self._view, card_revision=placement.revision)
        elif placement is not None:
            parts = {one.part: one for one in self._placed.get(placement.item, ())}
            parts[placement.part] = placement
            self._placed[placement.item] = tuple(parts.values())
        if reacted is not None:
            message, emoji, on = reacted
            before = self._shown.get(message, frozenset())
            self._shown[message] = before | {emoji} if on else before - {emoji}

    async def _failed(self, sending: Sending, failure: Failure, *, unclear: bool) -> bool:
        """What a failure that is clear, or a search that failed, does to the lane."""
        fields = self._fields(failure)
        mirror = self._mirror.id
        changes = sending.steps[sending.at].verb is not Verb.POST
        if not unclear:
            await self._store.begin(mirror, sending)
        mended = failure.kind is FailureKind.PLACE and self._mends != self._means.mends
        match FailureKind.TRANSIENT if unclear or mended else failure.kind:
            case FailureKind.TRANSIENT | FailureKind.RATE:
                pause = self._means.patience.pause(self._attempts)
                log.info("lane_waits", extra={**fields, "seconds": round(pause, 1)})
                retry_at = self._means.now() + timedelta(seconds=pause)
                await self._store.park(
                    mirror,
                    attempts=self._attempts + 1,
                    retry_at=retry_at,
                    reason=failure.remedy or failure.code,
                    since=self._means.now(),
                )
                place = self._mirror.place
                due = Due(mirror, place.platform, place.channel, retry_at, self._since)
                self._means.park(due, pause)
                self._tell(self._event(sending))
                return False
            case FailureKind.FOREIGN | FailureKind.EMOJI if changes and self._in_words(sending):
                log.info("told_in_words", extra=fields)
                words = self._in_words(sending)
                assert words is not None
                return await self._deliver(self._sending(words, sending.seq))
            case FailureKind.EVENT if sending.item != CARD:
                log.warning("event_refused", extra=fields)
                reason = failure.remedy or failure.code
                await self._pass_over(sending, self._refused(sending, reason))
                return True
            case FailureKind.GONE | FailureKind.FOREIGN | FailureKind.EVENT | FailureKind.EMOJI if (
                changes
            ):
                await self._pass_over(sending, None)
                return True
            case (
                FailureKind.PLACE
                | FailureKind.GONE
                | FailureKind.EVENT
                | FailureKind.FOREIGN
                | FailureKind.EMOJI
            ):
                log.warning("mirror_broken", extra=fields)
                reason = failure.remedy or failure.code
                await self._store.park(
                    mirror,
                    attempts=self._attempts + 1,
                    retry_at=None,
                    state=MirrorState.BROKEN,
                    reason=reason,
                    since=self._means.now(),
                )
                self._tell(self._event(sending))
                return False
            case _ as never:
                assert_never(never)

    async def _pass_over(self, sending: Sending, refused: Refused | None) -> None:
        self._refusals += refused is not None
        await self._store.pass_over(self._mirror.id, sending.seq, refused=refused)
        self._cursor = max(self._cursor, sending.seq)
        self._tell(self._event(sending))

    def _refused(self, sending: Sending, reason: str) -> Refused | None:
        """The author reads it at the message; nobody waits for what became of a reaction."""
        if sending.steps[sending.at].emoji:
            return None
        message = self._view.written.get(message_of(sending.item))
        of_again = [one.seq for one in self._work.again if one.item == sending.item]
        seq = message.seq if message is not None else (of_again or [sending.seq])[0]
        return Refused(sending.item, seq, reason, self._means.now())

    def _in_words(self, sending: Sending) -> Show | None:
        """What cannot be changed there is said; not that a quote of it could not."""
        if self._is_another(sending.steps[sending.at], sending.item):
            return None
        for event in self._work.events:
            if event.seq == sending.seq:
                return in_words(self._view, event)
        return None

    def _event(self, sending: Sending) -> Event | None:
        """What is sent; of a card, that in front of which it stands."""
        for one in self._work.again:
            if one.item == sending.item:
                return one.event
        seen = max(self._cursor, self._passed)
        for event in self._work.events:
            if event.seq == sending.seq or (sending.item == CARD and event.seq > seen):
                return event
        return None

    def _tell(self, event: Event | None) -> None:
        """Whoever may see the event hears of its copies; without one, all do."""
        conversation, thread = self._mirror.conversation, self._mirror.thread
        only, hidden = (None, ()) if event is None else (event.only, event.hidden)
        self._means.wakeups.publish(Change(conversation, thread, "delivery", only, hidden))

    def _fields(self, failure: Failure) -> dict[str, str]:
        place = self._mirror.place
        return {"mirror": self._mirror.id, "platform": place.platform, "code": failure.code}


_QUIET = frozenset({Verb.EDIT, Verb.DELETE, Verb.REACT, Verb.UNREACT})
"""What waits behind people's live messages."""


def _after(sending: Sending, receipt: Receipt) -> Sending | None:
    """What is sent next of the same item."""
    if receipt.inner is not None:
        return replace(sending, inner=receipt.inner, data=receipt.data, in_flight=False)
    if sending.at + 1 == len(sending.steps):
        return None
    posted = sending.steps[sending.at].verb is Verb.POST
    anchor = receipt.remote if posted else sending.anchor
    return replace(sending, at=sending.at + 1, inner=0, data={}, anchor=anchor, in_flight=False)


def named(sending: Sending, step: Step) -> str:
    """An edit or a reaction is another delivery than what it is about."""
    if step.index == NAMED_REACTIONS:
        return f"{sending.item}@{sending.seq} {step.verb} reactions"
    if step.verb is Verb.POST and (sending.revision == 1 or sending.item == CARD):
        return sending.item
    return f"{sending.item}@{sending.revision} {step.verb} {step.emoji}"


def _is_gone(write: Write, failure: Failure) -> bool:
    """What was to be changed is not there any more: it is not put back."""
    return failure.kind is FailureKind.GONE and write.step.verb is not Verb.POST


def _reacted(sending: Sending, step: Step) -> tuple[MessageId, str, bool] | None:
    if step.verb not in (Verb.REACT, Verb.UNREACT):
        return None
    return MessageId(sending.item), step.emoji, step.verb is Verb.REACT


def _is_late(work: LaneWork, now: datetime) -> bool:
    """What was found long after it was said, or waited for its place, pings nobody."""
    return not work.events or work.events[-1].at < now - PINGS


def view_of(
    work: LaneWork,
    capabilities: Capabilities,
    copies: Callable[[FileRef], str],
    placed: Mapping[str, tuple[Placement, ...]],
    shown: Mapping[MessageId, frozenset[str]],
) -> View:
    """What projecting the work's events needs, with what the mirror holds of them."""
    large = [
        event.what.file
        for event in (*work.events, *(one.event for one in work.again))
        if isinstance(event.what, FileAdded) and event.what.file.size > capabilities.file
    ]
    return View(
        thread=work.thread.id,
        pin=work.thread.pin,
        opened_by=work.opened_by,
        people=work.people,
        accounts=work.accounts,
        pins=work.pins,
        capabilities=capabilities,
        written=work.written,
        placed=placed,
        wanted=work.wanted,
        shown=shown,
        users=work.users,
        copies={file.id: copies(file) for file in large},
        card_revision=work.card_revision,
        events=work.events,
        later=work.later,
        since=work.mirror.from_seq,
        agents=work.agents,
        signatures=work.signatures,
        line=work.line,
        ping=work.ping,
    )
