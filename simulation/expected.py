"""What one mirror should show at the end, worked out from the history alone.

This says the rules of `core.project` once more and in another way: from all events at
once, not one by one as they come, so that a mistake there is not repeated here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.events import (
    CardFilled,
    Event,
    FileAdded,
    FileFailed,
    FileRemoved,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    PeopleAdded,
    PersonLeft,
    PlaceClosed,
    PlaceOpened,
    ThreadOpened,
)
from core.ids import AccountId, MessageId
from core.model import BindingKind, Mirror


@dataclass(slots=True)
class Told:
    """A message as the history has it, up to some event."""

    seq: int
    author: AccountId
    text: str
    pin: str | None
    note: bool = False
    answers: MessageId | None = None
    unseen: set[str] = field(default_factory=set)
    """Later wordings that are hidden from whom the place belongs to."""
    revision: int = 1
    deleted: int = 0
    """The event that deleted it."""
    edits: dict[int, int] = field(default_factory=dict)
    """The event of each revision after the first."""
    files: list[tuple[int, str]] = field(default_factory=list)
    """Event and name of each file."""
    off: set[int] = field(default_factory=set)
    """Events of files that were taken off."""


@dataclass(slots=True)
class Expected:
    """`notices` are events of which a line must be shown; `maybe` those that may be folded away."""

    messages: dict[MessageId, Told] = field(default_factory=dict)
    notices: set[int] = field(default_factory=set)
    maybe: set[int] = field(default_factory=set)
    pin: str = ""
    shows: bool = False
    """There is anything at all to show, so there must be a card."""


def expected(  # noqa: C901, PLR0912 (one branch for each kind of event)
    mirror: Mirror, events: Sequence[Event], typed_here: Mapping[MessageId, bool]
) -> Expected:
    """Of the events of its thread. `typed_here` are messages of the place itself: do they stand?"""
    found = Expected()
    for event in events:
        what = event.what
        if mirror.until_seq is not None and event.seq > mirror.until_seq:
            break
        if not _sees(mirror, event):
            if isinstance(what, MessageEdited) and what.message in found.messages:
                found.messages[what.message].unseen.add(what.text)
            continue
        inside = event.seq >= mirror.from_seq
        found.shows = found.shows or (inside and not isinstance(what, CardFilled))
        if isinstance(what, ThreadOpened):
            found.pin = what.pin
        elif isinstance(what, MessagePosted):
            note = event.only is not None
            found.messages[what.message] = Told(
                event.seq, event.actor, what.text, what.pin, note, what.answers
            )
        elif isinstance(what, MessageEdited):
            told = found.messages[what.message]
            told.text, told.revision = what.text, what.revision
            told.edits[what.revision] = event.seq
        elif isinstance(what, MessageDeleted):
            found.messages[what.message].deleted = event.seq
        elif isinstance(what, FileAdded):
            found.messages[what.message].files.append((event.seq, what.file.name))
        elif isinstance(what, FileRemoved):
            found.messages[what.message].off.add(what.added)
        elif isinstance(what, FileFailed | PersonLeft | PlaceClosed):
            _notice(found, event.seq, inside=inside)
        elif isinstance(what, PlaceOpened):
            _notice(found, event.seq, inside=inside and what.binding != mirror.binding)
        elif isinstance(what, PeopleAdded):
            _notice(found, event.seq, inside=inside and what.via != mirror.binding)
    _changes_here(found, mirror, events, typed_here)
    return found


def _sees(mirror: Mirror, event: Event) -> bool:
    """What is for one account stands in its own places; what is hidden from one, in none of them.

    A channel that others read is nobody's own place.
    """
    if mirror.kind is BindingKind.PROJECT:
        return event.only is None
    return event.only in (None, mirror.account) and mirror.account not in event.hidden


def _notice(found: Expected, seq: int, *, inside: bool) -> None:
    if inside:
        found.notices.add(seq)


def _changes_here(
    found: Expected,
    mirror: Mirror,
    events: Sequence[Event],
    typed_here: Mapping[MessageId, bool],
) -> None:
    """What was typed here and changed elsewhere can only be told in words."""
    for event in events:
        what = event.what
        if not isinstance(what, MessageEdited | MessageDeleted | FileRemoved):
            continue
        if not _sees(mirror, event):
            continue
        if event.seq < mirror.from_seq or what.message not in typed_here:
            continue
        if mirror.until_seq is not None and event.seq > mirror.until_seq:
            continue
        found.maybe.add(event.seq)
