"""Events make states, and only in the order of their history."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.apply import apply
from core.events import (
    CardFilled,
    ConversationStarted,
    Event,
    Happening,
    MessageDeleted,
    MessagePosted,
    PeopleAdded,
    PersonLeft,
    ThreadOpened,
)
from core.ids import AccountId, ConversationId, MessageId, PinId, ThreadId
from core.model import Account, AccountKind, Member, State, Thread

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
TALK, FIRST, SECOND = ConversationId("talk"), ThreadId("t1"), ThreadId("t2")
MIA, NORA, OLA = AccountId("mia"), AccountId("nora"), AccountId("ola")
NOBODY = State(Account(MIA, AccountKind.PERSON, "mia", "Mia"))


def event(seq: int, what: Happening, thread: ThreadId = FIRST, actor: AccountId = MIA) -> Event:
    return Event(TALK, seq, thread, NOW, actor, what)


BEGINNING = (event(1, ConversationStarted((MIA, NORA))), event(2, ThreadOpened(PinId("1"))))


def replay(*events: Event) -> State:
    state = NOBODY
    for one in events:
        state = apply(state, one)
    return state


def test_a_start_and_a_thread_give_head_and_thread() -> None:
    state = replay(*BEGINNING)
    assert state.head
    assert state.head.creator == MIA
    assert state.head.present() == (MIA, NORA)
    assert state.head.seq == 2
    assert state.thread == Thread(FIRST, TALK, PinId("1"), 2)


def test_only_its_own_events_move_a_threads_tail() -> None:
    said = MessagePosted(MessageId("m"), "words")
    state = replay(
        *BEGINNING, event(3, said), event(4, said, SECOND), event(5, CardFilled(PinId("1")), SECOND)
    )
    assert state.thread
    assert state.thread.tail == 3
    assert state.head
    assert state.head.seq == 5


def test_what_happens_to_a_message_moves_its_threads_tail_alone() -> None:
    state = replay(*BEGINNING)
    after = replay(*BEGINNING, event(3, MessageDeleted(MessageId("m"))))
    assert after.head
    assert state.head
    assert (after.head.members, after.head.seq) == (state.head.members, 3)
    assert after.thread == Thread(FIRST, TALK, PinId("1"), 3)


def test_all_else_stays_as_it_was() -> None:
    """Each field is set to something that nothing else is, so that none can be forgotten."""
    begun = replay(*BEGINNING)
    for of, moved in (("state", {"head", "thread"}), ("head", {"seq"}), ("thread", {"tail"})):
        one: Any = begun if of == "state" else getattr(begun, of)
        for field in fields(one):
            if field.name in moved | {"id"}:
                continue
            mark: Any = (Member(NORA, 1),) if field.name == "members" else object()
            marked = replace(one, **{field.name: mark})
            before = marked if of == "state" else replace(begun, **{of: marked})
            after: Any = apply(before, event(3, MessagePosted(MessageId("m"), "words")))
            after = after if of == "state" else getattr(after, of)
            assert getattr(after, field.name) is mark, f"{of}.{field.name}"


def test_who_left_and_came_back_has_two_stays() -> None:
    state = replay(
        *BEGINNING,
        event(3, PeopleAdded((OLA,))),
        event(4, PersonLeft(), actor=OLA),
        event(5, PeopleAdded((OLA,))),
    )
    assert state.head
    assert state.head.members[2:] == (Member(OLA, 3, 4), Member(OLA, 5))
    assert state.head.present() == (MIA, NORA, OLA)


def test_leaving_ends_only_ones_own_stay() -> None:
    state = replay(*BEGINNING, event(3, PersonLeft(), actor=NORA))
    assert state.head
    assert state.head.present() == (MIA,)


def test_an_event_out_of_order_is_a_broken_invariant() -> None:
    with pytest.raises(ValueError, match="does not follow"):
        apply(replay(*BEGINNING), event(4, PersonLeft()))


def test_a_history_begins_with_its_start() -> None:
    with pytest.raises(ValueError, match="does not begin"):
        apply(NOBODY, event(1, ThreadOpened(PinId("1"))))
