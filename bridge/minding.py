"""How the program lives through a database that cannot write for a while.

Nothing is acknowledged then and no lane calls: platforms deliver again, people are told
to try again. As soon as something can be written, everything goes on by itself, and
platforms that deliver nothing twice are read again. And the inboxes of brands are looked at
whenever news of who can read them may have been missed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from bridge.delivery.lanes import Lanes
from bridge.desk import Desk
from bridge.intake.intake import Intake
from core.model import BindingKind
from core.ports.adapter import Adapter
from core.ports.rows import StoreError
from core.ports.store import Store

log = logging.getLogger("pinthread.store")

LOOK_EVERY = 1.0
"""Seconds between looks at the store."""
LOOKS, LOOK_AGAIN = 3, 2.0
"""How often a channel is asked after a gap, until it answers, and the seconds between."""


async def lasting(part: Callable[[], Awaitable[None]], store: Store) -> None:
    """Runs a part of the program, and runs it again after the database could not write."""
    while True:
        try:
            await part()
        except* StoreError:
            log.warning("part_waits_for_store", extra={"part": getattr(part, "__qualname__", "")})
        else:
            return
        await asyncio.sleep(LOOK_EVERY)
        await _well(store)


async def mind(
    store: Store, intake: Intake, lanes: Lanes, desk: Desk, platforms: Sequence[str]
) -> None:
    """Watches the store until it is cancelled."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        trouble = store.trouble()
        if trouble is None:
            continue
        log.error("store_unwell", extra={"remedy": trouble})
        while store.trouble() is not None:
            await asyncio.sleep(LOOK_EVERY)
            with suppress(StoreError):
                await store.probe()
        log.warning("store_well")
        with suppress(StoreError):
            await intake.release_all()
            await lanes.look()
        for platform in platforms:
            desk.gap(platform, "refused")


class Inboxes:
    """After a gap, inboxes that others can read since then are paused, private ones not.

    Each is asked once, however many gaps there were meanwhile.
    """

    def __init__(
        self,
        store: Store,
        desk: Desk,
        adapters: Mapping[str, Adapter],
        pause: float = LOOK_AGAIN,
    ) -> None:
        self._store = store
        self._desk = desk
        self._adapters = adapters
        self._pause = pause
        self._doubts = {platform: asyncio.Event() for platform in adapters}

    def doubt(self, platform: str) -> None:
        """News of it may have been missed."""
        if platform in self._doubts:
            self._doubts[platform].set()

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for platform in self._adapters:
                tasks.create_task(self._mind(platform))

    async def _mind(self, platform: str) -> None:
        doubt = self._doubts[platform]
        while True:
            await doubt.wait()
            while not self._adapters[platform].connected():  # noqa: ASYNC110 - they tell nobody
                await asyncio.sleep(self._pause)
            doubt.clear()
            try:
                await self.look(platform)
            except StoreError:
                log.warning("inboxes_not_looked_at", extra={"platform": platform})
                doubt.set()
                await asyncio.sleep(self._pause)

    async def look(self, platform: str) -> None:
        """One that cannot be seen is asked again, and then left as it is until the next gap."""
        left = [
            one
            for one in await self._store.bindings()
            if one.kind is BindingKind.INBOX and one.place.platform == platform
        ]
        for n in range(LOOKS):
            if n:
                await asyncio.sleep(self._pause)
            left = [one for one in left if not await self._desk.look_at(one)]
            if not left:
                return


async def _well(store: Store) -> None:
    while store.trouble() is not None:  # noqa: ASYNC110 - `mind` alone finds that out, by looking
        await asyncio.sleep(LOOK_EVERY)
