"""Every refusal of docs/rules.md is seen by people in Slack, in Discord and at the API.

The tests in tests/program say what they see (`witness.sees`) and fail where they do not see
just that. A code that nobody sees in a place, or that is new in the table, has to stand here
with the reason; a reason that holds no longer fails too.
"""

import importlib
import re
from pathlib import Path

import pytest

from tests.program.witness import DECLARED

ROOT = Path(__file__).parents[2]
PLACES = ("slack", "discord", "api")
NOT_THERE = {
    ("text_too_long", "slack"): "Slack cuts what is longer itself",
    ("text_too_long", "discord"): "Discord takes 4,000 characters at most",
    ("unknown_message", "discord"): "people act on messages that they see",
    ("not_author", "slack"): "Slack lets only its author edit a message",
    ("not_author", "discord"): "Discord lets only its author edit a message",
    ("not_allowed", "api"): "a session acts as a person, or as a brand with an owner's rights",
    ("place_paused", "api"): "the API is in no channel",
    ("not_connected", "api"): "the API connects no channels",
}
TYPED = {
    "pin_required", "empty_message", "group_full", "brand_dm_is_one_to_one", "follow_not_mutual",
    "request_pending", "you_blocked", "rate_limited", "not_invited", "banned", "not_allowed",
    "not_a_member", "alone", "place_paused",
}  # fmt: skip
"""What typed words can be refused with. Names, pins and other threads stand in no typed words;
the rest is about what is done to a message, or by a command, a button or a form."""


@pytest.fixture(scope="module")
def seen() -> set[tuple[str, str]]:
    """Each code with each way in which some test sees it."""
    for path in sorted((ROOT / "tests" / "program").glob("test_*.py")):
        if "witness import" in path.read_text():
            importlib.import_module(f"tests.program.{path.stem}")
    return set().union(*DECLARED.values())


def codes() -> list[str]:
    """Those of the first table of docs/rules.md, which a test of the core holds complete."""
    table = (ROOT / "docs" / "rules.md").read_text().split("\n## ")[1]
    return [*dict.fromkeys(re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE))]


def test_every_refusal_is_seen_in_every_place_in_which_it_can_be(
    seen: set[tuple[str, str]],
) -> None:
    there = {(code, way.partition(" ")[0]) for code, way in seen}
    wanted = {(code, place) for code in codes() for place in PLACES}
    assert len(codes()) >= 30
    assert wanted - there == {*NOT_THERE}


def test_typed_words_are_refused_in_slack_and_in_discord(seen: set[tuple[str, str]]) -> None:
    for place in ("slack", "discord"):
        assert {code for code, way in seen if way == f"{place} typed"} == TYPED
    assert {*codes()} >= TYPED
