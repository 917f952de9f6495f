"""The baseline of `commit` does the same work as the store: the same rows, by plain `sqlite3`."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks import commit


def test_the_bare_loop_writes_the_rows_that_the_store_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "SENDERS", 3)
    monkeypatch.setattr(commit, "EACH", 2)
    ours, bare = tmp_path / "store.db", tmp_path / "bare.db"
    assert asyncio.run(commit.through_the_store(ours)) > 0
    assert commit.by_hand(bare) > 0
    assert written(ours) == written(bare)
    assert len(written(ours)["events"]) == 3 * (2 + 2)


def written(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that messages change, whatever the order in which senders came."""
    with closing(sqlite3.connect(path)) as db:
        return {
            "events": db.execute(
                "SELECT e.conversation, e.seq, e.thread, e.at, e.actor, e.kind, e.message, e.pin,"
                " e.data, e.agent, e.only, e.hidden, b.text, b.rich"
                " FROM events e LEFT JOIN bodies b USING (position) ORDER BY e.conversation, e.seq"
            ).fetchall(),
            "conversations": db.execute("SELECT id, seq FROM conversations ORDER BY id").fetchall(),
            "threads": db.execute("SELECT id, tail FROM threads ORDER BY id").fetchall(),
        }
