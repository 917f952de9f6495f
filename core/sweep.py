"""What a sweep finds on a platform: remote threads as a listing shows them, messages as they stand.

Events tell what happens while somebody listens. A sweep finds what happened while nobody
did: it lists what changed, reads only that, and hands on the same intents that the events
would have made, under the same keys.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.delivery import Failure
from core.events import Event, MessageEdited, ReactionAdded, ReactionRemoved
from core.ids import AccountId, RemoteId, SpaceId
from core.intents import EditMessage, Intent, React
from core.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class Seen:
    """One remote message as it stands now.

    `said` are the intents of its author, as events would have made them, oldest first: the
    post, and the last edit where there was one; none where it is ours or not for us.
    `reactions` has a `React` of every person and emoji on it (never our own), or is None
    where that was not told. `poster` is as in `Placement`, empty where a person wrote it;
    `delivery` is the delivery id that a message of ours carries, where the platform keeps
    one, and `name` the author's name that it stands under, where it has one of its own.
    `ours` are the emoji that we have put on it, None where that was not told. `raw` is for
    the adapter alone.
    """

    remote: RemoteId
    said: tuple[Intent, ...] = ()
    reactions: tuple[Intent, ...] | None = None
    poster: str = ""
    delivery: str = ""
    raw: Any = None
    name: str = ""
    ours: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Root:
    """A remote thread of a place, as a listing shows it.

    `newest` is the newest message in it, None where the listing does not say. `seen` is
    the thread's first message, where the listing shows it.
    """

    space: SpaceId
    newest: RemoteId | None
    seen: Seen | None = None


class SweepError(Exception):
    """A read failed; `failure` says how, and whether it is worth another try."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


def overtaken(intent: Intent, actor: AccountId, since: Sequence[Event]) -> bool:
    """Whether what a page says of a message is older than what is known.

    `since` is what has happened to the message since the page was read. A page never says
    more of a reaction than its newest event, nor more of the words than their newest edit;
    a delete is asked for singly, and final.
    """
    what = intent.what
    for event in since:
        done = event.what
        if isinstance(what, React) and isinstance(done, ReactionAdded | ReactionRemoved):
            newer = (event.actor, done.emoji) == (actor, what.emoji)
        else:
            # Edits are in the order of their own times, which may be whole seconds.
            edits = isinstance(what, EditMessage) and isinstance(done, MessageEdited)
            newer = edits and (intent.at is None or event.at >= intent.at)
        if newer:
            return True
    return False
