"""What both platforms have in common: rooms, what people do in them, and who hears of it.

People act here directly; the program through the wire. Everything done is told as a
`Heard` to whoever listens, in the platform's own way (`tell`).
"""

from collections.abc import Callable, Iterator
from contextvars import Context
from dataclasses import dataclass
from random import Random
from typing import Protocol

from core.ids import RemoteId
from core.model import Place
from core.quick import quick
from simulation.clock import Life, VirtualLoop
from simulation.faults import EventFault, Fault
from simulation.platforms.rooms import Post, Room
from simulation.platforms.wire import Refused, Wire
from simulation.trace import Trace

LISTED_AFTER = 1.5
"""Seconds after which a message is surely on the pages of its channel."""


@quick
@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """One event. `what` is `said`, `edited`, `gone` or `reacted`; the rest as it was then."""

    what: str
    post: Post
    user: str
    text: str
    at: float
    files: tuple[str, ...] = ()
    emoji: str = ""
    on: bool = False


class Listener(Protocol):
    """The program's ear, in its own life and context."""

    life: Life
    context: Context

    def hear(self, heard: Heard, done: Callable[[], object]) -> None: ...
    def place_news(self, place: Place, trouble: str | None) -> None: ...
    def connects(self, gap: str | None) -> None: ...
    def loses_connection(self) -> None: ...


class Platform:
    name = ""

    def __init__(self, loop: VirtualLoop, random: Random, trace: Trace) -> None:
        self.loop = loop
        self.random = random
        self.trace = trace
        self.wire = Wire(loop, self.name, random, trace)
        self.rooms: dict[str, Room] = {}
        """By id; threads among them, in the order in which they came to be."""
        self.listener: Listener | None = None
        self.event_faults: list[Fault] = []
        self.unheard = False
        """Events do not get through, and the platform knows."""
        self.deaf = False
        """They do not, and nobody knows."""
        self.broken: set[Place] = set()
        self.words: list[tuple[Post, str]] = []
        """All that anybody ever said here, we too, in every wording that it had."""
        self.hit = 0
        """Events that something happened to."""
        self.lost_events = 0

    # --- what people do -------------------------------------------------------------------

    def say(
        self, room: Room, user: str, text: str, *, answers: str = "", files: tuple[str, ...] = ()
    ) -> Post:
        if self.closed_to_people(room):
            raise Refused("closed")
        room.archived = False
        post = self.add(room, user, text)
        post.answers, post.files = answers, files
        self.tell(Heard("said", post, user, text, post.at, files))
        return post

    def edit(self, post: Post, text: str) -> None:
        post.text, post.edited = text, self.loop.time()
        self.tell(Heard("edited", post, post.author, text, post.edited, post.files))

    def delete(self, post: Post, user: str) -> None:
        """By its author, or by a moderator."""
        post.gone, post.gone_at = True, self.loop.time()
        post.hidden = post.ours
        self.tell(Heard("gone", post, user, "", self.loop.time()))

    def react(self, post: Post, user: str, emoji: str, *, on: bool) -> None:
        at = self.loop.time()
        post.touched[user, emoji] = at
        if on:
            post.reactions[user, emoji] = at
        else:
            del post.reactions[user, emoji]
        self.tell(Heard("reacted", post, user, "", at, emoji=emoji, on=on))

    def closed_to_people(self, room: Room) -> bool:
        return self.wire.down or room.locked or (room.archived and not room.thread)

    # --- keeping --------------------------------------------------------------------------

    def add(self, room: Room, author: str, text: str, identity: str = "") -> Post:
        post = Post(identity or self.next_id(room), room, author, text, self.loop.time())
        room.posts[post.id] = post
        return post

    def next_id(self, room: Room) -> str:
        raise NotImplementedError

    def remote(self, post: Post) -> RemoteId:
        raise NotImplementedError

    def at(self, remote: RemoteId) -> Post | None:
        """The message of a remote id, gone or not."""
        raise NotImplementedError

    def listed(self, room: Room) -> Iterator[Post]:
        """What a page shows, which is a moment behind: the newest message may be missing."""
        seen = self.loop.time() - LISTED_AFTER
        return (post for post in room.standing() if post.at <= seen)

    def threads(self, place: Place | None = None) -> Iterator[Room]:
        return (
            room
            for room in self.rooms.values()
            if room.thread and (place is None or room.place == place)
        )

    def may_write(self, room: Room) -> None:
        if room.place in self.broken:
            raise Refused("no_permission")
        if room.locked:
            raise Refused("locked")

    def ours_to_delete(self, remote: RemoteId) -> Post:
        post = self.at(remote)
        if post is not None and post.gone:
            post.unwanted = True
        return self.standing(remote)

    def standing(self, remote: RemoteId) -> Post:
        post = self.at(remote)
        if post is None or post.gone:
            raise Refused("message_not_found")
        return post

    # --- telling --------------------------------------------------------------------------

    def tell(self, heard: Heard) -> None:
        """Sends an event on its way, with what is to happen to it."""
        self.trace.add(self.name, heard.what, f"{heard.post.id} {heard.user} {heard.emoji}")
        if heard.text:
            self.words.append((heard.post, heard.text))
        faults = self.event_faults
        kind = None
        if faults and faults[0].at <= self.loop.time():
            fault = faults.pop(0)
            kind = fault.kind
            self.hit += 1
            self.trace.add(self.name, kind, heard.post.id)
        if kind is EventFault.WITHHELD or self.deaf:
            self.lost_events += 1
            return
        self.send(heard, self.random.uniform(5.0, 40.0) if kind is EventFault.DELAYED else 0.0)
        if kind is EventFault.DOUBLED:
            self.send(heard, self.random.uniform(0.0, 2.0))

    def send(self, heard: Heard, delay: float) -> None:
        raise NotImplementedError

    def connect(self, listener: Listener) -> None:
        self.listener = listener

    def reachable(self) -> bool:
        """Whether a connection can be opened."""
        return True

    def open_anew(self) -> None:
        """The program takes its connection for deaf."""
        self.deaf = False

    def listening(self) -> Listener | None:
        """Who is there to hear it now."""
        listener = self.listener
        return listener if listener is not None and listener.life.alive else None

    def hand(self, listener: Listener, heard: Heard, done: Callable[[], object]) -> None:
        self.loop.call_soon(listener.hear, heard, done, context=listener.context)

    # --- places ---------------------------------------------------------------------------

    def break_place(self, place: Place) -> None:
        self.broken.add(place)
        self._news(place, "The bot may not write there.")

    def mend_place(self, place: Place) -> None:
        self.broken.discard(place)
        self._news(place, None)

    def _news(self, place: Place, trouble: str | None) -> None:
        listener = self.listening()
        if listener is not None and not self.unheard:
            self.loop.call_soon(listener.place_news, place, trouble, context=listener.context)
