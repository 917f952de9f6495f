"""Text as people type it and as Slack keeps it.

Typed text becomes `rich_text` blocks and a `text` in mrkdwn; text posted by the app has its bare
addresses and emoji rewritten. Covers what the composer makes of plain typing: styles, code,
links, mentions of people and channels, emoji, quotes, lists and fences.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Element = dict[str, Any]

#: The emoji the workspace's composer knows by name; other characters stay as they are.
EMOJI = {
    "smile": "😄", "grinning": "😀", "joy": "😂", "wink": "😉", "blush": "😊",
    "heart_eyes": "😍", "thinking_face": "🤔", "cry": "😢", "sob": "😭", "sunglasses": "😎",
    "slightly_smiling_face": "🙂", "partying_face": "🥳", "heart": "❤️", "sparkles": "✨",
    "tada": "🎉", "fire": "🔥", "eyes": "👀", "+1": "👍", "-1": "👎", "clap": "👏",
    "wave": "👋", "pray": "🙏", "ok_hand": "👌", "raised_hands": "🙌", "muscle": "💪",
    "white_check_mark": "✅", "x": "❌", "warning": "⚠️", "question": "❓", "bulb": "💡",
    "pushpin": "📌", "round_pushpin": "📍", "lock": "🔒", "house": "🏠", "deciduous_tree": "🌳",
    "chair": "🪑", "couch_and_lamp": "🛋️", "art": "🎨", "straight_ruler": "📏", "rocket": "🚀",
    "hourglass_flowing_sand": "⏳", "calendar": "📆", "coffee": "☕", "rainbow": "🌈",
    "herb": "🌿", "sunflower": "🌻", "gift": "🎁", "star": "⭐", "100": "💯",
    "rotating_light": "🚨",
}  # fmt: skip
_NAMES = {character: name for name, character in EMOJI.items()}
_EMOJI_CHARACTERS = re.compile("|".join(sorted(map(re.escape, _NAMES), key=len, reverse=True)))

_INLINE = re.compile(
    r"(?P<code>`[^`\n]+`)"
    r"|(?P<url>(?:https?://|mailto:)[^\s<>|]+)"
    r"|(?P<bold>(?<![\w*])\*(?=[^\s*])[^\n]*?(?<=[^\s*])\*(?![\w*]))"
    r"|(?P<italic>(?<![\w_])_(?=[^\s_])[^\n]*?(?<=[^\s_])_(?![\w_]))"
    r"|(?P<strike>(?<![\w~])~(?=[^\s~])[^\n]*?(?<=[^\s~])~(?![\w~]))"
    r"|(?P<emoji>:[a-z0-9_+'-]+(?:::skin-tone-[2-6])?:)"
    r"|(?P<at>(?<![\w@.])@)"
    r"|(?P<hash>(?<![\w#&])#)"
)
_STYLES = {"bold": "*", "italic": "_", "strike": "~"}
_BROADCASTS = ("here", "channel", "everyone")
_URL_END = ".,;:!?)'\"”’*_~"
_LIST = re.compile(r"(?:(?P<bullet>[-•*])|(?P<number>\d+)\.) (?P<rest>.*)")
_BARE_URL = re.compile(r"<[^<>\n]*>|(https?://[^\s<>|]+)")
_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")


@dataclass(frozen=True, slots=True)
class Names:
    """Who and what can be mentioned: lower-case names to ids, longest names first."""

    people: Mapping[str, str]
    channels: Mapping[str, str]
    channel_names: Mapping[str, str] = field(default_factory=dict)
    emoji: frozenset[str] = frozenset()

    @staticmethod
    def find(names: Mapping[str, str], text: str) -> tuple[str, str] | None:
        """The longest name that the text starts with, and its id."""
        for name in sorted(names, key=len, reverse=True):
            after = text[len(name) : len(name) + 1]
            if text[: len(name)].lower() == name and not (after.isalnum() or after in "_-"):
                return name, names[name]
            if text[: len(name)].lower() == name and not after:
                return name, names[name]
        return None


def escape(text: str) -> str:
    """The three characters that Slack escapes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: str, names: Names) -> tuple[str, list[dict[str, Any]]]:
    """What Slack keeps of a typed message: its `text` and its rich_text elements."""
    elements = _blocks(text.replace("\r\n", "\n"), names)
    return "\n".join(map(_mrkdwn_block, elements)), elements


def typed_line(text: str, names: Names) -> str:
    """A command's text with `should_escape` set: mentions become tokens, the rest is escaped."""
    return "".join(
        _command_token(element, names) if element["type"] in ("user", "channel", "broadcast")
        else escape(element.get("raw") or element["text"])
        for element in _mentions(text, names)
    )  # fmt: skip


def kept(text: str) -> str:
    """What Slack keeps of an app's text: bare addresses in <>, emoji by name, & escaped."""

    def link(found: re.Match[str]) -> str:
        url = found.group(1)
        if url is None:
            return found.group(0)
        core = url.rstrip(_URL_END)
        return f"<{core}>{url[len(core) :]}"

    text = _ENTITY.sub("&amp;", text)
    text = _BARE_URL.sub(link, text)
    return _EMOJI_CHARACTERS.sub(lambda found: f":{_NAMES[found.group(0)]}:", text)


def _blocks(text: str, names: Names) -> list[Element]:
    elements: list[Element] = []
    parts = re.split(r"```(.*?)```\n?", text, flags=re.DOTALL)
    for place, part in enumerate(parts):
        if place % 2:
            code = part.removeprefix("\n").removesuffix("\n")
            elements.append(_element("rich_text_preformatted", [_text(code)]))
        elif part:
            tail = part.removesuffix("\n") if place + 1 < len(parts) else part
            elements.extend(_lines(tail, names))
    return elements


def _lines(text: str, names: Names) -> list[Element]:
    elements: list[Element] = []
    runs: list[tuple[str, list[str], int]] = []
    for line in text.split("\n"):
        kind, rest, start = _kind(line)
        if runs and runs[-1][0] == kind:
            runs[-1][1].append(rest)
        else:
            runs.append((kind, [rest], start))
    for kind, lines, start in runs:
        if kind in ("bullet", "ordered"):
            items = [_element("rich_text_section", _inline(item, names)) for item in lines]
            offset = {"offset": start - 1} if start > 1 else {}
            elements.append(
                {"type": "rich_text_list", "style": kind, "indent": 0, "elements": items} | offset
            )
        else:
            name = "rich_text_quote" if kind == "quote" else "rich_text_section"
            elements.append(_element(name, _inline("\n".join(lines), names)))
    return elements


def _kind(line: str) -> tuple[str, str, int]:
    if line.startswith(">"):
        return "quote", line[1:].removeprefix(" "), 1
    item = _LIST.fullmatch(line)
    if item is None:
        return "text", line, 1
    if item["bullet"]:
        return "bullet", item["rest"], 1
    return "ordered", item["rest"], int(item["number"])


def _inline(text: str, names: Names, style: frozenset[str] = frozenset()) -> list[Element]:
    elements: list[Element] = []
    done = at = 0
    while (found := _INLINE.search(text, at)) is not None:
        made, end = _token(found, text, names, style)
        if not made:
            at = found.end()
            continue
        elements += _texts(text[done : found.start()], style)
        elements += made
        done = at = end
    return elements + _texts(text[done:], style)


def _token(
    found: re.Match[str], text: str, names: Names, style: frozenset[str]
) -> tuple[list[Element], int]:
    kind, value = found.lastgroup or "", found.group(0)
    match kind:
        case "code":
            return [_text(value[1:-1], style | {"code"})], found.end()
        case "url":
            core = value.rstrip(_URL_END)
            return [_styled({"type": "link", "url": core}, style)], found.start() + len(core)
        case "bold" | "italic" | "strike":
            return _inline(value[1:-1], names, style | {kind}), found.end()
        case "emoji":
            name = value[1:-1]
            if name.partition("::")[0] not in EMOJI and name not in names.emoji:
                return [], found.end()
            return [_emoji(name, style)], found.end()
        case _:
            return _mention(found, text, names, style)


def _mention(
    found: re.Match[str], text: str, names: Names, style: frozenset[str]
) -> tuple[list[Element], int]:
    rest = text[found.end() :]
    known = names.people if found.lastgroup == "at" else names.channels
    hit = Names.find(known, rest)
    if hit is not None:
        kind = "user" if found.lastgroup == "at" else "channel"
        element = {"type": kind, f"{kind}_id": hit[1]}
        return [_styled(element, style)], found.end() + len(hit[0])
    if found.lastgroup == "at":
        for word in _BROADCASTS:
            if rest.startswith(word) and not rest[len(word) : len(word) + 1].isalnum():
                return [{"type": "broadcast", "range": word}], found.end() + len(word)
    return [], found.end()


def _mentions(text: str, names: Names) -> list[Element]:
    elements: list[Element] = []
    done = at = 0
    while found := re.compile(r"(?P<at>(?<![\w@.])@)|(?P<hash>(?<![\w#&])#)").search(text, at):
        made, end = _mention(found, text, names, frozenset())
        if not made:
            at = found.end()
            continue
        elements.append({"type": "text", "text": text[done : found.start()]})
        elements += made
        done = at = end
    return [*elements, {"type": "text", "text": text[done:]}]


def _command_token(element: Element, names: Names) -> str:
    if element["type"] == "user":
        handles = {user: name for name, user in names.people.items() if " " not in name}
        return f"<@{element['user_id']}|{handles[element['user_id']]}>"
    if element["type"] == "channel":
        found = element["channel_id"]
        return f"<#{found}|{names.channel_names.get(found, '')}>"
    return f"<!{element['range']}>"


def _element(kind: str, elements: list[Element]) -> Element:
    return {"type": kind, "elements": elements}


def _text(text: str, style: frozenset[str] = frozenset()) -> Element:
    return _styled({"type": "text", "text": text}, style)


def _emoji(name: str, style: frozenset[str]) -> Element:
    """An emoji element; Slack gives the code points of those that Unicode has."""
    name, _, tone = name.partition("::skin-tone-")
    element: Element = {"type": "emoji", "name": name}
    if name in EMOJI:
        points = [f"{ord(character):x}" for character in EMOJI[name]]
        if tone:
            element["skin_tone"] = int(tone)
            points.insert(1, f"{0x1F3FB + int(tone) - 2:x}")
        element["unicode"] = "-".join(points)
    return _styled(element, style)


def _texts(text: str, style: frozenset[str]) -> list[Element]:
    """Plain text with the known emoji characters taken out as elements of their own."""
    elements: list[Element] = []
    done = 0
    for found in _EMOJI_CHARACTERS.finditer(text):
        if found.start() > done:
            elements.append(_text(text[done : found.start()], style))
        name = _NAMES[found.group(0)]
        elements.append(_emoji(name, style))
        done = found.end()
    return [*elements, _text(text[done:], style)] if done < len(text) else elements


def _styled(element: Element, style: frozenset[str]) -> Element:
    return {**element, "style": dict.fromkeys(sorted(style), True)} if style else element


def _mrkdwn_block(element: Element) -> str:
    match element["type"]:
        case "rich_text_preformatted":
            return "```" + "".join(map(_mrkdwn, element["elements"])) + "```"
        case "rich_text_quote":
            inner = "".join(map(_mrkdwn, element["elements"]))
            return "\n".join(f"&gt; {line}" for line in inner.split("\n"))
        case "rich_text_list":
            first = element.get("offset", 0) + 1
            return "\n".join(
                ("• " if element["style"] == "bullet" else f"{first + n}. ")
                + "".join(map(_mrkdwn, item["elements"]))
                for n, item in enumerate(element["elements"])
            )
        case _:
            return "".join(map(_mrkdwn, element["elements"]))


_PLAIN: dict[str, Callable[[Element], str]] = {
    "text": lambda e: escape(e["text"]),
    "link": lambda e: f"<{escape(e['url'])}>",
    "user": lambda e: f"<@{e['user_id']}>",
    "channel": lambda e: f"<#{e['channel_id']}>",
    "broadcast": lambda e: f"<!{e['range']}>",
    "emoji": lambda e: (
        f":{e['name']}:" + (f":skin-tone-{e['skin_tone']}:" if "skin_tone" in e else "")
    ),
}


def _mrkdwn(element: Element) -> str:
    plain = _PLAIN[element["type"]](element)
    style = element.get("style", {})
    if style.get("code"):
        plain = f"`{plain}`"
    for name, mark in _STYLES.items():
        if style.get(name):
            plain = f"{mark}{plain}{mark}"
    return plain
