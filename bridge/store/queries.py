"""Reads named SQL: `sql/*.sql` hold the queries, under lines `-- name: x`.

What stands under `-- part: x` can be put into later queries as `{x}`; the parts
of `shared.sql` into those of every file. Read once, at import.
"""

import re
from importlib.resources import files

_HEADING = re.compile(r"^-- (name|part): (\w+)\n", re.MULTILINE)
_COMMENT = re.compile(r"^--.*\n", re.MULTILINE)


def load(file: str) -> dict[str, str]:
    """The queries of `sql/<file>.sql` by name."""
    folder = files(__package__).joinpath("sql")
    names = ("shared.sql", f"{file}.sql")
    text = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
    _, *pieces = _HEADING.split(text)
    parts: dict[str, str] = {}
    queries: dict[str, str] = {}
    for what, name, body in zip(pieces[0::3], pieces[1::3], pieces[2::3], strict=True):
        filled = re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], _COMMENT.sub("", body))
        sql = filled.strip().rstrip(";")
        (parts if what == "part" else queries)[name] = sql
    return queries
