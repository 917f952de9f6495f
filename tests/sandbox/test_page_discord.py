"""The Discord pane in a real Chromium: right clicks, modals, and private channels."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import expect

from tests.sandbox.test_page import Shown, shown

__all__ = ["shown"]
pytestmark = pytest.mark.browser

APP, CHAT = "900000000000000001", "930000000000000002"
MENUS = [
    {"type": 3, "name": "Add as note"},
    {"type": 2, "name": "Pin conversations"},
    {"type": 1, "name": "pin", "description": "Pins", "options": [
        {"type": 1, "name": "status", "description": "d", "options": [
            {"type": 3, "name": "id", "description": "d"},
            {"type": 3, "name": "status", "description": "d",
             "choices": [{"name": "snooze", "value": "snooze"}]},
            {"type": 3, "name": "for", "description": "d"}]},
        {"type": 2, "name": "people", "description": "d", "options": [
            {"type": 1, "name": "follow", "description": "d", "options": [
                {"type": 3, "name": "who", "description": "d", "required": True}]}]}]},
]  # fmt: skip
FORM = {
    "custom_id": "f:note:1",
    "title": "Add a note",
    "components": [
        {"type": 10, "content": "Only colleagues see it"},
        {"type": 18, "label": "Words", "component": {"type": 4, "custom_id": "words", "style": 2}},
        {"type": 18, "label": "Where", "component": {
            "type": 8, "custom_id": "where", "required": False}},
        {"type": 18, "label": "Mode", "component": {
            "type": 21, "custom_id": "mode",
            "options": [{"label": "Relay", "value": "relay"}, {"label": "No", "value": "no"}]}},
        {"type": 18, "label": "Quiet", "component": {"type": 23, "custom_id": "quiet"}},
    ],
}  # fmt: skip


class Bot:
    """An application that answers every interaction with what it was told to."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self.heard: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = {"type": 4, "data": {"content": "Noted.", "flags": 64}}

    async def listen(self, ready: asyncio.Event) -> None:
        async with self._shown.control.ws_connect("/discord/gateway") as link:
            identify = {"token": "sandbox-discord-token", "intents": 0, "properties": {}}
            await link.send_json({"op": 2, "d": identify})
            async for frame in link:
                told = frame.json()
                if told["t"] == "READY":
                    ready.set()
                elif told["t"] == "INTERACTION_CREATE":
                    made = told["d"]
                    self.heard.append(made)
                    path = f"/interactions/{made['id']}/{made['token']}/callback"
                    answer, self.answer = self.answer, {
                        "type": 4, "data": {"content": "Noted.", "flags": 64}}  # fmt: skip
                    url = f"/discord/api/v10{path}"
                    agent = {"User-Agent": "DiscordBot (https://example.com, 1)"}
                    async with self._shown.control.post(url, json=answer, headers=agent) as done:
                        assert done.status == 204, await done.text()


@pytest.fixture
async def bot(shown: Shown) -> AsyncIterator[Bot]:
    async with shown.control.put(
        f"/discord/api/v10/applications/{APP}/commands",
        json=MENUS,
        headers={"Authorization": "Bot sandbox-discord-token"},
    ) as done:
        assert done.status == 200, await done.text()
    found, ready = Bot(shown), asyncio.Event()
    listening = asyncio.create_task(found.listen(ready))
    async with asyncio.timeout(30):
        await ready.wait()
    yield found
    listening.cancel()


async def test_a_message_is_right_clicked_and_the_modal_filled_in(shown: Shown, bot: Bot) -> None:
    discord = shown.pane("discord")
    await discord.locator(".place-button", has_text="chat").click()
    await shown.write("discord", "does it come in oak?")
    message = discord.locator(".message", has_text="does it come in oak?")
    bot.answer = {"type": 9, "data": FORM}
    await message.locator(".text").click(button="right")
    menu = shown.page.get_by_role("menu", name="Apps")
    await expect(menu.get_by_role("menuitem")).to_have_text(["Add as note"])
    await menu.get_by_text("Add as note").click()
    sheet = discord.get_by_role("dialog")
    await expect(sheet).to_contain_text("Only colleagues see it")
    await sheet.get_by_label("Words").fill("ask first")
    await sheet.get_by_label("Where").select_option(label="#chat")
    await sheet.get_by_label("Relay").check()
    await sheet.get_by_label("Quiet").check()
    await sheet.get_by_role("button", name="Submit").click()
    await expect(discord.locator(".message.only")).to_contain_text("Noted.")
    opened, handed = bot.heard
    assert opened["data"]["name"] == "Add as note"
    assert opened["data"]["target_id"] in opened["data"]["resolved"]["messages"]
    fields = [part["component"] for part in handed["data"]["components"][1:]]
    assert [one.get("value", one.get("values")) for one in fields] == [
        "ask first",
        [CHAT],
        "relay",
        True,
    ]
    assert shown.complaints == []


async def test_a_person_is_right_clicked_and_a_button_opens_the_same_menu(
    shown: Shown, bot: Bot
) -> None:
    discord = shown.pane("discord")
    await discord.locator(".place-button", has_text="chat").click()
    await shown.write("discord", "hello")
    message = discord.locator(".message", has_text="hello")
    await message.locator(".name").click(button="right")
    await shown.page.get_by_role("menuitem", name="Pin conversations").click()
    await expect(discord.locator(".message.only")).to_contain_text("Noted.")
    await message.hover()
    await message.get_by_role("button", name="Apps").click()
    await shown.page.keyboard.press("Enter")
    await expect(discord.locator(".message.only")).to_have_count(2)
    assert [one["data"]["name"] for one in bot.heard] == ["Pin conversations", "Add as note"]


async def test_typed_commands_find_their_options_and_need_their_group(
    shown: Shown, bot: Bot
) -> None:
    discord = shown.pane("discord")
    await discord.locator(".place-button", has_text="chat").click()
    await shown.write("discord", "/pin status 3fa9c1 snooze 2h later")
    await expect(discord.locator(".message.only")).to_have_count(1)
    await shown.write("discord", "/pin status snooze tomorrow 9am")
    await expect(discord.locator(".message.only")).to_have_count(2)
    await shown.write("discord", "/pin people follow @northwind, @jo")
    await expect(discord.locator(".message.only")).to_have_count(3)
    await shown.write("discord", "/pin follow @northwind")
    await expect(discord.get_by_text("Say what /pin is to do")).to_be_visible()
    given = []
    for made in bot.heard:
        inner = made["data"]["options"][0]
        inner = inner["options"][0] if inner["type"] == 2 else inner
        given.append((inner["name"], {one["name"]: one["value"] for one in inner["options"]}))
    assert given == [
        ("status", {"id": "3fa9c1", "status": "snooze", "for": "2h later"}),
        ("status", {"status": "snooze", "for": "tomorrow 9am"}),
        ("follow", {"who": "@northwind, @jo"}),
    ]


async def test_a_private_channel_is_listed_for_those_who_see_it(shown: Shown) -> None:
    discord = shown.pane("discord")
    staff = discord.locator(".place-button", has_text="northwind-staff")
    await discord.locator(".as select").select_option("920000000000000004")
    await staff.click()
    await shown.write("discord", "only us")
    await expect(discord.locator(".message")).to_contain_text("only us")
    await discord.locator(".as select").select_option("920000000000000002")
    await expect(staff).to_have_count(0)
    await expect(discord.locator(".place-title")).to_contain_text("plans")
