"""What holds in both directions: round trips, nothing lost, nobody pinged, linear time."""

import json
import re
import sys
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.discord import markdown
from adapters.discord.inline import Known as DiscordKnown
from adapters.discord.richtext import read as read_discord
from adapters.slack import blocks
from adapters.slack.mrkdwn import Known as SlackKnown
from adapters.slack.mrkdwn import read_text
from adapters.slack.richtext import read as read_slack
from core.text.content import Bold, Content, Link, Paragraph, Quote, Text, plain
from core.text.content_codec import decode, encode
from core.text.splitting import split
from core.text.tidy import normal, of_text
from tests.formatting.trees import (
    DISCORD_KNOWN,
    DISCORD_THERE,
    SLACK_KNOWN,
    SLACK_THERE,
    contents,
)
from web.html import render

FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
ANYTHING = st.one_of(
    st.text(max_size=60),
    st.text(st.sampled_from("ab*_~`|<>@#!:[]()\\/-.1&;\n\r \u200b\u2063\u200d\ud800"), max_size=60),
)
HOSTILE = st.lists(
    st.sampled_from(
        ["<!channel>", "<!here|x>", "<@U1>", "<@11>", "<#C1>", "<@&21>", "@everyone", "@here",
         "<!subteam^S1>", "&lt;!channel&gt;", "\u200b", "\\", "<", "@", "*", "`", "```", "||",
         "> ", "- ", "\n", " ", "a", "[", "](https://a.example)", "https://a.example/<!here>",
         "@\u200beveryone", "&", "everyone", "!channel>"]
    ),
    max_size=14,
).map("".join)  # fmt: skip
CODE = re.compile(r"```\n.*?\n```|\\[^a-z]|(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
PINGS = re.compile(r"@everyone|@here|<@|<!|<#|<:|<a:")


def letters(text: str) -> str:
    return "".join(one for one in text if unicodedata.category(one)[0] in "LN")


@FUZZ
@given(contents(headings=False, previews=False))
def test_row_51_a_tree_comes_back_from_slack_as_it_was(content: Content) -> None:
    content = normal(content)
    written = blocks.write(content, SLACK_THERE)
    stored = json.loads(json.dumps({"blocks": written.blocks, "text": written.text}))
    assert read_slack(stored, SLACK_KNOWN) == content


@FUZZ
@given(contents(headings=True, previews=True))
def test_row_51_a_tree_comes_back_from_discord_as_it_was(content: Content) -> None:
    content = normal(content)
    written = markdown.write(content, DISCORD_THERE)
    assert read_discord(written.content, DISCORD_KNOWN) == content


@FUZZ
@given(contents(headings=True, previews=True))
def test_a_normal_tree_is_normal_and_is_stored_as_it_is(content: Content) -> None:
    content = normal(content)
    assert normal(content) == content
    assert decode(json.loads(json.dumps(encode(content)))) == content


@FUZZ
@given(ANYTHING)
@example("\x00")
@example("\ud800")
def test_any_words_cross_both_ways_and_lose_no_letter(text: str) -> None:
    content = of_text(text)
    expected = letters(plain(content, None))
    assert expected == letters(text.replace("\ud800", "\ufffd"))
    discord = read_discord(markdown.write(content).content, DISCORD_KNOWN)
    assert letters(plain(discord, None)) == expected
    written = blocks.write(content)
    slack = read_slack({"blocks": written.blocks, "text": written.text}, SLACK_KNOWN)
    assert letters(plain(slack, None)) == expected
    json.dumps(written.blocks).encode()
    markdown.write(content).content.encode()
    render(content).encode()


@FUZZ
@given(ANYTHING)
def test_any_text_is_read_in_either_dialect_and_written_in_both(text: str) -> None:
    for content in (read_discord(text, DISCORD_KNOWN), read_text(text, SLACK_KNOWN)):
        assert normal(content) == content
        markdown.write(content, DISCORD_THERE).content.encode()
        json.dumps(blocks.write(content, SLACK_THERE).blocks).encode()


@FUZZ
@given(st.text(st.sampled_from("abc*_~|> #-\n\\\u4e00\U0001f600"), max_size=80))
def test_reading_marks_loses_no_letter(text: str) -> None:
    for content in (read_discord(text, DISCORD_KNOWN), read_text(text, SLACK_KNOWN)):
        assert letters(plain(content, None)) == letters(text)


@settings(FUZZ, max_examples=500)
@given(HOSTILE)
def test_nobody_is_pinged_by_hostile_words(text: str) -> None:
    for content in (
        of_text(text),
        read_discord(text, DiscordKnown()),
        read_text(text, SlackKnown()),
        (Paragraph((Bold((Text(text),)), Link("https://a.example", (Text(text),)))),),
    ):
        said = markdown.write(normal(content), DISCORD_THERE)
        assert said.users == ()
        # Code keeps its characters; `allowed_mentions` keeps it from pinging.
        assert not PINGS.search(CODE.sub(" ", said.content)), said.content
        written = blocks.write(normal(content), SLACK_THERE)
        assert "<" not in written.text
        assert not kinds(written.blocks) & {"user", "usergroup", "broadcast", "channel"}


def kinds(found: object) -> set[str]:
    if isinstance(found, list):
        return set().union(*map(kinds, found)) if found else set()
    if isinstance(found, dict):
        return {str(found.get("type"))} | kinds(list(found.values()))
    return set()


@FUZZ
@given(contents(headings=True, previews=True), st.integers(60, 200))
def test_parts_fit_and_lose_no_letter(content: Content, limit: int) -> None:
    content = normal(content)
    for measure in (markdown.measure, blocks.measure):
        parts = split(content, measure, limit)
        assert [measure(part) for part in parts if measure(part) > limit] == []
        whole = re.sub(r"\d+\.", "", plain(content, None))
        pieces = re.sub(r"\d+\.", "", "\n".join(plain(part, None) for part in parts))
        assert letters(pieces) == letters(whole)


@pytest.mark.parametrize(
    "text",
    [
        "\u0633\u0644\u0627\u0645 *x* \u05e9\u05dc\u05d5\u05dd",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u200d",
        "\U0001d11e\U0001f600",
        "a\n\n\n\nb",
        "**a* _b__ ~~c~ ||d| `e ```f",
    ],
)
def test_words_of_any_script_cross_whole(text: str) -> None:
    content = of_text(text)
    assert read_discord(markdown.write(content).content, DISCORD_KNOWN) == content
    assert read_slack({"blocks": blocks.write(content).blocks}, SLACK_KNOWN) == content


def test_windows_line_ends_are_line_ends() -> None:
    assert read_discord("a\r\n> b\r\n**c**", DISCORD_KNOWN) == read_discord(
        "a\n> b\n**c**", DISCORD_KNOWN
    )
    assert of_text("a\r\nb\rc") == of_text("a\nb\nc")


def test_only_spaces_are_nothing() -> None:
    for text in ("", "   ", "\n \n"):
        assert (
            of_text(text) == read_discord(text, DISCORD_KNOWN) == read_text(text, SLACK_KNOWN) == ()
        )


def test_five_hundred_nested_quotes_are_one_in_every_dialect() -> None:
    content: Content = (Paragraph((Text("x"),)),)
    for _ in range(500):
        content = (Quote(content),)
    assert markdown.write(normal(content)).content == "> x"
    assert letters(plain(read_discord("> " * 500 + "x", DISCORD_KNOWN))) == "x"
    assert letters(plain(read_text("&gt; " * 500 + "x", SLACK_KNOWN))) == "x"


def test_marks_nested_five_hundred_deep_are_read() -> None:
    text = "**_" * 500 + "x" + "_**" * 500
    assert "x" in plain(read_discord(text, DISCORD_KNOWN))
    assert "x" in plain(read_text("*_" * 500 + "x" + "_*" * 500, SLACK_KNOWN))


WORST = (
    "*", "_", "**a", "`", "``a", "```", "[", "](https://a", "[a](https://a)", "||", "> ", "- ",
    "1. a\n", "*_~`", "\\", "<@", "<!date^", "https://", "***a_", ":a", "&gt;", ")", "\n",
    "https://a.example/)", "  - a\n", "```a```", "> a\n\n", "# a\n", "\U0001f1e9", "e\u0301",
    "- a\n  - b\n", "||a", "\u2063[spoiler: ",
)  # fmt: skip


@pytest.mark.parametrize("sign", WORST)
def test_forty_thousand_characters_take_a_hundred_times_the_steps_of_four_hundred(
    sign: str,
) -> None:
    def all_ways(length: int) -> Callable[[], object]:
        text = (sign * length)[:length]

        def work() -> None:
            for content in (
                of_text(text),
                read_discord(text, DISCORD_KNOWN),
                read_text(text, SLACK_KNOWN),
            ):
                markdown.write(content)
                blocks.write(content)

        return work

    assert steps(all_ways(40_000)) <= 150 * steps(all_ways(400)) + 200_000


@pytest.mark.parametrize(
    "sign", ["a ", "**a** ", f"```{'a' * 90}```", "- a\n", "> a\n\n", "[a](https://a.example) "]
)
def test_splitting_takes_steps_in_proportion_to_the_parts(sign: str) -> None:
    def cut(length: int) -> Callable[[], object]:
        content = read_discord((sign * length)[:length], DISCORD_KNOWN)
        return lambda: split(content, markdown.measure, markdown.LIMIT)

    assert steps(cut(80_000)) <= 15 * steps(cut(8_000))


def steps(work: Callable[[], object]) -> int:
    """Calls of Python's functions: a count that no busy machine changes."""
    count = 0

    def seen(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
