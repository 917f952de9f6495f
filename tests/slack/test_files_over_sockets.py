"""Files in both directions: what comes in names them; bytes are streamed either way."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.slack import SlackAdapter
from core.delivery import (
    Absent,
    Author,
    Failure,
    FailureKind,
    Part,
    PartKind,
    Receipt,
    Step,
    Verb,
    Write,
)
from core.files import FileRef
from core.ids import RemoteId
from core.intents import PostMessage, RemoteFile
from core.ports.adapter import FetchError
from tests.slack.fake_desk import FakeDesk
from tests.slack.slack_world import INBOX, KeptFiles, World, about, card, mirror, texts, write

LARGE = bytes(range(256)) * 2_048
FILES = KeptFiles(b"hello", LARGE)


@pytest.fixture(params=["http", "socket"])
async def adapter(
    request: pytest.FixtureRequest, world: World, desk: FakeDesk
) -> AsyncIterator[SlackAdapter]:
    async with world.adapter(request.param, desk, files=FILES) as opened:
        yield opened


@pytest.fixture
async def over_http(world: World, desk: FakeDesk) -> AsyncIterator[SlackAdapter]:
    async with world.adapter("http", desk, files=FILES) as opened:
        yield opened


async def thread(adapter: SlackAdapter) -> str:
    receipt = await adapter.write(card())
    assert isinstance(receipt, Receipt), receipt
    return str(receipt.space)


def put(file: FileRef, space: str, copy: str = "", name: str = "Mia", **more: object) -> Write:
    part = Part(PartKind.FILE, copy, Author(name), file=file)
    at = mirror(space.partition(":")[0], space)
    return write("d-file", at, Step(Verb.POST, 0, part), anchor=RemoteId(space), **more)


async def until_done(adapter: SlackAdapter, begun: Write) -> tuple[Receipt, list[Write]]:
    """As a lane does it: each receipt says what the next call is."""
    steps = [begun]
    while True:
        result = await adapter.write(steps[-1])
        assert isinstance(result, Receipt), result
        if result.inner is None:
            return result, steps
        steps.append(replace(begun, inner=result.inner, data=result.data))


async def fetched(adapter: SlackAdapter, file: RemoteFile) -> bytes:
    async with adapter.fetch(file) as content:
        return b"".join([bytes(piece) async for piece in content])


async def test_files_of_a_message_come_in_order_with_name_type_and_alt(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = (await thread(adapter)).partition(":")[2]
    given = [
        {"name": "oak.png", "base64": base64.b64encode(LARGE).decode(), "alt": "an oak desk"},
        {"name": "../../etc/a b?.txt", "content": "hello"},
    ]
    await world.act("file", user="U0ADA", channel=INBOX, thread_ts=root, text="look", files=given)
    what = (await desk.intent()).what
    assert isinstance(what, PostMessage)
    assert what.text == "look"
    first, second = what.files
    assert (first.name, first.media_type, first.size) == ("oak.png", "image/png", len(LARGE))
    assert (first.alt, second.alt) == ("an oak desk", "")
    assert second.name == "../../etc/a b?.txt"
    assert await fetched(adapter, first) == LARGE
    assert await fetched(adapter, second) == b"hello"


async def test_a_file_without_words_is_a_message(
    adapter: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = (await thread(adapter)).partition(":")[2]
    await world.act(
        "file", user="U0ADA", channel=INBOX, thread_ts=root, name="a.txt", content="hello"
    )
    what = (await desk.intent()).what
    assert isinstance(what, PostMessage)
    assert (what.text, len(what.files)) == ("", 1)


async def test_a_file_that_says_only_its_id_is_asked_for(
    over_http: SlackAdapter, world: World, desk: FakeDesk
) -> None:
    root = (await thread(over_http)).partition(":")[2]
    told = await world.act(
        "file", user="U0ADA", channel=INBOX, thread_ts=root, name="a.txt", content="hello"
    )
    bare = RemoteFile("a.txt", json.dumps({"id": told["file"]}))
    assert await fetched(over_http, bare) == b"hello"


async def failed(adapter: SlackAdapter, file: RemoteFile) -> FetchError:
    with pytest.raises(FetchError) as raised:
        await fetched(adapter, file)
    return raised.value


async def test_a_sign_in_page_is_no_file(
    world: World, desk: FakeDesk, over_http: SlackAdapter
) -> None:
    root = (await thread(over_http)).partition(":")[2]
    for name in ("a.txt", "page.html"):
        await world.act(
            "file", user="U0ADA", channel=INBOX, thread_ts=root, name=name, content="<b>hi</b>"
        )
        what = (await desk.intent()).what
        assert isinstance(what, PostMessage)
        assert await fetched(over_http, what.files[0]) == b"<b>hi</b>"
        await world.control("PUT", "slack/scopes", {"scopes": ["chat:write"]})
        error = await failed(over_http, what.files[0])
        assert "sign-in" in error.reason
        assert not error.again
        await world.control("PUT", "slack/scopes", {})


@pytest.mark.parametrize(
    "address",
    [
        "https://files.example.com/a",
        "http://files.slack.com/a",
        "https://slack.com.example.com/a",
        "https://evilslack.com/a",
        "http://127.0.0.1:1/a",
        "file:///etc/passwd",
        "https://[::1",
        "",
    ],
)
async def test_the_token_goes_to_slack_alone(over_http: SlackAdapter, address: str) -> None:
    file = RemoteFile("a", json.dumps({"id": "F0NONE", "url": address}))
    assert not (await failed(over_http, file)).again


async def test_what_may_pass_is_tried_again(over_http: SlackAdapter, world: World) -> None:
    gone = RemoteFile("a", json.dumps({"id": "F0NONE"}))
    assert not (await failed(over_http, gone)).again
    await world.fault("files.info", "status", status=503)
    assert (await failed(over_http, gone)).again
    await world.control("PUT", "power/slack", {"on": False})
    url = f"{world.url}/slack/files/F0NONE/a"
    assert (await failed(over_http, RemoteFile("a", json.dumps({"id": "F", "url": url})))).again
    await world.control("PUT", "power/slack", {"on": True})


@pytest.mark.parametrize("n", [0, 1])
async def test_a_file_goes_up_in_steps_and_stands_in_the_thread_under_its_authors_name(
    adapter: SlackAdapter, world: World, desk: FakeDesk, n: int
) -> None:
    space = await thread(adapter)
    file = FILES.ref(n, "oak <!channel>.png", alt="an <!here> oak")
    receipt, steps = await until_done(adapter, put(file, space))
    assert [step.inner for step in steps] == [0, 1, 2, 3]
    shown = (await world.shown())[1]
    assert receipt.remote == f"{INBOX}:{shown['ts']}"
    assert shown["thread_ts"] == space.partition(":")[2]
    assert "*Mia*" in texts(shown)
    (kept,) = shown["files"]
    assert (kept["name"], kept["alt_txt"]) == ("oak ‹!channel›.png", "an ‹!here› oak")
    got = RemoteFile("x", json.dumps({"id": kept["id"], "url": kept["url_private"]}))
    assert await fetched(adapter, got) == list(FILES.contents.values())[n]
    assert desk.intents.empty()


async def test_a_deleted_file_goes_from_the_workspace_too(
    over_http: SlackAdapter, world: World
) -> None:
    space = await thread(over_http)
    receipt, steps = await until_done(over_http, put(FILES.ref(0, "a.txt"), space))
    gone = about(Verb.DELETE, receipt.remote, space, poster=receipt.poster)
    # Not done before the file has gone too: its message alone may be asked for again.
    await world.fault("files.delete", "status", status=503)
    away = await over_http.write(gone)
    assert isinstance(away, Failure)
    assert away.kind is FailureKind.TRANSIENT
    assert isinstance(await over_http.write(gone), Receipt)
    assert len(await world.shown()) == 1
    bare = RemoteFile("a.txt", json.dumps({"id": steps[-1].data["file"]}))
    assert not (await failed(over_http, bare)).again


async def test_a_completion_whose_answer_was_lost_is_found_and_not_made_twice(
    over_http: SlackAdapter, world: World
) -> None:
    space = await thread(over_http)
    begun = put(FILES.ref(0, "a.txt"), space)
    await world.fault("files.completeUploadExternal", "lost")
    at = begun
    while at.inner != 2:
        result = await over_http.write(at)
        assert isinstance(result, Receipt)
        assert result.inner is not None
        at = replace(begun, inner=result.inner, data=result.data)
    unclear = await over_http.write(at)
    assert isinstance(unclear, Failure)
    assert not unclear.certain
    found = await over_http.find(at)
    while isinstance(found, Absent):
        found = await over_http.find(at)
    assert isinstance(found, Receipt)
    assert found.inner is None
    again = await over_http.write(at)
    assert isinstance(again, Receipt)
    assert again.inner == 3
    assert len(await world.shown()) == 2


async def test_a_completion_that_was_not_made_is_absent(
    over_http: SlackAdapter, world: World
) -> None:
    space = await thread(over_http)
    begun = put(FILES.ref(0, "a.txt"), space)
    first = await over_http.write(begun)
    assert isinstance(first, Receipt)
    at = replace(begun, inner=2, data=first.data)
    assert await over_http.find(at) == Absent()


async def test_an_upload_that_slack_has_forgotten_begins_anew_a_few_times(
    over_http: SlackAdapter, world: World
) -> None:
    space = await thread(over_http)
    begun = put(FILES.ref(0, "a.txt"), space)
    lost = {"file": "F0NONE", "address": f"{world.url}/slack/upload/F0NONE"}
    for inner in (1, 2):
        anew = await over_http.write(replace(begun, inner=inner, data=lost))
        assert isinstance(anew, Receipt)
        assert (anew.inner, anew.data) == (0, {"rounds": "1"})
    last = await over_http.write(replace(begun, inner=1, data=lost | {"rounds": "2"}))
    assert isinstance(last, Failure)
    assert last.kind is FailureKind.EVENT


async def test_a_file_that_is_not_kept_any_more_or_too_large_is_refused_for_good(
    over_http: SlackAdapter, world: World
) -> None:
    space = await thread(over_http)
    begun = put(FILES.ref(7, "a.txt"), space)
    first = await over_http.write(begun)
    assert isinstance(first, Receipt)
    refused = await over_http.write(replace(begun, inner=1, data=first.data))
    assert isinstance(refused, Failure)
    assert (refused.kind, refused.code) == (FailureKind.EVENT, "file_gone")
    large = replace(FILES.ref(0, "a.txt"), size=10**9)
    refused = await over_http.write(put(large, space))
    assert isinstance(refused, Failure)
    assert (refused.kind, refused.code) == (FailureKind.EVENT, "file_upload_size_restricted")
    assert "smaller" in refused.remedy


async def test_a_file_too_large_for_the_place_is_a_line_with_a_link(
    over_http: SlackAdapter, world: World
) -> None:
    space = await thread(over_http)
    large = replace(FILES.ref(0, "film <!channel>.mp4"), size=3 * 2**30)
    receipt = await over_http.write(put(large, space, copy="https://pins.example/files/1"))
    assert isinstance(receipt, Receipt)
    assert receipt.inner is None
    shown = (await world.shown())[1]
    assert shown["name"] == "Mia"
    assert "<https://pins.example/files/1|film &lt;!channel&gt;.mp4>" in texts(shown)
    assert "3 GiB" in texts(shown)
