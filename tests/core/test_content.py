"""The neutral tree: its normal form, its plain words, and how it is stored."""

import pytest

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
    length,
    plain,
    words_only,
)
from core.text.content_codec import decode, encode
from core.text.links import addresses, clean, is_itself, is_web, misleads, trimmed
from core.text.listing import lines
from core.text.runs import ITALIC, flat, nest
from core.text.tidy import normal, of_blocks, of_text, whole

A = "https://a.example"


def said(*row: Inline) -> Content:
    return (Paragraph(row),)


def item(*row: Inline) -> Content:
    return (Paragraph(row),)


EVERYTHING: Content = (
    Heading(2, (Text("H"),)),
    Paragraph(
        (
            Bold((Italic((Underline((Strike((Text("x"),)),)),)),)),
            Spoiler((Text("hidden"),)),
            Code("c"),
            Link(A, (Text("label"),), preview=False),
            Link(A),
            Mention("ann", "Ann"),
            Channel("plans", "slack:C1"),
            Emoji("northwind"),
            Timestamp(5, "R", "then"),
            Timestamp(6, "R"),
        )
    ),
    Quote((Paragraph((Text("a\nb"),)),)),
    ListBlock(
        True, 3, ((*item(Text("x\ny")), ListBlock(False, 1, (item(Text("z")),))), item(Text("w")))
    ),
    CodeBlock("code\n  more", "py"),
)


def test_plain_words_show_everything_but_spoilers() -> None:
    shown = plain(EVERYTHING)
    assert shown == (
        f"H\nx[spoiler]clabel{A}@Ann#plans:northwind:then6\n> a\n> b\n"
        "3. x\n  y\n  - z\n4. w\ncode\n  more"
    )
    assert "hidden" in plain(EVERYTHING, None)
    assert length(EVERYTHING) == len(shown) - len("[spoiler]") + len("hidden")
    assert "never" in plain(said(Text("never"), Spoiler((Bold((Text("no"),)),))))


def test_plain_words_show_both_where_a_label_deceives() -> None:
    assert plain(said(Link("https://evil.example", (Text("bank.example"),)))) == (
        "bank.example (https://evil.example)"
    )


def test_content_is_stored_as_it_is() -> None:
    assert decode(encode(EVERYTHING)) == EVERYTHING
    assert decode(encode(said(Text("a"), Timestamp(1, "D", "f")))) == said(
        Text("a"), Timestamp(1, "D")
    )


def test_one_plain_paragraph_is_stored_as_its_words() -> None:
    assert encode(said(Text("hello"))) == "hello"
    assert decode("hello") == said(Text("hello"))
    assert encode(()) == []
    assert decode([]) == ()


@pytest.mark.parametrize("stored", [[["z"]], [["p", ["z"]]]])
def test_what_was_never_stored_is_refused(stored: list[object]) -> None:
    with pytest.raises(ValueError, match="there is no"):
        decode(stored)


@pytest.mark.parametrize(
    "content",
    [
        (),
        (*said(Text("a")), *said(Text("b"))),
        (CodeBlock("a"),),
        said(Text("a"), Code("b")),
        said(Code("a")),
    ],
)
def test_only_one_plain_paragraph_is_words_only(content: Content) -> None:
    assert words_only(content) is None
    assert words_only(said(Text("a"))) == "a"


def test_text_becomes_words_and_links() -> None:
    assert of_text("  ") == ()
    assert of_text(" a\r\nb \x00\ud800") == said(Text("a\nb \ufffd\ufffd"))
    assert of_text(f"see {A}/x.") == said(Text("see "), Link(f"{A}/x"), Text("."))
    assert of_text(A) == said(Link(A))
    assert of_text("https://.") == said(Text("https://."))
    assert whole("plain") == "plain"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ((Text("a"), Text(""), Text("b")), (Text("ab"),)),
        ((Bold((Text(" a "),)), Text("b")), (Text(" "), Bold((Text("a"),)), Text(" b"))),
        ((Bold((Text(" "), Text("\n"))), Text("b")), (Text(" \nb"),)),
        (
            (Bold((Text("a"), Text(" "), Code("c"), Text(" "))),),
            (Bold((Text("a "), Code("c"))), Text(" ")),
        ),
        ((Text("x"), Bold((Italic((Text(" "),)), Code("c")))), (Text("x "), Bold((Code("c"),)))),
        (
            (Italic((Bold((Text("a"),)), Text("b"))),),
            (Bold((Italic((Text("a"),)),)), Italic((Text("b"),))),
        ),
        ((Bold((Bold((Text("a"),)),)), Bold((Text("b"),))), (Bold((Text("ab"),)),)),
        ((Bold(()), Spoiler((Text(""),))), ()),
        ((Code("a"), Code("b"), Bold((Code("c"),))), (Code("ab"), Bold((Code("c"),)))),
        ((Mention("", "Bob"), Text("!")), (Text("@Bob!"),)),
        ((Emoji("a"), Emoji("a")), (Emoji("a"), Emoji("a"))),
        ((Text(f"a {A}/( b"), Code(A)), (Text("a "), Link(f"{A}/("), Text(" b"), Code(A))),
    ],
)
def test_a_row_has_one_normal_form(row: tuple[Inline, ...], expected: tuple[Inline, ...]) -> None:
    assert nest(flat(row)) == expected
    assert nest(flat(expected)) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ((Link(A, (Bold((Text("a"),)),)),), (Bold((Link(A, (Text("a"),)),)),)),
        (
            (Link(A, (Bold((Text("a"),)), Text("b"))),),
            (Link(A, (Bold((Text("a"),)), Text("b"))),),
        ),
        ((Link(A, (Text("a"),)), Link(A, (Text("b"),))), (Link(A, (Text("ab"),)),)),
        (
            (Link(A, (Text("a"),)), Link(A, (Text("b"),), preview=False)),
            (Link(A, (Text("a"),)), Link(A, (Text("b"),), preview=False)),
        ),
        ((Link(A, (Text(" "),)),), (Link(A),)),
        ((Link(A, (Bold(()),)),), (Link(A),)),
        ((Link(A, (Text(f"{A}/"),)),), (Link(A),)),
        ((Link(A, (Text("a\nb"), Emoji("e"))),), (Link(A, (Text("a b"), Emoji("e"))),)),
        ((Link(A, (Link("https://b.example", (Text("in"),)),)),), (Link(A, (Text("in"),)),)),
        (
            (Link(A, (Text("to "), Link("https://b.example"))),),
            (Link(A, (Text("to https://b.example"),)),),
        ),
        ((Link(A, (Text("a"), Spoiler((Text("b"),)))),), (Spoiler((Link(A, (Text("ab"),)),)),)),
        (
            (Link(f"{A}/(b)", (Text("l"),)), Link(f"{A}/(b)")),
            (Link(f"{A}/%28b%29", (Text("l"),)), Link(f"{A}/(b)")),
        ),
    ],
)
def test_a_link_has_one_normal_form(row: tuple[Inline, ...], expected: tuple[Inline, ...]) -> None:
    assert nest(flat(row)) == expected
    assert nest(flat(expected)) == expected


def test_styles_can_be_given_to_a_row_and_addresses_left_alone() -> None:
    assert nest(flat((Text("a"),), ITALIC)) == (Italic((Text("a"),)),)
    assert nest([(0, Text(A))], linking=False) == (Text(A),)


def test_neighbours_are_joined() -> None:
    assert normal((*said(Text("a")), *said(Text("b")))) == said(Text("a\nb"))
    assert normal((Quote(said(Text("a"))), Quote(said(Text("b"))))) == (Quote(said(Text("a\nb"))),)
    lists: Content = (
        ListBlock(False, 9, (item(Text("a")),)),
        ListBlock(False, 1, (item(Text("b")),)),
    )
    assert normal(lists) == (ListBlock(False, 1, (item(Text("a")), item(Text("b")))),)
    assert normal((Heading(1, (Text("a"),)), Heading(9, (Text("b"),)))) == (
        Heading(1, (Text("a"),)),
        Heading(3, (Text("b"),)),
    )


def test_ordered_lists_are_joined_where_their_numbers_go_on() -> None:
    first, second = ListBlock(True, 1, (item(Text("a")),)), ListBlock(True, 2, (item(Text("b")),))
    again = ListBlock(True, 1, (item(Text("b")),))
    assert normal((first, second)) == (ListBlock(True, 1, (item(Text("a")), item(Text("b")))),)
    assert normal((first, again)) == (first, again)
    assert normal((first, ListBlock(False, 1, again.items))) == (
        first,
        ListBlock(False, 1, again.items),
    )


def test_what_is_empty_goes_and_its_neighbours_meet() -> None:
    nothing: list[Block] = [
        Paragraph((Text(" \n"),)),
        Quote(()),
        ListBlock(False, 1, (item(Text(" ")), ())),
        Heading(1, (Text(" "),)),
        CodeBlock("\n\n"),
        Paragraph(()),
    ]
    assert normal(tuple(nothing)) == ()
    for block in nothing[1:-1]:
        assert normal((*said(Text("a")), block, *said(Text("b")))) == said(Text("a\nb"))


def test_white_space_at_the_ends_goes() -> None:
    assert of_blocks([Paragraph((Text(" a "), Code("c"), Text(" ")))]) == said(
        Text("a "), Code("c")
    )
    after = (CodeBlock("c"), Paragraph((Text("  "), Code("d"))), CodeBlock("e"))
    assert of_blocks(after) == (CodeBlock("c"), Paragraph((Code("d"),)), CodeBlock("e"))
    blank_line = (CodeBlock("c"), Paragraph((Text(" \n b\n"),)), CodeBlock("e"))
    assert of_blocks(blank_line)[1] == Paragraph((Text("\n b\n"),))
    assert of_blocks([Paragraph((Text(" "), Code("c"), Text(" ")))]) == said(Code("c"))


def test_a_heading_is_one_line() -> None:
    assert normal((Heading(1, (Text("a\n"), Code("b"), Text("\nc"))),)) == (
        Heading(1, (Text("a "), Code("b"), Text(" c"))),
    )


def test_code_keeps_all_but_line_ends_at_its_edges() -> None:
    assert normal((CodeBlock("\n a\r\nb \n", "not a language"),)) == (CodeBlock(" a\nb "),)


def test_items_hold_words_and_lists_alone() -> None:
    whole_item: Content = (
        Heading(1, (Text("h"),)),
        Quote((*said(Text("q")), CodeBlock("c"))),
        ListBlock(False, 1, (item(Text("in")),)),
    )
    (listed,) = normal((ListBlock(True, 0, (whole_item,)),))
    assert listed == ListBlock(
        True,
        1,
        (
            (
                *item(Bold((Text("h"),)), Text("\nq\n"), Code("c")),
                ListBlock(False, 1, (item(Text("in")),)),
            ),
        ),
    )
    assert [line.depth for line in lines(listed)] == [0, 1]


def test_what_is_too_deep_stands_on_the_last_level() -> None:
    deep: Block = ListBlock(False, 1, (item(Text("x")),))
    for _ in range(400):
        deep = ListBlock(False, 1, ((*item(Text("x")), deep),))
    assert isinstance(deep, ListBlock)
    (found,) = normal((deep,))
    assert isinstance(found, ListBlock)
    assert max(line.depth for line in lines(found)) == 8
    assert len(lines(found)) == 401


def test_a_list_under_an_empty_item_moves_up() -> None:
    inner = ListBlock(False, 1, (item(Text("in")),))
    assert normal((ListBlock(False, 1, ((inner,), item(Text("b")))),)) == (
        ListBlock(False, 1, (item(Text("in")), item(Text("b")))),
    )


def test_nested_quotes_are_one() -> None:
    content: Content = (*said(Text("x")), CodeBlock("c"))
    for _ in range(500):
        content = (Quote(content), Heading(1, (Text("h"),)))
    (quote, _) = normal(content)[:2]
    assert isinstance(quote, Quote)
    assert not any(isinstance(block, Quote) for block in quote.content)


def test_addresses_end_where_the_sentence_goes_on() -> None:
    assert trimmed("https://a.example/x).,") == "https://a.example/x"
    assert trimmed("https://a.example/(x).") == "https://a.example/(x)"
    assert trimmed("...") == ""
    assert list(addresses(f"({A}) https:// http://xy")) == [(1, 1 + len(A)), (29, 38)]


def test_addresses_hold_nothing_that_means_something() -> None:
    assert (
        clean("https://a.example/ <b>|\u200b", labelled=False)
        == "https://a.example/%20%3Cb%3E%7C%E2%80%8B"
    )
    assert clean("https://a.example/@here", labelled=False) == "https://a.example/%40here"
    assert is_web("HTTPS://a.example")
    assert not is_web("javascript:alert(1)")


@pytest.mark.parametrize(
    ("label", "deceives"),
    [
        ("a.example", False),
        ("www.a.example/path", False),
        ("https://a.example", False),
        ("bank.example", True),
        ("see https://user@bank.example/ now", True),
        ("the end. Really", False),
        ("words", False),
    ],
)
def test_a_label_deceives_that_reads_as_another_host(label: str, deceives: bool) -> None:
    assert misleads(label, "https://www.a.example/x") is deceives
    assert misleads("bank.example", "mailto:a@a.example")
    assert is_itself(f"{A}/", A)
