"""Plays one script: starts the program, lets people, faults and crashes loose, and judges.

When the last action is done the dust settles: no more faults, everything is mended,
the program is started once more, and what waited goes on its way. Then `verdict` looks.
"""

import asyncio
import logging
import random as global_random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random

from bridge.metrics import Counter
from core.model import Mode
from simulation import secret, verdict, world
from simulation.clock import Standstill, VirtualLoop, buried, run_virtually
from simulation.faults import CallFault, Crash, EventFault, Fault, Outage
from simulation.people import People
from simulation.platforms.adapter import Ledger
from simulation.platforms.discord import Discord
from simulation.platforms.platform import Platform
from simulation.platforms.slack import AGAIN_AFTER, Slack
from simulation.program import Program, SimulatedFiles
from simulation.script import LASTS, Script, write
from simulation.store import Disk, Side
from simulation.trace import Trace

SETTLES = 150.0
"""Seconds after which the latest of late calls has been applied."""
PATIENCE = 3_600.0
"""Seconds within which everything must have arrived."""
_SEEING = 20.0


AT_LEAST = {"actions": 200, "threads": 5, "places": 3, "crashes": 2, "faults": 10}
"""What each seed must hold."""


@dataclass(slots=True)
class Figures:
    actions: int = 0
    calls: int = 0
    faults: int = 0
    crashes: int = 0
    threads: int = 0
    places: int = 0
    events: int = 0
    lost_events: int = 0
    turns: int = 0
    inside: int = 0
    """Wordings that nobody outside the brand may ever see."""
    found: int = 0
    """By sweeps."""
    duplicates: int = 0
    """Late ones that were taken away."""


@dataclass(slots=True)
class Played:
    """What became of a script. `problems` are what should not have been."""

    script: Script
    problems: list[str]
    figures: Figures
    trace: Trace = field(repr=False)

    @property
    def digest(self) -> str:
        return self.trace.digest()


@cache
def _template() -> Disk:
    return world.new_history()


def play_seed(seed: int, *, faults: bool = True, judged: bool = True) -> Played:
    played = play(write(seed, faults=faults), judged=judged)
    if faults and judged:
        played.problems += _too_little(played.figures)
    return played


def _too_little(figures: Figures) -> Iterator[str]:
    """A seed in which little happens would prove little."""
    for name, least in AT_LEAST.items():
        if getattr(figures, name) < least:
            yield f"the seed has {getattr(figures, name)} {name}, and should have {least}"


def play(script: Script, *, judged: bool = True) -> Played:
    """The same script gives the same trace, wherever it runs."""
    disk = Disk(_template())
    if script.explicit:
        world.make_explicit(disk)
    with _listening_to_logs() as complaints, buried():
        global_random.seed(script.seed)  # the lanes spread their pauses with it
        problems, figures, trace = _play(script, disk, judged=judged)
        problems += complaints
    disk.destroy()
    return Played(script, problems, figures, trace)


def _play(script: Script, disk: Disk, *, judged: bool) -> tuple[list[str], Figures, Trace]:
    """Keeps nothing of the stage, so that it can be buried."""
    made: list[Stage] = []

    def begin(loop: VirtualLoop) -> object:
        made.append(Stage(script, loop, disk))
        return made[0].play(judged=judged)

    try:
        problems: list[str] = run_virtually(begin)
    except Standstill as still:
        problems = [str(still)]
    return problems, made[0].figures(), Trace.of(made[0].trace)


@contextmanager
def _listening_to_logs() -> Iterator[list[str]]:
    """Exceptions at the boundaries of tasks are logged and not raised; here they are bugs."""
    found: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info:
                found.append(f"logged {record.getMessage()}: {record.exc_info[1]!r}")

    logger = logging.getLogger("pinthread")
    ear, before = Ear(logging.ERROR), (logger.level, logger.propagate)
    logger.addHandler(ear)
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    try:
        yield found
    finally:
        logger.removeHandler(ear)
        logger.level, logger.propagate = before


class Stage:
    """Everything that a script needs around it."""

    def __init__(self, script: Script, loop: VirtualLoop, disk: Disk) -> None:
        self.script = script
        self.loop = loop
        self.disk = disk
        self.trace = Trace(loop.time)
        random = Random(script.seed + 1_000_003)  # noqa: S311 (to be the same again)
        self.slack = Slack(loop, random, self.trace)
        self.discord = Discord(loop, random, self.trace)
        self.discord.wire.timeout = 15.0
        self.platforms: dict[str, Platform] = {"slack": self.slack, "discord": self.discord}
        for place in world.CHANNELS:
            if place.platform == "slack":
                self.slack.add_channel(place, place.channel.replace("user:", "D-"))
            else:
                self.discord.add_channel(place, place.channel.replace("user:", "9"))
        if script.heard:
            self.slack.again_after = (*AGAIN_AFTER, *AGAIN_AFTER[-1:] * 3)
            self.discord.keeps_all = True
        self.ledger = Ledger()
        self.files = SimulatedFiles()
        self.people = People(
            loop,
            tuple(self.platforms.values()),
            self.trace,
            lambda: self.program,
            self.ledger,
            lambda: disk.db,
            heard=script.heard,
        )
        if script.explicit:
            self.people.keeping.modes.set(Mode.EXPLICIT)
        self.program: Program | None = None
        self.lives: list[Program] = []
        self.hit = 0
        self.crashed = 0
        self._armed: Crash | None = None
        self._outside = copy_context()

    async def play(self, *, judged: bool) -> list[str]:
        loop = self.loop
        self._schedule()
        self._start()
        await asyncio.sleep(LASTS + 1.0)
        self._calm()
        await self._settle()
        await self._once_more()
        quiet = await self._until_quiet()
        program = self.program
        assert program is not None
        problems = [f"an error in a callback: {error}" for error in map(_said, loop.errors)]
        if not quiet:
            problems.append("it did not come to rest")
        if judged:
            problems += await verdict.judge(self, program)
        await program.stop()
        return problems

    # --- lives ----------------------------------------------------------------------------

    def _start(self) -> None:
        program = Program(
            len(self.lives) + 1,
            self.loop,
            self.disk,
            self.slack,
            self.discord,
            self.ledger,
            self.files,
            sweeps=not self.script.heard,
            erases=self.script.erases,
        )
        self.lives.append(program)
        self.program = program
        program.life.on_crash = self._died
        if not self.script.heard:
            self.discord.forget()
        self.trace.add("program", "starts", str(program.life.number))
        program.start()
        assert program.task is not None
        program.task.add_done_callback(self._ended, context=self._outside)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.loop.call_exception_handler({"message": "it ended", "exception": error})

    def _died(self) -> None:
        program = self.program
        assert program is not None
        program.store.crash()
        self.trace.add("program", "dies", str(program.life.number))
        if self._armed is not None:
            self.crashed += 1
            self._at(self.loop.time() + self._armed.down, self._again, self._armed)

    def _crash(self, crash: Crash) -> None:
        """Arms it: the program dies a little later, at an await or at a commit.

        Some time after that it starts again.
        """
        program = self.program
        if self._armed is not None or program is None or not program.life.alive:
            # It has been too quiet for the one before, which comes first.
            if program is not None:
                program.life.die()
            self._at(self.loop.time() + 5.0, self._crash, crash)
            return
        if crash.commits and program.desk is not None:
            program.store.crash_at_commit(crash.commits, Side(crash.side))
        else:
            program.life.before_crash = max(crash.handles, 0)
        self._armed = crash

    def _again(self, crash: Crash) -> None:
        self._armed = None
        self._start()
        if crash.again >= 0 and self.program is not None:
            self._crash(replace(crash, handles=crash.again, commits=0, again=-1))

    async def _once_more(self) -> None:
        program = await self._running()
        if self._armed is None:
            await program.stop()
            self._start()
        else:
            program.life.die()  # it has been too quiet for the crash that was to come
        await self._running()
        for act in self.script.finale:
            self._at(self.loop.time() + act.at, self.people.act, act)
        await asyncio.sleep(_SEEING)

    async def _running(self) -> Program:
        """The program, as soon as one runs."""
        while True:
            program = self.program
            if program is not None and program.life.alive and program.desk is not None:
                return program
            if program is not None and program.task is not None and program.task.done():
                raise Standstill(f"the program ended: {program.task.exception()!r}")
            await asyncio.sleep(0.02)

    # --- people and faults ----------------------------------------------------------------

    def _schedule(self) -> None:
        for act in self.script.acts:
            self._at(act.at, self.people.act, act)
        for crash in self.script.crashes:
            self._at(crash.at, self._crash, crash)
        for fault in self.script.faults:
            platform = self.platforms[fault.platform]
            if isinstance(fault.kind, CallFault):
                platform.wire.faults.append(fault)
            elif isinstance(fault.kind, EventFault):
                platform.event_faults.append(fault)
            else:
                self._at(fault.at, self._outage, platform, fault)

    def _at(self, when: float, callback: object, *args: object) -> None:
        self.loop.call_at(when, callback, *args, context=self._outside)  # type: ignore[arg-type]

    def _outage(self, platform: Platform, fault: Fault) -> None:
        self.hit += 1
        self.trace.add(platform.name, fault.kind, f"{fault.seconds}")
        end = self.loop.time() + fault.seconds
        if fault.kind is Outage.BROKEN:
            places = [place for place in world.CHANNELS if place.platform == platform.name]
            place = places[fault.place % len(places)]
            platform.break_place(place)
            self._at(end, platform.mend_place, place)
            return
        if fault.kind is Outage.DOWN:
            platform.wire.down = True
        elif fault.kind is Outage.DEAF:
            platform.deaf = True
        else:
            platform.unheard = True
            if fault.kind is Outage.UNHEARD and platform is self.discord:
                self.discord.keep()
            if fault.kind is Outage.DROPPED or platform is self.discord:
                self._tell_program(platform, "loses_connection")
        self._at(end, self._over, platform, fault)

    def _over(self, platform: Platform, fault: Fault) -> None:
        self.trace.add(platform.name, "over", fault.kind)
        if fault.kind is Outage.DOWN:
            platform.wire.down = False
            if self.script.heard:
                self.discord.resume()
        elif fault.kind is Outage.DEAF:
            platform.deaf = False
        elif platform.unheard:
            platform.unheard = False
            if fault.kind is Outage.DROPPED:
                lost = "not_resumed" if platform is self.discord else "disconnected"
                self._tell_program(platform, "connects", lost)
            elif platform is self.discord:
                resumed = self.discord.resumable
                self._tell_program(platform, "connects", None if resumed else "started")
                self.discord.resume()

    def _tell_program(self, platform: Platform, what: str, *args: object) -> None:
        listener = platform.listening()
        if listener is not None:
            self.loop.call_soon(getattr(listener, what), *args, context=listener.context)

    def _calm(self) -> None:
        """No more faults; whatever is broken is mended."""
        self.trace.add("world", "calm", "")
        for platform in self.platforms.values():
            platform.wire.faults.clear()
            platform.event_faults.clear()
            if platform.unheard:
                self._tell_program(platform, "connects", "disconnected")
            platform.wire.down = platform.unheard = platform.deaf = False
            for place in tuple(platform.broken):
                platform.mend_place(place)
            for room in platform.threads():
                room.locked = False
        self.discord.resume()

    async def _settle(self) -> None:
        """Until all is applied that was on its way, and Slack waits for no acknowledgement."""
        await asyncio.sleep(SETTLES)
        while self.slack.open:  # noqa: ASYNC110 (an event would cost every message more)
            await asyncio.sleep(_SEEING)

    async def _until_quiet(self) -> bool:
        """Nothing waits anywhere."""
        for _ in range(int(PATIENCE / _SEEING)):
            await asyncio.sleep(_SEEING)
            program = self.program
            assert program is not None
            if not program.life.alive or self.slack.open or self.people.asking:
                continue
            if await program.store.due() or self._is_any_timer() or self._is_any_to_erase():
                continue
            sweeping = program.catch_up is None or program.catch_up.progress()
            if not sweeping and not self._is_any_broken():
                return True
        return False

    def _is_any_broken(self) -> bool:
        broken = "SELECT 1 FROM mirrors WHERE state <> 'active' LIMIT 1"
        return self.disk.db.execute(broken).fetchone() is not None

    def _is_any_timer(self) -> bool:
        """Whether a reply is to go out by itself, or cards are to change."""
        held = "SELECT 1 FROM timers WHERE kind IN ('reply', 'cards') AND due IS NOT NULL LIMIT 1"
        return self.disk.db.execute(held).fetchone() is not None

    def _is_any_to_erase(self) -> bool:
        """Whether somebody's words are still being taken away."""
        wishes = "SELECT 1 FROM clearings UNION SELECT 1 FROM requests WHERE answer IS NULL LIMIT 1"
        return self.script.erases and self.disk.db.execute(wishes).fetchone() is not None

    def secrets(self) -> list[str]:
        """Words that nobody outside the brand may ever have seen."""
        return [
            *self.people.inside,
            *secret.typed(self.slack, self.ledger, self.people.undone, self.people.keeping.modes),
        ]

    def figures(self) -> Figures:
        hit = sum(p.wire.hit + p.hit for p in self.platforms.values())
        threads = [room for p in self.platforms.values() for room in p.threads() if room.posts]
        return Figures(
            actions=self.people.done,
            calls=sum(p.wire.calls for p in self.platforms.values()),
            faults=self.hit + hit,
            crashes=self.crashed,
            threads=len(self.people.threads),
            places=len({room.place for room in threads}),
            lost_events=sum(p.lost_events for p in self.platforms.values()),
            turns=self.loop.turns,
            inside=len(self.secrets()),
            found=sum(_total(life.metrics.sweep_found) for life in self.lives),
            duplicates=sum(_total(life.metrics.duplicates_removed) for life in self.lives),
        )


def _said(context: dict[str, object]) -> str:
    return f"{context.get('message')}: {context.get('exception')!r}"


def _total(counter: Counter) -> int:
    return int(sum(counter.values.values()))
