"""What the program tells about itself: logs, metrics and health.

A log line is an event name and fields: `log.info("lane.parked", extra={"mirror": id})`.
Message text, tokens and signed addresses never get out: fields that could hold them
are withheld by name, token shapes are cut out of every value, an exception shows its
type and where it came from but not its words, and of a library's message only the
fixed beginning is kept.
"""

import json
import logging
import re
import resource
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TextIO

from aiohttp import web

from bridge.metrics import Registry

OURS = ("adapters", "bridge", "core", "pinthread", "web")
"""Root names of loggers whose lines are event names and fields."""

LIBRARIES = {
    "aiohttp": logging.WARNING,
    "aiohttp.access": logging.ERROR,  # its lines hold signed addresses
    "asyncio": logging.WARNING,
    "discord": logging.INFO,  # at DEBUG it logs payloads
    "discord.client": logging.ERROR,  # at WARNING it regrets at each start that it cannot speak
    "py.warnings": logging.WARNING,
    "slack_bolt": logging.WARNING,  # at INFO it logs the body of a request with a bad signature
    "slack_sdk": logging.INFO,
}
"""The lowest level a library's logger may have, whatever the program's own level is."""

# --- logs ---------------------------------------------------------------------------------


def start_logging(level: str, style: str, stream: TextIO | None = None) -> None:
    """Sends all logging to `stream` (standard error) as `console` lines or `json` lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if style == "json" else ConsoleLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    wanted = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(wanted)
    for name, lowest in LIBRARIES.items():
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        library.setLevel(max(wanted, lowest))
    logging.captureWarnings(capture=True)


class JsonLines(logging.Formatter):
    """One JSON object a line: `at`, `level`, `logger`, `event`, then the fields."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": event_name(record),
            **fields(record),
        }
        return json.dumps(line, ensure_ascii=False)


class ConsoleLines(logging.Formatter):
    """The same for people: `12:00:01 warning lane.parked mirror=abc attempts=2`."""

    def format(self, record: logging.LogRecord) -> str:
        shown = " ".join(f"{key}={_flat(value)}" for key, value in fields(record).items())
        level = record.levelname.lower()
        line = f"{_time(record)[11:19]} {level:<7} {event_name(record)} {shown}"
        return line.rstrip()


_EVENT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_FIXED = re.compile(r"(?:[^({\[<:;\"'`=\n\r]|(?<=\w)'(?=\w))*")
_LONGEST = 200
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_WITHHELD = frozenset(
    {
        *("address", "authorization", "body", "content", "headers", "password", "payload"),
        *("secret", "signature", "text", "token", "url", "words"),
    }
)
_SECRETS = re.compile(
    r"""xox[a-z]-[\w-]+ | xapp-[\w-]+ | xoxe\.[\w.-]+   # Slack
    | v0=[0-9a-f]{16,}                                  # Slack's signatures
    | [\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}              # Discord bot tokens
    | /webhooks/\S+ | /interactions/\S+                 # Discord addresses that are credentials
    | hooks\.slack\.com/\S+
    | (?i:bearer|bot)\s+[\w.~+/-]{12,}=*
    | pina_\w+                                          # Pinterest
    | (?:https?|wss?)://\S+                             # any address may be signed
    | \?\S*=\S+
    """,
    re.VERBOSE,
)


def event_name(record: logging.LogRecord) -> str:
    """The event's name, or the fixed beginning of what a library says."""
    message = str(record.msg)
    if record.name.partition(".")[0] in OURS and _EVENT.fullmatch(message):
        return message
    # Of a template the values are left out; of a ready text whatever could hold a value.
    fixed = _FIXED.match(message)
    return clean((fixed[0] if fixed else "").strip()[:_LONGEST]) or "message"


def fields(record: logging.LogRecord) -> dict[str, str | int | float | bool | None]:
    """The fields of a line, fit to be written down."""
    found: dict[str, str | int | float | bool | None] = {}
    if record.name.partition(".")[0] in OURS:
        for key, value in record.__dict__.items():
            if key in _STANDARD:
                continue
            if key.lower() in _WITHHELD:
                found[key] = "(withheld)"
            elif value is None or isinstance(value, bool | int | float):
                found[key] = value
            else:
                found[key] = clean(str(value))
    else:
        found["line"] = f"{record.module}:{record.lineno}"
    if record.exc_info and record.exc_info[1]:
        found["error"], found["trace"] = _error(record.exc_info[1])
    return found


def clean(value: str) -> str:
    """`value` on one line, cut to a bounded length, without anything shaped like a secret."""
    flat = " ".join(value[: 4 * _LONGEST].split())
    return _SECRETS.sub("(withheld)", flat)[:_LONGEST]


def _error(error: BaseException) -> tuple[str, str]:
    """Types of an error and its causes, and the innermost places it passed through."""
    names: list[str] = []
    cause: BaseException | None = error
    while cause and len(names) < 5:
        names.append(type(cause).__name__)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    where = (f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno}" for frame in frames)
    return " < ".join(names), " > ".join(where)


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _flat(value: object) -> str:
    text = "-" if value is None else str(value)
    return json.dumps(text, ensure_ascii=False) if " " in text or not text else text


# --- metrics ------------------------------------------------------------------------------


class Metrics:
    """Everything that is counted. docs/operations.md says how to read it."""

    def __init__(self) -> None:
        self.registry = registry = Registry()
        self.intents = registry.counter(
            "pinthread_intents_total",
            "What people and platforms asked for, by what became of it.",
            "outcome",
        )
        self.decide_seconds = registry.histogram(
            "pinthread_intake_seconds", "From an intent's arrival to its answer, commit included."
        )
        self.writes = registry.counter(
            "pinthread_writes_total",
            "Calls that lanes made on a platform, by result.",
            "platform",
            "result",
        )
        self.delivery_seconds = registry.histogram(
            "pinthread_delivery_seconds",
            "From an event's commit to its last part's receipt.",
            "platform",
        )
        self.waiting = registry.gauge(
            "pinthread_waiting_events", "Events that wait for a platform.", "platform"
        )
        self.connected = registry.gauge(
            "pinthread_connected", "1 while a platform's connection is up.", "platform"
        )
        self.held_dropped = registry.counter(
            "pinthread_held_dropped_total", "Held input that found no thread within a day."
        )
        self.gaps = registry.counter(
            "pinthread_gaps_total",
            "Times that events of a platform may have been missed, by the reason to think so.",
            "platform",
            "reason",
        )
        self.sweep_running = registry.gauge(
            "pinthread_sweep_running", "1 while a platform's places are swept.", "platform"
        )
        self.sweeps = registry.counter(
            "pinthread_sweeps_total", "Sweeps that have come to their end.", "platform"
        )
        self.swept = registry.counter(
            "pinthread_swept_threads_total", "Threads that sweeps have read.", "platform"
        )
        self.sweep_reads = registry.counter(
            "pinthread_sweep_reads_total",
            "Pages and messages that sweeps have read, by kind.",
            "platform",
            "read",
        )
        self.sweeps_refused = registry.counter(
            "pinthread_sweeps_refused_total",
            "Places that a sweep was not allowed to read; the log says what to do.",
            "platform",
        )
        self.invalid_requests = registry.gauge(
            "pinthread_invalid_requests",
            "Refused calls of the last ten minutes; Discord bans an address after 10,000.",
            "platform",
        )
        self.sweep_found = registry.counter(
            "pinthread_sweep_found_total",
            "What sweeps have found that no event had told of, by kind.",
            "platform",
            "kind",
        )
        self.duplicates_removed = registry.counter(
            "pinthread_duplicates_removed_total",
            "Messages of ours that were taken away because another one stands for them.",
            "platform",
        )
        self.foreign_left = registry.counter(
            "pinthread_foreign_left_total",
            "Messages of ours that belong to nothing known, and were left where they stand.",
            "platform",
        )
        self.healed = registry.counter(
            "pinthread_healed_total",
            "Messages on which something stood that a late call had set, by kind.",
            "platform",
            "kind",
        )
        self.clearing = registry.gauge(
            "pinthread_clearing_mirrors",
            "Mirrors that may show something of people who have left for good.",
            "platform",
        )
        self.cleared = registry.counter(
            "pinthread_cleared_total",
            "Copies of such people's words and lines about them that were deleted or changed, "
            "or left because their platform refuses.",
            "platform",
            "result",
        )
        self._resident = registry.gauge(
            "process_resident_memory_bytes", "Resident memory of the process."
        )
        self._cpu = registry.counter("process_cpu_seconds_total", "CPU time of the process.")
        started = registry.gauge(
            "process_start_time_seconds", "When the process started, in Unix time."
        )
        started.set(to=round(time.time(), 3))
        registry.before_reading(self._read_process)

    def _read_process(self) -> None:
        self._resident.set(to=float(_resident_bytes()))
        self._cpu.values[()] = round(time.process_time(), 3)


def _resident_bytes() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()
    except OSError:  # not Linux: the peak is the best that can be had
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


# --- health -------------------------------------------------------------------------------

Ready = Callable[[], Awaitable[Mapping[str, bool]]]
"""What must be up for the program to do its work, such as `{"store": True, "slack": False}`."""

Behind = Callable[[], Mapping[str, str]]
"""Platforms on which it looks for what it missed, and how far: `12 of 40 threads`."""


def probes(
    metrics: Metrics, ready: Ready, behind: Behind = dict, troubles: Behind = dict
) -> Callable[[web.Application], None]:
    """Adds the routes for whoever watches the program to an application.

    `/healthz`: the program's loop turns. `/readyz`: 200 when all it needs is up,
    else 503, with each part by name, what is wrong with it, and what is being caught up
    with. `/metrics`: for Prometheus.
    """

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def readyz(_: web.Request) -> web.Response:
        parts = dict(await ready())
        good = all(parts.values())
        told = {"ok": good, "parts": parts, "catching_up": dict(behind())}
        if found := dict(troubles()):
            told["troubles"] = found
        return web.json_response(told, status=200 if good else 503)

    async def read(_: web.Request) -> web.Response:
        return web.Response(
            text=metrics.registry.text(),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    def mount(app: web.Application) -> None:
        app.router.add_get("/healthz", healthz)
        app.router.add_get("/readyz", readyz)
        app.router.add_get("/metrics", read)

    return mount
