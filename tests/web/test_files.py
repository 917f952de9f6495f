"""Files over HTTP: who gets them, how they are served, and how they come in."""

import asyncio
import io
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bridge.files.folder import FolderFiles
from bridge.reading.markup import Markdown
from core.files import FileId, FileRef
from core.ids import AccountId
from core.model import Refusal
from core.ports.files import Piece
from tests.files.pictures import GPS, clean_jpeg, jpeg, png
from web.addresses import SECRET, signed_path, web_copy
from web.files import FileRoutes
from web.problems import Problem
from web.quota import Spent
from web.server import Server
from web.settings import Settings
from web.site import Site

LIMIT = 2**20
QUOTA = 3 * LIMIT

VIDEO = b"\0\0\0\x18ftypisom\0\0\0\0isommp41" + os.urandom(300_000)
NAME = "Holiday \u201cin\u201d Oslo; 50%.mp4"


class WatchedFiles(FolderFiles):
    """Tells when the last `put` began to wait for more, and when it ended."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.began = asyncio.Event()
        self.ended = asyncio.Event()

    async def put(self, source: AsyncIterator[Piece], **more: Any) -> FileRef | Refusal:
        async def watched() -> AsyncIterator[Piece]:
            async for data in source:
                yield data
                self.began.set()

        try:
            return await super().put(watched(), **more)
        finally:
            self.ended.set()


@dataclass
class Shelf:
    """Files behind a served web; everybody may read what they sent up, and `shared`."""

    desk: Any
    files: WatchedFiles
    server: Server
    http: aiohttp.ClientSession
    world: Any
    sent: list[tuple[AccountId, FileRef]] = field(default_factory=list)
    shared: set[tuple[str, FileId]] = field(default_factory=set)
    taken_back: set[FileId] = field(default_factory=set)

    async def may_read(self, account: AccountId, file: FileId) -> bool:
        mine = any(account == who and file == ref.id for who, ref in self.sent)
        return mine or (account, file) in self.shared

    def ticket(self, account: AccountId, file: FileRef) -> str:
        self.sent.append((account, file))
        return f"ticket {len(self.sent)}"

    async def put(self, data: bytes, name: str = "a.bin") -> FileRef:
        async def source() -> AsyncIterator[bytes]:
            yield data

        found = await self.files.put(source(), name=name, limit=10 * LIMIT)
        assert isinstance(found, FileRef)
        return found

    async def get(
        self, path: str, handle: str = "", method: str = "GET", **headers: str
    ) -> tuple[int, bytes, Any]:
        if handle:
            headers["Cookie"] = f"pinthread={await self.world.session(handle)}"
        url = path if path.startswith("http") else self.server.url + path
        async with self.http.request(method, url, headers=headers) as answer:
            return answer.status, await answer.read(), answer.headers

    async def send(self, handle: str, path: str = "/api/files", **more: Any) -> tuple[int, Any]:
        headers = {**more.pop("headers", {})}
        if handle:
            headers["Cookie"] = f"pinthread={await self.world.session(handle)}"
        url = self.server.url + path
        async with self.http.post(url, headers=headers, **more) as answer:
            return answer.status, await answer.json(content_type=None)

    async def signed(self, file: FileRef, lifetime: timedelta = timedelta(days=1)) -> str:
        key = await self.desk.secret(SECRET)
        return signed_path(key, file.id, file.name, datetime.now(UTC), lifetime)


@pytest.fixture
async def shelf(world: Any, desk: Any, tmp_path: Path) -> AsyncIterator[Shelf]:
    files = WatchedFiles(tmp_path / "files")
    await files.start()
    settings = Settings(listen="127.0.0.1:0")
    site = Site(desk, settings, Markdown())
    spent = Spent(QUOTA, site.now)
    await site.open()
    made: list[Shelf] = []

    def routes() -> FileRoutes:
        async def may_read(account: AccountId, file: FileId) -> bool:
            return await made[0].may_read(account, file)

        def ticket(account: AccountId, file: FileRef) -> str:
            return made[0].ticket(account, file)

        async def taken_back(file: FileId) -> bool:
            return file in made[0].taken_back

        return FileRoutes(site, files, may_read, taken_back, ticket, spent, LIMIT)

    def mount(app: web.Application) -> None:
        app.add_routes(routes().routes())

    server = Server(desk, settings, Markdown(), mount)
    made.append(Shelf(desk, files, server, world.http, world))
    await server.start()
    yield made[0]
    await server.stop()
    await files.stop()


# --- who may have it --------------------------------------------------------------------------


async def test_only_who_may_read_a_file_gets_it(shelf: Shelf) -> None:
    file = await shelf.put(b"words", "a.txt")
    shelf.shared.add(("id-of-mia", file.id))
    path = f"/api/files/{file.id}/a.txt"
    assert (await shelf.get(path, "mia"))[:2] == (200, b"words")
    assert (await shelf.get(path))[0] == 401
    refused = await shelf.get(path, "kai")
    missing = await shelf.get(f"/api/files/{'0' * 64}/a.txt", "kai")
    assert refused[:2] == missing[:2], "one cannot learn which files exist"
    assert refused[0] == 404


@pytest.mark.parametrize("file", ["..%2F..%2Fetc%2Fpasswd", "%00", "A" * 64, "x" * 4_000])
async def test_an_id_of_another_shape_is_not_there(shelf: Shelf, file: str) -> None:
    assert (await shelf.get(f"/api/files/{file}/a.txt", "mia"))[0] == 404


async def test_a_signed_address_works_for_anybody_until_its_end(shelf: Shelf) -> None:
    file = await shelf.put(VIDEO, NAME)
    assert (await shelf.get(await shelf.signed(file)))[:2] == (200, VIDEO)
    status, body, _ = await shelf.get(await shelf.signed(file, timedelta(seconds=-1)))
    assert status == 410
    assert b"link_ended" in body


async def test_a_signed_address_ends_with_the_messages_that_held_its_file(shelf: Shelf) -> None:
    file = await shelf.put(VIDEO, NAME)
    address = await shelf.signed(file)
    assert (await shelf.get(address))[0] == 200
    shelf.taken_back.add(file.id)
    assert (await shelf.get(address))[0] == 404
    etag = {"If-None-Match": f'"{file.id}"'}
    assert (await shelf.get(address, "", "GET", **etag))[0] == 404


async def test_a_signed_address_is_for_one_file_one_name_and_one_end(shelf: Shelf) -> None:
    file, other = await shelf.put(b"words", "a.txt"), await shelf.put(b"others", "a.txt")
    signed = await shelf.signed(file)
    head, _, key = signed.rpartition("=")
    for forged in (
        signed.replace(file.id, other.id),
        signed.replace("a.txt", "a.exe"),
        signed.replace("until=", "until=1"),
        f"{head}={'0' * len(key)}",
        f"{head}=",
        f"{head}=%C3%A9",
        signed.replace("until=", "until=x"),
        signed.replace("until=", "ended="),
    ):
        assert (await shelf.get(forged, "mia"))[0] == 404, forged


async def test_the_web_copy_stands_under_the_public_address(shelf: Shelf) -> None:
    file = await shelf.put(b"words", "a b.txt")
    key = await shelf.desk.secret(SECRET)
    now = datetime.now(UTC)
    public = web_copy(Settings(public_url="https://pin.example.test/"), key, file, now)
    assert public.startswith(f"https://pin.example.test/api/files/{file.id}/a%20b.txt?until=")
    local = web_copy(Settings(listen=shelf.server.url[7:]), key, file, now)
    assert (await shelf.get(local))[:2] == (200, b"words")


# --- how it is served -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("holiday.png", b"<!doctype html><script>alert(1)</script>"),
        ("a.svg", b"<svg onload='alert(1)'/>"),
        ("a.xml", b"<?xml version='1.0'?><a/>"),
        ("a.pdf", b"%PDF-1.7\n"),
        ("a.html", b"alert(1)"),
        ("bomb.png", png(60_000, 60_000, pixels=b"")),
    ],
)
async def test_what_could_run_or_burst_is_a_download_of_no_type(
    shelf: Shelf, name: str, data: bytes
) -> None:
    status, body, headers = await shelf.get(await shelf.signed(await shelf.put(data, name)))
    assert (status, body) == (200, data)
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith(f'attachment; filename="{name}"')
    check_safe(headers)


def check_safe(headers: Any) -> None:
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert policy.endswith("; sandbox")
    assert "script-src" not in policy
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"].startswith("private")


async def test_a_picture_and_a_video_are_shown_in_place(shelf: Shelf) -> None:
    for data, kind in ((png(), "image/png"), (VIDEO, "video/mp4")):
        file = await shelf.put(data, "wrong.html")
        status, body, headers = await shelf.get(await shelf.signed(file))
        assert (status, body) == (200, data)
        assert headers["Content-Type"] == kind
        assert headers["Content-Disposition"].startswith("inline;")
        check_safe(headers)


async def test_a_name_cannot_break_out_of_its_header(shelf: Shelf) -> None:
    file = await shelf.put(b"words", 'a";\r\nSet-Cookie: x=1; b="\u202e\u00e9.txt')
    _, _, headers = await shelf.get(await shelf.signed(file))
    assert "Set-Cookie" not in headers
    assert headers["Content-Disposition"] == (
        'attachment; filename="a__Set-Cookie: x=1_ b=__.txt"; '
        "filename*=UTF-8''a%22%3BSet-Cookie%3A%20x%3D1%3B%20b%3D%22%C3%A9.txt"
    )


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-1", 0, 2),
        ("bytes=0-", 0, len(VIDEO)),
        ("bytes=150000-250000", 150_000, 250_001),
        ("bytes=299990-999999999", 299_990, len(VIDEO)),
        ("bytes=-10", len(VIDEO) - 10, len(VIDEO)),
        ("bytes=-999999999", 0, len(VIDEO)),
    ],
)
async def test_a_part_of_a_video_is_given(shelf: Shelf, asked: str, start: int, stop: int) -> None:
    path = await shelf.signed(await shelf.put(VIDEO, NAME))
    status, body, headers = await shelf.get(path, Range=asked)
    assert (status, body) == (206, VIDEO[start:stop])
    assert headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(VIDEO)}"
    assert headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("asked", ["bytes=5-1", "bytes=0-1,4-5", "lines=1-2", "bytes=-", "x"])
async def test_a_range_that_is_none_gives_the_whole(shelf: Shelf, asked: str) -> None:
    path = await shelf.signed(await shelf.put(b"words"))
    assert (await shelf.get(path, Range=asked))[:2] == (200, b"words")


async def test_a_range_behind_the_end_or_of_another_version(shelf: Shelf) -> None:
    file = await shelf.put(b"words")
    path = await shelf.signed(file)
    status, _, headers = await shelf.get(path, Range="bytes=5-")
    assert (status, headers["Content-Range"]) == (416, "bytes */5")
    old = {"Range": "bytes=0-1", "If-Range": '"another"'}
    assert (await shelf.get(path, **old))[:2] == (200, b"words")
    same = {"Range": "bytes=0-1", "If-Range": f'"{file.id}"'}
    assert (await shelf.get(path, **same))[:2] == (206, b"wo")


async def test_head_tells_all_but_the_bytes_and_a_known_file_is_not_sent_again(
    shelf: Shelf,
) -> None:
    path = await shelf.signed(await shelf.put(VIDEO, NAME))
    status, body, headers = await shelf.get(path, method="HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", str(len(VIDEO)))
    seen = {"If-None-Match": headers["ETag"]}
    assert (await shelf.get(path, **seen))[:2] == (304, b"")


async def test_a_reader_that_hangs_up_in_the_middle_harms_nothing(shelf: Shelf) -> None:
    path = await shelf.signed(await shelf.put(VIDEO + bytes(2_000_000), NAME))
    async with shelf.http.get(shelf.server.url + path) as answer:
        await answer.content.readexactly(10)
        answer.close()
    assert (await shelf.get(path, method="HEAD"))[0] == 200


# --- how it comes in --------------------------------------------------------------------------


async def test_a_form_with_a_file_and_its_alt_text(shelf: Shelf) -> None:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("alt", "An oak desk")
    form.add_field("file", jpeg(), filename="../desk.jpg", content_type="text/html")
    status, body = await shelf.send("mia", data=form)
    assert status == 201
    assert body["name"] == "-desk.jpg"
    assert body["alt"] == "An oak desk"
    assert (body["media"], body["media_type"], body["inline"]) == ("picture", "image/jpeg", True)
    assert (body["width"], body["height"]) == (300, 400)
    assert shelf.sent == [("id-of-mia", shelf.sent[0][1])]
    served = await shelf.get(body["url"], "mia")
    assert served[:2] == (200, clean_jpeg())
    assert GPS not in served[1]


async def test_a_body_alone_is_a_file(shelf: Shelf) -> None:
    query = "/api/files?name=a%2Fb.txt&alt=words"
    status, body = await shelf.send("mia", query, data=b"some words")
    assert (status, body["name"], body["alt"]) == (201, "a-b.txt", "words")
    assert body["media_type"] == "text/plain"
    assert not body["inline"]


async def test_nobody_sends_files_without_signing_in_or_from_another_site(shelf: Shelf) -> None:
    assert (await shelf.send("", data=b"words"))[0] == 401
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert (await shelf.send("mia", data=b"words", headers=foreign))[0] == 403
    assert not shelf.sent


@pytest.mark.parametrize("form", [False, True])
async def test_a_file_over_the_limit_is_refused_in_both_shapes(shelf: Shelf, form: bool) -> None:
    data: Any = io.BytesIO(bytes(LIMIT + 1))
    if form:
        data = aiohttp.FormData()
        data.add_field("file", io.BytesIO(bytes(LIMIT + 1)), filename="a")
    status, body = await shelf.send("mia", data=data)
    assert (status, body["code"]) == (413, "file_too_large")
    assert "1 MiB" in body["detail"]


async def test_a_body_without_a_length_is_refused_once_it_is_too_long(shelf: Shelf) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield bytes(65_536)

    status, body = await shelf.send("mia", data=endless())
    assert (status, body["code"]) == (413, "file_too_large")


async def test_an_empty_file_is_refused(shelf: Shelf) -> None:
    status, body = await shelf.send("mia", data=b"")
    assert (status, body["code"]) == (422, "file_empty")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"no form", "multipart/form-data; boundary=x"),
        (b"no form", "multipart/form-data"),
        (b"--x\r\n\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="alt"\r\n\r\n'
            + b"a" * 9_000
            + b"\r\n--x--\r\n",
            "multipart/form-data; boundary=x",
        ),
    ],
)
async def test_a_form_that_is_none_is_a_bad_request(shelf: Shelf, body: bytes, kind: str) -> None:
    status, said = await shelf.send("mia", data=body, headers={"Content-Type": kind})
    assert status == 400
    assert said["code"] in {"malformed", "bad_request"}


async def test_an_upload_that_is_cut_off_leaves_nothing(shelf: Shelf, tmp_path: Path) -> None:
    host, port = shelf.server.url[7:].split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    cookie = await shelf.world.session("mia")
    head = f"POST /api/files?name=a HTTP/1.1\r\nHost: {host}\r\nCookie: pinthread={cookie}\r\n"
    writer.write(f"{head}Content-Length: 500000\r\n\r\n".encode() + bytes(300_000))
    await writer.drain()
    async with asyncio.timeout(10):
        await shelf.files.began.wait()
        writer.close()
        await shelf.files.ended.wait()
    await shelf.files.stop()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not shelf.sent


# --- how much of it ---------------------------------------------------------------------------


def half(*, form: bool) -> Any:
    """Half of what one file may have, in either shape."""
    if not form:
        return bytes(LIMIT // 2)
    data = aiohttp.FormData()
    data.add_field("file", io.BytesIO(bytes(LIMIT // 2)), filename="a")
    return data


@pytest.mark.parametrize("form", [False, True])
async def test_who_has_sent_up_enough_for_a_day_is_told_when_to_go_on(
    shelf: Shelf, form: bool
) -> None:
    for _ in range(6):
        status, _ = await shelf.send("mia", data=half(form=form))
        assert status == 201
    status, body = await shelf.send("mia", data=half(form=form))
    assert (status, body["code"]) == (429, "quota_used_up")
    assert "3 MiB a day" in body["detail"]
    assert "after 00:00 UTC" in body["detail"]
    assert len(shelf.sent) == 6
    # It is each account's own.
    assert (await shelf.send("rosa", data=half(form=form)))[0] == 201


async def test_what_was_refused_uses_nothing_of_it(shelf: Shelf) -> None:
    for _ in range(5):
        data = aiohttp.FormData()
        data.add_field("file", io.BytesIO(bytes(LIMIT + 1)), filename="a")
        assert (await shelf.send("mia", data=data))[0] == 413
    assert (await shelf.send("mia", data=half(form=False)))[0] == 201


def test_a_new_day_begins_with_nothing_and_0_is_no_limit() -> None:
    mia = AccountId("mia")
    clock = [datetime(2026, 11, 23, 23, 59, tzinfo=UTC)]
    spent = Spent(10, lambda: clock[0])
    with spent.counting(mia) as first:
        first.add(8)
        first.keep()
    with spent.counting(mia) as second:
        second.add(2)
        with pytest.raises(Problem) as refused:
            second.add(1)
    assert refused.value.headers == {"Retry-After": "61"}
    assert spent.used(mia) == 8
    with spent.counting(mia) as over_midnight:
        over_midnight.add(2)
        clock[0] += timedelta(minutes=2)
    assert spent.used(mia) == 0
    unlimited = Spent(0, lambda: clock[0])
    with unlimited.counting(mia) as any_size:
        any_size.add(10**15)
