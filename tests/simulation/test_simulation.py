"""The simulation itself: that it plays alike everywhere, holds what it must, and can fail."""

import json
import os
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.__main__ import main
from simulation import command, secret, world
from simulation.faults import CallFault, Crash, Fault, Outage
from simulation.run import Played, play, play_seed
from simulation.script import Act, Script, write
from simulation.shrink import shrink

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("seed", range(1, 13))
def test_a_seed_ends_as_promised(seed: int) -> None:
    played = play_seed(seed)
    assert played.problems == []


def test_a_seed_holds_enough() -> None:
    made = play_seed(5).figures
    assert made.actions >= 200
    assert made.threads >= 5
    assert made.places >= 3
    assert made.crashes >= 2
    assert made.faults >= 10


def test_the_same_seed_plays_alike_twice() -> None:
    assert play_seed(3).trace.lines == play_seed(3).trace.lines


def test_the_same_seed_plays_alike_in_another_process_with_another_hash_seed() -> None:
    said = "from simulation.run import play_seed; print(play_seed(3).digest)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "4711"}
    other = subprocess.run(
        [sys.executable, "-c", said], capture_output=True, text=True, env=environment, check=True
    )
    assert other.stdout.strip() == play_seed(3).digest


def test_a_script_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    assert write(7) == write(7)
    assert write(7).acts != write(8).acts


def test_all_kinds_of_faults_come_up() -> None:
    kinds = {fault.kind for seed in range(1, 40) for fault in write(seed).faults}
    assert {str(kind) for kind in CallFault} <= {str(kind) for kind in kinds}


# --- that it can fail ---------------------------------------------------------------------


def test_what_the_platform_shows_wrongly_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the verdict expects other cards than there are."""
    script = Script(1, (Act(0.5, "begin", (0, 0, 0)),), (), ())
    assert play(script).problems == []
    true = world.pin_of
    monkeypatch.setattr(world, "pin_of", lambda pin: replace(true(pin), title="Another"))
    assert any("the card does not show" in problem for problem in play(script).problems)


def test_what_is_seen_outside_the_brand_and_should_not_be_is_a_problem(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Here whatever is typed in the inbox counts as a note, and this is a reply."""
    script = Script(1, (Act(0.5, "begin", (0, 0, 0)), Act(60.0, "say", (0, 0, 3))), (), ())
    assert play(script).problems == []
    monkeypatch.setattr(secret, "is_marked", lambda text: True)
    (problem,) = play(script).problems
    assert "'Ada 3' was seen outside the brand" in problem


@pytest.mark.parametrize(
    ("kind", "seed"), [("note", 1), ("note", 2), ("regret", 1), ("say", 2), ("put_note", 1)]
)
def test_what_stays_inside_the_brand_is_known_as_such(kind: str, seed: int) -> None:
    """Seed 2 has an inbox in which all that is typed is a note."""
    acts = (Act(0.5, "begin", (0, 0, 0)), Act(60.0, kind, (0, 10, 3)))
    played = play(Script(seed, acts, (), ()))
    assert played.problems == []
    assert played.figures.inside == 1


def test_a_note_that_is_found_after_the_mode_was_changed_stays_one() -> None:
    """Typed while replies were notes and nobody heard, and found when they go out."""
    acts = (
        Act(0.5, "begin", (0, 0, 0)),
        Act(50.0, "mode", (0, 0, 0)),
        Act(70.0, "say", (0, 0, 3)),
        Act(120.0, "mode", (0, 0, 0)),
    )
    deaf = Fault(60.0, "slack", Outage.DEAF, 20.0)
    played = play(Script(4, acts, (deaf,), ()))
    assert played.problems == []
    assert played.figures.inside == 1
    assert played.figures.found == 1


def test_words_edited_in_while_they_waited_are_hidden_from_who_blocked_their_author() -> None:
    """Kim's Discord is down: the brand writes, Kim blocks it, and it edits what has not begun."""
    acts = (
        Act(0.5, "begin", (4, 0, 0)),
        Act(60.0, "web_post", (0, 1, 7)),
        Act(61.0, "web_post", (0, 1, 8)),
        Act(70.0, "block", (0, 0, 0)),
        Act(80.0, "web_edit", (0, 2, 9)),
    )
    down = Fault(50.0, "discord", Outage.DOWN, 100.0)
    played = play(Script(1, acts, (down,), ()))
    assert played.problems == []
    assert played.figures.actions == len(acts)


def test_a_lost_answer_and_a_crash_leave_one_copy() -> None:
    acts = (Act(0.5, "begin", (0, 0, 0)), Act(60.0, "web_post", (0, 0, 7)))
    faults = (Fault(50.0, "slack", CallFault.LOST), Fault(50.0, "discord", CallFault.LATE, 60.0))
    crashes = (Crash(61.0, handles=5, down=3.0),)
    played = play(Script(1, acts, faults, crashes))
    assert played.problems == []
    assert played.figures.crashes == 1


def test_crashes_leave_no_complaint_of_what_never_ran() -> None:
    """At these seeds programs die with tasks that have not begun."""
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        for seed in range(1, 9):
            play_seed(seed)
    assert [str(one.message) for one in complaints] == []


def test_shrinking_keeps_what_it_takes_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here everything fails that has a certain act in it."""
    script = write(2)
    needed = script.acts[100]
    first = play(Script(2, script.acts[:1], (), ()))

    def play_so(one: Script) -> Played:
        problems = ["it is there"] if needed in one.acts else []
        return replace(first, script=one, problems=problems)

    monkeypatch.setattr("simulation.shrink.play", play_so)
    found = shrink(play_so(script), seconds=20.0)
    assert found.script.lines() == [needed]


# --- the command --------------------------------------------------------------------------


def test_the_command_tells_of_all_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--seeds", "1:2", "--jobs", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["seeds"] == 2
    assert told["failed"] == {}
    assert told["figures"]["crashes"] >= 4


@pytest.mark.parametrize("said", ["many", "1:", ":", "-4", "1:2:3"])
def test_the_command_needs_seeds_that_are_numbers(
    said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["simulate", f"--seeds={said}"])
    assert ended.value.code == 2
    assert "1:2000" in capsys.readouterr().err


def test_a_seed_that_fails_is_told_with_its_shortest_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    true = world.pin_of
    monkeypatch.setattr(world, "pin_of", lambda pin: replace(true(pin), title="Another"))
    said: list[str] = []
    code = command.run(range(4, 5), as_json=False, say=said.append, jobs=1, seconds=3.0)
    assert code == 1
    assert said[0].startswith("seed 4 fails: ")
    assert any(line.startswith("PROBLEM ") for line in said)
