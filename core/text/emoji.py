"""Emoji as the history names them: one name for each, however it was typed.

Unicode ones are in normal form C without variation selectors, with their skin tones;
custom ones are `:name:`.
"""

import re
import unicodedata

from core.text.graphemes import boundary

LONGEST = 32
"""Characters: the longest standard sequences (flags with tags, families) have 14."""
_CUSTOM = re.compile(r":[\w+-]{1,100}:")
_KEYCAP = re.compile("[0-9#*]\u20e3")
_ALSO = frozenset("\u203c\u2049\u2139\u3030\u2194\u25ab\u25aa\u25fb\u25fc\u25fd\u25fe\u21a9\u21aa")
"""Emoji that Unicode counts as punctuation, letters or signs of mathematics."""
_SELECTORS = ("\ufe0f", "\ufe0e")


def normal(emoji: str) -> str:
    """The same for every way to write the emoji."""
    for selector in _SELECTORS:
        emoji = emoji.replace(selector, "")
    return unicodedata.normalize("NFC", emoji)


def is_emoji(emoji: str) -> bool:
    """Whether a normal form is one emoji: a custom one by name, or a single picture."""
    if _CUSTOM.fullmatch(emoji) or _KEYCAP.fullmatch(emoji):
        return True
    if not emoji or len(emoji) > LONGEST or boundary(emoji, len(emoji) - 1) > 0:
        return False
    first = emoji[0]
    return unicodedata.category(first) == "So" or first in _ALSO
