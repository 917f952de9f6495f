"""What people who have left for good said is taken off the places that no lane serves.

Lanes delete what stands in active mirrors. Here goes the rest: copies in mirrors that have
ended or are paused, copies whose delete was refused, our own lines that hold their words or
their name, and quotes above what others answered. A row per mirror is the wish; it goes when
nothing is left there, and every call may be made twice without harm. All of it waits behind
people's words, and a place that refuses is asked with one call an hour, for itself alone.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.catchup.mending import PASSING, Means
from bridge.delivery.course import view_of
from core.delivery import Failure, FailureKind, Receipt, Step, Verb, Write
from core.ids import AccountId, MirrorId, RemoteId, delivery_id
from core.model import Mirror, Place, Placement
from core.ports.adapter import Adapter
from core.ports.rows import Clearing, LaneWork
from core.project import View, card, quoting_anew, title

log = logging.getLogger("pinthread.clearing")

LOOK_EVERY = 1.0
"""Seconds between looks at what there is to do; a look reads one small table."""
AT_ONCE = 8
"""Places of one platform that are worked on at the same time."""
TURN = 60.0
"""Seconds that a call waits for its budgets before another place has its turn."""
LONGEST = 3_600.0
"""Seconds between two tries in a place that refuses."""
WINDOW, MOST_REFUSED = 600.0, 100
"""Seconds, and refused calls in them on one platform: Discord bans an address for many, and the
adapter holds everything, live words too, long before that."""
GIVEN_UP = timedelta(days=30)
"""How long a place is asked. `pinthread erase` begins anew."""


_NO_REFUSAL = (*PASSING, FailureKind.GONE)


@dataclass(slots=True)
class _Pause:
    times: int
    until: float


class _PlaceError(Exception):
    """Nothing more can be done there now."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


class Clearings:
    """Runs until it is cancelled. The store knows what is left; pauses are forgotten by a stop."""

    def __init__(self, means: Means, now: Callable[[], datetime], *, turn: float = TURN) -> None:
        self._means = means
        self._store = means.store
        self._now = now
        self._turn = turn
        self._busy: set[Place] = set()
        self._pauses: dict[Place | MirrorId, _Pause] = {}
        self._failed: dict[MirrorId, int] = {}
        """How often a place has failed at it: the next try is about another mirror."""
        self._edited: set[tuple[AccountId, MirrorId, RemoteId]] = set()
        """What need not be edited once more when a mirror is worked on again."""
        self._refused: set[tuple[AccountId, MirrorId, RemoteId]] = set()
        """What is not asked for again before the next start."""
        self._refusals: dict[str, deque[float]] = {name: deque() for name in means.adapters}
        """When calls were refused, within the window."""
        self._turns = {name: asyncio.Semaphore(AT_ONCE) for name in means.adapters}

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._look(tasks)
                await asyncio.sleep(LOOK_EVERY)

    async def work(self) -> None:
        """Does what can be done right now."""
        async with asyncio.TaskGroup() as tasks:
            await self._look(tasks)

    async def _look(self, tasks: asyncio.TaskGroup) -> None:
        left = await self._store.to_clear()
        for platform in {*self._means.adapters, *left}:
            self._means.metrics.clearing.set(platform, to=left.get(platform, 0))
        if not left:
            self._pauses.clear()
            self._failed.clear()
            self._edited.clear()
            self._refused.clear()
            return
        by_place: dict[Place, list[Clearing]] = {}
        for one in await self._store.clearings():
            if one.mirror.place.platform in self._means.adapters and not self._waits(one.mirror.id):
                by_place.setdefault(one.mirror.place, []).append(one)
        for place, found in by_place.items():
            if place not in self._busy and not self._waits(place):
                self._busy.add(place)
                tasks.create_task(self._surely(place, found))

    async def _surely(self, place: Place, found: list[Clearing]) -> None:
        found.sort(key=lambda one: self._failed.get(one.mirror.id, 0))
        try:
            async with self._turns[place.platform]:
                for one in found:
                    await self._alone(one)
        except _PlaceError as failed:
            self._later(place, failed.failure)
        except Exception:
            # The boundary of one place, where not even giving a mirror up worked.
            log.exception("not_cleared", extra={"platform": place.platform})
            self._later(place, None)
        else:
            self._pauses.pop(place, None)
        finally:
            self._busy.discard(place)

    async def _alone(self, one: Clearing) -> None:
        """What fails unexpectedly at one mirror holds no other of its place up."""
        mirror, platform = one.mirror, one.mirror.place.platform
        try:
            await self._mirror(one)
        except _PlaceError:
            raise
        except Exception:
            # The boundary of one mirror: it has its own pauses, and in the end is given up.
            log.exception("not_cleared", extra=_fields(mirror))
            self._means.metrics.cleared.add(platform, "failed")
            self._later(mirror.id, None)
            if self._fails_for_good(one):
                log.warning("clearing_given_up", extra={**_fields(mirror), "code": "error"})
                await self._store.cleared(one)
                self._forget(one)
                self._means.metrics.cleared.add(platform, "left")

    # --- pauses ---------------------------------------------------------------------------

    def _waits(self, what: Place | MirrorId) -> bool:
        pause = self._pauses.get(what)
        return pause is not None and asyncio.get_running_loop().time() < pause.until

    def _later(self, what: Place | MirrorId, failure: Failure | None) -> None:
        """Longer each time: up to a minute where a platform is away, else up to an hour."""
        before = self._pauses.get(what)
        times = 0 if before is None else before.times + 1
        seconds = self._means.patience.pause(times)
        if failure is None or failure.kind is FailureKind.PLACE:
            seconds = min(self._means.patience.retry_most * 2.0 ** min(times, 20), LONGEST)
        if failure is not None and failure.retry_after is not None:
            seconds = failure.retry_after
        self._pauses[what] = _Pause(times, asyncio.get_running_loop().time() + seconds)

    # --- one mirror -----------------------------------------------------------------------

    async def _mirror(self, one: Clearing) -> None:
        """Raises _PlaceError where nothing more can be done in its place."""
        mirror, refused, given_up = one.mirror, 0, False
        try:
            left = await self._store.copies_left(one)
            for placement in left:
                refused += not await self._delete(one, placement)
            if mirror.until_seq is not None:
                refused += await self._without_names(one)
        except _PlaceError as failed:
            given_up = self._fails_for_good(one)
            if failed.failure.kind is not FailureKind.PLACE or not given_up:
                raise
            log.warning("clearing_given_up", extra=_fields(mirror, failed.failure))
            refused += 1
        if one.through or given_up:
            await self._store.cleared(one)
            self._forget(one)
            if refused:
                self._means.metrics.cleared.add(mirror.place.platform, "left", by=refused)
            if left or mirror.until_seq is not None:
                log.info("mirror_cleared", extra={**_fields(mirror), "left": str(refused)})
        else:
            # Something may be on its way there yet: it is looked at again once the lane is done.
            self._later(mirror.id, None)

    def _fails_for_good(self, one: Clearing) -> bool:
        """Counts it, and says whether it is time to give up."""
        self._failed[one.mirror.id] = self._failed.get(one.mirror.id, 0) + 1
        return self._now() - one.since >= GIVEN_UP

    def _forget(self, one: Clearing) -> None:
        mirror = one.mirror.id
        self._pauses.pop(mirror, None)
        self._failed.pop(mirror, None)
        self._edited = {each for each in self._edited if each[:2] != (one.account, mirror)}
        self._refused = {each for each in self._refused if each[:2] != (one.account, mirror)}

    async def _delete(self, one: Clearing, placement: Placement) -> bool:
        step = Step(Verb.DELETE, placement.part, None, placement.remote)
        done = await self._written(one, step, placement.poster, 1)
        if done:
            await self._store.hide_copy(one.mirror.id, placement.remote)
        return done

    async def _without_names(self, one: Clearing) -> int:
        """The quotes and the card of a mirror that has ended; how many were refused."""
        refused, mirror = 0, one.mirror
        for seq, message in await self._store.answers_left(one):
            work = await self._store.review(mirror.id, seq - 1, 1)
            assert work is not None
            if work.written[message].deleted:
                continue
            answer = work.written[message]
            for step in quoting_anew(self._view(work), message, mirror):
                posters = [p.poster for p in work.placed[message] if p.remote == step.target]
                done = await self._written(one, step, posters[0], answer.revision)
                refused += not done
                if done and step.verb is Verb.DELETE and step.target is not None:
                    await self._store.hide_copy(mirror.id, step.target)
        if mirror.root is not None:
            refused += not await self._card(one)
        return refused

    async def _card(self, one: Clearing) -> bool:
        """It names those who were there when it was written, as they are called now."""
        mirror = one.mirror
        work = await self._store.review(mirror.id, 0, 1)
        head = await self._store.head(mirror.conversation)
        assert work is not None
        assert head is not None
        at = work.card_revision
        there = [m for m in head.members if m.since <= at and (m.until is None or m.until > at)]
        found = [await self._store.account(member.account) for member in there]
        known = {account.id: account for account in found if account is not None}
        view = replace(self._view(work), people=tuple(known), accounts={**work.accounts, **known})
        [step] = card(view, at, root=mirror.root).steps
        return await self._written(one, step, "", at, title(view))

    def _view(self, work: LaneWork) -> View:
        can = self._means.adapters[work.mirror.place.platform].capabilities_at(work.mirror.place)
        return view_of(work, can, self._means.copies, work.placed, work.shown)

    async def _written(
        self, one: Clearing, step: Step, poster: str, revision: int, called: str = ""
    ) -> bool:
        """False: refused for good, and nothing but this message. What is not there is done."""
        mirror, target = one.mirror, step.target
        platform = mirror.place.platform
        adapter = self._means.adapters[platform]
        assert target is not None
        name = (one.account, mirror.id, target)
        if name in self._edited or name in self._refused:
            return name in self._edited
        called_by = f"clear {step.verb} {target}"
        delivery = delivery_id(self._means.secret, mirror.id, called_by, step.index)
        write = Write(delivery, mirror, step, called, poster, revision)
        result = await self._call(adapter, write)
        if isinstance(result, Receipt) or result.kind is FailureKind.GONE:
            self._means.metrics.cleared.add(platform, str(step.verb))
            if step.verb is Verb.EDIT:
                self._edited.add(name)
            return True
        if not result.certain or result.kind in (*PASSING, FailureKind.PLACE):
            log.info("clearing_waits", extra=_fields(mirror, result))
            raise _PlaceError(result)
        log.warning("copy_left", extra=_fields(mirror, result))
        self._refused.add(name)
        return False

    async def _call(self, adapter: Adapter, write: Write) -> Receipt | Failure:
        """One attempt, after people's words."""
        now = asyncio.get_running_loop().time
        refusals = self._refusals[adapter.name]
        while refusals and refusals[0] <= now() - WINDOW:
            refusals.popleft()
        if len(refusals) >= MOST_REFUSED:
            wait = refusals[0] + WINDOW - now()
            return Failure(FailureKind.RATE, "many_refused", retry_after=wait)
        try:
            async with asyncio.timeout(self._turn):
                await self._means.budgets.take(adapter.costs(write), backfill=True)
        except TimeoutError:
            return Failure(FailureKind.RATE, "no_turn")
        result = await adapter.write(write)
        if isinstance(result, Failure) and result.kind not in _NO_REFUSAL:
            refusals.append(now())
        return result


def _fields(mirror: Mirror, failure: Failure | None = None) -> dict[str, str]:
    fields = {"mirror": mirror.id, "platform": mirror.place.platform}
    return fields if failure is None else {**fields, "code": failure.code}
