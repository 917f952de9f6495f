"""The app in Slack's pane, in a real Chromium: its Home tab, its shortcuts, a form."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Page, expect
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack_place import APP_TOKEN, BOT_TOKEN, SECRET

pytestmark = pytest.mark.browser


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": plain(text)}


RESOLVE = {"type": "button", "action_id": "go", "value": "t1", "text": plain("Resolve")}
WORDS = {
    "type": "input", "block_id": "words", "label": plain("Words"),
    "element": {"type": "plain_text_input", "action_id": "field", "multiline": True},
}  # fmt: skip


class App:
    """A bolt app with a home page and a form, which writes down what it is told."""

    def __init__(self, url: str) -> None:
        self.client = AsyncWebClient(BOT_TOKEN, base_url=f"{url}/slack/api/")
        self.app = AsyncApp(client=self.client, signing_secret=SECRET)
        self.told: list[dict[str, Any]] = []
        self.app.event("app_home_opened")(self._home)
        self.app.event("message")(self._heard)
        self.app.action("go")(self._pressed)
        self.app.shortcut("pin_reply")(self._shortcut)
        self.app.shortcut("pin_inbox")(self._shortcut)
        self.app.view("form")(self._filled)

    async def _home(self, event: Any) -> None:
        await self.publish(event["user"], "1 thread waits")

    async def _heard(self) -> None:
        pass

    async def publish(self, user: str, words: str) -> None:
        blocks = [section(words), {"type": "actions", "elements": [RESOLVE]}]
        await self.client.views_publish(user_id=user, view={"type": "home", "blocks": blocks})

    async def _pressed(self, ack: Any, body: Any) -> None:
        await ack()
        await self.publish(body["user"]["id"], "All is answered")

    async def _shortcut(self, ack: Any, body: Any) -> None:
        await ack()
        view = {"type": "modal", "callback_id": "form", "title": plain("Reply"),
                "submit": plain("Send"), "blocks": [WORDS]}  # fmt: skip
        await self.client.views_open(trigger_id=body["trigger_id"], view=view)
        self.told.append(body)

    async def _filled(self, ack: Any, view: Any) -> None:
        words = view["state"]["values"]["words"]["field"]["value"]
        if words == "hello":
            await ack(response_action="errors", errors={"words": "That is short."})
            return
        self.told.append(view)
        await ack()


@pytest.fixture
async def app(sandbox_url: str) -> AsyncIterator[App]:
    async with aiohttp.ClientSession(sandbox_url) as control:
        await control.post("/_control/reset")
    made = App(sandbox_url)
    handler = AsyncSocketModeHandler(made.app, APP_TOKEN)
    await handler.connect_async()
    yield made
    await handler.close_async()


@pytest.fixture
async def slack(browser: Browser, sandbox_url: str, app: App) -> AsyncIterator[Page]:
    page = await browser.new_page(viewport={"width": 1440, "height": 900})
    await page.goto(sandbox_url)
    await page.wait_for_selector("body.ready")
    yield page
    await page.close()


async def test_the_home_tab_is_opened_pressed_and_drawn_again(slack: Page) -> None:
    pane = slack.locator("#pane-slack")
    await pane.get_by_role("button", name="Home", exact=True).click()
    home = pane.locator(".app-home")
    await expect(home).to_contain_text("1 thread waits")
    await expect(pane.locator(".composer")).to_be_hidden()
    await home.get_by_role("button", name="Resolve").click()
    await expect(home).to_contain_text("All is answered")
    await pane.get_by_role("button", name="pin-inbox").click()
    await expect(pane.locator(".composer")).to_be_visible()


async def test_a_shortcut_on_a_message_leads_to_a_form_with_its_errors(
    slack: Page, app: App
) -> None:
    pane = slack.locator("#pane-slack")
    box = pane.locator(".composer textarea")
    await box.fill("How high is it?")
    await box.press("Enter")
    message = pane.locator(".message", has_text="How high is it?")
    await message.hover()
    await message.get_by_label("Shortcuts").click()
    menu = slack.get_by_role("menu", name="Shortcuts")
    names = ["Reply to follower", "Add as note", "Send this pin"]
    await expect(menu.get_by_role("menuitem")).to_have_text(names)
    await menu.get_by_role("menuitem", name="Reply to follower").click()
    form = pane.get_by_role("dialog", name="Reply")
    for words in ("hello", "It is 72 cm"):
        await form.get_by_label("Words").fill(words)
        await form.get_by_role("button", name="Send").click()
        if words == "hello":
            await expect(form).to_contain_text("That is short.")
    await expect(form).to_have_count(0)
    assert app.told[0]["message"]["text"] == "How high is it?"
    assert app.told[1]["state"]["values"]["words"]["field"]["value"] == "It is 72 cm"


async def test_a_global_shortcut_needs_no_message(slack: Page, app: App) -> None:
    pane = slack.locator("#pane-slack")
    await pane.get_by_role("button", name="Pin inbox").click()
    await expect(pane.get_by_role("dialog", name="Reply")).to_be_visible()
    assert "message" not in app.told[0]
