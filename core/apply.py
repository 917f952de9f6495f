"""Turns events into the next state. Replaying a history from nothing gives its state."""

from dataclasses import replace
from typing import Any, assert_never

from core.events import (
    AboutMessage,
    CardFilled,
    ConversationStarted,
    Event,
    MessagePosted,
    Muted,
    PeopleAdded,
    PersonLeft,
    PersonRemoved,
    PlaceClosed,
    PlaceOpened,
    RequestAccepted,
    RequestIgnored,
    StatusChanged,
    ThreadAssigned,
    ThreadOpened,
)
from core.ids import AccountId
from core.model import Head, Member, Request, State, Thread


def apply(state: State, event: Event) -> State:
    """`state` after `event`. An event that does not follow the head is a broken invariant."""
    head = _head(state.head, event)
    if event.seq != (state.head.seq if state.head else 0) + 1:
        raise ValueError(f"event {event.seq} does not follow the history of {event.conversation}")
    # By hand: `replace` looks each field up by its name, at half of what a decision costs.
    return State(
        state.actor,
        Head(head.id, head.creator, head.members, event.seq),
        _thread(state.thread, event),
        state.people,
        state.missing,
        state.via,
        state.message,
        state.standing,
        state.spoken,
        state.places,
        state.forwarded,
    )


def _thread(thread: Thread | None, event: Event) -> Thread | None:
    what = event.what
    if isinstance(what, ThreadOpened):
        return Thread(event.thread, event.conversation, what.pin, event.seq)
    if thread is None or thread.id != event.thread:
        return thread
    if isinstance(what, ThreadAssigned):
        return replace(thread, tail=event.seq, assignee=what.to)
    if isinstance(what, StatusChanged):
        return replace(thread, tail=event.seq, status=what.status, until=what.until)
    return Thread(
        thread.id,
        thread.conversation,
        thread.pin,
        event.seq,
        thread.assignee,
        thread.status,
        thread.until,
    )


def _head(head: Head | None, event: Event) -> Head:
    what = event.what
    if isinstance(what, ConversationStarted):
        members = _stays(what.people, what.asked, event.seq)
        return Head(event.conversation, event.actor, members, 0)
    if head is None:
        raise ValueError(f"the history of {event.conversation} does not begin with its start")
    if isinstance(what, PeopleAdded):
        return replace(head, members=head.members + _stays(what.people, what.asked, event.seq))
    if isinstance(what, PersonLeft):
        return _with(head, event.actor, until=event.seq)
    if isinstance(what, PersonRemoved):
        return _with(head, what.account, until=event.seq, removed=True)
    if isinstance(what, RequestAccepted):
        return _with(head, event.actor, request=Request.ACCEPTED)
    if isinstance(what, RequestIgnored):
        return _with(head, event.actor, request=Request.IGNORED)
    if isinstance(what, Muted):
        return _with(head, event.actor, muted=what.on)
    if isinstance(
        what,
        ThreadOpened
        | MessagePosted
        | CardFilled
        | AboutMessage
        | ThreadAssigned
        | StatusChanged
        | PlaceOpened
        | PlaceClosed,
    ):
        return head
    assert_never(what)


def _stays(
    people: tuple[AccountId, ...], asked: tuple[AccountId, ...], since: int
) -> tuple[Member, ...]:
    return tuple(
        Member(one, since, request=Request.PENDING if one in asked else Request.NONE)
        for one in people
    )


def _with(head: Head, account: AccountId, **changes: Any) -> Head:
    """The head with that account's present stay changed."""
    members = tuple(
        replace(m, **changes) if m.account == account and m.until is None else m
        for m in head.members
    )
    return replace(head, members=members)
