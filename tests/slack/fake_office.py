"""An office that writes down what it is asked and answers what the test put there."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.asking import Answer, Button, Caller, Choice, Command, Fields
from core.model import Mirror

SENDS = Answer("Sends in 15 s", buttons=(Button("Undo", "undo", "t1", "danger"),))


@dataclass(slots=True)
class Call:
    """One call, by what was called: its arguments after the caller."""

    name: str
    caller: Caller
    given: tuple[Any, ...]


@dataclass(slots=True)
class FakeOffice:
    """`answers` are given one after another, then `Answer("Done.")`; `gate` holds them back."""

    answers: list[Answer | Exception] = field(default_factory=list)
    calls: asyncio.Queue[Call] = field(default_factory=asyncio.Queue)
    gate: asyncio.Event | None = None
    offered: tuple[Choice, ...] = ()
    page: Answer = field(default_factory=lambda: Answer("Your inbox"))
    controls: tuple[str, tuple[Button, ...]] = ("", ())
    held: Answer = field(default_factory=lambda: SENDS)

    async def call(self) -> Call:
        async with asyncio.timeout(30):
            return await self.calls.get()

    async def _answer(self, name: str, caller: Caller, *given: Any) -> Answer:
        self.calls.put_nowait(Call(name, caller, given))
        if self.gate is not None:
            await self.gate.wait()
        answer = self.answers.pop(0) if self.answers else Answer("Done.")
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def run(self, caller: Caller, command: Command) -> Answer:
        return await self._answer("run", caller, command)

    async def press(self, caller: Caller, action: str, value: str) -> Answer:
        return await self._answer("press", caller, action, value)

    async def submit(self, caller: Caller, action: str, value: str, fields: Fields) -> Answer:
        return await self._answer("submit", caller, action, value, dict(fields))

    async def choices(
        self, caller: Caller, verb: str, option: str, prefix: str
    ) -> tuple[Choice, ...]:
        self.calls.put_nowait(Call("choices", caller, (verb, option, prefix)))
        return self.offered

    async def home(self, caller: Caller) -> Answer:
        self.calls.put_nowait(Call("home", caller, ()))
        return self.page

    async def card(self, mirror: Mirror) -> tuple[str, tuple[Button, ...]]:
        return self.controls

    async def waiting(
        self, caller: Caller, timer: str, until: datetime | None, reason: str
    ) -> Answer:
        self.calls.put_nowait(Call("waiting", caller, (timer, until, reason)))
        return self.held

    async def welcome(self, caller: Caller) -> Answer | None:
        self.calls.put_nowait(Call("welcome", caller, ()))
        return self.held
