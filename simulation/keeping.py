"""What people do to where conversations appear: the mode of the inbox, and its channels.

They go the way of `bridge/office/places.py`: through the desk, with a binding. Who gets no
answer asks again until there is one.
"""

from bisect import bisect
from collections.abc import Awaitable, Callable
from dataclasses import replace

from core.model import Mode
from core.ports.desk import Desk
from simulation import world
from simulation.script import Act

Ask = Callable[[str, Callable[[Desk], Awaitable[object]], Callable[[], None]], None]
"""Has something done, called so in the trace, and tells when it is done."""


class Modes:
    """Which mode of the inbox people know of, and since when."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._times: list[float] = []
        self._modes: list[Mode | None] = []
        self.set(Mode.RELAY)

    def set(self, mode: Mode | None) -> None:
        """From now on; None: somebody is changing it."""
        self._times.append(self._clock())
        self._modes.append(mode)

    def at(self, moment: float) -> Mode | None:
        return self._modes[max(bisect(self._times, moment) - 1, 0)]

    def now(self) -> Mode | None:
        return self._modes[-1]


class Keeping:
    """Acts of those who look after channels. Each tells whether there was anything to do."""

    def __init__(self, clock: Callable[[], float], ask: Ask) -> None:
        self._ask = ask
        self.modes = Modes(clock)

    def mode(self, act: Act) -> bool:
        """`/pin mode`: one at a time, as whoever sees the answer does."""
        if self.modes.now() is None:
            return False
        mode = Mode.EXPLICIT if self.modes.now() is Mode.RELAY else Mode.RELAY
        self.modes.set(None)

        async def change(desk: Desk) -> None:
            binding = await desk.binding_at(world.INBOX)
            if binding is None:
                return
            refused = await desk.connect_place(replace(binding, mode=mode))
            assert refused is None
            if binding.mode is not mode:
                await desk.tell_mode(binding.place, f"It is {mode}.")

        self._ask(f"mode {mode}", change, lambda: self.modes.set(mode))
        return True
