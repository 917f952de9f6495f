"""The things that conversations are made of, as plain data.

Rows of the store have these shapes too. `State` is what one decision needs:
never a whole conversation, only its head and the rows that the intent names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.brand import BrandRules as BrandRules  # noqa: PLC0414 - part of this model too
from core.brand import Canned as Canned  # noqa: PLC0414
from core.brand import FollowBack as FollowBack  # noqa: PLC0414
from core.brand import Hours as Hours  # noqa: PLC0414
from core.brand import Mode as Mode  # noqa: PLC0414
from core.brand import Role as Role  # noqa: PLC0414
from core.brand import Status as Status  # noqa: PLC0414
from core.files import FileRef
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
from core.quick import quick
from core.refusal import Refusal as Refusal  # noqa: PLC0414 - part of this model too
from core.text.content import Content

MOST_PEOPLE = 10
"""Accounts in one conversation, its creator included (rule 3)."""

MOST_CHARACTERS = 40_000
"""Characters of one message's text; each place cuts them into parts of its own."""

MOST_EMOJI = 50
"""Different emoji on one message."""


class AccountKind(StrEnum):
    PERSON = "person"
    BRAND = "brand"


@dataclass(frozen=True, slots=True)
class Account:
    """A person or a brand that takes part in conversations."""

    id: AccountId
    kind: AccountKind
    handle: str
    name: str
    picture: str | None = None
    banned: bool = False
    """The operator has closed it: it reads, leaves and deletes, and says nothing more."""

    @property
    def gone(self) -> bool:
        """Whether it was erased for good: it stays so, whoever names it again."""
        return self.handle == f"gone-{self.id}"


@quick
@dataclass(frozen=True, slots=True)
class Identity:
    """One login of an account. `workspace` is empty where users are global (Discord)."""

    platform: str
    workspace: str
    user: str


@quick
@dataclass(frozen=True, slots=True)
class Profile:
    """How a platform shows an identity right now."""

    name: str
    picture: str | None = None


class PinSource(StrEnum):
    """How much is known of a pin; a later one in this order knows more."""

    BARE = "bare"
    OEMBED = "oembed"
    API = "api"


@dataclass(frozen=True, slots=True)
class Pin:
    """What is known of a pin: `title` up to 100 characters, `description` 800, `alt` 500.

    `color` is `#rrggbb`. Only `id` and `url` are always known.
    """

    id: PinId
    url: str
    title: str | None = None
    description: str | None = None
    alt: str | None = None
    picture: str | None = None
    link: str | None = None
    board: str | None = None
    creator: str | None = None
    color: str | None = None
    source: PinSource = PinSource.BARE


@quick
@dataclass(frozen=True, slots=True)
class Place:
    """A channel, forum or direct message on a platform."""

    platform: str
    workspace: str
    channel: str


def place_ref(place: Place) -> str:
    """A place as one text, for the tree of a message that names it."""
    return f"{place.platform}:{place.workspace}:{place.channel}"


def place_of_ref(ref: str) -> Place | None:
    platform, workspace, channel = (*ref.split(":", 2), "", "")[:3]
    return Place(platform, workspace, channel) if channel else None


class Request(StrEnum):
    """What somebody who was written to for the first time has made of it (rule 6)."""

    NONE = "none"
    """They need not be asked."""
    PENDING = "pending"
    ACCEPTED = "accepted"
    IGNORED = "ignored"
    """As good as pending for all others, who cannot tell."""


@quick
@dataclass(frozen=True, slots=True)
class Member:
    """One stay: a member sees events with `since <= seq`, and after leaving those up to `until`.

    Somebody who left and came back has two stays. Whoever was `removed` comes back only
    if somebody adds them.
    """

    account: AccountId
    since: int
    until: int | None = None
    request: Request = Request.NONE
    muted: bool = False
    removed: bool = False


@quick
@dataclass(frozen=True, slots=True)
class Head:
    """The head of a conversation: who is in it, and how long its history is."""

    id: ConversationId
    creator: AccountId
    members: tuple[Member, ...]
    seq: int

    def present(self) -> tuple[AccountId, ...]:
        return tuple(member.account for member in self.members if member.until is None)

    def saw(self, account: AccountId, seq: int) -> bool:
        """Whether an event came while `account` was there."""
        return any(
            m.since <= seq and (m.until is None or seq <= m.until)
            for m in self.members
            if m.account == account
        )

    def present_for(self, account: AccountId) -> tuple[AccountId, ...]:
        """Who is there, as far as `account` may know: whoever left knows who was there then."""
        left = max((m.until or 0 for m in self.members if m.account == account), default=0)
        if not left or account in self.present():
            return self.present()
        return tuple(
            m.account
            for m in self.members
            if m.since <= left and (m.until is None or m.until > left)
        )

    def met(self, account: AccountId) -> tuple[AccountId, ...]:
        """Everybody who was ever there together with `account`, itself too; each one once."""
        own = [one for one in self.members if one.account == account]
        found = [m.account for m in self.members if any(_overlap(m, one) for one in own)]
        return tuple(dict.fromkeys(found))


def _overlap(one: Member, other: Member) -> bool:
    begins = one.until is None or other.since <= one.until
    return begins and (other.until is None or one.since <= other.until)


@quick
@dataclass(frozen=True, slots=True)
class Thread:
    """One pin in a conversation and everything said about it. `tail` is its newest event.

    `assignee` is the person who answers for the brand; it and `status` are known inside the
    brand alone. `until` is when a snoozed thread wakes up.
    """

    id: ThreadId
    conversation: ConversationId
    pin: PinId
    tail: int
    assignee: AccountId | None = None
    status: Status = Status.OPEN
    until: datetime | None = None


class BindingKind(StrEnum):
    INBOX = "inbox"
    """A brand's channel: whoever writes there acts as the brand."""
    PROJECT = "project"
    """A channel that others read too: whoever writes there speaks for themselves."""
    DIRECT = "direct"
    """A person's direct messages with the bot."""


@quick
@dataclass(frozen=True, slots=True)
class Binding:
    """This account's conversations appear in that place."""

    id: BindingId
    account: AccountId
    place: Place
    kind: BindingKind
    label: str = ""
    """How the place is called for people, such as `#pin-inbox`."""
    mode: Mode = Mode.EXPLICIT
    """Of a brand's inbox."""
    paused: bool = False
    """Its channel has turned public or shared: nothing goes there, nobody there acts."""
    conversation: ConversationId | None = None
    """Of a project channel: the only conversation that lives there; None: all of the account's."""
    mode_since: datetime | None = None
    """Since when an inbox has its mode, where somebody has changed it."""


class MirrorState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    BROKEN = "broken"


@quick
@dataclass(frozen=True, slots=True)
class Placement:
    """Which remote message holds which part of which item of a mirror.

    `item` is a message id, `CARD` for the thread's card, or `seq:<n>` for a notice.
    `poster` names who may edit it (a webhook, the bot), or `AUTHOR` where its author
    wrote it there; it is empty where an edit to fewer parts has freed the place.
    """

    mirror: MirrorId
    item: str
    part: int
    remote: RemoteId
    poster: str
    revision: int = 1
    removed: bool = False
    """Somebody deleted it there: it is not put back."""


CARD = "card"
AUTHOR = "author"


@quick
@dataclass(frozen=True, slots=True)
class Mirror:
    """The copy of one thread in one place.

    It shows events with `from_seq <= seq <= until_seq`; `cursor` is the last
    event that it is done with. `root` is the card's remote message, `space`
    where replies go; both are unknown until the card has been placed.
    """

    id: MirrorId
    thread: ThreadId
    conversation: ConversationId
    binding: BindingId
    account: AccountId
    place: Place
    kind: BindingKind
    from_seq: int
    cursor: int
    until_seq: int | None = None
    root: RemoteId | None = None
    space: SpaceId | None = None
    state: MirrorState = MirrorState.ACTIVE
    reason: str | None = None
    attempts: int = 0
    retry_at: datetime | None = None


class Contacts(StrEnum):
    """Who may write to whom: the rules of following, or (a closed installation) anyone."""

    FOLLOW = "follow"
    ANYONE = "anyone"


@dataclass(frozen=True, slots=True)
class Standing:
    """All that one decision must know of who may do what. The default is to deny.

    `kinds` are those of the members and of the named people. `role` is the actor's in the
    brand that it acts for; intents that the program makes itself, such as those of timers,
    have an owner's. `agents` are those of the named people who act for that brand, and
    `owner` the handle of the one to ask for more. `follows` and `blocks` hold (who, whom)
    among those involved. `asked` holds (who, whom) where a first message of who has not been
    accepted by whom, in a conversation of two that may have ended. `wait` are the seconds
    until the actor may send again. `brand` are the rules of the brand that takes part.
    `handles` are of the same people as `kinds`, for sentences.
    """

    kinds: Mapping[AccountId, AccountKind] = field(default_factory=dict)
    role: Role | None = None
    agents: frozenset[AccountId] = frozenset()
    owner: str = ""
    follows: frozenset[tuple[AccountId, AccountId]] = frozenset()
    blocks: frozenset[tuple[AccountId, AccountId]] = frozenset()
    asked: frozenset[tuple[AccountId, AccountId]] = frozenset()
    contacts: Contacts = Contacts.FOLLOW
    invited: bool = False
    wait: float = 0.0
    brand: BrandRules | None = None
    handles: Mapping[AccountId, str] = field(default_factory=dict)


NOBODY_KNOWN = Standing()


@dataclass(frozen=True, slots=True)
class State:
    """All that one decision looks at.

    `people` are the accounts that the intent names; `missing` the names that
    belong to nobody. `via` is the place in which the words were typed, or that the intent
    names. `message` is the one that the intent is about; of `FillCard` one that holds the
    pin, and one that everybody may see if there is any. `spoken` is the `seq` of the newest
    words in the thread that are not the writer's own (another account's, or another
    agent's, notes included); it is asked for where an intent says what it has `seen`.
    `places` are the members' channels in which a new thread will appear and others read.
    `forwarded` are the brands whose notes the words show.
    """

    actor: Account
    head: Head | None = None
    thread: Thread | None = None
    people: tuple[Account, ...] = ()
    missing: tuple[str, ...] = ()
    via: Binding | None = None
    message: "Written | None" = None
    standing: Standing = NOBODY_KNOWN
    spoken: int = 0
    places: tuple[Binding, ...] = ()
    forwarded: tuple[AccountId, ...] = ()


@dataclass(frozen=True, slots=True)
class Attached:
    """A file on a message, by the event that `added` it, and as its platform calls it."""

    file: FileRef
    added: int
    remote: str = ""


@quick
@dataclass(frozen=True, slots=True)
class Written:
    """A message as it stands now. `reactions` are all of its `(account, emoji)`.

    `answers` is the message that it replies to. `coming` are files that are still on their
    way from its platform, `removed` those that its author took off, as that calls them.
    `only`, `hidden` and `agent` are those of the event that posted it.
    """

    id: MessageId
    thread: ThreadId
    seq: int
    author: AccountId
    revision: int
    text: str
    rich: Content | None = None
    pin: PinId | None = None
    deleted: bool = False
    edited_at: datetime | None = None
    attached: tuple[Attached, ...] = ()
    reactions: frozenset[tuple[AccountId, str]] = frozenset()
    answers: MessageId | None = None
    coming: tuple[str, ...] = ()
    removed: frozenset[str] = frozenset()
    only: AccountId | None = None
    hidden: tuple[AccountId, ...] = ()
    agent: Identity | None = None

    @property
    def files(self) -> tuple[FileRef, ...]:
        return tuple([one.file for one in self.attached])


def people_key(people: tuple[AccountId, ...]) -> str:
    """The same people, in any order, have the same key."""
    return " ".join(sorted(set(people)))
