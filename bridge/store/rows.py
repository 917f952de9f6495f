"""Turns rows into the core's data. The order of columns is that of `sql/*.sql`."""

from collections.abc import Sequence
from typing import Any

import msgspec

from bridge.store.codec import to_content, to_happening, to_identity, to_time
from core.events import Event, MessagePosted
from core.ids import AccountId, MessageId
from core.model import (
    CARD,
    Account,
    AccountKind,
    Binding,
    BindingKind,
    Head,
    Member,
    Mirror,
    MirrorState,
    Mode,
    Pin,
    PinSource,
    Place,
    Placement,
    Request,
    Status,
    Thread,
)
from core.ports.rows import Duplicate, Spot
from core.project import file_item, notice_item

Row = Sequence[Any]

# Looking a name up is several times quicker than calling the enum.
_ACCOUNT_KINDS = {str(kind): kind for kind in AccountKind}
_BINDING_KINDS = {str(kind): kind for kind in BindingKind}
_MIRROR_STATES = {str(state): state for state in MirrorState}
_MODES = {str(mode): mode for mode in Mode}
_REQUESTS = {str(request): request for request in Request}
_STATUSES = {str(status): status for status in Status}
_PIN_SOURCES = {str(source): source for source in PinSource}

_members = msgspec.json.Decoder(list[tuple[str, int, int | None, str, int, int]])
_hidden = msgspec.json.Decoder(tuple[str, ...])
names = msgspec.json.Decoder(list[str])


class _OfMessage(msgspec.Struct):
    message: MessageId


_of_message = msgspec.json.Decoder(_OfMessage)


def account(row: Row) -> Account:
    return Account(row[0], _ACCOUNT_KINDS[row[1]], row[2], row[3], row[4], bool(row[6]))


def pin(row: Row) -> Pin:
    return Pin(*row[:10], _PIN_SOURCES[row[10]])  # type: ignore[call-arg]


def binding(row: Row) -> Binding:
    place = Place(row[2], row[3], row[4])
    kind, mode = _BINDING_KINDS[row[5]], _MODES[row[7]]
    since = None if row[10] is None else to_time(row[10])
    return Binding(row[0], row[1], place, kind, row[6], mode, bool(row[8]), row[9], since)


def head(row: Row) -> Head:
    return Head(row[0], row[1], tuple([_member(*one) for one in _members.decode(row[3])]), row[2])


def _member(
    account: str, since: int, until: int | None, request: str, muted: int, removed: int
) -> Member:
    asked = _REQUESTS[request]
    return Member(AccountId(account), since, until, asked, bool(muted), bool(removed))


def thread(row: Row) -> Thread:
    until = None if row[6] is None else to_time(row[6])
    return Thread(row[0], row[1], row[2], row[3], row[4], _STATUSES[row[5]], until)


def mirror(row: Row) -> Mirror:
    return Mirror(
        row[0],
        row[1],
        row[2],
        row[3],
        row[4],
        Place(row[5], row[6], row[7]),
        _BINDING_KINDS[row[8]],
        row[9],
        row[10],
        row[11],
        row[12],
        row[13],
        _MIRROR_STATES[row[14]],
        row[15],
        row[16],
        None if row[17] is None else to_time(row[17]),
    )


def spot(row: Row) -> Spot:
    """A mirror (18 columns), its thread (7), head (4) and binding (10)."""
    return Spot(mirror(row), thread(row[18:]), head(row[25:]), binding(row[29:]))


def placement(row: Row) -> Placement:
    """A placement (7 columns) and what its item is known by (4)."""
    return Placement(row[1], _item(row), row[2], row[3], row[4], row[5], bool(row[6]))


def _item(row: Row) -> str:
    if not row[0]:
        return CARD
    kind, message, seq, data = row[7:11]
    if message is not None:
        return str(message)
    if kind == "FileAdded":
        return file_item(file_message(data), seq)
    return notice_item(seq)


def event(row: Row) -> Event:
    kind = row[5]
    what = (
        MessagePosted(row[6], row[10] or "", row[7], to_content(row[11]), row[8])
        if kind == "MessagePosted"
        else to_happening(kind, row[8], row[10], row[11])
    )
    agent = None if row[9] is None else to_identity(row[9])
    hidden = () if row[13] is None else accounts_of(row[13])
    return Event(row[0], row[1], row[2], to_time(row[3]), row[4], what, agent, row[12], hidden)


def accounts_of(data: str) -> tuple[AccountId, ...]:
    return tuple([AccountId(name) for name in _hidden.decode(data)])


def file_message(data: str) -> MessageId:
    """The message that a file was added to."""
    return _of_message.decode(data).message


def duplicate(row: Row) -> Duplicate:
    return Duplicate(*row)


def listed(names: Sequence[str]) -> str:
    """Names as the JSON text that `json_each` reads in SQL."""
    return msgspec.json.encode(list(names)).decode()
