"""Words typed as markdown, and formatted messages as the text that an edit begins with."""

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from bridge.reading.markup import Markdown
from core.text.content import Bold, Code, Content, Italic, Mention, Paragraph, Text, plain
from core.text.tidy import normal, of_text
from tests.formatting.trees import WORDS, contents

OAK = "https://www.pinterest.com/pin/99360735500167749/"
FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
markdown = Markdown()


def shown(text: str, rich: Content | None) -> Content:
    return of_text(text) if rich is None else rich


# --- the dialect --------------------------------------------------------------------------------


@FUZZ
@given(contents(headings=True, previews=True))
def test_a_formatted_message_comes_back_from_its_markdown_as_it_was(content: Content) -> None:
    content = normal(content)
    text = plain(content)
    typed = markdown.write(text, content)
    assert shown(*markdown.read(typed, content)) == content


@FUZZ
@given(WORDS)
@example("2 * 3 * 4")
@example("# 1 > - `x` **y** <@1> @everyone")
def test_plain_words_come_back_from_their_markdown_as_they_were(words: str) -> None:
    text = plain(of_text(words))
    assert markdown.read(markdown.write(text, None)) == (text, None)


@FUZZ
@given(WORDS)
def test_any_words_can_be_read(words: str) -> None:
    text, rich = markdown.read(words)
    assert rich is None or (normal(rich) == rich and plain(rich) == text)


def test_nobody_is_named_whom_the_message_did_not_name_before() -> None:
    for typed in ("<@1>", "<@0>", "<@920000000000000001>", "<@&1>", "<#0>", "<@U0ADA> @everyone"):
        _, rich = markdown.read(typed)
        assert "Mention" not in repr(rich)
        assert "ref='" not in repr(rich)
    before: Content = (Paragraph((Text("ask "), Mention("id-of-mia", "Mia"), Text(" then"))),)
    typed = markdown.write("ask @Mia then", before)
    assert "id-of-mia" not in typed
    text, rich = markdown.read(typed.replace("then", "**now**"), before)
    assert text == "ask @Mia now"
    assert rich is not None
    assert Mention("id-of-mia", "Mia") in rich[0].children  # type: ignore[union-attr]


@pytest.mark.parametrize("sign", ["**", "*_~`", "[", "](https://a", "||", "> ", "- ", "<@"])
def test_reading_is_linear(sign: str) -> None:
    def cost(length: int) -> float:
        words = (sign * length)[:length]
        best = float("inf")
        for _ in range(5):
            began = time.process_time()
            markdown.read(words)
            best = min(best, time.process_time() - began)
        return best

    assert cost(40_000) < 20 * max(cost(4_000), 0.0005)


# --- the API --------------------------------------------------------------------------------------


async def started(call: Any) -> str:
    status, body, _ = await call("POST", "/api/threads", {"to": ["rosa"], "pin": OAK, "text": "hi"})
    assert status == 201, body
    return str(body["thread"]["id"])


async def say(call: Any, thread: str, text: str, **more: Any) -> Any:
    status, body, _ = await call("POST", f"/api/threads/{thread}/messages", {"text": text, **more})
    assert status == 201, body
    return body["line"]


async def test_words_are_plain_unless_markdown_is_asked_for(world: Any) -> None:
    mia = await world.client("mia")
    thread = await started(mia)
    line = await say(mia, thread, "**oak** & `ash`")
    assert line["text"] == "**oak** & `ash`"
    assert "<strong>" not in line["html"]
    line = await say(mia, thread, "**oak** & `ash`", markup="markdown")
    assert line["text"] == "oak & ash"
    assert line["html"] == "<p><strong>oak</strong> &amp; <code>ash</code></p>"
    assert line["markdown"] == "**oak** & `ash`"
    intent = world.desk.intents[-1]
    assert intent.what.rich == (Paragraph((Bold((Text("oak"),)), Text(" & "), Code("ash"))),)
    line = await say(mia, thread, "only words", markup="markdown")
    assert world.desk.intents[-1].what.rich is None
    status, body, _ = await mia(
        "POST", f"/api/threads/{thread}/messages", {"text": "a", "markup": "html"}
    )
    assert (status, body["code"]) == (400, "bad_request")


async def test_an_edit_begins_with_what_was_typed_and_keeps_the_rest(world: Any) -> None:
    mia = await world.client("mia")
    thread = await started(mia)
    line = await say(mia, thread, "**oak** and *ash*, 2 \\* 3", markup="markdown")
    assert line["text"] == "oak and ash, 2 * 3"
    typed = line["markdown"].replace("ash", "elm")
    path = f"/api/threads/{thread}/messages/{line['message']}"
    status, body, _ = await mia("PATCH", path, {"text": typed, "markup": "markdown"})
    assert status == 200, body
    assert body["line"]["html"] == "<p><strong>oak</strong> and <em>elm</em>, 2 * 3</p>"
    rich = world.desk.intents[-1].what.rich
    assert Italic((Text("elm"),)) in rich[0].children


async def test_only_the_author_is_given_the_markdown(world: Any) -> None:
    mia, rosa = await world.client("mia"), await world.client("rosa")
    thread = await started(mia)
    await say(mia, thread, "**oak**", markup="markdown")
    for call, wanted in ((mia, "**oak**"), (rosa, "")):
        _, page, _ = await call("GET", f"/api/threads/{thread}/messages")
        assert page["lines"][-1]["markdown"] == wanted


async def test_a_conversation_may_begin_with_formatted_words_and_files(world: Any) -> None:
    mia = await world.client("mia")
    sent = await mia.upload(b"two desks", "plan.txt")
    body = {
        "to": ["rosa"], "pin": OAK, "text": "*look*", "markup": "markdown",
        "files": [{"ticket": sent["ticket"], "alt": "the plan"}],
    }  # fmt: skip
    status, first, _ = await mia("POST", "/api/threads", body)
    assert status == 201, first
    _, page, _ = await mia("GET", f"/api/threads/{first['thread']['id']}/messages")
    line = page["lines"][-1]
    assert (line["message"], line["html"]) == (first["message"], "<p><em>look</em></p>")
    assert [(file["name"], file["alt"]) for file in line["files"]] == [("plan.txt", "the plan")]
    body |= {"text": "", "markup": "plain"}
    status, again, _ = await mia("POST", "/api/threads", body)
    assert status == 201, again
    assert again["thread"]["id"] == first["thread"]["id"]
    _, page, _ = await mia("GET", f"/api/threads/{first['thread']['id']}/messages")
    assert [file["name"] for file in page["lines"][-1]["files"]] == ["plan.txt"]
    assert page["lines"][-1]["pin"] is None
