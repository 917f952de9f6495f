"""A database to measure with: threads that have been mirrored in Slack and Discord before.

Made through the program's own intake and store, so that it is what a real one is.
Each Slack channel is a brand's inbox; each thread in it is a conversation with a
follower, whose threads stand in a Discord forum of their own.
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bridge.config import account_id
from bridge.intake.intake import Intake
from bridge.intake.standing import Rules
from bridge.store import open_store
from bridge.wakeup import LocalWakeups
from core.ids import AccountId, BindingId, PinId, RemoteId, SpaceId
from core.intents import Handle, Intent, StartThread
from core.model import (
    CARD,
    Account,
    AccountKind,
    Binding,
    BindingKind,
    BrandRules,
    Mode,
    Pin,
    PinSource,
    Place,
    Placement,
    Role,
)
from core.ports.outcomes import Accepted
from core.ports.store import Store
from core.standing import Edge

_NOW = datetime(2026, 1, 1, tzinfo=UTC)

RULES = Rules(per_minute=0, other=BrandRules(hold=0, staff_role=Role.AGENT))
"""The product's own, but nobody waits: neither for a limit nor for an undo."""


@dataclass(frozen=True, slots=True)
class World:
    """Files of it: `threads` lists `[slack channel, thread_ts]`, `spaces` maps `channel:ts`
    to a Discord thread.
    """

    folder: Path
    database: Path
    threads: Path
    spaces: Path
    space_of: dict[str, str]
    ids: list[str]
    """The program's own ids of the threads."""


def build(folder: Path, *, threads: int, channels: int, blocks: bool = False) -> World:
    """Threads in so many channels of Slack, each pair of brand and follower once.

    One after another they stand in different channels on either side. In `blocks`, as many as
    there are channels stand in the first forum of Discord, the next ones in the second.
    """
    folder.mkdir(parents=True, exist_ok=True)
    world = World(
        folder, folder / "bench.sqlite", folder / "threads.json", folder / "spaces.json", {}, []
    )
    roots = asyncio.run(_build(world.database, threads, channels, blocks))
    world.threads.write_text(json.dumps([[c, ts] for c, ts, _, _ in roots]))
    world.space_of.update({f"{c}:{ts}": space for c, ts, space, _ in roots})
    world.ids.extend(thread for *_, thread in roots)
    world.spaces.write_text(json.dumps(world.space_of))
    return world


async def _build(
    database: Path, threads: int, channels: int, blocks: bool
) -> list[tuple[str, str, str, str]]:
    store = open_store(f"sqlite:///{database}")
    await store.open()
    try:
        for n in range(channels):
            await _brand(store, n)
        rows = -(-threads // channels)
        followers = rows if blocks else max(channels, rows)
        pairs = [
            (n % channels, n // channels if blocks else (n % channels + n // channels) % followers)
            for n in range(threads)
        ]
        for n in range(followers):
            await _follower(store, n)
        await store.change([edge for pair in pairs for edge in _both_ways(*pair)], _NOW)
        intake = Intake(store, LocalWakeups(), lambda: _NOW, RULES)
        roots: list[tuple[str, str, str, str]] = []
        for start in range(0, threads, 500):
            numbers = range(start, min(start + 500, threads))
            roots += await asyncio.gather(*(_thread(store, intake, n, *pairs[n]) for n in numbers))
        while await store.follow_history():
            pass  # a program that has run for a while has done that
        return roots
    finally:
        await store.close()


def _both_ways(brand: int, person: int) -> tuple[Edge, Edge]:
    one, other = account_id(f"brand{brand}"), AccountId(f"person{person}")
    return Edge(one, other), Edge(other, one)


async def _brand(store: Store, n: int) -> None:
    brand = Account(account_id(f"brand{n}"), AccountKind.BRAND, f"brand{n}", f"Brand {n}")
    inbox = Place("slack", "T1", f"C{n}")
    await store.put_account(brand, ())
    await store.put_binding(
        Binding(BindingId(f"in{n}"), brand.id, inbox, BindingKind.INBOX, f"#inbox-{n}", Mode.RELAY)
    )


async def _follower(store: Store, n: int) -> None:
    person = Account(AccountId(f"person{n}"), AccountKind.PERSON, f"person{n}", f"Person {n}")
    forum = Place("discord", "1", f"{700_000_000_000_000_000 + n}")
    await store.put_account(person, ())
    await store.put_binding(
        Binding(BindingId(f"fo{n}"), person.id, forum, BindingKind.PROJECT, f"#plans-{n}")
    )


async def _thread(
    store: Store, intake: Intake, n: int, channel: int, follower: int
) -> tuple[str, str, str, str]:
    number = str(10**15 + n)
    address = f"https://www.pinterest.com/pin/{number}/"
    pin = Pin(PinId(number), address, f"Pin {n}", source=PinSource.OEMBED)
    await store.put_pin(pin, _NOW)
    opened = StartThread((Handle(f"brand{channel}"),), pin.id)
    outcome = await intake.submit(Intent(f"bench:{n}", AccountId(f"person{follower}"), opened))
    assert isinstance(outcome, Accepted)
    ts, space = f"17{n:08d}.000100", str(600_000_000_000_000_000 + n)
    for mirror in await store.mirrors_of(outcome.thread):
        if mirror.place.platform == "slack":
            remote, where = RemoteId(f"C{channel}:{ts}"), SpaceId(f"C{channel}:{ts}")
        else:
            remote, where = RemoteId(f"{space}:{space}"), SpaceId(space)
        placement = Placement(mirror.id, CARD, 0, remote, "bot", outcome.seq)
        await store.placed(
            mirror.id, placement, sending=None, cursor=outcome.seq, root=remote, space=where
        )
    return f"C{channel}", ts, space, outcome.thread
