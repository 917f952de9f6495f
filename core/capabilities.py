"""What a platform can do, as data, so that the core decides once for all of them."""

from collections.abc import Callable
from dataclasses import dataclass

from core.text.content import Content


@dataclass(frozen=True, slots=True)
class Capabilities:
    """`text`: the most characters of one remote message, as the platform counts them."""

    text: int
    measure: Callable[[Content], int]
    """How much of `text` a piece of content takes."""
    file: int
    """The most bytes of one file."""
    threads_in_direct: bool
    """Direct messages have threads."""
