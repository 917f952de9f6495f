"""Web addresses: found in text, cleaned, and compared with the words they hide behind."""

import re
from collections.abc import Iterator

ADDRESS = r"https?://[^\s<>\u200b]+"
"""As a platform finds it in text. What `trimmed` cuts off again belongs to the sentence."""

_FOUND = re.compile(ADDRESS)
_HOST = re.compile(r"(?:https?://)?(?:[^\s/@]*@)?((?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,})")
_WEB = re.compile(r"https?://(?:[^\s/?#@]*@)?([^\s/?#:]+)", re.IGNORECASE)
_TAIL = ".,;:\"'\\]"
_UNSAFE = re.compile(r"[\x00-\x20<>\"`|\\\x7f\u200b\ud800-\udfff]")
_PING = re.compile("@(?=everyone|here)")
_PARENTHESES = str.maketrans({"(": "%28", ")": "%29"})


def trimmed(found: str) -> str:
    """An address without what Discord leaves to the sentence: stops, quotes, an unopened `)`."""
    spare = found.count(")") - found.count("(") if found.endswith((")", *_TAIL)) else 0
    end = len(found)
    while end:
        sign = found[end - 1]
        if sign == ")" and spare > 0:
            spare -= 1
        elif sign not in _TAIL:
            break
        end -= 1
    return found[:end]


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where web addresses stand in a text."""
    for found in _FOUND.finditer(text):
        address = trimmed(found[0])
        if len(address) > len("https://"):
            yield found.start(), found.start() + len(address)


def is_web(url: str) -> bool:
    return _WEB.match(url) is not None


def clean(url: str, *, labelled: bool) -> str:
    """An address that holds nothing a dialect takes for its own, percent-encoded where it did.

    Behind a label parentheses are encoded too, for the dialects that put it between them.
    """
    if _UNSAFE.search(url):
        url = _UNSAFE.sub(_encoded, url)
    if "@" in url:
        url = _PING.sub("%40", url)
    return url.translate(_PARENTHESES) if labelled and ("(" in url or ")" in url) else url


def misleads(label: str, url: str) -> bool:
    """Whether a label reads as another host than the address behind it."""
    if "." not in label:
        return False
    web = _WEB.match(url)
    host = _bare(web[1]) if web else ""
    return any(_bare(found[1]) != host for word in label.split() if (found := _HOST.match(word)))


def is_itself(label: str, url: str) -> bool:
    """Whether a label says no more than the address."""
    return label.rstrip("/") == url.rstrip("/")


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.")


def _encoded(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode(errors="replace"))
