"""A database put back from a backup: what people have said since stays where they see it."""

import shutil
from collections import Counter
from pathlib import Path

from tests.program.talk import Talk, talk

PLACES = ("slack", "discord")
OFTEN = {"every_minutes": 0.02}


async def texts(thread: Talk, place: str) -> list[str]:
    return [one.text for one in await thread.shown(place)]


async def swept(thread: Talk, platform: str, more: int = 1) -> None:
    """Some more sweeps have ended."""

    async def count() -> int:
        async with thread.people.http.get(f"{thread.people.web}/metrics") as got:
            name = f'pinthread_sweeps_total{{platform="{platform}"}} '
            found = [line for line in (await got.text()).splitlines() if line.startswith(name)]
            return int(found[0].removeprefix(name)) if found else 0

    wanted = await count() + more
    await thread.people.until(count, lambda seen: seen >= wanted)


def copies(folder: Path) -> list[Path]:
    return sorted(folder.glob("history.sqlite*"))


async def test_a_database_put_back_from_a_backup_takes_nobodys_words_away(tmp_path: Path) -> None:
    async with talk(tmp_path, catch_up=OFTEN) as thread:
        backup = tmp_path / "backup"
        backup.mkdir()
        await thread.people.end()
        for file in copies(tmp_path):
            shutil.copy(file, backup)
        await thread.people.start()
        thread.people.session = ""
        for place, other in (("slack", "discord"), ("discord", "slack"), ("web", "slack")):
            await thread.say(place, f"{place} since")
            await thread.find(other, f"{place} since")
        await thread.find("discord", "web since")
        before = {place: Counter(await texts(thread, place)) for place in PLACES}
        await thread.people.end()
        for file in copies(tmp_path):
            file.unlink()
        for file in copies(backup):
            shutil.copy(file, tmp_path)
        await thread.people.start()
        for place in PLACES:
            await thread.find("web", f"{place} since")
        # What the people's own words are copied to again replaces the copies of before.
        for place in PLACES:
            await swept(thread, place, 3)
            await thread.until(
                place, lambda shown, at=place: Counter([one.text for one in shown]) == before[at]
            )
        assert "web since" not in [one.text for one in await thread.shown("web")]
        assert any("foreign_left" in line for line in thread.people.log)
