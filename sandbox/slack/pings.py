"""Whom a message would notify, from its text and blocks as Slack parses them.

Words of `rich_text` are never parsed: only its own elements notify. Other texts are
parsed for tokens, and where they are not `verbatim` for `@here` and the like too.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TOKEN = re.compile(
    r"<(@[UW][A-Z0-9]+|!(?:here|channel|everyone)|!subteam\^[A-Z0-9]+)(?:\|[^>]*)?>"
)
_TYPED = re.compile(r"@(?:here|channel|everyone)\b")


def pings(message: Mapping[str, Any]) -> list[str]:
    """People by id, `@here` and the like, groups by id; each once."""
    found = _TOKEN.findall(message.get("text") or "")
    for key in ("blocks", "attachments"):
        found += _in(message.get(key) or [])
    return list(dict.fromkeys(one.removeprefix("@").replace("!subteam^", "") for one in found))


def _in(found: Any) -> Iterator[str]:
    if isinstance(found, list):
        for one in found:
            yield from _in(one)
        return
    if not isinstance(found, dict):
        return
    kind, text = found.get("type"), found.get("text")
    if kind == "mrkdwn" and isinstance(text, str):
        yield from _TOKEN.findall(text)
        if not found.get("verbatim"):
            yield from _TYPED.findall(text)
    elif kind == "user":
        yield str(found.get("user_id"))
    elif kind == "usergroup":
        yield str(found.get("usergroup_id"))
    elif kind == "broadcast":
        yield f"!{found.get('range')}"
    else:
        for value in found.values():
            yield from _in(value)
