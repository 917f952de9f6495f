"""Short texts outside messages: escaping what goes out, reading what a command says.

Out: only `&`, `<` and `>` mean something to Slack, so escaping them makes every text
inert. In: plain text in which mentions read `@Name`, channels `#name` and links
`label (address)`. Messages are read by `richtext.py` and written by `blocks.py`.
"""

import re
from collections.abc import Mapping

Names = Mapping[str, str]
"""How users (U..., W...) and channels (C..., D..., G...) are called."""

_TOKEN = re.compile(r"<([^<>]*)>")
_ADDRESS = re.compile(r"https?://[^\s<>\"|]+")
_JOINERS = "\u200c\u200d"
_BREAKS = (*range(0x20), 0x7F, 0x85, 0x2028, 0x2029)
_HIDDEN = (0xAD, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
_UNSEEN = dict.fromkeys(_HIDDEN, "") | dict.fromkeys(_BREAKS, " ")
_TAIL = ".,;:!?)]}'*_~`"


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Undone once: `&amp;lt;` becomes `&lt;`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def cut_escaped(escaped: str, most: int) -> str:
    """Cuts escaped text without leaving half an entity or an open link at the end."""
    if len(escaped) <= most:
        return escaped
    head = escaped[: most - 1]
    for opening, closing in (("&", ";"), ("<", ">")):
        at = head.rfind(opening)
        if at > head.rfind(closing) and (opening == "<" or len(head) - at < 6):
            head = head[:at]
    return head + "…"


def name(text: str, most: int = 80) -> str:
    """Somebody's name, escaped: one visible line without marks that turn the text around it."""
    seen = " ".join(text.translate(_UNSEEN).split())
    return cut_escaped(escape(seen if seen.strip(_JOINERS) else "Somebody"), most)


def linked(text: str) -> str:
    """Escaped text whose http addresses can be clicked, though nothing else is parsed."""
    out, at = [], 0
    for found in _ADDRESS.finditer(text):
        target = found.group().rstrip(_TAIL)
        if len(target) <= len("https://"):
            continue
        out += [escape(text[at : found.start()]), "<", escape(target), ">"]
        at = found.start() + len(target)
    return "".join((*out, escape(text[at:])))


def address(text: str) -> str | None:
    """An address of the web in a form that holds no markup, else nothing."""
    if not text.startswith(("https://", "http://")) or any(c.isspace() for c in text):
        return None
    return text.replace("|", "%7C").replace("<", "%3C").replace(">", "%3E").replace('"', "%22")


def link(target: str, label: str) -> str:
    """A link with a label; the bare label where the target is not an address of the web."""
    words, safe = escape(" ".join(label.split())), address(target)
    return f"<{safe.replace('&', '&amp;')}|{words}>" if safe else words


def mentioned(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Users in a text with tokens, and channels without a label.

    The label of a user, where there is one, is their handle and not their name.
    """
    bodies = _TOKEN.findall(text)
    users = frozenset(body[1:].partition("|")[0] for body in bodies if body.startswith("@"))
    bare = (body for body in bodies if body.startswith("#") and "|" not in body)
    return users, frozenset(body[1:] for body in bare)


def plain_text(text: str, names: Names) -> str:
    """What a text with tokens says, such as a command's, for a reader anywhere."""
    out, at = [], 0
    for found in _TOKEN.finditer(text):
        out += [unescape(text[at : found.start()]), _token(found.group(1), names)]
        at = found.end()
    return "".join((*out, unescape(text[at:])))


def _token(body: str, names: Names) -> str:
    """The inside of `<...>`. Parse order as documented: `#`, `@`, `!`, else an address."""
    name, _, label = body.partition("|")
    label = unescape(label)
    if name.startswith("#"):
        return f"#{(label or names.get(name[1:], 'channel')).removeprefix('#')}"
    if name.startswith("@"):
        return f"@{(names.get(name[1:]) or label or 'someone').removeprefix('@')}"
    if name.startswith("!"):
        if name.startswith("!subteam^"):
            return f"@{(label or 'group').removeprefix('@')}"
        return label or f"@{name[1:].split('^')[0]}"
    return _link(unescape(name), label)


def _link(target: str, label: str) -> str:
    scheme, _, rest = target.partition(":")
    if scheme in ("mailto", "tel"):
        return label or rest
    bare = target.removeprefix("https://").removeprefix("http://").rstrip("/")
    if not label or label == target or label.rstrip("/") == bare:
        return target
    return f"{label} ({target})"
