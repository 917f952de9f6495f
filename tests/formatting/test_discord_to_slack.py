"""The rows of formatting-cases.md from Discord to Slack, by number, and the rules behind them."""

import json
from typing import Any

import pytest

from adapters.discord.richtext import read
from adapters.slack.blocks import LIMIT, Written, measure, write
from adapters.slack.richtext import read as read_slack
from core.text.content import plain
from core.text.splitting import split
from core.text.tidy import of_text
from tests.formatting.trees import DISCORD_KNOWN, SLACK_KNOWN, SLACK_THERE

Element = dict[str, Any]


def crossed(content: str) -> Written:
    return write(read(content, DISCORD_KNOWN), SLACK_THERE)


def elements(content: str) -> list[Element]:
    (block,) = crossed(content).blocks
    assert block["type"] == "rich_text"
    found: list[Element] = block["elements"]
    return found


def leaves(content: str) -> list[Element]:
    (only,) = elements(content)
    assert only["type"] == "rich_text_section"
    found: list[Element] = only["elements"]
    return found


def test_row_38_underline() -> None:
    assert leaves("__u__") == [{"type": "text", "text": "u", "style": {"underline": True}}]


def test_row_39_a_spoiler_is_marked_and_not_in_the_preview() -> None:
    written = crossed("the end: ||she wins|| !")
    assert "she wins" not in written.text
    assert written.text == "the end: [spoiler] !"
    shown = "".join(leaf["text"] for leaf in leaves("the end: ||she wins|| !"))
    assert shown.replace("\u2063", "") == "the end: [spoiler: she wins] !"


def test_row_39_a_spoiler_inside_a_label_hides_the_whole_link() -> None:
    written = crossed("[see ||her||](https://a.example)")
    assert "her" not in written.text


def test_row_40_a_time_is_a_date_element_with_a_readable_fallback() -> None:
    (leaf,) = leaves("<t:1392734382:R>")
    assert leaf == {
        "type": "date",
        "timestamp": 1392734382,
        "format": "{ago}",
        "fallback": "2014-02-18 14:39 UTC",
    }
    assert leaves("<t:1392734382>")[0]["format"] == "{date} at {time}"
    assert crossed("<t:-5:R> <t:9999999999999:R>").text == "1969-12-31 23:59 UTC 9999999999999"


@pytest.mark.parametrize("typed", ["<!channel>", "@channel", "<!here|x>", "@everyone", "@here"])
def test_row_41_typed_broadcasts_are_literal_text(typed: str) -> None:
    written = crossed(f"now {typed}")
    assert leaves(f"now {typed}") == [{"type": "text", "text": f"now {typed}"}]
    assert "<" not in written.text


def test_row_42_a_heading_is_a_bold_line() -> None:
    bold = {"bold": True}
    assert leaves("# H\ntext") == [
        {"type": "text", "text": "H", "style": bold},
        {"type": "text", "text": "\n"},
        {"type": "text", "text": "text"},
    ]


def test_row_43_small_text_is_a_plain_line() -> None:
    assert leaves("-# s") == [{"type": "text", "text": "s"}]


def test_row_44_a_custom_emoji_is_that_of_the_workspace_or_its_name() -> None:
    assert leaves("<a:northwind:99>") == [{"type": "emoji", "name": "northwind"}]
    assert leaves("<:other:98>") == [{"type": "text", "text": ":other:"}]


def test_row_45_escaped_marks_are_literal() -> None:
    assert leaves("\\*x\\*") == [{"type": "text", "text": "*x*"}]
    assert leaves("C:\\new \\\\ \\_") == [{"type": "text", "text": "C:\\new \\ _"}]


def test_row_46_a_fence_whose_first_line_holds_a_space_has_no_language() -> None:
    (code,) = elements("```not a language\nx\n```")
    assert code["elements"] == [{"type": "text", "text": "not a language\nx"}]
    assert "language" not in code
    (named,) = elements("```py\nx\n```")
    assert named["language"] == "py"
    (alone,) = elements("```py```")
    assert alone["elements"][0]["text"] == "py"


def test_row_47_a_fence_closed_on_a_line_of_text_is_still_one() -> None:
    first, code, last = elements("a ```x y\nz```b")
    assert code["type"] == "rich_text_preformatted"
    assert code["elements"] == [{"type": "text", "text": "x y\nz"}]
    assert (first["elements"][0]["text"], last["elements"][0]["text"]) == ("a ", "b")


def test_row_48_a_link_whose_preview_is_off() -> None:
    (paragraph,) = read("[l](<https://a.example>)", DISCORD_KNOWN)
    assert "preview=False" in repr(paragraph)
    assert leaves("[l](<https://a.example>)") == [
        {"type": "link", "url": "https://a.example", "text": "l"}
    ]


def test_row_49_a_role_is_text() -> None:
    assert leaves("<@&21> <@&99>") == [{"type": "text", "text": "@staff @role"}]


def test_row_50_a_text_over_the_limit_is_split_between_characters() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    parts = split(of_text(family * 2_000), measure, LIMIT)
    assert len(parts) > 1
    assert all(measure(part) <= LIMIT for part in parts)
    assert "".join(plain(part) for part in parts) == family * 2_000
    assert all(plain(part).replace(family, "") == "" for part in parts)


def test_row_50_a_fence_is_closed_and_opened_again() -> None:
    code = "\n".join(f"line {n} <&>" for n in range(900))
    parts = split(read(f"intro\n```py\n{code}\n```", DISCORD_KNOWN), measure, LIMIT)
    assert len(parts) > 2
    assert all(measure(part) <= LIMIT for part in parts)
    fences = [part[-1] for part in parts]
    assert {repr(type(fence).__name__) for fence in fences} == {"'CodeBlock'"}
    assert "\n".join(plain((fence,)) for fence in fences) == code


def test_a_mention_of_a_member_notifies_and_of_others_does_not() -> None:
    assert leaves("<@11> <@!11>")[0] == {"type": "user", "user_id": "U1"}
    assert leaves("<@12> <@77>") == [{"type": "text", "text": "@Bob @unknown"}]


def test_channels_and_commands() -> None:
    assert leaves("<#31>") == [{"type": "channel", "channel_id": "C1"}]
    assert leaves("<#99> </pin send:5>") == [{"type": "text", "text": "#channel /pin send"}]


def test_lists_and_quotes_are_blocks_of_their_own() -> None:
    found = elements("a\n> q\n> - b\n1. x\n  - y\n2. z\n\nend")
    kinds = [(one["type"], one.get("border"), one.get("indent")) for one in found]
    assert kinds == [
        ("rich_text_section", None, None),
        ("rich_text_quote", None, None),
        ("rich_text_list", 1, 0),
        ("rich_text_list", None, 0),
        ("rich_text_list", None, 1),
        ("rich_text_list", None, 0),
        ("rich_text_section", None, None),
    ]
    assert found[5]["offset"] == 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("**a *b** c*", "**a \\*b** c\\*"),
        ("***a** b*", "***a*** *b*"),
        ("***a* b**", "***a* b**"),
        ("_a_ snake_case_name __b__", "*a* snake\\_case\\_name __b__"),
        ("* a\n* b", "- a\n- b"),
        ("||a||||b||", "||ab||"),
        ("****", "\\*\\*\\*\\*"),
        ("[a](b) ]( [x", "\\[a](b) ]( \\[x"),
        ("**https://a.example/b**", "**https://a.example/b**"),
        ("(https://a.example/b).", "(https://a.example/b)."),
        ("https://", "https://"),
        ("___x___", "*__x__*"),
        ("> a\nb\n>>> c\nd", "> a\nb\n> c\n> d"),
        ("- a\n  more\n- b", "- a\n  more\n- b"),
        ("1. a\n1. b\n\n7. c", "1. a\n2. b\n\n7. c"),
    ],
)
def test_markdown_is_read_as_discord_reads_it(given: str, expected: str) -> None:
    from adapters.discord.markdown import write as write_markdown

    assert write_markdown(read(given, DISCORD_KNOWN)).content == expected


def test_a_link_with_a_deceiving_label_shows_its_address() -> None:
    shown = leaves("[bank.example](https://evil.example)")
    assert [leaf.get("text", leaf.get("url")) for leaf in shown] == [
        "bank.example (",
        "https://evil.example",
        ")",
    ]


@pytest.mark.parametrize(
    ("given", "label"),
    [
        ("[an [oak] desk](https://a.example)", "an [oak] desk"),
        ("[an [**oak**] desk [2]](<https://a.example>)", "an [oak] desk [2]"),
        ("[1] [oak [2] [3]](https://a.example)", "oak [2] [3]"),
        ("[1], [2] and [a] desk](https://a.example)", "a] desk"),
        ("[1] and [desk](https://a.example)", "desk"),
    ],
)
def test_brackets_inside_a_label_belong_to_it(given: str, label: str) -> None:
    content = read(given, DISCORD_KNOWN)
    links = write(content, SLACK_THERE).blocks[0]["elements"][0]["elements"]
    shown = [leaf for leaf in links if leaf["type"] == "link"]
    assert "".join(leaf["text"] for leaf in shown) == label
    from adapters.discord.markdown import write as write_markdown

    assert read(write_markdown(content).content, DISCORD_KNOWN) == content


def test_a_label_in_two_styles_comes_back_as_one_link() -> None:
    content = read("[a **b** `c`](https://a.example)", DISCORD_KNOWN)
    written = write(content, SLACK_THERE)
    assert read_slack({"blocks": written.blocks}, SLACK_KNOWN) == content


def test_a_fallback_is_never_longer_than_slack_takes() -> None:
    written = write(of_text("&" * 4_000))
    assert len(written.text) <= LIMIT
    assert written.text.endswith("&amp;")
    assert len(write(of_text("a" * 5_000)).text) == LIMIT


def test_content_of_nothing_is_nothing() -> None:
    assert write(()) == Written([], "", 0)
    assert json.dumps(crossed("plain words").blocks)
