"""The page in a real Chromium while a place is broken, and all kinds of words in its panes."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.files.films import webm
from tests.files.pictures import png
from tests.program.test_page import ASKED, MIA, Panes, said
from tests.program.test_run_demo import running

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("demo_ports")]

ADA, INBOX = "U0ADA", "C0INBOX"


class Shown:
    """The page, and hands beside it."""

    def __init__(self, panes: Panes, sandbox: str) -> None:
        self.panes, self.page, self.sandbox = panes, panes.page, sandbox

    async def act(self, path: str, method: str = "POST", **body: Any) -> Any:
        url = f"{self.sandbox}/_control/{path}"
        told = await self.page.request.fetch(url, method=method, data=body)
        assert told.ok, await told.text()
        return await told.json()

    async def begin(self) -> tuple[str, str]:
        """Mia asks; the thread is opened in all panes. Its root in Slack, its post in Discord."""
        panes = self.panes
        await panes.ask()
        await said(panes.slack, "Oak writing desk").locator(".replies").click()
        await panes.discord.locator(".post", has_text="Oak writing desk").click()
        await expect(said(panes.discord, ASKED)).to_be_visible()
        await panes.discord.locator(".as select").select_option(MIA)
        slack = await self.act(f"slack/channels/{INBOX}", "GET")
        forum = await self.act("discord/channels/930000000000000001", "GET")
        roots = [m for m in slack["messages"] if m["thread_ts"] in (None, m["ts"])]
        root = next(m["ts"] for m in roots if m["bot"])
        return root, str(forum["threads"][0]["id"])


@pytest.fixture
async def shown(browser: Browser, tmp_path: Path) -> AsyncIterator[Shown]:
    errors: list[str] = []
    async with running(tmp_path) as program:
        page: Page = await browser.new_page(viewport={"width": 1600, "height": 1000})
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(program.sandbox)
        await page.wait_for_selector("body.ready")
        yield Shown(Panes(page), program.sandbox)
        await page.close()
    assert errors == []


async def test_the_strip_says_where_words_do_not_stand_and_what_to_do_about_it(
    shown: Shown,
) -> None:
    slack, discord, web = shown.panes.slack, shown.panes.discord, shown.panes.web
    await shown.begin()
    await shown.act("slack/archive", user=ADA, channel=INBOX)
    await shown.panes.write(discord, "while it is archived")
    banner = web.get_by_text("Not shown in")
    strip = said(discord, "while it is archived").locator(".strip .place.failed")
    await expect(strip).to_contain_text("Unarchive")
    await expect(web.locator(".said", has_text="while it is archived")).to_be_visible()
    await expect(said(slack, "while it is archived")).to_have_count(0)
    await expect(banner).to_have_count(0)  # the inbox is not hers
    await shown.act("slack/archive", user=ADA, channel=INBOX, archived=False)
    await expect(said(slack, "while it is archived")).to_be_visible()
    mended = said(discord, "while it is archived").locator('.strip [data-platform="slack"]')
    await expect(mended).to_have_class("place delivered")
    # The other way: the forum may not be written to for a while.
    forum = {"channel": "930000000000000001"}
    await shown.act("discord/permissions", "PUT", **forum, deny=str(1 << 29))
    await shown.panes.write(slack, "while it is forbidden")
    strip = said(slack, "while it is forbidden").locator(".strip .place.failed")
    await expect(strip).to_contain_text("Manage Webhooks")
    line = web.locator(".said", has_text="while it is forbidden")
    await expect(line).to_contain_text("Manage Webhooks")
    # The forum is Mia's own, so her open page says it above the thread, without being loaded.
    await expect(banner).to_be_visible()
    await expect(banner.locator("xpath=..")).to_contain_text("Manage Webhooks")
    await shown.act("discord/permissions", "PUT", **forum, deny="0")
    await expect(said(discord, "while it is forbidden")).to_be_visible()
    await expect(line).not_to_contain_text("Manage Webhooks")
    await expect(banner).to_have_count(0)


async def test_the_three_panes_show_what_else_people_do(shown: Shown) -> None:
    slack, discord, web = shown.panes.slack, shown.panes.discord, shown.panes.web
    root, post = await shown.begin()
    here: dict[str, Any] = {"user": ADA, "channel": INBOX, "thread_ts": root}
    there: dict[str, Any] = {"user": MIA, "channel": post}
    await shown.act("slack/say", **here, text="nods", me=True)
    await expect(web.locator(".said em", has_text="nods")).to_be_visible()
    await expect(said(discord, "nods").locator("i, em")).to_be_visible()
    fence = "```py\nx = 1\n```\n> quoted\n1. one\n2. two\n||hidden|| and __under__"
    await shown.act("discord/say", **there, text=fence)
    for place in (web.locator(".said"), slack.locator(".message")):
        line = place.filter(has_text="quoted").last
        await expect(line.locator("pre")).to_contain_text("x = 1")
        await expect(line.locator("blockquote")).to_contain_text("quoted")
        await expect(line.locator("ol li")).to_have_count(2)
    # Both ways, what each platform's own client draws so.
    typed = (
        "***both*** and `` a`b `` and [an [oak] desk](https://oak.example/a_(b))\n"
        "> told\n> - in a list\n> ```\n> in code\n> ```\nlast line"
    )
    await shown.act("discord/say", **there, text=typed)
    for place in (web.locator(".said"), slack.locator(".message"), discord.locator(".message")):
        line = place.filter(has_text="last line").last
        await expect(line.locator("code").first).to_have_text("a`b")
        await expect(line.locator("a", has_text="an [oak] desk")).to_be_visible()
        await expect(line.locator("blockquote li")).to_have_text("in a list")
        await expect(line.locator("blockquote pre")).to_contain_text("in code")
        await expect(line).not_to_contain_text("*")
    poll = {"question": "Oak or ash?", "answers": ["Oak", "Ash"]}
    await shown.act("discord/say", **there, text="", poll=poll)
    await shown.act("discord/say", **there, text="", sticker="Wave")
    for place in (web.locator(".said"), slack.locator(".message")):
        await expect(place.filter(has_text="Oak or ash?").last.locator("a")).to_be_visible()
        await expect(place.filter(has_text="Sticker: Wave").last.locator("a")).to_be_visible()
    drawn = discord.locator(".message")
    await expect(drawn.filter(has_text="Oak or ash?").locator(".body li")).to_have_text(
        ["Oak", "Ash"]
    )
    await expect(drawn.filter(has_text="Sticker: Wave")).to_be_visible()
    await web.get_by_placeholder("Write a message").fill("three files")
    files = [
        {"name": "corner.png", "mimeType": "image/png", "buffer": png(60, 40)},
        {"name": "sizes.txt", "mimeType": "text/plain", "buffer": b"120 140 160"},
        {"name": "drawers.webm", "mimeType": "video/webm", "buffer": webm()},
    ]
    await web.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    await expect(web.locator(".upload progress:visible")).to_have_count(0)
    await web.get_by_placeholder("Write a message").press("Enter")
    for pane in (slack, discord):
        picture = pane.locator("img[alt='corner.png']")
        await expect(picture).to_be_visible()
        assert await picture.evaluate("async (e) => (await e.decode(), e.naturalWidth)") == 60
        await expect(pane.locator(".message", has_text="sizes.txt").last).to_be_visible()
    for place in (slack, discord, web.locator("main")):
        film = place.locator("video[aria-label='drawers.webm']")
        await expect(film).to_be_visible()
        played = "e => (e.muted = true, e.play().then(() => e.videoWidth))"
        assert await film.evaluate(played) == 16
