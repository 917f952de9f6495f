"""Turns a state and an intent into events, or into a refusal, or into a wait.

Pure: the same state, intent and time give the same events. An accepted intent
that has nothing to change gives no events. Words are decided in `core.decide_words`,
what is done to messages in `core.decide_messages`, the rest in `core.decide_people`.
"""

from datetime import datetime

from core.decide_messages import on_message
from core.decide_people import in_thread
from core.decide_words import post, start
from core.events import Event
from core.intents import EditMessage, Intent, OnMessage, PostMessage, StartThread
from core.lines import Found
from core.lines import Wait as Wait  # noqa: PLC0414 - part of a decision
from core.model import Identity, Refusal, State
from core.rules import NO_MESSAGE as NO_MESSAGE  # noqa: PLC0414 - where others look for them
from core.rules import NO_THREAD as NO_THREAD  # noqa: PLC0414
from core.rules import PIN_REQUIRED as PIN_REQUIRED  # noqa: PLC0414

Decision = tuple[Event, ...] | Refusal | Wait


def decide(state: State, intent: Intent, now: datetime, agent: Identity | None = None) -> Decision:
    """The events that `intent` makes of `state`, numbered on from its head."""
    what, at = intent.what, now
    found: Found
    if isinstance(what, StartThread):
        found = start(state, what, intent.key)
    elif state.head is None or state.thread is None:
        return NO_THREAD
    elif isinstance(what, PostMessage):
        found = post(state, state.head, state.thread, what, intent.key, intent.at)
    elif isinstance(what, OnMessage):
        found = on_message(state, state.head, state.thread, intent, what, agent)
        if isinstance(what, EditMessage):
            # An edit counts from when it was done: an older one may still be on its way.
            at = min(intent.at or now, now)
    else:
        found = in_thread(state, state.head, state.thread, what, now)
    if isinstance(found, Refusal | Wait):
        return found
    conversation, thread, lines = found
    seq, me = state.head.seq if state.head else 0, state.actor.id
    return tuple(
        [
            Event(
                conversation,
                seq + n,
                thread,
                at,
                actor or me,
                happening,
                agent if actor is None or actor == me else None,
                only,
                hidden,
            )
            for n, (happening, only, hidden, actor) in enumerate(lines, 1)
        ]
    )
