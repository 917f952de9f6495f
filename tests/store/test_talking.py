"""Who follows and acts for whom, tied logins, and timers: kept, counted, looked at by commits."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from core.events import MessagePosted
from core.ids import AccountId, MessageId, derive
from core.model import AccountKind, Identity, Profile, Role
from core.ports.reading import NewReport, Prefs, Timer
from core.ports.rows import Commit, Committed, Duplicate, Stale
from core.ports.store import Store
from core.standing import Edge, EdgeKind
from tests.store.world import NOW, Said, World

Reopen = Callable[[], Awaitable[Store]]
MIA, OLA = AccountId("mia"), AccountId("ola")


def saying(world: World, said: Said, key: str, standing: int | None) -> Commit:
    what = MessagePosted(MessageId(derive("message", key)), key)
    events = world.events(said.conversation, said.thread, said.seq, MIA, what)
    return Commit(key, "", said.conversation, said.seq, events, "", standing=standing)


async def two(world: World) -> Said:
    await world.account("mia")
    await world.account("ola")
    return await world.start("one", (MIA, OLA))


async def test_what_was_decided_before_an_unfollow_is_decided_again(
    store: Store, world: World
) -> None:
    said = await two(world)
    await store.change([Edge(MIA, OLA)], NOW)
    seen = store.involved((MIA, OLA))
    assert seen.follows == {(MIA, OLA)}
    await store.change([Edge(MIA, OLA, on=False)], NOW)
    assert isinstance(await store.commit(saying(world, said, "a", seen.version)), Stale)
    assert await store.committed("a") is None
    now = store.involved((MIA, OLA))
    assert now.follows == frozenset()
    assert isinstance(await store.commit(saying(world, said, "a", now.version)), Committed)


async def test_blocks_roles_and_bans_count_too_and_nothing_else(store: Store, world: World) -> None:
    await two(world)
    versions = [store.involved((MIA, OLA)).version]
    await store.change([Edge(MIA, OLA, EdgeKind.BLOCK)], NOW)
    versions.append(store.involved((MIA, OLA)).version)
    await store.grant(AccountId("b"), MIA, Role.AGENT, NOW)
    versions.append(store.involved((MIA, OLA)).version)
    await store.ban(OLA, on=True)
    versions.append(store.involved((MIA, OLA)).version)
    assert versions == sorted(set(versions))
    found = store.involved((MIA, OLA))
    assert (found.blocks, found.banned) == ({(MIA, OLA)}, {OLA})
    await store.put_prefs(MIA, Prefs("none"))
    assert store.involved((MIA, OLA)) is found, "from memory"
    assert await store.prefs(MIA) == Prefs("none")
    assert await store.blocked_by(MIA, 9) == (OLA,)


async def test_edges_of_a_commit_come_with_it(store: Store, world: World) -> None:
    said = await two(world)
    version = store.involved((MIA, OLA)).version
    commit = replace(saying(world, said, "a", version), edges=(Edge(OLA, MIA),))
    assert isinstance(await store.commit(commit), Committed)
    assert store.involved((MIA, OLA)).follows == {(OLA, MIA)}
    assert await store.followers_of(MIA, 9) == (OLA,)
    assert await store.follows_of(OLA, 9) == (MIA,)


async def test_roles_are_kept_and_whoever_acts_is_trusted_for_a_day(
    store: Store, world: World, reopen: Reopen
) -> None:
    brand = await world.account("northwind", AccountKind.BRAND)
    await store.grant(brand, MIA, Role.MANAGER, NOW)
    await store.note_agent(brand, OLA, NOW)
    again = await reopen()
    assert again.role_in(brand, MIA) is Role.MANAGER
    assert again.role_in(brand, OLA) is None
    assert dict(await again.agents_of(brand)) == {MIA: Role.MANAGER, OLA: None}
    late = NOW + timedelta(days=2)
    assert await again.brands_of(OLA, NOW) == ((brand, None),)
    assert await again.brands_of(OLA, late) == ()
    assert await again.brands_of(MIA, late) == ((brand, Role.MANAGER),)
    for one in (OLA, MIA, OLA):
        await again.forget_agent(brand, one)
    assert await again.brands_of(OLA, NOW) == ()
    assert await again.brands_of(MIA, NOW) == ((brand, Role.MANAGER),), "it was given"
    await again.grant(brand, MIA, None, NOW)
    assert again.role_in(brand, MIA) is None
    last = await reopen()
    assert await last.agents_of(brand) == ()


async def test_an_account_of_several_logins_has_the_name_of_one_of_them(
    store: Store, reopen: Reopen
) -> None:
    slack, discord = Identity("slack", "T1", "U1"), Identity("discord", "", "1")
    cleo = await store.ensure_person(slack, Profile("Cleo Park"), NOW)
    kai = await store.ensure_person(discord, Profile("Kai"), NOW)
    await store.attach_identity(discord, cleo.id)
    assert await store.ensure_person(discord, Profile("Kai", "https://a.example/k"), NOW) == cleo
    store = await reopen()
    assert await store.ensure_person(discord, Profile("Kai"), NOW) == cleo
    renamed = replace(cleo, name="Cleo P.")
    assert await store.ensure_person(slack, Profile("Cleo P."), NOW) == renamed
    own = await store.detach_identity(discord, Profile("Kai"))
    assert own == kai
    assert await store.ensure_person(discord, Profile("Kai K."), NOW) == replace(kai, name="Kai K.")
    assert await store.ensure_person(slack, Profile("Cleo"), NOW) == replace(cleo, name="Cleo")


async def test_where_the_login_that_named_an_account_leaves_it_another_one_names_it(
    store: Store,
) -> None:
    slack, discord = Identity("slack", "T1", "U1"), Identity("discord", "", "1")
    cleo = await store.ensure_person(slack, Profile("Cleo Park"), NOW)
    await store.attach_identity(discord, cleo.id)
    own = await store.detach_identity(slack, Profile("Cleo Park"))
    assert own is not None
    assert own.id != cleo.id
    assert (await store.ensure_person(discord, Profile("Kai"), NOW)) == replace(cleo, name="Kai")
    assert (await store.ensure_person(slack, Profile("Cleo"), NOW)) == replace(own, name="Cleo")


async def test_tied_logins_have_one_account_and_part_again(store: Store) -> None:
    slack, discord = Identity("slack", "T1", "U1"), Identity("discord", "", "1")
    one = await store.ensure_person(slack, Profile("Mia"), NOW)
    other = await store.ensure_person(discord, Profile("Mia"), NOW)
    assert await store.detach_identity(slack, Profile("Mia")) is None, "it is the only one"
    await store.put_link("code", slack, NOW)
    assert await store.take_link("code", NOW + timedelta(seconds=1)) is None, "too late"
    await store.put_link("code", slack, NOW)
    assert await store.take_link("code", NOW) == slack
    assert await store.take_link("code", NOW) is None
    await store.attach_identity(discord, one.id)
    assert await store.account_by_identity(discord) == one
    assert await store.former(discord) == (other.id,)
    await store.put_account(one, [slack])
    assert await store.account_by_identity(discord) == one, "the operator does not part them"
    assert await store.detach_identity(discord, Profile("Mia")) == other
    assert await store.former(discord) == (one.id,)


async def test_a_timer_is_kept_until_it_is_dropped_and_its_intent_then_counts_as_done(
    store: Store, world: World, reopen: Reopen
) -> None:
    said = await two(world)
    first = Timer("t1", "reply", NOW, said.thread, MIA, '{"a": 1}')
    open_end = Timer("t2", "reply", None, said.thread, MIA)
    assert await store.put_timer(first, "key") == first
    assert await store.put_timer(replace(first, due=None), "key") == first
    await store.put_timer(open_end)
    again = await reopen()
    assert await again.timers_due(NOW, 9) == (first,)
    assert await again.timers_of(said.thread, "reply") == (first, open_end)
    assert await again.next_timer() == NOW
    done = Duplicate("", said.conversation, said.thread, said.seq, None)
    assert await again.drop_timer("t1", done, "key")
    assert not await again.drop_timer("t1", done, "key")
    assert await again.committed("key") == done
    assert await again.put_timer(first, "key") is None
    assert await again.next_timer() is None


async def test_a_report_is_kept_once(store: Store, world: World) -> None:
    said = await two(world)
    report = NewReport(MIA, said.conversation, said.thread, "spam", "[]", "k", NOW)
    await store.report(report)
    await store.report(report)
    [found] = await store.reports(9)
    assert (found.n, found.reporter, found.reason) == (1, MIA, "spam")
