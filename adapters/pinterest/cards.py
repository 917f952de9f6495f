"""What answers about a pin say, as `Pin`: only what fits its limits. Pure.

Nothing of an answer is trusted: texts are cut, addresses must be http or https,
a colour must be one; whatever is of another type is as good as absent.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from adapters.pinterest.addresses import LONGEST, pin_url
from core.ids import PinId
from core.model import Pin, PinSource

TITLE = 100
DESCRIPTION = 800
ALT = 500
NAME = 100
WIDEST = 1_200
"""Pixels of the picture that is preferred: the widest up to this."""

_COLOR = re.compile(r"#[0-9a-f]{6}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

Answer = Mapping[str, Any]


def bare(pin: PinId) -> Pin:
    return Pin(pin, pin_url(pin))


def from_api(pin: PinId, answer: Answer, board: Answer) -> Pin:
    """Of `GET /v5/pins/{id}`, and of `GET /v5/boards/{id}` where that was answered."""
    return Pin(
        pin,
        pin_url(pin),
        title=_line(answer.get("title"), TITLE),
        description=_text(answer.get("description"), DESCRIPTION),
        alt=_text(answer.get("alt_text"), ALT),
        picture=_picture(_mapping(answer.get("media"))),
        link=address(answer.get("link")),
        board=_line(board.get("name"), NAME),
        creator=_line(_mapping(answer.get("board_owner")).get("username"), NAME),
        color=_color(answer.get("dominant_color")),
        source=PinSource.API,
    )


def from_oembed(pin: PinId, answer: Answer) -> Pin:
    return Pin(
        pin,
        pin_url(pin),
        title=_line(answer.get("title"), TITLE),
        description=_text(answer.get("description"), DESCRIPTION),
        picture=address(answer.get("thumbnail_url")),
        creator=_line(answer.get("author_name"), NAME),
        source=PinSource.OEMBED,
    )


def address(value: object) -> str | None:
    """An http or https address, else nothing."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
        return None
    if any(c <= " " or c == "\x7f" for c in value):
        return None
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        return None
    return value if parts.scheme in ("http", "https") and host else None


def _picture(media: Answer) -> str | None:
    """The best picture of any kind of media; of several, the first."""
    items = media.get("items")
    if isinstance(items, list) and items:
        media = _mapping(items[0])
    sizes = [_mapping(size) for size in _mapping(media.get("images")).values()]
    usable = [(_width(size), url) for size in sizes if (url := address(size.get("url")))]
    fitting = [size for size in usable if size[0] <= WIDEST]
    if fitting:
        return max(fitting)[1]
    return min(usable)[1] if usable else address(media.get("cover_image_url"))


def _width(size: Answer) -> int:
    width = size.get("width")
    return width if isinstance(width, int) else 0


def _mapping(value: object) -> Answer:
    return value if isinstance(value, dict) else {}


def _line(value: object, most: int) -> str | None:
    text = _text(value, DESCRIPTION)
    return _cut(" ".join(text.split()), most) if text else None


def _text(value: object, most: int) -> str | None:
    if not isinstance(value, str):
        return None
    text = _CONTROL.sub("", value[: 4 * DESCRIPTION]).strip()
    return _cut(text, most) if text else None


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "\u2026"


def _color(value: object) -> str | None:
    text = value.lower() if isinstance(value, str) else ""
    return text if _COLOR.fullmatch(text) else None
