"""Emoji of reactions: what they are inside the program, and Slack's names of them. Pure.

Inside, an emoji is Unicode in NFC without U+FE0F, with its skin tone, or `:name:` of a
custom one.
"""

import re
import unicodedata

from adapters.slack.emoji import Custom, characters, name_of, resolved

_MODIFIER = re.compile("[\U0001f3fb-\U0001f3ff]")
_CUSTOM = re.compile(r":([^:\s]{1,100}):")
_TONE = "::skin-tone-"


def inside(name: str, custom: Custom) -> str:
    """The emoji of a name, behind all aliases."""
    base, _, tone = name.strip(":").partition(_TONE)
    found, behind = resolved(base, custom)
    if found is None:
        return f":{behind}:"
    return normal((characters(behind, tone) if tone else None) or found)


def is_standard(name: str) -> bool:
    return characters(name.strip(":")) is not None


def outside(emoji: str) -> str | None:
    """Slack's name of an emoji, or nothing where Slack has none."""
    custom = _CUSTOM.fullmatch(emoji)
    if custom:
        return custom[1]
    bare = normal(emoji)
    return name_of(bare) or name_of(_MODIFIER.sub("", bare))


def normal(emoji: str) -> str:
    """One form for each emoji: NFC, without the selector that only asks for colour."""
    return unicodedata.normalize("NFC", emoji).replace("\ufe0f", "")
