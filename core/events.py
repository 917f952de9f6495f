"""What happened: the lines of a conversation's history.

An event is never changed. `seq` counts a conversation's events from 1 without
gaps and is internal. The text of a message is kept beside its event, so that it
can be erased without breaking the log.
"""

from dataclasses import dataclass
from datetime import datetime

from core.content import Content
from core.files import FileRef
from core.ids import AccountId, BindingId, ConversationId, MessageId, PinId, ThreadId
from core.model import Identity


@dataclass(frozen=True, slots=True)
class ConversationStarted:
    people: tuple[AccountId, ...]
    """All members, the creator first."""


@dataclass(frozen=True, slots=True)
class ThreadOpened:
    pin: PinId


@dataclass(frozen=True, slots=True)
class MessagePosted:
    """`rich` is the tree of `text`, where there is more to it than words."""

    message: MessageId
    text: str
    pin: PinId | None = None
    rich: Content | None = None
    answers: MessageId | None = None


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """`revision` counts from 1, the message as it was posted."""

    message: MessageId
    revision: int
    text: str
    rich: Content | None = None


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """The words are kept for the operator alone, and not for ever."""

    message: MessageId


@dataclass(frozen=True, slots=True)
class ReactionAdded:
    message: MessageId
    emoji: str


@dataclass(frozen=True, slots=True)
class ReactionRemoved:
    message: MessageId
    emoji: str


@dataclass(frozen=True, slots=True)
class FileAdded:
    """`remote` is what its platform calls it, where it came from one."""

    message: MessageId
    file: FileRef
    remote: str = ""


@dataclass(frozen=True, slots=True)
class FileFailed:
    """A file of the message could not be had; its words stand."""

    message: MessageId
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class FileRemoved:
    """Its author took a file off the message; `added` is the event that added it.

    Where that is 0 the file was still on its way, and never comes.
    """

    message: MessageId
    remote: str
    added: int = 0


@dataclass(frozen=True, slots=True)
class PeopleAdded:
    people: tuple[AccountId, ...]
    via: BindingId | None = None
    """The shared place through which they came by speaking there."""


@dataclass(frozen=True, slots=True)
class PersonLeft:
    """The actor left the conversation."""


@dataclass(frozen=True, slots=True)
class CardFilled:
    pin: PinId


AboutMessage = (
    MessageEdited
    | MessageDeleted
    | ReactionAdded
    | ReactionRemoved
    | FileAdded
    | FileFailed
    | FileRemoved
)
"""What happens to a message after it was posted."""

Happening = (
    ConversationStarted
    | ThreadOpened
    | MessagePosted
    | AboutMessage
    | PeopleAdded
    | PersonLeft
    | CardFilled
)


@dataclass(frozen=True, slots=True)
class Event:
    """One line. `agent` is who wrote for a brand, known inside the brand alone."""

    conversation: ConversationId
    seq: int
    thread: ThreadId
    at: datetime
    actor: AccountId
    what: Happening
    agent: Identity | None = None
