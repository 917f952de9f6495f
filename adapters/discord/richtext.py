"""Discord's markdown into neutral content. Pure, and linear for any text.

Blocks first: quotes, headings, lists and fences, as Discord's own parser finds them, in
the order in which they stand. What is left between them is `inline`'s. Words without any
sign that could mean something are found out by one search.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from adapters.discord.inline import Known, inline
from core.text.content import Block, CodeBlock, Content, Heading, ListBlock, Paragraph, Quote
from core.text.listing import Line, build
from core.text.tidy import of_blocks, of_text, whole

_MARKED = re.compile(r"[\\*_~|`<\u200b]")
_BEGINS = re.compile(r" *(?:[#>-]|\d+\.)")
_LINE_BEGINS = re.compile(r"\n *(?:[#>-]|\d+\.)")
_BLOCK = (
    r"(?P<heading>#{1,3}) +(?=\S)|(?P<small>-#) +(?=\S)"
    r"|(?P<indent> *)(?:[-*]|(?P<number>[1-9]\d{0,8})\.) +(?=\S)"
)
_INSIDE = re.compile(_BLOCK)
_OUTSIDE = re.compile(rf" *(?:(?P<rest>>>>) |(?P<quote>>) )|{_BLOCK}")
_ANYWHERE = re.compile(r"^ *(?:>|#|-|\*|\d+\.)", re.MULTILINE)
_QUOTED = re.compile(r" *>(?: |$)", re.MULTILINE)
_STOP = re.compile(r"\\[^0-9A-Za-z\s]|`|\n")
_TICKS = re.compile("`+")
_LANGUAGE = re.compile(r"([A-Za-z0-9_+\-.#]{1,32})\n(?=\n*[^\n])")
_MOST_FENCES = 1_000
"""More than a message of Discord's holds."""
_PARTED = re.compile("`\u200b(?=`)")


def read(text: str, known: Known) -> Content:
    """What a message says. `known` tells names and accounts by Discord's ids."""
    if is_plain(text):
        return of_text(text)
    return of_blocks(_Reader(whole(text).strip(), known, quoted=False).blocks())


def is_plain(text: str) -> bool:
    """Whether nothing in a text could mean anything but itself, an address apart."""
    return not (
        _MARKED.search(text)
        or "://" in text
        or _BEGINS.match(text)
        or ("\n" in text and _LINE_BEGINS.search(text))
    )


class _Reader:
    """One text, or the inside of one quote, from its beginning to its end."""

    def __init__(self, text: str, known: Known, *, quoted: bool) -> None:
        self._text = text
        self._known = known
        self._line = _INSIDE if quoted else _OUTSIDE
        self._at = 0
        self._last_fence = text.rfind("```")
        self._fences = 0
        self._ticks: dict[int, list[int]] = {}
        for run in _TICKS.finditer(text):
            self._ticks.setdefault(len(run[0]), []).append(run.start())

    def blocks(self) -> Iterator[Block]:
        text = self._text
        if not self._ticks and not _ANYWHERE.search(text):
            yield self._paragraph(text)
            return
        start = 0
        begins_line = True
        while self._at < len(text):
            found = self._line.match(text, self._at) if begins_line else None
            if found:
                yield from self._words(start)
                yield from self._block(found)
                start = self._at
                continue
            fence = self._to_line_end()
            begins_line = True
            if fence is not None:
                yield from self._words(start, fence)
                yield self._fence(fence)
                start = self._at
                begins_line = text[start - 1] == "\n"
        yield from self._words(start)

    def _paragraph(self, text: str) -> Paragraph:
        return Paragraph(inline(text, self._known))

    def _words(self, start: int, end: int | None = None) -> Iterator[Block]:
        text = self._text[start : self._at if end is None else end]
        if self._at < len(self._text) or end is not None:
            text = text.removesuffix("\n")
        if text.strip():
            yield self._paragraph(text)

    def _to_line_end(self) -> int | None:
        """Goes to the next line, over code that spans lines; or says where a fence begins."""
        text = self._text
        while True:
            stop = _STOP.search(text, self._at)
            if not stop:
                self._at = len(text)
                return None
            self._at = stop.end()
            if stop[0] == "\n":
                return None
            if stop[0] == "`":
                if text.startswith("```", stop.start()) and self._fence_end(stop.start()) >= 0:
                    return stop.start()
                self._over_code(stop.start())

    def _over_code(self, start: int) -> None:
        """Over ticks, and the code after them if they are closed."""
        ticks = _TICKS.match(self._text, start)
        size = ticks.end() - start if ticks else 1
        starts = self._ticks.get(size, [])
        after = bisect_right(starts, start + size)
        self._at = (starts[after] if after < len(starts) else start) + size

    def _fence_end(self, start: int) -> int:
        """Where the fence is closed, or -1: one that holds nothing is none."""
        if start + 4 > self._last_fence or self._fences > _MOST_FENCES:
            return -1
        end = self._text.find("```", start + 4)
        return end if end >= 0 and self._text[start + 3 : end].strip("\n") else -1

    def _fence(self, start: int) -> CodeBlock:
        end = self._fence_end(start)
        self._fences += 1
        body = self._text[start + 3 : end]
        named = _LANGUAGE.match(body)
        self._at = end + 3
        if self._text.startswith("\n", self._at):
            self._at += 1
        code = body[named.end() :] if named else body
        return CodeBlock(_PARTED.sub("`", code), named[1] if named else "")

    def _block(self, found: re.Match[str]) -> Iterator[Block]:
        kind = found.groupdict()
        if kind.get("rest"):
            inner = self._text[found.end() :]
            self._at = len(self._text)
            yield Quote(self._inside(inner))
        elif kind.get("quote"):
            yield Quote(self._inside("\n".join(self._quoted())))
        elif kind["heading"]:
            yield Heading(len(kind["heading"]), inline(self._rest(found.end()), self._known))
        elif kind["small"]:
            yield self._paragraph(self._rest(found.end()))
        else:
            yield from self._lists(found)

    def _inside(self, text: str) -> Content:
        return of_blocks(_Reader(text, self._known, quoted=True).blocks())

    def _quoted(self) -> Iterator[str]:
        while self._at < len(self._text) and (sign := _QUOTED.match(self._text, self._at)):
            yield self._rest(sign.end())

    def _rest(self, start: int) -> str:
        """The line from there, and on to the next one."""
        end = self._text.find("\n", start)
        end = end if end >= 0 else len(self._text)
        self._at = end + 1
        return self._text[start:end]

    def _lists(self, found: re.Match[str] | None) -> list[ListBlock]:
        """Items and the indented lines that go on with them."""
        rows: list[tuple[int, str | None, list[str]]] = []
        indents: list[int] = []
        while found and found["indent"] is not None:
            indent = len(found["indent"])
            while indents and indents[-1] > indent:
                indents.pop()
            if not indents or indent > indents[-1] + 1:
                indents.append(indent)
            said = [self._rest(found.end())]
            rows.append((len(indents) - 1, found["number"], said))
            found = self._next_item(indent, said)
        lines = [
            Line(
                depth, bool(number), int(number or 1), at == 0, inline("\n".join(said), self._known)
            )
            for at, (depth, number, said) in enumerate(rows)
        ]
        return build(lines)

    def _next_item(self, indent: int, said: list[str]) -> re.Match[str] | None:
        text = self._text
        while self._at < len(text):
            found = self._line.match(text, self._at)
            if found or not text.startswith("  ", self._at):
                return found
            line = self._rest(self._at)
            spaces = len(line) - len(line.lstrip(" "))
            said.append(line[min(spaces, indent + 2) :])
        return None
