"""Search: what is found, by whom, and that the index follows the history by itself."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.intake.intake import Intake
from bridge.reading.searching import UNKNOWN_AUTHOR, Searching, index_of
from bridge.store.words import WordIndex, _expression
from bridge.wakeup import LocalWakeups
from core.files import FileId, FileRef
from core.ids import AccountId
from core.intents import AddPeople, DeleteMessage, EditMessage, Handle, Intent, Leave, PostMessage
from core.model import Account, AccountKind
from core.ports.outcomes import Accepted
from core.ports.store import Store
from core.search import Hits, SearchQuery, parse_search, words_of
from tests.anyone import ANYONE
from tests.bridge.conftest import BRAND, JO, MIA, NOW
from tests.bridge.test_intake import accepted, start


@pytest.fixture
async def searching(
    store: Store, intake: Intake, wakeups: LocalWakeups, tmp_path: Path
) -> AsyncIterator[Searching]:
    searching = Searching(store, tmp_path / "history.sqlite", wakeups, intake.find_people)
    yield searching
    await searching.stop()


async def found(searching: Searching, who: str, text: str, **how: int) -> list[str]:
    """The excerpts that `who` finds."""
    return [hit.excerpt for hit in (await hits(searching, who, text, **how)).hits]


async def hits(searching: Searching, who: str, text: str, **how: int) -> Hits:
    query = parse_search(text)
    assert isinstance(query, SearchQuery)
    page = await searching.search(who, query, **how)  # type: ignore[arg-type]
    assert isinstance(page, Hits)
    return page


async def say(intake: Intake, thread: Accepted, key: str, text: str, who: str = "") -> Accepted:
    return await accepted(intake, Intent(key, who or MIA.id, PostMessage(thread.thread, text)))


async def test_words_are_found_newest_first_in_any_case_and_by_their_beginning(
    intake: Intake, searching: Searching
) -> None:
    thread = await accepted(intake, start("a", "Does the oak table come larger?"))
    await say(intake, thread, "b", "Two CHAIRS in Oak, please")
    await say(intake, thread, "c", "An elm would do")
    assert await found(searching, MIA.id, "oak") == [
        "Two CHAIRS in Oak, please",
        "Does the oak table come larger?",
    ]
    assert await found(searching, MIA.id, "chair OAK") == ["Two CHAIRS in Oak, please"]
    assert await found(searching, BRAND.id, "elm") == ["An elm would do"]
    assert await found(searching, MIA.id, "pine") == []


async def test_a_message_is_found_by_the_names_of_its_files_and_others_beside_it(
    intake: Intake, searching: Searching
) -> None:
    thread = await accepted(intake, start("a", "oak?"))
    plan = FileRef(FileId("deadbeef" * 8), "floor plan.pdf", "application/pdf", 9)
    sent = PostMessage(thread.thread, "as promised", stored=(plan,))
    await accepted(intake, Intent("b", MIA.id, sent))
    await say(intake, thread, "c", "oak it is")
    assert await found(searching, BRAND.id, "floor") == ["as promised"]
    assert await found(searching, BRAND.id, "oak") == ["oak it is", "oak?"]


async def test_a_message_is_found_as_it_stands_now(intake: Intake, searching: Searching) -> None:
    thread = await accepted(intake, start("a", "oak?"))
    gone = await say(intake, thread, "b", "oak, quickly")
    assert len(await found(searching, MIA.id, "oak")) == 2
    assert thread.message is not None
    assert gone.message is not None
    await accepted(intake, Intent("e", MIA.id, EditMessage(thread.message, "ash?")))
    await accepted(intake, Intent("d", MIA.id, DeleteMessage(gone.message)))
    assert await found(searching, MIA.id, "oak") == []
    assert await found(searching, MIA.id, "ash") == ["ash?"]


async def test_nobody_finds_what_was_said_without_them(
    store: Store, intake: Intake, searching: Searching
) -> None:
    ben = Account(AccountId("ben"), AccountKind.PERSON, "ben", "Ben")
    await store.put_account(ben, ())
    thread = await accepted(intake, start("a", "oak before", "ben"))
    await accepted(intake, Intent("j", MIA.id, AddPeople(thread.thread, (Handle("jo"),))))
    await say(intake, thread, "b", "oak with jo")
    await accepted(intake, Intent("l", JO.id, Leave(thread.thread)))
    await say(intake, thread, "c", "oak after jo")
    assert await found(searching, JO.id, "oak") == ["oak with jo"]
    assert len(await found(searching, MIA.id, "oak")) == 3
    assert await found(searching, BRAND.id, "oak") == []


async def test_whoever_has_left_finds_nothing_that_was_edited_since(
    store: Store, intake: Intake, searching: Searching
) -> None:
    ben = Account(AccountId("ben"), AccountKind.PERSON, "ben", "Ben")
    await store.put_account(ben, ())
    thread = await accepted(intake, start("a", "oak", "ben", "jo"))
    said = [await say(intake, thread, f"s{n}", f"ash {n}") for n in range(3)]
    assert said[0].message
    assert said[1].message
    await accepted(intake, Intent("e0", MIA.id, EditMessage(said[0].message, "ash of before")))
    await accepted(intake, Intent("l", JO.id, Leave(thread.thread)))
    await accepted(intake, Intent("e1", MIA.id, EditMessage(said[1].message, "ash of a secret")))
    assert await found(searching, JO.id, "secret") == []
    assert await found(searching, JO.id, "ash") == ["ash 2", "ash of before"]
    assert await found(searching, "ben", "ash") == ["ash 2", "ash of a secret", "ash of before"]
    await accepted(intake, Intent("j", MIA.id, AddPeople(thread.thread, (Handle("jo"),))))
    assert await found(searching, JO.id, "secret") == ["ash of a secret"], "as the page shows it"


async def test_from_before_and_after_narrow_it(
    store: Store, wakeups: LocalWakeups, tmp_path: Path
) -> None:
    moment = NOW
    intake = Intake(store, wakeups, lambda: moment, ANYONE)
    searching = Searching(store, tmp_path / "history.sqlite", wakeups, intake.find_people)
    thread = await accepted(intake, start("a", "oak one"))
    moment = NOW + timedelta(days=1)
    await say(intake, thread, "b", "oak two", BRAND.id)
    moment = NOW + timedelta(days=2)
    await say(intake, thread, "c", "oak three")
    day = f"{NOW + timedelta(days=1):%Y-%m-%d}"
    assert await found(searching, MIA.id, "oak from:@northwind") == ["oak two"]
    assert await found(searching, MIA.id, "from:northwind") == ["oak two"]
    assert await found(searching, MIA.id, f"oak before:{day}") == ["oak one"]
    assert await found(searching, MIA.id, f"oak after:{day}") == ["oak three", "oak two"]
    query = SearchQuery(("oak",), Handle("nobody"))
    assert await searching.search(MIA.id, query) == UNKNOWN_AUTHOR
    for words in (("oak",), ()):  # there is such an account, and nothing may tell Mia
        assert await searching.search(MIA.id, replace(query, words=words, author=Handle("jo"))) == (
            UNKNOWN_AUTHOR
        )
    assert await found(searching, MIA.id, "ash from:@northwind") == []
    await searching.stop()


async def test_pages_join_without_a_gap(intake: Intake, searching: Searching) -> None:
    thread = await accepted(intake, start("a", "oak 0"))
    for n in range(1, 8):
        await say(intake, thread, f"k{n}", f"oak {n}")
    first = await hits(searching, MIA.id, "oak", limit=5)
    assert first.more is not None
    second = await hits(searching, MIA.id, "oak", limit=5, older=first.more)
    texts = [hit.excerpt for hit in (*first.hits, *second.hits)]
    assert texts == [f"oak {n}" for n in range(7, -1, -1)]
    assert second.more is None


async def test_the_index_is_made_anew_where_it_is_damaged_or_of_another_history(
    intake: Intake, searching: Searching, tmp_path: Path
) -> None:
    await accepted(intake, start("a", "oak?"))
    assert len(await found(searching, MIA.id, "oak")) == 1
    await searching.stop()
    history = tmp_path / "history.sqlite"
    index_of(history).write_bytes(b"not a database, whatever else it may be" * 100)
    index = WordIndex(history, index_of(history))
    assert index.advance(100) == 0
    index._index.execute("UPDATE progress SET conversation = 'another'")
    index.close()
    index = WordIndex(history, index_of(history))
    assert index.advance(1) > 0
    index.close()


async def test_it_follows_by_itself(
    intake: Intake, searching: Searching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.reading.searching._QUIET", 0.01)
    following = asyncio.create_task(searching.run())
    await accepted(intake, start("a", "oak?"))
    history = tmp_path / "history.sqlite"
    for _ in range(500):
        await asyncio.sleep(0.01)
        reader = WordIndex(history, index_of(history)) if index_of(history).exists() else None
        rows = (
            []
            if reader is None
            else reader.find(MIA.id, ("oak",), None, None, None, older_than=None, limit=5)
        )
        if reader is not None:
            reader.close()
        if rows:
            break
    assert [row[7] for row in rows] == ["oak?"]
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_any_words_make_a_query_that_the_index_takes(texts: list[str]) -> None:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE words USING fts5(text, author, audience)")
    words = words_of(" ".join(texts))
    asked = _expression(words, MIA.id, JO.id)
    assert db.execute("SELECT rowid FROM words WHERE words MATCH ?", (asked,)).fetchall() == []
