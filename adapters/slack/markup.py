"""Short texts outside messages: escaping what goes out.

Only `&`, `<` and `>` mean something to Slack, so escaping them makes every text inert.
Messages and commands are read by `richtext.py` and `mrkdwn.py`, and written by `blocks.py`.
"""

import re

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
