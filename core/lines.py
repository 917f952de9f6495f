"""What the parts of a decision hand to each other: happenings with who sees them.

`core.decide` numbers them and makes events of them.
"""

from dataclasses import dataclass
from typing import NamedTuple

from core.events import Happening, PlaceOpened
from core.ids import AccountId, ConversationId, ThreadId
from core.model import BindingKind, Refusal, State


class Line(NamedTuple):
    """A happening to be. `actor` is None where it is whoever the intent is of."""

    what: Happening
    only: AccountId | None = None
    hidden: tuple[AccountId, ...] = ()
    actor: AccountId | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: the words are sent after that many seconds, or (None) once they are confirmed.

    `reason` is `hold` (they can be taken back until then) or `mention` (of a colleague).
    """

    seconds: float | None
    reason: str


Lines = tuple[Line, ...] | Refusal
Found = tuple[ConversationId, ThreadId, tuple[Line, ...]] | Refusal | Wait


def places(state: State) -> tuple[Line, ...]:
    """A line for every channel in which others read what comes from now on."""
    return tuple(
        Line(PlaceOpened(one.id, one.label))
        for one in state.places
        if one.kind is BindingKind.PROJECT and not one.paused
    )
