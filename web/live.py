"""`GET /api/live`: what happens in somebody's conversations, while they look on.

Events: `ready` once (from there on nothing is missed), `message` (a new line of a
thread), `change` (a line as it now is: edited, deleted, reacted to, with more files),
`thread` (a thread as it now is; `left` where one is out of it) and `delivery` (new states
of lines). All but the last carry an id; `Last-Event-ID` goes on after it. Deliveries, and
threads of which only a place has broken or been mended, have no ids: they are states, and
are read again with the page. What may be seen is the desk's decision alone.
"""

from asyncio import sleep
from collections import OrderedDict
from contextlib import suppress

import msgspec
from aiohttp import web

from core.audience import shown_to
from core.delivery import Delivery
from core.events import (
    AboutMessage,
    CardFilled,
    Event,
    FileFailed,
    MessagePosted,
    PeopleAdded,
    PersonLeft,
    PlaceClosed,
    PlaceOpened,
    ThreadOpened,
)
from core.ids import AccountId, BindingId, MessageId, ThreadId
from core.model import Mirror, MirrorState, Refusal
from core.ports.reading import Change, Line
from web import shapes
from web.site import Site
from web.sse import Stream, Streams, following

FEED = "feed"
BATCH = 100
NEWEST = 30
"""Lines of a thread whose deliveries are watched."""
REMEMBERED = 1_000
GATHER = 0.05
"""Seconds in which changes of deliveries are put together."""


_Stands = tuple[BindingId, MirrorState, str | None]


def _stands(place: Mirror) -> _Stands:
    """Why it waits for a moment is told with the lines that wait."""
    active = place.state is MirrorState.ACTIVE
    return place.binding, place.state, None if active else place.reason


class MessageEvent(msgspec.Struct, frozen=True):
    thread: str
    line: shapes.LineShape


class ThreadEvent(msgspec.Struct, frozen=True):
    thread: shapes.ThreadShape | None
    id: str
    left: bool


class PlacesEvent(msgspec.Struct, frozen=True):
    """Others read the conversation somewhere, or no longer: each of its threads says where."""

    conversation: str


class DeliveryLine(msgspec.Struct, frozen=True):
    message: str
    deliveries: tuple[shapes.DeliveryShape, ...]


class DeliveryEvent(msgspec.Struct, frozen=True):
    thread: str
    messages: tuple[DeliveryLine, ...]


class Live:
    def __init__(self, site: Site, streams: Streams) -> None:
        self._site = site
        self._streams = streams

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/api/live", self.live)]

    async def live(self, request: web.Request) -> web.StreamResponse:
        asker = self._site.who(request)
        last = request.headers.get("Last-Event-ID") or request.query.get("after")
        at = self._site.unseal_once(FEED, asker, last) if last else None
        async with self._streams.opened(request, asker) as stream:
            reader = _Reader(self._site, request, asker, stream)
            async with following(self._site.desk, reader.note):
                with suppress(ConnectionError):
                    await reader.run(at)
            return stream.response


class _Reader:
    """One stream: where it is in the feed, and which deliveries it has shown."""

    def __init__(self, site: Site, request: web.Request, asker: AccountId, stream: Stream) -> None:
        self._site = site
        self._request = request
        self._desk = site.desk
        self._asker = asker
        self._stream = stream
        self._delivered: set[ThreadId] = set()
        self._shown: OrderedDict[MessageId, tuple[Delivery, ...]] = OrderedDict()
        self._stood: OrderedDict[ThreadId, tuple[_Stands, ...]] = OrderedDict()

    def note(self, change: Change) -> None:
        # A stream that is told of a note's copies would tell that there is one.
        if change.kind == "delivery" and shown_to(change, self._asker):
            self._delivered.add(change.thread)
        self._stream.news.set()

    async def run(self, at: int | None) -> None:
        position = await self._desk.feed_end() if at is None else at
        await self._stream.send(b"{}", event="ready", id_=self._id(position))
        while self._stream.open:
            position = await self._feed(position)
            if self._delivered:
                await sleep(GATHER)
                await self._deliveries()
            await self._stream.wait()

    async def _feed(self, position: int) -> int:
        while True:
            items, upto = await self._desk.feed(self._asker, position, BATCH)
            for item in items:
                await self._event(item.event, self._id(item.position))
            if upto == position:
                return position
            position = upto

    async def _event(self, event: Event, id_: str) -> None:
        if isinstance(
            event.what,
            MessagePosted | PeopleAdded | PersonLeft | PlaceOpened | PlaceClosed | FileFailed,
        ):
            await self._line(event, id_)
        elif isinstance(event.what, AboutMessage):
            await self._change(event.thread, event.what.message, id_)
        if isinstance(event.what, ThreadOpened | PeopleAdded | PersonLeft | CardFilled):
            await self._thread(event, id_)
        if isinstance(event.what, PlaceOpened | PlaceClosed):
            data = msgspec.json.encode(PlacesEvent(event.conversation))
            await self._stream.send(data, event="places", id_=id_)

    async def _line(self, event: Event, id_: str) -> None:
        page = await self._desk.page(
            self._asker, event.thread, after=event.seq - 1, before=event.seq + 1, limit=1
        )
        if isinstance(page, Refusal) or not page.lines:
            return
        await self._send(event.thread, page.lines[0], "message", id_)

    async def _change(self, thread: ThreadId, message: MessageId, id_: str) -> None:
        line = await self._desk.line(self._asker, thread, message)
        if not isinstance(line, Refusal):
            await self._send(thread, line, "change", id_)

    async def _send(self, thread: ThreadId, line: Line, name: str, id_: str) -> None:
        self._remember(line.message, line.deliveries)
        shape = shapes.line(line, self._site.reader(self._request, self._asker, thread))
        data = msgspec.json.encode(MessageEvent(thread, shape))
        await self._stream.send(data, event=name, id_=id_)

    async def _thread(self, event: Event, id_: str) -> None:
        gone = isinstance(event.what, PersonLeft) and event.actor == self._asker
        view = await self._desk.open(self._asker, event.thread)
        shape = None if isinstance(view, Refusal) else shapes.thread(view)
        data = msgspec.json.encode(ThreadEvent(shape, event.thread, gone))
        await self._stream.send(data, event="thread", id_=id_)

    async def _places(self, thread: ThreadId) -> None:
        """The thread as it now is, where one of the asker's own copies stands otherwise.

        What a page knows that was loaded before this stream is not known: it is told once.
        """
        places = await self._desk.own_places(self._asker, thread)
        stand = tuple([_stands(place) for place in places])
        if stand == self._stood.get(thread, ()):
            return
        self._stood[thread] = stand
        self._stood.move_to_end(thread)
        if len(self._stood) > REMEMBERED:
            self._stood.popitem(last=False)
        view = await self._desk.open(self._asker, thread)
        if not isinstance(view, Refusal):
            data = msgspec.json.encode(ThreadEvent(shapes.thread(view), thread, left=False))
            await self._stream.send(data, event="thread")

    async def _deliveries(self) -> None:
        threads, self._delivered = self._delivered, set()
        for thread in threads:
            page = await self._desk.page(self._asker, thread, limit=NEWEST)
            if isinstance(page, Refusal):
                continue
            changed = tuple(
                DeliveryLine(line.message, shapes.deliveries(line.deliveries))
                for line in page.lines
                if line.message and self._shown.get(line.message, ()) != line.deliveries
            )
            for line in page.lines:
                self._remember(line.message, line.deliveries)
            if changed:
                data = msgspec.json.encode(DeliveryEvent(thread, changed))
                await self._stream.send(data, event="delivery")
            await self._places(thread)

    def _remember(self, message: MessageId | None, deliveries: tuple[Delivery, ...]) -> None:
        if message:
            self._shown[message] = deliveries
            self._shown.move_to_end(message)
            if len(self._shown) > REMEMBERED:
                self._shown.popitem(last=False)

    def _id(self, position: int) -> str:
        """Not twice the same, since where the feed ends tells of what one may not see."""
        return self._site.seal_once(FEED, self._asker, position)
