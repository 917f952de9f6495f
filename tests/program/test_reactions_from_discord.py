"""10,000 reactions from Discord: bad input of the kind that a bored person or a script makes."""

from pathlib import Path

import pytest

from tests.program.many_reactions import FREE, press
from tests.program.talk import talk


@pytest.mark.slow
async def test_10000_reactions_leave_every_place_as_it_should_be(tmp_path: Path) -> None:
    async with talk(tmp_path, slack=FREE, discord=FREE) as found:
        await press(found, "discord")
