"""Counters, gauges and histograms, and their text form for Prometheus.

One process and one event loop, so there are no locks, and a value is one entry
of a dictionary. Labels hold names of platforms and outcomes, never ids of people
or conversations: their number must stay small.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

Labels = tuple[str, ...]
_Metric = TypeVar("_Metric", bound="Counter | Histogram")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper bounds of a histogram of durations."""


class Counter:
    """Only grows."""

    kind = "counter"

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.values: dict[Labels, float] = {} if labels else {(): 0.0}

    def add(self, *labels: str, by: float = 1.0) -> None:
        """`labels` in the order in which they were declared."""
        if len(labels) != len(self.labels):
            raise ValueError(f"expected the labels {self.labels}, got {labels}")
        self.values[labels] = self.values.get(labels, 0.0) + by

    def samples(self) -> Iterator[tuple[str, Mapping[str, str], float]]:
        """Suffix of the name, labels and value."""
        for labels, value in sorted(self.values.items()):
            yield "", dict(zip(self.labels, labels, strict=True)), value


class Gauge(Counter):
    """Goes up and down."""

    kind = "gauge"

    def set(self, *labels: str, to: float) -> None:
        if len(labels) != len(self.labels):
            raise ValueError(f"expected the labels {self.labels}, got {labels}")
        self.values[labels] = to


class Histogram:
    """How many observations were at most as large as each bound."""

    kind = "histogram"

    def __init__(self, labels: Labels, bounds: tuple[float, ...] = SECONDS) -> None:
        self.labels = labels
        self.bounds = bounds
        self.counts: dict[Labels, list[int]] = {}
        self.sums: dict[Labels, float] = {}

    def observe(self, *labels: str, value: float) -> None:
        if len(labels) != len(self.labels):
            raise ValueError(f"expected the labels {self.labels}, got {labels}")
        counts = self.counts.get(labels)
        if counts is None:
            counts = self.counts[labels] = [0] * (len(self.bounds) + 1)
            self.sums[labels] = 0.0
        counts[bisect_left(self.bounds, value)] += 1
        self.sums[labels] += value

    def samples(self) -> Iterator[tuple[str, Mapping[str, str], float]]:
        for labels, counts in sorted(self.counts.items()):
            named = dict(zip(self.labels, labels, strict=True))
            total = 0
            for bound, count in zip((*map(_number, self.bounds), "+Inf"), counts, strict=True):
                total += count
                yield "_bucket", {**named, "le": bound}, total
            yield "_sum", named, self.sums[labels]
            yield "_count", named, total


class Registry:
    """All metrics of one program, in the order in which they were declared."""

    def __init__(self) -> None:
        self._metrics: dict[str, tuple[str, Counter | Histogram]] = {}
        self._before: list[Callable[[], None]] = []

    def counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return self._add(name, meaning, Counter(labels))

    def gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return self._add(name, meaning, Gauge(labels))

    def histogram(
        self, name: str, meaning: str, *labels: str, bounds: tuple[float, ...] = SECONDS
    ) -> Histogram:
        return self._add(name, meaning, Histogram(labels, bounds))

    def before_reading(self, refresh: Callable[[], None]) -> None:
        """`refresh` is called before each reading, to set gauges that nobody keeps up."""
        self._before.append(refresh)

    def text(self) -> str:
        """Prometheus text format 0.0.4."""
        for refresh in self._before:
            refresh()
        lines = []
        for name, (meaning, metric) in self._metrics.items():
            lines.append(f"# HELP {name} {meaning}")
            lines.append(f"# TYPE {name} {metric.kind}")
            for suffix, labels, value in metric.samples():
                inside = ",".join(f'{key}="{_escape(item)}"' for key, item in labels.items())
                lines.append(
                    f"{name}{suffix}{'{' + inside + '}' if inside else ''} {_number(value)}"
                )
        return "\n".join(lines) + "\n"

    def _add(self, name: str, meaning: str, metric: _Metric) -> _Metric:
        if name in self._metrics:
            raise ValueError(f"the metric {name} is declared twice")
        self._metrics[name] = (meaning, metric)
        return metric


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
