"""`relay`, `many` and `slow`: from a signed Slack event to a Discord webhook call.

The program with its store at `synchronous=FULL`, in order, against a bare relay
with the same libraries and no store, in turns, in the same run. The generator and
the receiver are processes of their own; how much they can do without a program
between them is measured too.
"""

import os
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from benchmarks import program, world
from benchmarks.report import Result

ROUNDS = 3
MESSAGES = 6_400
PACE, PACED = 100.0, 1_500
FSYNCS = 300


@dataclass(frozen=True, slots=True)
class Round:
    """One side's figures: messages/s, CPU seconds a message."""

    rate: float
    cpu: float


def relay() -> Result:
    """64 threads in one channel: throughput, CPU, and the delay at 100 messages/s."""
    with tempfile.TemporaryDirectory() as folder, program.receiver() as far:
        made = world.build(Path(folder), threads=64, channels=1)
        ours: list[Round] = []
        bare: list[Round] = []
        delays: dict[str, list[float]] = {"ours": [], "bare": []}
        fsyncs: list[float] = []
        for n in range(ROUNDS):
            with program.bare(far, made.spaces) as baseline:
                _burst(baseline, far, made, f"w{n}b", 640)
                bare.append(_burst(baseline, far, made, f"r{n}b", MESSAGES))
                delays["bare"] += _delays(baseline, far, made, f"p{n}b")
            with program.pinthread(far, made.database) as ourselves:
                _burst(ourselves, far, made, f"w{n}o", 640)
                ours.append(_burst(ourselves, far, made, f"r{n}o", MESSAGES))
                delays["ours"] += _delays(ourselves, far, made, f"p{n}o")
            fsyncs += _fsyncs(Path(folder), pause=1 / PACE)
        in_a_row = p99(_fsyncs(Path(folder), pause=0.0))
    fsync, slow_fsync = median(fsyncs), p99(fsyncs)
    rate, bare_rate = median(r.rate for r in ours), median(r.rate for r in bare)
    cpu, bare_cpu = median(r.cpu for r in ours), median(r.cpu for r in bare)
    late, bare_late = p99(delays["ours"]), p99(delays["bare"])
    figures = {
        "throughput": rate / bare_rate,
        "cpu": cpu / bare_cpu,
        "p99_over_bound": late / (1.5 * bare_late + 2 * slow_fsync),
        "messages_per_s": rate,
        "bare_messages_per_s": bare_rate,
        "cpu_us": cpu * 1e6,
        "bare_cpu_us": bare_cpu * 1e6,
        "p99_ms": late * 1e3,
        "bare_p99_ms": bare_late * 1e3,
        "fsync_ms": fsync * 1e3,
        "p99_fsync_ms": slow_fsync * 1e3,
        "p99_over_bound_with_fsyncs_in_a_row": late / (1.5 * bare_late + 2 * in_a_row),
    }
    bounds = {"throughput": ">= 1.0", "cpu": "<= 1.0", "p99_over_bound": "<= 1.0"}
    holds = rate >= bare_rate and cpu <= bare_cpu and figures["p99_over_bound"] <= 1.0
    return Result("relay", figures, bounds, holds)


def many() -> Result:
    """The same over 10,000 threads in 200 channels, against 64 threads in one."""
    with tempfile.TemporaryDirectory() as folder, program.receiver() as far:
        few = world.build(Path(folder) / "few", threads=64, channels=1)
        lots = world.build(Path(folder) / "lots", threads=10_000, channels=200)
        rates: dict[str, list[float]] = {"few": [], "lots": []}
        for n in range(ROUNDS):
            for name, made in (("few", few), ("lots", lots)):
                with program.pinthread(far, made.database) as ourselves:
                    # Every thread is used once first: from then on it is in memory, as the
                    # 64 of the other side are.
                    _burst(ourselves, far, made, f"w{n}", 10_000)
                    rates[name].append(_burst(ourselves, far, made, f"r{n}", 20_000).rate)
    figures = {
        "throughput": median(rates["lots"]) / median(rates["few"]),
        "messages_per_s": median(rates["lots"]),
        "messages_per_s_64_threads": median(rates["few"]),
    }
    return Result("many", figures, {"throughput": ">= 0.9"}, figures["throughput"] >= 0.9)


def slow() -> Result:
    """Discord takes 100 ms an answer; 50 ordered lanes can reach 500 messages/s."""
    with tempfile.TemporaryDirectory() as folder, program.receiver(delay=0.1) as far:
        made = world.build(Path(folder), threads=50, channels=1)
        rates = []
        for n in range(ROUNDS):
            with program.pinthread(far, made.database) as ourselves:
                rates.append(_burst(ourselves, far, made, f"r{n}", 5_000).rate)
    reached = median(rates) / 500.0
    figures = {"of_500_per_s": reached, "messages_per_s": median(rates)}
    return Result("slow", figures, {"of_500_per_s": ">= 0.9"}, reached >= 0.9)


def _burst(
    under_test: program.Program, far: program.Far, made: world.World, run: str, count: int
) -> Round:
    """As fast as 64 senders can, until the last call has come out on the far side."""
    before = under_test.cpu()
    sent = program.load(under_test.events, made.threads, count, run)
    calls = far.wait_for(count)
    _check(calls, count, ordered=not run.endswith("b"))
    seconds = max(at for _, _, at in calls) - sent["started"]
    return Round(count / seconds, (under_test.cpu() - before) / count)


def _delays(
    under_test: program.Program, far: program.Far, made: world.World, run: str
) -> list[float]:
    """Seconds from sending a message to its webhook call, at 100 messages/s."""
    sent = program.load(under_test.events, made.threads, PACED, run, PACE)["sent"]
    calls = far.wait_for(PACED)
    return [at - sent[text.split()[1]] for _, text, at in calls]


def _check(calls: list[tuple[str, str, float]], count: int, *, ordered: bool) -> None:
    """Each message once, and in order in its thread."""
    numbers = [int(text.split()[1]) for _, text, _ in calls]
    if len(set(numbers)) != count or len(numbers) != count:
        raise AssertionError(f"{len(numbers)} calls for {count} messages")
    threads: dict[str, list[int]] = defaultdict(list)
    for (thread, _, _), number in zip(calls, numbers, strict=True):
        threads[thread].append(number)
    if ordered and any(seen != sorted(seen) for seen in threads.values()):
        raise AssertionError("out of order")


def p99(values: list[float]) -> float:
    return quantiles(values, n=100)[98]


def _fsyncs(folder: Path, pause: float) -> list[float]:
    """Seconds of each fsync after a small write on the same disk.

    A delay's p99 is held against fsyncs at the pace of its messages. One right after another
    they are faster, and their p99 is half as long: neither the disk nor a processor sleeps.
    """
    times = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(FSYNCS):
            time.sleep(pause)
            file.write(b"x" * 4096)
            file.flush()
            started = time.monotonic()
            os.fsync(file.fileno())
            times.append(time.monotonic() - started)
    return times
