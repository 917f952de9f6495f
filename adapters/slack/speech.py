"""What people say, and do to what was said: into the history, before Slack is answered.

What they are told, a refusal or a question, follows beside and to them alone. A
picker holds no words: when a thread is chosen they are read again from Slack.
"""

import asyncio

from adapters.slack import cards, changes, inbound, marks, reactions
from adapters.slack.api import Api
from adapters.slack.changes import Deleted, Edited, Reacted
from adapters.slack.directory import Directory
from adapters.slack.gestures import (
    Ack,
    Host,
    Payload,
    Reply,
    action_of,
    gesture_of,
    refused,
)
from adapters.slack.inbound import Words
from adapters.slack.marks import Nothing
from adapters.slack.reading import Reading, only_words
from adapters.slack.search import Search
from core.delivery import Failure
from core.ids import PinId, ThreadId
from core.intents import Intent
from core.model import Refusal
from core.ports import Ask, Desk

_TOLD = 1_000
_PATIENCE = 1.0
"""Seconds for a short link: Slack wants its answer within three."""

NO_THREADS = Refusal(
    "unknown_thread", "You have no thread to answer yet. Send a pin first: `/pin help`."
)


class Speech:
    def __init__(
        self, host: Host, desk: Desk, api: Api, directory: Directory, search: Search
    ) -> None:
        self._host = host
        self._desk = desk
        self._api = api
        self._directory = directory
        self._search = search
        self._reading = Reading(desk, directory, lambda: host.ours)
        self._told: dict[str, None] = {}

    async def said(self, words: Words) -> None:
        """Commits somebody's words; a refusal or question follows beside, to them alone."""
        intent = await self._intent(words)
        outcome = await self._desk.submit(intent)
        if isinstance(outcome, Refusal | Ask) and self._first(intent.key):
            self._host.spawn(self._tell(words, outcome))

    async def edited(self, found: Edited) -> None:
        """Commits an edit; its author alone hears of a refusal."""
        signed = inbound.signed(found.message)
        profile = signed or await self._directory.profile(found.identity.user)
        text, rich = await self._reading.said(found.message, found.channel)
        intent = changes.edit(found, profile, text, rich)
        outcome = await self._desk.submit(intent)
        if isinstance(outcome, Refusal) and self._first(intent.key):
            self._host.spawn(self._show(found.channel, found.identity.user, found.thread, outcome))

    async def deleted(self, found: Deleted) -> None:
        """Commits a delete. Slack does not say whose it was, so nobody is told of a refusal."""
        await self._desk.submit(found.intent)

    async def reacted(self, found: Reacted) -> None:
        """Commits a reaction. A refusal is told once to a person, and not for each emoji."""
        profile = await self._directory.profile(found.identity.user)
        standard = reactions.is_standard(found.name)
        custom = {} if standard else await self._directory.emoji()
        intent = changes.reaction(found, profile, reactions.inside(found.name, custom.get))
        outcome = await self._desk.submit(intent)
        once = f"{found.remote} {found.identity.user} reaction"
        if isinstance(outcome, Refusal) and found.on and self._first(once):
            self._host.spawn(self._show(found.channel, found.identity.user, None, outcome))

    async def _intent(self, words: Words, picked: ThreadId | None = None) -> Intent:
        profile = words.profile or await self._directory.profile(words.user)
        rich, pin = None, None
        text = only_words(words.event)
        if text is None:
            text, rich = await self._reading.said(words.event, words.channel)
            pin = await self._lone_pin(text)
        return inbound.intent(words, profile, text, rich=rich, pin=pin, picked=picked)

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

    async def _tell(self, words: Words, outcome: Refusal | Ask) -> None:
        if isinstance(outcome, Ask) and outcome.threads:
            key = f"{words.channel}:{words.ts}"
            reply = Reply("Which thread is this for?", cards.picker(outcome.threads, key))
            await self._whisper(words.channel, words.user, words.thread, reply)
            return
        refusal = NO_THREADS if isinstance(outcome, Ask) else outcome
        await self._show(words.channel, words.user, words.thread, refusal)

    async def _show(self, channel: str, user: str, thread: str | None, refusal: Refusal) -> None:
        await self._whisper(channel, user, thread, refused(refusal))

    async def _whisper(self, channel: str, user: str, thread: str | None, reply: Reply) -> None:
        """Shows something to one person. An app would not see it."""
        if user.startswith("B"):
            return
        arguments = {"channel": channel, "user": user, **reply.body()}
        del arguments["response_type"]
        if thread:
            arguments["thread_ts"] = thread
        await self._api.write("chat.postEphemeral", arguments)

    async def on_pick(self, ack: Ack, body: Payload) -> None:
        """The thread was chosen: the words are read again from Slack, which kept them."""
        await ack()
        action = action_of(body)
        thread = (action.get("selected_option") or {}).get("value")
        _, _, key = str(action.get("block_id", "")).partition(":")
        channel, ts = marks.parse_remote(key)
        if thread and channel and ts:
            self._host.spawn(self._picked(body, channel, ts, ThreadId(str(thread))))

    async def _picked(self, body: Payload, channel: str, ts: str, thread: ThreadId) -> None:
        ours = self._host.ours
        if ours is None:
            return
        gesture = gesture_of(body, ours.team)
        message = await self._search.message(channel, ts, None, ours)
        words: Words | Nothing | Failure = Nothing("gone")
        if isinstance(message, Failure):
            words = message
        elif message is not None:
            words = inbound.words_of({**message, "channel": channel, "channel_type": "im"}, ours)
        if not isinstance(words, Words) or words.user != gesture.user:
            sentence = "Those words cannot be read any more. Write them once more in the thread."
            later = refused(Refusal("unknown_message", sentence)).later()
            await self._api.respond(gesture.answer, later)
            return
        outcome = await self._desk.submit(await self._intent(words, thread))
        if isinstance(outcome, Refusal):
            await self._api.respond(gesture.answer, refused(outcome).later())
        else:
            await self._api.respond(gesture.answer, {"delete_original": True})
