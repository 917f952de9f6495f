"""Blocks, views and typed text: what Slack takes, refuses and makes of it."""

from typing import Any

import pytest

from sandbox.slack.errors import ApiError
from sandbox.slack.limits import Limits, Reads
from sandbox.slack.shapes import message_blocks
from sandbox.slack.text import Names, kept, typed, typed_line

NAMES = Names(
    {"ada": "U0ADA", "ada lind": "U0ADA", "bo": "U0BO"},
    {"general": "C0GENERAL"},
    {"C0GENERAL": "general"},
)


def plain(words: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": words}


def section(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}, **more}


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain("Go"), "action_id": "go", **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


GOOD = [
    section("x" * 3_000),
    section("x", accessory={"type": "image", "image_url": "https://x.example/a", "alt_text": "a"}),
    section("x", accessory=button(url="https://x.example", style="primary")),
    {"type": "section", "fields": [plain("x" * 2_000)] * 10},
    {"type": "header", "text": plain("x" * 150)},
    {"type": "divider", "block_id": "b" * 255},
    {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "", "title": plain("t")},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "x", "verbatim": True}]},
    actions(button(value="v" * 2_000), {"type": "users_select", "action_id": "who"}),
    {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]},
]
BAD = [
    "text",
    {"type": "marquee"},
    {"type": "section"},
    section(""),
    section("x" * 3_001),
    section("x", colour="red"),
    {"type": "section", "text": {"type": "markdown", "text": "x"}},
    {"type": "section", "fields": [plain("x")] * 11},
    {"type": "header", "text": plain("x" * 151)},
    {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
    {"type": "divider", "block_id": "b" * 256},
    {"type": "image", "image_url": "not an address", "alt_text": "a"},
    {"type": "image", "image_url": "https://x.example/a.png"},
    {"type": "context", "elements": []},
    {"type": "context", "elements": [plain("x")] * 11},
    actions(*[button(action_id=str(n)) for n in range(26)]),
    actions(button(value="v" * 2_001)),
    actions(button(text=plain("x" * 76))),
    actions(button(style="loud")),
    actions(button(), button()),
    actions({"type": "static_select", "options": []}),
    {"type": "input", "label": plain("x"), "element": button()},
]


@pytest.mark.parametrize("block", GOOD, ids=lambda block: str(block["type"]))
def test_a_block_within_its_limits_is_taken(block: dict[str, Any]) -> None:
    assert message_blocks([block])[0]["block_id"]


@pytest.mark.parametrize("block", BAD, ids=range(len(BAD)))
def test_a_block_beyond_its_limits_is_refused_and_the_place_is_named(block: Any) -> None:
    with pytest.raises(ApiError) as refused:
        message_blocks([block])
    assert refused.value.code == "invalid_blocks"
    assert "json-pointer:/blocks/0" in refused.value.more["errors"][0]


def test_two_blocks_cannot_have_the_same_id() -> None:
    with pytest.raises(ApiError):
        message_blocks([{"type": "divider", "block_id": "a"}] * 2)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("*bold* and _it_ and ~no~", "*bold* and _it_ and ~no~"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("`a *b*`", "`a *b*`"),
        ("see https://x.example/a_b_c?d=1&e=2.", "see <https://x.example/a_b_c?d=1&amp;e=2>."),
        ("@Ada Lind and @bo, not @bob or a@bo", "<@U0ADA> and <@U0BO>, not @bob or a@bo"),
        ("#general #random", "<#C0GENERAL> #random"),
        ("@here @channel!", "<!here> <!channel>!"),
        (":eyes: 👀 :no_such:", ":eyes: :eyes: :no_such:"),
        ("> quoted\n> twice\nfree", "&gt; quoted\n&gt; twice\nfree"),
        ("- a\n- b", "• a\n• b"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("```\na\n*b*\n```\nafter", "```a\n*b*```\nafter"),
        ("שלום https://x.example", "שלום <https://x.example>"),
    ],
)
def test_typed_words_become_slacks_text(words: str, text: str) -> None:
    assert typed(words, NAMES)[0] == text


def test_typed_words_become_rich_text() -> None:
    _, elements = typed("*a _b_*\n> q\n1. one", NAMES)
    assert elements == [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "a ", "style": {"bold": True}},
                {"type": "text", "text": "b", "style": {"bold": True, "italic": True}},
            ],
        },
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "q"}]},
        {
            "type": "rich_text_list",
            "style": "ordered",
            "indent": 0,
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}
            ],
        },
    ]


def test_long_and_unbalanced_text_takes_linear_time_and_loses_nothing() -> None:
    for words in ("*" * 20_000, "_a" * 10_000, "> " * 10_000, "`" * 20_001, "<" * 40_000):
        text, _ = typed(words, NAMES)
        assert len(text.replace("&lt;", "<").replace("&gt;", ">")) >= len(words) - 8


def test_a_commands_text_carries_names_with_its_mentions() -> None:
    assert typed_line("to @ada: a > b", NAMES) == "to <@U0ADA|ada>: a &gt; b"


def test_an_apps_tokens_are_kept_as_they_are() -> None:
    words = "<@U0ADA> <https://x.example|x> &amp; https://y.example"
    assert kept(words) == "<@U0ADA> <https://x.example|x> &amp; <https://y.example>"


def test_the_limits_fill_with_time_and_scale_with_the_factor() -> None:
    now = [0.0]
    factors = {"slack": 1.0}
    limits = Limits(factors, Reads(), lambda: now[0])

    def taken(calls: int) -> int:
        for number in range(calls):
            try:
                limits.take("chat.postMessage", "post", "C1")
            except ApiError:
                return number
        return calls

    assert taken(10) == 5
    now[0] += 2
    assert taken(10) == 2
    factors["slack"] = 4.0
    now[0] += 1
    assert taken(10) == 4
    factors["slack"] = 0
    assert taken(1_000) == 1_000


@pytest.mark.parametrize(("reads", "calls", "wait"), [(Reads(), 50, 2), (Reads(1.0), 1, 60)])
def test_a_read_is_limited_by_its_tier(reads: Reads, calls: int, wait: int) -> None:
    limits = Limits({"slack": 1.0}, reads, lambda: 0.0)
    for _ in range(calls):
        limits.take("conversations.history", "read")
    with pytest.raises(ApiError) as refused:
        limits.take("conversations.history", "read")
    assert refused.value.retry_after == wait
    limits.take("conversations.replies", "read")
