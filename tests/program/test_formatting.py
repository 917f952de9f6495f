"""Every row of formatting-cases.md through the whole program and both libraries.

One program and one thread for all rows of a direction, so that they take seconds. What is
to be seen of each row is what tests/formatting says of the adapters alone; here it has
crossed Slack's events, the history, and Discord's webhooks, or the way back.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio

from adapters.slack.mrkdwn import Known
from adapters.slack.richtext import CLOSES, OPENS, read
from core.text.content import Channel
from core.text.tidy import of_text
from tests.program.talk import ROSA, Talk, talk
from tests.program.world import FORUM, INBOX

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

Element = dict[str, Any]
CLEO, MIA, GUILD = "U0CLEO", "920000000000000003", "910000000000000001"
CHAT = "930000000000000002"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def found(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    """Mia is in both places: as herself in Discord, and as Cleo in Slack."""
    people = [
        {
            "handle": "mia",
            "name": "Mia",
            "identities": [
                {"platform": "discord", "user": MIA},
                {"platform": "slack", "workspace": "T0NORTHWIND", "user": CLEO},
            ],
            "channels": [
                {"platform": "discord", "workspace": GUILD, "channel": FORUM, "label": "#plans"},
                {
                    "platform": "slack",
                    "workspace": "T0NORTHWIND",
                    "channel": "C0GENERAL",
                    "label": "#general",
                },
            ],
        }
    ]
    free = {"limits_factor": 0}
    async with talk(
        tmp_path_factory.mktemp("rows"), slack=free, discord=free, people=people
    ) as running:
        for platform in ("slack", "discord"):
            await running.people.control("PUT", f"/limits/{platform}", {"factor": 0})
        await running.people.control("PUT", "/discord/emojis", {"names": ["oak"]})
        await running.say("discord", "Rosa is here")
        await running.find("slack", "Rosa is here")
        yield running


# --- from Slack ---------------------------------------------------------------------------


def text(words: str, **style: bool) -> Element:
    return {"type": "text", "text": words, **({"style": style} if style else {})}


def section(*elements: Element) -> Element:
    return {"type": "rich_text_section", "elements": list(elements)}


def listed(*items: Element, style: str = "bullet", **more: int) -> Element:
    return {"type": "rich_text_list", "style": style, "elements": list(items), **more}


def quote(*elements: Element) -> Element:
    return {"type": "rich_text_quote", "elements": list(elements)}


def code(words: str, **more: Any) -> Element:
    return {"type": "rich_text_preformatted", "elements": [text(words)], **more}


def link(url: str, label: str | None = None, **style: bool) -> Element:
    found: Element = {"type": "link", "url": url} | ({"text": label} if label else {})
    return found | ({"style": style} if style else {})


def emoji(name: str, **more: Any) -> Element:
    return {"type": "emoji", "name": name, **more}


Given = str | tuple[Element, ...]
"""Mrkdwn as an app of old would send it, or the elements of a `rich_text` block."""

FROM_SLACK: Sequence[tuple[int, Given, str]] = [
    (1, (section(text("x1", bold=True)),), "**x1**"),
    (2, (section(text("un"), text("believ", italic=True), text("able")),), "un*believ*able"),
    (3, (section(text("x3", strike=True)),), "~~x3~~"),
    (4, (section(text("x4", strike=True, italic=True, bold=True)),), "***~~x4~~***"),
    (5, (section(text("x5", underline=True)),), "__x5__"),
    (6, (section(text("bold ", bold=True), text("x6")),), "**bold** x6"),
    (7, (section(text("a7", bold=True), text("b", italic=True)),), "**a7**\u200b*b*"),
    (8, (section(text("a8`b", code=True)),), "``a8`b``"),
    (9, (section(text("x9", bold=True, code=True)),), "**`x9`**"),
    (10, (code("x = 10", language="python"),), "```python\nx = 10\n```"),
    (11, (code("a11\n```\nb"),), "```\na11\n`\u200b``\nb\n```"),
    (12, (section(text("*a12* _b_ ~c~ |d| `e` \\")),),
     "\\*a12\\* \\_b\\_ \\~c\\~ \\|d\\| \\`e\\` \\\\"),
    (12, (section(link("https://a.example/b_c_d*e12")),), "https://a.example/b_c_d*e12"),
    (12, (section(text("a*b_c12", code=True)),), "`a*b_c12`"),
    (13, (section(text("13\n# a\n> b\n- c\n1. d\n-# e")),),
     "13\n\\# a\n\\> b\n\\- c\n1\\. d\n\\-# e"),
    (14, "14 &lt;b&gt; &amp;amp;", "14 <b> &amp;"),
    (15, (section(text("see "), link("https://a.example/15")),), "see https://a.example/15"),
    (16, (section(link("https://a.example/16", "l]a[b")),), "[l\\]a\\[b](https://a.example/16)"),
    (17, (section(link("https://evil.example/17", "bank.example")),),
     "bank.example (https://evil.example/17)"),
    (18, (section(link("https://a.example/(18)", "l")),), "[l](https://a.example/%2818%29)"),
    (19, "<mailto:ann@a.example|Ann 19>", "Ann 19"),
    (19, (section(link("tel:+4912345", "call 19")),), "call 19"),
    (20, (section(link("https://a.example/20", unlink=True)),), "<https://a.example/20>"),
    (21, (section(text("hi 21 "), {"type": "user", "user_id": CLEO}),), f"hi 21 <@{MIA}>"),
    (22, (section(text("hi 22 "), {"type": "user", "user_id": "U0BO"}),), "hi 22 @Bo Reyes"),
    (23, (section(text("in 23 "), {"type": "channel", "channel_id": "C0GENERAL"}),),
     f"in 23 <#{FORUM}>"),
    (23, (section(text("in 23b "), {"type": "channel", "channel_id": INBOX}),),
     "in 23b #pin-inbox"),
    *[(24, f"24 <!{name}>", f"24 @\u200b{name}") for name in ("here", "everyone")],
    (24, "24 <!channel>", "24 @channel"),
    (24, (section(text("24 "), {"type": "broadcast", "range": "channel"}),), "24 @channel"),
    (25, (section(text("25 "), {"type": "usergroup", "usergroup_id": "S0DESIGN"}),), "25 @design"),
    (25, "25 <!subteam^S0DESIGN>", "25 @design"),
    (25, "25 <!subteam^S9|@team>", "25 @team"),
    (26, "26 <!date^1392734382^{date}|Feb 18>", "26 <t:1392734382:D>"),
    (27, (section(text("27 "), emoji("wave", skin_tone=3), emoji("flag-de"),
                  emoji("man-woman-girl")),),
     f"27 \U0001f44b\U0001f3fc\U0001f1e9\U0001f1ea{FAMILY}"),
    (28, (section(text("28 "), emoji("oak"), emoji("birch")),), "28 <:oak:{oak}>:birch:"),
    (29, (section(text("29 "), emoji("oak-tree")),), "29 <:oak:{oak}>"),
    (30, (listed(section(text("c30")), section(text("d")), style="ordered", offset=2),),
     "3. c30\n4. d"),
    (31, (listed(section(text("a31")), section(text("b")), style="ordered"),
          listed(section(text("in")), indent=1),
          listed(section(text("c")), style="ordered", offset=2)), "1. a31\n2. b\n  - in\n3. c"),
    (32, (quote(text("q32\n")), listed(section(text("a")), border=1), code("x\ny", border=1),
          section(text("after"))), "> q32\n> - a\n> ```\n> x\n> y\n> ```\nafter"),
    (33, (quote(text("a33\n\nb")),), "> a33\n> \n> b"),
    (36, "*a36* and (*bold*)", "**a36** and (**bold**)"),
    (37, "```*x y* 37```", "```\n*x y* 37\n```"),
]  # fmt: skip

ONE_WAY = frozenset({17, 19, 20, 22, 23, 24, 25, 28})
"""Rows that are words in Discord, and so are words when they come back. (20: our posts in
Slack never show previews.)"""


def said_in_slack(given: Given) -> dict[str, Any]:
    if isinstance(given, str):
        return {"text": given, "blocks": []}
    return {"text": tokens(given), "blocks": [{"type": "rich_text", "elements": list(given)}]}


def tokens(elements: Sequence[Element]) -> str:
    """The text beside the blocks, in which Slack names all that they do."""
    found = []
    for one in elements:
        named = {"user": "<@{user_id}>", "channel": "<#{channel_id}>", "emoji": ":{name}:"}
        named |= {"usergroup": "<!subteam^{usergroup_id}>", "broadcast": "<!{range}>"}
        inner = tokens(one.get("elements", ()))
        found.append(named.get(one["type"], "").format(**one) or inner or one.get("text") or "_")
    return " ".join(found)


def every(name: str) -> tuple[str, str]:
    return name, name


KNOWN = Known(every, str, Channel, {"oak": "https://e.example/oak", "oak-tree": "alias:oak"}.get)
"""For comparing two messages of Slack: everybody is called by their id."""


async def test_rows_1_to_37_cross_from_slack_to_discord_and_back(found: Talk) -> None:
    made = await found.people.control("PUT", "/discord/emojis", {"names": ["oak"]})
    oak = made["emojis"][0]["id"]
    rows = [(given, wanted.replace("{oak}", oak)) for _, given, wanted in FROM_SLACK]
    before = len(await found.shown("discord"))
    for given, _ in rows:
        await found.say("slack", **said_in_slack(given))
    seen = await found.until("discord", lambda shown: len(shown) >= before + len(rows))
    assert Counter(one.text for one in seen[before:]) == Counter(wanted for _, wanted in rows)
    # Row 51: what Discord shows, typed there by a person, is in Slack what it was.
    back = [(given, wanted) for (row, *_), (given, wanted) in zip(FROM_SLACK, rows, strict=True)
            if row not in ONE_WAY]  # fmt: skip
    before = len(await found.shown("slack"))
    for _, wanted in back:
        await found.say("discord", wanted)
    seen = await found.until("slack", lambda shown: len(shown) >= before + len(back))
    for (given, wanted), copy in zip(back, seen[before:], strict=True):
        assert read(copy.raw, KNOWN) == read(said_in_slack(given), KNOWN), wanted


async def test_row_34_files_without_text_cross_both_ways(found: Talk) -> None:
    for place in ("slack", "discord"):
        await found.send(place, "", (f"{place}.txt", b"oak", "text/plain"))
        for other in found.others(place):
            named = f"{place}.txt"
            seen = await found.until(other, lambda shown: any(named in s.files for s in shown))  # noqa: B023
            words = next(one.text for one in seen if named in one.files)
            assert words in ("", named)


async def test_row_35_a_block_of_an_unknown_kind_is_its_fallback(found: Talk) -> None:
    blocks = [{"type": "hologram", "fallback": "a hologram 35"}]
    await found.say("slack", "a hologram 35", blocks=blocks)
    rich = {"type": "rich_text", "elements": [section(text("a 35"))]}
    await found.say("slack", "a 35", blocks=[rich, *blocks])
    for place in ("discord", "web"):
        await found.find(place, "a 35\na hologram 35")
        assert "a hologram 35" in [one.text for one in await found.shown(place)]


# --- from Discord -------------------------------------------------------------------------

ROLE = "940000000000000001"

FROM_DISCORD: Sequence[tuple[int, str, tuple[Element, ...]]] = [
    (38, "__u38__", (section(text("u38", underline=True)),)),
    (39, "39 ||secret|| !", (section(text("39 "), text(OPENS), text("secret"), text(CLOSES),
                                     text(" !")),)),
    (40, "40 <t:1392734382:R>", (section(text("40 "), {
        "type": "date", "timestamp": 1392734382, "format": "{ago}",
        "fallback": "2014-02-18 14:39 UTC"}),)),
    *[(41, f"41 {typed}", (section(text(f"41 {typed}")),))
      for typed in ("<!channel>", "<!here|x>", "@channel", "@everyone", "<!subteam^S0DESIGN>")],
    (42, "# H42\ntext", (section(text("H42", bold=True), text("\n"), text("text")),)),
    (43, "-# s43", (section(text("s43")),)),
    (44, "44 <a:oak:99> <:birch:98>", (section(text("44 "), emoji("oak"), text(" "),
                                               text(":birch:")),)),
    (45, "45 \\*x\\*", (section(text("45 *x*")),)),
    (46, "```not a language\n46\n```", (code("not a language\n46"),)),
    (47, "a ```x y\n47```b", (section(text("a "), text("\n")), code("x y\n47"),
                              section(text("b")))),
    (48, "[l48](<https://a.example/48>)", (section(link("https://a.example/48", "l48")),)),
    (49, f"49 <@&{ROLE}>", (section(text("49 @Pinthread")),)),
    (21, f"21 <@{MIA}>", (section(text("21 "), {"type": "user", "user_id": CLEO}),)),
    (22, f"22 <@{ROSA}>", (section(text("22 @Rosa")),)),
    (23, f"23 <#{FORUM}> <#{CHAT}>", (section(text("23 "), {
        "type": "channel", "channel_id": "C0GENERAL"}, text(" "), text("#chat")),)),
]  # fmt: skip


async def test_rows_38_to_49_cross_from_discord_to_slack_and_back(found: Talk) -> None:
    before = len(await found.shown("slack"))
    for _, given, _ in FROM_DISCORD:
        await found.say("discord", given)
    seen = await found.until("slack", lambda shown: len(shown) >= before + len(FROM_DISCORD))
    for (row, _, wanted), copy in zip(FROM_DISCORD, seen[before:], strict=True):
        (block,) = copy.raw["blocks"]
        assert (row, merged(block["elements"])) == (row, merged(wanted))
        assert "secret" not in copy.text
        assert "<" not in copy.text


def merged(elements: Sequence[Element]) -> list[Element]:
    """With texts of one style that follow each other as one."""
    found: list[Element] = []
    for one in elements:
        if "elements" in one:
            found.append({**one, "elements": merged(one["elements"])})
        elif found and one["type"] == "text" == found[-1]["type"]:
            if one.get("style") == found[-1].get("style"):
                found[-1] = {**one, "text": found[-1]["text"] + one["text"]}
            else:
                found.append(one)
        else:
            found.append(one)
    return found


async def test_row_50_a_long_text_is_split_between_characters_and_fences_are_closed(
    found: Talk,
) -> None:
    lines = "\n".join(f"line {n} <&> of the listing" for n in range(400))
    words = " ".join(f"{FAMILY}word{n}" for n in range(900))
    block = {"type": "rich_text", "elements": [section(text(words)), code(lines, language="py")]}
    before = {place: len(await found.shown(place)) for place in ("slack", "discord")}
    await found.say("slack", "long", blocks=[block])
    last = "line 399 <&> of the listing"
    seen = await found.until("discord", lambda shown: any(last in one.text for one in shown))
    parts = [one.text for one in seen[before["discord"] :]]
    assert max(len(part.encode("utf-16-le")) // 2 for part in parts) <= 2_000
    assert all(part.count("```") % 2 == 0 for part in parts)
    assert all(not part.startswith("\u200d") for part in parts)
    said = "".join(parts).replace("```py", "").replace("```", "")
    assert "".join(said.split()) == "".join((words + lines).split())
    # And from Discord, where a single message is at most 2,000 characters.
    typed = "```py\n" + "&<>" * 630 + "\n```"
    await found.say("discord", typed)
    await found.say("discord", "the end of 50")
    await found.find("slack", "the end of 50")
    fences = [
        element["elements"][0]["text"]
        for one in await found.shown("slack")
        for block in one.raw["blocks"]
        for element in (block["elements"] if block["type"] == "rich_text" else ())
        if element["type"] == "rich_text_preformatted" and element.get("language") == "py"
    ]
    cut = [one for one in fences if set(one) <= set("&<>")]
    assert len(cut) > 1
    assert "".join(cut) == "&<>" * 630


async def test_texts_of_every_script_cross_both_ways_and_none_is_lost(found: Talk) -> None:
    texts = [
        "\u0633\u0644\u0627\u0645 x \u05e9\u05dc\u05d5\u05dd",
        f"{FAMILY} \u200d \U0001d11e\U0001f600",
        "a\n\n\n\nb",
        "**a* _b__ ~~c~ ||d| `e ```f",
        "> " * 500 + "x",
        "**_" * 60 + "deep" + "_**" * 60,
    ]
    for n, words in enumerate(texts):
        block = {"type": "rich_text", "elements": [section(text(f"t{n} {words}"))]}
        await found.say("slack", f"t{n}", blocks=[block])
    for n, words in enumerate(texts):
        assert (await found.find("web", f"t{n} ")).text == f"t{n} {words}"
        copy = await found.find("discord", f"t{n} ")
        await found.say("discord", f"back{copy.text}")
    for n, words in enumerate(texts):
        line = await found.find("slack", f"backt{n} ")
        assert read(line.raw, KNOWN) == of_text(f"backt{n} {words}")
