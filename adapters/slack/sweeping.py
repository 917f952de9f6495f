"""What stands in Slack, for sweeps: threads by a listing, messages as events would have told them.

What a message says goes through the code of live events, so the keys are the same, and
what is known already is a duplicate. Reads wait behind live traffic and obey their own
budgets; one that Slack limits is made again when Slack allows it, one that failed a few times.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from adapters.slack import changes, inbound, marks
from adapters.slack.cards import Look
from adapters.slack.changes import Edited, Reacted
from adapters.slack.directory import Directory
from adapters.slack.inbound import Words
from adapters.slack.marks import Nothing, Ours, Payload, delivery_of, is_ours, parse_remote, remote
from adapters.slack.outbound import file_name, revisions
from adapters.slack.search import Search, messages_of, next_of
from adapters.slack.speech import Speech
from adapters.slack.writing import uploaded
from core.delivery import Absent, Failure, FailureKind, Write
from core.ids import RemoteId, SpaceId
from core.intents import EditMessage, Intent
from core.model import Identity, Mirror, Place, Refusal
from core.ports.outcomes import Ask, Waiting
from core.sweep import Root, Seen, SweepError

_PAUSES = (0.5, 2.0)
"""Seconds before a read that failed is made again."""

T = TypeVar("T")


class Sweeping:
    """`ours` is the installation. All of it raises SweepError.

    `learn` makes sure that it is known how this workspace shows things, before anything of
    ours is compared with what it would be now.
    """

    def __init__(
        self,
        ours: Ours,
        speech: Speech,
        search: Search,
        directory: Directory,
        learn: Callable[[], Awaitable[None]],
    ) -> None:
        self._ours = ours
        self._learn = learn
        self._speech = speech
        self._search = search
        self._directory = directory

    async def roots(self, place: Place) -> AsyncIterator[tuple[Root, ...]]:
        """All threads of a place, newest first. Slack cannot list by the newest reply."""
        channel = await self._channel(place)
        async for page in self._pages("conversations.history", {"channel": channel}):
            roots = (self._root(channel, message) for message in page)
            yield tuple(root for root in roots if root is not None)

    async def messages(
        self, mirror: Mirror, after: RemoteId | None
    ) -> AsyncIterator[tuple[Seen, ...]]:
        if mirror.space is None:
            return
        await self._learn()
        channel, root = parse_remote(mirror.space)
        where: dict[str, Any] = {"channel": channel, "ts": root}
        if after is not None:
            where["oldest"] = parse_remote(after)[1]
        try:
            async for page in self._pages("conversations.replies", where):
                # The root stands first on every page.
                replies = [message for message in page if message["ts"] != root]
                yield tuple([await self._seen(channel, message) for message in replies])
        except SweepError as error:
            # A root that was deleted before anybody replied: nothing stands there.
            if error.failure.code != "thread_not_found":
                raise

    async def direct(self, place: Place, after: RemoteId | None) -> AsyncIterator[tuple[Seen, ...]]:
        if not place.channel.startswith("user:"):
            return
        channel = await self._channel(place)
        where: dict[str, Any] = {"channel": channel}
        if after is not None:
            where["oldest"] = parse_remote(after)[1]
        # Slack gives the newest first.
        pages = [page async for page in self._pages("conversations.history", where)]
        for page in reversed(pages):
            straight = [message for message in reversed(page) if _is_root(message)]
            standing = [message for message in straight if not _is_tombstone(message)]
            yield tuple([await self._seen(channel, message) for message in standing])

    async def message(self, mirror: Mirror, name: RemoteId) -> Seen | Absent:
        await self._learn()
        channel, ts = parse_remote(name)
        found = await _patiently(
            lambda: self._search.message(channel, ts, mirror.space, self._ours, backfill=True)
        )
        if found is None or _is_tombstone(found):
            return Absent()
        return await self._seen(channel, found)

    async def tell(self, seen: Seen, intent: Intent, outcome: Refusal | Ask | Waiting) -> None:
        """What the author of words that a sweep has found needs to know of them."""
        message, (channel, _) = seen.raw, parse_remote(seen.remote)
        if not isinstance(message, dict):
            return
        found: Words | Edited | Nothing
        if isinstance(intent.what, EditMessage):
            found = changes.standing_edit(message, channel, self._ours)
        else:
            found = inbound.spoken({**message, "channel": channel}, self._ours)
        if not isinstance(found, Nothing):
            await self._speech.found(found, intent.key, outcome)

    # --- reading --------------------------------------------------------------------------

    async def _channel(self, place: Place) -> str:
        if not place.channel.startswith("user:"):
            return place.channel
        return await _patiently(lambda: self._directory.direct(place.channel.removeprefix("user:")))

    async def _pages(self, method: str, where: Mapping[str, Any]) -> AsyncIterator[list[Payload]]:
        asked = {**where, "include_all_metadata": True}
        while True:
            page = await _patiently(
                lambda: self._search.read(method, asked, self._ours, backfill=True)
            )
            yield messages_of(page)
            cursor = next_of(page)
            if not cursor:
                return
            asked["cursor"] = cursor

    # --- what was read --------------------------------------------------------------------

    def _root(self, channel: str, message: Payload) -> Root | None:
        """A thread; none for words that nobody has replied to and that are not ours."""
        if not _is_root(message):
            return None
        name = remote(channel, str(message["ts"]))
        latest = message.get("latest_reply")
        newest = remote(channel, latest) if isinstance(latest, str) and latest else name
        ours = is_ours(message, self._ours)
        if _is_tombstone(message):
            gone = changes.delete_of(channel, str(message["ts"]), self._ours)
            return Root(SpaceId(name), newest, Seen(name, (gone,), raw=message))
        if newest == name and not ours:
            return None
        return Root(SpaceId(name), newest, self._own(name, message) if ours else None)

    async def _seen(self, channel: str, message: Payload) -> Seen:
        name = remote(channel, str(message["ts"]))
        given = await self._given(channel, message)
        reactions = None if given is None else await self._reactions(channel, name, given)
        mine = None if given is None else await self._mine(given)
        if is_ours(message, self._ours):
            return replace(self._own(name, message), reactions=reactions, ours=mine)
        said: list[Intent] = []
        words = inbound.spoken({**message, "channel": channel}, self._ours)
        if isinstance(words, Words):
            said.append(await self._speech.post(words))
            edited = changes.standing_edit(message, channel, self._ours)
            if isinstance(edited, Edited):
                said.append(await self._speech.edit(edited))
        return Seen(name, tuple(said), reactions, raw=message, ours=mine)

    def _own(self, name: RemoteId, message: Payload) -> Seen:
        poster = marks.poster(self._ours, marks.file_in(message))
        return Seen(name, (), None, poster, delivery_of(message) or "", message)

    async def _given(self, channel: str, message: Payload) -> list[Payload] | None:
        """The reactions to it. Slack leaves people out where there are many."""
        given = _reactions_of(message)
        if any(_is_cut(one) for one in given):
            whole = await _patiently(
                lambda: self._search.reactions(channel, str(message["ts"]), self._ours)
            )
            given = _reactions_of(whole)
            if any(_is_cut(one) for one in given):
                return None
        return given

    async def _mine(self, given: list[Payload]) -> frozenset[str]:
        names = [str(one.get("name", "")) for one in given if self._ours.user in one["users"]]
        return frozenset([await self._speech.emoji(name) for name in names if name])

    async def _reactions(
        self, channel: str, name: RemoteId, given: list[Payload]
    ) -> tuple[Intent, ...]:
        """Everybody's but our own."""
        # No event: what is read again may have been taken back and set anew in between.
        reading = secrets.token_hex(4)
        return tuple(
            [
                await self._speech.reaction(self._reacted(channel, name, emoji, user, reading))
                for one in given
                if (emoji := str(one.get("name", "")))
                for user in one["users"]
                if user != self._ours.user
            ]
        )

    def _reacted(
        self, channel: str, name: RemoteId, emoji: str, user: str, reading: str
    ) -> Reacted:
        team = self._ours.team
        key = f"slack:{name}:react:{user}:{emoji}:{reading}"
        place = marks.place_of(team, channel, user)
        return Reacted(emoji, True, Identity("slack", team, user), place, channel, name, key, None)


def moment(name: RemoteId) -> datetime:
    """When a message was made; ValueError for what is no name of one."""
    found = marks.moment(parse_remote(name)[1])
    if found is None:
        raise ValueError("not the name of a message in Slack")
    return found


def shows(write: Write, seen: Seen, look: Look) -> bool:
    """Whether the message shows what the write would make, with or without its pictures."""
    message = seen.raw
    if not seen.poster or not isinstance(message, dict):
        return False
    if uploaded(write):
        files = message.get("files")
        first = files[0] if isinstance(files, list) and files else None
        wanted = write.part.file
        if not isinstance(first, dict) or wanted is None:
            return False
        return (first.get("title"), first.get("size")) == (file_name(wanted.name), wanted.size)
    return marks.revision_of(message) in revisions(write, look)


def _is_root(message: Payload) -> bool:
    return message.get("thread_ts") in (None, message["ts"])


def _is_tombstone(message: Payload) -> bool:
    return message.get("subtype") == "tombstone"


def _reactions_of(message: Payload) -> list[Payload]:
    given = message.get("reactions")
    found = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    return [one for one in found if isinstance(one.get("users"), list)]


def _is_cut(reaction: Payload) -> bool:
    count = reaction.get("count")
    return isinstance(count, int) and count > len(reaction["users"])


async def _patiently(ask: Callable[[], Awaitable[T | Failure]]) -> T:
    """An answer; SweepError where there is none after some tries."""
    failed = 0
    while True:
        answer = await ask()
        if not isinstance(answer, Failure):
            return answer
        if answer.kind is FailureKind.RATE:
            await asyncio.sleep(answer.retry_after or 1.0)
            continue
        if answer.kind is not FailureKind.TRANSIENT or failed == len(_PAUSES):
            raise SweepError(answer)
        await asyncio.sleep(_PAUSES[failed])
        failed += 1
