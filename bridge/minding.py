"""How the program lives through a database that cannot write for a while.

Nothing is acknowledged then and no lane calls: platforms deliver again, people are told
to try again. As soon as something can be written, everything goes on by itself, and
platforms that deliver nothing twice are read again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from bridge.desk import Desk
from bridge.intake import Intake
from bridge.lanes import Lanes
from core.ports import Store, StoreError

log = logging.getLogger("pinthread.store")

LOOK_EVERY = 1.0
"""Seconds between looks at the store."""


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


async def _well(store: Store) -> None:
    while store.trouble() is not None:  # noqa: ASYNC110 - `mind` alone finds that out, by looking
        await asyncio.sleep(LOOK_EVERY)
