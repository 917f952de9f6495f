"""What happens around people's talk in the sandbox's Slack: other apps, files, emoji, channels."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sandbox.slack_place import GENERAL, INBOX, SlackPlace, error_of, running


@pytest.fixture
async def place() -> AsyncIterator[SlackPlace]:
    async with running() as opened:
        yield opened


async def test_a_reaction_is_a_standard_emoji_or_a_custom_one(place: SlackPlace) -> None:
    where = {"channel": GENERAL, "timestamp": await place.say("hello")}
    for name in ("shrug", "wave::skin-tone-3", "oak", "oak-tree"):
        await place.web.reactions_add(name=name, **where)
    assert await error_of(place.web.reactions_add(name="elm", **where)) == "invalid_name"
    who = {"user": "U0BO", "channel": GENERAL, "ts": where["timestamp"]}
    assert "not the name" in await place.refused("POST", "slack/react", {**who, "name": "elm"})
    await place.control("PUT", "slack/emoji", {"name": "elm", "url": "alias:oak"})
    assert (await place.web.emoji_list())["emoji"]["elm"] == "alias:oak"
    await place.web.reactions_add(name="elm", **where)
    await place.control("PUT", "slack/emoji", {"name": "elm"})
    assert "elm" not in (await place.web.emoji_list())["emoji"]


async def test_many_reactions_can_be_made_with_one_call_and_a_bad_list_is_refused(
    place: SlackPlace,
) -> None:
    ts = await place.say("hello")
    body = {"user": "U0BO", "channel": GENERAL, "ts": ts}
    many = [{"name": "wave"}, {"name": "shrug"}, {"name": "wave", "remove": True}]
    told = await place.control("POST", "slack/react", {**body, "many": many})
    assert told == {"changed": True}
    shown = await place.control("GET", f"slack/channels/{GENERAL}")
    assert shown["messages"][-1]["reactions"] == [{"name": "shrug", "users": ["U0BO"]}]
    for bad in ([], ["wave"], "wave", [{"name": "wave"}] * 1_001):
        assert "many is" in await place.refused("POST", "slack/react", {**body, "many": bad})


async def test_a_message_may_hold_several_files_with_descriptions(place: SlackPlace) -> None:
    given = [{"name": "a.txt", "content": "one", "alt": "the first"},
             {"name": "b/c.txt", "content": "two"}]  # fmt: skip
    told = await place.act("file", user="U0ADA", channel=GENERAL, files=given)
    (shown,) = await place.shown()
    assert [f["id"] for f in shown["files"]] == told["files"]
    assert [f.get("alt_txt") for f in shown["files"]] == ["the first", None]
    headers = {"Authorization": "Bearer xoxb-sandbox-bot"}
    async with place.http.get(shown["files"][1]["url_private"], headers=headers) as answer:
        assert await answer.text() == "two"
    await place.control("PUT", "slack/scopes", {"scopes": ["chat:write"]})
    async with place.http.get(shown["files"][1]["url_private"], headers=headers) as answer:
        assert answer.content_type == "text/html"


async def test_the_app_deletes_its_own_files_only(place: SlackPlace) -> None:
    theirs = await place.act("file", user="U0ADA", channel=GENERAL, name="a.txt", content="one")
    assert await error_of(place.web.files_delete(file=theirs["file"])) == "cant_delete_file"
    begun = await place.web.files_getUploadURLExternal(filename="b.txt", length=3, alt_txt="b")
    async with place.http.post(begun["upload_url"], data=b"two"):
        pass
    await place.web.files_completeUploadExternal(
        files=[{"id": begun["file_id"]}], channel_id=GENERAL
    )
    info = await place.web.files_info(file=begun["file_id"])
    assert info["file"]["alt_txt"] == "b"
    await place.web.files_delete(file=begun["file_id"])
    assert await error_of(place.web.files_info(file=begun["file_id"])) == "file_not_found"


async def test_too_large_and_empty_files_are_refused(place: SlackPlace) -> None:
    for length, code in ((10**9, "file_upload_size_restricted"), (0, "invalid_arguments")):
        begun = place.web.files_getUploadURLExternal(filename="a", length=length)
        assert await error_of(begun) == code


async def test_the_app_hears_of_previews_forwards_and_other_apps(place: SlackPlace) -> None:
    async with place.socket() as program:
        ts = await place.say("see https://x.example/", INBOX)
        await place.act("unfurl", channel=INBOX, ts=ts, url="https://x.example/")
        changed = await program.hear(subtype="message_changed")
        assert changed["message"]["attachments"][0]["from_url"] == "https://x.example/"
        assert changed["message"]["text"] == changed["previous_message"]["text"]
        assert "edited" not in changed["message"]
        await place.act("share", user="U0BO", channel=INBOX, ts=ts, **{"from": INBOX})
        (share,) = (await program.hear())["attachments"]
        assert (share["is_share"], share["author_name"]) == (True, "Ada Lind")
        await place.act("bot", channel=INBOX, text="Ticket 12", thread_ts=ts)
        other = await program.hear()
        assert (other["bot_id"], other["app_id"]) == ("B0TICKETS", "A0TICKETS")
        assert other["thread_ts"] == ts
        await place.say("waves", INBOX, me=True)
        assert (await program.hear(subtype="me_message"))["text"] == "waves"


async def test_channels_are_renamed_and_deleted_and_stay_so(
    place: SlackPlace, tmp_path: Path
) -> None:
    async with running(tmp_path) as kept:
        await kept.say("hello")
        await kept.act("rename", channel=GENERAL, name="hall")
        info = await kept.web.conversations_info(channel=GENERAL)
        assert info["channel"]["name"] == "hall"
        made = (await kept.act("channel", name="passing"))["id"]
        assert "already" in await kept.refused(
            "POST", "slack/rename", {"channel": GENERAL, "name": "passing"}
        )
        await kept.act("remove", user="U0ADA", channel=made)
        assert await error_of(kept.web.conversations_info(channel=made)) == "channel_not_found"
    async with running(tmp_path) as kept:
        info = await kept.web.conversations_info(channel=GENERAL)
        assert info["channel"]["name"] == "hall"
