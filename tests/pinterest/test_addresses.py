"""Which addresses name a pin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.pinterest.addresses import DOMAINS, may_visit, pin_id, short_code

ID = "99360735500167749"


@pytest.mark.parametrize("domain", sorted(DOMAINS))
def test_every_domain_and_its_subdomains_are_taken(domain: str) -> None:
    for host in (domain, f"www.{domain}", f"de.{domain}", domain.upper()):
        assert pin_id(f"https://{host}/pin/{ID}/") == ID


@pytest.mark.parametrize(
    "address",
    [
        f"https://www.pinterest.com/pin/{ID}/",
        f"https://www.pinterest.com/pin/{ID}",
        f"https://pinterest.com/pin/{ID}?utm_source=x&y=/pin/1/",
        f"https://www.pinterest.com/pin/{ID}/#comments",
        f"https://www.pinterest.co.uk/pin/an-oak-desk--{ID}/",
        f"https://www.pinterest.com/pin/a--b--{ID}/?x=1",
        f"https://www.pinterest.com/pin/schreibtisch-%C3%BC--{ID}/",
        f"https://www.pinterest.com/pin/{ID}/sent/?invite_code=abc&sender=1",
        f"  https://www.pinterest.com/pin/{ID}/\n",
        f"HTTPS://WWW.PINTEREST.COM/pin/{ID}/",
    ],
)
def test_an_address_of_a_pin_is_understood(address: str) -> None:
    assert pin_id(address) == ID


@pytest.mark.parametrize(
    "address",
    [
        "",
        "oak desk",
        ID,
        "https://www.pinterest.com/",
        "https://www.pinterest.com/northwind/desks/",
        "https://www.pinterest.com/pin/",
        "https://www.pinterest.com/pin/words/",
        "https://www.pinterest.com/pin/words-1/",
        f"https://www.pinterest.com/ideas/pin/{ID}/",
        "https://www.pinterest.com/pin/0/",
        f"https://www.pinterest.com/pin/{'9' * 26}/",
        "https://www.pinterest.com/pin/\u0661\u0662/",
        f"http://www.pinterest.com/pin/{ID}/",
        f"ftp://www.pinterest.com/pin/{ID}/",
        f"javascript://www.pinterest.com/pin/{ID}/",
        f"www.pinterest.com/pin/{ID}/",
        f"https://pinterest.com.evil.org/pin/{ID}/",
        f"https://evilpinterest.com/pin/{ID}/",
        f"https://pinterest.evil/pin/{ID}/",
        f"https://pinterest.com@evil.org/pin/{ID}/",
        f"https://user@pinterest.com/pin/{ID}/",
        f"https://user:pass@www.pinterest.com/pin/{ID}/",
        f"https://www.pinterest.com:443/pin/{ID}/",
        f"https://www.pinterest.com:8080/pin/{ID}/",
        f"https://www.pinterest.com:/pin/{ID}/",
        f"https://www.pinterest.com./pin/{ID}/",
        f"https://.pinterest.com/pin/{ID}/",
        f"https://www..pinterest.com/pin/{ID}/",
        f"https://w\u200bww.pinterest.com/pin/{ID}/",
        f"https://www.pinterest.\u0441om/pin/{ID}/",
        f"https://evil.org\\.pinterest.com/pin/{ID}/",
        f"https://evil.org/\thttps://www.pinterest.com/pin/{ID}/",
        f"https://www.pint\nerest.com/pin/{ID}/",
        f"https://evil.org/?https://www.pinterest.com/pin/{ID}/",
        f"https://[::1]/pin/{ID}/",
        f"https://[www.pinterest.com/pin/{ID}/",
        f"https://127.0.0.1/pin/{ID}/",
        f"https://www.pinterest.com/pin/{ID}/{'x' * 2_100}",
    ],
)
def test_anything_else_is_no_pin(address: str) -> None:
    assert pin_id(address) is None
    assert short_code(address) is None


def test_short_links_have_a_code() -> None:
    assert short_code("https://pin.it/4aBcD9x") == "4aBcD9x"
    assert short_code("https://pin.it/4aBcD9x/?a=b") == "4aBcD9x"
    assert pin_id("https://pin.it/4aBcD9x") is None


@pytest.mark.parametrize(
    "address",
    [
        "https://pin.it/",
        "https://pin.it/a/b",
        "https://pin.it/..",
        "https://pin.it:443/abc",
        "https://x@pin.it/abc",
        "http://pin.it/abc",
        "https://evil.pin.it.org/abc",
        "https://pin.it.evil.org/abc",
        f"https://pin.it/{'a' * 33}",
    ],
)
def test_what_only_looks_like_a_short_link_is_none(address: str) -> None:
    assert short_code(address) is None


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://api.pinterest.com/url_shortener/abc/redirect/", True),
        ("https://pin.it/abc", True),
        ("http://api.pinterest.com/url_shortener/abc/redirect/", False),
        ("https://127.0.0.1/x", False),
        ("https://pinterest.com.evil.org/", False),
        ("https://api.pinterest.com:8443/", False),
        ("file:///etc/passwd", False),
    ],
)
def test_a_short_link_may_lead_over_own_hosts_alone(address: str, allowed: bool) -> None:
    assert may_visit(address) is allowed


@given(st.text(max_size=200))
def test_no_text_makes_it_raise(text: str) -> None:
    for address in (text, f"https://{text}", f"https://www.pinterest.com/{text}"):
        pin_id(address)
        short_code(address)
        may_visit(address)
