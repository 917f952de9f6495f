"""Edits, deletes, reactions, replies and files through the API and its stream."""

from typing import Any
from urllib.parse import quote

import pytest

from core.delivery import Delivery, DeliveryState
from tests.files.pictures import png

OAK = "https://www.pinterest.com/pin/99360735500167749/"
THUMB, HEART = "\U0001f44d", "\u2764\ufe0f"


class Talk:
    """Mia and Rosa in one thread, in which Mia has said one thing."""

    def __init__(self, mia: Any, rosa: Any, at: str, message: str) -> None:
        self.mia, self.rosa = mia, rosa
        self.at = at
        self.message = message

    @property
    def to(self) -> str:
        return f"{self.at}/messages/{self.message}"

    async def lines(self, who: Any) -> list[Any]:
        _, page, _ = await who("GET", f"{self.at}/messages")
        return [line for line in page["lines"] if line["kind"] == "message"]


@pytest.fixture
async def talk(world: Any) -> Talk:
    mia, rosa = await world.client("mia"), await world.client("rosa")
    body = {"to": ["rosa"], "pin": OAK, "text": "does it come in oak?"}
    status, started, _ = await mia("POST", "/api/threads", body)
    assert status == 201
    return Talk(mia, rosa, f"/api/threads/{started['thread']['id']}", started["message"])


async def test_an_edit_shows_the_new_words_and_says_so(talk: Talk) -> None:
    status, answer, _ = await talk.mia("PATCH", talk.to, {"text": "does it come in ash?"})
    assert status == 200
    assert answer["line"]["text"] == "does it come in ash?"
    (line,) = await talk.lines(talk.rosa)
    assert (line["text"], line["edited"], line["deleted"]) == ("does it come in ash?", True, False)
    assert "ash" in line["html"]


async def test_a_deleted_message_leaves_a_place_without_words(talk: Talk) -> None:
    status, _, _ = await talk.mia("DELETE", talk.to)
    assert status == 200
    (line,) = await talk.lines(talk.rosa)
    assert line["deleted"] is True
    assert (line["text"], line["html"], line["pin"], line["files"]) == ("", "", None, [])


async def test_a_reaction_is_counted_with_names_and_taken_back(talk: Talk) -> None:
    at = f"{talk.to}/reactions/{quote(THUMB)}"
    for who in (talk.rosa, talk.mia, talk.rosa):
        status, _, _ = await who("PUT", at)
        assert status == 200
    (line,) = await talk.lines(talk.mia)
    (shown,) = line["reactions"]
    assert (shown["emoji"], shown["count"], shown["mine"]) == (THUMB, 2, True)
    assert sorted(shown["people"]) == ["Mia", "Rosa"]
    await talk.mia("DELETE", at)
    (line,) = await talk.lines(talk.mia)
    assert line["reactions"] == [{"emoji": THUMB, "count": 1, "mine": False, "people": ["Rosa"]}]


async def test_only_its_author_tries_a_message_once_more_and_not_at_once_again(
    world: Any, talk: Talk
) -> None:
    failed = Delivery("slack", "#pins", DeliveryState.FAILED, "Slack takes no such word.")
    world.desk.deliver(talk.message, failed)
    status, problem, _ = await talk.rosa("POST", f"{talk.to}/retry")
    assert (status, problem["code"]) == (403, "not_author")
    status, answer, _ = await talk.mia("POST", f"{talk.to}/retry")
    assert (status, answer["line"]["deliveries"][0]["state"]) == (200, "waiting")
    status, problem, _ = await talk.mia("POST", f"{talk.to}/retry")
    assert (status, problem["code"]) == (429, "rate_limited")


async def test_one_emoji_in_two_spellings_is_one_reaction(talk: Talk) -> None:
    for spelling in (HEART, HEART[0]):
        await talk.mia("PUT", f"{talk.to}/reactions/{quote(spelling)}")
    (line,) = await talk.lines(talk.mia)
    assert [(each["emoji"], each["count"]) for each in line["reactions"]] == [(HEART[0], 1)]


@pytest.mark.parametrize("emoji", ["ok", "\U0001f44d\U0001f44d", "1", "%20", "<b>", "a" * 400])
async def test_what_is_no_emoji_is_refused(talk: Talk, emoji: str) -> None:
    status, problem, _ = await talk.mia("PUT", f"{talk.to}/reactions/{quote(emoji)}")
    assert (status, problem["code"]) == (422, "not_an_emoji")


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"text": "mine now"}), ("DELETE", None)])
async def test_nobody_changes_the_message_of_another(talk: Talk, method: str, body: Any) -> None:
    status, problem, _ = await talk.rosa(method, talk.to, body)
    assert (status, problem["code"]) == (403, "not_author")
    (line,) = await talk.lines(talk.mia)
    assert line["text"] == "does it come in oak?"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"text": "x"}),
        ("DELETE", "", None),
        ("PUT", f"/reactions/{quote(THUMB)}", None),
    ],
)
async def test_strangers_and_wrong_addresses_find_nothing(
    world: Any, talk: Talk, method: str, path: str, body: Any
) -> None:
    stranger = await world.client("kai")
    status, problem, _ = await stranger(method, talk.to + path, body)
    assert (status, problem["code"]) == (404, "unknown_thread")
    status, problem, _ = await talk.mia(method, f"{talk.at}/messages/unknown{path}", body)
    assert (status, problem["code"]) == (404, "unknown_message")
    other = {"to": ["kai"], "pin": OAK, "text": "another thread"}
    _, started, _ = await talk.mia("POST", "/api/threads", other)
    wrong = f"/api/threads/{started['thread']['id']}/messages/{talk.message}{path}"
    status, problem, _ = await talk.mia(method, wrong, body)
    assert (status, problem["code"]) == (404, "unknown_message")


async def test_an_edit_to_nothing_is_refused(talk: Talk) -> None:
    status, problem, _ = await talk.mia("PATCH", talk.to, {"text": "  "})
    assert (status, problem["code"]) == (422, "empty_message")


async def test_a_change_that_is_sent_again_is_answered_the_same(talk: Talk) -> None:
    key = {"Idempotency-Key": "once"}
    for repeated in (None, "true"):
        _, answer, headers = await talk.mia("PATCH", talk.to, {"text": "ash?"}, headers=key)
        assert answer["line"]["text"] == "ash?"
        assert headers.get("Repeated") == repeated
    status, problem, _ = await talk.mia("DELETE", talk.to, headers=key)
    assert (status, problem["code"]) == (409, "conflict")


async def test_a_file_is_sent_up_and_then_read_by_members_alone(world: Any, talk: Talk) -> None:
    picture = png(40, 30)
    file = await talk.mia.upload(picture, "../desk \u201cA\u201d.png", "image/png", "An oak desk")
    assert (file["media"], file["alt"], file["width"]) == ("picture", "An oak desk", 40)
    body = {"text": "look", "files": [{"ticket": file["ticket"]}]}
    status, posted, _ = await talk.mia("POST", f"{talk.at}/messages", body)
    assert status == 201
    line = (await talk.lines(talk.rosa))[-1]
    (shown,) = line["files"]
    assert shown == posted["line"]["files"][0]
    assert "/" not in shown["name"]
    kai = await world.client("kai")
    for who, expected in ((talk.rosa, 200), (talk.mia, 200), (kai, 404)):
        async with who.http.get(who.url + shown["url"], headers=who.cookie) as got:
            assert got.status == expected


async def test_an_upload_belongs_to_who_sent_it(talk: Talk) -> None:
    file = await talk.mia.upload(b"words", "a.txt")
    for ticket in (file["ticket"], file["ticket"][:-2], "", file["id"], "\u00e9"):
        body = {"files": [{"ticket": ticket}]}
        status, problem, _ = await talk.rosa("POST", f"{talk.at}/messages", body)
        assert (status, problem["code"]) == (422, "unknown_file")


async def test_too_many_files_are_refused(talk: Talk) -> None:
    file = await talk.mia.upload(b"words", "a.txt")
    body = {"files": [{"ticket": file["ticket"]}] * 11}
    status, problem, _ = await talk.mia("POST", f"{talk.at}/messages", body)
    assert (status, problem["code"]) == (422, "too_many_files")


async def test_a_reply_shows_what_it_answers(talk: Talk) -> None:
    body = {"text": "yes", "answers": talk.message}
    status, posted, _ = await talk.rosa("POST", f"{talk.at}/messages", body)
    assert status == 201
    assert posted["line"]["answers"] == "Mia: does it come in oak?"
    status, problem, _ = await talk.rosa("POST", f"{talk.at}/messages", {**body, "answers": "no"})
    assert (status, problem["code"]) == (404, "unknown_message")


async def test_the_stream_tells_every_change_of_a_line(world: Any, talk: Talk) -> None:
    async with world.live("rosa") as events:
        await events.until("ready")
        await talk.mia("PATCH", talk.to, {"text": "ash?"})
        told = await events.until("change")
        assert (told["line"]["text"], told["line"]["edited"]) == ("ash?", True)
        cursor = told["line"]["cursor"]
        await talk.rosa("PUT", f"{talk.to}/reactions/{quote(THUMB)}")
        told = await events.until("change")
        assert told["line"]["reactions"][0]["mine"] is True
        await talk.mia("DELETE", talk.to)
        told = await events.until("change")
        assert (told["line"]["deleted"], told["line"]["cursor"]) == (True, cursor)
        file = await talk.mia.upload(b"words", "a.txt")
        await talk.mia("POST", f"{talk.at}/messages", {"files": [{"ticket": file["ticket"]}]})
        told = await events.until("message")
        assert [each["name"] for each in told["line"]["files"]] == ["a.txt"]


async def test_markup_in_words_stays_words(talk: Talk) -> None:
    text = '<img src=x onerror="alert(1)"> & <b>bold</b>'
    await talk.mia("PATCH", talk.to, {"text": text})
    (line,) = await talk.lines(talk.rosa)
    assert line["text"] == text
    assert "<img" not in line["html"]
    assert "<b>" not in line["html"]
