"""One name for each emoji, and nothing else passes for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text.emoji import is_emoji, normal

GOOD = (
    "\U0001f44d",
    "\U0001f44d\U0001f3fd",
    "\u2764\ufe0f",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "\U0001f1f3\U0001f1f4",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "1\ufe0f\u20e3",
    "\u2139\ufe0f",
    "\u203c\ufe0f",
    "\u2194\ufe0f",
    ":shipit:",
    ":+1:",
)
BAD = (
    "",
    "a",
    "ok",
    "1",
    "\U0001f44d\U0001f44d",
    " ",
    "\u200d",
    ":",
    "::",
    ": a:",
    "<b>",
    "\u00e9",
)


@pytest.mark.parametrize("emoji", GOOD)
def test_emoji_of_every_kind_are_one(emoji: str) -> None:
    assert is_emoji(normal(emoji))


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_emoji_is_none(text: str) -> None:
    assert not is_emoji(normal(text))


def test_variation_selectors_make_no_difference_and_skin_tones_do() -> None:
    assert normal("\u2764\ufe0f") == normal("\u2764\ufe0e") == "\u2764"
    assert normal("\U0001f44d\U0001f3fd") != normal("\U0001f44d")


@given(st.text())
def test_any_text_has_a_normal_form_that_stays(text: str) -> None:
    assert normal(normal(text)) == normal(text)
    assert isinstance(is_emoji(normal(text)), bool)
