"""The hands and eyes of people in Slack, in Discord and at the API, over real sockets.

Each act is one that a person could do, and answers what that person then sees. Who acts for
the first time is told by whom they will be seen; here they read it and go on.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.program.world import INBOX, Whole

GUILD, CHAT, STAFF = "910000000000000001", "930000000000000002", "930000000000000004"
ROSA, KAI, MIA, NOOR = (f"92000000000000000{n}" for n in range(1, 5))
ADA, BO, CLEO = "U0ADA", "U0BO", "U0CLEO"
ROLE = "Northwind staff"
LIMIT = 15.0
"""Seconds that anything may take until it is seen."""
HOLD = 2
"""Seconds for which a reply typed in the brand's inbox waits."""


def guest(n: int) -> str:
    return f"9200000000000000{10 + n}"


def direct(user: str) -> str:
    """The channel of somebody's direct messages."""
    return f"D{user[1:]}" if user.startswith("U") else f"dm:{user}"


def northwind(**changes: Any) -> dict[str, Any]:
    """A brand that sits in a channel of Slack and in one of Discord."""
    return {
        "handle": "northwind",
        "name": "Northwind Home",
        "staff_role": "agent",
        "agent_role": ROLE,
        "hold_seconds": HOLD,
        "canned": [{"name": "thanks", "text": "Thank you, {follower}!"}],
        "channels": [
            {
                "platform": "slack",
                "workspace": "T0NORTHWIND",
                "channel": INBOX,
                "label": "#pin-inbox",
                "mode": "relay",
            },
            {
                "platform": "discord",
                "workspace": GUILD,
                "channel": STAFF,
                "label": "#northwind-staff",
            },
        ],
        **changes,
    }


def mia(*more: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Mia, who is at the page, and others whom the operator knows."""
    return [{"handle": "mia", "name": "Mia"}, *more]


@dataclass(slots=True)
class Slack:
    """People of Northwind's workspace."""

    people: Whole
    _read: set[str] = field(default_factory=set)

    async def act(self, name: str, user: str, **body: Any) -> Any:
        return await self.people.control("POST", f"/slack/{name}", {"user": user, **body})

    async def pin(self, user: str, text: str, channel: str = "") -> str:
        """The answer to a command, after what a newcomer is told first."""
        body = {"channel": channel or direct(user), "command": "/pin", "text": text, "wait": 10}
        told = (await self.act("command", user, **body))["answers"][-1]
        if "link this login" in str(told):
            told = (await self.press(user, told, "Continue"))["answers"][-1]
        return str(told)

    async def say(self, user: str, text: str, root: str, channel: str = INBOX) -> str:
        told = await self.act("say", user, channel=channel, text=text, thread_ts=root)
        return str(told["ts"])

    async def press(self, user: str, shown: Mapping[str, Any], label: str) -> Any:
        """A button on a card, on an answer that only they see, or on a sheet."""
        found = [
            one
            for block in shown["blocks"]
            for one in (*block.get("elements", ()), block.get("accessory", {}))
            if one.get("type") == "button" and one["text"]["text"] == label
        ]
        assert found, f"no button {label} in {shown}"
        if "callback_id" in shown:
            at = {"view": shown["id"]}
        elif "id" in shown:
            at = {"channel": shown["channel"], "answer": shown["id"]}
        else:
            at = {"channel": shown.get("place", INBOX), "ts": shown["ts"]}
        self._read.discard(str(shown.get("id")))  # what is done takes its place
        return await self.act("press", user, action_id=found[0]["action_id"], wait=10, **at)

    async def fill(self, user: str, view: Mapping[str, Any], **values: Any) -> Any:
        fields = {
            block["block_id"]: {block["element"]["action_id"]: values[block["block_id"]]}
            for block in view["blocks"]
            if block["type"] == "input" and block["block_id"] in values
        }
        return await self.act("submit", user, view=view["id"], values=fields)

    async def told(self, user: str, words: str, where: str = "answers") -> Any:
        """What somebody alone sees with these words, and has not been asked for before."""

        async def seen() -> list[Any]:
            shown = (await self.people.control("GET", f"/slack/seen?user={user}"))[where] or ()
            return [one for one in shown if words in str(one) and one["id"] not in self._read]

        found = (await self.people.until(seen, bool, LIMIT))[-1]
        self._read.add(found["id"])
        return found

    async def shown(self, words: str, channel: str = INBOX) -> dict[str, Any]:
        """The newest message there with these words."""
        found = await self.people.until(
            lambda: self.people.slack_messages(channel),
            lambda all_: any(words in str(one) for one in all_),
            LIMIT,
        )
        return {**[one for one in found if words in str(one)][-1], "place": channel}


@dataclass(slots=True)
class Discord:
    """People of the server Friday Makers."""

    people: Whole

    async def run(self, user: str, channel: str, subcommand: str, **options: str) -> Any:
        body = {"user": user, "channel": channel, "name": "pin", "subcommand": subcommand}
        told = await self.people.control("POST", "/discord/command", {**body, "options": options})
        assert told["ok"] or "modal" in told, told
        return await self._welcomed(user, told)

    async def _welcomed(self, user: str, told: Any) -> Any:
        for answer in told["answers"]:
            assert answer["ephemeral"], answer
            if "link this login" in answer["content"]:
                done = await self.press(user, answer, "Continue")
                if "modal" in done or done["answers"]:
                    return done
                # What is done takes the place of the question.
                return {**done, "answers": [done["message"]]}
        return told

    async def ran(self, user: str, channel: str, subcommand: str, **options: str) -> dict[str, Any]:
        """The answer, which only they see."""
        told = await self.run(user, channel, subcommand, **options)
        return dict(told["answers"][0] if told["answers"] else told["message"])

    async def press(self, user: str, message: Mapping[str, Any], label: str, *values: str) -> Any:
        parts = [part for row in message["components"] for part in row["components"]]
        found = [one for one in parts if label in (one.get("label"), one.get("placeholder"))]
        assert found, f"no button {label} in {message}"
        body = {
            "user": user,
            "channel": message["channel"],
            "message": message["id"],
            "custom_id": found[0]["custom_id"],
            "values": [*values],
        }
        return await self._welcomed(user, await self.people.control("POST", "/discord/press", body))

    async def fill(self, user: str, modal: Mapping[str, Any], **values: Any) -> Any:
        named = {name.replace("_", "."): value for name, value in values.items()}
        body = {"user": user, "modal": modal["id"], "values": named}
        return await self.people.control("POST", "/discord/submit", body)

    async def say(self, user: str, channel: str, text: str, **more: Any) -> str:
        body = {"user": user, "channel": channel, "text": text, **more}
        return str((await self.people.control("POST", "/discord/say", body))["id"])

    async def shown(self, words: str, channel: str) -> dict[str, Any]:
        """The newest message there with these words."""
        found = await self.people.until(
            lambda: self.people.discord_messages(channel),
            lambda all_: any(words in _told(one) for one in all_),
            LIMIT,
        )
        return dict([one for one in found if words in _told(one)][-1])

    async def card(self, words: str = "", channel: str = STAFF) -> dict[str, Any]:
        """The newest card there whose line says that, with its thread."""

        async def cards() -> list[dict[str, Any]]:
            shown = await self.people.discord_messages(channel)
            return [one for one in shown if one["thread"] and words in _told(one)]

        return dict((await self.people.until(cards, bool, LIMIT))[-1])


@dataclass(slots=True)
class Web:
    """People at the page, whom `web.demo` lists."""

    people: Whole
    _sessions: dict[str, str] = field(default_factory=dict)

    async def ask(self, who: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """The status, and what was answered."""
        if who not in self._sessions:
            async with self.people.http.get(f"{self.people.web}/?as={who}") as page:
                found = re.search(r'pinthread-session" content="([^"]+)"', await page.text())
                assert found is not None, f"{who} cannot be acted as"
                self._sessions[who] = found[1]
        headers = {"Authorization": f"Bearer {self._sessions[who]}"}
        url = f"{self.people.web}{path}"
        async with self.people.http.request(method, url, json=body, headers=headers) as got:
            return got.status, await got.json()

    async def call(self, who: str, method: str, path: str, body: Any = None) -> Any:
        status, answer = await self.ask(who, method, path, body)
        assert status < 300, (path, answer)
        return answer

    async def said(self, who: str, thread: str) -> list[str]:
        page = await self.call(who, "GET", f"/api/threads/{thread}/messages?limit=200")
        return [str(line["text"]) for line in page["lines"] if line["kind"] == "message"]

    async def read(self, who: str, thread: str, good: Callable[[list[str]], bool]) -> list[str]:
        found: list[str] = await self.people.until(lambda: self.said(who, thread), good, LIMIT)
        return found


def _told(message: Mapping[str, Any]) -> str:
    return f"{message['content']} {message['embeds']}"
