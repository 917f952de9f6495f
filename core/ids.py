"""Names for things.

Every id is an opaque string. Ids made by the core are derived from the key of
the intent that made them, so the same intent gives the same ids again. Remote
ids (`RemoteId`, `SpaceId`) are written and read by their adapter alone.
"""

from hashlib import blake2b
from typing import NewType

AccountId = NewType("AccountId", str)
PinId = NewType("PinId", str)
ConversationId = NewType("ConversationId", str)
ThreadId = NewType("ThreadId", str)
MessageId = NewType("MessageId", str)
BindingId = NewType("BindingId", str)
MirrorId = NewType("MirrorId", str)

RemoteId = NewType("RemoteId", str)
"""One remote message, unique within its platform."""

SpaceId = NewType("SpaceId", str)
"""Where the replies of one mirrored thread stand, unique within its platform."""

CODE_LENGTH = 6


def derive(kind: str, key: str) -> str:
    """16 hexadecimal digits that depend on `kind` and `key` alone."""
    return blake2b(f"{kind}\0{key}".encode(), digest_size=8).hexdigest()


def short_code(thread: ThreadId) -> str:
    """What people type for a thread; a longer prefix of the id works as well."""
    return thread[:CODE_LENGTH]


def delivery_id(secret: bytes, mirror: MirrorId, item: str, part: int) -> str:
    """A name for one remote write that tells nothing to those who can read it."""
    text = f"{mirror}\0{item}\0{part}".encode()
    return blake2b(text, key=secret[:64], digest_size=12).hexdigest()
