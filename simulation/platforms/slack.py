"""A workspace as Slack keeps it.

A post has no idempotency key, but keeps our metadata; an edit carries `rev`; reactions
and deletes done twice say so. Events are told until they are acknowledged, up to three
times more, and in no order.
"""

import asyncio
from contextvars import copy_context
from functools import partial

from core.delivery import Write
from core.ids import RemoteId
from core.model import Place
from simulation.clock import EPOCH
from simulation.platforms.platform import Heard, Platform
from simulation.platforms.rooms import US, Post, Room
from simulation.platforms.wire import Refused

ANSWER_WITHIN = 3.0
AGAIN_AFTER = (1.0, 60.0, 300.0)
"""Seconds before each further delivery of an event that nobody acknowledged."""
_START = int(EPOCH.timestamp())


class Slack(Platform):
    name = "slack"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._last = 0
        self.open = 0
        """Events that nobody has acknowledged yet, and that come again."""
        self.again_after: tuple[float, ...] = AGAIN_AFTER
        self._channels: dict[str, dict[str, Post]] = {}
        self._files: dict[str, Post | None] = {}
        """Uploads by id: the message of each that was completed."""
        self._world = copy_context()

    def add_channel(self, place: Place, channel: str) -> Room:
        self._channels[channel] = {}
        room = self.rooms[channel] = Room(channel, place, thread=False)
        return room

    # --- what the program asks for --------------------------------------------------------

    def post(self, channel: str, root: str, write: Write, text: str, rev: str) -> Post:
        room = self.rooms[f"{channel}:{root}" if root else channel]
        self.may_write(room)
        post = self.add(room, US, text)
        post.delivery, post.rev, post.write, post.part = write.delivery, rev, write, write.part
        if not root:
            thread = Room(f"{channel}:{post.id}", room.place, thread=True, root=post.id)
            self.rooms[thread.id] = thread
        self.tell(Heard("said", post, US, text, post.at))
        return post

    def update(self, remote: RemoteId, write: Write, text: str, rev: str) -> None:
        post = self.standing(remote)
        self.may_write(post.room)
        if not post.ours:
            raise Refused("cant_update_message")
        post.text, post.rev, post.part = text, rev, write.part
        self.tell(Heard("edited", post, US, text, self.loop.time()))

    def remove(self, remote: RemoteId) -> None:
        post = self.ours_to_delete(remote)
        self.may_write(post.room)
        if not post.ours:
            raise Refused("cant_delete_message")
        post.gone = True
        self.tell(Heard("gone", post, US, "", self.loop.time()))

    def set_reaction(self, remote: RemoteId, emoji: str, *, on: bool) -> None:
        post = self.standing(remote)
        self.may_write(post.room)
        if ((US, emoji) in post.reactions) == on:
            raise Refused("already_reacted" if on else "no_reaction")
        if on:
            post.reactions[US, emoji] = self.loop.time()
        else:
            del post.reactions[US, emoji]
        self.tell(Heard("reacted", post, US, "", self.loop.time(), emoji=emoji, on=on))

    def begin_upload(self) -> str:
        file = f"F{len(self._files)}"
        self._files[file] = None
        return file

    def complete(self, file: str, channel: str, root: str, write: Write, text: str) -> None:
        """Works once."""
        if self._files.get(file, self) is not None:
            raise Refused("file_not_found")
        room = self.rooms[f"{channel}:{root}"]
        self.may_write(room)
        post = self.add(room, US, text)
        post.write, post.part, post.files = write, write.part, (file,)
        self._files[file] = post
        self.tell(Heard("said", post, US, text, post.at))

    def share(self, file: str) -> Post | None:
        """The message of an upload, once it is completed."""
        if file not in self._files:
            raise Refused("file_not_found")
        return self._files[file]

    # --- keeping --------------------------------------------------------------------------

    def next_id(self, room: Room) -> str:
        micros = max(int(self.loop.time() * 1_000_000), self._last + 1)
        self._last = micros
        return f"{_START + micros // 1_000_000}.{micros % 1_000_000:06d}"

    def add(self, room: Room, author: str, text: str, identity: str = "") -> Post:
        post = super().add(room, author, text, identity)
        self._channels[room.id.partition(":")[0]][post.id] = post
        return post

    def remote(self, post: Post) -> RemoteId:
        return RemoteId(f"{post.room.id.partition(':')[0]}:{post.id}")

    def at(self, remote: RemoteId) -> Post | None:
        channel, _, ts = remote.partition(":")
        return self._channels[channel].get(ts)

    # --- telling --------------------------------------------------------------------------

    def send(self, heard: Heard, delay: float) -> None:
        self.open += 1
        self._try(heard, 0, delay + self.random.uniform(0.01, 0.4))

    def _try(self, heard: Heard, attempt: int, delay: float) -> None:
        self.loop.call_later(delay, self._deliver, heard, attempt, context=self._world)

    def _deliver(self, heard: Heard, attempt: int) -> None:
        listener = self.listening()
        if listener is None or self.unheard or self.wire.down:
            self._again(heard, attempt)
            return
        late = self.loop.call_later(ANSWER_WITHIN, self._again, heard, attempt, context=self._world)
        self.hand(listener, heard, partial(self._acknowledged, late))

    def _acknowledged(self, late: asyncio.TimerHandle) -> None:
        if not late.cancelled():
            late.cancel()
            self.open -= 1

    def _again(self, heard: Heard, attempt: int) -> None:
        if attempt >= len(self.again_after):
            self.open -= 1
            self.lost_events += 1
            self.trace.add(self.name, "given up", heard.post.id)
            return
        self._try(heard, attempt + 1, self.again_after[attempt])
