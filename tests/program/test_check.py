"""`pinthread check` against the sandbox: what is well, and the remedy for what is not."""

import asyncio
import sys
from pathlib import Path

import aiohttp
import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
CHANNELS = {
    "slack": ("T0NORTHWIND", "C0INBOX"),
    "discord": ("910000000000000001", "930000000000000001"),
}


async def check(folder: Path, config: dict[str, object]) -> tuple[int, list[str], str]:
    """Exit code, lines of the answer, and what went to standard error."""
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "check", "--config", str(folder / "config.yaml")),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode().splitlines(), errors.decode()


@pytest.fixture
async def config(sandbox_url: str) -> dict[str, dict[str, object]]:
    """The sandbox's platforms, and a brand bound to one channel of each."""
    async with aiohttp.ClientSession() as http, http.get(f"{sandbox_url}/_control/world") as got:
        world = await got.json()
    return {
        "slack": {key: world["slack"][key] for key in ("api_url", "bot_token", "app_token")},
        "discord": {key: world["discord"][key] for key in ("api_url", "gateway_url", "token")},
    }


def bind(config: dict[str, dict[str, object]], **channels: str) -> dict[str, object]:
    """The configuration with these channels bound, by platform."""
    bound = [
        {"platform": name, "workspace": CHANNELS[name][0], "channel": channel}
        for name, channel in channels.items()
    ]
    return {**config, "brands": [{"handle": "northwind", "name": "N", "channels": bound}]}


async def test_all_is_well_with_good_tokens_and_channels(
    tmp_path: Path, config: dict[str, dict[str, object]]
) -> None:
    whole = bind(config, slack=CHANNELS["slack"][1], discord=CHANNELS["discord"][1])
    code, lines, errors = await check(tmp_path, whole)
    assert (code, errors) == (0, "")
    assert lines[-1] == "All is well."
    assert all(line.startswith("ok ") for line in lines[:-1])


@pytest.mark.parametrize(
    ("section", "key"),
    [("slack", "bot_token"), ("slack", "app_token"), ("discord", "token")],
)
async def test_a_wrong_token_fails_with_a_remedy_and_is_not_shown(
    tmp_path: Path, config: dict[str, dict[str, object]], section: str, key: str
) -> None:
    config[section][key] = "xoxb-wrong-wrong-wrong"
    code, lines, errors = await check(tmp_path, dict(config))
    assert code == 1
    failed = next(n for n, line in enumerate(lines) if line.startswith("FAIL "))
    assert section in lines[failed].lower()
    assert lines[failed + 1].startswith("      ")
    assert f"{section}.{key}" in lines[failed + 1]
    assert "wrong-wrong" not in "".join(lines) + errors


@pytest.mark.parametrize(
    ("platform", "channel"), [("slack", "C0QUIET"), ("discord", "930000000000000003")]
)
async def test_a_channel_that_the_bot_is_not_in_fails_with_a_remedy(
    tmp_path: Path, config: dict[str, dict[str, object]], platform: str, channel: str
) -> None:
    code, lines, _ = await check(tmp_path, bind(config, **{platform: channel}))
    assert code == 1
    failed = next(n for n, line in enumerate(lines) if line.startswith("FAIL "))
    assert platform in lines[failed].lower()
    assert lines[failed + 1].startswith("      ")
    assert lines[-1] == "1 to repair."


async def test_without_any_platform_it_says_that_only_the_web_will_run(tmp_path: Path) -> None:
    code, lines, _ = await check(tmp_path, {})
    assert code == 0
    assert any("only the web part will run" in line for line in lines)
