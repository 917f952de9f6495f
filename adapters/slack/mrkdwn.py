"""Slack's `text` in mrkdwn into neutral content: for messages without `rich_text`, and commands.

Pure, one pass. Tokens stand between angle brackets and `&`, `<`, `>` are escaped once;
`*`, `_`, `~` hold within a line, at the edges of words.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from adapters.slack.emoji import Custom, resolved
from core.text.content import (
    Block,
    Channel,
    Code,
    CodeBlock,
    Content,
    Emoji,
    Inline,
    Link,
    Mention,
    Paragraph,
    Quote,
    Text,
    Timestamp,
)
from core.text.links import is_web
from core.text.marks import MOST, Marks
from core.text.runs import BOLD, ITALIC, STRIKE, nest
from core.text.tidy import of_blocks, of_text, whole


def _nothing(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Known:
    """Looked up by Slack's id. `user`: the account, if there is one, and the name."""

    user: Callable[[str], tuple[str | None, str] | None] = _nothing
    usergroup: Callable[[str], str | None] = _nothing
    channel: Callable[[str], Channel | None] = _nothing
    emoji: Custom = _nothing


_SUSPECT = re.compile(r"[*_~`<&>:]")
_TOKEN = re.compile(
    r"<(?P<token>[^<>\n]*)>|(?P<ticks>`+)|(?P<line>\n)|(?P<mark>\*+|_+|~+)"
    r"|:(?P<emoji>[a-z0-9_+'-]{1,100}(?:::skin-tone-[2-6](?:-[2-6])?)?):"
)
_QUOTED = re.compile(r"(?:&gt;|>) ?")
_REST = re.compile(r"(?:&gt;|>){3} ?")
_BITS = {"*": BOLD, "_": ITALIC, "~": STRIKE}

FORMATS = {
    "t": "{time}",
    "T": "{time_secs}",
    "d": "{date_num}",
    "D": "{date}",
    "f": "{date} at {time}",
    "F": "{date_long} at {time}",
    "s": "{date_num} {time}",
    "S": "{date_num} {time_secs}",
    "R": "{ago}",
}
_STYLES = {form: style for style, form in FORMATS.items()}


def read_text(text: str, known: Known) -> Content:
    """What a text in mrkdwn says."""
    if not _SUSPECT.search(text):
        return of_text(text)
    return of_blocks(_blocks(whole(text), known))


def unescape(text: str) -> str:
    """Undone once: `&amp;lt;` becomes `&lt;`."""
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def style_of(form: str) -> str:
    """Discord's letter for a format of Slack's dates, or the nearest."""
    exact = _STYLES.get(form)
    if exact:
        return exact
    if "{ago}" in form:
        return "R"
    if "{date" not in form:
        return "T" if "{time_secs}" in form else "t"
    if "{time" in form:
        return "F" if "{date_long" in form else "f"
    return "d" if "{date_num}" in form else "D"


def _blocks(text: str, known: Known) -> Iterator[Block]:
    """Fences first, since nothing in them means anything."""
    words = at = 0
    while True:
        start = text.find("```", at)
        end = text.find("```", start + 3) if start >= 0 else -1
        if end < 0:
            break
        at = end + 3
        code = text[start + 3 : end]
        if code.strip("\n"):
            yield from _lines(text[words:start].removesuffix("\n"), known)
            yield CodeBlock(unescape(_TOKEN.sub(_as_typed, code)))
            words = at = at + text.startswith("\n", at)
    yield from _lines(text[words:], known)


def _as_typed(token: re.Match[str]) -> str:
    """An address in a fence, which Slack has put between angle brackets."""
    body = token["token"]
    if body is None or not is_web(body):
        return token[0]
    return body.rpartition("|")[2]


def _lines(text: str, known: Known) -> Iterator[Block]:
    if ">" not in text and "&gt;" not in text:
        if text.strip():
            yield Paragraph(_inline(text, known))
        return
    lines = text.split("\n")
    row: list[str] = []
    quoted = False
    for at, line in enumerate(lines):
        rest = _REST.match(line)
        if rest:
            yield from _group(row, known, quoted=quoted)
            yield from _group([line[rest.end() :], *lines[at + 1 :]], known, quoted=True)
            return
        sign = _QUOTED.match(line)
        if bool(sign) != quoted:
            yield from _group(row, known, quoted=quoted)
            row, quoted = [], bool(sign)
        row.append(line[sign.end() :] if sign else line)
    yield from _group(row, known, quoted=quoted)


def _group(lines: list[str], known: Known, *, quoted: bool) -> Iterator[Block]:
    text = "\n".join(lines)
    if text.strip():
        words = Paragraph(_inline(text, known))
        yield Quote((words,)) if quoted else words


def _inline(text: str, known: Known) -> tuple[Inline, ...]:
    marks = Marks()
    at = 0
    for _ in range(MOST):
        token = _TOKEN.search(text, at)
        if not token:
            break
        if token.start() > at:
            marks.say(unescape(text[at : token.start()]))
        at = token.end()
        kind = token.lastgroup
        if kind == "token":
            _named(token["token"], known, marks)
        elif kind == "ticks":
            at = _code(text, token, marks)
        elif kind == "line":
            marks.end_line()
            marks.say("\n")
        elif kind == "mark":
            _mark(text, token, marks)
        elif not _emoji(token["emoji"], known, marks):
            marks.say(":")
            at = token.start() + 1
    marks.say(unescape(text[at:]))
    return nest(marks.runs())


def _code(text: str, token: re.Match[str], marks: Marks) -> int:
    at = token.end()
    line = text.find("\n", at)
    end = text.find("`", at, line if line >= 0 else len(text)) if len(token[0]) == 1 else -1
    if end < 0:
        marks.say(token[0])
        return at
    marks.add(Code(unescape(_TOKEN.sub(_as_typed, text[at:end]))))
    return end + 1


def _mark(text: str, token: re.Match[str], marks: Marks) -> None:
    sign = token[0]
    before = text[token.start() - 1] if token.start() else " "
    after = text[token.end()] if token.end() < len(text) else " "
    if len(sign) > 1:
        marks.say(sign)
    elif marks.is_open(sign):
        if before.isspace() or after.isalnum() or not marks.close(sign):
            marks.say(sign)
    elif before.isalnum() or after.isspace():
        marks.say(sign)
    else:
        marks.open(sign, _BITS[sign], sign)


def _emoji(name: str, known: Known, marks: Marks) -> bool:
    found, behind = resolved(name, known.emoji)
    if found:
        marks.say(found)
    elif known.emoji(behind):
        marks.add(Emoji(behind))
    else:
        return False
    return True


def _named(body: str, known: Known, marks: Marks) -> None:
    """The inside of `<...>`. Parse order as documented: `#`, `@`, `!`, else an address."""
    name, _, label = body.partition("|")
    label = unescape(label)
    if name.startswith("#"):
        called = label.removeprefix("#")
        marks.add(known.channel(name[1:]) or Text(f"#{called or 'channel'}"))
    elif name.startswith("@"):
        account, called = known.user(name[1:]) or (None, label.removeprefix("@") or "someone")
        marks.add(Mention(account, called) if account else Text(f"@{called}"))
    elif name.startswith("!date^"):
        _date(name, label, marks)
    elif name.startswith("!subteam^"):
        called = known.usergroup(name.removeprefix("!subteam^")) or label or "group"
        marks.say(f"@{called.removeprefix('@')}")
    elif name.startswith("!"):
        marks.say(label or f"@{name[1:].split('^')[0]}")
    else:
        url = unescape(name)
        if ":" in url:
            marks.add(Link(url, (Text(label),) if label else ()))
        else:
            marks.say(f"<{unescape(body)}>")


def _date(name: str, label: str, marks: Marks) -> None:
    _, unix, form, *link = [*name.split("^"), ""][:4]
    try:
        when = Timestamp(int(unix), style_of(form), label)
    except ValueError:
        marks.say(label)
        return
    url = unescape(link[0]) if link else ""
    marks.add(Link(url, (when,)) if is_web(url) else when)
