"""Who a message mentions."""

from core.content import (
    Bold,
    Code,
    CodeBlock,
    Content,
    Heading,
    Link,
    ListBlock,
    Mention,
    Paragraph,
    Quote,
    Text,
)
from core.mentions import mentioned


def mention(name: str) -> Mention:
    return Mention(name, name.title())


def test_mentions_are_found_wherever_they_stand_and_in_order() -> None:
    content: Content = (
        Heading(1, (mention("a"),)),
        Paragraph((Text("b"), Bold((Text("c"), mention("d"))), mention("a"))),
        Quote((Paragraph((mention("e"),)),)),
        CodeBlock("@f"),
        ListBlock(False, 1, ((Paragraph((Code("g"), mention("h"))),), ())),
        Paragraph((Link("https://example.com", (mention("i"),)),)),
    )
    assert list(mentioned(content)) == ["a", "d", "a", "e", "h", "i"]


def test_nobody_is_mentioned_in_nothing() -> None:
    assert list(mentioned(())) == []
