"""The store: the canonical history, and how far every mirror has been brought.

`open_store` chooses the engine by its address. SQLite is the one there is: one
writer thread that commits together what waits together, readers beside it. SQL
stands in `sql/`, the schema in `migrations/`. tests/store is the contract.
"""

from pathlib import Path

from bridge.store.sqlite import SqliteStore
from core.ports.store import Store

_SQLITE = "sqlite:///"


def open_store(url: str) -> Store:
    """The store at `sqlite:///relative.db` or `sqlite:////absolute.db`; call its `open` first.

    ValueError says what is wrong with another address.
    """
    path = url.removeprefix(_SQLITE)
    if path == url or not path or path.endswith("/"):
        raise ValueError(
            "The store's address must name a SQLite file, such as sqlite:///data/pinthread.db."
        )
    return SqliteStore(Path(path))
