"""Decisions about accounts, which belong to no conversation: who follows and blocks whom.

Pure. The store commits what is decided here in one transaction, and counts it, so that
a decision in a conversation that was taken before it is decided again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.events import ConversationStarted, Event, RequestAccepted
from core.ids import AccountId
from core.intents import Block, Handle, OnAccount
from core.model import Account, AccountKind, Refusal, Standing, State
from core.rights import Act, may
from core.rules import BANNED, YOURSELF, cannot_message, you_blocked


class EdgeKind(StrEnum):
    FOLLOW = "follow"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Edge:
    """`who` follows (or blocks) `whom` from now on, or with `on` false no longer."""

    who: AccountId
    whom: AccountId
    kind: EdgeKind = EdgeKind.FOLLOW
    on: bool = True


AccountDecision = tuple[Edge, ...] | Refusal


def decide_account(
    actor: Account, what: OnAccount, other: Account | None, standing: Standing
) -> AccountDecision:
    """What following or blocking `other` changes; `other` is None where nobody has that name.

    Whoever was blocked finds nobody there, whatever they try by the name: a block that
    succeeds where `send` finds nobody would tell. Where they see the other (whom they follow,
    or by the button of a conversation, which gives an id) they may block back. A block leaves
    the follows as they are, since those who are blocked can see them.
    """
    name = f"@{what.who.name}" if isinstance(what.who, Handle) else f"@{_handle(other)}"
    blocking = isinstance(what, Block)
    refusal = None
    if actor.kind is AccountKind.BRAND:
        refusal = may(standing.role, Act.BLOCK if blocking else Act.FOLLOW, standing.owner)
    if refusal is None and actor.banned and not blocking:
        refusal = BANNED
    if refusal is None and other is None:
        refusal = cannot_message(name)
    if refusal or other is None:
        return refusal or cannot_message(name)
    if other.id == actor.id:
        return YOURSELF
    edges = standing.blocks if blocking else standing.follows
    there = (actor.id, other.id) in edges
    # To stop following or blocking them, too: it would tell that there is such an account.
    hidden = other.banned or (other.id, actor.id) in standing.blocks
    if hidden and not there and not (blocking and _sees(actor, what, other, standing)):
        return cannot_message(name)
    if what.on and not blocking and not there and (actor.id, other.id) in standing.blocks:
        return you_blocked(name)
    if there is what.on:
        return ()
    kind = EdgeKind.BLOCK if blocking else EdgeKind.FOLLOW
    return (Edge(actor.id, other.id, kind, what.on),)


def _sees(actor: Account, what: OnAccount, other: Account, standing: Standing) -> bool:
    return not isinstance(what.who, Handle) or (actor.id, other.id) in standing.follows


def _handle(account: Account | None) -> str:
    return account.handle if account is not None else "nobody"


def edges_of(state: State, events: Sequence[Event]) -> tuple[Edge, ...]:
    """The follows that the events bring with them: a brand that accepts follows back."""
    kinds = state.standing.kinds
    return tuple(
        Edge(event.actor, member)
        for event in events
        if isinstance(event.what, RequestAccepted) and kinds.get(event.actor) is AccountKind.BRAND
        for member in _people(state, events)
        if member != event.actor
    )


def _people(state: State, events: Sequence[Event]) -> tuple[AccountId, ...]:
    first = events[0].what
    if isinstance(first, ConversationStarted):
        return first.people
    return state.head.present() if state.head else ()
