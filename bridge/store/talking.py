"""Who follows, blocks and acts for whom: reads, and transactions that count their changes.

A decision looks at a version of all this, and its commit at the version then: one that was
overtaken by an unfollow, a block, a role, a ban or a place that came or went is decided again.
The version counts in memory alone, for no decision outlives the program.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.store.codec import from_time, to_time
from bridge.store.known import Known
from bridge.store.people import use_once
from bridge.store.queries import load
from bridge.store.rows import listed
from core.ids import AccountId
from core.model import Role
from core.ports.needs import ToldEdge
from core.ports.reading import Involved, NewReport, Prefs, Report
from core.standing import Edge, EdgeKind

_SQL = load("talking")
_VERBS = {
    (EdgeKind.FOLLOW, True): "follow",
    (EdgeKind.FOLLOW, False): "unfollow",
    (EdgeKind.BLOCK, True): "block",
    (EdgeKind.BLOCK, False): "unblock",
}

Agents = dict[AccountId, dict[AccountId, tuple[Role | None, datetime]]]
"""Who acts for each brand: the role that was given (None: by the brand's own rule), and when
that was, or when they acted last."""

NOTED_FOR = timedelta(hours=1)
"""How long it stays unwritten that somebody acts again."""
TRUSTED_FOR = timedelta(days=1)
"""How long whoever acts by the brand's own rule counts as its agent outside its channels."""


@dataclass(slots=True)
class Version:
    """Belongs to the thread that writes. What is rolled back has counted as well."""

    now: int = 0


def change(db: sqlite3.Connection, version: Version, edges: Iterable[Edge], now: datetime) -> int:
    version.now += 1
    for edge in edges:
        row = {"who": edge.who, "whom": edge.whom, "at": from_time(now)}
        db.execute(_SQL[_VERBS[edge.kind, edge.on]], row)
    return version.now


def take_over(
    db: sqlite3.Connection, version: Version, told: Iterable[ToldEdge], now: datetime
) -> int:
    new = [one.edge for one in told if use_once(db, one.name, now)]
    return change(db, version, new, now) if new else version.now


def grant(
    db: sqlite3.Connection,
    version: Version,
    brand: AccountId,
    account: AccountId,
    role: Role | None,
    now: datetime,
) -> int:
    version.now += 1
    row = {"brand": brand, "account": account, "role": role, "at": from_time(now)}
    db.execute(_SQL["grant_nothing" if role is None else "grant"], row)
    return version.now


def note_agent(db: sqlite3.Connection, brand: AccountId, account: AccountId, now: datetime) -> None:
    db.execute(_SQL["note_agent"], (brand, account, from_time(now)))


def forget_agent(
    db: sqlite3.Connection, version: Version, brand: AccountId, account: AccountId
) -> int:
    version.now += 1
    db.execute(_SQL["forget_agent"], (brand, account))
    return version.now


def ban(db: sqlite3.Connection, version: Version, account: AccountId, *, on: bool) -> int:
    version.now += 1
    db.execute(_SQL["ban"], (on, account))
    return version.now


def signing(db: sqlite3.Connection) -> frozenset[AccountId]:
    return frozenset([AccountId(one) for (one,) in db.execute(_SQL["signing"]).fetchall()])


def sign(db: sqlite3.Connection, brands: Sequence[AccountId]) -> None:
    db.execute(_SQL["sign"], (listed(brands),))


def invite(db: sqlite3.Connection, version: Version, account: AccountId, now: datetime) -> int:
    version.now += 1
    db.execute(_SQL["invite"], (account, from_time(now)))
    return version.now


# --- reading ------------------------------------------------------------------------------


def involved(
    db: sqlite3.Connection, known: Known, version: int, accounts: Sequence[AccountId]
) -> Involved:
    """`version` was read before: where it is older than the rows, a commit finds that out."""
    people = listed(accounts)
    found = known.accounts(accounts)
    among = {"people": people}
    invited = db.execute(_SQL["invited_among"], (people,)).fetchall()
    return Involved(
        version,
        {account.id: account.kind for account in found.values()},
        {account.id: account.handle for account in found.values()},
        frozenset(db.execute(_SQL["follows_among"], among).fetchall()),
        frozenset(db.execute(_SQL["blocks_among"], among).fetchall()),
        frozenset([account.id for account in found.values() if account.banned]),
        frozenset([AccountId(account) for (account,) in invited]),
    )


def asked(
    db: sqlite3.Connection, who: AccountId, whom: AccountId
) -> frozenset[tuple[AccountId, AccountId]]:
    """Which of the two has not accepted the other's first message (`core.model.Standing`)."""
    found: set[tuple[AccountId, AccountId]] = set()
    for mine, theirs in db.execute(_SQL["asked"], {"who": who, "whom": whom}).fetchall():
        if mine:
            found.add((whom, who))
        if theirs:
            found.add((who, whom))
    return frozenset(found)


def agents(db: sqlite3.Connection) -> Agents:
    found: Agents = {}
    for brand, account, role, at in db.execute(_SQL["agents"]).fetchall():
        found.setdefault(brand, {})[account] = Role(role) if role else None, to_time(at)
    return found


def named(db: sqlite3.Connection, query: str, account: AccountId, limit: int) -> list[AccountId]:
    """One of the lists of accounts around another one."""
    return [AccountId(one) for (one,) in db.execute(_SQL[query], (account, limit)).fetchall()]


def brands(db: sqlite3.Connection, limit: int) -> list[AccountId]:
    return [AccountId(one) for (one,) in db.execute(_SQL["brands"], (limit,)).fetchall()]


# --- reports and preferences --------------------------------------------------------------


def report(db: sqlite3.Connection, new: NewReport) -> None:
    about = (new.reporter, new.conversation, new.thread, new.reason, new.what)
    db.execute(_SQL["report"], (from_time(new.at), *about, new.key))


def reports(db: sqlite3.Connection, limit: int) -> tuple[Report, ...]:
    found = db.execute(_SQL["reports"], (limit,)).fetchall()
    return tuple([Report(row[0], to_time(row[1]), *row[2:]) for row in found])


def prefs(db: sqlite3.Connection, account: AccountId) -> Prefs:
    row = db.execute(_SQL["prefs"], (account,)).fetchone()
    return Prefs() if row is None else Prefs(*row)


def put_prefs(db: sqlite3.Connection, account: AccountId, new: Prefs) -> None:
    db.execute(_SQL["put_prefs"], (account, new.notify, new.quiet_from, new.quiet_to, new.zone))
