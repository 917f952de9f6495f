"""What a Slack message says, as neutral content. Pure, and never raises for any payload.

The `rich_text` blocks first, the `text` only when there are none. What is of an unknown
kind gives its fallback. Payloads are taken as they come: anything may be of any type.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.slack.emoji import characters, from_points, resolved
from adapters.slack.mrkdwn import Known, read_text, style_of
from core.text.content import (
    Block,
    Code,
    CodeBlock,
    Content,
    Emoji,
    Leaf,
    Link,
    ListBlock,
    Mention,
    Paragraph,
    Quote,
    Text,
    Timestamp,
)
from core.text.listing import Line, build
from core.text.runs import BOLD, ITALIC, SPOILER, STRIKE, UNDERLINE, Run, flat, nest
from core.text.tidy import of_blocks, of_text, whole

OPENS, CLOSES = "\u2063[spoiler: ", "]\u2063"
"""Around a spoiler, which Slack has not. The invisible separators tell it from typed words."""

Object = Mapping[str, Any]

_BITS = {"bold": BOLD, "italic": ITALIC, "strike": STRIKE, "underline": UNDERLINE}
_SPOILED = re.compile("(\u2063\\[spoiler: |\\]\u2063)")


def read(message: Object, known: Known) -> Content:
    """What somebody said: the content of a message event."""
    blocks = _objects(message.get("blocks"))
    if any(block.get("type") == "rich_text" for block in blocks):
        content = _of_blocks(blocks, known)
    else:
        content = read_text(_text(message, "text"), known) or _of_blocks(blocks, known)
    if message.get("subtype") == "me_message":
        content = of_blocks([_italic(block) for block in content])
    return content


def wanted(message: Object) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Users, channels and user groups that `read` will ask for."""
    users, channels, groups = set(), set(), set()
    waiting = _objects(message.get("blocks"))
    while waiting:
        element = waiting.pop()
        waiting += _objects(element.get("elements"))
        users.add(_text(element, "user_id"))
        channels.add(_text(element, "channel_id"))
        groups.add(_text(element, "usergroup_id"))
    for sign, name in re.findall(r"<([@#])([A-Z0-9]+)", _text(message, "text")):
        (users if sign == "@" else channels).add(name)
    groups.update(re.findall(r"<!subteam\^(\w+)", _text(message, "text")))
    return frozenset(users - {""}), frozenset(channels - {""}), frozenset(groups - {""})


def _of_blocks(blocks: Sequence[Object], known: Known) -> Content:
    if len(blocks) == 1:
        words = _only_words(blocks[0])
        if words is not None:
            return of_text(words)
    found: list[Block] = []
    for block in blocks:
        if block.get("type") == "rich_text":
            found += _rich(_objects(block.get("elements")), known)
        else:
            found += _other(block, known)
    return of_blocks(found)


def _only_words(block: Object) -> str | None:
    """The text of a block with a single plain text in it: most messages."""
    try:
        (section,) = block["elements"]
        (leaf,) = section["elements"]
        if section["type"] == "rich_text_section" and leaf["type"] == "text":
            text = leaf["text"]
            if "style" not in leaf and isinstance(text, str) and "\u2063" not in text:
                return text
    except (KeyError, TypeError, ValueError):
        pass
    return None


def _other(block: Object, known: Known) -> Iterator[Block]:
    """A block of another kind: the text it shows, else its fallback."""
    texts = [block.get("text"), *_objects(block.get("fields"))]
    texts += [element.get("text") or element for element in _objects(block.get("elements"))]
    shown = [_shown(text, known) for text in texts]
    if not any(shown):
        names = ("fallback", "alt_text", "title", "value")
        shown = [of_text(next((text for name in names if (text := _text(block, name))), ""))]
    for content in shown:
        yield from content


def _shown(text: Any, known: Known) -> Content:
    if isinstance(text, dict):
        words = _text(text, "text")
        return of_text(words) if text.get("type") == "plain_text" else read_text(words, known)
    return of_text(text) if isinstance(text, str) else ()


def _rich(elements: Sequence[Object], known: Known) -> Iterator[Block]:
    rows: list[Line] = []
    bordered = False
    for at, element in enumerate(elements):
        kind = element.get("type")
        border = bool(element.get("border")) or kind == "rich_text_quote"
        if kind == "rich_text_list":
            if rows and border != bordered:
                yield from _framed(build(rows), bordered=bordered)
                rows = []
            bordered = border
            rows += _items(element, known)
            continue
        if rows:
            yield from _framed(build(rows), bordered=bordered)
            rows = []
        block = _element(element, kind, known, last=_ends(elements, at))
        yield from _framed([block], bordered=border)
    yield from _framed(build(rows), bordered=bordered)


def _framed(blocks: Sequence[Block], *, bordered: bool) -> Iterator[Block]:
    if bordered and blocks:
        yield Quote(tuple(blocks))
    else:
        yield from blocks


def _ends(elements: Sequence[Object], at: int) -> bool:
    """Whether the words go on after it: a line end before another block belongs to that."""
    after = elements[at + 1].get("type") if at + 1 < len(elements) else None
    return after is None or after == elements[at].get("type")


def _element(element: Object, kind: Any, known: Known, *, last: bool) -> Block:
    inner = _objects(element.get("elements"))
    if kind == "rich_text_preformatted":
        text = "".join([_typed(leaf) for leaf in inner])
        return CodeBlock(whole(text), _text(element, "language"))
    if not inner and kind not in ("rich_text_section", "rich_text_quote"):
        return Paragraph((Text(whole(_fallback(element))),))
    runs = _runs(inner, known)
    if not last and runs and runs[-1][0] == 0 and isinstance(tail := runs[-1][1], Text):
        runs[-1] = (0, Text(tail.text.removesuffix("\n")))
    return Paragraph(nest(runs))


def _items(element: Object, known: Known) -> Iterator[Line]:
    indent = _number(element.get("indent"))
    first = _number(element.get("offset")) + 1
    ordered = element.get("style") == "ordered"
    for at, item in enumerate(_objects(element.get("elements"))):
        children = nest(_runs(_objects(item.get("elements")) or [item], known))
        yield Line(indent, ordered, first + at, at == 0, children)


def _runs(leaves: Sequence[Object], known: Known) -> list[Run]:
    runs: list[Run] = []
    spoiled = False
    for leaf in leaves:
        style = leaf.get("style")
        mask = _mask(style) if style else 0
        if leaf.get("type") == "text":
            text = whole(_text(leaf, "text"))
            spoiled = spoiled or "\u2063" in text
            code = style and isinstance(style, dict) and style.get("code")
            runs.append((mask, Code(text) if code else Text(text)))
        else:
            runs.append((mask, _leaf(leaf, known)))
    return _spoiled(runs) if spoiled else runs


def _mask(style: Any) -> int:
    if not isinstance(style, dict):
        return 0
    return sum([_BITS.get(name, 0) for name, on in style.items() if on])


def _leaf(leaf: Object, known: Known) -> Leaf:
    kind = leaf.get("type")
    if kind == "link":
        return _link(leaf)
    if kind == "user":
        account, name = known.user(_text(leaf, "user_id")) or (None, "someone")
        return Mention(account, name) if account else Text(f"@{name}")
    if kind == "channel":
        return known.channel(_text(leaf, "channel_id")) or Text("#channel")
    if kind == "usergroup":
        name = known.usergroup(_text(leaf, "usergroup_id")) or "group"
        return Text(f"@{name.removeprefix('@')}")
    if kind == "broadcast":
        return Text(f"@{_text(leaf, 'range') or 'here'}")
    if kind == "emoji":
        return _emoji(leaf, known)
    if kind == "date" and isinstance(unix := leaf.get("timestamp"), int):
        return Timestamp(unix, style_of(_text(leaf, "format")), _text(leaf, "fallback"))
    return Text(whole(_fallback(leaf)))


def _link(leaf: Object) -> Leaf:
    url, label = whole(_text(leaf, "url")), whole(_text(leaf, "text"))
    if not url:
        return Text(label)
    style = leaf.get("style")
    style = style if isinstance(style, dict) else {}
    words: tuple[Leaf, ...] = ((Code(label) if style.get("code") else Text(label)),)
    return Link(url, words if label else (), preview=not style.get("unlink"))


def _emoji(leaf: Object, known: Known) -> Leaf:
    """The code points that Slack gives, else those of the name; a custom one by its last name."""
    name, tone = _text(leaf, "name"), leaf.get("skin_tone")
    found = from_points(_text(leaf, "unicode")) or characters(name, str(tone) if tone else "")
    if found:
        return Text(found)
    found, behind = resolved(name, known.emoji)
    return Text(found) if found else Emoji(behind)


def _spoiled(runs: list[Run]) -> list[Run]:
    """What our own marks enclose is a spoiler; a mark that stays alone is text."""
    found: list[Run] = []
    opened: int | None = None
    for mask, leaf in runs:
        pieces = _SPOILED.split(leaf.text) if isinstance(leaf, Text) else ()
        if len(pieces) < 2:
            found.append((mask, leaf))
            continue
        for piece in pieces:
            if piece == OPENS and opened is None:
                opened = len(found)
                found.append((mask, Text(piece)))
            elif piece == CLOSES and opened is not None:
                inside = found[opened + 1 :]
                found[opened:] = [(styles | SPOILER, one) for styles, one in inside]
                opened = None
            else:
                found.append((mask, Text(piece)))
    return found


def _italic(block: Block) -> Block:
    return Paragraph(nest(flat(block.children, ITALIC))) if isinstance(block, Paragraph) else block


def _typed(leaf: Object) -> str:
    return _text(leaf, "text") or _text(leaf, "url") or _fallback(leaf)


def _fallback(element: Object) -> str:
    names = ("fallback", "text", "value", "url", "name")
    return next((text for name in names if (text := _text(element, name))), "")


def _text(element: Object, name: str) -> str:
    found = element.get(name)
    return found if isinstance(found, str) else ""


def _objects(found: Any) -> list[Object]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _number(found: Any) -> int:
    return found if isinstance(found, int) and 0 <= found < 1_000_000_000 else 0


__all__ = ["CLOSES", "OPENS", "Known", "ListBlock", "read", "wanted"]
