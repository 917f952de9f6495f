"""Turns events into the next state. Replaying a history from nothing gives its state."""

from dataclasses import replace
from typing import assert_never

from core.events import (
    AboutMessage,
    CardFilled,
    ConversationStarted,
    Event,
    MessagePosted,
    PeopleAdded,
    PersonLeft,
    ThreadOpened,
)
from core.model import Head, Member, State, Thread


def apply(state: State, event: Event) -> State:
    """`state` after `event`. An event that does not follow the head is a broken invariant."""
    head = _head(state.head, event)
    if event.seq != (state.head.seq if state.head else 0) + 1:
        raise ValueError(f"event {event.seq} does not follow the history of {event.conversation}")
    head = replace(head, seq=event.seq)
    thread = state.thread
    if isinstance(event.what, ThreadOpened):
        thread = Thread(event.thread, event.conversation, event.what.pin, event.seq)
    elif thread and thread.id == event.thread:
        thread = replace(thread, tail=event.seq)
    return replace(state, head=head, thread=thread)


def _head(head: Head | None, event: Event) -> Head:
    what = event.what
    if isinstance(what, ConversationStarted):
        members = tuple(Member(account, event.seq) for account in what.people)
        return Head(event.conversation, event.actor, members, 0)
    if head is None:
        raise ValueError(f"the history of {event.conversation} does not begin with its start")
    if isinstance(what, PeopleAdded):
        new = tuple(Member(account, event.seq) for account in what.people)
        return replace(head, members=head.members + new)
    if isinstance(what, PersonLeft):
        members = tuple(
            replace(m, until=event.seq) if m.account == event.actor and m.until is None else m
            for m in head.members
        )
        return replace(head, members=members)
    if isinstance(what, ThreadOpened | MessagePosted | CardFilled | AboutMessage):
        return head
    assert_never(what)
