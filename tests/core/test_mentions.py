"""Whom a message mentions, and which channels it names."""

from core.model import Place, place_of_ref, place_ref
from core.text.content import (
    Bold,
    Channel,
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
from core.text.mentions import named


def mention(name: str) -> Mention:
    return Mention(name, name.title())


def test_mentions_are_found_wherever_they_stand_and_in_order() -> None:
    content: Content = (
        Heading(1, (mention("a"),)),
        Paragraph((Text("b"), Bold((Text("c"), mention("d"))), mention("a"))),
        Quote((Paragraph((mention("e"),)),)),
        CodeBlock("@f"),
        ListBlock(False, 1, ((Paragraph((Code("g"), mention("h"))),), ())),
        Paragraph((Link("https://example.com", (mention("i"),)), PLANS)),
    )
    assert list(named(content)) == [*map(mention, "adaehi"), PLANS]


def test_nobody_is_mentioned_in_nothing() -> None:
    assert list(named(())) == []


def test_a_channel_is_found_again_by_its_ref() -> None:
    place = Place("slack", "T0", "C0")
    assert place_of_ref(place_ref(place)) == place
    assert place_of_ref("user:x") is None
    assert place_of_ref("") is None


PLANS = Channel("plans", "slack:T0:C0")
