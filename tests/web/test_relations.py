"""Follows, requests, blocks, search and one's own data on the web, over the real program."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bridge.desk import Desk
from bridge.intake.intake import Intake
from bridge.intake.standing import Rules
from bridge.operator.erasing import Erasing
from bridge.operator.exporting import Exporting
from bridge.pins import Pins
from bridge.reading.markup import Markdown
from bridge.reading.searching import Searching
from bridge.store import open_store
from bridge.telemetry import Metrics
from bridge.wakeup import LocalWakeups
from core.brand import BrandRules, Role
from core.ids import AccountId
from core.model import Account, AccountKind
from core.ports.store import Store
from core.standing import Edge
from tests.office.desk_world import DESK_PIN, LAMP, Pinterest
from tests.web.conftest import Client, World
from web.server import Server
from web.sessions import SECRET, sign_link
from web.settings import Settings

OAK = DESK_PIN.url


def account(handle: str, kind: AccountKind = AccountKind.PERSON) -> Account:
    return Account(AccountId(f"id-of-{handle}"), kind, handle, handle.title())


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'history.sqlite'}")
    await store.open()
    for handle in ("mia", "rosa", "kai"):
        await store.put_account(account(handle), ())
    await store.put_account(account("northwind", AccountKind.BRAND), ())
    yield store
    await store.close()


@pytest.fixture
async def world(store: Store, settings: Settings, tmp_path: Path) -> AsyncIterator[World]:
    wakeups = LocalWakeups()
    rules = Rules(per_minute=0, other=BrandRules(hold=0, staff_role=Role.AGENT))
    intake = Intake(store, wakeups, now, rules)
    desk = Desk(store, intake, wakeups, Metrics(), now)
    searching = Searching(store, tmp_path / "history.sqlite", wakeups, desk.find_people)
    exporting = Exporting(store, tmp_path / "exports", lambda file: f"/copy/{file.id}", now)
    erasing = Erasing(store, desk.submit, searching.forget, now, exporting.forget)
    desk.connect(None, Pins(store, Pinterest(), desk.submit, now))  # type: ignore[arg-type]
    desk.serve(searching, exporting, erasing, {}, lambda token: f"/exports/{token}")
    server = Server(desk, settings, Markdown())
    await server.start()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        made = World(desk, server, http)  # type: ignore[arg-type]
        made.erasing, made.searching = erasing, searching  # type: ignore[attr-defined]
        yield made
    await server.stop()
    await searching.stop()


async def done(client: Client, method: str, path: str, body: object = None) -> dict[str, object]:
    status, answer, _ = await client(method, path, body)
    assert status < 300, (status, answer)
    found: dict[str, object] = answer
    return found


async def started(client: Client, *to: str, text: str = "does this come in oak?") -> str:
    body = {"to": to, "pin": OAK, "text": text}
    answer = await done(client, "POST", "/api/threads", body)
    thread: dict[str, str] = answer["thread"]  # type: ignore[assignment]
    return thread["id"]


async def test_a_brand_is_followed_before_it_is_asked_and_follows_back_by_accepting(
    world: World,
) -> None:
    mia, brand = await world.client("mia"), await world.client("northwind")
    body = {"to": ["northwind"], "pin": OAK, "text": "oak?"}
    status, refused, _ = await mia("POST", "/api/threads", body)
    assert (status, refused["code"]) == (403, "follow_not_mutual")
    await done(mia, "PUT", "/api/people/northwind/follow")
    assert [one["handle"] for one in (await done(mia, "GET", "/api/follows"))["people"]] == [  # type: ignore[attr-defined]
        "northwind"
    ]
    thread = await started(mia, "northwind")
    requests = (await done(brand, "GET", "/api/threads?which=requests"))["threads"]
    assert [(row["id"], row["request"]) for row in requests] == [(thread, "pending")]  # type: ignore[attr-defined]
    view = await done(brand, "POST", f"/api/threads/{thread}/accept")
    assert view["request"] == "accepted"
    await done(mia, "POST", f"/api/threads/{thread}/messages", {"text": "and in ash?"})
    await done(mia, "DELETE", "/api/people/northwind/follow")
    status, refused, _ = await mia("POST", f"/api/threads/{thread}/messages", {"text": "hello?"})
    assert (status, refused["code"]) == (403, "follow_not_mutual")


async def test_a_first_message_waits_and_the_second_is_refused_until_it_is_accepted(
    world: World,
) -> None:
    mia, rosa = await world.client("mia"), await world.client("rosa")
    thread = await started(mia, "rosa")
    path = f"/api/threads/{thread}"
    status, refused, _ = await mia("POST", f"{path}/messages", {"text": "hello?"})
    assert (status, refused["code"]) == (403, "request_pending")
    assert (await done(rosa, "GET", path))["request"] == "pending"
    assert (await done(mia, "GET", path))["request"] == "none"
    await done(rosa, "POST", f"{path}/ignore")
    assert (await done(rosa, "GET", "/api/threads"))["threads"] == []
    status, same, _ = await mia("POST", f"{path}/messages", {"text": "hello?"})
    assert (status, same["detail"]) == (403, refused["detail"])
    await done(rosa, "POST", f"{path}/accept")
    await done(mia, "POST", f"{path}/messages", {"text": "hello!"})


async def test_whoever_is_blocked_cannot_tell(world: World) -> None:
    mia, rosa = await world.client("mia"), await world.client("rosa")
    thread = await started(mia, "rosa")
    await done(rosa, "POST", f"/api/threads/{thread}/accept")
    await done(rosa, "PUT", "/api/people/mia/block")
    sent = await done(mia, "POST", f"/api/threads/{thread}/messages", {"text": "still there?"})
    assert sent["line"]["text"] == "still there?"  # type: ignore[index]
    page = await done(rosa, "GET", f"/api/threads/{thread}/messages")
    assert "still there?" not in json.dumps(page)
    assert (await done(rosa, "GET", "/api/search?q=still"))["hits"] == []
    body = {"to": ["rosa"], "pin": LAMP.url, "text": "hello"}
    _, refused, _ = await mia("POST", "/api/threads", body)
    _, nobody, _ = await mia("POST", "/api/threads", {**body, "to": ["nobody"]})
    assert refused["code"] == nobody["code"] == "cannot_message"
    assert refused["detail"].replace("@rosa", "@nobody") == nobody["detail"]


async def lines_of(client: Client, thread: str) -> dict[str, dict[str, object]]:
    """What somebody reads of the messages of a thread."""
    page = await done(client, "GET", f"/api/threads/{thread}/messages")
    lines: list[dict[str, object]] = page["lines"]  # type: ignore[assignment]
    return {str(line["message"]): line for line in lines if line["kind"] == "message"}


async def test_what_is_edited_after_a_block_does_not_reach_whoever_blocked(world: World) -> None:
    mia, rosa, kai = [await world.client(one) for one in ("mia", "rosa", "kai")]
    thread = await started(mia, "rosa", "kai", text="first words")
    path = f"/api/threads/{thread}"
    for friend in (rosa, kai):
        await done(friend, "POST", f"{path}/accept")
    (message,) = await lines_of(rosa, thread)
    await done(mia, "PATCH", f"{path}/messages/{message}", {"text": "second words"})
    await done(rosa, "PUT", "/api/people/mia/block")
    await done(mia, "PATCH", f"{path}/messages/{message}", {"text": "hateful words"})
    assert (await lines_of(kai, thread))[message]["text"] == "hateful words"
    assert (await lines_of(rosa, thread))[message]["text"] == "second words"
    one = await done(kai, "POST", f"{path}/messages", {"text": "calm down", "answers": message})
    answer = str(one["line"]["message"])  # type: ignore[index]
    assert "second words" in str((await lines_of(rosa, thread))[answer]["answers"])
    assert (await done(rosa, "GET", "/api/search?q=hateful"))["hits"] == []
    assert len((await done(kai, "GET", "/api/search?q=hateful"))["hits"]) == 1  # type: ignore[arg-type]
    assert "hateful" not in str(await archive(world, rosa))
    assert "hateful" not in json.dumps(await done(rosa, "GET", "/api/threads"))
    # Whoever blocked may still react to what they see.
    await done(rosa, "PUT", f"{path}/messages/{message}/reactions/❤️")
    # With the block gone the next edit crosses, and so does the delete of what has crossed.
    await done(rosa, "DELETE", "/api/people/mia/block")
    await done(mia, "PATCH", f"{path}/messages/{message}", {"text": "sorry"})
    assert (await lines_of(rosa, thread))[message]["text"] == "sorry"


async def test_a_reaction_names_nobody_who_is_in_a_block_with_its_reader(world: World) -> None:
    mia, rosa, kai = [await world.client(one) for one in ("mia", "rosa", "kai")]
    thread = await started(mia, "rosa", "kai")
    path = f"/api/threads/{thread}"
    for friend in (rosa, kai):
        await done(friend, "POST", f"{path}/accept")
    (message,) = await lines_of(rosa, thread)
    for friend in (mia, kai):
        await done(friend, "PUT", f"{path}/messages/{message}/reactions/👍")
    await done(rosa, "PUT", "/api/people/kai/block")
    await done(kai, "PUT", f"{path}/messages/{message}/reactions/🔥")
    await done(rosa, "PUT", f"{path}/messages/{message}/reactions/❤️")

    async def named(client: Client) -> str:
        return json.dumps((await lines_of(client, thread))[message]["reactions"])

    assert "Kai" not in await named(rosa), "neither from before the block nor from after it"
    assert "Mia" in await named(rosa)
    assert "Rosa" not in await named(kai)
    told = await named(mia)
    assert all(name in told for name in ("Kai", "Rosa", "Mia"))


async def test_notes_stay_with_the_brand(world: World) -> None:
    mia, brand = await world.client("mia"), await world.client("northwind")
    await done(mia, "PUT", "/api/people/northwind/follow")
    thread = await started(mia, "northwind")
    path = f"/api/threads/{thread}"
    await done(brand, "POST", f"{path}/accept")
    note = await done(brand, "POST", f"{path}/messages", {"text": "secretword", "note": True})
    assert note["line"]["note"] is True  # type: ignore[index]
    await done(brand, "PUT", f"{path}/status", {"status": "resolved"})
    for address in ("", "/messages"):
        assert "secretword" not in json.dumps(await done(mia, "GET", path + address))
    assert "desk" in await done(brand, "GET", path)
    assert (await done(mia, "GET", path))["desk"] is None
    assert (await done(mia, "GET", "/api/search?q=secretword"))["hits"] == []
    assert len((await done(brand, "GET", "/api/search?q=secretword"))["hits"]) == 1  # type: ignore[arg-type]
    status, refused, _ = await mia("POST", f"{path}/messages", {"text": "psst", "note": True})
    assert (status, refused["code"]) == (403, "not_a_brand")
    assert "secretword" not in str(await archive(world, mia))


async def archive(world: World, client: Client) -> dict[str, object]:
    """The JSON of somebody's export, downloaded as a browser would."""
    made = await done(client, "POST", "/api/me/export")
    async with world.http.get(f"{world.url}{made['url']}") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")
        packed = zipfile.ZipFile(io.BytesIO(await answer.read()))
    html = packed.read("history.html").decode()
    assert "<script" not in html
    found: dict[str, object] = json.loads(packed.read("history.json"))
    return {**found, "html": html}


async def test_an_export_holds_what_one_can_read(world: World) -> None:
    mia, rosa = await world.client("mia"), await world.client("rosa")
    thread = await started(mia, "rosa", text="oak & <script>alert(1)</script>")
    await done(rosa, "POST", f"/api/threads/{thread}/accept")
    await done(rosa, "POST", f"/api/threads/{thread}/messages", {"text": "**yes**, oak"})
    found = await archive(world, mia)
    (only,) = found["threads"]  # type: ignore[misc]
    texts = [line["text"] for line in only["lines"] if line["kind"] == "message"]
    assert texts == ["oak & <script>alert(1)</script>", "**yes**, oak"]
    assert only["pin"]["url"] == OAK
    assert "&lt;script&gt;" in str(found["html"])
    kai = await archive(world, await world.client("kai"))
    assert kai["threads"] == []
    async with world.http.get(f"{world.url}/exports/{'0' * 32}") as answer:
        assert answer.status == 404


async def test_whoever_leaves_for_good_leaves_no_words(
    world: World, store: Store, tmp_path: Path
) -> None:
    mia, rosa = await world.client("mia"), await world.client("rosa")
    thread = await started(mia, "rosa", text="my own words about oak")
    await done(rosa, "POST", f"/api/threads/{thread}/accept")
    await done(rosa, "POST", f"/api/threads/{thread}/messages", {"text": "what others wrote"})
    status, refused, _ = await mia("POST", "/api/me/forget", {"handle": "rosa"})
    assert (status, refused["code"]) == (422, "not_sure")
    archives = [(await done(one, "POST", "/api/me/export"))["url"] for one in (mia, rosa)]
    token = sign_link(await world.desk.secret(SECRET), AccountId("id-of-mia"), now())
    await done(mia, "POST", "/api/me/forget", {"handle": "@mia"})
    await world.erasing.take()  # type: ignore[attr-defined]
    page = json.dumps(await done(rosa, "GET", f"/api/threads/{thread}/messages"))
    assert "my own words" not in page
    assert "what others wrote" in page
    assert "Somebody who left" in page
    assert "Mia" not in page
    assert (await done(rosa, "GET", "/api/search?q=words"))["hits"] == []
    assert await store.account_by_handle("mia") is None
    status, _, _ = await mia("POST", f"/api/threads/{thread}/messages", {"text": "back again"})
    assert status >= 400
    # Nor does a page that is open, a link to sign in, or an archive lead back.
    for path in ("/api/me", "/api/threads", f"/api/threads/{thread}/messages", "/api/live"):
        status, refused, _ = await mia("GET", path)
        assert (status, refused["code"]) == (401, "sign_in")
    nobody = await world.client()
    for method in ("GET", "POST"):
        assert (await nobody(method, f"/link/{token}"))[0] == 410
    for url, found in zip(archives, (404, 200), strict=True):
        async with world.http.get(f"{world.url}{url}") as answer:
            assert answer.status == found
    await world.searching.stop()  # type: ignore[attr-defined]
    await store.close()
    await store.open()
    for file in tmp_path.iterdir():
        assert file.is_dir() or b"my own words" not in file.read_bytes(), file.name


async def test_a_thread_is_muted_reported_and_assigned(world: World, store: Store) -> None:
    mia, rosa = await world.client("mia"), await world.client("rosa")
    thread = await started(mia, "rosa")
    path = f"/api/threads/{thread}"
    await done(rosa, "POST", f"{path}/accept")
    assert (await done(rosa, "PUT", f"{path}/mute"))["muted"] is True
    assert (await done(mia, "GET", path))["muted"] is False
    assert (await done(rosa, "DELETE", f"{path}/mute"))["muted"] is False
    await done(rosa, "POST", f"{path}/report", {"reason": "spam"})
    status, refused, _ = await mia("PUT", f"{path}/assignee", {"to": "rosa"})
    assert (status, refused["code"]) == (403, "not_a_brand")
    status, refused, _ = await rosa("POST", f"{path}/people/remove", {"remove": ["mia"]})
    assert (status, refused["code"]) == (403, "not_creator")


async def test_a_time_outside_the_calendar_is_refused(world: World) -> None:
    mia = await world.client("mia")
    path = f"/api/threads/{await started(mia, 'rosa')}/status"
    for until in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-01-01T00:00:00"):
        status, refused, _ = await mia("PUT", path, {"status": "snoozed", "until": until})
        assert (status, refused["code"]) == (400, "bad_request"), until


async def test_what_one_is_told_is_kept_and_checked(world: World) -> None:
    mia = await world.client("mia")
    path = "/api/me/notifications"
    assert (await done(mia, "GET", path))["notify"] == "all"
    wish = {
        "notify": "mentions",
        "quiet_from": "22:00",
        "quiet_to": "07:30",
        "zone": "Europe/Berlin",
    }
    assert await done(mia, "PUT", path, wish) == wish
    assert await done(mia, "GET", path) == wish
    typed = {**wish, "quiet_to": "7:30"}  # kept in the one form that the timers read
    assert await done(mia, "PUT", path, typed) == wish
    for wrong in (
        {"notify": "some"},
        {"quiet_from": "25:00"},
        {"quiet_to": ""},
        {"zone": "../../etc/passwd"},
        {"zone": "Nowhere/At"},
    ):
        assert (await mia("PUT", path, {**wish, **wrong}))[0] == 422


async def test_a_brands_page_is_there_for_everybody_and_follows_by_its_button(
    world: World, store: Store
) -> None:
    anybody = Client(world.url, world.http, {})
    async with world.http.get(f"{world.url}/b/northwind") as answer:
        html = await answer.text()
        assert answer.status == 200
    assert "<svg" in html
    assert "Northwind" in html
    assert "Unfollow" not in html
    assert "In Discord</h2><p>Use <code>/pin people follow</code>" in html
    assert (await anybody("GET", "/b/mia"))[0] == 404
    mia = await world.client("mia")
    async with world.http.post(
        f"{world.url}/b/northwind", data={"on": "1"}, headers=mia.cookie, allow_redirects=False
    ) as answer:
        assert answer.status == 303
    async with world.http.get(f"{world.url}/b/northwind", headers=mia.cookie) as answer:
        assert "Unfollow" in await answer.text()
    many = [Edge(AccountId("id-of-mia"), AccountId(f"somebody-{n}")) for n in range(1_001)]
    await store.change(many, now() + timedelta(days=1))
    async with world.http.get(f"{world.url}/b/northwind", headers=mia.cookie) as answer:
        assert "Unfollow" in await answer.text(), "however many others one follows"


async def test_a_search_pages_and_refuses_what_it_cannot_read(world: World) -> None:
    mia, rosa = await world.client("mia"), await world.client("rosa")
    thread = await started(mia, "rosa", text="oak 0")
    await done(rosa, "POST", f"/api/threads/{thread}/accept")
    for n in range(1, 6):
        await done(mia, "POST", f"/api/threads/{thread}/messages", {"text": f"oak {n}"})
    first = await done(mia, "GET", "/api/search?q=oak&limit=4")
    assert [hit["excerpt"] for hit in first["hits"]] == ["oak 5", "oak 4", "oak 3", "oak 2"]  # type: ignore[attr-defined]
    older = await done(mia, "GET", f"/api/search?q=oak&limit=4&older={first['older']}")
    assert [hit["excerpt"] for hit in older["hits"]] == ["oak 1", "oak 0"]  # type: ignore[attr-defined]
    assert older["older"] is None
    assert (await mia("GET", "/api/search?q="))[1]["code"] == "nothing_to_find"
    assert (await mia("GET", "/api/search?q=oak+before:soon"))[1]["code"] == "bad_date"
    assert (await rosa("GET", f"/api/search?q=oak&older={first['older']}"))[0] == 400
