"""Who asks and what they name: from Slack's ids to the office's `Caller` and `Command`.

Mentions become people, tokens become words, and a guest or somebody of another workspace
is marked as one, so that they never act for a brand.
"""

import asyncio
from dataclasses import replace

from adapters.slack.directory import Directory
from adapters.slack.gestures import Gesture, Host
from adapters.slack.marks import remote
from adapters.slack.reading import Reading
from core.asking import Caller, Command, Mentioned
from core.grammar import thread_link
from core.ids import SpaceId
from core.intents import Handle, InSpace, Person, PersonRef
from core.model import Identity

_US = Handle("pinthread")
"""Nobody: our own bot was named."""


class Callers:
    def __init__(self, host: Host, directory: Directory, reading: Reading) -> None:
        self._host = host
        self._directory = directory
        self._reading = reading

    async def caller(self, gesture: Gesture) -> Caller:
        thread = InSpace("slack", gesture.thread) if gesture.thread else None
        person = await self.person(gesture.user, gesture.team)
        return Caller(
            person, gesture.place, thread, gesture.message, gesture.key, gesture.remembered
        )

    async def person(self, user: str, team: str = "") -> Person:
        ours = self._host.ours
        here = ours.team if ours else ""
        return await self._directory.person(Identity("slack", team or here, user), here)

    async def asked(self, gesture: Gesture, command: Command) -> tuple[Caller, Command]:
        """Who asks for what: people in the place of mentions, words in that of tokens.

        A link to a message of Slack's is the thread that it was done in.
        """
        linked = thread_link(command.thread)
        if linked is not None:
            gesture = replace(gesture, thread=SpaceId(remote(*linked)), message=None)
            command = replace(command, thread="")
        caller, people = await asyncio.gather(
            self.caller(gesture), asyncio.gather(*(self._meant(one) for one in command.people))
        )
        command = replace(command, people=tuple(people))
        if command.text:
            text, rich = await self._reading.said({"text": command.text}, "")
            command = replace(command, text=text, rich=rich)
        return caller, command

    async def _meant(self, one: PersonRef | Mentioned) -> PersonRef:
        if not isinstance(one, Mentioned):
            return one
        ours = self._host.ours
        return _US if ours and one.user == ours.user else await self.person(one.user)
