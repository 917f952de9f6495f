"""The contract suite of `core.ports.store.Store`: every engine is one more parameter of `address`.

The tests know the Protocol alone; what only one engine does stands in its own file.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bridge.store import open_store
from core.ports.store import Store
from tests.store.world import World


@pytest.fixture(params=["sqlite"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store of each engine can be opened, and opened again."""
    assert request.param == "sqlite"
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
async def store(address: str) -> AsyncIterator[Store]:
    opened = open_store(address)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


@pytest.fixture
async def reopen(store: Store, address: str) -> AsyncIterator[Callable[[], Awaitable[Store]]]:
    """Closes what is open and opens the same store afresh."""
    opened = [store]

    async def again() -> Store:
        await opened[-1].close()
        opened.append(open_store(address))
        await opened[-1].open()
        return opened[-1]

    yield again
    await opened[-1].close()
