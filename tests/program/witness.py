"""Refusals as people are told them, in each place: the exact sentence, to them alone, nothing done.

`sees` says of a test which refusals it sees and how; the test fails unless it sees just these.
`tests/repository/test_refusals.py` holds all of them beside the table in docs/rules.md.
"""

import json
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from adapters.discord.commands import as_registered
from core.model import Refusal
from tests.program.hands import (
    ADA,
    BO,
    CHAT,
    CLEO,
    GUILD,
    KAI,
    LIMIT,
    MIA,
    NOOR,
    ROSA,
    STAFF,
    Discord,
    Slack,
    Web,
    direct,
    guest,
    mia,
    northwind,
)
from tests.program.world import FORUM, INBOX, Whole, whole
from web.problems import refused

P = ParamSpec("P")
Expected = Refusal | Sequence[Refusal]
"""What is said; one of several where a number in it is not known."""

_GESTURES = ("typed", "edit", "reaction", "command", "form", "button", "menu")
WAYS = frozenset({"api", *(f"{at} {one}" for at in ("slack", "discord") for one in _GESTURES)})
"""The ways to be refused: `menu` is a shortcut on a message in Slack, a context menu in Discord."""

DECLARED: dict[str, frozenset[tuple[str, str]]] = {}
"""By the name of a test: the codes that it sees refused, each with the way."""
_SIGHTS: ContextVar[set[tuple[str, str]]] = ContextVar("sights")

_SLACK, _SLACK_ROOMS = (ADA, BO, CLEO), (INBOX, "C0GENERAL")
_DISCORD, _DISCORD_ROOMS = (ROSA, KAI, MIA, NOOR, guest(1), guest(2)), (CHAT, STAFF, FORUM)
_KEPT = {
    "history": "SELECT count(*) FROM events WHERE kind <> 'CardFilled'",
    "members": "SELECT * FROM members ORDER BY 1, 2",
    "follows": "SELECT who, whom FROM follows ORDER BY 1, 2",
    "blocks": "SELECT who, whom FROM blocks ORDER BY 1, 2",
    "bindings": "SELECT * FROM bindings WHERE kind <> 'direct' ORDER BY id",
    "roles": "SELECT brand, account, role FROM agents WHERE role <> '' ORDER BY 1, 2",
    "reports": "SELECT count(*) FROM reports",
    "settings": "SELECT * FROM prefs ORDER BY 1",
    "timers": "SELECT id FROM timers WHERE kind NOT IN ('digest', 'quiet') ORDER BY 1",
}
"""What a refused act must leave as it was. A pin's card is filled in whenever it is known."""


def sees(
    **codes: str,
) -> Callable[[Callable[P, Awaitable[None]]], Callable[P, Awaitable[None]]]:
    """`group_full="slack typed, discord command, api"`: what the test sees, and nothing else."""
    wanted = frozenset(
        (code, way.strip()) for code, ways in codes.items() for way in ways.split(",")
    )
    assert {way for _, way in wanted} <= WAYS, wanted

    def decorate(test: Callable[P, Awaitable[None]]) -> Callable[P, Awaitable[None]]:
        assert test.__name__ not in DECLARED, test.__name__
        DECLARED[test.__name__] = wanted

        @wraps(test)
        async def seen(*given: P.args, **named: P.kwargs) -> None:
            sights: set[tuple[str, str]] = set()
            _SIGHTS.set(sights)
            await test(*given, **named)
            assert sights == wanted, sights ^ wanted

        return seen

    return decorate


def _sight(
    way: str,
) -> Callable[
    [Callable[Concatenate["Witness", str, P], Awaitable[str]]],
    Callable[Concatenate["Witness", str, Expected, P], Awaitable[None]],
]:
    """An act of somebody that gives the sentence they are told, which is compared here."""

    def decorate(
        act: Callable[Concatenate["Witness", str, P], Awaitable[str]],
    ) -> Callable[Concatenate["Witness", str, Expected, P], Awaitable[None]]:
        @wraps(act)
        async def seen(
            self: "Witness", who: str, expected: Expected, /, *given: P.args, **named: P.kwargs
        ) -> None:
            wanted = (expected,) if isinstance(expected, Refusal) else expected
            async with self.nothing_done():
                self.wanted = {one.sentence: one for one in wanted}
                told = await act(self, who, *given, **named)
            assert told in self.wanted, (told, wanted[0])
            _SIGHTS.get().add((self.wanted[told].code, way))
            self.told.setdefault(told, set()).add(who)

        return seen

    return decorate


@dataclass(slots=True)
class Witness:
    """Each act takes who does it and the refusal that they expect."""

    people: Whole
    slack: Slack
    discord: Discord
    web: Web
    wanted: dict[str, Refusal] = field(default_factory=dict)
    told: dict[str, set[str]] = field(default_factory=dict)
    """Each sentence, and who was told it."""
    unsaid: list[tuple[str, str, str]] = field(default_factory=list)
    """Refused words, whose they are, and where they were typed."""
    readers: set[str] = field(default_factory=set)
    """Who is looked at at the API at the end."""
    _read: set[str] = field(default_factory=set)

    # --- in Slack -------------------------------------------------------------------------

    @_sight("slack typed")
    async def slack_typed(
        self, who: str, /, text: str, root: str | None = None, channel: str = INBOX
    ) -> str:
        body = {"channel": channel, "text": text, **({"thread_ts": root} if root else {})}
        await self.slack.act("say", who, **body)
        self.unsaid.append((text, who, channel))
        return await self._whispered(who, channel, root)

    @_sight("slack edit")
    async def slack_edits(self, who: str, /, channel: str, ts: str, text: str, root: str) -> str:
        await self.slack.act("edit", who, channel=channel, ts=ts, text=text)
        return await self._whispered(who, channel, root)

    @_sight("slack reaction")
    async def slack_reacts(self, who: str, /, channel: str, ts: str, name: str) -> str:
        body = {"user": who, "channel": channel, "ts": ts, "name": name}
        await self.people.control("POST", "/slack/react", body)
        return await self._whispered(who, channel, None)

    async def _whispered(self, who: str, channel: str, root: str | None) -> str:
        """The ephemeral message that came beside it, in the same thread."""

        async def seen() -> list[Any]:
            shown = await self.people.control("GET", f"/slack/seen?user={who}")
            return [
                one
                for one in shown["answers"]
                if one["id"] not in self._read and plain(one["text"]) in self.wanted
            ]

        (found,) = await self.people.until(seen, bool, LIMIT)
        self._read.add(found["id"])
        assert (found["channel"], found.get("thread_ts")) == (channel, root), found
        return plain(found["text"])

    @_sight("slack command")
    async def slack_command(self, who: str, /, text: str, channel: str = "") -> str:
        body = {"channel": channel or direct(who), "command": "/pin", "text": text, "wait": 10}
        told = await self.slack.act("command", who, **body)
        if "link this login" in str(told["answers"]):
            told = await self.slack.press(who, told["answers"][-1], "Continue")
        return self._answered(told)

    @_sight("slack button")
    async def slack_press(self, who: str, /, shown: Mapping[str, Any], label: str) -> str:
        """What takes the place of the question, or stands beside it."""
        await self.slack.press(who, shown, label)

        async def answers() -> list[Any]:
            found = await self.people.control("GET", f"/slack/seen?user={who}")
            fresh = [one for one in found["answers"] if one["id"] not in self._read]
            return [one for one in fresh if plain(one["text"]) in self.wanted]

        found = (await self.people.until(answers, bool, LIMIT))[-1]
        self._read.add(found["id"])
        return plain(found["text"])

    @_sight("slack menu")
    async def slack_shortcut(self, who: str, /, callback: str, channel: str, ts: str) -> str:
        on = {"callback_id": callback, "channel": channel, "ts": ts, "wait": 10}
        return self._answered(await self.slack.act("shortcut", who, **on))

    def _answered(self, told: Any) -> str:
        """What was shown for it, and to nobody else."""
        answer = told["answers"][-1]
        self._read.add(answer["id"])
        return plain(answer["text"])

    @_sight("slack form")
    async def slack_fill(self, who: str, /, view: Mapping[str, Any], **values: Any) -> str:
        """At a field, or in the sheet that stands there instead."""
        told = await self.slack.fill(who, view, **values)
        shown = [*(told.get("errors") or {}).values()]
        for block in (told.get("views") or ({"blocks": []},))[-1]["blocks"]:
            shown += [one for one in _texts(block) if one in self.wanted]
        assert len(shown) == 1, told
        return str(shown[0])

    # --- in Discord -----------------------------------------------------------------------

    @_sight("discord typed")
    async def discord_typed(
        self, who: str, /, text: str, channel: str = "", reply_to: str | None = None
    ) -> str:
        """Words in a direct message are answered there, others by a direct message."""
        more = {"reply_to": reply_to} if reply_to else {}
        said = await self.discord.say(who, channel or direct(who), text, **more)
        self.unsaid.append((text, who, channel or direct(who)))
        return await self._answered_directly(who, channel, said, "message")

    @_sight("discord edit")
    async def discord_edits(self, who: str, /, channel: str, message: str, text: str) -> str:
        body = {"user": who, "message": message, "text": text}
        await self.people.control("POST", "/discord/edit", body)
        return await self._answered_directly(who, channel, message, "edit")

    @_sight("discord reaction")
    async def discord_reacts(self, who: str, /, channel: str, message: str, emoji: str) -> str:
        body = {"user": who, "message": message, "emoji": emoji}
        await self.people.control("POST", "/discord/react", body)
        return await self._answered_directly(who, channel, message, "reaction")

    async def _answered_directly(self, who: str, channel: str, said: str, what: str) -> str:
        link = f"https://discord.com/channels/{GUILD}/{channel}/{said}"
        before = f"Your {what} was not sent on: {link}\n" if channel else ""

        async def answers() -> list[Any]:
            shown = await self.people.discord_messages(direct(who))
            return [
                one
                for one in shown
                if one["id"] not in self._read
                and (one["content"].startswith(before) if before else one["reply_to"] == said)
                and one["content"].removeprefix(before) in wanted
            ]

        wanted = {as_registered(one): one for one in self.wanted}
        (found,) = await self.people.until(answers, bool, LIMIT)
        self._read.add(found["id"])
        return wanted[found["content"].removeprefix(before)]

    @_sight("discord command")
    async def discord_command(
        self, who: str, /, subcommand: str, channel: str = CHAT, **options: str
    ) -> str:
        told = await self.discord.run(who, channel, subcommand, **options)
        return self._ephemeral(told)

    @_sight("discord menu")
    async def discord_menu(self, who: str, /, name: str, channel: str, target: str) -> str:
        body = {"user": who, "channel": channel, "name": name, "target": target}
        return self._ephemeral(await self.people.control("POST", "/discord/command", body))

    @_sight("discord button")
    async def discord_press(self, who: str, /, shown: Mapping[str, Any], label: str) -> str:
        return self._ephemeral(await self.discord.press(who, shown, label))

    @_sight("discord form")
    async def discord_fill(self, who: str, /, modal: Mapping[str, Any], **values: Any) -> str:
        return self._ephemeral(await self.discord.fill(who, modal, **values))

    def _ephemeral(self, told: Any) -> str:
        answer = told["answers"][0]
        assert answer["ephemeral"], answer
        # Where words were refused in a form, they are given back below the sentence.
        said = answer["content"]
        return next(
            (one for one in self.wanted if said.startswith(as_registered(one))), str(answer)
        )

    # --- at the API -----------------------------------------------------------------------

    @_sight("api")
    async def api(self, who: str, /, method: str, path: str, body: Any = None) -> str:
        """The problem, with the code, and the status that docs/rules.md gives it."""
        self.readers.add(who)
        status, answer = await self.web.ask(who, method, path, body)
        assert answer["detail"] in self.wanted, (status, answer)
        problem = refused(self.wanted[answer["detail"]])
        assert (status, answer["code"]) == (problem.status, problem.code)
        assert answer["type"] == f"urn:pinthread:problem:{problem.code}"
        return str(answer["detail"])

    # --- what there is --------------------------------------------------------------------

    @asynccontextmanager
    async def nothing_done(self) -> AsyncIterator[None]:
        """The history, who is in what, follows, blocks, places, roles, settings: all as before."""
        before = self._kept()
        yield
        after = self._kept()
        assert after == before, {name: after[name] for name in after if after[name] != before[name]}

    def _kept(self) -> dict[str, list[Any]]:
        path = self.people.folder / "history.sqlite"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return {name: db.execute(query).fetchall() for name, query in _KEPT.items()}

    async def only_they_saw_it(self) -> None:
        """What was told is seen by those who were told, and refused words stand nowhere else."""
        assert self.told
        shown = await self._everything()
        for (owner, where), text in shown.items():
            for sentence, told in self.told.items():
                assert owner in told or sentence not in text, (where, sentence)
            for words, who, typed in (one for one in self.unsaid if " " in one[0].strip()):
                assert owner == who or where == typed or words not in text, (where, words)

    async def _everything(self) -> dict[tuple[str, str], str]:
        """By whose it is (nobody's: of all who read there) and what it is called."""
        control = self.people.control
        found: dict[tuple[str, str], Any] = {}
        for room in _SLACK_ROOMS:
            found["", room] = await self.people.slack_messages(room)
        for user in _SLACK:
            found[user, direct(user)] = await self.people.slack_messages(direct(user))
            found[user, f"seen by {user}"] = await control("GET", f"/slack/seen?user={user}")
        for room in _DISCORD_ROOMS:
            there = await control("GET", f"/discord/channels/{room}")
            found["", room] = there["messages"]
            for thread in there["threads"]:
                found["", thread["id"]] = await self.people.discord_messages(thread["id"])
        for user in _DISCORD:
            found[user, direct(user)] = await self.people.discord_messages(direct(user))
            found[user, f"seen by {user}"] = await control("GET", f"/discord/seen?user={user}")
        for who in self.readers:
            for one in (await self.web.call(who, "GET", "/api/threads"))["threads"]:
                lines = await self.web.call(who, "GET", f"/api/threads/{one['id']}/messages")
                found[who, f"{one['id']} at the API"] = lines
        return {key: json.dumps(value, ensure_ascii=False) for key, value in found.items()}


@asynccontextmanager
async def watched(folder: Path, acting: Sequence[str], **changes: Any) -> AsyncIterator[Witness]:
    """The program under its real rules; `acting` are those who may be acted as at the page.

    At the end it is looked who else saw any of it.
    """
    free = {"limits_factor": 0}
    config: dict[str, Any] = {"brands": [northwind(hold_seconds=0)], "people": mia(), **changes}
    config["rules"] = {"contacts": "follow", "per_minute": 0, **changes.get("rules", {})}
    config["web"] = {"demo": {"people": [*acting], "origin": "http://127.0.0.1:9"}}
    async with whole(folder, **{**config, "slack": free, "discord": free}) as people:
        for platform in ("slack", "discord"):
            await people.control("PUT", f"/limits/{platform}", {"factor": 0})
        witness = Witness(people, Slack(people), Discord(people), Web(people))
        yield witness
        await witness.only_they_saw_it()


def plain(text: str) -> str:
    """As people read it: Slack escapes three characters, and marks addresses."""
    text = re.sub(r"<(https?://[^|>]+)>", r"\1", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _texts(block: Any) -> list[str]:
    """Every text in a block."""
    if isinstance(block, Mapping):
        return [one for value in block.values() for one in _texts(value)]
    if isinstance(block, list):
        return [one for value in block for one in _texts(value)]
    return [block] if isinstance(block, str) else []
