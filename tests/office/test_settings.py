"""Logins, pings, data."""

from pathlib import Path

import pytest

from core.intents import Person
from core.model import Identity, Profile
from core.ports.reading import Prefs
from tests.office.desk_world import ADA, BEN, INBOX, JO, MIA, World, button, code, labels, person

MIAS = person(MIA, "discord")
NEW = Person(Identity("slack", "T1", "UMIA2"), Profile("Mia L"))


async def test_two_logins_become_one_account_by_a_code(world: World) -> None:
    shown = await world.type(MIAS, "link")
    given = shown.text.partition("`")[2].partition("`")[0]
    asked = await world.type(NEW, f"link {given.upper()}")
    assert labels(asked) == ["Link"]
    done = await world.press(NEW, asked, "Link")
    assert done.text.startswith("This login is Mia (@mia) now.")
    assert (await world.desk.account(NEW)).id == MIA.id
    used = await world.press(NEW, asked, "Link")
    assert used.refusal is not None


async def test_unlinking_parts_them(world: World) -> None:
    shown = await world.type(MIAS, "link")
    given = shown.text.partition("`")[2].partition("`")[0]
    before = await world.desk.account(NEW)
    form = await world.press(NEW, await world.type(NEW, "link"), "I have a code")
    assert code(await world.fill(NEW, form, code=" ")) == "bad_code"
    assert (await world.fill(NEW, form, code=given)).refusal is None
    sure = await world.type(NEW, "unlink")
    assert labels(sure) == ["Unlink"]
    parted = await world.press(NEW, sure, "Unlink")
    assert parted.text.startswith("This login is Mia L")
    assert (await world.desk.account(NEW)).id == before.id
    assert code(await world.type(NEW, "unlink")) == "not_linked"


async def test_codes_are_not_guessed(world: World) -> None:
    for n in range(5):
        asked = await world.type(NEW, f"link wrong-{n}")
        assert (await world.press(NEW, asked, "Link")).refusal is not None
    assert code(await world.type(NEW, "link wrong-6")) == "rate_limited"
    caller = world.caller(NEW)
    assert code(await world.office.press(caller, "link", "wrong-7")) == "rate_limited"
    world.later(minutes=11)
    assert labels(await world.type(NEW, "link wrong-8")) == ["Link"]


# --- pings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("none", Prefs("none")),
        ("mentions quiet 22:00-07:00 Europe/Berlin",
         Prefs("mentions", "22:00", "07:00", "Europe/Berlin")),
        ("quiet 10pm to 7am", Prefs("all", "22:00", "07:00")),
        ("all quiet off", Prefs("all")),
        ("quiet off UTC", Prefs("all")),
    ],
)  # fmt: skip
async def test_what_pings_and_when_not(world: World, words: str, kept: Prefs) -> None:
    answer = await world.type(MIAS, f"notify {words}")
    assert answer.text.startswith("Kept. Now ")
    assert await world.desk.prefs(MIA.id) == kept


async def test_a_form_shows_what_is_kept_and_keeps_what_is_new(world: World) -> None:
    await world.type(MIAS, "notify mentions quiet 22:00-07:00 Europe/Berlin")
    asked = await world.type(MIAS, "notify")
    assert asked.form is not None
    assert [one.value for one in asked.form.inputs] == ["mentions", "22:00-07:00", "Europe/Berlin"]
    await world.fill(MIAS, asked, what="none", quiet="", zone="Asia/Tokyo")
    assert await world.desk.prefs(MIA.id) == Prefs("none", zone="Asia/Tokyo")
    refused = await world.fill(MIAS, asked, quiet="whenever")
    assert (code(refused), refused.field) == ("bad_hours", "quiet")
    refused = await world.fill(MIAS, asked, zone="Nowhere/Land")
    assert code(refused) == "bad_hours"
    assert code(await world.fill(MIAS, asked, what="x")) == "bad_option"
    assert code(await world.type(MIAS, "notify sometimes")) == "bad_option"
    assert (await world.office.press(world.caller(MIAS), "notify", "all")).refusal is None


# --- data ---------------------------------------------------------------------------------


async def test_an_export_is_a_file_of_ones_own(world: World) -> None:
    await world.friends(MIA, JO)
    await world.start(MIAS, "jo", text="mine and yours")
    answer = await world.type(MIAS, "export")
    assert answer.file is not None
    assert answer.file.name == "pinthread-mia.zip"
    assert Path(answer.file.path).stat().st_size > 0
    assert button(answer, "Download").url.startswith("https://pins.example/")
    assert code(await world.type(person(BEN), "export", INBOX)) == "not_allowed"
    assert (await world.type(person(ADA), "export", INBOX)).file is not None


async def test_forgetting_asks_first_and_is_final(world: World) -> None:
    asked = await world.type(MIAS, "forget me")
    assert labels(asked) == ["Forget me", "Export first"]
    assert (await world.press(MIAS, asked, "Export first")).file is not None
    others = await world.push(person(JO), button(asked, "Forget me"))
    assert code(others) == "not_yours"
    done = await world.press(MIAS, asked, "Forget me")
    assert done.text.startswith("You are forgotten")
    assert (await world.desk.account(MIAS)).id != MIA.id


async def test_a_brand_is_not_forgotten_from_its_inbox(world: World) -> None:
    assert code(await world.type(person(ADA), "forget me", INBOX)) == "not_allowed"
    caller = world.caller(person(ADA), INBOX)
    assert code(await world.office.press(caller, "forget", str(ADA.id))) == "not_allowed"
