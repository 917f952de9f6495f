"""Decides who is in a conversation and how, and what a brand makes of a thread.

Whatever only one side is told (a request taken or not, mute, who of a brand answers)
is an event for that account alone.
"""

from datetime import datetime
from typing import assert_never

from core.audience import shown_to
from core.events import (
    CardFilled,
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
)
from core.intents import (
    Accept,
    AddPeople,
    Assign,
    ClosePlace,
    FillCard,
    Handle,
    Ignore,
    InThread,
    Leave,
    Mute,
    OpenPlace,
    RemoteMessage,
    RemovePeople,
    Report,
    SetStatus,
)
from core.lines import Found, Line, Lines, places
from core.model import (
    MOST_PEOPLE,
    BindingKind,
    Head,
    Member,
    Refusal,
    Request,
    State,
    Status,
    Thread,
    Written,
)
from core.rights import Act
from core.rules import (
    BAD_TIME,
    BANNED,
    BRAND_DM,
    GROUP_FULL,
    NO_MESSAGE,
    NOT_A_MEMBER,
    NOT_AN_AGENT,
    NOT_CONNECTED,
    NOT_CREATOR,
    brand_among,
    cannot_message,
    for_brand,
    is_asked,
    named,
    right,
    sides,
    strangers,
)


def in_thread(state: State, head: Head, thread: Thread, what: InThread, now: datetime) -> Found:
    """The lines of everything that is neither words nor about a message."""
    if isinstance(what, FillCard):
        found: Lines = (_filled(state, head, thread, what),)
    else:
        mine, others = sides(head, state.actor.id)
        if mine is None:
            # What somebody saw they can report when they have left, too.
            was = any(member.account == state.actor.id for member in head.members)
            found = _report(state, head, what) if was and isinstance(what, Report) else NOT_A_MEMBER
        else:
            found = _of_member(state, head, thread, what, mine, others, now)
    return found if isinstance(found, Refusal) else (head.id, thread.id, found)


def _of_member(
    state: State,
    head: Head,
    thread: Thread,
    what: "_Company | _Keeping",
    mine: Member,
    others: list[Member],
    now: datetime,
) -> Lines:
    if isinstance(what, _Company):
        return _in_company(state, head, what, mine, others)
    if isinstance(what, Assign):
        return _assign(state, thread, what)
    if isinstance(what, SetStatus):
        return _set_status(state, thread, what, now)
    if isinstance(what, OpenPlace):
        return _open(state)
    if isinstance(what, ClosePlace):
        return _close(state)
    assert_never(what)


def _in_company(
    state: State, head: Head, what: "_Company", mine: Member, others: list[Member]
) -> Lines:
    if isinstance(what, AddPeople):
        return _add(state, what, mine, others)
    if isinstance(what, RemovePeople):
        return _remove(state, what, head, others)
    if isinstance(what, Leave):
        return right(state, Act.BLOCK) or (Line(PersonLeft()),)
    if isinstance(what, Accept):
        return _accept(state, mine)
    if isinstance(what, Ignore):
        return _ignore(state, mine)
    if isinstance(what, Mute):
        return _mute(state, mine, what)
    if isinstance(what, Report):
        return _report(state, head, what)
    assert_never(what)


_Company = AddPeople | RemovePeople | Leave | Accept | Ignore | Mute | Report
_Keeping = Assign | SetStatus | OpenPlace | ClosePlace

# --- who is in ----------------------------------------------------------------------------


def _add(state: State, what: AddPeople, mine: Member, others: list[Member]) -> Lines:
    refusal = BANNED if state.actor.banned else right(state, Act.REPLY)
    present = [mine.account, *(other.account for other in others)]
    others_named = [one for one in state.people if one.id not in present]
    refusal = refusal or named(state, what.people, others_named)
    if refusal:
        return refusal
    new = tuple(dict.fromkeys(account.id for account in others_named))
    if new and brand_among(state, [*present, *new]):
        return BRAND_DM
    if len(present) + len(new) > MOST_PEOPLE:
        return GROUP_FULL
    if not new:
        return ()
    added = Line(PeopleAdded(new, asked=strangers(state, new)))
    return (*_taken(mine), added, *places(state))


def _remove(state: State, what: RemovePeople, head: Head, others: list[Member]) -> Lines:
    """A typed name that was never a member's is answered like one that is nobody's."""
    refusal = right(state, Act.BLOCK)
    if refusal or head.creator != state.actor.id:
        return refusal or NOT_CREATOR
    been = {member.account for member in head.members}
    names = {account.handle.lower() for account in state.people if account.id in been}
    for ref in what.people:
        if isinstance(ref, Handle) and ref.name.lower() not in names:
            return cannot_message(f"@{ref.name}")
    there = {other.account for other in others}
    gone = dict.fromkeys(account.id for account in state.people if account.id in there)
    return tuple(Line(PersonRemoved(one)) for one in gone)


def _taken(mine: Member) -> tuple[Line, ...]:
    return (Line(RequestAccepted(), mine.account),) if is_asked(mine) else ()


def _accept(state: State, mine: Member) -> Lines:
    refusal = BANNED if state.actor.banned else right(state, Act.ACCEPT)
    return refusal or _taken(mine)


def _ignore(state: State, mine: Member) -> Lines:
    refusal = right(state, Act.ACCEPT)
    if refusal:
        return refusal
    pending = mine.request is Request.PENDING
    return (Line(RequestIgnored(), mine.account),) if pending else ()


def _mute(state: State, mine: Member, what: Mute) -> Lines:
    refusal = right(state, Act.STATUS)
    if refusal:
        return refusal
    return () if mine.muted is what.on else (Line(Muted(what.on), mine.account),)


def _report(state: State, head: Head, what: Report) -> Lines:
    """A report is no part of the history: the store keeps it beside.

    An id that is nobody's is answered as one of a message that they may not see.
    """
    message = state.message
    if message is None and what.message is not None and not isinstance(what.message, RemoteMessage):
        return NO_MESSAGE
    if message is not None and not _has_seen(state, head, message):
        return NO_MESSAGE
    return right(state, Act.REPORT) or ()


def _has_seen(state: State, head: Head, message: Written) -> bool:
    """Whether it is shown where they are; on private surfaces what was said while they were in."""
    me, shared = state.actor.id, _is_shared(state)
    return (shared or head.saw(me, message.seq)) and shown_to(message, me, shared=shared)


# --- inside a brand -----------------------------------------------------------------------


def _assign(state: State, thread: Thread, what: Assign) -> Lines:
    refusal = for_brand(state, Act.ASSIGN)
    if refusal:
        return refusal
    to = None
    if what.to is not None:
        # The same where there is nobody of that name: it would tell who has an account.
        if not state.people or state.people[0].id not in state.standing.agents:
            return NOT_AN_AGENT
        to = state.people[0].id
    return () if to == thread.assignee else (Line(ThreadAssigned(to), state.actor.id),)


def _set_status(state: State, thread: Thread, what: SetStatus, now: datetime) -> Lines:
    refusal = for_brand(state, Act.STATUS)
    if refusal:
        return refusal
    snoozed = what.status is Status.SNOOZED
    if snoozed and (what.until is None or what.until <= now):
        return BAD_TIME
    until = what.until if snoozed else None
    if (what.status, until) == (thread.status, thread.until):
        return ()
    return (Line(StatusChanged(what.status, until), state.actor.id),)


# --- places and pins ----------------------------------------------------------------------


def _open(state: State) -> Lines:
    """The one whose channel it is says so; in a place of one's own nobody else reads."""
    refusal = BANNED if state.actor.banned else right(state, Act.CONNECT)
    if refusal:
        return refusal
    if state.via is None or state.via.account != state.actor.id or state.via.paused:
        return NOT_CONNECTED
    return (Line(PlaceOpened(state.via.id, state.via.label)),) if _is_shared(state) else ()


def _close(state: State) -> Lines:
    refusal = right(state, Act.CONNECT)
    if refusal:
        return refusal
    if state.via is None or not _is_shared(state):
        return NOT_CONNECTED
    return (Line(PlaceClosed(state.via.id, state.via.label)),)


def _is_shared(state: State) -> bool:
    return state.via is not None and state.via.kind is BindingKind.PROJECT


def _filled(state: State, head: Head, thread: Thread, what: FillCard) -> Line:
    """Inside the brand, where it is not known that anybody else has the pin before them."""
    filled = Line(CardFilled(what.pin))
    if what.pin == thread.pin:
        return filled
    if state.message is not None:
        return filled._replace(only=state.message.only, hidden=state.message.hidden)
    brand = next((one for one in head.present() if brand_among(state, (one,))), None)
    return filled._replace(only=brand)
