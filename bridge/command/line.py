"""The command line: which commands there are, their options, and what `--help` says of them."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bridge.command import doing, running
from bridge.command.running import CONFIG

DATA = Path("data")


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pinthread",
        description="Conversations around pins in one history, mirrored into Slack and Discord.",
        epilog="`pinthread COMMAND --help` explains a command with an example.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    run = _command(
        commands,
        "run",
        running.run,
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
        doing.sandbox,
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
        doing.check,
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
        doing.history,
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
        doing.stuck,
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
        doing.retry,
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
        doing.link,
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
        doing.export,
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
        doing.erase,
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
        doing.simulate,
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
        doing.verify,
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

    _command(commands, "version", doing.version, "Print the version.", example="pinthread version")
    return parser


def _add_operator(commands: Any) -> None:
    """What the operator sees and does about people."""
    reports = _command(
        commands,
        "reports",
        doing.reports,
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
            doing.ban,
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
        doing.invite,
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


def _seeds(text: str) -> range:
    """`7` or `1:2000`, both ends included."""
    first, colon, last = text.partition(":")
    numbers = (first, last) if colon else (first, first)
    if not all(number.isascii() and number.isdigit() for number in numbers):
        raise argparse.ArgumentTypeError(f"{text!r} names no seeds; say 7, or 1:2000")
    return range(int(numbers[0]), int(numbers[1]) + 1)
