"""Reads what nobody told us: which threads changed, and messages as they stand now.

A message read here becomes the same `Said` as a heard one, and the same intents. All reads
wait behind live traffic. Private threads are not listed: the bot starts none. Remembers
nothing but a server's list of active threads, for the places of one sweep.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

import discord
import msgspec

from adapters.discord.client import said, stored
from adapters.discord.emoji import inside
from adapters.discord.errors import (
    UNKNOWN_CHANNEL,
    UNKNOWN_EMOJI,
    UNKNOWN_MESSAGE,
    Problem,
    failure,
)
from adapters.discord.inbound import Reacted, Said, Where, reaction
from adapters.discord.meaning import Meaning
from adapters.discord.ours import Ourselves, marker
from adapters.discord.outbound import channel_of, is_direct_place, message_of, remote_id
from adapters.discord.people import People, User, person_of
from adapters.discord.rest import Rest
from adapters.discord.writing import Costs, Writer
from core.delivery import Absent, Failure, FailureKind
from core.ids import RemoteId, SpaceId
from core.intents import EditMessage, Intent, Person
from core.model import Mirror, Place
from core.ports.needs import Cost
from core.sweep import Root, Seen, SweepError

log = logging.getLogger("pinthread.discord")

PAGE = 100
_EPOCH_MS = 1_420_070_400_000
_OLDEST_LIST = 600.0
"""Seconds for which a list of active threads may serve the places of its server."""
_TRIES = 4
"""Attempts of a read that a rate limit refuses; each waits its turn anew."""

T = TypeVar("T")


class _Archived(msgspec.Struct):
    archive_timestamp: datetime


class _Thread(msgspec.Struct):
    id: str
    parent_id: str | None = None
    last_message_id: str | None = None
    owner_id: str | None = None
    message_count: int | None = None
    applied_tags: list[str] | None = None
    """Of a forum's post alone."""
    thread_metadata: _Archived | None = None


class _Threads(msgspec.Struct):
    threads: list[_Thread]
    has_more: bool = False


@dataclass(slots=True)
class _Active:
    """A server's active threads by channel, and the channels that they were told for."""

    began: float
    threads: dict[str, list[_Thread]] = field(default_factory=dict)
    served: set[str] = field(default_factory=set)


def moment(remote: RemoteId) -> datetime:
    """When a message was made: its id holds the milliseconds."""
    return datetime.fromtimestamp(((int(message_of(remote)) >> 22) + _EPOCH_MS) / 1000, UTC)


class Sweeper:
    """`reader` is any client of the library: messages are read with what it knows."""

    def __init__(
        self,
        rest: Rest,
        costs: Costs,
        writer: Writer,
        people: People,
        ourselves: Ourselves,
        reader: Callable[[], discord.Client],
    ) -> None:
        self._rest = rest
        self._costs = costs
        self._writer = writer
        self._people = people
        self._ourselves = ourselves
        self._reader = reader
        self._meaning: Meaning | None = None
        self._active: dict[str, _Active] = {}
        self._listing: dict[str, asyncio.Lock] = {}

    def understand(self, meaning: Meaning) -> None:
        """From now on what people said becomes intents; before that it is only seen."""
        self._meaning = meaning

    def gap(self) -> None:
        """Events may have been missed until now: no list of before that serves a sweep."""
        self._active.clear()

    # --- threads

    async def roots(self, place: Place, since: datetime) -> AsyncIterator[tuple[Root, ...]]:
        """The active threads, then the archived ones that were archived after `since`.

        A thread is archived after its last message, so an older one holds nothing newer. One
        that is opened or archived meanwhile is told twice or by an event, never left out.
        """
        if is_direct_place(place):
            return
        active = await self._active_in(place)
        if active:
            yield tuple([await self._root(place, one, since) for one in active])
        before = ""
        while True:
            query = f"?limit={PAGE}" + (f"&before={quote(before, safe='')}" if before else "")
            path = f"/channels/{place.channel}/threads/archived/public{query}"
            page = await self._get(path, _Threads, self._costs.listing(place.channel))
            found = [one for one in page.threads if _archived(one) > since]
            if found:
                yield tuple([await self._root(place, one, since) for one in found])
            if not page.has_more or not page.threads or len(found) < len(page.threads):
                return
            before = _archived(page.threads[-1]).isoformat()

    async def _root(self, place: Place, thread: _Thread, since: datetime) -> Root:
        newest = thread.last_message_id
        return Root(
            SpaceId(thread.id),
            remote_id(thread.id, newest) if newest else None,
            await self._card(place, thread) if _is_new(thread, since) else None,
        )

    async def _card(self, place: Place, thread: _Thread) -> Seen | None:
        """The card of a post of ours that holds nothing else: it may be a late duplicate."""
        await self._know_ourselves()
        if thread.owner_id != await self._ourselves.me():
            return None
        path = f"/channels/{thread.id}/messages/{thread.id}"
        found = await self._ask(path, dict[str, Any], self._costs.reading(thread.id))
        if isinstance(found, Problem):
            if found.code in (UNKNOWN_MESSAGE, UNKNOWN_CHANNEL):
                return None
            raise SweepError(failure(found))
        return await self._seen(place, found)

    async def _active_in(self, place: Place) -> list[_Thread]:
        """Of one list of the whole server, which each of its channels is told from once."""
        guild = place.workspace
        async with self._listing.setdefault(guild, asyncio.Lock()):
            listed = self._active.get(guild)
            if (
                listed is None
                or place.channel in listed.served
                or listed.began < time.monotonic() - _OLDEST_LIST
            ):
                listed = _Active(time.monotonic())
                path = f"/guilds/{guild}/threads/active"
                page = await self._get(path, _Threads, self._costs.listing(guild))
                for thread in page.threads:
                    listed.threads.setdefault(thread.parent_id or "", []).append(thread)
                self._active[guild] = listed
            listed.served.add(place.channel)
            return listed.threads.get(place.channel, [])

    # --- messages

    async def messages(
        self, mirror: Mirror, after: RemoteId | None
    ) -> AsyncIterator[tuple[Seen, ...]]:
        """What stands in the mirrored thread; in direct messages all that stands there."""
        if is_direct_place(mirror.place):
            async for page in self.direct(mirror.place, after or mirror.root):
                yield page
        elif mirror.space is not None:
            # The thread has the id of its card, and nothing in it is older.
            start = message_of(after) if after else mirror.space
            async for page in self._pages(mirror.place, mirror.space, start):
                yield page

    async def direct(self, place: Place, after: RemoteId | None) -> AsyncIterator[tuple[Seen, ...]]:
        channel: str | Problem
        if after is not None:
            channel, start = channel_of(after), message_of(after)
        else:
            user = place.channel.removeprefix("user:")
            channel, start = await self._writer.direct_with(user, backfill=True), "0"
        if isinstance(channel, Problem):
            raise SweepError(failure(channel))
        async for page in self._pages(place, channel, start):
            yield page

    async def _pages(
        self, place: Place, channel: str, start: str
    ) -> AsyncIterator[tuple[Seen, ...]]:
        await self._know_ourselves()
        while True:
            path = f"/channels/{channel}/messages?limit={PAGE}&after={start}"
            listed = await self._ask(path, list[dict[str, Any]], self._costs.reading(channel))
            if isinstance(listed, Problem):
                raise SweepError(_of_one_thread(listed))
            listed.sort(key=lambda message: int(message["id"]))
            if listed:
                yield tuple([await self._seen(place, message) for message in listed])
            if len(listed) < PAGE:
                return
            start = str(listed[-1]["id"])

    async def message(self, mirror: Mirror, remote: RemoteId) -> Seen | Absent:
        """Absent only where Discord says so; a thread that is gone as a whole is an error."""
        await self._know_ourselves()
        channel = channel_of(remote)
        path = f"/channels/{channel}/messages/{message_of(remote)}"
        cost = self._costs.reading(channel)
        found = await self._ask(path, dict[str, Any], cost)
        if isinstance(found, Problem):
            if found.code == UNKNOWN_MESSAGE:
                return Absent()
            raise SweepError(_of_one_thread(found))
        return await self._seen(mirror.place, found)

    async def _seen(self, place: Place, message: dict[str, Any]) -> Seen:
        remote = remote_id(str(message["channel_id"]), str(message["id"]))
        try:
            read = stored(self._reader(), message, place.workspace)
            one = _here(said(read), place)
        except Exception:
            # The boundary of what Discord may send: one message must not end the sweep.
            log.exception("message_not_read", extra={"remote": remote})
            return Seen(remote, raw=message)
        poster = self._ourselves.poster(one)
        wanted: tuple[Intent, ...] = ()
        if not self._ourselves.is_mine(one) and self._meaning is not None:
            try:
                wanted = await self._meaning.of_stored(one, read.edited_at)
            except ConnectionError as failed:
                raise SweepError(failure(Problem(0))) from failed
        return Seen(
            remote,
            wanted,
            await self._reactions(place, message),
            poster,
            marker(one) if poster else "",
            message,
            one.name if poster and one.webhook else "",
            _mine(message),
        )

    def said(self, seen: Seen, intent: Intent) -> Said | None:
        """The words that the intent was made of, as they would have been heard."""
        place = None if intent.origin is None else intent.origin.place
        if place is None or not isinstance(seen.raw, dict):
            return None
        read = stored(self._reader(), seen.raw, place.workspace)
        one = _here(said(read), place)
        return replace(one, edited=read.edited_at) if isinstance(intent.what, EditMessage) else one

    # --- reactions

    async def _reactions(self, place: Place, message: dict[str, Any]) -> tuple[Intent, ...] | None:
        """Who reacted: a call for each emoji that others than we have put there."""
        channel, which = str(message["channel_id"]), str(message["id"])
        where = Where(channel, place.workspace)
        found: dict[tuple[str, str], Intent] = {}
        for row in message.get("reactions") or ():
            name, custom = row["emoji"].get("name"), row["emoji"].get("id")
            emoji = inside(name, custom)
            if not emoji:
                return None  # an emoji that the server does not have any more cannot be asked for
            for kind, others in _counts(row):
                if others <= 0:
                    continue
                users = await self._users(
                    channel, which, f"{name}:{custom}" if custom else name, kind
                )
                if users is None:
                    return None
                for user in users:
                    who = person_of(user)
                    self._people.learn(who)
                    one = Reacted(where, which, user.id, emoji, on=True, nth=time.time_ns())
                    found[user.id, emoji] = reaction(one, place, await self._rolled(who, place))
        return tuple(found.values())

    async def _rolled(self, who: Person, place: Place) -> Person:
        if self._meaning is None:
            return who
        try:
            return replace(who, roles=await self._meaning.roles(place, who.identity.user))
        except ConnectionError as failed:
            raise SweepError(failure(Problem(0))) from failed

    async def _users(self, channel: str, message: str, emoji: str, kind: int) -> list[User] | None:
        """People who reacted so; None where the message or the emoji went away meanwhile."""
        found: list[User] = []
        after = ""
        while True:
            query = f"?limit={PAGE}" + ("&type=1" if kind else "") + after
            path = (
                f"/channels/{channel}/messages/{message}/reactions/{quote(emoji, safe='')}{query}"
            )
            page = await self._ask(path, list[User], self._costs.reading(channel))
            if isinstance(page, Problem):
                if page.code in (UNKNOWN_EMOJI, UNKNOWN_MESSAGE):
                    return None
                raise SweepError(failure(page))
            found += [user for user in page if not user.bot]
            if len(page) < PAGE:
                return found
            after = f"&after={max(int(user.id) for user in page)}"

    # --- calls

    async def _know_ourselves(self) -> None:
        problem = await self._ourselves.known()
        if problem is not None:
            raise SweepError(failure(problem))

    async def _get(self, path: str, kind: type[T], cost: Cost) -> T:
        found = await self._ask(path, kind, cost)
        if isinstance(found, Problem):
            raise SweepError(failure(found))
        return found

    async def _ask(self, path: str, kind: type[T], cost: Cost) -> T | Problem:
        for _ in range(_TRIES):
            found = await self._rest.read(path, kind, cost=cost, backfill=True)
            if not isinstance(found, Problem) or found.status != 429:
                break
        return found


def _of_one_thread(problem: Problem) -> Failure:
    """A thread that somebody deleted says nothing of the channel that it was in."""
    found = failure(problem)
    if problem.code == UNKNOWN_CHANNEL:
        return replace(found, kind=FailureKind.GONE)
    return found


def _is_new(thread: _Thread, since: datetime) -> bool:
    """A forum's post that was made since then, and in which nothing else was said."""
    bare = thread.applied_tags is not None and thread.message_count == 0
    return bare and moment(remote_id(thread.id, thread.id)) > since


def _archived(thread: _Thread) -> datetime:
    if thread.thread_metadata is None:
        raise SweepError(failure(Problem(200, certain=False)))
    return thread.thread_metadata.archive_timestamp


def _here(one: Said, place: Place) -> Said:
    """REST does not say where a channel is; whoever asked knows."""
    parent = place.channel if place.workspace else None
    return replace(one, guild=place.workspace, parent=parent, unknown_thread=False)


def _mine(message: dict[str, Any]) -> frozenset[str]:
    """The emoji that we have put on it."""
    rows = [row for row in message.get("reactions") or () if row.get("me")]
    found = [inside(row["emoji"].get("name"), row["emoji"].get("id")) for row in rows]
    return frozenset(emoji for emoji in found if emoji)


def _counts(row: dict[str, Any]) -> tuple[tuple[int, int], tuple[int, int]]:
    """How many others reacted, by the kind that Discord asks for: usual ones, and bursts."""
    details = row.get("count_details") or {}
    burst = int(details.get("burst", 0))
    usual = int(details.get("normal", int(row.get("count", 0)) - burst))
    return (0, usual - bool(row.get("me"))), (1, burst - bool(row.get("me_burst")))
