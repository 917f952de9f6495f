"""Turns a state and an intent into events, or into a refusal.

Pure: the same state, intent and time give the same events. An accepted intent
that has nothing to change gives no events.
"""

from datetime import datetime
from typing import assert_never

from core.content import Content
from core.events import (
    CardFilled,
    ConversationStarted,
    Event,
    FileAdded,
    FileFailed,
    FileRemoved,
    Happening,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    PeopleAdded,
    PersonLeft,
    ReactionAdded,
    ReactionRemoved,
    ThreadOpened,
)
from core.ids import AccountId, ConversationId, MessageId, PinId, ThreadId, derive
from core.intents import (
    AddFile,
    AddPeople,
    DeleteMessage,
    EditMessage,
    FillCard,
    Intent,
    Leave,
    OnMessage,
    PostMessage,
    React,
    StartThread,
)
from core.model import (
    MOST_CHARACTERS,
    MOST_EMOJI,
    MOST_PEOPLE,
    Binding,
    BindingKind,
    Head,
    Identity,
    Refusal,
    State,
    Thread,
    Written,
)

Decision = tuple[Event, ...] | Refusal

PIN_REQUIRED = Refusal("pin_required", "Start with a pin.")
EMPTY_MESSAGE = Refusal("empty_message", "There is nothing to send yet. Write a few words.")
GROUP_FULL = Refusal(
    "group_full",
    f"A conversation has at most {MOST_PEOPLE} people, and this one is full. "
    "Start another one with the same pin.",
)
NOBODY = Refusal("nobody_to_talk_to", "Name at least one other person, such as @northwind.")
NOT_A_MEMBER = Refusal(
    "not_a_member", "You are not in this conversation. Ask somebody who is to add you."
)
ALONE = Refusal(
    "alone", "Everyone else has left this conversation. Start a new one with the same pin."
)
NO_THREAD = Refusal(
    "unknown_thread", "There is no such thread among yours. `/pin inbox` lists them."
)

NO_MESSAGE = Refusal("unknown_message", "That message is not here any more.")
NOT_AUTHOR = Refusal("not_author", "Only the person who wrote a message can change it.")
TOO_MANY_EMOJI = Refusal(
    "too_many_reactions", f"A message takes at most {MOST_EMOJI} different emoji. Use one of them."
)


def decide(state: State, intent: Intent, now: datetime, agent: Identity | None = None) -> Decision:
    """The events that `intent` makes of `state`, numbered on from its head."""
    what = intent.what
    found: _Found
    if isinstance(what, StartThread):
        found = _start(state, what, intent.key)
    elif state.head is None or state.thread is None:
        return NO_THREAD
    elif isinstance(what, PostMessage):
        found = _post(state, state.head, state.thread, what, intent.key)
    elif isinstance(what, EditMessage | DeleteMessage | React | AddFile):
        found = _on_message(state, state.head, state.thread, intent, what)
    elif isinstance(what, AddPeople):
        found = _add(state, state.head, state.thread)
    elif isinstance(what, Leave):
        found = _leave(state, state.head, state.thread)
    elif isinstance(what, FillCard):
        found = (state.head.id, state.thread.id, (CardFilled(what.pin),))
    else:
        assert_never(what)
    if isinstance(found, Refusal):
        return found
    conversation, thread, happenings = found
    seq = state.head.seq if state.head else 0
    # An edit counts from when it was done: an older one may still be on its way.
    at = min(intent.at or now, now) if isinstance(what, EditMessage) else now
    return tuple(
        Event(conversation, seq + n, thread, at, state.actor.id, happening, agent)
        for n, happening in enumerate(happenings, 1)
    )


_Found = tuple[ConversationId, ThreadId, tuple[Happening, ...]] | Refusal


def cannot_message(name: str) -> Refusal:
    return Refusal(
        "cannot_message", f"There is no account {name} here. Check the name and send it again."
    )


def _start(state: State, what: StartThread, key: str) -> _Found:
    if what.pin is None:
        return PIN_REQUIRED
    if state.missing:
        return cannot_message(state.missing[0])
    people = _distinct((state.actor.id, *(account.id for account in state.people)))
    if len(people) < 2:
        return NOBODY
    if len(people) > MOST_PEOPLE:
        return GROUP_FULL
    refusal = _check_text(what.text)
    if refusal:
        return refusal
    bare = not what.text.strip() and not what.stored
    said = _message(what.text, what.pin if bare else None, key, what.rich)
    files = tuple(FileAdded(said.message, file) for file in what.stored)
    if state.head and state.thread:
        return state.head.id, state.thread.id, (said, *files)
    thread = ThreadId(derive("thread", key))
    opened: tuple[Happening, ...] = (ThreadOpened(what.pin),)
    if not bare:
        opened = (*opened, said, *files)
    if state.head:
        return state.head.id, thread, opened
    conversation = ConversationId(derive("conversation", key))
    return conversation, thread, (ConversationStarted(people), *opened)


def _post(state: State, head: Head, thread: Thread, what: PostMessage, key: str) -> _Found:
    joined: tuple[Happening, ...] = ()
    present = head.present()
    if state.actor.id not in present:
        if not _may_join(head, state.via):
            return NOT_A_MEMBER
        if len(present) >= MOST_PEOPLE:
            return GROUP_FULL
        joined = (PeopleAdded((state.actor.id,), state.via.id if state.via else None),)
    elif len(present) < 2:
        return ALONE
    if not what.text.strip() and what.pin is None and not what.files and not what.stored:
        return EMPTY_MESSAGE
    refusal = _check_text(what.text)
    if refusal:
        return refusal
    answers = state.message.id if state.message else None
    said = _message(what.text, what.pin, key, what.rich, answers)
    files = tuple(FileAdded(said.message, file) for file in what.stored)
    return head.id, thread.id, (*joined, said, *files)


def _may_join(head: Head, via: Binding | None) -> bool:
    """Whoever speaks in a shared channel that a member bound joins by speaking."""
    return via is not None and via.kind is BindingKind.PROJECT and via.account in head.present()


def _on_message(
    state: State, head: Head, thread: Thread, intent: Intent, what: OnMessage
) -> _Found:
    message = state.message
    if message is None:
        return NO_MESSAGE
    if isinstance(what, EditMessage):
        found = _edit(state.actor.id, message, what, intent.at)
    elif isinstance(what, DeleteMessage):
        found = _delete(state.actor.id, message)
    elif isinstance(what, React):
        found = _react(state.actor.id, head, message, what)
    elif isinstance(what, AddFile):
        found = _file(message, what)
    else:
        assert_never(what)
    return found if isinstance(found, Refusal) else (head.id, thread.id, found)


def _edit(
    actor: AccountId, message: Written, what: EditMessage, at: datetime | None
) -> tuple[Happening, ...] | Refusal:
    if actor != message.author:
        return NOT_AUTHOR
    text = what.text.strip()
    if not text and message.pin is None and not message.attached and not message.coming:
        return EMPTY_MESSAGE
    if message.deleted:
        return ()
    off = _taken_off(message, what.files)
    old = at is not None and message.edited_at is not None and at < message.edited_at
    if old or (text, what.rich) == (message.text, message.rich):
        return off
    refusal = _check_text(text)
    if refusal:
        return refusal
    return (*off, MessageEdited(message.id, message.revision + 1, text, what.rich))


def _taken_off(message: Written, kept: tuple[str, ...] | None) -> tuple[FileRemoved, ...]:
    """The files that hang on it no longer. A file never comes back, so no edit is too old."""
    if kept is None:
        return ()
    there = dict.fromkeys(message.coming, 0)
    there |= {one.remote: one.added for one in message.attached}
    return tuple(
        FileRemoved(message.id, remote, added)
        for remote, added in there.items()
        if remote and remote not in kept
    )


def _delete(actor: AccountId, message: Written) -> tuple[Happening, ...] | Refusal:
    if actor != message.author:
        return NOT_AUTHOR
    return () if message.deleted else (MessageDeleted(message.id),)


def _react(
    actor: AccountId, head: Head, message: Written, what: React
) -> tuple[Happening, ...] | Refusal:
    if actor not in head.present():
        return NOT_A_MEMBER
    if message.deleted or ((actor, what.emoji) in message.reactions) == what.on:
        return ()
    if not what.on:
        return (ReactionRemoved(message.id, what.emoji),)
    different = {emoji for _, emoji in message.reactions} | {what.emoji}
    if len(different) > MOST_EMOJI:
        return TOO_MANY_EMOJI
    return (ReactionAdded(message.id, what.emoji),)


def _file(message: Written, what: AddFile) -> tuple[Happening, ...]:
    if message.deleted or what.remote in message.removed:
        return ()
    if what.file is None:
        return (FileFailed(message.id, what.name, what.reason),)
    return (FileAdded(message.id, what.file, what.remote),)


def _add(state: State, head: Head, thread: Thread) -> _Found:
    present = head.present()
    if state.actor.id not in present:
        return NOT_A_MEMBER
    if state.missing:
        return cannot_message(state.missing[0])
    named = _distinct(tuple(account.id for account in state.people))
    new = tuple(account for account in named if account not in present)
    if len(present) + len(new) > MOST_PEOPLE:
        return GROUP_FULL
    return head.id, thread.id, (PeopleAdded(new),) if new else ()


def _leave(state: State, head: Head, thread: Thread) -> _Found:
    if state.actor.id not in head.present():
        return NOT_A_MEMBER
    return head.id, thread.id, (PersonLeft(),)


def _message(
    text: str,
    pin: PinId | None,
    key: str,
    rich: Content | None = None,
    answers: MessageId | None = None,
) -> MessagePosted:
    return MessagePosted(MessageId(derive("message", key)), text.strip(), pin, rich, answers)


def _check_text(text: str) -> Refusal | None:
    if len(text) <= MOST_CHARACTERS:
        return None
    return Refusal(
        "text_too_long",
        f"This message has {len(text):,} characters; {MOST_CHARACTERS:,} are the most. "
        "Send it in shorter pieces.",
    )


def _distinct(people: tuple[AccountId, ...]) -> tuple[AccountId, ...]:
    return tuple(dict.fromkeys(people))
