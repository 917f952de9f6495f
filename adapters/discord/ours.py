"""Which messages on Discord are ours: posted by a lane, and to be taken away if doubled.

A webhook of our application posts for lanes alone. The bot also answers people (refusals,
menus, commands): what it posts for a lane is known by the marker of a card or a pin, by the
form of a notice, or in direct messages by the name before the words.
"""

import re

from adapters.discord.cards import marker_of
from adapters.discord.errors import Problem
from adapters.discord.inbound import DEFAULT, REPLY, Said
from adapters.discord.outbound import WEBHOOK
from adapters.discord.rest import Rest
from adapters.discord.webhooks import Posted, Webhooks
from adapters.discord.writing import BOT

_NOTICE = "-# "
_NAMED = re.compile(r"(?:> .*\n)?\*\*.+:\*\*(?:\s|\Z)")
_MARKER = re.compile(r"[0-9a-f]{24}")


class Ourselves:
    """Our user and our application: the gateway tells them, else they are asked for once."""

    def __init__(self, rest: Rest, webhooks: Webhooks) -> None:
        self._rest = rest
        self._webhooks = webhooks
        self._me: str | None = None

    def learn(self, me: str, application: str) -> None:
        self._me = me or self._me
        if application:
            self._webhooks.learn(application)

    async def me(self) -> str | Problem:
        if self._me is None:
            found = await self._rest.read("/users/@me", Posted)
            if isinstance(found, Problem):
                return found
            self._me = found.id
        return self._me

    async def known(self) -> Problem | None:
        """Makes sure that `poster` can tell."""
        me = await self.me()
        application = await self._webhooks.application()
        return next((one for one in (me, application) if isinstance(one, Problem)), None)

    def is_mine(self, said: Said) -> bool:
        """Whether it was posted by the bot or one of our webhooks, for whatever reason."""
        return said.author == self._me or self._by_our_webhook(said)

    def poster(self, said: Said) -> str:
        """Who posted it for a lane, as in a placement; empty where none did."""
        if said.kind not in (DEFAULT, REPLY):
            return ""
        if self._by_our_webhook(said):
            return f"{WEBHOOK}{said.webhook}"
        mine = said.author == self._me and said.webhook is None
        return BOT if mine and _is_of_a_lane(said) else ""

    def _by_our_webhook(self, said: Said) -> bool:
        if said.webhook is None:
            return False
        if said.webhook in self._webhooks.ids():
            return True
        ours = self._webhooks.known_application
        # Answers of commands come as if by a webhook with the application's own id.
        return ours is not None and said.application == ours != said.webhook


def _is_of_a_lane(said: Said) -> bool:
    if marker(said):
        return True
    if said.direct:
        return bool(_NAMED.match(said.content)) or said.content.startswith(_NOTICE)
    return said.content.startswith(_NOTICE)


def marker(said: Said) -> str:
    """The delivery id that a card or a pin of ours carries, else nothing."""
    for embed in said.embeds:
        found = marker_of(dict(embed))
        if _MARKER.fullmatch(found):
            return found
    return ""
