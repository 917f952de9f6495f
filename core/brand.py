"""How a brand wants to be spoken for: its agents' roles, its inbox, its hours.

Plain data from the configuration and the store; `core.model` exports it too. What a
role may do is said in `core.rights` alone.
"""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum


class Role(StrEnum):
    """What an agent may do for a brand, the most first."""

    OWNER = "owner"
    MANAGER = "manager"
    AGENT = "agent"
    VIEWER = "viewer"


class Mode(StrEnum):
    """What plain words in a thread of a brand's inbox are (rule 16)."""

    RELAY = "relay"
    """A reply to the follower, unless they are marked as a note."""
    EXPLICIT = "explicit"
    """A note; the Reply button, the shortcut or `/pin reply` sends."""


class Status(StrEnum):
    """Where a thread stands in a brand's inbox."""

    OPEN = "open"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class FollowBack(StrEnum):
    """When a brand follows whoever writes to it."""

    ANSWER = "answer"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Hours:
    """When a brand is there: `days` are 0 (Monday) to 6, `start` to `end` in `zone`.

    `answer` is said once to whoever writes outside of them.
    """

    zone: str
    days: tuple[int, ...]
    start: time
    end: time
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Canned:
    """A reply that is kept by its name; `text` may hold variables."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class BrandRules:
    """What the operator has set for one brand.

    `hold` are the seconds in which a typed reply can be taken back; `first_response` those
    after which somebody is reminded of an unanswered follower (0: nobody). `agent_role` is
    the name of the Discord role that agents hold; empty: whoever can read the channel.
    `closed`: the operator has taken the brand out of the configuration, and nobody acts for it.
    """

    follow_back: FollowBack = FollowBack.ANSWER
    signatures: bool = False
    hold: float = 15.0
    staff_role: Role = Role.VIEWER
    agent_role: str = ""
    first_response: float = 0.0
    hours: Hours | None = None
    canned: tuple[Canned, ...] = ()
    closed: bool = False
