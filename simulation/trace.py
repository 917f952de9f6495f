"""What happened in a simulation, line by line, to be read after a failure and compared.

Lines are kept as they come and put into words only when somebody asks. Two runs of one
script have the same lines, in whichever process they run.
"""

from collections.abc import Callable, Iterator
from hashlib import blake2b

Line = tuple[float, str, str, str]


class Trace:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.lines: list[Line] = []

    @classmethod
    def of(cls, other: "Trace") -> "Trace":
        """The lines alone, without the loop that the clock belongs to."""
        found = cls(float)
        found.lines = other.lines
        return found

    def add(self, who: str, did: str, what: str) -> None:
        self.lines.append((self._clock(), who, did, what))

    def digest(self) -> str:
        """The same for the same lines."""
        found = blake2b(digest_size=12)
        for line in self.lines:
            found.update(repr(line).encode())
        return found.hexdigest()

    def text(self, last: int | None = None) -> Iterator[str]:
        for at, who, did, what in self.lines if last is None else self.lines[-last:]:
            yield f"{at:9.3f}  {who:<10} {did:<14} {what}"
