"""What hangs on a message beside its words: forwarded messages, and what other apps show. Pure.

Previews of links are left out: whoever reads the message elsewhere gets their own. A
message that would say nothing at all says where the original stands.
"""

from collections.abc import Iterator
from typing import Any

from adapters.slack.marks import Payload, remote
from adapters.slack.mrkdwn import Known
from adapters.slack.richtext import read
from core.intents import RemoteMessage
from core.text.content import Block, Bold, Content, Inline, Link, Paragraph, Quote, Text
from core.text.links import is_web
from core.text.tidy import of_blocks, of_text, whole

_MOST = 20


def said(message: Payload, known: Known, original: str) -> Content:
    """All that a message says. `original` is its address, for what shows nothing elsewhere."""
    if not message.get("bot_id"):
        content = read(message, known)
        if "attachments" not in message and "files" not in message:
            return content
        return of_blocks([*content, *_shared(message, known), *_elsewhere(message)])
    words = read({"blocks": message.get("blocks")}, known) or read(message, known)
    shown = [block for one in _attachments(message) for block in _shown(one, known)]
    content = of_blocks([*words, *shown, *_elsewhere(message)])
    if content and (shown or message.get("blocks")):
        # It looks and does more there than words can say.
        return of_blocks([*content, *_original(original)])
    if content or message.get("files"):
        return content
    return of_blocks([*of_text("A message of another app"), *_original(original)])


def shared_files(message: Payload) -> list[Any]:
    """The files of forwarded messages."""
    lists = [one.get("files") for one in _forwards(message)]
    return [file for files in lists if isinstance(files, list) for file in files]


def shared(message: Payload) -> tuple[RemoteMessage, ...]:
    """The messages that it forwards."""
    ids = [(_text(one, "channel_id"), _text(one, "ts")) for one in _forwards(message)]
    return tuple([RemoteMessage("slack", remote(channel, ts)) for channel, ts in ids])


def _shared(message: Payload, known: Known) -> Iterator[Block]:
    """Forwarded messages: whose, what, and where the original stands."""
    for one in _forwards(message):
        parts = _objects(one.get("message_blocks"))
        blocks = [block for part in parts for block in _blocks_of(part)]
        words = read({"blocks": blocks, "text": one.get("text")}, known)
        name = _text(one, "author_name") or _text(one, "author_subname") or "Somebody"
        link = _original(_text(one, "from_url"))
        head: tuple[Inline, ...] = (Bold((Text(name),)),)
        yield Quote((Paragraph(head), *words, *link))


def _shown(one: Payload, known: Known) -> Iterator[Block]:
    """An attachment of another app, from top to bottom; its fallback where nothing else is."""
    blocks = _objects(one.get("blocks"))
    found: list[Block] = [*read({"blocks": blocks}, known)] if blocks else []
    if not found:
        for key in ("pretext", "author_name"):
            found += read({"text": one.get(key)}, known)
        found += _link(_text(one, "title_link"), _text(one, "title"))
        found += read({"text": one.get("text")}, known)
        for field in _objects(one.get("fields")):
            found += of_text(_text(field, "title"))
            found += read({"text": field.get("value")}, known)
        found += _link(_text(one, "image_url"), "picture") if one.get("image_url") else []
        found += read({"text": one.get("footer")}, known)
    yield from found or of_text(_text(one, "fallback"))


def _elsewhere(message: Payload) -> Iterator[Block]:
    """Files that are kept outside Slack: where they are."""
    for file in _objects(message.get("files")):
        if file.get("is_external"):
            address = _text(file, "external_url") or _text(file, "permalink")
            yield from _link(address, _text(file, "title") or _text(file, "name") or "file")


def _link(address: str, label: str) -> list[Block]:
    if not is_web(address):
        return [*of_text(label)]
    words = whole(" ".join(label.split()))
    return [Paragraph((Link(address, (Text(words),) if words else ()),))]


def _original(address: str) -> list[Block]:
    """The way to it; no preview, since an address in Slack shows others a page to sign in at."""
    label = (Text("see it in Slack"),)
    return [Paragraph((Link(address, label, preview=False),))] if is_web(address) else []


def _blocks_of(part: Payload) -> list[Payload]:
    message = part.get("message")
    return _objects(message.get("blocks")) if isinstance(message, dict) else []


def _forwards(message: Payload) -> list[Payload]:
    return [one for one in _attachments(message) if one.get("is_share")]


def _attachments(message: Payload) -> list[Payload]:
    return _objects(message.get("attachments"))[:_MOST]


def _objects(found: Any) -> list[Payload]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text(element: Payload, name: str) -> str:
    found = element.get(name)
    return found if isinstance(found, str) else ""
