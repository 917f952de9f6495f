"""Tells a late duplicate from a message of ours that nothing accounts for.

A duplicate carries the delivery id of what is placed in its mirror or, where the platform
keeps none, shows what a message that was placed at about that time shows or has shown.
Whatever else is ours is foreign: copies that a database put back from a backup does not
know of, or those of another installation. Reads the store alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from bridge.catchup.mending import Means
from bridge.catchup.sweeping import stretch
from bridge.delivery.course import named, view_of
from core.delivery import Part, PartKind, Sending, Show, Step, Verb, Write
from core.events import (
    Event,
    FileAdded,
    MessageEdited,
    MessagePosted,
    ReactionAdded,
    ReactionRemoved,
)
from core.ids import MessageId, delivery_id
from core.model import AUTHOR, Mirror, Placement, Written
from core.ports.rows import LaneWork
from core.project import NAMED_REACTIONS, View, in_words, project
from core.sweep import Seen
from core.text.content import Content

CHUNK = 200
"""Events that are projected together."""
NEAR = timedelta(hours=1)
"""How far apart a duplicate and its twin were made where only what they show tells it."""


@dataclass(frozen=True, slots=True)
class Twin:
    """What stands in a mirror for a part of an item, and the write that shows the same."""

    placement: Placement
    write: Write


class Twins:
    """Of one mirror, as it was when they were read. Its card is not among them."""

    def __init__(self, means: Means, mirror: Mirror) -> None:
        self._means = means
        self._store = means.store
        self._adapter = means.adapters[mirror.place.platform]
        self._mirror = mirror
        self._placed: dict[tuple[str, int], Placement] = {}
        self._delivered: dict[str, Placement] = {}
        self._shown: list[Twin] = []
        self._wordings: dict[MessageId, dict[str, Content | None]] = {}
        """What each message said at some time: whatever quotes it may have quoted that."""

    async def read(self) -> None:
        found = await stretch(self._store, self._adapter.moment, [self._mirror], None)
        for one in found.placed.values():
            if one.poster != AUTHOR:
                self._placed[one.item, one.part] = one
                # What was erased shows nothing any more by which it could be found below.
                self._deliver(one, Step(Verb.POST, one.part), one.revision)
        after: int | None = self._mirror.from_seq - 1
        while after is not None:
            work = await self._store.review(self._mirror.id, after, CHUNK)
            if work is None:
                return
            self._take(work)
            after = work.events[-1].seq if len(work.events) == CHUNK else None

    def of(self, seen: Seen) -> Placement | None:
        """What stands, or stood, of which that is a duplicate."""
        if seen.delivery:
            found = self._delivered.get(seen.delivery)
            return None if found is None or found.remote == seen.remote else found
        for twin in self._shown:
            if self._is_like(twin, seen):
                return twin.placement
        return None

    def _is_like(self, twin: Twin, seen: Seen) -> bool:
        moment, author = self._adapter.moment, twin.write.part.author
        if abs(moment(seen.remote) - moment(twin.placement.remote)) > NEAR:
            return False
        if twin.placement.remote == seen.remote or seen.name not in ("", author and author.name):
            return False
        return self._adapter.shows(twin.write, seen)

    def _take(self, work: LaneWork) -> None:
        typed = {
            item: parts
            for item, parts in work.placed.items()
            if any(part.poster == AUTHOR for part in parts)
        }
        can = self._adapter.capabilities_at(self._mirror.place)
        view = view_of(work, can, self._means.copies, typed, work.shown)
        for event in work.events:
            if isinstance(event.what, MessagePosted | MessageEdited):
                said = self._wordings.setdefault(event.what.message, {})
                said[event.what.text] = event.what.rich
        for event in work.events:
            for then in self._quoting(view, event):
                for show in _shows(then, event, self._mirror):
                    for step in show.steps:
                        self._note(event, show, step)
            if isinstance(event.what, ReactionAdded | ReactionRemoved):
                # What such a line said at first depends on what has happened since.
                line = Step(Verb.POST, NAMED_REACTIONS, Part(PartKind.NOTICE))
                self._note(event, Show(str(event.what.message), 1, (line,)), line)

    def _quoting(self, view: View, event: Event) -> Iterator[View]:
        """The view, and others in which what the event's message quotes says what it once said.

        An edit of that may come between two attempts to post the one that quotes it.
        """
        yield view
        what = event.what
        if not isinstance(what, MessagePosted | MessageEdited | FileAdded):
            return
        message = view.written.get(what.message)
        answered = message.answers if message is not None else None
        quoted = view.written.get(answered) if answered is not None else None
        if quoted is None or quoted.deleted:
            return
        for text, rich in self._wordings.get(quoted.id, {}).items():
            if text != quoted.text:
                then = replace(quoted, text=text, rich=rich)
                yield replace(view, written={**view.written, quoted.id: then})

    def _note(self, event: Event, show: Show, step: Step) -> None:
        there = self._placed.get((show.item, step.index))
        if there is None or step.verb is not Verb.POST:
            return
        name = self._deliver(there, step, max(show.revision, there.revision), event.seq)
        write = Write(name, self._mirror, step, "", revision=show.revision)
        self._shown.append(Twin(there, write))

    def _deliver(self, there: Placement, step: Step, newest: int, seq: int = 0) -> str:
        """Notes the ids under which it may have been posted; gives the last of them.

        What waited was folded: it was posted as it stood after some of its edits.
        """
        name = ""
        for revision in range(1, newest + 1):
            name = named(Sending(there.item, seq, revision, (step,)), step)
            name = delivery_id(self._means.secret, self._mirror.id, name, step.index)
            self._delivered.setdefault(name, there)
        return name


def _shows(view: View, event: Event, mirror: Mirror) -> Iterator[Show]:
    """All that the event may have made there, whatever has become of it since."""
    what = event.what
    if isinstance(what, MessagePosted | MessageEdited | FileAdded):
        message = view.written.get(what.message)
        if message is None:
            return
        then = _then(message, what)
        posted = replace(event, what=MessagePosted(message.id, then.text))
        made = event if isinstance(what, FileAdded) else posted
        show = project(replace(view, written={**view.written, message.id: then}), made, mirror)
    else:
        show = project(view, event, mirror)
    if show is not None:
        yield show
    line = in_words(view, event)
    if line is not None:
        yield line


def _then(message: Written, what: MessagePosted | MessageEdited | FileAdded) -> Written:
    """The message as it stood after the event."""
    if isinstance(what, FileAdded):
        return replace(message, deleted=False, removed=frozenset())
    revision = what.revision if isinstance(what, MessageEdited) else 1
    return replace(message, deleted=False, text=what.text, rich=what.rich, revision=revision)
