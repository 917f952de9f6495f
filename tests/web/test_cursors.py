"""Sealed numbers."""

from hypothesis import given
from hypothesis import strategies as st

from web.cursors import seal, unseal

KEY = b"k" * 32
NUMBERS = st.integers(0, 2**64 - 1)


@given(NUMBERS, st.text(max_size=40))
def test_a_cursor_opens_to_the_number_it_was_made_of(number: int, purpose: str) -> None:
    assert unseal(KEY, purpose, seal(KEY, purpose, number)) == number


@given(NUMBERS)
def test_a_cursor_opens_with_its_own_key_and_purpose_only(number: int) -> None:
    cursor = seal(KEY, "thread a\nmia", number)
    assert unseal(KEY, "thread a\nrosa", cursor) is None
    assert unseal(KEY, "thread b\nmia", cursor) is None
    assert unseal(b"x" * 32, "thread a\nmia", cursor) is None


@given(st.text(max_size=60))
def test_no_other_text_is_a_cursor(text: str) -> None:
    assert unseal(KEY, "p", text) is None


def test_neighbours_have_nothing_in_common() -> None:
    cursors = {seal(KEY, "p", number) for number in range(1_000)}
    assert len(cursors) == 1_000
    assert len({cursor[:8] for cursor in cursors}) == 1_000
