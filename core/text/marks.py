"""Pairs the marks of a dialect as they come, in one pass.

What stands between two marks that belong together has their style; a mark that stays
alone is text. Each kind is open once at most, except brackets, so that every step is
constant, and each entry is styled once a kind: linear, however the marks are mixed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from core.text.content import Leaf, Link, Text
from core.text.runs import Run, nest

MOST = 5_000
"""Marks and tokens of one paragraph that are read at all: more than any platform's message
holds of them. What follows stays text, so that nonsense of any size costs little."""


@dataclass(slots=True)
class _Opened:
    kind: str
    at: int
    """Where its own sign stands among the entries."""
    bit: int


class Marks:
    """The words of one paragraph, while they are read."""

    def __init__(self) -> None:
        self._masks: list[int] = []
        self._leaves: list[Leaf | str] = []
        self._open: list[_Opened] = []
        self._places: dict[str, list[int]] = {}

    def say(self, words: str) -> None:
        self._masks.append(0)
        self._leaves.append(words)

    def add(self, leaf: Leaf) -> None:
        self._masks.append(0)
        self._leaves.append(leaf)

    def is_open(self, kind: str) -> bool:
        return bool(self._places.get(kind))

    def is_inside(self, inner: str, outer: str) -> bool:
        """Whether of two open kinds the first was opened later."""
        return self._places[inner][-1] > self._places[outer][-1]

    def kinds(self) -> list[str]:
        return [kind for kind, places in self._places.items() if places]

    def open(self, kind: str, bit: int, sign: str) -> None:
        self._places.setdefault(kind, []).append(len(self._open))
        self._open.append(_Opened(kind, len(self._leaves), bit))
        self.say(sign)

    def close(self, kind: str) -> bool:
        """Styles what follows the open mark of that kind, if there is anything."""
        place = self._places[kind][-1]
        opened = self._open[place]
        start = opened.at + 1
        if start == len(self._leaves):
            return False
        self._forget_down_to(place)
        self._leaves[opened.at] = ""
        bit = opened.bit
        self._masks[start:] = [mask | bit for mask in self._masks[start:]]
        return True

    def turn(self, outer: str, inner: str) -> None:
        """Two marks opened side by side change places, so that the outer one can be closed."""
        if len(self._open) < 2:
            return
        first, second = self._open[-2:]
        if (first.kind, second.kind) != (outer, inner) or second.at != first.at + 1:
            return
        leaves, places = self._leaves, self._places
        leaves[first.at], leaves[second.at] = leaves[second.at], leaves[first.at]
        places[outer][-1], places[inner][-1] = places[inner][-1], places[outer][-1]
        first.kind, second.kind = second.kind, first.kind
        first.bit, second.bit = second.bit, first.bit

    def link(self, kind: str, url: str, *, preview: bool) -> None:
        """What follows the open mark of that kind becomes the label of a link."""
        place = self._places[kind][-1]
        start = self._open[place].at
        self._forget_down_to(place)
        label = nest(_runs(self._masks[start + 1 :], self._leaves[start + 1 :]), linking=False)
        del self._masks[start:], self._leaves[start:]
        self.add(Link(url, label, preview))

    def forget_last(self, kind: str, *, only_inner: bool) -> None:
        """What was opened last stays text, if it is of that kind (and stands in another of it)."""
        if len(self._places.get(kind, ())) > only_inner and self._open[-1].kind == kind:
            self._forget_down_to(len(self._open) - 1)

    def end_line(self) -> None:
        """What is open stays text, for dialects whose marks hold within a line."""
        self._forget_down_to(0)

    def runs(self) -> Iterator[Run]:
        return _runs(self._masks, self._leaves)

    def _forget_down_to(self, place: int) -> None:
        while len(self._open) > place:
            self._places[self._open.pop().kind].pop()


def _runs(masks: list[int], leaves: list[Leaf | str]) -> Iterator[Run]:
    """Words that stand together are one text."""
    words: list[str] = []
    styles = 0
    for mask, leaf in zip(masks, leaves, strict=True):
        if words and (mask != styles or not isinstance(leaf, str)):
            yield styles, Text("".join(words))
            words = []
        if not isinstance(leaf, str):
            yield mask, leaf
        elif leaf:
            styles = mask
            words.append(leaf)
    if words:
        yield styles, Text("".join(words))
