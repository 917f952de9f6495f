"""What goes to one mirror, cut into remote messages.

`project` says what a mirror shows; `parts` cuts that into parts of one remote
message each; a lane writes them one after another, and notes in `Sending` how
far it has come before every call.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.files import FileRef
from core.ids import RemoteId, SpaceId
from core.model import AccountKind, Mirror, Mode, Pin, Status
from core.quick import quick
from core.text.content import Content


@quick
@dataclass(frozen=True, slots=True)
class Author:
    name: str
    picture: str | None = None
    kind: AccountKind = AccountKind.PERSON


class PartKind(StrEnum):
    CARD = "card"
    """The thread's card, its root: `pin`, `author` who opened it, `people`, `code`."""
    TEXT = "text"
    """Words of `author`."""
    PIN = "pin"
    """A further pin that `author` sent into the thread."""
    FILE = "file"
    """A file of `author`: `file`; `text` is an address of the web copy where it is too large."""
    NOTICE = "notice"
    """A line of Pinthread's own, such as somebody joining."""


@dataclass(frozen=True, slots=True)
class CardLine:
    """What stands on the card of a thread in a brand's inbox. `assignee` is a name."""

    mode: Mode
    status: Status = Status.OPEN
    until: datetime | None = None
    assignee: str = ""
    paused: bool = False
    request: bool = False
    """The first message still waits for an answer."""


@quick
@dataclass(frozen=True, slots=True)
class Part:
    """The content of one remote message.

    `rich` is the tree to show; without one `text` is plain, and each adapter escapes
    it for its own. `text` is always there for notifications. `answers` is a short
    line about the message that this one replies to. `mentions` maps accounts named in
    `rich` to their user ids on the place's platform, and refs of channels to channels.
    `answers_to` is the remote message, where it stands in the same place. A `note` is for
    agents alone and says so in its author's name too. `ping` are user ids of the place's
    platform to be mentioned with it on purpose, the only mention beside those of `rich`.
    `line` is of a card in a brand's inbox.
    """

    kind: PartKind
    text: str = ""
    author: Author | None = None
    pin: Pin | None = None
    people: tuple[str, ...] = ()
    code: str = ""
    rich: Content | None = None
    file: FileRef | None = None
    answers: str = ""
    answers_to: RemoteId | None = None
    mentions: Mapping[str, str] = field(default_factory=dict)
    note: bool = False
    ping: tuple[str, ...] = ()
    line: CardLine | None = None


class Verb(StrEnum):
    POST = "post"
    EDIT = "edit"
    DELETE = "delete"
    REACT = "react"
    UNREACT = "unreact"


@quick
@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do to one remote message.

    POST and EDIT show `part`, as number `index` of its item. Every other verb than
    POST is about the remote message `target`; REACT and UNREACT have an `emoji`.
    """

    verb: Verb
    index: int = 0
    part: Part | None = None
    target: RemoteId | None = None
    emoji: str = ""


@quick
@dataclass(frozen=True, slots=True)
class Show:
    """What is to be done in a mirror for one item: `item` and `revision` as in its placements."""

    item: str
    revision: int
    steps: tuple[Step, ...]


@quick
@dataclass(frozen=True, slots=True)
class Sending:
    """A delivery that has begun. It is stored before each call, so that a crash can be sorted out.

    `seq` is where the cursor goes when all steps are done; `at` is the step that is
    next. `inner` and `data` belong to the adapter: a step may take several calls.
    `anchor` is the newest remote id known in that place before the call. Where
    `in_flight` is false, the next call is known not to have been made.
    """

    item: str
    seq: int
    revision: int
    steps: tuple[Step, ...]
    at: int = 0
    inner: int = 0
    data: Mapping[str, str] = field(default_factory=dict)
    anchor: RemoteId | None = None
    in_flight: bool = True


@quick
@dataclass(frozen=True, slots=True)
class Write:
    """One call an adapter is asked to make: `step`, in the mirror's place.

    `poster` is who posted the target. `inner` and `data` are what the receipt of the
    last call of this step gave. `known` are remote messages after the anchor that are
    accounted for, so that a search for an unclear write passes over them.
    """

    delivery: str
    mirror: Mirror
    step: Step
    title: str
    poster: str = ""
    revision: int = 1
    inner: int = 0
    data: Mapping[str, str] = field(default_factory=dict)
    anchor: RemoteId | None = None
    known: frozenset[RemoteId] = frozenset()

    @property
    def part(self) -> Part:
        """What is posted or edited; an error for the other verbs."""
        if self.step.part is None:
            raise ValueError(f"{self.step.verb} shows nothing")
        return self.step.part

    @property
    def replaces(self) -> RemoteId | None:
        """The remote message to edit, else a new one is made."""
        return self.step.target if self.step.verb is Verb.EDIT else None


@quick
@dataclass(frozen=True, slots=True)
class Receipt:
    """A call was applied. With `inner` set, the step needs that further call, with `data`."""

    remote: RemoteId
    poster: str
    space: SpaceId | None = None
    inner: int | None = None
    data: Mapping[str, str] = field(default_factory=dict)


class FailureKind(StrEnum):
    RATE = "rate"
    """Wait `retry_after` seconds, then the same call."""
    TRANSIENT = "transient"
    """The platform is away or unwell."""
    EVENT = "event"
    """This content is refused for good; the lane goes on without it."""
    PLACE = "place"
    """The place is refused until a person repairs it."""
    GONE = "gone"
    """The remote message to change is not there any more."""
    EMOJI = "emoji"
    """There is no such emoji in that place."""
    FOREIGN = "foreign"
    """The remote message to change is not ours to change any more."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that gave no receipt. Where it is not `certain`, it may have been applied.

    `code` is stable and safe to log; `remedy` tells a person what to do.
    """

    kind: FailureKind
    code: str
    certain: bool = True
    retry_after: float | None = None
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """A search for an unclear write found nothing."""


class DeliveryState(StrEnum):
    HERE = "here"
    """It was written in that place."""
    DELIVERED = "delivered"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where one message stands in one place, for people to see."""

    platform: str
    place: str
    state: DeliveryState
    reason: str | None = None
