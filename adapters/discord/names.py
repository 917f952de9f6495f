"""Names that Discord accepts for a webhook's post.

1 to 80 characters, nothing invisible, no word that Discord keeps for itself. A name
that Discord refuses all the same is replaced by `NEUTRAL` (see `webhooks`). Pure.
"""

import unicodedata
from functools import lru_cache

NEUTRAL = "Someone"
LONGEST = 80

_INSIDE = ("clyde", "discord")
_WHOLE = frozenset({"here", "everyone"})
_JOINER = "\u200d"
# Letters of other alphabets that look like Latin ones; NFKD folds the styled ones.
_LOOK_ALIKE = str.maketrans("аеёсԁіїӏјоѕуһυοιсϲⅽｃıɩɡʏ0ѵ", "aeecdiiljosyhuoicccciigyov")


@lru_cache(maxsize=8192)
def webhook_name(name: str) -> str:
    """`name` as a webhook may carry it; `NEUTRAL` where nothing of it is left."""
    shown = " ".join(visible(name).split())
    while (at := _forbidden(shown)) is not None:
        shown = f"{shown[:at]}-{shown[at:]}"
    shown = _cut(shown)
    bare = "".join(_folded(character) for character in shown if character.isalnum())
    if not bare and not any(unicodedata.category(c) in ("So", "Sm", "Sc") for c in shown):
        return NEUTRAL
    return NEUTRAL if bare in _WHOLE else shown


def visible(text: str) -> str:
    """Without control, format, surrogate and unassigned characters; emoji keep their joiners."""
    return "".join(
        character
        for at, character in enumerate(text)
        if unicodedata.category(character)[0] != "C"
        or (character in "\t\n" or (character == _JOINER and _joins(text, at)))
    )


def _joins(text: str, at: int) -> bool:
    """Whether the joiner there stands between two parts of one emoji."""
    if not 0 < at < len(text) - 1:
        return False
    before, after = text[at - 1], text[at + 1]
    pictured = unicodedata.category(before) in ("So", "Sk") or before == "\ufe0f"
    return pictured and unicodedata.category(after) == "So"


def _forbidden(name: str) -> int | None:
    """Where to break a kept word, or nothing. The word is searched as people would read it."""
    folded, places = [], []
    for at, character in enumerate(name):
        for letter in _folded(character):
            folded.append(letter)
            places.append(at)
    text = "".join(folded)
    for word in _INSIDE:
        found = text.find(word)
        if found >= 0:
            return places[found + 3]
    return None


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character).casefold().translate(_LOOK_ALIKE)
    return "".join(c for c in plain if unicodedata.category(c)[0] not in ("M", "C"))


def _cut(name: str) -> str:
    """At most 80 characters, counted as UTF-16 does, which is the stricter way."""
    while len(name.encode("utf-16-le")) > 2 * LONGEST:
        name = name[:-1]
    return name.rstrip()
