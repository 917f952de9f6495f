"""How the program lives through a database that cannot write for a while.

Nothing is acknowledged then and no lane calls: platforms deliver again, people are told
to try again. As soon as something can be written, everything goes on by itself, and
platforms that deliver nothing twice are read again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from bridge.delivery.lanes import Lanes
from bridge.desk import Desk
from bridge.intake.intake import Intake
from core.model import Binding, BindingKind
from core.ports.adapter import Adapter
from core.ports.rows import StoreError
from core.ports.store import Store

log = logging.getLogger("pinthread.store")

LOOK_EVERY = 1.0
"""Seconds between looks at the store."""
LOOKS, LOOK_AGAIN = 3, 2.0
"""How often a channel is asked after a start, until it answers, and the seconds between."""


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


async def look_at_inboxes(
    store: Store, desk: Desk, adapters: Mapping[str, Adapter], pause: float = LOOK_AGAIN
) -> None:
    """Once after a start: inboxes that others can read since then are paused, private ones not."""
    inboxes = [one for one in await store.bindings() if one.kind is BindingKind.INBOX]
    for platform, adapter in adapters.items():
        while not adapter.connected():  # noqa: ASYNC110 - adapters tell nobody of it
            await asyncio.sleep(pause)
        left = [one for one in inboxes if one.place.platform == platform]
        for _ in range(LOOKS):
            left = [one for one in left if not await _looked(desk, one)]
            if not left:
                break
            await asyncio.sleep(pause)


async def _looked(desk: Desk, binding: Binding) -> bool:
    look = await desk.describe(binding.place)
    if look is None:
        return False
    exposed = look.shared or not look.private
    if exposed is not binding.paused:
        await desk.place_changed(binding.place, exposed=exposed)
    return True


async def _well(store: Store) -> None:
    while store.trouble() is not None:  # noqa: ASYNC110 - `mind` alone finds that out, by looking
        await asyncio.sleep(LOOK_EVERY)
