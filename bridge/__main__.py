"""`pinthread`, the command. Parses the command line and hands over.

Answers go to standard output, everything else to standard error. Exit codes: 0 done,
1 it failed, 2 the command line, the configuration file or the database does not let it start.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge import VERSION
from bridge.failures import CommandError, ConfigError, Failed
from core.ports.rows import StoreError

if TYPE_CHECKING:  # what is heavy is imported by the command that needs it
    from bridge.config import Config

CONFIG = Path("config.yaml")
DATA = Path("data")
TAKEN = 3.0
"""Seconds in which a running program takes a request up."""
STOP = 9.5
"""Seconds that a clean stop may take."""


def main(argv: list[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    options = _parser().parse_args(argv)
    try:
        code: int = options.command(options)
    except (Failed, StoreError) as failed:
        say(f"pinthread: {failed}", sys.stderr)
        return failed.exit_code if isinstance(failed, Failed) else 1
    return code


# --- the command line ---------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pinthread",
        description="Conversations around pins in one history, mirrored into Slack and Discord.",
        epilog="`pinthread COMMAND --help` explains a command with an example.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    run = _command(
        commands,
        "run",
        _run,
        "Run the program until Ctrl-C or SIGTERM.",
        more=(
            "With a configuration file it connects to the platforms named there. Without one it\n"
            "starts the sandbox beside it, a local Slack workspace and Discord server, and prints\n"
            "the address of a page that shows everything."
        ),
        example="pinthread run --config config.yaml --data /var/lib/pinthread",
    )
    _add_config(run)

    box = _command(
        commands,
        "sandbox",
        _sandbox,
        "Run the sandbox alone.",
        more=(
            "A local Slack workspace, Discord server and small Pinterest on one address, to try\n"
            "things against. docs/sandbox.md describes it."
        ),
        example="pinthread sandbox --listen 127.0.0.1:8765 --data data/sandbox",
    )
    box.add_argument(
        "--listen", default="127.0.0.1:8765", metavar="HOST:PORT", help="default: %(default)s"
    )
    box.add_argument("--data", metavar="FOLDER", help="default: in memory only")

    check = _command(
        commands,
        "check",
        _check,
        "See whether the configuration works, before running it.",
        more=(
            "Reads the configuration file, then asks each platform about tokens, scopes, intents\n"
            "and access to the bound channels. Each failure comes with its remedy, and the exit\n"
            "code is 1 if there is one. Nothing is changed anywhere."
        ),
        example="pinthread check --config config.yaml",
    )
    _add_config(check)

    history = _command(
        commands,
        "history",
        _history,
        "Print a conversation.",
        more=(
            "WHICH is the id of a conversation or of a thread, or the short code on a thread's\n"
            "card. A thread's id or code prints that thread alone. It reads beside a running\n"
            "program."
        ),
        example="pinthread history k4x7qa --json",
    )
    history.add_argument("which", metavar="WHICH")
    history.add_argument("--json", action="store_true", help="one JSON document, not text")
    _add_config(history)

    stuck = _command(
        commands,
        "stuck",
        _stuck,
        "List what needs a person.",
        more=(
            "Broken places, messages that a platform refused, input that waits for what has not\n"
            "appeared, files that do not come: each with its thread's code, its place, since\n"
            "when, why, and what to do. It reads beside a running program. Times are in UTC."
        ),
        example="pinthread stuck --json",
    )
    stuck.add_argument("--json", action="store_true", help="one JSON document, not text")
    _add_config(stuck)

    retry = _command(
        commands,
        "retry",
        _retry,
        "Try once more what failed.",
        more=(
            "Broken places become active again, waiting ones are tried at once, and what was\n"
            "refused is sent now. The running program does it; where none runs, the next one does\n"
            "it at its start. The exit code is 1 if something failed again."
        ),
        example="pinthread retry --place '#pin-inbox'",
    )
    what = retry.add_mutually_exclusive_group(required=True)
    what.add_argument("--mirror", metavar="ID", help="as `pinthread stuck` shows it")
    what.add_argument("--thread", metavar="CODE", help="all places of a thread")
    what.add_argument("--place", metavar="LABEL", help="a channel, by its label or id")
    what.add_argument("--all", action="store_true", help="everything")
    retry.add_argument(
        "--wait",
        type=_seconds,
        default=10.0,
        metavar="SECONDS",
        help="how long to watch what becomes of it (default: %(default)g)",
    )
    _add_config(retry)

    _add_operator(commands)

    link = _command(
        commands,
        "link",
        _link,
        "Print a sign-in link for the web pane.",
        more=(
            "ACCOUNT is a handle. The link works once and for 15 minutes. Whoever has it acts as\n"
            "that account: hand it to that person only."
        ),
        example="pinthread link @mia",
    )
    link.add_argument("account", metavar="ACCOUNT")
    _add_config(link)

    export = _command(
        commands,
        "export",
        _export,
        "Write all that an account can read into an archive.",
        more=(
            "ACCOUNT is a handle. The archive holds a page to read and the same as JSON, with\n"
            "links to pictures and files. It works beside a running program."
        ),
        example="pinthread export @mia --to mia.zip",
    )
    export.add_argument("account", metavar="ACCOUNT")
    export.add_argument(
        "--to", type=Path, metavar="FILE", help="the archive, or a folder for it (default: here)"
    )
    _add_config(export)

    erase = _command(
        commands,
        "erase",
        _erase,
        "Erase an account: its words here, and its copies wherever a platform allows.",
        more=(
            "ACCOUNT is a handle. The history keeps its order, and what others wrote stays. The\n"
            "program does it; where none runs, at its next start. It cannot be undone, so the\n"
            "handle is asked for once more, or given with --yes."
        ),
        example="pinthread erase @mia",
    )
    erase.add_argument("account", metavar="ACCOUNT")
    erase.add_argument("--yes", action="store_true", help="do not ask")
    _add_config(erase)

    simulate = _command(
        commands,
        "simulate",
        _simulate,
        "Play seeds of the simulation: faults, crashes, and whether all ends well.",
        more=(
            "The real program runs against simulated platforms on a virtual clock. A number\n"
            "decides everything that happens, so a seed that fails is replayed by naming it\n"
            "alone; its shortest trace is printed. docs/reliability.md says what is checked."
        ),
        example="pinthread simulate --seeds 1:2000",
    )
    simulate.add_argument(
        "--seeds",
        type=_seeds,
        default="1:100",
        metavar="FROM:TO",
        help="or one number (default: %(default)s)",
    )
    simulate.add_argument("--json", action="store_true", help="one JSON document, not text")
    simulate.add_argument(
        "--first", action="store_true", help="end at the first seed that fails, as it is"
    )
    simulate.add_argument(
        "--jobs", type=int, metavar="N", help="processes (default: one a processor)"
    )

    verify = _command(
        commands,
        "verify",
        _verify,
        "Compare every mirror with the history, by reading the platforms.",
        more=(
            "Finds messages that are missing in a place, doubled, stale (they show something else\n"
            "than the history), or foreign (ours, but of nothing known). The exit code is 1 if\n"
            "there are any that are not mended. Stop the program first: this stands in for it.\n"
            "It reads within the platforms' limits, and after Ctrl-C goes on where it was.\n"
            "\n"
            "With --repair, stale ones are changed, doubled ones deleted, and missing ones posted\n"
            "again. A platform puts what is posted at the end of its thread, so these stand there\n"
            "and not where they were. Foreign ones are left to you: after a restored backup they\n"
            "may be the last copies of somebody's words. Whatever waits is delivered as well."
        ),
        example="pinthread verify --thread k4x7qa --repair",
    )
    verify.add_argument("--thread", metavar="CODE", help="only this thread, by its code or id")
    verify.add_argument("--mirror", metavar="ID", help="only this mirror")
    verify.add_argument("--repair", action="store_true", help="mend what differs")
    verify.add_argument("--json", action="store_true", help="one JSON document, not text")
    _add_config(verify)

    _command(commands, "version", _version, "Print the version.", example="pinthread version")
    return parser


def _add_operator(commands: Any) -> None:
    """What the operator sees and does about people."""
    reports = _command(
        commands,
        "reports",
        _reports,
        "List what people have reported.",
        more=(
            "The newest first, with the messages as they stood when they were reported. It reads\n"
            "beside a running program. Times are in UTC."
        ),
        example="pinthread reports --json",
    )
    reports.add_argument("--json", action="store_true", help="one JSON document, not text")
    _add_config(reports)

    for name, about in (
        ("ban", "Close an account: it reads, leaves and deletes, and says nothing more."),
        ("unban", "Open an account again."),
    ):
        ban = _command(
            commands,
            name,
            _ban,
            about,
            more=(
                "ACCOUNT is a handle. The running program does it; where none runs, the next one\n"
                "does it at its start."
            ),
            example=f"pinthread {name} @mia",
        )
        ban.add_argument("account", metavar="ACCOUNT")
        ban.set_defaults(on=name == "ban")
        _add_config(ban)

    invite = _command(
        commands,
        "invite",
        _invite,
        "Let an account start conversations, where `rules.access` is `invited`.",
        more=(
            "ACCOUNT is a handle: whoever writes to the bot once has one. The running program\n"
            "does it; where none runs, the next one does it at its start."
        ),
        example="pinthread invite @mia",
    )
    invite.add_argument("account", metavar="ACCOUNT")
    _add_config(invite)


def _command(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    *,
    example: str,
    more: str = "",
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description="\n\n".join(filter(None, (summary, more))),
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=run)
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError("give seconds from 0 to 86400")
    return seconds


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"the configuration file (default: {CONFIG} if it is there, else the sandbox's)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=DATA,
        metavar="FOLDER",
        help="where the history is kept, unless the file says so (default: %(default)s)",
    )


# --- run ----------------------------------------------------------------------------------


def _run(options: argparse.Namespace) -> int:
    file = options.config or (CONFIG if CONFIG.exists() else None)
    try:
        options.data.mkdir(parents=True, exist_ok=True)
    except OSError as failed:
        raise CommandError(f"Cannot start: {failed}") from failed
    if file is None:
        return _serve(_run_demo(options.data.resolve()))
    return _serve(_run_config(file, options.data))


async def _run_config(file: Path, data: Path) -> int:
    from bridge.config import load

    config = load(file, data)

    def ready(address: str) -> None:
        say(f"Pinthread runs. Its web part is {config.web.public_url or address}")
        say("Ctrl-C stops it.")

    return await _until_stopped(config, ready)


async def _run_demo(data: Path) -> int:
    """The program beside its sandbox; ends when either is told to or ends."""
    from bridge import demo
    from bridge.config import load

    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with demo.sandbox(data) as sandbox:
        values = demo.environment(sandbox.url, data)
        os.environ.update(values)
        config = load(demo.CONFIG, data)

        async def greet() -> None:
            await sandbox.introduce(await listening)
            demo.remember(values, data)
            say(f"Pinthread runs beside its sandbox. Open {sandbox.url}/")
            say("Ctrl-C stops both.")

        async def watch() -> None:
            raise await sandbox.ended()

        async with asyncio.TaskGroup() as tasks:
            others = [tasks.create_task(greet()), tasks.create_task(watch())]
            code = await _until_stopped(config, listening.set_result)
            for task in others:
                task.cancel()
    return code


async def _until_stopped(config: "Config", ready: Callable[[str], None]) -> int:
    """Runs the program until a signal, and gives it a bounded time to stop cleanly."""
    from bridge import app
    from bridge.telemetry import start_logging

    start_logging(config.log.level, config.log.format)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    program = asyncio.create_task(app.run(config, stop, ready))
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((program, stopped), return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:  # the sandbox is gone
        stop.set()
        await asyncio.wait((program,), timeout=STOP)
        program.cancel()
        raise
    stopped.cancel()
    done, _ = await asyncio.wait((program,), timeout=STOP)
    if not done:
        # Whatever was acknowledged is committed already; only calls under way are cut.
        program.cancel()
        say(f"It did not stop within {STOP:.0f} s and was ended.", sys.stderr)
        return 1
    await program
    return 0


def _serve(running: Coroutine[Any, Any, int]) -> int:
    """Runs to the end; failures that a person can act on become one line."""
    import uvloop  # measured: docs/decisions/0007-uvloop.md

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(running)
    except KeyboardInterrupt:  # Ctrl-C before it ran; what was started has been ended
        return 130
    except BaseExceptionGroup as group:
        for failed in _leaves(group):
            if isinstance(failed, Failed | StoreError):
                raise failed from None
            if isinstance(failed, OSError):
                raise CommandError(f"Cannot start: {failed}") from None
        raise
    except OSError as failed:
        raise CommandError(f"Cannot start: {failed}") from failed


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for failed in group.exceptions:
        found += _leaves(failed) if isinstance(failed, BaseExceptionGroup) else [failed]
    return found


# --- the other commands -------------------------------------------------------------------


def _sandbox(options: argparse.Namespace) -> int:
    command = [sys.executable, "-m", "sandbox", "--listen", options.listen]
    if options.data:
        command += ["--data", options.data]
    os.execv(sys.executable, command)  # noqa: S606 (our own module, in place of this process)


def _check(options: argparse.Namespace) -> int:
    from bridge import app
    from bridge.telemetry import start_logging

    config = _load(options)
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


def _history(options: argparse.Namespace) -> int:
    from bridge.operator import beside

    config = _load(options)
    found = beside.read(config.store.path, options.which)
    if found is None:
        raise CommandError(f"There is no conversation or thread {options.which!r} here.")
    if options.json:
        say(json.dumps(beside.document(found), ensure_ascii=False, indent=2))
    else:
        say(beside.text(found))
    return 0


def _stuck(options: argparse.Namespace) -> int:
    from bridge.operator import stuck

    found = stuck.read(_load(options).store.path, datetime.now(UTC))
    if options.json:
        say(json.dumps(stuck.document(found), ensure_ascii=False, indent=2))
    else:
        say(stuck.text(found))
    return 0


def _retry(options: argparse.Namespace) -> int:
    from bridge.operator import retrying
    from bridge.operator.beside import printable
    from core.ports.rows import Retry

    path = _load(options).store.path
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


def _reports(options: argparse.Namespace) -> int:
    from bridge.operator import operating

    found = operating.reports(_load(options).store.path)
    if options.json:
        say(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        say(operating.text(found))
    return 0


def _ban(options: argparse.Namespace) -> int:
    from bridge.operator import operating

    path = _load(options).store.path
    request = operating.ask(path, options.account, on=options.on, now=datetime.now(UTC))
    done = "closed" if options.on else "open again"
    return _asked(path, request, f"{options.account} is {done}.")


def _invite(options: argparse.Namespace) -> int:
    from bridge.operator import operating

    path = _load(options).store.path
    request = operating.invite(path, options.account, now=datetime.now(UTC))
    return _asked(path, request, f"{options.account} is invited.")


def _asked(path: Path, request: int, done: str) -> int:
    from bridge.operator import retrying

    taken = retrying.taken(path, request, TAKEN) is not None
    say(done if taken else "No program took it up yet. It is done as soon as one runs.")
    return 0


def _link(options: argparse.Namespace) -> int:
    from bridge.operator import beside

    config = _load(options)
    address = beside.link(config.store.path, config.web, options.account, datetime.now(UTC))
    if address is None:
        raise CommandError(f"There is no account {options.account!r} here.")
    say(address)
    return 0


def _export(options: argparse.Namespace) -> int:
    from bridge.operator import own_data

    made = own_data.export(_load(options), options.account, options.to, lambda: datetime.now(UTC))
    say(asyncio.run(made))
    return 0


def _erase(options: argparse.Namespace) -> int:
    from bridge.operator import own_data

    config = _load(options)
    if not options.yes:
        handle = options.account.lstrip("@")
        say(f"All that @{handle} wrote is erased, for good. Type the handle once more to go on:")
        if sys.stdin.readline().strip().lstrip("@").lower() != handle.lower():
            raise CommandError("That is another handle. Nothing was erased.")
    say(own_data.erase(config, options.account, datetime.now(UTC)))
    return 0


def _simulate(options: argparse.Namespace) -> int:
    from simulation import command

    return command.run(
        options.seeds, as_json=options.json, jobs=options.jobs, first=options.first, say=say
    )


def _verify(options: argparse.Namespace) -> int:
    return _serve(_verified(_load(options), options))


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


def _seeds(text: str) -> range:
    """`7` or `1:2000`, both ends included."""
    first, colon, last = text.partition(":")
    numbers = (first, last) if colon else (first, first)
    if not all(number.isascii() and number.isdigit() for number in numbers):
        raise argparse.ArgumentTypeError(f"{text!r} names no seeds; say 7, or 1:2000")
    return range(int(numbers[0]), int(numbers[1]) + 1)


def _version(_: argparse.Namespace) -> int:
    say(f"pinthread {VERSION}")
    return 0


def _load(options: argparse.Namespace) -> "Config":
    """The configuration that `run` would take, or took: the sandbox's, if there is no file."""
    from bridge import demo
    from bridge.config import load

    if options.config or CONFIG.exists():
        return load(options.config or CONFIG, options.data)
    last = demo.last_environment(options.data)
    if last is None:
        raise ConfigError(
            f"There is no {CONFIG} here. Copy config.example.yaml and fill it in, or start "
            "the sandbox with `pinthread run`."
        )
    os.environ.update(last)
    return load(demo.CONFIG, options.data)


# --- words --------------------------------------------------------------------------------


def say(line: str, to: Any = None) -> None:
    (to or sys.stdout).write(line + "\n")
    (to or sys.stdout).flush()


if __name__ == "__main__":
    sys.exit(main())
