"""What each command does, but for `run`: reads its options, hands over, and says the answer.

Each gives its exit code, or raises Failed with a line for a person.
"""

import argparse
import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bridge import VERSION
from bridge.command.running import load, serve
from bridge.command.terminal import say, show
from bridge.failures import CommandError

if TYPE_CHECKING:
    from bridge.config import Config

TAKEN = 3.0
"""Seconds in which a running program takes a request up."""


def sandbox(options: argparse.Namespace) -> int:
    command = [sys.executable, "-m", "sandbox", "--listen", options.listen]
    if options.data:
        command += ["--data", options.data]
    os.execv(sys.executable, command)  # noqa: S606 (our own module, in place of this process)


def check(options: argparse.Namespace) -> int:
    from bridge import app
    from bridge.telemetry import start_logging

    config = load(options)
    start_logging("error", "console")
    say("ok    the configuration can be read")
    if config.slack is None and config.discord is None:
        say("      neither slack: nor discord: is in it, so only the web part will run")
    findings = asyncio.run(app.check(config))
    for finding in findings:
        say(f"{'ok   ' if finding.ok else 'FAIL '} {finding.what}")
        if finding.remedy and not finding.ok:
            say(f"      {finding.remedy}")
    failed = sum(not finding.ok for finding in findings)
    say(f"{failed} to repair." if failed else "All is well.")
    return 1 if failed else 0


def history(options: argparse.Namespace) -> int:
    from bridge.operator import beside

    config = load(options)
    found = beside.read(config.store.path, options.which)
    if found is None:
        raise CommandError(f"There is no conversation or thread {options.which!r} here.")
    if options.json:
        show(beside.document(found))
    else:
        say(beside.text(found))
    return 0


def stuck(options: argparse.Namespace) -> int:
    from bridge.operator import stuck

    found = stuck.read(load(options).store.path, datetime.now(UTC))
    if options.json:
        show(stuck.document(found))
    else:
        say(stuck.text(found))
    return 0


def retry(options: argparse.Namespace) -> int:
    from bridge.operator import retrying
    from bridge.operator.beside import printable
    from core.ports.rows import Retry

    path = load(options).store.path
    what = Retry(mirror=options.mirror, thread=options.thread, place=options.place)
    request = retrying.ask(path, what, datetime.now(UTC))
    mirrors = retrying.taken(path, request, TAKEN)
    if mirrors is None:
        say("No program took it up yet. It is done as soon as one runs.")
        return 0
    outcome = retrying.Outcome(0, (), len(mirrors))
    for outcome in retrying.follow(path, mirrors, options.wait):
        failed = len(mirrors) - outcome.done - outcome.waiting
        say(f"{outcome.done} of {len(mirrors)} done, {outcome.waiting} under way, {failed} failed")
    for reason in outcome.failed:
        say(f"Failed again: {printable(reason)}")
    if outcome.waiting:
        say("What is under way goes on by itself. `pinthread stuck` says where it stands.")
    return 1 if outcome.failed else 0


def reports(options: argparse.Namespace) -> int:
    from bridge.operator import operating

    found = operating.reports(load(options).store.path)
    if options.json:
        show(found)
    else:
        say(operating.text(found))
    return 0


def ban(options: argparse.Namespace) -> int:
    from bridge.operator import operating

    path = load(options).store.path
    request = operating.ask(path, options.account, on=options.on, now=datetime.now(UTC))
    done = "closed" if options.on else "open again"
    return _asked(path, request, f"{options.account} is {done}.")


def invite(options: argparse.Namespace) -> int:
    from bridge.operator import operating

    path = load(options).store.path
    request = operating.invite(path, options.account, now=datetime.now(UTC))
    return _asked(path, request, f"{options.account} is invited.")


def _asked(path: Path, request: int, done: str) -> int:
    from bridge.operator import retrying

    taken = retrying.taken(path, request, TAKEN) is not None
    say(done if taken else "No program took it up yet. It is done as soon as one runs.")
    return 0


def link(options: argparse.Namespace) -> int:
    from bridge.operator import beside

    config = load(options)
    address = beside.link(config.store.path, config.web, options.account, datetime.now(UTC))
    if address is None:
        raise CommandError(f"There is no account {options.account!r} here.")
    say(address)
    return 0


def export(options: argparse.Namespace) -> int:
    from bridge.operator import own_data

    made = own_data.export(load(options), options.account, options.to, lambda: datetime.now(UTC))
    say(asyncio.run(made))
    return 0


def erase(options: argparse.Namespace) -> int:
    from bridge.operator import own_data

    config = load(options)
    if not options.yes:
        handle = options.account.lstrip("@")
        say(f"All that @{handle} wrote is erased, for good. Type the handle once more to go on:")
        if sys.stdin.readline().strip().lstrip("@").lower() != handle.lower():
            raise CommandError("That is another handle. Nothing was erased.")
    say(own_data.erase(config, options.account, datetime.now(UTC)))
    return 0


def simulate(options: argparse.Namespace) -> int:
    from simulation import command

    return command.run(
        options.seeds, as_json=options.json, jobs=options.jobs, first=options.first, say=say
    )


def verify(options: argparse.Namespace) -> int:
    return serve(_verified(load(options), options))


async def _verified(config: "Config", options: argparse.Namespace) -> int:
    import msgspec

    from bridge.catchup import verify
    from bridge.telemetry import start_logging

    start_logging("error", "console")
    report = await verify.command(
        config,
        thread=options.thread,
        mirror=options.mirror,
        repair=options.repair,
        tell=lambda line: say(f"verify: {line}", sys.stderr),
    )
    if options.json:
        say(msgspec.json.format(msgspec.json.encode(report)).decode())
    else:
        for line in verify.lines(report):
            say(line)
    return 0 if report.good else 1


def version(_: argparse.Namespace) -> int:
    say(f"pinthread {VERSION}")
    return 0
