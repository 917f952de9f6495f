"""Interactions answered by hand: windows, tokens, shapes, deferred and ephemeral answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sandbox.discord import interactions

APP, CHAT, ROSA = "900000000000000001", "930000000000000002", "920000000000000001"
CARD = [{"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}]


class Asked:
    """An interaction that waits for its answer, and the control call that waits with it."""

    def __init__(self, house: Any, data: Any, waiting: asyncio.Task[Any]) -> None:
        self.house = house
        self.data = data
        self.waiting = waiting
        self.later = f"/webhooks/{APP}/{data['token']}"

    async def answer(self, kind: int, data: Any = None, query: str = "") -> Any:
        path = f"/interactions/{self.data['id']}/{self.data['token']}/callback{query}"
        body = {"type": kind, "data": data}
        return await self.house.rest("POST", path, body, auth=False)


@asynccontextmanager
async def asking(house: Any, path: str = "command", **body: Any) -> AsyncIterator[Asked]:
    pin = {"name": "pin", "description": "d", "options": [
        {"type": 3, "name": "a", "description": "d", "autocomplete": True}]}  # fmt: skip
    await house.rest("PUT", f"/applications/{APP}/commands", [pin])
    async with house.wire() as link:
        await link.identify()
        await link.until("GUILD_CREATE")
        call = {"user": "Rosa", "channel": CHAT, "name": "pin", **body}
        waiting = asyncio.create_task(house.control("POST", f"discord/{path}", call))
        made = (await link.until("INTERACTION_CREATE"))["d"]
        yield Asked(house, made, waiting)


async def test_the_payload_names_person_place_and_options(house: Any) -> None:
    async with asking(house, options={"a": "oak"}) as asked:
        made = asked.data
        assert (made["type"], made["channel_id"]) == (2, CHAT)
        assert made["member"]["user"]["id"] == ROSA
        assert made["data"]["options"] == [{"type": 3, "name": "a", "value": "oak"}]
        assert (await asked.answer(4, {"content": "hi"}))[0] == 204
        assert (await asked.waiting)["answers"][0]["content"] == "hi"


async def test_with_response_tells_the_message(house: Any) -> None:
    async with asking(house) as asked:
        status, told, _ = await asked.answer(4, {"content": "hi"}, "?with_response=1")
        shown = await house.shown(CHAT)
        assert status == 200
        assert told["interaction"]["response_message_id"] == shown[0]["id"]
        message = told["resource"]["message"]
        assert (message["type"], message["webhook_id"]) == (20, APP)
        assert message["interaction_metadata"]["user"]["id"] == ROSA


async def test_a_second_answer_is_refused(house: Any) -> None:
    async with asking(house) as asked:
        await asked.answer(4, {"content": "hi"})
        status, told, _ = await asked.answer(4, {"content": "again"})
        assert (status, told["code"]) == (400, 40060)


async def test_an_answer_after_the_window_is_refused(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interactions, "FIRST_ANSWER", 0.05)
    async with asking(house) as asked:
        assert (await asked.waiting)["ok"] is False
        status, told, _ = await asked.answer(4, {"content": "late"})
        assert (status, told["code"]) == (404, 10062)


async def test_the_token_ends_after_its_life(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with asking(house) as asked:
        await asked.answer(4, {"content": "hi"})
        monkeypatch.setattr(interactions, "TOKEN_LIFE", 0.0)
        status, told, _ = await house.rest("POST", asked.later, {"content": "x"}, auth=False)
        assert (status, told["code"]) == (401, 50027)


async def test_a_bad_answer_is_refused_and_the_window_stays_open(house: Any) -> None:
    async with asking(house) as asked:
        status, told, _ = await asked.answer(4, {"content": "x" * 2001})
        assert (status, told["code"]) == (400, 50035)
        assert "content" in told["errors"]["data"]
        assert (await asked.answer(7, {"content": "x"}))[1]["code"] == 50035
        assert (await asked.answer(4, {}))[1]["code"] == 50006
        assert (await asked.answer(4, {"content": "ok"}))[0] == 204


async def test_a_deferred_answer_is_filled_by_the_first_follow_up(house: Any) -> None:
    async with asking(house) as asked:
        await asked.answer(5)
        assert (await house.shown(CHAT))[0]["loading"]
        _, first, _ = await house.rest("POST", asked.later, {"content": "one"}, auth=False)
        _, second, _ = await house.rest("POST", asked.later, {"content": "two"}, auth=False)
        shown = await house.shown(CHAT)
        assert [one["content"] for one in shown] == ["one", "two"]
        assert [one["id"] for one in shown] == [first["id"], second["id"]]
        assert (await asked.waiting)["answers"][0]["content"] == "one"
        original = f"{asked.later}/messages/@original"
        assert (await house.rest("GET", original, auth=False))[1]["id"] == first["id"]
        await house.rest("PATCH", original, {"content": "one, edited"}, auth=False)
        await house.rest("DELETE", f"{asked.later}/messages/{second['id']}", auth=False)
        assert [one["content"] for one in await house.shown(CHAT)] == ["one, edited"]


async def test_an_ephemeral_answer_is_edited_and_deleted_by_its_token(house: Any) -> None:
    async with asking(house) as asked:
        await asked.answer(4, {"content": "for you", "flags": 64, "components": CARD})
        original = f"{asked.later}/messages/@original"
        await house.rest("PATCH", original, {"content": "still for you"}, auth=False)
        seen = await house.control("GET", "discord/seen?user=Rosa")
        assert [one["content"] for one in seen["messages"]] == ["still for you"]
        assert await house.shown(CHAT) == []
        press = {"user": "Kai", "channel": CHAT, "message": seen["messages"][0]["id"]}
        unseen = await house.refused("POST", "discord/press", {**press, "custom_id": "go"})
        assert unseen == "There is no such message."
        assert (await house.rest("DELETE", original, auth=False))[0] == 204
        assert (await house.rest("GET", original, auth=False))[1]["code"] == 10008


async def test_autocomplete_takes_twenty_five_choices(house: Any) -> None:
    choices = [{"name": f"n{n}", "value": str(n)} for n in range(26)]
    async with asking(house, "autocomplete", focused="a", options={"a": "o"}) as asked:
        assert asked.data["type"] == 4
        assert asked.data["data"]["options"][0]["focused"] is True
        assert (await asked.answer(8, {"choices": choices}))[1]["code"] == 50035
        assert (await asked.answer(4, {"content": "x"}))[1]["code"] == 50035
        await asked.answer(8, {"choices": choices[:25]})
        assert (await asked.waiting)["choices"] == choices[:25]


async def test_a_modal_needs_one_to_five_fields_and_a_short_title(house: Any) -> None:
    words = {"type": 4, "custom_id": "w", "style": 1, "label": "Words"}
    row = {"type": 1, "components": [words]}
    label = {"type": 18, "label": "Words", "component": {"type": 4, "custom_id": "x", "style": 2}}
    async with asking(house) as asked:
        for title, components in (("t" * 46, [row]), ("t", []), ("t", [row, row])):
            body = {"custom_id": "m", "title": title, "components": components}
            assert (await asked.answer(9, body))[1]["code"] == 50035
        body = {"custom_id": "m", "title": "t", "components": [row, label]}
        assert (await asked.answer(9, body))[0] == 204
        told = await asked.waiting
        assert told["modal"]["title"] == "t"
        assert told["answers"] == []
