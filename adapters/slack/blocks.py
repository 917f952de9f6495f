"""Neutral content as Slack's `rich_text` blocks and the fallback text beside them. Pure.

`rich_text`, not mrkdwn: its texts are never parsed, so nothing in them can mention, link
or format, and it alone has underline, lists and quotes that read back as they were. Only
a `user` element notifies anybody, and only a `Mention` of somebody who is here makes one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, assert_never

from adapters.slack.mrkdwn import FORMATS
from adapters.slack.richtext import CLOSES, OPENS
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
    Leaf,
    Link,
    ListBlock,
    Mention,
    Paragraph,
    Quote,
    Spoiler,
    Text,
    Timestamp,
    plain,
    plain_inline,
    words_only,
)
from core.text.links import misleads
from core.text.listing import lines
from core.text.runs import BOLD, ITALIC, STRIKE, UNDERLINE, flat
from core.text.tidy import whole

LIMIT = 3_900
"""Of one message, escaped: Slack splits or refuses a `text` above 4,000."""

Element = dict[str, Any]


def _nothing(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class There:
    """What exists in the workspace it is written to."""

    user: Callable[[str], str | None] = _nothing
    """The Slack id of an account that is a member and has one here."""
    channel: Callable[[str], str | None] = _nothing
    """The id of the channel that mirrors a `Channel.ref`."""
    emoji: Callable[[str], str | None] = _nothing
    """The name of a custom emoji as it is called here."""


NOTHING = There()


@dataclass(frozen=True, slots=True)
class Written:
    """`text` is already escaped. `size` is what counts against `LIMIT`."""

    blocks: list[Element]
    text: str
    size: int


_STYLES = ((BOLD, "bold"), (ITALIC, "italic"), (STRIKE, "strike"), (UNDERLINE, "underline"))
_STYLE = {
    mask: {name: True for bit, name in _STYLES if mask & bit}
    for mask in range(BOLD + ITALIC + STRIKE + UNDERLINE + 1)
}
_SCHEMES = ("http", "https", "mailto", "tel")
_MENTION = 16


def write(content: Content, there: There = NOTHING) -> Written:
    words = words_only(content)
    if words is not None:
        words = whole(words)
        text = escape(words)
        return Written(
            [_rich([_section([{"type": "text", "text": words}])])], _cut(text), len(text)
        )
    if not content:
        return Written([], "", 0)
    writer = _Writer(there)
    elements = list(writer.elements(content, border=False))
    return Written([_rich(elements)], _cut(escape(whole(plain(content)))), writer.size)


def measure(content: Content) -> int:
    """What counts against `LIMIT`, wherever it is written."""
    return write(content).size


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str) -> str:
    """Escaped text, cut before an entity and not in it."""
    if len(text) <= LIMIT:
        return text
    text = text[:LIMIT]
    entity = text.rfind("&", LIMIT - 5)
    return text[:entity] if entity >= 0 and ";" not in text[entity:] else text


def _rich(elements: list[Element]) -> Element:
    return {"type": "rich_text", "elements": elements}


def _section(elements: list[Element]) -> Element:
    return {"type": "rich_text_section", "elements": elements}


class _Writer:
    def __init__(self, there: There) -> None:
        self._there = there
        self.size = 0

    def elements(self, content: Content, *, border: bool) -> Iterator[Element]:
        """Words that follow one another are one element, their blocks joined by line ends."""
        row: list[Element] = []
        kind = "rich_text_quote" if border else "rich_text_section"
        for block in content:
            if isinstance(block, Paragraph | Heading):
                row += [self._text("\n", 0)] if row else []
                row += self._words(block)
                continue
            if row:
                yield {"type": kind, "elements": [*row, self._text("\n", 0)]}
                row = []
            yield from self._block(block, border=border)
        if row:
            yield {"type": kind, "elements": row}

    def _words(self, block: Paragraph | Heading) -> list[Element]:
        bold = isinstance(block, Heading)
        return self._row((Bold(block.children),) if bold else block.children)

    def _block(self, block: Block, *, border: bool) -> Iterator[Element]:
        if isinstance(block, CodeBlock):
            element = {
                "type": "rich_text_preformatted",
                "elements": [self._text(whole(block.text), 0)],
            }
            element |= {"language": block.language} if block.language else {}
            self.size += 8
            yield element | ({"border": 1} if border else {})
        elif isinstance(block, Quote):
            yield from self.elements(block.content, border=True)
            self.size += 5 * (1 + plain(block.content, None).count("\n"))
        elif isinstance(block, ListBlock):
            for element in self._list(block):
                yield element | ({"border": 1} if border else {})
        elif isinstance(block, Paragraph | Heading):
            yield _section(self._words(block))
        else:
            assert_never(block)

    def _list(self, block: ListBlock) -> Iterator[Element]:
        """Slack has no lists in lists: each run of items of one depth is an element of its own."""
        element: Element = {}
        shape: tuple[int, bool] | None = None
        for item in lines(block):
            if shape != (item.depth, item.ordered) or item.fresh:
                if element:
                    yield element
                shape = (item.depth, item.ordered)
                style = "ordered" if item.ordered else "bullet"
                element = {"type": "rich_text_list", "style": style, "indent": item.depth}
                element |= {"offset": item.number - 1} if item.ordered and item.number > 1 else {}
                element["elements"] = []
            element["elements"].append(_section(self._row(item.children)))
            self.size += 12 + 2 * item.depth
        if element:
            yield element

    def _row(self, children: tuple[Inline, ...]) -> list[Element]:
        row: list[Element] = []
        for node in children:
            if isinstance(node, Spoiler):
                row.append(self._text(OPENS, 0))
                row += self._runs(node.children)
                row.append(self._text(CLOSES, 0))
            elif isinstance(node, Text):
                row.append(self._text(node.text, 0))
            else:
                row += self._runs((node,))
        return row

    def _runs(self, children: tuple[Inline, ...]) -> list[Element]:
        row: list[Element] = []
        for mask, leaf in flat(children):
            if isinstance(leaf, Link):
                row += self._link(leaf, mask)
            else:
                row.append(self._leaf(leaf, mask))
        return row

    def _text(self, text: str, mask: int, *, code: bool = False) -> Element:
        self.size += len(text) + 4 * text.count("&") + 3 * (text.count("<") + text.count(">"))
        element: Element = {"type": "text", "text": text}
        if mask or code:
            element["style"] = _style(mask, code=code)
        return element

    def _leaf(self, leaf: Leaf, mask: int) -> Element:
        there = self._there
        if isinstance(leaf, Text | Code):
            return self._text(whole(leaf.text), mask, code=isinstance(leaf, Code))
        found: Element | None = None
        if isinstance(leaf, Mention):
            user = there.user(leaf.account)
            found = {"type": "user", "user_id": user} if user else None
        elif isinstance(leaf, Channel):
            channel = there.channel(leaf.ref) if leaf.ref else None
            found = {"type": "channel", "channel_id": channel} if channel else None
        elif isinstance(leaf, Emoji):
            name = there.emoji(leaf.name)
            found = {"type": "emoji", "name": name} if name else None
        elif isinstance(leaf, Timestamp):
            found = _date(leaf)
        words = self._text(whole(plain_inline((leaf,), None)), mask)
        self.size += _MENTION
        if found is None:
            return words
        return found | ({"style": _style(mask)} if mask else {})

    def _link(self, link: Link, mask: int) -> Iterator[Element]:
        """A label in several styles is several links to the same address, joined when read."""
        words = plain_inline(link.children, None)
        if link.url.partition(":")[0].lower() not in _SCHEMES:
            yield self._text(whole(words or link.url), mask)
        elif not words or misleads(words, link.url):
            if words:
                yield self._text(f"{whole(words)} (", mask)
            yield self._anchor(link.url, None, mask)
            if words:
                yield self._text(")", mask)
        else:
            for styles, leaf in flat(link.children, mask):
                label = leaf.text if isinstance(leaf, Text | Code) else plain_inline((leaf,), None)
                yield self._anchor(link.url, whole(label), styles, code=isinstance(leaf, Code))

    def _anchor(self, url: str, label: str | None, mask: int, *, code: bool = False) -> Element:
        url = whole(url)
        self.size += len(escape(url)) + len(escape(label or "")) + 3
        element: Element = {"type": "link", "url": url}
        if label is not None:
            element["text"] = label
        if mask or code:
            element["style"] = _style(mask, code=code)
        return element


def _style(mask: int, *, code: bool = False) -> Element:
    """A fresh object, since what is sent may be changed on its way."""
    return {**_STYLE[mask & ~1], "code": True} if code else {**_STYLE[mask & ~1]}


def _date(when: Timestamp) -> Element | None:
    """Slack knows no moment before 1970; one far away is written out."""
    if not 0 < when.unix < 100_000_000_000:
        return None
    return {
        "type": "date",
        "timestamp": when.unix,
        "format": FORMATS.get(when.style, FORMATS["f"]),
        "fallback": when.fallback or str(when.unix),
    }
