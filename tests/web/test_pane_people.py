"""Requests, blocks, search, settings, notes and a brand's page, in a real Chromium."""

from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from core.ids import AccountId, BindingId, ThreadId
from core.intents import Intent, OpenPlace
from core.model import Binding, BindingKind, Place
from core.ports.outcomes import Accepted
from tests.office.desk_world import LAMP
from tests.web.test_pane import opened, say, started
from tests.web.test_relations import done, store, world

__all__ = ("store", "world")

pytestmark = pytest.mark.browser


async def as_brand(browser: Browser, world: Any) -> BrowserContext:
    found = await browser.new_context(viewport={"width": 1200, "height": 760})
    session = await world.session("northwind")
    await found.add_cookies([{"name": "pinthread", "value": session, "url": world.url}])
    return found


async def asked(world: Any) -> str:
    """Mia follows the brand and asks it."""
    mia = await world.client("mia")
    await done(mia, "PUT", "/api/people/northwind/follow")
    return await started(world)


async def test_a_request_is_accepted_or_ignored_by_a_button(
    context: BrowserContext, world: Any
) -> None:
    await started(world, "rosa", to=["mia"], text="may I ask you something?")
    await started(world, "kai", to=["mia"], text="and I?")
    page = await opened(context, world)
    await page.get_by_role("button", name="Requests").click()
    await expect(page.locator(".row")).to_have_count(2)
    await page.locator(".row", has_text="Rosa").first.click()
    await expect(page.get_by_role("group", name="Request")).to_contain_text("Rosa writes to you")
    await page.get_by_role("button", name="Accept").click()
    await expect(page.get_by_role("group", name="Request")).to_have_count(0)
    await page.get_by_role("button", name="Back to the conversations").click()
    await page.get_by_role("button", name="Requests").click()
    await page.locator(".row", has_text="Kai").click()
    await page.get_by_role("button", name="Ignore").click()
    await page.get_by_role("button", name="All").click()
    await expect(page.locator(".row")).to_have_count(1)


async def test_messages_are_found_by_their_words(context: BrowserContext, world: Any) -> None:
    thread = await started(world, to=["rosa"], text="walnut shelf")
    await done(await world.client("rosa"), "POST", f"/api/threads/{thread}/accept")
    await say(world, "rosa", thread, "oak would be lighter")
    page = await opened(context, world)
    field = page.get_by_role("searchbox")
    await field.fill("oak from:@rosa")
    await expect(page.locator(".hits .row")).to_have_count(1)
    await expect(page.locator(".hits .row")).to_contain_text("Rosa: oak would be lighter")
    await field.fill("ebony")
    await expect(page.get_by_text("Nothing was found.")).to_be_visible()
    await field.fill("oak before:soon")
    await expect(page.get_by_text("2026-01-31")).to_be_visible()
    await field.fill("")
    await expect(page.locator(".threads .row")).to_have_count(1)


async def test_somebody_is_blocked_from_the_menu_and_unblocked_in_the_settings(
    context: BrowserContext, world: Any
) -> None:
    thread = await started(world, "rosa", to=["mia"])
    page = await opened(context, world, f"/?embed=1#/t/{thread}")
    await page.get_by_label("More").click()
    await page.get_by_role("menuitem", name="Mute").click()
    await page.get_by_label("More").click()
    await expect(page.get_by_role("menuitem", name="Unmute")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("menuitem", name="Unmute")).to_be_hidden()
    await page.get_by_label("More").click()
    await page.get_by_role("menuitem", name="Block Rosa").click()
    page = await opened(context, world, "/#/settings")
    row = page.locator(".people li", has_text="@rosa")
    await row.get_by_role("button", name="Unblock").click()
    await expect(row).to_have_count(0)


async def test_settings_are_kept(context: BrowserContext, world: Any) -> None:
    page = await opened(context, world, "/#/settings")
    await page.get_by_label("Pings in Slack and Discord").select_option("mentions")
    await page.get_by_label("from").fill("22:00")
    await page.get_by_label("to", exact=True).fill("07:00")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("Pings in Slack and Discord")).to_have_value("mentions")
    await expect(page.get_by_label("from")).to_have_value("22:00")
    await page.get_by_role("button", name="Export").click()
    await expect(page.get_by_role("link", name="Download pinthread-mia.zip")).to_be_visible()
    await page.get_by_role("button", name="Leave for good").click()
    await page.get_by_label("Your handle").fill("rosa")
    await page.get_by_role("button", name="Erase everything of mine").click()
    await expect(page.get_by_role("dialog")).to_contain_text("your own handle")


async def test_a_brand_writes_a_note_and_resolves(
    browser: Browser, context: BrowserContext, world: Any
) -> None:
    thread = await asked(world)
    desk = await as_brand(browser, world)
    page = await opened(desk, world, f"/#/t/{thread}")
    await page.get_by_role("button", name="Accept").click()
    await page.get_by_label("Note", exact=True).check()
    words = page.get_by_role("textbox", name="Message")
    await words.fill("she asks every year")
    await words.press("Enter")
    await expect(page.locator(".note-line")).to_contain_text("she asks every year")
    await expect(page.locator(".note-line")).to_contain_text("Note for colleagues")
    await page.get_by_role("button", name="Resolve").click()
    await expect(page.get_by_role("group", name="Inbox")).to_contain_text("resolved")
    outside = await opened(context, world, f"/?embed=1#/t/{thread}")
    await expect(outside.locator(".said")).to_have_count(1)
    await expect(outside.get_by_role("group", name="Inbox")).to_have_count(0)
    await desk.close()


async def test_a_brands_page_has_a_code_and_a_button(context: BrowserContext, world: Any) -> None:
    page = await context.new_page()
    await page.goto(f"{world.url}/b/northwind")
    await expect(page.get_by_role("heading", name="Northwind")).to_be_visible()
    await expect(page.locator("figure svg")).to_be_visible()
    await page.get_by_role("button", name="Follow Northwind").click()
    await expect(page.get_by_role("button", name="Unfollow")).to_be_visible()
    await expect(page.get_by_role("link", name="Ask about a pin")).to_be_visible()


async def test_a_channel_that_others_read_is_named_and_ended_at_the_page(
    context: BrowserContext, world: Any
) -> None:
    thread = await started(world, to=["rosa"])
    older = await opened(context, world, f"/#/t/{thread}")  # not a frame, which would follow
    await expect(older.get_by_role("heading").first).to_be_visible()
    accepted = await (await world.client("rosa"))("POST", f"/api/threads/{thread}/accept")
    assert accepted[0] == 200, accepted
    thread = await started(world, to=["rosa"], pin=LAMP.url)
    place = Place("discord", "1", "90000")
    rosa = await world.desk.account(AccountId("id-of-rosa"))
    binding = Binding(BindingId("kitchen"), rosa.id, place, BindingKind.PROJECT, "#kitchen")
    await world.desk.connect_place(binding)
    page = await opened(context, world, f"/?embed=1#/t/{thread}")
    shown = page.get_by_role("group", name="Others read this")
    await expect(page.get_by_role("heading").first).to_be_visible()
    await expect(shown).to_have_count(0)
    done_ = await world.desk.submit(
        Intent("open", rosa.id, OpenPlace(ThreadId(thread), binding.id))
    )
    assert isinstance(done_, Accepted), done_
    await expect(shown).to_contain_text("Others read this in #kitchen in Discord.")
    # The line stands in one thread of the conversation; each of them says it.
    other = older.get_by_role("group", name="Others read this")
    await expect(other).to_contain_text("Others read this in #kitchen in Discord.")
    await expect(older.locator(".notice", has_text="#kitchen")).to_have_count(0)
    await shown.get_by_role("button", name="End it in #kitchen in Discord").click()
    await expect(shown).to_have_count(0)
    await expect(other).to_have_count(0)
    assert await world.desk.shown(rosa.id) == ()
    await expect(page.get_by_text("#kitchen no longer shows this conversation")).to_be_visible()
