"""Looks for a write whose outcome is unclear, after platform-facts.md, part C.

Among the messages that are newer than the anchor and not accounted for, one that is
just what the write would make is its result. A bot's post that is absent can be made
again: for some minutes its nonce keeps Discord from storing it twice. A forum post has no
nonce; it is known by title and marker.
"""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from adapters.discord.errors import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, Problem, failure
from adapters.discord.ours import Ourselves
from adapters.discord.outbound import (
    by_webhook,
    is_direct,
    is_same,
    message_of,
    remote_id,
    thread_name,
)
from adapters.discord.pending import Pending
from adapters.discord.rest import Rest
from adapters.discord.webhooks import Webhooks
from adapters.discord.writing import BOT, FORUMS, Channel, Costs, Writer, card_of
from core.delivery import Absent, Failure, PartKind, Receipt, Verb, Write
from core.ids import SpaceId

PAGE = 100
_MOST_PAGES = 20
_MOST_LISTS = 10

Found = Receipt | Absent | Problem


class Searcher:
    def __init__(
        self,
        rest: Rest,
        costs: Costs,
        webhooks: Webhooks,
        writer: Writer,
        ourselves: Ourselves,
        pending: Pending,
    ) -> None:
        self._rest = rest
        self._costs = costs
        self._webhooks = webhooks
        self._writer = writer
        self._ourselves = ourselves
        self._pending = pending

    async def find(self, write: Write) -> Receipt | Absent | Failure:
        found = await self._find(write)
        return failure(found) if isinstance(found, Problem) else found

    async def _find(self, write: Write) -> Found:
        if write.step.verb is not Verb.POST:
            # These set a state: making it again changes nothing.
            return Absent()
        if write.part.kind is PartKind.CARD and not is_direct(write):
            return await self._card(write)
        where: str | Problem | None = write.mirror.space
        if is_direct(write):
            where = await self._writer.direct(write.mirror)
        if where is None or isinstance(where, Problem):
            return where or Absent()
        found = await self._scan(write, where)
        if isinstance(found, Receipt) and write.part.kind is PartKind.CARD:
            return Receipt(found.remote, found.poster, SpaceId(found.remote))
        return found

    async def _card(self, write: Write) -> Found:
        if write.inner:
            return await self._started_thread(write)
        channel = await self._writer.channel(write.mirror.place.channel)
        if isinstance(channel, Problem):
            return channel
        if channel.type in FORUMS:
            return await self._forum_post(write, channel)
        found = await self._scan(write, channel.id)
        if isinstance(found, Receipt):
            return Receipt(found.remote, BOT, inner=1, data={"card": found.remote})
        return found

    async def _started_thread(self, write: Write) -> Found:
        card = card_of(write)
        if card is None:
            return Absent()
        thread = await self._rest.read(f"/channels/{message_of(card)}", Channel)
        if isinstance(thread, Problem):
            return Absent() if thread.code == UNKNOWN_CHANNEL else thread
        return Receipt(card, BOT, SpaceId(thread.id))

    async def _forum_post(self, write: Write, forum: Channel) -> Found:
        """Among the active threads, then the archived ones, by title and marker, newest first."""
        since = self._pending.since(write)
        oldest = max(_oldest(write), since)
        # One that was made a moment ago is active, or was archived last of all.
        lists = 1 if since else _MOST_LISTS
        async for listed in self._threads(write.mirror.place.workspace, forum.id, lists=lists):
            if isinstance(listed, Problem):
                return listed
            for thread in sorted(listed, key=lambda thread: -int(thread["id"])):
                post = str(thread["id"])
                if thread.get("parent_id") != forum.id or thread.get("name") != thread_name(write):
                    continue
                if int(post) <= oldest or remote_id(post, post) in write.known:
                    continue
                path = f"/channels/{post}/messages/{post}"
                cost = self._costs.reading(post)
                first = await self._rest.read(path, dict[str, Any], cost=cost)
                if isinstance(first, Problem):
                    if first.code in (UNKNOWN_CHANNEL, UNKNOWN_MESSAGE):
                        continue
                    return first
                if is_same(write, first):
                    return Receipt(remote_id(post, post), BOT, SpaceId(post))
        return Absent()

    async def _threads(
        self, guild: str, forum: str, *, lists: int
    ) -> AsyncIterator[list[dict[str, Any]] | Problem]:
        """The active threads, then up to so many lists of archived ones, newest first."""
        path, cost = f"/guilds/{guild}/threads/active", self._costs.listing(guild)
        archived = f"/channels/{forum}/threads/archived/public?limit={PAGE}"
        for nth in range(1 + lists):
            listed = await self._rest.read(path, dict[str, Any], cost=cost)
            if isinstance(listed, Problem):
                yield listed
                return
            threads = listed.get("threads") or []
            yield threads
            path, cost = archived, self._costs.listing(forum)
            if nth:
                if not threads or not listed.get("has_more"):
                    return
                last = threads[-1]["thread_metadata"]["archive_timestamp"]
                path += f"&before={quote(last, safe='')}"

    async def _scan(self, write: Write, channel: str) -> Found:
        oldest = max(_oldest(write), self._pending.since(write))
        ours = await self._authors(write)
        if isinstance(ours, Problem):
            return ours
        side, edge = ("after", str(oldest)) if oldest else ("before", "")
        cost = self._costs.reading(channel)
        for _ in range(_MOST_PAGES):
            query = f"?limit={PAGE}" + (f"&{side}={edge}" if edge else "")
            path = f"/channels/{channel}/messages{query}"
            listed = await self._rest.read(path, list[dict[str, Any]], cost=cost)
            if isinstance(listed, Problem):
                return listed
            listed.sort(key=lambda message: int(message["id"]))
            for message in listed:
                remote = remote_id(channel, str(message["id"]))
                if remote in write.known or _by(message) not in ours:
                    continue
                if is_same(write, message):
                    return Receipt(remote, _poster(message))
            if len(listed) < PAGE:
                return Absent()
            edge = str(listed[-1 if side == "after" else 0]["id"])
        return Absent()

    async def _authors(self, write: Write) -> frozenset[str] | Problem:
        """Who may have made it: the bot, or the channel's webhooks of now and of before."""
        if not by_webhook(write):
            me = await self._ourselves.me()
            return me if isinstance(me, Problem) else frozenset({me})
        listed = await self._webhooks.ours(write.mirror.place.channel)
        if isinstance(listed, Problem):
            return listed
        return self._webhooks.ids() | {hook.id for hook in listed}


def _oldest(write: Write) -> int:
    """The id after which it must be; 0 where the mirror holds nothing yet."""
    known = write.anchor or write.mirror.root
    return int(message_of(known)) if known else 0


def _by(message: dict[str, Any]) -> str | None:
    """The id of the webhook or the user that made a message."""
    return message.get("webhook_id") or (message.get("author") or {}).get("id")


def _poster(message: dict[str, Any]) -> str:
    hook = message.get("webhook_id")
    return f"webhook:{hook}" if hook else BOT
