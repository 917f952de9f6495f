"""Signed tokens: the one-time link, the session it is exchanged for, the demo's short session.

A token names its purpose, an account and when it ends, and is signed with the
installation's key; a token of one purpose is worth nothing for another. Using
a link up is the caller's part (`Desk.use_once`).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from hmac import compare_digest
from secrets import token_urlsafe

from core.ids import AccountId
from web.settings import Settings

SECRET = "web-session"  # noqa: S105 - a name
"""The name of the key for `Desk.secret` and `Store.secret`."""


class Purpose(StrEnum):
    LINK = "link"
    SESSION = "session"
    DEMO = "demo"


LIFETIME = {
    Purpose.LINK: timedelta(minutes=15),
    Purpose.SESSION: timedelta(days=30),
    Purpose.DEMO: timedelta(hours=12),
}


@dataclass(frozen=True, slots=True)
class Token:
    """What a valid token says; `nonce` is different in every token."""

    purpose: Purpose
    account: AccountId
    nonce: str


def sign(secret: bytes, purpose: Purpose, account: AccountId, now: datetime) -> str:
    ends = int((now + LIFETIME[purpose]).timestamp())
    payload = f"{purpose}\n{account}\n{ends}\n{token_urlsafe(9)}".encode()
    return f"{_letters(payload)}.{_letters(_signature(secret, payload))}"


def sign_link(secret: bytes, account: AccountId, now: datetime) -> str:
    """The token of a one-time link for `pinthread link`; it ends after 15 minutes."""
    return sign(secret, Purpose.LINK, account, now)


def link_url(settings: Settings, token: str) -> str:
    base = settings.public_url.rstrip("/") or f"http://{settings.listen}"
    return f"{base}/link/{token}"


def read(secret: bytes, purpose: Purpose, token: str, now: datetime) -> Token | None:
    """What the token says, or nothing: forged, of another purpose, or past its end."""
    try:
        first, second = token.split(".")
        payload, signature = _bytes(first), _bytes(second)
    except ValueError:
        return None
    if not compare_digest(signature, _signature(secret, payload)):
        return None
    name, account, ends, nonce = payload.decode().split("\n")
    if name != purpose or int(ends) <= now.timestamp():
        return None
    return Token(purpose, AccountId(account), nonce)


def _signature(secret: bytes, payload: bytes) -> bytes:
    return blake2b(payload, key=secret[:64], digest_size=24).digest()


def _letters(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(letters: str) -> bytes:
    return urlsafe_b64decode(letters + "=" * (-len(letters) % 4))
