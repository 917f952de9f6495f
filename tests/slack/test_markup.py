"""Slack's text, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.markup import escape, link, linked, mentioned, plain_text, unescape

NAMES = {"U1": "Ada", "C1": "general"}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("hi <@U1>, see <#C1>", "hi @Ada, see #general"),
        ("<@U9> in <#C9>", "@someone in #channel"),
        ("<@U1|ada.l> <@U9|bo> <#C1|plans>", "@Ada @bo #plans"),
        ("<!here> <!channel> <!everyone|@everyone>", "@here @channel @everyone"),
        ("<!subteam^S1|@team> <!subteam^S1>", "@team @group"),
        ("<!date^1392734382^{date}|Feb 18>", "Feb 18"),
        ("<https://x.example/a?b=1&amp;c=2>", "https://x.example/a?b=1&c=2"),
        ("<https://x.example/|x.example>", "https://x.example/"),
        ("<https://x.example/a|the shop>", "the shop (https://x.example/a)"),
        ("<https://evil.example/|bank.example>", "bank.example (https://evil.example/)"),
        ("<mailto:a@x.example|a@x.example>", "a@x.example"),
        ("ok :+1: &amp;lt;", "ok :+1: &lt;"),
    ],
)
def test_text_is_read_as_plain_words(typed: str, read: str) -> None:
    assert plain_text(typed, NAMES) == read


def test_the_names_a_text_needs_are_found() -> None:
    assert mentioned("<@U1> <@U2|b> <#C1> <#C2|x> <!here>") == (
        frozenset({"U1", "U2"}),
        frozenset({"C1"}),
    )


@given(st.text())
def test_escaping_is_undone_by_reading(text: str) -> None:
    assert unescape(escape(text)) == text
    assert plain_text(escape(text), {}) == text


@given(st.text(alphabet=st.sampled_from("<>!@#|& h:/.ptsx")))
def test_links_made_of_text_read_back_as_that_text(text: str) -> None:
    assert plain_text(linked(text), {}) == text


def test_an_address_ends_before_its_sentence_does() -> None:
    assert linked("see https://x.example/a. Or") == "see <https://x.example/a>. Or"


def test_a_link_holds_no_markup_of_its_own() -> None:
    assert link("https://x.example/<!here>|x", "<a|b>") == (
        "<https://x.example/%3C!here%3E%7Cx|&lt;a|b&gt;>"
    )
    assert link("javascript:alert(1)", "x") == "x"
