"""What people have begun and must still choose, confirm or send anyway.

Kept in memory for an hour: after a restart the button says so, and the words stand in the
answer that holds the button, so that nothing is lost that somebody typed. A row in the store
for each would keep them where "Forget me" must find them again. A draft belongs to the person
who began it, and is taken once.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.asking import Command
from core.ids import AccountId

KEPT_FOR = timedelta(hours=1)
MOST = 5_000


@dataclass(frozen=True, slots=True)
class _Draft:
    person: AccountId
    at: datetime
    command: Command


class Drafts:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept: OrderedDict[str, _Draft] = OrderedDict()
        self._held: OrderedDict[AccountId, list[str]] = OrderedDict()

    def keep(self, person: AccountId, command: Command) -> str:
        """A name for it, hard to guess."""
        name = secrets.token_urlsafe(9)
        self._kept[name] = _Draft(person, self._now(), command)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return name

    def take(self, person: AccountId, name: str) -> Command | None:
        """None where it is too old, taken already, or somebody else's."""
        draft = self._kept.get(name)
        if draft is None or draft.person != person:
            return None
        del self._kept[name]
        return draft.command if self._now() - draft.at <= KEPT_FOR else None

    def note(self, person: AccountId, timer: str) -> None:
        """A reply of theirs is held; `last` gives the newest ones first."""
        timers = self._held.setdefault(person, [])
        self._held.move_to_end(person)
        if timer in timers:
            timers.remove(timer)
        timers[:0] = [timer]
        del timers[10:]
        while len(self._held) > MOST:
            self._held.popitem(last=False)

    def last(self, person: AccountId) -> tuple[str, ...]:
        return tuple(self._held.get(person, ()))

    def forget(self, person: AccountId, timer: str) -> None:
        timers = self._held.get(person, [])
        if timer in timers:
            timers.remove(timer)
