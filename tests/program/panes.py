"""The demonstration's page with its three panes, and the hands of somebody at them.

Whoever acts does what a person at the page would: chooses who to be, opens a place, types,
presses. Everything waits for what can be seen. With PINTHREAD_SHOTS set to a folder, a
picture of every step is taken there.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, FrameLocator, Locator, Page, expect

from tests.program.test_run_demo import running

PATIENCE = 20_000
"""Milliseconds that anything may take until it is seen."""
WELCOME = "link this login"
"""What a newcomer is told before their first act goes on."""


@dataclass(slots=True)
class Chat:
    """The pane of Slack or of Discord."""

    pane: Locator

    async def be(self, name: str) -> None:
        """Acts as somebody else from now on."""
        await self.pane.locator(".as select").select_option(label=name)

    async def go(self, place: str) -> None:
        """Opens a place of the list."""
        button = self.pane.locator(".places .place-button").filter(has_text=place)
        await button.first.click()
        await expect(button.first).to_have_attribute("aria-current", "page")

    async def write(self, text: str, *, pin: str = "") -> None:
        """Types and sends; with a `pin`, picks that one below first and goes on behind it."""
        box = self.pane.locator(".composer textarea")
        if pin:
            await self.pane.get_by_role("button", name=f"Send the pin {pin}").click()
            await expect(box).not_to_have_value("")
            text = await box.input_value() + text
        await box.fill(text)
        await box.press("Enter")
        await expect(box).to_have_value("")

    def said(self, words: str) -> Locator:
        """The newest message there with these words, of those that everybody sees."""
        return self.pane.locator(".message:not(.only)", has_text=words).last

    async def see(self, words: str) -> Locator:
        found = self.said(words)
        await expect(found).to_be_visible()
        return found

    async def told(self, words: str, newcomer: bool = False) -> Locator:
        """An answer that they alone see; a newcomer reads first who will see them."""
        if newcomer:
            await self.press(self.pane.locator(".message.only", has_text=WELCOME).last, "Continue")
        found = self.pane.locator(".message.only", has_text=words).last
        await expect(found).to_be_visible()
        return found

    async def press(self, message: Locator, label: str) -> None:
        """One of the buttons that the app has put under its message."""
        await message.locator(".body").get_by_role("button", name=label, exact=True).click()

    async def tool(self, message: Locator, label: str) -> None:
        """One of the tools that show when the pointer is on a message."""
        await message.hover()
        await message.locator(".tools").get_by_role("button", name=label, exact=True).click()

    async def open_thread(self, message: Locator) -> None:
        await message.locator(".replies").click()
        await expect(self.pane.locator(".back")).to_be_visible()

    async def open_post(self, title: str) -> None:
        """A post of the forum that is shown."""
        await self.pane.locator(".post", has_text=title).click()
        await expect(self.pane.locator(".back")).to_be_visible()

    async def form(self, label: str, words: str, submit: str) -> None:
        """Fills in the form that lies over the pane."""
        sheet = self.pane.get_by_role("dialog")
        await sheet.get_by_label(label).fill(words)
        await sheet.get_by_role("button", name=submit, exact=True).click()
        await expect(sheet).to_have_count(0)


@dataclass(slots=True)
class Panes:
    """The page and its three panes."""

    page: Page
    slack: Chat
    discord: Chat
    web: FrameLocator
    shots: int = 0

    async def look(self, name: str) -> None:
        """A picture of how it looks now, where pictures are wanted."""
        folder = os.environ.get("PINTHREAD_SHOTS")
        if folder:
            self.shots += 1
            path = Path(folder) / f"day-{self.shots:02}-{name}.png"
            await self.page.screenshot(path=path, animations="disabled")


@asynccontextmanager
async def opened(browser: Browser, folder: Path) -> AsyncIterator[Panes]:
    """The demonstration in a browser; an error of the page's scripts fails the test."""
    errors: list[str] = []
    async with running(folder) as program:
        page = await browser.new_page(viewport={"width": 1600, "height": 900})
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(program.sandbox)
        await page.wait_for_selector("body.ready")
        slack, discord = page.locator("#pane-slack"), page.locator("#pane-discord")
        panes = Panes(page, Chat(slack), Chat(discord), page.frame_locator("#pane-web iframe"))
        try:
            yield panes
        finally:
            await panes.look("last")
            await page.close()
    assert errors == []
