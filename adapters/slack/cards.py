"""Block Kit: its pieces, the pin's card, and what is asked about words. Pure.

Every text that people wrote is escaped here, and cut to the platform's limits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from adapters.slack.markup import address as web_address
from adapters.slack.markup import cut_escaped, escape, link, linked, name
from core.model import Pin
from core.ports.reading import ThreadLine

Block = dict[str, Any]

SECTION = 3_000
MOST_BLOCKS = 50

OPEN_PIN = "pin_address"
PICK = "pin_pick"
RETRY = "pin_retry"

_CODE = "thread:"


@dataclass(frozen=True, slots=True)
class Look:
    """How this workspace shows things.

    `authors`: posts carry their author's name and picture. `private`: pictures on
    this machine or network can be seen (the server is not Slack but the sandbox).
    `hidden` are pictures that Slack could not fetch, `emoji` the custom ones there are.
    """

    authors: bool = True
    private: bool = False
    hidden: frozenset[str] = frozenset()
    emoji: frozenset[str] = frozenset()

    def picture(self, address: str | None) -> str | None:
        """The address, if Slack can fetch it."""
        if not address or address in self.hidden or len(address) > SECTION:
            return None
        return address if _reachable(address, private=self.private) else None


@lru_cache(maxsize=4096)
def _reachable(address: str, *, private: bool) -> bool:
    """A public http(s) address. Names are taken as public; numbers are looked at."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or parts.username or set(address) & set('<>"| \n'):
        return False
    try:
        number = ip_address(host)
    except ValueError:
        return (private and bool(host)) or "." in host
    return private or number.is_global


def cut(text: str, most: int) -> str:
    """At most `most` characters, with an ellipsis where something is missing."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def mrkdwn(text: str) -> Block:
    """A text object of ready markup; `verbatim` keeps Slack from finding more in it."""
    return {"type": "mrkdwn", "text": cut_escaped(text, SECTION) or " ", "verbatim": True}


def label(text: str, most: int = 75) -> Block:
    """A plain text object. Slack reads entities here too, so it is escaped."""
    words = escape(" ".join(text.split())) or "…"
    return {"type": "plain_text", "text": cut_escaped(words, most), "emoji": False}


def section(text: str, accessory: Block | None = None) -> Block:
    block: Block = {"type": "section", "text": mrkdwn(text)}
    if accessory:
        block["accessory"] = accessory
    return block


def context(*texts: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text) for text in texts]}


def image(address: str, alt: str) -> Block:
    words = escape(" ".join(alt.split())) or "Picture"
    return {"type": "image", "image_url": address, "alt_text": cut_escaped(words, 500)}


def button(text: str, action: str, *, value: str = "", url: str = "", style: str = "") -> Block:
    block: Block = {"type": "button", "action_id": action, "text": label(text)}
    for key, given in (("value", value), ("url", url), ("style", style)):
        if given:
            block[key] = given
    return block


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def pin_title(pin: Pin) -> str:
    return cut(" ".join((pin.title or "").split()), 100) or f"Pin {pin.id}"


def _open_pin(pin: Pin) -> Block | None:
    url = web_address(pin.url)
    return button("Open pin", OPEN_PIN, url=url) if url and len(url) <= SECTION else None


def _about(pin: Pin, look: Look, description: int) -> list[Block]:
    """Title, description and picture; then creator and board, if either is known."""
    lines = [f"*{link(pin.url, pin_title(pin))}*"]
    if pin.description:
        lines.append(linked(cut(" ".join(pin.description.split()), description)))
    picture = look.picture(pin.picture)
    shown = image(picture, pin.alt or pin_title(pin)) if picture else None
    blocks = [section("\n".join(lines), shown)]
    known = [escape(cut(part, 200)) for part in (pin.creator, pin.board) if part]
    if known:
        blocks.append(context(" · ".join(known)))
    return blocks


def card(pin: Pin, opened_by: str, people: Sequence[str], code: str, look: Look) -> list[Block]:
    """The root message of a mirrored thread."""
    others = [name(other) for other in _others(people, opened_by)]
    by = f"*{name(opened_by)}*" + (f" with {', '.join(others)}" if others else "")
    blocks = _about(pin, look, 300)
    blocks.append(context(by, f"`/pin open {escape(code)}`") | {"block_id": f"{_CODE}{code}"})
    opening = _open_pin(pin)
    if opening:
        blocks.append(actions(opening))
    return blocks


def _others(people: Sequence[str], one: str) -> tuple[str, ...]:
    """All but one; somebody else may have the same name."""
    at = people.index(one) if one in people else len(people)
    return (*people[:at], *people[at + 1 :])


def card_text(pin: Pin, opened_by: str, people: Sequence[str]) -> str:
    """The card for notifications and screen readers."""
    others = ", ".join(_others(people, opened_by))
    return f"{opened_by} on {pin_title(pin)}" + (f", with {others}" if others else "")


def further_pin(pin: Pin, look: Look) -> list[Block]:
    """A further pin in a thread: smaller than the card."""
    return _about(pin, look, 120)


def refusal(sentence: str, retry: str = "") -> list[Block]:
    """`retry` leads back to the words that were refused, where they may be taken later."""
    blocks = [section(linked(sentence))]
    if retry:
        blocks.append(actions(button("Try again", RETRY, value=retry)))
    return blocks


def picker(lines: Sequence[ThreadLine], key: str) -> list[Block]:
    """Which thread did you mean? `key` leads back to the words that wait."""
    options = [
        {
            "text": label(f"{pin_title(line.pin)} · {', '.join(p.name for p in line.people)}"),
            "value": line.thread,
        }
        for line in lines[:100]
    ]
    chooser = {
        "type": "static_select",
        "action_id": PICK,
        "placeholder": label("Choose a thread"),
        "options": options,
    }
    return [
        section("Which thread is this for? Choose one and it is sent."),
        {"type": "actions", "block_id": cut(f"pick:{key}", 255), "elements": [chooser]},
        context("To skip this question, reply inside the thread itself."),
    ]
