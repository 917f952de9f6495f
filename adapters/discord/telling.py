"""Answers to people about what they said: refusals, and which thread they mean.

Refusals reach the person alone (docs/decisions/0003-discord-refusals.md).
"""

import asyncio
import logging
from collections import OrderedDict
from typing import Any

from adapters.discord import answers
from adapters.discord.callers import who_said
from adapters.discord.cards import thread_menu
from adapters.discord.commands import as_registered
from adapters.discord.errors import Problem
from adapters.discord.inbound import Said, place_of
from adapters.discord.outbound import NOBODY, nonce
from adapters.discord.quiet import Quiet
from adapters.discord.speaking import Speaker
from adapters.discord.webhooks import Posted
from adapters.discord.writing import Writer
from core.model import Refusal
from core.notes import SIGN
from core.ports.desk import Desk
from core.ports.outcomes import Accepted, Ask, Outcome, Waiting
from core.ports.reading import ThreadLine

log = logging.getLogger("pinthread.discord")

WARNING = "\N{WARNING SIGN}\N{VARIATION SELECTOR-16}"
_REMEMBERED = 1000
CHOOSE = "Which thread is this for? Choose one, or reply to one of its messages next time."


class Teller:
    def __init__(self, desk: Desk, writer: Writer, speaker: Speaker, quiet: Quiet) -> None:
        self._desk = desk
        self._writer = writer
        self._speaker = speaker
        self._quiet = quiet
        self._refused: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._found: OrderedDict[str, None] = OrderedDict()

    def why(self, message: str, asker: str) -> str | None:
        """Why a message was refused, for its author alone; None: it was not, as far as we know."""
        author, sentence = self._refused.get(message, ("", ""))
        return sentence if author == asker else None

    async def respond(self, said: Said, outcome: Outcome) -> None:
        """Tells the person what they need to know; nothing if all went well."""
        if isinstance(outcome, Refusal):
            await self.refuse(said, outcome, what="edit" if said.edited else "message")
        elif isinstance(outcome, Waiting):
            await self._quiet.held(said, outcome)
        elif isinstance(outcome, Ask) and outcome.threads:
            await self._ask(said, outcome.threads)
        elif isinstance(outcome, Accepted) and outcome.newcomer:
            await self._welcome(said)
        elif isinstance(outcome, Accepted) and outcome.note:
            self._quiet.sign(said, SIGN)

    async def _welcome(self, said: Said) -> None:
        """Who sees what somebody new has said, in a direct message; where those are closed the
        first command says it."""
        place = place_of(said)
        answer = None if place is None else await self._desk.office.welcome(who_said(said, place))
        direct = None if answer is None else await self._direct_with(said.author)
        if answer is not None and isinstance(direct, str):
            body = {
                **answers.message(answer, place, used=answers.QUIET),
                "nonce": nonce(f"welcome {said.author}"),
                "enforce_nonce": True,
            }
            await self._speaker.say(direct, body)

    async def told(self, said: Said, key: str, outcome: Outcome) -> None:
        """The same for words that a sweep has found, once each."""
        if key in self._found or said.message in self._refused:
            return
        self._found[key] = None
        if len(self._found) > _REMEMBERED:
            self._found.popitem(last=False)
        await self.respond(said, outcome)

    async def refuse(self, said: Said, refusal: Refusal, *, what: str) -> None:
        log.info("refused", extra={"remote": said.remote, "code": refusal.code})
        self._refused[said.message] = (said.author, refusal.sentence)
        # Each refusal is told, but a call that is repeated tells it once.
        told_as = f"refused {said.remote} {what} {said.edited or said.author}"
        if len(self._refused) > _REMEMBERED:
            self._refused.popitem(last=False)
        if said.direct:
            body = _answer(said, as_registered(refusal.sentence))
            await self._speaker.say(said.channel, {**body, "nonce": nonce(told_as)})
            return
        direct = await self._direct_with(said.author)
        told: Posted | Problem | None = None
        if isinstance(direct, str):
            link = f"https://discord.com/channels/{said.guild}/{said.channel}/{said.message}"
            text = f"Your {what} was not sent on: {link}\n{as_registered(refusal.sentence)}"
            body = {
                "content": text,
                "allowed_mentions": NOBODY,
                "nonce": nonce(told_as),
                "enforce_nonce": True,
            }
            told = await self._speaker.say(direct, body)
        # Closed most of the time; in whatever way it failed, nobody is to be left without a word.
        if isinstance(direct, Problem) or isinstance(told, Problem):
            self._quiet.sign(said, WARNING)

    async def _direct_with(self, user: str) -> str | Problem:
        """Their direct messages; Discord lets a bot open few in a row."""
        direct = await self._writer.direct_with(user)
        for pause in (1.0, 3.0):
            if not isinstance(direct, Problem) or 400 <= direct.status < 429:
                break
            await asyncio.sleep(direct.retry_after or pause)
            direct = await self._writer.direct_with(user)
        return direct

    async def _ask(self, said: Said, lines: tuple[ThreadLine, ...]) -> None:
        body = {
            **_answer(said, CHOOSE),
            "components": thread_menu(f"pick:{said.message}", lines),
            "nonce": nonce(f"pick {said.remote}"),
        }
        await self._speaker.say(said.channel, body)


def _answer(said: Said, text: str) -> dict[str, Any]:
    return {
        "content": text,
        "allowed_mentions": NOBODY,
        "message_reference": {"message_id": said.message, "fail_if_not_exists": False},
        "enforce_nonce": True,
    }
