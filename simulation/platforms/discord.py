"""A server as Discord keeps it.

A webhook's post has no idempotency key and no marker; a bot's post has a nonce that
counts for two minutes. A thread started from a message takes its id, so asking twice
makes one; a forum post asked for twice is made twice. Nothing but deletes works in an
archived thread. Events come in order to whoever is connected, and to nobody later,
unless the session is resumed.
"""

from contextvars import copy_context

from core.delivery import PartKind, Write
from core.ids import RemoteId
from core.model import Place
from simulation.clock import EPOCH
from simulation.platforms.platform import Heard, Listener, Platform
from simulation.platforms.rooms import US, Post, Room
from simulation.platforms.wire import Refused

NONCE_FOR = 120.0
HOOK = "webhook:77"
_START = int(EPOCH.timestamp() * 1_000) - 1_420_070_400_000


class Discord(Platform):
    name = "discord"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._last = 0
        self._nonces: dict[str, Post] = {}
        self._kept: list[Heard] = []
        """Events that wait for a resume."""
        self._open: dict[Heard, None] = {}
        """Events that were handed over and not taken in yet, where none may be lost."""
        self._next_at = 0.0
        self.keeps = False
        self.keeps_all = False
        """No event is ever lost: a session is resumed after a restart too."""
        self.resumable = False
        """Nothing has happened yet that makes a new session of it."""
        self._world = copy_context()

    def add_channel(self, place: Place, channel: str) -> Room:
        room = self.rooms[channel] = Room(channel, place, thread=False)
        return room

    # --- what the program asks for --------------------------------------------------------

    def post(self, channel: str, write: Write, text: str, nonce: str) -> Post:
        """As the bot."""
        room = self.rooms[channel]
        self.may_write(room)
        known = self._nonces.get(nonce)
        if known is not None and self.loop.time() - known.at < NONCE_FOR:
            if known.gone:
                raise Refused("unknown_message")
            return known
        post = self._add(room, write, text, "bot")
        post.nonce = nonce
        self._nonces[nonce] = post
        if write.part.kind in (PartKind.CARD, PartKind.PIN):
            post.delivery = write.delivery
        self.tell(Heard("said", post, US, text, post.at))
        return post

    def execute(self, channel: str, write: Write, name: str, text: str) -> Post:
        """As the webhook."""
        room = self.rooms[channel]
        self.may_write(room)
        post = self._add(room, write, text, HOOK)
        post.name = name
        if write.part.kind is PartKind.PIN:
            post.delivery = write.delivery
        self.tell(Heard("said", post, US, text, post.at))
        return post

    def start_thread(self, channel: str, message: str) -> Room:
        parent = self.rooms[channel]
        self.may_write(parent)
        if message not in self.rooms:
            if parent.find(message) is None:
                raise Refused("unknown_message")
            self.rooms[message] = Room(message, parent.place, thread=True, root=message)
        return self.rooms[message]

    def forum_post(self, forum: str, write: Write, text: str) -> Room:
        parent = self.rooms[forum]
        self.may_write(parent)
        thread = self.next_id(parent)
        room = self.rooms[thread] = Room(thread, parent.place, thread=True, root=thread)
        post = self._add(room, write, text, "bot", thread)
        post.delivery = write.delivery
        self.tell(Heard("said", post, US, text, post.at))
        return room

    def unarchive(self, channel: str) -> None:
        self.rooms[channel].archived = False

    def update(self, remote: RemoteId, write: Write, text: str) -> None:
        post = self.standing(remote)
        self.may_write(post.room)
        if post.room.archived:
            raise Refused("archived")
        if not post.ours:
            raise Refused("not_author")
        post.text, post.part = text, write.part
        self.tell(Heard("edited", post, US, text, self.loop.time()))

    def remove(self, remote: RemoteId) -> None:
        post = self.ours_to_delete(remote)
        self.may_write(post.room)
        if not post.ours:
            raise Refused("no_permission")
        post.gone = True
        self.tell(Heard("gone", post, US, "", self.loop.time()))

    def set_reaction(self, remote: RemoteId, emoji: str, *, on: bool) -> None:
        post = self.standing(remote)
        self.may_write(post.room)
        if post.room.archived:
            raise Refused("archived")
        if ((US, emoji) in post.reactions) == on:
            return
        if on:
            post.reactions[US, emoji] = self.loop.time()
        else:
            del post.reactions[US, emoji]

    def _add(self, room: Room, write: Write, text: str, poster: str, identity: str = "") -> Post:
        room.archived = False
        post = super().add(room, US, text, identity)
        post.poster, post.write, post.part = poster, write, write.part
        return post

    # --- keeping --------------------------------------------------------------------------

    def next_id(self, room: Room) -> str:
        number = max((_START + int(self.loop.time() * 1_000)) << 22, self._last + 1)
        self._last = number
        return str(number)

    def remote(self, post: Post) -> RemoteId:
        return RemoteId(f"{post.room.id}:{post.id}")

    def at(self, remote: RemoteId) -> Post | None:
        channel, _, message = remote.partition(":")
        room = self.rooms.get(channel)
        return None if room is None else room.posts.get(message)

    # --- telling --------------------------------------------------------------------------

    def send(self, heard: Heard, delay: float) -> None:
        """In order: a delayed event delays those after it."""
        at = self.loop.time() + delay + self.random.uniform(0.01, 0.2)
        self._next_at = max(self._next_at + 1e-6, at)
        self.loop.call_at(self._next_at, self._deliver, heard, context=self._world)

    def _deliver(self, heard: Heard) -> None:
        listener = self.listening()
        waits = self.keeps_all and (listener is None or self.wire.down or self.unheard)
        if waits or (self.keeps and (listener is not None or self.keeps_all)):
            self._kept.append(heard)
        elif listener is None or self.unheard or self.wire.down:
            self.lost_events += 1
            self.trace.add(self.name, "unheard", heard.post.id)
        elif self.keeps_all:
            self._open[heard] = None
            self.hand(listener, heard, lambda: self._open.pop(heard, None))
        else:
            self.hand(listener, heard, _nothing)

    def connect(self, listener: Listener) -> None:
        super().connect(listener)
        self._kept = [*self._open, *self._kept]
        self._open = {}
        if self.keeps_all and self.reachable():
            self.resume()

    def reachable(self) -> bool:
        return not self.unheard

    def keep(self) -> None:
        """The connection is lost; the session can be resumed."""
        self.keeps = self.resumable = True

    def resume(self) -> None:
        """What was missed comes in order."""
        self.keeps = False
        kept, self._kept = self._kept, []
        for heard in kept:
            self._deliver(heard)

    def forget(self) -> None:
        """A new session: what was kept is for the old one."""
        self.lost_events += len(self._kept)
        self.keeps = self.resumable = False
        self._kept = []


def _nothing() -> None:
    """Discord waits for no answer."""
