"""Changes what is there: edits, deletes and reactions, one call each.

Nothing but a delete can be done in an archived thread; the refusal is clear, so the thread
is opened first and the call made again. Discord archives it by itself later.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from urllib.parse import quote

import msgspec

from adapters.discord.custom import CustomEmoji
from adapters.discord.emoji import custom_name, qualified
from adapters.discord.errors import (
    ARCHIVED,
    GONE_WEBHOOK,
    MISSING_PERMISSION,
    TOO_MANY_EMOJI,
    UNKNOWN_CHANNEL,
    UNKNOWN_EMOJI,
    UNKNOWN_MESSAGE,
    Problem,
    failure,
)
from adapters.discord.outbound import (
    Body,
    bot_edit,
    by_webhook,
    channel_of,
    message_of,
    webhook_edit,
    webhook_of,
)
from adapters.discord.rest import Rest, decoded
from adapters.discord.webhooks import Posted, Webhooks
from adapters.discord.writing import BOT, Costs, nothing_on_top, tokens_for
from core.delivery import Failure, FailureKind, Receipt, Verb, Write
from core.ids import RemoteId
from core.ports.needs import Cost

_MOST_UNKNOWN = 1_000


class _Author(msgspec.Struct):
    bot: bool = False


class _Message(msgspec.Struct):
    author: _Author


_Call = Callable[[], Awaitable[bytes | Problem]]
_MAY_NOT_REACT = "Give the bot Add Reactions and Read Message History there."


class Changer:
    def __init__(
        self,
        rest: Rest,
        webhooks: Webhooks,
        costs: Costs,
        custom: CustomEmoji,
        top: Callable[[Write], Awaitable[Body]] = nothing_on_top,
    ) -> None:
        self._top = top
        self._rest = rest
        self._webhooks = webhooks
        self._costs = costs
        self._custom = custom
        self._unknown: set[str] = set()

    async def write(self, write: Write) -> Receipt | Failure:
        target = write.step.target
        if target is None:
            return Failure(FailureKind.GONE, "discord_no_target")
        cost = self._costs.of(write)[0]
        if write.step.verb is Verb.EDIT:
            done = await self._open_first(target, partial(self._edit, write, target, cost))
        elif write.step.verb is Verb.DELETE:
            done = await self._delete(write, target, cost)
        else:
            return await self._react(write, target, cost)
        done = _clear(done, told=write.step.verb is Verb.EDIT)
        if not isinstance(done, Problem):
            space = write.mirror.space if target == write.mirror.root else None
            return Receipt(target, write.poster or BOT, space)
        if write.step.verb is Verb.DELETE and done.code == MISSING_PERMISSION:
            # Without Manage Messages the bot cannot take away what a lost webhook posted.
            return Failure(FailureKind.FOREIGN, "discord_50013")
        return failure(done, replacing=True)

    async def _open_first(self, target: RemoteId, call: _Call) -> bytes | Problem:
        """The call, and once more after opening the thread where that was archived."""
        done = await call()
        if not isinstance(done, Problem) or done.code != ARCHIVED:
            return done
        path = f"/channels/{channel_of(target)}"
        opened = await self._rest.ask("PATCH", path, Posted, {"archived": False})
        if isinstance(opened, Problem):
            return replace(opened, certain=True)
        return await call()

    async def _edit(self, write: Write, target: RemoteId, cost: Cost) -> bytes | Problem:
        channel, message = channel_of(target), message_of(target)
        tokens = await tokens_for(write, self._custom)
        if by_webhook(write):
            path = f"/messages/{message}?thread_id={channel}"
            place = write.mirror.place.channel
            body = webhook_edit(write, tokens)
            return await self._webhooks.change("PATCH", place, webhook_of(write), path, body, cost)
        path = f"/channels/{channel}/messages/{message}"
        body = {**bot_edit(write, tokens), **await self._top(write)}
        return await self._rest.call("PATCH", path, body, cost=cost)

    async def _delete(self, write: Write, target: RemoteId, cost: Cost) -> bytes | Problem:
        """What is not there any more is deleted, whoever did it."""
        channel, message = channel_of(target), message_of(target)
        done: bytes | Problem | None = None
        if channel == message and target != write.mirror.root:
            # A forum post that nobody accounts for is a thread of its own.
            done = await self._delete_post(channel, cost)
        elif by_webhook(write):
            path = f"/messages/{message}?thread_id={channel}"
            place = write.mirror.place.channel
            done = await self._webhooks.change("DELETE", place, webhook_of(write), path, None, cost)
        if done is None or (isinstance(done, Problem) and done.code in GONE_WEBHOOK):
            path = f"/channels/{channel}/messages/{message}"
            done = await self._rest.call("DELETE", path, cost=cost)
        if isinstance(done, Problem) and done.code in (UNKNOWN_MESSAGE, UNKNOWN_CHANNEL):
            return b""
        return done

    async def _delete_post(self, thread: str, cost: Cost) -> bytes | Problem | None:
        """Takes a doubled post away as a whole; None where people have written in it since."""
        path = f"/channels/{thread}/messages?limit=10&after={thread}"
        listed = await self._rest.read(path, list[_Message], cost=self._costs.reading(thread))
        if isinstance(listed, Problem):
            return replace(listed, certain=True)
        if any(not one.author.bot for one in listed):
            return None
        return await self._rest.call("DELETE", f"/channels/{thread}", cost=cost)

    # --- reactions

    async def _react(self, write: Write, target: RemoteId, cost: Cost) -> Receipt | Failure:
        adding = write.step.verb is Verb.REACT
        done: bytes | Problem = Problem(400, UNKNOWN_EMOJI)
        names = await self._names(write)
        if isinstance(names, Problem):
            return failure(names, replacing=True)
        for name in names:
            path = (
                f"/channels/{channel_of(target)}/messages/{message_of(target)}"
                f"/reactions/{quote(name, safe='')}/@me"
            )
            method = "PUT" if adding else "DELETE"
            call = partial(self._rest.call, method, path, cost=cost)
            done = await self._open_first(target, call)
            if not isinstance(done, Problem) or done.code != UNKNOWN_EMOJI:
                break
            # Not asked for again: two calls in a row meet the narrow limit for reactions.
            self._unknown.add(name)
        done = _clear(done, told=False)
        if not isinstance(done, Problem):
            return Receipt(target, write.poster or BOT)
        if not adding and done.code in (UNKNOWN_EMOJI, UNKNOWN_MESSAGE):
            return Receipt(target, write.poster or BOT)
        if done.code in (UNKNOWN_EMOJI, TOO_MANY_EMOJI):
            return replace(failure(done, replacing=True), kind=FailureKind.EMOJI)
        if done.code == MISSING_PERMISSION:
            # Words still get there, so this must not hold them up.
            return Failure(FailureKind.EVENT, "discord_50013", remedy=_MAY_NOT_REACT)
        return failure(done, replacing=True)

    async def _names(self, write: Write) -> tuple[str, ...] | Problem:
        """How Discord may call the emoji, the likeliest first; none: it does not have it."""
        emoji = write.step.emoji
        custom = custom_name(emoji)
        if custom is None:
            if len(self._unknown) > _MOST_UNKNOWN:
                self._unknown.clear()
            names = dict.fromkeys((qualified(emoji), emoji))
            return tuple(name for name in names if name not in self._unknown)
        known = await self._custom.of(write.mirror.place.workspace)
        if isinstance(known, Problem):
            return known
        return (known[custom].reaction,) if custom in known else ()


def _clear(done: bytes | Problem, *, told: bool) -> bytes | Problem:
    """What was edited (`told`) comes back, of all else nothing need: other answers are unclear."""
    if isinstance(done, Problem) or not (done or told):
        return done
    read = decoded(done, Posted)
    return read if isinstance(read, Problem) else done
