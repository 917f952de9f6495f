"""A day of everybody, in the three panes of the demonstration and in a real Chromium.

The same day as in `test_day.py`, by what people at the page see, type and press: Kai asks a
brand from Discord and is answered from Slack and from the staff's channel; three friends plan
a kitchen from three places; somebody finds no chair left, somebody is blocked, and Kai leaves.
"""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, expect

from core.rules import GROUP_FULL
from tests.program.panes import Panes, opened

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("demo_ports")]

DESK, KITCHEN = "Oak writing desk", "Cabin kitchen"
PINS = ("Linen curtains", "Floating walnut", "Three pendant", "A reading nook", "Speckled")
"""The five that the friends talk about after the kitchen."""
ASKED = "Does it fit under a window of 140?"
ANSWERED = "Hi Kai! It is 120 cm wide, so yes."
NOTES = ("ask the shop first", "he always asks twice")
WRONG = "It is 27 cm high"
RIGHT = "It is 72 cm high."


async def test_a_day_of_everybody_in_the_panes(browser: Browser, tmp_path: Path) -> None:
    async with opened(browser, tmp_path) as panes:
        await a_follower_asks(panes)
        code = await the_brand_answers(panes)
        await a_note_and_a_wrong_word(panes)
        await a_colleague_goes_on(panes, code)
        await put_away_and_resolved(panes)
        await three_friends_plan(panes)
        await an_eleventh_knocks(panes)
        await requests_are_put_away_and_accepted(panes)
        await somebody_is_blocked(panes)
        await kai_leaves_for_good(panes)


async def a_follower_asks(panes: Panes) -> None:
    discord = panes.discord
    await discord.be("Kai")
    await discord.go("chat")
    await discord.write("/pin brands")
    await discord.press(await discord.told("Northwind Home"), "Follow")
    await discord.told("You follow Northwind Home")
    await panes.look("follows")
    await discord.write(ASKED, pin=DESK)
    await discord.told("Sent to Northwind Home as Kai")
    await panes.slack.see("writes to you for the first time")
    await panes.look("asked")


async def the_brand_answers(panes: Panes) -> str:
    """The code of the thread."""
    slack, discord = panes.slack, panes.discord
    card = await slack.see("writes to you for the first time")
    found = re.search(r"/pin open (\w+)", await card.inner_text())
    assert found
    await slack.be("Ada Lind")
    await slack.open_thread(card)
    await slack.see(ASKED)
    await slack.write(ANSWERED)
    held = await slack.told("Goes out at")
    await panes.look("held")
    await slack.tool(held, "Dismiss")
    await discord.go("Pinthread")
    await expect(await discord.see(ANSWERED)).to_contain_text("Northwind Home")
    await expect(slack.said(ANSWERED).locator(".place.delivered")).to_have_count(2)
    await discord.write("/pin people followers")
    await discord.told("Northwind Home")
    await panes.look("answered")
    await discord.tool(discord.said(ANSWERED), "Reply")
    await discord.write("Great. How high is it?")
    await slack.see("How high is it?")
    return found[1]


async def a_note_and_a_wrong_word(panes: Panes) -> None:
    """Ada types a note; Bo, who is new, leaves one by the shortcut; Ada takes words back."""
    slack = panes.slack
    await slack.write(f"note: {NOTES[0]}")
    await slack.be("Bo Reyes")
    await slack.tool(slack.said("How high is it?"), "Shortcuts")
    await panes.page.get_by_role("menuitem", name="Add as note").click()
    welcome = await slack.told("Here you act as Northwind Home")
    await panes.look("newcomer")
    await slack.press(welcome, "Continue")
    await expect(slack.pane.get_by_role("dialog")).to_be_visible()
    await panes.look("note")
    await slack.form("Your note", NOTES[1], "Save")
    await slack.see(NOTES[1])
    await slack.be("Ada Lind")
    await slack.write(WRONG)
    await slack.press(await slack.told("Goes out at"), "Undo")
    await slack.told("Taken back")
    await panes.look("undone")


async def a_colleague_goes_on(panes: Panes, code: str) -> None:
    """Noor, in the staff's channel of Discord, is handed the thread and answers from there."""
    slack, discord = panes.slack, panes.discord
    await discord.be("Noor")
    await discord.go("northwind-staff")
    await discord.write("/pin inbox")
    await discord.told(DESK)
    await slack.go("pin-inbox")
    await slack.write(f"/pin assign {code} @noor")
    await slack.told("Noor will answer")
    await slack.see("Noor answers")
    card = await discord.see("Noor answers")
    await panes.look("handed over")
    await discord.open_thread(card)
    for note in NOTES:
        await discord.see(note)
    await discord.pane.locator(".back").click()
    await discord.press(await discord.see("Noor answers"), "Reply")
    await discord.press(await discord.told("Here you act as Northwind Home"), "Continue")
    await expect(discord.pane.get_by_role("dialog")).to_be_visible()
    await panes.look("reply")
    await discord.pane.get_by_role("dialog").locator("textarea").fill(RIGHT)
    await discord.pane.get_by_role("dialog").get_by_role("button", name="Submit").click()
    await discord.open_thread(discord.said("Noor answers"))
    await discord.see(RIGHT)
    await discord.write("/pin canned thanks")
    preview = await discord.told("will see this as Northwind Home")
    await panes.look("canned")
    await discord.press(preview, "Send")
    await discord.see("We are glad that you like")
    await discord.be("Kai")
    await discord.go("Pinthread")
    for words in (RIGHT, "We are glad that you like"):
        await expect(await discord.see(words)).to_contain_text("Northwind Home")
    for words in (*NOTES, WRONG):
        await expect(discord.pane.get_by_text(words)).to_have_count(0)
    await panes.look("kai reads")


async def put_away_and_resolved(panes: Panes) -> None:
    slack, discord = panes.slack, panes.discord
    await slack.be("Bo Reyes")
    await slack.press(await slack.see("Noor answers"), "Snooze")
    await panes.look("snooze")
    await (await slack.told("come back")).locator("select").select_option(value="2h")
    await slack.see("snoozed until")
    await slack.go("Home")
    home = slack.pane.locator(".app-home")
    await expect(home).to_contain_text("nobody waits for an answer")
    await home.get_by_role("button", name="All", exact=True).click()
    sheet = slack.pane.get_by_role("dialog")
    await expect(sheet).to_contain_text(DESK)
    await panes.look("home")
    await sheet.get_by_role("button", name="Close").first.click()
    await expect(sheet).to_have_count(0)
    await discord.tool(discord.said("We are glad"), "Reply")
    await discord.write("And does it come in ash?")
    await slack.go("pin-inbox")
    card = slack.said("Noor answers")
    await expect(card).not_to_contain_text("snoozed")
    await slack.press(card, "Resolve")
    await expect(card).to_contain_text("resolved")
    await panes.look("resolved")


async def three_friends_plan(panes: Panes) -> None:
    """Mia on the page, Cleo in Slack, Rosa in Discord; each begins with two of six pins."""
    slack, discord, web = panes.slack, panes.discord, panes.web
    await slack.be("Cleo Park")
    await slack.go("Pinthread")
    await slack.write("/pin follow @mia")
    await slack.told("You follow Mia", newcomer=True)
    await begin(panes, KITCHEN, "A kitchen by June?")
    await discord.be("Rosa")
    await discord.go("plans")
    await discord.open_post(KITCHEN)
    await discord.see("A kitchen by June?")
    await discord.write("For me June is fine")
    await slack.open_thread(slack.said(KITCHEN))
    await slack.see("For me June is fine")
    await slack.write("And for me!")
    await discord.see("And for me!")
    for words in ("For me June is fine", "And for me!"):
        await expect(web.locator(".said", has_text=words)).to_be_visible()
    await panes.look("kitchen")
    for n, pin in enumerate(PINS):
        words = f"What do you say to number {n + 2}?"
        if n % 3 == 0:
            await slack.go("Pinthread")
            await send_as(panes, slack.pane, pin, "@mia @rosa", words)
        elif n % 3 == 1:
            await discord.go("chat")
            await send_as(panes, discord.pane, pin, "@mia @cleo-park", words)
        else:
            await begin(panes, pin, words)
        await expect(web.locator(".row", has_text=words)).to_have_count(1)
        await slack.go("Pinthread")
        await slack.see(pin)
    await discord.go("plans")
    await expect(discord.pane.locator(".post")).to_have_count(6)
    await panes.look("six pins")


async def begin(panes: Panes, pin: str, words: str) -> None:
    """Mia begins with a pin on the page, with Cleo and Rosa."""
    web = panes.web
    await (
        web.get_by_role("button", name="Back to the conversations")
        .or_(web.get_by_role("heading", name="Conversations"))
        .first.click()
    )
    await web.get_by_role("button", name=pin).locator("visible=true").first.click()
    for handle in ("@cleo", "@rosa"):
        await web.get_by_role("combobox", name="To").fill(handle)
        await web.get_by_role("option").first.click()
    box = web.get_by_label("Words")
    await box.fill(words)
    await panes.look("compose")
    await box.press("Control+Enter")
    await expect(web.locator(".said", has_text=words)).to_be_visible()


async def send_as(panes: Panes, pane: Locator, pin: str, to: str, words: str) -> None:
    """Picks a pin below the pane, and types who gets it and what is said."""
    box = pane.locator(".composer textarea")
    await pane.get_by_role("button", name=f"Send the pin {pin}").click()
    found = re.search(r"https://\S+", await box.input_value())
    assert found
    await box.fill(f"/pin send {found[0]} to {to} -- {words}")
    await box.press("Enter")
    await expect(pane.locator(".message.only", has_text="Sent to").last).to_be_visible()
    await panes.look("sent")


async def an_eleventh_knocks(panes: Panes) -> None:
    """Whoever speaks in the friends' post joins them, until ten are in."""
    discord = panes.discord
    await discord.open_post(KITCHEN)
    for n in range(1, 8):
        await discord.be(f"Guest {n}")
        await discord.write(f"Guest {n} is in")
        await discord.see(f"Guest {n} is in")
    await expect(panes.web.locator(".row", has_text="Guest 7 is in")).to_have_count(1)
    await discord.be("Guest 8")
    await discord.write("Is there a chair for me?")
    await discord.go("Pinthread")
    await discord.see(GROUP_FULL.sentence)
    await panes.look("full")
    await expect(panes.web.get_by_text("Is there a chair for me?")).to_have_count(0)


async def somebody_is_blocked(panes: Panes) -> None:
    """Guest 9 writes to Rosa, who blocks them: nobody tells them, and nothing more arrives."""
    discord = panes.discord
    await discord.be("Guest 9")
    await discord.go("chat")
    pane = discord.pane
    await pane.get_by_role("button", name=f"Send the pin {DESK}").click()
    found = re.search(r"https://\S+", await pane.locator(".composer textarea").input_value())
    assert found
    await discord.write(f"/pin send {found[0]} to @rosa -- Buy my lamps")
    await discord.told("Sent to Rosa", newcomer=True)
    await discord.be("Rosa")
    await discord.write("/pin requests")
    await discord.press(await discord.told("Buy my lamps"), "Block")
    await panes.look("block")
    await discord.press(await discord.told("Block Guest 9 ("), "Block")
    await discord.told("not hear from Guest 9 any more")
    await discord.be("Guest 9")
    await discord.write(f"/pin send {found[0]} to @rosa @mia -- Cheap lamps")
    await discord.told("There is no account @rosa here")
    await panes.look("blocked")


async def requests_are_put_away_and_accepted(panes: Panes) -> None:
    """Guest 6 writes to Rosa, who ignores it, and Guest 7 to Cleo, who accepts it on the card."""
    slack, discord = panes.slack, panes.discord
    await discord.be("Guest 6")
    await discord.go("chat")
    await send_as(panes, discord.pane, DESK, "@rosa", "A lamp?")
    await discord.be("Guest 7")
    await send_as(panes, discord.pane, DESK, "@cleo-park", "A chair?")
    await discord.be("Rosa")
    await discord.write("/pin requests")
    await discord.press(await discord.told("A lamp?"), "Ignore")
    await discord.told("Put away. Guest 6 is not told.")
    await panes.look("ignored")
    await slack.be("Cleo Park")
    await slack.go("Pinthread")
    accept = slack.pane.get_by_role("button", name="Accept", exact=True)
    await accept.last.click()
    await slack.told("You talk with Guest 7 now")
    await expect(accept).to_have_count(0)
    await panes.look("accepted")


async def kai_leaves_for_good(panes: Panes) -> None:
    slack, discord = panes.slack, panes.discord
    await discord.be("Kai")
    await discord.write("/pin account export")
    await expect(
        (await discord.told("as a page to read and as data")).locator(".file")
    ).to_be_visible()
    await discord.write("/pin account forget")
    await discord.press(await discord.told("Forget me"), "Forget me")
    await discord.told("You are forgotten")
    await panes.look("left")
    await slack.be("Ada Lind")
    await slack.go("pin-inbox")
    await slack.open_thread(await slack.see(DESK))
    await slack.see(RIGHT)
    for words in (ASKED, "does it come in ash?"):
        await expect(slack.pane.get_by_text(words)).to_have_count(0)
    await panes.look("forgotten")
