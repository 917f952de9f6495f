"""One interaction's answer, for its caller alone, within Discord's three seconds.

What takes longer is announced first and filled in afterwards. Answers of presses take the
place of the message that was pressed where the office says so, as far as that was for the
caller alone. A form can only be opened at once.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from adapters.discord import answers
from adapters.discord.callers import Interaction, place_of
from adapters.discord.errors import Problem
from adapters.discord.rest import Rest
from adapters.discord.uploading import Upload
from core.asking import Answer, File

log = logging.getLogger("pinthread.discord")

EPHEMERAL = 64
_MESSAGE, _DEFER, _DEFER_UPDATE, _UPDATE, _CHOICES, _MODAL = 4, 5, 6, 7, 8, 9
_CHUNK = 65_536
TOO_LATE = "That took too long to open a form. Try it again."


class Response:
    """Where the answer of one interaction goes. `patience` is how long nothing is said."""

    def __init__(self, rest: Rest, interaction: Interaction, patience: float) -> None:
        self._rest = rest
        self._interaction = interaction
        self._patience = patience
        self._announced = 0
        pressed = interaction.message
        self._replaces = pressed is not None and pressed.flags.ephemeral

    async def when_done(self, work: Coroutine[Any, Any, Answer], *, words: str = "") -> Answer:
        """Waits for the work, and gives what came of it. `words` are given back if refused."""
        task = asyncio.create_task(work)
        try:
            await asyncio.wait((task,), timeout=self._patience)
            if not task.done():
                await self.announce()
            answer = await task
        finally:
            task.cancel()
        await self.give(answer, words=words)
        return answer

    async def announce(self, *, update: bool | None = None) -> None:
        """Says that it is at work; `update`: the pressed message is to be changed."""
        update = self._replaces if update is None else update
        self._announced = _DEFER_UPDATE if update else _DEFER
        body: dict[str, Any] = {"type": self._announced}
        await self._callback(body if update else {**body, "data": {"flags": EPHEMERAL}})

    async def give(self, answer: Answer, *, words: str = "") -> None:
        if answer.form is not None and not self._announced:
            await self._callback({"type": _MODAL, "data": answers.modal(answer.form)})
            return
        if answer.file is not None and not self._announced:
            await self.announce(update=False)
        body = self._message(answer, words)
        upload = _upload(answer.file) if answer.file is not None else None
        if upload is not None:
            body["attachments"] = [{"id": "0", "filename": upload.name}]
        takes_its_place = answer.done and self._replaces
        if not self._announced:
            kind, flags = (_UPDATE, {}) if takes_its_place else (_MESSAGE, {"flags": EPHEMERAL})
            await self._callback({"type": kind, "data": {**body, **flags}})
        elif self._announced == _DEFER_UPDATE and not takes_its_place:
            await self._later("POST", "", {**body, "flags": EPHEMERAL}, upload)
        else:
            await self._later("PATCH", "/messages/@original", body, upload)

    def _message(self, answer: Answer, words: str) -> dict[str, Any]:
        if answer.form is not None:
            answer = Answer(answer.text or TOO_LATE)
        body = answers.message(answer, place_of(self._interaction))
        if words and answer.refusal is not None and not answer.items:
            # A form cannot be opened again with what was typed: nothing of it is lost.
            # Where the answer has items, the words are among them.
            shown = answers.sentence(words.replace("`", "'"))[:4000]
            body["embeds"] = [{"title": "Your words", "description": shown}]
        return body

    async def choose(self, choices: list[dict[str, str]]) -> None:
        """The answer of autocomplete."""
        await self._callback({"type": _CHOICES, "data": {"choices": choices}})

    async def change(self, body: dict[str, Any]) -> None:
        """The pressed message as it is to stand, after an announced update."""
        await self._later("PATCH", "/messages/@original", body)

    async def _callback(self, body: dict[str, Any]) -> None:
        made = self._interaction
        path = f"/interactions/{made.id}/{made.token}/callback"
        self._note(await self._rest.call("POST", path, body, as_bot=False))

    async def _later(
        self, method: str, path: str, body: dict[str, Any], upload: Upload | None = None
    ) -> None:
        made = self._interaction
        path = f"/webhooks/{made.application_id}/{made.token}{path}"
        self._note(await self._rest.call(method, path, body, as_bot=False, upload=upload))

    def _note(self, done: bytes | Problem) -> None:
        if isinstance(done, Problem):
            told = {"interaction": self._interaction.id, "status": done.status, "code": done.code}
            log.warning("interaction_not_answered", extra=told)


def _upload(file: File) -> Upload:
    if not file.path:
        opened = partial(_held, file.content)
        return Upload(file.name, "application/octet-stream", len(file.content), opened)
    path = Path(file.path)
    return Upload(file.name, "application/octet-stream", path.stat().st_size, partial(_read, path))


async def _held(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content


async def _read(path: Path) -> AsyncGenerator[bytes, None]:
    with path.open("rb") as source:
        while chunk := await asyncio.to_thread(source.read, _CHUNK):
            yield chunk
