"""Slack's names of standard emoji and their characters, both ways. Pure, read once.

The names are those of iamcal/emoji-data (`emoji-data.json`, made from the npm package
emoji-datasource; licence beside it). A name may carry tones: `wave::skin-tone-3`.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_VARIATION = "\ufe0f"
_POINTS = re.compile(r"[0-9a-fA-F]{2,6}(?:-[0-9a-fA-F]{2,6}){0,15}")
_HOPS = 5

Custom = Callable[[str], str | None]
"""What `emoji.list` says of a name: an address, `alias:<name>`, or nothing."""


@dataclass(frozen=True, slots=True)
class _Table:
    names: Mapping[str, str]
    toned: frozenset[str]
    irregular: Mapping[str, Mapping[str, str]]
    back: Mapping[str, str]


@cache
def _table() -> _Table:
    stored = json.loads(Path(__file__).with_name("emoji-data.json").read_text())
    back: dict[str, str] = {}
    toned = frozenset(stored["toned"].split())
    table = _Table(stored["names"], toned, stored["irregular"], back)
    for name, characters in table.names.items():
        back.setdefault(_bare(characters), name)
    for name in table.toned:
        for tone in "23456":
            back.setdefault(_bare(_with_tone(table.names[name], tone)), f"{name}::skin-tone-{tone}")
    for name, forms in table.irregular.items():
        for tones, characters in forms.items():
            back.setdefault(_bare(characters), f"{name}::skin-tone-{tones}")
    return table


def characters(name: str, tone: str = "") -> str | None:
    """The characters of a standard emoji. `tone` is `2` to `6`, or two of them as `2-3`."""
    name, _, typed = name.partition("::skin-tone-")
    tone = tone or typed.replace("::skin-tone-", "-").strip(":")
    table = _table()
    found = table.names.get(name)
    if found is None or not tone:
        return found
    special = table.irregular.get(name, {}).get(tone)
    if special:
        return special
    takes_one = name in table.toned and tone in set("23456")
    return _with_tone(found, tone) if takes_one else found


def name_of(emoji: str) -> str | None:
    """Slack's name for the characters of one emoji, with its tone, as `reactions.add` takes it."""
    return _table().back.get(_bare(emoji))


def from_points(points: str) -> str | None:
    """The characters behind `1f44b-1f3fc`, as a `rich_text` emoji carries them."""
    if not _POINTS.fullmatch(points):
        return None
    numbers = [int(point, 16) for point in points.split("-")]
    if any(n > 0x10FFFF or 0xD800 <= n < 0xE000 for n in numbers):
        return None
    return "".join(map(chr, numbers))


def resolved(name: str, custom: Custom) -> tuple[str | None, str]:
    """The characters, if it is standard in the end, and the name behind all aliases."""
    for _ in range(_HOPS):
        found = characters(name)
        if found:
            return found, name
        target = custom(name)
        if target is None or not target.startswith("alias:"):
            break
        name = target.removeprefix("alias:")
    return None, name


def _with_tone(found: str, tone: str) -> str:
    """The tone stands after the first character, in place of a variation selector."""
    return found[0] + _TONES[int(tone) - 2] + found[1:].removeprefix(_VARIATION)


def _bare(found: str) -> str:
    return found.replace(_VARIATION, "")
