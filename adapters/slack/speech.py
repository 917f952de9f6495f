"""What people say, and do to what was said: into the history, before Slack is answered.

What they are told, a refusal or a question, follows beside and to them alone; what they
do about it then is in `retrying`.
"""

import asyncio

from adapters.slack import answers, cards, changes, inbound, marks, reactions
from adapters.slack.api import Api
from adapters.slack.changes import Deleted, Edited, Reacted
from adapters.slack.directory import Directory
from adapters.slack.gestures import Host, Reply, refused
from adapters.slack.inbound import Words
from adapters.slack.reading import Reading, only_words
from core.asking import Answer, Caller
from core.ids import PinId, RemoteId, SpaceId, ThreadId
from core.intents import InSpace, Intent, Person
from core.model import Identity, Profile, Refusal
from core.notes import SIGN
from core.ports.desk import Desk
from core.ports.outcomes import Accepted, Ask, Waiting

_TOLD = 1_000
_TO_TELL = (Refusal, Ask, Waiting)
"""Outcomes that somebody must hear of."""
_PATIENCE = 1.0
"""Seconds for a short link: Slack wants its answer within three."""

NO_THREADS = Refusal(
    "unknown_thread", "You have no thread to answer yet. Send a pin first: `/pin help`."
)


class Speech:
    def __init__(self, host: Host, desk: Desk, api: Api, directory: Directory) -> None:
        self._host = host
        self._desk = desk
        self._api = api
        self._directory = directory
        self._reading = Reading(desk, directory, lambda: host.ours)
        self._told: dict[str, None] = {}

    async def said(self, words: Words) -> None:
        """Commits somebody's words; a refusal or question follows beside, to them alone."""
        intent = await self.post(words)
        outcome = await self._desk.submit(intent)
        if isinstance(outcome, _TO_TELL) and self._first(intent.key):
            self._host.spawn(self._tell(words, outcome))
        elif isinstance(outcome, Accepted) and outcome.newcomer:
            self._host.spawn(self._welcome(words))
        elif isinstance(outcome, Accepted) and outcome.note:
            self._host.spawn(self._mark(words))

    async def edited(self, found: Edited) -> None:
        """Commits an edit; its author alone hears of a refusal."""
        intent = await self.edit(found)
        outcome = await self._desk.submit(intent)
        if isinstance(outcome, Refusal) and self._first(intent.key):
            self._host.spawn(self._tell_edit(found, outcome))

    async def found(
        self, found: Words | Edited, key: str, outcome: Refusal | Ask | Waiting
    ) -> None:
        """A sweep has submitted it: what its author needs to know, unless they were told."""
        if not self._first(key):
            return
        if isinstance(found, Words):
            await self._tell(found, outcome)
        elif isinstance(outcome, Refusal):
            await self._tell_edit(found, outcome)

    async def edit(self, found: Edited) -> Intent:
        person = await self._person(found.identity, inbound.signed(found.message))
        text, rich = await self._reading.said(found.message, found.channel)
        files = tuple(file.id for file in inbound.files_of(found.message))
        return changes.edit(found, person, text, rich, files)

    async def deleted(self, found: Deleted) -> None:
        """Commits a delete. Slack does not say whose it was, so nobody is told of a refusal."""
        await self._desk.submit(found.intent)

    async def reacted(self, found: Reacted) -> None:
        """Commits a reaction. A refusal is told once to a person, and not for each emoji."""
        outcome = await self._desk.submit(await self.reaction(found))
        once = f"{found.remote} {found.identity.user} reaction"
        if isinstance(outcome, Refusal) and found.on and self._first(once):
            self._host.spawn(self._show(found.channel, found.identity.user, None, outcome))

    async def reaction(self, found: Reacted) -> Intent:
        person = await self._person(found.identity, None)
        return changes.reaction(found, person, await self.emoji(found.name))

    async def emoji(self, name: str) -> str:
        """What Slack's name of an emoji is inside the program."""
        custom = {} if reactions.is_standard(name) else await self._directory.emoji()
        return reactions.inside(name, custom.get)

    async def post(self, words: Words, picked: ThreadId | None = None) -> Intent:
        person = await self._person(Identity("slack", words.workspace, words.user), words.profile)
        rich, pin = None, None
        text = only_words(words.event)
        if text is None:
            text, rich = await self._reading.said(words.event, words.channel)
            pin = await self._lone_pin(text)
        return inbound.intent(words, person, text, rich=rich, pin=pin, picked=picked)

    async def _person(self, identity: Identity, signed: Profile | None) -> Person:
        """Another app says how it is called; of people Slack is asked."""
        if signed is not None:
            return Person(identity, signed, machine=True)
        ours = self._host.ours
        return await self._directory.person(identity, ours.team if ours else "")

    async def _lone_pin(self, text: str) -> PinId | None:
        """The pin that a message is; one that cannot be had in time stays an address."""
        address = inbound.lone_address(text)
        if address is None:
            return None
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await self._desk.pin_id(address)
        except TimeoutError:
            return None
        return None if isinstance(found, Refusal) else found

    def _first(self, key: str) -> bool:
        """Slack repeats an event it got no answer to; nobody is told twice."""
        if key in self._told:
            return False
        if len(self._told) >= _TOLD:
            del self._told[next(iter(self._told))]
        self._told[key] = None
        return True

    async def _tell(self, words: Words, outcome: Refusal | Ask | Waiting) -> None:
        name = marks.remote(words.channel, words.ts)
        if isinstance(outcome, Waiting):
            held = await self._held(words, outcome)
            await self._whisper(words.channel, words.user, words.thread, held)
            return
        asked = question(outcome, name) if isinstance(outcome, Ask) else None
        if asked is not None:
            await self._whisper(words.channel, words.user, words.thread, asked)
            return
        refusal = NO_THREADS if isinstance(outcome, Ask) else outcome
        retry = f"post {name} {words.thread or ''}"
        await self._show(words.channel, words.user, words.thread, refusal, retry)

    async def _held(self, words: Words, outcome: Waiting) -> Reply:
        """When the words go, as whom, and the button that takes them back."""
        answer = await self._desk.office.waiting(
            await self._caller(words), outcome.timer, outcome.until, outcome.reason
        )
        return self._as_reply(answer)

    async def _mark(self, words: Words) -> None:
        """Under words that went no further than the brand; quietly, and tried once."""
        at = {"channel": words.channel, "timestamp": words.ts}
        await self._api.write("reactions.add", {**at, "name": reactions.outside(SIGN)})

    async def _welcome(self, words: Words) -> None:
        """Who sees what somebody new has said."""
        answer = await self._desk.office.welcome(await self._caller(words))
        if answer is not None:
            await self._whisper(words.channel, words.user, words.thread, self._as_reply(answer))

    async def _caller(self, words: Words) -> Caller:
        place = marks.place_of(words.team, words.channel, words.user)
        name = marks.remote(words.channel, words.ts)
        space = SpaceId(marks.remote(words.channel, words.thread or words.ts))
        person = await self._person(Identity("slack", words.workspace, words.user), words.profile)
        return Caller(person, place, InSpace("slack", space), name, f"slack:{name}:post")

    def _as_reply(self, answer: Answer) -> Reply:
        blocks = answers.message(answer, self._host.look, self._host.link)
        return Reply(answer.said or answers.said(answer), blocks)

    async def _tell_edit(self, found: Edited, refusal: Refusal) -> None:
        retry = f"edit {found.remote} {found.thread or ''}"
        await self._show(found.channel, found.identity.user, found.thread, refusal, retry)

    async def _show(
        self, channel: str, user: str, thread: str | None, refusal: Refusal, retry: str = ""
    ) -> None:
        await self._whisper(channel, user, thread, refused(refusal, retry))

    async def _whisper(self, channel: str, user: str, thread: str | None, reply: Reply) -> None:
        """Shows something to one person. An app would not see it."""
        if user.startswith("B"):
            return
        arguments = {"channel": channel, "user": user, **reply.body()}
        del arguments["response_type"]
        if thread:
            arguments["thread_ts"] = thread
        await self._api.write("chat.postEphemeral", arguments)


def question(asked: Ask, message: RemoteId) -> Reply | None:
    """Which thread the words of that message are for; nothing where there is none to choose."""
    if not asked.threads:
        return None
    return Reply("Which thread is this for?", cards.picker(asked.threads, message))
