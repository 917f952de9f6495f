"""What people and operators read of the program: lists, lines, pages, timers, reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.delivery import Delivery
from core.files import FileRef
from core.ids import AccountId, ConversationId, MessageId, ThreadId
from core.model import Account, AccountKind, Binding, BrandRules, Mirror, Pin, Request, Role, Status
from core.quick import quick
from core.text.content import Content


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One line of an inbox."""

    thread: ThreadId
    conversation: ConversationId
    code: str
    pin: Pin
    people: tuple[Account, ...]
    """The others in the conversation."""
    last_at: datetime
    last_by: Account | None
    last_text: str
    """The newest words, uncut; `a file` where there is nothing else, empty for only a pin."""
    request: Request = Request.NONE
    """What the asker has made of being written to."""
    waiting: bool = False
    """The newest words (no note) are somebody else's than the asker's."""
    assignee: Account | None = None
    status: Status = Status.OPEN
    until: datetime | None = None
    position: int = 0
    """The next page of the list begins before it."""


class Which(StrEnum):
    """The lists of an inbox. What was ignored is in none of them."""

    ALL = "all"
    MINE = "mine"
    """Assigned to the agent who asks, and not resolved."""
    UNASSIGNED = "unassigned"
    """Open, and nobody's."""
    WAITING = "waiting"
    """Open, and somebody else has had the last word."""
    REQUESTS = "requests"


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts somewhere. `account` is the one that speaks: in a brand's inbox the brand.

    `person` is who it is (the account itself, where a brand is signed in on the web). `role`
    and `rules` are those in that brand, None outside of one.
    """

    account: Account
    person: Account
    role: Role | None = None
    rules: BrandRules | None = None
    binding: Binding | None = None


@dataclass(frozen=True, slots=True)
class PlaceLook:
    """A channel as it is right now. `private`: only those who were let in can read it.

    `shared`: with another workspace. `label` is its name for people, such as `#pin-inbox`.
    `present`: the bot is in it; Slack tells of public channels without it too.
    """

    label: str
    private: bool
    shared: bool = False
    present: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """A channel that others read, in which a conversation of the asker's appears.

    `thread` is a thread of it there, `people` are the others in it.
    """

    binding: Binding
    conversation: ConversationId
    thread: ThreadId
    people: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Archive:
    """An export: a file called `name`, at `path` for a day, and at `url` where there is a page."""

    name: str
    path: str
    url: str = ""


NOTIFY = ("all", "mentions", "none")


@dataclass(frozen=True, slots=True)
class Prefs:
    """What somebody wants to be told, one of `NOTIFY`, and when not to.

    `quiet_from` and `quiet_to` are times of day, `hh:mm`, in `zone`; both empty: none.
    """

    notify: str = "all"
    quiet_from: str = ""
    quiet_to: str = ""
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Timer:
    """What happens later by itself. `due` None: when somebody says so.

    `account` is for whom it is (of a held reply, the brand). `what` is JSON, as its kind
    has it.
    """

    id: str
    kind: str
    due: datetime | None
    thread: ThreadId | None = None
    account: AccountId | None = None
    what: str = "{}"


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report as it is kept: `what` are the reported messages as they stand now, as JSON."""

    reporter: AccountId
    conversation: ConversationId
    thread: ThreadId
    reason: str
    what: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """A report, numbered in the order in which they came."""

    n: int
    at: datetime
    reporter: AccountId
    conversation: ConversationId
    thread: ThreadId
    reason: str
    what: str


@dataclass(frozen=True, slots=True)
class Involved:
    """Who of some accounts follows and blocks whom. `version` counts all changes of these.

    `banned` and `invited` are those of them who are; `asked` as in `Standing`.
    """

    version: int
    kinds: Mapping[AccountId, AccountKind]
    handles: Mapping[AccountId, str]
    follows: frozenset[tuple[AccountId, AccountId]]
    blocks: frozenset[tuple[AccountId, AccountId]]
    banned: frozenset[AccountId]
    invited: frozenset[AccountId]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a thread as a member sees it. `text` of a notice is a sentence."""

    seq: int
    kind: str
    """`message`, `notice` or `card`."""
    at: datetime
    author: Account
    text: str
    pin: Pin | None
    message: MessageId | None
    deliveries: tuple[Delivery, ...] = ()
    rich: Content | None = None
    edited: bool = False
    deleted: bool = False
    files: tuple[FileRef, ...] = ()
    reactions: tuple[tuple[str, tuple[Account, ...]], ...] = ()
    """Each emoji with those who reacted so, in the order of the first of each."""
    answers: str = ""
    """A short line about the message that this one replies to."""
    note: bool = False
    """Only the brand's own people see it."""


@dataclass(frozen=True, slots=True)
class Page:
    """Lines oldest first. `older`/`newer` say whether there are more on that side."""

    lines: tuple[Line, ...]
    older: bool
    newer: bool


@dataclass(frozen=True, slots=True)
class ThreadView:
    thread: ThreadId
    conversation: ConversationId
    code: str
    pin: Pin
    people: tuple[Account, ...]
    """All members, the asker included, the creator first."""
    mirrors: tuple[Mirror, ...]
    """The asker's own mirrors: where to open the thread."""
    request: Request = Request.NONE
    """What the asker has made of being written to."""
    muted: bool = False
    assignee: Account | None = None
    """This, `status` and `until` are known to a brand alone."""
    status: Status = Status.OPEN
    until: datetime | None = None


@quick
@dataclass(frozen=True, slots=True)
class Change:
    """Something to read again. `kind` is `event` or `delivery`.

    A delivery has the audience of what was delivered: whoever may not see that is not to
    learn of it by being told of its copies.
    """

    conversation: ConversationId
    thread: ThreadId
    kind: str
    only: AccountId | None = None
    hidden: tuple[AccountId, ...] = ()


class Behind(Protocol):
    """A platform whose threads are being read: so many of those known so far to be read."""

    @property
    def platform(self) -> str: ...

    @property
    def done(self) -> int: ...

    @property
    def total(self) -> int: ...
