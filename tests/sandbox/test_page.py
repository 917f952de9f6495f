"""The page in a real Chromium, with the sandbox alone: the program is not up."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from sandbox.page.server import origin, policy

pytestmark = pytest.mark.browser

INBOX = "C0INBOX"
FORUM = "930000000000000001"
ROSA = "920000000000000001"
HOSTILE = "<img src=x onerror=\"document.title='broken'\"> <script>document.title='broken'</script>"
PIN = "https://www.pinterest.com/pin/99360735500167749/"


class Shown:
    """The page, the control API beside it, and what its console complained about."""

    def __init__(self, page: Page, control: aiohttp.ClientSession, url: str) -> None:
        self.page = page
        self.control = control
        self.url = url
        self.complaints: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def pane(self, name: str) -> Any:
        return self.page.locator(f"#pane-{name}")

    async def write(self, pane: str, text: str) -> None:
        """Type into a pane's composer and send."""
        box = self.pane(pane).locator(".composer textarea")
        await box.fill(text)
        await box.press("Enter")

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self.control.post(path, json=body) as answer:
            assert answer.status == 200, await answer.text()
            told: dict[str, Any] = await answer.json()
            return told

    async def get(self, path: str) -> dict[str, Any]:
        async with self.control.get(path) as answer:
            told: dict[str, Any] = await answer.json()
            return told


class Program:
    """What the page asks of the program, told by the test."""

    def __init__(self, page_origin: str) -> None:
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.waiting: dict[str, int] = {}
        self.changed = asyncio.Event()
        self.url = ""
        self._allowed = {"Access-Control-Allow-Origin": page_origin}
        app = web.Application()
        app.router.add_get("/", self._pane)
        app.router.add_get("/api/demo/people", self._people)
        app.router.add_get("/api/demo/deliveries", self._deliveries)
        app.router.add_get("/api/demo/live", self._live)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _pane(self, _: web.Request) -> web.Response:
        return web.Response(text="The program's pane", content_type="text/html")

    async def _people(self, _: web.Request) -> web.Response:
        mia = {"handle": "mia", "name": "Mia", "kind": "person", "picture": None}
        return web.json_response({"people": [mia]}, headers=self._allowed)

    async def _deliveries(self, request: web.Request) -> web.Response:
        messages = self.messages if request.query["channel"] == INBOX else {}
        told = {"messages": messages, "waiting": self.waiting}
        return web.json_response(told, headers=self._allowed)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        kind = {"Content-Type": "text/event-stream", **self._allowed}
        stream = web.StreamResponse(headers=kind)
        await stream.prepare(request)
        await stream.write(b"event: ready\ndata: {}\n\n")
        while True:
            await self.changed.wait()
            self.changed.clear()
            await stream.write(b"event: change\ndata: {}\n\n")


@pytest.fixture
async def program(sandbox_url: str) -> AsyncIterator[Program]:
    found = Program(sandbox_url)
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def shown(browser: Browser, sandbox_url: str) -> AsyncIterator[Shown]:
    page = await browser.new_page(viewport={"width": 1440, "height": 900})
    async with aiohttp.ClientSession(sandbox_url) as control:
        found = Shown(page, control, sandbox_url)
        await page.goto(sandbox_url)
        await page.wait_for_selector("body.ready")
        yield found
    await page.close()


async def test_the_three_panes_wait_for_the_program_and_complain_about_nothing(shown):
    await expect(shown.pane("web")).to_contain_text("Waiting for Pinthread")
    await expect(shown.pane("slack")).to_contain_text("pin-inbox")
    await expect(shown.pane("discord")).to_contain_text("plans")
    for name in ("slack", "discord"):
        pins = shown.pane(name).locator(".tray .pin img")
        await expect(pins).to_have_count(12)
        loaded = "one => one.decode().then(() => one.naturalWidth)"
        assert await pins.first.evaluate(loaded) == 600
    assert shown.complaints == []


async def test_words_typed_in_slack_are_said_by_the_chosen_person_and_open_a_thread(shown):
    slack = shown.pane("slack")
    await slack.locator(".as select").select_option("U0BO")
    await shown.write("slack", "Who is on *Friday*?")
    first = slack.locator(".message", has_text="Who is on Friday?")
    await expect(first.locator(".name")).to_have_text("Bo Reyes")
    await expect(first.locator("b", has_text="Friday")).to_have_count(1)

    await first.hover()
    await first.get_by_label("Reply in a thread").click()
    await shown.write("slack", "I am.")
    await expect(slack.locator(".message", has_text="I am.")).to_be_visible()
    told = (await shown.get(f"/_control/slack/channels/{INBOX}"))["messages"]
    assert [one["user"] for one in told] == ["U0BO", "U0BO"]
    assert told[1]["thread_ts"] == told[0]["ts"]

    await slack.get_by_label("Back to pin-inbox").click()
    await expect(slack.locator(".replies")).to_contain_text("1 reply")
    await expect(slack.locator(".message", has_text="I am.")).to_have_count(0)


async def test_words_typed_in_the_forum_make_a_post_that_opens_and_takes_replies(shown):
    discord = shown.pane("discord")
    await shown.write("discord", "A desk for my corner?")
    await expect(discord.locator(".place-title")).to_contain_text("A desk for my corner?")
    await discord.locator(".as select").select_option("920000000000000002")
    await shown.write("discord", "Yes, in **oak**.")
    reply = discord.locator(".message", has_text="Yes, in oak.")
    await expect(reply.locator(".name")).to_have_text("Kai")
    await discord.get_by_label("Back to plans").click()
    post = discord.locator(".post")
    await expect(post).to_contain_text("A desk for my corner?")
    await post.click()
    await expect(discord.locator(".message")).to_have_count(2)


async def test_what_others_say_arrives_by_itself(shown):
    await shown.post(
        "/_control/slack/say", {"user": "U0ADA", "channel": INBOX, "text": "Good morning"}
    )
    await expect(shown.pane("slack").locator(".message")).to_contain_text("Good morning")
    await shown.post(
        "/_control/discord/say",
        {"user": ROSA, "channel": FORUM, "title": "Plans", "text": "Saturday?"},
    )
    await expect(shown.pane("discord").locator(".post")).to_contain_text("Plans")
    await shown.post(
        "/_control/slack/say", {"user": "U0ADA", "channel": "C0GENERAL", "text": "elsewhere"}
    )
    general = shown.pane("slack").locator(".place-button", has_text="general")
    await expect(general.locator(".dot")).to_be_visible()


async def test_hostile_text_stays_text_in_both_panes(shown):
    await shown.write("slack", HOSTILE)
    await expect(shown.pane("slack").locator(".message")).to_contain_text("onerror")
    discord = shown.pane("discord")
    await discord.locator(".place-button", has_text="chat").click()
    await shown.write("discord", f"{HOSTILE} [x](javascript:alert(1)) **<b>no</b>**")
    message = discord.locator(".message")
    await expect(message).to_contain_text("<b>no</b>")
    await expect(message.locator("script, img[src='x'], a")).to_have_count(0)
    assert await shown.page.title() == "Pinthread: one conversation, three places"
    assert shown.complaints == []


async def test_the_power_switch_takes_a_platform_down_and_up(shown):
    discord = shown.pane("discord")
    switch = discord.get_by_role("switch")
    await expect(switch).to_have_attribute("aria-checked", "true")
    await switch.click()
    await expect(discord.locator(".down")).to_contain_text("Discord is down")
    assert (await shown.get("/_control/world"))["power"] == {"slack": True, "discord": False}
    await shown.write("discord", "People go on talking")
    await expect(discord.locator(".message")).to_contain_text("People go on talking")
    await switch.click()
    await expect(discord.locator(".down")).to_be_hidden()
    assert (await shown.get("/_control/world"))["power"]["discord"] is True


async def test_a_pin_of_the_tray_becomes_the_command_that_sends_it(shown):
    slack, discord = shown.pane("slack"), shown.pane("discord")
    await slack.get_by_label("Send the pin Oak writing desk").click()
    box = slack.locator(".composer textarea")
    await expect(box).to_have_value(f"/pin send {PIN} to @mia -- ")
    await expect(slack.locator(".pin-preview")).to_contain_text("Oak writing desk")
    await discord.get_by_label("Send the pin Oak writing desk").click()
    box = discord.locator(".composer textarea")
    await expect(box).to_have_value(f"/pin send {PIN} to @northwind -- ")
    # Nobody answers: the sentence about it stands at the composer, and the words stay.
    await box.press("Enter")
    await expect(discord.locator(".composer .wrong")).to_contain_text("There is no command /pin")
    await expect(box).to_have_value(f"/pin send {PIN} to @northwind -- ")


async def test_the_story_says_that_it_needs_the_program(shown):
    await shown.page.get_by_role("button", name="Play the story").click()
    await expect(shown.page.locator("#caption")).to_contain_text("The story needs Pinthread itself")
    await expect(shown.page.get_by_role("button", name="Play the story")).to_be_visible()


async def test_narrow_windows_show_one_pane_at_a_time(shown):
    await shown.page.set_viewport_size({"width": 720, "height": 900})
    await expect(shown.pane("slack")).to_be_visible()
    await expect(shown.pane("discord")).to_be_hidden()
    await shown.page.locator("#tabs").get_by_role("button", name="Discord").click()
    await expect(shown.pane("discord")).to_be_visible()
    await expect(shown.pane("slack")).to_be_hidden()


async def test_the_two_names_of_loopback_are_brought_to_one(browser, sandbox_url):
    page = await browser.new_page()
    await page.goto(sandbox_url.replace("127.0.0.1", "localhost"))
    await page.wait_for_url(f"{sandbox_url}/")
    await page.close()


def test_the_policy_lets_in_no_inline_script_and_frames_only_the_program():
    rules = dict(rule.split(" ", 1) for rule in policy("https://pins.example").split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["frame-src"].split()[-1] == "https://pins.example"
    assert "'self'" not in rules["frame-src"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://pins.example/x?y", "https://pins.example"),
        ("javascript:alert(1)", ""),
        ("http://a;script-src *", ""),
        ("http://user@host/", ""),
        ("", ""),
    ],
)
def test_an_address_counts_for_the_policy_only_when_it_is_one_of_the_web(address, expected):
    assert origin(address) == expected


BOT = {"Authorization": "Bearer xoxb-sandbox-bot"}
DISCORD_BOT = {"Authorization": "Bot sandbox-discord-token"}
CHAT = "930000000000000002"


async def as_bot(shown: Shown, method: str, **args: Any) -> dict[str, Any]:
    """A call of Slack's Web API, as the program would make it."""
    async with shown.control.post(f"/slack/api/{method}", json=args, headers=BOT) as answer:
        told: dict[str, Any] = await answer.json()
        assert told["ok"], told
        return told


async def as_discord_bot(shown: Shown, method: str, path: str, body: Any) -> Any:
    """A call of Discord's REST, as the program would make it."""
    address = f"/discord/api/v10{path}"
    async with shown.control.request(method, address, json=body, headers=DISCORD_BOT) as answer:
        assert answer.status < 300, await answer.text()
        return await answer.json()


async def test_a_card_in_slack_shows_its_parts_and_its_button_is_pressed(shown):
    picture = "/pinterest/pictures/oak-desk.webp"
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Oak <b>desk</b>"}},
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "by *Northwind* <https://northwind.example|shop>"},
        },
        {"type": "image", "image_url": f"{shown.url}{picture}", "alt_text": "A desk"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "`/pin open k7f2`"}]},
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "action_id": "send",
                    "value": "7",
                    "text": {"type": "plain_text", "text": "Send"},
                }
            ],
        },
    ]
    sent = await as_bot(shown, "chat.postMessage", channel=INBOX, text="Oak desk", blocks=blocks)
    card = shown.pane("slack").locator(".message")
    await expect(card.locator("h4")).to_have_text("Oak <b>desk</b>")
    await expect(card.get_by_alt_text("A desk")).to_be_visible()
    await expect(card.get_by_role("link", name="shop")).to_have_attribute(
        "href", "https://northwind.example/"
    )
    await expect(card.locator("code")).to_have_text("/pin open k7f2")
    async with shown.page.expect_request("**/_control/slack/press") as pressed:
        await card.get_by_role("button", name="Send").click()
    told = (await pressed.value).post_data_json
    assert (told["ts"], told["action_id"], told["value"]) == (sent["ts"], "send", "7")


async def test_an_answer_for_one_person_is_marked_and_can_be_put_away(shown):
    await as_bot(shown, "chat.postEphemeral", channel=INBOX, user="U0ADA", text="Start with a pin.")
    slack = shown.pane("slack")
    answer = slack.locator(".message.only")
    await expect(answer).to_contain_text("Only visible to you")
    await expect(answer).to_contain_text("Start with a pin.")
    await slack.locator(".as select").select_option("U0BO")
    await expect(answer).to_have_count(0)
    await slack.locator(".as select").select_option("U0ADA")
    await answer.get_by_label("Dismiss").click()
    await expect(answer).to_have_count(0)


async def test_a_card_in_discord_shows_its_embed_and_a_forum_post_its_picture(shown):
    embed = {
        "title": "Oak desk",
        "description": "**solid** oak",
        "color": 0xB5485D,
        "image": {"url": f"{shown.url}/pinterest/pictures/oak-desk.webp"},
        "fields": [{"name": "Board", "value": "Rooms", "inline": True}],
    }
    bare = {"name": "Oak desk", "message": {"embeds": [{"title": "A pin"}]}}
    thread = await as_discord_bot(shown, "POST", f"/channels/{FORUM}/threads", bare)
    discord = shown.pane("discord")
    post = discord.locator(".post")
    await expect(post).to_contain_text("Oak desk")
    await expect(post.locator(".post-cover img")).to_have_count(0)
    # The card is filled in later, once the pin has been looked up.
    message = f"/channels/{thread['id']}/messages/{thread['id']}"
    await as_discord_bot(shown, "PATCH", message, {"embeds": [embed]})
    await expect(post.locator(".post-cover img")).to_be_visible()
    await post.click()
    card = discord.locator(".embed")
    await expect(card.locator("h4")).to_have_text("Oak desk")
    await expect(card.locator("b")).to_have_text("solid")
    await expect(card.locator("dd")).to_have_text("Rooms")
    await expect(card.locator("img.wide")).to_be_visible()


SEND = {
    "name": "pin",
    "description": "Pins",
    "options": [
        {
            "type": 1,
            "name": "send",
            "description": "Send a pin",
            "options": [
                {"type": 3, "name": name, "description": name, "required": name != "text"}
                for name in ("pin", "to", "text")
            ],
        },
        {"type": 1, "name": "help", "description": "What can be done"},
    ],
}


async def test_a_line_typed_in_discord_becomes_a_subcommand_with_its_options(shown):
    path = "/applications/900000000000000001/commands"
    await as_discord_bot(shown, "PUT", path, [SEND])
    words = "does this come in oak?"
    for typed, subcommand, options in (
        (
            f"/pin send {PIN} to @northwind @kai -- {words}",
            "send",
            {"pin": PIN, "to": "@northwind @kai", "text": words},
        ),
        (f"/pin send {PIN} to @kai — {words}", "send", {"pin": PIN, "to": "@kai", "text": words}),
        (f"/pin send pin: {PIN} to: @kai", "send", {"pin": PIN, "to": "@kai"}),
        ("/pin help", "help", {}),
    ):
        await shown.page.reload()
        await shown.page.wait_for_selector("body.ready")
        async with shown.page.expect_request("**/_control/discord/command") as made:
            await shown.write("discord", typed)
        told = (await made.value).post_data_json
        # In a forum no command runs: it runs in the text channel.
        assert (told["name"], told["channel"]) == ("pin", CHAT)
        assert (told["subcommand"], told["options"]) == (subcommand, options)


async def test_strips_and_counters_come_from_the_program_and_go_with_it(shown, program):
    await shown.post("/_control/slack/say", {"user": "U0ADA", "channel": INBOX, "text": "In oak."})
    message = shown.pane("slack").locator(".message")
    await expect(message).to_contain_text("In oak.")
    [said] = (await shown.get(f"/_control/slack/channels/{INBOX}"))["messages"]
    program.messages[said["ts"]] = [
        {"platform": "slack", "place": "#pin-inbox", "state": "here", "reason": None},
        {"platform": "discord", "place": "#plans", "state": "waiting", "reason": None},
        {"platform": "web", "place": "Mia", "state": "failed", "reason": "No such page."},
    ]
    program.waiting["discord"] = 3
    async with shown.control.put("/_control/program", json={"web": program.url}) as answer:
        assert answer.status == 200
    await expect(message.locator(".place")).to_have_count(2)
    await expect(message.locator(".place.waiting")).to_have_text("Discord #planswaiting")
    await expect(message.locator(".place.failed")).to_contain_text("No such page.")
    await expect(shown.pane("discord").locator(".count")).to_have_text("3 waiting")
    await expect(shown.pane("web").locator("iframe")).to_have_attribute(
        "src", f"{program.url}/?embed=1&as=mia"
    )

    program.messages[said["ts"]][1]["state"] = "delivered"
    program.waiting["discord"] = 0
    program.changed.set()
    await expect(message.locator(".place.delivered")).to_contain_text("Discord #plans")
    await expect(shown.pane("discord").locator(".count")).to_be_hidden()

    await program.stop()
    await expect(shown.pane("web")).to_contain_text("Waiting for Pinthread")
