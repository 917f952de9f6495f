"""Whether nothing is left of who left for good, wherever the program can reach.

Judged by the words as they typed them, here and there: none may stand in a message of ours,
in whichever mirror, nor in the database, and no card names them. What they typed
into a channel themselves is their platform's.
"""

import re
from collections.abc import Iterator
from sqlite3 import Connection
from typing import TYPE_CHECKING

from simulation import world

if TYPE_CHECKING:
    from simulation.run import Stage

_NUMBER = re.compile(r"\d+")
_KEPT = (
    "SELECT text FROM bodies WHERE text <> ''",
    "SELECT what FROM timers WHERE kind = 'reply'",
    "SELECT intent FROM held",
)


def problems(stage: "Stage") -> Iterator[str]:
    for account, name in stage.people.left.items():
        users = {one.user for one in world.PEOPLE if one.account == account}
        words = dict(_begins(stage, account, users))
        for platform in stage.platforms.values():
            for room in platform.rooms.values():
                for post in room.standing():
                    if not post.ours:
                        continue
                    for start in _found(words, post.text):
                        yield f"{start!r} of {name}, who left, stands at {post.id} in {room.id}"
                    if post.part is not None and name in post.part.people:
                        yield f"the card {post.id} in {room.id} names {name}, who left"
        for start in _in_database(stage.disk.db, words):
            yield f"{start!r} of {name}, who left, is in the database"


def _begins(stage: "Stage", account: str, users: set[str]) -> Iterator[tuple[str, str]]:
    """The number of each wording, and the words up to it."""
    said = [text for who, text in stage.people.web_words if who == account]
    for platform in stage.platforms.values():
        said += [text for post, text in platform.words if post.author in users]
    for text in said:
        found = _NUMBER.search(text)
        if found is not None and found[0] != "0":  # the first words of all are the same
            yield found[0], text[: found.end()]


def _found(words: dict[str, str], text: str) -> Iterator[str]:
    for number in _NUMBER.findall(text):
        start = words.get(number)
        if start is not None and start in text:
            yield start


def _in_database(db: Connection, words: dict[str, str]) -> Iterator[str]:
    for asked in _KEPT:
        for (text,) in db.execute(asked):
            yield from _found(words, str(text))
