"""Events on the short way: sorted, and handed on to whoever they are for.

Words, edits, deletes and reactions are committed before this returns; our own posts become
echoes, or strays where nothing accounts for them; a channel that turned public is news.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, assert_never

from adapters.slack import inbound
from adapters.slack.changes import Deleted, Echo, Edited, OwnReaction, Reacted
from adapters.slack.channels import ChannelNews
from adapters.slack.directory import Directory
from adapters.slack.entrance import LIMITED, NotReadyError
from adapters.slack.gestures import Host
from adapters.slack.inbound import Words
from adapters.slack.listeners import Listeners
from adapters.slack.marks import Nothing, parse_remote, place_of
from adapters.slack.own import Own, Stray
from adapters.slack.speech import Speech
from adapters.slack.uploads import file_of
from adapters.slack.watch import Watch
from core.ports.desk import Desk
from core.sweep import Seen

Said = Edited | Deleted | Reacted


class Hearing:
    """`ignored` counts what came in and was not for us, by reason."""

    def __init__(
        self,
        host: Host,
        desk: Desk,
        directory: Directory,
        speech: Speech,
        listeners: Listeners,
        watch: Watch,
        own: Own,
        ignored: Counter[str],
    ) -> None:
        self._host = host
        self._desk = desk
        self._directory = directory
        self._speech = speech
        self._listeners = listeners
        self._watch = watch
        self._own = own
        self._ignored = ignored

    async def take(self, payload: Mapping[str, Any]) -> None:
        """On return it is committed, or was not for us."""
        if payload.get("type") == LIMITED:
            minute = payload.get("minute_rate_limited")
            self._watch.limited(float(minute) if isinstance(minute, int | float) else 0.0)
            return
        self._watch.heard()
        try:
            await self._take(payload)
        except BaseException:
            self._watch.refused()
            raise
        self._watch.taken()

    async def _take(self, payload: Mapping[str, Any]) -> None:
        if self._host.ours is None:
            raise NotReadyError
        found = inbound.read(payload, self._host.ours)
        if isinstance(found, Words):
            await self._speech.said(found)
        elif isinstance(found, Said):
            await self._said(found)
        elif isinstance(found, Nothing):
            self._ignored[found.reason] += 1
        elif isinstance(found, Echo):
            self._echo(found)
        elif isinstance(found, ChannelNews):
            await self._listeners.channel_changed(found, payload["event"])
        elif isinstance(found, OwnReaction):
            emoji = await self._speech.emoji(found.name)
            self._desk.suspect("slack", Seen(found.remote, ours=frozenset({emoji})))
        else:
            assert_never(found)

    async def _said(self, found: Said) -> None:
        if isinstance(found, Edited):
            await self._speech.edited(found)
        elif isinstance(found, Deleted):
            await self._speech.deleted(found)
        elif isinstance(found, Reacted):
            await self._speech.reacted(found)
        else:
            assert_never(found)

    def _echo(self, echo: Echo) -> None:
        receipt = echo.receipt
        delivery = echo.delivery or self._own.of_file(file_of(receipt.poster))
        if not delivery:
            self._ignored["own"] += 1
            return
        self._desk.echo(delivery, receipt)
        if echo.post:
            self._own.stands(delivery, echo.space, receipt.remote, receipt.poster)
        elif echo.message:
            stands = Seen(receipt.remote, (), None, receipt.poster, delivery, echo.message)
            self._desk.suspect("slack", stands)

    def stray(self, stray: Stray) -> None:
        self._host.spawn(self._tell_stray(stray))

    async def _tell_stray(self, stray: Stray) -> None:
        channel, _ = parse_remote(stray.remote)
        if stray.place is not None:
            place = stray.place
        else:
            user = await self._directory.owner(channel) if channel.startswith("D") else ""
            place = place_of(self._host.ours.team if self._host.ours else "", channel, user)
        self._desk.stray(place, stray.space, stray.remote, stray.poster, stray.delivery)
