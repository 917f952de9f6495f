"""`pinthread`, the command. Reads the command line, and hands over.

Answers go to standard output, everything else to standard error. Exit codes: 0 done,
1 it failed, 2 the command line, the configuration file or the database does not let it start.
"""

import sys

from bridge.command.line import parser
from bridge.command.terminal import say
from bridge.failures import Failed
from core.ports.rows import StoreError


def main(argv: list[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    options = parser().parse_args(argv)
    try:
        code: int = options.command(options)
    except (Failed, StoreError) as failed:
        say(f"pinthread: {failed}", sys.stderr)
        return failed.exit_code if isinstance(failed, Failed) else 1
    return code


if __name__ == "__main__":
    sys.exit(main())
