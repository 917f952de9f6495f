"""Answers to intents."""

from dataclasses import dataclass
from datetime import datetime

from core.ids import ConversationId, MessageId, ThreadId
from core.model import Refusal
from core.ports.reading import ThreadLine
from core.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class Accepted:
    """It is in the history. `message` is what the intent posted, if it posted anything.

    `newcomer`: words in a channel that others read, by somebody whose first act they were:
    the office's `welcome` has a line for them. `note`: it is one, which the place where it
    was typed does not show by itself.
    """

    conversation: ConversationId
    thread: ThreadId
    seq: int
    message: MessageId | None = None
    repeated: bool = False
    newcomer: bool = False
    note: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """Stored, and decided again when its thread appears."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Not for us: said in a place that is not bound, or outside any mirrored thread."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Words in direct messages could belong to several threads: the person must pick one."""

    threads: tuple[ThreadLine, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """It is kept, and goes out at `until`, or (None) when its author says so.

    `timer` is what `Desk.release` and `Desk.undo` take; nobody else sees anything before.
    """

    timer: str
    until: datetime | None
    reason: str


Outcome = Accepted | Refusal | Held | Ignored | Ask | Waiting
