"""From what was said on Discord to what somebody wants. Pure.

`Said` is one MESSAGE_CREATE or MESSAGE_UPDATE, reduced to what matters: words of a
person in a thread or in direct messages become an intent, anything else is nothing.
`Gone`, `Reacted` and `Cleared` are what happens to messages; Discord tells ids alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from adapters.discord.inline import Known
from adapters.discord.outbound import channel_ref, remote_id
from adapters.discord.richtext import read
from core.ids import PinId, RemoteId, SpaceId
from core.intents import (
    DeleteMessage,
    EditMessage,
    InDirect,
    InSpace,
    Intent,
    ItsAuthor,
    Origin,
    Person,
    PostMessage,
    React,
    RemoteFile,
    RemoteMessage,
    Somebody,
    Target,
)
from core.model import Identity, Place, Profile
from core.text.content import Channel, Content, plain, words_only
from core.text.tidy import of_text

DEFAULT, REPLY = 0, 19
NOBODY: Mapping[str, str] = {}
_MARKED = re.compile(r"[\\*_~|`<>#:\-\u200b\r\0\ud800-\udfff]|\d\.")
"""Found in all that may be more than words; most messages have nothing of it."""
PLATFORM = "discord"


@dataclass(frozen=True, slots=True)
class Said:
    """One message. `guild` is empty in direct messages; `parent` is set in a thread."""

    message: str
    channel: str
    guild: str
    parent: str | None
    author: str
    name: str
    picture: str | None
    content: str
    at: datetime
    edited: datetime | None = None
    """Set where this is an edit: when it was made."""
    kind: int = DEFAULT
    bot: bool = False
    webhook: str | None = None
    application: str | None = None
    """The application whose webhook posted it."""
    answers: str | None = None
    people: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    embeds: tuple[Mapping[str, Any], ...] = ()
    nonce: str | None = None
    files: tuple[RemoteFile, ...] = ()
    beside: str = ""
    """What it holds beside words and files, as lines of markdown."""
    forwards: tuple[str, str] | None = None
    """The channel and id of the message that it forwards."""
    held: tuple[str, ...] | None = None
    """Names of the roles that the author holds there; None where that was not told."""
    unknown_thread: bool = False
    """In a server, but the gateway has not said in what kind of channel."""

    @property
    def remote(self) -> RemoteId:
        return remote_id(self.channel, self.message)

    @property
    def direct(self) -> bool:
        return not self.guild


@dataclass(frozen=True, slots=True)
class Where:
    """The channel in which something happened, as far as the gateway knows it.

    `parent` is set in a thread; `known` is false where it may be a thread all the same.
    """

    channel: str
    guild: str
    parent: str | None = None
    known: bool = True


@dataclass(frozen=True, slots=True)
class Gone:
    """A message was deleted."""

    where: Where
    message: str


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody set a reaction, or took it back. `name` is empty where only the id is told.

    `nth` tells two like it apart: the same reaction may come, go and come again.
    """

    where: Where
    message: str
    user: str
    emoji: str
    on: bool
    nth: int
    name: str = ""
    picture: str | None = None
    held: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cleared:
    """Somebody took all reactions away, or all with one emoji."""

    where: Where
    message: str
    emoji: str | None
    nth: int


Happened = Gone | Reacted | Cleared
Heard = Said | Happened


def is_from_person(said: Said) -> bool:
    """Whether a person wrote it, as a message or a reply."""
    return said.kind in (DEFAULT, REPLY) and not said.bot and said.webhook is None


def place_of(said: Said) -> Place | None:
    """The bound place where it was said, or nothing: outside any thread of a server."""
    if said.direct:
        return direct_place(said.author)
    return Place(PLATFORM, said.guild, said.parent) if said.parent else None


def direct_place(user: str) -> Place:
    """Somebody's direct messages with the bot, by the person: the same before they are opened."""
    return Place(PLATFORM, "", f"user:{user}")


def words(said: Said, accounts: Mapping[str, str] = NOBODY) -> tuple[str, Content | None]:
    """The words, and their tree unless they are nothing but words.

    `accounts` are those of people who are mentioned, by their user id.
    """
    content = f"{said.content}\n{said.beside}".strip() if said.beside else said.content
    if not _MARKED.search(content):
        return content.strip(), None
    tree = read(content, _known(said, accounts))
    text = words_only(tree)
    if text is not None:
        return text, None
    text = plain(tree)
    return text, None if tree == of_text(text) else tree


def _known(said: Said, accounts: Mapping[str, str]) -> Known:
    def user(which: str) -> tuple[str | None, str] | None:
        name = said.people.get(which)
        return (accounts.get(which), name) if name else None

    def channel(which: str) -> Channel | None:
        name = said.channels.get(which)
        return Channel(name, channel_ref(said.guild, which)) if name else None

    return Known(user, said.roles.get, channel)


def intent(
    said: Said,
    *,
    pin: PinId | None = None,
    chosen: Target | None = None,
    accounts: Mapping[str, str] = NOBODY,
) -> Intent | None:
    """What the person wants. `pin`: the words are just that pin's address. `chosen`: by a menu."""
    place = place_of(said)
    if place is None or not is_from_person(said):
        return None
    answers = None
    if said.answers:
        answers = RemoteMessage(PLATFORM, remote_id(said.channel, said.answers))
    forwards: tuple[RemoteMessage, ...] = ()
    if said.forwards is not None:
        forwards = (RemoteMessage(PLATFORM, remote_id(*said.forwards)),)
    target: Target
    if chosen is not None:
        target = chosen
    elif said.direct:
        target = InDirect(place, answers.remote if answers else None)
    else:
        target = InSpace(PLATFORM, SpaceId(said.channel))
    text, rich = ("", None) if pin is not None else words(said, accounts)
    return Intent(
        key=f"discord:{said.channel}:{said.message}:post",
        actor=author(said),
        what=PostMessage(
            target, text, pin, rich, answers=answers, files=said.files, forwards=forwards
        ),
        origin=Origin(place, said.remote),
        at=said.at,
    )


def edit(said: Said, accounts: Mapping[str, str] = NOBODY) -> Intent | None:
    """What the person wants who edited a message of theirs."""
    place = place_of(said)
    if place is None or said.edited is None or not is_from_person(said):
        return None
    text, rich = words(said, accounts)
    files = tuple(file.id for file in said.files)
    now = "\n".join((said.content, *files))
    digest = blake2b(now.encode(errors="replace"), digest_size=8).hexdigest()
    return Intent(
        key=f"discord:{said.channel}:{said.message}:edit:{said.edited.timestamp()}:{digest}",
        actor=author(said),
        what=EditMessage(RemoteMessage(PLATFORM, said.remote), text, rich, files),
        origin=Origin(place, said.remote),
        at=said.edited,
    )


def delete(gone: Gone, place: Place) -> Intent:
    remote = remote_id(gone.where.channel, gone.message)
    return Intent(
        key=f"discord:{gone.where.channel}:{gone.message}:delete",
        actor=ItsAuthor(),
        what=DeleteMessage(RemoteMessage(PLATFORM, remote)),
        origin=Origin(place, remote),
    )


def reaction(reacted: Reacted, place: Place, who: Somebody) -> Intent:
    remote = remote_id(reacted.where.channel, reacted.message)
    name = f"{reacted.user}:{reacted.emoji}:{reacted.nth}"
    return Intent(
        key=f"discord:{reacted.where.channel}:{reacted.message}:react:{name}",
        actor=who,
        what=React(RemoteMessage(PLATFORM, remote), reacted.emoji, reacted.on),
        origin=Origin(place, remote),
    )


def person(user: str, name: str, picture: str | None, held: tuple[str, ...] = ()) -> Person:
    """A Discord user is the same everywhere, so there is no workspace. `held` are roles."""
    return Person(Identity(PLATFORM, "", user), Profile(name, picture), roles=held)


def author(said: Said) -> Person:
    return person(said.author, said.name, said.picture, said.held or ())


def lone_address(text: str) -> str | None:
    """The address, where a message is nothing but one that may name a pin."""
    found = text.strip().removeprefix("<").removesuffix(">")
    if not found.startswith(("http://", "https://")) or len(found.split()) != 1:
        return None
    return found if "pinterest." in found or "pin.it/" in found else None
