"""What the operator sees and does about people beside a running program."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from bridge.__main__ import main
from bridge.intake.intake import Intake
from bridge.intake.standing import Rules
from bridge.operator.operating import Operating
from bridge.wakeup import LocalWakeups
from core.intents import Handle, Intent, PostMessage, Report, StartThread
from core.model import Contacts, Refusal
from core.ports.store import Store
from tests.bridge.conftest import DESK, JO, MIA, NOW
from tests.bridge.test_intake import ROSA, accepted


@pytest.fixture
async def running(store: Store) -> AsyncIterator[None]:
    """The program's part of it."""
    task = asyncio.create_task(Operating(store, lambda: NOW).run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
def closed(store: Store, wakeups: LocalWakeups) -> Intake:
    """Where only those who were invited start."""
    rules = Rules(Contacts.FOLLOW, open=False, per_minute=0)
    return Intake(store, wakeups, lambda: NOW, rules)


class Operator:
    def __init__(self, folder: Path) -> None:
        self._file = folder / "c.yaml"
        self._file.write_text(f"store: {{url: 'sqlite:///{folder / 'history.sqlite'}'}}")

    async def types(self, *words: str) -> int:
        """Waits in a thread of its own: the program goes on meanwhile."""
        return await asyncio.to_thread(main, [*words, "--config", str(self._file)])


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path)


def knock(key: str) -> Intent:
    """Of somebody whom nobody has named before."""
    return Intent(key, ROSA, StartThread((Handle("jo"),), DESK.id, "hello"))


def start(key: str) -> Intent:
    return Intent(key, MIA.id, StartThread((Handle("jo"),), DESK.id, "does this come in oak?"))


@pytest.mark.usefixtures("running")
async def test_who_is_invited_may_start(
    closed: Intake, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal = await closed.submit(knock("a"))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "not_invited"
    assert await operator.types("invite", "@rosa") == 0
    assert capsys.readouterr().out == "@rosa is invited.\n"
    await accepted(closed, knock("b"))


@pytest.mark.usefixtures("running")
async def test_an_account_is_closed_and_opened_again(
    intake: Intake, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    thread = await accepted(intake, start("a"))
    assert await operator.types("ban", "Mia") == 0
    refusal = await intake.submit(Intent("b", MIA.id, PostMessage(thread.thread, "well?")))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "banned"
    assert await operator.types("unban", "@mia") == 0
    await accepted(intake, Intent("c", MIA.id, PostMessage(thread.thread, "well?")))
    assert capsys.readouterr().out == "Mia is closed.\n@mia is open again.\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("invite @nobody", "There is no account '@nobody' here."),
        ("invite @northwind", "A brand needs no invitation."),
        ("ban @nobody", "There is no account '@nobody' here."),
        ("unban @northwind", "A brand is closed by taking it out of the configuration."),
    ],
)
@pytest.mark.usefixtures("store")
async def test_who_cannot_be_meant(
    words: str, told: str, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await operator.types(*words.split()) == 1
    assert capsys.readouterr().err == f"pinthread: {told}\n"


async def test_without_a_program_it_is_done_by_the_next_one(
    store: Store,
    closed: Intake,
    operator: Operator,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bridge.command.doing.TAKEN", 0.0)
    assert isinstance(await closed.submit(knock("a")), Refusal)
    assert await operator.types("invite", "@rosa") == 0
    assert capsys.readouterr().out.startswith("No program took it up yet.")
    await Operating(store, lambda: NOW).take()
    await accepted(closed, knock("b"))


async def test_reports_are_read_as_they_stood(
    intake: Intake, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await operator.types("reports") == 0
    assert capsys.readouterr().out == "Nothing has been reported.\n"
    thread = await accepted(intake, start("a"))
    await accepted(intake, Intent("r", JO.id, Report(thread.thread, thread.message, "rude\x1b[2J")))
    assert await operator.types("reports") == 0
    shown = capsys.readouterr().out
    assert "@jo on" in shown
    assert "@mia: does this come in oak?" in shown
    assert "\x1b" not in shown
    assert await operator.types("reports", "--json") == 0
    [one] = json.loads(capsys.readouterr().out)
    assert (one["by"], one["messages"][0]["author"]) == ("jo", "mia")
