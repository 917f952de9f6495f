"""Where a text may be cut: between what a reader sees as characters.

The rules of Unicode's annex 29 as far as `unicodedata` tells: marks, joiners, skin tones,
flags, tags, Hangul and Indic clusters. In doubt a place is no place to cut.
"""

import unicodedata

_JOINER = "\u200d"
_ZWNJ = "\u200c"


def boundary(text: str, at: int) -> int:
    """The last place up to `at` between two characters, or 0. The ends are such places."""
    while 0 < at < len(text) and not _between(text, at):
        at -= 1
    return min(at, len(text))


def _between(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if before == "\r" and after == "\n":
        return False
    if after < "\u0300":
        return True
    if after in (_JOINER, _ZWNJ) or _extends(after):
        return False
    if before == _JOINER:
        return False
    if _is_flag(after) and _is_flag(before):
        return _flags_before(text, at) % 2 == 0
    if _is_hangul(after) and _is_hangul(before):
        return False
    return not (unicodedata.combining(before) == 9 and unicodedata.category(after) == "Lo")


def _extends(sign: str) -> bool:
    return (
        unicodedata.category(sign) in ("Mn", "Me", "Mc")
        or "\U0001f3fb" <= sign <= "\U0001f3ff"
        or "\U000e0020" <= sign <= "\U000e007f"
        or sign in "\uff9e\uff9f"
    )


def _is_flag(sign: str) -> bool:
    return "\U0001f1e6" <= sign <= "\U0001f1ff"


def _flags_before(text: str, at: int) -> int:
    start = at
    while start and _is_flag(text[start - 1]):
        start -= 1
    return at - start


def _is_hangul(sign: str) -> bool:
    """Letters and syllables: cut around, though two whole syllables could be parted."""
    return (
        "\u1100" <= sign <= "\u11ff" or "\ua960" <= sign <= "\ua97f" or "\ud7b0" <= sign <= "\ud7ff"
    )
