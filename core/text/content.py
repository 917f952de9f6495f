"""What a message says, as one neutral tree between all dialects.

An adapter reads its dialect into `Content` and writes it out again. Standard emoji are
characters of a `Text`, people without an account are `Text` too, and so is a web address
until `core.text.tidy` finds it. Content made by that is *normal*: bounded in depth, with one
form for each look, so that equal looks are equal trees. `plain` and `length` want that.
"""

from dataclasses import dataclass, field
from typing import assert_never

from core.quick import quick
from core.text.links import misleads


@quick
@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Bold:
    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class Italic:
    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class Underline:
    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class Strike:
    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class Spoiler:
    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class Code:
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """`children` are its label; without any it shows its address. Styles stand around it."""

    url: str
    children: "tuple[Inline, ...]" = ()
    preview: bool = True


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody with an account, mentioned on purpose. `name` is shown where they have no login."""

    account: str
    name: str


@dataclass(frozen=True, slots=True)
class Channel:
    """`ref` is the channel's place, as `place_ref` of `core.model` writes it."""

    name: str
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Emoji:
    """A custom emoji, by its name without colons."""

    name: str


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A moment that each reader sees in their own time zone.

    `style` is one of `t T d D f F s S R`: time, time with seconds, date in digits, date, both,
    both with the weekday, both in digits, those with seconds, how long ago.
    """

    unix: int
    style: str = "f"
    fallback: str = field(default="", compare=False)


Styled = Bold | Italic | Underline | Strike | Spoiler
Leaf = Text | Code | Link | Mention | Channel | Emoji | Timestamp
Inline = Styled | Leaf


@quick
@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of text: line ends are characters of its texts."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` is 1 to 3."""

    level: int
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class ListBlock:
    """Each item is one paragraph, and then lists. `start` is the first number, 1 or more."""

    ordered: bool
    start: int
    items: "tuple[Content, ...]"


@dataclass(frozen=True, slots=True)
class Quote:
    """Never holds another quote."""

    content: "Content"


@dataclass(frozen=True, slots=True)
class CodeBlock:
    text: str
    language: str = ""


Block = Paragraph | Heading | ListBlock | Quote | CodeBlock
Content = tuple[Block, ...]

_WORDS = (Text, Code)

HIDDEN = "[spoiler]"
"""Stands for a spoiler wherever its words must not be seen."""


def words_only(content: Content) -> str | None:
    """The text of a message that is one plain paragraph, else nothing: the common case."""
    if len(content) != 1:
        return None
    block = content[0]
    if not isinstance(block, Paragraph) or len(block.children) != 1:
        return None
    only = block.children[0]
    return only.text if isinstance(only, Text) else None


def plain(content: Content, hidden: str | None = HIDDEN) -> str:
    """For notifications, previews and search. Spoilers read `hidden`; with None they are shown."""
    words = words_only(content)
    return words if words is not None else "\n".join(_lines(content, hidden))


def length(content: Content) -> int:
    """Characters that a reader sees, spoilers included."""
    return len(plain(content, None))


def plain_inline(children: tuple[Inline, ...], hidden: str | None = HIDDEN) -> str:
    return "".join([_inline(node, hidden) for node in children])


def _lines(content: Content, hidden: str | None) -> list[str]:
    lines: list[str] = []
    for block in content:
        if isinstance(block, Paragraph | Heading):
            lines.append(plain_inline(block.children, hidden))
        elif isinstance(block, CodeBlock):
            lines.append(block.text)
        elif isinstance(block, Quote):
            inner = "\n".join(_lines(block.content, hidden))
            lines += [f"> {line}" for line in inner.split("\n")]
        elif isinstance(block, ListBlock):
            lines += _listed(block, hidden)
        else:
            assert_never(block)
    return lines


def _listed(block: ListBlock, hidden: str | None) -> list[str]:
    lines = []
    for number, item in enumerate(block.items, block.start):
        first, *others = "\n".join(_lines(item, hidden)).split("\n")
        lines.append(f"{f'{number}.' if block.ordered else '-'} {first}")
        lines += [f"  {line}" for line in others]
    return lines


def _inline(node: Inline, hidden: str | None) -> str:
    if isinstance(node, _WORDS):
        return node.text
    if isinstance(node, Spoiler):
        return hidden if hidden is not None else plain_inline(node.children, None)
    if isinstance(node, Bold | Italic | Underline | Strike):
        return plain_inline(node.children, hidden)
    if isinstance(node, Link):
        label = plain_inline(node.children, hidden)
        return f"{label} ({node.url})" if misleads(label, node.url) else label or node.url
    if isinstance(node, Mention):
        return f"@{node.name}"
    if isinstance(node, Channel):
        return f"#{node.name}"
    if isinstance(node, Emoji):
        return f":{node.name}:"
    if isinstance(node, Timestamp):
        return node.fallback or str(node.unix)
    assert_never(node)
