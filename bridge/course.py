"""The way of one batch of events into one mirror.

Asks the core what the mirror shows, makes one remote call after another, and
stores what it is about to do before each call and the receipt after it. What
ended unclear is looked for before it is made again. Which lanes run, and when,
is the matter of `bridge.lanes`.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from bridge.finding import message_of
from bridge.telemetry import Metrics
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
from core.events import FileAdded
from core.files import FileRef
from core.ids import MessageId, RemoteId, SpaceId, delivery_id
from core.model import CARD, MirrorState, Placement
from core.ports import Adapter, Budgets, Change, Due, LaneWork, Store, Wakeups
from core.project import View, card, in_words, project, title

log = logging.getLogger("pinthread.lanes")


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
    `echoes` are our own writes that may be seen on their platform before they are
    answered. `waits` holds the tasks that are between two calls, so that a stop need
    not wait for them.
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
    stopping: Callable[[], bool]
    echoes: dict[str, asyncio.Future[Receipt]] = field(default_factory=dict)
    waits: set[asyncio.Task[object]] = field(default_factory=set)

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
        self._store = means.store
        self._adapter = adapter
        self._work = work
        self._mirror = work.mirror
        self._cursor = work.mirror.cursor
        self._attempts = work.mirror.attempts
        self._newest = work.newest
        self._known = work.known
        # What the place holds changes on the way, and later events of the batch must know.
        self._placed = dict(work.placed)
        self._shown = dict(work.shown)
        self._view = _view(work, adapter.capabilities, means.copies, self._placed, self._shown)

    async def run(self) -> bool:
        """Delivers what was read, what had begun first. False: the lane must wait."""
        begun = self._work.sending
        if begun is not None and not await self._deliver(begun, found=True):
            return False
        passed = self._cursor
        for event in self._work.events:
            if self._means.stopping():
                break
            if event.seq <= self._cursor:
                continue
            if not await self._card_first(event.seq):
                return False
            show = project(self._view, event, self._mirror)
            if show is None:
                passed = event.seq
                continue
            sending = self._sending(show, event.seq)
            if not await self._deliver(sending):
                return False
            passed = event.seq
            took = (self._means.now() - event.at).total_seconds()
            self._means.metrics.delivery_seconds.observe(self._mirror.place.platform, value=took)
        if passed > self._cursor:
            await self._store.pass_over(self._mirror.id, passed)
        return not self._means.stopping()

    async def _card_first(self, seq: int) -> bool:
        """A mirror begins with its card, as soon as it has anything to show."""
        mirror = self._mirror
        ended = mirror.until_seq is not None and seq > mirror.until_seq
        if mirror.root is not None or seq < mirror.from_seq or ended:
            return True
        revision = self._work.thread.tail
        shown = card(self._view, revision)
        if not await self._deliver(self._sending(shown, self._cursor)):
            return False
        self._view = replace(self._view, card_revision=revision)
        return self._mirror.root is not None

    def _sending(self, show: Show, seq: int) -> Sending:
        return Sending(show.item, seq, show.revision, show.steps, anchor=self._newest)

    async def _deliver(self, sending: Sending, *, found: bool = False) -> bool:
        """Brings one item to its end. `found`: it had begun before and its outcome is unclear."""
        unclear = found and sending.in_flight
        while True:
            write = self._write(sending)
            if unclear:
                result: Receipt | Absent | Failure = await self._find(write)
                if isinstance(result, Absent):
                    unclear = False
                    continue
            else:
                if not await self._turn(write):
                    return False
                begun = sending if sending.in_flight else replace(sending, in_flight=True)
                await self._store.begin(self._mirror.id, begun)
                result = await self._call(write)
            assert not isinstance(result, Absent)
            gone = not isinstance(result, Receipt) and _is_gone(write, result)
            if isinstance(result, Receipt) or gone:
                unclear = False
                next_sending = await self._advance(sending, result, write)
                if next_sending is None:
                    return True
                sending = next_sending
                continue
            if not result.certain and not unclear:
                log.info("outcome_unclear", extra=self._fields(result))
                unclear = True
                continue
            if result.kind is FailureKind.RATE and not unclear:
                await self._store.begin(self._mirror.id, replace(sending, in_flight=False))
                async with self._means.waiting():
                    await asyncio.sleep(max(result.retry_after or 0.0, 0.05))
                continue
            return await self._failed(sending, result, unclear=unclear)

    async def _turn(self, write: Write) -> bool:
        """Waits until the budgets allow the call. False: the program stops."""
        costs = self._adapter.costs(write)
        if not self._means.budgets.try_take(costs):
            async with self._means.waiting():
                await self._means.budgets.take(costs, backfill=write.step.verb in _QUIET)
        return not self._means.stopping()

    async def _call(self, write: Write) -> Receipt | Failure:
        waiting: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._means.echoes[write.delivery] = waiting
        result = await self._adapter.write(write)
        kind = result.kind if isinstance(result, Failure) else "ok"
        self._means.metrics.writes.add(self._mirror.place.platform, kind)
        if isinstance(result, Receipt) or result.certain:
            del self._means.echoes[write.delivery]
        return result

    async def _find(self, write: Write) -> Receipt | Absent | Failure:
        """Waits for our own echo, then looks, twice."""
        echoes = self._means.echoes
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

    def _write(self, sending: Sending) -> Write:
        step = sending.steps[sending.at]
        there = self._at(step.target) if step.target is not None else None
        return Write(
            delivery=delivery_id(
                self._means.secret, self._mirror.id, _named(sending, step), step.index
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

        Where what was to be changed is gone there, its step is done too.
        """
        step = write.step
        gone = isinstance(result, Failure)
        receipt = (
            Receipt(step.target or RemoteId(""), "") if isinstance(result, Failure) else result
        )
        after: Sending | None = None
        if receipt.inner is not None:
            after = replace(sending, inner=receipt.inner, data=receipt.data, in_flight=False)
        elif sending.at + 1 < len(sending.steps):
            anchor = receipt.remote if step.verb is Verb.POST else sending.anchor
            after = replace(
                sending, at=sending.at + 1, inner=0, data={}, anchor=anchor, in_flight=False
            )
        root = space = placement = reacted = None
        if receipt.inner is None:
            placement = self._placement(sending, step, receipt, gone=gone)
            reacted = None if gone else _reacted(sending, step)
            if sending.item == CARD and step.verb is Verb.POST:
                root, space = receipt.remote, receipt.space
        await self._store.placed(
            self._mirror.id,
            placement,
            sending=after,
            cursor=None if after else sending.seq,
            root=root,
            space=space,
            reacted=reacted,
        )
        self._attempts = 0
        if root is not None:
            self._mirror = replace(self._mirror, root=root, space=space)
        self._remember(placement, reacted)
        if step.verb is Verb.POST:
            self._newest = receipt.remote
            self._known |= {receipt.remote}
        if after is None:
            self._cursor = max(self._cursor, sending.seq)
            self._tell()
        if space is not None:
            await self._appeared(space)
        if step.verb is Verb.POST and receipt.inner is None:
            await self._appeared(receipt.remote)
        return after

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
            fewer = any(other.verb is not Verb.DELETE for other in sending.steps)
            return replace(there, removed=True, poster="" if fewer else there.poster)
        if gone:
            return replace(there, removed=True)
        if step.verb is Verb.EDIT and there.item == item:
            return replace(there, revision=revision)
        return None

    def _at(self, remote: RemoteId | None) -> Placement | None:
        for placed in self._placed.values():
            for one in placed:
                if one.remote == remote:
                    return one
        return None

    def _remember(
        self, placement: Placement | None, reacted: tuple[MessageId, str, bool] | None
    ) -> None:
        if placement is not None and placement.item != CARD:
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
            await self._store.begin(mirror, replace(sending, in_flight=False))
        match FailureKind.TRANSIENT if unclear else failure.kind:
            case FailureKind.TRANSIENT | FailureKind.RATE:
                pause = self._means.patience.pause(self._attempts)
                log.info("lane_waits", extra={**fields, "seconds": round(pause, 1)})
                retry_at = self._means.now() + timedelta(seconds=pause)
                await self._store.park(mirror, attempts=self._attempts + 1, retry_at=retry_at)
                place = self._mirror.place
                self._means.park(Due(mirror, place.platform, place.channel, retry_at), pause)
                self._tell()
                return False
            case FailureKind.FOREIGN if changes and self._in_words(sending) is not None:
                log.info("told_in_words", extra=fields)
                words = self._in_words(sending)
                assert words is not None
                return await self._deliver(self._sending(words, sending.seq))
            case FailureKind.EVENT if sending.item != CARD:
                log.warning("event_refused", extra=fields)
                reason = failure.remedy or failure.code
                await self._pass_over(sending, self._refused(sending, reason))
                return True
            case FailureKind.GONE | FailureKind.FOREIGN | FailureKind.EVENT if changes:
                await self._pass_over(sending, None)
                return True
            case FailureKind.PLACE | FailureKind.GONE | FailureKind.EVENT | FailureKind.FOREIGN:
                log.warning("mirror_broken", extra=fields)
                reason = failure.remedy or failure.code
                await self._store.park(
                    mirror,
                    attempts=self._attempts + 1,
                    retry_at=None,
                    state=MirrorState.BROKEN,
                    reason=reason,
                )
                self._tell()
                return False
            case _ as never:
                assert_never(never)

    async def _pass_over(self, sending: Sending, refused: tuple[int, str] | None) -> None:
        await self._store.pass_over(self._mirror.id, sending.seq, refused=refused)
        self._cursor = max(self._cursor, sending.seq)
        self._tell()

    def _refused(self, sending: Sending, reason: str) -> tuple[int, str] | None:
        """The author reads it at the message; nobody waits for what became of a reaction."""
        if sending.steps[sending.at].emoji:
            return None
        message = self._view.written.get(message_of(sending.item))
        return sending.seq if message is None else message.seq, reason

    def _in_words(self, sending: Sending) -> Show | None:
        """What cannot be changed there is said."""
        for event in self._work.events:
            if event.seq == sending.seq:
                return in_words(self._view, event)
        return None

    def _tell(self) -> None:
        mirror = self._mirror
        self._means.wakeups.publish(Change(mirror.conversation, mirror.thread, "delivery"))

    def _fields(self, failure: Failure) -> dict[str, str]:
        place = self._mirror.place
        return {"mirror": self._mirror.id, "platform": place.platform, "code": failure.code}


_QUIET = frozenset({Verb.EDIT, Verb.DELETE, Verb.REACT, Verb.UNREACT})
"""What waits behind people's live messages."""


def _named(sending: Sending, step: Step) -> str:
    """An edit or a reaction is another delivery than what it is about."""
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


def _view(
    work: LaneWork,
    capabilities: Capabilities,
    copies: Callable[[FileRef], str],
    placed: Mapping[str, tuple[Placement, ...]],
    shown: Mapping[MessageId, frozenset[str]],
) -> View:
    large = [
        event.what.file
        for event in work.events
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
    )
