"""The rows of formatting-cases.md from Slack to Discord, by number, and the rules behind them."""

from typing import Any

import pytest

from adapters.discord.markdown import Written, write
from adapters.discord.richtext import read as read_discord
from adapters.slack.richtext import read, wanted
from tests.formatting.trees import DISCORD_KNOWN, DISCORD_THERE, SLACK_KNOWN

Element = dict[str, Any]


def text(words: str, **style: bool) -> Element:
    return {"type": "text", "text": words, **({"style": style} if style else {})}


def section(*elements: Element) -> Element:
    return {"type": "rich_text_section", "elements": list(elements)}


def rich(*elements: Element) -> Element:
    return {
        "type": "message",
        "text": "",
        "blocks": [{"type": "rich_text", "elements": list(elements)}],
    }


def listed(*items: Element, style: str = "bullet", **more: int) -> Element:
    return {"type": "rich_text_list", "style": style, "elements": list(items), **more}


def crossed(message: Element) -> Written:
    return write(read(message, SLACK_KNOWN), DISCORD_THERE)


def said(*elements: Element) -> str:
    return crossed(rich(section(*elements))).content


def typed(words: str) -> str:
    return crossed({"type": "message", "text": words}).content


def link(url: str, label: str | None = None, **style: bool) -> Element:
    found: Element = {"type": "link", "url": url} | ({"text": label} if label else {})
    return found | ({"style": style} if style else {})


def test_row_1_bold() -> None:
    assert said(text("x", bold=True)) == "**x**"


def test_row_2_italic_is_written_with_stars_since_underscores_fail_inside_words() -> None:
    assert said(text("un"), text("believ", italic=True), text("able")) == "un*believ*able"


def test_row_3_strike() -> None:
    assert said(text("x", strike=True)) == "~~x~~"


def test_row_4_styles_together_have_one_nesting_and_close_in_reverse() -> None:
    assert said(text("x", bold=True, italic=True, strike=True)) == "***~~x~~***"
    assert said(text("x", strike=True, italic=True, bold=True)) == "***~~x~~***"


def test_row_5_underline() -> None:
    assert said(text("x", underline=True)) == "__x__"


def test_row_6_a_space_at_the_end_of_bold_stands_outside() -> None:
    assert said(text("bold ", bold=True), text("x")) == "**bold** x"
    assert said(text("a"), text(" bold", bold=True)) == "a **bold**"
    assert said(text("a"), text("  ", bold=True), text("b")) == "a  b"


def test_row_7_bold_next_to_italic_stay_two_runs_when_read_back() -> None:
    message = rich(section(text("a", bold=True), text("b", italic=True)))
    content = crossed(message).content
    assert content == "**a**\u200b*b*"
    assert read_discord(content, DISCORD_KNOWN) == read(message, SLACK_KNOWN)


def test_row_8_code_that_holds_a_backtick_gets_a_longer_delimiter() -> None:
    assert said(text("a`b", code=True)) == "``a`b``"
    assert said(text("`a`", code=True)) == "`` `a` ``"
    assert said(text("a``b", code=True)) == "`a``b`"


def test_row_8_code_with_every_short_run_of_backticks_still_reads_back() -> None:
    message = rich(section(text("a`b``c```d", code=True)))
    content = crossed(message).content
    assert read_discord(content, DISCORD_KNOWN) == read(message, SLACK_KNOWN)


def test_row_9_bold_stands_around_the_code_span() -> None:
    assert said(text("x", bold=True, code=True)) == "**`x`**"


def test_row_10_a_fence_has_the_language() -> None:
    code = {"type": "rich_text_preformatted", "language": "python", "elements": [text("x = 1")]}
    assert crossed(rich(code)).content == "```python\nx = 1\n```"


def test_row_11_code_with_three_backticks_cannot_close_its_fence() -> None:
    message = rich({"type": "rich_text_preformatted", "elements": [text("a\n```\nb````c")]})
    content = crossed(message).content
    assert content.count("```") == 2
    assert read_discord(content, DISCORD_KNOWN) == read(message, SLACK_KNOWN)


def test_row_12_marks_in_text_are_escaped() -> None:
    assert said(text("*a* _b_ ~c~ |d| `e` \\")) == "\\*a\\* \\_b\\_ \\~c\\~ \\|d\\| \\`e\\` \\\\"


def test_row_12_marks_in_addresses_and_code_are_not() -> None:
    assert said(link("https://a.example/b_c_d*e")) == "https://a.example/b_c_d*e"
    assert said(text("a*b_c", code=True)) == "`a*b_c`"


@pytest.mark.parametrize(
    ("line", "escaped"),
    [
        ("# x", "\\# x"),
        ("### x", "\\### x"),
        ("> x", "\\> x"),
        (">>> x", "\\>>> x"),
        ("- x", "\\- x"),
        ("1. x", "1\\. x"),
        ("12. x", "12\\. x"),
        ("-# x", "\\-# x"),
        ("  - x", "  \\- x"),
    ],
)
def test_row_13_a_line_that_begins_like_a_block_stays_text(line: str, escaped: str) -> None:
    assert said(text(f"a\n{line}")) == f"a\n{escaped}"
    assert said(text(line)) == escaped.lstrip()


def test_row_13_a_line_that_only_begins_with_the_sign_is_left_alone() -> None:
    assert said(text("-5 degrees\n#plans\n1.5 m\n>_")) == "-5 degrees\n#plans\n1.5 m\n>\\_"


def test_row_14_entities_are_unescaped_once() -> None:
    assert typed("&lt;b&gt; &amp;amp;") == "<b> &amp;"


def test_row_15_a_link_without_label_is_its_address() -> None:
    assert said(text("see "), link("https://a.example/x")) == "see https://a.example/x"
    assert typed("see <https://a.example/x>") == "see https://a.example/x"


def test_row_15_words_that_touch_an_address_do_not_get_into_it() -> None:
    assert said(link("https://a.example"), text("-b")) == "<https://a.example>-b"
    assert (
        said(text("("), link("https://a.example"), text("), then")) == "(https://a.example), then"
    )


def test_row_16_a_link_with_label() -> None:
    assert said(link("https://a.example", "l]a[b")) == "[l\\]a\\[b](https://a.example)"


def test_row_17_a_label_that_reads_as_another_host_is_shown_with_the_address() -> None:
    assert (
        said(link("https://evil.example", "bank.example")) == "bank.example (https://evil.example)"
    )
    assert said(link("https://a.example/x", "a.example")) == "[a.example](https://a.example/x)"
    assert said(link("https://evil.example", "https://bank.example/")) == (
        "https://bank.example/ (https://evil.example)"
    )


def test_row_18_a_parenthesis_in_the_address_is_encoded() -> None:
    assert said(link("https://a.example/(b)", "l")) == "[l](https://a.example/%28b%29)"


def test_row_19_mail_and_telephone_links_are_their_label() -> None:
    assert said(link("mailto:ann@a.example", "Ann")) == "Ann"
    assert said(link("tel:+4912345", "call me")) == "call me"
    assert typed("<mailto:ann@a.example|ann@a.example>") == "ann@a.example"


def test_row_20_a_link_without_preview_stands_in_brackets() -> None:
    assert said(link("https://a.example", unlink=True)) == "<https://a.example>"


def test_row_21_a_member_with_an_identity_is_mentioned_and_nobody_else() -> None:
    written = crossed(rich(section(text("hi "), {"type": "user", "user_id": "U1"})))
    assert written == Written("hi <@11>", ("11",), written.spare)
    assert typed("hi <@U1|ann>") == "hi <@11>"


def test_row_22_anybody_else_is_named() -> None:
    message = rich(section(text("hi "), {"type": "user", "user_id": "U1"}))
    assert write(read(message, SLACK_KNOWN)) == Written("hi @Ann", (), 24)
    assert said({"type": "user", "user_id": "U9"}) == "@someone"
    assert typed("<@U9|zoe>") == "@zoe"


def test_row_23_a_channel_is_its_mirror_or_its_name() -> None:
    message = rich(section(text("in "), {"type": "channel", "channel_id": "C1"}))
    assert crossed(message).content == "in <#31>"
    assert write(read(message, SLACK_KNOWN)).content == "in #plans"
    assert typed("<#C9|other>") == "#other"


@pytest.mark.parametrize("name", ["here", "channel", "everyone"])
def test_row_24_broadcasts_ping_nobody(name: str) -> None:
    for content in (typed(f"<!{name}>"), said({"type": "broadcast", "range": name})):
        assert content.replace("\u200b", "") == f"@{name}"
        assert content not in ("@here", "@everyone")


def test_row_25_a_user_group_is_its_handle() -> None:
    assert said({"type": "usergroup", "usergroup_id": "S1"}) == "@design"
    assert typed("<!subteam^S9|@design-team>") == "@design-team"


def test_row_26_a_date() -> None:
    assert typed("<!date^1392734382^{date}|Feb 18>") == "<t:1392734382:D>"
    element = {"type": "date", "timestamp": 1392734382, "format": "{ago}", "fallback": "then"}
    assert said(element) == "<t:1392734382:R>"
    assert typed("<!date^soon^{date}|Feb 18>") == "Feb 18"


@pytest.mark.parametrize(
    ("typed_name", "characters"),
    [
        (":wave::skin-tone-3:", "\U0001f44b\U0001f3fc"),
        (":flag-de:", "\U0001f1e9\U0001f1ea"),
        (":man-woman-girl:", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        (":heart:", "\u2764\ufe0f"),
        (":+1:", "\U0001f44d"),
    ],
)
def test_row_27_standard_emoji_are_their_exact_characters(typed_name: str, characters: str) -> None:
    assert typed(f"a {typed_name}") == f"a {characters}"
    name, _, tone = typed_name.strip(":").partition("::skin-tone-")
    element = {"type": "emoji", "name": name} | ({"skin_tone": int(tone)} if tone else {})
    assert said(element) == characters
    points = "-".join(f"{ord(one):x}" for one in characters)
    assert said({**element, "name": "unknown", "unicode": points}) == characters


def test_row_28_a_custom_emoji_is_that_of_the_server_or_its_name() -> None:
    message = rich(section({"type": "emoji", "name": "northwind"}))
    assert crossed(message).content == "<:northwind:41>"
    assert write(read(message, SLACK_KNOWN)).content == ":northwind:"
    assert typed(":northwind:") == "<:northwind:41>"
    assert typed("at 10:30:15, :no such:") == "at 10:30:15, :no such:"


def test_row_29_an_alias_is_resolved_first() -> None:
    assert said({"type": "emoji", "name": "nw"}) == "<:northwind:41>"
    assert typed(":nw: :agreed:") == "<:northwind:41> \U0001f44d"


def test_row_30_an_ordered_list_may_start_at_3() -> None:
    items = listed(section(text("c")), section(text("d")), style="ordered", offset=2)
    assert crossed(rich(items)).content == "3. c\n4. d"


def test_row_31_numbers_go_on_after_a_nested_list() -> None:
    message = rich(
        listed(section(text("a")), section(text("b")), style="ordered"),
        listed(section(text("in")), indent=1),
        listed(section(text("c")), style="ordered", offset=2),
    )
    assert crossed(message).content == "1. a\n2. b\n  - in\n3. c"


def test_row_32_a_list_or_code_in_a_quote_keeps_the_marker_on_every_line() -> None:
    message = rich(
        {"type": "rich_text_quote", "elements": [text("q\n")]},
        listed(section(text("a")), section(text("b")), border=1),
        {"type": "rich_text_preformatted", "border": 1, "elements": [text("x\ny")]},
        section(text("after")),
    )
    assert crossed(message).content == "> q\n> - a\n> - b\n> ```\n> x\n> y\n> ```\nafter"


def test_row_33_a_quote_over_several_lines() -> None:
    message = rich({"type": "rich_text_quote", "elements": [text("a\n\nb")]})
    assert crossed(message).content == "> a\n> \n> b"
    assert typed("&gt; a\n&gt; b\nc") == "> a\n> b\nc"
    assert typed("&gt;&gt;&gt; a\nb") == "> a\n> b"


def test_row_34_a_message_of_files_alone_has_no_words() -> None:
    message = {"type": "message", "subtype": "file_share", "text": "", "files": [{"id": "F1"}]}
    assert crossed(message) == Written("")


def test_row_35_what_is_unknown_gives_its_fallback() -> None:
    message = rich(section(text("a")))
    message["blocks"].append({"type": "hologram", "fallback": "a hologram"})
    assert crossed(message).content == "a\na hologram"
    assert said(text("a "), {"type": "sparkle", "fallback": "b"}) == "a b"
    assert crossed(rich({"type": "rich_text_wave", "fallback": "c"})).content == "c"


def test_row_36_mrkdwn_bold_also_inside_parentheses() -> None:
    assert typed("*a*") == "**a**"
    assert typed("(*bold*)") == "(**bold**)"
    assert typed("a*b*c 2 * 3 * 4 _i_ ~s~ `c`") == "a\\*b\\*c 2 \\* 3 \\* 4 *i* ~~s~~ `c`"


def test_row_37_nothing_in_a_fence_means_anything() -> None:
    assert typed("```*x y* <https://a.example>```") == "```\n*x y* https://a.example\n```"


def test_a_section_before_another_block_gives_up_one_line_end() -> None:
    assert crossed(rich(section(text("a:\n")), listed(section(text("b"))))).content == "a:\n- b"


def test_a_me_message_is_italic() -> None:
    message = {"type": "message", "subtype": "me_message", "text": "waves *hello*"}
    assert crossed(message).content == "*waves* ***hello***"


def test_blocks_of_an_app_without_text_are_read() -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "*Title*"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*a*"}, "fields": [{"text": "f"}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]},
        {"type": "image", "alt_text": "a chair"},
        {"type": "divider"},
    ]
    assert crossed({"blocks": blocks}).content == "\\*Title\\*\n**a**\nf\nsmall\na chair"


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"text": None, "blocks": None},
        {"blocks": ["x", None, 3, {"type": "rich_text"}]},
        {"blocks": [{"type": "rich_text", "elements": {"a": 1}}]},
        rich({"type": "rich_text_section", "elements": None}),
        rich(section({"type": "text", "text": 3, "style": "bold"}, {"type": "emoji"})),
        rich(section({"type": "date", "timestamp": "x"}, {"type": "link"}, {"type": "user"})),
        rich(section({"type": "emoji", "name": "a", "unicode": "d800"})),
        rich(listed({"type": "x"}, indent=-1, offset=10**20)),
    ],
)
def test_a_payload_of_any_shape_is_read(message: Element) -> None:
    assert isinstance(crossed(message).content, str)


def test_wanted_names_all_that_reading_will_look_up() -> None:
    quote = {"type": "rich_text_quote", "elements": [{"type": "channel", "channel_id": "C1"}]}
    message = rich(section({"type": "user", "user_id": "U1"}), quote)
    message["blocks"].append({"elements": [{"type": "usergroup", "usergroup_id": "S1"}]})
    message["text"] = "<@U2> <#C2|b> <!here> <!subteam^S2>"
    assert wanted(message) == ({"U1", "U2"}, {"C1", "C2"}, {"S1", "S2"})
