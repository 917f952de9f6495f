"""The pinner's pane in a real Chromium."""

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from bridge.catchup.sweeps import Progress
from bridge.reading.markup import Markdown
from core.delivery import Delivery, DeliveryState
from web.server import Server
from web.settings import Demo, Settings

pytestmark = pytest.mark.browser

GIVE = """([type, target, size]) => {
  const data = new DataTransfer();
  data.items.add(new File(["a".repeat(size)], `${type}.txt`, { type: "text/plain" }));
  const init = { bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data };
  const event = type === "paste" ? new ClipboardEvent(type, init) : new DragEvent(type, init);
  document.querySelector(target).dispatchEvent(event);
}"""

OAK = "https://www.pinterest.com/pin/99360735500167749/"
HOSTILE = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
LONG = "Donaudampfschifffahrtsgesellschaft" * 12


async def opened(context: BrowserContext, world: Any, path: str = "/?embed=1") -> Page:
    page = await context.new_page()
    await page.goto(world.url + path)
    await page.wait_for_selector(".columns")
    return page


async def started(world: Any, who: str = "mia", **more: Any) -> str:
    body = {"to": ["northwind"], "pin": OAK, "text": "does this come in oak?", **more}
    status, answer, _ = await (await world.client(who))("POST", "/api/threads", body)
    assert status == 201, answer
    return str(answer["thread"]["id"])


async def say(world: Any, who: str, thread: str, text: str) -> str:
    client = await world.client(who)
    _, answer, _ = await client("POST", f"/api/threads/{thread}/messages", {"text": text})
    return str(answer["line"]["message"])


def last(page: Page) -> Any:
    return page.locator(".said").last


async def test_a_pin_is_sent_with_the_keyboard_alone(context: BrowserContext, world: Any) -> None:
    page = await opened(context, world)
    await page.get_by_role("link", name="New conversation").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("A pin's address")).to_be_focused()
    await page.keyboard.type(OAK)
    await expect(page.locator(".pin-head h3")).to_have_text("Oak desk")
    await expect(page.get_by_role("combobox", name="To")).to_be_focused()
    await page.keyboard.type("@no")
    await expect(page.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page.locator(".chip")).to_contain_text("Northwind Home")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab") if await page.evaluate(
        "document.activeElement.matches('.chip button')"
    ) else None
    await expect(page.get_by_label("Words")).to_be_focused()
    await page.keyboard.type("does this come in oak?")
    await page.keyboard.press("Control+Enter")
    await expect(last(page)).to_contain_text("does this come in oak?")
    _, inbox, _ = await (await world.client("northwind"))("GET", "/api/threads")
    assert inbox["threads"][0]["last_text"] == "does this come in oak?"


async def test_what_others_say_and_where_it_stands_arrives_by_itself(
    context: BrowserContext, world: Any
) -> None:
    thread = await started(world)
    page = await opened(context, world, f"/?embed=1#/t/{thread}")
    await expect(last(page)).to_contain_text("does this come in oak?")
    message = await say(world, "northwind", thread, "It does.")
    await expect(last(page)).to_contain_text("It does.")
    await expect(last(page)).to_contain_text("Northwind Home")
    for state, label in (
        (DeliveryState.WAITING, "waiting for #plans"),
        (DeliveryState.FAILED, "not delivered to #plans: it is archived"),
        (DeliveryState.DELIVERED, "delivered to #plans"),
        (DeliveryState.HERE, "written in #plans"),
    ):
        reason = "it is archived" if state is DeliveryState.FAILED else None
        world.desk.deliver(message, Delivery("discord", "#plans", state, reason))
        await expect(last(page).get_by_label(label)).to_be_visible()


class Held:
    """Answers to some of a page's calls that stay on their way until they are let go."""

    def __init__(self) -> None:
        self.taken, self.go_on = asyncio.Event(), asyncio.Event()

    async def answer(self, route: Route) -> None:
        answer = await route.fetch()
        self.taken.set()
        await self.go_on.wait()
        await route.fulfill(response=answer)

    async def call(self, route: Route) -> None:
        await self.go_on.wait()
        await route.continue_()


async def test_what_the_stream_brings_while_a_thread_is_read_is_not_lost(
    context: BrowserContext, world: Any
) -> None:
    thread = await started(world)
    mine = next(iter(world.desk.written))
    world.desk.deliver(mine, Delivery("slack", "#pin-inbox", DeliveryState.WAITING))
    page, read = await opened(context, world), Held()
    await page.route(f"**/api/threads/{thread}/messages", read.answer)
    await page.locator(".row").click()
    await read.taken.wait()
    world.desk.deliver(mine, Delivery("slack", "#pin-inbox", DeliveryState.DELIVERED))
    for words in ("It does.", "In ash too."):
        await say(world, "northwind", thread, words)
        await expect(page.locator(".row .last")).to_contain_text(words)  # the stream has told it
    read.go_on.set()
    await expect(page.locator(".said")).to_have_count(3)
    await expect(last(page)).to_contain_text("In ash too.")
    first = page.locator(".said").first
    await expect(first).to_contain_text("does this come in oak?")
    await expect(first.get_by_label("delivered to #pin-inbox")).to_be_visible()


async def test_what_was_said_before_the_stream_was_up_stands_in_its_place(
    context: BrowserContext, world: Any
) -> None:
    thread = await started(world)
    page, read, live = await context.new_page(), Held(), Held()
    await page.route(f"**/api/threads/{thread}/messages", read.answer)
    await page.route("**/api/live", live.call)
    await page.goto(f"{world.url}/?embed=1#/t/{thread}")
    await read.taken.wait()
    await say(world, "northwind", thread, "It does.")
    live.go_on.set()
    await expect(page.locator(".row .last")).to_contain_text("It does.")
    await say(world, "northwind", thread, "In ash too.")
    await expect(page.locator(".row .last")).to_contain_text("In ash too.")
    read.go_on.set()
    await expect(page.locator(".said")).to_have_count(3)
    for at, words in enumerate(("does this come in oak?", "It does.", "In ash too.")):
        await expect(page.locator(".said").nth(at)).to_contain_text(words)


async def test_its_author_sees_why_it_failed_and_tries_it_once_more(
    context: BrowserContext, world: Any
) -> None:
    thread = await started(world)
    theirs = await say(world, "northwind", thread, "It does.")
    page = await opened(context, world, f"/?embed=1#/t/{thread}")
    await expect(page.locator(".said")).to_have_count(2)
    mine = next(iter(world.desk.written))
    refused = Delivery("slack", "#pins", DeliveryState.FAILED, "Slack takes no such word.")
    for message in (mine, theirs):
        world.desk.deliver(message, refused)
    first = page.locator(".said").first
    await expect(first).to_contain_text("failed: Slack takes no such word.")
    await expect(last(page)).to_contain_text("failed: Slack takes no such word.")
    await expect(page.get_by_role("button", name="Retry")).to_have_count(1)
    await first.get_by_role("button", name="Retry").click()
    await expect(first.get_by_label("waiting for #pins")).to_be_visible()
    assert world.desk.retried == [mine]
    world.desk.deliver(mine, refused)
    await expect(first).to_contain_text("failed: Slack takes no such word.")
    await first.get_by_role("button", name="Retry").click()
    await expect(page.locator(".trouble")).to_have_text(
        "This was tried just now. Wait some seconds."
    )


async def test_what_one_says_is_shown_at_once_and_once(context: BrowserContext, world: Any) -> None:
    thread = await started(world)
    page = await opened(context, world, f"/?embed=1#/t/{thread}")
    await expect(page.locator(".said")).to_have_count(1)
    for text in ("first", "second", "second"):
        await page.get_by_label("Message", exact=True).fill(text)
        await page.keyboard.press("Enter")
    await expect(page.locator(".said")).to_have_count(4)
    await expect(page.locator(".said time")).to_have_count(4)
    words = await page.locator(".said .words").all_inner_texts()
    assert words == ["does this come in oak?", "first", "second", "second"]
    assert not await page.get_by_label("Message", exact=True).input_value()


async def test_an_unsent_message_is_tried_again_under_its_key(
    context: BrowserContext, world: Any
) -> None:
    thread = await started(world)
    page = await opened(context, world, f"/?embed=1#/t/{thread}")
    await expect(page.locator(".said")).to_have_count(1)
    keys: list[str] = []
    cut = True

    async def answer_lost(route: Any) -> None:
        post = route.request.method == "POST"
        if post:
            keys.append(route.request.headers["idempotency-key"])
        if post and cut:
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await page.route("**/api/threads/*/messages", answer_lost)
    await page.get_by_label("Message", exact=True).fill("is anybody there?")
    await page.keyboard.press("Enter")
    await expect(last(page).get_by_role("alert")).to_contain_text("cannot be reached")
    cut = False
    await page.get_by_role("button", name="Try again").click()
    await expect(last(page).locator("time")).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)
    assert len(keys) == 2
    assert keys[0] == keys[1]
    await expect(page.locator(".said")).to_have_count(2)


async def test_a_refused_message_says_why_and_is_given_back(
    context: BrowserContext, world: Any
) -> None:
    thread = await started(world)
    page = await opened(context, world, f"/?embed=1#/t/{thread}")
    await expect(page.locator(".said")).to_have_count(1)
    await (await world.client("northwind"))("POST", f"/api/threads/{thread}/leave")
    await page.get_by_label("Message", exact=True).fill("hello?")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Everyone else has left")
    await page.get_by_role("button", name="Take back").click()
    await expect(page.get_by_label("Message", exact=True)).to_have_value("hello?")
    await expect(page.locator(".said")).to_have_count(1)


async def test_a_pin_goes_into_a_thread(context: BrowserContext, world: Any) -> None:
    world.desk.add_pin("22", title="Brass lamp")
    thread = await started(world)
    page = await opened(context, world, f"/?embed=1#/t/{thread}")
    await page.get_by_role("button", name="Add a pin").click()
    await page.get_by_label("A pin's address").fill("https://www.pinterest.com/pin/22/")
    await expect(page.locator(".attached")).to_contain_text("Brass lamp")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(last(page).locator(".card")).to_contain_text("Brass lamp")
    await expect(last(page).locator("time")).to_be_visible()


async def test_a_bad_address_says_what_to_paste(context: BrowserContext, world: Any) -> None:
    page = await opened(context, world, "/?embed=1#/new")
    await page.get_by_label("A pin's address").fill("https://evil.test/pin/x")
    await expect(page.get_by_text("Paste the address of a pin.")).to_be_visible()
    await expect(page.get_by_role("button", name="Send the pin")).to_be_disabled()


async def test_people_are_added_and_one_leaves(context: BrowserContext, world: Any) -> None:
    thread = await started(world, to=["rosa"])
    page = await opened(context, world, f"/?embed=1#/t/{thread}")
    await page.get_by_role("button", name="Add people").click()
    await page.get_by_role("combobox").fill("kai")
    await page.get_by_role("option", name="Kai").click()
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator(".notice")).to_have_text("Kai joined.")
    await expect(page.locator(".titles")).to_contain_text("Rosa and Kai")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.get_by_role("button", name="Leave").click()
    await page.get_by_role("dialog").get_by_role("button", name="Leave").click()
    await expect(page.get_by_text("Every conversation starts with a pin")).to_be_visible()


async def test_hostile_words_names_and_titles_stay_text(
    context: BrowserContext, world: Any
) -> None:
    world.desk.add_pin(
        "66", title=HOSTILE, description=HOSTILE, link="javascript:alert(1)", picture="javascript:1"
    )
    world.desk.add_account("evil", HOSTILE, picture="data:text/html,<script>1</script>")
    pin = "https://www.pinterest.com/pin/66/"
    thread = await started(world, "evil", to=["mia"], pin=pin, text=HOSTILE)
    page = await opened(context, world)
    await expect(page.locator(".row")).to_contain_text("<script>")
    await page.locator(".row").click()
    await expect(last(page).locator(".words")).to_have_text(HOSTILE)
    await expect(page.locator(".pin-head h3")).to_have_text(HOSTILE)
    assert await page.title() == "Pinthread"
    assert await page.locator("a[href^='javascript']").count() == 0
    assert await page.locator(".said img, .pin-head img").count() == 0
    assert thread in page.url


@pytest.mark.parametrize("width", [380, 600, 1280])
async def test_long_words_never_make_it_wider(
    context: BrowserContext, world: Any, width: int
) -> None:
    world.desk.add_pin("77", title=LONG[:100], description=LONG, creator=LONG[:80], board=LONG[:80])
    world.desk.add_account("long", LONG[:300])
    pin = "https://www.pinterest.com/pin/77/"
    thread = await started(world, "long", to=["mia", "rosa", "kai"], pin=pin, text=LONG * 4)
    message = await say(world, "rosa", thread, "https://example.test/" + LONG)
    world.desk.deliver(
        message, Delivery("slack", "#" + LONG[:80], DeliveryState.FAILED, LONG[:200])
    )
    page = await opened(context, world, "/")
    await page.set_viewport_size({"width": width, "height": 700})
    await expect(page.locator(".row")).to_be_visible()
    wider = (
        "[...document.querySelectorAll('.scroll, body')].some(n => n.scrollWidth > n.clientWidth)"
    )
    assert not await page.evaluate(wider)
    await page.locator(".row").click()
    await expect(last(page)).to_be_visible()
    assert not await page.evaluate(wider)
    assert await page.evaluate("document.body.scrollWidth <= innerWidth")


async def test_older_messages_come_when_one_scrolls_up(context: BrowserContext, world: Any) -> None:
    thread = await started(world)
    for number in range(120):
        await say(world, "northwind", thread, f"line {number}")
    page = await opened(context, world, f"/?embed=1#/t/{thread}")
    await expect(last(page)).to_be_in_viewport()
    await expect(last(page)).to_contain_text("line 119")
    while await page.locator(".said").count() < 121:
        before = await page.locator(".said").count()
        await page.locator(".talk").evaluate("node => (node.scrollTop = 0)")
        await page.wait_for_function(
            "count => document.querySelectorAll('.said').length > count", arg=before
        )
    words = await page.locator(".said .words").all_inner_texts()
    assert words == ["does this come in oak?", *(f"line {number}" for number in range(120))]


async def test_it_comes_back_after_the_program_was_away(
    context: BrowserContext, world: Any
) -> None:
    thread = await started(world)
    page = await opened(context, world, f"/?embed=1#/t/{thread}")
    await expect(last(page)).to_contain_text("does this come in oak?")
    await world.server.stop()
    await expect(page.get_by_text("Not connected")).to_be_visible()
    listen = world.url.removeprefix("http://")
    again = Server(world.desk, Settings(listen=listen), Markdown())
    await again.start()
    try:
        world.server.url = again.url
        await say(world, "northwind", thread, "back again")
        await expect(last(page)).to_contain_text("back again", timeout=20_000)
        await expect(page.get_by_text("Not connected")).to_be_hidden()
    finally:
        await again.stop()


async def test_a_link_signs_in_by_its_button(browser: Browser, world: Any) -> None:
    from datetime import UTC, datetime

    from web.sessions import SECRET, sign_link

    account = next(each for each in world.desk.accounts.values() if each.handle == "mia")
    token = sign_link(await world.desk.secret(SECRET), account.id, datetime.now(UTC))
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{world.url}/link/{token}")
    await page.get_by_role("button", name="Sign in as Mia").click()
    await expect(page.get_by_text("Every conversation starts with a pin")).to_be_visible()
    await expect(page.locator(".chrome")).to_contain_text("Mia")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_text("Open a sign-in link first")).to_be_visible()
    await context.close()


async def test_another_page_may_frame_it_in_a_demonstration_alone(
    browser: Browser, desk: Any
) -> None:
    framed = ""

    async def outer(_: web.Request) -> web.Response:
        html = f'<!doctype html><iframe src="{framed}" width="600" height="700"></iframe>'
        return web.Response(text=html, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", outer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    demo = Demo(people=("mia",), origin=origin, pins=(OAK,))
    server = Server(desk, Settings(listen="127.0.0.1:0", demo=demo), Markdown())
    await server.start()
    framed = f"{server.url}/?embed=1&as=mia"
    page = await browser.new_page()
    await page.goto(origin)
    inside = page.frame_locator("iframe")
    await inside.get_by_role("button", name="Oak desk").click()
    await inside.get_by_role("combobox", name="To").fill("north")
    await inside.get_by_role("option").click()
    await inside.get_by_role("button", name="Send the pin").click()
    await expect(inside.locator(".pin-head h3")).to_have_text("Oak desk")
    await inside.get_by_role("button", name="Back to the conversations").click()
    async with aiohttp.ClientSession() as http:
        body = {"as": "mia", "to": ["rosa"], "pin": OAK, "text": "said elsewhere"}
        async with http.post(f"{server.url}/api/demo/say", json=body) as answer:
            assert answer.status == 201
    await expect(inside.locator(".said").last).to_contain_text("said elsewhere")
    await page.close()
    await server.stop()
    await runner.cleanup()


async def test_nobody_is_chosen_who_was_not_typed_while_the_answer_is_out(
    context: BrowserContext, world: Any
) -> None:
    page = await opened(context, world)
    await page.get_by_role("link", name="New conversation").click()
    to = page.get_by_role("combobox", name="To")
    await to.focus()
    await expect(page.get_by_role("option").nth(2)).to_be_visible()
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await page.route("**/api/people*", hold)
    await to.fill("@kai")
    await expect(page.get_by_role("option")).to_have_count(1)
    await to.press("Enter")
    await expect(page.locator(".chip")).to_contain_text("Kai")
    assert held
    for route in held:
        await route.abort()


async def test_the_first_words_may_be_formatted_and_bring_files(
    context: BrowserContext, world: Any
) -> None:
    page = await opened(context, world)
    await page.get_by_role("link", name="New conversation").click()
    await page.get_by_label("A pin's address").fill(OAK)
    await page.get_by_role("combobox", name="To").fill("@no")
    await page.get_by_role("option").click()
    await page.get_by_label("Words").fill("does **this** come in `oak`?")
    empty = {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""}
    await page.set_input_files("input[type=file]", [empty])  # type: ignore[list-item]
    await expect(page.locator(".upload.failed")).to_contain_text("This file is empty")
    await expect(page.get_by_role("button", name="Send the pin")).to_be_disabled()
    await page.get_by_role("button", name="Do not send empty.txt").click()
    await page.evaluate(GIVE, ["drop", ".compose .sheet", 5])
    await page.evaluate(GIVE, ["paste", "#first-words", 5])
    await expect(page.locator(".upload bdi")).to_have_text(["drop.txt", "paste.txt"])
    await page.get_by_role("button", name="Send the pin").click()
    await expect(last(page).locator("strong")).to_have_text("this")
    await expect(last(page).locator(".words code")).to_have_text("oak")
    await expect(last(page).locator(".file")).to_have_count(2)
    # An edit begins with what was typed.
    await page.get_by_label("Message", exact=True).focus()
    await page.keyboard.press("ArrowUp")
    box = page.get_by_label("Message", exact=True)
    await expect(box).to_have_value("does **this** come in `oak`?")
    await box.fill("does **this** come in *ash*?")
    await page.keyboard.press("Enter")
    await expect(last(page).locator("em")).to_have_text("ash")
    await expect(last(page).locator("strong")).to_have_text("this")


async def test_a_file_that_is_too_large_is_not_even_sent(
    context: BrowserContext, world: Any
) -> None:
    thread = await started(world)
    page = await opened(context, world, f"/?embed=1#/t/{thread}")
    await page.wait_for_selector(".said")
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if "/api/files" in asked.url else None)
    await page.evaluate("import('/static/attached.js').then((m) => (m.limits.file = 10))")
    await page.evaluate(GIVE, ["paste", ".composer textarea", 11])
    await expect(page.locator(".upload.failed")).to_contain_text("larger than 10 bytes")
    assert sent == []
    await page.get_by_role("button", name="Do not send paste.txt").click()
    await page.evaluate(GIVE, ["paste", ".composer textarea", 10])
    await expect(page.locator(".upload progress")).to_be_hidden()
    assert len(sent) == 1


async def test_a_used_up_quota_is_said_beside_its_file(context: BrowserContext, world: Any) -> None:
    thread = await started(world)
    page = await opened(context, world, f"/?embed=1#/t/{thread}")
    await page.wait_for_selector(".said")

    async def refuse(route: Any) -> None:
        told = {"code": "quota_used_up", "detail": "You may send up 5 GiB a day."}
        await route.fulfill(status=429, json=told)

    await page.route("**/api/files*", refuse)
    await page.evaluate(GIVE, ["paste", ".composer textarea", 5])
    await expect(page.locator(".upload.failed")).to_contain_text("5 GiB a day")
    await expect(page.get_by_role("button", name="Try again")).to_be_hidden()


async def test_catching_up_is_a_quiet_line(context: BrowserContext, world: Any) -> None:
    world.desk.behind = [Progress("slack", 12, 40)]
    page = await opened(context, world)
    line = page.locator(".behind")
    await expect(line).to_have_text("Catching up with Slack: 12 of 40 threads")
    world.desk.behind = []
    await expect(line).to_be_hidden()
