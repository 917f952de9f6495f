"""Slack's text: what goes out means nothing but itself."""

import re

from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.markup import escape, link, linked, unescape


@given(st.text())
def test_escaping_is_undone_by_reading(text: str) -> None:
    assert unescape(escape(text)) == text


@given(st.text(alphabet=st.sampled_from("<>!@#|& h:/.ptsx")))
def test_links_made_of_text_read_back_as_that_text(text: str) -> None:
    assert unescape(re.sub("<(http[^<>|]*)>", r"\1", linked(text))) == text


def test_an_address_ends_before_its_sentence_does() -> None:
    assert linked("see https://x.example/a. Or") == "see <https://x.example/a>. Or"


def test_a_link_holds_no_markup_of_its_own() -> None:
    assert link("https://x.example/<!here>|x", "<a|b>") == (
        "<https://x.example/%3C!here%3E%7Cx|&lt;a|b&gt;>"
    )
    assert link("javascript:alert(1)", "x") == "x"
