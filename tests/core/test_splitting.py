"""Parts of content: what is cut where, and what is opened again."""

import pytest

from core.text.content import (
    Bold,
    Code,
    CodeBlock,
    Content,
    Heading,
    Italic,
    Link,
    ListBlock,
    Mention,
    Paragraph,
    Quote,
    Text,
    plain,
)
from core.text.graphemes import boundary
from core.text.splitting import split
from core.text.tidy import of_text

URL = "https://a.example/" + "x" * 100


def size(content: Content) -> int:
    """Plain characters, with a fence and each style costing a few."""
    fences = sum(8 for block in content if isinstance(block, CodeBlock))
    return len(plain(content, None)) + fences


def said(*words: str) -> Content:
    return tuple(Paragraph((Text(one),)) for one in words)


def items(*words: str) -> tuple[Content, ...]:
    return tuple(said(one) for one in words)


def test_what_fits_is_one_part() -> None:
    assert split(said("a b"), size, 3) == (said("a b"),)
    assert split((), size, 3) == ((),)


def test_words_are_cut_at_a_line_or_between_words() -> None:
    assert split(of_text("aaa bbb\nccc ddd"), size, 13) == (said("aaa bbb"), said("ccc ddd"))
    assert split(of_text("aaaa bbbb cccc"), size, 10) == (said("aaaa bbbb"), said("cccc"))
    assert split(of_text("a" * 25), size, 10) == (said("a" * 10), said("a" * 10), said("a" * 5))


def test_blocks_are_kept_whole_where_they_fit() -> None:
    content: Content = (*said("aaaa"), Quote(said("bbbb")), *said("cccc"))
    assert split(content, size, 11) == ((*said("aaaa"), Quote(said("bbbb"))), said("cccc"))
    assert split((CodeBlock("a" * 4), CodeBlock("b" * 4)), size, 14) == (
        (CodeBlock("aaaa"),),
        (CodeBlock("bbbb"),),
    )


def test_styles_are_closed_and_opened_again() -> None:
    content: Content = (
        Paragraph((Bold((Text("aaaa "), Italic((Text("bbbb cccc"),)))), Text(" d"))),
    )
    assert split(content, size, 9) == (
        (Paragraph((Bold((Text("aaaa "), Italic((Text("bbbb"),)))),)),),
        (Paragraph((Bold((Italic((Text("cccc"),)),)), Text(" d"))),),
    )


def test_a_fence_is_opened_again_with_its_language() -> None:
    content: Content = (CodeBlock("aaaa\nbbbb\ncccc", "py"),)
    assert split(content, size, 18) == (
        (CodeBlock("aaaa\nbbbb", "py"),),
        (CodeBlock("cccc", "py"),),
    )
    assert split((CodeBlock("a" * 12),), size, 16) == ((CodeBlock("a" * 8),), (CodeBlock("a" * 4),))


def test_a_fence_that_no_room_is_left_for_begins_the_next_part() -> None:
    content: Content = (*said("a" * 14), CodeBlock("b" * 20))
    assert [type(part[0]) for part in split(content, size, 16)] == [
        Paragraph,
        CodeBlock,
        CodeBlock,
        CodeBlock,
    ]


def test_a_quote_and_a_heading_are_opened_again() -> None:
    assert split((Quote(said("aaaa bbbb")),), size, 7) == (
        (Quote(said("aaaa")),),
        (Quote(said("bbbb")),),
    )
    heading: Content = (Heading(2, (Text("aaaa bbbb"),)),)
    assert split(heading, size, 7) == (
        (Heading(2, (Text("aaaa"),)),),
        (Heading(2, (Text("bbbb"),)),),
    )
    crowded: Content = (*said("aaaaa"), Quote(said("b" * 30)))
    assert split(crowded, size, 6)[0] == said("aaaaa")


def test_the_numbers_of_a_list_go_on() -> None:
    content: Content = (ListBlock(True, 3, items("aaa", "bbb", "ccc")),)
    assert split(content, size, 14) == (
        (ListBlock(True, 3, items("aaa", "bbb")),),
        (ListBlock(True, 5, items("ccc")),),
    )
    bullets: Content = (ListBlock(False, 1, items("aaa", "bbb", "ccc")),)
    assert split(bullets, size, 12)[1] == (ListBlock(False, 1, items("ccc")),)


def test_an_item_too_large_goes_on_before_the_rest_of_its_list() -> None:
    content: Content = (ListBlock(True, 1, (said("aaaa bbbb")[:1], *items("cc"))),)
    assert split(content, size, 8) == (
        (ListBlock(True, 1, items("aaaa")),),
        said("bbbb"),
        (ListBlock(True, 2, items("cc")),),
    )
    nested: Content = (
        ListBlock(
            False, 1, ((*said("aa"), ListBlock(False, 1, items("bbbb", "cccc"))), *items("dd"))
        ),
    )
    parts = split(nested, size, 13)
    assert parts[0] == (ListBlock(False, 1, ((*said("aa"), ListBlock(False, 1, items("bbbb"))),)),)
    assert parts[1] == (ListBlock(False, 1, items("cccc")), ListBlock(False, 1, items("dd"))) or (
        [plain(part) for part in parts[1:]] == ["- cccc\n- dd"]
    )


def test_a_list_that_no_room_is_left_for_begins_the_next_part() -> None:
    content: Content = (*said("aaaaaaaa"), ListBlock(False, 1, items("b" * 30)))
    assert split(content, size, 10)[0] == said("aaaaaaaa")


def test_nodes_are_never_cut() -> None:
    content: Content = (Paragraph((Text("aaaa "), Mention("ann", "Ann"), Text(" bb"))),)
    assert split(content, size, 8) == (
        said("aaaa"),
        (Paragraph((Mention("ann", "Ann"), Text(" bb"))),),
    )


def test_an_address_too_long_for_any_part_is_cut_as_words() -> None:
    parts = split((Paragraph((Link(URL), Text(" b"))),), size, 50)
    assert "".join(plain(part) for part in parts).replace(" ", "") == f"{URL}b"
    labelled = split((Paragraph((Link(URL, (Text("label"),)),)),), lambda part: size(part) * 20, 60)
    assert "".join(plain(part) for part in labelled) == "label"


def test_code_is_cut_within_its_delimiters() -> None:
    assert split((Paragraph((Code("a" * 12), Text("b"))),), size, 8) == (
        (Paragraph((Code("a" * 8),)),),
        (Paragraph((Code("a" * 4), Text("b"))),),
    )


def test_a_sign_that_no_message_holds_is_still_delivered() -> None:
    parts = split(said("abc"), lambda part: 9 * size(part), 5)
    assert [plain(part) for part in parts] == ["a", "b", "c"]
    assert len(split((CodeBlock("abc"),), lambda part: 9 * size(part), 5)) == 3


def test_a_cut_that_turns_out_too_large_is_made_shorter() -> None:
    def uneven(content: Content) -> int:
        text = plain(content)
        return len(text) * (3 if text.endswith("b") else 1)

    parts = split(said("aaaaaaab aaaaaaaa"), uneven, 16)
    assert [plain(part) for part in parts] == ["aaaaaaa", "b aaaaaaaa"]


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("abc", 2, 2),
        ("ab", 5, 2),
        ("e\u0301x", 1, 0),
        ("xe\u0301", 2, 1),
        ("\r\n", 1, 0),
        ("\U0001f468\u200d\U0001f469", 1, 0),
        ("\U0001f468\u200d\U0001f469", 2, 0),
        ("\U0001f44b\U0001f3fc", 1, 0),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 2, 2),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 3, 2),
        ("\u1100\u1161", 1, 0),
        ("\ua960\ud7b0", 1, 0),
        ("\u0915\u094d\u0937", 2, 0),
        ("a\u200c", 1, 0),
        ("\u4e00\u4e8c", 1, 1),
        ("x\U0001f3f4\U000e0067\U000e007f", 2, 1),
        ("\uff76\uff9e", 1, 0),
    ],
)
def test_characters_as_readers_see_them_are_not_cut(text: str, at: int, expected: int) -> None:
    assert boundary(text, at) == expected
