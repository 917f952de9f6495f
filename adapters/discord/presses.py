"""What people start on Discord, taken to the office: commands, menus, buttons and forms.

An interaction that comes twice is answered once. Whom a command mentions and which words it
holds is looked up here; everything else is the office's.
"""

import logging
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import discord
import msgspec

from adapters.discord import answers, commands
from adapters.discord.callers import Interaction, actor_of, caller_of, channel_of, place_of
from adapters.discord.client import said, stored
from adapters.discord.errors import UNKNOWN_MESSAGE, Problem
from adapters.discord.inbound import PLATFORM, Said, direct_place, intent, words
from adapters.discord.meaning import Meaning
from adapters.discord.outbound import NOBODY, remote_id
from adapters.discord.people import People, User, person_of
from adapters.discord.quiet import Quiet
from adapters.discord.responding import Response
from adapters.discord.rest import Rest
from adapters.discord.telling import Teller
from core.asking import Answer, Caller, Command, Fields, Mentioned
from core.grammar import channel_link
from core.grammar import command as command_of
from core.ids import SpaceId, ThreadId
from core.intents import Handle, InDirect, InSpace, Person, PersonRef, Target
from core.model import BindingKind, Place, Refusal
from core.ports.desk import Desk
from core.ports.outcomes import Accepted
from core.text.content import Content

log = logging.getLogger("pinthread.discord")

UNKNOWN = "That did not work. Try it again; if it goes on, tell whoever runs Pinthread here."
NOT_KNOWN = (
    "Nothing is known of a refusal of this message. Only its author can ask, and only until "
    "Pinthread is restarted: send it again to see what happens."
)
LOST_WORDS = "Your message is not there any more. Write it again."
NO_PIN = "There is no pin in this message. Use it on one that holds a pin's address or card."
DIRECT = "@me"
"""The server in a link to a direct message."""
_REMEMBERED = 1_000
_PIN = re.compile(r"https?://(?:[\w.-]+\.)?(?:pinterest\.[\w.]+/pin/|pin\.it/)[^\s<>#|)]+")
_MENTION = re.compile(r"<@!?(\d{1,20})>")
_WORDS = frozenset({"send", "reply", "note"})
"""Verbs whose text is what others read."""


class Front:
    """Where commands and presses come to. `patience` as in `Response`."""

    def __init__(
        self,
        desk: Desk,
        rest: Rest,
        people: People,
        meaning: Meaning,
        teller: Teller,
        quiet: Quiet,
        *,
        patience: float,
    ) -> None:
        self._desk = desk
        self._rest = rest
        self._people = people
        self._meaning = meaning
        self._teller = teller
        self._quiet = quiet
        self._patience = patience
        self._seen: OrderedDict[int, None] = OrderedDict()

    async def register(self, application: str) -> None:
        """Registers the commands at Discord where it has others."""
        path = f"/applications/{application}/commands"
        known = await self._rest.read(path, list[dict[str, Any]])
        if not isinstance(known, Problem):
            if commands.same(known):
                return
            known = await self._rest.ask("PUT", path, list[dict[str, Any]], commands.definitions())
        if isinstance(known, Problem):
            # Old commands are better than none, and the next start tries again.
            log.warning("commands_not_registered", extra={"status": known.status})
        else:
            log.info("commands_registered")

    async def pressed(self, interaction: Interaction) -> None:
        """A command, its autocomplete, a menu, a button or a form."""
        if interaction.id in self._seen:
            return
        self._seen[interaction.id] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        response = Response(self._rest, interaction, self._patience)
        try:
            await self._handle(interaction, response)
        except Exception as error:
            # The boundary of an interaction: its caller is told, and the next one goes on.
            found = {"interaction": interaction.id, "error": type(error).__name__}
            log.exception("interaction_failed", extra=found)
            if interaction.type is not discord.InteractionType.autocomplete:
                await response.give(Answer(UNKNOWN))

    async def _handle(self, interaction: Interaction, response: Response) -> None:
        data: Mapping[str, Any] = interaction.data or {}
        kind = interaction.type
        if kind is discord.InteractionType.autocomplete:
            await self._complete(interaction, response, commands.called(data))
        elif kind is discord.InteractionType.application_command:
            if data.get("type", commands.CHAT) == commands.CHAT:
                await response.when_done(self._run(interaction, commands.called(data)))
            else:
                await self._menu(interaction, response, data)
        elif kind is discord.InteractionType.modal_submit:
            await self._submitted(interaction, response, data)
        elif kind is discord.InteractionType.component:
            await self._component(interaction, response, data)

    # --- commands

    async def _run(self, interaction: Interaction, called: commands.Called) -> Answer:
        asked = command_of(called.verb, called.options)
        asked = replace(asked, people=await self._named(asked.people, place_of(interaction)))
        if called.verb in _WORDS and asked.text:
            text, rich = await self._worded(asked.text)
            asked = replace(asked, text=text, rich=rich)
        caller, asked = await self._linked(caller_of(interaction), asked)
        return await self._desk.office.run(caller, asked)

    async def _linked(self, caller: Caller, asked: Command) -> tuple[Caller, Command]:
        """A link of Discord's is the thread that it leads to: as if it had been done there.

        The thread of a card in a text channel has the id of the card. In direct messages the
        thread is that of the message.
        """
        link = channel_link(asked.thread)
        if link is None:
            return caller, asked
        server, channel, message = link
        target: InSpace | InDirect = InSpace(PLATFORM, SpaceId(channel))
        if message and server == DIRECT:
            user = caller.person.identity.user if isinstance(caller.person, Person) else ""
            target = InDirect(direct_place(user), remote_id(channel, message))
        elif message and await self._desk.thread_at(target) is None:
            target = InSpace(PLATFORM, SpaceId(message))
        return replace(caller, thread=target, message=None), replace(asked, thread="")

    async def _named(
        self, people: tuple[PersonRef | Mentioned, ...], place: Place
    ) -> tuple[PersonRef, ...]:
        """Those who were mentioned, with the names and, in an inbox, the roles they have."""
        found: list[PersonRef] = []
        for one in people:
            if not isinstance(one, Mentioned):
                found.append(one)
                continue
            who = await self._people.person(one.user)
            if isinstance(who, Person):
                roles = await self._meaning.roles(place, one.user)
                found.append(replace(who, roles=roles))
            else:
                found.append(Handle(one.user))
        return tuple(found)

    async def _worded(self, text: str) -> tuple[str, Content | None]:
        """Words that were typed into an option, in which people write as in a message."""
        known: dict[str, Person] = {}
        for user in dict.fromkeys(_MENTION.findall(text)):
            who = await self._people.person(user)
            if isinstance(who, Person):
                known[user] = who
        accounts = await self._desk.accounts_of([who.identity for who in known.values()])
        names = {user: who.profile.name for user, who in known.items()}
        members = {
            user: str(account.id)
            for user, account in zip(known, accounts, strict=True)
            if account is not None
        }
        typed = Said("0", "0", "", None, "0", "", None, text, discord.utils.utcnow(), people=names)
        return words(typed, members)

    async def _complete(
        self, interaction: Interaction, response: Response, called: commands.Called
    ) -> None:
        typed = called.options.get(called.focused, "")
        found = await self._desk.office.choices(
            caller_of(interaction), called.verb, called.focused, typed
        )
        await response.choose(commands.offered(found))

    # --- menus on messages and people

    async def _menu(
        self, interaction: Interaction, response: Response, data: Mapping[str, Any]
    ) -> None:
        target, name = str(data.get("target_id")), data.get("name")
        resolved = data.get("resolved") or {}
        if name == commands.CONVERSATIONS:
            user = (resolved.get("users") or {}).get(target) or {"id": target, "username": ""}
            asked = Command("inbox", people=(_person(user),))
            await response.when_done(self._desk.office.run(caller_of(interaction), asked))
            return
        if name == commands.WHY:
            sentence = self._teller.why(target, str(interaction.user.id))
            await response.give(Answer(sentence or NOT_KNOWN))
            return
        shape = (resolved.get("messages") or {}).get(target) or {}
        caller = caller_of(interaction, target)
        if name == commands.SEND:
            pin = _pin_in(shape)
            asked = Command("send", pin=pin)
            await response.when_done(
                self._desk.office.run(caller, asked) if pin else _simply(NO_PIN)
            )
            return
        verb = "reply" if name == commands.REPLY else "note"
        await response.when_done(self._with_words(interaction, caller, verb, shape))

    async def _with_words(
        self, interaction: Interaction, caller: Caller, verb: str, shape: Mapping[str, Any]
    ) -> Answer:
        """A form for a reply or a note, in which the words of the message stand."""
        client = interaction.client
        text = ""
        if shape:
            guild = str(interaction.guild_id or "")
            text = words(said(stored(client, shape, guild)))[0]
        answer = await self._desk.office.run(caller, Command(verb))
        return _filled(answer, text)

    # --- buttons, pickers and forms

    async def _component(
        self, interaction: Interaction, response: Response, data: Mapping[str, Any]
    ) -> None:
        kind, _, rest = str(data.get("custom_id") or "").partition(":")
        values = tuple(map(str, data.get("values") or ()))
        office, caller = self._desk.office, caller_of(interaction)
        if kind == answers.CHOSEN and values:
            kind, rest = answers.PRESSED, values[0]
        if kind in (answers.PRESSED, answers.QUIET):
            action, _, value = rest.partition(":")
            answer = await response.when_done(office.press(caller, action, value))
            if kind == answers.QUIET and answer.done:
                await self._quiet.take_away(channel_of(interaction), _pressed(interaction))
        elif kind == answers.PICKED and values:
            action, name, value = (*rest.split(":", 2), "", "")[:3]
            fields: Fields = {name: values if len(values) > 1 else values[0]}
            await response.when_done(office.submit(caller, action, value, fields))
        elif kind == "pick" and values:
            await self._pick(interaction, response, rest, ThreadId(values[0]))
        else:
            # A button of an earlier version, or a menu of which nothing was chosen.
            await response.announce(update=True)

    async def _submitted(
        self, interaction: Interaction, response: Response, data: Mapping[str, Any]
    ) -> None:
        _, action, value = (*str(data.get("custom_id") or "").split(":", 2), "", "")[:3]
        parts = data.get("components") or ()
        fields = await self._fields(answers.handed_in(parts))
        work = self._desk.office.submit(caller_of(interaction), action, value, fields)
        await response.when_done(work, words=answers.typed(parts))

    async def _fields(self, given: Fields) -> Fields:
        """People who were mentioned by Discord's token, as the accounts they have."""
        found: dict[str, str | tuple[str, ...]] = {}
        for name, value in given.items():
            if isinstance(value, tuple):
                found[name] = tuple([await self._account(word) for word in value])
            else:
                found[name] = value
        return found

    async def _account(self, word: str) -> str:
        mention = _MENTION.fullmatch(word)
        who = await self._people.person(mention.group(1)) if mention else None
        if not isinstance(who, Person):
            return f"@{word.lstrip('@')}"
        [account] = await self._desk.find_people([who])
        return str(account.id) if account is not None else f"@{word}"

    # --- which thread were these words for?

    async def _pick(
        self, interaction: Interaction, response: Response, message: str, thread: ThreadId
    ) -> None:
        """The words are read again at Discord, so that nothing is kept meanwhile."""
        await response.announce(update=True)
        path = f"/channels/{channel_of(interaction)}/messages/{message}"
        shape = await self._rest.read(path, dict[str, Any])
        if isinstance(shape, Problem):
            if shape.code == UNKNOWN_MESSAGE:
                await response.change(_alone(LOST_WORDS))
            return
        heard = said(stored(interaction.client, shape, str(interaction.guild_id or "")))
        wanted = intent(heard, chosen=await self._target(interaction, thread))
        if wanted is None or heard.author != str(interaction.user.id):
            return
        outcome = await self._desk.submit(wanted)
        if isinstance(outcome, Accepted):
            await response.change(_alone("Sent."))
        elif isinstance(outcome, Refusal):
            await response.change(_alone(outcome.sentence))

    async def _target(self, interaction: Interaction, thread: ThreadId) -> Target:
        """The thread as it stands in these direct messages: the words were said here."""
        asker = await self._desk.account(actor_of(interaction), place_of(interaction))
        view = await self._desk.open(asker.id, thread)
        if not isinstance(view, Refusal):
            for mirror in view.mirrors:
                here = mirror.place.platform == PLATFORM and mirror.kind is BindingKind.DIRECT
                if here and mirror.root is not None:
                    return InDirect(place_of(interaction), mirror.root)
        return thread


async def _simply(text: str) -> Answer:
    return Answer(text)


def _alone(text: str) -> dict[str, Any]:
    return {
        "content": answers.sentence(text),
        "embeds": [],
        "components": [],
        "allowed_mentions": NOBODY,
    }


def _pressed(interaction: Interaction) -> str:
    return str(interaction.message.id) if interaction.message is not None else ""


def _person(user: Mapping[str, Any]) -> Person:
    return person_of(msgspec.convert(user, User))


def _pin_in(shape: Mapping[str, Any]) -> str:
    """The address of a pin in a message's words, or on a card of ours."""
    texts = [str(shape.get("content") or "")]
    texts += [str(embed.get("url") or "") for embed in shape.get("embeds") or ()]
    found = next((hit for text in texts if (hit := _PIN.search(text))), None)
    return found.group().rstrip(".,;:!?'\"") if found else ""


def _filled(answer: Answer, text: str) -> Answer:
    """The form with the words in its first field for long texts, where that is still empty."""
    form = answer.form
    if form is None or not text:
        return answer
    at = next((n for n, one in enumerate(form.inputs) if one.kind == "long"), None)
    if at is None or form.inputs[at].value:
        return answer
    inputs = [*form.inputs]
    inputs[at] = replace(inputs[at], value=text)
    return replace(answer, form=replace(form, inputs=tuple(inputs)))
