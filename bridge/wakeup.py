"""Wake-ups inside one process: the engine behind `core.ports.needs.Wakeups`.

A hint and no more: whoever misses one finds the work in the store.
"""

from collections.abc import Callable

from core.ports.reading import Change


class LocalWakeups:
    """Calls every listener at once, in the order in which they subscribed."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Change], None]] = []

    def publish(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)
