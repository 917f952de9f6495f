"""Which addresses name a pin (product.md, rule 20). Pure.

An address is taken only when all of it is understood: https, a host of
Pinterest's own, nothing before or after the host. Look-alikes are refused
rather than guessed at.
"""

import re
from urllib.parse import SplitResult, urlsplit

from core.ids import PinId
from core.model import Refusal

BAD_PIN = Refusal(
    "bad_pin",
    "That is not the address of a pin. Paste one such as "
    "https://www.pinterest.com/pin/99360735500167749/ or https://pin.it/ and its code.",
)

SHORT_HOST = "pin.it"
LONGEST = 2_048

_ENDINGS = """
    at be ca ch cl co co.at co.in co.kr co.nz co.uk com com.au com.bo com.ec com.mx com.pe com.py
    com.uy com.vn de dk ec es fr hu id ie in info it jp kr mx net nl nz pe ph pt ru se th tw uk vn
"""
DOMAINS = frozenset(f"pinterest.{ending}" for ending in _ENDINGS.split())
"""Pinterest's public domains, as its own certificate names them."""

_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_PIN_PATH = re.compile(r"/pin/(?:[^/]*--)?([0-9]{1,25})(?:/.*)?")
CODE = re.compile(r"([A-Za-z0-9]{1,32})/?")


def pin_id(address: str) -> PinId | None:
    """The id in a long address: with or without a slug, whatever follows the id."""
    parts = _split(address)
    if parts is None or not is_pinterest(parts.netloc.lower()):
        return None
    found = _PIN_PATH.fullmatch(parts.path)
    return PinId(found[1].lstrip("0")) if found and found[1].strip("0") else None


def short_code(address: str) -> str | None:
    """The code of `https://pin.it/<code>`."""
    parts = _split(address)
    if parts is None or parts.netloc.lower() != SHORT_HOST:
        return None
    found = CODE.fullmatch(parts.path.removeprefix("/"))
    return found[1] if found else None


def may_visit(address: str) -> bool:
    """Whether a short link may lead there on its way to a pin."""
    parts = _split(address)
    if parts is None:
        return False
    host = parts.netloc.lower()
    return host == SHORT_HOST or is_pinterest(host)


def pin_url(pin: PinId) -> str:
    return f"https://www.pinterest.com/pin/{pin}/"


def is_pinterest(host: str) -> bool:
    """One of the domains or a subdomain of one. A port or a user name is no part of a host."""
    if not _HOST.fullmatch(host):
        return False
    labels = host.split(".")
    return any(".".join(labels[cut:]) in DOMAINS for cut in range(len(labels) - 1))


def _split(address: str) -> SplitResult | None:
    text = address.strip()
    # urlsplit drops tabs and line ends, and browsers read a backslash as a slash.
    if len(text) > LONGEST or any(c <= " " or c in "\\\x7f" for c in text):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return parts if parts.scheme == "https" and parts.netloc else None
