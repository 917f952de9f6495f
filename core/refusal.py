"""An expected no, as a value: what a person asked for cannot be done."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A stable code and a sentence that says what to do next."""

    code: str
    sentence: str
