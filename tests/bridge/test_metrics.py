"""What Prometheus reads."""

import pytest

from bridge.metrics import Registry


def test_the_text_form_holds_every_kind() -> None:
    registry = Registry()
    writes = registry.counter("writes_total", "Calls.", "platform", "result")
    writes.add("slack", "ok")
    writes.add("slack", "ok", by=2)
    registry.gauge("up", "Is it up.").set(to=0.5)
    took = registry.histogram("took_seconds", "How long.", "platform", bounds=(0.1, 1.0))
    for value in (0.1, 0.2, 7.0):
        took.observe("slack", value=value)
    assert registry.text() == (
        "# HELP writes_total Calls.\n"
        "# TYPE writes_total counter\n"
        'writes_total{platform="slack",result="ok"} 3\n'
        "# HELP up Is it up.\n"
        "# TYPE up gauge\n"
        "up 0.5\n"
        "# HELP took_seconds How long.\n"
        "# TYPE took_seconds histogram\n"
        'took_seconds_bucket{platform="slack",le="0.1"} 1\n'
        'took_seconds_bucket{platform="slack",le="1"} 2\n'
        'took_seconds_bucket{platform="slack",le="+Inf"} 3\n'
        'took_seconds_sum{platform="slack"} 7.3\n'
        'took_seconds_count{platform="slack"} 3\n'
    )


def test_a_counter_without_labels_is_there_before_anything_happened() -> None:
    registry = Registry()
    registry.counter("dropped_total", "Dropped.")
    assert "\ndropped_total 0\n" in registry.text()


def test_label_values_are_escaped() -> None:
    registry = Registry()
    registry.counter("c", "C.", "x").add('a"b\\c\nd')
    assert 'c{x="a\\"b\\\\c\\nd"} 1' in registry.text()


def test_wrong_labels_and_doubled_names_are_programming_errors() -> None:
    registry = Registry()
    counter = registry.counter("c", "C.", "platform")
    gauge = registry.gauge("g", "G.")
    histogram = registry.histogram("h", "H.")
    with pytest.raises(ValueError, match="expected the labels"):
        counter.add()
    with pytest.raises(ValueError, match="expected the labels"):
        gauge.set("slack", to=1.0)
    with pytest.raises(ValueError, match="expected the labels"):
        histogram.observe("slack", value=1.0)
    with pytest.raises(ValueError, match="declared twice"):
        registry.counter("c", "C.")


def test_gauges_that_nobody_keeps_up_are_refreshed_at_each_reading() -> None:
    registry = Registry()
    gauge = registry.gauge("g", "G.")
    seen = iter((1.0, 2.0))
    registry.before_reading(lambda: gauge.set(to=next(seen)))
    assert "\ng 1\n" in registry.text()
    assert "\ng 2\n" in registry.text()
