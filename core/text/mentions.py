"""Whom a message mentions, and which channels it names. Linear in the size of the tree."""

from collections.abc import Iterator
from typing import assert_never

from core.text.content import (
    Channel,
    CodeBlock,
    Content,
    Heading,
    Inline,
    Link,
    ListBlock,
    Mention,
    Paragraph,
    Quote,
    Styled,
)


def named(content: Content) -> Iterator[Mention | Channel]:
    """In the order in which they stand, some more than once."""
    for block in content:
        if isinstance(block, Paragraph | Heading):
            yield from _in_row(block.children)
        elif isinstance(block, Quote):
            yield from named(block.content)
        elif isinstance(block, ListBlock):
            for item in block.items:
                yield from named(item)
        elif not isinstance(block, CodeBlock):
            assert_never(block)


def _in_row(row: tuple[Inline, ...]) -> Iterator[Mention | Channel]:
    for node in row:
        if isinstance(node, Mention | Channel):
            yield node
        elif isinstance(node, Styled | Link):
            yield from _in_row(node.children)
