"""The Web API of the sandbox's Slack, called by slack_sdk."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from tests.sandbox.slack_place import GENERAL, INBOX, QUIET, SlackPlace, error_of, running

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "see https://x.example/a."}}


@pytest.fixture
async def place() -> AsyncIterator[SlackPlace]:
    async with running() as opened:
        yield opened


async def post(place: SlackPlace, text: str = "hello", channel: str = GENERAL, **more: Any) -> str:
    return str((await place.web.chat_postMessage(channel=channel, text=text, **more))["ts"])


async def test_auth_test_names_the_bot_and_its_scopes(place: SlackPlace) -> None:
    answer = await place.web.auth_test()
    assert (answer["team_id"], answer["user_id"]) == ("T0NORTHWIND", "U0PINTHREAD")
    assert answer["bot_id"] == "B0PINTHREAD"
    assert "chat:write.customize" in answer.headers["x-oauth-scopes"].split(",")


async def test_a_missing_an_unknown_and_a_wrong_token_are_told_apart(place: SlackPlace) -> None:
    url = f"{place.kernel.base_url}/slack/api/auth.test"
    async with place.http.post(url) as answer:
        assert (await answer.json())["error"] == "not_authed"
    assert await error_of(place.client("xoxb-other").auth_test()) == "invalid_auth"
    app = place.client("xapp-sandbox-app")
    assert await error_of(app.auth_test()) == "not_allowed_token_type"
    wrong = place.web.apps_connections_open(app_token="xoxb-sandbox-bot")
    assert await error_of(wrong) == "not_allowed_token_type"
    async with place.http.post(url, data={"token": "xoxb-sandbox-bot"}) as answer:
        assert (await answer.json())["ok"] is True


async def test_a_scope_that_is_missing_is_named(place: SlackPlace) -> None:
    await place.control("PUT", "slack/scopes", {"scopes": ["channels:read"]})
    with pytest.raises(SlackApiError) as refused:
        await place.web.chat_postMessage(channel=GENERAL, text="x")
    assert refused.value.response["error"] == "missing_scope"
    assert refused.value.response["needed"] == "chat:write"
    assert refused.value.response["provided"] == "channels:read"


async def test_an_unknown_method_and_an_unknown_argument_are_refused(place: SlackPlace) -> None:
    assert await error_of(place.web.api_call("chat.shout")) == "unknown_method"
    body = {"channel": GENERAL, "text": "x", "colour": "red"}
    assert await error_of(place.web.api_call("chat.postMessage", json=body)) == "invalid_arguments"
    body = {"channel": GENERAL, "text": "x", "thread_ts": 1.5}
    assert await error_of(place.web.api_call("chat.postMessage", json=body)) == "invalid_arguments"
    assert await error_of(place.web.api_call("chat.postMessage", json={})) == "invalid_arguments"


async def test_a_form_body_does_the_same_as_json(place: SlackPlace) -> None:
    data = {"channel": GENERAL, "text": "x", "blocks": '[{"type": "divider"}]'}
    answer = await place.web.api_call("chat.postMessage", data=data)
    assert answer["message"]["blocks"][0]["type"] == "divider"
    data["blocks"] = "[{"
    refused = place.web.api_call("chat.postMessage", data=data)
    assert await error_of(refused) == "invalid_blocks_format"


async def test_a_body_that_is_not_json_is_refused(place: SlackPlace) -> None:
    url = f"{place.kernel.base_url}/slack/api/chat.postMessage"
    headers = {"Content-Type": "application/json", "Authorization": "Bearer xoxb-sandbox-bot"}
    async with place.http.post(url, data=b"{", headers=headers) as answer:
        assert (await answer.json())["error"] == "invalid_json"
    async with place.http.post(url, data=b"[]", headers=headers) as answer:
        assert (await answer.json())["error"] == "json_not_object"


async def test_timestamps_strictly_increase(place: SlackPlace) -> None:
    await place.control("PUT", "limits/slack", {"factor": 0})
    stamps = [await post(place) for _ in range(20)]
    assert stamps == sorted(set(stamps))


async def test_a_post_is_kept_with_its_links_rewritten_unless_verbatim(place: SlackPlace) -> None:
    answer = await place.web.chat_postMessage(
        channel=GENERAL,
        text="R&D: https://x.example/a?b=1. 🎉",
        blocks=[
            SECTION,
            {"type": "section", "text": {**SECTION["text"], "verbatim": True}},
        ],
    )
    message = answer["message"]
    assert message["text"] == "R&amp;D: <https://x.example/a?b=1>. :tada:"
    texts = [block["text"]["text"] for block in message["blocks"]]
    assert texts == ["see <https://x.example/a>.", "see https://x.example/a."]
    assert all(block["block_id"] for block in message["blocks"])


async def test_a_customised_post_has_a_name_and_no_user(place: SlackPlace) -> None:
    look = {"username": "Ada", "icon_url": "https://x.example/a.png"}
    message = (await place.web.chat_postMessage(channel=GENERAL, text="x", **look))["message"]
    assert message["subtype"] == "bot_message"
    assert message["username"] == "Ada"
    assert message["app_id"] == "A0PINTHREAD"
    assert "user" not in message
    shown = (await place.shown())[0]
    assert (shown["name"], shown["picture"]) == ("Ada", "https://x.example/a.png")


async def test_without_the_scope_a_custom_name_is_silently_ignored(place: SlackPlace) -> None:
    await place.control("PUT", "slack/scopes", {"scopes": ["chat:write"]})
    message = await place.web.chat_postMessage(channel=GENERAL, text="x", username="Ada")
    assert message["message"]["user"] == "U0PINTHREAD"
    assert "username" not in message["message"]


async def test_where_the_bot_is_not_a_member_it_cannot_write_or_read(place: SlackPlace) -> None:
    assert await error_of(post(place, channel=QUIET)) == "not_in_channel"
    assert await error_of(post(place, channel="C0NOWHERE")) == "channel_not_found"
    assert await error_of(place.web.conversations_history(channel=QUIET)) == "not_in_channel"
    await place.act("leave", user="U0PINTHREAD", channel=INBOX)
    assert await error_of(post(place, channel=INBOX)) == "channel_not_found"
    await place.web.conversations_join(channel=QUIET)
    await post(place, channel=QUIET)
    assert [m["subtype"] for m in await place.shown(QUIET)] == ["channel_join", None]


async def test_an_archived_channel_takes_no_posts(place: SlackPlace) -> None:
    ts = await post(place)
    await place.act("archive", user="U0ADA", channel=GENERAL)
    assert await error_of(post(place)) == "is_archived"
    update = place.web.chat_update(channel=GENERAL, ts=ts, text="y")
    assert await error_of(update) == "is_archived"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({}, "no_text"),
        ({"text": "x" * 4_001}, "msg_too_long"),
        ({"text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
        ({"text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
        (
            {"text": "x", "metadata": {"event_type": "a", "event_payload": {"b": {}}}},
            "invalid_metadata_schema",
        ),
        (
            {"text": "x", "metadata": {"event_type": "a", "event_payload": {"b": "c" * 9_000}}},
            "metadata_too_large",
        ),
        ({"text": "x", "thread_ts": "1700000000.000100"}, "thread_not_found"),
    ],
)
async def test_a_post_that_breaks_a_limit_is_refused(
    place: SlackPlace, content: dict[str, Any], error: str
) -> None:
    call = place.web.api_call("chat.postMessage", json={"channel": GENERAL, **content})
    assert await error_of(call) == error
    assert await place.shown() == []


async def test_a_reply_stands_under_its_root_only(place: SlackPlace) -> None:
    root = await place.say("root")
    reply = await post(place, "reply", thread_ts=root)
    assert await error_of(post(place, thread_ts=reply)) == "cannot_reply_to_message"
    history = (await place.web.conversations_history(channel=GENERAL))["messages"]
    assert [m["ts"] for m in history] == [root]
    assert history[0]["reply_count"] == 1
    assert history[0]["latest_reply"] == reply
    replies = (await place.web.conversations_replies(channel=GENERAL, ts=root))["messages"]
    assert [m["ts"] for m in replies] == [root, reply]
    assert replies[1]["parent_user_id"] == "U0ADA"


async def test_a_broadcast_reply_shows_in_the_channel_too(place: SlackPlace) -> None:
    root = await place.say("root")
    reply = await post(place, "reply", thread_ts=root, reply_broadcast=True)
    history = (await place.web.conversations_history(channel=GENERAL))["messages"]
    assert [m["ts"] for m in history] == [reply, root]


async def test_history_goes_newest_first_and_pages_by_cursor(place: SlackPlace) -> None:
    said = [await place.say(f"m{n}") for n in range(5)]
    first = await place.web.conversations_history(channel=GENERAL, limit=2)
    assert [m["text"] for m in first["messages"]] == ["m4", "m3"]
    assert first["has_more"] is True
    cursor = first["response_metadata"]["next_cursor"]
    second = await place.web.conversations_history(channel=GENERAL, limit=2, cursor=cursor)
    assert [m["text"] for m in second["messages"]] == ["m2", "m1"]
    between = await place.web.conversations_history(channel=GENERAL, oldest=said[1], latest=said[3])
    assert [m["text"] for m in between["messages"]] == ["m2"]
    inclusive = await place.web.conversations_history(
        channel=GENERAL, oldest=said[1], latest=said[3], inclusive=True
    )
    assert [m["text"] for m in inclusive["messages"]] == ["m3", "m2", "m1"]


async def test_a_place_can_be_asked_for_its_newest_messages_only(place: SlackPlace) -> None:
    for number in range(3):
        await place.say(f"m{number}")
    told = await place.control("GET", f"slack/channels/{GENERAL}?limit=2")
    assert [m["text"] for m in told["messages"]] == ["m1", "m2"]
    assert "limit" in await place.refused("GET", f"slack/channels/{GENERAL}?limit=x")


async def test_replies_page_from_the_oldest_with_the_root_first(place: SlackPlace) -> None:
    root = await place.say("root")
    said = [await place.say(f"r{n}", thread_ts=root) for n in range(3)]
    first = await place.web.conversations_replies(channel=GENERAL, ts=root, limit=2)
    assert [m["text"] for m in first["messages"]] == ["root", "r0", "r1"]
    cursor = first["response_metadata"]["next_cursor"]
    rest = await place.web.conversations_replies(channel=GENERAL, ts=root, limit=2, cursor=cursor)
    assert [m["text"] for m in rest["messages"]] == ["root", "r2"]
    later = await place.web.conversations_replies(channel=GENERAL, ts=root, oldest=said[1])
    assert [m["text"] for m in later["messages"]] == ["root", "r2"]
    missing = place.web.conversations_replies(channel=GENERAL, ts="1700000000.000100")
    assert await error_of(missing) == "thread_not_found"


async def test_metadata_is_read_only_when_asked_for(place: SlackPlace) -> None:
    metadata = {"event_type": "pinthread_message", "event_payload": {"delivery_id": "d1"}}
    await post(place, metadata=metadata)
    short = (await place.web.conversations_history(channel=GENERAL))["messages"][0]
    assert short["metadata"] == {"event_type": "pinthread_message"}
    full = await place.web.conversations_history(channel=GENERAL, include_all_metadata=True)
    assert full["messages"][0]["metadata"] == metadata


async def test_an_update_replaces_text_and_blocks_and_keeps_metadata(place: SlackPlace) -> None:
    metadata = {"event_type": "a", "event_payload": {"rev": 1}}
    ts = await post(place, blocks=[SECTION], metadata=metadata)
    await place.web.chat_update(channel=GENERAL, ts=ts, text="new", blocks=[SECTION])
    shown = (await place.shown())[0]
    assert (shown["text"], shown["edited"], shown["metadata"]) == ("new", None, metadata)
    await place.web.chat_update(channel=GENERAL, ts=ts, text="newer")
    shown = (await place.shown())[0]
    assert (shown["text"], shown["blocks"]) == ("newer", [])
    assert shown["edited"]["user"] == "U0PINTHREAD"
    await place.web.chat_update(channel=GENERAL, ts=ts, text="newest", metadata={})
    assert (await place.shown())[0]["metadata"] is None


async def test_the_bot_changes_and_deletes_only_its_own(place: SlackPlace) -> None:
    theirs, ours = await place.say("theirs"), await post(place)
    web = place.web
    assert await error_of(web.chat_update(channel=GENERAL, ts=theirs, text="x")) == (
        "cant_update_message"
    )
    assert await error_of(web.chat_delete(channel=GENERAL, ts=theirs)) == "cant_delete_message"
    await web.chat_delete(channel=GENERAL, ts=ours)
    assert await error_of(web.chat_delete(channel=GENERAL, ts=ours)) == "message_not_found"
    assert [m["text"] for m in await place.shown()] == ["theirs"]


async def test_a_deleted_root_with_replies_leaves_a_tombstone(place: SlackPlace) -> None:
    root = await post(place)
    await place.say("reply", thread_ts=root)
    await place.web.chat_delete(channel=GENERAL, ts=root)
    replies = (await place.web.conversations_replies(channel=GENERAL, ts=root))["messages"]
    assert [m.get("subtype") for m in replies] == ["tombstone", None]
    again = place.web.chat_delete(channel=GENERAL, ts=root)
    assert await error_of(again) == "message_not_found"


async def test_reactions_are_once_each(place: SlackPlace) -> None:
    ts = await place.say("x")
    at = {"channel": GENERAL, "timestamp": ts}
    await place.web.reactions_add(name="eyes", **at)
    assert await error_of(place.web.reactions_add(name="eyes", **at)) == "already_reacted"
    assert await error_of(place.web.reactions_add(name="Not One!", **at)) == "invalid_name"
    assert (await place.shown())[0]["reactions"] == [{"name": "eyes", "users": ["U0PINTHREAD"]}]
    await place.web.reactions_remove(name="eyes", **at)
    assert await error_of(place.web.reactions_remove(name="eyes", **at)) == "no_reaction"
    assert (await place.web.reactions_get(**at))["message"].get("reactions") is None


async def test_posting_is_limited_to_about_one_a_second_a_channel(place: SlackPlace) -> None:
    for _ in range(5):
        await post(place)
    with pytest.raises(SlackApiError) as refused:
        await post(place)
    assert refused.value.response.status_code == 429
    assert refused.value.response["error"] == "ratelimited"
    assert refused.value.response.headers["Retry-After"] == "1"
    await post(place, channel=INBOX)
    await place.control("PUT", "limits/slack", {"factor": 0})
    await post(place)


async def test_who_and_what_there_is(place: SlackPlace) -> None:
    web = place.web
    assert (await web.users_info(user="U0BO"))["user"]["real_name"] == "Bo Reyes"
    assert len((await web.users_list())["members"]) == 4
    assert await error_of(web.users_info(user="U0NOBODY")) == "user_not_found"
    listed = await web.conversations_list(types="public_channel,private_channel")
    assert [c["id"] for c in listed["channels"]] == [INBOX, GENERAL, QUIET]
    mine = await web.users_conversations(types="public_channel,private_channel")
    assert [c["id"] for c in mine["channels"]] == [INBOX, GENERAL]
    assert (await web.conversations_info(channel=INBOX))["channel"]["is_private"] is True
    assert "U0CLEO" in (await web.conversations_members(channel=INBOX))["members"]
    assert (await web.conversations_open(users="U0ADA"))["channel"]["id"] == "D0ADA"
    assert (await web.team_info())["team"]["name"] == "Northwind Home"
    assert (await web.bots_info(bot="B0PINTHREAD"))["bot"]["app_id"] == "A0PINTHREAD"
    assert (await web.emoji_list())["emoji"]["oak-tree"] == "alias:oak"
    picture = (await web.users_info(user="U0BO"))["user"]["profile"]["image_72"]
    async with place.http.get(picture) as answer:
        assert answer.content_type == "image/svg+xml"


async def test_a_post_to_a_person_goes_into_their_direct_messages(place: SlackPlace) -> None:
    answer = await place.web.chat_postMessage(channel="U0BO", text="hello")
    assert answer["channel"] == "D0BO"


async def test_an_ephemeral_is_seen_by_one_person(place: SlackPlace) -> None:
    await place.web.chat_postEphemeral(channel=GENERAL, user="U0BO", text="psst")
    assert [a["text"] for a in (await place.seen("U0BO"))["answers"]] == ["psst"]
    assert (await place.seen("U0ADA"))["answers"] == []
    assert await place.shown() == []


async def test_a_permalink_names_the_thread(place: SlackPlace) -> None:
    root = await place.say("root")
    reply = await place.say("reply", thread_ts=root)
    link = await place.web.chat_getPermalink(channel=GENERAL, message_ts=reply)
    assert link["permalink"].endswith(f"p{reply.replace('.', '')}?thread_ts={root}&cid={GENERAL}")


async def test_a_file_goes_up_in_two_steps_and_only_once(place: SlackPlace) -> None:
    root = await place.say("root")
    begun = await place.web.files_getUploadURLExternal(filename="a.txt", length=5)
    done = {"files": [{"id": begun["file_id"]}], "channel_id": INBOX}
    assert await error_of(place.web.files_completeUploadExternal(**done)) == "file_not_found"
    async with place.http.post(begun["upload_url"], data=b"hello") as answer:
        assert answer.status == 200
    done = {**done, "channel_id": GENERAL, "thread_ts": root, "initial_comment": "look"}
    await place.web.files_completeUploadExternal(**done)
    assert await error_of(place.web.files_completeUploadExternal(**done)) == "file_not_found"
    shown = (await place.shown())[1]
    assert (shown["text"], shown["thread_ts"]) == ("look", root)
    info = await place.web.files_info(file=begun["file_id"])
    assert "shares" not in info["file"], "where it is shown comes late"
    info = await place.web.files_info(file=begun["file_id"])
    assert info["file"]["shares"]["public"][GENERAL][0]["ts"] == shown["ts"]
    await _reads_as(place, info["file"]["url_private"], b"hello")


async def test_a_file_of_a_person_can_be_fetched_with_the_token(place: SlackPlace) -> None:
    await place.act("file", user="U0ADA", channel=GENERAL, name="oak.svg", content="<svg/>")
    file = (await place.shown())[0]["files"][0]
    assert file["mimetype"] == "image/svg+xml"
    await _reads_as(place, file["url_private"], b"<svg/>")
    async with place.http.get(file["url_private"]) as answer:
        assert answer.content_type == "text/html"


async def _reads_as(place: SlackPlace, url: str, content: bytes) -> None:
    async with place.http.get(url, headers={"Authorization": "Bearer xoxb-sandbox-bot"}) as got:
        assert await got.read() == content


async def test_the_files_v2_helper_of_the_sdk_works(place: SlackPlace) -> None:
    await place.web.files_upload_v2(channel=GENERAL, filename="n.txt", content="hi")
    assert (await place.shown())[0]["files"][0]["name"] == "n.txt"


async def test_power_off_cuts_every_call(place: SlackPlace) -> None:
    await place.control("PUT", "power/slack", {"on": False})
    with pytest.raises(aiohttp.ClientError):
        await place.web.auth_test()
    await place.control("PUT", "power/slack", {"on": True})
    await place.web.auth_test()


async def test_reset_brings_back_the_world_it_starts_with(place: SlackPlace) -> None:
    await place.say("x")
    await place.act("channel", name="new")
    await place.control("PUT", "limits/slack", {"factor": 5})
    await place.control("POST", "reset")
    assert await place.shown() == []
    world = await place.control("GET", "world")
    assert len(world["slack"]["channels"]) == 6
    assert world["limits"]["slack"] == 1.0


async def test_a_root_in_the_history_says_what_hangs_on_it(place: SlackPlace) -> None:
    root = await place.say("root")
    alone = await place.say("alone")
    for user in ("U0BO", "U0ADA", "U0BO"):
        last = await place.say("reply", user=user, thread_ts=root)
    edited = (await place.act("edit", user="U0ADA", channel=GENERAL, ts=root, text="new"))["edited"]
    await place.act("react", user="U0CLEO", channel=GENERAL, ts=root, name="eyes")
    told = await place.web.conversations_history(channel=GENERAL)
    found = {message["ts"]: message for message in told["messages"]}
    assert found[root] | {"blocks": []} == {
        "type": "message", "user": "U0ADA", "team": "T0NORTHWIND", "text": "new", "ts": root,
        "client_msg_id": found[root]["client_msg_id"], "blocks": [],
        "edited": {"user": "U0ADA", "ts": edited}, "thread_ts": root, "reply_count": 3,
        "reply_users": ["U0BO", "U0ADA"], "reply_users_count": 2, "latest_reply": last,
        "reactions": [{"name": "eyes", "users": ["U0CLEO"], "count": 1}],
    }  # fmt: skip
    assert "latest_reply" not in found[alone]
    await place.act("delete", user="U0BO", channel=GENERAL, ts=last)
    told = await place.web.conversations_history(channel=GENERAL)
    (again,) = [message for message in told["messages"] if message["ts"] == root]
    assert again["reply_count"] == 2
    assert again["latest_reply"] < last


async def test_reads_can_be_as_scarce_as_outside_the_marketplace(place: SlackPlace) -> None:
    await place.control("PUT", "slack/reads", {"per_minute": 1, "most": 15})
    root = await place.say("root")
    for n in range(20):
        await place.say(f"word {n}", thread_ts=root)
    told = await place.web.conversations_replies(channel=GENERAL, ts=root, limit=200)
    assert len(told["messages"]) == 1 + 15
    assert told["has_more"]
    again = place.web.conversations_replies(channel=GENERAL, ts=root)
    assert await error_of(again) == "ratelimited"
    await place.web.conversations_history(channel=GENERAL)
    assert await error_of(place.web.conversations_history(channel=GENERAL)) == "ratelimited"
    assert "above 0" in await place.refused("PUT", "slack/reads", {"most": 0})
    assert await place.control("PUT", "slack/reads", {}) == {
        "per_minute": 50.0, "most": 999, "people": 1_000
    }  # fmt: skip


async def test_reads_may_leave_out_some_who_reacted_but_count_them(place: SlackPlace) -> None:
    await place.control("PUT", "slack/reads", {"people": 2})
    ts = await place.say("oak?")
    for user in ("U0ADA", "U0BO", "U0CLEO"):
        await place.act("react", user=user, channel=GENERAL, ts=ts, name="+1")

    async def told(**more: Any) -> Any:
        answer = await place.web.reactions_get(channel=GENERAL, timestamp=ts, **more)
        return answer["message"]["reactions"]

    (message,) = (await place.web.conversations_history(channel=GENERAL))["messages"]
    few = [{"name": "+1", "users": ["U0ADA", "U0BO"], "count": 3}]
    assert message["reactions"] == await told() == few
    assert (await told(full=True))[0]["users"] == ["U0ADA", "U0BO", "U0CLEO"]


async def test_the_bytes_of_an_upload_can_be_struck_too(place: SlackPlace) -> None:
    begun = await place.web.files_getUploadURLExternal(filename="a.txt", length=2)
    await place.fault("upload", "status", status=503)
    async with place.http.post(begun["upload_url"], data=b"hi") as refused:
        assert refused.status == 503
    async with place.http.post(begun["upload_url"], data=b"hi") as taken:
        assert taken.status == 200


async def test_what_a_fault_holds_back_is_forgotten_by_a_reset(place: SlackPlace) -> None:
    await place.fault("chat.postMessage", "late", seconds=0.1)
    with pytest.raises(SlackApiError):
        await place.web.chat_postMessage(channel=GENERAL, text="late")
    await place.control("POST", "reset")
    held_back = [task for task in asyncio.all_tasks() if "_later" in repr(task)]
    await asyncio.wait_for(asyncio.gather(*held_back, return_exceptions=True), 30)
    assert await place.shown() == []
