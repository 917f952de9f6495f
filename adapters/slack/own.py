"""Our own posts as this process knows them, so that a late duplicate shows. No I/O.

A post carries its delivery id, a file's post the file. Where one delivery stands in two
places, or in one that nobody here has asked for, each is told as a stray: whoever hears
of it looks whether it is placed, and leaves it alone then.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from core.ids import RemoteId, SpaceId
from core.model import Place

MOST = 10_000
"""Posts that are remembered; an older one is looked up by whoever hears of it."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stray:
    """`place` is None where only Slack's channel is known."""

    place: Place | None
    space: SpaceId
    remote: RemoteId
    poster: str
    delivery: str


@dataclass(slots=True)
class _Post:
    place: Place | None
    at: dict[RemoteId, Stray] = field(default_factory=dict)


class Own:
    """`tell` hears of strays."""

    def __init__(self, tell: Callable[[Stray], None]) -> None:
        self._tell = tell
        self._posts: dict[str, _Post] = {}
        self._files: dict[str, str] = {}

    def begun(self, delivery: str, place: Place, file: str = "") -> None:
        """A post is about to be made, of that file where one is already up."""
        _keep(self._posts, delivery, self._posts.get(delivery) or _Post(place))
        if file:
            _keep(self._files, file, delivery)

    def of_file(self, file: str) -> str:
        """The delivery that puts up the file; empty where it is not known."""
        return self._files.get(file, "")

    def stands(self, delivery: str, space: SpaceId, remote: RemoteId, poster: str) -> None:
        """A post was answered, found or seen."""
        post = self._posts.get(delivery)
        asked_for = post is not None
        if post is None:
            post = _Post(None)
            _keep(self._posts, delivery, post)
        if remote in post.at:
            return
        post.at[remote] = Stray(post.place, space, remote, poster, delivery)
        if asked_for and len(post.at) == 1:
            return
        for stray in tuple(post.at.values()):
            self._tell(stray)


def _keep(kept: dict[str, T], key: str, value: T) -> None:
    if key not in kept and len(kept) >= MOST:
        del kept[next(iter(kept))]
    kept[key] = value
