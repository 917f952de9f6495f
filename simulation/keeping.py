"""What people do to where conversations appear: the mode of the inbox, and its channels.

They go the way of `bridge/office/places.py`: through the desk, with a binding. Who gets no
answer asks again until there is one.
"""

from bisect import bisect
from collections.abc import Awaitable, Callable
from dataclasses import replace
from sqlite3 import Connection

from core.model import Mode, Place
from core.ports.desk import Desk
from simulation import filling, world
from simulation.script import Act

Later = Callable[[float, Callable[[], object]], None]
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

    def __init__(
        self, clock: Callable[[], float], ask: Ask, later: Later, db: Callable[[], Connection]
    ) -> None:
        self._ask = ask
        self._later = later
        self._db = db
        self.modes = Modes(clock)
        self.problems: list[str] = []
        """What a place did not hold when it was connected, and should have."""
        self._staff: bool | None = False
        """Whether the second inbox is connected; None: somebody is about it."""

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

    def staff(self, act: Act) -> bool:
        """The second inbox comes, and goes again."""
        there, self._staff = self._staff, None
        if there is None:
            return False
        if there:
            self._disconnect(world.STAFF, lambda: self._set_staff(on=False))
        else:
            self._connect(world.STAFF, Mode.EXPLICIT, lambda: self._set_staff(on=True))
        return True

    def _set_staff(self, *, on: bool) -> None:
        self._staff = on

    def reopen(self, act: Act) -> bool:
        """The inbox is disconnected, and connected again a while later, in either mode."""
        if self.modes.now() is None:
            return False
        self.modes.set(None)
        mode = list(Mode)[act.picks[0] % len(Mode)]
        pause = act.picks[1] % 400 / 10

        def again() -> None:
            self._connect(world.INBOX, mode, lambda: self.modes.set(mode))

        self._disconnect(world.INBOX, lambda: self._later(pause, again))
        return True

    def _connect(self, place: Place, mode: Mode, done: Callable[[], None]) -> None:
        wanted = world.inbox(place, mode)

        async def connect(desk: Desk) -> None:
            refused = await desk.connect_place(wanted)
            assert refused is None

        def connected() -> None:
            self.problems += filling.problems(self._db(), wanted)
            done()

        self._ask(f"connect {wanted.id}", connect, connected)

    def _disconnect(self, place: Place, done: Callable[[], None]) -> None:
        there = world.inbox(place, Mode.RELAY)
        self._ask(f"disconnect {there.id}", lambda desk: desk.disconnect_place(there.id), done)
