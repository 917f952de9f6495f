"""Numbers that people may hold but not read.

A history's numbering tells how much happened that one may not see, so outside
it appears only sealed: enciphered with a key of the installation, for one
account and one purpose. A cursor of another account, purpose or installation
does not open. The same number gives the same cursor, so that clients can
compare them.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

HALF = 8
ROUNDS = 6


def seal(key: bytes, purpose: str, number: int) -> str:
    """22 letters for a number from 0 up to 2**64 - 1."""
    left, right = number.to_bytes(HALF, "big"), bytes(HALF)
    for turn in range(ROUNDS):
        left, right = right, _mix(left, key, purpose, turn, right)
    return urlsafe_b64encode(left + right).rstrip(b"=").decode()


def unseal(key: bytes, purpose: str, cursor: str) -> int | None:
    """The number, or nothing where the cursor was not made with this key and purpose."""
    try:
        raw = urlsafe_b64decode(cursor + "==")
    except ValueError:
        return None
    if len(raw) != 2 * HALF:
        return None
    left, right = raw[:HALF], raw[HALF:]
    for turn in reversed(range(ROUNDS)):
        left, right = _mix(right, key, purpose, turn, left), left
    return int.from_bytes(left, "big") if right == bytes(HALF) else None


def _mix(block: bytes, key: bytes, purpose: str, turn: int, half: bytes) -> bytes:
    text = bytes([turn]) + half + purpose.encode()
    pad = blake2b(text, key=key[:64], digest_size=HALF).digest()
    return bytes(a ^ b for a, b in zip(block, pad, strict=True))
