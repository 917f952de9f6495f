"""What a seed means: people's actions, faults and crashes, each at its time.

A script is plain data. What an action is about (which of the messages there) is picked
by number when its time has come, so that a script from which parts were taken away is
a script still.
"""

from dataclasses import dataclass, replace
from random import Random

from core.quick import quick
from simulation.faults import CallFault, Crash, EventFault, Fault, Outage

ACTIONS = 172
"""What people do in a seed, beside starting the first threads and the finale."""
FAULTS = 16
CRASHES = 2
FINALE = 24
"""What people do while the program comes up for the last time and sweeps."""
LASTS = 600.0
"""Seconds in which people act."""
MEANWHILE = 30.0
"""Seconds at the beginning without faults, in which the threads are started."""

_WEIGHTS = {
    "say": 43,
    "slip": 3,
    "answer": 6,
    "edit": 14,
    "delete": 5,
    "hide": 3,
    "react": 12,
    "unreact": 5,
    "web_post": 9,
    "web_edit": 2,
    "web_delete": 1,
    "web_react": 3,
    "web_start": 4,
    "web_leave": 0.5,
    "web_add": 0.7,
    "note": 4,
    "regret": 3,
    "reply": 3,
    "put_note": 2,
    "renote": 2,
    "mode": 0.45,
    "staff": 0.12,
    "reopen": 0.15,
    "erase": 0.12,
    "close_place": 0.4,
    "open_place": 0.4,
    "block": 1.2,
    "unblock": 0.8,
    "archive": 1.5,
    "lock": 0.4,
    "unlock": 1,
}
_BEGINS = 15.0
"""When people begin to talk."""
_LIVELY = 0.35
"""The share of actions that come in quick succession."""


@quick
@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody does. `picks` choose among what there is then."""

    at: float
    kind: str
    picks: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Script:
    """In every other seed the platforms lose no event, and nothing is swept.

    Sweeps put right at the end what went wrong on the way, so that bugs in taking events
    in would never show; in these seeds they do.
    """

    seed: int
    acts: tuple[Act, ...]
    faults: tuple[Fault, ...]
    crashes: tuple[Crash, ...]
    finale: tuple[Act, ...] = ()
    """Counted from the last start. What races that sweep is put right by no other one."""

    @property
    def heard(self) -> bool:
        """No event is lost, and nothing swept."""
        return self.seed % 2 == 1

    @property
    def explicit(self) -> bool:
        """What is typed in the brand's inbox is a note; elsewhere it is a reply, held a while."""
        return self.seed % 8 in (2, 5)

    @property
    def erases(self) -> bool:
        """Somebody may leave for good."""
        return any(act.kind == "erase" for act in self.acts)

    def lines(self) -> list["Act | Fault | Crash"]:
        """All of it, in the order of time, the finale last."""
        every: list[Act | Fault | Crash] = [*self.acts, *self.faults, *self.crashes]
        return [*sorted(every, key=lambda line: line.at), *self.finale]

    def __len__(self) -> int:
        return len(self.acts) + len(self.faults) + len(self.crashes) + len(self.finale)


def write(seed: int, *, faults: bool = True) -> Script:
    random = Random(seed)  # noqa: S311 (it is to be the same again)
    acts, finale = _told_apart(_acts(random), _finale(random))
    if not faults:
        return Script(seed, acts, (), (), finale)
    heard = Script(seed, (), (), ()).heard
    return Script(seed, acts, _faults(random, heard=heard), _crashes(random), finale)


def _acts(random: Random) -> tuple[Act, ...]:
    acts = [Act(0.5 + n * 1.5, "begin", (n, n, 0)) for n in range(7)]
    kinds = random.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=ACTIONS)
    pauses = [
        random.uniform(0.02, 0.4) if random.random() < _LIVELY else random.expovariate(0.25)
        for _ in kinds
    ]
    longest = (LASTS - _BEGINS) / sum(pauses)
    at = _BEGINS
    for kind, pause in zip(kinds, pauses, strict=True):
        at += pause * min(longest, 1.0)
        acts.append(Act(round(at, 3), kind, _picks(random)))
    return tuple(acts)


def _finale(random: Random) -> tuple[Act, ...]:
    kinds = random.choices(("react", "unreact", "edit", "delete", "say"), (6, 6, 3, 1, 2), k=FINALE)
    times = sorted(round(random.uniform(0.0, 1.5), 3) for _ in kinds)
    return tuple(Act(at, kind, _picks(random)) for at, kind in zip(times, kinds, strict=True))


def _told_apart(*lists: tuple[Act, ...]) -> list[tuple[Act, ...]]:
    """Words are known by the last pick of their act: no two acts have the same."""
    used: set[int] = set()
    found = []
    for acts in lists:
        apart = []
        for act in acts:
            first, second, third = act.picks
            while third in used and act.kind != "begin":
                third += 1
            used.add(third)
            apart.append(replace(act, picks=(first, second, third)))
        found.append(tuple(apart))
    return found


def _picks(random: Random) -> tuple[int, int, int]:
    return (random.getrandbits(20), random.getrandbits(20), random.getrandbits(20))


def _faults(random: Random, *, heard: bool) -> tuple[Fault, ...]:
    events = [EventFault.DOUBLED, EventFault.DELAYED]
    outages = [Outage.DOWN, Outage.UNHEARD, Outage.BROKEN]
    kinds: list[CallFault | EventFault | Outage] = [
        *random.choices(list(CallFault), k=FAULTS),
        *random.choices(events if heard else list(EventFault), k=6),
        *random.choices(outages if heard else list(Outage), k=2),
    ]
    found = []
    for kind in kinds:
        seconds = random.choice((random.uniform(2, 20), random.uniform(20, 130)))
        if heard and kind is CallFault.LATE:
            # A later one is doubled, and after a crash only a sweep knows of that.
            seconds = min(seconds, 25.0)
        found.append(
            Fault(
                round(random.uniform(MEANWHILE, LASTS), 3),
                random.choice(("slack", "discord")),
                kind,
                round(seconds, 3),
                random.getrandbits(8),
            )
        )
    return tuple(sorted(found, key=lambda fault: fault.at))


def _crashes(random: Random) -> tuple[Crash, ...]:
    """Each in its own stretch of time, so that the program runs again before the next."""
    count = CRASHES + (random.random() < 0.5)
    stretch = (LASTS - MEANWHILE) / count
    found = []
    for n in range(count):
        # Now and then it dies while the first threads are on their way.
        first = 3.0 if n == 0 and random.random() < 0.3 else MEANWHILE + n * stretch
        at = round(random.uniform(first, MEANWHILE + n * stretch + stretch / 2), 3)
        down = round(random.choice((0.5, random.uniform(1, 30), random.uniform(30, 80))), 3)
        # Now and then it dies once more while it starts and sweeps.
        again = random.randrange(20, 400) if random.random() < 0.3 else -1
        if random.random() < 0.5:
            found.append(Crash(at, handles=random.randrange(0, 200), down=down, again=again))
        else:
            side = random.choice(("before", "after"))
            commits = random.randrange(1, 8)
            found.append(Crash(at, commits=commits, side=side, down=down, again=again))
    return tuple(found)
