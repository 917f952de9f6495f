"""Plain text stays plain on Discord."""

import re

from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.markdown import escape
from adapters.discord.outbound import letters
from core.text.tidy import whole

HOSTILE = st.one_of(st.text(), st.text(alphabet="*_~|`[]()<>#-@!:&\\ \n\t.1ahttps/everyone"))


@given(HOSTILE)
def test_escaping_keeps_every_letter_and_at_most_doubles_a_text(text: str) -> None:
    shown = escape(whole(text))
    assert letters(shown) == letters(whole(text))
    assert len(shown) <= 2 * len(text)


@given(HOSTILE)
def test_no_mention_survives_escaping(text: str) -> None:
    shown = re.sub(r"https?://[^\s<>]+", "", escape(text))
    assert not re.search(r"@(everyone|here)", shown)
    assert not re.search(r"(?<!\\)<[@#]", shown)


def test_forty_thousand_signs_take_no_time() -> None:
    for text in ("*" * 40_000, "<@" * 20_000, "`" * 40_000, "> " * 20_000, "[" * 40_000):
        assert len(escape(text)) <= 80_000
