"""Turns what is stored as JSON into text and back: happenings, sendings, held intents.

Each union is told apart by the name of its class, and a tree of content is in the
form of `core.text.content_codec`. Times are whole microseconds. A stored form is part of
the schema: changing it takes a migration.
"""

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from core import events, intents
from core.delivery import Author, CardLine, Part, PartKind, Sending, Step, Verb
from core.events import Happening
from core.files import FileRef
from core.ids import AccountId, MessageId
from core.intents import Intent, RemoteFile
from core.model import Identity, Pin, Place, Profile, Status
from core.text.content import Content
from core.text.content_codec import decode, encode

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_HAPPENINGS: dict[str, msgspec.json.Decoder[Any]] = {
    kind.__name__: msgspec.json.Decoder(kind)
    for kind in (
        events.ConversationStarted,
        events.ThreadOpened,
        events.MessageDeleted,
        events.ReactionAdded,
        events.ReactionRemoved,
        events.FileAdded,
        events.FileFailed,
        events.FileRemoved,
        events.PeopleAdded,
        events.PersonLeft,
        events.PersonRemoved,
        events.RequestAccepted,
        events.RequestIgnored,
        events.Muted,
        events.ThreadAssigned,
        events.StatusChanged,
        events.PlaceOpened,
        events.PlaceClosed,
        events.CardFilled,
    )
}
_encoder = msgspec.json.Encoder()
_identity = msgspec.json.Decoder(tuple[str, str, str])
_edit = msgspec.json.Decoder(tuple[str, int])
_file = msgspec.json.Decoder(RemoteFile)
_raw = msgspec.json.Decoder()


def from_time(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def to_time(stored: int) -> datetime:
    return _EPOCH + timedelta(microseconds=stored)


def intent_key(key: str) -> tuple[str, str]:
    """The third part of a key grows with time, and new rows should stand together."""
    parts = key.split(":", 3)
    return (parts[2] if len(parts) > 2 else ""), key


def from_accounts(accounts: tuple[AccountId, ...]) -> str:
    return _encoder.encode(accounts).decode()


def from_content(content: Content | None) -> str | None:
    return None if content is None else _encoder.encode(encode(content)).decode()


def to_content(data: str | None) -> Content | None:
    return None if data is None else decode(_raw.decode(data))


def from_happening(what: Happening) -> str:
    """An edit's words are not in it: they stand beside their event."""
    if isinstance(what, events.MessageEdited):
        return _encoder.encode((what.message, what.revision)).decode()
    return _encoder.encode(what).decode()


def to_happening(kind: str, data: str, text: str | None, rich: str | None) -> Happening:
    if kind == "MessageEdited":
        message, revision = _edit.decode(data)
        return events.MessageEdited(MessageId(message), revision, text or "", to_content(rich))
    found: Happening = _HAPPENINGS[kind].decode(data)
    return found


def from_identity(identity: Identity) -> str:
    return _encoder.encode((identity.platform, identity.workspace, identity.user)).decode()


def to_identity(data: str) -> Identity:
    return Identity(*_identity.decode(data))


def from_remote_file(file: RemoteFile) -> str:
    return _encoder.encode(file).decode()


def to_remote_file(data: str) -> RemoteFile:
    return _file.decode(data)


# --- sendings -----------------------------------------------------------------------------


def from_sending(sending: Sending) -> str:
    for step in sending.steps:
        if step.part is not None and step.part.rich is not None:
            sending = replace(sending, steps=tuple(map(_stored_step, sending.steps)))
            break
    return _encoder.encode(sending).decode()


def _stored_step(step: Step) -> Step:
    if step.part is None or step.part.rich is None:
        return step
    part = replace(step.part, rich=encode(step.part.rich))  # type: ignore[arg-type]
    return replace(step, part=part)


def to_sending(data: str) -> Sending:
    stored = _raw.decode(data)
    stored["steps"] = tuple([_to_step(step) for step in stored["steps"]])
    return Sending(**stored)


def _to_step(stored: dict[str, Any]) -> Step:
    part = stored.pop("part")
    verb = Verb(stored.pop("verb"))
    return Step(verb, part=None if part is None else _to_part(part), **stored)


def _to_part(stored: dict[str, Any]) -> Part:
    rich = stored.pop("rich", None)
    return Part(
        PartKind(stored.pop("kind")),
        author=msgspec.convert(stored.pop("author"), Author | None),
        pin=msgspec.convert(stored.pop("pin"), Pin | None),
        people=tuple(stored.pop("people")),
        rich=None if rich is None else decode(rich),
        file=msgspec.convert(stored.pop("file", None), FileRef | None),
        ping=tuple(stored.pop("ping", ())),
        line=msgspec.convert(stored.pop("line", None), CardLine | None),
        **stored,
    )


# --- held intents -------------------------------------------------------------------------

# Intents hold unions within unions, so every class in them carries its name.
_KIND = "is"
_CLASSES: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        Identity,
        Profile,
        Place,
        FileRef,
        Intent,
        RemoteFile,
        intents.Person,
        intents.ItsAuthor,
        intents.Handle,
        intents.Origin,
        intents.InSpace,
        intents.InDirect,
        intents.RemoteMessage,
        intents.StartThread,
        intents.PostMessage,
        intents.EditMessage,
        intents.DeleteMessage,
        intents.React,
        intents.AddFile,
        intents.AddPeople,
        intents.RemovePeople,
        intents.Leave,
        intents.Accept,
        intents.Ignore,
        intents.Mute,
        intents.Report,
        intents.Assign,
        intents.SetStatus,
        intents.OpenPlace,
        intents.ClosePlace,
        intents.FillCard,
        intents.Speech,
        Status,
    )
}


def from_intent(intent: Intent) -> str:
    return _encoder.encode(_named(intent)).decode()


def to_intent(data: str) -> Intent:
    intent = _built(_raw.decode(data))
    assert isinstance(intent, Intent)
    return intent


def _named(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        found = {field.name: _named_field(value, field.name) for field in fields(value)}
        return {_KIND: type(value).__name__, **found}
    if isinstance(value, datetime):
        return {_KIND: "time", "at": from_time(value)}
    if isinstance(value, StrEnum):
        return {_KIND: type(value).__name__, "value": str(value)}
    return [_named(item) for item in value] if isinstance(value, tuple) else value


def _named_field(owner: object, name: str) -> object:
    value = getattr(owner, name)
    if name == "rich" and value is not None:
        return {_KIND: "rich", "tree": encode(value)}
    return _named(value)


def _built(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_built(item) for item in value)
    if not isinstance(value, dict):
        return value
    kind = value.pop(_KIND)
    if kind == "time":
        return to_time(value["at"])
    if kind == "rich":
        return decode(value["tree"])
    return _CLASSES[kind](**{name: _built(item) for name, item in value.items()})
