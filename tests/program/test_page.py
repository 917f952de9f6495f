"""What a newcomer sees: `pinthread run`, the page in a real Chromium, and the main job on it.

The picture in README.md is taken here, when it is missing or PINTHREAD_PICTURE is set:
`PINTHREAD_PICTURE=1 make test ARGS=tests/program/test_page.py`.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, FrameLocator, Locator, Page, expect

from tests.files.pictures import png
from tests.program.test_run_demo import running

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("demo_ports")]

PICTURE = Path(__file__).parents[2] / "docs" / "page.png"
ASKED = "This one, under my window! Does it come 140 cm wide?"
ANSWERED = "Hi Mia! It does: 120, 140 or 160, all in the same oiled oak."
WENT_ON = "140 it is, then. It fills my reading corner exactly."
MIA = "920000000000000003"
FASTER = """
const slow = setTimeout;
window.setTimeout = (run, ms, ...more) => slow(run, ms > 1000 && ms < 9000 ? ms / 20 : ms, ...more);
"""
"""Reading takes a twentieth of its time; looking and typing take theirs."""


class Panes:
    """The page and its three panes."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.slack = page.locator("#pane-slack")
        self.discord = page.locator("#pane-discord")
        self.web: FrameLocator = page.frame_locator("#pane-web iframe")

    async def write(self, pane: Locator, text: str) -> None:
        """Types into a pane's composer and sends."""
        box = pane.locator(".composer textarea")
        await box.fill(text)
        await box.press("Enter")

    async def ask(self) -> None:
        """Mia, on the web, clicks a pin and sends it to Northwind with her words."""
        await self.web.get_by_text("Oak writing desk").first.click()
        await self.web.get_by_role("combobox", name="To").fill("@north")
        await self.web.get_by_role("option").first.click()
        words = self.web.get_by_label("Words")
        await words.fill(ASKED)
        await words.press("Control+Enter")
        await expect(self.web.locator(".said", has_text=ASKED)).to_be_visible()


def said(pane: Locator, words: str) -> Locator:
    return pane.locator(".message", has_text=words)


@pytest.fixture
async def panes(browser: Browser, tmp_path: Path) -> AsyncIterator[Panes]:
    errors: list[str] = []
    async with running(tmp_path) as program:
        page = await browser.new_page(viewport={"width": 1600, "height": 900})
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(program.sandbox)
        await page.wait_for_selector("body.ready")
        yield Panes(page)
        await page.close()
    assert errors == []


async def test_one_pin_is_talked_about_in_three_places_at_once(panes: Panes) -> None:
    slack, discord, web = panes.slack, panes.discord, panes.web
    await panes.ask()
    # In Slack: a card with its picture, the words as its reply. Ada answers there.
    card = said(slack, "Oak writing desk")
    await expect(card.locator("img[alt*='oak desk' i]")).to_be_visible()
    await card.locator(".replies").click()
    await expect(said(slack, ASKED).locator(".name")).to_have_text("Mia")
    await slack.locator(".as select").select_option("U0ADA")
    await panes.write(slack, ANSWERED)
    await expect(web.locator(".said", has_text=ANSWERED)).to_contain_text("Northwind Home")
    # In Discord: a post of the forum, where Mia goes on.
    await discord.locator(".post", has_text="Oak writing desk").click()
    await expect(said(discord, ANSWERED).locator(".name")).to_have_text("Northwind Home")
    await discord.locator(".as select").select_option(MIA)
    await panes.write(discord, WENT_ON)
    await expect(said(slack, WENT_ON).locator(".name")).to_have_text("Mia")
    await expect(web.locator(".said", has_text=WENT_ON)).to_be_visible()
    # Strips say where each message stands.
    await expect(said(discord, WENT_ON).locator(".strip")).to_contain_text("#pin-inbox")
    await expect(said(slack, ANSWERED).locator(".strip")).to_contain_text("#plans")
    if os.environ.get("PINTHREAD_PICTURE") or not PICTURE.exists():
        await discord.locator(".composer textarea").blur()
        await panes.page.mouse.move(0, 0)
        await panes.page.screenshot(path=PICTURE, animations="disabled")


async def test_a_typed_command_sends_a_pin(panes: Panes) -> None:
    pin = "https://www.pinterest.com/pin/99360735500167749/"
    await panes.write(panes.discord, f"/pin send {pin} to @northwind -- does this come in oak?")
    card = said(panes.slack, "Oak writing desk")
    await card.locator(".replies").click()
    await expect(said(panes.slack, "does this come in oak?")).to_be_visible()


async def test_what_was_said_while_a_platform_was_down_arrives_afterwards(panes: Panes) -> None:
    await panes.ask()
    card = said(panes.slack, "Oak writing desk")
    await card.locator(".replies").click()
    await panes.slack.get_by_role("switch").click()
    words = panes.web.get_by_placeholder("Write a message")
    for n in range(3):
        await words.fill(f"while you were away {n}")
        await words.press("Enter")
    await expect(panes.slack.locator("header").first).to_contain_text("3")
    await expect(said(panes.slack, "while you were away")).to_have_count(0)
    await panes.slack.get_by_role("switch").click()
    await expect(said(panes.slack, "while you were away")).to_have_count(3)
    shown = await said(panes.slack, "while you were away").locator(".body").all_inner_texts()
    assert shown == [f"while you were away {n}" for n in range(3)]


async def test_what_is_changed_in_one_pane_changes_in_the_others(panes: Panes) -> None:
    slack, discord, web = panes.slack, panes.discord, panes.web
    await panes.ask()
    await said(slack, "Oak writing desk").locator(".replies").click()
    await panes.write(slack, "It comes in *elm*.")
    await expect(web.locator(".said strong", has_text="elm")).to_be_visible()
    # Ada corrects herself in Slack, and Mia likes it on the web.
    message = said(slack, "It comes in elm.")
    await message.hover()
    await message.get_by_role("button", name="Edit").click()
    await panes.write(slack, "It comes in *oak*.")
    answer = web.locator(".said", has_text="It comes in oak.")
    await expect(answer.locator(".edited")).to_be_visible()
    await answer.hover()
    await answer.get_by_role("button", name="React", exact=True).click()
    await web.get_by_role("menuitem", name="thumbs up").click()
    reaction = said(slack, "It comes in oak.").locator(".reactions button")
    await expect(reaction).to_contain_text("1")
    # She sends a picture in Discord.
    await discord.locator(".post", has_text="Oak writing desk").click()
    await expect(said(discord, "It comes in oak.").locator("b", has_text="oak")).to_be_visible()
    await discord.locator(".as select").select_option(MIA)
    picture = {"name": "corner.png", "mimeType": "image/png", "buffer": png(40, 30)}
    await discord.locator("input[type=file]").set_input_files([picture])  # type: ignore[list-item]
    await panes.write(discord, "my corner")
    for shown in (web.locator(".picture img"), slack.locator("img[alt='corner.png']")):
        await expect(shown).to_be_visible()
        assert await shown.evaluate("async (e) => (await e.decode(), e.naturalWidth)") == 40
    # Mia takes her question back.
    asked = web.locator(".said", has_text=ASKED)
    await asked.hover()
    await asked.get_by_role("button", name="Delete").click()
    await web.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(web.locator(".said.gone")).to_contain_text("Message deleted")
    for pane in (slack, discord):
        await expect(said(pane, ASKED)).to_have_count(0)


async def test_the_story_plays_to_its_end(browser: Browser, tmp_path: Path) -> None:
    async with running(tmp_path) as program:
        page = await browser.new_page(viewport={"width": 1600, "height": 900})
        await page.add_init_script(FASTER)
        await page.goto(program.sandbox)
        await page.wait_for_selector("body.ready")
        await expect(
            page.frame_locator("#pane-web iframe").get_by_text("Oak").first
        ).to_be_visible()
        await page.get_by_role("button", name="Play the story").click()
        end = "That was one pin, in two conversations and three places."
        await expect(page.locator("#caption")).to_have_text(end, timeout=90_000)
        await page.close()
