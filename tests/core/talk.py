"""A conversation in a few words, for the tests of rules: `talk(MIA, SHOP, follows="mia>shop")`."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from core.apply import apply
from core.decide import decide
from core.events import (
    AboutMessage,
    Event,
    FileAdded,
    Happening,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    ReactionAdded,
    ReactionRemoved,
)
from core.ids import AccountId, BindingId, ConversationId, MessageId, PinId, ThreadId
from core.intents import Intent, PostMessage, Speech, StartThread, What
from core.lines import Wait
from core.model import (
    Account,
    AccountKind,
    Attached,
    Binding,
    BindingKind,
    BrandRules,
    Head,
    Identity,
    Member,
    Mode,
    Place,
    Refusal,
    Request,
    Role,
    Standing,
    State,
    Thread,
    Written,
)

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
PIN = PinId("99360735500167749")
TALK, THREAD = ConversationId("talk"), ThreadId("thread")
AGENT = Identity("slack", "T0", "U0ADA")


def person(name: str) -> Account:
    return Account(AccountId(name), AccountKind.PERSON, name, name.title())


MIA, NORA, OLA, ADA = (person(name) for name in ("mia", "nora", "ola", "ada"))
SHOP = Account(AccountId("shop"), AccountKind.BRAND, "shop", "Shop")
EVERYBODY = {one.id: one.kind for one in (MIA, NORA, OLA, ADA, SHOP)}


def edges(text: str) -> frozenset[tuple[AccountId, AccountId]]:
    """`mia>shop shop>mia` as pairs of who and whom."""
    pairs = [one.split(">") for one in text.split()]
    return frozenset((AccountId(who), AccountId(whom)) for who, whom in pairs)


def standing(follows: str = "", blocks: str = "", **more: Any) -> Standing:
    """As the product runs (`contacts: follow`), for whoever is invited; a brand's is an agent."""
    plain = Standing(
        kinds=EVERYBODY,
        role=Role.AGENT,
        follows=edges(follows),
        blocks=edges(blocks),
        invited=True,
        brand=BrandRules(),
        handles={one: str(one) for one in EVERYBODY},
    )
    return replace(plain, **more)


def inbox(mode: Mode = Mode.RELAY, *, paused: bool = False) -> Binding:
    place = Place("slack", "T0", "C0INBOX")
    return Binding(
        BindingId("inbox"), SHOP.id, place, BindingKind.INBOX, "#pins", mode=mode, paused=paused
    )


def channel(owner: Account, **more: Any) -> Binding:
    """A channel that others read, bound by `owner`."""
    place = Place("discord", "g", "kitchen")
    return replace(
        Binding(BindingId("kitchen"), owner.id, place, BindingKind.PROJECT, "#kitchen"), **more
    )


def talk(
    *people: Account,
    actor: Account | None = None,
    requests: dict[Account, Request] | None = None,
    via: Binding | None = None,
    message: Written | None = None,
    named: tuple[Account, ...] = (),
    missing: tuple[str, ...] = (),
    thread: dict[str, Any] | None = None,
    spoken: int = 0,
    **more: Any,
) -> State:
    """People in one thread, after two events; the first of them acts, and was its creator."""
    asked = {one.id: request for one, request in (requests or {}).items()}
    members = tuple(Member(one.id, 1, request=asked.get(one.id, Request.NONE)) for one in people)
    return State(
        actor or people[0],
        Head(TALK, people[0].id, members, 2),
        replace(Thread(THREAD, TALK, PIN, 2), **(thread or {})),
        named,
        missing,
        via,
        message,
        standing(**more),
        spoken,
    )


def meeting(actor: Account, *people: Account, missing: tuple[str, ...] = (), **more: Any) -> State:
    """`actor` names people with whom there is no conversation yet."""
    return State(actor, people=people, missing=missing, standing=standing(**more))


def written(author: Account = MIA, **more: Any) -> Written:
    return replace(Written(MessageId("words"), THREAD, 2, author.id, 1, "in oak?"), **more)


def intent(what: What, key: str = "key") -> Intent:
    return Intent(key, MIA.id, what)


def say(text: str = "in oak?", speech: Speech = Speech.TYPED, **more: Any) -> Intent:
    return intent(PostMessage(THREAD, text, speech=speech, **more))


def send(*refs: Any, text: str = "in oak?") -> Intent:
    return intent(StartThread(refs, PIN, text))


def events(state: State, wanted: Intent | What, agent: Identity | None = None) -> tuple[Event, ...]:
    """What happens; an error where it is refused or has to wait."""
    found = decide(state, wanted if isinstance(wanted, Intent) else intent(wanted), NOW, agent)
    assert isinstance(found, tuple), found
    return found


def happened(state: State, wanted: Intent | What) -> list[Happening]:
    return [event.what for event in events(state, wanted)]


def after(state: State, wanted: Intent | What) -> State:
    for event in events(state, wanted):
        state = apply(state, event)
    return state


def refused(state: State, wanted: Intent | What) -> Refusal:
    found = decide(state, wanted if isinstance(wanted, Intent) else intent(wanted), NOW)
    assert isinstance(found, Refusal), found
    assert found.sentence.endswith(".")
    return found


def code(state: State, wanted: Intent | What) -> str:
    return refused(state, wanted).code


def waits(state: State, wanted: Intent | What) -> Wait:
    found = decide(state, wanted if isinstance(wanted, Intent) else intent(wanted), NOW)
    assert isinstance(found, Wait), found
    return found


def keep(messages: dict[MessageId, Written], event: Event) -> None:
    """What an event makes of the messages as they stand."""
    what = event.what
    if isinstance(what, MessagePosted):
        messages[what.message] = Written(
            what.message,
            event.thread,
            event.seq,
            event.actor,
            1,
            what.text,
            what.rich,
            what.pin,
            answers=what.answers,
            only=event.only,
            hidden=event.hidden,
            agent=event.agent,
        )
        return
    if not isinstance(what, AboutMessage):
        return
    old = messages[what.message]
    mine = frozenset({(event.actor, getattr(what, "emoji", ""))})
    if isinstance(what, MessageEdited):
        old = replace(old, revision=what.revision, text=what.text, edited_at=event.at)
    elif isinstance(what, MessageDeleted):
        old = replace(old, deleted=True)
    elif isinstance(what, ReactionAdded):
        old = replace(old, reactions=old.reactions | mine)
    elif isinstance(what, ReactionRemoved):
        old = replace(old, reactions=old.reactions - mine)
    elif isinstance(what, FileAdded):
        attached = Attached(what.file, event.seq, what.remote)
        old = replace(old, attached=(*old.attached, attached))
    messages[what.message] = old
