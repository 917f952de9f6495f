"""Accounts, identities, bindings, pins and secrets."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from core.ids import AccountId, BindingId, PinId, derive
from core.model import (
    Account,
    AccountKind,
    Binding,
    BindingKind,
    Identity,
    Pin,
    PinSource,
    Place,
    Profile,
)
from core.ports.rows import StoreError
from core.ports.store import Store
from tests.store.world import NOW, PIN, World

Reopen = Callable[[], Awaitable[Store]]


def discord(user: str) -> Identity:
    return Identity("discord", "", user)


async def test_an_unknown_person_gets_an_account_once(store: Store, reopen: Reopen) -> None:
    profile = Profile("Zoë Müller-Ōno", "https://cdn.example/zoe.png")
    both = await asyncio.gather(
        store.ensure_person(discord("1"), profile, NOW),
        store.ensure_person(discord("1"), profile, NOW),
    )
    assert both[0] == both[1]
    assert both[0].handle == "zoe-muller-ono"
    assert both[0].kind is AccountKind.PERSON
    assert await store.account(both[0].id) == both[0]
    assert await store.account_by_identity(discord("1")) == both[0]
    assert await store.account_by_handle("zoe-muller-ono") == both[0]
    assert await store.identities(both[0].id) == (discord("1"),)
    assert await store.account_by_identity(Identity("slack", "", "1")) is None
    assert await (await reopen()).ensure_person(discord("1"), profile, NOW) == both[0]


@pytest.mark.parametrize(
    ("name", "handle"),
    [
        ("Mia", "mia"),
        ("  Mia  van der Berg! ", "mia-van-der-berg"),
        ("李小龍", "person"),
        ("x", "person-x"),
        ("\u202e\u200b", "person"),
        ("a" * 300, "a" * 30),
        ("north_wind__home", "north-wind-home"),
    ],
)
async def test_a_handle_is_made_from_the_name(store: Store, name: str, handle: str) -> None:
    account = await store.ensure_person(discord("1"), Profile(name), NOW)
    assert account.handle == handle
    assert account.name == name


@pytest.mark.parametrize(
    ("name", "handle"),
    [
        ("everyone", "person-everyone"),
        ("@Here", "person-here"),
        ("ｃｈａｎｎｅｌ", "person-channel"),
        ("Discord", "person-discord"),
        ("Pin\u200bthread", "person-pinthread"),
        ("None", "person-none"),
        ("Me", "person-me"),
        ("\u200b\u2060\ufeff", "person"),
        ("\u202eaim", "aim"),
        ("מיה", "person"),
        ("x" * 300, "x" * 30),
        ("--; DROP TABLE accounts;--", "drop-table-accounts"),
        ("../../etc/passwd", "etc-passwd"),
        ("<!channel> <@U1>", "channel-u1"),
        ("", "person"),
    ],
)
async def test_no_name_makes_a_handle_that_calls_or_pretends_or_breaks(
    store: Store, name: str, handle: str
) -> None:
    account = await store.ensure_person(discord("1"), Profile(name), NOW)
    assert account.handle == handle
    again = await store.ensure_person(discord("2"), Profile(name), NOW)
    assert again.handle != handle, "and nobody has the same"
    assert 2 <= len(again.handle) <= 30
    assert await store.account_by_handle(again.handle) == again


async def test_handles_that_clash_are_numbered(store: Store) -> None:
    names = ["Mia", "mía", "MIA", "mia-2", "a" * 40, "a" * 41]
    made = [
        await store.ensure_person(discord(str(n)), Profile(x), NOW) for n, x in enumerate(names)
    ]
    assert [account.handle for account in made] == [
        "mia",
        "mia-2",
        "mia-3",
        "mia-2-2",
        "a" * 30,
        "a" * 28 + "-2",
    ]


async def test_a_changed_profile_is_taken_over_unless_the_operator_named_the_account(
    store: Store,
) -> None:
    mia = await store.ensure_person(discord("1"), Profile("Mia", "https://a.example/1"), NOW)
    renamed = await store.ensure_person(discord("1"), Profile("Mia B"), NOW)
    assert renamed == replace(mia, name="Mia B"), "no picture in a profile says nothing of it"
    assert await store.account(mia.id) == renamed
    assert await store.ensure_person(discord("1"), Profile(""), NOW) == renamed
    assert (await store.ensure_person(discord("9"), Profile(""), NOW)).name == "Somebody"
    brand = Account(AccountId("northwind"), AccountKind.BRAND, "northwind", "Northwind Home")
    await store.put_account(brand, [discord("2")])
    assert await store.ensure_person(discord("2"), Profile("Somebody"), NOW) == brand
    assert await store.account_by_identity(discord("2")) == brand


async def test_a_brand_gets_its_handle_and_who_had_it_gets_another(store: Store) -> None:
    squatter = await store.ensure_person(discord("1"), Profile("Northwind"), NOW)
    assert squatter.handle == "northwind"
    brand = Account(AccountId("brand"), AccountKind.BRAND, "northwind", "Northwind Home")
    await store.put_account(brand, [])
    assert await store.account_by_handle("northwind") == brand
    moved = await store.account(squatter.id)
    assert moved == replace(squatter, handle="northwind-2")
    late = await store.ensure_person(discord("2"), Profile("northwind"), NOW)
    assert late.handle == "northwind-3"
    with pytest.raises(StoreError, match="northwind"):
        await store.put_account(replace(brand, id=AccountId("other")), [])


async def test_the_operator_says_which_identities_an_account_has(store: Store) -> None:
    person = await store.ensure_person(discord("1"), Profile("Mia"), NOW)
    brand = Account(AccountId("brand"), AccountKind.BRAND, "northwind", "Northwind")
    await store.put_account(brand, [discord("1"), discord("2")])
    assert await store.account_by_identity(discord("1")) == brand
    assert await store.identities(person.id) == ()
    await store.put_account(replace(brand, name="Northwind Home"), [discord("2")])
    assert await store.account_by_identity(discord("1")) is None
    found = await store.account_by_identity(discord("2"))
    assert found is not None
    assert found.name == "Northwind Home"


async def test_accounts_are_found_by_the_start_of_handle_or_name_in_any_case(
    store: Store,
) -> None:
    await store.ensure_person(discord("1"), Profile("Mia"), NOW)
    await store.put_account(
        Account(AccountId("b"), AccountKind.BRAND, "northwind", "MIAmi Home"), []
    )
    await store.put_account(Account(AccountId("c"), AccountKind.PERSON, "zed", "100%"), [])
    assert [a.handle for a in await store.accounts_like("mI", 9)] == ["mia", "northwind"]
    assert [a.handle for a in await store.accounts_like("north", 9)] == ["northwind"]
    assert [a.handle for a in await store.accounts_like("", 2)] == ["mia", "northwind"]
    assert [a.handle for a in await store.accounts_like("100%", 9)] == ["zed"]
    assert await store.accounts_like("%", 9) == ()
    assert await store.accounts_like("_ia", 9) == ()


async def test_a_place_is_bound_to_one_account(store: Store, reopen: Reopen) -> None:
    place = Place("slack", "T1", "C1")
    first = Binding(BindingId("b1"), AccountId("mia"), place, BindingKind.PROJECT, "#plans")
    await store.put_binding(first)
    with pytest.raises(StoreError, match="C1"):
        await store.put_binding(replace(first, id=BindingId("b2"), account=AccountId("ola")))
    assert await store.binding_at(place) == first
    assert await store.binding_at(Place("slack", "T2", "C1")) is None
    changed = replace(first, label="#ideas", place=Place("slack", "T1", "C2"))
    await store.put_binding(changed)
    assert await store.binding_at(place) is None
    second = replace(first, id=BindingId("b2"), account=AccountId("ola"))
    await store.put_binding(second)
    assert await store.bindings() == (changed, second)
    assert await store.bindings_of([AccountId("ola"), AccountId("nobody")]) == (second,)
    assert await (await reopen()).bindings() == (changed, second)


async def test_knowing_less_of_a_pin_does_not_replace_knowing_more(store: Store) -> None:
    address = f"https://www.pinterest.com/pin/{PIN}/"
    assert await store.pin(PIN) is None
    await store.put_pin(Pin(PIN, address), NOW)
    assert await store.pin(PIN) == Pin(PIN, address)
    rich = Pin(PIN, address, "Oak shelf", board="Hall", color="#aa8855", source=PinSource.API)
    await store.put_pin(rich, NOW)
    some = Pin(PIN, address, "oak shelf (en)", picture="https://i.example/1.png", color="#000000")
    await store.put_pin(replace(some, source=PinSource.OEMBED), NOW)
    known = replace(rich, picture="https://i.example/1.png")
    assert await store.pin(PIN) == known
    await store.put_pin(replace(rich, title="Oak shelf, 2 m"), NOW)
    assert await store.pin(PIN) == replace(known, title="Oak shelf, 2 m")


async def test_pins_in_use_are_known_and_the_bare_ones_are_looked_up_in_turn(
    store: Store, world: World
) -> None:
    mia, ola = await world.account("mia"), await world.account("ola")
    said = await world.start("one", (mia, ola))
    second = await world.open("two", said, ola, PinId("77"))
    await store.put_pin(Pin(PinId("unused"), "https://www.pinterest.com/pin/1/"), NOW)
    assert await store.bare_pins(9) == (PIN, PinId("77"))
    found = await store.pin(PinId("77"))
    assert found == Pin(PinId("77"), "https://www.pinterest.com/pin/77/")
    await store.put_pin(found, NOW + timedelta(seconds=1))
    bare = Pin(PIN, f"https://www.pinterest.com/pin/{PIN}/")
    await store.put_pin(bare, NOW + timedelta(seconds=2))
    assert await store.bare_pins(1) == (PinId("77"),), "whose last look-up is longest ago"
    await store.put_pin(replace(bare, title="Oak", source=PinSource.OEMBED), NOW)
    assert await store.bare_pins(9) == (PinId("77"),)
    assert await store.threads_with(PinId("77")) == (second.thread,)
    assert [pin.id for pin in await store.recent_pins(mia, 9)] == ["77", PIN]
    await world.say("three", replace(second, thread=said.thread), mia)
    assert [pin.id for pin in await store.recent_pins(mia, 1)] == [PIN]
    assert await store.recent_pins(AccountId("nobody"), 9) == ()


async def test_a_secret_is_random_and_the_same_ever_after(store: Store, reopen: Reopen) -> None:
    both = await asyncio.gather(store.secret("links"), store.secret("links"))
    assert both[0] == both[1]
    assert len(both[0]) == 32
    assert await store.secret("deliveries") != both[0]
    assert await (await reopen()).secret("links") == both[0]


async def test_a_token_is_used_once(store: Store, reopen: Reopen) -> None:
    used = await asyncio.gather(*(store.use_once("token", NOW) for _ in range(5)))
    assert sorted(used) == [False, False, False, False, True]
    assert await store.use_once("other", NOW) is True
    assert await (await reopen()).use_once("token", NOW) is False


async def test_ids_of_people_are_derived_from_their_identity(store: Store) -> None:
    mia = await store.ensure_person(discord("1"), Profile("Mia"), NOW)
    assert mia.id == derive("account", "discord\x00\x001")


async def test_who_sees_them_is_told_to_each_login_once(store: Store, reopen: Reopen) -> None:
    mia = AccountId(derive("account", "\0".join(("discord", "", "1"))))
    assert not await store.untold(mia)  # and that nobody has that account yet is not kept
    account = await store.ensure_person(discord("1"), Profile("Mia"), NOW)
    assert account.id == mia
    assert await store.untold(mia)
    assert await store.untold(mia)
    assert await store.told(mia)
    assert not await store.told(mia)
    assert not await store.untold(mia)
    kai = await store.ensure_person(discord("2"), Profile("Kai"), NOW)
    assert await store.untold(kai.id)
    await store.attach_identity(discord("2"), mia)
    assert not await store.untold(kai.id)
    assert not await (await reopen()).untold(mia)
