"""Tickets for uploads: proof that somebody sent a file up, for the message that will hold it.

A ticket names the file and its owner, signed with a key of the installation, so that
nothing has to be noted between an upload and its message, and a restart loses nothing.
Nobody can attach a file of which they merely know the id.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import blake2b
from hmac import compare_digest

import msgspec

from core.files import FileRef
from core.ids import AccountId

LIFETIME = timedelta(days=1)
_SIGNATURE = 24


class _Ticket(msgspec.Struct, frozen=True, array_like=True):
    until: int
    file: FileRef


def make(key: bytes, account: AccountId, file: FileRef, now: datetime) -> str:
    body = msgspec.json.encode(_Ticket(int((now + LIFETIME).timestamp()), file))
    return urlsafe_b64encode(_signature(key, account, body) + body).rstrip(b"=").decode()


def read(key: bytes, account: AccountId, ticket: str, now: datetime) -> FileRef | None:
    """The file, where the ticket was made for this account and has not ended."""
    try:
        raw = urlsafe_b64decode(ticket + "=" * (-len(ticket) % 4))
    except ValueError:
        return None
    signature, body = raw[:_SIGNATURE], raw[_SIGNATURE:]
    if not compare_digest(signature, _signature(key, account, body)):
        return None
    found = msgspec.json.decode(body, type=_Ticket)
    return found.file if found.until > now.timestamp() else None


def _signature(key: bytes, account: AccountId, body: bytes) -> bytes:
    text = f"ticket\n{account}\n".encode() + body
    return blake2b(text, key=key[:64], digest_size=_SIGNATURE).digest()
