"""How much each account may send up in a day, by the clock of UTC.

What is counted is what is kept: an upload that was refused or broke off counts for nothing
once it has ended. The counts are in memory, so each process has its own and a restart
begins anew: it is a fence against one person filling the disk, not a bill.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from core.files import readable_size
from core.ids import AccountId
from web.problems import Problem

QUOTA = 5 * 2**30
"""Bytes in a day, unless the one who puts it together says otherwise; 0 is no limit."""


@dataclass(slots=True)
class Spent:
    per_day: int
    now: Callable[[], datetime]
    _day: date = date.min
    _bytes: dict[AccountId, int] = field(default_factory=dict)

    @contextmanager
    def counting(self, account: AccountId) -> Iterator["Count"]:
        """Counts one upload, and takes it back at the end unless it was kept."""
        count = Count(self, account, self._today())
        try:
            yield count
        finally:
            count.end()

    def used(self, account: AccountId) -> int:
        self._today()
        return self._bytes.get(account, 0)

    def add(self, account: AccountId, size: int, day: date) -> None:
        """A number below 0 takes back; what belongs to a day that is over is forgotten."""
        if self._today() == day:
            self._bytes[account] = self._bytes.get(account, 0) + size

    def _today(self) -> date:
        today = self.now().astimezone(UTC).date()
        if today != self._day:
            self._day = today
            self._bytes.clear()
        return today


@dataclass(slots=True)
class Count:
    """One upload. `check` and `add` raise the problem `quota_used_up`."""

    spent: Spent
    account: AccountId
    day: date
    size: int = 0

    def check(self, more: int) -> None:
        most = self.spent.per_day
        if most and self.spent.used(self.account) + more > most:
            now = self.spent.now().astimezone(UTC)
            midnight = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
            left = readable_size(max(most - self.spent.used(self.account), 0))
            raise Problem(
                429,
                "quota_used_up",
                f"You may send up {readable_size(most)} a day, and {left} of it are left. Send a "
                f"smaller file, or this one after {midnight:%H:%M} UTC, or a link to it.",
                {"Retry-After": str(int((midnight - now).total_seconds()) + 1)},
            )

    def add(self, more: int) -> None:
        self.check(more)
        self.size += more
        self.spent.add(self.account, more, self.day)

    def keep(self) -> None:
        """What has been counted stays counted."""
        self.size = 0

    def end(self) -> None:
        self.spent.add(self.account, -self.size, self.day)
