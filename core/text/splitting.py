"""Cuts content into parts that each fit one message, as their platform counts it.

Between blocks where it can, else at a line's end, else between words, else between
characters; never inside an address, a mention or any other node. What is cut is closed and
opened again: styles, quotes, fences, and lists, whose numbers go on. Each part costs a few
measurements of what it could hold at most, so the whole is linear.
"""

from collections.abc import Callable, Iterable

from core.text.content import (
    Block,
    Code,
    CodeBlock,
    Content,
    Heading,
    Inline,
    Link,
    ListBlock,
    Paragraph,
    Quote,
    Styled,
    Text,
    plain_inline,
)
from core.text.graphemes import boundary
from core.text.runs import flat, nest, stripped
from core.text.tidy import of_blocks

Measure = Callable[[Content], int]
_Fits = Callable[[Content], bool]
_Row = tuple[Inline, ...]
_FENCE = 8


def split(content: Content, measure: Measure, limit: int) -> tuple[Content, ...]:
    """Parts of at most `limit`, in order. Normal content gives normal parts."""
    if measure(content) <= limit:
        return (content,)
    parts: list[Content] = []
    rest = content
    while rest:
        head, rest = _take(rest, lambda part: measure(part) <= limit, limit, empty=True)
        parts.append(of_blocks(head))
    return tuple(part for part in parts if part)


def _take(blocks: Content, fits: _Fits, limit: int, *, empty: bool) -> tuple[Content, Content]:
    """As many blocks as fit, the last of them cut. `empty`: something must be taken."""
    most = _within((_weight(block, limit) for block in blocks), limit)
    count = _largest(most, lambda n: fits(blocks[:n]))
    whole, rest = blocks[:count], blocks[count:]
    if not rest or (whole and _weight(rest[0], limit) <= limit + 1 and fits(rest[:1])):
        return whole, rest
    head, tail = _cut(rest[0], lambda part: fits((*whole, *part)), limit, empty=empty and not whole)
    return (*whole, *head), (*tail, *rest[1:])


def _within(weights: Iterable[int], limit: int) -> int:
    """How many of them could fit together. What weighs too much is not even measured."""
    count = total = 0
    for weight in weights:
        total += weight
        if total > limit + 1:
            break
        count += 1
    return count


def _largest(most: int, holds: Callable[[int], bool]) -> int:
    """The largest count up to `most` for which it holds; 0 always does.

    Looked for by doubling first, so that no more is measured than twice what fits.
    """
    low, high = 0, most + 1
    step = 1
    while low + step < high:
        if holds(low + step):
            low += step
            step *= 2
        else:
            high = low + step
            step = 1
            break
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            low = middle
        else:
            high = middle
    return low


def _weight(block: Block, most: int) -> int:
    """About its characters; beyond `most` it does not matter how many."""
    if isinstance(block, Paragraph | Heading):
        return _total((_node_weight(node) for node in block.children), most) + 1
    if isinstance(block, CodeBlock):
        return len(block.text) + _FENCE
    if isinstance(block, Quote):
        return _total((_weight(one, most) for one in block.content), most)
    return _total((_weight(one, most) for item in block.items for one in item), most)


def _node_weight(node: Inline) -> int:
    hidden = len(node.url) if isinstance(node, Link) and node.children else 0
    return len(plain_inline((node,), None)) + hidden


def _total(weights: Iterable[int], most: int) -> int:
    total = 0
    for weight in weights:
        total += weight
        if total > most + 1:
            break
    return total


def _cut(block: Block, fits: _Fits, limit: int, *, empty: bool) -> tuple[Content, Content]:
    """What of a block fits, and what is left."""
    if isinstance(block, CodeBlock):
        return _cut_code(block, fits, limit, empty=empty)
    if isinstance(block, ListBlock):
        return _cut_list(block, fits, limit, empty=empty)
    if isinstance(block, Quote):
        inner, left = _take(block.content, lambda part: fits((Quote(part),)), limit, empty=empty)
        return (Quote(inner),) if inner else (), (Quote(left),) if left else ()

    def of(row: _Row) -> Content:
        if not row:
            return ()
        return (Heading(block.level, row) if isinstance(block, Heading) else Paragraph(row),)

    head, tail = _cut_row(block.children, lambda row: fits(of(row)), limit, empty=empty)
    return of(head), of(tail)


def _cut_list(block: ListBlock, fits: _Fits, limit: int, *, empty: bool) -> tuple[Content, Content]:
    """Between items; an item that is too large by itself goes on before the rest of the list."""

    def of(items: tuple[Content, ...], at: int) -> Content:
        start = block.start + at if block.ordered else 1
        return (ListBlock(block.ordered, start, items),) if items else ()

    items = block.items
    weights = (_total((_weight(one, limit) for one in item), limit) for item in items)
    count = _largest(_within(weights, limit), lambda n: fits(of(items[:n], 0)))
    if count:
        return of(items[:count], 0), of(items[count:], count)
    head, tail = _take(items[0], lambda part: fits(of((part,), 0)), limit, empty=empty)
    if not head:
        return (), (block,)
    return of((head,), 0), (*tail, *of(items[1:], 1))


def _cut_code(block: CodeBlock, fits: _Fits, limit: int, *, empty: bool) -> tuple[Content, Content]:
    def of(text: str) -> Content:
        return (CodeBlock(text, block.language),) if text.strip("\n") else ()

    text = block.text
    at = _largest(min(len(text), limit), lambda n: fits(of(text[:n])))
    if not at and not empty:
        return (), (block,)
    at = max(at, 1)
    line = text.rfind("\n", at // 2, at + 1)
    at = line if line > 0 else boundary(text, at) or at
    return of(text[:at]), of(text[at:])


def _cut_row(
    row: _Row, fits: Callable[[_Row], bool], limit: int, *, empty: bool
) -> tuple[_Row, _Row]:
    near = row[: _within(map(_node_weight, row), limit) + 1]
    signs = _signs(near)[: limit + 1]
    at = _largest(min(len(signs), limit), lambda n: fits(_parted(row, n)[0]))
    if not at:
        if not empty:
            return (), row
        if not isinstance(flat(row[:1])[0][1], Text | Code):
            # One node too large for any message: its words are cut like any others.
            return _cut_row(_loosened(row), fits, limit, empty=True)
        at = 1
    at = _good_place(signs, at)
    while at > 1 and not fits(_parted(row, at)[0]):
        at = boundary(signs, at * 9 // 10) or 1
    head, tail = _parted(row, at)
    head = stripped(nest(flat(head), linking=False), left=False)
    return head, stripped((*stripped(nest(flat(tail[:1]), linking=False)), *tail[1:]))


_ATOM = "\ufffc"


def _signs(row: _Row) -> str:
    """A row with one character for each place it could be cut at."""
    return "".join([leaf.text if isinstance(leaf, Text | Code) else _ATOM for _, leaf in flat(row)])


def _good_place(signs: str, at: int) -> int:
    for sign in "\n ":
        place = signs.rfind(sign, at // 2, at + 1)
        if place > 0:
            return place
    return boundary(signs, at) or at


def _parted(row: _Row, at: int) -> tuple[_Row, _Row]:
    """A row before and after the place `at` of its signs."""
    index = 0
    while index < len(row) and at >= (size := _size(row[index])):
        at -= size
        index += 1
    if not at:
        return row[:index], row[index:]
    node, before, after = row[index], row[:index], row[index + 1 :]
    if isinstance(node, Styled):
        left, right = _parted(node.children, at)
        return (*before, type(node)(left)), (type(node)(right), *after)
    assert isinstance(node, Text | Code)
    kind, text = type(node), node.text
    return (*before, kind(text[:at])), (kind(text[at:]), *after)


def _size(node: Inline) -> int:
    if isinstance(node, Text | Code):
        return len(node.text)
    return sum(map(_size, node.children)) if isinstance(node, Styled) else 1


def _loosened(row: _Row) -> _Row:
    """The first node as its words, an address among them as text."""
    (_, leaf), *others = flat(row[:1])
    words = Text(plain_inline((leaf,), None))
    return stripped((*nest([(0, words), *others], linking=False), *row[1:]))
