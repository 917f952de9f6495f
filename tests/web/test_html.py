"""Content as HTML: what each node becomes, and that nothing in it can act on the page."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from core.text.content import (
    Channel,
    Code,
    CodeBlock,
    Content,
    Emoji,
    Heading,
    Link,
    ListBlock,
    Mention,
    Paragraph,
    Quote,
    Spoiler,
    Text,
    Timestamp,
)
from core.text.tidy import of_text
from tests.formatting.trees import contents
from web.html import render

ALLOWED = {
    "p", "br", "strong", "em", "u", "s", "span", "code", "pre", "a", "ul", "ol", "li",
    "blockquote", "h4", "h5", "h6", "time",
}  # fmt: skip
ATTRIBUTES = {
    "href", "rel", "class", "role", "tabindex", "aria-expanded", "aria-label", "start",
    "data-unix", "data-style",
}  # fmt: skip


class Seen(HTMLParser):
    """Every tag and attribute, and whether the tags are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_each_block_has_its_element() -> None:
    content: Content = (
        Heading(1, (Text("H"),)),
        Paragraph((Text("a\nb & <c>"),)),
        Quote((Paragraph((Text("q"),)),)),
        ListBlock(
            True,
            3,
            ((Paragraph((Text("x"),)), ListBlock(False, 1, ((Paragraph((Text("y"),)),),))),),
        ),
        CodeBlock("<i>", "py"),
    )
    assert render(content) == (
        "<h4>H</h4><p>a<br>b &amp; &lt;c&gt;</p><blockquote><p>q</p></blockquote>"
        '<ol start="3"><li>x<ul><li>y</li></ul></li></ol>'
        '<pre><code class="language-py">&lt;i&gt;</code></pre>'
    )
    assert render((ListBlock(True, 1, (of_text("a"),)), CodeBlock("b"))) == (
        "<ol><li>a</li></ol><pre><code>b</code></pre>"
    )


def test_names_times_and_codes_are_words() -> None:
    row = (
        Mention("ann", "Ann"),
        Channel("plans"),
        Emoji("northwind"),
        Code("x"),
        Timestamp(5, "R", "then"),
    )
    assert render((Paragraph(row),)) == (
        '<p><span class="mention">@Ann</span><span class="channel">#plans</span>'
        '<span class="emoji">:northwind:</span><code>x</code>'
        '<time data-unix="5" data-style="R">then</time></p>'
    )


def test_a_spoiler_is_a_button_that_hides_its_words() -> None:
    html = render((Paragraph((Spoiler((Text("she wins"),)),)),))
    assert re.search(r'<span class="spoiler" role="button" tabindex="0"[^>]*>', html)
    assert '<span class="hidden">she wins</span>' in html


def test_a_link_says_that_it_comes_from_somebody_else() -> None:
    assert render(of_text("https://a.example/?a&b")) == (
        '<p><a href="https://a.example/?a&amp;b" rel="noopener noreferrer nofollow">'
        "https://a.example/?a&amp;b</a></p>"
    )
    deceiving = (Paragraph((Link("https://evil.example", (Text("bank.example"),)),)),)
    assert "bank.example (https://evil.example)</a>" in render(deceiving)
    mail = (Paragraph((Link("mailto:a@b.example", (Text("mail"),)),)),)
    assert 'href="mailto:a@b.example"' in render(mail)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "tel:+49",
        "//evil.example",
        "https://[x",
        " javascript:x",
    ],
)
def test_any_other_address_is_text(url: str) -> None:
    html = render((Paragraph((Link(url, (Text("l"),)), Link(url))),))
    assert "href" not in html
    assert "l" in html


@settings(max_examples=150, deadline=None, derandomize=True)
@given(contents(headings=True, previews=True))
def test_only_known_elements_and_attributes_come_from_any_content(content: Content) -> None:
    seen = Seen(render(content))
    assert not seen.open
    assert set(seen.tags) <= ALLOWED
    assert {name for name, _ in seen.attributes} <= ATTRIBUTES
    for name, value in seen.attributes:
        assert name != "href" or str(value).startswith(("http://", "https://", "mailto:"))
