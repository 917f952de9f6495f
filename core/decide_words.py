"""Decides what is said: a pin that starts a thread, and messages in one.

Whether words are a note is decided here and once: nothing afterwards changes it. Who
may say something to whom is in `core.rules`.
"""

from collections.abc import Sequence
from datetime import datetime

from core.audience import shown_to
from core.events import (
    ConversationStarted,
    FileAdded,
    MessagePosted,
    PeopleAdded,
    RequestAccepted,
    StatusChanged,
    ThreadOpened,
)
from core.files import FileRef
from core.ids import AccountId, ConversationId, MessageId, PinId, ThreadId, derive
from core.intents import PostMessage, Speech, StartThread
from core.lines import Found, Line, Wait, places
from core.model import (
    MOST_PEOPLE,
    AccountKind,
    BindingKind,
    Contacts,
    FollowBack,
    Head,
    Member,
    Mode,
    Refusal,
    State,
    Status,
    Thread,
)
from core.notes import calls_somebody, is_marked, unmarked
from core.rights import Act
from core.rules import (
    ALONE,
    BANNED,
    BRAND_DM,
    CONVERSATION_MOVED,
    EMPTY_MESSAGE,
    GROUP_FULL,
    MARKED,
    NOBODY,
    NOT_A_MEMBER,
    NOT_FOR_PEOPLE,
    NOT_INVITED,
    PIN_REQUIRED,
    REQUEST_PENDING,
    brand_among,
    check_text,
    contact,
    follows_you_not,
    hidden_from,
    is_asked,
    name_of,
    named,
    rate_limited,
    right,
    sides,
    strangers,
    takes,
    you_follow_not,
)
from core.text.content import Content

# --- a pin for some people ----------------------------------------------------------------


def start(state: State, what: StartThread, key: str) -> Found:
    """A thread with the named people: a new one, or the open one of that pin."""
    if what.pin is None:
        return PIN_REQUIRED
    people = tuple(dict.fromkeys((state.actor.id, *(account.id for account in state.people))))
    refusal = _may_start(state, what, people)
    if refusal:
        return refusal
    head, thread = state.head, state.thread
    bare = not what.text.strip() and not what.stored
    again = what.pin if bare and thread else None
    said = () if bare and not again else _said(what.text, again, key, what.rich, what.stored)
    if head and thread:
        return head.id, thread.id, _spoken(state, thread, *sides(head, state.actor.id), said)
    opened = Line(ThreadOpened(what.pin))
    new = ThreadId(derive("thread", key))
    if head:
        lines = (opened, *_spoken(state, None, *sides(head, state.actor.id), said))
        return head.id, new, lines
    asked, accepted = _asked(state, people)
    started = Line(ConversationStarted(people, asked))
    lines = (started, opened, *places(state), *said, *accepted)
    return ConversationId(derive("conversation", key)), new, lines


def _may_start(state: State, what: StartThread, people: tuple[AccountId, ...]) -> Refusal | None:
    standing = state.standing
    refusal = BANNED if state.actor.banned else right(state, Act.REPLY)
    if refusal:
        return refusal
    if state.head is not None:
        # Before the names: whoever waits for an answer sees just that, even if blocked since.
        refusal = contact(state, *sides(state.head, state.actor.id))
    elif people in standing.asked and _asked(state, people)[0]:
        refusal = REQUEST_PENDING
    refusal = refusal or named(state, what.people, state.people)
    if refusal:
        return refusal
    if len(people) < 2:
        return NOBODY
    if len(people) > 2 and brand_among(state, people):
        return BRAND_DM
    if len(people) > MOST_PEOPLE:
        return GROUP_FULL
    refusal = check_text(what.text)
    if state.actor.kind is AccountKind.BRAND and is_marked(what.text):
        refusal = MARKED
    if refusal is None and state.head is None:
        refusal = _may_meet(state, people)
    return refusal or (rate_limited(standing.wait) if standing.wait > 0 else None)


def _may_meet(state: State, people: tuple[AccountId, ...]) -> Refusal | None:
    """Whether the actor may begin to talk with them."""
    standing, me = state.standing, state.actor
    if not standing.invited and me.kind is AccountKind.PERSON:
        return NOT_INVITED
    if standing.contacts is Contacts.ANYONE or not brand_among(state, people):
        return None
    (other,) = (one for one in people if one != me.id)
    if (me.id, other) not in standing.follows:
        return you_follow_not(name_of(state, other))
    if me.kind is AccountKind.BRAND and (other, me.id) not in standing.follows:
        return follows_you_not(name_of(state, other))
    return None


def _asked(
    state: State, people: tuple[AccountId, ...]
) -> tuple[tuple[AccountId, ...], tuple[Line, ...]]:
    """Whom the first message reaches as a request; and what a brand takes by itself."""
    asked, brand = strangers(state, people), state.standing.brand
    if asked and brand is not None and brand.follow_back is FollowBack.AUTO:
        return (), tuple(_accepted(one) for one in asked)
    return asked, ()


# --- words in a thread --------------------------------------------------------------------


def post(
    state: State,
    head: Head,
    thread: Thread,
    what: PostMessage,
    key: str,
    at: datetime | None,
) -> Found:
    """A message or a note, or a reply that waits. `at` is when it was typed."""
    actor, standing = state.actor, state.standing
    if actor.banned:
        return BANNED
    speech = Speech.TYPED if actor.kind is AccountKind.PERSON else _speech(state, what, at)
    note = speech is Speech.NOTE
    mine, others = sides(head, actor.id)
    refusal = _may_forward(state) or _may_post(state, head, what, mine, others, note=note)
    if refusal:
        return refusal
    text, rich = unmarked(what.text, what.rich) if note else (what.text, what.rich)
    if not text.strip() and what.pin is None and not what.files and not what.stored:
        return EMPTY_MESSAGE
    refusal = check_text(text)
    if refusal is None and standing.wait > 0:
        refusal = rate_limited(standing.wait)
    if refusal:
        return refusal
    said = _said(text, what.pin, key, rich, what.stored, _quoted(state))
    if note:
        return head.id, thread.id, tuple([line._replace(only=actor.id) for line in said])
    if speech is Speech.TYPED and state.via is not None and state.via.kind is BindingKind.INBOX:
        wait = _held(state, what, others)
        if wait is not None:
            return wait
    if mine is None:
        said = (Line(PeopleAdded((actor.id,), state.via.id if state.via else None)), *said)
    return head.id, thread.id, _spoken(state, thread, mine, others, said)


def _speech(state: State, what: PostMessage, at: datetime | None) -> Speech:
    """What a brand's words are. An answer to a note is a note, and so is what forwards one.

    Words that come in after the mode was changed count as a note where they were typed before:
    whoever typed them may have relied on that.
    """
    if state.forwarded or (state.message is not None and state.message.only is not None):
        return Speech.NOTE
    via = state.via
    if what.speech is not Speech.TYPED or via is None or via.kind is not BindingKind.INBOX:
        return what.speech
    if via.mode is Mode.EXPLICIT or is_marked(what.text):
        return Speech.NOTE
    earlier = at is not None and via.mode_since is not None and at < via.mode_since
    return Speech.NOTE if earlier else Speech.TYPED


def _may_forward(state: State) -> Refusal | None:
    """Notes are forwarded inside their own brand alone."""
    outside = any(brand != state.actor.id for brand in state.forwarded)
    return NOT_FOR_PEOPLE if outside else None


def _may_post(
    state: State,
    head: Head,
    what: PostMessage,
    mine: Member | None,
    others: Sequence[Member],
    *,
    note: bool,
) -> Refusal | None:
    if state.actor.kind is AccountKind.BRAND:
        refusal = right(state, Act.NOTE if note else Act.REPLY)
        if refusal or (not note and is_marked(what.text)):
            return refusal or MARKED
    elif what.speech is Speech.NOTE:
        return NOT_FOR_PEOPLE
    if mine is None:
        refusal = _may_join(state, head, others)
        if refusal:
            return refusal
    elif note:
        return None
    elif not others:
        return ALONE
    refusal = contact(state, mine, others)
    if refusal is None and what.seen is not None and state.spoken > what.seen:
        return CONVERSATION_MOVED
    return refusal


def _may_join(state: State, head: Head, others: Sequence[Member]) -> Refusal | None:
    """Whoever speaks in a shared channel that a member bound joins by speaking."""
    via, me = state.via, state.actor.id
    if via is None or via.kind is not BindingKind.PROJECT or via.paused:
        return NOT_A_MEMBER
    if via.conversation not in (None, head.id):
        return NOT_A_MEMBER
    removed = any(member.account == me and member.removed for member in head.members)
    if removed or all(other.account != via.account for other in others):
        return NOT_A_MEMBER
    if not state.standing.invited:
        return NOT_INVITED
    if brand_among(state, [me, *(other.account for other in others)]):
        return BRAND_DM
    return GROUP_FULL if len(others) >= MOST_PEOPLE else None


def _held(state: State, what: PostMessage, others: Sequence[Member]) -> Wait | None:
    """A reply that was typed in a brand's inbox can be taken back for a while."""
    seconds = state.standing.brand.hold if state.standing.brand is not None else 0.0
    if seconds <= 0:
        return None
    members = tuple(other.account for other in others)
    if calls_somebody(what.text, what.rich, members):
        return Wait(None, "mention")
    return Wait(seconds, "hold")


def _quoted(state: State) -> MessageId | None:
    """The message that is answered, if the writer may see it."""
    message = state.message
    if message is None:
        return None
    shared = state.via is not None and state.via.kind is BindingKind.PROJECT
    return message.id if shown_to(message, state.actor.id, shared=shared) else None


# --- lines --------------------------------------------------------------------------------


def _said(
    text: str,
    pin: PinId | None,
    key: str,
    rich: Content | None,
    stored: tuple[FileRef, ...],
    answers: MessageId | None = None,
) -> tuple[Line, ...]:
    message = MessageId(derive("message", key))
    said = Line(MessagePosted(message, text.strip(), pin, rich, answers))
    if not stored:
        return (said,)
    return (said, *[Line(FileAdded(message, file)) for file in stored])


def _spoken(
    state: State,
    thread: Thread | None,
    mine: Member | None,
    others: Sequence[Member],
    said: tuple[Line, ...],
) -> tuple[Line, ...]:
    """What was said, and what it brings with it: a request taken, a thread opened again."""
    hidden = hidden_from(state, others)
    if hidden:
        said = tuple([line._replace(hidden=hidden) for line in said])
    if mine is not None and is_asked(mine):
        said = (_accepted(mine.account), *said)
    if len(others) == 1 and not hidden:
        other = others[0]
        if takes(state, other):
            said = (*said, _accepted(other.account))
        if (
            thread is not None
            and thread.status is not Status.OPEN
            and state.actor.kind is AccountKind.PERSON
            and brand_among(state, (other.account,))
        ):
            said = (*said, Line(StatusChanged(Status.OPEN), other.account))
    return said


def _accepted(account: AccountId) -> Line:
    return Line(RequestAccepted(), account, (), account)
