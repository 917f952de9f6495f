"""What the program needs of the world, and what the world may ask of the program.

`Desk` is the program as adapters and the web see it. `Adapter` is a platform as
the program sees it. `Store`, `Files`, `Budgets` and `PinLookup` are its other needs.
Every method may be called from one event loop only.
"""

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.asking import Office
from core.capabilities import Capabilities
from core.delivery import Absent, CardLine, Delivery, Failure, Receipt, Sending, Write
from core.events import Event
from core.files import FileId, FileRef, Stored
from core.ids import (
    AccountId,
    BindingId,
    ConversationId,
    MessageId,
    MirrorId,
    PinId,
    RemoteId,
    SpaceId,
    ThreadId,
)
from core.intents import (
    InDirect,
    InSpace,
    Intent,
    PersonRef,
    RemoteFile,
    RemoteMessage,
    Somebody,
)
from core.model import (
    Account,
    AccountKind,
    Binding,
    BindingKind,
    BrandRules,
    Head,
    Identity,
    Mirror,
    MirrorState,
    Pin,
    Place,
    Placement,
    Profile,
    Refusal,
    Request,
    Role,
    Status,
    Thread,
    Written,
)
from core.quick import quick
from core.search import Hits, SearchQuery
from core.standing import Edge
from core.sweep import Root, Seen
from core.text.content import Content

# --- answers to intents -------------------------------------------------------------------


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

    threads: tuple["ThreadLine", ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """It is kept, and goes out at `until`, or (None) when its author says so.

    `timer` is what `Desk.release` and `Desk.undo` take; nobody else sees anything before.
    """

    timer: str
    until: datetime | None
    reason: str


Outcome = Accepted | Refusal | Held | Ignored | Ask | Waiting


# --- what people read ---------------------------------------------------------------------


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
    """

    label: str
    private: bool
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Archive:
    """An export: a file called `name`, at `path` for a day, and at `url` where there is a page."""

    name: str
    path: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Prefs:
    """What somebody wants to be told: `all`, `mentions` or `none`, and when not to.

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
    """Something to read again. `kind` is `event` or `delivery`."""

    conversation: ConversationId
    thread: ThreadId
    kind: str


class Behind(Protocol):
    """A platform whose threads are being read: so many of those known so far to be read."""

    @property
    def platform(self) -> str: ...

    @property
    def done(self) -> int: ...

    @property
    def total(self) -> int: ...


class Desk(Protocol):
    """The program, as adapters and the web see it."""

    @property
    def office(self) -> Office:
        """Where commands, buttons and forms go."""
        ...

    async def submit(self, intent: Intent) -> Outcome:
        """Commits before it returns. Never raises for what people do wrong."""
        ...

    async def account(self, actor: Somebody, place: Place | None = None) -> Account:
        """Who acts: in a brand's inbox the brand, elsewhere the person (made if unknown)."""
        ...

    async def people(self, asker: AccountId, prefix: str, limit: int) -> tuple[Account, ...]:
        """Accounts whose handle or name starts so, for pickers; the asker is left out."""
        ...

    async def place_changed(
        self,
        place: Place,
        *,
        label: str | None = None,
        trouble: str | None = None,
        exposed: bool | None = None,
    ) -> None:
        """A bound channel was renamed, broke (`trouble` says what to do), or is good again.

        A place without a channel is every bound one of its workspace. `exposed`: others can
        read it since it turned public or shared (a brand's inbox is paused by that), or
        (false) it is private again.
        """
        ...

    async def find_people(self, refs: Sequence[PersonRef]) -> tuple[Account | None, ...]: ...

    async def accounts_of(self, identities: Sequence[Identity]) -> tuple[Account | None, ...]:
        """The accounts of these logins, where there are any; none is made."""
        ...

    async def reactions(self, message: RemoteMessage) -> tuple[tuple[AccountId, str], ...]:
        """Who has reacted how to a message, of those who may have done so on its platform."""
        ...

    async def preview(self, address: str) -> Pin | Refusal:
        """What is known of a pin by its address, looked up if need be (up to some seconds)."""
        ...

    async def pin_id(self, address: str) -> PinId | Refusal:
        """The pin an address names; only a short link takes a look-up."""
        ...

    async def recent_pins(self, asker: AccountId, limit: int) -> tuple[Pin, ...]:
        """Pins of the asker's threads, newest first, for autocomplete."""
        ...

    async def inbox(
        self,
        asker: AccountId,
        limit: int = 20,
        *,
        which: Which = Which.ALL,
        agent: AccountId | None = None,
        before: int | None = None,
    ) -> tuple[ThreadLine, ...]:
        """A page of one of the asker's lists; `agent` is who asks for a brand (`MINE`).

        `before` is the `position` of the last line of the page before.
        """
        ...

    async def open(self, asker: AccountId, code: str) -> ThreadView | Refusal:
        """A thread of the asker's by its code, a longer prefix of its id, or the whole id."""
        ...

    async def thread_at(self, target: InSpace | InDirect) -> ThreadId | None:
        """The thread that is mirrored there; in direct messages the one that is answered."""
        ...

    async def message_at(self, message: RemoteMessage) -> tuple[ThreadId, MessageId] | None:
        """The message that a remote message holds."""
        ...

    async def page(
        self,
        asker: AccountId,
        thread: ThreadId,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> Page | Refusal:
        """Lines with `after < seq < before` that the asker may see."""
        ...

    async def line(self, asker: AccountId, thread: ThreadId, message: MessageId) -> Line | Refusal:
        """A message of the thread as the asker sees it now."""
        ...

    async def may_read(self, asker: AccountId, file: str) -> bool:
        """Whether a message that the asker may see holds the file."""
        ...

    async def feed(
        self, asker: AccountId, after: int, limit: int
    ) -> tuple[tuple["FeedItem", ...], int]:
        """Events the asker may see after a position of the feed, and the position read up to."""
        ...

    async def feed_end(self) -> int: ...

    def changes(self) -> AbstractAsyncContextManager[AsyncIterator["Change"]]:
        """Hints, while it is open, that something in a conversation has changed."""
        ...

    async def strips(
        self, platform: str, channel: str, limit: int = 200
    ) -> Mapping[RemoteId, tuple[Delivery, ...]]:
        """Where the newest messages of a bound channel stand in all their places."""
        ...

    async def waiting(self) -> Mapping[str, int]:
        """How many messages wait, by platform."""
        ...

    def catching_up(self) -> Sequence["Behind"]:
        """The platforms that are being read for what was missed, and how far that is."""
        ...

    async def retry(self, asker: AccountId, thread: ThreadId, message: MessageId) -> Refusal | None:
        """What of the asker's own message did not get through is tried once more, everywhere."""
        ...

    # who may do what
    async def standing(self, actor: Somebody, place: Place | None = None) -> Acting:
        """Who acts there, and with which role; `account` alone is `Desk.account`."""
        ...

    async def follow(
        self, actor: Somebody, who: PersonRef, *, on: bool, place: Place | None = None
    ) -> Account | Refusal:
        """The actor (in a brand's inbox the brand) follows them, or no longer."""
        ...

    async def block(
        self, actor: Somebody, who: PersonRef, *, on: bool, place: Place | None = None
    ) -> Account | Refusal: ...

    async def follows(self, account: AccountId, limit: int = 100) -> tuple[Account, ...]:
        """Whom they follow, the newest first."""
        ...

    async def does_follow(self, who: AccountId, whom: AccountId) -> bool: ...
    async def followers(self, account: AccountId, limit: int = 100) -> tuple[Account, ...]: ...

    async def blocked(self, account: AccountId, limit: int = 100) -> tuple[Account, ...]:
        """Whom they have blocked."""
        ...

    async def brands(self, limit: int = 100) -> tuple[Account, ...]: ...

    def rules(self, brand: AccountId) -> BrandRules | None:
        """What the operator has set for a brand."""
        ...

    async def grant(
        self, actor: Somebody, place: Place | None, who: PersonRef, role: Role | None
    ) -> Account | Refusal:
        """Gives somebody a role in the actor's brand, or (None) takes it back."""
        ...

    async def agents(self, brand: AccountId) -> tuple[tuple[Account, Role], ...]:
        """Who acts for it: who was given a role, and who has acted in its channels."""
        ...

    async def brands_of(self, account: AccountId) -> tuple[tuple[Account, Role], ...]:
        """The brands for which somebody acts."""
        ...

    async def invite(self, account: AccountId) -> None:
        """They may start from now on, where not everybody may."""
        ...

    # what waits
    async def timer(self, timer: str) -> Timer | None: ...

    async def held_replies(self, thread: ThreadId, account: AccountId) -> tuple[Timer, ...]:
        """Replies of the account in the thread that have not gone out yet, the next one first."""
        ...

    async def release(self, timer: str, actor: Somebody, place: Place | None = None) -> Outcome:
        """Sends a held reply now."""
        ...

    async def undo(self, timer: str, actor: Somebody, place: Place | None = None) -> Refusal | None:
        """Takes a held reply back; `too_late` where it went out already."""
        ...

    # logins and settings
    async def prefs(self, account: AccountId) -> Prefs: ...

    async def put_prefs(self, account: AccountId, prefs: Prefs) -> None: ...

    async def identities(self, account: AccountId) -> tuple[Identity, ...]: ...

    async def link_code(self, person: Somebody) -> str:
        """A code that ties another login to this one's account, within some minutes."""
        ...

    async def use_link(self, person: Somebody, code: str) -> Account | Refusal:
        """Ties this login to the account of the one that asked for the code."""
        ...

    async def unlink(self, person: Somebody) -> Account | Refusal:
        """Parts this login from the account that it was tied to; gives its own."""
        ...

    # what is theirs
    async def search(
        self, asker: AccountId, query: SearchQuery, *, older: int | None = None, limit: int = 20
    ) -> Hits | Refusal:
        """Messages that the asker may see, newest first; `older` is the `more` of a page."""
        ...

    async def export(self, asker: AccountId) -> Archive:
        """All that is theirs, as a file; it may take a while."""
        ...

    def archive(self, token: str) -> Archive | None:
        """An export that is still there, by the last part of its `url`."""
        ...

    async def forget(self, asker: AccountId) -> None:
        """They leave for good: nobody acts as them from now on, and their words are erased."""
        ...

    # channels
    async def describe(self, place: Place) -> PlaceLook | None:
        """A channel as it is right now; None where the bot is not in it, or cannot tell."""
        ...

    async def binding_at(self, place: Place) -> Binding | None: ...

    async def bindings(self, account: AccountId) -> tuple[Binding, ...]: ...

    async def connect_place(self, binding: Binding) -> Refusal | None:
        """Binds a channel, or changes its binding."""
        ...

    async def disconnect_place(self, binding: BindingId) -> None:
        """Nothing appears there any more; what stands there stays."""
        ...

    async def tell_mode(self, place: Place, line: str) -> None:
        """The cards of a brand's inbox show its mode as it is now, the newest ones at once;
        `line` is said there."""
        ...

    async def secret(self, name: str) -> bytes:
        """32 random bytes of the installation, made at the first call."""
        ...

    async def use_once(self, token: str) -> bool:
        """True the first time only."""
        ...

    def echo(self, delivery: str, receipt: Receipt) -> None:
        """One of our own writes was seen on its platform."""
        ...

    def online(self, platform: str, *, up: bool) -> None:
        """A platform's connection came up or went down: what waits for it is tried at once."""
        ...

    def gap(self, platform: str, reason: str) -> None:
        """Events of a platform may have been missed: its places are swept.

        `reason` is one of `started`, `not_resumed`, `disconnected`, `deaf`, `refused`.
        """
        ...

    def stray(
        self, place: Place, space: SpaceId, remote: RemoteId, poster: str, delivery: str = ""
    ) -> None:
        """A message of ours was seen that no write under way accounts for.

        It is taken away as soon as it is sure that it is a late duplicate, and left alone
        where it turns out to be placed, or to belong to nothing known.
        """
        ...

    def suspect(self, platform: str, seen: Seen) -> None:
        """Something of ours was seen to stand so on a message, by an event or on a page.

        `seen` holds our emoji alone, or a message of ours. Where that is not what should
        stand there, a call that was applied late has set it, and it is put right.
        """
        ...


class Adapter(Protocol):
    """A platform, as the program sees it."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can do anywhere."""
        ...

    def capabilities_at(self, place: Place) -> Capabilities:
        """What it can do in that place, as far as that is known now."""
        ...

    async def start(self, desk: Desk) -> None:
        """Returns once connecting has begun; connections are kept up until `stop`."""
        ...

    async def connect(self, desk: Desk) -> None:
        """Instead of `start`: to read and to write, with nothing coming in. Ends with `stop`."""
        ...

    async def stop(self) -> None:
        """Stops taking input first; every task and connection has ended on return."""
        ...

    def connected(self) -> bool: ...

    def costs(self, write: Write) -> tuple["Cost", ...]:
        """The budgets that the call will draw on, the narrowest (a channel's) first."""
        ...

    async def write(self, write: Write) -> Receipt | Failure:
        """Makes exactly one attempt, within its own time limit. Never raises for a failed call."""
        ...

    async def find(self, write: Write) -> Receipt | Absent | Failure:
        """Looks for a write whose outcome is unclear."""
        ...

    def fetch(self, file: RemoteFile) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The bytes of a file that came in with a message; raises FetchError."""
        ...

    def link(self, mirror: Mirror) -> str | None:
        """An address that opens the mirrored thread in the platform's own program."""
        ...

    async def describe(self, place: Place) -> PlaceLook | None:
        """Asks now who reads a channel; None where the bot is not in it, or cannot tell."""
        ...

    # What nobody told us. All of these raise SweepError, obey the budgets of reads, and
    # wait behind live traffic.

    def moment(self, remote: RemoteId) -> datetime:
        """When a remote message was made, as its id tells. Pure."""
        ...

    def roots(self, place: Place, since: datetime) -> AsyncIterator[tuple[Root, ...]]:
        """Pages of remote threads of a bound place: all in which something was said after `since`.

        Quieter ones may be among them. Costs the pages of listings alone, however many
        threads there are. Direct messages that know no threads have none.
        """
        ...

    def messages(self, mirror: Mirror, after: RemoteId | None) -> AsyncIterator[tuple[Seen, ...]]:
        """Pages of the messages in a mirrored thread made after `after`, oldest first.

        With `after` None all of them; the card itself is not among them.
        """
        ...

    def direct(self, place: Place, after: RemoteId | None) -> AsyncIterator[tuple[Seen, ...]]:
        """Pages of what stands straight in direct messages, outside any thread, oldest first."""
        ...

    async def message(self, mirror: Mirror, remote: RemoteId) -> Seen | Absent:
        """One message as it stands now."""
        ...

    def shows(self, write: Write, seen: Seen) -> bool:
        """Whether a message of ours shows just what the write would make. Pure."""
        ...

    async def tell(self, seen: Seen, intent: Intent, outcome: Refusal | Ask | Waiting) -> None:
        """Tells the author of words that a sweep has found what they need to know of them.

        As it is told of words that are heard: to them alone, and once.
        """
        ...

    async def say(self, place: Place, text: str, mentions: Sequence[str] = ()) -> bool:
        """A line of the program's own in a bound place, outside any thread: a digest, a reminder.

        `mentions` are user ids there that are to be pinged. False where it could not be said;
        it is not tried again.
        """
        ...

    async def check(self, places: Sequence[Place]) -> tuple["Finding", ...]:
        """Preflight, without `start`: token, scopes, intents, access to these bound channels."""
        ...


class FetchError(Exception):
    """A file cannot be had. `again` says whether a later attempt may succeed."""

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `pinthread check`."""

    ok: bool
    what: str
    remedy: str = ""


# --- wake-ups -----------------------------------------------------------------------------


class Wakeups(Protocol):
    """Hints between parts of the program. One may be lost: the store is the truth."""

    def publish(self, change: Change) -> None: ...

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Calls `listener` at each change, until what this returned is called."""
        ...


# --- budgets ------------------------------------------------------------------------------


@quick
@dataclass(frozen=True, slots=True)
class Cost:
    """One budget: at most `limit` calls in any `per` seconds, until answers teach better.

    `limit` 0: nothing is known of a limit, and only answers hold calls back. One that `refills`
    allows `limit` calls at once, and from then on one more after each part of `per`.
    """

    key: tuple[str, ...]
    limit: int
    per: float
    refills: bool = False

    @classmethod
    def scaled(
        cls, key: tuple[str, ...], limit: int, per: float, factor: float, *, refills: bool = False
    ) -> "Cost":
        """A documented limit times a configured factor; factor 0 starts without a limit."""
        return cls(key, max(1, int(limit * factor)) if factor else 0, per, refills)


class Budgets(Protocol):
    def try_take(self, costs: Sequence[Cost]) -> bool:
        """Takes all of them if nobody has to wait for any, else nothing."""
        ...

    async def take(
        self, costs: Sequence[Cost], *, backfill: bool = False, since: float = 0.0
    ) -> None:
        """Waits for a turn in all of them: people's live messages first, then the oldest.

        `since` is when what shall be said or done happened, in seconds since 1970.
        """
        ...

    def learn(self, cost: Cost, *, limit: int, remaining: int, reset_after: float) -> None:
        """What an answer said of a budget (`X-RateLimit-*`)."""
        ...

    def block(self, key: tuple[str, ...], seconds: float) -> None:
        """An answer said to wait (`Retry-After`)."""
        ...


# --- pins ---------------------------------------------------------------------------------


class PinLookup(Protocol):
    """The world's knowledge of pins (`adapters/pinterest`)."""

    def pin_id(self, address: str) -> PinId | None:
        """The id in a long address, else nothing. Pure."""
        ...

    def is_short(self, address: str) -> bool: ...

    async def resolve(self, address: str) -> PinId | Refusal:
        """Follows a short link within the rules of product.md, rule 20."""
        ...

    async def look_up(self, pin: PinId) -> Pin:
        """All that can be learnt now; at worst the bare address. Never raises."""
        ...


# --- files --------------------------------------------------------------------------------


class FilesError(Exception):
    """The place that keeps files could not do it; the error below is the cause."""


class FileGoneError(FilesError):
    """Nothing is stored under that id."""


class Files(Protocol):
    """Files' content, stored once by its hash. Every method takes ids of any shape."""

    async def put(
        self,
        source: AsyncIterator[bytes],
        *,
        name: str,
        declared_type: str = "",
        declared_size: int | None = None,
        limit: int,
        alt: str = "",
    ) -> FileRef | Refusal:
        """Reads `source` to its end and keeps what came, or nothing of it.

        Never held whole in memory. `limit` is the most bytes taken; more than that,
        none, or another number than `declared_size` is a refusal (`file_too_large`,
        `file_empty`, `file_changed`), after which the rest of `source` is not read.
        `declared_type` only tells sound from video in containers that hold either.
        Metadata of pictures is removed on the way. Errors of `source` pass through;
        FilesError where it could not be written.
        """
        ...

    def open(
        self, file: FileId, start: int = 0, stop: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Bytes `start` up to before `stop`, in chunks; FileGoneError at the first one.

        Close it (`contextlib.aclosing`) where it may not be read to its end.
        """
        ...

    async def look(self, file: FileId) -> Stored | None:
        """What can be said of the content, or nothing where it is not stored."""
        ...

    async def size(self, file: FileId) -> int | None: ...

    async def delete(self, file: FileId) -> None:
        """Nothing happens where it is not stored. Readers that are under way finish."""
        ...

    async def sweep(
        self,
        before: datetime,
        unused: Callable[[Sequence[FileId]], Awaitable[frozenset[FileId]]],
    ) -> int:
        """Deletes what was last put before then and is among the `unused`; how many."""
        ...


# --- words --------------------------------------------------------------------------------


class Markup(Protocol):
    """The markdown in which people write on the web. Pure; any text and any tree will do."""

    def read(self, text: str, before: Content | None = None) -> tuple[str, Content | None]:
        """The words, and their tree where there is more to them than words.

        `before` is the tree that the text was written from: whom that names can be named.
        """
        ...

    def write(self, text: str, rich: Content | None) -> str:
        """A message as the text that `read` makes the same message of."""
        ...


# --- store --------------------------------------------------------------------------------


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


class Store(Protocol):
    """The canonical history and what belongs to it. Two engines pass one contract suite."""

    async def open(self) -> None:
        """Opens, migrates under a lock; raises NewerSchemaError or StoreError."""
        ...

    async def close(self) -> None:
        """Finishes what was handed in, then closes."""
        ...

    def trouble(self) -> str | None:
        """Why nothing can be written, with the remedy; it lasts until a `probe` gets through."""
        ...

    async def probe(self) -> None:
        """Writes as much as some messages are; StoreError where that fails."""
        ...

    # accounts and bindings
    async def account(self, account: AccountId) -> Account | None: ...
    async def account_by_handle(self, handle: str) -> Account | None: ...
    async def account_by_identity(self, identity: Identity) -> Account | None: ...
    async def accounts_like(
        self, prefix: str, limit: int, asker: AccountId | None = None
    ) -> tuple[Account, ...]:
        """By the beginning of a handle or a name: whom somebody who asks may know of."""
        ...

    async def identities(self, account: AccountId) -> tuple[Identity, ...]: ...
    async def ensure_person(self, identity: Identity, profile: Profile, now: datetime) -> Account:
        """The account of an identity, made with a free handle if there is none.

        A changed profile of an account that the operator did not name is taken over.
        """
        ...

    async def put_account(self, account: Account, identities: Sequence[Identity]) -> None:
        """Makes or renames an account that the operator named, with its identities."""
        ...

    async def put_binding(self, binding: Binding) -> None:
        """Makes or changes a binding; StoreError where another one has that place already."""
        ...

    async def pause_place(self, binding: BindingId, reason: str | None) -> None:
        """Nothing goes there and nobody there acts, for a reason; None: again as before."""
        ...

    async def drop_binding(self, binding: BindingId) -> None:
        """Its mirrors end, and what stands there stays."""
        ...

    # who may talk to whom; every change of these counts `Involved.version` up
    def involved(self, accounts: tuple[AccountId, ...]) -> Involved:
        """From memory, where the same were asked about since the last change."""
        ...

    def asked(self, who: AccountId, whom: AccountId) -> frozenset[tuple[AccountId, AccountId]]:
        """Which of the two has not accepted the other's first message, as in `Standing`."""
        ...

    def role_in(self, brand: AccountId, account: AccountId) -> Role | None:
        """What an owner gave; from memory."""
        ...

    async def change(self, edges: Sequence[Edge], now: datetime) -> None:
        """Who follows and blocks whom from now on."""
        ...

    async def follows_of(self, account: AccountId, limit: int) -> tuple[AccountId, ...]:
        """Whom they follow, the newest first."""
        ...

    async def followers_of(self, account: AccountId, limit: int) -> tuple[AccountId, ...]: ...
    async def blocked_by(self, account: AccountId, limit: int) -> tuple[AccountId, ...]: ...
    async def brands(self, limit: int) -> tuple[AccountId, ...]: ...
    async def grant(
        self, brand: AccountId, account: AccountId, role: Role | None, now: datetime
    ) -> None: ...

    async def note_agent(self, brand: AccountId, account: AccountId, now: datetime) -> None:
        """They act for the brand by its own rule, without a role that was given."""
        ...

    async def agents_of(self, brand: AccountId) -> tuple[tuple[AccountId, Role | None], ...]:
        """Who has acted for it or may; None: by the brand's own rule."""
        ...

    async def brands_of(
        self, account: AccountId, now: datetime
    ) -> tuple[tuple[AccountId, Role | None], ...]:
        """By a role that was given, or because they acted in its channels within a day."""
        ...

    async def sign(self, brands: Sequence[AccountId]) -> None:
        """Just these brands show outside which agent wrote."""
        ...

    async def invite(self, account: AccountId, now: datetime) -> None: ...
    async def ban(self, account: AccountId, *, on: bool) -> None: ...
    async def report(self, report: NewReport) -> None:
        """Kept for the operator; one of the same key changes nothing."""
        ...

    async def reports(self, limit: int) -> tuple[Report, ...]:
        """The newest first."""
        ...

    # logins and settings of people
    async def former(self, identity: Identity) -> tuple[AccountId, ...]:
        """The accounts that a login had before it was tied to another one; newest last."""
        ...

    async def attach_identity(self, identity: Identity, account: AccountId) -> None: ...
    async def detach_identity(self, identity: Identity, profile: Profile) -> Account | None:
        """Its own account again, or a new one; None where it is the only login there."""
        ...

    async def put_link(self, code: str, identity: Identity, until: datetime) -> None: ...
    async def take_link(self, code: str, now: datetime) -> Identity | None:
        """Once, and not after its time."""
        ...

    async def prefs(self, account: AccountId) -> Prefs: ...
    async def put_prefs(self, account: AccountId, prefs: Prefs) -> None: ...

    # what happens later
    async def put_timer(self, timer: Timer, key: str = "") -> Timer | None:
        """Keeps it; where there is one of that id already, that one stays and is given.

        None where the intent `key` was committed, or taken back, meanwhile.
        """
        ...

    async def timer(self, timer: str) -> Timer | None: ...
    async def timers_due(self, now: datetime, limit: int) -> tuple[Timer, ...]: ...
    async def timers_of(self, thread: ThreadId, kind: str) -> tuple[Timer, ...]: ...
    async def next_timer(self) -> datetime | None:
        """When the next one is due."""
        ...

    async def renew_timer(self, timer: Timer) -> None:
        """From now on it is due at another time, and about something else."""
        ...

    async def note_pings(self, limit: int = 20_000) -> int:
        """Keeps what came in during people's quiet hours as timers of the kind `ping`.

        It looks at so many events after those it has looked at; how many are left.
        """
        ...

    async def drop_timer(self, timer: str, settle: Duplicate | None = None, key: str = "") -> bool:
        """Whether it was there. With `settle` its intent's key counts as committed, so."""
        ...

    async def bindings_of(self, accounts: Sequence[AccountId]) -> tuple[Binding, ...]: ...
    async def bindings(self) -> tuple[Binding, ...]: ...
    async def binding_at(self, place: Place) -> Binding | None: ...
    async def binding(self, binding: BindingId) -> Binding | None: ...

    # conversations
    async def head(self, conversation: ConversationId) -> Head | None: ...
    async def head_of_people(self, people_key: str) -> Head | None: ...
    async def thread(self, thread: ThreadId) -> Thread | None: ...
    async def open_thread(self, conversation: ConversationId, pin: PinId) -> Thread | None: ...
    async def threads_of(self, conversation: ConversationId) -> tuple[Thread, ...]: ...
    async def threads_like(self, account: AccountId, prefix: str) -> tuple[Thread, ...]:
        """At most two threads of the account's conversations whose id starts so."""
        ...

    async def spot(self, platform: str, space: SpaceId) -> Spot | None:
        """The mirror whose replies stand there."""
        ...

    async def spot_of_message(self, platform: str, remote: RemoteId) -> Spot | None:
        """The mirror in which that remote message is placed."""
        ...

    async def placement_at(self, platform: str, remote: RemoteId) -> tuple[Spot, Placement] | None:
        """What that remote message holds, and in which mirror."""
        ...

    async def holder(self, thread: ThreadId, pin: PinId) -> Written | None:
        """A message of the thread with that pin, one that everybody may see if there is any."""
        ...

    async def open_places(self, conversation: ConversationId) -> frozenset[BindingId]:
        """The channels that others read too in which it appears now."""
        ...

    async def spoken(self, thread: ThreadId, by: AccountId, agent: Identity | None) -> int:
        """The `seq` of the newest words in a thread that are not of that author; 0: none."""
        ...

    async def written(self, message: MessageId) -> Written | None: ...
    async def written_in(
        self, thread: ThreadId, messages: Sequence[MessageId], reader: AccountId | None = None
    ) -> Mapping[MessageId, Written]:
        """As the reader may see them: without edits that are hidden from them, and without the
        reactions of whoever is in a block with them. None: as they stand now."""
        ...

    async def spots_at(self, place: Place, limit: int) -> tuple[Spot, ...]:
        """Mirrors in a place, most recently active thread first."""
        ...

    async def spots_after(self, place: Place, after: ThreadId, limit: int) -> tuple[Spot, ...]:
        """All of them, page by page, by the ids of their threads."""
        ...

    async def commit(self, commit: Commit) -> Committed | Duplicate | Stale:
        """Writes events, bodies, members, thread tails, mirrors and the key, or nothing."""
        ...

    async def committed(self, key: str) -> Duplicate | None: ...
    async def hold(self, held: HeldIntent, platform: str) -> bool:
        """Keeps an intent until what it waits for appears; False if it is there by now."""
        ...

    def awaits(self, platform: str, appeared: SpaceId | RemoteId) -> bool:
        """False where it is certain that nothing is held for it; asked for every message."""
        ...

    async def held_for(self, platform: str, appeared: SpaceId | RemoteId) -> tuple[HeldIntent, ...]:
        """In order of arrival. Costs nothing while nothing at all is held."""
        ...

    async def held_ready(self) -> tuple[tuple[str, SpaceId | RemoteId], ...]:
        """Platforms, and what has appeared there and still has held intents."""
        ...

    async def release(self, key: str) -> None: ...
    async def drop_held(self, before: datetime) -> int: ...

    # reading; whoever asks is shown what they may see, and nothing tells of the rest
    async def inbox(
        self,
        account: AccountId,
        limit: int,
        *,
        which: Which = Which.ALL,
        agent: AccountId | None = None,
        before: int | None = None,
    ) -> tuple[ThreadLine, ...]:
        """A page of a list, by what has happened last that the account sees."""
        ...

    async def follow_history(self, limit: int = 20_000) -> int:
        """Brings the inboxes on by so many events; how many are left. `inbox` does it first."""
        ...

    async def events(
        self,
        thread: ThreadId,
        account: AccountId,
        stays: Sequence[tuple[int, int | None]],
        *,
        before: int | None,
        after: int | None,
        limit: int,
    ) -> tuple[Event, ...]:
        """Events of a thread inside the given stays that the account may see, oldest first.

        With `after` None the newest.
        """
        ...

    async def history(self, conversation: ConversationId) -> tuple[Event, ...]: ...
    async def conversations_of(self, account: AccountId) -> tuple[Head, ...]: ...
    async def mirrors_of(self, thread: ThreadId) -> tuple[Mirror, ...]: ...
    async def deliveries(
        self, thread: ThreadId, messages: Sequence[tuple[int, MessageId]]
    ) -> Mapping[MessageId, tuple[Delivery, ...]]:
        """Where they stand in the places of all who may see them."""
        ...

    async def placed_in(
        self, platform: str, channel: str, limit: int
    ) -> tuple[tuple[RemoteId, ThreadId, int, MessageId], ...]:
        """The newest message placements of a bound channel, for the strips of a page."""
        ...

    async def feed(
        self, account: AccountId, after: int, limit: int
    ) -> tuple[tuple[FeedItem, ...], int]:
        """Events the account may see after a position, and the position read up to."""
        ...

    async def feed_end(self) -> int: ...
    async def waiting(self) -> Mapping[str, int]:
        """How many events wait, by platform."""
        ...

    # pins
    async def pin(self, pin: PinId) -> Pin | None: ...
    async def put_pin(self, pin: Pin, now: datetime) -> None:
        """Keeps what is known; what is already known is not replaced by knowing less."""
        ...

    async def bare_pins(self, limit: int) -> tuple[PinId, ...]:
        """Pins in use of which only the address is known."""
        ...

    async def threads_with(self, pin: PinId) -> tuple[ThreadId, ...]: ...
    async def recent_pins(self, account: AccountId, limit: int) -> tuple[Pin, ...]: ...

    # lanes
    async def due(self) -> tuple[Due, ...]:
        """Active mirrors with something to do, in any order, parked ones included."""
        ...

    async def due_of(self, thread: ThreadId) -> tuple[Due, ...]: ...
    async def lane(self, mirror: MirrorId, limit: int) -> LaneWork | None: ...
    def idle_lanes(
        self,
        event: Event,
        expected: int,
        typed_in: MirrorId | None,
        free: Callable[[Due], bool],
    ) -> tuple[LaneWork, ...]:
        """What idle mirrors will have to do once an event is committed, if memory can tell.

        Only where the event is the next one of its conversation after `expected`, and a
        message. `typed_in` is the mirror that shows it already; `free` says of a mirror
        whether it is asked for.
        """
        ...

    async def begin(self, mirror: MirrorId, sending: Sending) -> None: ...
    async def placed(
        self,
        mirror: MirrorId,
        placement: Placement | None,
        *,
        sending: Sending | None,
        cursor: int | None,
        root: RemoteId | None = None,
        space: SpaceId | None = None,
        reacted: tuple[MessageId, str, bool] | None = None,
    ) -> None:
        """A receipt: the placement, what is sent next (or nothing), and the cursor, together.

        The placement's item says which event it belongs to: `seq:<n>` and `<message>#<n>`
        the event n of the thread, `card` none, else the event that posted the message. It
        replaces what was noted for that part before. `reacted` notes an emoji that we have
        put on a message in this mirror, or taken back.
        """
        ...

    async def hide_copy(self, mirror: MirrorId, remote: RemoteId) -> None:
        """Somebody removed our copy there: it is not put back."""
        ...

    # files
    async def fetches(self, now: datetime, limit: int) -> tuple[Fetch, ...]:
        """Files to be fetched now, oldest first."""
        ...

    async def fetched(self, fetch: Fetch) -> None: ...
    async def fetch_again(self, fetch: Fetch, retry_at: datetime) -> None:
        """Notes one more attempt."""
        ...

    async def may_read(self, account: AccountId, file: str) -> bool:
        """Whether a message that the account may see holds the file."""
        ...

    async def erase(self, before: datetime) -> int:
        """Erases texts that were edited away or deleted before then; how many."""
        ...

    async def unused_files(self, files: Sequence[FileId]) -> frozenset[FileId]:
        """Those of them that no message holds, but for deleted ones that were erased."""
        ...

    async def pass_over(
        self, mirror: MirrorId, cursor: int, *, refused: Refused | None = None
    ) -> None:
        """Moves the cursor without showing, and forgets what was being sent.

        `refused` is kept, for its author and the operator, until the item gets through.
        """
        ...

    async def forgive(self, mirror: MirrorId, item: str) -> None:
        """There is nothing left to be tried of a refused item."""
        ...

    async def retry(self, what: Retry) -> tuple[Due, ...]:
        """Mirrors that are broken or wait become active, and refused items are tried once more.

        Gives the mirrors in which there is anything to be tried.
        """
        ...

    async def requests(self, kind: str) -> tuple["Asked", ...]:
        """What commands beside the program ask it to do, oldest first."""
        ...

    async def ask(self, kind: str, what: str, now: datetime) -> None:
        """Leaves a request, as a command beside the program does. `what` is JSON."""
        ...

    async def answer(self, request: "Asked", answer: str, now: datetime) -> None:
        """Notes that it is done, for the command to read, and forgets old ones."""
        ...

    # an account that leaves for good
    async def own_messages(self, account: AccountId) -> tuple[MessageId, ...]:
        """What the account wrote and has not deleted, oldest first."""
        ...

    async def own_reactions(self, account: AccountId) -> tuple[tuple[MessageId, str], ...]: ...
    async def own_threads(self, account: AccountId) -> tuple[tuple[ThreadId, PinId], ...]:
        """The threads of all conversations that it is or was in."""
        ...

    async def forget_person(self, account: AccountId) -> None:
        """Takes away its name, logins and settings, and bans it: nobody acts as it any more."""
        ...

    async def blank(self, account: AccountId, logins: Sequence[Identity]) -> tuple[int, ...]:
        """Erases all that it said, and these logins wrote for a brand; its posts' positions."""
        ...

    async def park(
        self,
        mirror: MirrorId,
        *,
        attempts: int,
        retry_at: datetime | None,
        state: MirrorState = MirrorState.ACTIVE,
        reason: str | None = None,
        since: datetime | None = None,
    ) -> None:
        """Nothing gets through, for `reason`; `since` is kept from the first time on."""
        ...

    async def unpark(self, platform: str) -> None:
        """Broken and parked mirrors of a platform are tried again (after a repair)."""
        ...

    async def break_place(
        self, binding: BindingId, reason: str, since: datetime | None = None
    ) -> None:
        """Every mirror of the binding waits for a repair; `reason` says what to do."""
        ...

    async def mend_place(self, binding: BindingId) -> None:
        """Broken and parked mirrors of the binding are tried again."""
        ...

    # sweeps; mirrors that have ended or have no card yet are not among these
    async def swept_places(self, platform: str) -> tuple[SweptPlace, ...]:
        """Places with mirrors: channels first, then the most recently active."""
        ...

    async def marked(self, platform: str, spaces: Sequence[SpaceId]) -> Mapping[SpaceId, Marked]:
        """The mirrors whose replies stand there."""
        ...

    async def recent(self, place: Place, since: datetime) -> tuple[Marked, ...]:
        """Mirrors of threads in which something has happened since, the newest first."""
        ...

    async def placed_before(
        self, mirror: MirrorId, before: int | None, limit: int
    ) -> tuple[tuple[Placement, ...], int | None]:
        """What the mirror holds of the last `limit` events before that one, and where to go on.

        Newest first; with `before` None from the end. The card is not among it.
        """
        ...

    async def reactions_of(
        self, messages: Sequence[MessageId]
    ) -> Mapping[MessageId, tuple[tuple[AccountId, str, MirrorId | None], ...]]:
        """Who has reacted how to messages, and in which mirror."""
        ...

    async def remotes_of(self, mirror: MirrorId, message: MessageId) -> frozenset[RemoteId]:
        """What stands in the mirror of a message and of its files."""
        ...

    async def touched(self, thread: ThreadId, message: MessageId, after: int) -> tuple[Event, ...]:
        """What has happened to a message after a position of the feed."""
        ...

    async def mark(self, mirror: MirrorId, remote: RemoteId) -> None:
        """A sweep has read the mirror up to there."""
        ...

    async def swept(self, place: Place, at: datetime, mark: RemoteId | None = None) -> None:
        """A sweep of the place that began at that time has found all; None keeps the mark."""
        ...

    async def mirrors(self, after: MirrorId | None, limit: int) -> tuple[Mirror, ...]:
        """All of them, by their ids."""
        ...

    async def review(self, mirror: MirrorId, after: int, limit: int) -> LaneWork | None:
        """As `lane`, with the events after another one than the cursor."""
        ...

    async def refused_items(self, mirror: MirrorId) -> frozenset[str]:
        """What the place refuses for good."""
        ...

    async def post_again(
        self, mirror: MirrorId, refused: Refused, lost: Sequence[RemoteId]
    ) -> None:
        """What stands there no longer is forgotten, and its item tried once more."""
        ...

    async def sendings(self, place: Place) -> Mapping[MirrorId, Sending]:
        """What is being sent in the mirrors of a place."""
        ...

    # sign-in and settings
    async def secret(self, name: str) -> bytes:
        """32 random bytes, made at the first call and the same ever after."""
        ...

    async def use_once(self, token: str, now: datetime) -> bool:
        """True the first time only."""
        ...
