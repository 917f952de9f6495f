"""`pinthread verify`: compares mirrors with the history by reading the platforms.

It stands in for the running program: it holds the database's lock, connects to read and
write, and takes no input. With `repair`, copies that are wrong are changed, what is doubled
is deleted, and what is missing is posted again by the lanes, at the end of its thread; what
belongs to nothing known is left to a person. A run over everything notes how far it came,
and the next one goes on from there.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import msgspec

from bridge import app
from bridge.catchup.comparing import (
    DOUBLED,
    FOREIGN,
    MISSING,
    Comparison,
    Difference,
    WaitsError,
    Wrong,
)
from bridge.catchup.mending import Means, mend
from bridge.config import Config
from bridge.failures import CommandError
from bridge.store import open_store
from core.delivery import FailureKind, Receipt, Step, Verb, Write
from core.ids import MirrorId, delivery_id
from core.intents import DeleteMessage, Intent, ItsAuthor, Origin, RemoteMessage
from core.model import AUTHOR, CARD, Mirror, Placement
from core.ports.adapter import Adapter
from core.ports.outcomes import Outcome
from core.ports.rows import Refused
from core.ports.store import Store
from core.sweep import SweepError

log = logging.getLogger("pinthread.verify")

AT_ONCE = 4
"""Mirrors that are read at the same time."""
BATCH = 100
"""Mirrors after which it is noted how far it came."""
ATTEMPTS = 8
REACHED = 60.0
"""Seconds that platforms are given to be reached."""
DELIVERED = 600.0
"""Seconds that lanes are given to post what was missing."""
TELL_EVERY = 5.0
LOST = "It was not there any more, and is posted again."


class Report(msgspec.Struct):
    """`waiting` mirrors have something to be delivered; `unread` ones could not be read."""

    mirrors: int = 0
    waiting: int = 0
    unread: list[str] = []
    differences: list[Difference] = []

    @property
    def good(self) -> bool:
        return not self.unread and all(one.mended for one in self.differences)


@dataclass(slots=True)
class Verify:
    """One run. `chosen` says which mirrors; `tell` hears now and then how far it is.

    `look` makes lanes look for what there is to do.
    """

    means: Means
    submit: Callable[[Intent], Awaitable[Outcome]]
    look: Callable[[], Awaitable[None]]
    now: Callable[[], datetime]
    chosen: Callable[[Mirror], bool]
    repair: bool = False
    tell: Callable[[str], None] = lambda _: None
    report: Report = field(default_factory=Report)
    _told: float = 0.0

    async def run(
        self, after: MirrorId | None = None, note: Callable[[MirrorId], None] = lambda _: None
    ) -> Report:
        """All chosen mirrors with greater ids than `after`; `note` hears of whole batches."""
        while True:
            found = await self.means.store.mirrors(after, BATCH)
            if not found:
                return self.report
            ours = [one for one in found if one.place.platform in self.means.adapters]
            await self._batch([mirror for mirror in ours if self.chosen(mirror)])
            after = found[-1].id
            note(after)

    async def _batch(self, mirrors: Sequence[Mirror]) -> None:
        left = list(reversed(mirrors))
        wrong: dict[Mirror, list[Wrong]] = {}

        async def some() -> None:
            while left:
                mirror = left.pop()
                found = await self._one(mirror)
                if found:
                    wrong[mirror] = found
                self._progress()

        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(some())
        if wrong and self.repair:
            await self._repair(wrong)
        else:
            for found in wrong.values():
                self.report.differences += [one.difference for one in found]

    async def _one(self, mirror: Mirror) -> list[Wrong]:
        self.report.mirrors += 1
        try:
            return await self._compare(mirror)
        except WaitsError:
            self.report.waiting += 1
        except SweepError as failed:
            log.warning("mirror_not_read", extra={"code": failed.failure.code})
            self.report.unread.append(mirror.id)
        return []

    async def _compare(self, mirror: Mirror) -> list[Wrong]:
        """With some patience: a platform may be away for a while."""
        for attempt in range(ATTEMPTS):
            try:
                return await Comparison(self.means, mirror).compare()
            except SweepError as failed:
                passing = failed.failure.kind in (FailureKind.RATE, FailureKind.TRANSIENT)
                if not passing or attempt == ATTEMPTS - 1:
                    raise
                pause = failed.failure.retry_after or self.means.patience.pause(attempt)
            await asyncio.sleep(pause)
        raise AssertionError

    def _progress(self) -> None:
        now = time.monotonic()
        if now - self._told >= TELL_EVERY:
            self._told = now
            count = len(self.report.differences)
            self.tell(f"{self.report.mirrors} mirrors compared, {count} differences so far")

    # --- repair ---------------------------------------------------------------------------

    async def _repair(self, wrong: Mapping[Mirror, list[Wrong]]) -> None:
        """Mends what can be mended, then compares once more: only that says that it is good."""
        posted = 0
        for mirror, found in wrong.items():
            for one in found:
                posted += await self._mend(mirror, one)
        if posted:
            self.tell(f"{posted} missing messages are posted again, at the ends of their threads")
        await self._until_delivered({mirror.id for mirror in wrong})
        for mirror, found in wrong.items():
            try:
                left = {_name(one.difference) for one in await self._compare(mirror)}
            except (WaitsError, SweepError):
                left = {_name(one.difference) for one in found}
            for one in found:
                mended = _name(one.difference) not in left
                self.report.differences.append(replace(one.difference, mended=mended))

    async def _mend(self, mirror: Mirror, wrong: Wrong) -> bool:
        """True: the lanes have to post it."""
        store, difference, there = self.means.store, wrong.difference, wrong.there
        if difference.kind == MISSING:
            return await self._missing(mirror, difference, there)
        assert there is not None
        if difference.kind == FOREIGN:
            # It may be the last copy of somebody's words that a restored backup does not know.
            return False
        if difference.kind == DOUBLED or wrong.write is None:
            step = Step(Verb.DELETE, difference.part, None, there.remote)
            if await self._written(mirror, step, there.poster) and difference.item:
                await store.hide_copy(mirror.id, there.remote)
            return False
        write = wrong.write
        step = replace(write.step, verb=Verb.EDIT, target=there.remote)
        done = await self._written(mirror, step, there.poster, write)
        if done:
            shown = replace(there, revision=write.revision)
            await store.placed(mirror.id, shown, sending=None, cursor=None)
        return False

    async def _missing(
        self, mirror: Mirror, difference: Difference, there: Placement | None
    ) -> bool:
        if difference.item == CARD:
            return False  # a thread without its card is for a person to look at
        store = self.means.store
        if there is not None and there.poster == AUTHOR:
            platform, remote = mirror.place.platform, there.remote
            what = DeleteMessage(RemoteMessage(platform, remote))
            origin = Origin(mirror.place, remote)
            await self.submit(Intent(f"{platform}:{remote}:delete", ItsAuthor(), what, origin))
            return False
        refused = Refused(difference.item, difference.seq, LOST, self.now())
        await store.post_again(mirror.id, refused, () if there is None else (there.remote,))
        return True

    async def _written(
        self, mirror: Mirror, step: Step, poster: str, like: Write | None = None
    ) -> bool:
        """An edit or a delete, which may be made twice without harm."""
        name = delivery_id(
            self.means.secret, mirror.id, f"verify {step.verb} {step.target}", step.index
        )
        write = Write(name, mirror, step, "" if like is None else like.title, poster)
        write = replace(write, revision=1 if like is None else like.revision)
        result = await mend(self.means, write, attempts=ATTEMPTS)
        if isinstance(result, Receipt):
            return True
        return result.kind is FailureKind.GONE and step.verb is Verb.DELETE

    async def _until_delivered(self, mirrors: set[MirrorId]) -> None:
        """Until lanes have done what they were asked for, or cannot."""
        await self.look()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DELIVERED):
                while True:
                    due = await self.means.store.due()
                    if not mirrors & {one.mirror for one in due}:
                        return
                    await asyncio.sleep(0.1)


def lines(report: Report) -> list[str]:
    """For people: a line for each difference, and one in the end."""
    found = [
        f"{one.kind:<8} thread {one.thread}  {one.platform} {one.place}  {_what(one)}"
        f"{'  mended' if one.mended else ''}"
        for one in report.differences
    ]
    found += [f"unread   mirror {mirror}" for mirror in report.unread]
    if report.waiting:
        found.append(f"{report.waiting} mirrors were left out: something waits to be delivered.")
    wrong = sum(not one.mended for one in report.differences)
    mended = len(report.differences) - wrong
    end = f"{report.mirrors} mirrors compared, {wrong} differences"
    return [*found, f"{end}, {mended} mended." if mended else f"{end}."]


def _what(one: Difference) -> str:
    if one.item == CARD:
        return "the card"
    what = f"event {one.seq}, part {one.part + 1}" if one.seq else "of nothing known"
    return f"{what}, {one.remote}" if one.remote else what


def _name(difference: Difference) -> tuple[str, str, int, str]:
    remote = difference.remote if difference.kind in (DOUBLED, FOREIGN) else ""
    return difference.kind, difference.item, difference.part, remote


# --- the command --------------------------------------------------------------------------


class _Noted(msgspec.Struct):
    repair: bool
    after: str
    report: Report


class _Bookmark:
    """How far a run over everything came, in a file beside the database."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self, *, repair: bool) -> tuple[MirrorId, Report] | None:
        """Of the last run, if that did not come to its end and was one of the same kind."""
        if not self._file.exists():
            return None
        noted = msgspec.json.decode(self._file.read_bytes(), type=_Noted)
        return (MirrorId(noted.after), noted.report) if noted.repair == repair else None

    def write(self, after: MirrorId, report: Report, *, repair: bool) -> None:
        part = self._file.with_name(f"{self._file.name}.part")
        part.write_bytes(msgspec.json.encode(_Noted(repair, after, report)))
        part.replace(self._file)

    def remove(self) -> None:
        self._file.unlink(missing_ok=True)


async def command(
    config: Config,
    *,
    thread: str | None = None,
    mirror: str | None = None,
    repair: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """StoreError while a program has the database, CommandError where a platform is away."""
    store = open_store(config.store.url)
    await store.open()
    try:
        async with _connected(config, store, repair=repair) as parts:
            submit, look = parts.desk.submit, parts.lanes.look
            chosen = _chosen(thread, mirror)
            verify = Verify(parts.means, submit, look, app.now, chosen, repair, tell)
            if thread is not None or mirror is not None:
                return await verify.run()
            return await _whole(verify, _Bookmark(Path(f"{config.store.path}.verify")))
    finally:
        await store.close()


def _chosen(thread: str | None, mirror: str | None) -> Callable[[Mirror], bool]:
    def is_chosen(one: Mirror) -> bool:
        return one.thread.startswith(thread or "") and one.id.startswith(mirror or "")

    return is_chosen


async def _whole(verify: Verify, bookmark: _Bookmark) -> Report:
    """Goes on where the last run stopped."""
    after, last = None, bookmark.read(repair=verify.repair)
    if last is not None:
        after, verify.report = last
        verify.tell(f"goes on after the {verify.report.mirrors} mirrors of the last run")
    report = await verify.run(
        after, lambda done: bookmark.write(done, verify.report, repair=verify.repair)
    )
    bookmark.remove()
    return report


@contextlib.asynccontextmanager
async def _connected(config: Config, store: Store, *, repair: bool) -> AsyncIterator[app.Parts]:
    """All that reading and mending takes, and nothing that takes input."""
    parts = await app.composed(config, store)
    adapters, lanes = parts.means.adapters, parts.lanes
    parts.desk.connect(lanes, parts.pins)
    await parts.lookup.start()
    delivering: asyncio.Task[None] | None = None
    try:
        for adapter in adapters.values():
            await adapter.connect(parts.desk)
        await _reached(adapters)
        if repair:
            delivering = asyncio.create_task(lanes.run())
        yield parts
    finally:
        if delivering is not None:
            lanes.stop()
            await asyncio.wait((delivering,))
        for adapter in adapters.values():
            await adapter.stop()
        await parts.lookup.stop()
        await parts.files.stop()


async def _reached(adapters: Mapping[str, Adapter]) -> None:
    try:
        async with asyncio.timeout(REACHED):
            while True:
                if all(adapter.connected() for adapter in adapters.values()):
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        away = ", ".join(name for name, one in adapters.items() if not one.connected())
        raise CommandError(f"{away} cannot be reached. `pinthread check` says why.") from None
