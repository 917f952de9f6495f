"""Posts under way: which mirrors are being written to without a receipt that is stored.

A person may answer one of our copies before its receipt is stored, and only then is it
known what they answer. Kept in memory: a lane that goes on after a stop notes its post again.
"""

import asyncio

from core.ids import MirrorId


class UnderWay:
    """Of each mirror at most one post at a time."""

    def __init__(self) -> None:
        self._posts: dict[MirrorId, asyncio.Event | None] = {}
        """Where somebody waits, with what tells them."""

    def begins(self, mirror: MirrorId) -> None:
        """A call is made that posts there, or one is looked for; more of the same is one post."""
        self._posts.setdefault(mirror, None)

    def ends(self, mirror: MirrorId) -> None:
        """Its receipt is stored, or it is known that there will be none for now."""
        ended = self._posts.pop(mirror, None)
        if ended is not None:
            ended.set()

    async def over(self, mirror: MirrorId, seconds: float) -> bool:
        """Waits for the end of the post under way; False where there was none to wait for."""
        if mirror not in self._posts:
            return False
        ended = self._posts[mirror]
        if ended is None:
            ended = self._posts[mirror] = asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                await ended.wait()
        except TimeoutError:
            return False
        return True
