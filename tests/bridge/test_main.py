"""The command line, as a person types it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bridge import VERSION
from bridge.__main__ import main

ROOT = Path(__file__).parent.parent.parent
COMMANDS = (
    "run",
    "sandbox",
    "check",
    "history",
    "stuck",
    "retry",
    "reports",
    "ban",
    "unban",
    "link",
    "export",
    "erase",
    "simulate",
    "verify",
    "version",
)


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if f"\n    {name} " in shown] == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"example:\n  pinthread {command}" in capsys.readouterr().out


def test_the_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out == f"pinthread {VERSION}\n"
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("argv", [[], ["fly"], ["history"], ["run", "--quickly"]])
def test_a_wrong_command_line_ends_with_2(argv: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2


@pytest.mark.parametrize("command", ["run", "check", "history x", "link @x"])
def test_a_wrong_configuration_is_one_line_and_ends_with_2(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("slack: {bot_tokn: x}")
    assert main([*command.split(), "--config", str(file), "--data", str(tmp_path)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == ("pinthread: slack.bot_tokn is not a key here; did you mean bot_token?\n")


@pytest.mark.parametrize("command", ["check", "history x", "link @x"])
def test_without_any_configuration_the_way_to_one_is_told(
    command: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(command.split()) == 2
    assert "Copy config.example.yaml" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", ["history x", "link @x", "reports", "ban @x", "unban @x", "invite @x"]
)
def test_without_a_history_there_is_nothing_to_show(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.yaml").write_text("log: {}")
    argv = [*command.split(), "--config", str(tmp_path / "c.yaml"), "--data", str(tmp_path)]
    assert main(argv) == 1
    assert "There is no history at" in capsys.readouterr().err


def test_the_command_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bridge", "version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == f"pinthread {VERSION}\n"


def test_the_last_sandbox_is_found_by_the_commands_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    last = {
        "SANDBOX_URL": "http://127.0.0.1:1",
        "SANDBOX_WS_URL": "ws://127.0.0.1:1",
        "PINTHREAD_DATA": str(tmp_path / "data"),
        "PINTHREAD_WEB": "127.0.0.1:8099",
    }
    for name in last:
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "demo.json").write_text(json.dumps(last))
    assert main(["history", "abcdef"]) == 1
    assert f"There is no history at {tmp_path / 'data' / 'demo.sqlite'}" in capsys.readouterr().err
