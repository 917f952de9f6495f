"""A folder of files, and sources that files come from."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.files.folder import FolderFiles


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[FolderFiles]:
    made = FolderFiles(tmp_path / "files")
    await made.start()
    yield made
    await made.stop()
