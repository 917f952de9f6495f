"""Files over real sockets: from Discord by their messages, to it as uploads."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncGenerator
from dataclasses import replace

import aiohttp
import pytest

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.outbound import CAPABILITIES, FILE_LIMIT
from core.delivery import Absent, Author, Failure, FailureKind, Part, PartKind, Receipt, Write
from core.files import FileId, FileRef
from core.intents import PostMessage, RemoteFile
from core.model import Mirror
from core.ports.adapter import FetchError
from tests.discord.conftest import (
    FORUM,
    GUILD,
    MIA,
    MIA_AUTHOR,
    FreeBudgets,
    MemoryFiles,
    Sandbox,
    direct,
    mirror,
    posting,
    text,
)
from tests.discord.fake_desk import FakeDesk
from tests.discord.test_over_sockets import EXECUTE, POST, placed

OAK_PICTURE = bytes(range(256)) * 1024


def sending(at: Mirror, file: FileRef, words: str = "", **given: object) -> Write:
    part = Part(PartKind.FILE, words, given.pop("author", MIA_AUTHOR), file=file)  # type: ignore[arg-type]
    return posting(f"file {file.name}", at, part, **given)


async def fetched(adapter: DiscordAdapter, file: RemoteFile) -> bytes:
    async with adapter.fetch(file) as chunks:
        return b"".join([bytes(chunk) async for chunk in chunks])


async def content(sandbox: Sandbox, url: str) -> bytes:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        assert answer.status == 200
        return await answer.read()


# --- from Discord


async def test_files_arrive_in_order_with_names_and_alt_and_can_be_fetched(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    files = [
        {
            "name": "oak.png",
            "base64": b64encode(OAK_PICTURE).decode(),
            "type": "image/png",
            "alt": "A desk of oak",
        },
        {"name": "plan.txt", "content": "140 cm", "type": "text/plain"},
    ]
    body = {"user": "Mia", "channel": at.space, "text": "look", "files": files}
    await sandbox.control("POST", "discord/say", body)
    await desk.until(lambda: desk.intents)
    what = desk.intents[0].what
    assert isinstance(what, PostMessage)
    assert what.text == "look"
    assert [(one.name, one.alt, one.media_type, one.size) for one in what.files] == [
        ("oak.png", "A desk of oak", "image/png", len(OAK_PICTURE)),
        ("plan.txt", "", "text/plain", 6),
    ]
    assert not any("http" in one.handle or "hm=" in one.handle for one in what.files)
    assert [await fetched(adapter, one) for one in what.files] == [OAK_PICTURE, b"140 cm"]


async def test_a_file_without_words_is_sent_and_a_voice_message_says_what_it_is(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    body = {"user": "Mia", "channel": at.space, "files": [{"name": "a.txt", "content": "a"}]}
    await sandbox.control("POST", "discord/say", body)
    voice = {"user": "Mia", "channel": at.space, "voice": b64encode(b"OggS").decode()}
    await sandbox.control("POST", "discord/say", voice)
    await desk.until(lambda: len(desk.intents) == 2)
    plain, spoken = (intent.what for intent in desk.intents)
    assert isinstance(plain, PostMessage)
    assert isinstance(spoken, PostMessage)
    assert (plain.text, len(plain.files)) == ("", 1)
    shown = "Voice message \u00b7 see it in Discord"
    assert (spoken.text, spoken.files[0].media_type) == (shown, "audio/ogg")
    assert f"https://discord.com/channels/{GUILD}/{at.space}/" in str(spoken.rich)
    assert await fetched(adapter, spoken.files[0]) == b"OggS"


async def test_the_files_of_a_forwarded_message_are_fetched_from_the_forward(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    body = {"user": "Kai", "channel": "chat", "text": "*look*"}
    body |= {"files": [{"name": "a.txt", "content": "abc"}]}
    first = (await sandbox.control("POST", "discord/say", body))["id"]
    forward = {"user": "Mia", "channel": at.space, "forward": first}
    await sandbox.control("POST", "discord/say", forward)
    await desk.until(lambda: desk.intents)
    what = desk.intents[0].what
    assert isinstance(what, PostMessage)
    assert await fetched(adapter, what.files[0]) == b"abc"


async def test_a_file_that_cannot_be_had_says_whether_it_may_be_later(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    body = {"user": "Mia", "channel": at.space, "files": [{"name": "a.txt", "content": "abc"}]}
    said = (await sandbox.control("POST", "discord/say", body))["id"]
    await desk.until(lambda: desk.intents)
    what = desk.intents[0].what
    assert isinstance(what, PostMessage)
    [file] = what.files
    read = "GET /channels/{channel_id}/messages/{message_id}"
    await sandbox.fault(read, "status", status=503)
    other = json.dumps({**json.loads(file.handle), "id": "1"})
    for again, one in (
        (True, file),
        (False, replace(file, handle=other)),
        (False, replace(file, handle="{")),
    ):
        with pytest.raises(FetchError) as failed:
            await fetched(adapter, one)
        assert failed.value.again is again
    assert await fetched(adapter, file) == b"abc"
    await sandbox.control("POST", "discord/delete", {"user": "Mia", "message": said})
    with pytest.raises(FetchError) as failed:
        await fetched(adapter, file)
    assert not failed.value.again


# --- to Discord


async def test_a_file_goes_out_under_its_authors_name_with_its_alt(
    adapter: DiscordAdapter, sandbox: Sandbox, files: MemoryFiles
) -> None:
    at = await placed(adapter, mirror(FORUM))
    for name in ("oak.png", 'a "strange"\r\nname ü 🌳.png'):
        file = files.add(OAK_PICTURE, name, "A desk of oak")
        done = await adapter.write(sending(at, file))
        assert isinstance(done, Receipt), done
        assert done.poster.startswith("webhook:")
        post = (await sandbox.messages(str(at.space)))[-1]
        assert (post["name"], post["content"]) == ("Mia", "")
        [shown] = post["files"]
        assert shown["size"] == len(OAK_PICTURE)
        assert (shown["description"], shown["content_type"]) == ("A desk of oak", "image/png")
        assert await content(sandbox, shown["url"]) == OAK_PICTURE
    assert "name ü 🌳.png" in shown["filename"]


async def test_a_file_in_direct_messages_says_who_sent_it_and_repeats_do_not_double(
    adapter: DiscordAdapter, sandbox: Sandbox, files: MemoryFiles
) -> None:
    at = await placed(adapter, direct())
    write = sending(at, files.add(OAK_PICTURE), author=Author("Kai"))
    await sandbox.fault(POST, "lost")
    failed = await adapter.write(write)
    assert isinstance(failed, Failure)
    assert not failed.certain
    done = await adapter.write(write)
    assert isinstance(done, Receipt), done
    _, post = await sandbox.messages(f"dm:{MIA}")
    assert post["content"] == "**Kai:** sent a file"
    assert await content(sandbox, post["files"][0]["url"]) == OAK_PICTURE


async def test_a_file_that_is_too_large_for_discord_becomes_a_link_to_its_copy(
    adapter: DiscordAdapter, sandbox: Sandbox, files: MemoryFiles
) -> None:
    assert CAPABILITIES.file == FILE_LIMIT == 10 * 2**20
    at = await placed(adapter, mirror(FORUM))
    file = replace(files.add(b"x", "film @everyone *1*.mp4"), size=30 * 2**20)
    done = await adapter.write(sending(at, file, "https://pins.test/files/abc"))
    assert isinstance(done, Receipt), done
    post = (await sandbox.messages(str(at.space)))[-1]
    assert post["content"] == (
        "film @\u200beveryone \\*1\\*.mp4 (30 MiB): https://pins.test/files/abc"
    )


async def test_a_file_that_is_gone_or_refused_holds_nothing_up(
    adapter: DiscordAdapter, sandbox: Sandbox, files: MemoryFiles
) -> None:
    at = await placed(adapter, mirror(FORUM))
    gone = FileRef(FileId("0" * 64), "gone.png", "image/png", 3)
    large = files.add(bytes(FILE_LIMIT + 1), "large.png")
    refused = files.add(b"abc", "small.png")
    await sandbox.fault(EXECUTE, "status", status=413, body={"code": 40005, "message": "no"})
    for file, code in ((gone, "file_gone"), (large, "discord_40005"), (refused, "discord_40005")):
        failed = await adapter.write(sending(at, file))
        assert isinstance(failed, Failure)
        assert (failed.kind, failed.code, failed.certain) == (FailureKind.EVENT, code, True)
    assert isinstance(await adapter.write(text(at, "words")), Receipt)


async def test_a_file_whose_answer_was_lost_is_found_by_name_and_size(
    adapter: DiscordAdapter, sandbox: Sandbox, files: MemoryFiles
) -> None:
    at = await placed(adapter, mirror(FORUM))
    other = await adapter.write(sending(at, files.add(b"other", "oak desk.png")))
    assert isinstance(other, Receipt)
    write = sending(at, files.add(OAK_PICTURE, "oak desk.png"), anchor=at.root)
    assert await adapter.find(write) == Absent()
    await sandbox.fault(EXECUTE, "lost")
    failed = await adapter.write(write)
    assert isinstance(failed, Failure)
    assert not failed.certain
    later = DiscordAdapter(sandbox.settings(), FreeBudgets(), files)
    found = await later.find(write)
    await later.stop()
    assert isinstance(found, Receipt), found
    assert found.remote == f"{at.space}:{(await sandbox.messages(str(at.space)))[-1]['id']}"
    assert await adapter.find(replace(write, known=frozenset({found.remote}))) == Absent()


async def test_a_webhook_that_is_gone_costs_no_bytes_of_the_file(
    adapter: DiscordAdapter, sandbox: Sandbox, files: MemoryFiles
) -> None:
    at = await placed(adapter, mirror(FORUM))
    first = await adapter.write(sending(at, files.add(b"first")))
    assert isinstance(first, Receipt)
    await adapter._rest.call("DELETE", f"/webhooks/{first.poster.removeprefix('webhook:')}")
    second = await adapter.write(sending(at, files.add(OAK_PICTURE), author=Author("everyone")))
    assert isinstance(second, Receipt), second
    post = (await sandbox.messages(str(at.space)))[-1]
    assert await content(sandbox, post["files"][0]["url"]) == OAK_PICTURE


class Failing(MemoryFiles):
    """Stops in the middle of a file."""

    async def open(
        self, file: FileId, start: int = 0, stop: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        yield self.content[file][:1000]
        raise OSError("the disk is gone")


async def test_a_file_that_fails_on_its_way_is_unclear_and_not_there(sandbox: Sandbox) -> None:
    files = Failing()
    adapter = DiscordAdapter(sandbox.settings(timeout=2.0), FreeBudgets(), files)
    at = await placed(adapter, mirror(FORUM))
    write = sending(at, files.add(OAK_PICTURE), anchor=at.root)
    async with asyncio.timeout(10):
        failed = await adapter.write(write)
    assert isinstance(failed, Failure)
    assert (failed.kind, failed.certain) == (FailureKind.TRANSIENT, False)
    assert await adapter.find(write) == Absent()
    await adapter.stop()
