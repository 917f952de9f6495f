"""What is taken from answers about pins."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.pinterest.cards import bare, from_api, from_oembed
from core.ids import PinId
from core.model import Pin, PinSource

ID = PinId("99360735500167749")
URL = f"https://www.pinterest.com/pin/{ID}/"


def api(**answer: Any) -> Pin:
    return from_api(ID, answer, {})


def test_only_the_address_is_always_known() -> None:
    assert bare(ID) == Pin(ID, URL)
    assert api() == Pin(ID, URL, source=PinSource.API)


def test_an_answer_of_the_api_is_read() -> None:
    answer = {
        "title": "Oak desk",
        "description": "Solid oak.\nOiled.",
        "alt_text": "A desk",
        "link": "https://northwind.example/desk",
        "dominant_color": "#E5CDAE",
        "board_owner": {"username": "northwind"},
        "media": {
            "media_type": "image",
            "images": {
                "150x150": {"url": "https://i.example/150.jpg", "width": 150, "height": 150},
                "1200x": {"url": "https://i.example/1200.jpg", "width": 1200, "height": 1800},
                "originals": {"url": "https://i.example/o.jpg", "width": 4000, "height": 6000},
            },
        },
    }
    assert from_api(ID, answer, {"name": "Work"}) == Pin(
        ID,
        URL,
        title="Oak desk",
        description="Solid oak.\nOiled.",
        alt="A desk",
        picture="https://i.example/1200.jpg",
        link="https://northwind.example/desk",
        board="Work",
        creator="northwind",
        color="#e5cdae",
        source=PinSource.API,
    )


@pytest.mark.parametrize(
    "media",
    [
        {"images": {"600x": {"url": "https://i.example/a.jpg", "width": 600}}},
        {"images": {"orig": {"url": "https://i.example/a.jpg", "width": 9_000}}},
        {"images": {"orig": {"url": "https://i.example/a.jpg"}}},
        {"cover_image_url": "https://i.example/a.jpg"},
        {"items": [{"images": {"600x": {"url": "https://i.example/a.jpg", "width": 600}}}]},
        {"items": [{"cover_image_url": "https://i.example/a.jpg"}, {}]},
    ],
)
def test_every_kind_of_media_has_a_picture(media: Any) -> None:
    assert api(media=media).picture == "https://i.example/a.jpg"


def test_texts_are_cut_to_their_limits() -> None:
    pin = api(title="t" * 101, description="d" * 5_000, alt_text="a" * 501)
    assert pin.title == "t" * 99 + "\u2026"
    assert len(pin.description or "") == 800
    assert len(pin.alt or "") == 500
    assert api(title="t" * 100).title == "t" * 100


def test_blank_and_controlling_characters_are_dropped() -> None:
    assert api(title=" ").title is None
    assert api(title="a\n b\x00\x1b[1m").title == "a b[1m"


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//host/x",
        "/x",
        "https://",
        "https://a b",
        "https://a\nb",
        "https://[",
        f"https://a/{'x' * 2_100}",
        7,
        None,
    ],
)
def test_only_web_addresses_are_linked(link: Any) -> None:
    assert api(link=link).link is None
    assert from_oembed(ID, {"thumbnail_url": link}).picture is None


@pytest.mark.parametrize("color", ["red", "#fff", "#12345g", "#1234567", "url(x)", 5, None])
def test_only_a_colour_is_a_colour(color: Any) -> None:
    assert api(dominant_color=color).color is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
_FIELDS = ("title", "description", "alt_text", "link", "media", "board_owner", "thumbnail_url")


@given(st.dictionaries(st.sampled_from(_FIELDS), _JSON))
def test_no_answer_makes_it_raise(answer: dict[str, Any]) -> None:
    for pin in (from_api(ID, answer, answer), from_oembed(ID, answer)):
        assert len(pin.title or "") <= 100
        assert pin.picture is None or pin.picture.startswith("http")
