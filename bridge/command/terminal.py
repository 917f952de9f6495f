"""What a command says: answers on standard output, everything else on standard error."""

import json
import sys
from typing import Any


def say(line: str, to: Any = None) -> None:
    (to or sys.stdout).write(line + "\n")
    (to or sys.stdout).flush()


def show(document: Any) -> None:
    """One JSON document."""
    say(json.dumps(document, ensure_ascii=False, indent=2))
