"""The JSON API over real HTTP."""

from typing import Any

import pytest

from bridge.catchup.sweeps import Progress
from core import decide_words
from core.ids import derive

OAK = "https://www.pinterest.com/pin/99360735500167749/"
LAMP = "https://www.pinterest.com/pin/22/"


async def started(client: Any, **more: Any) -> Any:
    body = {"to": ["northwind"], "pin": OAK, "text": "does this come in oak?", **more}
    status, answer, _ = await client("POST", "/api/threads", body)
    assert status == 201, answer
    return answer["thread"]


async def test_a_pin_sent_to_somebody_is_in_both_inboxes(world: Any) -> None:
    mia, brand = await world.client("mia"), await world.client("northwind")
    thread = await started(mia)
    assert thread["pin"]["title"] == "Oak desk"
    assert [person["handle"] for person in thread["people"]] == ["mia", "northwind"]
    for client, other in ((mia, "northwind"), (brand, "mia")):
        _, inbox, _ = await client("GET", "/api/threads")
        (line,) = inbox["threads"]
        assert line["id"] == thread["id"]
        assert line["last_text"] == "does this come in oak?"
        assert line["last_by"]["handle"] == "mia"
        assert [person["handle"] for person in line["people"]] == [other]


async def test_a_thread_is_found_by_its_code(world: Any) -> None:
    mia = await world.client("mia")
    thread = await started(mia)
    status, same, _ = await mia("GET", f"/api/threads/{thread['code']}")
    assert (status, same) == (200, thread)


async def test_words_and_pins_go_into_a_thread(world: Any) -> None:
    mia = await world.client("mia")
    thread = await started(mia)
    path = f"/api/threads/{thread['id']}/messages"
    status, posted, _ = await mia("POST", path, {"text": "and this lamp", "pin": LAMP})
    assert status == 201
    assert posted["line"]["text"] == "and this lamp"
    assert posted["line"]["pin"]["id"] == "22"
    _, page, _ = await mia("GET", path)
    assert [line["kind"] for line in page["lines"]] == ["card", "message", "message"]
    assert page["lines"][2] == posted["line"]


async def test_pages_are_read_by_cursor_in_both_directions(world: Any) -> None:
    mia = await world.client("mia")
    thread = await started(mia, text="")
    path = f"/api/threads/{thread['id']}/messages"
    for number in range(7):
        await mia("POST", path, {"text": f"line {number}"})
    _, newest, _ = await mia("GET", f"{path}?limit=3")
    assert [line["text"] for line in newest["lines"]] == ["line 4", "line 5", "line 6"]
    assert newest["newer"] is None
    _, before, _ = await mia("GET", f"{path}?limit=3&before={newest['older']}")
    assert [line["text"] for line in before["lines"]] == ["line 1", "line 2", "line 3"]
    _, after, _ = await mia("GET", f"{path}?limit=3&after={before['newer']}")
    assert after["lines"] == newest["lines"]
    _, first, _ = await mia("GET", f"{path}?before={before['older']}")
    assert [line["text"] for line in first["lines"]] == ["", "line 0"]
    assert first["older"] is None


async def test_a_cursor_of_somebody_else_or_of_another_thread_is_bad(world: Any) -> None:
    mia, brand = await world.client("mia"), await world.client("northwind")
    thread = await started(mia)
    other = await started(mia, pin=LAMP)
    _, page, _ = await mia("GET", f"/api/threads/{thread['id']}/messages")
    cursor = page["lines"][0]["cursor"]
    for client, where in ((brand, thread["id"]), (mia, other["id"])):
        path = f"/api/threads/{where}/messages?before={cursor}"
        status, body, _ = await client("GET", path)
        assert (status, body["code"]) == (400, "bad_cursor")
    status, body, _ = await mia("GET", f"/api/threads/{thread['id']}/messages?after=3")
    assert (status, body["code"]) == (400, "bad_cursor")


async def test_no_account_id_and_no_number_of_the_history_leaves(world: Any) -> None:
    mia = await world.client("mia")
    thread = await started(mia)
    for path in ("/api/me", "/api/threads", f"/api/threads/{thread['id']}/messages"):
        _, body, _ = await mia("GET", path)
        assert "id-of-" not in str(body)
        assert "'seq'" not in str(body)


async def test_people_are_added_and_leave(world: Any) -> None:
    mia, rosa = await world.client("mia"), await world.client("rosa")
    thread = await started(mia, to=["kai"])
    path = f"/api/threads/{thread['id']}"
    assert (await rosa("GET", path))[0] == 404
    status, view, _ = await mia("POST", f"{path}/people", {"add": ["@Rosa"]})
    assert status == 200
    assert [person["handle"] for person in view["people"]] == ["mia", "kai", "rosa"]
    _, page, _ = await rosa("GET", f"{path}/messages")
    assert [line["text"] for line in page["lines"]] == ["Rosa joined."]
    assert (await rosa("POST", f"{path}/leave"))[0] == 200
    status, body, _ = await rosa("POST", f"{path}/messages", {"text": "hello?"})
    assert (status, body["code"]) == (403, "not_a_member")


async def test_the_eleventh_person_is_refused(world: Any) -> None:
    mia = await world.client("mia")
    guests = [f"guest{number}" for number in range(1, 10)]
    thread = await started(mia, to=guests)
    status, body, headers = await mia(
        "POST", f"/api/threads/{thread['id']}/people", {"add": ["guest10"]}
    )
    assert (status, body["code"]) == (422, "group_full")
    assert headers["Content-Type"].startswith("application/problem+json")
    assert body == {
        "type": "urn:pinthread:problem:group_full",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": body["detail"],
        "code": "group_full",
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"to": ["northwind"], "text": "hi"}, "pin_required"),
        ({"to": ["nobody"], "pin": OAK}, "cannot_message"),
        ({"to": [], "pin": OAK}, "nobody_to_talk_to"),
        ({"to": ["northwind"], "pin": OAK, "text": "x" * 40_001}, "text_too_long"),
        ({"to": ["northwind"], "pin": "https://evil.test/pin/x/"}, "bad_pin"),
        ({"to": [f"guest{n}" for n in range(1, 11)], "pin": OAK}, "group_full"),
    ],
)
async def test_a_refusal_is_a_problem_with_its_code(world: Any, body: Any, code: str) -> None:
    status, answer, _ = await (await world.client("mia"))("POST", "/api/threads", body)
    assert (status, answer["code"]) == (422, code)
    assert answer["detail"]
    assert not world.desk.heads


async def test_an_empty_message_is_refused(world: Any) -> None:
    mia = await world.client("mia")
    thread = await started(mia)
    path = f"/api/threads/{thread['id']}/messages"
    status, answer, _ = await mia("POST", path, {"text": "  \n"})
    assert (status, answer["code"]) == (422, "empty_message")


async def test_the_same_key_with_the_same_body_is_answered_the_same(world: Any) -> None:
    mia = await world.client("mia")
    thread = await started(mia)
    path = f"/api/threads/{thread['id']}/messages"
    key = {"Idempotency-Key": "a1"}
    first = await mia("POST", path, {"text": "once"}, headers=key)
    again = await mia("POST", path, {"text": "once"}, headers=key)
    assert first[:2] == again[:2]
    assert "Repeated" not in first[2]
    assert again[2]["Repeated"] == "true"
    _, page, _ = await mia("GET", path)
    assert [line["text"] for line in page["lines"]].count("once") == 1


async def test_the_same_key_with_another_body_or_address_is_a_conflict(world: Any) -> None:
    mia = await world.client("mia")
    thread = await started(mia)
    path = f"/api/threads/{thread['id']}/messages"
    key = {"Idempotency-Key": "a1"}
    await mia("POST", path, {"text": "once"}, headers=key)
    for where, body in ((path, {"text": "twice"}), (f"/api/threads/{thread['id']}/leave", None)):
        status, answer, _ = await mia("POST", where, body, headers=key)
        assert (status, answer["code"]) == (409, "conflict")


async def test_keys_of_two_people_do_not_meet_and_no_key_never_repeats(world: Any) -> None:
    mia, brand = await world.client("mia"), await world.client("northwind")
    thread = await started(mia)
    path = f"/api/threads/{thread['id']}/messages"
    for client in (mia, brand):
        headers = {"Idempotency-Key": "same"}
        assert (await client("POST", path, {"text": "hi"}, headers=headers))[0] == 201
        assert (await client("POST", path, {"text": "hi"}))[0] == 201
    _, page, _ = await mia("GET", path)
    assert [line["text"] for line in page["lines"]].count("hi") == 4


@pytest.mark.parametrize("key", ["", "x" * 201, "t\u00e4g"])
async def test_an_unfit_key_is_refused(world: Any, key: str) -> None:
    mia = await world.client("mia")
    status, body, _ = await mia(
        "POST", "/api/threads", {"to": []}, headers={"Idempotency-Key": key}
    )
    assert (status, body["code"]) == (400, "bad_request")
    assert "Idempotency-Key" in body["detail"]


@pytest.mark.parametrize(
    ("raw", "status", "code", "word"),
    [
        (b"{", 400, "malformed", "JSON"),
        (b"\xff\xfe", 400, "malformed", "JSON"),
        (b'"words"', 400, "bad_request", "object"),
        (b'{"to": ["x"], "colour": 1}', 400, "bad_request", "colour"),
        (b'{"to": "x"}', 400, "bad_request", "$.to"),
        (b'{"pin": "x"}', 400, "bad_request", "to"),
        (b'{"to": [], "text": "a\\u0000b"}', 400, "bad_request", "NUL"),
        (b'{"to": [], "text": "' + b"x" * 600_000 + b'"}', 413, "too_large", "512 KiB"),
    ],
)
async def test_bad_bodies_are_named(
    world: Any, raw: bytes, status: int, code: str, word: str
) -> None:
    mia = await world.client("mia")
    headers = {"Content-Type": "application/json"}
    found, body, _ = await mia("POST", "/api/threads", data=raw, headers=headers)
    assert (found, body["code"]) == (status, code)
    assert word in body["detail"]


async def test_a_lone_surrogate_is_malformed(world: Any) -> None:
    mia = await world.client("mia")
    headers = {"Content-Type": "application/json"}
    raw = b'{"to": ["northwind"], "text": "\\ud800"}'
    assert (await mia("POST", "/api/threads", data=raw, headers=headers))[0] == 400


async def test_a_form_is_not_json(world: Any) -> None:
    mia = await world.client("mia")
    status, body, _ = await mia("POST", "/api/threads", data={"to": "x"})
    assert (status, body["code"]) == (415, "not_json")


async def test_hostile_text_comes_back_as_it_was(world: Any) -> None:
    mia = await world.client("mia")
    text = "<script>alert(1)</script> \u202e \u200b @everyone \U0001f469\u200d\U0001f680"
    thread = await started(mia, text=text)
    _, page, headers = await mia("GET", f"/api/threads/{thread['id']}/messages")
    assert page["lines"][-1]["text"] == text
    assert headers["Content-Type"].startswith("application/json")
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_pins_and_people_are_found_for_pickers(world: Any) -> None:
    mia = await world.client("mia")
    await started(mia)
    status, pin, _ = await mia("GET", "/api/pins", params={"address": OAK})
    assert (status, pin["title"], pin["source"]) == (200, "Oak desk", "bare")
    status, body, _ = await mia("GET", "/api/pins", params={"address": "nonsense"})
    assert (status, body["code"]) == (422, "bad_pin")
    _, recent, _ = await mia("GET", "/api/pins/recent")
    assert [pin["id"] for pin in recent["pins"]] == ["99360735500167749"]
    _, people, _ = await mia("GET", "/api/people", params={"q": "@n"})
    assert [person["handle"] for person in people["people"]] == ["northwind"]
    _, people, _ = await mia("GET", "/api/people", params={"q": "mia"})
    assert people["people"] == []


@pytest.mark.parametrize("limit", ["0", "-1", "x", "201", "9" * 40, ""])
async def test_a_limit_out_of_bounds_is_refused(world: Any, limit: str) -> None:
    mia = await world.client("mia")
    status, body, _ = await mia("GET", "/api/threads", params={"limit": limit})
    assert (status, body["code"]) == (400, "bad_request")


@pytest.mark.parametrize("path", ["/api/me", "/api/threads", "/api/live", "/api/pins?address=x"])
async def test_nobody_reads_without_signing_in(world: Any, path: str) -> None:
    status, body, _ = await (await world.client())("GET", path)
    assert (status, body["code"]) == (401, "sign_in")


async def test_unknown_addresses_and_methods_are_problems(world: Any) -> None:
    mia = await world.client("mia")
    status, body, _ = await mia("GET", "/api/nothing")
    assert (status, body["code"]) == (404, "not_found")
    status, body, headers = await mia("DELETE", "/api/threads")
    assert (status, body["code"]) == (405, "method_not_allowed")
    assert "GET" in headers["Allow"]
    status, body, _ = await mia("GET", "/api/threads/abcdef")
    assert (status, body["code"]) == (404, "unknown_thread")


async def test_a_code_with_which_several_threads_begin_is_answered_with_them(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def alike(kind: str, *parts: str) -> str:
        made = derive(kind, *parts)
        return f"3fa9c1{made[6:]}" if kind == "thread" else made

    monkeypatch.setattr(decide_words, "derive", alike)
    mia, kai = await world.client("mia"), await world.client("kai")
    mine = [await started(mia), await started(mia, pin=LAMP)]
    await started(kai)
    for path in ("", "/messages", "/places"):
        status, body, headers = await mia("GET", f"/api/threads/3fa9c1{path}")
        assert (status, body["code"]) == (422, "ambiguous_thread")
        assert headers["Content-Type"] == "application/problem+json"
        assert {one["id"] for one in body["choices"]} == {one["id"] for one in mine}
        assert [one["people"] for one in body["choices"]] == [["Northwind Home"]] * 2
        assert body["choices"][0]["title"] == "Oak desk"
    status, body, _ = await mia("POST", "/api/threads/3fa9c1/messages", {"text": "hello"})
    assert (status, len(body["choices"])) == (422, 2)
    status, body, _ = await mia("GET", f"/api/threads/{body['choices'][0]['id']}")
    assert status == 200
    status, body, _ = await kai("GET", "/api/threads/nothing")
    assert "choices" not in body


async def test_a_broken_desk_is_a_500_that_tells_and_logs_no_words(
    world: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr(world.desk, "inbox", broken)
    status, body, _ = await (await world.client("mia"))("GET", "/api/threads")
    assert (status, body["code"]) == (500, "internal")
    (record,) = (each for each in caplog.records if each.msg == "web_request_failed")
    assert vars(record)["error"] == "RuntimeError"
    assert "secret words" not in f"{caplog.text}{vars(record)}{body}"
    caplog.clear()


async def test_what_is_being_caught_up_with_is_told(world: Any) -> None:
    mia = await world.client("mia")
    assert (await mia("GET", "/api/standing"))[1] == {"catching_up": []}
    world.desk.behind = [Progress("slack", 12, 40)]
    told = {"catching_up": [{"platform": "slack", "done": 12, "total": 40}]}
    assert (await mia("GET", "/api/standing"))[1] == told
    assert (await (await world.client())("GET", "/api/standing"))[0] == 401
