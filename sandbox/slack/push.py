"""Events to the program: a queue, four attempts each, over Socket Mode or signed HTTP.

In order of their making, up to `MOST_AT_ONCE` side by side. What is not acknowledged within 3 s
comes again at once, after about a minute and after about five, with the same event id. While the
platform's power is off nothing is attempted; while no Socket Mode connection is open events are
kept for as long as those attempts would last, and go out when one is. Undelivered events are on
the disk.
"""

import asyncio
import time
import uuid
from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox import world
from sandbox.faults import EVENTS, Fault
from sandbox.slack import outward
from sandbox.slack.events import TOKEN, Delivery, callback, limited
from sandbox.slack.link import Link, LinkLostError
from sandbox.slack.workspace import Channel

if TYPE_CHECKING:
    from sandbox.server import Kernel

RETRY_DELAYS = (0.0, 60.0, 300.0)
MOST_AT_ONCE = 64
#: An event that is held back until the next one goes out goes out at the latest after this.
LONGEST_HOLD = 5.0
#: Between attempts to have the address verified, and for how long they go on.
VERIFY_EVERY, VERIFY_FOR = 0.25, 120.0


class Push:
    """The queue and its dispatcher; `emit` is called by whatever happens in the workspace."""

    def __init__(self, kernel: "Kernel", session: outward.Session) -> None:
        self._kernel = kernel
        self._session = session
        self.link = Link(self._linked)
        self.retry_delays: tuple[float, ...] = RETRY_DELAYS
        self.verified = False
        self.lost = 0
        self._queue: deque[Delivery] = deque()
        self._retries: list[Delivery] = []
        self._flying: dict[asyncio.Task[tuple[str, bool]], Delivery] = {}
        self._held: list[Delivery] = []
        self._wake = asyncio.Event()
        self._alone_since = time.monotonic()
        for key, doc in kernel.disk.all("slack.event"):
            body = doc["body"].encode()
            self._queue.append(Delivery(key, body, doc["created"], doc["attempt"]))

    @property
    def http(self) -> str:
        """Where events go over HTTP; empty in Socket Mode."""
        return self._kernel.program.get("slack_events", "")

    @property
    def waiting(self) -> int:
        """How many events have not been acknowledged."""
        return len(self._queue) + len(self._retries) + len(self._flying) + len(self._held)

    def emit(self, event: dict[str, Any], channel: Channel | None) -> None:
        """Push an event, if the app may see it and no fault withholds it."""
        if channel is not None and world.SLACK_BOT_USER not in channel.members:
            return
        delivery = callback(event)
        fault = self._kernel.faults.take("slack", EVENTS)
        if fault is not None and self._struck(fault, delivery):
            return
        self._enqueue(delivery)

    def hurry(self) -> None:
        """A way to the program has opened: everything that waits is due now."""
        for delivery in self._retries:
            delivery.due = 0.0
        self._wake.set()

    def _linked(self) -> None:
        """A connection has come or gone."""
        if self.link.count:
            self.hurry()
        else:
            self._alone_since = time.monotonic()

    def power(self, *, on: bool) -> None:
        """Stop or go on; what was under way when the power went counts as failed."""
        if on:
            self._alone_since = time.monotonic()
            self.hurry()
            return
        self.link.cut()
        for task in self._flying:
            task.cancel()

    def reset(self) -> None:
        """Forget what waits."""
        for task, delivery in self._flying.items():
            delivery.dropped = True
            task.cancel()
        self._queue.clear()
        self._retries.clear()
        self._held.clear()
        self.retry_delays = RETRY_DELAYS
        self.lost = 0

    async def run(self) -> None:
        """Dispatch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            verifying = ""
            while True:
                self._wake.clear()
                if self.http != verifying:
                    verifying = self.http
                    self.verified = False
                    if verifying:
                        tasks.create_task(self._verify(verifying))
                self._dispatch(tasks)
                await self._until_next()

    def changed(self) -> None:
        """The program's address or the schedule has changed."""
        self._alone_since = time.monotonic()
        self.hurry()

    def _enqueue(self, delivery: Delivery) -> None:
        if not self.http and not self.link.count and self._kernel.power["slack"]:
            delivery.attempt, delivery.reason = 1, "connection_failed"
        self._queue.append(delivery)
        self._kernel.disk.put("slack.event", delivery.id, delivery.doc())
        self._wake.set()

    def _struck(self, fault: Fault, delivery: Delivery) -> bool:
        """Do what a fault of "events" does; True when the event is not to be queued now."""
        loop = asyncio.get_running_loop()
        match fault.kind:
            case "withhold":
                return True
            case "double":
                self._enqueue(Delivery(delivery.id + "+", delivery.body, delivery.created))
            case "delay":
                loop.call_later(fault.options["seconds"], self._enqueue, delivery)
                return True
            case "reorder":
                self._held.append(delivery)
                loop.call_later(LONGEST_HOLD, self._release)
                return True
            case "drop_session":
                self.link.cut()
            case "deaf":
                self.link.deafen()
                return True
            case "app_rate_limited":
                self._enqueue(limited(time.time() - fault.options["ago"]))
                return True
            case _:
                pass
        return False

    def _release(self) -> None:
        held, self._held = self._held, []
        for delivery in held:
            self._enqueue(delivery)

    def _dispatch(self, tasks: asyncio.TaskGroup) -> None:
        if not self._kernel.power["slack"]:
            return
        now = time.monotonic()
        due = sorted((d for d in self._retries if d.due <= now), key=lambda d: d.created)
        self._retries = [d for d in self._retries if d.due > now]
        self._queue.extendleft(reversed(due))
        if not self._open():
            self._expire(now)
            return
        while self._queue and len(self._flying) < MOST_AT_ONCE:
            delivery = self._queue.popleft()
            task = tasks.create_task(self._deliver(delivery))
            self._flying[task] = delivery
            task.add_done_callback(self._landed)
            if self._held:
                self._release()

    def _open(self) -> bool:
        return self.verified if self.http else self.link.count > 0

    def _expire(self, now: float) -> None:
        """Give up what has found no way to the program for as long as retries would last."""
        if now - self._alone_since < sum(self.retry_delays):
            return
        window = time.time() - sum(self.retry_delays)
        while self._queue and self._queue[0].created < window:
            self._forget(self._queue.popleft())
            self.lost += 1

    async def _until_next(self) -> None:
        now = time.monotonic()
        seconds = min((d.due - now for d in self._retries), default=1.0 if self._queue else None)
        if not self._kernel.power["slack"]:
            seconds = None
        try:
            async with asyncio.timeout(None if seconds is None else max(0.01, seconds)):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _deliver(self, delivery: Delivery) -> tuple[str, bool]:
        """Attempt once: why it failed (empty: it did not), and whether that is to be the end."""
        if self.http:
            return await self._over_http(delivery)
        return await self._over_socket(delivery), False

    async def _over_socket(self, delivery: Delivery) -> str:
        try:
            async with asyncio.timeout(outward.TIME_LIMIT):
                await self.link.send(
                    "events_api",
                    delivery.body,
                    answer=False,
                    attempt=delivery.attempt,
                    reason=delivery.reason,
                )
        except TimeoutError:
            return "timeout"
        except LinkLostError:
            return "connection_failed"
        return ""

    async def _over_http(self, delivery: Delivery) -> tuple[str, bool]:
        headers = {"Content-Type": "application/json", **outward.signed(delivery.body)}
        if delivery.attempt:
            headers["X-Slack-Retry-Num"] = str(delivery.attempt)
            headers["X-Slack-Retry-Reason"] = delivery.reason
        reply = await outward.post(self._session.get(), self.http, delivery.body, headers)
        return reply.reason, reply.no_retry

    def _failed(self, delivery: Delivery, reason: str, *, final: bool) -> None:
        delivery.attempt += 1
        delivery.reason = reason
        if final or delivery.attempt > len(self.retry_delays):
            self._forget(delivery)
            self.lost += 1
            return
        delivery.due = time.monotonic() + self.retry_delays[delivery.attempt - 1]
        self._kernel.disk.put("slack.event", delivery.id, delivery.doc())
        self._retries.append(delivery)

    def _landed(self, task: asyncio.Task[tuple[str, bool]]) -> None:
        # Here and not in the task itself: one that is cancelled may never have begun.
        delivery = self._flying.pop(task)
        reason, final = ("connection_failed", False) if task.cancelled() else task.result()
        if not reason or delivery.dropped:
            self._forget(delivery)
        else:
            self._failed(delivery, reason, final=final)
        self._wake.set()

    def _forget(self, delivery: Delivery) -> None:
        self._kernel.disk.drop("slack.event", delivery.id)

    async def _verify(self, address: str) -> None:
        """Send the challenge until it comes back, as the app's settings page would once."""
        until = time.monotonic() + VERIFY_FOR
        while self.http == address and time.monotonic() < until:
            challenge = uuid.uuid4().hex
            body = msgspec.json.encode(
                {"type": "url_verification", "token": TOKEN, "challenge": challenge}
            )
            headers = {"Content-Type": "application/json", **outward.signed(body)}
            reply = await outward.post(self._session.get(), address, body, headers)
            if reply.status == 200 and challenge.encode() in reply.body:
                self.verified = self.http == address
                self.hurry()
                return
            await asyncio.sleep(VERIFY_EVERY)
