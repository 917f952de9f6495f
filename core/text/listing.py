"""Lists as rows of lines, each with its depth: what both dialects write, and the tree between.

`build` gives the normal lists of such lines, `lines` undoes it, however deep the tree is.
"""

from dataclasses import dataclass

from core.text.content import (
    Bold,
    Code,
    CodeBlock,
    Content,
    Heading,
    Inline,
    ListBlock,
    Paragraph,
    Quote,
    Text,
)

DEEPEST = 8
"""Levels below the first; what is deeper stands on the last of them."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item. A `fresh` one begins a list, unless its `number` goes on with the one before."""

    depth: int
    ordered: bool
    number: int
    fresh: bool
    children: tuple[Inline, ...]


@dataclass(slots=True)
class _Open:
    ordered: bool
    start: int
    items: "list[tuple[tuple[Inline, ...], list[_Open]]]"


def build(rows: list[Line]) -> list[ListBlock]:
    top: list[_Open] = []
    path: list[_Open] = []
    for row in rows:
        depth = min(row.depth, len(path), DEEPEST)
        del path[depth + 1 :]
        if depth == len(path) or not _goes_on(path[depth], row, depth):
            opened = _Open(row.ordered, row.number if row.ordered else 1, [])
            (path[depth - 1].items[-1][1] if depth else top).append(opened)
            path[depth:] = [opened]
        path[depth].items.append((row.children, []))
    return [_closed(one) for one in top]


def lines(block: ListBlock) -> list[Line]:
    """The items of a list and of those inside it, in order. No recursion."""
    rows: list[Line] = []
    waiting: list[tuple[int, ListBlock, int]] = [(0, block, 0)]
    while waiting:
        depth, listed, at = waiting.pop()
        if at == len(listed.items):
            continue
        waiting.append((depth, listed, at + 1))
        children, inner = _item(listed.items[at])
        rows.append(Line(depth, listed.ordered, listed.start + at, at == 0, children))
        waiting += [(depth + 1, one, 0) for one in reversed(inner)]
    return rows


def _goes_on(before: _Open, row: Line, depth: int) -> bool:
    if before.ordered != row.ordered:
        return False
    goes_on = row.number == before.start + len(before.items)
    return goes_on or not row.ordered or not row.fresh or depth > 0


def _closed(one: _Open) -> ListBlock:
    items: list[Content] = [
        (Paragraph(children), *map(_closed, inner)) for children, inner in one.items
    ]
    return ListBlock(one.ordered, one.start, tuple(items))


def _item(content: Content) -> tuple[tuple[Inline, ...], list[ListBlock]]:
    """An item's words and the lists inside it. Quotes are opened, code and headings made inline."""
    children: list[Inline] = []
    inner: list[ListBlock] = []
    waiting = list(reversed(content))
    while waiting:
        block = waiting.pop()
        if isinstance(block, ListBlock):
            inner.append(block)
            continue
        if isinstance(block, Quote):
            waiting += reversed(block.content)
            continue
        if children:
            children.append(Text("\n"))
        if isinstance(block, CodeBlock):
            children.append(Code(block.text))
        elif isinstance(block, Heading):
            children.append(Bold(block.children))
        else:
            children += block.children
    return tuple(children), inner
