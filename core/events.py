"""What happened: the lines of a conversation's history.

An event is never changed. `seq` counts a conversation's events from 1 without
gaps and is internal. The text of a message is kept beside its event, so that it
can be erased without breaking the log.
"""

from dataclasses import dataclass
from datetime import datetime

from core.files import FileRef
from core.ids import AccountId, BindingId, ConversationId, MessageId, PinId, ThreadId
from core.model import Identity, Status
from core.quick import quick
from core.text.content import Content


@dataclass(frozen=True, slots=True)
class ConversationStarted:
    """`asked` are those whom the first message reaches as a request."""

    people: tuple[AccountId, ...]
    """All members, the creator first."""
    asked: tuple[AccountId, ...] = ()


@dataclass(frozen=True, slots=True)
class ThreadOpened:
    pin: PinId


@quick
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
    """`asked` are those of them who have to accept first."""

    people: tuple[AccountId, ...]
    via: BindingId | None = None
    """The shared place through which they came by speaking there."""
    asked: tuple[AccountId, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonLeft:
    """The actor left the conversation."""


@dataclass(frozen=True, slots=True)
class PersonRemoved:
    """The conversation's creator removed a member."""

    account: AccountId


@dataclass(frozen=True, slots=True)
class RequestAccepted:
    """The actor talks with those who wrote; nobody else is told."""


@dataclass(frozen=True, slots=True)
class RequestIgnored:
    """The actor wants to see no more of it; nobody else is told."""


@dataclass(frozen=True, slots=True)
class Muted:
    """The actor wants no pings from the conversation, or (`on` false) wants them again."""

    on: bool


@dataclass(frozen=True, slots=True)
class ThreadAssigned:
    """Who of the brand answers; None: nobody in particular."""

    to: AccountId | None


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """`until` is when a snoozed thread wakes up."""

    status: Status
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlaceOpened:
    """A channel that others read shows the conversation from here on."""

    binding: BindingId
    label: str


@dataclass(frozen=True, slots=True)
class PlaceClosed:
    """That channel shows no more of it."""

    binding: BindingId
    label: str


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

AboutPeople = PeopleAdded | PersonLeft | PersonRemoved | RequestAccepted | RequestIgnored | Muted
"""What changes who is in the conversation, and how."""

AboutThread = ThreadAssigned | StatusChanged
"""What a brand makes of a thread, inside the brand."""

Happening = (
    ConversationStarted
    | ThreadOpened
    | MessagePosted
    | AboutMessage
    | AboutPeople
    | AboutThread
    | PlaceOpened
    | PlaceClosed
    | CardFilled
)


@quick
@dataclass(frozen=True, slots=True)
class Event:
    """One line. `agent` is who wrote for a brand, known inside the brand alone.

    `only` is the one account that may see it: of a note, and of all that stays inside a
    brand, the brand. `hidden` are members who do not see it on their private surfaces.
    `core.audience` says what follows from both.
    """

    conversation: ConversationId
    seq: int
    thread: ThreadId
    at: datetime
    actor: AccountId
    what: Happening
    agent: Identity | None = None
    only: AccountId | None = None
    hidden: tuple[AccountId, ...] = ()
