"""What a lane must know of a brand's own people: names, the line on the card, whom to mention."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.store.known import Known
from core.delivery import CardLine
from core.events import Event, FileAdded, MessagePosted, PersonRemoved, ThreadAssigned
from core.ids import AccountId
from core.model import BindingKind, Identity, Mirror, Thread, Written


@dataclass(frozen=True, slots=True)
class Inside:
    """As the fields of `LaneWork` of these names."""

    agents: Mapping[Identity, str] = field(default_factory=dict)
    signatures: bool = False
    line: CardLine | None = None
    ping: tuple[str, ...] = ()


NOTHING = Inside()
DIRECT = "user:"


def inside(
    known: Known,
    mirror: Mirror,
    thread: Thread,
    people: Sequence[AccountId],
    events: Sequence[Event],
    written: Iterable[Written],
    *,
    asked: bool,
    muted: bool,
) -> Inside:
    """`asked`: its first message still waits for an answer; `muted`: nobody wants pings."""
    ours = mirror.kind is BindingKind.INBOX
    signed = bool(known.signing) and not known.signing.isdisjoint(people)
    ping = () if muted else _pinged(known, mirror, thread, events)
    if not ours and not signed:
        return Inside(ping=ping) if ping else NOTHING
    said = [(event.actor, event.agent) for event in events]
    said += [(message.author, message.agent) for message in written]
    agents = _names(known, [who for by, who in said if signed or by == mirror.account])
    if not ours:
        return Inside(agents, signed, ping=ping)
    return Inside(agents, signed, _line(known, mirror, thread, asked=asked), ping)


def named(events: Sequence[Event]) -> set[AccountId]:
    """Accounts that a brand's own events name, and those that were removed."""
    found: set[AccountId] = set()
    for event in events:
        what = event.what
        if isinstance(what, ThreadAssigned) and what.to is not None:
            found.add(what.to)
        elif isinstance(what, PersonRemoved):
            found.add(what.account)
    return found


def _names(known: Known, logins: Iterable[Identity | None]) -> dict[Identity, str]:
    names: dict[Identity, str] = {}
    for login in logins:
        if login is not None and login not in names:
            account = known.by_identity(login)
            if account is not None:
                names[login] = account.name
    return names


def _line(known: Known, mirror: Mirror, thread: Thread, *, asked: bool) -> CardLine | None:
    binding = known.binding(mirror.binding)
    if binding is None:
        return None
    assignee = known.account(thread.assignee) if thread.assignee is not None else None
    name = assignee.name if assignee is not None else ""
    return CardLine(binding.mode, thread.status, thread.until, name, binding.paused, asked)


def _pinged(
    known: Known, mirror: Mirror, thread: Thread, events: Sequence[Event]
) -> tuple[str, ...]:
    """Whom what came in is for, if they want to know: a thread's assignee, and in direct
    messages whose they are. Who wants mentions alone is pinged by these themselves."""
    if mirror.kind is BindingKind.DIRECT:
        return _in_direct(known, mirror, events)
    if thread.assignee is None or mirror.kind is not BindingKind.INBOX:
        return ()
    news = [
        event.at
        for event in events
        if isinstance(event.what, ThreadAssigned)
        or (isinstance(event.what, MessagePosted) and event.actor != mirror.account)
    ]
    if not news or not known.wants_pings(thread.assignee, max(news)):
        return ()
    return tuple(known.there(mirror.place, {thread.assignee}, ()).values())


def _in_direct(known: Known, mirror: Mirror, events: Sequence[Event]) -> tuple[str, ...]:
    news = [
        event.at
        for event in events
        if isinstance(event.what, MessagePosted | FileAdded) and event.actor != mirror.account
    ]
    if not news or known.prefs(mirror.account).notify != "all":
        return ()
    if not known.wants_pings(mirror.account, max(news)):
        return ()
    return (mirror.place.channel.removeprefix(DIRECT),)
