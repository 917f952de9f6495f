"""What is done with a thread or its conversation: who answers, where it stands, who is in it."""

from dataclasses import replace
from datetime import datetime

from bridge.office.clerk import (
    Asker,
    Clerk,
    Theme,
    cut,
    named,
    others,
    refusal,
    refuse,
    title_of,
)
from bridge.office.inbox import request_buttons, thread_buttons
from core.asking import MOST_CHOICES, Answer, Button, Choice, Command, Fields, Form, Input, Picker
from core.ids import AccountId, MessageId, ThreadId
from core.intents import (
    Accept,
    AddPeople,
    Assign,
    Ignore,
    Leave,
    Mute,
    Person,
    PersonRef,
    RemoteMessage,
    RemovePeople,
    Report,
    SetStatus,
)
from core.model import Binding, BindingKind, Mirror, Mode, Refusal, Request, Status
from core.moments import left, marked, moment
from core.ports.reading import ThreadView
from core.rights import Act
from core.rules import BAD_TIME

_STATUS = {"open": Status.OPEN, "snooze": Status.SNOOZED, "resolved": Status.RESOLVED}
_SPANS = (
    Choice("30 minutes", "30m"),
    Choice("2 hours", "2h"),
    Choice("Tomorrow at 9", "tomorrow 9am"),
    Choice("3 days", "3d"),
    Choice("Monday at 9", "monday 9am"),
)


class Threads:
    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk
        self._desk = clerk.desk

    @property
    def theme(self) -> Theme:
        return Theme(
            {
                "assign": self.assign,
                "status": self.status,
                "accept": self.accept,
                "ignore": self.ignore,
                "add": self.add,
                "remove": self.remove,
                "leave": self.leave,
                "mute": self.mute,
                "unmute": self.mute,
                "report": self.report,
            },
            {
                "take": self.on_take,
                "assign": self.on_assign,
                "status": self.on_status,
                "snooze": self.on_snooze,
                "accept": self.on_accept,
                "ignore": self.on_ignore,
                "blockin": self.on_block,
                "blockall": self.on_block_sure,
                "leave": self.on_leave,
                "mute": self.on_mute,
            },
            {
                "assign": self.on_assigned,
                "snooze": self.on_snoozed,
                "add": self.on_added,
                "remove": self.on_removed,
                "report": self.on_reported,
            },
        )

    # --- who answers, and where it stands -------------------------------------------------

    async def assign(self, asker: Asker, command: Command) -> Answer:
        found = await self._clerk.thread(asker, command)
        if isinstance(found, Answer):
            return found
        asker, view = found
        if command.people:
            (ref,) = await self._clerk.people(asker, command.people[:1])
            return await self._assign(asker, view, ref)
        if command.option:
            return await self._assign(asker, view, _assignee(asker, command.option))
        return await self._ask_assignee(asker, view)

    async def on_take(self, asker: Asker, value: str) -> Answer:
        return await self.assign(asker, Command("assign", thread=value, option="me"))

    async def on_assign(self, asker: Asker, value: str) -> Answer:
        return await self.assign(asker, Command("assign", thread=value))

    async def on_assigned(self, asker: Asker, value: str, fields: Fields) -> Answer:
        found = await self._clerk.named(asker, value)
        if isinstance(found, Answer):
            return found
        return await self._assign(*found, _assignee(found[0], str(fields.get("to", ""))))

    async def _ask_assignee(self, asker: Asker, view: ThreadView) -> Answer:
        refused = await self._clerk.may(asker, Act.ASSIGN) or _of_a_brand(asker)
        if refused:
            return refuse(refused)
        agents = await self._desk.agents(asker.account.id)
        choices = [Choice("Me", "me"), Choice("Nobody in particular", "none")]
        choices += [
            Choice(f"{each.name} (@{each.handle})", str(each.id))
            for each, _ in agents
            if each.id != asker.person.id
        ]
        menu = Input("to", "Who answers?", "choice", tuple(choices[:MOST_CHOICES]))
        return Answer(
            f"Who answers {named(others(view, asker.account.id))} here?",
            picker=Picker("assign", menu, str(view.thread)),
        )

    async def _assign(self, asker: Asker, view: ThreadView, to: PersonRef | None) -> Answer:
        (who,) = await self._desk.find_people((to,)) if to is not None else (None,)
        if to is None:
            done = f"Nobody in particular answers {title_of(view)} now. `/pin assign` changes that."
        elif who is not None and who.id == asker.person.id:
            done = f"You answer {title_of(view)} now. You are told when something comes in."
        else:
            done = f"{who.name if who else 'They'} will answer {title_of(view)}, and can see it."
        return await self._clerk.act(asker, Assign(view.thread, to), f"assign {view.code}", done)

    async def status(self, asker: Asker, command: Command) -> Answer:
        found = await self._clerk.thread(asker, command)
        if isinstance(found, Answer):
            return found
        asker, view = found
        wanted = {"snoozed": "snooze", "resolve": "resolved"}.get(command.option, command.option)
        if wanted not in _STATUS:
            return await self._ask_status(asker, view, wanted)
        if wanted == "snooze":
            return await self._snooze(asker, view, command.text)
        return await self._set(asker, view, _STATUS[wanted])

    async def _ask_status(self, asker: Asker, view: ThreadView, typed: str) -> Answer:
        refused = _of_a_brand(asker) or await self._clerk.may(asker, Act.STATUS)
        if refused:
            return refuse(refused)
        text = f"{title_of(view)} is {view.status}. What becomes of it?"
        if typed:
            text = f"{cut(typed, 30)} is no status. Choose open, snooze or resolved."
        return Answer(text, buttons=_status_buttons(view))

    async def on_status(self, asker: Asker, value: str) -> Answer:
        option, _, thread = value.partition(":")
        return await self.status(asker, Command("status", thread=thread, option=option))

    async def on_snooze(self, asker: Asker, value: str) -> Answer:
        return await self.status(asker, Command("status", thread=value, option="snooze"))

    async def on_snoozed(self, asker: Asker, value: str, fields: Fields) -> Answer:
        text = str(fields.get("for", ""))
        return await self.status(asker, Command("status", thread=value, option="snooze", text=text))

    async def _snooze(self, asker: Asker, view: ThreadView, text: str) -> Answer:
        refused = _of_a_brand(asker) or await self._clerk.may(asker, Act.STATUS)
        if refused:
            return refuse(refused)
        if not text:
            menu = Input("for", "For how long?", "choice", _SPANS)
            return Answer(
                f"When should {title_of(view)} come back? It comes back by itself if they write.",
                picker=Picker("snooze", menu, str(view.thread)),
            )
        zone = await self._clerk.zone(asker)
        until = moment(text, self._clerk.now().astimezone(zone))
        if until is None:
            return refuse(BAD_TIME, "for")
        return await self._set(
            asker, view, Status.SNOOZED, until.astimezone(self._clerk.now().tzinfo)
        )

    async def _set(
        self, asker: Asker, view: ThreadView, status: Status, until: datetime | None = None
    ) -> Answer:
        done = f"{title_of(view)} is {status}."
        if until is not None:
            done = (
                f"{title_of(view)} is snoozed for {left(until, self._clerk.now())}. It comes back "
                "then, or when they write."
            )
        elif status is Status.RESOLVED:
            done = f"{title_of(view)} is resolved. It opens again by itself if they write."
        what = SetStatus(view.thread, status, until)
        return await self._clerk.act(asker, what, f"status {view.code} {status}", done)

    # --- requests -------------------------------------------------------------------------

    async def accept(self, asker: Asker, command: Command) -> Answer:
        found = await self._clerk.thread(asker, command)
        if isinstance(found, Answer):
            return found
        asker, view = found
        who = named(others(view, asker.account.id))
        done = f"You talk with {who} now. Answer in the thread, or with `/pin reply {view.code}`."
        return await self._clerk.act(asker, Accept(view.thread), f"accept {view.code}", done)

    async def ignore(self, asker: Asker, command: Command) -> Answer:
        found = await self._clerk.thread(asker, command)
        if isinstance(found, Answer):
            return found
        asker, view = found
        done = f"Put away. {named(others(view, asker.account.id))} is not told. "
        done += f"`/pin accept {view.code}` brings it back."
        return await self._clerk.act(asker, Ignore(view.thread), f"ignore {view.code}", done)

    async def on_accept(self, asker: Asker, value: str) -> Answer:
        return await self.accept(asker, Command("accept", thread=value))

    async def on_ignore(self, asker: Asker, value: str) -> Answer:
        return await self.ignore(asker, Command("ignore", thread=value))

    async def on_block(self, asker: Asker, value: str) -> Answer:
        """Asks first: whoever wrote is blocked everywhere."""
        found = await self._clerk.named(asker, value)
        if isinstance(found, Answer):
            return found
        _, view = found
        wrote = view.people[0]
        if wrote.id == found[0].account.id:
            return refusal(
                "blocks_itself", "You started this. `/pin block @somebody` blocks others."
            )
        return Answer(
            f"Block {wrote.name} (@{wrote.handle})? Neither of you hears from the other any more, "
            "and nobody is told.",
            buttons=(Button("Block", "blockall", f"{wrote.id}:{value}", "danger"),),
        )

    async def on_block_sure(self, asker: Asker, value: str) -> Answer:
        who, _, thread = value.partition(":")
        found = await self._clerk.named(asker, thread)
        if isinstance(found, Answer):
            return found
        agent, view = found
        done = await self._desk.block(
            agent.caller.person, AccountId(who), on=True, place=agent.place, away=agent.away
        )
        if isinstance(done, Refusal):
            return refuse(done)
        alone = [each.id for each in others(view, agent.account.id)] == [done.id]
        if alone and view.request is Request.PENDING:
            # Their request is answered by that, and waits no longer.
            await self._clerk.submit(agent, Ignore(view.thread), f"ignore {view.code}")
        return Answer(
            f"You do not hear from {done.name} any more. `/pin unblock @{done.handle}` ends that.",
            done=True,
        )

    # --- people ---------------------------------------------------------------------------

    async def add(self, asker: Asker, command: Command) -> Answer:
        found = await self._clerk.thread(asker, command)
        if isinstance(found, Answer):
            return found
        asker, view = found
        if not command.people:
            return Answer(
                f"Whom do you want to add? `/pin add {view.code} @somebody`",
                form=_people_form(
                    "Add people", "Add", "add", view, "They see what comes from now on."
                ),
            )
        return await self._add(asker, view, await self._clerk.people(asker, command.people))

    async def on_added(self, asker: Asker, value: str, fields: Fields) -> Answer:
        found = await self._clerk.named(asker, value)
        if isinstance(found, Answer):
            return found
        people = await self._clerk.given_people(asker, fields.get("people", ()))
        return await self._add(*found, people)

    async def _add(self, asker: Asker, view: ThreadView, people: tuple[PersonRef, ...]) -> Answer:
        if not people:
            return refusal("nobody_named", "Name at least one person, such as @jo.", "people")
        who = [each for each in await self._desk.find_people(people) if each is not None]
        done = f"Added {named(who, 9)}. They see what comes from now on."
        return await self._clerk.act(
            asker, AddPeople(view.thread, people), f"add {view.code}", done
        )

    async def remove(self, asker: Asker, command: Command) -> Answer:
        found = await self._clerk.thread(asker, command)
        if isinstance(found, Answer):
            return found
        asker, view = found
        if not command.people:
            form = _people_form("Remove people", "Remove", "remove", view,
                                "They keep what they have seen, and see nothing new.")  # fmt: skip
            text = f"Whom do you want to take out? `/pin remove {view.code} @somebody`"
            return Answer(text, form=form)
        return await self._remove(asker, view, await self._clerk.people(asker, command.people))

    async def on_removed(self, asker: Asker, value: str, fields: Fields) -> Answer:
        found = await self._clerk.named(asker, value)
        if isinstance(found, Answer):
            return found
        people = await self._clerk.given_people(asker, fields.get("people", ()))
        return await self._remove(*found, people)

    async def _remove(
        self, asker: Asker, view: ThreadView, people: tuple[PersonRef, ...]
    ) -> Answer:
        if not people:
            return refusal("nobody_named", "Name at least one person, such as @jo.", "people")
        who = [each for each in await self._desk.find_people(people) if each is not None]
        done = f"{named(who, 9)} is out. They keep what they have seen."
        what = RemovePeople(view.thread, people)
        return await self._clerk.act(asker, what, f"remove {view.code}", done)

    async def leave(self, asker: Asker, command: Command) -> Answer:
        found = await self._clerk.thread(asker, command)
        if isinstance(found, Answer):
            return found
        asker, view = found
        who = named(others(view, asker.account.id))
        return Answer(
            f"Leave the conversation with {who}, with all of its threads? You keep what you have "
            "seen, and see nothing new.",
            buttons=(
                Button("Leave", "leave", str(view.thread), "danger"),
                Button("Only mute it", "mute", f"on:{view.thread}"),
            ),
        )

    async def on_leave(self, asker: Asker, value: str) -> Answer:
        found = await self._clerk.named(asker, value)
        if isinstance(found, Answer):
            return found
        asker, view = found
        done = "You have left. A new pin with the same people begins a new conversation."
        answer = await self._clerk.act(asker, Leave(view.thread), f"leave {view.code}", done)
        return replace(answer, done=answer.refusal is None)

    async def mute(self, asker: Asker, command: Command) -> Answer:
        found = await self._clerk.thread(asker, command)
        if isinstance(found, Answer):
            return found
        asker, view = found
        on = command.verb == "mute"
        who = named(others(view, asker.account.id))
        if on:
            done = f"Muted: nothing from {who} pings you here. `/pin unmute {view.code}` ends that."
        else:
            done = f"You are pinged again when {who} writes here."
        return await self._clerk.act(
            asker, Mute(view.thread, on), f"{command.verb} {view.code}", done
        )

    async def on_mute(self, asker: Asker, value: str) -> Answer:
        on, _, thread = value.partition(":")
        return await self.mute(asker, Command("mute" if on == "on" else "unmute", thread=thread))

    # --- reports --------------------------------------------------------------------------

    async def report(self, asker: Asker, command: Command) -> Answer:
        message = await self._message(asker)
        if message and not command.thread:
            command = Command(command.verb, thread=message[0], text=command.text)
        found = await self._clerk.thread(asker, command)
        if isinstance(found, Answer):
            return found
        asker, view = found
        what = (
            f"{view.thread}:{message[1]}" if message and message[0] == view.thread else view.thread
        )
        if command.text:
            return await self._report(asker, str(what), command.text)
        return Answer(
            f"What is wrong? `/pin report {view.code} <what is wrong>`",
            form=Form(
                "Report",
                "Report",
                "report",
                str(what),
                (Input("text", "What is wrong?", "long", most=1000),),
                "Whoever runs Pinthread here reads your words and the messages as they are now. "
                "Nobody else is told.",
            ),
        )

    async def on_reported(self, asker: Asker, value: str, fields: Fields) -> Answer:
        found = await self._clerk.named(asker, value.partition(":")[0])
        if isinstance(found, Answer):
            return found
        return await self._report(found[0], value, str(fields.get("text", "")))

    async def _report(self, asker: Asker, value: str, reason: str) -> Answer:
        thread, _, message = value.partition(":")
        about = MessageId(message) if message else None
        what = Report(ThreadId(thread), about, reason[:1000])
        done = "Reported. Whoever runs Pinthread here will look at it; nobody else is told. "
        done += "`/pin block @somebody` stops their messages at once."
        return await self._clerk.act(asker, what, f"report {value}", done)

    async def _message(self, asker: Asker) -> tuple[ThreadId, str] | None:
        """The message on which it was done."""
        caller = asker.caller
        if caller.message is None or caller.place is None:
            return None
        remote = RemoteMessage(caller.place.platform, caller.message)
        return await self._desk.message_at(remote)

    # --- cards ----------------------------------------------------------------------------

    async def card(self, mirror: Mirror) -> tuple[str, tuple[Button, ...]]:
        """The line and the buttons under a card in a brand's inbox, or under a request."""
        if mirror.kind is BindingKind.PROJECT:
            return "", ()
        view = await self._desk.open(mirror.account, str(mirror.thread))
        binding = await self._desk.binding_at(mirror.place)
        if isinstance(view, Refusal):
            return "", ()
        who = named(others(view, mirror.account))
        inbox = mirror.kind is BindingKind.INBOX
        mode = _mode_line(binding, who) if binding is not None and inbox else ""
        if view.request is Request.PENDING:
            asks = f"{who} writes to you for the first time"
            buttons = request_buttons(str(view.thread), for_brand=inbox)
            return " · ".join(filter(None, (asks, mode))), tuple(buttons)
        if not mode:
            return "", ()
        status = str(view.status)
        if view.status is Status.SNOOZED and view.until is not None:
            status = f"snoozed until {marked(view.until)}"
        holder = f"{view.assignee.name} answers" if view.assignee else "unassigned"
        thread = str(view.thread)
        return f"{mode} · {status} · {holder}", (
            Button("Reply", "reply", thread, "primary"),
            *thread_buttons(thread, view.status, None, mirror.account),
        )


def _mode_line(binding: Binding, who: str) -> str:
    if binding.mode is Mode.RELAY:
        return f"Replies here go to {who}; `note:` makes a note"
    return f"Replies here are notes; Reply sends to {who}"


def _assignee(asker: Asker, option: str) -> PersonRef | None:
    if option == "me":
        # As who they are here: an agent may have their role from the place alone.
        caller = asker.caller.person
        return caller if isinstance(caller, Person) else asker.person.id
    return None if option in ("none", "") else AccountId(option)


def _of_a_brand(asker: Asker) -> Refusal | None:
    if asker.for_brand:
        return None
    return Refusal(
        "not_a_brand", "Only a brand's threads are assigned and have a status. Do it in its inbox."
    )


def _status_buttons(view: ThreadView) -> tuple[Button, ...]:
    thread = str(view.thread)
    return (
        Button("Open", "status", f"open:{thread}"),
        Button("Snooze", "snooze", thread),
        Button("Resolve", "status", f"resolved:{thread}"),
    )


def _people_form(title: str, submit: str, action: str, view: ThreadView, note: str) -> Form:
    people = Input("people", "People", "people", most=9, hint="@jo")
    return Form(title, submit, action, str(view.thread), (people,), note)
