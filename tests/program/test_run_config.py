"""`pinthread run` with a configuration file: how it starts, stops, and fails to start."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def command(folder: Path) -> list[str]:
    config = str(folder / "config.yaml")
    return [sys.executable, "-m", "bridge", "run", "--config", config, "--data", str(folder)]


@contextmanager
def started(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The program without any platform, from its first line on."""
    (folder / "config.yaml").write_text('web: {listen: "127.0.0.1:0"}')
    with subprocess.Popen(
        command(folder),
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as run:
        try:
            assert run.stdout is not None
            assert "Pinthread runs. Its web part is http://127.0.0.1:" in run.stdout.readline()
            yield run
        finally:
            run.terminate()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(tmp_path: Path, sign: signal.Signals) -> None:
    with started(tmp_path) as run:
        run.send_signal(sign)
        _, errors = run.communicate(timeout=30)
        assert run.returncode == 0
        assert errors.splitlines()[-1].endswith("stopped")


def test_a_second_program_on_the_same_data_is_refused_in_one_line(tmp_path: Path) -> None:
    with started(tmp_path):
        second = subprocess.run(
            command(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
        )
    assert second.returncode == 2
    assert second.stdout == ""
    (line,) = second.stderr.splitlines()
    assert line.startswith("pinthread: Another program has the database")


def test_an_address_that_is_taken_is_named_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (tmp_path / "config.yaml").write_text(f'web: {{listen: "127.0.0.1:{port}"}}')
        run = subprocess.run(
            command(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
        )
    assert run.returncode == 1
    last = run.stderr.splitlines()[-1]
    assert last.startswith("pinthread: Cannot start: ")
    assert str(port) in last
    assert "Traceback" not in run.stderr


def test_a_folder_that_cannot_be_made_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("log: {}")
    argv = [*command(tmp_path)[:-1], "/proc/nothing/here"]
    run = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert line.startswith("pinthread: Cannot start: ")
    assert "/proc/nothing" in line
