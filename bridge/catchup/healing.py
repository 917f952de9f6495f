"""Puts right what a late call has set: an older edit, or a reaction that was taken back since.

A call that was answered as failed may be applied after the next one, and no platform can
tell it not to. Our own events and the pages of sweeps show what stands on a message; where
that does not fit what is placed there, the message is read singly and, once nothing is
under way, mended. What people took away from us there is not put back; only where a call of
ours that was to take a reaction back ended unclear, it is looked for, and set anew.
"""

import asyncio
import logging
from dataclasses import replace

from bridge.catchup.comparing import STALE, Comparison, Copy, WaitsError, Wrong
from bridge.catchup.mending import PASSING, Means, mend
from bridge.delivery.course import named
from bridge.intake.finding import message_of
from core.delivery import Absent, Receipt, Sending, Step, Verb, Write
from core.ids import RemoteId, delivery_id
from core.model import AUTHOR, Mirror, Placement
from core.project import NAMED_REACTIONS
from core.sweep import Seen, SweepError

log = logging.getLogger("pinthread.healing")

ATTEMPTS = 8
"""Tries of one call, and rounds of looking and mending."""
WAITS = 40
"""Looks at a mirror in which something is under way; a sweep finds again what is left then."""
LATER = (2.0, 8.0, 32.0)
"""Looks after a call that was to take a reaction back and may come late, in second looks."""
_REMEMBERED = 10_000


class Healing:
    """Runs until it is cancelled. What it forgets by a stop, the next sweep finds again."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._store = means.store
        self._patience = means.patience
        self._suspects: asyncio.Queue[tuple[str, RemoteId]] = asyncio.Queue()
        self._doubts: asyncio.Queue[Write] = asyncio.Queue()
        self._seen: dict[tuple[str, RemoteId], Seen] = {}
        self._unlike: dict[tuple[str, RemoteId], int] = {}
        """Revisions that their platform never shows just so: they are not edited for ever."""

    def suspect(self, platform: str, seen: Seen) -> None:
        """Something of ours stands so on a message; what is seen again meanwhile is added."""
        if platform not in self._means.adapters:
            return
        name = (platform, seen.remote)
        before = self._seen.get(name)
        if before is None:
            self._suspects.put_nowait(name)
        else:
            ours = (before.ours or frozenset()) | (seen.ours or frozenset())
            seen = replace(before if seen.raw is None else seen, ours=ours)
        self._seen[name] = seen

    def unclear(self, write: Write) -> None:
        """A call of ours may be made yet. If it takes a reaction back, that may be a newer one."""
        if write.step.verb is Verb.UNREACT:
            self._doubts.put_nowait(write)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._doubt(tasks))
            while True:
                name = await self._suspects.get()
                tasks.create_task(self._surely(*name))

    async def _doubt(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            tasks.create_task(self._look_later(await self._doubts.get()))

    async def _surely(self, platform: str, remote: RemoteId) -> None:
        try:
            await asyncio.sleep(self._patience.settle)
            seen = self._seen.pop((platform, remote))
            if await self._waiting(platform, remote, seen) is not None:
                await self._heal(platform, remote)
        except Exception:
            # The boundary of one message: what fails here must not end the program.
            log.exception("not_healed", extra={"platform": platform})

    # --- looking --------------------------------------------------------------------------

    async def _waiting(
        self, platform: str, remote: RemoteId, seen: Seen | None
    ) -> tuple[Mirror, Placement, Copy] | None:
        """What is wrong with it, once nothing is under way there; without `seen` it is read."""
        pause = self._patience.settle
        for _ in range(WAITS):
            there = await self._store.placement_at(platform, remote)
            if there is None or there[1].item.startswith("seq:"):
                return None
            mirror, placement = there[0].mirror, there[1]
            try:
                copy = await self._compare(mirror, placement, seen)
            except WaitsError:
                pass
            except SweepError as failed:
                if failed.failure.kind not in PASSING:
                    return None
                pause = max(pause, failed.failure.retry_after or 0.0)
            else:
                is_wrong = copy is not None and (copy.surplus or copy.wrong is not None)
                return (mirror, placement, copy) if copy is not None and is_wrong else None
            await asyncio.sleep(pause)
            pause = min(pause * 2, max(self._patience.retry_most, self._patience.settle))
        return None

    async def _compare(
        self, mirror: Mirror, placement: Placement, seen: Seen | None
    ) -> Copy | None:
        adapter = self._means.adapters[mirror.place.platform]
        comparison = Comparison(self._means, mirror)
        if seen is None:
            before = await self._store.review(mirror.id, 0, 1)
            found = await adapter.message(mirror, placement.remote)
            after = await self._store.review(mirror.id, 0, 1)
            if isinstance(found, Absent):
                return None
            if before is None or after is None or before.thread.tail != after.thread.tail:
                raise WaitsError
            seen = found
        if placement.poster == AUTHOR or placement.part == NAMED_REACTIONS:
            seen = replace(seen, raw=None)
        copy = await comparison.one(placement, seen)
        wrong = copy.wrong
        if wrong is None or wrong.difference.kind != STALE:
            return replace(copy, wrong=None)
        known = self._unlike.get((mirror.place.platform, placement.remote))
        is_known = wrong.write is not None and wrong.write.revision == known
        return replace(copy, wrong=None) if is_known else copy

    # --- mending --------------------------------------------------------------------------

    async def _heal(self, platform: str, remote: RemoteId) -> None:
        """Looks again after each mending: something may have been done there meanwhile."""
        taken: frozenset[str] = frozenset()
        edited = None
        for _ in range(ATTEMPTS):
            found = await self._waiting(platform, remote, None)
            if found is None:
                break
            mirror, placement, copy = found
            wrong = copy.wrong
            if wrong is not None and wrong.write is not None and wrong.write.revision == edited:
                self._is_unlike(platform, remote, wrong.write.revision)
                wrong = None
            for emoji in copy.surplus:
                step = Step(Verb.UNREACT, 0, None, remote, emoji)
                await self._write(mirror, placement, step, "reaction")
                taken |= {emoji}
            if wrong is not None:
                edited = await self._mend(mirror, placement, wrong)
        await self._put_back(platform, remote, taken)

    async def _mend(self, mirror: Mirror, placement: Placement, wrong: Wrong) -> int | None:
        placement = wrong.there or placement
        if wrong.write is None:
            step = Step(Verb.DELETE, placement.part, None, placement.remote)
            await self._write(mirror, placement, step, "delete")
            return None
        write = wrong.write
        step = replace(write.step, verb=Verb.EDIT, target=placement.remote)
        await self._write(mirror, placement, step, "edit", write)
        return write.revision

    async def _look_later(self, write: Write) -> None:
        """Whether a reaction stands that should, for some time; afterwards nobody looks."""
        for times in LATER:
            await asyncio.sleep(self._patience.second_look * times)
            try:
                await self._restore(write)
            except SweepError as failed:
                log.info("reaction_not_read", extra={"code": failed.failure.code})
            except Exception:
                # The boundary of one reaction: what fails here must not end the program.
                log.exception("not_healed", extra={"platform": write.mirror.place.platform})

    async def _restore(self, write: Write) -> None:
        remote, emoji, platform = write.step.target, write.step.emoji, write.mirror.place.platform
        there = None if remote is None else await self._store.placement_at(platform, remote)
        if remote is None or there is None or there[0].mirror.until_seq is not None:
            return
        mirror, placement = there[0].mirror, there[1]
        found = await self._means.adapters[platform].message(mirror, remote)
        if isinstance(found, Absent) or found.ours is None or emoji in found.ours:
            return
        # Read after the page, so that what has been taken back since is not put there.
        message = await self._store.written(message_of(placement.item))
        if message is None:
            return
        work = await self._store.review(mirror.id, message.seq - 1, 1)
        if work is not None and work.sending is None and emoji in work.shown.get(message.id, ()):
            step = Step(Verb.REACT, 0, None, remote, emoji)
            await self._write(mirror, placement, step, "reaction")

    async def _put_back(self, platform: str, remote: RemoteId, taken: frozenset[str]) -> None:
        """What was put there anew while we took it away."""
        if not taken:
            return
        await asyncio.sleep(self._patience.settle)
        there = await self._store.placement_at(platform, remote)
        if there is None:
            return
        mirror, placement = there[0].mirror, there[1]
        message = await self._store.written(message_of(placement.item))
        if message is None:
            return
        work = await self._store.review(mirror.id, message.seq - 1, 1)
        shown = frozenset[str]() if work is None else work.shown.get(message.id, frozenset())
        for emoji in taken & shown:
            step = Step(Verb.REACT, 0, None, remote, emoji)
            await self._write(mirror, placement, step, "reaction")

    async def _write(
        self,
        mirror: Mirror,
        placement: Placement,
        step: Step,
        kind: str,
        like: Write | None = None,
    ) -> None:
        """All of these may be made twice without harm. The delivery is that of the lane."""
        platform = mirror.place.platform
        revision = placement.revision if like is None else like.revision
        name = named(Sending(placement.item, 0, revision, (step,)), step)
        write = Write(
            delivery_id(self._means.secret, mirror.id, name, step.index),
            mirror,
            step,
            "" if like is None else like.title,
            placement.poster,
            revision,
        )
        fields = {"platform": platform, "mirror": mirror.id, "kind": kind}
        result = await mend(self._means, write, attempts=ATTEMPTS)
        if isinstance(result, Receipt):
            log.info("healed", extra=fields)
            self._means.metrics.healed.add(platform, kind)
            return
        log.warning("not_healed", extra=fields)

    def _is_unlike(self, platform: str, remote: RemoteId, revision: int) -> None:
        log.warning("shows_otherwise", extra={"platform": platform, "remote": remote})
        if len(self._unlike) >= _REMEMBERED:
            del self._unlike[next(iter(self._unlike))]
        self._unlike[platform, remote] = revision
