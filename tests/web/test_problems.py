"""docs/rules.md says with which status each refusal is answered: so does the API."""

import re
from pathlib import Path

from core.model import Refusal
from web.problems import STATUS, refused

DOCUMENT = Path(__file__).parents[2] / "docs" / "rules.md"


def documented() -> dict[str, int]:
    """The status of each code, from every table with a column for it."""
    found: dict[str, int] = {}
    columns = 0
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            columns = 0
        elif cells[-1] == "status in the API":
            columns = len(cells)
        elif columns and cells[-1] != "none" and not cells[0].startswith("-"):
            assert len(cells) == columns, line
            codes = re.findall(r"`([a-z_]+)`", cells[0])
            statuses = [int(one) for one in cells[-1].split(",")]
            if len(statuses) == 1:
                statuses *= len(codes)
            for code, status in zip(codes, statuses, strict=True):
                assert found.setdefault(code, status) == status, code
    return found


def test_every_refusal_is_answered_with_the_documented_status() -> None:
    table = documented()
    assert {"group_full": 422, "banned": 403, "file_changed": 400}.items() <= table.items()
    for code, status in table.items():
        problem = refused(Refusal(code, "Do this."))
        assert (problem.status, problem.code, problem.detail) == (status, code, "Do this."), code


def test_no_status_is_given_to_a_code_that_is_not_documented() -> None:
    assert set(STATUS) <= set(documented())
