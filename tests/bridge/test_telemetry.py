"""Logs that tell no secret, and what a watcher of the program reads."""

import io
import json
import logging
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from bridge.telemetry import Metrics, clean, event_name, fields, probes, start_logging

WORDS = "does this come in oak, dear colleagues"
SECRETS = {
    "a Slack bot token": "xoxb-1234567890-abcdefgh",
    "a Slack app token": "xapp-1-A0-123-abcdef",
    "a Slack signature": "v0=" + "0a" * 32,
    "a Discord token": "MTAwMDAwMDAwMDAwMDAwMDAw.GabcDE.abcdefghijklmnopqrstuvwxyz0123456789",
    "a webhook's address": "https://discord.com/api/v10/webhooks/9400/abc-DEF_ghi?wait=true",
    "a webhook's path": "POST /webhooks/9400/abc-DEF_ghi",
    "an authorization": "Bearer abcdefghijklmnop",
    "a bot's authorization": "Bot abcdefghijklmnop",
    "a sign-in link": "http://127.0.0.1:8080/link/bGluawo.c2lnbmF0dXJl",
    "a signed file": "cdn.example.org/a.png?ex=66f0&is=66ef&hm=abcdef",
    "a Pinterest token": "pina_ABCDEF0123456789",
}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the program writes, as JSON lines, with all logging as it was afterwards."""
    loggers = [logging.getLogger()]
    loggers += [
        value
        for value in logging.root.manager.loggerDict.values()
        if isinstance(value, logging.Logger)
    ]
    before = [(each, each.level, each.handlers[:], each.propagate) for each in loggers]
    stream = io.StringIO()
    start_logging("debug", "json", stream)
    yield stream
    logging.captureWarnings(capture=False)
    for each, level, handlers, propagate in before:
        each.setLevel(level)
        each.handlers[:] = handlers
        each.propagate = propagate


def test_a_line_is_an_event_and_its_fields(lines: io.StringIO) -> None:
    logging.getLogger("pinthread.lanes").warning(
        "lane_parked", extra={"mirror": "abc", "attempts": 2}
    )
    line = json.loads(lines.getvalue())
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "pinthread.lanes",
        "event": "lane_parked",
        "mirror": "abc",
        "attempts": 2,
    }


def test_the_console_form_is_one_readable_line(lines: io.StringIO) -> None:
    stream = io.StringIO()
    start_logging("info", "console", stream)
    logging.getLogger("bridge.x").info("lane.parked", extra={"mirror": None, "why": "a b"})
    assert stream.getvalue()[8:] == ' info    lane.parked mirror=- why="a b"\n'
    assert not lines.getvalue()


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
@pytest.mark.parametrize("logger", ["pinthread.slack", "slack_bolt.App", "discord.http"])
def test_no_secret_gets_into_a_line(lines: io.StringIO, logger: str, secret: str) -> None:
    log = logging.getLogger(logger)
    log.error("call.failed", extra={"where": f"at {secret} there"})
    log.error("failed %s", secret)
    log.error(f"Failed {secret}")  # noqa: G004
    try:
        raise RuntimeError(secret)
    except RuntimeError:
        log.exception("call.failed")
    assert len(lines.getvalue().splitlines()) == 4
    distinct = secret.rsplit(" ", maxsplit=1)[-1].rsplit("/", maxsplit=1)[-1]
    assert distinct not in lines.getvalue()


def test_no_message_text_gets_into_a_line(lines: io.StringIO) -> None:
    ours, bolt = logging.getLogger("web.api"), logging.getLogger("slack_bolt.AsyncApp")
    ours.info("said", extra={"text": WORDS, "content": WORDS, "body": WORDS, "payload": WORDS})
    bolt.error(f"Unhandled request ({{'event': {{'text': '{WORDS}'}}}})")
    bolt.error(f"Invalid request signature detected (signature: x, body: {WORDS})")
    logging.getLogger("discord.gateway").info("For Shard ID %s: event: %s", 0, {"content": WORDS})
    try:
        raise ValueError(WORDS)
    except ValueError:
        ours.exception("failed")
    assert "oak" not in lines.getvalue()
    assert len(lines.getvalue().splitlines()) == 5


def test_bolt_does_not_log_the_body_of_a_request_with_a_bad_signature(lines: io.StringIO) -> None:
    for name in ("slack_bolt", "slack_bolt.middleware.request_verification", "aiohttp.access"):
        logging.getLogger(name).info(WORDS)
    logging.getLogger("discord.gateway").debug(WORDS)
    logging.getLogger("slack_sdk.web").debug(WORDS)
    assert lines.getvalue() == ""


def test_an_error_shows_its_types_and_where_it_came_from(lines: io.StringIO) -> None:
    try:
        try:
            raise KeyError(WORDS)
        except KeyError as failed:
            raise OSError(WORDS) from failed
    except OSError:
        logging.getLogger("pinthread.lanes").exception("lane_failed")
    line = json.loads(lines.getvalue())
    assert line["error"] == "OSError < KeyError"
    assert line["trace"].startswith("bridge/test_telemetry.py:")


@given(st.text())
def test_a_value_is_one_short_line_whatever_it_is(value: str) -> None:
    assert len(clean(value)) <= 200
    assert len(clean(value).splitlines()) <= 1


@given(st.text(min_size=1))
def test_a_librarys_values_are_left_out_of_its_message(value: str) -> None:
    record = logging.LogRecord(
        "discord.x", logging.INFO, "f.py", 7, "Opened %s now", (value,), None
    )
    assert event_name(record) == "Opened %s now"
    assert fields(record) == {"line": "f:7"}


def test_an_apostrophe_inside_a_word_does_not_end_a_librarys_message() -> None:
    message = "Can't keep up, shard ID %s websocket is %.1fs behind."
    record = logging.LogRecord("discord.gateway", logging.WARNING, "f.py", 7, message, (1,), None)
    assert event_name(record) == message


async def test_a_watcher_reads_health_readiness_and_metrics() -> None:
    metrics = Metrics()
    metrics.writes.add("slack", "ok")
    state = SimpleNamespace(slack=False)

    async def ready() -> dict[str, bool]:
        return {"store": True, "slack": state.slack}

    app = web.Application()
    probes(metrics, ready, lambda: {"slack": "12 of 40 threads"})(app)
    async with TestClient(TestServer(app)) as client:
        health = await client.get("/healthz")
        assert (health.status, await health.json()) == (200, {"ok": True})
        before = await client.get("/readyz")
        assert before.status == 503
        assert await before.json() == {
            "ok": False,
            "parts": {"store": True, "slack": False},
            "catching_up": {"slack": "12 of 40 threads"},
        }
        state.slack = True
        assert (await client.get("/readyz")).status == 200
        read = await client.get("/metrics")
        assert read.content_type == "text/plain"
        text = await read.text()
        assert 'pinthread_writes_total{platform="slack",result="ok"} 1' in text
        resident = next(x for x in text.splitlines() if x.startswith("process_resident"))
        assert float(resident.split()[1]) > 1_000_000
