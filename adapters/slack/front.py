"""Commands, buttons, menus and forms: each goes to the office, and is answered in time.

Slack wants an answer within three seconds. Work gets two of them; what takes longer goes
on beside, and its answer follows. Nothing that somebody typed into a form is lost by that.
"""

import asyncio
import logging
import re
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any

from slack_bolt.async_app import AsyncApp

from adapters.slack import answers, sheets
from adapters.slack.callers import Callers
from adapters.slack.cards import Block
from adapters.slack.gestures import (
    TROUBLE,
    Ack,
    Gesture,
    Host,
    Reply,
    action_of,
    chosen,
    gesture_of,
)
from adapters.slack.marks import Payload
from adapters.slack.showing import OPEN_FORM, Showing
from core.asking import Answer, Choice, Command, Office
from core.grammar import Unknown, parse
from core.ports.desk import Desk
from core.refusal import Refusal

log = logging.getLogger("pinthread.slack")

PATIENCE = 2.0
"""Seconds that work may take before it goes on beside."""

_WAIT = Answer("Working on it …")
_FAILED = Answer(TROUBLE, refusal=Refusal("failed", TROUBLE))

Work = Coroutine[Any, Any, Answer]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A form was opened: there is nothing more to say."""


class Front:
    def __init__(self, host: Host, desk: Desk, callers: Callers, showing: Showing) -> None:
        self._host = host
        self._desk = desk
        self._callers = callers
        self._showing = showing

    def register(self, app: AsyncApp) -> None:
        app.command("/pin")(self.on_command)
        app.action(re.compile(f"^{answers.BUTTON}:"))(self.on_button)
        app.action(re.compile(f"^{answers.MENU}:"))(self.on_menu)
        app.action(OPEN_FORM)(self.on_open_form)
        app.options(re.compile(f"^({sheets.PEOPLE}|{answers.MENU}:.*)$"))(self.on_choices)
        app.view(sheets.FORM)(self.on_form)
        app.view(sheets.PAPER)(_taken)

    @property
    def office(self) -> Office:
        return self._desk.office

    def gesture(self, body: Payload) -> Gesture:
        ours = self._host.ours
        return gesture_of(body, ours.team if ours else "")

    # --- commands -------------------------------------------------------------------------

    async def on_command(self, ack: Ack, body: Payload) -> None:
        gesture = self.gesture(body)
        command = parse(str(body.get("text") or ""))
        if isinstance(command, Unknown):
            command = Command(command.verb)
        work = self.ran(gesture, command)
        job = self._host.spawn(self._answered(gesture, work))
        done, _ = await asyncio.wait({job}, timeout=PATIENCE)
        reply = job.result() if done else None
        if isinstance(reply, Reply):
            await ack(**reply.body())
            return
        await ack()
        self._host.spawn(self._when_done(gesture, job))

    async def _answered(self, gesture: Gesture, work: Work) -> Reply | Answer | _Opened:
        """A message, or what must be shown in another way."""
        answer = await _guarded(work)
        if answer.form is not None:
            opened = await self._showing.opened(gesture, answer.form)
            return _Opened() if opened else answer
        if answer.file is not None:
            return answer
        return self._showing.reply(answer)

    async def _when_done(self, gesture: Gesture, job: "asyncio.Task[Any]") -> None:
        reply = await job
        if isinstance(reply, Reply):
            await self._showing.say(gesture, reply)
        elif isinstance(reply, Answer):
            await self._showing.show(gesture, reply)

    async def ran(self, gesture: Gesture, command: Command) -> Answer:
        caller, named = await self._callers.asked(gesture, command)
        return await self.office.run(caller, named)

    # --- buttons and menus ----------------------------------------------------------------

    async def on_button(self, ack: Ack, body: Payload) -> None:
        await ack()
        action = action_of(body)
        gesture = self.gesture(body)
        name = answers.pressed(str(action.get("action_id") or ""))
        self.shown(gesture, self._pressed(gesture, name, str(action.get("value") or "")))

    def shown(self, gesture: Gesture, work: Work) -> None:
        """Does the work beside, and shows what comes of it."""
        self._host.spawn(self._show(gesture, work))

    async def _show(self, gesture: Gesture, work: Work) -> None:
        await self._showing.show(gesture, await _guarded(work))

    async def _pressed(self, gesture: Gesture, action: str, value: str) -> Answer:
        return await self.office.press(await self._callers.caller(gesture), action, value)

    async def on_open_form(self, ack: Ack, body: Payload) -> None:
        await ack()
        name = str(action_of(body).get("value") or "")
        self._host.spawn(self._showing.reopen(self.gesture(body), name))

    async def on_menu(self, ack: Ack, body: Payload) -> None:
        await ack()
        action = action_of(body)
        name, verb, value = answers.question(str(action.get("block_id") or ""))
        picked = chosen(action)
        if picked:
            gesture = self.gesture(body)
            self.shown(gesture, self._submitted(gesture, verb, value, {name: picked}))

    async def _submitted(self, gesture: Gesture, action: str, value: str, fields: Any) -> Answer:
        caller = await self._callers.caller(gesture)
        return await self.office.submit(caller, action, value, fields)

    async def on_choices(self, ack: Ack, body: Payload) -> None:
        """Choices while somebody types. In a form the field's block names it."""
        gesture = self.gesture(body)
        block, name = str(body.get("block_id") or ""), str(body.get("action_id") or "")
        if name == sheets.PEOPLE:
            verb, option = gesture.private.action, block
        else:
            option, verb, _ = answers.question(block)
        work = self._choices(gesture, verb, option, str(body.get("value") or ""))
        job = self._host.spawn(work)
        done, _ = await asyncio.wait({job}, timeout=PATIENCE)
        found = (job.result() if done else None) or ()
        await ack(options=answers.options(found))

    async def _choices(
        self, gesture: Gesture, verb: str, option: str, prefix: str
    ) -> tuple[Choice, ...]:
        caller = await self._callers.caller(gesture)
        return await self.office.choices(caller, verb, option, prefix.strip().lstrip("@"))

    # --- forms ----------------------------------------------------------------------------

    async def on_form(self, ack: Ack, body: Payload) -> None:
        gesture, view = self.gesture(body), body["view"]
        kept = gesture.private
        work = self._submitted(gesture, kept.action, kept.value, sheets.fields(view))
        job = self._host.spawn(_guarded(work))
        done, _ = await asyncio.wait({job}, timeout=PATIENCE)
        if not done:
            await ack(response_action="update", view=self._showing.paper(gesture, _WAIT))
            self._host.spawn(self._form_done(gesture, view, job))
            return
        answer: Answer = job.result()
        if answer.refusal is not None:
            # What was missed is shown with the words and what can be done about it now.
            field = "" if answer.items else sheets.at_fault(view, answer.field)
            if field:
                await ack(response_action="errors", errors={field: answer.refusal.sentence})
            else:
                await ack(response_action="update", view=self._showing.paper(gesture, answer))
            return
        turned = self._turned(gesture, answer)
        if turned is not None:
            await ack(response_action="update", view=turned)
        else:
            await ack()
            gesture = replace(gesture, kind="", view="")
            self._host.spawn(self._showing.show(gesture, answer))
        self._host.spawn(self._showing.refresh(gesture.user))

    def _turned(self, gesture: Gesture, answer: Answer) -> Block | None:
        """What comes in the form's place: the next form, or the answer if it has no other."""
        if answer.form is not None:
            return self._showing.sheet(gesture, answer.form)
        return None if gesture.answer else self._showing.paper(gesture, answer)

    async def _form_done(
        self, gesture: Gesture, view: Payload, job: "asyncio.Task[Answer]"
    ) -> None:
        answer = await job
        if answer.refusal is not None and not answer.items:
            shown = sheets.again(view, answer.refusal.sentence)
        elif answer.form is not None:
            shown = self._showing.sheet(gesture, answer.form)
        else:
            shown = self._showing.paper(gesture, answer)
        if not await self._showing.replace(gesture.view, shown):
            await self._showing.say(gesture, self._showing.reply(answer))
        await self._showing.refresh(gesture.user)


async def _guarded(work: Work) -> Answer:
    """A listener's boundary: somebody waits for an answer, so a failure gives one too."""
    try:
        return await work
    except Exception as error:  # noqa: BLE001
        log.error("slack.listener_failed", extra={"error": type(error).__name__})
        return _FAILED


async def _taken(ack: Ack) -> None:
    await ack()
