"""The grammar of `/pin`. Pure.

Verbs are read in any case; a dash that a phone made long and quotes that it made
curly count as the plain ones. What follows `--` is kept as it was typed.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches

VERBS = ("send", "inbox", "open", "help")


@dataclass(frozen=True, slots=True)
class Inbox:
    pass


@dataclass(frozen=True, slots=True)
class Help:
    pass


@dataclass(frozen=True, slots=True)
class Preview:
    address: str


@dataclass(frozen=True, slots=True)
class Open:
    """`what` is a thread's code or id, or a link to it."""

    what: str


@dataclass(frozen=True, slots=True)
class Named:
    """`@northwind`: a handle, without the sign."""

    handle: str


@dataclass(frozen=True, slots=True)
class Mentioned:
    """`<@U123|ada>`: somebody in this workspace."""

    user: str


@dataclass(frozen=True, slots=True)
class Send:
    """`text` still holds Slack's tokens. With `asks` nobody was named, and a form asks."""

    address: str | None
    people: tuple[Named | Mentioned, ...]
    text: str
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """No such verb; `nearest` is the one that was probably meant."""

    verb: str
    nearest: str | None


Command = Inbox | Help | Preview | Open | Send | Unknown

_WORD = re.compile(r"<[^>]*>|[^\s,]+")
_DASH = re.compile(r"(?:^|(?<=\s))(?:--|[—–―])\s*")
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_LINK = re.compile(r"<([^@#!|>][^|>]*)(?:\|[^>]*)?>")
_ARCHIVES = re.compile(r"/archives/([A-Z0-9]+)/p(\d{7,})")
_THREAD_TS = re.compile(r"[?&]thread_ts=(\d+\.\d+)")
_QUOTES = "\"'“”„‟‘’‚‛«»"


def parse(text: str) -> Command:
    """What the words after `/pin` ask for."""
    words = [found.group() for found in _WORD.finditer(text)]
    if not words:
        return Inbox()
    verb = _bare(words[0]).lower()
    if _is_address(words[0]):
        return Preview(address(words[0]))
    if verb == "inbox":
        return Inbox()
    if verb == "help":
        return Help()
    if verb == "open":
        return Open(address(words[1]).strip("`") if len(words) > 1 else "")
    if verb == "send":
        found = _WORD.search(text)
        return _send(text[found.end() if found else 0 :])
    near = get_close_matches(verb, VERBS, 1, 0.5)
    return Unknown(verb, near[0] if near else None)


def address(word: str) -> str:
    """A word without quotes and without the token Slack may wrap around an address."""
    bare = _bare(word)
    found = _LINK.fullmatch(bare)
    return (found.group(1) if found else bare).replace("&amp;", "&")


def thread_link(word: str) -> tuple[str, str] | None:
    """Channel and timestamp of the thread that a link to a Slack message leads to."""
    found = _ARCHIVES.search(word)
    if found is None:
        return None
    root = _THREAD_TS.search(word)
    digits = found.group(2)
    return found.group(1), root.group(1) if root else f"{digits[:-6]}.{digits[-6:]}"


def _bare(word: str) -> str:
    return word.strip(_QUOTES)


def _is_address(word: str) -> bool:
    bare = address(word).lower()
    return bare.startswith(("http://", "https://")) or "/" in bare or "pinterest." in bare


def _send(text: str) -> Send:
    dash = _DASH.search(text)
    head = text[: dash.start()] if dash else text
    said = text[dash.end() :].strip() if dash else ""
    words = list(_WORD.finditer(head))
    to = next((n for n, w in enumerate(words) if w.group().lower() == "to"), None)
    pin = words[0].group() if words and to != 0 and not _is_person(words[0].group()) else None
    first = 1 if pin else 0
    if to is not None:
        first = to + 1
    people, rest = _people(head, words[first:], named=to is not None)
    asks = to is None and not people
    return Send(address(pin) if pin else None, people, " ".join(filter(None, (rest, said))), asks)


def _people(
    head: str, words: list[re.Match[str]], *, named: bool
) -> tuple[tuple[Named | Mentioned, ...], str]:
    """The people at the beginning, and whatever text follows without a dash."""
    people: list[Named | Mentioned] = []
    listed = named
    for n, word in enumerate(words):
        text = word.group()
        if text.lower() == "and" and people and n + 1 < len(words):
            listed = _is_person(words[n + 1].group())
            if listed:
                continue
        if not (listed or _is_person(text)):
            return tuple(people), head[word.start() :].strip()
        mention = _MENTION.fullmatch(_bare(text))
        people.append(Mentioned(mention.group(1)) if mention else Named(_bare(text).lstrip("@")))
        following = words[n + 1].start() if n + 1 < len(words) else word.end()
        listed = "," in head[word.end() : following]
    return tuple(people), ""


def _is_person(word: str) -> bool:
    return _bare(word).startswith(("@", "<@"))
