"""The adapter of the simulated Discord: calls, searches and sweeps as the real one does them."""

from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TypeVar

from core.delivery import Absent, Failure, FailureKind, PartKind, Receipt, Verb, Write
from core.ids import RemoteId, SpaceId
from core.model import BindingKind, Mirror, Place
from core.ports.needs import Budgets, Cost
from core.sweep import Root, Seen, SweepError
from simulation.clock import VirtualLoop
from simulation.platforms.adapter import Adapter, author_of, failure, ours_on, text_of
from simulation.platforms.discord import HOOK, Discord
from simulation.platforms.inbound import Inbound, Names
from simulation.platforms.platform import Heard
from simulation.platforms.rooms import US, Post
from simulation.platforms.wire import Trouble

T = TypeVar("T")

PAGE = 100
BOT = "bot"
_BY_AUTHOR = frozenset({PartKind.TEXT, PartKind.PIN, PartKind.FILE})
_GLOBAL = Cost(("discord", "global"), 50, 1.0)


class DiscordAdapter(Adapter):
    """`forums` are the channels that are forums."""

    def __init__(
        self,
        discord: Discord,
        loop: VirtualLoop,
        names: Names,
        budgets: Budgets,
        forums: frozenset[str],
    ) -> None:
        super().__init__(discord, loop)
        self._discord = discord
        self._budgets = budgets
        self._forums = forums
        self._inbound = Inbound(discord, names, whole_seconds=False)
        self._pending: dict[str, Write] = {}
        self._answered: set[RemoteId] = set()
        self._echoed: dict[str, Post] = {}
        self._lines: dict[str, deque[tuple[Heard, Callable[[], object]]]] = {}
        self._heard = 0

    # --- hearing --------------------------------------------------------------------------

    def hear(self, heard: Heard, done: Callable[[], object]) -> None:
        post = heard.post
        self._heard_at = self._loop.time()
        if heard.user == US and heard.what != "gone":
            if heard.what == "said":
                self._echo(post, heard.text)
            elif heard.what == "edited":
                self._suspect(self._seen(post.now()))
            elif heard.what == "reacted" and heard.on:
                self._suspect(Seen(self._discord.remote(post), ours=frozenset({heard.emoji})))
            done()
            return
        line = self._lines.get(post.room.id)
        if line is not None:
            line.append((heard, done))
            return
        self._lines[post.room.id] = deque(((heard, done),))
        self._begin(self._work_off(post.room.id))

    async def _work_off(self, room: str) -> None:
        """One after another in each channel, in the order in which they came."""
        line = self._lines[room]
        try:
            while line:
                self._heard += 1
                heard, done = line.popleft()
                intent = self._inbound.intent(heard, f"{self.life.number}.{self._heard}")
                if intent is not None:
                    await self._submit(intent)
                done()
        finally:
            del self._lines[room]

    def _echo(self, post: Post, text: str) -> None:
        assert self._desk is not None
        remote = self._discord.remote(post)
        for write in tuple(self._pending.values()):
            if remote not in write.known and _goes_to(write, post) and _is_same(write, post, text):
                self._desk.echo(write.delivery, self._receipt(write, post))
                self._echoed[write.delivery] = post
                del self._pending[write.delivery]
                return
        if remote not in self._answered:
            self._stray(post)

    def _stray(self, post: Post) -> None:
        """In direct messages nobody knows of which thread it is."""
        assert self._desk is not None
        space = SpaceId(post.room.id if post.room.thread else "")
        remote = self._discord.remote(post)
        self._desk.stray(post.room.place, space, remote, post.poster, post.delivery)

    def _settled(self, write: Write, result: Receipt | Absent | Failure) -> None:
        if isinstance(result, Receipt):
            self._posted_at = self._loop.time()
            self._answered.add(result.remote)
            echoed = self._echoed.pop(write.delivery, None)
            if echoed is not None and self._discord.remote(echoed) != result.remote:
                self._stray(echoed)
        if isinstance(result, Receipt) or (isinstance(result, Failure) and result.certain):
            self._pending.pop(write.delivery, None)

    def _receipt(self, write: Write, post: Post) -> Receipt:
        remote = self._discord.remote(post)
        if write.part.kind is not PartKind.CARD:
            return Receipt(remote, post.poster)
        if _is_direct(write):
            return Receipt(remote, BOT, SpaceId(remote))
        if post.room.thread:
            return Receipt(remote, BOT, SpaceId(post.room.id))
        return Receipt(remote, BOT, inner=1, data={"card": remote})

    # --- writing --------------------------------------------------------------------------

    def costs(self, write: Write) -> tuple[Cost, ...]:
        channel, verb = write.mirror.place.channel, write.step.verb
        if verb is Verb.POST:
            if _by_webhook(write):
                return (
                    Cost(("discord", "webhook", channel), 5, 2.0),
                    Cost(("discord", "channel", channel), 30, 60.0),
                    _GLOBAL,
                )
            where = channel if write.part.kind is PartKind.CARD else write.mirror.space or channel
            doing = "thread" if write.inner else "message"
            return (Cost(("discord", doing, where), 5, 5.0), _GLOBAL)
        where = (write.step.target or RemoteId(channel)).partition(":")[0]
        if verb in (Verb.REACT, Verb.UNREACT):
            return (Cost(("discord", "react", where), 1, 0.25), _GLOBAL)
        if _by_webhook(write):
            return (Cost(("discord", "webhook message", channel), 5, 2.0), _GLOBAL)
        return (Cost(("discord", str(verb), where), 5, 5.0 if verb is Verb.EDIT else 1.0), _GLOBAL)

    async def write(self, write: Write) -> Receipt | Failure:
        if write.step.verb is not Verb.POST:
            result = await self._change(write)
        else:
            self._pending[write.delivery] = write
            result = await self._post(write)
            if isinstance(result, Receipt):
                self._answered.add(result.remote)
            self._posted_at = self._loop.time()
            if isinstance(result, Receipt) or result.certain:
                self._pending.pop(write.delivery, None)
        if isinstance(result, Failure) and result.kind is FailureKind.RATE:
            self._budgets.block(self.costs(write)[0].key, result.retry_after or 1.0)
        return result

    async def _post(self, write: Write) -> Receipt | Failure:
        discord, text = self._discord, text_of(write.part)
        found: Post | Trouble
        if _by_webhook(write):
            name, space = author_of(write.part), write.mirror.space or ""
            found = await self._call(write, lambda: discord.execute(space, write, name, text))
        elif write.part.kind is PartKind.CARD and not _is_direct(write):
            return await self._card(write, text)
        else:
            where = self._where(write)
            found = await self._call(write, lambda: discord.post(where, write, text, _nonce(write)))
        if isinstance(found, Trouble):
            return failure(found)
        return self._receipt(write, found)

    async def _card(self, write: Write, text: str) -> Receipt | Failure:
        discord, channel = self._discord, write.mirror.place.channel
        if write.inner:
            card = RemoteId(write.data.get("card") or write.mirror.root or "")
            message = card.partition(":")[2]
            room = await self._call(write, lambda: discord.start_thread(channel, message))
            if isinstance(room, Trouble):
                return failure(room)
            return Receipt(card, BOT, SpaceId(room.id))
        if channel in self._forums:
            room = await self._call(write, lambda: discord.forum_post(channel, write, text))
            if isinstance(room, Trouble):
                return failure(room)
            return Receipt(RemoteId(f"{room.id}:{room.id}"), BOT, SpaceId(room.id))
        found = await self._call(write, lambda: discord.post(channel, write, text, _nonce(write)))
        if isinstance(found, Trouble):
            return failure(found)
        return self._receipt(write, found)

    async def _change(self, write: Write) -> Receipt | Failure:
        discord, step = self._discord, write.step
        target = step.target
        assert target is not None
        done: Trouble | None
        if step.verb is Verb.EDIT:
            text = text_of(write.part)
            done = await self._open_first(write, lambda: discord.update(target, write, text))
        elif step.verb is Verb.DELETE:
            done = await self._call(write, lambda: discord.remove(target))
            if isinstance(done, Trouble) and done.code == "message_not_found":
                done = None
        else:
            on = step.verb is Verb.REACT
            done = await self._open_first(
                write, lambda: discord.set_reaction(target, step.emoji, on=on)
            )
            if isinstance(done, Trouble) and done.code == "message_not_found" and not on:
                done = None
        if isinstance(done, Trouble):
            return failure(done)
        space = write.mirror.space if target == write.mirror.root else None
        return Receipt(target, write.poster or BOT, space)

    async def _open_first(self, write: Write, apply: Callable[[], None]) -> Trouble | None:
        """Nothing can be changed in an archived thread, so it is opened."""
        done = await self._call(write, apply)
        if not isinstance(done, Trouble) or done.code != "archived":
            return done
        channel = (write.step.target or "").partition(":")[0]
        opened = await self._discord.wire.call(
            lambda: self._discord.unarchive(channel), (), "unarchive"
        )
        if isinstance(opened, Trouble):
            return replace(opened, certain=True)
        await self._budgets.take(self.costs(write))
        return await self._call(write, apply)

    async def _call(self, write: Write, apply: Callable[[], T]) -> T | Trouble:
        if not self._up:
            return Trouble("not_connected")
        what = f"{write.step.verb} {write.delivery} {write.step.target or ''}"
        return await self._discord.wire.call(apply, self.costs(write), what, write.step.verb)

    def _where(self, write: Write) -> str:
        if _is_direct(write):
            return _direct(write.mirror.place)
        return write.mirror.space or ""

    # --- looking --------------------------------------------------------------------------

    async def find(self, write: Write) -> Receipt | Absent | Failure:
        result = await self._find(write)
        if write.step.verb is Verb.POST:
            self._settled(write, result)
        return result

    async def _find(self, write: Write) -> Receipt | Absent | Failure:
        if write.step.verb is not Verb.POST:
            return Absent()
        channel = write.mirror.place.channel
        if write.part.kind is PartKind.CARD and not _is_direct(write):
            if write.inner:
                card = RemoteId(write.data.get("card") or write.mirror.root or "")
                message = card.partition(":")[2]
                there = await self._read(lambda: message in self._discord.rooms)
                if isinstance(there, Trouble):
                    return failure(there)
                return Receipt(card, BOT, SpaceId(message)) if there else Absent()
            if channel in self._forums:
                return await self._find_forum_post(write)
            return await self._scan(write, channel)
        return await self._scan(write, self._where(write))

    async def _find_forum_post(self, write: Write) -> Receipt | Absent | Failure:
        """Among the forum's threads, by the marker of their first messages."""
        oldest = int((write.anchor or "0").partition(":")[2] or 0)

        def read() -> list[Post]:
            rooms = self._discord.threads(write.mirror.place)
            return [post.now() for room in rooms if (post := room.find(room.root))]

        listed = await self._read(read)
        if isinstance(listed, Trouble):
            return failure(listed)
        for post in listed:
            remote = self._discord.remote(post)
            newer = int(post.id) > oldest and remote not in write.known
            if newer and post.delivery == write.delivery:
                return self._receipt(write, post)
        return Absent()

    async def _scan(self, write: Write, channel: str) -> Receipt | Absent | Failure:
        after = int((write.anchor or write.mirror.root or "0").partition(":")[2] or 0)
        while True:
            page = await self._page(channel, after)
            if isinstance(page, Trouble):
                return failure(page)
            for post in page:
                if self._discord.remote(post) in write.known or not post.ours:
                    continue
                if _is_same(write, post, post.text):
                    return self._receipt(write, post)
            if len(page) < PAGE:
                return Absent()
            after = int(page[-1].id)

    async def _page(self, channel: str, after: int) -> list[Post] | Trouble:
        def read() -> list[Post]:
            room = self._discord.rooms[channel]
            listed = self._discord.listed(room)
            newer = (post.now() for post in listed if int(post.id) > after)
            return [post for post, _ in zip(newer, range(PAGE), strict=False)]

        return await self._read(read)

    async def _read(self, apply: Callable[[], T]) -> T | Trouble:
        await self._budgets.take((_GLOBAL,), backfill=True)
        if not self._up:
            return Trouble("not_connected")
        return await self._discord.wire.call(apply, (_GLOBAL,), "read")

    # --- sweeping -------------------------------------------------------------------------

    def moment(self, remote: RemoteId) -> datetime:
        millis = (int(remote.rpartition(":")[2]) >> 22) + 1_420_070_400_000
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=millis)

    async def roots(self, place: Place, since: datetime) -> AsyncIterator[tuple[Root, ...]]:
        def read() -> list[tuple[str, str | None]]:
            return [(room.id, room.newest()) for room in self._discord.threads(place)]

        listed = await self._read(read)
        if isinstance(listed, Trouble):
            raise SweepError(failure(listed))
        yield tuple(
            Root(SpaceId(room), RemoteId(f"{room}:{newest}") if newest else None)
            for room, newest in listed
        )

    async def messages(
        self, mirror: Mirror, after: RemoteId | None
    ) -> AsyncIterator[tuple[Seen, ...]]:
        direct = mirror.kind is BindingKind.DIRECT
        channel = _direct(mirror.place) if direct else str(mirror.space)
        async for page in self._pages(channel, after):
            yield tuple(
                self._seen(post) for post in page if self._discord.remote(post) != mirror.root
            )

    async def direct(self, place: Place, after: RemoteId | None) -> AsyncIterator[tuple[Seen, ...]]:
        async for page in self._pages(_direct(place), after):
            yield tuple(self._seen(post) for post in page)

    async def _pages(self, channel: str, after: RemoteId | None) -> AsyncIterator[list[Post]]:
        newer = int((after or "0").rpartition(":")[2])
        while True:
            page = await self._page(channel, newer)
            if isinstance(page, Trouble):
                raise SweepError(failure(page))
            yield page
            if len(page) < PAGE:
                return
            newer = int(page[-1].id)

    async def message(self, mirror: Mirror, remote: RemoteId) -> Seen | Absent:
        def read() -> Post | None:
            post = self._discord.at(remote)
            return None if post is None or post.gone else post.now()

        found = await self._read(read)
        if isinstance(found, Trouble):
            raise SweepError(failure(found))
        return Absent() if found is None else self._seen(found)

    def shows(self, write: Write, seen: Seen) -> bool:
        post = seen.raw
        return isinstance(post, Post) and post.text == text_of(write.part)

    def _seen(self, post: Post) -> Seen:
        remote = self._discord.remote(post)
        reactions = self._inbound.reactions(post)
        if post.ours:
            name, ours = post.name, ours_on(post)
            return Seen(remote, (), reactions, post.poster, post.delivery, post, name, ours)
        return Seen(remote, self._inbound.said(post), reactions, raw=post, ours=ours_on(post))


def _direct(place: Place) -> str:
    return place.channel.replace("user:", "9")


def _is_direct(write: Write) -> bool:
    return write.mirror.kind is BindingKind.DIRECT


def _by_webhook(write: Write) -> bool:
    if write.step.verb is not Verb.POST:
        return write.poster == HOOK
    return write.part.kind in _BY_AUTHOR and not _is_direct(write)


def _goes_to(write: Write, post: Post) -> bool:
    mirror, room = write.mirror, post.room
    if _is_direct(write):
        return room.id == _direct(mirror.place)
    if write.part.kind is PartKind.CARD:
        return room.place == mirror.place
    return room.id == mirror.space


def _is_same(write: Write, post: Post, text: str) -> bool:
    """Cards and pins by marker, a bot's by nonce, a person's words by name and letters."""
    if write.part.kind in (PartKind.CARD, PartKind.PIN):
        return post.delivery == write.delivery
    if not _by_webhook(write):
        return post.nonce == _nonce(write)
    return post.name == author_of(write.part) and _letters(text) == _letters(text_of(write.part))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)) or "".join(text.split())


def _nonce(write: Write) -> str:
    return blake2b(write.delivery.encode(), digest_size=10).hexdigest()
