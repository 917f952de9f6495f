"""What happens later because of what happens now: timers as data.

`bridge.timers.timers` fires them. Kinds: `reply` (a held reply goes out), `snooze` (a thread wakes
up), `first` (nobody of the brand has answered yet), `auto` (the answer of a brand that is
closed), `ping` (what came in during quiet hours), `cards` (those of an inbox follow its mode),
`digest` (what came in and is nobody's), `answered` (stands while a thread gets no other
answer by itself).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from bridge.store.codec import from_intent, to_intent
from core.events import ConversationStarted, Event, MessagePosted, StatusChanged
from core.ids import AccountId, ThreadId, derive
from core.intents import Actor, EditMessage, Intent, Person, PostMessage, Speech
from core.model import AccountKind, BrandRules, Hours, Request, State, Status
from core.notes import is_marked
from core.ports.reading import Timer
from core.ports.rows import HeldIntent

REPLY, SNOOZE, FIRST, AUTO = "reply", "snooze", "first", "auto"
DIGEST, ANSWERED = "digest", "answered"
ANSWER_EVERY = timedelta(hours=12)
"""How long a thread has no second answer by itself, however often its brand closes."""
_WEEK = 8
"""Days after which every brand that ever opens has opened."""


class _Held(msgspec.Struct):
    intent: msgspec.Raw
    reason: str


def held_reply(
    intent: Intent, due: datetime | None, thread: ThreadId, brand: AccountId, reason: str
) -> Timer:
    """A reply that can be taken back; the same intent gives the same timer."""
    what = {"intent": msgspec.Raw(from_intent(intent).encode()), "reason": reason}
    name = derive("timer", intent.key)
    return Timer(name, REPLY, due, thread, brand, msgspec.json.encode(what).decode())


def intent_of(timer: Timer) -> Intent:
    """What a held reply says."""
    return to_intent(bytes(_held(timer).intent).decode())


def reason_of(timer: Timer) -> str:
    """Why it is held: `hold` or `mention`."""
    return _held(timer).reason


def newest_edit(intent: Intent, held: Sequence[HeldIntent]) -> HeldIntent | None:
    """What its author last made of a held reply where they typed it; `held` as they arrived."""
    newest: HeldIntent | None = None
    for one in held:
        if isinstance(one.intent.what, EditMessage) and _same(one.intent.actor, intent.actor):
            old = newest is not None and _at(one.intent) < _at(newest.intent)
            newest = newest if old else one
    return newest


def as_edited(intent: Intent, edit: EditMessage) -> Intent:
    """A held reply as its author has left it: nobody has got it yet, so a mark makes it a note."""
    post = intent.what
    assert isinstance(post, PostMessage)
    kept = [one for one in post.files if edit.files is None or one.id in edit.files]
    speech = Speech.NOTE if is_marked(edit.text) else post.speech
    what = replace(post, text=edit.text, rich=edit.rich, files=tuple(kept), speech=speech)
    return replace(intent, what=what)


def _same(one: Actor, other: Actor) -> bool:
    return isinstance(one, Person) and isinstance(other, Person) and one.identity == other.identity


def _at(intent: Intent) -> float:
    return intent.at.timestamp() if intent.at is not None else 0.0


def _held(timer: Timer) -> _Held:
    return msgspec.json.decode(timer.what, type=_Held)


# --- what follows -------------------------------------------------------------------------


def following(
    state: State, intent: Intent, events: Sequence[Event], now: datetime
) -> tuple[tuple[Timer, ...], tuple[str, ...]]:
    """Timers that the events bring, and those that they make needless."""
    rules = state.standing.brand
    if rules is None:
        return (), ()
    minded = rules.first_response > 0 or rules.hours is not None
    timers: list[Timer] = []
    dropped: list[str] = []
    for event in events:
        what = event.what
        if isinstance(what, StatusChanged):
            dropped.append(f"{SNOOZE}:{event.thread}")
            if what.status is Status.SNOOZED and event.only is not None:
                timers.append(_named(SNOOZE, event.thread, event.only, what.until))
        elif minded and isinstance(what, MessagePosted) and event.only is None:
            if event.actor in _brands(state):
                if not intent.key.startswith(f"{AUTO}:"):
                    dropped.append(f"{FIRST}:{event.thread}")
            else:
                timers += _asked(state, rules, events, event, now)
    return tuple(timers), tuple(dropped)


def _brands(state: State) -> tuple[AccountId, ...]:
    kinds = state.standing.kinds
    return tuple([one for one, kind in kinds.items() if kind is AccountKind.BRAND])


def _asked(
    state: State, rules: BrandRules, events: Sequence[Event], event: Event, now: datetime
) -> list[Timer]:
    """A follower has said something: whoever has to answer is reminded."""
    (brand, *_) = _brands(state)
    if brand in event.hidden:
        return []
    timers: list[Timer] = []
    hours = rules.hours
    if rules.first_response > 0:
        begins = now if hours is None else opening(hours, now)
        due = begins + timedelta(seconds=rules.first_response)
        timers.append(_named(FIRST, event.thread, brand, due))
    if (
        hours is not None
        and hours.answer
        and not is_open(hours, now)
        and _knows(state, events, brand)
    ):
        until = opening(hours, now)
        name = f"{AUTO}:{event.thread}:{int(until.timestamp())}"
        timers.append(Timer(name, AUTO, now, event.thread, brand))
    return timers


def _knows(state: State, events: Sequence[Event], brand: AccountId) -> bool:
    """Not of a request: an answer by itself would accept it."""
    head = state.head
    if head is None:
        begun = [e.what for e in events if isinstance(e.what, ConversationStarted)]
        return all(brand not in what.asked for what in begun)
    return all(
        member.request not in (Request.PENDING, Request.IGNORED)
        for member in head.members
        if member.account == brand and member.until is None
    )


def _named(kind: str, thread: ThreadId, brand: AccountId, due: datetime | None) -> Timer:
    return Timer(f"{kind}:{thread}", kind, due, thread, brand)


# --- business hours -----------------------------------------------------------------------


def is_open(hours: Hours, now: datetime) -> bool:
    local = now.astimezone(ZoneInfo(hours.zone))
    if hours.start < hours.end:
        return local.weekday() in hours.days and hours.start <= local.time() < hours.end
    # Over midnight: what begins on a day goes on into the next one.
    yesterday = (local.weekday() - 1) % 7
    late = local.weekday() in hours.days and local.time() >= hours.start
    return late or (yesterday in hours.days and local.time() < hours.end)


def opening(hours: Hours, now: datetime) -> datetime:
    """When they open next; now where they are open."""
    if is_open(hours, now):
        return now
    zone = ZoneInfo(hours.zone)
    local = now.astimezone(zone)
    for days in range(_WEEK):
        day = (local + timedelta(days=days)).date()
        begins = datetime.combine(day, hours.start, zone)
        if day.weekday() in hours.days and begins > local:
            return begins.astimezone(now.tzinfo)
    return now
