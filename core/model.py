"""The things that conversations are made of, as plain data.

Rows of the store have these shapes too. `State` is what one decision needs:
never a whole conversation, only its head and the rows that the intent names.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.content import Content
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
from core.refusal import Refusal as Refusal  # noqa: PLC0414 - part of this model too

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


@dataclass(frozen=True, slots=True)
class Identity:
    """One login of an account. `workspace` is empty where users are global (Discord)."""

    platform: str
    workspace: str
    user: str


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


@dataclass(frozen=True, slots=True)
class Member:
    """One stay: a member sees events with `since <= seq`, and after leaving those up to `until`.

    Somebody who left and came back has two stays.
    """

    account: AccountId
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a conversation: who is in it, and how long its history is."""

    id: ConversationId
    creator: AccountId
    members: tuple[Member, ...]
    seq: int

    def present(self) -> tuple[AccountId, ...]:
        return tuple(member.account for member in self.members if member.until is None)


@dataclass(frozen=True, slots=True)
class Thread:
    """One pin in a conversation and everything said about it. `tail` is its newest event."""

    id: ThreadId
    conversation: ConversationId
    pin: PinId
    tail: int


class BindingKind(StrEnum):
    INBOX = "inbox"
    """A brand's channel: whoever writes there acts as the brand."""
    PROJECT = "project"
    """A channel that others read too: whoever writes there speaks for themselves."""
    DIRECT = "direct"
    """A person's direct messages with the bot."""


@dataclass(frozen=True, slots=True)
class Binding:
    """This account's conversations appear in that place."""

    id: BindingId
    account: AccountId
    place: Place
    kind: BindingKind
    label: str = ""
    """How the place is called for people, such as `#pin-inbox`."""


class MirrorState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    BROKEN = "broken"


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


@dataclass(frozen=True, slots=True)
class State:
    """All that one decision looks at.

    `people` are the accounts that the intent names; `missing` the names that
    belong to nobody. `via` is the shared place in which the words were typed.
    `message` is the one that the intent is about.
    """

    actor: Account
    head: Head | None = None
    thread: Thread | None = None
    people: tuple[Account, ...] = ()
    missing: tuple[str, ...] = ()
    via: Binding | None = None
    message: "Written | None" = None


@dataclass(frozen=True, slots=True)
class Attached:
    """A file on a message, by the event that `added` it, and as its platform calls it."""

    file: FileRef
    added: int
    remote: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A message as it stands now. `reactions` are all of its `(account, emoji)`.

    `answers` is the message that it replies to. `coming` are files that are still on their
    way from its platform, `removed` those that its author took off, as that calls them.
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

    @property
    def files(self) -> tuple[FileRef, ...]:
        return tuple([one.file for one in self.attached])


def people_key(people: tuple[AccountId, ...]) -> str:
    """The same people, in any order, have the same key."""
    return " ".join(sorted(set(people)))
