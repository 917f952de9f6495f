"""Words: replies with a look at how they will be seen, notes, and what is held.

A reply from a form knows what its writer had seen: where somebody has written since, that
is shown first, with "Send anyway".
"""

from dataclasses import dataclass, replace

from bridge.intake.later import intent_of
from bridge.office.clerk import (
    LOST,
    Asker,
    Clerk,
    Theme,
    cut,
    named,
    others,
    refuse,
    unsent,
)
from bridge.office.inbox import line_item, seen_of
from core.asking import (
    MOST_CHOICES,
    MOST_ITEMS,
    Answer,
    Button,
    Command,
    Fields,
    Form,
    Input,
)
from core.ids import MessageId, ThreadId
from core.intents import Person, PostMessage, RemoteMessage, Speech
from core.model import Refusal
from core.ports.outcomes import Accepted
from core.ports.reading import ThreadView, Timer
from core.rights import Act
from core.rules import EMPTY_MESSAGE
from core.text.content import Content

_FORM = 3_000
"""Characters of a form's field (Slack's limit; Discord takes 4,000)."""
NOT_A_NOTE = Refusal(
    "not_a_brand", "Notes are a brand's. In its inbox `/pin note` leaves one for your colleagues."
)
NOTHING_HELD = Refusal(
    "nothing_held", "None of your replies waits. What has gone out you can delete in its thread."
)


@dataclass(frozen=True, slots=True)
class Words:
    """A reply, what it answers, and the newest line that its writer had seen."""

    text: str
    rich: Content | None = None
    answers: MessageId | None = None
    seen: int | None = None


class Replies:
    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk
        self._desk = clerk.desk

    @property
    def theme(self) -> Theme:
        return Theme(
            {"reply": self.reply, "note": self.note, "undo": self.undo},
            {
                "reply": self.on_reply,
                "note": self.on_note,
                "undo": self.on_undo,
                "confirm": self.on_confirm,
                "anyway": self.on_anyway,
            },
            {"reply": self.on_replied, "note": self.on_noted},
        )

    # --- replies --------------------------------------------------------------------------

    async def reply(self, asker: Asker, command: Command) -> Answer:
        about = await self._about(asker)
        if about is not None and not command.thread:
            command = replace(command, thread=str(about[0]))
        found = await self._clerk.thread(asker, command)
        if isinstance(found, Answer):
            return found
        asker, view = found
        line = await self._desk.line(asker.account.id, *about) if about else None
        if line is None or isinstance(line, Refusal) or about is None or about[0] != view.thread:
            return await self._reply(asker, view, command, None)
        if line.note:
            # An answer to a note would be one; the words of a note may become a reply.
            own = "" if line.deleted else line.text
            return await self._reply(asker, view, command, None, own)
        return await self._reply(asker, view, command, about[1])

    async def _reply(
        self,
        asker: Asker,
        view: ThreadView,
        command: Command,
        answers: MessageId | None,
        words: str = "",
    ) -> Answer:
        if not command.text:
            return await self.ask(asker, view, words, answers)
        return await self.send(asker, view, Words(command.text, command.rich, answers))

    async def on_reply(self, asker: Asker, value: str) -> Answer:
        found = await self._clerk.named(asker, value)
        return found if isinstance(found, Answer) else await self.ask(*found)

    async def on_replied(self, asker: Asker, value: str, fields: Fields) -> Answer:
        """`thread:seen:message`; the message that is answered may be missing."""
        thread, _, rest = value.partition(":")
        seen, _, message = rest.partition(":")
        found = await self._clerk.named(asker, thread)
        if isinstance(found, Answer):
            return found
        newest = int(seen) if seen.isdigit() else None
        answers = MessageId(message) if message else None
        words = Words(str(fields.get("text", "")), None, answers, newest)
        return await self.send(*found, words)

    async def on_anyway(self, asker: Asker, value: str) -> Answer:
        command = self._clerk.drafts.take(asker.person.id, value)
        if command is None:
            return refuse(LOST)
        answer = await self.reply(asker, command)
        return replace(answer, done=answer.refusal is None)

    async def ask(
        self, asker: Asker, view: ThreadView, text: str = "", answers: MessageId | None = None
    ) -> Answer:
        refused = await self._clerk.may(asker, Act.REPLY)
        if refused is not None:
            return refuse(refused)
        page = await self._desk.page(asker.account.id, view.thread, limit=5)
        lines = () if isinstance(page, Refusal) else page.lines
        theirs = [line for line in lines if line.kind == "message" and not line.note]
        last = theirs[-1] if theirs else None
        note = f"{last.author.name}: {cut(last.text, 200)}\n" if last and last.text else ""
        form = Form(
            cut(f"Reply to {named(others(view, asker.account.id))}", 24),
            "Send",
            "reply",
            f"{view.thread}:{seen_of(lines)}{f':{answers}' if answers else ''}",
            (Input("text", "Your reply", "long", value=text[:_FORM], most=_FORM),),
            f"{note}{self.seen_as(asker, view)}",
        )
        return Answer(f"Write your reply: `/pin reply {view.code} <words>`", form=form)

    def seen_as(self, asker: Asker, view: ThreadView) -> str:
        """As whom they will see it."""
        who = named(others(view, asker.account.id), 9)
        if not asker.for_brand:
            return f"{who} will see this as {asker.account.name}."
        signed = asker.rules is not None and asker.rules.signatures
        by = f", signed {asker.person.name}" if signed else ""
        return f"The follower, {who}, will see this as {asker.account.name}{by}."

    async def send(self, asker: Asker, view: ThreadView, words: "Words") -> Answer:
        if not words.text.strip():
            return refuse(EMPTY_MESSAGE, "text")
        what = PostMessage(
            view.thread,
            words.text,
            rich=words.rich,
            answers=words.answers,
            speech=Speech.REPLY,
            seen=words.seen,
        )
        outcome = await self._clerk.submit(asker, what, f"reply {view.code}")
        if isinstance(outcome, Refusal) and outcome.code == "conversation_moved":
            return await self._moved(asker, view, outcome, words)
        who = named(others(view, asker.account.id))
        done = f"Sent to {who} as {asker.account.name}. It stands in the thread."
        return self._clerk.told(asker, outcome, done)

    async def _moved(
        self, asker: Asker, view: ThreadView, moved: Refusal, words: "Words"
    ) -> Answer:
        """Shows what was missed, and the words, which may be sent all the same."""
        page = await self._desk.page(
            asker.account.id, view.thread, after=words.seen or 0, limit=MOST_ITEMS
        )
        lines = () if isinstance(page, Refusal) else page.lines
        now = self._clerk.now()
        missed = [line_item(line, now) for line in lines if line.kind == "message"]
        again = Command("reply", thread=str(view.thread), text=words.text, rich=words.rich)
        draft = self._clerk.drafts.keep(asker.person.id, again)
        return Answer(
            moved.sentence,
            (*missed[-MOST_ITEMS + 2 :], *unsent(words.text, "Your reply")),
            (
                Button("Send anyway", "anyway", draft, "primary"),
                Button("Write another", "reply", str(view.thread)),
            ),
            refusal=moved,
        )

    async def _about(self, asker: Asker) -> tuple[ThreadId, MessageId] | None:
        """The message on which it was done, and its thread."""
        caller = asker.caller
        if caller.message is None or caller.place is None:
            return None
        remote = RemoteMessage(caller.place.platform, caller.message)
        return await self._desk.message_at(remote)

    # --- notes ----------------------------------------------------------------------------

    async def note(self, asker: Asker, command: Command) -> Answer:
        about = await self._about(asker)
        if about is not None and not command.thread:
            command = replace(command, thread=str(about[0]))
        found = await self._clerk.thread(asker, command)
        if isinstance(found, Answer):
            return found
        asker, view = found
        refused = await self._clerk.may(asker, Act.NOTE) if asker.for_brand else NOT_A_NOTE
        if refused is not None:
            return refuse(refused)
        if command.text:
            return await self._note(asker, view, command.text, command.rich)
        line = await self._desk.line(asker.account.id, *about) if about else None
        words = "" if line is None or isinstance(line, Refusal) else line.text[:_FORM]
        form = Form(
            "Leave a note",
            "Save",
            "note",
            str(view.thread),
            (Input("text", "Your note", "long", value=words, most=_FORM),),
            f"Only the people of {asker.account.name} see this.",
        )
        return Answer(f"Write your note: `/pin note {view.code} <words>`", form=form)

    async def on_note(self, asker: Asker, value: str) -> Answer:
        return await self.note(asker, Command("note", thread=value))

    async def on_noted(self, asker: Asker, value: str, fields: Fields) -> Answer:
        text = str(fields.get("text", ""))
        if not text.strip():
            return refuse(EMPTY_MESSAGE, "text")
        return await self.note(asker, Command("note", thread=value, text=text))

    async def _note(
        self, asker: Asker, view: ThreadView, text: str, rich: Content | None
    ) -> Answer:
        what = PostMessage(view.thread, text, rich=rich, speech=Speech.NOTE)
        done = f"Noted. Only the people of {asker.account.name} see it, in the thread."
        return await self._clerk.act(asker, what, f"note {view.code}", done)

    # --- what is held ---------------------------------------------------------------------

    async def undo(self, asker: Asker, command: Command) -> Answer:
        """The newest reply of the asker's that waits."""
        del command
        for timer in self._clerk.drafts.last(asker.person.id):
            if await self._desk.timer(timer) is not None:
                return await self.on_undo(asker, timer)
        # After a restart nobody remembers whose newest it was.
        for line in await self._desk.inbox(asker.account.id, MOST_CHOICES):
            held = await self._desk.held_replies(line.thread, asker.account.id)
            mine = [timer for timer in held if await self._is_theirs(asker, timer)]
            if mine:
                return await self.on_undo(asker, mine[-1].id)
        return refuse(NOTHING_HELD)

    async def _is_theirs(self, asker: Asker, timer: Timer) -> bool:
        """Whether the asker wrote it; a colleague's is not taken back by accident."""
        actor = intent_of(timer).actor
        logins = await self._desk.identities(asker.person.id)
        return actor == asker.person.id or (isinstance(actor, Person) and actor.identity in logins)

    async def on_undo(self, asker: Asker, value: str) -> Answer:
        agent = await self._agent_of(asker, value)
        refused = await self._desk.undo(value, agent.caller.person, agent.place, away=agent.away)
        self._clerk.drafts.forget(asker.person.id, value)
        if refused is not None:
            return refuse(refused)
        return Answer("Taken back; nobody saw it. Write it again when you are ready.", done=True)

    async def on_confirm(self, asker: Asker, value: str) -> Answer:
        agent = await self._agent_of(asker, value)
        outcome = await self._desk.release(value, agent.caller.person, agent.place, away=agent.away)
        self._clerk.drafts.forget(asker.person.id, value)
        if isinstance(outcome, Accepted):
            return Answer(await self._confirmed(asker, outcome), done=True)
        return self._clerk.told(asker, outcome, "")

    async def _confirmed(self, asker: Asker, outcome: Accepted) -> str:
        """Its author may have put the mark of a note in front of it meanwhile."""
        if outcome.message is not None:
            line = await self._desk.line(asker.account.id, outcome.thread, outcome.message)
            if not isinstance(line, Refusal) and line.note:
                return "Not sent: you have made a note of it. It stays inside."
        return "Sent. It stands in the thread."

    async def _agent_of(self, asker: Asker, timer: str) -> Asker:
        """The asker as the account whose reply it is, if they may act for it."""
        found = await self._desk.timer(timer)
        if found is None or found.account is None:
            return asker
        return await self._clerk.acting_for(asker, found.account) or asker
