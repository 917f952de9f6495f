"""What people do about a refusal or a question: choose the thread, or try again.

Neither the picker nor the button holds words: they are read again from Slack, and go the
way of the event that brought them, under the same key. Only their author may do it.
"""

from slack_bolt.async_app import AsyncApp

from adapters.slack import cards, changes, inbound, marks
from adapters.slack.api import Api
from adapters.slack.changes import Edited
from adapters.slack.gestures import (
    Ack,
    Gesture,
    Host,
    Reply,
    action_of,
    gesture_of,
    refused,
)
from adapters.slack.inbound import Words
from adapters.slack.marks import Nothing, Ours, Payload
from adapters.slack.search import Search
from adapters.slack.speech import NO_THREADS, Speech, question
from core.delivery import Failure
from core.ids import RemoteId, SpaceId, ThreadId
from core.model import Refusal
from core.ports.desk import Desk
from core.ports.outcomes import Ask, Ignored, Outcome, Waiting
from core.rules import NOT_CONNECTED

_GONE = Refusal(
    "unknown_message",
    "Those words cannot be read any more. Write them once more in the thread.",
)
_NOT_READ = Refusal("not_read", "Slack does not give these words just now. Try again in a moment.")
_SENT = "Sent."


class Retrying:
    def __init__(self, host: Host, desk: Desk, api: Api, search: Search, speech: Speech) -> None:
        self._host = host
        self._desk = desk
        self._api = api
        self._search = search
        self._speech = speech

    def register(self, app: AsyncApp) -> None:
        app.action(cards.PICK)(self.on_pick)
        app.action(cards.RETRY)(self.on_retry)

    async def on_pick(self, ack: Ack, body: Payload) -> None:
        """The thread was chosen."""
        await ack()
        action = action_of(body)
        thread = (action.get("selected_option") or {}).get("value")
        _, _, name = str(action.get("block_id", "")).partition(":")
        ours = self._host.ours
        if thread and name and ours is not None:
            gesture = gesture_of(body, ours.team)
            self._host.spawn(self._picked(gesture, name, ThreadId(str(thread)), ours))

    async def _picked(self, gesture: Gesture, name: str, thread: ThreadId, ours: Ours) -> None:
        words = await self._read(gesture, "post", name, "", ours)
        if not isinstance(words, Words):
            await self._api.respond(gesture.answer, refused(_why(words)).later())
            return
        outcome = await self._desk.submit(await self._speech.post(words, thread))
        if isinstance(outcome, Refusal):
            await self._api.respond(gesture.answer, refused(outcome).later())
        else:
            await self._api.respond(gesture.answer, {"delete_original": True})

    async def on_retry(self, ack: Ack, body: Payload) -> None:
        """The same words once more: what refused them may have changed."""
        await ack()
        value = str(action_of(body).get("value") or "")
        ours = self._host.ours
        if value and ours is not None:
            self._host.spawn(self._retried(gesture_of(body, ours.team), value, ours))

    async def _retried(self, gesture: Gesture, value: str, ours: Ours) -> None:
        what, _, where = value.partition(" ")
        name, _, thread = where.partition(" ")
        found = await self._read(gesture, what, name, thread, ours)
        if isinstance(found, Words):
            outcome = await self._desk.submit(await self._speech.post(found))
            if isinstance(outcome, Waiting):
                await self._speech.found(found, f"again {name}", outcome)
        elif isinstance(found, Edited):
            outcome = await self._desk.submit(await self._speech.edit(found))
        else:
            outcome = _why(found)
        reply = _answer(outcome, name, value)
        await self._api.respond(gesture.answer, reply.instead())

    async def _read(
        self, gesture: Gesture, what: str, name: str, thread: str, ours: Ours
    ) -> Words | Edited | Nothing | Failure:
        """The words, if they still stand there and are theirs who asks."""
        channel, ts = marks.parse_remote(name)
        space = SpaceId(marks.remote(channel, thread)) if thread else None
        message = await self._search.message(channel, ts, space, ours)
        if isinstance(message, Failure):
            return message
        if message is None or message.get("subtype") == "tombstone":
            return Nothing("gone")
        found: Words | Edited | Nothing
        if what == "edit":
            found = changes.standing_edit(message, channel, ours)
            theirs = isinstance(found, Edited) and found.identity.user == gesture.user
        else:
            found = inbound.spoken({**message, "channel": channel}, ours)
            theirs = isinstance(found, Words) and found.user == gesture.user
        return found if theirs else Nothing("not_theirs")


def _why(found: Nothing | Failure | Words | Edited) -> Refusal:
    return _NOT_READ if isinstance(found, Failure) else _GONE


def _answer(outcome: Outcome, name: str, value: str) -> Reply:
    """What stands in the place of the refusal afterwards."""
    if isinstance(outcome, Ask):
        return question(outcome, RemoteId(name)) or refused(NO_THREADS, value)
    if isinstance(outcome, Ignored):
        return refused(NOT_CONNECTED, value)
    if isinstance(outcome, Refusal):
        return refused(outcome, value)
    return Reply(_SENT, [cards.context(_SENT)])
