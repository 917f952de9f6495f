"""The mark of a note: what counts as one, and what is left of the words without it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        "> note: ask her",
        ">>> note: ask her",
        "- note: ask her",
        "\u2022 Note: ask her",
        "12. note: ask her",
        "**note:** ask her",
        "_note_: ask her",
        "> - **N\u200bote** : ask her",
        "n\u043et\u0435: ask her",
        "\u041d\u041eTE: ask her".replace("\u041d", "N"),
        "\u0274\u1d0f\u1d1b\u1d07: ask her",
        "\U0001d427\U0001d428\U0001d42d\U0001d41e: ask her",
        "no\u0301te: ask her",
        "\u3164note: ask her",
        "> " * 100 + "note: ask her",
        "\u200b" * 500 + "note: ask her",
    ],
)
def test_marks(text: str) -> None:
    assert is_marked(text)
    assert unmarked(text, None) == ("ask her", None)


@pytest.mark.parametrize(
    "text",
    [
        "Note that: x",
        "note\u2026 x",
        "> noted: x",
        "- a note: x",
        "\u043d\u043e\u0442\u0430: x",
        "1 note: x",
        "(note: x)",
        "notes: x",
        "a note: x",
        "note x",
        "🔓 x",
        "n ote: x",
        "",
    ],
)
def test_other_words_are_no_mark(text: str) -> None:
    assert not is_marked(text)
    assert unmarked(text, (Paragraph((Text(text),)),)) == (text, (Paragraph((Text(text),)),))


LOOKS = {
    "n": "nN\uff4e\u0578\U0001d427",
    "o": "oO0\uff4f\u043e\u041e\u03bf\u039f\u00f3",
    "t": "tT\uff54\u0442\u0422\u03c4",
    "e": "eE\uff45\u0435\u0415\u00e9",
    ":": ":\uff1a\u2236\ufe55",
}
FRONT = st.lists(
    st.sampled_from(["> ", "- ", "* ", "1. ", "## ", "**", "_", "~~", "`", "||", " ", "\n"])
)
UNSEEN = st.text(
    st.sampled_from("\u200b\u200d\u00ad\u2060\ufeff\ufe0f\u0301\u202e\u3164"), max_size=3
)


@given(st.data(), FRONT, st.text(max_size=50))
def test_however_the_mark_is_dressed_the_words_are_a_note(
    data: st.DataObject, front: list[str], words: str
) -> None:
    mark = "".join(data.draw(st.sampled_from(LOOKS[c])) + data.draw(UNSEEN) for c in "note:")
    text = "".join(front) + data.draw(UNSEEN) + mark + words
    assert is_marked(text)
    assert text.endswith(unmarked(text, None)[0])


@given(
    st.sampled_from(["note", "Notes", "Noted", "not", "keynote", "a note"]),
    st.text("ab c.", max_size=9),
)
def test_ordinary_words_stay_words(first: str, then: str) -> None:
    assert not is_marked(f"{first} that {then}: x")
    assert unmarked(f"{first} that", None) == (f"{first} that", None)


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


def test_words_much_longer_than_a_mark_lose_only_the_mark() -> None:
    words = "ask her " * 5_000
    assert unmarked(f"> note: {words}", None) == (words, None)
    assert not is_marked(f"{words} note: x")
