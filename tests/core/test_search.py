"""What people type to search, and how much of a message is shown for it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intents import Handle
from core.refusal import Refusal
from core.search import (
    MOST_WORDS,
    NOTHING_TO_FIND,
    SearchQuery,
    day_of,
    excerpt,
    parse_search,
    words_of,
)


def test_what_is_typed_is_read() -> None:
    query = parse_search("Oak  TABLE from:@Mia before:2026-02-01 after:2026-01-01")
    assert query == SearchQuery(
        ("oak", "table"),
        Handle("mia"),
        datetime(2026, 2, 1, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("FROM:mia", SearchQuery(author=Handle("mia"))),
        ("Before:2026-02-01", SearchQuery(before=datetime(2026, 2, 1, tzinfo=UTC))),
        ("after:2026-02-01", SearchQuery(after=datetime(2026, 2, 1, tzinfo=UTC))),
        ("before:2026-02-01 oak", SearchQuery(("oak",), before=datetime(2026, 2, 1, tzinfo=UTC))),
    ],
)
def test_a_filter_stands_anywhere_in_any_case_and_alone(text: str, query: SearchQuery) -> None:
    assert parse_search(text) == query


@pytest.mark.parametrize("text", ["", "  ", "?!", "—"])
def test_without_words_and_filters_there_is_nothing_to_find(text: str) -> None:
    assert parse_search(text) == NOTHING_TO_FIND


@pytest.mark.parametrize("name", ["before", "after"])
@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "1.2.2026"])
def test_what_is_no_day_is_told_with_an_example(name: str, day: str) -> None:
    bad = parse_search(f"oak {name.upper()}:{day}")
    assert isinstance(bad, Refusal)
    assert bad.code == "bad_date"
    assert f"{name}:2026-01-31" in bad.sentence


def test_a_day_begins_at_midnight_in_utc() -> None:
    assert day_of("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)
    assert day_of("soon") is None


def test_words_are_letters_marks_and_digits_once_each_and_a_dozen() -> None:
    assert words_of("Oak, oak & STRASSE straße 2x4!") == ("oak", "strasse", "2x4")
    assert words_of("नमस्ते मित्र") == ("नमस्ते", "मित्र")
    assert words_of(" ".join(f"w{n}" for n in range(20))) == tuple(
        f"w{n}" for n in range(MOST_WORDS)
    )


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert len(words_of(text)) <= MOST_WORDS
    assert isinstance(parse_search(text), SearchQuery | Refusal)


def test_a_short_text_is_its_own_excerpt_on_one_line() -> None:
    assert excerpt("An  oak\ntable", ("oak",)) == "An oak table"


def test_a_long_text_is_cut_where_something_is_left_out() -> None:
    assert excerpt("oak " + "x" * 20, ("oak",), 8) == "oak xxxx…"
    assert excerpt("x" * 20 + " oak", ("oak",), 8) == "…xxxx oak"
    assert excerpt("x" * 20 + " oak " + "y" * 20, ("oak",), 8) == "…x oak yy…"


def test_where_no_word_is_in_the_text_its_beginning_is_shown() -> None:
    assert excerpt("abcdefghijkl", ("oak",), 8) == "abcdefgh…"


@given(st.text(max_size=400), st.text(max_size=10))
def test_an_excerpt_is_short_and_holds_the_word(before: str, after: str) -> None:
    cut = excerpt(f"{before} needle {after}", ("needle",))
    assert "needle" in cut
    assert len(cut) <= 162
