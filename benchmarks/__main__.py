"""`python -m benchmarks`: runs them all, one process each, and prints a table.

`python -m benchmarks NAME --json` runs one and prints one line of JSON. Exit code 1 says
that a bound does not hold, or that a benchmark failed.
"""

import argparse
import importlib
import json
import subprocess
import sys

from benchmarks.report import Result, line, table

NAMES = {
    "relay": "relay:relay",
    "many": "relay:many",
    "slow": "relay:slow",
    "commit": "commit:run",
    "decide": "decide:run",
    "idle": "idle:run",
    "history": "history:run",
    "inbox": "inbox:run",
    "render": "render:run",
    "files": "files:run",
    "simulate": "simulate:run",
    "drain": "drain:run",
    "fair": "fair:run",
    "catchup": "catchup:run",
    "search": "search:run",
}
"""Each benchmark's module and function, which hands back a `Result`."""
LONGEST = 900
"""Seconds that one benchmark may take."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Holds the program's figures against their bounds (docs/benchmarks.md).",
        epilog="example: python -m benchmarks relay --json",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--json", action="store_true", help="one line of JSON for each")
    options = parser.parse_args(argv)
    for name in options.names:
        if name not in NAMES:
            parser.error(f"there is no benchmark {name}; there are {', '.join(NAMES)}")
    if len(options.names) == 1:
        return _here(options.names[0], as_json=options.json)
    return _each(options.names or list(NAMES), as_json=options.json)


def _here(name: str, *, as_json: bool) -> int:
    module, function = NAMES[name].split(":")
    result: Result = getattr(importlib.import_module(f"benchmarks.{module}"), function)()
    print(line(result) if as_json else table([result]))
    return 0 if result.holds else 1


def _each(names: list[str], *, as_json: bool) -> int:
    """Each in a process of its own, so that none inherits the memory or threads of another."""
    results: list[Result] = []
    failed: list[str] = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks", name, "--json"],
            stdout=subprocess.PIPE,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        try:
            results.append(Result(**json.loads(done.stdout.splitlines()[-1])))
        except (IndexError, ValueError, TypeError):
            failed.append(name)
    if as_json:
        for result in results:
            print(line(result))
    else:
        print(table(results))
    for name in failed:
        print(f"{name} failed and has no figures.")
    missed = [result.name for result in results if not result.holds]
    if missed:
        print(f"A bound does not hold in: {', '.join(missed)}.")
    return 1 if failed or missed else 0


if __name__ == "__main__":
    sys.exit(main())
