"""Makes one write of a lane: which calls it takes, and what they cost.

A write is one call that creates or edits a message, after those that only look
something up (a channel's kind, its webhook, a direct message's channel); while
only look-ups have been made, nothing is unclear.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from adapters.discord.custom import CustomEmoji
from adapters.discord.errors import (
    FILE_TOO_LARGE,
    THREAD_EXISTS,
    Problem,
    failure,
)
from adapters.discord.outbound import (
    FILE_LIMIT,
    NO_TOKENS,
    Body,
    Tokens,
    bot_post,
    by_webhook,
    channel_of,
    forum_post,
    has_emoji,
    is_direct,
    is_upload,
    message_of,
    remote_id,
    thread_start,
    webhook_of,
    webhook_post,
)
from adapters.discord.rest import GLOBAL, Rest, decoded
from adapters.discord.uploading import Upload
from adapters.discord.webhooks import Posted, Webhooks
from core.delivery import Failure, FailureKind, PartKind, Receipt, Verb, Write
from core.ids import RemoteId, SpaceId
from core.model import Mirror, Place
from core.ports.files import Files
from core.ports.needs import Cost

BOT = "bot"
FORUMS = frozenset({15, 16})
THREADS = frozenset({10, 11, 12})
_REQUIRE_TAG = 1 << 4


class _Recipient(msgspec.Struct):
    id: str


class _Tag(msgspec.Struct):
    id: str
    moderated: bool = False


class Channel(msgspec.Struct):
    """What we need of a channel."""

    id: str
    type: int
    parent_id: str | None = None
    guild_id: str | None = None
    flags: int = 0
    recipients: list[_Recipient] = msgspec.field(default_factory=list)
    available_tags: list[_Tag] = msgspec.field(default_factory=list)

    def needed_tags(self) -> tuple[str, ...]:
        """The first tag that anybody may set, where the forum asks for one."""
        free = tuple(tag.id for tag in self.available_tags if not tag.moderated)
        return free[:1] if self.flags & _REQUIRE_TAG else ()


class Costs:
    """The documented limits that budgets start from, times the configured factor."""

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self._global = self._cost(GLOBAL, 50, 1.0)
        self._hooks: dict[str, tuple[Cost, ...]] = {}

    def of(self, write: Write) -> tuple[Cost, ...]:
        if write.step.verb is not Verb.POST:
            return self._of_change(write)
        channel = write.mirror.place.channel
        if by_webhook(write):
            known = self._hooks.get(channel)
            if known is None:
                # 5 in 2 s are in the headers; 30 a minute and channel show up only as a 429.
                known = (
                    self._cost(("discord", "webhook", channel), 5, 2.0),
                    self._cost(("discord", "channel", channel), 30, 60.0),
                    self._global,
                )
                self._hooks[channel] = known
            return known
        where = channel
        if write.part.kind is not PartKind.CARD:
            where = write.mirror.space or channel
        doing = "thread" if write.inner else "message"
        return (self._cost(("discord", doing, where), 5, 5.0), self._global)

    def _of_change(self, write: Write) -> tuple[Cost, ...]:
        verb, target = write.step.verb, write.step.target
        where = channel_of(target) if target else write.mirror.place.channel
        if verb in (Verb.REACT, Verb.UNREACT):
            return (self._cost(("discord", "react", where), 1, 0.25), self._global)
        if by_webhook(write):
            hook = ("discord", "webhook message", webhook_of(write))
            return (self._cost(hook, 5, 2.0), self._global)
        per = 5.0 if verb is Verb.EDIT else 1.0
        return (self._cost(("discord", str(verb), where), 5, per), self._global)

    def reading(self, channel: str) -> Cost:
        """The budget of reads of a channel's messages and their reactions."""
        return self._cost(("discord", "read", channel), 5, 1.0)

    def listing(self, of: str) -> Cost:
        """The budget of lists of a server's or a channel's threads, which answers teach."""
        return Cost(("discord", "threads", of), 0, 0.0)

    def message(self, channel: str) -> Cost:
        """The budget of the bot's posts in a channel."""
        return self._cost(("discord", "message", channel), 5, 5.0)

    def _cost(self, key: tuple[str, ...], limit: int, per: float) -> Cost:
        return Cost.scaled(key, limit, per, self._factor)


async def nothing_on_top(_: Write) -> Body:
    """What stands above and below most cards."""
    return {}


class Writer:
    """`file_limit` is the most bytes of one file in a place, `top` what a card has besides."""

    def __init__(
        self,
        rest: Rest,
        webhooks: Webhooks,
        costs: Costs,
        files: Files,
        custom: CustomEmoji,
        file_limit: Callable[[Place], int] = lambda _: FILE_LIMIT,
        top: Callable[[Write], Awaitable[Body]] = nothing_on_top,
    ) -> None:
        self._file_limit = file_limit
        self._top = top
        self._rest = rest
        self._webhooks = webhooks
        self._files = files
        self._custom = custom
        self._costs = costs
        self._channels: dict[str, Channel] = {}
        self._directs: dict[str, str] = {}

    async def write(self, write: Write) -> Receipt | Failure:
        cost = self._costs.of(write)[0]
        upload = await self._upload(write) if is_upload(write) else None
        if isinstance(upload, Failure):
            return upload
        rich = write.part.rich is not None
        tokens = await tokens_for(write, self._custom) if rich else NO_TOKENS
        if by_webhook(write):
            found = await self._as_author(write, tokens, cost, upload)
        elif write.part.kind is PartKind.CARD:
            found = await self._card(write, cost)
        else:
            found = await self._as_bot(write, cost, upload, tokens)
        if isinstance(found, Problem):
            return failure(found)
        return found

    async def channel(self, channel: str) -> Channel | Problem:
        """A guild channel; known ones are not asked for again."""
        known = self._channels.get(channel)
        if known is None:
            found = await self._rest.read(f"/channels/{channel}", Channel)
            if isinstance(found, Problem):
                return replace(found, certain=True)
            known = self._channels[channel] = found
        return known

    async def direct(self, mirror: Mirror) -> str | Problem:
        """The direct message channel of a mirror, opened if need be."""
        channel = mirror.place.channel
        if mirror.root is not None:
            return channel_of(mirror.root)
        if not channel.startswith("user:"):
            return channel
        return await self.direct_with(channel.removeprefix("user:"))

    async def direct_with(self, user: str, *, backfill: bool = False) -> str | Problem:
        known = self._directs.get(user)
        if known is None:
            opened = await self._rest.ask(
                "POST", "/users/@me/channels", Posted, {"recipient_id": user}, backfill=backfill
            )
            if isinstance(opened, Problem):
                return replace(opened, certain=True)
            known = self._directs[user] = opened.id
        return known

    # --- new messages

    async def _upload(self, write: Write) -> Upload | Failure:
        """The part's file, as it is stored now."""
        file = write.part.file
        assert file is not None
        size = await self._files.size(file.id)
        if size is None:
            return Failure(FailureKind.EVENT, "file_gone", remedy="The file is not kept any more.")
        if size > self._file_limit(write.mirror.place):
            return failure(Problem(413, FILE_TOO_LARGE))
        return Upload(file.name, file.media_type, size, partial(self._files.open, file.id))

    async def _as_author(
        self, write: Write, tokens: Tokens, cost: Cost, upload: Upload | None
    ) -> Receipt | Problem:
        channel, thread = write.mirror.place.channel, write.mirror.space
        if thread is None:
            return Problem(0)
        done = await self._webhooks.post(channel, thread, webhook_post(write, tokens), cost, upload)
        if isinstance(done, Problem) and done.name_refused:
            body = webhook_post(write, tokens, neutral=True)
            done = await self._webhooks.post(channel, thread, body, cost, upload)
        if isinstance(done, Problem):
            return done
        hook, posted = done
        return Receipt(remote_id(thread, posted.id), f"webhook:{hook.id}")

    async def _card(self, write: Write, cost: Cost) -> Receipt | Problem:
        place = write.mirror.place
        if is_direct(write):
            posted = await self._as_bot(write, cost)
            if isinstance(posted, Problem):
                return posted
            return replace(posted, space=SpaceId(posted.remote))
        if write.inner:
            return await self._start_thread(write, cost)
        channel = await self.channel(place.channel)
        if isinstance(channel, Problem):
            return channel
        top = await self._top(write)
        if channel.type in FORUMS:
            return await self._forum_post(write, channel, cost, top)
        posted = await self._post(place.channel, {**bot_post(write), **top}, cost)
        if isinstance(posted, Problem):
            return posted
        return replace(posted, inner=1, data={"card": posted.remote})

    async def _forum_post(
        self, write: Write, forum: Channel, cost: Cost, top: Body
    ) -> Receipt | Problem:
        body = forum_post(write, forum.needed_tags())
        body["message"] |= top
        raw = await self._rest.call("POST", f"/channels/{forum.id}/threads", body, cost=cost)
        thread = raw if isinstance(raw, Problem) else decoded(raw, Posted)
        if isinstance(thread, Problem):
            return thread
        # The first message of a forum post has the id of its thread.
        return Receipt(remote_id(thread.id, thread.id), BOT, SpaceId(thread.id))

    async def _start_thread(self, write: Write, cost: Cost) -> Receipt | Problem:
        """A thread from the card; it takes the card's id, so asking twice makes one."""
        card = card_of(write)
        if card is None:
            return Problem(0)
        channel, message = channel_of(card), message_of(card)
        path = f"/channels/{channel}/messages/{message}/threads"
        raw = await self._rest.call("POST", path, thread_start(write), cost=cost)
        thread = raw if isinstance(raw, Problem) else decoded(raw, Posted)
        if isinstance(thread, Problem) and thread.code != THREAD_EXISTS:
            return thread
        return Receipt(card, BOT, SpaceId(message))

    async def _as_bot(
        self, write: Write, cost: Cost, upload: Upload | None = None, tokens: Tokens = NO_TOKENS
    ) -> Receipt | Problem:
        where: str | Problem | None = write.mirror.space
        if is_direct(write):
            where = await self.direct(write.mirror)
        if where is None:
            return Problem(0)
        if isinstance(where, Problem):
            return where
        return await self._post(where, bot_post(write, tokens), cost, upload)

    async def _post(
        self, channel: str, body: Mapping[str, Any], cost: Cost, upload: Upload | None = None
    ) -> Receipt | Problem:
        path = f"/channels/{channel}/messages"
        raw = await self._rest.call("POST", path, body, cost=cost, upload=upload)
        posted = raw if isinstance(raw, Problem) else decoded(raw, Posted)
        if isinstance(posted, Problem):
            return posted
        return Receipt(remote_id(channel, posted.id), BOT)


async def tokens_for(write: Write, custom: CustomEmoji) -> Tokens:
    """The server's own emoji, where the words name any; without them the names are shown."""
    rich = write.part.rich
    if rich is None or not has_emoji(rich):
        return NO_TOKENS
    known = await custom.of(write.mirror.place.workspace)
    return {} if isinstance(known, Problem) else {name: one.token for name, one in known.items()}


def card_of(write: Write) -> RemoteId | None:
    """The card from which a thread is started: call 1 gets it from call 0."""
    card = write.data.get("card")
    return RemoteId(card) if card else write.mirror.root
