"""Who a message mentions. Linear in the size of the tree."""

from collections.abc import Iterator
from typing import assert_never

from core.content import (
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


def mentioned(content: Content) -> Iterator[str]:
    """The accounts, in the order of their mentions, some more than once."""
    for block in content:
        if isinstance(block, Paragraph | Heading):
            yield from _in_row(block.children)
        elif isinstance(block, Quote):
            yield from mentioned(block.content)
        elif isinstance(block, ListBlock):
            for item in block.items:
                yield from mentioned(item)
        elif not isinstance(block, CodeBlock):
            assert_never(block)


def _in_row(row: tuple[Inline, ...]) -> Iterator[str]:
    for node in row:
        if isinstance(node, Mention):
            yield node.account
        elif isinstance(node, Styled | Link):
            yield from _in_row(node.children)
