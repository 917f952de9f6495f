"""What the documents say is so."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from adapters.discord.settings import INTENTS, PERMISSIONS
from bridge.telemetry import Metrics

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SOURCES = [
    path
    for folder in ("adapters", "bridge", "core", "web")
    for path in (ROOT / folder).rglob("*.py")
]


LOADED = """
import json, sys
import bridge.__main__, bridge.app, bridge.operator.beside, bridge.demo
print(json.dumps([m.__file__ for n, m in sys.modules.items() if n.split(".")[0] in
    ("adapters", "bridge", "core", "web") and getattr(m, "__file__", None)]))
"""


@pytest.fixture(scope="module")
def program() -> list[Path]:
    """The modules that the program loads; what is being built beside it is not told yet."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [Path(name) for name in json.loads(done.stdout)]


def page(name: str) -> str:
    return (ROOT / name).read_text()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", path.read_text())
    local = [link for link in links if not link.startswith(("http://", "https://"))]
    assert [link for link in local if not (path.parent / link).exists()] == []


def test_every_refusal_is_documented_and_every_documented_one_exists(program: list[Path]) -> None:
    code = re.compile(r"[Rr]efusal\(\s*\"([a-z_]+)\"")
    used = {found for path in program for found in code.findall(path.read_text())}
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \|", page("docs/rules.md"), re.MULTILINE)
    written = {code for row in rows for code in re.findall(r"[a-z_]+", row)}
    assert used == written


def test_every_metric_is_documented() -> None:
    names = re.findall(r"^# TYPE (\S+)", Metrics().registry.text(), re.MULTILINE)
    text = page("docs/operations.md")
    assert [name for name in names if f"`{name}" not in text] == []


def test_the_documented_events_are_logged() -> None:
    documented = re.findall(r"^\| `([a-z_.]+)` \|", page("docs/operations.md"), re.MULTILINE)
    sources = "".join(path.read_text() for path in SOURCES)
    assert documented
    assert [event for event in documented if f'"{event}"' not in sources] == []


@pytest.mark.parametrize("file", ["run.in", "dev.in"])
def test_every_dependency_has_a_reason(file: str) -> None:
    lines = (ROOT / "requirements" / file).read_text().splitlines()
    names = [re.split(r"[=<>~\[;]", line)[0].strip() for line in lines]
    text = page("docs/dependencies.md").lower()
    wanted = [name for name in names if name and not name.startswith(("-", "#"))]
    assert [
        name for name in wanted if not re.search(rf"\| [^|]*\b{name.lower()}\b[^|]*\|", text)
    ] == []


def test_the_readme_names_the_bots_permissions_and_intents() -> None:
    text = page("README.md")
    assert f"permissions={PERMISSIONS}" in text
    assert f"gateway intents are {INTENTS}:" in text


def test_the_slack_manifest_is_yaml_with_the_documented_modes() -> None:
    manifest = yaml.safe_load((ROOT / "adapters" / "slack" / "manifest.yaml").read_text())
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert {"im:history", "im:write"} <= set(manifest["oauth_config"]["scopes"]["bot"])
    assert "message.im" in manifest["settings"]["event_subscriptions"]["bot_events"]


def test_the_orientations_tree_names_what_is_there() -> None:
    tree = page("docs/orientation.md").split("```")[1]
    folders = re.findall(r"^ *([a-z]+)/ ", tree, re.MULTILINE)
    modules = re.findall(r"\b([a-z_]+\.py)\b", tree)
    there = {path.name for folder in ("core", "bridge") for path in (ROOT / folder).rglob("*")}
    there |= {path.name for path in (ROOT / "simulation").iterdir()}
    there |= {path.name for folder in ("", "adapters") for path in (ROOT / folder).iterdir()}
    assert [name for name in (*folders, *modules) if name not in there] == []


def test_the_orientations_tree_leaves_no_module_of_core_and_bridge_out(
    program: list[Path],
) -> None:
    tree = page("docs/orientation.md").split("```")[1]
    modules = [path.name for path in program if path.parent in (ROOT / "core", ROOT / "bridge")]
    assert [name for name in modules if name not in (*tree.split(), "__init__.py")] == []


def test_every_decision_has_a_number_of_its_own() -> None:
    names = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def test_every_document_that_the_code_points_to_is_there() -> None:
    named = re.compile(r"docs/[\w/-]+\.md")
    found = {name for path in SOURCES for name in named.findall(path.read_text())}
    assert sorted(name for name in found if not (ROOT / name).exists()) == []
