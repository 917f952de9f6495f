"""The mark of a note: what counts as one, and what is left of the words without it."""

import pytest

from core.ids import AccountId
from core.notes import calls_somebody, is_marked, unmarked
from core.text.content import (
    Bold,
    Code,
    CodeBlock,
    Content,
    Emoji,
    Heading,
    Mention,
    Paragraph,
    Text,
)


@pytest.mark.parametrize(
    "text",
    [
        "note: ask her",
        "Note:ask her",
        "NOTE : ask her",
        "  \n note: ask her",
        "note\uff1a ask her",
        "🔒 ask her",
        "🔒\ufe0f ask her",
        "🔐ask her",
        "🔏 ask her",
        " \u200bnote: ask her",
        "\ufeff\u2060🔒 ask her",
        "\uff2e\uff4f\uff54\uff45\uff1a ask her",
        ":lock: ask her",
        ":closed_lock_with_key: ask her",
    ],
)
def test_marks(text: str) -> None:
    assert is_marked(text)
    assert unmarked(text, None) == ("ask her", None)


@pytest.mark.parametrize("text", ["notes: x", "a note: x", "note x", "🔓 x", "n ote: x", ""])
def test_other_words_are_no_mark(text: str) -> None:
    assert not is_marked(text)
    assert unmarked(text, (Paragraph((Text(text),)),)) == (text, (Paragraph((Text(text),)),))


def paragraph(*nodes: object) -> Content:
    return (Paragraph(nodes),)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rich", "left"),
    [
        (paragraph(Text("note: ask her")), paragraph(Text("ask her"))),
        (paragraph(Bold((Text("note:"),)), Text(" ask her")), paragraph(Text("ask her"))),
        (
            paragraph(Bold((Text("Note: ask"),)), Text(" her")),
            paragraph(Bold((Text("ask"),)), Text(" her")),
        ),
        (paragraph(Code("note: ask her")), paragraph(Code("ask her"))),
        (paragraph(Emoji("lock"), Text(" ask her")), paragraph(Text("ask her"))),
        ((Heading(1, (Text("note: ask her"),)),), paragraph(Text("ask her"))),
    ],
)
def test_the_mark_is_taken_off_the_tree_too(rich: Content, left: Content) -> None:
    text = ":lock: ask her" if isinstance(rich[0].children[0], Emoji) else "note: ask her"  # type: ignore[union-attr]
    assert unmarked(text, rich) == ("ask her", left)


def test_blocks_after_the_mark_stay() -> None:
    rich = (Paragraph((Text("note:"),)), CodeBlock("ask her"))
    assert unmarked("note:\nask her", rich) == ("ask her", (CodeBlock("ask her"),))


@pytest.mark.parametrize(
    "rich", [(), (CodeBlock("note: ask her"),), paragraph(Text("other words"))]
)
def test_a_tree_that_does_not_begin_with_the_mark_gives_way_to_the_words(rich: Content) -> None:
    assert unmarked("note: ask her", rich) == ("ask her", None)


INSIDE = (AccountId("mia"),)


@pytest.mark.parametrize(
    ("text", "rich", "calls"),
    [
        ("hello", None, False),
        ("hello @bob", None, True),
        ("bob@shop.example", None, False),
        ("@mia", paragraph(Mention("mia", "mia")), False),
        ("@ada", paragraph(Mention("ada", "ada")), True),
        ("@mia and @bob", paragraph(Mention("mia", "mia"), Text(" and @bob")), True),
        ("@☆ and @bob", paragraph(Mention("mia", "☆"), Text(" and @bob")), True),
        ("@☆", paragraph(Mention("ada", "☆")), True),
    ],
)
def test_whom_words_call(text: str, rich: Content | None, calls: bool) -> None:
    assert calls_somebody(text, rich, INSIDE) is calls
