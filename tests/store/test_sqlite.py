"""What only the SQLite engine promises: its file, its lock, its schema, and a kill."""

import asyncio
import json
import os
import signal
import sqlite3
import stat
import sys
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from bridge.store import open_store
from bridge.store.database import Database
from core.delivery import Author, Part, PartKind, Sending, Step, Verb
from core.events import MessageEdited, MessagePosted
from core.ids import (
    AccountId,
    ConversationId,
    MessageId,
    MirrorId,
    PinId,
    RemoteId,
    SpaceId,
    ThreadId,
    derive,
)
from core.intents import InSpace, PostMessage
from core.model import CARD, Placement
from core.ports.rows import Commit, NewerSchemaError, StoreError
from core.ports.store import Store
from tests.store.world import NOW, Said, World

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    opened = open_store(f"sqlite:///{path}")
    await opened.open()
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    "url",
    ["postgresql://localhost/x", "sqlite://x.db", "sqlite:///", "sqlite:///folder/", "x.db", ""],
)
def test_another_address_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(ValueError, match=r"must name a SQLite file, such as sqlite:///data"):
        open_store(url)


async def test_the_files_are_private(store: Store, path: Path) -> None:
    await World(store).account("mia")
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == dict.fromkeys(["data.db", "data.db-wal", "data.db-shm", "data.db.lock"], 0o600)


async def test_a_second_program_is_refused_until_the_first_has_closed(
    store: Store, path: Path
) -> None:
    second = open_store(f"sqlite:///{path}")
    with pytest.raises(StoreError, match="Another program has the database"):
        await second.open()
    await second.close()
    await store.close()
    await second.open()
    await second.close()


async def test_a_folder_that_is_missing_is_a_clear_error(tmp_path: Path) -> None:
    missing = open_store(f"sqlite:///{tmp_path / 'missing' / 'data.db'}")
    with pytest.raises(StoreError, match="missing"):
        await missing.open()


async def test_a_file_that_is_no_database_is_a_clear_error(path: Path) -> None:
    path.write_bytes(b"this is a text, and a rather long one at that" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        await open_store(f"sqlite:///{path}").open()
    path.unlink()
    again = open_store(f"sqlite:///{path}")
    await again.open()
    await again.close()


async def test_a_newer_schema_is_refused_and_left_alone(store: Store, path: Path) -> None:
    await store.close()
    with sqlite3.connect(path) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        db.execute(f"PRAGMA user_version = {version + 1}")
    db.close()
    with pytest.raises(NewerSchemaError, match=rf"schema {version + 1}.*knows {version}"):
        await open_store(f"sqlite:///{path}").open()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (version + 1,)
        db.execute(f"PRAGMA user_version = {version}")
    db.close()
    await store.open()


FIRST = files("bridge.store").joinpath("migrations", "0001_first.sql")
OLD_SENDING = {
    "item": "m2",
    "seq": 4,
    "revision": 1,
    "parts": [
        {
            "kind": "text",
            "text": text,
            "author": {"name": "Mia", "picture": None, "kind": "person"},
            "pin": None,
            "people": [],
            "code": "",
        }
        for text in ("in", "oak")
    ],
    "update": False,
    "part": 1,
    "step": 2,
    "data": {"upload": "u1"},
    "anchor": "r1",
    "in_flight": False,
}
OLD_CARD = {
    **OLD_SENDING,
    "item": CARD,
    "parts": [{**OLD_SENDING["parts"][0], "kind": "card", "people": ["Mia"]}],  # type: ignore[index]
    "update": True,
    "part": 0,
    "step": 0,
    "data": {},
    "in_flight": True,
}
OLD_HELD = {
    "is": "Intent",
    "key": "k",
    "actor": {
        "is": "Person",
        "identity": {"is": "Identity", "platform": "slack", "workspace": "T1", "user": "U1"},
        "profile": {"is": "Profile", "name": "Mia", "picture": None},
    },
    "what": {
        "is": "PostMessage",
        "target": {"is": "InSpace", "platform": "slack", "space": "S1"},
        "text": "hello",
        "pin": None,
    },
    "origin": None,
    "fingerprint": "",
    "at": None,
}
FIRST_ROWS = """
INSERT INTO accounts VALUES ('mia', 'person', 'mia', 'Mia', NULL, 1, 'mia'),
    ('ola', 'person', 'ola', 'Ola', NULL, 1, 'ola');
INSERT INTO pins VALUES ('1', 'u', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'bare', 0);
INSERT INTO bindings VALUES ('b', 'ola', 'slack', 'T1', 'C1', 'project', '');
INSERT INTO conversations VALUES ('c', 'mia', 4, 'mia ola');
INSERT INTO members VALUES ('c', 0, 'mia', 1, NULL), ('c', 1, 'ola', 1, NULL);
INSERT INTO threads VALUES ('t', 'c', '1', 4, 4, 'mia');
INSERT INTO events VALUES
    (1, 'c', 1, 't', 0, 'mia', 'ConversationStarted', NULL, NULL, '{"people":["mia","ola"]}', NULL),
    (2, 'c', 2, 't', 0, 'mia', 'ThreadOpened', NULL, NULL, '{"pin":"1"}', NULL),
    (3, 'c', 3, 't', 0, 'mia', 'MessagePosted', 'm1', NULL, NULL, NULL),
    (4, 'c', 4, 't', 0, 'mia', 'MessagePosted', 'm2', '1', NULL, NULL);
INSERT INTO bodies VALUES (3, 'first'), (4, 'second');
INSERT INTO placements VALUES (0, 'm', 0, 'root', 'bot', 2), (3, 'm', 0, 'r1', 'webhook', 1);
INSERT INTO mirrors (id, thread, conversation, binding, account, platform, workspace, channel,
    kind, from_seq, cursor, root, space, sending, newest) VALUES
    ('m', 't', 'c', 'b', 'ola', 'slack', 'T1', 'C1', 'project', 1, 3, 'root', 'S2', :sending, 'r1'),
    ('n', 't', 'c', 'b', 'ola', 'slack', 'T1', 'C1', 'project', 1, 3, 'roof', 'S3', :card, NULL);
INSERT INTO intents VALUES ('one', '', 'c', 't', 3, 'm1'), ('web:mia', '', 'c', 't', 3, 'm1'),
    ('slack:C1:17.5:post', 'f', 'c', 't', 3, 'm1'), ('discord:1:2', '', 'c', 't', 4, 'm2'),
    ('discord:1:2:react:a:b', '', 'c', 't', 4, NULL);
INSERT INTO held (key, platform, space, intent, at) VALUES ('k', 'slack', 'S1', :held, 0);
"""


def made_by_the_first_schema(path: Path) -> None:
    values = {
        "sending": json.dumps(OLD_SENDING),
        "card": json.dumps(OLD_CARD),
        "held": json.dumps(OLD_HELD),
    }
    db = sqlite3.connect(path)
    with db:
        db.executescript(FIRST.read_text(encoding="utf-8"))
        for statement in FIRST_ROWS.split(";\n"):
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            db.execute(statement, used)
        db.execute("PRAGMA user_version = 1")
    db.close()


async def test_what_the_first_schema_wrote_goes_on_with_those_after_it(path: Path) -> None:
    made_by_the_first_schema(path)
    store = open_store(f"sqlite:///{path}")
    await store.open()
    try:
        history = await store.history(ConversationId("c"))
        assert [event.what for event in history[2:]] == [
            MessagePosted(MessageId("m1"), "first"),
            MessagePosted(MessageId("m2"), "second", PinId("1")),
        ]
        author = Author("Mia")
        steps = tuple(
            Step(Verb.POST, n, Part(PartKind.TEXT, text, author))
            for n, text in enumerate(("in", "oak"))
        )
        work = await store.lane(MirrorId("m"), 50)
        assert work is not None
        anchor = RemoteId("r1")
        assert work.sending == Sending(
            "m2", 4, 1, steps, 1, 2, {"upload": "u1"}, anchor, in_flight=False
        )
        card = Part(PartKind.CARD, "in", author, people=("Mia",))
        work = await store.lane(MirrorId("n"), 50)
        assert work is not None
        [step] = work.sending.steps if work.sending else ()
        assert step == Step(Verb.EDIT, 0, card, RemoteId("roof"))
        [held] = await store.held_for("slack", SpaceId("S1"))
        assert held.intent.what == PostMessage(InSpace("slack", SpaceId("S1")), "hello")
        found = await store.placement_at("slack", anchor)
        assert found is not None
        assert found[1] == Placement(MirrorId("m"), "m1", 0, anchor, "webhook")
        message = await store.written(MessageId("m1"))
        assert message is not None
        assert (message.text, message.revision) == ("first", 1)
        for key, seq in (
            ("one", 3),
            ("web:mia", 3),
            ("slack:C1:17.5:post", 3),
            ("discord:1:2", 4),
            ("discord:1:2:react:a:b", 4),
        ):
            known = await store.committed(key)
            assert known is not None, key
            assert (known.conversation, known.thread, known.seq) == ("c", "t", seq)
        head = await store.head_of_people("mia ola")
        assert head is not None
        assert (head.id, head.seq) == ("c", 4)
        [thread] = await store.threads_of(head.id)
        assert (thread.id, thread.pin, thread.tail) == ("t", "1", 4)
        said = Said(ConversationId("c"), ThreadId("t"), 4)
        edit = MessageEdited(message.id, 2, "changed")
        await World(store).happen("edit", said, AccountId("mia"), edit)
        message = await store.written(message.id)
        assert message is not None
        assert message.text == "changed"
    finally:
        await store.close()


async def test_every_commit_is_synced(store: Store, path: Path) -> None:
    """The settings that the promise of durability rests on."""
    await store.close()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()
    database = Database(path)
    connection = database.connect()
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()
    database.close()


async def test_a_closed_store_takes_nothing_more_and_keeps_what_it_took(
    store: Store, path: Path
) -> None:
    world = World(store)
    mia, ola = await world.account("mia"), await world.account("ola")
    late = [asyncio.ensure_future(store.use_once(f"token {n}", NOW)) for n in range(50)]
    start = asyncio.ensure_future(store.commit(world.starting("one", (mia, ola))))
    await asyncio.sleep(0)
    await store.close()
    assert all(await asyncio.gather(*late))
    await start
    with pytest.raises(StoreError, match="closed"):
        await store.use_once("other", NOW)
    with pytest.raises(StoreError, match="could not read"):
        await store.committed("one")
    with pytest.raises(StoreError, match="could not read"):
        await store.due_of(ThreadId("t"))
    await store.close()
    await store.open()
    assert await store.committed("one") is not None
    assert await store.use_once("token 7", NOW) is False


async def test_who_no_longer_waits_does_not_undo_the_commit(store: Store) -> None:
    world = World(store)
    mia, ola = await world.account("mia"), await world.account("ola")
    waiting = asyncio.ensure_future(store.commit(world.starting("one", (mia, ola))))
    await asyncio.sleep(0)
    waiting.cancel()
    await store.secret("whatever comes after it")
    assert await store.committed("one") is not None


async def test_a_failing_statement_is_a_store_error_with_its_cause(store: Store) -> None:
    broken = Commit("k", "", ConversationId("c"), 0, (), "")
    with pytest.raises(ValueError, match="at least one event"):
        await store.commit(broken)
    world = World(store)
    mia = await world.account("mia")
    half = world.starting("one", (mia, AccountId("ola")))
    twice = (*half.events, half.events[-1])
    with pytest.raises(StoreError, match="could not write") as caught:
        await store.commit(Commit("k", "", half.conversation, 0, twice, half.people_key))
    assert isinstance(caught.value.__cause__, sqlite3.Error)
    assert await store.head(half.conversation) is None


CHILD = """
import asyncio, sys
from bridge.store import open_store
from core.ids import AccountId
from tests.store.world import World

url, run = sys.argv[1:]

async def sender(world, n):
    mia, other = AccountId("mia"), await world.account(f"person-{run}-{n}")
    said = await world.start(f"start {run} {n}", (mia, other))
    turn = 0
    while True:
        key = f"{run}.{n}:{turn}"
        said = await world.say(key, said, mia, key)
        print(key, flush=True)
        turn += 1

async def main():
    store = open_store(url)
    await store.open()
    world = World(store)
    await world.account("mia")
    await asyncio.gather(*(sender(world, n) for n in range(16)))

asyncio.run(main())
"""


async def test_everything_acknowledged_is_there_after_a_kill(path: Path) -> None:
    url = f"sqlite:///{path}"
    acknowledged: list[str] = []
    for most in (40, 400, 1200):
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            CHILD,
            url,
            str(most),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        assert child.stdout is not None
        lines = [await child.stdout.readline() for _ in range(most)]
        os.kill(child.pid, signal.SIGKILL)
        rest = b"".join(lines) + await child.stdout.read()
        await child.wait()
        acknowledged += [line.decode() for line in rest.split(b"\n")[:-1]]
    assert len(acknowledged) >= 1640
    assert all(acknowledged)
    store = open_store(url)
    await store.open()
    try:
        for key in acknowledged:
            assert await store.committed(key) is not None
        for head in await store.conversations_of(AccountId("mia")):
            events = await store.history(head.id)
            assert [event.seq for event in events] == list(range(1, head.seq + 1))
            for event in events:
                if isinstance(event.what, MessagePosted) and ":" in event.what.text:
                    assert event.what.message == derive("message", event.what.text)
    finally:
        await store.close()


async def test_finding_what_is_due_passes_quickly_over_idle_mirrors(
    store: Store, path: Path
) -> None:
    world = World(store)
    mia, ola = await world.account("mia"), await world.account("ola")
    said = await world.start("one", (mia, ola), await world.binding(ola, "C1"))
    await store.close()
    idle_mirrors(path, 100_000)
    await store.open()
    took = []
    for _ in range(5):
        before = time.process_time()
        due = await store.due()
        took.append(time.process_time() - before)
        assert [one.mirror for one in due] == [(await world.mirrors(said))["C1"].id]
    assert min(took) < 0.1
    assert await store.waiting() == {"slack": 1}
    assert len(await store.due_of(said.thread)) == 1


async def test_a_page_of_threads_is_looked_up_among_many_mirrors_at_once(
    store: Store, path: Path
) -> None:
    await store.close()
    idle_mirrors(path, 100_000)
    await store.open()
    spaces = [SpaceId(derive("thread", str(n))) for n in range(49_900, 50_100)]
    took = []
    for _ in range(5):
        before = time.process_time()
        assert len(await store.marked("slack", spaces)) == 100
        took.append(time.process_time() - before)
    assert min(took) < 0.05


def idle_mirrors(path: Path, count: int) -> None:
    """Conversations that were delivered long ago, two mirrors to a thread."""
    db = sqlite3.connect(path)
    columns = "id, thread, conversation, binding, account, platform, workspace, channel, kind"
    threads = [
        (derive("thread", str(n)), derive("conversation", str(n))) for n in range(count // 2)
    ]
    with db:
        db.executemany(
            "INSERT INTO threads (id, conversation, pin, tail, active, opened_by) "
            "VALUES (?, ?, 'pin', 9, 1, 'mia')",
            threads,
        )
        for platform in ("slack", "discord"):
            db.executemany(
                f"INSERT INTO mirrors ({columns}, from_seq, cursor, root, space) "  # noqa: S608
                "VALUES (?, ?, ?, 'b', 'mia', ?, 'T1', 'C9', 'project', 1, 9, ?, ?)",
                (
                    (derive("mirror", platform + thread), thread, talk, platform, thread, thread)
                    for thread, talk in threads
                ),
            )
    db.close()


async def test_times_keep_their_microseconds(store: Store) -> None:
    world = World(store)
    mia, ola = await world.account("mia"), await world.account("ola")
    said = await world.start("one", (mia, ola), await world.binding(ola, "C1"))
    mirror = (await world.mirrors(said))["C1"]
    late = NOW + timedelta(days=40_000, microseconds=1)
    await store.park(mirror.id, attempts=1, retry_at=late)
    assert (await store.due())[0].retry_at == late
    assert (await store.history(said.conversation))[0].at == NOW
