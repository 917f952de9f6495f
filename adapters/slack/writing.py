"""A write as calls to Slack: which method, on whose budgets, and what its answer means.

One attempt each. What may be done twice without harm (deletes, reactions, the steps
of an upload) is never unclear: it is simply done again.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, assert_never

from adapters.slack import outbound, reactions
from adapters.slack.api import Answer, Api
from adapters.slack.cards import Look
from adapters.slack.directory import Directory
from adapters.slack.errors import NOT_CONNECTED
from adapters.slack.marks import Ours, parse_remote, remote
from adapters.slack.outbound import NO_CONTROLS, Controls
from adapters.slack.search import Search
from adapters.slack.settings import Settings
from adapters.slack.uploads import Uploads, file_of
from core.delivery import Absent, Failure, FailureKind, PartKind, Receipt, Verb, Write
from core.ids import RemoteId, SpaceId
from core.model import Mirror, Place
from core.ports.needs import Budgets, Cost

log = logging.getLogger("pinthread.slack")

_BAD_PICTURE = frozenset({"invalid_blocks", "invalid_blocks_format"})
_LACKING = frozenset({"invalid_name", "too_many_emoji", "too_many_reactions"})
_PASSING = (FailureKind.RATE, FailureKind.TRANSIENT)
_DONE = frozenset({"already_reacted", "no_reaction"})
_UNREADABLE = Failure(FailureKind.TRANSIENT, "unreadable_answer", certain=False)

_POSTS_OF_CHANNEL = (5, 5.0)
"""About one message a second in a channel, with a short burst."""
_POSTS_OF_WORKSPACE = (300, 60.0)
"""Slack says "several hundred per minute"."""
_TIERS = {
    "chat.update": 50,
    "chat.delete": 50,
    "reactions.add": 50,
    "reactions.remove": 20,
    "files.getUploadURLExternal": 100,
    "files.completeUploadExternal": 100,
    "files.info": 100,
}
"""Calls a minute, as documented."""
_METHODS = {
    Verb.EDIT: "chat.update",
    Verb.DELETE: "chat.delete",
    Verb.REACT: "reactions.add",
    Verb.UNREACT: "reactions.remove",
}


class Writing:
    """`look` is how this workspace shows things, as far as it has been learnt.

    `controls` gives the line and the buttons under a card.
    """

    def __init__(
        self,
        settings: Settings,
        budgets: Budgets,
        api: Api,
        directory: Directory,
        search: Search,
        uploads: Uploads,
        look: Look,
        controls: Callable[[Mirror], Awaitable[Controls]],
    ) -> None:
        self.look = look
        self.controls = controls
        self._settings = settings
        self._budgets = budgets
        self._api = api
        self._directory = directory
        self._search = search
        self._uploads = uploads
        self._custom: Mapping[str, str] = {}

    def costs(self, write: Write) -> tuple[Cost, ...]:
        """The budgets that the call draws on, a channel's first."""
        team = write.mirror.place.workspace
        method = _METHODS.get(write.step.verb) or _upload(write)
        if method == "":
            return ()
        costs = (self._cost(("slack", team, method), _TIERS[method], 60.0),) if method else ()
        if method not in (None, "files.completeUploadExternal"):
            return costs
        return (*self._posting(write.mirror.place), *costs)

    def _posting(self, place: Place) -> tuple[Cost, Cost]:
        team = place.workspace
        return (
            self._cost(("slack", team, "post", place.channel), *_POSTS_OF_CHANNEL, refills=True),
            self._cost(("slack", team, "post"), *_POSTS_OF_WORKSPACE),
        )

    def _cost(self, key: tuple[str, ...], limit: int, per: float, *, refills: bool = False) -> Cost:
        return Cost.scaled(key, limit, per, self._settings.limits_factor, refills=refills)

    async def write(self, write: Write, ours: Ours | None) -> Receipt | Failure:
        if ours is None:
            return NOT_CONNECTED
        verb = write.step.verb
        if write.step.part is not None and write.step.part.rich is not None:
            await self.learn_emoji()
        if verb is Verb.POST:
            result = await self._post(write, ours)
        elif verb is Verb.EDIT:
            arguments = outbound.update(write, self.look, await self._under(write))
            result = await self._said("chat.update", arguments, write, ours)
        elif verb is Verb.DELETE:
            result = again(await self._delete(write, ours))
        elif verb is Verb.REACT or verb is Verb.UNREACT:
            result = again(await self._react(write, ours))
        else:
            assert_never(verb)
        if isinstance(result, Failure) and result.code == "missing_scope" and _is_extra(write):
            # The app was installed before it could do this: words go on without it.
            return replace(result, kind=FailureKind.EVENT)
        if isinstance(result, Failure) and result.kind is FailureKind.RATE:
            for cost in self.costs(write)[:1]:
                self._budgets.block(cost.key, result.retry_after or 1.0)
        return result

    async def find(self, write: Write, ours: Ours | None) -> Receipt | Absent | Failure:
        """Looks for a write whose outcome is unclear; what does no harm is done once more."""
        if ours is None:
            return NOT_CONNECTED
        if write.step.verb is Verb.EDIT:
            return await self._search.update(write, outbound.revision(write, self.look), ours)
        if write.step.verb is not Verb.POST:
            return await self.write(write, ours)
        channel = await self._channel(write)
        if isinstance(channel, Failure):
            return channel
        if uploaded(write):
            return await self._uploads.find(write, channel, self.look, ours)
        return await self._search.post(write, channel, ours)

    async def _post(self, write: Write, ours: Ours) -> Receipt | Failure:
        channel = await self._channel(write)
        if isinstance(channel, Failure):
            return replace(channel, certain=True)
        if uploaded(write):
            return await self._uploads.step(write, channel, self.look, ours)
        arguments = outbound.post(write, self.look, channel, await self._under(write))
        return await self._said("chat.postMessage", arguments, write, ours)

    async def say(
        self, place: Place, text: str, mentions: Sequence[str], ours: Ours | None
    ) -> bool:
        """A line of the program's own, outside any thread; one attempt."""
        channel: str | Failure = place.channel
        if place.channel.startswith("user:"):
            channel = await self._directory.direct(place.channel.removeprefix("user:"))
        if ours is None or isinstance(channel, Failure):
            return False
        await self._budgets.take(self._posting(place))
        asked = outbound.line(text, mentions) | {"channel": channel}
        answer = await self._api.write("chat.postMessage", asked)
        if isinstance(answer, Failure) and answer.kind is FailureKind.RATE:
            self._budgets.block(self._posting(place)[0].key, answer.retry_after or 1.0)
        return not isinstance(answer, Failure)

    async def _under(self, write: Write) -> Controls:
        """What stands under a card; it must not hold the card up."""
        if write.part.kind is not PartKind.CARD:
            return NO_CONTROLS
        try:
            return await self.controls(write.mirror)
        except Exception as error:  # noqa: BLE001
            log.error("slack.no_controls", extra={"error": type(error).__name__})
            return NO_CONTROLS

    async def _said(
        self, method: str, arguments: Mapping[str, Any], write: Write, ours: Ours
    ) -> Receipt | Failure:
        answer = await self._api.write(method, arguments)
        if isinstance(answer, Failure):
            return self._without_pictures(arguments, answer)
        return _receipt(answer, arguments, write, ours)

    async def _delete(self, write: Write, ours: Ours) -> Receipt | Failure:
        target, (channel, ts) = _target(write)
        answer = await self._api.write("chat.delete", {"channel": channel, "ts": ts})
        if isinstance(answer, Failure) and answer.code != "message_not_found":
            return answer
        file = file_of(write.poster)
        if file:
            # The message is gone; its file would still be listed in the workspace.
            gone = await self._api.write("files.delete", {"file": file})
            if isinstance(gone, Failure) and gone.kind in _PASSING:
                return gone
        return Receipt(target, ours.bot)

    async def _react(self, write: Write, ours: Ours) -> Receipt | Failure:
        target, (channel, ts) = _target(write)
        name = reactions.outside(write.step.emoji)
        if name is None:
            return Failure(FailureKind.EMOJI, "invalid_name", remedy="Slack has no such emoji.")
        arguments = {"channel": channel, "timestamp": ts, "name": name}
        answer = await self._api.write(_METHODS[write.step.verb], arguments)
        if isinstance(answer, Failure) and answer.code not in _DONE:
            lacking = answer.code in _LACKING
            return replace(answer, kind=FailureKind.EMOJI) if lacking else answer
        return Receipt(target, ours.bot)

    async def learn_emoji(self) -> None:
        """Words may name custom emoji: only those that are here are shown as such."""
        custom = await self._directory.emoji()
        if custom is not self._custom:
            self._custom = custom
            self.look = replace(self.look, emoji=frozenset(custom))

    async def _channel(self, write: Write) -> str | Failure:
        """Where it goes: the thread's channel once it stands, else the place's."""
        if write.mirror.space is not None:
            return parse_remote(write.mirror.space)[0]
        channel = write.mirror.place.channel
        if channel.startswith("user:"):
            return await self._directory.direct(channel.removeprefix("user:"))
        return channel

    def _without_pictures(self, arguments: Mapping[str, Any], failure: Failure) -> Failure:
        """Where Slack could not fetch a picture, the same message goes without, next time."""
        shown = outbound.pictures(arguments["blocks"]) if failure.code in _BAD_PICTURE else None
        if not shown:
            return failure
        hidden = frozenset(list(self.look.hidden)[-1_000:]) | shown
        self.look = replace(self.look, hidden=hidden)
        return Failure(FailureKind.TRANSIENT, "picture_not_fetched")


def again(result: Receipt | Failure) -> Receipt | Failure:
    """A failure of what may be done twice: there is nothing to find out first."""
    return replace(result, certain=True) if isinstance(result, Failure) else result


def _is_extra(write: Write) -> bool:
    """What needs scopes beyond those for words."""
    return write.step.verb in (Verb.REACT, Verb.UNREACT) or uploaded(write)


def uploaded(write: Write) -> bool:
    """Whether the part's file is put up here; a larger one is a line with a link."""
    part = write.step.part
    return part is not None and part.kind is PartKind.FILE and not part.text


def _upload(write: Write) -> str | None:
    """The method of the step that an upload is at; empty where it costs no call."""
    return Uploads.METHODS[write.inner] if uploaded(write) else None


def _target(write: Write) -> tuple[RemoteId, tuple[str, str]]:
    if write.step.target is None:
        raise ValueError(f"{write.step.verb} has no target")
    return write.step.target, parse_remote(write.step.target)


def _receipt(
    answer: Answer, arguments: Mapping[str, Any], write: Write, ours: Ours
) -> Receipt | Failure:
    channel, ts = answer.get("channel") or arguments["channel"], answer.get("ts")
    if not isinstance(channel, str) or not isinstance(ts, str):
        return _UNREADABLE
    name = remote(channel, ts)
    space = SpaceId(name) if write.part.kind is PartKind.CARD else None
    return Receipt(name, ours.bot, space)
