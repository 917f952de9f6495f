"""Reads the mark of a note in words that were typed in a brand's inbox, and takes it off.

`note:` in any case, or a lock, in front. Rather one note too many than a word too many
outside the brand: white space and the full-width colon count too.
"""

import re

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

_MARK = re.compile(
    "[\\s\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]*"
    "(?:[n\uff4e][o\uff4f][t\uff54][e\uff45]\\s*[:\uff1a]"
    "|[\U0001f512\U0001f510\U0001f50f]\ufe0f?"
    "|:(?:lock|closed_lock_with_key|lock_with_ink_pen):)\\s*",
    re.IGNORECASE,
)
SIGN = "\U0001f512"
"""The reaction under words that have become a note where they were typed."""
_CALLED = re.compile(r"(?<![\w.])@\w")


def is_marked(text: str) -> bool:
    """Whether the words are meant as a note."""
    return _MARK.match(text.lstrip()) is not None


def unmarked(text: str, rich: Content | None) -> tuple[str, Content | None]:
    """The words without their mark; without one, as they are."""
    found = _MARK.match(text.lstrip())
    if found is None:
        return text, rich
    rest = text.lstrip()[found.end() :]
    if rich is None:
        return rest, None
    cut = _without(rich, found.end())
    # Where the tree begins otherwise than its text, the plain words stand for both.
    return (rest, cut) if cut is not None and plain(cut).split() == rest.split() else (rest, None)


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
