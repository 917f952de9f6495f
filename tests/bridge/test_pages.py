"""What a member reads: messages as they stand now, and whoever has left as they stood then."""

from datetime import timedelta

import pytest

from bridge.intake.intake import Intake
from bridge.reading.pages import Pages
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
from core.model import Refusal
from core.ports.outcomes import Accepted
from core.ports.reading import Line
from core.ports.store import Store
from tests.bridge.conftest import BRAND, JO, KEN, MIA, NOW
from tests.bridge.test_intake import accepted, start

THUMB = "\U0001f44d"


@pytest.fixture
def pages(store: Store) -> Pages:
    return Pages(store)


async def say(intake: Intake, thread: Accepted, key: str, text: str) -> Accepted:
    return await accepted(intake, Intent(key, MIA.id, PostMessage(thread.thread, text)))


async def shown(pages: Pages, who: str, thread: Accepted, **how: int) -> list[Line]:
    asked = {"before": None, "after": None, "limit": 50, **how}
    page = await pages.page(who, thread.thread, **asked)  # type: ignore[arg-type]
    assert not isinstance(page, Refusal)
    return list(page.lines)


async def test_changes_alter_the_line_of_their_message_and_add_none(
    intake: Intake, pages: Pages
) -> None:
    thread = await accepted(intake, start("a", "oak?"))
    assert thread.message is not None
    second = await say(intake, thread, "b", "or ash?")
    assert second.message is not None
    await accepted(intake, Intent("e", MIA.id, EditMessage(thread.message, "elm?")))
    await accepted(intake, Intent("r", BRAND.id, React(thread.message, THUMB, on=True)))
    await accepted(intake, Intent("d", MIA.id, DeleteMessage(second.message)))
    card, first, gone = await shown(pages, BRAND.id, thread)
    assert card.kind == "card"
    assert (first.text, first.edited) == ("elm?", True)
    assert first.reactions == ((THUMB, (BRAND,)),)
    assert (gone.text, gone.deleted) == ("", True)


async def test_a_page_is_full_however_many_events_have_no_line(
    intake: Intake, pages: Pages
) -> None:
    thread = await accepted(intake, start("a", "0"))
    messages = [thread, *[await say(intake, thread, f"m{n}", str(n)) for n in range(1, 5)]]
    for n in range(40):
        for who in (MIA, BRAND):
            what = React(messages[0].message, THUMB, on=n % 2 == 0)  # type: ignore[arg-type]
            await accepted(intake, Intent(f"r{n}{who.id}", who.id, what))
    page = await pages.page(MIA.id, thread.thread, before=None, after=None, limit=3)
    assert not isinstance(page, Refusal)
    assert [line.text for line in page.lines] == ["2", "3", "4"]
    assert (page.older, page.newer) == (True, False)
    page = await pages.page(MIA.id, thread.thread, before=page.lines[0].seq, after=None, limit=3)
    assert not isinstance(page, Refusal)
    assert [line.text for line in page.lines] == ["", "0", "1"]
    assert page.older is False
    page = await pages.page(MIA.id, thread.thread, before=None, after=page.lines[1].seq, limit=2)
    assert not isinstance(page, Refusal)
    assert [line.text for line in page.lines] == ["1", "2"]
    assert page.newer is True


async def test_whoever_has_left_reads_messages_as_they_stood_then(
    intake: Intake, pages: Pages
) -> None:
    thread = await accepted(intake, start("a", "first", "ken", "jo"))
    assert thread.message is not None
    await accepted(intake, Intent("e1", MIA.id, EditMessage(thread.message, "second")))
    await accepted(intake, Intent("l", JO.id, Leave(thread.thread)))
    await accepted(intake, Intent("e2", MIA.id, EditMessage(thread.message, "a secret")))
    await accepted(intake, Intent("r", KEN.id, React(thread.message, THUMB, on=True)))
    line = (await shown(pages, JO.id, thread))[1]
    assert (line.text, line.reactions) == ("second", ())
    one = await pages.line(JO.id, thread.thread, thread.message)
    assert isinstance(one, Line)
    assert one.text == "second"
    now = (await shown(pages, MIA.id, thread))[1]
    assert now.text == "a secret"


async def test_a_reply_names_what_it_answers_until_that_is_deleted(
    intake: Intake, pages: Pages
) -> None:
    thread = await accepted(intake, start("a", "does it\ncome in oak?"))
    assert thread.message is not None
    said = PostMessage(thread.thread, "yes", answers=thread.message)
    await accepted(intake, Intent("b", BRAND.id, said))
    assert (await shown(pages, MIA.id, thread))[-1].answers == "Mia: does it come in oak?"
    await accepted(intake, Intent("d", MIA.id, DeleteMessage(thread.message)))
    assert (await shown(pages, MIA.id, thread))[-1].answers == ""


async def test_a_newcomer_reads_no_quote_of_before(intake: Intake, pages: Pages) -> None:
    thread = await accepted(intake, start("a", "a secret", "ken"))
    await accepted(intake, Intent("j", MIA.id, AddPeople(thread.thread, (Handle("jo"),))))
    said = PostMessage(thread.thread, "yes", answers=thread.message)
    await accepted(intake, Intent("b", KEN.id, said))
    assert (await shown(pages, JO.id, thread))[-1].answers == ""
    assert (await shown(pages, MIA.id, thread))[-1].answers == "Mia: a secret"


async def test_a_newcomer_finds_no_message_of_before(intake: Intake, pages: Pages) -> None:
    thread = await accepted(intake, start("a", "private", "ken"))
    assert thread.message is not None
    await accepted(intake, Intent("p", MIA.id, AddPeople(thread.thread, (Handle("jo"),))))
    found = await pages.line(JO.id, thread.thread, thread.message)
    assert isinstance(found, Refusal)
    assert found.code == "unknown_message"


async def test_a_file_that_cannot_be_had_has_a_line_that_says_why(
    intake: Intake, pages: Pages
) -> None:
    thread = await accepted(intake, start("a", "look"))
    assert thread.message is not None
    what = AddFile(thread.message, "huge.mov", None, "It is larger than 500 MiB.")
    await accepted(intake, Intent("f", MIA.id, what))
    notice = (await shown(pages, BRAND.id, thread))[-1]
    assert notice.kind == "notice"
    assert notice.text == (
        "Mia sent a file that could not be fetched: huge.mov. It is larger than 500 MiB."
    )


async def test_files_are_in_the_line_of_their_message_and_in_the_inbox(
    intake: Intake, store: Store, pages: Pages
) -> None:
    thread = await accepted(intake, start("a", "look"))
    file = FileRef(FileId("0" * 64), "desk.png", "image/png", 10, "A desk")
    said = PostMessage(thread.thread, stored=(file,))
    posted = await accepted(intake, Intent("b", MIA.id, said))
    line = (await shown(pages, BRAND.id, thread))[-1]
    assert (line.message, line.files) == (posted.message, (file,))
    assert [each.last_text for each in await store.inbox(BRAND.id, 5)] == ["a file"]
    assert await store.may_read(BRAND.id, file.id)
    assert not await store.may_read(JO.id, file.id)
    assert posted.message is not None
    await accepted(intake, Intent("d", MIA.id, DeleteMessage(posted.message)))
    assert not await store.may_read(BRAND.id, file.id)


async def test_a_file_is_in_use_until_its_deleted_message_is_erased(
    intake: Intake, store: Store
) -> None:
    thread = await accepted(intake, start("a", "look"))
    file, other = FileRef(FileId("0" * 64), "a.png", "image/png", 10), FileId("1" * 64)
    said = PostMessage(thread.thread, stored=(file,))
    posted = await accepted(intake, Intent("b", MIA.id, said))
    both = (file.id, other)
    assert await store.unused_files(both) == {other}
    assert posted.message is not None
    await accepted(intake, Intent("d", MIA.id, DeleteMessage(posted.message)))
    assert await store.unused_files(both) == {other}
    await store.erase(NOW + timedelta(days=31))
    assert await store.unused_files(both) == {file.id, other}
