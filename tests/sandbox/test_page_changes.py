"""The page in a real Chromium: what people do to messages in the two chat panes."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.files.pictures import png

pytestmark = pytest.mark.browser

INBOX, CHAT, ROSA = "C0INBOX", "930000000000000002", "920000000000000001"
SAY = {
    "slack": {"user": "U0ADA", "channel": INBOX},
    "discord": {"user": ROSA, "channel": CHAT},
}


class Shown:
    """The page, with Discord's chat open, and the control API beside it."""

    def __init__(self, page: Page, control: aiohttp.ClientSession) -> None:
        self.page = page
        self.control = control
        self.complaints: list[str] = []
        page.on("console", lambda told: told.type == "error" and self.complaints.append(told.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def pane(self, name: str) -> Locator:
        return self.page.locator(f"#pane-{name}")

    def last(self, name: str) -> Locator:
        return self.pane(name).locator(".message").last

    async def act(self, pane: str, name: str) -> None:
        await self.last(pane).hover()
        await self.last(pane).get_by_role("button", name=name, exact=True).click()

    async def say(self, pane: str, text: str, **more: Any) -> dict[str, Any]:
        return await self.post(pane, "say", {**SAY[pane], "text": text, **more})

    async def post(self, pane: str, what: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self.control.post(f"/_control/{pane}/{what}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            told: dict[str, Any] = await answer.json()
            return told

    async def messages(self, pane: str) -> list[dict[str, Any]]:
        async with self.control.get(f"/_control/{pane}/channels/{SAY[pane]['channel']}") as answer:
            told: list[dict[str, Any]] = (await answer.json())["messages"]
            return told


@pytest.fixture
async def shown(browser: Browser, sandbox_url: str) -> AsyncIterator[Shown]:
    page = await browser.new_page(viewport={"width": 1440, "height": 900})
    async with aiohttp.ClientSession(sandbox_url) as control:
        found = Shown(page, control)
        await page.goto(sandbox_url)
        await page.wait_for_selector("body.ready")
        await found.pane("discord").get_by_role("button", name="chat").click()
        yield found
        assert found.complaints == []
    await page.close()


@pytest.mark.parametrize("pane", ["slack", "discord"])
async def test_one_edits_and_deletes_what_one_has_written(shown: Shown, pane: str) -> None:
    await shown.say(pane, "in *oak* & ash")
    await expect(shown.last(pane)).to_contain_text("oak & ash")
    await shown.act(pane, "Edit")
    box = shown.pane(pane).locator(".composer textarea")
    await expect(box).to_have_value("in *oak* & ash")
    await box.fill("in elm")
    await box.press("Enter")
    await expect(shown.last(pane).locator(".body")).to_contain_text("in elm")
    await expect(shown.last(pane).locator(".edited")).to_be_visible()
    await expect(box).to_have_value("")
    await shown.act(pane, "Delete")
    await expect(shown.pane(pane).locator(".message")).to_have_count(0)
    assert await shown.messages(pane) == []


@pytest.mark.parametrize("pane", ["slack", "discord"])
async def test_escape_leaves_a_message_as_it_is(shown: Shown, pane: str) -> None:
    await shown.say(pane, "in oak")
    await shown.act(pane, "Edit")
    box = shown.pane(pane).locator(".composer textarea")
    await box.fill("never")
    await box.press("Escape")
    await expect(box).to_have_value("")
    await expect(shown.last(pane)).to_contain_text("in oak")
    await expect(shown.last(pane).locator(".edited")).to_have_count(0)


@pytest.mark.parametrize(("pane", "named"), [("slack", "tada"), ("discord", "\U0001f389")])
async def test_a_reaction_is_chosen_shows_who_and_is_taken_back(
    shown: Shown, pane: str, named: str
) -> None:
    await shown.say(pane, "in oak")
    await shown.act(pane, "React")
    await shown.page.get_by_role("menuitem", name="tada").click()
    reaction = shown.last(pane).locator(".reactions button")
    await expect(reaction).to_have_attribute("aria-pressed", "true")
    await expect(reaction).to_contain_text("\U0001f389")
    await expect(reaction).to_have_attribute("title", "Ada Lind" if pane == "slack" else "Rosa")
    assert [one["name"] for one in (await shown.messages(pane))[0]["reactions"]] == [named]
    await reaction.click()
    await expect(reaction).to_have_count(0)


@pytest.mark.parametrize("pane", ["slack", "discord"])
async def test_files_are_added_by_button_and_paste_and_shown(shown: Shown, pane: str) -> None:
    files = [{"name": "room.png", "mimeType": "image/png", "buffer": png(40, 30)}]
    room = shown.pane(pane)
    await room.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    await room.get_by_label("What room.png shows").fill("My corner")
    await room.locator(".composer textarea").evaluate(
        """(box) => {
          const data = new DataTransfer();
          data.items.add(new File(["words"], "notes.txt", { type: "text/plain" }));
          const init = { bubbles: true, cancelable: true, clipboardData: data };
          box.dispatchEvent(new ClipboardEvent("paste", init));
        }"""
    )
    await room.locator(".composer textarea").press("Enter")
    picture = shown.last(pane).locator("img.wide")
    await expect(picture).to_have_attribute("alt", "My corner")
    assert await picture.evaluate("async (e) => (await e.decode(), e.naturalWidth)") == 40
    await expect(shown.last(pane).locator(".file")).to_contain_text("notes.txt")
    await expect(room.locator(".attached li")).to_have_count(0)
    [message] = await shown.messages(pane)
    assert [one.get("title", one.get("filename")) for one in message["files"]] == [
        "room.png",
        "notes.txt",
    ]


@pytest.mark.parametrize("pane", ["slack", "discord"])
async def test_a_file_is_taken_off_ones_own_message(shown: Shown, pane: str) -> None:
    files = [{"name": f"{n}.txt", "content": f"file {n}"} for n in ("oak", "ash")]
    what = "file" if pane == "slack" else "say"
    await shown.post(pane, what, {**SAY[pane], "text": "two files", "files": files})
    last = shown.last(pane)
    await expect(last).to_contain_text("oak.txt")
    await last.locator(".own").first.hover()
    await last.get_by_role("button", name="Take oak.txt off").click()
    await expect(last).not_to_contain_text("oak.txt")
    await expect(last).to_contain_text("ash.txt")
    await expect(last).to_contain_text("two files")
    left = [
        one for one in (await shown.messages(pane))[-1]["files"] if one.get("mode") != "tombstone"
    ]
    assert [one.get("name") or one["filename"] for one in left] == ["ash.txt"]


async def test_discords_marks_are_drawn_as_discord_draws_them(shown: Shown) -> None:
    text = (
        "# Sizes\n**a** *b* __c__ ~~d~~ ||e|| `f`\n- one\n  - two\n- three\n3. four\n> five\n"
        "```py\nsix = 6\n```\n[seven](https://seven.test) <t:1790000000:R>\n>>> eight\nnine"
    )
    await shown.say("discord", text)
    body = shown.last("discord").locator(".text")
    for tag, words in (
        ("h4", "Sizes"),
        ("b", "a"),
        ("i", "b"),
        ("u", "c"),
        ("s", "d"),
        ("code", "f"),
        ("ul ul li", "two"),
        ("ol[start='3'] > li", "four"),
        ("pre", "six = 6"),
    ):
        await expect(body.locator(tag)).to_have_text(words)
    await expect(body.locator("blockquote")).to_have_text(["five", "eight\nnine"])
    await expect(body.locator("a")).to_have_attribute("href", "https://seven.test/")
    await expect(body.locator("time")).to_be_visible()
    spoiler = body.get_by_role("button", name="Show the spoiler")
    await expect(spoiler.locator("span")).to_be_hidden()
    await spoiler.click()
    await expect(spoiler.locator("span")).to_be_visible()


def section(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(elements)}


def words(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


async def test_slacks_rich_text_is_drawn_with_lists_in_lists(shown: Shown) -> None:
    def listed(indent: int, *items: str, style: str = "bullet") -> dict[str, Any]:
        found = [section(words(one)) for one in items]
        return {"type": "rich_text_list", "style": style, "indent": indent, "elements": found}

    elements = [
        section(words("a", bold=True), words("b", italic=True), words("c", strike=True)),
        listed(0, "one"),
        listed(1, "two", style="ordered"),
        listed(0, "three"),
        {"type": "rich_text_quote", "elements": [words("five")]},
        {"type": "rich_text_preformatted", "elements": [words("six")]},
    ]
    await shown.say("slack", "a b c", blocks=[{"type": "rich_text", "elements": elements}])
    body = shown.last("slack").locator(".body")
    for tag, said in (
        ("b", "a"),
        ("i", "b"),
        ("s", "c"),
        ("ul ol li", "two"),
        ("blockquote", "five"),
        ("pre", "six"),
    ):
        await expect(body.locator(tag)).to_have_text(said)


async def test_a_picture_that_is_markup_is_not_run(shown: Shown) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>document.title="owned"</script></svg>'
    file = {"name": "x.svg", "base64": base64.b64encode(svg).decode(), "type": "image/svg+xml"}
    await shown.say("discord", "look", files=[file])
    await expect(shown.last("discord").locator(".file")).to_contain_text("x.svg")
    assert await shown.page.title() != "owned"
