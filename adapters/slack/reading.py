"""What a message from Slack says, as text and, where there is more to it than words, as a tree.

Looks up the names that the message needs, within the patience of the directory, and
which of the people it mentions have an account; accounts are never made for that.
"""

import asyncio
import re
from collections.abc import Callable, Collection, Mapping

import msgspec

from adapters.slack import richtext
from adapters.slack.attached import said
from adapters.slack.directory import Directory
from adapters.slack.emoji import characters
from adapters.slack.marks import Ours, Payload, channel_ref
from adapters.slack.mrkdwn import Known
from core.model import Account, Identity
from core.ports.desk import Desk
from core.text.content import Channel, Content, plain, words_only
from core.text.tidy import of_text, whole

_EMOJI = re.compile(r":([a-z0-9_+'-]{1,100}):")
_NAMED = re.compile(r"(?:<[@#]|_id\":\")([UWC][A-Z0-9]{2,})[>|\"]")
"""Who and what is named in attachments, in tokens or elements."""
_GROUP = re.compile(r"<!subteam\^(\w+)\|@?([^>]+)>")
_NOBODY = Known()


def only_words(message: Payload) -> str | None:
    """The words of a message that is nothing but words, which most are; without looking up."""
    if "attachments" in message or "files" in message or "bot_id" in message:
        return None
    if message.get("subtype") == "me_message":
        return None
    try:
        (block,) = message["blocks"]
        (section,) = block["elements"]
        (leaf,) = section["elements"]
        if section["type"] != "rich_text_section" or leaf["type"] != "text" or "style" in leaf:
            return None
        text = leaf["text"]
        return None if "://" in text or "\u2063" in text else whole(text).strip()
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


class Reading:
    def __init__(self, desk: Desk, directory: Directory, ours: Callable[[], Ours | None]) -> None:
        self._desk = desk
        self._directory = directory
        self._ours = ours

    async def said(self, message: Payload, channel: str) -> tuple[str, Content | None]:
        """The words, and their tree unless they are nothing but words."""
        text = message.get("text")
        text = text if isinstance(text, str) else ""
        # Whatever a block mentions stands in the text as a token too.
        simple = text and "<" not in text and ":" not in text and "attachments" not in message
        known = _NOBODY if simple else await self._known(message, text)
        content = said(message, known, self._original(message, channel))
        words = words_only(content)
        if words is not None:
            return words, None
        text = plain(content)
        # Words and bare addresses: the text alone gives the same tree.
        return text, None if len(content) == 1 and of_text(text) == content else content

    async def _known(self, message: Payload, text: str) -> Known:
        users, channels, groups = richtext.wanted(message)
        if "attachments" in message:
            hung = _NAMED.findall(msgspec.json.encode(message["attachments"]).decode())
            users |= {name for name in hung if name[0] in "UW"}
            channels |= {name for name in hung if name[0] == "C"}
        handles: Mapping[str, str] = dict(_GROUP.findall(text))
        if groups - handles.keys():
            handles = await self._directory.groups()
        odd = not text or any(characters(name) is None for name in _EMOJI.findall(text))
        if not (users or channels or odd):
            return Known(usergroup=handles.get)
        names, accounts, custom = await asyncio.gather(
            self._directory.names(users, channels),
            self._accounts(users),
            self._directory.emoji() if odd else _nothing(),
        )

        def user(one: str) -> tuple[str | None, str]:
            account = accounts.get(one)
            name = names.get(one) or (account.name if account else "someone")
            return account.id if account else None, name.removeprefix("@")

        def channel(one: str) -> Channel | None:
            ours = self._ours()
            ref = channel_ref(ours.team, one) if ours else None
            return Channel(names[one].removeprefix("#"), ref) if one in names else None

        return Known(user, handles.get, channel, custom.get)

    async def _accounts(self, users: Collection[str]) -> Mapping[str, Account]:
        """The accounts of people in this workspace who have one."""
        ours = self._ours()
        if not users or ours is None:
            return {}
        asked = sorted(users)[:50]
        found = await self._desk.accounts_of([Identity("slack", ours.team, one) for one in asked])
        return {user: one for user, one in zip(asked, found, strict=True) if one}

    def _original(self, message: Payload, channel: str) -> str:
        ours = self._ours()
        ts = str(message.get("ts", "")).replace(".", "")
        return f"{ours.url if ours else ''}archives/{channel}/p{ts}"


async def _nothing() -> Mapping[str, str]:
    return {}
