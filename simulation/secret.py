"""What must never be seen outside a brand, and whether it was: independent of the history.

Judged by the words alone, as people typed them: a note by its mark or by the mode of the
inbox, a reply that was taken back by what the person was told, one that waits for a word
of theirs. Words count as seen in whatever wording a message outside ever had, even for a
moment.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from core.model import Mode
from core.notes import is_marked, unmarked
from simulation import world
from simulation.keeping import Modes
from simulation.platforms.adapter import Ledger
from simulation.platforms.platform import Platform
from simulation.platforms.rooms import Post

_NUMBER = re.compile(r"\d+")
"""Each wording in a simulation has a number of its own behind its first words."""


def typed(slack: Platform, ledger: Ledger, undone: set[str], modes: Modes) -> Iterator[str]:
    """Wordings typed in the brand's inbox that are to stay there.

    The mode counts that it had when they were typed. While somebody is changing it, words
    without a mark are either.
    """
    stays: dict[Post, bool] = {}
    for post, text in slack.words:
        if post.ours or post.room.place != world.INBOX:
            continue
        if post not in stays:  # the first wording decides, for ever
            key = f"slack:{slack.remote(post)}:post"
            held = ledger.held.get(key)
            back = key in undone or (held is not None and held.until is None)
            stays[post] = modes.at(post.at) is Mode.EXPLICIT or is_marked(text) or back
        if stays[post] or is_marked(text):
            yield unmarked(text, None)[0]


def seen_outside(platforms: Iterable[Platform], secrets: Sequence[str]) -> Iterator[str]:
    """Each of the wordings that stood in a place outside the brand."""
    by_number = dict(map(_begins, secrets))
    for platform in platforms:
        for post, text in platform.words:
            if post.room.place in world.INSIDE:
                continue
            for number in _NUMBER.findall(text):
                start = by_number.get(number)
                if start is not None and start in text:
                    yield f"{start!r} was seen outside the brand, in {post.room.place.channel}"


def _begins(words: str) -> tuple[str, str]:
    """The number of a wording, and the words up to it."""
    found = _NUMBER.search(words)
    assert found is not None
    return found[0], words[: found.end()]
