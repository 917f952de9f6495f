"""Looking for a write whose outcome is unclear (platform-facts, part C).

A post is found by its delivery id among the messages after the anchor, an edit
by the `rev` that the message carries. What is not found was not applied, so a
search that could not be finished is a failure and never `Absent`.
"""

import time
from collections.abc import Mapping
from typing import Any

from adapters.slack.api import Api
from adapters.slack.marks import Ours, delivery_of, parse_remote, remote, revision_of
from adapters.slack.settings import Settings
from core.delivery import Absent, Failure, FailureKind, PartKind, Receipt, Write
from core.ids import SpaceId
from core.ports.needs import Budgets, Cost

_MOST_PAGES = 100
_REACTIONS = 50
"""Calls a minute, as documented."""
_MEMBERS, _MEMBERS_A_MINUTE = 1_000, 100
"""People on one page, and pages a minute (tier 4)."""
_LONGEST_DOUBT = 7 * 86_400.0
"""Seconds to look back for a first card, before which there is no message of ours to start from."""

_HIDDEN = Failure(
    FailureKind.EVENT, "history_hidden", remedy="The workspace's plan hides older messages."
)
_UNREADABLE = Failure(FailureKind.TRANSIENT, "unreadable_answer")


class Search:
    def __init__(self, api: Api, settings: Settings, budgets: Budgets) -> None:
        self._api = api
        self._settings = settings
        self._budgets = budgets

    async def post(self, write: Write, channel: str, ours: Ours) -> Receipt | Absent | Failure:
        """Our post with that delivery id, the oldest that is not accounted for."""
        card = write.part.kind is PartKind.CARD
        root = parse_remote(write.mirror.space)[1] if write.mirror.space and not card else None
        anchor = parse_remote(write.anchor) if write.anchor else None
        where: dict[str, Any] = {"channel": channel, "include_all_metadata": True}
        if root:
            where["ts"] = root
        if anchor and anchor[0] == channel:
            where["oldest"] = anchor[1]
        elif root:
            where["oldest"] = root
        else:
            where["oldest"] = f"{time.time() - _LONGEST_DOUBT:.6f}"
        method = "conversations.replies" if root else "conversations.history"
        found: list[str] = []
        for _ in range(_MOST_PAGES):
            page = await self.read(method, where, ours)
            if isinstance(page, Failure):
                return page
            found += [
                str(message["ts"])
                for message in messages_of(page)
                if delivery_of(message) == write.delivery
                and _by_us(message, ours)
                and remote(channel, str(message["ts"])) not in write.known
            ]
            cursor = next_of(page)
            if not cursor:
                break
            where["cursor"] = cursor
        else:
            return Failure(FailureKind.TRANSIENT, "too_much_to_search")
        if not found:
            return Absent()
        name = remote(channel, min(found))
        return Receipt(name, ours.bot, SpaceId(name) if card else None)

    async def update(self, write: Write, rev: str, ours: Ours) -> Receipt | Absent | Failure:
        """Whether the message to replace shows this very content."""
        assert write.replaces is not None
        channel, ts = parse_remote(write.replaces)
        message = await self.message(channel, ts, write.mirror.space, ours)
        if isinstance(message, Failure):
            return message
        if message is None or message.get("subtype") == "tombstone":
            return Failure(FailureKind.GONE, "message_not_found")
        if revision_of(message) != rev:
            return Absent()
        space = SpaceId(write.replaces) if write.part.kind is PartKind.CARD else None
        return Receipt(write.replaces, ours.bot, space)

    async def message(
        self, channel: str, ts: str, space: SpaceId | None, ours: Ours, *, backfill: bool = False
    ) -> Mapping[str, Any] | Failure | None:
        """One message, or nothing where it is gone. Replies are not in a channel's history.

        With `backfill`, what may only be hidden is a failure.
        """
        where: dict[str, Any] = {
            "channel": channel,
            "oldest": ts,
            "latest": ts,
            "inclusive": True,
            "include_all_metadata": True,
        }
        root = parse_remote(space)[1] if space else None
        if root and root != ts:
            where["ts"] = root
        method = "conversations.replies" if "ts" in where else "conversations.history"
        page = await self.read(method, where, ours, limit=10, backfill=backfill)
        if isinstance(page, Failure):
            return None if page.code in ("thread_not_found", "message_not_found") else page
        found = next((m for m in messages_of(page) if m.get("ts") == ts), None)
        if found is None and backfill and page.get("is_limited"):
            return _HIDDEN
        return found

    async def reactions(self, channel: str, ts: str, ours: Ours) -> Mapping[str, Any] | Failure:
        """A message with all its reactions; reads of messages leave people out."""
        where = {"channel": channel, "timestamp": ts, "full": True}
        answer = await self._take("reactions.get", _REACTIONS, where, ours, backfill=True)
        if isinstance(answer, Failure):
            return answer
        message = answer.get("message")
        return message if isinstance(message, dict) else _UNREADABLE

    async def read(
        self,
        method: str,
        where: Mapping[str, Any],
        ours: Ours,
        *,
        limit: int | None = None,
        backfill: bool = False,
    ) -> Mapping[str, Any] | Failure:
        """One page of a channel or thread."""
        settings = self._settings
        most = min(limit or settings.history_limit, settings.history_limit)
        asked = {**where, "limit": most}
        page = await self._take(method, settings.history_per_minute, asked, ours, backfill=backfill)
        if isinstance(page, Failure):
            return page
        return page if isinstance(page.get("messages"), list) else _UNREADABLE

    async def members(self, channel: str, ours: Ours) -> frozenset[str] | None:
        """Everybody who is in a channel now; None where Slack does not say, or not to the end."""
        found: set[str] = set()
        cursor = ""
        while True:
            where = {
                "channel": channel,
                "limit": _MEMBERS,
                **({"cursor": cursor} if cursor else {}),
            }
            page = await self._take(
                "conversations.members", _MEMBERS_A_MINUTE, where, ours, backfill=False
            )
            people = None if isinstance(page, Failure) else page.get("members")
            if isinstance(page, Failure) or not isinstance(people, list):
                return None
            found.update(str(one) for one in people)
            cursor = next_of(page)
            if not cursor:
                return frozenset(found)

    async def _take(
        self, method: str, per_minute: int, where: Mapping[str, Any], ours: Ours, *, backfill: bool
    ) -> Mapping[str, Any] | Failure:
        """A read, when its budget allows it."""
        key = ("slack", ours.team, method)
        cost = Cost.scaled(key, per_minute, 60.0, self._settings.limits_factor)
        await self._budgets.take((cost,), backfill=backfill)
        answer = await self._api.read(method, **where)
        if isinstance(answer, Failure) and answer.kind is FailureKind.RATE:
            self._budgets.block(key, answer.retry_after or 1.0)
        return answer


def messages_of(page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [m for m in page["messages"] if isinstance(m, dict) and isinstance(m.get("ts"), str)]


def next_of(page: Mapping[str, Any]) -> str:
    metadata = page.get("response_metadata")
    cursor = metadata.get("next_cursor") if isinstance(metadata, dict) else ""
    return cursor if isinstance(cursor, str) else ""


def _by_us(message: Mapping[str, Any], ours: Ours) -> bool:
    """Anybody may forge metadata; only we post as our app."""
    bot, app = message.get("bot_id"), message.get("app_id")
    return bot == ours.bot or bool(ours.app and app == ours.app) or message.get("user") == ours.user
