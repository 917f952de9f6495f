"""The adapter of the simulated Slack: calls, searches and sweeps as the real one does them."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TypeVar

from core.delivery import Absent, Failure, FailureKind, PartKind, Receipt, Verb, Write
from core.ids import RemoteId, SpaceId
from core.intents import Intent
from core.model import Mirror, Place
from core.ports.needs import Budgets, Cost
from core.sweep import Root, Seen, SweepError
from simulation.clock import VirtualLoop
from simulation.platforms.adapter import Adapter, failure, ours_on, text_of
from simulation.platforms.inbound import Inbound, Names
from simulation.platforms.platform import Heard
from simulation.platforms.rooms import US, Post
from simulation.platforms.slack import Slack
from simulation.platforms.wire import Trouble

T = TypeVar("T")

PAGE = 15
_POSTS_OF_CHANNEL = (5, 5.0)
_POSTS_OF_WORKSPACE = (300, 60.0)
_METHODS = {
    Verb.EDIT: ("chat.update", 50),
    Verb.DELETE: ("chat.delete", 50),
    Verb.REACT: ("reactions.add", 50),
    Verb.UNREACT: ("reactions.remove", 20),
}
_UPLOAD = ("files.getUploadURLExternal", "", "files.completeUploadExternal", "files.info")
_DONE = frozenset({"already_reacted", "no_reaction"})


class SlackAdapter(Adapter):
    def __init__(self, slack: Slack, loop: VirtualLoop, names: Names, budgets: Budgets) -> None:
        super().__init__(slack, loop)
        self._slack = slack
        self._budgets = budgets
        self._inbound = Inbound(slack, names, whole_seconds=True)
        self._asked_for: set[str] = set()
        self._posts: dict[str, dict[RemoteId, Post]] = {}
        """Where our deliveries stand, as far as this life knows."""

    # --- hearing --------------------------------------------------------------------------

    def hear(self, heard: Heard, done: Callable[[], object]) -> None:
        post = heard.post
        self._heard_at = self._loop.time()
        if heard.user == US and heard.what != "gone":
            if heard.what == "said" and post.delivery:
                self._echo(post)
            elif heard.what == "edited":
                self._suspect(self._seen(post.now()))
            elif heard.what == "reacted" and heard.on:
                self._suspect(Seen(self._slack.remote(post), ours=frozenset({heard.emoji})))
            done()
            return
        intent = self._inbound.intent(heard)
        if intent is None:
            done()
        else:
            self._begin(self._take(intent, done))

    async def _take(self, intent: object, done: Callable[[], object]) -> None:
        await self._submit(intent)  # type: ignore[arg-type]
        done()

    def _echo(self, post: Post) -> None:
        assert self._desk is not None
        remote = self._slack.remote(post)
        space = None if post.room.thread else SpaceId(remote)
        self._desk.echo(post.delivery, Receipt(remote, US, space))
        self._stands(post.delivery, remote)

    def _stands(self, delivery: str, remote: RemoteId) -> None:
        """One delivery in two places, or one that nobody here asked for, may be a duplicate."""
        there = self._posts.setdefault(delivery, {})
        asked_for = delivery in self._asked_for
        if remote in there:
            return
        post = self._slack.at(remote)
        assert post is not None
        there[remote] = post
        if asked_for and len(there) == 1:
            return
        assert self._desk is not None
        for name, one in there.items():
            self._desk.stray(one.room.place, SpaceId(one.room.id), name, US, delivery)

    # --- writing --------------------------------------------------------------------------

    def costs(self, write: Write) -> tuple[Cost, ...]:
        place = write.mirror.place
        verb = write.step.verb
        if _uploads(write):
            name = _UPLOAD[write.inner]
            costs = (Cost(("slack", name), 100, 60.0),) if name else ()
            if write.inner != 2:
                return costs
        elif verb is not Verb.POST:
            method, limit = _METHODS[verb]
            return (Cost(("slack", method), limit, 60.0),)
        else:
            costs = ()
        return (
            Cost(("slack", "post", place.channel), *_POSTS_OF_CHANNEL, refills=True),
            Cost(("slack", "post"), *_POSTS_OF_WORKSPACE),
            *costs,
        )

    async def write(self, write: Write) -> Receipt | Failure:
        self._asked_for.add(write.delivery)
        result = await self._write(write)
        self._settled(write, result)
        if isinstance(result, Failure) and result.kind is FailureKind.RATE:
            for cost in self.costs(write)[:1]:
                self._budgets.block(cost.key, result.retry_after or 1.0)
        return result

    def _settled(self, write: Write, result: Receipt | Absent | Failure) -> None:
        if isinstance(result, Receipt) and write.step.verb is Verb.POST:
            self._posted_at = self._loop.time()
            if not _uploads(write):
                self._stands(write.delivery, result.remote)

    async def _write(self, write: Write) -> Receipt | Failure:
        step = write.step
        if _uploads(write):
            return await self._upload(write)
        if step.verb is Verb.POST:
            channel, root = self._where(write)
            text = text_of(write.part)
            return self._receipt(
                write,
                await self._call(
                    write,
                    lambda: self._slack.post(channel, root, write, text, _rev(write)),
                ),
            )
        assert step.target is not None
        target = step.target
        if step.verb is Verb.EDIT:
            text = text_of(write.part)
            found = await self._call(
                write, lambda: self._slack.update(target, write, text, _rev(write))
            )
        elif step.verb is Verb.DELETE:
            found = _harmless(await self._call(write, lambda: self._slack.remove(target)))
            if isinstance(found, Trouble) and found.code == "message_not_found":
                return Receipt(target, US)
        else:
            on = step.verb is Verb.REACT
            found = _harmless(
                await self._call(write, lambda: self._slack.set_reaction(target, step.emoji, on=on))
            )
            if isinstance(found, Trouble) and found.code in _DONE:
                return Receipt(target, US)
        if isinstance(found, Trouble):
            return failure(found)
        space = SpaceId(target) if step.part and step.part.kind is PartKind.CARD else None
        return Receipt(target, US, space)

    def _receipt(self, write: Write, found: Post | Trouble) -> Receipt | Failure:
        if isinstance(found, Trouble):
            return failure(found)
        remote = self._slack.remote(found)
        card = write.part.kind is PartKind.CARD
        return Receipt(remote, US, SpaceId(remote) if card else None)

    def _where(self, write: Write) -> tuple[str, str]:
        """The channel, and the root of the thread in it."""
        if write.mirror.space is not None and write.part.kind is not PartKind.CARD:
            channel, _, root = write.mirror.space.partition(":")
            return channel, root
        return _channel(write.mirror.place), ""

    async def _upload(self, write: Write) -> Receipt | Failure:
        channel, root = self._where(write)
        anchor = write.anchor or write.mirror.root or RemoteId("")
        if write.inner == 0:
            file = await self._call(write, self._slack.begin_upload)
            if isinstance(file, Trouble):
                return failure(_harmless(file))
            return Receipt(anchor, "", inner=1, data={"file": file})
        file = write.data["file"]
        if write.inner == 1:
            sent = await self._call(write, lambda: None)
            if isinstance(sent, Trouble):
                return failure(_harmless(sent))
            return Receipt(anchor, "", inner=2, data=write.data)
        if write.inner == 2:
            text = text_of(write.part)
            done = await self._call(
                write, lambda: self._slack.complete(file, channel, root, write, text)
            )
            if isinstance(done, Trouble) and done.code != "file_not_found":
                return failure(done)
            return Receipt(anchor, "", inner=3, data=write.data)
        shown = await self._call(write, lambda: self._slack.share(file))
        if isinstance(shown, Trouble):
            return failure(_harmless(shown))
        if shown is None:
            return Failure(FailureKind.TRANSIENT, "not_shown_yet")
        return Receipt(self._slack.remote(shown), f"{US} {file}")

    async def _call(self, write: Write, apply: Callable[[], T]) -> T | Trouble:
        if not self._up:
            return Trouble("not_connected")
        what = f"{write.step.verb} {write.delivery} {write.step.target or ''}"
        return await self._slack.wire.call(apply, self.costs(write), what, write.step.verb)

    # --- looking --------------------------------------------------------------------------

    async def find(self, write: Write) -> Receipt | Absent | Failure:
        result = await self._find(write)
        self._settled(write, result)
        return result

    async def _find(self, write: Write) -> Receipt | Absent | Failure:
        if write.step.verb not in (Verb.POST, Verb.EDIT):
            return await self._write(write)
        if _uploads(write):
            return await self._find_upload(write)
        if write.step.verb is Verb.EDIT:
            return await self._find_edit(write)
        channel, root = self._where(write)
        oldest = (write.anchor or "").partition(":")[2] or root
        room = f"{channel}:{root}" if root else channel
        found: list[RemoteId] = []
        while True:
            page = await self._page(room, oldest)
            if isinstance(page, Trouble):
                return failure(page)
            for post in page:
                remote = self._slack.remote(post)
                if post.ours and post.delivery == write.delivery and remote not in write.known:
                    found.append(remote)
            if len(page) < PAGE:
                break
            oldest = page[-1].id
        if not found:
            return Absent()
        card = write.part.kind is PartKind.CARD
        return Receipt(found[0], US, SpaceId(found[0]) if card else None)

    async def _find_edit(self, write: Write) -> Receipt | Absent | Failure:
        target = write.replaces
        assert target is not None
        post = await self._one(target)
        if isinstance(post, Trouble):
            return failure(post)
        if post is None:
            return Failure(FailureKind.GONE, "message_not_found")
        if post.rev != _rev(write):
            return Absent()
        card = write.part.kind is PartKind.CARD
        return Receipt(target, US, SpaceId(target) if card else None)

    async def _find_upload(self, write: Write) -> Receipt | Absent | Failure:
        if write.inner != 2:
            return await self._write(write)
        found = await self._read(lambda: self._slack.share(write.data["file"]), "files.info", 100)
        if isinstance(found, Trouble):
            return Absent() if found.code == "file_not_found" else failure(found)
        if found is None:
            return Absent()
        return Receipt(self._slack.remote(found), f"{US} {write.data['file']}")

    async def _page(self, room: str, oldest: str) -> list[Post] | Trouble:
        """Messages after `oldest` as they are when the request arrives; the root is none."""
        there = self._slack.rooms[room]

        def read() -> list[Post]:
            listed = self._slack.listed(there)
            newer = (post.now() for post in listed if post.id > oldest)
            return [post for post, _ in zip(newer, range(PAGE), strict=False)]

        method = "conversations.replies" if there.thread else "conversations.history"
        return await self._read(read, method, 50)

    async def _one(self, remote: RemoteId) -> Post | Trouble | None:
        def read() -> Post | None:
            post = self._slack.at(remote)
            return None if post is None or post.gone else post.now()

        return await self._read(read, "conversations.replies", 50)

    async def _read(self, apply: Callable[[], T], method: str, limit: int) -> T | Trouble:
        cost = Cost(("slack", method), limit, 60.0)
        await self._budgets.take((cost,), backfill=True)
        if not self._up:
            return Trouble("not_connected")
        found = await self._slack.wire.call(apply, (cost,), method)
        if isinstance(found, Trouble) and found.retry_after is not None:
            self._budgets.block(cost.key, found.retry_after)
        return found

    # --- sweeping -------------------------------------------------------------------------

    def moment(self, remote: RemoteId) -> datetime:
        return datetime.fromtimestamp(float(remote.rpartition(":")[2]), UTC)

    async def roots(self, place: Place, since: datetime) -> AsyncIterator[tuple[Root, ...]]:
        def read() -> list[tuple[Post, str | None]]:
            channel = self._slack.rooms[_channel(place)]
            newest = {
                room.root: next(reversed([*room.standing()]), None)
                for room in self._slack.threads(place)
            }
            found = []
            for post in channel.posts.values():
                last = newest.get(post.id)
                if post.gone and last is None:
                    continue  # a root with replies leaves a tombstone
                found.append((post.now(), last.id if last is not None else None))
            return found

        listed = await self._read(read, "conversations.history", 50)
        if isinstance(listed, Trouble):
            raise SweepError(failure(listed))
        channel = _channel(place)
        yield tuple(
            Root(
                SpaceId(f"{channel}:{post.id}"),
                RemoteId(f"{channel}:{last}") if last else None,
                self._seen(post),
            )
            for post, last in listed
        )

    async def messages(
        self, mirror: Mirror, after: RemoteId | None
    ) -> AsyncIterator[tuple[Seen, ...]]:
        assert mirror.space is not None
        oldest = (after or "").rpartition(":")[2]
        while True:
            page = await self._page(mirror.space, oldest)
            if isinstance(page, Trouble):
                raise SweepError(failure(page))
            yield tuple(self._seen(post) for post in page)
            if len(page) < PAGE:
                return
            oldest = page[-1].id

    async def direct(self, place: Place, after: RemoteId | None) -> AsyncIterator[tuple[Seen, ...]]:
        oldest = (after or "").rpartition(":")[2]
        page = await self._page(_channel(place), oldest)
        if isinstance(page, Trouble):
            raise SweepError(failure(page))
        yield tuple(self._seen(post) for post in page)

    async def message(self, mirror: Mirror, remote: RemoteId) -> Seen | Absent:
        post = await self._one(remote)
        if isinstance(post, Trouble):
            raise SweepError(failure(post))
        return Absent() if post is None else self._seen(post)

    def shows(self, write: Write, seen: Seen) -> bool:
        return isinstance(seen.raw, Post) and seen.raw.rev == _rev(write)

    def _seen(self, post: Post) -> Seen:
        remote = self._slack.remote(post)
        if post.gone:
            return Seen(remote, (self._inbound.gone(post),), raw=post)
        if post.ours:
            poster = f"{US} {post.files[0]}" if post.files else US
            return Seen(
                remote, (), self._reactions(post), poster, post.delivery, post, ours=ours_on(post)
            )
        reactions = self._reactions(post)
        return Seen(remote, self._inbound.said(post), reactions, raw=post, ours=ours_on(post))

    def _reactions(self, post: Post) -> tuple[Intent, ...]:
        return self._inbound.reactions(post)


def _channel(place: Place) -> str:
    """Direct messages are known by whose they are, and have a channel all the same."""
    return place.channel.replace("user:", "D-")


def _uploads(write: Write) -> bool:
    return write.step.part is not None and write.step.part.kind is PartKind.FILE


def _rev(write: Write) -> str:
    """Of all that is shown: the words, and the quote above them."""
    quote = write.part.answers if write.step.part is not None else ""
    return blake2b(f"{quote}\0{text_of(write.part)}".encode(), digest_size=8).hexdigest()


def _harmless(found: T | Trouble) -> T | Trouble:
    """What may be done twice without harm is never unclear."""
    return replace(found, certain=True) if isinstance(found, Trouble) else found
