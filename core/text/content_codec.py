"""Content as lists that JSON can hold, and back. Not a dialect: nobody reads this form.

One plain paragraph is its bare string. Everything else is a list of blocks; a node is a
list that begins with its letter, a text is a string. A stored form is part of the schema.
"""

from typing import Any, assert_never

from core.text.content import (
    Block,
    Bold,
    Channel,
    Code,
    CodeBlock,
    Content,
    Emoji,
    Heading,
    Inline,
    Italic,
    Link,
    ListBlock,
    Mention,
    Paragraph,
    Quote,
    Spoiler,
    Strike,
    Styled,
    Text,
    Timestamp,
    Underline,
    words_only,
)

Stored = str | list[Any]

_LETTERS: dict[type, str] = {Bold: "b", Italic: "i", Underline: "u", Strike: "s", Spoiler: "x"}
_STYLES: dict[str, Any] = {letter: node for node, letter in _LETTERS.items()}


def encode(content: Content) -> Stored:
    words = words_only(content)
    return words if words is not None else [_block(block) for block in content]


def decode(stored: Stored) -> Content:
    """Undoes `encode`. Anything else is a broken invariant and raises."""
    if isinstance(stored, str):
        return (Paragraph((Text(stored),)),)
    return tuple([_to_block(block) for block in stored])


def _block(block: Block) -> list[Any]:
    if isinstance(block, Paragraph):
        return ["p", *map(_inline, block.children)]
    if isinstance(block, Heading):
        return ["h", block.level, *map(_inline, block.children)]
    if isinstance(block, Quote):
        return ["q", *map(_block, block.content)]
    if isinstance(block, CodeBlock):
        return ["c", block.language, block.text]
    if isinstance(block, ListBlock):
        items = [[_block(one) for one in item] for item in block.items]
        return ["l", block.start if block.ordered else 0, *items]
    assert_never(block)


def _to_block(stored: list[Any]) -> Block:
    kind = stored[0]
    if kind == "p":
        return Paragraph(_children(stored, 1))
    if kind == "h":
        return Heading(stored[1], _children(stored, 2))
    if kind == "q":
        return Quote(tuple([_to_block(one) for one in stored[1:]]))
    if kind == "c":
        return CodeBlock(stored[2], stored[1])
    if kind == "l":
        items = [tuple([_to_block(one) for one in item]) for item in stored[2:]]
        return ListBlock(stored[1] > 0, stored[1] or 1, tuple(items))
    raise ValueError(f"there is no block {kind!r}")


def _inline(node: Inline) -> Stored:
    if isinstance(node, Text):
        return node.text
    if isinstance(node, Styled):
        return [_LETTERS[type(node)], *map(_inline, node.children)]
    if isinstance(node, Code):
        return ["c", node.text]
    if isinstance(node, Link):
        return ["a", node.url, int(node.preview), *map(_inline, node.children)]
    if isinstance(node, Mention):
        return ["@", node.account, node.name]
    if isinstance(node, Channel):
        return ["#", node.name, node.ref]
    if isinstance(node, Emoji):
        return ["e", node.name]
    if isinstance(node, Timestamp):
        return ["t", node.unix, node.style, node.fallback]
    assert_never(node)


def _children(stored: list[Any], start: int) -> tuple[Inline, ...]:
    return tuple([Text(one) if type(one) is str else _to_inline(one) for one in stored[start:]])


def _to_inline(stored: list[Any]) -> Inline:
    kind = stored[0]
    style = _STYLES.get(kind)
    if style is not None:
        node: Inline = style(_children(stored, 1))
        return node
    if kind == "c":
        return Code(stored[1])
    if kind == "a":
        return Link(stored[1], _children(stored, 3), bool(stored[2]))
    if kind == "@":
        return Mention(stored[1], stored[2])
    if kind == "#":
        return Channel(stored[1], stored[2])
    if kind == "e":
        return Emoji(stored[1])
    if kind == "t":
        return Timestamp(stored[1], stored[2], stored[3])
    raise ValueError(f"there is no inline node {kind!r}")
