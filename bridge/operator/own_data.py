"""`pinthread export` and `pinthread erase`: an account's data, beside a running program.

An export only reads. An erasure is asked for by a row in the database, as `retry` is, and
done by the program: it alone can take copies off the platforms.
"""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bridge.app import copies_of
from bridge.config import Config
from bridge.failures import CommandError
from bridge.operator import requests
from bridge.operator.beside import account_row, connected
from bridge.operator.erasing import KIND, Wish
from bridge.operator.exporting import Exporting
from bridge.store.database import Beside
from bridge.store.queries import load
from bridge.store.sqlite import SqliteStore
from core.ids import AccountId

_PEOPLE = load("people")


async def export(config: Config, handle: str, to: Path | None, now: Callable[[], datetime]) -> str:
    """Writes the archive to `to` (else into this folder), and says what it holds."""
    store = SqliteStore(config.store.path, database=Beside)
    await store.open()
    try:
        account = await store.account_by_handle(_plain(handle))
        if account is None:
            raise CommandError(_nobody(handle))
        with TemporaryDirectory(prefix="pinthread-") as folder:
            exporting = Exporting(store, Path(folder), await copies_of(config, store), now)
            made = await exporting.export(account.id)
            target = to or Path(made.name)
            if target.is_dir():
                target /= made.name
            try:
                shutil.move(made.path, target)
            except OSError as failed:
                raise CommandError(f"{target} cannot be written: {failed.strerror}.") from failed
    finally:
        await store.close()
    return f"{target}: all that @{account.handle} can read, {made.messages} messages."


def erase(config: Config, handle: str, now: datetime) -> str:
    """Asks for it, and says when it is done."""
    named = {account.handle for account, _ in config.accounts()}
    if _plain(handle) in named:
        raise CommandError(
            f"@{_plain(handle)} stands in the configuration. Take it out there first: "
            "that file names the account and its logins too."
        )
    with connected(config.store.path, "rw") as db:
        row = account_row(db, handle)
        if row is None:
            raise CommandError(_nobody(handle))
        account = AccountId(row[0])
        logins = db.execute(_PEOPLE["identities"], (account,)).fetchall()
        wish = Wish(account, tuple((one[0], one[1], one[2]) for one in logins))
        requests.leave(db, KIND, wish, now)
    return (
        f"@{_plain(handle)} is being erased. Where Pinthread does not run right now, it is done "
        "at its next start."
    )


def _plain(handle: str) -> str:
    return handle.strip().lstrip("@").lower()


def _nobody(handle: str) -> str:
    return f"There is no account @{_plain(handle)} here. `pinthread history` shows handles."
