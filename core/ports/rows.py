"""What goes into the store and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.delivery import CardLine, Sending
from core.events import Event
from core.ids import (
    AccountId,
    ConversationId,
    MessageId,
    MirrorId,
    PinId,
    RemoteId,
    SpaceId,
    ThreadId,
)
from core.intents import Intent, RemoteFile
from core.model import (
    Account,
    Binding,
    BindingKind,
    Head,
    Identity,
    Mirror,
    Pin,
    Place,
    Placement,
    Thread,
    Written,
)
from core.ports.reading import Timer
from core.quick import quick
from core.standing import Edge


class StoreError(Exception):
    """The database could not do it; the driver's error is the cause."""


class NewerSchemaError(StoreError):
    """The database was written by a newer program."""


@quick
@dataclass(frozen=True, slots=True)
class Spot:
    """Where a reply lands: the mirrored thread, its conversation and the bound place."""

    mirror: Mirror
    thread: Thread
    head: Head
    binding: Binding


@dataclass(frozen=True, slots=True)
class Fetch:
    """A file of a message that is still on its platform. `n` is its place among them."""

    message: MessageId
    n: int
    platform: str
    file: RemoteFile
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class NewMirror:
    id: MirrorId
    thread: ThreadId
    binding: Binding
    from_seq: int


@quick
@dataclass(frozen=True, slots=True)
class Begun:
    """A delivery that begins with the commit of its event: nobody has made its call yet.

    It begins only if the mirror is still idle at `cursor`.
    """

    mirror: MirrorId
    cursor: int
    sending: Sending


@quick
@dataclass(frozen=True, slots=True)
class Commit:
    """All that one intent changes, in one transaction.

    `expected` is the conversation's `seq` that the decision saw (0: it is new).
    `people_key` is the key of those present afterwards, where that changes. `origin` is
    the mirror in which it was done. `here` places what was typed there: a message, its new
    revision, or (`removed`) its end. `fetches` are files to be fetched for the
    message that is posted. `begun` are deliveries of the event that begin with it.
    `standing` is the `Involved.version` that the decision saw (None: it looked at nothing of
    the kind). `edges` are follows that come with it; of `timers` those stay whose
    id is there already; `drop_timers` are ids that go first.
    """

    key: str
    fingerprint: str
    conversation: ConversationId
    expected: int
    events: tuple[Event, ...]
    people_key: str
    mirrors: tuple[NewMirror, ...] = ()
    here: Placement | None = None
    origin: MirrorId | None = None
    fetches: tuple[Fetch, ...] = ()
    begun: tuple[Begun, ...] = ()
    standing: int | None = None
    edges: tuple[Edge, ...] = ()
    timers: tuple[Timer, ...] = ()
    drop_timers: tuple[str, ...] = ()


@quick
@dataclass(frozen=True, slots=True)
class Committed:
    """`begun` are the mirrors whose deliveries have begun with it.

    `standing` is the version that it leaves, where it changed that.
    """

    seq: int
    begun: tuple[MirrorId, ...] = ()
    standing: int = 0


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The key was committed before, with this fingerprint and result."""

    fingerprint: str
    conversation: ConversationId
    thread: ThreadId
    seq: int
    message: MessageId | None


@dataclass(frozen=True, slots=True)
class Stale:
    """Something the decision looked at has changed since: decide again.

    `standing` is the version of who follows whom that it met.
    """

    standing: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """A place refuses an item for good. `seq` is that of its message, else of its event."""

    item: str
    seq: int
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Again:
    """What was refused and shall be tried once more, with the event that it belongs to."""

    item: str
    seq: int
    event: Event


@quick
@dataclass(frozen=True, slots=True)
class LaneWork:
    """What a lane needs to go on: the mirror, and the next events after its cursor.

    `events` are those of the thread with `seq > cursor`, oldest first, bodies as they
    were at each event. `written` are the messages that the events are about as they
    stand now (for an ended mirror as they stood at its end), those that these answer,
    and those that hold a pin of a `CardFilled` among the events; `placed` what the mirror
    holds of these, of their files (`<message>#<seq>`), and of nothing else. `wanted` are
    the emoji that somebody has put on a message in another place than this mirror's, `shown` those
    that we have put there. `users` are the user ids on this platform of accounts that
    the messages mention, and the channels there that stand for those they name (by ref).
    `accounts` and `pins` hold everybody and everything the events, messages and the card
    name. `newest` is the newest remote id placed in the mirror, `known` the latest of them.
    `again` is what was refused before and shall be tried once more. `later` are the
    reactions of events after these, of a long backlog. `agents` are the names of a brand's agents,
    as far as they may be shown there; `line` is for a card in a brand's inbox, `ping` the user
    ids of its assignee, who wants to be mentioned.
    """

    mirror: Mirror
    sending: Sending | None
    thread: Thread
    opened_by: AccountId
    people: tuple[AccountId, ...]
    events: tuple[Event, ...]
    accounts: Mapping[AccountId, Account]
    pins: Mapping[PinId, Pin]
    written: Mapping[MessageId, Written]
    placed: Mapping[str, tuple[Placement, ...]]
    wanted: Mapping[MessageId, frozenset[str]]
    shown: Mapping[MessageId, frozenset[str]]
    users: Mapping[str, str]
    card_revision: int
    newest: RemoteId | None
    known: frozenset[RemoteId]
    again: tuple[Again, ...] = ()
    later: frozenset[tuple[MessageId, str]] = frozenset()
    agents: Mapping[Identity, str] = field(default_factory=dict)
    signatures: bool = False
    line: CardLine | None = None
    ping: tuple[str, ...] = ()
    quiet: Mapping[str, str] = field(default_factory=dict)
    """As `users`, of those who want no mentions now: their names stand there, or a mention from
    when they did."""
    filling: bool = False
    """Its binding is new, and nothing has happened in the thread since."""


@quick
@dataclass(frozen=True, slots=True)
class Due:
    """`since` is when the oldest event that waits happened, as far as that is known."""

    mirror: MirrorId
    platform: str
    channel: str
    retry_at: datetime | None
    since: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Retry:
    """What shall be tried once more: of all that has failed, what all given fields name.

    `mirror` and `thread` may be beginnings of ids; `place` is a channel's label or id;
    `message` is the `seq` of a message of the thread.
    """

    mirror: str | None = None
    thread: str | None = None
    place: str | None = None
    message: int | None = None


@dataclass(frozen=True, slots=True)
class HeldIntent:
    """`waits_for` is the remote thread or remote message that has not appeared yet."""

    key: str
    waits_for: SpaceId | RemoteId
    intent: Intent
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command beside the program asks it to do. `what` is JSON."""

    n: int
    what: str


@dataclass(frozen=True, slots=True)
class Clearing:
    """A mirror that may show words or the name of somebody who has left for good.

    They wished for it at `since`. Events up to the position `upto` may have lines that name
    them. `through`: the lane has done its own part, and nothing of them is on its way there.
    """

    mirror: Mirror
    account: AccountId
    since: datetime
    upto: int
    through: bool


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One event for a live reader; `position` grows over all conversations."""

    position: int
    event: Event


@dataclass(frozen=True, slots=True)
class SweptPlace:
    """A place with mirrors, as sweeps know it.

    `active` is when something happened last in one of its threads, `at` when the last
    finished sweep of it began. `mark` is the newest of what stood straight in direct
    messages then.
    """

    place: Place
    kind: BindingKind
    active: datetime
    at: datetime | None
    mark: RemoteId | None


@dataclass(frozen=True, slots=True)
class Marked:
    """A mirror as sweeps know it. `mark` is the newest in it when one had read it to its end."""

    mirror: MirrorId
    thread: ThreadId
    space: SpaceId
    root: RemoteId
    mark: RemoteId | None
