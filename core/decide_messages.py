"""Decides what is done to a message: edits, deletes, reactions, its files.

Whatever becomes of a message is seen by those who see the message. Somebody who does
not see it is told that it is not there.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from core.audience import shown_to
from core.events import (
    FileAdded,
    FileFailed,
    FileRemoved,
    Happening,
    MessageDeleted,
    MessageEdited,
    ReactionAdded,
    ReactionRemoved,
)
from core.intents import (
    AddFile,
    DeleteMessage,
    EditMessage,
    Intent,
    ItsAuthor,
    OnMessage,
    React,
)
from core.lines import Found, Line
from core.model import (
    MOST_EMOJI,
    AccountKind,
    BindingKind,
    Head,
    Identity,
    Member,
    Refusal,
    State,
    Thread,
    Written,
)
from core.notes import is_marked, unmarked
from core.rights import Act
from core.rules import (
    ALREADY_SENT,
    BANNED,
    EMPTY_MESSAGE,
    NO_MESSAGE,
    NOT_A_MEMBER,
    NOT_AUTHOR,
    TOO_MANY_EMOJI,
    check_text,
    hidden_from,
    read_only,
    right,
    sides,
)

_Found = tuple[Happening, ...] | Refusal


def on_message(
    state: State,
    head: Head,
    thread: Thread,
    intent: Intent,
    what: OnMessage,
    agent: Identity | None,
) -> Found:
    """What becomes of `state.message`."""
    message = state.message
    shared = state.via is not None and state.via.kind is BindingKind.PROJECT
    if message is None or not shown_to(message, state.actor.id, shared=shared):
        return NO_MESSAGE
    mine, others = sides(head, state.actor.id)
    hidden = message.hidden
    if isinstance(what, AddFile):
        found: _Found = _file(message, what)
    elif isinstance(what, DeleteMessage):
        found = _delete(state, message, intent)
    else:
        if isinstance(what, EditMessage):
            found = _edit(state, message, what, intent.at, agent)
        elif isinstance(what, React):
            found = _react(state, mine, message, what)
        else:
            assert_never(what)
        found = _may_touch(state, message, mine, others, found) or found
        hidden += tuple([one for one in hidden_from(state, others) if one not in hidden])
    if isinstance(found, Refusal):
        return found
    only = message.only
    return head.id, thread.id, tuple([Line(one, only, () if only else hidden) for one in found])


def _may_touch(
    state: State,
    message: Written,
    mine: Member | None,
    others: Sequence[Member],
    found: _Found,
) -> Refusal | None:
    """Whether the actor may still do what would be done, as who they are now."""
    if isinstance(found, Refusal) or not found:
        return None
    if state.actor.banned:
        # What they have said and done they may take back.
        return None if isinstance(found[-1], ReactionRemoved) else BANNED
    refusal = right(state, Act.REPLY if message.only is None else Act.NOTE)
    if refusal or mine is None or message.only is not None:
        return refusal
    if isinstance(found[-1], ReactionRemoved | FileRemoved):
        return None
    return read_only(state, mine, others)


def _edit(
    state: State,
    message: Written,
    what: EditMessage,
    at: datetime | None,
    agent: Identity | None,
) -> _Found:
    if state.actor.id != message.author:
        return NOT_AUTHOR
    if message.agent is not None and agent is not None and agent != message.agent:
        return NOT_AUTHOR
    text, rich = what.text, what.rich
    if message.only is not None:
        text, rich = unmarked(text, rich)
    text = text.strip()
    if not text and message.pin is None and not message.attached and not message.coming:
        return EMPTY_MESSAGE
    if message.deleted:
        return ()
    off = _taken_off(message, what.files)
    old = at is not None and message.edited_at is not None and at < message.edited_at
    if old or (text, rich) == (message.text, message.rich):
        return off
    if state.actor.kind is AccountKind.BRAND and message.only is None and is_marked(text):
        return ALREADY_SENT
    refusal = check_text(text)
    if refusal:
        return refusal
    return (*off, MessageEdited(message.id, message.revision + 1, text, rich))


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


def _delete(state: State, message: Written, intent: Intent) -> _Found:
    if state.actor.id != message.author:
        return NOT_AUTHOR
    if message.deleted:
        return ()
    # Whoever deletes an original on its platform was let to by that platform.
    if not isinstance(intent.actor, ItsAuthor):
        refusal = right(state, Act.REPLY if message.only is None else Act.NOTE)
        if refusal:
            return refusal
    return (MessageDeleted(message.id),)


def _react(state: State, mine: Member | None, message: Written, what: React) -> _Found:
    if mine is None:
        return NOT_A_MEMBER
    actor = state.actor.id
    if message.deleted or ((actor, what.emoji) in message.reactions) == what.on:
        return ()
    if not what.on:
        return (ReactionRemoved(message.id, what.emoji),)
    different = {emoji for _, emoji in message.reactions} | {what.emoji}
    if len(different) > MOST_EMOJI:
        return TOO_MANY_EMOJI
    return (ReactionAdded(message.id, what.emoji),)


def _file(message: Written, what: AddFile) -> _Found:
    if message.deleted or what.remote in message.removed:
        return ()
    if what.file is None:
        return (FileFailed(message.id, what.name, what.reason),)
    return (FileAdded(message.id, what.file, what.remote),)
