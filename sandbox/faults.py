"""Faults on request: which call or push is struck, and how.

A fault names a platform, a method and a kind; it counts the calls that pass it, so that a
schedule of faults replays exactly from its seed. What a kind does to a call is up to the
platform's server; this module only decides whether it strikes.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

#: Kinds that strike a call of the program, and kinds that strike what is pushed to it.
CALL_KINDS = frozenset({"status", "ratelimit", "delay", "late", "lost", "cut"})
PUSH_KINDS = frozenset(
    {"double", "reorder", "withhold", "delay", "drop_session", "deaf", "app_rate_limited"}
)
EVENTS = "events"
ANY = "*"
PLATFORMS = ("slack", "discord", "pinterest")

_BRACES = re.compile(r"\{[^{}]*\}")
_COMMON = frozenset({"platform", "method", "kind", "times", "after", "rate", "seed"})
#: The further keys of each kind: name, accepted types, default (None: must be given).
_OPTIONS: dict[str, dict[str, tuple[tuple[type, ...], object]]] = {
    "status": {"status": ((int,), None), "body": ((dict, list, str), "")},
    "ratelimit": {
        "retry_after": ((int, float), 1),
        "headers": ((bool,), True),
        "scope": ((str,), ""),
    },
    "delay": {"seconds": ((int, float), None)},
    "late": {"seconds": ((int, float), None)},
    "drop_session": {"resume": ((bool,), True)},
    "app_rate_limited": {"ago": ((int, float), 0)},
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault as it was asked for; `options` holds the keys that belong to its kind."""

    id: str
    platform: str
    method: str
    kind: str
    times: int
    after: int
    rate: float
    seed: int
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Armed:
    fault: Fault
    pattern: str
    passed: int = 0
    hits: int = 0
    dice: random.Random = field(default_factory=random.Random)

    def fits(self, platform: str, pattern: str) -> bool:
        if self.fault.platform not in (platform, ANY):
            return False
        if self.fault.times and self.hits >= self.fault.times:
            return False
        if self.pattern != ANY:
            return self.pattern == pattern
        if pattern == EVENTS:
            # A delay of "everything" is meant for answers; pushes are delayed by name.
            return self.fault.kind in PUSH_KINDS and self.fault.kind != "delay"
        return self.fault.kind in CALL_KINDS

    def strikes(self) -> bool:
        if self.passed < self.fault.after:
            self.passed += 1
            return False
        if self.fault.rate < 1 and self.dice.random() >= self.fault.rate:
            return False
        self.hits += 1
        return True


class Faults:
    """The faults set at present, in the order in which they were added."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._ids = count(1)

    def add(self, spec: Mapping[str, Any]) -> str:
        """Set a fault and return its id; ValueError with a sentence for a bad one."""
        fault = _parse(f"F{next(self._ids)}", spec)
        self._armed.append(_Armed(fault, _normal(fault.method), dice=random.Random(fault.seed)))
        return fault.id

    def clear(self) -> None:
        """Forget all faults."""
        self._armed.clear()

    def list(self) -> list[dict[str, Any]]:
        """All faults, spent ones too, each with the number of its hits."""
        return [
            {
                "id": armed.fault.id,
                "platform": armed.fault.platform,
                "method": armed.fault.method,
                "kind": armed.fault.kind,
                "times": armed.fault.times,
                "after": armed.fault.after,
                "rate": armed.fault.rate,
                "seed": armed.fault.seed,
                "hits": armed.hits,
                **armed.fault.options,
            }
            for armed in self._armed
        ]

    def take(self, platform: str, method: str) -> Fault | None:
        """The fault that strikes this call (or, for method "events", this push), if any.

        Counts: ask exactly once for each call. The first fault that strikes wins.
        """
        if not self._armed:
            return None
        pattern = _normal(method)
        for armed in self._armed:
            if armed.fits(platform, pattern) and armed.strikes():
                return armed.fault
        return None


def _normal(method: str) -> str:
    """A part in braces stands for itself, whatever its name: `{id}` equals `{webhook_id}`."""
    return _BRACES.sub("{}", method)


def _parse(fault_id: str, spec: Mapping[str, Any]) -> Fault:
    platform = _text(spec, "platform")
    if platform not in (*PLATFORMS, ANY):
        raise ValueError(f"platform is one of {', '.join(PLATFORMS)} or *.")
    method, kind = _text(spec, "method"), _text(spec, "kind")
    if kind not in CALL_KINDS | PUSH_KINDS:
        raise ValueError(f"kind is one of {', '.join(sorted(CALL_KINDS | PUSH_KINDS))}.")
    if method == EVENTS and kind not in PUSH_KINDS:
        raise ValueError(f"{kind} strikes calls, not events.")
    if method not in (EVENTS, ANY) and kind not in CALL_KINDS:
        raise ValueError(f"{kind} strikes events, not calls.")
    known = _OPTIONS.get(kind, {})
    for key in spec:
        if key not in _COMMON and key not in known:
            raise ValueError(f"{key} is not a key of a {kind} fault.")
    options = {name: _option(kind, name, spec, *rule) for name, rule in known.items()}
    rate = spec.get("rate", 1)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate <= 1:
        raise ValueError("rate is a number above 0 and up to 1.")
    return Fault(
        id=fault_id,
        platform=platform,
        method=method,
        kind=kind,
        times=_number(spec, "times", 1),
        after=_number(spec, "after", 0),
        rate=float(rate),
        seed=_number(spec, "seed", 0),
        options=options,
    )


def _text(spec: Mapping[str, Any], key: str) -> str:
    value = spec.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} is missing.")
    return value


def _number(spec: Mapping[str, Any], key: str, default: int) -> int:
    value = spec.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{key} is a whole number from 0.")
    return value


def _option(
    kind: str, name: str, spec: Mapping[str, Any], types: tuple[type, ...], default: object
) -> object:
    value = spec.get(name, default)
    if value is None:
        raise ValueError(f"A {kind} fault needs {name}.")
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise ValueError(f"{name} of a {kind} fault has the wrong type.")
    if name == "status" and not 200 <= int(str(value)) <= 599:
        raise ValueError("status is a number from 200 to 599.")
    if name in ("seconds", "retry_after") and float(str(value)) < 0:
        raise ValueError(f"{name} is a number from 0.")
    return value
