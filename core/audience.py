"""Who may see an event or a message: the one place that decides.

An event carries its audience (`only`, `hidden`), and a message that of its post. What is
meant for one account is seen by that account alone, and never in a channel that others
read; what is hidden from a member is hidden from their private surfaces. Queries of the
store filter by the same two columns in the same way.
"""

from typing import Protocol

from core.ids import AccountId


class Meant(Protocol):
    """What has an audience: an event, or a message as it stands."""

    @property
    def only(self) -> AccountId | None: ...

    @property
    def hidden(self) -> tuple[AccountId, ...]: ...


def shown_to(what: Meant, account: AccountId, *, shared: bool = False) -> bool:
    """Whether `account` may see it; `shared`: in a channel of theirs that others read too."""
    if what.only is not None:
        return what.only == account and not shared
    return shared or account not in what.hidden
