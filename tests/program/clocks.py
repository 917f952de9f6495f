"""Time for tests of the whole program, without waiting for it and without a clock in the product.

The program asks the machine what time it is. What a test can choose honestly is where on
Earth people are: a time zone of its own, of which it is any time of day just now. And while the
program is down, hours may pass: all that it has kept is older by them, its rows about the
future are nearer, and it is later in every zone. `PYTHONTZPATH` is how Python is told of
further zones.
"""

import os
import sqlite3
import struct
import zoneinfo
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

_DAY = 86_400


@dataclass(slots=True)
class Zones:
    """Time zones by name, such as `Test/Home`, and how late it is there: seconds of the day."""

    folder: Path
    _at: dict[str, float] = field(default_factory=dict)

    @classmethod
    def made(cls, folder: Path, patch: pytest.MonkeyPatch) -> "Zones":
        """Processes that are started from now on know the zones of that folder."""
        patch.setenv("PYTHONTZPATH", os.pathsep.join([str(folder), *zoneinfo.TZPATH]))
        return cls(folder)

    def put(self, name: str, hour: float) -> None:
        """It is that hour of the day there now. A process that knows the zone keeps it."""
        self._at[name] = hour
        now = datetime.now(UTC)
        past = now.hour * 3_600 + now.minute * 60 + now.second
        ahead = int(hour * 3_600 - past)
        # At most half a day away from UTC, so that it is today there or tomorrow at the most.
        ahead = (ahead + _DAY // 2) % _DAY - _DAY // 2
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # RFC 8536, version 1: no transition, one kind of local time, its name.
        counts = struct.pack(">6l", 0, 0, 0, 0, 1, 4)
        path.write_bytes(b"TZif" + bytes(16) + counts + struct.pack(">lbb", ahead, 0, 0) + b"TST\0")

    def hours_pass(self, database: Path, hours: float) -> None:
        """While the program is down."""
        for name, hour in dict(self._at).items():
            self.put(name, (hour + hours) % 24)
        with closing(sqlite3.connect(database)) as db, db:
            past = timedelta(hours=hours) // timedelta(microseconds=1)
            db.execute("UPDATE timers SET due = due - ? WHERE due IS NOT NULL", (past,))
            db.execute("UPDATE events SET at = at - ?", (past,))


def kept(database: Path, words: str) -> bool:
    """Whether the words stand anywhere in the database."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        return any(words in line for line in db.iterdump())
