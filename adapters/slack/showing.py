"""Where an answer is shown: in the channel to one person, in a form's place, in App Home.

A form is opened while the gesture's trigger lasts, three seconds; later a button opens it.
What was pressed in a form or in App Home has no address for answers, so it is shown on a
sheet. Whatever cannot be shown there goes to the person's direct messages with the app.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import aiohttp

from adapters.slack import answers, sheets
from adapters.slack.api import Api
from adapters.slack.cards import Block
from adapters.slack.directory import Directory
from adapters.slack.gestures import Gesture, Host, Reply, kept
from adapters.slack.marks import parse_remote
from adapters.slack.outbound import file_name, without_controls
from core.asking import Answer, Button, File, Form
from core.delivery import Failure

OPEN_FORM = "pin_open_form"
"""The action id of the button that opens a form whose trigger had run out."""

_MOST_FORMS = 200
_LONGEST = 600.0
"""Seconds that a file may take on its way."""
_LATE = "That took a while. The form is ready now."
_NO_FORM = "That form is gone. Ask for it once more."

Home = Callable[[str], Awaitable[None]]
"""Draws somebody's App Home anew."""


class Showing:
    def __init__(self, host: Host, api: Api, directory: Directory, home: Home) -> None:
        self._host = host
        self._api = api
        self._directory = directory
        self._home = home
        self._forms: dict[str, Form] = {}

    def reply(self, answer: Answer, *more: Button) -> Reply:
        """The answer as a message to one person."""
        text = answer.said or (answer.form.title if answer.form else "")
        blocks = answers.message(answer, self._host.look, self._host.link, more)
        return Reply(text or answers.said(answer), blocks or answers.words("Done."))

    async def opened(self, gesture: Gesture, form: Form) -> bool:
        """Opens the form, on top of the one that the gesture was made in."""
        return await self._open(gesture, self.sheet(gesture, form))

    async def show(self, gesture: Gesture, answer: Answer) -> None:
        """After the gesture was acknowledged. What was done may show in App Home too."""
        await self._show(gesture, answer)
        if answer.done and gesture.card and not answer.refusal:
            await self._settle(gesture)
        if gesture.kind:
            await self.refresh(gesture.user)

    async def _show(self, gesture: Gesture, answer: Answer) -> None:
        if answer.file is not None:
            answer = await self._handed(gesture, answer.file, answer)
        if answer.form is not None and await self.opened(gesture, answer.form):
            return
        if answer.form is not None:
            await self.say(gesture, self._later(answer.form))
        elif gesture.kind == "home" and _is_seen_there(answer):
            return
        elif gesture.kind == "modal":
            await self._turn(gesture, answer)
        elif gesture.answer:
            await self.say(gesture, self.reply(answer), instead=answer.done and gesture.alone)
        elif not await self._open(gesture, self.paper(gesture, answer)):
            await self.say(gesture, self.reply(answer))

    async def _settle(self, gesture: Gesture) -> None:
        """A request in somebody's own messages was answered: nothing is left to press."""
        channel, ts = parse_remote(gesture.message or "")
        blocks = without_controls(gesture.card)
        if gesture.place is None or not gesture.place.channel.startswith("user:"):
            return  # a brand's card is written anew, for all who see it
        if len(blocks) < len(gesture.card):
            changed = {"channel": channel, "ts": ts, "text": gesture.text, "blocks": blocks}
            await self._api.write("chat.update", changed | {"parse": "none", "link_names": False})

    async def reopen(self, gesture: Gesture, name: str) -> None:
        """The button that stood for a form."""
        form = self._forms.get(name)
        if form is None:
            await self.say(gesture, Reply(_NO_FORM, answers.words(_NO_FORM)), instead=True)
        elif await self.opened(gesture, form) and gesture.alone:
            await self._api.respond(gesture.answer, {"delete_original": True})

    def sheet(self, gesture: Gesture, form: Form) -> Block:
        """A form as a view."""
        return sheets.modal(form, kept(gesture, form.action, form.value))

    async def refresh(self, user: str) -> None:
        """What somebody has done may show in their App Home."""
        await self._home(user)

    def paper(self, gesture: Gesture, answer: Answer) -> Block:
        return sheets.paper(answer, self._host.look, self._host.link, kept(gesture, "", ""))

    async def replace(self, view: str, shown: Block) -> bool:
        """Puts something else in the place of an open view."""
        answer = await self._api.write("views.update", {"view_id": view, "view": shown})
        return not isinstance(answer, Failure)

    async def _turn(self, gesture: Gesture, answer: Answer) -> None:
        sheet = self.paper(gesture, answer)
        if answer.refusal is not None and await self._open(gesture, sheet):
            return  # on top: words that stand on the one below are not lost
        if not await self.replace(gesture.view, sheet):
            await self.say(gesture, self.reply(answer))

    async def _open(self, gesture: Gesture, view: Block) -> bool:
        method = "views.push" if gesture.kind == "modal" else "views.open"
        asked = {"trigger_id": gesture.trigger, "view": view}
        return not isinstance(await self._api.write(method, asked), Failure)

    def _later(self, form: Form) -> Reply:
        """A button for a form that could not be opened in time."""
        if len(self._forms) >= _MOST_FORMS:
            del self._forms[next(iter(self._forms))]
        name = secrets.token_urlsafe(9)
        self._forms[name] = form
        blocks = [
            *answers.words(_LATE),
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "action_id": OPEN_FORM,
                        "value": name,
                        "style": "primary",
                        "text": {"type": "plain_text", "text": "Open the form", "emoji": False},
                    }
                ],
            },
        ]
        return Reply(_LATE, blocks)

    async def say(self, gesture: Gesture, reply: Reply, *, instead: bool = False) -> None:
        """To that person alone: by the address that came along, else in direct messages."""
        body = reply.instead() if instead else reply.later() | _under(gesture)
        if gesture.answer and await self._api.respond(gesture.answer, body):
            return
        channel = await self._directory.direct(gesture.user)
        if isinstance(channel, str):
            asked = {"channel": channel, "text": body["text"], "blocks": body["blocks"]}
            await self._api.write("chat.postMessage", asked | _UNPARSED)

    # --- files ----------------------------------------------------------------------------

    async def _handed(self, gesture: Gesture, file: File, answer: Answer) -> Answer:
        """Puts a file into the person's direct messages with the app."""
        channel = await self._directory.direct(gesture.user)
        if isinstance(channel, str) and await self._upload(channel, file):
            return answer
        return Answer("The file could not be sent. Try again in a moment.")

    async def _upload(self, channel: str, file: File) -> bool:
        try:
            held, size = await asyncio.to_thread(_opened, file)
        except OSError:
            return False
        with held:
            return await self._put(channel, file_name(file.name), held, size)

    async def _put(self, channel: str, name: str, held: BinaryIO, size: int) -> bool:
        try:
            named = {"filename": name, "length": size}
            begun = await self._api.read("files.getUploadURLExternal", **named)
            if isinstance(begun, Failure) or self._api.session is None:
                return False
            timeout = aiohttp.ClientTimeout(_LONGEST)
            put = self._api.session.post(str(begun["upload_url"]), data=held, timeout=timeout)
            async with put as answered:
                if answered.status != 200:
                    return False
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
        done = {
            "files": [{"id": begun["file_id"], "title": name}],
            "channel_id": channel,
        }
        answer = await self._api.write("files.completeUploadExternal", done)
        return not isinstance(answer, Failure)


def _under(gesture: Gesture) -> dict[str, str]:
    """Inside a thread where the gesture was made in one; else Slack shows an answer beside it.

    Whoever presses a button of the thread's root may have only the channel before them.
    """
    if gesture.thread is None or str(gesture.thread) == gesture.message:
        return {}
    return {"thread_ts": parse_remote(gesture.thread)[1]}


def _is_seen_there(answer: Answer) -> bool:
    """The page drawn anew shows it; a sheet over it would only be in the way."""
    return answer.done and not (answer.items or answer.buttons or answer.refusal)


def _opened(file: File) -> tuple[BinaryIO, int]:
    """A file's content, from memory or from the disk, and its size."""
    if file.content:
        return BytesIO(file.content), len(file.content)
    path = Path(file.path)
    return path.open("rb"), path.stat().st_size


_UNPARSED: dict[str, Any] = {
    "parse": "none",
    "link_names": False,
    "unfurl_links": False,
    "unfurl_media": False,
}
