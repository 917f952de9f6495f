"""Reading a request body strictly: right types and lengths, or Discord's 50035 tree.

A Form collects everything that is wrong before it refuses, as Discord does. Unknown keys are
ignored, as Discord does. Codes and messages are those that Discord uses where they are known.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.discord.answers import invalid, leaf


class Form:
    """One dictionary of a body; `inner` and `rows` read what is nested in it."""

    def __init__(self, data: Any, errors: dict[str, Any] | None = None) -> None:
        self.errors: dict[str, Any] = {} if errors is None else errors
        if not isinstance(data, Mapping):
            self.fail("", "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
            data = {}
        self.data: Mapping[str, Any] = data

    def fail(self, key: str, code: str, message: str) -> None:
        """Note one wrong value; an empty key stands for the dictionary itself."""
        place = self.errors.setdefault(key, {}) if key else self.errors
        place.setdefault("_errors", []).extend(leaf(code, message)["_errors"])

    def done(self) -> None:
        """Refuse if anything was wrong."""
        if tree := pruned(self.errors):
            raise invalid(tree)

    def has(self, key: str) -> bool:
        """Whether the key is there, null or not."""
        return key in self.data

    def text(
        self, key: str, *, longest: int, shortest: int = 0, required: bool = False
    ) -> str | None:
        """A text; null and absent are None."""
        value = self._value(key, required=required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.fail(key, "STRING_TYPE_CONVERT", "Could not interpret value as string.")
            return None
        value = str(value)
        if shortest and not shortest <= len(value) <= longest:
            wrong = f"Must be between {shortest} and {longest} in length."
            self.fail(key, "BASE_TYPE_BAD_LENGTH", wrong)
        elif len(value) > longest:
            wrong = f"Must be {longest} or fewer in length."
            self.fail(key, "BASE_TYPE_MAX_LENGTH", wrong)
        return value

    def number(
        self, key: str, *, low: int = -(2**63), high: int = 2**63 - 1, required: bool = False
    ) -> int | None:
        """A whole number, which may come as text."""
        value = self._value(key, required=required)
        if value is None:
            return None
        try:
            if isinstance(value, bool) or not isinstance(value, str | int):
                raise ValueError
            found = int(value)
        except ValueError:
            self.fail(key, "NUMBER_TYPE_COERCE", "Value is not a whole number.")
            return None
        if found < low:
            wrong = f"int value should be greater than or equal to {low}."
            self.fail(key, "NUMBER_TYPE_MIN", wrong)
        elif found > high:
            self.fail(key, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {high}.")
        return found

    def choice(self, key: str, choices: tuple[int, ...], *, required: bool = False) -> int | None:
        """One of a few whole numbers."""
        found = self.number(key, required=required)
        if found is not None and found not in choices:
            listed = ", ".join(map(str, choices))
            self.fail(key, "BASE_TYPE_CHOICES", f"Value must be one of ({listed}).")
            return None
        return found

    def flag(self, key: str) -> bool:
        """A truth value; null and absent are False."""
        value = self._value(key)
        if value is None:
            return False
        if not isinstance(value, bool):
            self.fail(key, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
            return False
        return value

    def snowflake(self, key: str, *, required: bool = False) -> str | None:
        """An id."""
        value = self._value(key, required=required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int) or not is_id(str(value)):
            self.fail(key, "NUMBER_TYPE_COERCE", "Value is not a snowflake.")
            return None
        return str(value)

    def ids(self, key: str, *, most: int) -> list[str] | None:
        """A list of ids."""
        values = self._items(key, most)
        if values is None:
            return None
        for number, value in enumerate(values):
            if isinstance(value, bool) or not is_id(str(value)):
                self._nested(key, number).update(
                    leaf("NUMBER_TYPE_COERCE", "Value is not a snowflake.")
                )
        return [str(value) for value in values]

    def url(self, key: str, *, longest: int = 2048, attachment: bool = False) -> str | None:
        """A web address."""
        value = self.text(key, longest=longest)
        if not value:
            return None
        schemes = ("http://", "https://", *(("attachment://",) if attachment else ()))
        if not value.startswith(schemes):
            names = ", ".join(f"'{scheme[:-3]}'" for scheme in schemes)
            wrong = (
                f'Scheme "{value.split(":")[0]}" is not supported. Scheme must be one of ({names}).'
            )
            self.fail(key, "URL_TYPE_INVALID_SCHEME", wrong)
        elif any(sign.isspace() for sign in value) or len(value.split("://", 1)[1]) == 0:
            self.fail(key, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
        return value

    def inner(self, key: str) -> "Form | None":
        """A dictionary in the dictionary."""
        value = self._value(key)
        return None if value is None else Form(value, self.errors.setdefault(key, {}))

    def rows(self, key: str, *, most: int, least: int = 0) -> "list[Form] | None":
        """A list of dictionaries."""
        values = self._items(key, most, least)
        if values is None:
            return None
        return [Form(value, self._nested(key, number)) for number, value in enumerate(values)]

    def _nested(self, key: str, number: int) -> dict[str, Any]:
        place: dict[str, Any] = self.errors.setdefault(key, {}).setdefault(str(number), {})
        return place

    def _items(self, key: str, most: int, least: int = 0) -> list[Any] | None:
        value = self._value(key)
        if value is None:
            return None
        if not isinstance(value, list):
            self.fail(key, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return None
        if least and not least <= len(value) <= most:
            wrong = f"Must be between {least} and {most} in length."
            self.fail(key, "BASE_TYPE_BAD_LENGTH", wrong)
        elif len(value) > most:
            self.fail(key, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
        return value[:most]

    def _value(self, key: str, *, required: bool = False) -> Any:
        value = self.data.get(key)
        if value is None and required:
            self.fail(key, "BASE_TYPE_REQUIRED", "This field is required")
        return value


def pruned(tree: Mapping[str, Any]) -> dict[str, Any]:
    """The tree without the branches that hold no error."""
    kept: dict[str, Any] = {}
    for key, branch in tree.items():
        if key == "_errors":
            kept[key] = branch
        elif inner := pruned(branch):
            kept[key] = inner
    return kept


def is_id(text: str) -> bool:
    """Whether the text can be a snowflake."""
    return text.isascii() and text.isdigit() and len(text) <= 20
