"""What is known of pins: the store first, the world behind it.

A message never waits for a look-up: a pin begins as its bare address, and when
more is found out, its card is filled in wherever it stands.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from core.ids import PinId, ThreadId, derive
from core.intents import FillCard, Intent
from core.model import Pin, PinSource, Refusal
from core.ports.needs import PinLookup
from core.ports.outcomes import Outcome
from core.ports.store import Store

log = logging.getLogger("pinthread.pins")

TRY_AGAIN = 60.0
"""Seconds between attempts for pins of which only the address is known."""
PREVIEW = 4.0
"""Seconds that a person who looks at a pin is made to wait for its card."""


class Pins:
    """Looks pins up, in the background where nobody waits for it."""

    def __init__(
        self,
        store: Store,
        lookup: PinLookup,
        submit: Callable[[Intent], Awaitable[Outcome]],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._lookup = lookup
        self._submit = submit
        self._now = now
        self._asked: asyncio.Queue[PinId] = asyncio.Queue()
        self._pending: set[PinId] = set()

    async def ensure(self, pin: PinId) -> None:
        """From here on the store knows the pin, if only by its address."""
        if await self._store.pin(pin) is None:
            await self._store.put_pin(bare(pin), self._now())
            self._ask(pin)

    async def pin_id(self, address: str) -> PinId | Refusal:
        known = self._lookup.pin_id(address)
        return known if known is not None else await self._lookup.resolve(address)

    async def preview(self, address: str) -> Pin | Refusal:
        pin = await self.pin_id(address)
        if isinstance(pin, Refusal):
            return pin
        known = await self._store.pin(pin)
        if known is not None and known.source is not PinSource.BARE:
            return known
        try:
            async with asyncio.timeout(PREVIEW):
                return await self._learn(pin)
        except TimeoutError:
            await self.ensure(pin)
            self._ask(pin)
            return bare(pin)

    async def run(self) -> None:
        """Looks up what was asked for, and now and then what could not be found before."""
        while True:
            try:
                async with asyncio.timeout(TRY_AGAIN):
                    pin = await self._asked.get()
            except TimeoutError:
                for pin in await self._store.bare_pins(50):
                    self._ask(pin)
                continue
            try:
                await self._learn(pin)
            except Exception:
                # The boundary of a look-up: one pin that fails must not end the others.
                log.exception("look_up_failed", extra={"pin": pin})
            finally:
                self._pending.discard(pin)

    def _ask(self, pin: PinId) -> None:
        if pin not in self._pending:
            self._pending.add(pin)
            self._asked.put_nowait(pin)

    async def _learn(self, pin: PinId) -> Pin:
        before = await self._store.pin(pin)
        found = await self._lookup.look_up(pin)
        if found.source is not PinSource.BARE and (before is None or found != before):
            # It counts as bare until its cards are filled: after a stop they are filled then.
            await self._store.put_pin(replace(found, source=PinSource.BARE), self._now())
            for thread in await self._store.threads_with(pin):
                await self._fill(thread, found)
        await self._store.put_pin(found, self._now())
        return found

    async def _fill(self, thread: ThreadId, pin: Pin) -> None:
        row = await self._store.thread(thread)
        head = await self._store.head(row.conversation) if row else None
        if head is not None:
            key = f"card:{thread}:{pin.id}:{state_of(pin)}"
            await self._submit(Intent(key, head.creator, FillCard(thread, pin.id)))


def bare(pin: PinId) -> Pin:
    return Pin(pin, f"https://www.pinterest.com/pin/{pin}/")


def state_of(pin: Pin) -> str:
    """Tells two states of knowledge about a pin apart."""
    return derive("card", repr(pin))
