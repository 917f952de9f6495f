"""The cards of a brand's inbox follow its mode, however many there are.

Those of the newest threads change at once. The others follow in batches, which a timer fires:
an edit of a card takes its turn among people's words, and a restart forgets nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from core.ids import BindingId, ThreadId
from core.intents import FillCard, Intent
from core.model import Binding, BindingKind
from core.ports.outcomes import Outcome
from core.ports.reading import Timer
from core.ports.rows import Spot
from core.ports.store import Store

CARDS = "cards"
"""The kind of its timers."""
AT_ONCE = 100
BATCH, EVERY = 20, timedelta(seconds=30)
"""Well below what Slack takes: 50 edits a minute in a workspace."""


class _Told(msgspec.Struct):
    binding: str
    stamp: str
    """Of this change of the mode: each card is filled once for it."""
    after: str = ""


class Modes:
    """One for the program."""

    def __init__(
        self,
        store: Store,
        submit: Callable[[Intent], Awaitable[Outcome]],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._submit = submit
        self._now = now

    async def resume(self) -> None:
        """Begins with changes that the program had not told of when it ended."""
        for binding in await self._store.bindings():
            if binding.kind is BindingKind.INBOX and binding.mode_since is not None:
                timer = await self._store.timer(f"{CARDS}:{binding.id}")
                first = await self._store.spots_after(binding.place, ThreadId(""), 1)
                keys = [_key(spot, _stamp(binding)) for spot in first]
                if timer is None and keys and await self._store.committed(keys[0]) is None:
                    await self.begin(binding)

    async def begin(self, binding: Binding) -> None:
        """Its mode has changed. A change that is still being told gives way to this one."""
        told = _Told(binding.id, _stamp(binding))
        # First, so that a stop leaves something that goes on with it.
        await self._store.renew_timer(self._timer(told, self._now() + EVERY))
        # The oldest first, so that they stand in the same order afterwards.
        await self._fill(told, (await self._store.spots_at(binding.place, AT_ONCE))[::-1])

    async def fire(self, timer: Timer) -> Timer | None:
        """The next cards; the timer as it is to fire again, if any are left."""
        told = msgspec.json.decode(timer.what, type=_Told)
        binding = await self._store.binding(BindingId(told.binding))
        if binding is None:
            return None
        spots = await self._store.spots_after(binding.place, ThreadId(told.after), BATCH)
        await self._fill(told, spots)
        if len(spots) < BATCH:
            return None
        told.after = spots[-1].thread.id
        return self._timer(told, self._now() + EVERY)

    async def _fill(self, told: _Told, spots: Sequence[Spot]) -> None:
        for spot in spots:
            what = FillCard(spot.thread.id, spot.thread.pin)
            await self._submit(Intent(_key(spot, told.stamp), spot.head.creator, what))

    def _timer(self, told: _Told, due: datetime) -> Timer:
        return Timer(f"{CARDS}:{told.binding}", CARDS, due, what=msgspec.json.encode(told).decode())


def _stamp(binding: Binding) -> str:
    return "" if binding.mode_since is None else binding.mode_since.isoformat()


def _key(spot: Spot, stamp: str) -> str:
    return f"card:{spot.thread.id}:mode:{stamp}"
