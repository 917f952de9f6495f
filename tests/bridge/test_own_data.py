"""`pinthread export` and `pinthread erase`, beside a program and without one."""

import json
import os
import sqlite3
import zipfile
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.app import erase_old, introduce
from bridge.config import Config, parse
from bridge.desk import Desk
from bridge.failures import CommandError
from bridge.files.folder import FolderFiles
from bridge.intake.intake import Intake
from bridge.office.counter import Counter
from bridge.operator import beside, own_data
from bridge.operator.erasing import Erasing
from bridge.operator.exporting import KEPT, Exporting
from bridge.reading.searching import Searching
from bridge.store import open_store
from bridge.telemetry import Metrics
from bridge.wakeup import LocalWakeups
from core.asking import Caller
from core.files import FileId, FileRef
from core.intents import (
    AddFile,
    AddPeople,
    DeleteMessage,
    EditMessage,
    Handle,
    Intent,
    Leave,
    PostMessage,
    React,
)
from core.model import Identity, Profile, Refusal
from core.ports.outcomes import Accepted
from core.ports.reading import Prefs
from core.ports.rows import StoreError
from core.ports.store import Store
from core.search import SearchQuery
from core.standing import Edge, EdgeKind
from tests.anyone import ANYONE
from tests.bridge.conftest import DESK, KEN, MIA, NOW
from tests.bridge.test_intake import accepted, start

THUMB = "\U0001f44d"
_LISTS = ("follows", "followers", "blocks")


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return parse("people: [{handle: kai, name: Kai}]", {}, data=tmp_path)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'pinthread.sqlite'}")
    await store.open()
    await store.put_account(KEN, [Identity("discord", "", "77")])
    await store.put_account(MIA, [Identity("slack", "T1", "U1")])
    await store.put_pin(DESK, NOW)
    await store.secret("web-files")
    yield store
    await store.close()


async def test_old_exports_go_with_the_daily_housekeeping(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    exporting = Exporting(store, folder, lambda file: "", now)
    files = FolderFiles(tmp_path / "files")
    await files.start()
    await erase_old(store, files, exporting, timedelta(days=30), now())
    old, new = await exporting.export(KEN.id), await exporting.export(KEN.id)
    past = (now() - KEPT).timestamp() - 1
    os.utime(old.path, (past, past))
    await erase_old(store, files, exporting, timedelta(days=30), now())
    await files.stop()
    assert [path.name for path in folder.iterdir()] == [new.path.name]


async def test_an_export_is_written_beside_the_program(
    config: Config, store: Store, tmp_path: Path
) -> None:
    intake = Intake(store, LocalWakeups(), now, ANYONE)
    thread = await accepted(intake, start("a", "oak?", "ken"))
    assert thread.message is not None
    await accepted(intake, Intent("b", KEN.id, PostMessage(thread.thread, "yes")))
    await accepted(intake, Intent("e", MIA.id, EditMessage(thread.message, "oak or ash?")))
    await accepted(intake, Intent("r", KEN.id, React(thread.message, THUMB, on=True)))
    said = await own_data.export(config, "@Ken", tmp_path, now)
    assert said.startswith(f"{tmp_path}/pinthread-ken.zip")
    assert "2 messages" in said
    packed = zipfile.ZipFile(tmp_path / "pinthread-ken.zip")
    lines = json.loads(packed.read("history.json"))["threads"][0]["lines"]
    first = next(line for line in lines if line["kind"] == "message")
    assert (first["text"], first["edited"], first["reactions"]) == (
        "oak or ash?",
        True,
        {THUMB: ["ken"]},
    )
    assert "oak or ash?" in packed.read("history.html").decode()
    with pytest.raises(CommandError, match="no account @nobody"):
        await own_data.export(config, "nobody", tmp_path, now)
    with pytest.raises(CommandError, match="cannot be written"):
        await own_data.export(config, "ken", tmp_path / "not" / "there.zip", now)


async def test_an_export_holds_what_tied_logins_said_as_their_accounts_of_before(
    config: Config, store: Store, tmp_path: Path
) -> None:
    login = Identity("discord", "", "5")
    lee = await store.ensure_person(login, Profile("Lee"), now())
    intake = Intake(store, LocalWakeups(), now, ANYONE)
    thread = await accepted(intake, start("a", "oak?", lee.handle))
    await accepted(intake, Intent("b", lee.id, PostMessage(thread.thread, "said as Lee")))
    await store.attach_identity(login, KEN.id)
    await own_data.export(config, "@ken", tmp_path, now)
    packed = zipfile.ZipFile(tmp_path / "pinthread-ken.zip")
    [told] = json.loads(packed.read("history.json"))["threads"]
    said = [line["text"] for line in told["lines"] if line["kind"] == "message"]
    assert said == ["oak?", "said as Lee"]
    assert "said as Lee" in packed.read("history.html").decode()


async def test_an_export_names_whom_one_follows_and_blocks_and_the_settings(
    config: Config, store: Store, tmp_path: Path
) -> None:
    lee = await store.ensure_person(Identity("discord", "", "5"), Profile("Lee <b>"), now())
    noor = await store.ensure_person(Identity("discord", "", "6"), Profile("Noor"), now())
    edges = (
        Edge(KEN.id, MIA.id),
        Edge(lee.id, KEN.id),
        Edge(KEN.id, noor.id, EdgeKind.BLOCK),
        Edge(lee.id, noor.id),
    )
    await store.change(edges, now())
    await store.put_prefs(KEN.id, Prefs("mentions", "22:00", "07:00", "Europe/Berlin"))
    await own_data.export(config, "ken", tmp_path, now)
    await own_data.export(config, "mia", tmp_path, now)
    packed = zipfile.ZipFile(tmp_path / "pinthread-ken.zip")
    data = json.loads(packed.read("history.json"))
    lists = {name: [one["handle"] for one in data[name]] for name in _LISTS}
    assert lists == {"follows": ["mia"], "followers": [lee.handle], "blocks": ["noor"]}
    assert data["settings"] == {
        "notify": "mentions",
        "quiet_from": "22:00",
        "quiet_to": "07:00",
        "zone": "Europe/Berlin",
    }
    page = packed.read("history.html").decode()
    assert "<p><b>Follows:</b> Mia (@mia)</p>" in page
    assert f"<p><b>Followers:</b> Lee &lt;b&gt; (@{lee.handle})</p>" in page
    assert "<p><b>Blocked:</b> Noor (@noor)</p>" in page
    assert "mentions; quiet hours: from 22:00 to 07:00 (Europe/Berlin)" in page
    mias = zipfile.ZipFile(tmp_path / "pinthread-mia.zip").read("history.html").decode()
    assert "<p><b>Blocked:</b> nobody</p>" in mias
    assert "all; quiet hours: never (UTC)" in mias


async def test_an_export_names_no_one_who_came_after_its_owner_had_left(
    config: Config, store: Store, tmp_path: Path
) -> None:
    lee = await store.ensure_person(Identity("discord", "", "5"), Profile("Lee"), now())
    intake = Intake(store, LocalWakeups(), now, ANYONE)
    desk = Desk(store, intake, LocalWakeups(), Metrics(), now)
    thread = await accepted(intake, start("a", "oak?", "ken"))
    await accepted(intake, Intent("l", KEN.id, Leave(thread.thread)))
    added = AddPeople(thread.thread, (Handle(lee.handle),))
    await accepted(intake, Intent("p", MIA.id, added))
    await own_data.export(config, "ken", tmp_path, now)
    packed = zipfile.ZipFile(tmp_path / "pinthread-ken.zip")
    [kept] = json.loads(packed.read("history.json"))["threads"]
    assert sorted(one["handle"] for one in kept["people"]) == ["ken", "mia"]
    assert "Lee" not in packed.read("history.html").decode()
    seen = {}
    for asker in (KEN.id, MIA.id):
        view = await desk.open(asker, thread.thread)
        assert not isinstance(view, Refusal)
        seen[asker] = {one.handle for one in view.people}
    assert seen == {KEN.id: {"mia"}, MIA.id: {"mia", lee.handle}}


async def test_without_a_database_one_line_says_so(config: Config, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no history"):
        await own_data.export(config, "ken", tmp_path, now)


async def test_an_old_archive_is_gone(store: Store, tmp_path: Path) -> None:
    moment = now()
    exporting = Exporting(store, tmp_path / "exports", lambda file: "", lambda: moment)
    made = await exporting.export(MIA.id)
    assert exporting.found(made.token) == made.path
    assert exporting.found("../" + made.token[3:]) is None
    moment = now() + KEPT
    assert exporting.found(made.token) is None
    assert exporting.sweep() == 1
    assert not made.path.exists()


async def test_an_erasure_is_done_by_the_program_even_after_a_stop(
    config: Config, store: Store, tmp_path: Path
) -> None:
    intake = Intake(store, LocalWakeups(), now, ANYONE)
    thread = await accepted(intake, start("a", "a secret of mine", "ken"))
    other = await accepted(intake, Intent("b", MIA.id, PostMessage(thread.thread, "another")))
    kens = await accepted(intake, Intent("k", KEN.id, PostMessage(thread.thread, "kept")))
    assert kens.message is not None
    assert other.message is not None
    await accepted(intake, Intent("x", MIA.id, EditMessage(other.message, "another secret")))
    failed = AddFile(other.message, "secret.pdf", None, "gone")
    await accepted(intake, Intent("f", MIA.id, failed))
    await accepted(intake, Intent("r", MIA.id, React(kens.message, THUMB, on=True)))
    assert "is being erased" in own_data.erase(config, "@mia", now())
    with pytest.raises(CommandError, match="stands in the configuration"):
        own_data.erase(config, "kai", now())
    with pytest.raises(CommandError, match="no account"):
        own_data.erase(config, "nobody", now())
    await store.close()

    await store.open()
    intake = Intake(store, LocalWakeups(), now, ANYONE)
    searching = Searching(store, tmp_path / "pinthread.sqlite", LocalWakeups(), intake.find_people)
    erasing = Erasing(store, intake.submit, searching.forget, now)
    await erasing.take()
    await erasing.take()
    with closing(sqlite3.connect(config.store.path)) as db:
        assert db.execute("SELECT what FROM requests").fetchall() == [("",)]
    history = await store.history(thread.conversation)
    assert [event.seq for event in history] == list(range(1, len(history) + 1))
    assert "secret" not in repr(history)
    written = await store.written(kens.message)
    assert written is not None
    assert (written.text, written.reactions) == ("kept", frozenset())
    gone = await store.account(MIA.id)
    assert gone is not None
    assert (gone.name, gone.picture) == ("Somebody who left", None)
    assert await store.identities(MIA.id) == ()
    outcome = await intake.submit(Intent("z", MIA.id, PostMessage(thread.thread, "again")))
    assert isinstance(outcome, Refusal)
    # What a platform refused can be tried again.
    assert "is being erased" in own_data.erase(config, f"@{gone.handle}", now())
    await erasing.take()
    # Whoever comes back with the same login is somebody new.
    back = await store.ensure_person(Identity("slack", "T1", "U1"), Profile("Mia"), now())
    assert back.id != MIA.id
    await searching.stop()


@pytest.mark.parametrize("asked", [True, False])
async def test_what_tied_logins_said_as_their_accounts_of_before_goes_too(
    config: Config, store: Store, asked: bool
) -> None:
    lee_login, sam_login = Identity("discord", "", "5"), Identity("discord", "", "6")
    lee = await store.ensure_person(lee_login, Profile("Lee"), now())
    sam = await store.ensure_person(sam_login, Profile("Sam"), now())
    intake = Intake(store, LocalWakeups(), now, ANYONE)
    thread = await accepted(intake, start("a", "kept", "ken", lee.handle, sam.handle))
    for one, words in ((lee, "a secret of before"), (sam, "of Sam, kept")):
        await accepted(intake, Intent(words, one.id, PostMessage(thread.thread, words)))
    for login in (lee_login, sam_login):
        await store.attach_identity(login, MIA.id)
    await store.attach_identity(sam_login, KEN.id)  # Sam goes on there
    await accepted(intake, Intent("s", lee.id, PostMessage(thread.thread, "a secret of since")))
    erasing = Erasing(store, intake.submit, _nothing, now)
    if asked:
        await erasing.ask(MIA.id)
        back = await store.ensure_person(lee_login, Profile("Lee"), now())
        assert back.id != lee.id, "whoever comes back at once begins anew too"
    else:
        own_data.erase(config, "@mia", now())
    await erasing.take()
    history = repr(await store.history(thread.conversation))
    assert "secret" not in history
    assert "of Sam, kept" in history
    head = await store.head(thread.conversation)
    assert head is not None
    assert set(head.present()) == {KEN.id, sam.id}


async def test_nothing_here_shows_what_was_erased(
    config: Config, store: Store, tmp_path: Path
) -> None:
    lee = await store.ensure_person(Identity("discord", "", "5"), Profile("Lee"), now())
    history = tmp_path / "pinthread.sqlite"
    intake = Intake(store, LocalWakeups(), now, ANYONE)
    desk = Desk(store, intake, LocalWakeups(), Metrics(), now)
    searching = Searching(store, history, LocalWakeups(), intake.find_people)
    office = Counter(desk, now, lambda handle: "")
    thread = await accepted(intake, start("a", "xyzzy one", "ken", lee.handle))
    said = await accepted(intake, Intent("b", MIA.id, PostMessage(thread.thread, "xyzzy two")))
    assert said.message is not None
    await accepted(intake, Intent("x", MIA.id, EditMessage(said.message, "xyzzy three")))
    file = FileRef(FileId("a" * 64), "xyzzy.png", "image/png", 9, alt="xyzzy")
    await accepted(intake, Intent("f", MIA.id, AddFile(said.message, "", file)))
    failed = AddFile(said.message, "xyzzy.pdf", None, "gone")
    await accepted(intake, Intent("g", MIA.id, failed))
    answer = PostMessage(thread.thread, "what Ken said", answers=said.message)
    await accepted(intake, Intent("k", KEN.id, answer))
    await accepted(intake, Intent("l", lee.id, Leave(thread.thread)))
    await accepted(intake, Intent("n", MIA.id, PostMessage(thread.thread, "xyzzy four")))
    assert "xyzzy four" in repr(await desk.inbox(KEN.id, 9))
    query = SearchQuery(("xyzzy",))
    hits = await searching.search(KEN.id, query)
    assert not isinstance(hits, Refusal)
    assert len(hits.hits) == 3
    erasing = Erasing(store, intake.submit, searching.forget, now)
    await erasing.ask(MIA.id)
    await erasing.take()

    shown = []
    for who in (KEN.id, lee.id):
        person = await store.account(who)
        assert person is not None
        shown.append(repr(await desk.page(who, thread.thread, limit=200)))
        shown.append(repr(await desk.open(who, thread.thread)))
        shown.append(repr(await desk.inbox(who, 9)))
        shown.append(repr(await searching.search(who, query)))
        shown.append(repr(await office.home(Caller(who))))
        await own_data.export(config, person.handle, tmp_path, now)
        packed = zipfile.ZipFile(tmp_path / f"pinthread-{person.handle}.zip")
        shown += [packed.read(name).decode() for name in packed.namelist()]
    read = beside.read(history, thread.thread)
    assert read is not None
    shown += [beside.text(read), json.dumps(beside.document(read))]
    assert not [one for one in shown if "xyzzy" in one or "Mia" in one]
    assert sum("what Ken said" in one for one in shown) >= 5
    await searching.stop()
    await store.close()
    left = [
        path.name for path in tmp_path.glob("pinthread.sqlite*") if b"xyzzy" in path.read_bytes()
    ]
    assert left == []
    await store.open()


async def test_whoever_is_named_in_the_configuration_and_left_is_not_put_back(
    store: Store, tmp_path: Path
) -> None:
    login = Identity("discord", "", "78")
    config = parse(
        "discord: {token: x.y.z}\n"
        "brands: [{handle: oak-co, name: Oak, owners: [kai]}]\n"
        "people:\n"
        "  - {handle: kai, name: Kai, follows: [oak-co],"
        " identities: [{platform: discord, user: '78'}],"
        " channels: [{platform: discord, workspace: '1', channel: '900', label: plans}]}\n",
        {},
        data=tmp_path,
    )
    await introduce(store, config)
    first = await store.account_by_handle("kai")
    assert first is not None
    erasing = Erasing(store, Intake(store, LocalWakeups(), now, ANYONE).submit, _nothing, now)
    await erasing.ask(first.id)
    await introduce(store, config)
    await erasing.take()
    await introduce(store, config)
    gone = await store.account(first.id)
    assert gone is not None
    assert (gone.name, gone.handle) == ("Somebody who left", f"gone-{first.id}")
    assert await store.account_by_identity(login) is None
    assert [one.kind for one in await store.bindings_of((first.id,))] == ["project"]
    brand = await store.account_by_handle("oak-co")
    assert brand is not None
    assert store.role_in(brand.id, first.id) is None
    assert await store.followers_of(brand.id, 9) == ()
    anew = await store.ensure_person(login, Profile("Kai"), now())
    assert (anew.handle, anew.banned) == ("kai", False)
    await introduce(store, config)
    assert await store.account_by_identity(login) == anew


async def _nothing(posts: tuple[int, ...]) -> None:
    return


async def test_somebody_who_was_made_at_a_first_act_comes_back_as_somebody_new(
    store: Store, tmp_path: Path
) -> None:
    login = Identity("slack", "T1", "U9")
    first = await store.ensure_person(login, Profile("Noor"), now())
    intake = Intake(store, LocalWakeups(), now, ANYONE)
    searching = Searching(store, tmp_path / "pinthread.sqlite", LocalWakeups(), intake.find_people)
    erasing = Erasing(store, intake.submit, searching.forget, now)
    await erasing.ask(first.id)
    await erasing.take()
    second = await store.ensure_person(login, Profile("Noor"), now())
    assert second.id != first.id
    assert not second.banned
    old = await store.account(first.id)
    assert old is not None
    assert old.name == "Somebody who left"
    assert isinstance(await intake.submit(start("s", "hello", "ken")), Accepted)
    deleted = DeleteMessage(second.id)  # type: ignore[arg-type] - no such message
    assert isinstance(await intake.submit(Intent("d", second.id, deleted)), Refusal)
    await searching.stop()
