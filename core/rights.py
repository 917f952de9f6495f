"""Which role may do what for a brand: the one table, and the refusal it gives.

Every surface asks here: `decide` for intents, the office for queries and settings.
docs/rules.md shows the same table, and a test holds them together.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from core.model import Role
from core.refusal import Refusal


class Act(StrEnum):
    """What an agent may want to do for a brand."""

    READ = "read"
    """The inbox, threads, notes, search."""
    NOTE = "note"
    REPLY = "reply"
    """Whatever a follower sees: words, edits, deletes, reactions, a new thread."""
    ASSIGN = "assign"
    STATUS = "status"
    """Status and mute."""
    CANNED = "canned"
    REPORT = "report"
    ACCEPT = "accept"
    """Accept or ignore a request; whoever may reply accepts one by answering."""
    FOLLOW = "follow"
    BLOCK = "block"
    """Block, remove from a conversation, leave one."""
    CONNECT = "connect"
    """Bind and release channels."""
    MODE = "mode"
    GRANT = "grant"
    """Give and take roles."""
    EXPORT = "export"
    ERASE = "erase"


_VIEWER = frozenset({Act.READ})
_AGENT = _VIEWER | {Act.NOTE, Act.REPLY, Act.ASSIGN, Act.STATUS, Act.CANNED, Act.REPORT}
_MANAGER = _AGENT | {Act.ACCEPT, Act.FOLLOW, Act.BLOCK, Act.CONNECT, Act.MODE}
_OWNER = _MANAGER | {Act.GRANT, Act.EXPORT, Act.ERASE}

RIGHTS: Mapping[Role, frozenset[Act]] = MappingProxyType(
    {Role.VIEWER: _VIEWER, Role.AGENT: _AGENT, Role.MANAGER: _MANAGER, Role.OWNER: _OWNER}
)

WORDS: Mapping[Act, str] = MappingProxyType(
    {
        Act.READ: "read its inbox",
        Act.NOTE: "write notes",
        Act.REPLY: "answer for it",
        Act.ASSIGN: "assign its threads",
        Act.STATUS: "set the status of its threads",
        Act.CANNED: "use its canned replies",
        Act.REPORT: "report for it",
        Act.ACCEPT: "accept or ignore its requests",
        Act.FOLLOW: "follow for it",
        Act.BLOCK: "block, remove or leave for it",
        Act.CONNECT: "connect channels for it",
        Act.MODE: "set the mode of its channels",
        Act.GRANT: "give roles for it",
        Act.EXPORT: "export its data",
        Act.ERASE: "erase its data",
    }
)
"""What each act is called in a sentence about a brand."""


def may(role: Role | None, act: Act, owner: str = "") -> Refusal | None:
    """None if the role may; else `not_allowed`, with whom to ask (`owner`: a handle)."""
    if role is not None and act in RIGHTS[role]:
        return None
    least = next(one for one in reversed(Role) if act in RIGHTS[one])
    ask = f"@{owner}" if owner else "one of its owners"
    return Refusal(
        "not_allowed",
        f"Only {least}s of the brand and those above may {WORDS[act]}. Ask {ask}."
        if least is not Role.OWNER
        else f"Only owners of the brand may {WORDS[act]}. Ask {ask}.",
    )
