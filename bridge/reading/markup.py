"""The markdown of the web: words typed there, and messages as the text an edit begins with.

It is Discord's dialect, read and written by the same code, so that the same signs mean the
same everywhere. People and channels stand in it by numbers that mean something within one
message only: a text names nobody whom its message did not name before, and shows no id.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import TypeVar

from adapters.discord.inline import Known
from adapters.discord.markdown import There, write
from adapters.discord.richtext import read
from core.text.content import Channel, Content, Mention, plain, words_only
from core.text.mentions import named
from core.text.tidy import of_text

_EMOJI = re.compile(r"\w{1,32}")
_T = TypeVar("_T")


class Markdown:
    """`core.ports.needs.Markup`."""

    def read(self, text: str, before: Content | None = None) -> tuple[str, Content | None]:
        people, channels = _named(before)
        known = Known(
            user=lambda which: _at(people, which) or (None, which),
            role=lambda which: f"&{which}",
            channel=lambda which: _at(channels, which) or Channel(which),
        )
        tree = read(text, known)
        words = words_only(tree)
        if words is not None:
            return words, None
        words = plain(tree)
        return words, None if tree == of_text(words) else tree

    def write(self, text: str, rich: Content | None) -> str:
        people, channels = _named(rich)
        there = There(
            user=partial(_number, [account for account, _ in people]),
            channel=partial(_number, [channel.ref for channel in channels]),
            emoji=lambda name: f"<:{name}:0>" if _EMOJI.fullmatch(name) else None,
        )
        return write(of_text(text) if rich is None else rich, there).content


def _named(content: Content | None) -> tuple[list[tuple[str, str]], list[Channel]]:
    """Each once, in the order in which they stand."""
    people: dict[tuple[str, str], None] = {}
    channels: dict[Channel, None] = {}
    for one in named(content or ()):
        if isinstance(one, Mention):
            people[one.account, one.name] = None
        elif one.ref:
            channels[one] = None
    return list(people), list(channels)


def _number(found: Sequence[str | None], wanted: str) -> str | None:
    return str(found.index(wanted)) if wanted in found else None


def _at(found: Sequence[_T], which: str) -> _T | None:
    return found[int(which)] if int(which) < len(found) else None
