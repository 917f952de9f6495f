"""Slack's names of emoji and their characters."""

import pytest

from adapters.slack.emoji import characters, from_points, name_of, resolved


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("+1", "\U0001f44d"),
        ("thumbsup", "\U0001f44d"),
        ("heart", "\u2764\ufe0f"),
        ("flag-de", "\U0001f1e9\U0001f1ea"),
        ("de", "\U0001f1e9\U0001f1ea"),
        ("hash", "#\ufe0f\u20e3"),
        ("wave::skin-tone-3", "\U0001f44b\U0001f3fc"),
        ("v::skin-tone-6", "\u270c\U0001f3ff"),
        ("female-firefighter::skin-tone-2", "\U0001f469\U0001f3fb\u200d\U0001f692"),
        ("rainbow-flag", "\U0001f3f3\ufe0f\u200d\U0001f308"),
        ("heart::skin-tone-3", "\u2764\ufe0f"),
        ("nothing-of-the-kind", None),
    ],
)
def test_names_have_their_characters(name: str, found: str | None) -> None:
    assert characters(name) == found


def test_a_couple_has_two_tones() -> None:
    assert characters("man-heart-man", "2-6") == (
        "\U0001f468\U0001f3fb\u200d\u2764\ufe0f\u200d\U0001f468\U0001f3ff"
    )


@pytest.mark.parametrize(
    ("emoji", "name"),
    [
        ("\U0001f44d", "+1"),
        ("\u2764", "heart"),
        ("\u2764\ufe0f", "heart"),
        ("\U0001f44b\U0001f3fc", "wave::skin-tone-3"),
        ("\U0001f1e9\U0001f1ea", "de"),
        ("x", None),
    ],
)
def test_characters_have_their_name_whatever_the_variation_selectors(
    emoji: str, name: str | None
) -> None:
    assert name_of(emoji) == name


def test_aliases_are_followed_and_circles_end() -> None:
    custom = {"nw": "alias:northwind", "northwind": "https://e.example/n.png", "ok2": "alias:+1"}
    assert resolved("nw", custom.get) == (None, "northwind")
    assert resolved("ok2", custom.get) == ("\U0001f44d", "+1")
    assert resolved("x1", {"x1": "alias:x2", "x2": "alias:x1"}.get)[0] is None


@pytest.mark.parametrize("points", ["", "zz", "1f44b-", "110000", "d800", "-".join(["1f44b"] * 40)])
def test_code_points_that_are_none_are_nothing(points: str) -> None:
    assert from_points(points) is None


def test_code_points_are_characters() -> None:
    assert from_points("1f44b-1f3fc") == "\U0001f44b\U0001f3fc"
