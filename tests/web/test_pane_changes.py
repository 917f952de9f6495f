"""The pane in a real Chromium: edits, deletes, reactions, replies and files."""

from typing import Any

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from core.files import FileId, FileRef
from core.ids import AccountId, MessageId
from core.intents import AddFile, EditMessage, Intent
from tests.files.pictures import png

pytestmark = pytest.mark.browser

OAK = "https://www.pinterest.com/pin/99360735500167749/"
THUMB = "\U0001f44d"


class Talk:
    """Mia's page with one thread, and Northwind at the other end."""

    def __init__(self, page: Page, brand: Any, at: str, message: str) -> None:
        self.page, self.brand, self.at, self.message = page, brand, at, message

    @property
    def last(self) -> Locator:
        return self.page.locator(".said").last

    @property
    def box(self) -> Locator:
        return self.page.get_by_label("Message", exact=True)

    async def act(self, name: str) -> None:
        await self.last.hover()
        await self.last.get_by_role("button", name=name, exact=True).click()

    async def lines(self) -> list[Any]:
        _, page, _ = await self.brand("GET", f"{self.at}/messages")
        return [line for line in page["lines"] if line["kind"] == "message"]


@pytest.fixture
async def talk(context: BrowserContext, world: Any) -> Talk:
    mia = await world.client("mia")
    body = {"to": ["northwind"], "pin": OAK, "text": "does this come in oak?"}
    _, started, _ = await mia("POST", "/api/threads", body)
    thread = started["thread"]["id"]
    page = await context.new_page()
    await page.goto(f"{world.url}/?embed=1#/t/{thread}")
    await page.wait_for_selector(".said")
    brand = await world.client("northwind")
    return Talk(page, brand, f"/api/threads/{thread}", started["message"])


async def test_a_message_is_edited_from_its_menu(talk: Talk) -> None:
    await talk.act("Edit")
    await expect(talk.box).to_have_value("does this come in oak?")
    await talk.box.fill("does this come in ash?")
    await talk.page.keyboard.press("Enter")
    await expect(talk.last.locator(".words")).to_have_text("does this come in ash?")
    await expect(talk.last.locator(".edited")).to_be_visible()
    await expect(talk.page.locator(".said")).to_have_count(1)
    await expect(talk.box).to_have_value("")
    assert [line["text"] for line in await talk.lines()] == ["does this come in ash?"]


async def test_the_newest_message_is_edited_with_the_keyboard_and_escape_gives_up(
    talk: Talk,
) -> None:
    await talk.box.focus()
    await talk.page.keyboard.press("ArrowUp")
    await expect(talk.box).to_have_value("does this come in oak?")
    await talk.page.keyboard.type(" or ash?")
    await talk.page.keyboard.press("Escape")
    await expect(talk.box).to_have_value("")
    assert [line["edited"] for line in await talk.lines()] == [False]


async def test_a_deleted_message_leaves_a_place(talk: Talk) -> None:
    await talk.act("Delete")
    await talk.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(talk.last).to_contain_text("Message deleted")
    await expect(talk.last.get_by_role("toolbar")).to_have_count(0)
    assert [line["deleted"] for line in await talk.lines()] == [True]


async def test_what_others_change_shows_by_itself_and_adds_nothing(talk: Talk) -> None:
    _, posted, _ = await talk.brand("POST", f"{talk.at}/messages", {"text": "Yes"})
    await expect(talk.last).to_contain_text("Yes")
    to = f"{talk.at}/messages/{posted['line']['message']}"
    await expect(talk.last.get_by_role("button", name="Edit")).to_have_count(0)
    await talk.brand("PATCH", to, {"text": "Yes, in oak"})
    await expect(talk.last).to_contain_text("Yes, in oak")
    await talk.brand("DELETE", to)
    await expect(talk.last).to_contain_text("Message deleted")
    await expect(talk.page.locator(".said")).to_have_count(2)


async def test_a_reaction_is_chosen_counted_and_taken_back_by_keyboard(talk: Talk) -> None:
    await talk.last.get_by_role("button", name="React", exact=True).focus()
    await talk.page.keyboard.press("Enter")
    await talk.page.keyboard.press("Enter")
    mine = talk.last.locator(".reaction")
    await expect(mine).to_have_attribute("aria-pressed", "true")
    await expect(mine).to_have_attribute("title", "Mia")
    await talk.brand("PUT", f"{talk.at}/messages/{talk.message}/reactions/{THUMB}")
    await expect(mine.locator(".count")).to_have_text("2")
    await mine.focus()
    await talk.page.keyboard.press("Enter")
    await expect(mine).to_have_attribute("aria-pressed", "false")
    await expect(mine).to_have_attribute("title", "Northwind Home")


async def test_a_reply_says_what_it_answers(talk: Talk) -> None:
    await talk.act("Reply")
    await expect(talk.page.locator(".about-line")).to_contain_text("Replying to Mia")
    await talk.page.keyboard.type("and in ash?")
    await talk.page.keyboard.press("Enter")
    await expect(talk.last.locator(".answers")).to_contain_text("Mia: does this come in oak?")
    await expect(talk.last.locator("time")).to_have_count(1)
    assert (await talk.lines())[-1]["answers"] == "Mia: does this come in oak?"


async def test_files_go_up_with_a_description_and_are_shown(talk: Talk) -> None:
    files = [
        {"name": "room.png", "mimeType": "image/png", "buffer": png(40, 30)},
        {"name": "sizes.txt", "mimeType": "text/plain", "buffer": b"120 140 160"},
    ]
    await talk.page.set_input_files("input[type=file]", files)  # type: ignore[arg-type]
    await talk.page.get_by_label("What room.png shows").fill("My corner")
    await expect(talk.page.locator(".upload progress:visible")).to_have_count(0)
    await talk.box.fill("here")
    await talk.page.keyboard.press("Enter")
    picture = talk.last.locator(".picture img")
    await expect(picture).to_have_attribute("alt", "My corner")
    await expect(talk.last.locator(".file")).to_contain_text("sizes.txt")
    await expect(talk.page.locator(".said")).to_have_count(2)
    await expect(talk.last.locator("time")).to_have_count(1)
    await expect(talk.page.locator(".upload")).to_have_count(0)
    assert await picture.evaluate("async (e) => (await e.decode(), e.naturalWidth)") == 40
    assert [file["name"] for file in (await talk.lines())[-1]["files"]] == ["room.png", "sizes.txt"]


async def test_a_dropped_and_a_pasted_file_are_added(talk: Talk) -> None:
    send = """([type, target]) => {
      const data = new DataTransfer();
      data.items.add(new File(["words"], `${type}.txt`, { type: "text/plain" }));
      const init = { bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data };
      const event = type === "paste" ? new ClipboardEvent(type, init) : new DragEvent(type, init);
      document.querySelector(target).dispatchEvent(event);
    }"""
    await talk.page.evaluate(send, ["drop", ".talk"])
    await talk.page.evaluate(send, ["paste", ".composer textarea"])
    await expect(talk.page.locator(".upload bdi")).to_have_text(["drop.txt", "paste.txt"])
    await talk.page.get_by_role("button", name="Do not send drop.txt").click()
    await talk.box.press("Enter")
    await expect(talk.last.locator(".file")).to_contain_text("paste.txt")


async def test_a_file_that_cannot_be_taken_says_so_and_holds_the_message(talk: Talk) -> None:
    empty = {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""}
    await talk.page.set_input_files("input[type=file]", [empty])  # type: ignore[list-item]
    await expect(talk.page.locator(".upload.failed")).to_contain_text("This file is empty")
    await expect(talk.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()


async def test_a_file_that_could_not_be_fetched_is_said(world: Any, talk: Talk) -> None:
    what = AddFile(MessageId(talk.message), "huge.mov", None, "It is too large.")
    await world.desk.submit(Intent("f", AccountId("id-of-mia"), what))
    await expect(talk.page.locator(".notice")).to_contain_text("huge.mov")


async def test_a_message_emptied_of_its_words_and_files_keeps_its_place(
    world: Any, talk: Talk
) -> None:
    mia, message = AccountId("id-of-mia"), MessageId(talk.message)
    plans = FileRef(FileId("a" * 64), "plans.bin", "application/octet-stream", 5)
    added = AddFile(message, plans.name, plans, remote="F1")
    await world.desk.submit(Intent("added", mia, added))
    await expect(talk.last.locator(".file")).to_contain_text("plans.bin")
    # As Slack tells of them: first the words go, then the file.
    await world.desk.submit(Intent("e1", mia, EditMessage(message, "", files=("F1",))))
    await expect(talk.last.locator(".words")).to_have_count(0)
    await expect(talk.last.locator(".file")).to_contain_text("plans.bin")
    await world.desk.submit(Intent("e2", mia, EditMessage(message, "", files=())))
    await expect(talk.last.locator(".tombstone")).to_have_text("A file that is not here")
    await expect(talk.last.locator(".file")).to_have_count(0)
    [line] = await talk.lines()
    assert (line["text"], line["files"], line["deleted"]) == ("", [], False)
    # What is said on it afterwards shows as ever.
    await world.desk.submit(Intent("e3", mia, EditMessage(message, "in ash?")))
    await expect(talk.last.locator(".words")).to_have_text("in ash?")
    await expect(talk.last.locator(".tombstone")).to_have_count(0)


async def test_hostile_html_cannot_come_in_by_formatted_words(
    context: BrowserContext, talk: Talk
) -> None:
    hostile = (
        "<p onclick=alert(1)>a<script>document.title='owned'</script>"
        "<img src=x onerror=alert(1)><a href='javascript:alert(1)'>b</a>"
        "<iframe srcdoc='x'></iframe><style>*{display:none}</style><svg onload=alert(1)>c</svg></p>"
    )
    found = await talk.page.evaluate(
        """async (html) => {
          const { formatted } = await import("/static/words.js");
          const room = document.createElement("div");
          room.append(...formatted(html));
          document.body.append(room);
          return room.innerHTML;
        }""",
        hostile,
    )
    for word in ("onclick", "<script", "<img", "javascript:", "<iframe", "<style", "<svg"):
        assert word not in found
    assert await talk.page.title() == "Pinthread"
