"""Threads as their members read them: lines made of events and of messages as they stand now.

What is edited, deleted, reacted to or attached later changes the line of its message
and has none of its own. Whoever has left reads messages as they stood when they left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.audience import shown_to
from core.decide import NO_MESSAGE, NO_THREAD
from core.delivery import Delivery
from core.events import (
    AboutThread,
    Event,
    FileAdded,
    FileFailed,
    FileRemoved,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    PeopleAdded,
    PersonLeft,
    PersonRemoved,
    PlaceClosed,
    PlaceOpened,
    ReactionAdded,
    ReactionRemoved,
    StatusChanged,
    ThreadAssigned,
    ThreadOpened,
)
from core.ids import AccountId, MessageId, ThreadId
from core.model import Account, Attached, Head, Refusal, Thread, Written
from core.notices import until
from core.ports.reading import Line, Page
from core.ports.store import Store
from core.text.content import Content, Paragraph, Text, plain

_SHOWN = (
    MessagePosted
    | ThreadOpened
    | PeopleAdded
    | PersonLeft
    | PersonRemoved
    | ThreadAssigned
    | StatusChanged
    | PlaceOpened
    | PlaceClosed
    | FileFailed
)
"""What has a line of its own."""
_STRETCH = 500
"""Events read at a time where many of them have no line."""
_QUOTED = 120
"""Characters of a message in the line above its answer."""

Stays = Sequence[tuple[int, int | None]]


class Pages:
    """Reads lines for one asker at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def page(
        self,
        asker: AccountId,
        thread: ThreadId,
        *,
        before: int | None,
        after: int | None,
        limit: int,
    ) -> Page | Refusal:
        found = await self._visible(asker, thread)
        if found is None:
            return NO_THREAD
        stays = _stays(found[1], asker)
        forwards = after is not None
        events = await self._events(asker, thread, stays, before, after, limit + 1)
        more = len(events) > limit
        kept = (events[:limit] if forwards else events[-limit:]) if more else events
        lines = await self._lines(asker, *found, kept)
        return Page(
            lines, (after or 0) > 0 if forwards else more, more if forwards else bool(before)
        )

    async def line(self, asker: AccountId, thread: ThreadId, message: MessageId) -> Line | Refusal:
        found = await self._visible(asker, thread)
        if found is None:
            return NO_THREAD
        written = await self._store.written(message)
        if written is None or written.thread != thread:
            return NO_MESSAGE
        events = await self._store.events(
            thread,
            asker,
            _stays(found[1], asker),
            before=written.seq + 1,
            after=written.seq - 1,
            limit=1,
        )
        lines = await self._lines(asker, *found, events)
        return lines[0] if lines else NO_MESSAGE

    async def _visible(self, asker: AccountId, thread: ThreadId) -> tuple[Thread, Head] | None:
        row = await self._store.thread(thread)
        head = await self._store.head(row.conversation) if row else None
        if row is None or head is None or all(m.account != asker for m in head.members):
            return None
        return row, head

    async def _events(
        self,
        asker: AccountId,
        thread: ThreadId,
        stays: Stays,
        before: int | None,
        after: int | None,
        wanted: int,
    ) -> tuple[Event, ...]:
        """At least `wanted` events that have a line, if there are as many; oldest first."""
        shown: list[Event] = []
        stretch = wanted
        while True:
            read = await self._store.events(
                thread, asker, stays, before=before, after=after, limit=stretch
            )
            found = [event for event in read if isinstance(event.what, _SHOWN)]
            shown = [*shown, *found] if after is not None else [*found, *shown]
            if len(shown) >= wanted or len(read) < stretch:
                break
            if after is not None:
                after = read[-1].seq
            else:
                before = read[0].seq
            stretch = _STRETCH
        if after is None:
            return tuple(shown[-wanted:])
        return tuple(shown[:wanted])

    # --- lines ----------------------------------------------------------------------------

    async def _lines(
        self, asker: AccountId, thread: Thread, head: Head, events: Sequence[Event]
    ) -> tuple[Line, ...]:
        posted = [event for event in events if isinstance(event.what, MessagePosted)]
        said = [
            (event.seq, event.what.message)
            for event in events
            if isinstance(event.what, MessagePosted)
        ]
        written = await self._written(asker, thread, head, posted)
        deliveries = await self._store.deliveries(thread.id, said, asker) if said else {}
        return tuple([await self._line(event, written, deliveries) for event in events])

    async def _written(
        self, asker: AccountId, thread: Thread, head: Head, posted: Sequence[Event]
    ) -> Mapping[MessageId, Written]:
        """The messages, and those that they answer, as the asker may see them."""
        names: list[MessageId] = []
        for event in posted:
            if isinstance(event.what, MessagePosted):
                names.append(event.what.message)
                if event.what.answers is not None:
                    names.append(event.what.answers)
        if not names:
            return {}
        if asker not in head.present():
            return await self._as_left(asker, thread.id, _stays(head, asker), posted[0].seq)
        found = await self._store.written_in(thread.id, tuple(dict.fromkeys(names)), asker)
        # A reply may answer something from before the asker came, or that is not for them.
        return {
            name: one
            for name, one in found.items()
            if head.saw(asker, one.seq) and shown_to(one, asker)
        }

    async def _as_left(
        self, asker: AccountId, thread: ThreadId, stays: Stays, first: int
    ) -> Mapping[MessageId, Written]:
        """Messages from the event `first` on, changed only by what the asker was there for."""
        written: dict[MessageId, Written] = {}
        after = first - 1
        while True:
            events = await self._store.events(
                thread, asker, stays, before=None, after=after, limit=_STRETCH
            )
            for event in events:
                take_in(written, event)
            if len(events) < _STRETCH:
                return written
            after = events[-1].seq

    async def _line(
        self,
        event: Event,
        written: Mapping[MessageId, Written],
        deliveries: Mapping[MessageId, tuple[Delivery, ...]],
    ) -> Line:
        what = event.what
        rich: Content | None = None
        author = await self._known(event.actor)
        if isinstance(what, MessagePosted):
            now = written.get(what.message) or _written(event, what)
            return await self._message(event, what, now, author, written, deliveries)
        if isinstance(what, ThreadOpened):
            pin = await self._store.pin(what.pin)
            return Line(event.seq, "card", event.at, author, "", pin, None)
        if isinstance(what, PeopleAdded):
            names = [(await self._known(account)).name for account in what.people]
            text = f"{', '.join(names)} joined."
        elif isinstance(what, PersonLeft):
            text = f"{author.name} left."
        elif isinstance(what, PersonRemoved):
            text = f"{author.name} removed {(await self._known(what.account)).name}."
        elif isinstance(what, ThreadAssigned | StatusChanged):
            rich = await self._inside(what)
            text = plain(rich)
        elif isinstance(what, PlaceOpened | PlaceClosed):
            shows = "shows" if isinstance(what, PlaceOpened) else "no longer shows"
            text = f"{what.label or 'A channel'} {shows} this conversation to all who read it."
        elif isinstance(what, FileFailed):
            text = f"{author.name} sent a file that could not be fetched: {what.name}"
            text += f". {what.reason}" if what.reason else ""
        else:
            raise TypeError(f"{type(what).__name__} has no line")
        return Line(event.seq, "notice", event.at, author, text, None, None, rich=rich)

    async def _inside(self, what: AboutThread) -> Content:
        """What a brand has made of the thread."""
        if isinstance(what, StatusChanged):
            return until(f"This thread is {what.status}", what.until)
        to = None if what.to is None else await self._known(what.to)
        return (Paragraph((Text(f"Assigned to {to.name if to else 'nobody'}."),)),)

    async def _message(
        self,
        event: Event,
        what: MessagePosted,
        now: Written,
        author: Account,
        written: Mapping[MessageId, Written],
        deliveries: Mapping[MessageId, tuple[Delivery, ...]],
    ) -> Line:
        states = deliveries.get(what.message, ())
        if now.deleted:
            return Line(
                event.seq,
                "message",
                event.at,
                author,
                "",
                None,
                what.message,
                states,
                deleted=True,
                note=event.only is not None,
            )
        answered = written.get(what.answers) if what.answers is not None else None
        return Line(
            event.seq,
            "message",
            event.at,
            author,
            now.text,
            await self._store.pin(now.pin) if now.pin is not None else None,
            what.message,
            states,
            rich=now.rich,
            edited=now.revision > 1,
            files=now.files,
            reactions=await self._reactions(now),
            answers=await self._answered(answered),
            note=event.only is not None,
        )

    async def _reactions(self, message: Written) -> tuple[tuple[str, tuple[Account, ...]], ...]:
        by_emoji: dict[str, list[Account]] = {}
        for account, emoji in sorted(message.reactions):
            by_emoji.setdefault(emoji, []).append(await self._known(account))
        return tuple((emoji, tuple(by_emoji[emoji])) for emoji in sorted(by_emoji))

    async def _answered(self, message: Written | None) -> str:
        if message is None or message.deleted:
            return ""
        words = " ".join(message.text.split()) or (message.files[0].name if message.files else "")
        cut = words if len(words) <= _QUOTED else f"{words[: _QUOTED - 1]}…"
        return f"{(await self._known(message.author)).name}: {cut}"

    async def _known(self, account: AccountId) -> Account:
        found = await self._store.account(account)
        assert found is not None
        return found


def _stays(head: Head, asker: AccountId) -> Stays:
    return [(m.since, m.until) for m in head.members if m.account == asker]


def _written(event: Event, what: MessagePosted) -> Written:
    return Written(
        what.message, event.thread, event.seq, event.actor, 1, what.text, what.rich, what.pin
    )


def take_in(written: dict[MessageId, Written], event: Event) -> None:
    """What an event makes of the message that it is about."""
    what = event.what
    if isinstance(what, MessagePosted):
        written[what.message] = _written(event, what)
        return
    message = written.get(getattr(what, "message", MessageId("")))
    if message is None:
        return
    if isinstance(what, MessageEdited):
        message = replace(message, revision=what.revision, text=what.text, rich=what.rich)
    elif isinstance(what, MessageDeleted):
        message = replace(message, deleted=True)
    elif isinstance(what, ReactionAdded):
        message = replace(message, reactions=message.reactions | {(event.actor, what.emoji)})
    elif isinstance(what, ReactionRemoved):
        message = replace(message, reactions=message.reactions - {(event.actor, what.emoji)})
    elif isinstance(what, FileAdded):
        added = Attached(what.file, event.seq, what.remote)
        message = replace(message, attached=(*message.attached, added))
    elif isinstance(what, FileRemoved):
        left = tuple(one for one in message.attached if one.added != what.added)
        message = replace(message, attached=left)
    written[message.id] = message
