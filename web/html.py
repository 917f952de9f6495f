"""Neutral content as HTML for a page. Pure, and safe for any content.

All words are escaped; a link is made only to the web or a mail address, and says that it
comes from somebody else. A spoiler is a button in a span that hides its words until the
page's script or the reader shows them. No style, script or picture can come from content.
"""

from html import escape
from typing import assert_never
from urllib.parse import urlsplit

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
    Text,
    Timestamp,
    Underline,
    plain_inline,
)
from core.text.links import misleads
from core.text.tidy import normal, whole

_TAGS: dict[type, str] = {Bold: "strong", Italic: "em", Underline: "u", Strike: "s"}
_SCHEMES = ("http", "https", "mailto")
_SPOILER = (
    '<span class="spoiler" role="button" tabindex="0" aria-expanded="false"'
    ' aria-label="Spoiler, press to show">'
)


def render(content: Content) -> str:
    """The content as blocks of HTML, for the inside of one element."""
    return "".join([_block(block) for block in normal(content)])


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return f"<p>{_row(block.children)}</p>"
    if isinstance(block, Heading):
        # A page has headings of its own: those of a message stand below them.
        return f"<h{block.level + 3}>{_row(block.children)}</h{block.level + 3}>"
    if isinstance(block, CodeBlock):
        named = f' class="language-{escape(block.language)}"' if block.language else ""
        return f"<pre><code{named}>{_words(block.text)}</code></pre>"
    if isinstance(block, Quote):
        return f"<blockquote>{''.join(map(_block, block.content))}</blockquote>"
    if isinstance(block, ListBlock):
        items = "".join([f"<li>{_item(item)}</li>" for item in block.items])
        if not block.ordered:
            return f"<ul>{items}</ul>"
        return f'<ol start="{block.start}">{items}</ol>' if block.start > 1 else f"<ol>{items}</ol>"
    assert_never(block)


def _item(item: Content) -> str:
    return "".join(
        [_row(one.children) if isinstance(one, Paragraph) else _block(one) for one in item]
    )


def _row(children: tuple[Inline, ...]) -> str:
    return "".join([_inline(node) for node in children])


def _inline(node: Inline) -> str:
    if isinstance(node, Text):
        return _words(node.text).replace("\n", "<br>")
    if isinstance(node, Bold | Italic | Underline | Strike):
        tag = _TAGS[type(node)]
        return f"<{tag}>{_row(node.children)}</{tag}>"
    if isinstance(node, Spoiler):
        return f'{_SPOILER}<span class="hidden">{_row(node.children)}</span></span>'
    if isinstance(node, Code):
        return f"<code>{_words(node.text)}</code>"
    if isinstance(node, Link):
        return _link(node)
    if isinstance(node, Mention):
        return f'<span class="mention">@{_words(node.name)}</span>'
    if isinstance(node, Channel):
        return f'<span class="channel">#{_words(node.name)}</span>'
    if isinstance(node, Emoji):
        return f'<span class="emoji">:{_words(node.name)}:</span>'
    if isinstance(node, Timestamp):
        shown = _words(node.fallback or str(node.unix))
        return f'<time data-unix="{node.unix}" data-style="{escape(node.style)}">{shown}</time>'
    assert_never(node)


def _link(link: Link) -> str:
    """Where the label names another host than the address, both are shown."""
    words = plain_inline(link.children, None)
    label = _row(link.children) if words else _words(link.url)
    shown = f"{label} ({_words(link.url)})" if misleads(words, link.url) else label
    if not _may_be_followed(link.url):
        return shown
    return f'<a href="{_words(link.url)}" rel="noopener noreferrer nofollow">{shown}</a>'


def _may_be_followed(url: str) -> bool:
    try:
        return urlsplit(url).scheme in _SCHEMES
    except ValueError:
        return False


def _words(text: str) -> str:
    return escape(whole(text))
