"""Normal content: one form for each look. Linear, and never deep, whatever it is given.

`normal` makes any tree normal; `of_text` plain words; `of_blocks` what a dialect's reader
has found, whose inline content `core.text.runs.nest` has built. Quotes inside quotes and what
is nested too deep are flattened, since no dialect can show them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from core.text.content import (
    Block,
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
from core.text.listing import Line, build, lines
from core.text.runs import Run, flat, nest, stripped

_ODD = re.compile("\r\n?|[\x00\ud800-\udfff]")
_LANGUAGE = re.compile(r"[A-Za-z0-9_+\-.#]{1,32}")


def whole(text: str) -> str:
    """With `\\n` as line end, and without halves of characters, which nobody can be sent."""
    if text.isascii() and "\r" not in text and "\0" not in text:
        return text
    return _ODD.sub(lambda odd: "\n" if odd[0][0] == "\r" else "\ufffd", text)


def of_text(text: str) -> Content:
    """Words without any marks, with their addresses as links."""
    text = whole(text).strip()
    if not text:
        return ()
    leaf = Text(text)
    return (Paragraph(nest([(0, leaf)]) if "://" in text else (leaf,)),)


def normal(content: Content) -> Content:
    """Any content in its normal form."""
    found: list[Block] = []
    for block in content:
        if isinstance(block, Quote):
            found.append(Quote(tuple(_renested(one) for one in _opened(block))))
        else:
            found.append(_renested(block))
    return of_blocks(found)


def of_blocks(blocks: Iterable[Block]) -> Content:
    """Neighbours that look like one joined, what is empty left out, white space trimmed."""
    found = list(blocks)
    before = -1
    while before != len(found):
        # Neighbours may meet where something between them was empty.
        before = len(found)
        found = [one for kind, alike in groupby(found, type) for one in _JOINED[kind](list(alike))]
    return tuple(_trimmed(found))


def _trimmed(blocks: list[Block]) -> Iterator[Block]:
    """Without white space at both ends, and before words that follow another block."""
    for at, block in enumerate(blocks):
        if not isinstance(block, Paragraph):
            yield block
            continue
        children = block.children
        if at and isinstance(first := children[0], Text) and first.text[0] in " \t":
            text = first.text.lstrip(" \t")
            children = (Text(text), *children[1:]) if text else children[1:]
        if at in (0, len(blocks) - 1):
            children = stripped(children, left=not at, right=at == len(blocks) - 1)
        yield block if children is block.children else Paragraph(children)


def _paragraphs(alike: Sequence[Paragraph]) -> list[Block]:
    children = alike[0].children
    if len(alike) > 1:
        runs: list[Run] = []
        for one in alike:
            runs += [(0, Text("\n")), *flat(one.children)]
        children = nest(runs[1:])
    blank = all(isinstance(one, Text) and not one.text.strip() for one in children)
    return [] if blank else [Paragraph(children)]


def _headings(alike: Sequence[Heading]) -> list[Block]:
    named = [(one.level, _one_line(one.children)) for one in alike]
    return [Heading(min(max(level, 1), 3), children) for level, children in named if children]


def _lists(alike: Sequence[ListBlock]) -> list[Block]:
    """An empty item goes, and what hung on it moves up."""
    rows: list[Line] = []
    fresh = False
    for row in [row for one in alike for row in lines(one)]:
        children = stripped(nest(_whole(row.children)))
        fresh = fresh or row.fresh
        if children:
            rows.append(Line(row.depth, row.ordered, max(row.number, 1), fresh, children))
            fresh = False
    return [*build(rows)]


def _quotes(alike: Sequence[Quote]) -> list[Block]:
    content = of_blocks([block for one in alike for block in one.content])
    return [Quote(content)] if content else []


def _codes(alike: Sequence[CodeBlock]) -> list[Block]:
    """Line ends at the edges go: fences swallow them."""
    found: list[Block] = []
    for one in alike:
        text = whole(one.text).strip("\n")
        if text:
            named = _LANGUAGE.fullmatch(one.language)
            found.append(CodeBlock(text, named[0] if named else ""))
    return found


_JOINED: dict[type, Callable[[Any], list[Block]]] = {
    Paragraph: _paragraphs,
    Heading: _headings,
    ListBlock: _lists,
    Quote: _quotes,
    CodeBlock: _codes,
}


def _one_line(children: tuple[Inline, ...]) -> tuple[Inline, ...]:
    runs = flat(children)
    if any(isinstance(leaf, Text) and "\n" in leaf.text for _, leaf in runs):
        texts = [leaf.text.replace("\n", " ") if isinstance(leaf, Text) else "" for _, leaf in runs]
        children = nest(
            (mask, Text(text) if text else leaf)
            for (mask, leaf), text in zip(runs, texts, strict=True)
        )
    return stripped(children)


def _opened(quote: Quote) -> Iterator[Block]:
    """What a quote holds, with the quotes in it opened."""
    waiting: list[Block] = [quote]
    while waiting:
        block = waiting.pop()
        if isinstance(block, Quote):
            waiting += reversed(block.content)
        else:
            yield block


def _renested(block: Block) -> Block:
    """Lists and code are seen to when their neighbours are known."""
    if isinstance(block, Paragraph):
        return Paragraph(nest(_whole(block.children)))
    if isinstance(block, Heading):
        return Heading(block.level, nest(_whole(block.children)))
    return block


def _whole(children: tuple[Inline, ...]) -> Iterator[Run]:
    for mask, leaf in flat(children):
        yield mask, type(leaf)(whole(leaf.text)) if isinstance(leaf, Text | Code) else leaf
