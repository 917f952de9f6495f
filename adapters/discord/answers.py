"""What commands and buttons answer: the desk is asked, and the answer put into words.

An `Answer` is plain data; `commands` and `presses` send it, for the caller alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import discord

from adapters.discord.cards import (
    cut,
    inbox_text,
    pin_embed,
    send_button,
    stamp,
    thread_menu,
)
from adapters.discord.client import name_of, picture_of
from adapters.discord.inbound import PLATFORM, direct_place, person
from adapters.discord.markdown import escape
from core.ids import AccountId, PinId, short_code
from core.intents import Handle, Intent, Origin, Person, PersonRef, StartThread
from core.model import Account, Mirror, Place, Refusal
from core.ports import Accepted, Desk, Line, Page, ThreadView

Interaction = discord.Interaction[Any]

HELP = """**Pinthread** keeps a conversation around a pin, wherever each of you reads it.
`/pin send` sends a pin to one or more people, with or without words
`/pin preview` shows a pin before you send it
`/pin inbox` lists your threads
`/pin open` goes to a thread and shows its last messages
In a thread, just write. In direct messages with me, reply to the message you answer."""

EMPTY = "Nothing here yet. `/pin send` starts a conversation with a pin."
UNKNOWN = "That did not work. Try it again; if it goes on, tell whoever runs Pinthread here."
_LAST = 10


@dataclass(frozen=True, slots=True)
class Answer:
    text: str = ""
    embeds: Sequence[Mapping[str, Any]] = ()
    components: Sequence[Mapping[str, Any]] = field(default=())


def actor_of(interaction: Interaction) -> Person:
    user = interaction.user
    return person(str(user.id), name_of(user), picture_of(user))


def place_of(interaction: Interaction) -> Place:
    """Where it was done: a thread's place is its parent's."""
    if interaction.guild_id is None:
        return direct_place(str(interaction.user.id))
    channel = interaction.channel
    parent = getattr(channel, "parent_id", None)
    return Place(PLATFORM, str(interaction.guild_id), str(parent or interaction.channel_id))


async def account_of(desk: Desk, interaction: Interaction) -> Account:
    return await desk.account(actor_of(interaction), place_of(interaction))


async def send_answer(
    desk: Desk, interaction: Interaction, pin: PinId, people: tuple[PersonRef, ...], text: str
) -> Answer:
    """Starts the thread, or goes on in the open one."""
    intent = Intent(
        key=f"discord:interaction:{interaction.id}",
        actor=actor_of(interaction),
        what=StartThread(people, pin, text),
        origin=Origin(place_of(interaction)),
        at=interaction.created_at,
    )
    outcome = await desk.submit(intent)
    if isinstance(outcome, Refusal):
        return Answer(outcome.sentence)
    if not isinstance(outcome, Accepted):
        return Answer(UNKNOWN)
    code = short_code(outcome.thread)
    return Answer(f"Sent. The thread is `{code}`: `/pin open` goes there.")


async def preview_answer(desk: Desk, address: str) -> Answer:
    pin = await desk.preview(address)
    if isinstance(pin, Refusal):
        return Answer(pin.sentence)
    return Answer(embeds=(pin_embed(pin),), components=send_button(pin))


async def help_answer() -> Answer:
    return Answer(HELP)


async def inbox_answer(desk: Desk, asker: AccountId) -> Answer:
    lines = await desk.inbox(asker, 20)
    if not lines:
        return Answer(EMPTY)
    return Answer(inbox_text(lines), components=thread_menu("open", lines))


async def thread_answer(
    desk: Desk, asker: AccountId, code: str, link: Callable[[Mirror], str | None]
) -> Answer:
    """Where the thread is, and its last messages."""
    view = await desk.open(asker, code)
    if isinstance(view, Refusal):
        return Answer(view.sentence)
    page = await desk.page(asker, view.thread, limit=_LAST)
    if isinstance(page, Refusal):
        return Answer(page.sentence)
    return Answer(_thread_text(view, page, link))


def _thread_text(view: ThreadView, page: Page, link: Callable[[Mirror], str | None]) -> str:
    title = escape(cut(view.pin.title or f"Pin {view.pin.id}", 100))
    people = escape(cut(", ".join(person.name for person in view.people), 200))
    head = [f"**{title}** · `{view.code}`", f"-# {people}"]
    links = [link(mirror) for mirror in view.mirrors if mirror.place.platform == PLATFORM]
    head += [address for address in links if address] or [view.pin.url]
    room = 1900 - sum(len(line) + 1 for line in head)
    shown: list[str] = []
    for line in reversed([line for line in page.lines if line.kind != "card"]):
        text = _line_text(line)
        room -= len(text) + 1
        if room < 0:
            break
        shown.append(text)
    return "\n".join([*head, *reversed(shown)])


def _line_text(line: Line) -> str:
    words = escape(cut(line.text, 300)) if line.text.strip() else ""
    if line.kind == "notice":
        return f"-# {words}"
    if line.pin is not None:
        title = escape(cut(line.pin.title or f"Pin {line.pin.id}", 100))
        words = f"{words} {title} <{line.pin.url}>".strip()
    return f"**{escape(cut(line.author.name, 60))}** {stamp(line.at, 't')}: {words}"


def read_handles(text: str) -> tuple[str, ...]:
    """What a person typed into `to`: names separated by spaces or commas."""
    return tuple(dict.fromkeys(word for word in text.replace(",", " ").split() if word != "@"))


def mentioned(word: str) -> str | None:
    """The user id in a mention token, else nothing."""
    if not word.startswith("<@") or not word.endswith(">"):
        return None
    user = word[2:-1].removeprefix("!")
    return user if user.isascii() and user.isdigit() else None


def handle(word: str) -> Handle:
    return Handle(word.lstrip("@"))
