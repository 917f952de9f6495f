"""What was last heard of a reaction or an edit, so that what is told late undoes nothing newer.

Slack promises no order and tells again, a minute and five minutes later, what it got no
answer for; each of its events says when it happened. A page of a sweep says how things
were when it was read. All this is in memory: after a stop, a sweep finds what differs.
"""

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from core.ids import MessageId
from core.intents import EditMessage, Intent, React
from core.model import Account, Written

Reaction = tuple[str, str, str]
"""On what, whose, and with which emoji."""

REMEMBERED = 10_000

K = TypeVar("K")
V = TypeVar("V")


class Reactions:
    """Of the newest 10,000 that were told."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, Reaction], datetime] = {}
        self._unchanged: dict[Reaction, int] = {}

    def is_old(self, intent: Intent, reaction: Reaction) -> bool:
        """Whether its platform has told of something newer; if not, this is now the newest.

        Moments of one platform alone are compared: clocks differ.
        """
        if intent.at is None or intent.as_of is not None or intent.origin is None:
            return False
        name = (intent.origin.place.platform, reaction)
        newest = self._told.get(name)
        if newest is not None and intent.at < newest:
            return True
        _remember(self._told, name, intent.at)
        return False

    def left_unchanged(self, reaction: Reaction, position: int) -> None:
        """Somebody left it as the history has it: a page read before must not change that.

        `position` is how far the feed was then.
        """
        _remember(self._unchanged, reaction, position)

    def is_newer_than(self, page: int, reaction: Reaction) -> bool:
        """Whether somebody left it unchanged after a page that was read at that position."""
        return self._unchanged.get(reaction, -1) >= page


class Edits:
    """When the newest 10,000 edited messages were last edited where they stand.

    The history knows that of edits alone that changed it. An edit that made of the words what
    they were already, such as one that a held reply went out with, is remembered here.
    """

    def __init__(self) -> None:
        self._told: dict[MessageId, datetime] = {}

    def accepted(self, intent: Intent, message: Written | None) -> None:
        """An edit of that message, which says the newest words, or changes nothing."""
        if message is None or intent.at is None or not isinstance(intent.what, EditMessage):
            return
        newest = self._told.get(message.id)
        _remember(self._told, message.id, intent.at if newest is None else max(newest, intent.at))

    def known(self, intent: Intent, message: Written | None) -> Written | None:
        """The message with the time of its newest edit, for the decision on another one."""
        if message is None or not isinstance(intent.what, EditMessage):
            return message
        newest = self._told.get(message.id)
        if newest is None or (message.edited_at is not None and message.edited_at >= newest):
            return message
        return replace(message, edited_at=newest)


def reaction_of(intent: Intent, actor: Account, message: Written) -> Reaction | None:
    """None of an intent about anything else."""
    what = intent.what
    return (str(message.id), str(actor.id), what.emoji) if isinstance(what, React) else None


def _remember(known: dict[K, V], key: K, value: V) -> None:
    known.pop(key, None)
    if len(known) >= REMEMBERED:
        del known[next(iter(known))]
    known[key] = value
