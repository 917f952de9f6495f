"""Histories and sign-in links, read beside a running program."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.intake.intake import Intake
from bridge.operator import beside
from core.ids import AccountId, PinId, ThreadId, short_code
from core.intents import AddPeople, FillCard, Handle, Intent, Leave, PostMessage, StartThread
from core.ports.outcomes import Accepted
from core.ports.rows import StoreError
from core.ports.store import Store
from web.sessions import SECRET, Purpose, read
from web.settings import Settings

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DESK = PinId("99360735500167749")
MIA, JO = AccountId("mia"), AccountId("jo")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite"


@pytest.fixture
async def thread(store: Store, intake: Intake) -> ThreadId:
    """A thread with a little of everything, in a database that its program has open."""

    async def act(key: str, actor: AccountId, what: object) -> Accepted:
        found = await intake.submit(Intent(key, actor, what))  # type: ignore[arg-type]
        assert isinstance(found, Accepted)
        return found

    started = await act("a", MIA, StartThread((Handle("ken"),), DESK, "in oak?\nor ash?"))
    thread = started.thread
    await act("b", AccountId("ken"), PostMessage(thread, "Both.", DESK))
    await act("c", MIA, AddPeople(thread, (Handle("jo"),)))
    await act("d", JO, Leave(thread))
    await act("e", MIA, FillCard(thread, DESK))
    return thread


async def test_a_thread_is_printed_with_names_times_and_words(file: Path, thread: ThreadId) -> None:
    found = beside.read(file, short_code(thread))
    assert found
    assert beside.text(found) == (
        f"Conversation {found.head.id}: Mia (@mia), Ken (@ken)\n"
        "\n"
        f"Thread {short_code(thread)} ({thread}): "
        "Desk, https://www.pinterest.com/pin/99360735500167749/\n"
        "  2026-05-01 12:00:00  Mia started the conversation.\n"
        "  2026-05-01 12:00:00  Mia opened the thread.\n"
        "  2026-05-01 12:00:00  Mia: in oak?\n"
        "                       or ash?\n"
        "  2026-05-01 12:00:00  Ken: Both.\n"
        "                       https://www.pinterest.com/pin/99360735500167749/\n"
        "  2026-05-01 12:00:00  Jo joined.\n"
        "  2026-05-01 12:00:00  Jo left.\n"
        "  2026-05-01 12:00:00  More became known of the pin."
    )


async def test_the_document_holds_every_event_once(file: Path, thread: ThreadId) -> None:
    found = beside.read(file, thread)
    assert found
    document = beside.document(found)
    assert document["members"][2] == {"handle": "jo", "name": "Jo", "since": 5, "until": 6}
    assert document["threads"][0]["code"] == short_code(thread)
    assert [event["seq"] for event in document["events"]] == list(range(1, 8))
    said = document["events"][2]
    assert (said["actor"], said["kind"], said["text"]) == (
        "mia",
        "MessagePosted",
        "in oak?\nor ash?",
    )
    assert document["events"][4]["people"] == ["jo"]


async def test_a_conversation_shows_all_its_threads(
    file: Path, thread: ThreadId, intake: Intake
) -> None:
    first = beside.read(file, thread)
    assert first
    other = await intake.submit(
        Intent("f", MIA, StartThread((Handle("ken"),), PinId("7"), "and this?"))
    )
    assert isinstance(other, Accepted)
    assert other.conversation == first.head.id
    whole = beside.read(file, first.head.id.upper())
    assert whole
    assert {t.id for t in whole.threads} == {thread, other.thread}
    alone = beside.read(file, other.thread)
    assert alone
    assert [t.id for t in alone.threads] == [other.thread]
    assert len(alone.events) < len(whole.events)


@pytest.mark.usefixtures("thread")
async def test_what_is_not_there_is_not_found(file: Path) -> None:
    for which in ("nowhere", "abc", "", "%"):
        assert beside.read(file, which) is None


def test_a_file_that_is_not_there_is_named_and_not_made(file: Path) -> None:
    with pytest.raises(StoreError, match="There is no history at"):
        beside.read(file, "abcdef")
    assert not file.exists()


def test_a_file_that_is_no_database_is_named(file: Path) -> None:
    file.write_text("not a database, and longer than a header of SQLite would be" * 9)
    with pytest.raises(StoreError, match="cannot be read"):
        beside.read(file, "abcdef")


async def test_a_link_is_signed_with_the_key_of_the_program(file: Path, store: Store) -> None:
    now = datetime.now(UTC)
    address = beside.link(file, Settings(public_url="https://pins.example/"), "@Mia", now)
    assert address
    base, _, token = address.rpartition("/")
    assert base == "https://pins.example/link"
    secret = await store.secret(SECRET)
    found = read(secret, Purpose.LINK, token, now)
    assert found
    assert found.account == MIA
    assert read(secret, Purpose.LINK, token, now + timedelta(hours=1)) is None


async def test_the_programs_key_is_not_replaced(file: Path, store: Store) -> None:
    before = await store.secret(SECRET)
    assert beside.link(file, Settings(), "mia", NOW)
    assert await store.secret(SECRET) == before


@pytest.mark.usefixtures("store")
async def test_there_is_no_link_for_nobody(file: Path) -> None:
    assert beside.link(file, Settings(), "nobody", NOW) is None


def test_words_cannot_steer_the_operators_terminal() -> None:
    line = beside.printable(
        "Mia: \x1b[2Jgone\x07 \u05e9\u05dc\u05d5\u05dd \U0001f469\u200d\U0001f680\nmore"
    )
    assert (
        line == "Mia: \ufffd[2Jgone\ufffd \u05e9\u05dc\u05d5\u05dd \U0001f469\u200d\U0001f680\nmore"
    )
