"""How pins and lists look on Discord: embeds, buttons and select menus as plain data. Pure.

Everything fits the limits of platform-facts.md, B3, whatever it is made from.
"""

import re
from collections.abc import Sequence
from typing import Any

from adapters.discord.markdown import escape
from adapters.discord.names import visible
from core.delivery import Author
from core.model import Pin
from core.ports.reading import ThreadLine
from core.text.tidy import whole

_ADDRESS = re.compile(r"https?://[!-~]{2,1890}")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
RED = 0xE60023
ROW, BUTTON, SELECT = 1, 2, 3
PRIMARY, LINK = 1, 5


def pin_embed(
    pin: Pin,
    *,
    author: Author | None = None,
    people: Sequence[str] = (),
    code: str = "",
    marker: str = "",
) -> dict[str, Any]:
    """A pin's card. `marker` rides in the address, where it changes nothing for people."""
    embed: dict[str, Any] = {
        "title": escape(cut(pin.title or f"Pin {pin.id}", 100)),
        "color": _color(pin.color),
    }
    if is_address(pin.url):
        embed["url"] = f"{pin.url}#{marker}" if marker else pin.url
    if pin.description:
        embed["description"] = escape(cut(pin.description, 800))
    if author is not None:
        embed["author"] = _author(author)
    if pin.picture and is_address(pin.picture):
        embed["image"] = {"url": pin.picture}
    fields = [
        {"name": name, "value": escape(cut(value, 200)), "inline": True}
        for name, value in (("Board", pin.board), ("By", pin.creator))
        if value and value.strip()
    ]
    if pin.link and is_address(pin.link) and len(pin.link) <= 1000:
        fields.append({"name": "Link", "value": pin.link, "inline": False})
    if fields:
        embed["fields"] = fields
    if footer := _footer(people, code):
        embed["footer"] = {"text": footer}
    return embed


def marker_of(embed: dict[str, Any]) -> str:
    """The marker that `pin_embed` put into an embed, else nothing."""
    return str(embed.get("url") or "").partition("#")[2]


def thread_menu(custom_id: str, lines: Sequence[ThreadLine]) -> list[dict[str, Any]]:
    """A menu of threads, the value being the thread's id."""
    options = [
        {
            "label": cut(line.pin.title or f"Pin {line.pin.id}", 100),
            "value": str(line.thread),
            "description": cut(f"{line.code} with {names(line)}", 100),
        }
        for line in lines[:25]
    ]
    menu = {
        "type": SELECT,
        "custom_id": custom_id,
        "placeholder": "Choose a thread",
        "options": options,
    }
    return [{"type": ROW, "components": [menu]}]


def names(line: ThreadLine) -> str:
    return ", ".join(person.name for person in line.people) or "nobody else"


def cut(text: str, limit: int) -> str:
    """One line of at most `limit` visible characters, and at least one."""
    line = " ".join(visible(text).split()) or "…"
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def is_address(text: str) -> bool:
    """An address that Discord takes in an embed or for a picture."""
    return _ADDRESS.fullmatch(text) is not None


def _author(author: Author) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": cut(author.name, 100)}
    if author.picture and is_address(author.picture):
        shown["icon_url"] = author.picture
    return shown


def _footer(people: Sequence[str], code: str) -> str:
    with_whom = ", ".join(cut(name, 40) for name in people)
    return whole(" · ".join(part for part in (with_whom, code) if part))


def _color(color: str | None) -> int:
    return int(color[1:], 16) if color and _COLOR.fullmatch(color) else RED
