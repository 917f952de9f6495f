"""docs/rules.md says who may do what and with which words it is refused: so does the code."""

from itertools import pairwise
from pathlib import Path

import pytest

from core import rules
from core.model import Role
from core.refusal import Refusal
from core.rights import RIGHTS, WORDS, Act, may

DOCUMENT = Path(__file__).parents[2] / "docs" / "rules.md"

MADE = (
    rules.cannot_message("@nobody"),
    rules.you_blocked("@mia"),
    rules.you_follow_not("@northwind"),
    rules.follows_you_not("@northwind"),
    rules.rate_limited(12),
    rules.check_text("x" * 40_001),
    may(Role.VIEWER, Act.REPLY, "ada"),
)
FIXED = tuple(one for one in vars(rules).values() if isinstance(one, Refusal))
REFUSALS = [one for one in (*FIXED, *MADE) if one is not None]


def rows(first: str) -> list[list[str]]:
    """The cells of the table whose head begins with that cell."""
    lines = DOCUMENT.read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(f"| {first} |"))
    found = []
    for line in lines[at:]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def test_the_table_of_rights_is_that_of_the_code() -> None:
    head, _, *table = rows("for a brand")
    roles = [Role(name) for name in head[1:]]
    assert set(roles) == set(Role)
    assert [row[0] for row in table] == [WORDS[act] for act in Act]
    for act, row in zip(Act, table, strict=True):
        for role, cell in zip(roles, row[1:], strict=True):
            assert (cell == "yes") is (act in RIGHTS[role]), (act, role)
            assert (may(role, act) is None) is (cell == "yes")


def test_every_role_may_what_the_one_below_it_may() -> None:
    above = [RIGHTS[role] for role in Role]
    for more, less in pairwise(above):
        assert less < more


@pytest.mark.parametrize("act", Act)
def test_whoever_has_no_role_may_nothing_and_is_told_whom_to_ask(act: Act) -> None:
    found = may(None, act, "ada")
    assert found is not None
    assert found.code == "not_allowed"
    assert WORDS[act] in found.sentence
    assert found.sentence.endswith("Ask @ada.")
    asked = may(None, act)
    assert asked is not None
    assert asked.sentence.endswith("Ask one of its owners.")


def test_the_table_of_refusals_has_every_code_with_its_sentence() -> None:
    _, _, *table = rows("code")
    documented = {(row[0].strip("`"), row[2]) for row in table}
    assert documented == {(one.code, one.sentence) for one in REFUSALS}


def test_every_sentence_says_something_to_do_and_ends() -> None:
    for one in REFUSALS:
        assert one.sentence.endswith("."), one.code
        assert len(one.sentence) > 15
