"""The inside of one paragraph of Discord's markdown. Pure, one pass.

Code and addresses come before marks, as in Discord: nothing in them is a mark, except
that a mark which is open may end an address.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from core.text.content import Channel, Code, Emoji, Inline, Link, Mention, Text, Timestamp
from core.text.links import ADDRESS, trimmed
from core.text.marks import MOST, Marks
from core.text.runs import BOLD, ITALIC, SPOILER, STRIKE, UNDERLINE, nest


def _nothing(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Known:
    """Looked up by Discord's id. `user`: the account, if there is one, and the name."""

    user: Callable[[str], tuple[str | None, str] | None] = _nothing
    role: Callable[[str], str | None] = _nothing
    channel: Callable[[str], Channel | None] = _nothing


_TOKEN = re.compile(
    r"(?P<escaped>(?:\\[^0-9A-Za-z\s])+)"
    r"|(?P<ticks>`+)"
    r"|<(?:@!?(?P<user>\d{1,20})|@&(?P<role>\d{1,20})|\#(?P<channel>\d{1,20})"
    r"|a?:(?P<emoji>\w{1,32}):\d{1,20}|t:(?P<time>-?\d{1,13})(?::[tTdDfFsSR])?"
    r"|/(?P<command>[^:<>\n]{1,100}):\d{1,20}|(?P<quiet>https?://[^\s<>]+))>"
    rf"|(?P<address>{ADDRESS})"
    r"|\]\((?:<(?P<quietly>https?://[^\s<>]+)>"
    r"|(?P<labelled>https?://[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*))\)"
    r"|(?P<bracket>\[)|(?P<inner>\])"
    r"|(?P<mark>\u200b?(?:\*+|_+|~~|\|\|)\u200b?)"
    r"|(?P<apart>[@<])\u200b"
)
# All begin with a literal, so that one fast search finds where a token can begin.
_SIGN = re.compile(r"\\|`|<|\]|\[|\*|_|~|\||@|\u200b|https?://")
_WORD = re.compile(r"[A-Za-z0-9_]")
_BITS = {"*": ITALIC, "**": BOLD, "_": ITALIC, "__": UNDERLINE, "~~": STRIKE, "||": SPOILER}
_TICKS = re.compile("`+")
_PARTED = re.compile("`\u200b(?=`)")
_MARKED = re.compile(r"[\\`<\[*_~|\u200b]")


def inline(text: str, known: Known) -> tuple[Inline, ...]:
    if "://" not in text and not _MARKED.search(text):
        return (Text(text),) if text else ()
    return nest(_Row(text, known).read().runs())


def moment(unix: int) -> str:
    """A time that can be read where no client shows it as its reader's own."""
    try:
        return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, OSError, ValueError):
        return str(unix)


class _Row:
    def __init__(self, text: str, known: Known) -> None:
        self._text = text
        self._known = known
        self._marks = Marks()
        self._at = 0
        self._ticks: dict[int, list[int]] | None = None

    def read(self) -> Marks:
        text, marks = self._text, self._marks
        said = start = 0
        for _ in range(MOST):
            sign = _SIGN.search(text, start)
            if not sign:
                break
            token = _TOKEN.match(text, sign.start())
            if not token:
                start = sign.end()
                continue
            if token.start() > said:
                marks.say(text[said : token.start()])
            self._at = token.end()
            self._meant(str(token.lastgroup), token)
            said = start = self._at
        marks.say(text[said:])
        return marks

    def _meant(self, kind: str, token: re.Match[str]) -> None:
        if kind == "mark":
            self._mark(token)
        elif kind == "escaped":
            self._marks.say(token["escaped"][1::2])
        elif kind == "ticks":
            self._code(token[0])
        elif kind == "address":
            self._address(token)
        elif kind in ("labelled", "quietly"):
            self._label(token, kind)
        elif kind == "bracket":
            self._marks.open("[", 0, "[")
        elif kind == "inner":
            self._bracket()
        elif kind == "apart":
            self._marks.say(token["apart"])
        else:
            self._named(kind, token)

    def _named(self, kind: str, token: re.Match[str]) -> None:
        """Tokens between angle brackets."""
        value, marks = token[kind], self._marks
        if kind == "user":
            account, name = self._known.user(value) or (None, "unknown")
            marks.add(Mention(account, name) if account else Text(f"@{name}"))
        elif kind == "role":
            marks.say(f"@{self._known.role(value) or 'role'}")
        elif kind == "channel":
            marks.add(self._known.channel(value) or Text("#channel"))
        elif kind == "emoji":
            marks.add(Emoji(value))
        elif kind == "time":
            style = token[0][-2] if token[0][-3] == ":" and token[0][-2].isalpha() else "f"
            marks.add(Timestamp(int(value), style, moment(int(value))))
        elif kind == "command":
            marks.say(f"/{value}")
        else:
            marks.add(Link(value, (), preview=False))

    def _code(self, ticks: str) -> None:
        if self._ticks is None:
            self._ticks = {}
            for run in _TICKS.finditer(self._text):
                self._ticks.setdefault(len(run[0]), []).append(run.start())
        starts = self._ticks.get(len(ticks), [])
        after = bisect_right(starts, self._at)
        if after == len(starts):
            self._marks.say(ticks)
            return
        code = self._text[self._at : starts[after]]
        self._at = starts[after] + len(ticks)
        if code.startswith(" ") and code.lstrip(" ").startswith("`"):
            code = code[1:]
        if code.endswith(" ") and code.rstrip(" ").endswith("`"):
            code = code[:-1]
        self._marks.add(Code(_PARTED.sub("`", code)))

    def _address(self, token: re.Match[str]) -> None:
        """A bare address; a mark that is open ends it, as it ends what it encloses."""
        found = token["address"]
        for kind in self._marks.kinds():
            at = -1 if kind == "[" else found.find(kind)
            if at >= 0 and not (kind == "_" and _WORD.match(found, at + 1)):
                found = found[:at]
        address = trimmed(found)
        if len(address) <= len("https://"):
            address = token["address"][: len("http")]
            self._marks.say(address)
        else:
            self._marks.add(Link(address))
        self._at = token.start() + len(address)

    def _label(self, token: re.Match[str], kind: str) -> None:
        if self._marks.is_open("["):
            self._marks.link("[", token[kind], preview=kind == "labelled")
        else:
            self._marks.say("](")
            self._at = token.start() + 2

    def _bracket(self) -> None:
        """A pair of brackets inside a label belongs to it; one that ends before another begins
        is none."""
        end = self._text.find("]", self._at)
        is_ended = end < 0 or self._text.find("[", self._at, end) >= 0
        self._marks.forget_last("[", only_inner=not is_ended)
        self._marks.say("]")

    def _mark(self, token: re.Match[str]) -> None:
        sign = token[0].strip("\u200b")
        before = self._text[token.start() - 1] if token.start() else " "
        after = self._text[token.end()] if token.end() < len(self._text) else " "
        left = self._pair(sign, before, after)
        if left:
            # What stays alone keeps its own look.
            self._marks.say(token[0] if left == sign else left)

    def _pair(self, sign: str, before: str, after: str) -> str:
        """Opens or closes; hands back what stays text."""
        marks = self._marks
        if len(sign) == 1:
            return self._single(sign, before, after)
        if len(sign) == 2:
            if not marks.is_open(sign):
                marks.open(sign, _BITS[sign], sign)
                return ""
            if sign == "**":
                marks.turn("**", "*")
            return "" if marks.close(sign) else sign
        one, two = sign[0], sign[:2]
        if len(sign) > 3:
            return sign
        if not marks.is_open(one) and not marks.is_open(two):
            marks.open(two, _BITS[two], two)
            marks.open(one, _BITS[one], one)
            return ""
        order = (one, two) if marks.is_open(one) else (two, one)
        if marks.is_open(one) and marks.is_open(two) and marks.is_inside(two, one):
            order = (two, one)
        return "".join(self._pair(part, before, after) for part in order)

    def _single(self, sign: str, before: str, after: str) -> str:
        marks = self._marks
        if not marks.is_open(sign):
            if after.isspace():
                return sign
            marks.open(sign, _BITS[sign], sign)
            return ""
        if before.isspace() or (sign == "_" and _WORD.match(after)):
            return sign
        return "" if marks.close(sign) else sign
