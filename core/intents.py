"""What somebody wants to do.

Adapters and the web API make intents from payloads; they name things the way
the payload does (a handle, a remote thread), and the intake looks them up
before `decide` sees the intent.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.files import FileRef
from core.ids import AccountId, BindingId, MessageId, PinId, RemoteId, SpaceId, ThreadId
from core.model import Identity, Place, Profile, Status
from core.quick import quick
from core.text.content import Content


@quick
@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on a platform; their account is looked up, or made at this first act.

    A `machine` is another app: it speaks for itself, and never for a brand. Nor does a
    `guest` (Slack Connect, guests of a workspace). `roles` are the names of the Discord
    roles that they hold where they act.
    """

    identity: Identity
    profile: Profile
    machine: bool = False
    guest: bool = False
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItsAuthor:
    """Whoever wrote the message: platforms do not say who deleted one."""


Somebody = Person | AccountId
Actor = Somebody | ItsAuthor


@dataclass(frozen=True, slots=True)
class Handle:
    """`@northwind`, without the sign, in any case."""

    name: str


PersonRef = Handle | Person | AccountId


@quick
@dataclass(frozen=True, slots=True)
class Origin:
    """Where words were typed: the bound channel, and the remote message they became there.

    `away`: it only counts as done there; whoever did it need not be in that channel.
    """

    place: Place
    message: RemoteId | None = None
    away: bool = False


@quick
@dataclass(frozen=True, slots=True)
class InSpace:
    """The thread that is mirrored in that remote thread (a Slack thread, a Discord thread)."""

    platform: str
    space: SpaceId


@dataclass(frozen=True, slots=True)
class InDirect:
    """Words in direct messages, where there are no threads.

    They belong to the thread of the message they answer, else to the only
    thread open there; else the person is asked.
    """

    place: Place
    answers: RemoteId | None = None


Target = ThreadId | InSpace | InDirect


@dataclass(frozen=True, slots=True)
class StartThread:
    """Send a pin, with or without words and files, to some people.

    `pin` None: no pin was named. `rich` and `stored` are as in `PostMessage`.
    """

    people: tuple[PersonRef, ...]
    pin: PinId | None
    text: str = ""
    rich: Content | None = None
    stored: tuple[FileRef, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as its platform offers it. `handle` is the adapter's own way to fetch it.

    `id` is what the platform calls it, the same as long as it hangs on its message.
    """

    name: str
    handle: str
    size: int | None = None
    media_type: str | None = None
    alt: str = ""
    id: str = ""


class Speech(StrEnum):
    """What words are meant to be."""

    TYPED = "typed"
    """Just said; in a brand's inbox its mode decides."""
    REPLY = "reply"
    """For everybody in the conversation."""
    NOTE = "note"
    """For the brand's own agents."""


@quick
@dataclass(frozen=True, slots=True)
class PostMessage:
    """`rich` is the tree of `text`, where there is more to it than words.

    `answers` is the message that it replies to. `stored` are files that are here
    already; `files` are fetched afterwards, so that words never wait for them. `seen` is
    the newest `seq` that the writer of an explicit reply had before them. `forwards` are
    messages whose words it shows, which may be of any thread or of none.
    """

    target: Target
    text: str = ""
    pin: PinId | None = None
    rich: Content | None = None
    answers: "MessageRef | None" = None
    files: tuple[RemoteFile, ...] = ()
    stored: tuple[FileRef, ...] = ()
    speech: Speech = Speech.TYPED
    seen: int | None = None
    forwards: "tuple[RemoteMessage, ...]" = ()


@dataclass(frozen=True, slots=True)
class RemoteMessage:
    """A message by the remote message that holds it, or a copy of it."""

    platform: str
    remote: RemoteId


MessageRef = MessageId | RemoteMessage


@dataclass(frozen=True, slots=True)
class EditMessage:
    """What a message says now.

    `files` are the ids of the files that still hang on it, None where that was not told.
    """

    message: MessageRef
    text: str
    rich: Content | None = None
    files: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class DeleteMessage:
    """Deletes a message. The delete of our own copy in a place only hides it there."""

    message: MessageRef


@dataclass(frozen=True, slots=True)
class React:
    """Sets (`on`) or takes back a reaction. `emoji` is Unicode, or `:name:` of a custom one."""

    message: MessageRef
    emoji: str
    on: bool


@dataclass(frozen=True, slots=True)
class AddFile:
    """A file of a message has been fetched, or (`file` None) cannot be had, with the reason."""

    message: MessageId
    name: str
    file: FileRef | None
    reason: str = ""
    remote: str = ""


@dataclass(frozen=True, slots=True)
class AddPeople:
    target: Target
    people: tuple[PersonRef, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the conversation that the thread belongs to."""

    target: Target


@dataclass(frozen=True, slots=True)
class RemovePeople:
    """The creator of the conversation takes members out of it."""

    target: Target
    people: tuple[PersonRef, ...]


@dataclass(frozen=True, slots=True)
class Accept:
    """Accept a request; a brand follows back by it."""

    target: Target


@dataclass(frozen=True, slots=True)
class Ignore:
    """Ignore a request."""

    target: Target


@dataclass(frozen=True, slots=True)
class Mute:
    """No pings from the conversation, or (`on` false) pings again."""

    target: Target
    on: bool


@dataclass(frozen=True, slots=True)
class Report:
    """Show a thread, or one message of it, to the operator. An accepted one has no events."""

    target: Target
    message: MessageRef | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Assign:
    """Who of the brand answers here; None: nobody in particular."""

    target: Target
    to: PersonRef | None


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Where the thread stands in the brand's inbox; `until` of a snooze."""

    target: Target
    status: Status
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """A bound channel that others read shows the conversation from now on."""

    target: Target
    binding: BindingId


@dataclass(frozen=True, slots=True)
class ClosePlace:
    """That channel shows no more of it. Any member may say so."""

    target: Target
    binding: BindingId


@dataclass(frozen=True, slots=True)
class Follow:
    """Follow somebody, or (`on` false) no longer. Belongs to no conversation."""

    who: PersonRef
    on: bool = True


@dataclass(frozen=True, slots=True)
class Block:
    """Block somebody, or (`on` false) no longer. Belongs to no conversation."""

    who: PersonRef
    on: bool = True


@dataclass(frozen=True, slots=True)
class FillCard:
    """More has become known of the thread's pin, or of a pin in it: show it."""

    target: ThreadId
    pin: PinId


OnMessage = EditMessage | DeleteMessage | React | AddFile
"""Intents about one message."""

InThread = (
    AddPeople
    | RemovePeople
    | Leave
    | Accept
    | Ignore
    | Mute
    | Report
    | Assign
    | SetStatus
    | OpenPlace
    | ClosePlace
    | FillCard
)
"""Intents about a thread or its conversation, other than words."""

OnAccount = Follow | Block
"""Intents about an account: `core.standing.decide_account` decides them."""

What = StartThread | PostMessage | InThread | OnMessage


@quick
@dataclass(frozen=True, slots=True)
class Intent:
    """One thing somebody wants.

    `key` is the same for every delivery of the same payload: an intent whose key
    was committed before changes nothing. `fingerprint` tells two bodies under one
    key apart, where a client chooses the key. `at` is when the platform says it
    was done. `as_of` is set where a page of a sweep said it: the position of the feed when
    that was read. What has happened since is newer, and stands.
    """

    key: str
    actor: Actor
    what: What
    origin: Origin | None = None
    fingerprint: str = ""
    at: datetime | None = None
    as_of: int | None = None
