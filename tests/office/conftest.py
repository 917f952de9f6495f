"""The office over the program's own store, intake and desk."""

from collections.abc import AsyncIterator, Mapping
from datetime import time
from pathlib import Path
from typing import cast

import pytest

from bridge.delivery.lanes import Lanes
from bridge.desk import Desk
from bridge.intake.intake import Intake
from bridge.intake.standing import Rules
from bridge.office import Counter
from bridge.operator.erasing import Erasing
from bridge.operator.exporting import Exporting
from bridge.pins import Pins
from bridge.reading.searching import Searching
from bridge.store import open_store
from bridge.telemetry import Metrics
from bridge.timers.timers import Timers
from bridge.wakeup import LocalWakeups
from core.model import BrandRules, Canned, Contacts, Hours, Mode, Role
from core.ports.adapter import Adapter
from tests.office.desk_world import (
    ADA,
    BEN,
    BRAND,
    CAL,
    DESK_PIN,
    INBOX,
    JO,
    LAMP,
    MIA,
    NOW,
    OTHER,
    SAM,
    STAFF,
    Channels,
    Pinterest,
    World,
    inbox,
    person,
)

CANNED = (
    Canned("thanks", "Thank you, {follower}! Yours, {agent} of {brand}, about {pin} {and}."),
    Canned("hours", "We are here from 9 to 5."),
)
BRAND_RULES = BrandRules(
    hold=15.0,
    staff_role=Role.AGENT,
    agent_role="Team",
    canned=CANNED,
    hours=Hours("Europe/Berlin", (0, 1, 2, 3, 4), time(9), time(17)),
)


@pytest.fixture
def brand_rules() -> BrandRules:
    return BRAND_RULES


@pytest.fixture
async def world(tmp_path: Path, brand_rules: BrandRules) -> AsyncIterator[World]:
    path = tmp_path / "history.sqlite"
    store = open_store(f"sqlite:///{path}")
    await store.open()
    for account in (BRAND, OTHER):
        await store.put_account(account, ())
    for account in (MIA, JO, SAM, ADA, BEN, CAL):
        logins = [person(account).identity, person(account, "discord").identity]
        await store.put_account(account, logins)
    for pin in (DESK_PIN, LAMP):
        await store.put_pin(pin, NOW)
    await store.put_binding(inbox(BRAND, INBOX, "pin-inbox"))
    await store.put_binding(inbox(BRAND, STAFF, "staff", Mode.RELAY))
    await store.grant(BRAND.id, ADA.id, Role.OWNER, NOW)
    await store.grant(BRAND.id, CAL.id, Role.VIEWER, NOW)
    wakeups, channels = LocalWakeups(), Channels()
    made: list[World] = []

    def now():  # type: ignore[no-untyped-def]
        return made[0].now if made else NOW

    rules = Rules(Contacts.FOLLOW, per_minute=0, brands={BRAND.id: brand_rules})
    intake = Intake(store, wakeups, now, rules)
    desk = Desk(store, intake, wakeups, Metrics(), now)
    office = Counter(desk, now, lambda handle: f"https://pins.example/b/{handle}")
    pins = Pins(store, Pinterest(), desk.submit, now)
    adapters = cast(Mapping[str, Adapter], {"slack": channels, "discord": channels})
    timers = Timers(store, intake, adapters, now)
    intake.tell(timers)
    desk.connect(cast(Lanes, None), pins, office=office, timers=timers)
    searching = Searching(store, path, wakeups, desk.find_people)
    exporting = Exporting(store, tmp_path / "exports", lambda file: "", now)
    erasing = Erasing(store, desk.submit, searching.forget, now)
    desk.serve(
        searching, exporting, erasing, adapters, lambda token: f"https://pins.example/{token}"
    )
    made.append(World(store, intake, desk, office, channels))
    yield made[0]
    await store.close()
