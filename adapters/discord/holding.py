"""What a message holds beside its words: files, stickers, polls, forwarded messages.

Files become handles; the rest becomes lines of markdown with a link to the original, for
the same reader as the words. Most messages hold nothing of this, which `said` asks first.
"""

import discord

from adapters.discord.cards import cut
from adapters.discord.fetching import handle
from adapters.discord.markdown import escape
from core.intents import RemoteFile
from core.text.tidy import whole

VOICE = 1 << 13
_MOST = 3_000
"""Characters of an embed that is shown as words."""


def files(message: discord.Message) -> tuple[RemoteFile, ...]:
    """Its files in order, then those of what it forwards."""
    found = [*message.attachments]
    for snapshot in message.message_snapshots:
        found += snapshot.attachments
    return tuple(
        RemoteFile(
            whole(one.filename),
            handle(str(message.channel.id), str(message.id), str(one.id)),
            one.size,
            one.content_type,
            whole(one.description or ""),
            str(one.id),
        )
        for one in found
    )


def beside(message: discord.Message) -> str:
    """Stickers, a poll, a voice message, forwarded words, a command's answer; mostly nothing.

    Whatever cannot be shown as it is there is a click away.
    """
    theirs: list[str] = []
    if message.interaction_metadata is not None:
        theirs += [f"Used {escape(cut(message.author.name, 80))}:", message.content]
        theirs += map(_embed, message.embeds)
    ours: list[str] = []
    for snapshot in message.message_snapshots:
        quoted = [snapshot.content, *map(_embed, snapshot.embeds)]
        ours += [_quoted("\n".join(text for text in quoted if text)), "Forwarded"]
    if message.flags.value & VOICE:
        ours.append("Voice message")
    ours += [f"Sticker: {escape(cut(one.name, 100))}" for one in message.stickers]
    way = f"[see it in Discord](<{original(message)}>)"
    if message.poll is not None:
        ours += [*_poll(message.poll), way.replace("see it", "vote", 1)]
    elif ours:
        ours[-1] += f" \u00b7 {way}"
    elif theirs:
        # On a line of its own: the last of theirs may be a list, a quote or code.
        ours.append(way)
    return "\n".join(line for line in (*theirs, *ours) if line)


def original(message: discord.Message) -> str:
    """Where the message stands, or the one that it forwards."""
    meant = _meant(message)
    if meant is not None:
        guild = meant.guild_id or "@me"
        return f"https://discord.com/channels/{guild}/{meant.channel_id}/{meant.message_id}"
    guild = message.guild.id if message.guild else "@me"
    return f"https://discord.com/channels/{guild}/{message.channel.id}/{message.id}"


def forwarded(message: discord.Message) -> tuple[str, str] | None:
    """The channel and id of the message that it forwards."""
    meant = _meant(message)
    return None if meant is None else (str(meant.channel_id), str(meant.message_id))


def _meant(message: discord.Message) -> discord.MessageReference | None:
    there = message.reference if message.message_snapshots else None
    return there if there is not None and there.message_id else None


def _embed(embed: discord.Embed) -> str:
    """The title and the words of an embed; a mere link preview has the words in the message."""
    if embed.type not in ("rich", "poll_result"):
        return ""
    texts = [embed.author.name, embed.title, embed.description]
    texts += [f"{field.name}: {field.value}" for field in embed.fields]
    texts += [embed.footer.text]
    return "\n".join(text for text in texts if text)[:_MOST]


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n")) if text.strip() else ""


def _poll(poll: discord.Poll) -> list[str]:
    answers = [f"- {escape(cut(one.text, 100))}" for one in poll.answers]
    return [f"Poll: {escape(cut(poll.question, 300))}", *answers]
