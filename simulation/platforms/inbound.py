"""From what was heard to what somebody wants: the intents that the real adapters make.

The keys have the same shapes as theirs (adapters/slack/inbound.py and changes.py,
adapters/discord/inbound.py), for the promise that nothing counts twice rests on them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from core.ids import SpaceId
from core.intents import (
    DeleteMessage,
    EditMessage,
    InDirect,
    InSpace,
    Intent,
    ItsAuthor,
    Origin,
    Person,
    PostMessage,
    React,
    RemoteFile,
    RemoteMessage,
    Target,
)
from core.model import Identity, Place, Profile
from simulation.clock import EPOCH
from simulation.platforms.platform import Heard, Platform
from simulation.platforms.rooms import US, Post


@dataclass(frozen=True, slots=True)
class Names:
    """Who people are on one platform."""

    workspace: str
    of: dict[str, str]

    def person(self, platform: str, user: str) -> Person:
        return Person(Identity(platform, self.workspace, user), Profile(self.of[user]))


class Inbound:
    """`whole_seconds`: edit times have no finer grain (Slack)."""

    def __init__(self, platform: Platform, names: Names, *, whole_seconds: bool) -> None:
        self._platform = platform
        self._names = names
        self._whole_seconds = whole_seconds

    def intent(self, heard: Heard, mark: str = "") -> Intent | None:
        """`mark` tells a reaction apart from others like it, where the platform does not."""
        post = heard.post
        if heard.what == "gone":
            return self.gone(post)
        if heard.what == "reacted":
            return self._reacted(heard, mark)
        if heard.what == "edited":
            return self.edit(post, heard.text, heard.at)
        return self.post(post, heard.text)

    def post(self, post: Post, text: str) -> Intent | None:
        room, name = post.room, self._platform.name
        direct = room.place.channel.startswith("user:")
        answers = None
        if post.answers:
            answered = room.posts.get(post.answers)
            if answered is not None:
                answers = RemoteMessage(name, self._platform.remote(answered))
        target: Target
        if room.thread:
            target = InSpace(name, SpaceId(room.id))
        elif direct:
            target = InDirect(room.place, answers.remote if answers else None)
        else:
            return None
        remote = self._platform.remote(post)
        files = tuple(
            RemoteFile(f"{file}.txt", file, 8, "text/plain", id=file) for file in post.files
        )
        return Intent(
            f"{name}:{remote}:post",
            self._names.person(name, post.author),
            PostMessage(target, text, answers=answers, files=files),
            Origin(room.place, remote),
            at=_moment(post.at),
        )

    def edit(self, post: Post, text: str, at: float) -> Intent | None:
        if not post.room.thread and not post.room.place.channel.startswith("user:"):
            return None
        name, remote = self._platform.name, self._platform.remote(post)
        when = float(int(at)) if self._whole_seconds else at
        said = blake2b(text.encode(), digest_size=8).hexdigest()
        return Intent(
            f"{name}:{remote}:edit:{when}:{said}",
            self._names.person(name, post.author),
            EditMessage(RemoteMessage(name, remote), text),
            Origin(post.room.place, remote),
            at=_moment(when),
        )

    def said(self, post: Post) -> tuple[Intent, ...]:
        """What events would have said of a person's message that was read: post and last edit."""
        posted = self.post(post, post.text)
        if posted is None:
            return ()
        edited = None if post.edited is None else self.edit(post, post.text, post.edited)
        return (posted,) if edited is None else (posted, edited)

    def reactions(self, post: Post) -> tuple[Intent, ...]:
        """Of every person and emoji on a message that was read."""
        return tuple(
            self.reaction(post, user, emoji, f"seen:{user}:{emoji}:{at:.6f}", on=True)
            for (user, emoji), at in sorted(post.reactions.items())
            if user != US
        )

    def gone(self, post: Post) -> Intent:
        name, remote = self._platform.name, self._platform.remote(post)
        return Intent(
            f"{name}:{remote}:delete",
            ItsAuthor(),
            DeleteMessage(RemoteMessage(name, remote)),
            Origin(_place(post), remote),
        )

    def _reacted(self, heard: Heard, mark: str) -> Intent:
        on = "react" if heard.on else "unreact"
        what = f"{on}:{heard.user}:{heard.emoji}:{mark or f'{heard.at:.6f}'}"
        return self.reaction(heard.post, heard.user, heard.emoji, what, on=heard.on)

    def reaction(self, post: Post, user: str, emoji: str, what: str, *, on: bool) -> Intent:
        name, remote = self._platform.name, self._platform.remote(post)
        return Intent(
            f"{name}:{remote}:{what}",
            self._names.person(name, user),
            React(RemoteMessage(name, remote), emoji, on),
            Origin(_place(post), remote),
        )


def _place(post: Post) -> Place:
    return post.room.place


def _moment(at: float) -> datetime:
    return EPOCH + timedelta(seconds=at)
