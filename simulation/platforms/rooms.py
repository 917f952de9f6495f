"""What a platform keeps: channels and threads as rooms, with their messages in order.

A `Post` holds what anybody could see of it, and `write` and `part`, which nobody can:
the write that made it and what it showed last, for the verdict.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from core.delivery import Part, Write
from core.model import Place

US = "us"
"""The author of what the program posts, and of its reactions."""


@dataclass(slots=True, eq=False)
class Post:
    """One message. Its id grows with time, within a platform's channel."""

    id: str
    room: "Room"
    author: str
    text: str
    at: float
    name: str = ""
    """Of a webhook's message: who it says it is from."""
    poster: str = ""
    delivery: str = ""
    """Metadata, or a card's marker: what the platform keeps for us and shows us again."""
    rev: str = ""
    nonce: str = ""
    answers: str = ""
    """The id of the message that it replies to."""
    edited: float | None = None
    files: tuple[str, ...] = ()
    reactions: dict[tuple[str, str], float] = field(default_factory=dict)
    touched: dict[tuple[str, str], float] = field(default_factory=dict)
    """When somebody last set or took back a reaction."""
    gone: bool = False
    gone_at: float = 0.0
    hidden: bool = False
    """It was ours, and a person took it away."""
    unwanted: bool = False
    """We wanted to take it away ourselves, and came too late."""
    write: Write | None = None
    part: Part | None = None

    @property
    def ours(self) -> bool:
        return self.author == US

    def now(self) -> "Post":
        """As it is at this moment: what a reader is given."""
        return Post(
            self.id,
            self.room,
            self.author,
            self.text,
            self.at,
            self.name,
            self.poster,
            self.delivery,
            self.rev,
            self.nonce,
            self.answers,
            self.edited,
            self.files,
            {**self.reactions},
            self.touched,
            self.gone,
            self.gone_at,
            self.hidden,
            self.unwanted,
            self.write,
            self.part,
        )


@dataclass(slots=True, eq=False)
class Room:
    """A channel, a thread or direct messages. `root` is the first message of a thread."""

    id: str
    place: Place
    thread: bool
    root: str = ""
    posts: dict[str, Post] = field(default_factory=dict)
    archived: bool = False
    locked: bool = False

    def standing(self) -> Iterator[Post]:
        """What is there now, oldest first."""
        return (post for post in self.posts.values() if not post.gone)

    def find(self, post: str) -> Post | None:
        found = self.posts.get(post)
        return None if found is None or found.gone else found

    def newest(self) -> str | None:
        return next(reversed(self.posts), None)
