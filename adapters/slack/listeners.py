"""What people do in Slack, and what they are told: words, commands, buttons, forms.

Slack wants an answer within three seconds. Work gets two of them; what takes
longer goes on beside, and its answer follows by the address that came with the
gesture. Every answer is for the one who asked only.
"""

import asyncio
import json
import logging
import re
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, assert_never

from slack_bolt.async_app import AsyncApp

from adapters.slack import cards, channels, commands, markup
from adapters.slack.api import Api
from adapters.slack.directory import Directory
from adapters.slack.errors import remedy_of
from adapters.slack.gestures import (
    Ack,
    Gesture,
    Host,
    Payload,
    Reply,
    action_of,
    gesture_of,
    refused,
    trouble,
)
from adapters.slack.retrying import Retrying
from adapters.slack.search import Search
from core.delivery import Failure
from core.ids import AccountId, short_code
from core.intents import Handle, Intent, Origin, Person, PersonRef, StartThread
from core.model import Account, Identity, Mirror, Place, Refusal
from core.ports import Accepted, Desk, Outcome

log = logging.getLogger("pinthread.slack")

_PATIENCE = 2.0
_TOLD = 1_000
_TROUBLE = "Something went wrong here. Try again in a moment."


@dataclass(frozen=True, slots=True)
class FieldError:
    """A refusal of a form, at the field it is about."""

    field: str
    sentence: str


class Listeners:
    def __init__(
        self, host: Host, desk: Desk, api: Api, directory: Directory, search: Search
    ) -> None:
        self._host = host
        self._desk = desk
        self._api = api
        self._directory = directory
        self._search = search
        self._newest: dict[tuple[str, bool], str] = {}

    def register(self, app: AsyncApp, retrying: Retrying) -> None:
        """Bolt answers 404 to what has no listener, so each kind has a last one for the rest."""
        app.command("/pin")(self.on_command)
        app.action(re.compile(f"^({cards.SEND}|{cards.START})$"))(self.on_form_button)
        app.action(cards.OPEN_THREAD)(self.on_open)
        app.action(cards.PICK)(retrying.on_pick)
        app.action(cards.RETRY)(retrying.on_retry)
        app.action(re.compile(".*"))(_on_rest)
        app.options(cards.PEOPLE)(self.on_people)
        app.view(re.compile(f"^({cards.SEND_VIEW}|{cards.START_VIEW})$"))(self.on_form)
        app.event(re.compile(".*"))(self.on_event)

    # --- commands ---------------------------------------------------------------------

    async def on_command(self, ack: Ack, body: Payload) -> None:
        gesture = gesture_of(body, self._team)
        await self._in_time(ack, gesture, self._command(gesture, str(body.get("text") or "")))

    async def _in_time(
        self, ack: Ack, gesture: Gesture, work: Coroutine[Any, Any, Reply | None]
    ) -> None:
        """Answers at once if the work is quick, else acknowledges and answers when it is done."""
        job = self._host.spawn(_done(work))
        done, _ = await asyncio.wait({job}, timeout=_PATIENCE)
        if done:
            reply = job.result()
            await (ack(**reply.body()) if reply else ack())
            return
        await ack()
        self._host.spawn(self._when_done(gesture, job))

    async def _when_done(self, gesture: Gesture, job: "asyncio.Task[Reply | None]") -> None:
        reply = await job
        if reply:
            await self._api.respond(gesture.answer, reply.later())

    async def _command(self, gesture: Gesture, text: str) -> Reply | None:
        command = commands.parse(text)
        if isinstance(command, commands.Help):
            return Reply("How to use /pin", cards.help_text())
        if isinstance(command, commands.Unknown):
            return _unknown(command)
        if isinstance(command, commands.Send):
            return await self._send(gesture, command)
        acting = await self._acting(gesture)
        if isinstance(command, commands.Inbox):
            lines = await self._desk.inbox(acting.id, 20)
            return Reply("Your inbox", cards.inbox(lines, acting, datetime.now(UTC)))
        if isinstance(command, commands.Preview):
            pin = await self._desk.preview(command.address)
            if isinstance(pin, Refusal):
                return refused(pin)
            blocks = cards.preview(pin, acting, self._host.look)
            return Reply(f"Preview of {cards.pin_title(pin)}", blocks)
        if isinstance(command, commands.Open):
            return await self._open(gesture, acting, command.what)
        assert_never(command)

    async def _send(self, gesture: Gesture, command: commands.Send) -> Reply | None:
        users, channels = markup.mentioned(command.text)
        names = await self._directory.names(users, channels)
        text = markup.plain_text(command.text, names)
        if command.asks:
            return await self._ask(gesture, command.address or "", text, words=True)
        pin = await self._desk.pin_id(command.address) if command.address else None
        if isinstance(pin, Refusal):
            return refused(pin)
        what = StartThread(await self._people(command.people, gesture), pin, text)
        outcome = await self._start(gesture, f"slack:{gesture.trigger}:send", what)
        return await self._sent(gesture, what, outcome)

    async def _people(
        self, named: Sequence[commands.Named | commands.Mentioned], gesture: Gesture
    ) -> tuple[PersonRef, ...]:
        people: list[PersonRef] = []
        for one in named:
            if isinstance(one, commands.Named):
                people.append(Handle(one.handle))
            elif self._host.ours and one.user == self._host.ours.user:
                people.append(Handle("pinthread"))
            else:
                identity = Identity("slack", gesture.place.workspace, one.user)
                people.append(Person(identity, await self._directory.profile(one.user)))
        return tuple(people)

    async def _start(self, gesture: Gesture, key: str, what: StartThread) -> Outcome:
        person, now = await self._person(gesture), datetime.now(UTC)
        return await self._desk.submit(Intent(key, person, what, Origin(gesture.place), at=now))

    async def _sent(self, gesture: Gesture, what: StartThread, outcome: Outcome) -> Reply:
        """The answer to a pin that was to be sent."""
        if isinstance(outcome, Refusal):
            return refused(outcome)
        if not isinstance(outcome, Accepted):
            return trouble()
        acting = await self._acting(gesture)
        found = await self._desk.find_people(what.people)
        names = [account.name for account in found if account]
        view = await self._desk.open(acting.id, outcome.thread)
        mirrors = () if isinstance(view, Refusal) else view.mirrors
        blocks = cards.sent(names, short_code(outcome.thread), acting, self._link(mirrors))
        return Reply(f"Sent to {', '.join(names)}", blocks)

    async def _open(self, gesture: Gesture, acting: Account, what: str) -> Reply:
        code = await self._code(what)
        if not code:
            sentence = "Name a thread: `/pin open` and the code on its card, or the thread's link."
            return refused(Refusal("unknown_thread", sentence))
        view = await self._desk.open(acting.id, code)
        if isinstance(view, Refusal):
            return refused(view)
        page = await self._desk.page(acting.id, view.thread, limit=6)
        lines = () if isinstance(page, Refusal) else page.lines
        blocks = cards.thread(
            view.pin, view.people, view.code, lines, self._link(view.mirrors), self._host.look
        )
        return Reply(cards.pin_title(view.pin), blocks)

    async def _code(self, what: str) -> str:
        """A thread's code, or from a link to it: the code stands on the card it leads to."""
        where = commands.thread_link(what)
        if where is None:
            return what.rstrip("/").rpartition("/")[2]
        ours = self._host.ours
        card = await self._search.message(*where, None, ours) if ours else None
        if card is None or isinstance(card, Failure):
            return ""
        return cards.code_of(card.get("blocks") or ())

    @property
    def _team(self) -> str:
        return self._host.ours.team if self._host.ours else ""

    def _link(self, mirrors: Sequence[Mirror]) -> str | None:
        """The thread in this workspace, if one of these mirrors stands here."""
        here = [m for m in mirrors if m.place.platform == "slack"]
        here = [m for m in here if m.place.workspace == self._team]
        return next((link for m in here if (link := self._host.link(m))), None)

    # --- buttons and forms ------------------------------------------------------------

    async def on_open(self, ack: Ack, body: Payload) -> None:
        await ack()
        gesture = gesture_of(body, self._team)
        code = str(action_of(body).get("value") or "")
        self._host.spawn(self._reopen(gesture, code))

    async def _reopen(self, gesture: Gesture, code: str) -> None:
        reply = await _done(self._open(gesture, await self._acting(gesture), code))
        if reply:
            await self._api.respond(gesture.answer, reply.later())

    async def on_form_button(self, ack: Ack, body: Payload) -> None:
        await ack()
        action = action_of(body)
        words = action.get("action_id") == cards.SEND
        gesture = gesture_of(body, self._team)
        self._host.spawn(self._asked(gesture, str(action.get("value") or ""), words=words))

    async def _asked(self, gesture: Gesture, address: str, *, words: bool) -> None:
        reply = await _done(self._ask(gesture, address, "", words=words))
        if reply:
            await self._api.respond(gesture.answer, reply.later())

    async def _ask(self, gesture: Gesture, address: str, text: str, *, words: bool) -> Reply | None:
        """Opens the form; the trigger for it is good for three seconds and for one use."""
        acting = await self._acting(gesture)
        view = cards.modal(
            words=words, pin=address, text=text, people=(), acting=acting,
            private=json.dumps({"channel": gesture.place.channel, "answer": gesture.answer}),
        )  # fmt: skip
        opened = await self._api.write("views.open", {"trigger_id": gesture.trigger, "view": view})
        if isinstance(opened, Failure):
            sentence = "The form did not open. Try again, or type it in one line: `/pin help`."
            return refused(Refusal("form_not_opened", sentence))
        return None

    async def on_people(self, ack: Ack, body: Payload) -> None:
        """Choices of people while somebody types."""
        acting = await self._acting(gesture_of(body, self._team))
        prefix = str(body.get("value") or "").strip().lstrip("@")
        people = await self._desk.people(acting.id, prefix, 100)
        await ack(**cards.people_options(people))

    async def on_form(self, ack: Ack, body: Payload) -> None:
        gesture = gesture_of(body, self._team)
        job = self._host.spawn(self._form(gesture, body["view"]))
        done, _ = await asyncio.wait({job}, timeout=_PATIENCE)
        if not done:
            await ack()
            self._host.spawn(self._form_done(gesture, job))
            return
        found = job.result()
        if found is None:
            await ack(response_action="errors", errors={"pin": _TROUBLE})
        elif isinstance(found, FieldError):
            await ack(response_action="errors", errors={found.field: found.sentence})
        else:
            await ack()
            self._host.spawn(self._api.respond(gesture.answer, found.later()))

    async def _form_done(
        self, gesture: Gesture, job: "asyncio.Task[Reply | FieldError | None]"
    ) -> None:
        found = await job
        if isinstance(found, FieldError):
            found = refused(Refusal(found.field, found.sentence))
        await self._api.respond(gesture.answer, (found or trouble()).later())

    async def _form(self, gesture: Gesture, view: Payload) -> Reply | FieldError:
        values = view["state"]["values"]
        address = str(values["pin"]["pin"].get("value") or "").strip()
        chosen = values["people"][cards.PEOPLE].get("selected_options") or ()
        words = values.get("words", {}).get("words", {}).get("value") or ""
        pin = await self._desk.pin_id(address) if address else None
        if isinstance(pin, Refusal):
            return FieldError("pin", pin.sentence)
        people = tuple(AccountId(str(option["value"])) for option in chosen)
        what = StartThread(people, pin, str(words))
        outcome = await self._start(gesture, f"slack:{view['id']}:send", what)
        if isinstance(outcome, Refusal):
            return FieldError(_field(outcome, view), outcome.sentence)
        return await self._sent(gesture, what, outcome)

    # --- the rest ---------------------------------------------------------------------

    async def on_event(self, event: Payload) -> None:
        """Every subscribed event that is not a message or reaction."""
        kind = event.get("type")
        if kind == "user_change":
            user = event.get("user")
            self._directory.forget(str(user.get("id")) if isinstance(user, dict) else "")
        elif kind == "emoji_changed":
            self._directory.forget_emoji()
        elif self._host.ours is not None and channels.is_farewell(event, self._host.ours):
            trouble = remedy_of("app_uninstalled")
            await self._desk.place_changed(Place("slack", self._team, ""), trouble=trouble)
        elif self._host.ours is not None:
            news = channels.news(event, self._host.ours)
            if news and self._is_newest(news, event):
                await self._channel_changed(news)

    async def _channel_changed(self, news: channels.ChannelNews) -> None:
        place = Place("slack", self._team, news.channel)
        self._directory.forget(news.channel)
        if news.name is not None:
            await self._desk.place_changed(place, label=f"#{news.name}")
            return
        trouble = news.trouble
        if news.doubtful:
            found = await self._api.read("conversations.info", channel=news.channel)
            trouble = found.remedy if isinstance(found, Failure) else None
        await self._desk.place_changed(place, trouble=trouble or None)

    def _is_newest(self, news: channels.ChannelNews, event: Payload) -> bool:
        """Slack promises no order, and repeats what it got no answer to."""
        key = (news.channel, news.name is not None)
        when = str(event.get("event_ts", ""))
        if when and when < self._newest.get(key, ""):
            return False
        if len(self._newest) >= _TOLD:
            del self._newest[next(iter(self._newest))]
        self._newest[key] = when
        return True

    async def _person(self, gesture: Gesture) -> Person:
        identity = Identity("slack", gesture.place.workspace, gesture.user)
        return Person(identity, await self._directory.profile(gesture.user))

    async def _acting(self, gesture: Gesture) -> Account:
        return await self._desk.account(await self._person(gesture), gesture.place)


def _field(refusal: Refusal, view: Payload) -> str:
    """The field of the form that a refusal is about."""
    if refusal.code == "pin_required":
        return "pin"
    if refusal.code in ("text_too_long", "empty_message") and "words" in view["state"]["values"]:
        return "words"
    return "people"


def _unknown(command: commands.Unknown) -> Reply:
    meant = f"Did you mean `/pin {command.nearest}`? " if command.nearest else ""
    verb = cards.cut(command.verb, 40).replace("`", "")
    sentence = f"There is no `/pin {verb}`. {meant}`/pin help` lists what there is."
    return refused(Refusal("unknown_command", sentence))


async def _done(work: Coroutine[Any, Any, Reply | None]) -> Reply | None:
    """A listener's boundary: somebody waits for an answer, so a failure gives one too."""
    try:
        return await work
    except Exception as error:  # noqa: BLE001
        log.error("slack.listener_failed", extra={"error": type(error).__name__})
        return trouble()


async def _on_rest(ack: Ack) -> None:
    """Buttons that only open an address tell us so too."""
    await ack()
