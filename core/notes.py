"""Reads the mark of a note in words that were typed in a brand's inbox, and takes it off.

`note:` in any case, or a lock, in front. Rather one note too many than a word too many
outside the brand: marks of quotes, lists and emphasis may stand before it, white space and
what is invisible anywhere in between, and letters that look like its own count as those.
"""

import re
import unicodedata

from core.ids import AccountId
from core.text.content import (
    Code,
    Content,
    Heading,
    Leaf,
    Mention,
    Paragraph,
    Text,
    plain,
    plain_inline,
)
from core.text.mentions import named
from core.text.runs import Run, flat, nest
from core.text.tidy import normal

_BEFORE = r"(?:[\s>*_~`|#+\\\-\u2010-\u2015\u2022\u2023\u25e6\u2043\u2219]|[0-9]{1,3}[.)])*"
"""Marks of quotes, lists, headings and emphasis."""
_MARK = re.compile(
    _BEFORE + "(?:n[o0]te[\\s*_~`|]*[:\u02d0\u05c3\u0589\u2236\ua789]"
    "|[\U0001f512\U0001f510\U0001f50f]"
    "|:(?:lock|closed_lock_with_key|lock_with_ink_pen):)[*_~`|]*\\s*",
)
_LOOKALIKES = str.maketrans(
    "\u043e\u03bf\u0585\u0442\u03c4\u0435\u03b5\u0454\u0578\u057c\u03b7\u043f\u1d0f\u1d1b\u1d07\u0274",
    "oootteeennnnoten",
)
"""Letters of other scripts that are read as those of the mark, after folding."""
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that show nothing."""
_IN_FRONT = re.compile(_BEFORE)
_BEGINS = frozenset("n:\U0001f512\U0001f510\U0001f50f0123456789")
"""What a mark, or the number of a list in front of it, begins with."""
_UNSEEN = ("Cc", "Cf", "Mn", "Me")
_LONGEST = 40
"""Characters in which a mark is found once quote and list marks are over."""
SIGN = "\U0001f512"
"""The reaction under words that have become a note where they were typed."""
_CALLED = re.compile(r"(?<![\w.])@\w")


def is_marked(text: str) -> bool:
    """Whether the words are meant as a note."""
    return _end(text.lstrip()) > 0


def unmarked(text: str, rich: Content | None) -> tuple[str, Content | None]:
    """The words without their mark; without one, as they are."""
    words = text.lstrip()
    end = _end(words)
    if not end:
        return text, rich
    rest = words[end:]
    if rich is None:
        return rest, None
    cut = _without(rich, end)
    # Where the tree begins otherwise than its text, the plain words stand for both.
    return (rest, cut) if cut is not None and plain(cut).split() == rest.split() else (rest, None)


def _end(words: str) -> int:
    """Where the mark in front of the words ends; 0: there is none.

    Read without what is invisible, and with letters that look like others as those.
    """
    seen: list[str] = []
    at: list[int] = []
    room = _LONGEST
    for n, character in enumerate(words):
        for one in _folded(character):
            in_front = _IN_FRONT.fullmatch(one) is not None
            if not in_front and room == _LONGEST and one not in _BEGINS:
                return 0  # as nearly all words: every post of a brand comes by here
            seen.append(one)
            at.append(n)
            room -= not in_front
        if room <= 0:
            break
    found = _MARK.match("".join(seen))
    if found is None:
        return 0
    end = found.end()
    return at[end] if end < len(at) else at[-1] + 1


def _folded(character: str) -> str:
    if character in _BLANK:
        return ""
    parts = unicodedata.normalize("NFKD", character.casefold())
    shown = [one for one in parts if unicodedata.category(one) not in _UNSEEN or one.isspace()]
    return "".join(shown).translate(_LOOKALIKES)


def _without(content: Content, characters: int) -> Content | None:
    """The tree without its first characters, where it begins with a row of words."""
    if not content or not isinstance(content[0], Paragraph | Heading):
        return None
    runs: list[Run] = []
    for mask, leaf in flat(content[0].children):
        taken = min(characters, len(plain_inline((leaf,))))
        characters -= taken
        rest: Leaf = leaf
        if taken and isinstance(leaf, Text | Code):
            rest = type(leaf)(leaf.text[taken:])
        elif taken:
            continue
        runs.append((mask, rest))
    return normal((Paragraph(nest(runs)), *content[1:]))


def calls_somebody(text: str, rich: Content | None, members: tuple[AccountId, ...]) -> bool:
    """Whether the words call somebody by name who is not in the conversation.

    People without an account are plain `@words`, and nobody knows who is meant by those.
    """
    called = [one for one in named(rich or ()) if isinstance(one, Mention)]
    if any(one.account not in members for one in called):
        return True
    return len(_CALLED.findall(text)) > len(_CALLED.findall(" ".join(f"@{c.name}" for c in called)))
