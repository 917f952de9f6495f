"""Which names of emoji there are: those of emoji-data 16.0.0, which Slack uses, and custom ones."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sandbox.slack.shapes import EMOJI_NAME


def is_known(name: str, custom: Mapping[str, str]) -> bool:
    """Whether it can be a reaction; a standard one may carry a skin tone."""
    if not EMOJI_NAME.fullmatch(name):
        return False
    return name in custom or name.partition("::")[0] in _standard()


@cache
def _standard() -> frozenset[str]:
    rows = json.loads(Path(__file__).with_name("emoji.json").read_text())
    return frozenset(name for row in rows for name in row.split())
