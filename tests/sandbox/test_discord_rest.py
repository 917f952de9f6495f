"""Plain HTTP callers: what Discord refuses, with its codes, and what it lets pass."""

from typing import Any

import aiohttp
import pytest

FORUM, CHAT, HIDDEN = "930000000000000001", "930000000000000002", "930000000000000003"
ROSA = "920000000000000001"
MESSAGES = f"/channels/{CHAT}/messages"


@pytest.fixture
async def free(house: Any) -> Any:
    """The sandbox without rate limits."""
    house.kernel.limit_factor["discord"] = 0
    return house


async def hook_of(house: Any, channel: str = CHAT) -> str:
    body = {"name": "Pinthread"}
    _, hook, _ = await house.rest("POST", f"/channels/{channel}/webhooks", body)
    return f"/webhooks/{hook['id']}/{hook['token']}"


async def thread_of(house: Any) -> str:
    _, card, _ = await house.rest("POST", MESSAGES, {"content": "card"})
    await house.rest("POST", f"{MESSAGES}/{card['id']}/threads", {"name": "t"})
    return str(card["id"])


async def test_a_call_needs_the_token_and_a_user_agent(free: Any) -> None:
    status, told, _ = await free.rest("GET", "/users/@me", auth=False)
    assert (status, told) == (401, {"message": "401: Unauthorized", "code": 0})
    skipped = {"Authorization": "Bot sandbox-discord-token", "User-Agent": ""}
    async with free.http.get(free.api + "/users/@me", headers=skipped) as answer:
        assert answer.status == 403


async def test_unknown_things_have_discords_codes(free: Any) -> None:
    for path, code in (
        ("/channels/1", 10003),
        (f"{MESSAGES}/1", 10008),
        ("/webhooks/1", 10015),
        ("/guilds/1", 10004),
        ("/users/1", 10013),
        (f"/channels/{HIDDEN}", 50001),
        ("/nothing", 0),
    ):
        status, told, _ = await free.rest("GET", path)
        assert (status, told["code"]) == (403 if code == 50001 else 404, code), path


@pytest.mark.parametrize(
    ("body", "place", "code"),
    [
        ({"content": "x" * 2001}, ["content"], "BASE_TYPE_MAX_LENGTH"),
        ({"content": ["x"]}, ["content"], "STRING_TYPE_CONVERT"),
        ({"content": "x", "nonce": "n" * 26}, ["nonce"], "BASE_TYPE_MAX_LENGTH"),
        ({"content": "x", "embeds": {}}, ["embeds"], "LIST_TYPE_CONVERT"),
        (
            {"embeds": [{"title": "t" * 257}]},
            ["embeds", "0", "title"],
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            {"embeds": [{"description": "d" * 4000}, {"description": "d" * 2001}]},
            ["embeds"],
            "MAX_EMBED_SIZE_EXCEEDED",
        ),
        (
            {"embeds": [{"title": "t", "url": "ftp://x"}]},
            ["embeds", "0", "url"],
            "URL_TYPE_INVALID_SCHEME",
        ),
        ({"content": "x", "embeds": [{"title": "t"}] * 11}, ["embeds"], "BASE_TYPE_MAX_LENGTH"),
        (
            {"content": "x", "components": [{"type": 1, "components": [
                {"type": 2, "style": 1, "label": "l" * 81, "custom_id": "a"}]}]},
            ["components", "0", "components", "0", "label"],
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            {"content": "x", "components": [{"type": 1, "components": [
                {"type": 2, "style": 1, "label": "a", "custom_id": "a"},
                {"type": 2, "style": 1, "label": "b", "custom_id": "a"}]}]},
            ["components", "0", "components", "1", "custom_id"],
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
        (
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": [ROSA]}},
            ["allowed_mentions", "users"],
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        ),
        (
            {"content": "x", "message_reference": {"message_id": "1"}},
            ["message_reference"],
            "REPLIES_UNKNOWN_MESSAGE",
        ),
    ],
)  # fmt: skip
async def test_a_bad_message_is_refused_at_its_place(
    free: Any, body: Any, place: list[str], code: str
) -> None:
    status, told, _ = await free.rest("POST", MESSAGES, body)
    assert (status, told["code"], told["message"]) == (400, 50035, "Invalid Form Body")
    errors = told["errors"]
    for key in place:
        errors = errors[key]
    assert errors["_errors"][0]["code"] == code
    assert await free.shown(CHAT) == []


async def test_an_empty_message_and_a_forum_refuse_a_post(free: Any) -> None:
    assert (await free.rest("POST", MESSAGES, {"content": "  "}))[1]["code"] == 50006
    told = (await free.rest("POST", f"/channels/{FORUM}/messages", {"content": "x"}))[1]
    assert told["code"] == 40058
    unknown = {"content": "x", "surprise": 1}
    assert (await free.rest("POST", MESSAGES, unknown))[0] == 200


async def test_broken_json_is_told(free: Any) -> None:
    headers = {"Authorization": "Bot sandbox-discord-token", "Content-Type": "application/json"}
    async with free.http.post(free.api + MESSAGES, data=b"{", headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, 50109)
        assert answer.headers["Content-Type"] == "application/json"


async def test_another_ones_message_is_not_edited(free: Any) -> None:
    said = await free.say("Rosa", CHAT, "mine")
    status, told, _ = await free.rest("PATCH", f"{MESSAGES}/{said}", {"content": "x"})
    assert (status, told["code"]) == (403, 50005)
    assert (await free.rest("DELETE", f"{MESSAGES}/{said}"))[0] == 204


async def test_rights_that_are_taken_away_are_missed(free: Any) -> None:
    said = await free.say("Rosa", CHAT, "mine")
    await free.control("PUT", "discord/permissions", {"permissions": "0"})
    for method, path, body in (
        ("DELETE", f"{MESSAGES}/{said}", None),
        ("POST", f"/channels/{CHAT}/webhooks", {"name": "x"}),
    ):
        status, told, _ = await free.rest(method, path, body)
        assert (status, told["code"]) == (403, 50013)
    deny = {"channel": CHAT, "deny": str(1 << 11)}
    await free.control("PUT", "discord/permissions", deny)
    assert (await free.rest("POST", MESSAGES, {"content": "x"}))[1]["code"] == 50013


async def test_closed_direct_messages_cannot_be_sent(free: Any) -> None:
    await free.control("PUT", f"discord/people/{ROSA}", {"dms": False})
    _, channel, _ = await free.rest("POST", "/users/@me/channels", {"recipient_id": ROSA})
    path = f"/channels/{channel['id']}/messages"
    status, told, _ = await free.rest("POST", path, {"content": "x"})
    assert (status, told["code"]) == (403, 50007)


async def test_messages_are_listed_before_after_and_around(free: Any) -> None:
    ids = [await free.say("Rosa", CHAT, f"m{n}") for n in range(5)]

    async def listed(query: str) -> list[str]:
        _, told, _ = await free.rest("GET", f"{MESSAGES}?{query}")
        return [one["content"] for one in told]

    assert await listed("limit=2") == ["m4", "m3"]
    assert await listed(f"before={ids[2]}") == ["m1", "m0"]
    assert await listed(f"after={ids[1]}&limit=2") == ["m3", "m2"]
    assert await listed(f"around={ids[2]}&limit=3") == ["m3", "m2", "m1"]
    for query in ("limit=0", "limit=101", "limit=x", f"before={ids[0]}&after={ids[0]}"):
        assert (await free.rest("GET", f"{MESSAGES}?{query}"))[1]["code"] == 50035


async def test_bulk_delete_takes_two_to_a_hundred(free: Any) -> None:
    ids = [await free.say("Rosa", CHAT, f"m{n}") for n in range(3)]
    path = f"{MESSAGES}/bulk-delete"
    assert (await free.rest("POST", path, {"messages": ids[:1]}))[1]["code"] == 50016
    assert (await free.rest("POST", path, {"messages": ids[:2]}))[0] == 204
    assert [one["content"] for one in await free.shown(CHAT)] == ["m2"]


async def test_reactions_need_a_known_emoji_and_end_at_twenty(free: Any) -> None:
    said = await free.say("Rosa", CHAT, "m")
    path = f"{MESSAGES}/{said}/reactions"
    assert (await free.rest("PUT", f"{path}/nope/@me"))[1]["code"] == 10014
    assert (await free.rest("PUT", f"{path}/a:123/@me"))[1]["code"] == 10014
    signs = [chr(0x1F400 + n) for n in range(21)]
    codes = [(await free.rest("PUT", f"{path}/{sign}/@me"))[0] for sign in signs]
    assert codes == [204] * 20 + [400]
    assert (await free.rest("PUT", f"{path}/1️⃣/@me"))[1]["code"] == 30010


async def test_locked_and_archived_threads_refuse(free: Any) -> None:
    thread = await thread_of(free)
    tokened = await hook_of(free)
    _, sent, _ = await free.rest(
        "POST", f"{tokened}?wait=true&thread_id={thread}", {"content": "x"}, auth=False
    )
    await free.control("POST", "discord/archive", {"thread": thread, "locked": True})
    edit = f"{tokened}/messages/{sent['id']}?thread_id={thread}"
    assert (await free.rest("PATCH", edit, {"content": "y"}))[1]["code"] == 50083
    refused = await free.rest("POST", f"{tokened}?thread_id={thread}", {"content": "x"})
    assert refused[1]["code"] == 160005
    assert (await free.rest("DELETE", edit))[0] == 204
    said = {"user": "Kai", "channel": thread, "text": "x"}
    assert await free.refused("POST", "discord/say", said) == "This thread is locked."
    assert (await free.rest("POST", f"/channels/{thread}/messages", {"content": "x"}))[0] == 200
    _, told, _ = await free.rest("GET", f"/channels/{thread}")
    assert not told["thread_metadata"]["archived"]


async def test_a_webhook_keeps_to_its_contract(free: Any) -> None:
    tokened = await hook_of(free)
    thread = await thread_of(free)

    async def post(body: Any, query: str = "?wait=true") -> Any:
        return (await free.rest("POST", tokened + query, body, auth=False))[:2]

    assert await post({"content": "x"}, "") == (204, None)
    _, sent = await post({"content": "x", "nonce": "n", "username": " Ada "})
    assert "nonce" not in sent
    assert sent["author"]["username"] == "Ada"
    assert sent["author"]["id"] == sent["webhook_id"] == tokened.split("/")[2]
    for name in ("here", "Everyone", "Clyde 2", "x" * 81, " "):
        assert (await post({"content": "x", "username": name}))[1]["code"] == 50035, name
    assert (await post({"content": "x"}, "?thread_id=1"))[1]["code"] == 10003
    assert (await post({"content": "x", "thread_name": "t"}))[1]["code"] == 220003
    both = await post({"content": "x", "thread_name": "t"}, f"?thread_id={thread}")
    assert both[1]["code"] == 220002
    wrong = tokened[:-1] + ("a" if tokened[-1] != "a" else "b")
    status, told, _ = await free.rest("POST", wrong, {"content": "x"}, auth=False)
    assert (status, told["code"]) == (401, 50027)
    _, other, _ = await free.rest("POST", MESSAGES, {"content": "bot's"})
    path = f"{tokened}/messages/{other['id']}"
    assert (await free.rest("PATCH", path, {"content": "y"}))[1]["code"] == 10008
    assert (await free.rest("DELETE", tokened, auth=False))[0] == 204
    assert (await post({"content": "x"}))[1]["code"] == 10015


async def test_a_webhook_opens_a_forum_post(free: Any) -> None:
    tokened = await hook_of(free, FORUM)
    body = {"content": "first", "thread_name": "Oak desk"}
    _, sent, _ = await free.rest("POST", f"{tokened}?wait=true", body, auth=False)
    assert sent["id"] == sent["channel_id"]
    told = await free.control("GET", f"discord/channels/{FORUM}")
    assert [one["name"] for one in told["threads"]] == ["Oak desk"]


async def test_a_channel_has_fifteen_webhooks(free: Any) -> None:
    for _ in range(15):
        await hook_of(free)
    status, told, _ = await free.rest("POST", f"/channels/{CHAT}/webhooks", {"name": "x"})
    assert (status, told["code"]) == (400, 30007)


async def test_mentions_obey_allowed_mentions(free: Any) -> None:
    text = f"<@{ROSA}> @everyone"
    for allowed, named, everyone in (
        ({"parse": []}, [], False),
        ({"parse": [], "users": [ROSA]}, [ROSA], False),
        ({"parse": ["users", "everyone"]}, [ROSA], True),
    ):
        body: dict[str, Any] = {"content": text, "allowed_mentions": allowed}
        _, told, _ = await free.rest("POST", MESSAGES, body)
        assert [one["id"] for one in told["mentions"]] == named
        assert told["mention_everyone"] is everyone


async def test_files_come_as_multipart(free: Any) -> None:
    tokened = await hook_of(free)
    form = aiohttp.FormData()
    form.add_field("payload_json", '{"content": "see", "attachments": [{"id": 0, '
                   '"description": "a note"}]}')  # fmt: skip
    form.add_field("files[0]", b"words", filename="note.txt", content_type="text/plain")
    async with free.http.post(f"{free.api}{tokened}?wait=true", data=form) as answer:
        told = await answer.json()
    assert told["attachments"][0]["description"] == "a note"
    async with free.http.get(told["attachments"][0]["url"]) as file:
        assert await file.read() == b"words"


async def test_person_starts_threads_and_posts(free: Any) -> None:
    post = {"user": "Mia", "channel": FORUM, "text": "first", "title": "Shelf"}
    told = await free.control("POST", "discord/say", post)
    assert told["id"] == told["channel"]
    said = await free.say("Mia", CHAT, "root")
    made = await free.control(
        "POST", "discord/thread", {"user": "Mia", "message": said, "name": "t"}
    )
    assert made["id"] == said
    assert (await free.shown(CHAT))[0]["thread"] == said


async def test_reset_goes_back_to_the_first_world(free: Any) -> None:
    await free.say("Rosa", CHAT, "x")
    await thread_of(free)
    await free.control("POST", "reset")
    told = await free.control("GET", f"discord/channels/{CHAT}")
    assert (told["messages"], told["threads"]) == ([], [])
    world = await free.control("GET", "world")
    names = [one["name"] for one in world["discord"]["channels"]]
    assert names == ["plans", "chat", "no-bot", "northwind-staff"]
    assert len(world["discord"]["people"]) == 14
