"""Addresses of files: plain ones for those signed in, signed ones for whoever holds them.

A signed address stands for the file in places that cannot take it whole, and in a
demonstration's page, whose pictures carry no session. It must not be logged.
"""

from datetime import datetime, timedelta
from hashlib import blake2b
from urllib.parse import quote

from core.files import FileId, FileRef, clean_name
from web.settings import Settings

SECRET = "web-files"  # noqa: S105 - a name
"""The name of the key for `Desk.secret` and `Store.secret`."""
LIFETIME = timedelta(days=30)
"""How long a signed address works, unless its maker says otherwise."""


def path(file: FileId, name: str) -> str:
    return f"/api/files/{file}/{quote(clean_name(name), safe='')}"


def signed_path(
    key: bytes, file: FileId, name: str, now: datetime, lifetime: timedelta = LIFETIME
) -> str:
    """A path that works without signing in, for this file under this name, until its end."""
    name = clean_name(name)
    until = int((now + lifetime).timestamp())
    return f"{path(file, name)}?until={until}&key={signature(key, file, name, until)}"


def web_copy(settings: Settings, key: bytes, file: FileRef, now: datetime) -> str:
    """The address to post where a place cannot take the file. It must not be logged."""
    base = settings.public_url.rstrip("/") or f"http://{settings.listen}"
    return base + signed_path(key, file.id, file.name, now)


def signature(key: bytes, file: FileId, name: str, until: int) -> str:
    text = f"{file}\n{until}\n{name}".encode()
    return blake2b(text, key=key[:64], digest_size=24).hexdigest()
