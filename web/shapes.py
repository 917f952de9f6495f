"""What goes over the wire: request bodies and answers, as data.

The OpenAPI description is made from these classes. An answer never holds an
account id or a number of the history.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import asdict

from core.brand import Status
from core.delivery import Delivery, DeliveryState
from core.files import FileRef, Media, media_of, shown_inline
from core.ids import AccountId
from core.model import Account, AccountKind, MirrorState, Pin, PinSource, Request
from core.ports.reading import Behind, Line, Page, ThreadLine, ThreadView
from core.text.content import Content
from web.problems import ThreadChoice
from web.words import html


class Markup(StrEnum):
    """How a text is read: as it stands, or as markdown (`**bold**`, `*italic*`, `` `code` ``)."""

    PLAIN = "plain"
    MARKDOWN = "markdown"


class Attachment(Struct, frozen=True, forbid_unknown_fields=True):
    """An upload by its ticket. `alt` says what it shows, where the upload has not said so."""

    ticket: str
    alt: str = ""


class NewThread(Struct, frozen=True, forbid_unknown_fields=True):
    """`to`: handles; `pin`: the address of a pin."""

    to: tuple[str, ...]
    pin: str | None = None
    text: str = ""
    markup: Markup = Markup.PLAIN
    files: tuple[Attachment, ...] = ()


class NewMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """`answers`: the message that this one replies to.

    `note`: for a brand's own people alone. `seen`: the cursor of the newest line that its
    writer had before them; where others have written since, nothing is sent.
    """

    text: str = ""
    pin: str | None = None
    files: tuple[Attachment, ...] = ()
    answers: str | None = None
    markup: Markup = Markup.PLAIN
    note: bool = False
    seen: str | None = None


class NewText(Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    markup: Markup = Markup.PLAIN


class NewPeople(Struct, frozen=True, forbid_unknown_fields=True):
    add: tuple[str, ...]


class DemoWords(Struct, frozen=True, forbid_unknown_fields=True):
    """Either `to` and `pin`, or a `thread` to go on with."""

    speaker: str = field(name="as")
    to: tuple[str, ...] | str = ()
    pin: str | None = None
    text: str = ""
    thread: str | None = None


class PersonShape(Struct, frozen=True):
    handle: str
    name: str
    kind: AccountKind
    picture: str | None


class PinShape(Struct, frozen=True):
    id: str
    url: str
    title: str | None
    description: str | None
    alt: str | None
    picture: str | None
    link: str | None
    board: str | None
    creator: str | None
    color: str | None
    source: PinSource


class DeliveryShape(Struct, frozen=True):
    platform: str
    place: str
    state: DeliveryState
    reason: str | None


class FileShape(Struct, frozen=True):
    """`inline`: a page may show it in place."""

    id: str
    name: str
    media: Media
    media_type: str
    size: int
    alt: str
    width: int | None
    height: int | None
    inline: bool
    may_hold_location: bool
    url: str


class UploadShape(FileShape, frozen=True):
    """`ticket` is what a message of the same person names the file by, within a day."""

    ticket: str


class ReactionShape(Struct, frozen=True):
    """`emoji` is Unicode, or `:name:` of a custom one. `people`: the names of who reacted so."""

    emoji: str
    count: int
    mine: bool
    people: tuple[str, ...]


class LineShape(Struct, frozen=True):
    """`kind`: `message`, `notice` or `card`. `cursor` is for `before` and `after`.

    `html` shows what `text` says, formatted and safe to insert; `answers` is a short line
    about the message that this one replies to. `markdown` is what an edit of a message of
    yours begins with, and nothing for others. Of a deleted message nothing is left but its
    place. Only a brand's own people ever see a `note`.
    """

    cursor: str
    kind: str
    at: datetime
    author: PersonShape
    text: str
    html: str
    pin: PinShape | None
    message: str | None
    deliveries: tuple[DeliveryShape, ...]
    edited: bool
    deleted: bool
    files: tuple[FileShape, ...]
    reactions: tuple[ReactionShape, ...]
    answers: str
    markdown: str
    note: bool = False


class PageShape(Struct, frozen=True):
    """Lines oldest first; `older` and `newer` are the cursors to read on with, if there is more."""

    lines: tuple[LineShape, ...]
    older: str | None
    newer: str | None


class MirrorShape(Struct, frozen=True):
    """One of your own copies of the thread."""

    platform: str
    state: MirrorState
    reason: str | None


class DeskShape(Struct, frozen=True):
    """Where a thread stands in a brand's inbox."""

    status: Status
    until: datetime | None
    assignee: PersonShape | None


class ThreadShape(Struct, frozen=True):
    """`people` are all members, you included, the creator first.

    `request`: what you have made of being written to for the first time. `desk` is there
    for a brand alone.
    """

    id: str
    conversation: str
    code: str
    pin: PinShape
    people: tuple[PersonShape, ...]
    mirrors: tuple[MirrorShape, ...]
    request: Request = Request.NONE
    muted: bool = False
    desk: DeskShape | None = None


class InboxLineShape(Struct, frozen=True):
    """`people` are the others. `waiting`: the last words are somebody else's."""

    id: str
    conversation: str
    code: str
    pin: PinShape
    people: tuple[PersonShape, ...]
    last_at: datetime
    last_by: PersonShape | None
    last_text: str
    request: Request = Request.NONE
    waiting: bool = False
    desk: DeskShape | None = None


class InboxShape(Struct, frozen=True):
    """`older` goes on with the list, where there is more of it."""

    threads: tuple[InboxLineShape, ...]
    older: str | None = None


class MeShape(Struct, frozen=True):
    """`demo` holds the people one can switch to, where a demonstration is set up.

    `largest_file` is the most bytes that one upload may have.
    """

    me: PersonShape
    demo: tuple[PersonShape, ...]
    largest_file: int


class StartedShape(Struct, frozen=True):
    thread: ThreadShape
    message: str | None


class PostedShape(Struct, frozen=True):
    thread: str
    line: LineShape


class PeopleShape(Struct, frozen=True):
    people: tuple[PersonShape, ...]


class PinsShape(Struct, frozen=True):
    pins: tuple[PinShape, ...]


class LeftShape(Struct, frozen=True):
    thread: str


class BehindShape(Struct, frozen=True):
    """A platform that is being read for what was missed: `done` of `total` threads known so far."""

    platform: str
    done: int
    total: int


class StandingShape(Struct, frozen=True):
    """`catching_up`: what is not up to date yet; mostly nothing."""

    catching_up: tuple[BehindShape, ...]


class StripsShape(StandingShape, frozen=True):
    """`messages`: by remote id without its channel. `waiting`: how many wait, by platform."""

    messages: dict[str, tuple[DeliveryShape, ...]]
    waiting: dict[str, int]


class SaidShape(Struct, frozen=True):
    thread: str
    message: str | None


def person(account: Account) -> PersonShape:
    return PersonShape(account.handle, account.name, account.kind, account.picture)


def persons(accounts: tuple[Account, ...]) -> tuple[PersonShape, ...]:
    return tuple(map(person, accounts))


def pin_shape(pin: Pin) -> PinShape:
    return PinShape(
        pin.id,
        pin.url,
        pin.title,
        pin.description,
        pin.alt,
        pin.picture,
        pin.link,
        pin.board,
        pin.creator,
        pin.color,
        pin.source,
    )


def behind(found: Sequence[Behind]) -> tuple[BehindShape, ...]:
    return tuple(BehindShape(one.platform, one.done, one.total) for one in found)


def deliveries(found: tuple[Delivery, ...]) -> tuple[DeliveryShape, ...]:
    return tuple(DeliveryShape(d.platform, d.place, d.state, d.reason) for d in found)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and how numbers and files are given to them."""

    account: AccountId
    seal: Callable[[int], str]
    url: Callable[[FileRef], str]
    write: Callable[[str, Content | None], str]


def file_shape(file: FileRef, url: str) -> FileShape:
    return FileShape(
        file.id,
        file.name,
        media_of(file.media_type),
        file.media_type,
        file.size,
        file.alt,
        file.width,
        file.height,
        shown_inline(file),
        file.may_hold_location,
        url,
    )


def upload_shape(file: FileRef, url: str, ticket: str) -> UploadShape:
    return UploadShape(**asdict(file_shape(file, url)), ticket=ticket)


def line(found: Line, reader: Reader) -> LineShape:
    return LineShape(
        reader.seal(found.seq),
        found.kind,
        found.at,
        person(found.author),
        found.text,
        html(found.text, found.rich) if found.rich or found.kind == "message" else "",
        pin_shape(found.pin) if found.pin else None,
        found.message,
        deliveries(found.deliveries),
        found.edited,
        found.deleted,
        tuple(file_shape(file, reader.url(file)) for file in found.files),
        tuple(_reaction(emoji, people, reader) for emoji, people in found.reactions),
        found.answers,
        _markdown(found, reader),
        found.note,
    )


def _markdown(found: Line, reader: Reader) -> str:
    mine = found.kind == "message" and found.author.id == reader.account
    return reader.write(found.text, found.rich) if mine and found.text else ""


def _reaction(emoji: str, people: tuple[Account, ...], reader: Reader) -> ReactionShape:
    mine = any(account.id == reader.account for account in people)
    return ReactionShape(emoji, len(people), mine, tuple(account.name for account in people))


def page(found: Page, reader: Reader) -> PageShape:
    lines = tuple(line(each, reader) for each in found.lines)
    return PageShape(
        lines,
        lines[0].cursor if lines and found.older else None,
        lines[-1].cursor if lines and found.newer else None,
    )


def thread(view: ThreadView, *, brand: bool = False) -> ThreadShape:
    return ThreadShape(
        view.thread,
        view.conversation,
        view.code,
        pin_shape(view.pin),
        persons(view.people),
        tuple(MirrorShape(m.place.platform, m.state, m.reason) for m in view.mirrors),
        view.request,
        view.muted,
        _desk(view) if brand else None,
    )


def choice(view: ThreadView, account: AccountId) -> ThreadChoice:
    others = [each.name for each in view.people if each.id != account]
    return ThreadChoice(view.thread, view.pin.title or f"Pin {view.pin.id}", tuple(others))


def inbox_line(found: ThreadLine, *, brand: bool = False) -> InboxLineShape:
    return InboxLineShape(
        found.thread,
        found.conversation,
        found.code,
        pin_shape(found.pin),
        persons(found.people),
        found.last_at,
        person(found.last_by) if found.last_by else None,
        found.last_text,
        found.request,
        found.waiting,
        _desk(found) if brand else None,
    )


def _desk(found: ThreadView | ThreadLine) -> DeskShape:
    assignee = person(found.assignee) if found.assignee else None
    return DeskShape(found.status, found.until, assignee)
