"""Names that Discord refuses never reach it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.names import NEUTRAL, visible, webhook_name

MEAN = (
    "Discord",
    "dis\u200bcord",
    "DIS\u00adCORD",
    "\uff44\uff49\uff53\uff43\uff4f\uff52\uff44",
    "dis\u0441\u043erd",
    "c\u202elyde",
    "CLYDE Clyde",
    "discdiscordord",
    "everyone",
    "@Everyone",
    "here",
    " h\u200bere ",
    "n" * 300,
    "\U0001f469\u200d\U0001f680" * 60,
    "\u202e\u2066",
    "\x00\x07",
    "\ud800",
    "\u0301\u0301",
    "   ",
    "",
)


def refused(name: str) -> bool:
    """Whether Discord would refuse it, as far as its rules are known."""
    low = name.lower()
    return (
        not 1 <= len(name) <= 80
        or name != name.strip()
        or any(word in low for word in ("clyde", "discord"))
        or low in ("here", "everyone")
        or any(unicodedata.category(sign) in ("Cc", "Cs") for sign in name)
    )


@given(
    st.one_of(st.text(max_size=200), st.sampled_from(MEAN), st.text(alphabet="discorlye@ \u200b"))
)
def test_no_name_is_one_that_discord_refuses(name: str) -> None:
    assert not refused(webhook_name(name))


@pytest.mark.parametrize("name", MEAN)
def test_a_mean_name_is_harmless_and_stays_so(name: str) -> None:
    once = webhook_name(name)
    assert not refused(once)
    assert webhook_name(once) == once


@pytest.mark.parametrize(
    "name",
    [
        "Mia",
        "Therese",
        "Adhere & Co",
        "Ada L.",
        "\u041c\u0430\u0440\u0438\u044f",
        "美香",
        "\u0645\u0631\u06cc\u0645",
        "👨\u200d👩\u200d👧",
        "❤️",
    ],
)
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert webhook_name(name) == name


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "\u202e", "here", "@everyone", "\u0301"])
def test_a_name_of_which_nothing_is_left_is_neutral(name: str) -> None:
    assert webhook_name(name) == NEUTRAL


def test_a_long_name_is_shortened() -> None:
    assert webhook_name("n" * 300) == "n" * 80


def test_kept_words_stay_readable() -> None:
    assert webhook_name("Discord fan Clyde") == "Dis-cord fan Cly-de"


def test_nothing_invisible_is_left() -> None:
    assert visible("a\u200b\u202e\u0000b\ud800") == "ab"
