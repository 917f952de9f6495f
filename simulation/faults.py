"""What goes wrong, as data: faults of single calls, of events, and of whole platforms.

A fault of a call or an event hits the next one of its kind on its platform after its
time. All times are seconds of the virtual clock.
"""

from dataclasses import dataclass
from enum import StrEnum


class CallFault(StrEnum):
    REFUSED = "refused"
    """The connection is refused: clear."""
    RATE = "rate"
    """429, with a time to wait."""
    ERROR = "error"
    """5xx, and nothing was done."""
    ERROR_APPLIED = "error_applied"
    """5xx, and it was done all the same."""
    CUT = "cut"
    """The connection is cut before the request is read."""
    CUT_APPLIED = "cut_applied"
    """The connection is cut after it was done."""
    SLOW = "slow"
    """An answer just within the caller's patience."""
    LOST = "lost"
    """It is done, and no answer ever comes."""
    LATE = "late"
    """It is done when the caller has long given it up."""


class EventFault(StrEnum):
    DOUBLED = "doubled"
    DELAYED = "delayed"
    """Those after it overtake it, where the platform keeps no order."""
    WITHHELD = "withheld"
    """It never comes."""


class Outage(StrEnum):
    DOWN = "down"
    """The whole platform: no calls, no people."""
    UNHEARD = "unheard"
    """Events do not get through: Slack tries again, Discord keeps them for a resume."""
    DROPPED = "dropped"
    """Events do not get through, and those of that time never will."""
    DEAF = "deaf"
    """As dropped, and the connection seems to be open all the while."""
    BROKEN = "broken"
    """One place takes nothing from us."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`seconds` is how long it lasts or takes; `place` picks one, where it hits a place."""

    at: float
    platform: str
    kind: CallFault | EventFault | Outage
    seconds: float = 0.0
    place: int = 0


@dataclass(frozen=True, slots=True)
class Crash:
    """The program dies some handles, or some commits, after `at`, and starts again later.

    `again`: so many handles after that it dies once more.
    """

    at: float
    handles: int = -1
    commits: int = 0
    side: str = ""
    down: float = 1.0
    again: int = -1
