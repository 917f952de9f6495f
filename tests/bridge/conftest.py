"""A store on disk and a small world in it: a brand with an inbox, and some people."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.intake.intake import Intake
from bridge.store import open_store
from bridge.wakeup import LocalWakeups
from core.ids import AccountId, BindingId, PinId
from core.model import Account, AccountKind, Binding, BindingKind, Mode, Pin, Place
from core.ports.store import Store
from tests.anyone import ANYONE

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
BRAND = Account(AccountId("northwind"), AccountKind.BRAND, "northwind", "Northwind Home")
MIA = Account(AccountId("mia"), AccountKind.PERSON, "mia", "Mia")
JO = Account(AccountId("jo"), AccountKind.PERSON, "jo", "Jo")
KEN = Account(AccountId("ken"), AccountKind.PERSON, "ken", "Ken")
DESK = Pin(PinId("99360735500167749"), "https://www.pinterest.com/pin/99360735500167749/", "Desk")
INBOX = Place("slack", "T1", "C1")
KENS = Place("slack", "T1", "C2")
FORUM = Place("discord", "1", "700")


@pytest.fixture
def wakeups() -> LocalWakeups:
    return LocalWakeups()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'history.sqlite'}")
    await store.open()
    for account in (BRAND, MIA, JO, KEN):
        await store.put_account(account, ())
    await store.put_pin(DESK, NOW)
    inbox = Binding(
        BindingId("inbox"), BRAND.id, INBOX, BindingKind.INBOX, "#pin-inbox", Mode.RELAY
    )
    forum = Binding(BindingId("forum"), MIA.id, FORUM, BindingKind.PROJECT, "#plans")
    kens = Binding(BindingId("kens"), KEN.id, KENS, BindingKind.PROJECT, "#home")
    await store.put_binding(inbox)
    await store.put_binding(kens)
    await store.put_binding(forum)
    yield store
    await store.close()


@pytest.fixture
def intake(store: Store, wakeups: LocalWakeups) -> Intake:
    return Intake(store, wakeups, lambda: NOW, ANYONE)
