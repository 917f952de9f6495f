"""What `make` says about itself."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def make(*argv: str) -> str:
    done = subprocess.run(
        ["make", "--no-print-directory", *argv],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_make_alone_lists_every_target_with_a_line() -> None:
    listed = re.findall(r"^  make (\w+) +(\S.*)$", make(), re.MULTILINE)
    targets = re.findall(r"^\.PHONY: (\w+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [name for name, _ in listed] == targets
    assert {"help", "run", "test", "check", "bench"} <= set(targets)


def test_only_the_hashed_requirements_are_installed() -> None:
    text = (ROOT / "Makefile").read_text()
    installs = [line for line in text.splitlines() if "pip install" in line]
    assert len(installs) == 2
    assert all("--require-hashes" in line for line in installs)


def test_the_gate_runs_the_tests_then_the_checks() -> None:
    text = (ROOT / ".ci" / "run").read_text()
    assert re.findall(r"^make (\w+)$", text, re.MULTILINE) == ["test", "check"]
    assert "PINTHREAD_GATE=1" in text
