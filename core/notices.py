"""The sentences of Pinthread's own in a thread: who came, who left, where it is shown.

Whether somebody sees an event is not asked here: `core.project` has asked before.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from core.events import (
    AboutThread,
    Event,
    PeopleAdded,
    PersonLeft,
    PersonRemoved,
    PlaceClosed,
    PlaceOpened,
    StatusChanged,
    ThreadAssigned,
)
from core.ids import AccountId, BindingId
from core.model import Account, Status
from core.text.content import Content, Paragraph, Text, Timestamp

_Accounts = Mapping[AccountId, Account]

END_IT = "Anyone of you may end that with /pin disconnect."


def sentence(event: Event, accounts: _Accounts, here: BindingId | None = None) -> str:
    """A line for everybody who sees the event, or nothing. `here`: the place it is for."""
    what, name = event.what, _name(accounts, event.actor)
    if isinstance(what, PeopleAdded):
        if what.via is not None and what.via == here:
            return ""  # they came by speaking there
        return f"{_listed([_name(accounts, one) for one in what.people])} joined."
    if isinstance(what, PersonLeft):
        return f"{name} left."
    if isinstance(what, PersonRemoved):
        return f"{name} removed {_name(accounts, what.account)}."
    if isinstance(what, PlaceOpened):
        if what.binding == here:
            return ""
        label = what.label or "a channel"
        return (
            f"{name} shows this conversation in {label} from here on: whoever can read {label} "
            f"can read it. {END_IT}"
        )
    if isinstance(what, PlaceClosed):
        return f"{name} ended this conversation in {what.label or 'a channel'}."
    return ""


def line_inside(event: Event, what: AboutThread, accounts: _Accounts, agent: str) -> Content:
    """A line for a brand's own agents about what became of a thread."""
    if isinstance(what, StatusChanged) and what.status is Status.SNOOZED:
        return until(f"{agent or _name(accounts, event.actor)} snoozed this", what.until)
    return (Paragraph((Text(_line_inside(event, what, accounts, agent)),)),)


def until(begin: str, at: datetime | None) -> Content:
    """A sentence that ends with a moment, which each reads in their own time zone."""
    if at is None:
        return (Paragraph((Text(f"{begin}."),)),)
    moment = Timestamp(int(at.timestamp()), fallback=f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
    return (Paragraph((Text(f"{begin} until "), moment, Text("."))),)


def _line_inside(event: Event, what: AboutThread, accounts: _Accounts, agent: str) -> str:
    who = agent or _name(accounts, event.actor)
    if isinstance(what, ThreadAssigned):
        if what.to is None:
            return f"{who} unassigned this."
        return f"{who} assigned this to {_name(accounts, what.to)}."
    if what.status is Status.RESOLVED:
        return f"{who} resolved this."
    if event.actor != event.only:
        return f"{who} wrote again, so this is open."
    return f"{agent} opened this again." if agent else "This is open again."


def _name(accounts: _Accounts, account: AccountId) -> str:
    return accounts[account].name if account in accounts else "Somebody"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
