"""Neutral content as Discord's markdown. Pure, and linear.

What is text stays text: marks are escaped, and what could mention somebody is parted by a
zero-width space. The same space parts two marks that would melt into one. Only people
whose account has an identity here are mentioned, and `users` names them for
`allowed_mentions`, which is `{"parse": []}` otherwise.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import assert_never

from core.text.content import (
    Block,
    Bold,
    Channel,
    Code,
    CodeBlock,
    Content,
    Emoji,
    Heading,
    Inline,
    Italic,
    Leaf,
    Link,
    ListBlock,
    Mention,
    Paragraph,
    Quote,
    Spoiler,
    Strike,
    Text,
    Timestamp,
    Underline,
    plain_inline,
    words_only,
)
from core.text.links import addresses, is_web, misleads, trimmed
from core.text.listing import lines
from core.text.tidy import whole

LIMIT = 2_000
APART = "\u200b"


def _nothing(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class There:
    """What exists where it is written. `emoji` gives the whole token, such as `<:name:id>`."""

    user: Callable[[str], str | None] = _nothing
    """The Discord id of an account that is a member and has one."""
    channel: Callable[[str], str | None] = _nothing
    """The id of the channel that mirrors a `Channel.ref`."""
    emoji: Callable[[str], str | None] = _nothing


NOTHING = There()


@dataclass(frozen=True, slots=True)
class Written:
    """`users` may be mentioned. `spare` is how much longer it could get where more exists."""

    content: str
    users: tuple[str, ...] = ()
    spare: int = 0


_MARKS: dict[type, str] = {
    Bold: "**",
    Italic: "*",
    Underline: "__",
    Strike: "~~",
    Spoiler: "||",
}
_ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in "\\*_~|`["})
_MARKED = re.compile(r"[\\*_~|`\[]")
_PINGS = (
    *(f"@{APART}", f"<{APART}", "@everyone", "@here"),
    *("<@", "<#", "<!", "<:", "</", "<a:", "<t:", "<id:", "<http:", "<https:"),
)
"""What Discord could take for its own; our own signs first, so that they are read back."""
_BEGINS = re.compile(r"[ \t]*(?:(?=(?:#{1,3}|>|>>>|-#?)(?:\s|\Z))|\d+(?=\.(?:\s|\Z)))")
_LINE_BEGINS = re.compile(r"\n[ \t]*(?:(?=(?:#{1,3}|>|>>>|-#?)(?:\s|\Z))|\d+(?=\.(?:\s|\Z)))")
_SAFE_AFTER_ADDRESS = re.compile(r"[.,:;\"')\]]*(?=\s|\Z)")
_TICKS = re.compile("`+")
_MENTION, _EMOJI = 24, 60


def write(content: Content, there: There = NOTHING) -> Written:
    words = words_only(content)
    if words is not None:
        return Written(escape(words))
    writer = _Writer(there)
    text = "\n".join(writer.blocks(content))
    return Written(text, tuple(dict.fromkeys(writer.users)), writer.spare)


def measure(content: Content) -> int:
    """The most that Discord could count for it, wherever it is written: UTF-16 units."""
    written = write(content)
    text = written.content
    return written.spare + (len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2)


def escape(text: str, *, begins_line: bool = True) -> str:
    """Plain text as markdown that shows just that text, and mentions nobody."""
    if _MARKED.search(text):
        text = _marks_escaped(text)
    if "@" in text or "<" in text:
        for sign in _PINGS:
            text = text.replace(sign, f"{sign[0]}{APART}{sign[1:]}")
    if "\n" in text:
        text = _LINE_BEGINS.sub(r"\g<0>\\", text)
    begun = _BEGINS.match(text) if begins_line else None
    return f"{begun[0]}\\{text[begun.end() :]}" if begun else text


def _marks_escaped(text: str) -> str:
    """All but addresses, which stay as they are."""
    if "://" not in text:
        return text.translate(_ESCAPED)
    pieces, at = [], 0
    for start, end in addresses(text):
        pieces += [text[at:start].translate(_ESCAPED), text[start:end]]
        at = end
    return "".join([*pieces, text[at:].translate(_ESCAPED)])


class _Writer:
    def __init__(self, there: There) -> None:
        self.there = there
        self.users: list[str] = []
        self.spare = 0

    def blocks(self, content: Content) -> Iterator[str]:
        before: Block | None = None
        for block in content:
            if isinstance(block, ListBlock) and isinstance(before, ListBlock):
                yield ""
            yield from self._block(block)
            before = block

    def _block(self, block: Block) -> Iterator[str]:
        if isinstance(block, Paragraph):
            yield self.row(block.children)
        elif isinstance(block, Heading):
            yield f"{'#' * block.level} {self.row(block.children)}"
        elif isinstance(block, CodeBlock):
            yield f"```{block.language}\n{_unclosable(block.text)}\n```"
        elif isinstance(block, Quote):
            for line in "\n".join(self.blocks(block.content)).split("\n"):
                yield f"> {line}"
        elif isinstance(block, ListBlock):
            yield from self._list(block)
        else:
            assert_never(block)

    def _list(self, block: ListBlock) -> Iterator[str]:
        for item in lines(block):
            indent = "  " * item.depth
            words = self.row(item.children, one_line_code=True).replace("\n", f"\n{indent}  ")
            yield f"{indent}{f'{item.number}.' if item.ordered else '-'} {words}"

    def row(self, children: tuple[Inline, ...], *, one_line_code: bool = False) -> str:
        row = _Row(self, one_line_code=one_line_code)
        row.nodes(children)
        return row.text()


class _Row:
    """The words of one paragraph. Each piece knows whether the one before was a closing mark."""

    def __init__(self, writer: _Writer, *, one_line_code: bool, label: bool = False) -> None:
        self._writer = writer
        self._one_line_code = one_line_code
        self._label = label
        self._out: list[str] = []
        self._closed = False
        self._address: int | None = None
        """Where a bare address stands that could swallow what follows."""

    def text(self) -> str:
        return "".join(self._out)

    def nodes(self, children: tuple[Inline, ...]) -> None:
        for node in children:
            if isinstance(node, Bold | Italic | Underline | Strike | Spoiler):
                sign = _MARKS[type(node)]
                self._put(f"{APART}{sign}" if self._closed else sign)
                self.nodes(node.children)
                self._close(sign)
            elif isinstance(node, Text):
                self._say(node.text)
            else:
                self._leaf(node)

    def _put(self, piece: str) -> None:
        """Something that is not words."""
        if self._address is not None:
            self._enclose()
        self._closed = False
        self._out.append(piece)

    def _close(self, sign: str) -> None:
        self._address = None
        apart = not self._closed and self._out[-1].endswith(sign[0])
        self._out.append(f"{APART}{sign}" if apart else sign)
        self._closed = True

    def _say(self, text: str) -> None:
        if self._address is not None:
            after = _SAFE_AFTER_ADDRESS.match(text)
            if not after or (")" in after[0] and "(" in self._out[self._address]):
                self._enclose()
            elif after.end() < len(text):
                self._address = None
        begins_line = not self._label and (not self._out or self._out[-1].endswith("\n"))
        said = escape(whole(text), begins_line=begins_line)
        if self._label and "]" in said:
            said = said.replace("]", "\\]")
        self._closed = False
        self._out.append(said)

    def _enclose(self) -> None:
        """The address in angle brackets: what follows cannot be taken for a part of it."""
        assert self._address is not None
        self._out[self._address] = f"<{self._out[self._address]}>"
        self._address = None

    def _leaf(self, leaf: Leaf) -> None:
        if isinstance(leaf, Code):
            code = leaf.text.replace("\n", " ") if self._one_line_code else leaf.text
            self._put(_code(code))
        elif isinstance(leaf, Link):
            self._link(leaf)
        elif isinstance(leaf, Timestamp):
            self._put(f"<t:{leaf.unix}:{leaf.style}>")
        elif isinstance(leaf, Text):
            self._say(leaf.text)
        elif isinstance(leaf, Mention | Channel | Emoji):
            token = self._token(leaf)
            if token:
                self._put(token)
            else:
                self._say(plain_inline((leaf,)))
        else:
            assert_never(leaf)

    def _token(self, leaf: Mention | Channel | Emoji) -> str | None:
        """What stands for somebody or something that is here."""
        writer, there = self._writer, self._writer.there
        if isinstance(leaf, Emoji):
            writer.spare += _EMOJI
            return there.emoji(leaf.name)
        writer.spare += _MENTION
        if isinstance(leaf, Channel):
            channel = there.channel(leaf.ref) if leaf.ref else None
            return f"<#{channel}>" if channel else None
        user = there.user(leaf.account)
        writer.users += [user] if user else []
        return f"<@{user}>" if user else None

    def _link(self, link: Link) -> None:
        words = plain_inline(link.children, None)
        if not is_web(link.url):
            if words:
                self.nodes(link.children)
            else:
                self._say(link.url.partition(":")[2] or link.url)
        elif not words:
            self._bare(link)
        elif misleads(words, link.url) or "://" in words:
            # Discord shows no label that holds an address, and another host would deceive.
            self.nodes(link.children)
            self._say(" (")
            self._bare(link)
            self._say(")")
        else:
            row = _Row(self._writer, one_line_code=True, label=True)
            row.nodes(link.children)
            url = link.url.replace("(", "%28").replace(")", "%29")
            self._put(f"[{row.text()}]({url if link.preview else f'<{url}>'})")

    def _bare(self, link: Link) -> None:
        if link.preview and trimmed(link.url) == link.url:
            self._put(link.url)
            self._address = len(self._out) - 1
        else:
            self._put(f"<{link.url}>")


def _code(code: str) -> str:
    """Between delimiters that do not occur in it. Three would make a fence."""
    runs = {len(run) for run in _TICKS.findall(code)}
    ticks = "``" if 1 in runs else "`"
    if len(ticks) in runs:
        code = re.sub("`(?=`)", f"`{APART}", code)
    if code.lstrip(" ").startswith("`"):
        code = f" {code}"
    if code.rstrip(" ").endswith("`"):
        code = f"{code} "
    return f"{ticks}{code}{ticks}"


def _unclosable(code: str) -> str:
    """Without three backticks in a row."""
    return re.sub("`(?=``)", f"`{APART}", code) if "```" in code else code
