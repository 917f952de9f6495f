"""The grammar of `/pin`. Pure.

What is typed in Slack is read by the table `VERBS` (`parse`), and so are Discord's options
(`command`). Verbs are read in any case; a dash that a phone made long and quotes that it
made curly count as the plain ones. What follows `--` is kept as it was typed. Nothing that
is typed raises.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from core.asking import Command, Mentioned
from core.intents import Handle
from core.verbs import AS_OFFERED as AS_OFFERED  # noqa: PLC0414
from core.verbs import BY_NAME as BY_NAME  # noqa: PLC0414
from core.verbs import GROUPS as GROUPS  # noqa: PLC0414
from core.verbs import VERBS as VERBS  # noqa: PLC0414
from core.verbs import Kind, Option, Verb


@dataclass(frozen=True, slots=True)
class Unknown:
    """No such verb; `nearest` tells which one was probably meant."""

    verb: str


_WORD = re.compile(r"<[^>]*>|[^\s,]+")
_DASH = re.compile(r"(?:^|(?<=\s))(?:--|[—–―])\s*")
_MENTION = re.compile(r"<@!?([A-Z0-9]+)(?:\|[^>]*)?>")
_LINK = re.compile(r"<([^@#!|>][^|>]*)(?:\|[^>]*)?>")
_CHANNEL = re.compile(r"<#([A-Z0-9]+)(?:\|[^>]*)?>|#([^\s,<>#]+)")
_CODE = re.compile(r"[0-9a-f]{4,16}", re.IGNORECASE)
_ARCHIVES = re.compile(r"/archives/([A-Z0-9]+)/p(\d{7,})")
_THREAD_TS = re.compile(r"[?&]thread_ts=(\d+\.\d+)")
_CHANNELS = re.compile(r"//(?:[\w-]+\.)*discord(?:app)?\.com/channels/(\d+|@me)/(\d+)(?:/(\d+))?")
_FILTER = re.compile(r"(?:^|(?<=\s))(from|before|after):\s*(<[^>]*>|[^\s,]+)", re.IGNORECASE)
_QUOTES = "\"'“”„‟‘’‚‛«»"
_MINE = ("me", "none")


def parse(text: str) -> Command | Unknown:
    """What the words after `/pin` ask for. `text` keeps the platform's own tokens."""
    first = _WORD.search(text)
    if first is None:
        return Command("inbox")
    if _is_address(first.group()):
        return Command("preview", pin=address(first.group()))
    name = _bare(first.group()).lower()
    verb = BY_NAME.get(name)
    second = _WORD.search(text, first.end()) if name in GROUPS else None
    if second is not None:
        # As Discord has it: what somebody reads there is often typed here.
        inner = BY_NAME.get(_bare(second.group()).lower())
        if inner is not None and inner.group == name:
            first, verb = second, inner
    if verb is None:
        return Unknown(name)
    rest = text[first.end() :]
    if verb.name == "send":
        return _send(rest)
    return _read(verb, rest)


def nearest(word: str) -> str | None:
    """The verb that was probably meant."""
    near = get_close_matches(word.lower(), BY_NAME, 1, 0.5)
    return near[0] if near else None


def command(verb: str, given: Mapping[str, str]) -> Command:
    """The same from options with names, where each came in a field of its own."""
    made = Command(verb)
    for option in BY_NAME[verb].options:
        value = given.get(option.name, "").strip()
        if value:
            made = _typed(made, option, value)
    return made


def usage(verb: Verb) -> str:
    """How it is typed: `/pin assign <id> me|none|@x`."""
    if verb.name == "send":
        return "/pin send <pin address> to @a @b -- words"
    if verb.name == "search":
        return "/pin search <words> from:@x before:<day> after:<day>"
    return " ".join(["/pin", verb.name, *(shown(o) for o in verb.options if not o.only)])


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


def channel_link(word: str) -> tuple[str, str, str] | None:
    """Where a link of Discord's leads to: server, channel or thread, and message, or nothing.

    In direct messages the server is `@me`.
    """
    found = _CHANNELS.search(word)
    return (found.group(1), found.group(2), found.group(3) or "") if found else None


def people(text: str) -> tuple[Handle | Mentioned, ...]:
    """All the people in words that name nobody else, such as `@a, @b and <@123>`."""
    words = [word.group() for word in _WORD.finditer(text)]
    named = [_person(word) for word in words if word.lower() != "and" and word != "@"]
    return tuple(dict.fromkeys(named))


# --- one verb -----------------------------------------------------------------------------


def _read(verb: Verb, text: str) -> Command:
    """Takes the options one by one from the front, in the order of the table."""
    made = Command(verb.name)
    for option in verb.options:
        if not option.only:
            made, text = _take(made, option, text)
    return made


def _take(made: Command, option: Option, text: str) -> tuple[Command, str]:
    """What the option gets of `text`, and what is left."""
    if option.kind is Kind.TEXT:
        return _typed(made, option, _undashed(text)), ""
    if option.kind is Kind.SEARCH:
        return _typed(made, option, text), ""
    if option.kind is Kind.PEOPLE:
        return replace(made, people=people(text)), ""
    word = _WORD.search(text)
    if word is None or not _fits(option, word.group()):
        return made, text
    return _typed(made, option, word.group()), text[word.end() :]


def _fits(option: Option, word: str) -> bool:
    """Whether the next word is for this option; a choice takes any, to be told what there is."""
    if option.kind is Kind.THREAD:
        return _is_thread(word)
    if option.kind is Kind.CHANNEL:
        return _CHANNEL.fullmatch(_bare(word)) is not None
    if option.kind is Kind.CANNED:
        return not word.startswith(("--", "—", "–"))
    return True


def _typed(made: Command, option: Option, value: str) -> Command:
    """The command with one option more."""
    kind = option.kind
    if kind is Kind.THREAD:
        return replace(made, thread=address(value.strip("`")).strip("`"))
    if kind is Kind.PEOPLE:
        return replace(made, people=people(value))
    if kind is Kind.ASSIGNEE:
        word = _bare(value).lower()
        return replace(made, option=word) if word in _MINE else replace(made, people=people(value))
    if kind is Kind.PIN:
        return replace(made, pin=address(value))
    if kind is Kind.CHOICE:
        return replace(made, option=_bare(value).lower())
    if kind is Kind.CANNED:
        return replace(made, option=_bare(value))
    if kind is Kind.CHANNEL:
        found = _CHANNEL.fullmatch(_bare(value))
        return replace(made, channel=(found.group(1) or found.group(2)) if found else value)
    if kind is Kind.DATE:
        day = _bare(value)
        return replace(made, before=day) if option.name == "before" else replace(made, after=day)
    if kind is Kind.SEARCH:
        return searched(made, value)
    return replace(made, text=value.strip())


def searched(made: Command, text: str) -> Command:
    """The command with what `oak from:@mia before:2026-02-01` says; days as they were typed."""
    for name, value in _FILTER.findall(text):
        if name.lower() == "from":
            made = replace(made, people=people(_bare(value)))
        elif name.lower() == "before":
            made = replace(made, before=_bare(value))
        else:
            made = replace(made, after=_bare(value))
    return replace(made, text=" ".join(_FILTER.sub(" ", text).split()))


def _send(text: str) -> Command:
    dash = _DASH.search(text)
    head = text[: dash.start()] if dash else text
    said = text[dash.end() :].strip() if dash else ""
    words = list(_WORD.finditer(head))
    to = next((n for n, w in enumerate(words) if w.group().lower() == "to"), None)
    pin = words[0].group() if words and to != 0 and not _is_person(words[0].group()) else None
    first = 1 if pin else 0
    if to is not None:
        first = to + 1
    named, rest = _addressed(head, words[first:], named=to is not None)
    text = " ".join(filter(None, (rest, said)))
    return Command("send", people=named, pin=address(pin) if pin else "", text=text)


def _addressed(
    head: str, words: Sequence["re.Match[str]"], *, named: bool
) -> tuple[tuple[Handle | Mentioned, ...], str]:
    """The people at the beginning, and whatever text follows without a dash."""
    found: list[Handle | Mentioned] = []
    listed = named
    for n, word in enumerate(words):
        text = word.group()
        if text.lower() == "and" and found and n + 1 < len(words):
            listed = _is_person(words[n + 1].group())
            if listed:
                continue
        if not (listed or _is_person(text)):
            return tuple(found), head[word.start() :].strip()
        found.append(_person(text))
        following = words[n + 1].start() if n + 1 < len(words) else word.end()
        listed = "," in head[word.end() : following]
    return tuple(found), ""


# --- words --------------------------------------------------------------------------------


def _person(word: str) -> Handle | Mentioned:
    mention = _MENTION.fullmatch(_bare(word))
    return Mentioned(mention.group(1)) if mention else Handle(_bare(word).lstrip("@"))


def shown(option: Option) -> str:
    """What stands for a value of it."""
    if option.kind is Kind.THREAD:
        return "<id>"
    if option.kind is Kind.PEOPLE:
        return "@a"
    if option.kind is Kind.ASSIGNEE:
        return "me|none|@x"
    if option.kind is Kind.CHOICE:
        return "|".join(option.choices)
    if option.kind is Kind.PIN:
        return "<pin address>"
    return "#channel" if option.kind is Kind.CHANNEL else f"<{option.name}>"


def _undashed(text: str) -> str:
    """Words after a dash that only says that words begin here."""
    bare = text.strip()
    dash = _DASH.match(bare)
    return bare[dash.end() :] if dash else bare


def _bare(word: str) -> str:
    return word.strip(_QUOTES)


def _is_thread(word: str) -> bool:
    bare = address(word).strip("`")
    return _CODE.fullmatch(bare) is not None or _is_address(bare)


def _is_address(word: str) -> bool:
    bare = address(word).lower()
    return bare.startswith(("http://", "https://")) or "/" in bare or "pinterest." in bare


def _is_person(word: str) -> bool:
    return _bare(word).startswith(("@", "<@"))
