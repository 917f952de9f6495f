"""Looks for a write whose outcome is unclear, after platform-facts.md, part C.

Among the messages that are newer than the anchor and not accounted for, one that is
just what the write would make is its result. A bot's post that is absent can be made
again at once: its nonce keeps Discord from storing it twice.
"""

from typing import Any

from adapters.discord.errors import UNKNOWN_CHANNEL, Problem, failure
from adapters.discord.outbound import (
    by_webhook,
    is_direct,
    is_same,
    message_of,
    remote_id,
    thread_name,
)
from adapters.discord.rest import Rest
from adapters.discord.webhooks import Posted, Webhooks
from adapters.discord.writing import BOT, FORUMS, Channel, Writer, card_of
from core.delivery import Absent, Failure, PartKind, Receipt, Verb, Write
from core.ids import SpaceId

PAGE = 100
_MOST_PAGES = 20

Found = Receipt | Absent | Problem


class Searcher:
    def __init__(self, rest: Rest, webhooks: Webhooks, writer: Writer) -> None:
        self._rest = rest
        self._webhooks = webhooks
        self._writer = writer
        self._me: str | None = None

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
        """Among the active threads, then the newest archived ones, by title and marker."""
        guild = write.mirror.place.workspace
        oldest = int(message_of(write.anchor)) if write.anchor else 0
        for path in (
            f"/guilds/{guild}/threads/active",
            f"/channels/{forum.id}/threads/archived/public?limit={PAGE}",
        ):
            listed = await self._rest.read(path, dict[str, Any])
            if isinstance(listed, Problem):
                return listed
            for thread in listed.get("threads") or ():
                post = str(thread["id"])
                if thread.get("parent_id") != forum.id or thread.get("name") != thread_name(write):
                    continue
                if int(post) <= oldest or remote_id(post, post) in write.known:
                    continue
                first = await self._rest.read(f"/channels/{post}/messages/{post}", dict[str, Any])
                if not isinstance(first, Problem) and is_same(write, first):
                    return Receipt(remote_id(post, post), BOT, SpaceId(post))
        return Absent()

    async def _scan(self, write: Write, channel: str) -> Found:
        after = message_of(write.anchor) if write.anchor else None
        if after is None and write.mirror.root is not None:
            after = message_of(write.mirror.root)
        ours = await self._authors(write)
        if isinstance(ours, Problem):
            return ours
        for _ in range(_MOST_PAGES):
            query = f"?limit={PAGE}" + (f"&after={after}" if after else "")
            path = f"/channels/{channel}/messages{query}"
            listed = await self._rest.read(path, list[dict[str, Any]])
            if isinstance(listed, Problem):
                return listed
            listed.sort(key=lambda message: int(message["id"]))
            for message in listed:
                remote = remote_id(channel, str(message["id"]))
                if remote in write.known or _by(message) not in ours:
                    continue
                if is_same(write, message):
                    return Receipt(remote, _poster(message))
            if after is None or len(listed) < PAGE:
                return Absent()
            after = str(listed[-1]["id"])
        return Absent()

    async def _authors(self, write: Write) -> frozenset[str] | Problem:
        """Who may have made it: the bot, or the channel's webhooks of now and of before."""
        if not by_webhook(write):
            if self._me is None:
                me = await self._rest.read("/users/@me", Posted)
                if isinstance(me, Problem):
                    return me
                self._me = me.id
            return frozenset({self._me})
        listed = await self._webhooks.ours(write.mirror.place.channel)
        if isinstance(listed, Problem):
            return listed
        return self._webhooks.ids() | {hook.id for hook in listed}


def _by(message: dict[str, Any]) -> str | None:
    """The id of the webhook or the user that made a message."""
    return message.get("webhook_id") or (message.get("author") or {}).get("id")


def _poster(message: dict[str, Any]) -> str:
    hook = message.get("webhook_id")
    return f"webhook:{hook}" if hook else BOT
