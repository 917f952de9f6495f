"""What the Dockerfile promises, as far as it can be tried without Docker.

The files it copies are laid out in a folder and run from there with its own command,
environment and health check.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TEXT = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
LINES = [line for line in TEXT.splitlines() if line and not line.startswith("#")]
LAST_STAGE = LINES[max(n for n, line in enumerate(LINES) if line.startswith("FROM")) :]


def values(instruction: str) -> list[str]:
    start = instruction + " "
    return [line.removeprefix(start) for line in LAST_STAGE if line.startswith(start)]


def environment() -> dict[str, str]:
    (line,) = values("ENV")
    return dict(re.findall(r"(\w+)=(\S+)", line))


def test_it_is_built_in_stages_and_runs_as_nobody_special() -> None:
    assert sum(line.startswith("FROM") for line in LINES) == 2
    assert values("USER") == ["10001:10001"]
    assert LAST_STAGE.index("USER 10001:10001") > max(
        n for n, line in enumerate(LAST_STAGE) if line.startswith("RUN")
    )


def test_it_installs_only_what_the_hashes_name() -> None:
    installs = [line for line in LINES if "pip install" in line]
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]


def test_it_keeps_everything_in_one_volume() -> None:
    assert values("VOLUME") == ["/data"]
    assert json.loads(values("CMD")[0])[-1] == "/data"


def test_the_ignore_file_lets_in_what_is_copied_and_nothing_else() -> None:
    copied = {line.split()[0] for line in values("COPY") if not line.startswith("--from")}
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignore[1] == "*"
    allowed = {line.removeprefix("!") for line in ignore if line.startswith("!")}
    assert allowed == copied | {"requirements/run.txt"}


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The copied files as they stand in the image, with a volume beside them."""
    for line in values("COPY"):
        if not line.startswith("--from"):
            source, target = line.split()
            shutil.copytree(
                ROOT / source,
                tmp_path / target.lstrip("/"),
                ignore=shutil.ignore_patterns("__pycache__"),
            )
    (tmp_path / "data").mkdir()
    return tmp_path


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_the_copied_files_are_enough_and_only_the_volume_is_written(image: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = image / "data"
    (data / "config.yaml").write_text(f'web: {{listen: "127.0.0.1:{port}"}}')
    before = files(image / "app")
    env = environment() | {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(image / "app"),
        "PINTHREAD_HEALTH": f"http://127.0.0.1:{port}/healthz",
    }
    command = json.loads(values("ENTRYPOINT")[0]) + json.loads(values("CMD")[0])
    command = [sys.executable, *(part.replace("/data", str(data)) for part in command[1:])]
    health = json.loads(values("HEALTHCHECK")[0].partition("CMD ")[2])
    with subprocess.Popen(command, cwd=data, env=env, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert "Pinthread runs" in run.stdout.readline()
        subprocess.run([sys.executable, *health[1:]], env=env, check=True, timeout=20)
        started = time.monotonic()
        run.send_signal(signal.SIGTERM)
        assert run.wait(timeout=20) == 0
        assert time.monotonic() - started < 10
    failed = subprocess.run(
        [sys.executable, *health[1:]], env=env, check=False, timeout=20, capture_output=True
    )
    assert failed.returncode != 0
    assert files(image / "app") == before
    assert (data / "pinthread.sqlite").exists()
