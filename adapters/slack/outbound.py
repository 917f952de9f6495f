"""What a `Write` is in the arguments of `chat.postMessage` and `chat.update`. Pure.

Nothing that people wrote can mention, link or format beyond its own words: words are
`rich_text`, which is never parsed, all other text is escaped and `verbatim`, and parsing
is off in every call. `rev` in the
metadata is a digest of the content, so that a later look tells whether an edit
has been applied.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, assert_never

import msgspec

from adapters.slack.answers import row, words
from adapters.slack.blocks import There
from adapters.slack.blocks import write as write_content
from adapters.slack.cards import (
    Block,
    Look,
    card,
    card_text,
    context,
    cut,
    further_pin,
    image,
    mrkdwn,
    pin_title,
    section,
)
from adapters.slack.marks import EVENT_TYPE, channel_here, parse_remote
from adapters.slack.markup import cut_escaped, escape, link, name
from core.asking import Button
from core.delivery import Author, Part, PartKind, Write
from core.files import readable_size
from core.moments import MARK
from core.text.content import Paragraph, Timestamp, plain_inline
from core.text.tidy import of_text, whole

Arguments = dict[str, Any]

FALLBACK = 3_900
_NO_PREVIEWS: Arguments = {"unfurl_links": False, "unfurl_media": False}
_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_CONTROLS = "controls:"
_NOTE = "🔒 Note · only your team sees it"
_NOBODY = Author("")
_SIGNED = (PartKind.TEXT, PartKind.PIN, PartKind.FILE)
_POINTED = str.maketrans("<>", "‹›")


Controls = tuple[str, tuple[Button, ...]]
"""The line and the buttons under a card."""
NO_CONTROLS: Controls = ("", ())


def post(write: Write, look: Look, channel: str, controls: Controls = NO_CONTROLS) -> Arguments:
    """Arguments of `chat.postMessage`: a root for the card, else a reply in the thread."""
    text, blocks = _content(write, look)
    arguments = _common(write, channel, text, blocks)
    arguments["blocks"] = [*blocks, *under_card(controls), *pinged(write.part.ping)]
    arguments |= _NO_PREVIEWS
    if write.mirror.space is not None and write.part.kind is not PartKind.CARD:
        arguments["thread_ts"] = parse_remote(write.mirror.space)[1]
    author = write.part.author
    if look.authors and author and write.part.kind in _SIGNED:
        arguments["username"] = name(author.name)
        picture = look.picture(author.picture)
        if picture:
            arguments["icon_url"] = picture
    return arguments


def update(write: Write, look: Look, controls: Controls = NO_CONTROLS) -> Arguments:
    """Arguments of `chat.update`, which keeps name and picture but forgets parse settings."""
    assert write.replaces is not None
    channel, ts = parse_remote(write.replaces)
    text, blocks = _content(write, look)
    shown = {"ts": ts, "blocks": [*blocks, *under_card(controls)]}
    return _common(write, channel, text, blocks) | shown


def under_card(controls: Controls) -> list[Block]:
    """The line of a thread in a brand's inbox, and what can be done with it."""
    line, buttons = controls
    told = "".join(
        _moment(int(one)) if n % 2 else escape(one) for n, one in enumerate(MARK.split(line))
    )
    shown = ([context(told)] if told else []) + row(buttons)
    return [{**block, "block_id": f"{_CONTROLS}{n}"} for n, block in enumerate(shown)]


def _sentence(part: Part) -> str:
    """A notice; its moments stand in the zone of whoever reads it."""
    if part.rich is None:
        return escape(part.text)
    return "".join(
        _moment(one.unix) if isinstance(one, Timestamp) else escape(plain_inline((one,)))
        for block in part.rich
        if isinstance(block, Paragraph)
        for one in block.children
    )


def _moment(at: int) -> str:
    """In the zone of whoever reads it; in UTC where Slack does not know that."""
    known = datetime.fromtimestamp(at, UTC)
    return f"<!date^{at}^{{date_short_pretty}} {{time}}|{known:%d %b %H:%M} UTC>"


def without_controls(blocks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """A card that stands in Slack, without what stood under it."""
    return [one for one in blocks if not str(one.get("block_id", "")).startswith(_CONTROLS)]


def pinged(users: Sequence[str]) -> list[Block]:
    """Mentions of people, on purpose. Only ids are taken, which nobody wrote."""
    elements: list[Block] = [
        {"type": "user", "user_id": user} for user in users if _USER.fullmatch(user)
    ]
    if not elements:
        return []
    return [{"type": "rich_text", "elements": [_spaced(elements)]}]


def _spaced(elements: list[Block]) -> Block:
    row: list[Block] = []
    for element in elements:
        row += [{"type": "text", "text": " "}, element] if row else [element]
    return {"type": "rich_text_section", "elements": row}


def line(text: str, mentions: Sequence[str]) -> Arguments:
    """A line of the program's own, outside any thread."""
    blocks = [*words(text), *pinged(mentions)]
    shown: Arguments = {"text": _fallback(text), "blocks": blocks}
    return shown | {"parse": "none", "link_names": False} | _NO_PREVIEWS


def revision(write: Write, look: Look) -> str:
    """The `rev` that the message carries once this write is applied."""
    return _digest(write, *_content(write, look))


def revisions(write: Write, look: Look) -> frozenset[str]:
    """The same, and the one where Slack could not fetch the pictures: that is not kept."""
    text, blocks = _content(write, look)
    bare = replace(look, hidden=look.hidden | pictures(blocks))
    return frozenset({_digest(write, text, blocks), revision(write, bare)})


def pictures(blocks: list[Block]) -> frozenset[str]:
    """The addresses that Slack will fetch for these blocks."""
    shown = [block.get("accessory", block) for block in blocks]
    shown += [element for block in blocks for element in block.get("elements", ())]
    return frozenset(item["image_url"] for item in shown if "image_url" in item)


def _common(write: Write, channel: str, text: str, blocks: list[Block]) -> Arguments:
    return {
        "channel": channel,
        "text": text,
        "blocks": blocks,
        "parse": "none",
        "link_names": False,
        "metadata": {
            "event_type": EVENT_TYPE,
            "event_payload": {"delivery_id": write.delivery, "rev": _digest(write, text, blocks)},
        },
    }


def _digest(write: Write, text: str, blocks: list[Block]) -> str:
    """Of what the part says. Buttons and pings are no part of that, a card's state is."""
    said = (text, blocks, write.part.line) if write.part.line else (text, blocks)
    return blake2b(msgspec.json.encode(said), digest_size=8).hexdigest()


def _content(write: Write, look: Look) -> tuple[str, list[Block]]:
    """The fallback text and the blocks."""
    text, blocks = _said(write, look)
    if not write.part.note:
        return text, blocks
    return cut_escaped(f"🔒 {text}", FALLBACK), [context(_NOTE), *blocks]


def _said(write: Write, look: Look) -> tuple[str, list[Block]]:
    part = write.part
    if part.kind is PartKind.NOTICE:
        return _fallback(part.text), [context(_sentence(part))]
    if part.kind is PartKind.CARD:
        by = (part.author or _NOBODY).name
        pin = _pin(part)
        blocks = card(pin, by, part.people, part.code, look)
        return _fallback(card_text(pin, by, part.people)), blocks
    author = part.author or _NOBODY
    signed = [] if look.authors else [signature(author, look)]
    prefix = "" if look.authors else f"{author.name}: "
    if part.kind is PartKind.TEXT:
        text, blocks = _words(part, look, write.mirror.place.workspace)
        return cut_escaped(f"{escape(prefix)}{text}", FALLBACK) or " ", [*signed, *blocks]
    if part.kind is PartKind.PIN:
        pin = _pin(part)
        return _fallback(f"{prefix}{pin_title(pin)}"), [
            *signed,
            *_answered(part),
            *further_pin(pin, look),
        ]
    if part.kind is PartKind.FILE:
        if part.file is None:
            raise ValueError("a part of kind file has no file")
        size = readable_size(part.file.size)
        named = link(part.text, part.file.name)
        return _fallback(f"{prefix}{part.file.name}"), [*signed, section(f"{named} ({size})")]
    assert_never(part.kind)


def _words(part: Part, look: Look, team: str) -> tuple[str, list[Block]]:
    """Escaped text and blocks. Whoever is not in `part.mentions` is named and not mentioned."""
    content = part.rich if part.rich is not None else of_text(part.text)
    there = There(
        user=part.mentions.get,
        channel=lambda ref: part.mentions.get(ref) or channel_here(ref, team),
        emoji=lambda name: name if name in look.emoji else None,
    )
    written = write_content(content, there)
    blocks = written.blocks or [section(" ")]
    return written.text, [*_answered(part), *blocks]


def _answered(part: Part) -> list[Block]:
    """A line about the message that this one replies to."""
    if not part.answers:
        return []
    line = {"type": "text", "text": whole(part.answers)}
    quote = {"type": "rich_text_quote", "elements": [line]}
    return [{"type": "rich_text", "elements": [quote]}]


def file_name(text: str) -> str:
    """A file's name or description, without the signs that mean something to Slack."""
    return text.translate(_POINTED)


def _pin(part: Part) -> Any:
    if part.pin is None:
        raise ValueError(f"a part of kind {part.kind} has no pin")
    return part.pin


def _fallback(text: str) -> str:
    return cut_escaped(escape(text), FALLBACK) or " "


def signature(author: Author, look: Look) -> Block:
    """Who wrote it, where the post itself cannot say so."""
    picture = look.picture(author.picture)
    elements = [image(picture, cut(author.name, 80))] if picture else []
    return {"type": "context", "elements": [*elements, mrkdwn(f"*{name(author.name)}*")]}
