"""Inline content as a flat row of runs, and the one nesting that every row has.

Dialects differ in how styles nest; a run only says which styles it has. `nest` builds the
tree: outermost first spoiler, bold, italic, underline, strike, white space outside of all
of them, equal neighbours joined, addresses found. `flat` undoes it. Both are linear.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from core.text.content import (
    Bold,
    Code,
    Inline,
    Italic,
    Leaf,
    Link,
    Mention,
    Spoiler,
    Strike,
    Styled,
    Text,
    Underline,
    plain_inline,
)
from core.text.links import addresses, clean, is_itself

SPOILER, BOLD, ITALIC, UNDERLINE, STRIKE = 1, 2, 4, 8, 16

Run = tuple[int, Leaf]
"""Styles as a sum of bits, and what has them."""

NODES: dict[int, Any] = {
    SPOILER: Spoiler,
    BOLD: Bold,
    ITALIC: Italic,
    UNDERLINE: Underline,
    STRIKE: Strike,
}
BITS: dict[type, int] = {node: bit for bit, node in NODES.items()}


def flat(children: Sequence[Inline], mask: int = 0) -> list[Run]:
    """The runs of a row of nodes, however deep; links are one run each."""
    runs: list[Run] = []
    waiting: list[tuple[int, Inline]] = [(mask, node) for node in reversed(children)]
    while waiting:
        styles, node = waiting.pop()
        if isinstance(node, Styled):
            styles |= BITS[type(node)]
            waiting += [(styles, child) for child in reversed(node.children)]
        else:
            runs.append((styles, node))
    return runs


def nest(runs: Iterable[Run], *, linking: bool = True) -> tuple[Inline, ...]:
    """The normal tree of a row of runs. Without `linking`, addresses in texts stay text."""
    return _nested(_joined(runs, linking=linking))


def stripped(
    children: tuple[Inline, ...], *, left: bool = True, right: bool = True
) -> tuple[Inline, ...]:
    """Without white space at the ends, where it is never inside a style."""
    if right and children and isinstance(last := children[-1], Text) and last.text[-1].isspace():
        text = last.text.rstrip()
        children = (*children[:-1], Text(text)) if text else children[:-1]
    if left and children and isinstance(first := children[0], Text) and first.text[0].isspace():
        text = first.text.lstrip()
        children = (Text(text), *children[1:]) if text else children[1:]
    return children


def _joined(runs: Iterable[Run], *, linking: bool = True) -> list[Run]:
    """Equal neighbours as one, nothing empty, addresses as links, links with normal labels."""
    joined = _texts_joined(runs)
    if linking and any(type(leaf) is Text and "://" in leaf.text for _, leaf in joined):
        joined = [run for one in joined for run in _addressed(one)]
    if any(type(leaf) is Link for _, leaf in joined):
        groups = [list(alike) for _, alike in groupby(joined, _label_kind)]
        joined = [run for alike in groups for run in _links_joined(alike)]
    return joined


def _texts_joined(runs: Iterable[Run]) -> list[Run]:
    """Texts and codes of equal style as one; who has no account is text."""
    out: list[Run] = []
    more: dict[int, list[str]] = {}
    last: type | None = None
    styles = 0
    for mask, leaf in runs:
        if type(leaf) is Mention and not leaf.account:
            leaf = Text(f"@{leaf.name}")  # noqa: PLW2901
        kind = type(leaf)
        if type(leaf) is not Text and type(leaf) is not Code:
            out.append((mask, leaf))
        elif not leaf.text:
            continue
        elif kind is last and mask == styles:
            more.setdefault(len(out) - 1, []).append(leaf.text)
        else:
            out.append((mask, leaf))
            styles = mask
        last = kind
    for at, words in more.items():
        mask, leaf = out[at]
        assert isinstance(leaf, Text | Code)
        out[at] = (mask, type(leaf)("".join([leaf.text, *words])))
    return out


def _label_kind(run: Run) -> object:
    """Neighbouring labels of the same address are one; nothing else is."""
    leaf = run[1]
    return (leaf.url, leaf.preview) if isinstance(leaf, Link) and leaf.children else None


def _links_joined(alike: list[Run]) -> list[Run]:
    first = alike[0][1]
    if isinstance(first, Link) and first.children:
        return [_linked(first, [run for one in alike for run in _label(one)])]
    return [_bare(run) for run in alike]


def _bare(run: Run) -> Run:
    mask, leaf = run
    if isinstance(leaf, Link):
        return mask, Link(clean(leaf.url, labelled=False), (), leaf.preview)
    return run


def _addressed(run: Run) -> Iterator[Run]:
    """Words with the addresses among them as links."""
    mask, leaf = run
    if not isinstance(leaf, Text) or "://" not in leaf.text:
        yield run
        return
    text, at = leaf.text, 0
    for start, end in addresses(text):
        if start > at:
            yield mask, Text(text[at:start])
        yield mask, Link(clean(text[start:end], labelled=False))
        at = end
    if at < len(text):
        yield mask, Text(text[at:])


def _label(run: Run) -> Iterator[Run]:
    """What a link's label holds: one line, and no link."""
    waiting = flat(run[1].children, run[0])[::-1] if isinstance(run[1], Link) else []
    while waiting:
        mask, leaf = waiting.pop()
        if isinstance(leaf, Link):
            inner = flat(leaf.children, mask) if leaf.children else [(mask, Text(leaf.url))]
            waiting += inner[::-1]
        elif isinstance(leaf, Text) and "\n" in leaf.text:
            yield mask, Text(leaf.text.replace("\n", " "))
        else:
            yield mask, leaf


def _linked(link: Link, label: list[Run]) -> Run:
    """Styles that the whole label has stand around the link, and a spoiler in any case."""
    common = -1 if label else 0
    for mask, _ in label:
        common &= mask
    if any(mask & SPOILER for mask, _ in label):
        common |= SPOILER
    inner = [(mask & ~common, leaf) for mask, leaf in label]
    children = _nested(_joined(inner, linking=False))
    words = plain_inline(children, None).strip()
    if words and not is_itself(words, link.url):
        return common, Link(clean(link.url, labelled=True), children, link.preview)
    return common, Link(clean(link.url, labelled=False), (), link.preview)


def _nested(runs: Sequence[Run]) -> tuple[Inline, ...]:
    """One level for each style: at most five deep."""
    out: list[Inline] = []
    loose = False
    at, end = 0, len(runs)
    while at < end:
        mask, leaf = runs[at]
        if not mask:
            out.append(leaf)
            at += 1
            continue
        bit = mask & -mask
        until = at + 1
        while until < end and (after := runs[until][0]) and after & -after == bit:
            until += 1
        if until == at + 1 and mask == bit and not _has_space(leaf):
            out.append(NODES[bit]((leaf,)))
        else:
            left, inner, right = _spaced([(styles ^ bit, one) for styles, one in runs[at:until]])
            loose = loose or bool(left or right)
            out += left
            out += [NODES[bit](_nested(inner))] if inner else []
            out += right
        at = until
    return tuple(_together(out)) if loose else tuple(out)


def _has_space(leaf: Leaf) -> bool:
    return type(leaf) is Text and (leaf.text[0].isspace() or leaf.text[-1].isspace())


def _spaced(runs: list[Run]) -> tuple[list[Text], list[Run], list[Text]]:
    """White space at the beginning, the rest, white space at the end."""
    before: list[Text] = []
    after: list[Text] = []
    start, end = 0, len(runs)
    while start < end and isinstance(leaf := runs[start][1], Text) and leaf.text[0].isspace():
        rest = leaf.text.lstrip()
        before.append(Text(leaf.text[: len(leaf.text) - len(rest)]))
        if rest:
            runs[start] = (runs[start][0], Text(rest))
            break
        start += 1
    while end > start and isinstance(leaf := runs[end - 1][1], Text) and leaf.text[-1].isspace():
        rest = leaf.text.rstrip()
        after.append(Text(leaf.text[len(rest) :]))
        if rest:
            runs[end - 1] = (runs[end - 1][0], Text(rest))
            break
        end -= 1
    return before, runs[start:end], after[::-1]


def _together(nodes: list[Inline]) -> Iterator[Inline]:
    """Texts that have come to stand side by side as one."""
    for is_text, alike in groupby(nodes, lambda node: isinstance(node, Text)):
        if is_text:
            yield Text("".join([node.text for node in alike if isinstance(node, Text)]))
        else:
            yield from alike
