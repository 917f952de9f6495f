"""What a write says to Discord: bodies of requests, and how to know them again. Pure.

Words go out as the content where they fit into 2,000 characters. Escaping can double
a text: `TEXT_LIMIT` characters then fit an embed's description (4,096), so that no
part is ever cut and plain texts are not split for the sake of hostile ones.
"""

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from adapters.discord.cards import cut, is_address, marker_of, pin_embed
from adapters.discord.markdown import There, escape, measure
from adapters.discord.markdown import write as markdown
from adapters.discord.names import NEUTRAL, webhook_name
from core.capabilities import Capabilities
from core.delivery import Part, PartKind, Verb, Write
from core.files import readable_size
from core.ids import RemoteId
from core.model import BindingKind, Mirror, Place, place_ref
from core.notices import END_IT
from core.text.content import Content, Emoji
from core.text.tidy import whole

CONTENT = 2000
TEXT_LIMIT = 1800
"""Leaves room for a name before the words."""
FILE_LIMIT = 10 * 2**20
"""What Discord takes everywhere; boosts of a server raise it there alone."""
BOOSTED = {2: 50 * 2**20, 3: 100 * 2**20}
"""What a server takes whose boosts have reached that tier."""
CAPABILITIES = Capabilities(
    text=TEXT_LIMIT,
    measure=measure,
    file=FILE_LIMIT,
    threads_in_direct=False,
)

NOTE = "-# \N{LOCK} A note, only for colleagues"
"""Above a note, which stands in a brand's own channels alone."""
NOBODY: dict[str, Any] = {"parse": []}
ARCHIVE_AFTER = 10_080
"""Minutes without a word until Discord hides a thread from the list; a week is the most."""

WEBHOOK = "webhook:"
"""Before a webhook's id, as the poster of a remote message."""
_BY_AUTHOR = frozenset({PartKind.TEXT, PartKind.PIN, PartKind.FILE})

Body = dict[str, Any]
Tokens = Mapping[str, str]
"""Custom emoji of the server as they are written within words, by name."""
NO_TOKENS: Tokens = {}
NEWLINE = "\n"
SILENT = 1 << 12
"""Discord's flag of messages that arrive without a notification."""
_TOKEN = re.compile(r"<a?:(\w+):\d+>")
_NOTICE = 900
"""Characters of a line of the program's own."""


def is_direct(write: Write) -> bool:
    return write.mirror.kind is BindingKind.DIRECT


def is_inbox_card(write: Write) -> bool:
    """A card in a brand's inbox, which says how its thread stands, and has buttons."""
    part = write.step.part
    inbox = write.mirror.kind is BindingKind.INBOX
    return inbox and part is not None and part.kind is PartKind.CARD


def is_direct_place(place: Place) -> bool:
    """Somebody's direct messages with the bot."""
    return not place.workspace


def by_webhook(write: Write) -> bool:
    """Whether a webhook posts it, under its author's name, or has posted it."""
    if write.step.verb is not Verb.POST:
        return write.poster.startswith(WEBHOOK)
    return write.part.kind in _BY_AUTHOR and not is_direct(write)


def webhook_of(write: Write) -> str:
    """The id of the webhook that posted what is to be changed."""
    return write.poster.removeprefix(WEBHOOK)


def webhook_post(write: Write, tokens: Tokens = NO_TOKENS, *, neutral: bool = False) -> Body:
    """A post under the author's name. `neutral`: the name was refused, so the words carry it."""
    author = write.part.author
    name = NEUTRAL if neutral or author is None else webhook_name(author.name)
    body = {"username": name, **_content(write, tokens, named=neutral)}
    if author is not None and author.picture and is_address(author.picture):
        body["avatar_url"] = author.picture
    return body


def webhook_edit(write: Write, tokens: Tokens = NO_TOKENS) -> Body:
    return _replacing(_content(write, tokens, named=False))


def bot_post(write: Write, tokens: Tokens = NO_TOKENS) -> Body:
    """A post as the bot, which repeating within minutes does not double."""
    body: Body = {
        **_content(write, tokens, named=is_direct(write)),
        "nonce": nonce(write.delivery),
        "enforce_nonce": True,
    }
    if is_direct(write) and not write.part.ping and body["allowed_mentions"] is NOBODY:
        body["flags"] = SILENT  # every other direct message makes a noise
    meant = write.part.answers_to or write.mirror.root
    if is_direct(write) and meant is not None:
        body["message_reference"] = {"message_id": message_of(meant), "fail_if_not_exists": False}
    return body


def bot_edit(write: Write, tokens: Tokens = NO_TOKENS) -> Body:
    return _replacing(_content(write, tokens, named=is_direct(write)))


def forum_post(write: Write, tags: tuple[str, ...] = ()) -> Body:
    """A post in a forum: the thread and its first message, the card, in one call."""
    body: Body = {
        "name": thread_name(write),
        "auto_archive_duration": ARCHIVE_AFTER,
        "message": _content(write, NO_TOKENS, named=False),
    }
    if tags:
        body["applied_tags"] = list(tags)
    return body


def thread_start(write: Write) -> Body:
    return {"name": thread_name(write), "auto_archive_duration": ARCHIVE_AFTER}


def thread_name(write: Write) -> str:
    return cut(write.title, 100)


def nonce(delivery: str) -> str:
    """25 characters that depend on the delivery alone."""
    number = int.from_bytes(blake2b(delivery.encode(), digest_size=17).digest(), "big")
    signs = "0123456789abcdefghijklmnopqrstuvwxyz"
    found = ""
    while len(found) < 25:
        number, rest = divmod(number, 36)
        found += signs[rest]
    return found


def channel_of(remote: RemoteId) -> str:
    return remote.partition(":")[0]


def message_of(remote: RemoteId) -> str:
    return remote.partition(":")[2]


def remote_id(channel: str, message: str) -> RemoteId:
    return RemoteId(f"{channel}:{message}")


def is_same(write: Write, message: Mapping[str, Any]) -> bool:
    """Whether a message of ours, as Discord shows it, is what this write would make.

    Cards and pins are known by their marker, a bot's message also by its nonce. A
    person's words are known by name and by letters and digits: equal ones are
    interchangeable.
    """
    if write.part.kind in (PartKind.CARD, PartKind.PIN):
        return any(marker_of(embed) == write.delivery for embed in message.get("embeds") or ())
    if is_upload(write) and not _holds(message, write.part):
        return False
    if not by_webhook(write):
        if "nonce" in message and message["nonce"] is not None:
            return str(message["nonce"]) == nonce(write.delivery)
        return _words(bot_post(write)) == _words(message)
    name = (message.get("author") or {}).get("username")
    post = webhook_post(write)
    if name == post["username"] and _words(post) == _words(message):
        return True
    return name == NEUTRAL and _words(webhook_post(write, neutral=True)) == _words(message)


def shows(write: Write, message: Mapping[str, Any]) -> bool:
    """Whether a message of ours shows just what the write would make.

    Letters and digits are compared, since Discord trims and rewrites. The name and the
    picture over a webhook's post are not: no edit could change them.
    """
    if is_upload(write) and not _holds(message, write.part):
        return False
    if is_inbox_card(write):
        # The line above it says how the thread stands, and is another one in the next moment.
        message = {**message, "content": ""}
    if not by_webhook(write):
        return _all_words(bot_post(write)) == _all_words(message)
    shown = _all_words(message)
    posts = (webhook_post(write), webhook_post(write, neutral=True))
    return shown in [_all_words(post) for post in posts]


def _all_words(message: Mapping[str, Any]) -> str:
    """All that people read in a message or in its embeds, and the picture's address."""
    texts = [message.get("content") or ""]
    for embed in message.get("embeds") or ():
        if embed.get("type", "rich") != "rich":
            continue  # a preview that Discord has made of a link in the words
        texts += [embed.get("title"), embed.get("description")]
        texts += [(embed.get("author") or {}).get("name"), (embed.get("footer") or {}).get("text")]
        texts += [(embed.get("image") or {}).get("url"), (embed.get("url") or "").split("#")[0]]
        texts += [field[part] for field in embed.get("fields") or () for part in ("name", "value")]
    said = _TOKEN.sub(r":\1:", "\n".join(text for text in texts if text))
    return letters(said) or "".join(said.split())


def _holds(message: Mapping[str, Any], part: Part) -> bool:
    """Whether the part's file is there, which Discord may have given another name."""
    file = part.file
    return file is not None and any(
        one.get("size") == file.size and letters(str(one.get("filename"))) == letters(file.name)
        for one in message.get("attachments") or ()
    )


def letters(text: str) -> str:
    """Letters and digits alone: what is left the same when Discord trims and rewrites."""
    return "".join(filter(str.isalnum, text))


def _words(message: Mapping[str, Any]) -> str:
    texts = [message.get("content") or ""]
    texts += [embed.get("description") or "" for embed in message.get("embeds") or ()]
    said = _TOKEN.sub(r":\1:", "".join(texts))
    return letters(said) or "".join(said.split())


def _replacing(content: Body) -> Body:
    return {"content": "", "embeds": [], **content}


def _content(write: Write, tokens: Tokens, *, named: bool) -> Body:
    """What is shown, and whom it may mention: people named on purpose, nobody else."""
    if write.part.rich is None or write.part.kind is not PartKind.TEXT:
        shown = _shown(write, named=named)
        return {**shown, "allowed_mentions": _mentioning(*write.part.ping)}
    part, guild = write.part, write.mirror.place.workspace
    there = There(
        part.mentions.get,
        lambda ref: part.mentions.get(ref) or channel_here(ref, guild),
        tokens.get,
    )
    written = markdown(part.rich or (), there)
    said = _said(_above(write, named=named), written.content, pinged(write))
    return {**said, "allowed_mentions": _mentioning(*part.ping, *written.users)}


def _mentioning(*users: str) -> Body:
    """These people, and nobody else."""
    return {"parse": [], "users": list(dict.fromkeys(users))[:100]} if users else NOBODY


def pinged(write: Write) -> str:
    """Whom the message is for, at its end; in direct messages everybody knows."""
    return "" if is_direct(write) else " ".join(f"<@{user}>" for user in write.part.ping)


def _shown(write: Write, *, named: bool) -> Body:
    part = write.part
    if part.kind is PartKind.CARD:
        return {"embeds": [_card(write)]}
    after = pinged(write)
    if part.kind is PartKind.NOTICE:
        words = f"-# {_sentence(part)}"
        return {"content": f"{words} {after}" if after else words}
    who = _above(write, named=named)
    if part.kind is PartKind.FILE:
        return _file(write, who)
    if part.kind is PartKind.PIN:
        body: Body = {"embeds": [_pin(part, write.delivery)]}
        above = f"{who} sent a pin" if who and who[-1] != NEWLINE else who.rstrip()
        content = NEWLINE.join(filter(None, (above, after)))
        return {"content": content, **body} if content else body
    return _said(who, escape(whole(part.text)), after)


def _sentence(part: Part) -> str:
    """A notice; its moments stand in the zone of whoever reads it."""
    if part.rich is not None and len(part.text) <= _NOTICE:
        return markdown(part.rich).content
    text = part.text
    if text.endswith(END_IT):
        text = text.removesuffix(END_IT) + END_IT.replace("/pin ", "/pin channel ")
    return escape(cut(text, _NOTICE), begins_line=False)


def _file(write: Write, who: str) -> Body:
    """The file itself goes beside the body; one that is too large is a link to its copy."""
    part, file = write.part, write.part.file
    if file is None:
        return _said(who, escape(whole(part.text)))
    if part.text:
        named = escape(cut(file.name, 200))
        return _said(who, f"{named} ({readable_size(file.size)}): {part.text}")
    told: Body = {"id": "0", "filename": file.name}
    if alt := whole(file.alt)[:1024]:
        told["description"] = alt
    body: Body = {"attachments": [told]}
    above = f"{who} sent a file" if who and who[-1] != NEWLINE else who.rstrip()
    content = NEWLINE.join(filter(None, (above, pinged(write))))
    return {"content": content, **body} if content else body


def has_emoji(content: Content) -> bool:
    """Whether a custom emoji is named in it."""
    waiting: list[Any] = [*content]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Emoji):
            return True
        if isinstance(node, tuple):
            waiting += node
        else:
            waiting += [getattr(node, name, ()) for name in ("children", "content", "items")]
    return False


def is_upload(write: Write) -> bool:
    """Whether the bytes of a file go out with it."""
    part = write.step.part
    return part is not None and part.file is not None and not part.text


def _above(write: Write, *, named: bool) -> str:
    """What goes before the words: a line about what they answer, and who says them.

    A webhook cannot reply to a message; in direct messages a real reply says it.
    """
    part = write.part
    who = f"**{escape(cut(part.author.name, 80))}:**" if named and part.author else ""
    if part.note:
        who = f"{NOTE}\n{who}"
    replies = is_direct(write) and part.answers_to is not None
    return f"> {escape(cut(part.answers, 200))}\n{who}" if part.answers and not replies else who


def _said(who: str, words: str, after: str = "") -> Body:
    """`who` before the words, and `after` on a line of its own below them."""
    content = f"{who}{' ' if who and who[-1] != NEWLINE else ''}{words}" if who else words
    content = f"{content}\n{after}" if after else content
    if len(content) <= CONTENT:
        return {"content": content}
    if who.startswith("> "):
        # The words matter more than a reminder of what they answer.
        return _said(who.partition("\n")[2], words, after)
    body: Body = {"embeds": [{"description": words[:4096]}]}
    content = NEWLINE.join(filter(None, (who.rstrip(), after)))
    return {"content": content, **body} if content else body


def _card(write: Write) -> dict[str, Any]:
    part = write.part
    if part.pin is None:
        return {
            "title": escape(cut(write.title, 100)),
            "url": f"https://pinterest.com/#{write.delivery}",
        }
    return pin_embed(
        part.pin,
        author=part.author,
        people=part.people,
        code=part.code,
        marker=write.delivery,
    )


def _pin(part: Part, delivery: str) -> dict[str, Any]:
    if part.pin is None:
        return {"description": "A pin", "url": f"https://pinterest.com/#{delivery}"}
    return pin_embed(part.pin, marker=delivery)


def channel_ref(guild: str, channel: str) -> str:
    """A channel in neutral content."""
    return place_ref(Place("discord", guild, channel))


def channel_here(ref: str, guild: str) -> str | None:
    """The channel of a reference, where it is one of this server."""
    prefix = channel_ref(guild, "")
    return ref.removeprefix(prefix) if guild and ref.startswith(prefix) else None


def link(mirror: Mirror) -> str | None:
    """Where the mirrored thread opens in Discord, once it has been placed."""
    if mirror.root is None:
        return None
    channel, message = channel_of(mirror.root), message_of(mirror.root)
    if mirror.kind is BindingKind.DIRECT:
        return f"https://discord.com/channels/@me/{channel}/{message}"
    return f"https://discord.com/channels/{mirror.place.workspace}/{mirror.space or channel}"
