"""What one mirror shows of an event.

Pure. An event outside the mirror's range shows nothing, one whose audience
(`core.audience`) the mirror is not among neither, and so does a message that was
written in that very place. What waits is folded: a message is shown as it stands
now, and what it has been through since is passed over. Lines are in `core.notices`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from core.audience import Meant, shown_to
from core.capabilities import Capabilities
from core.delivery import Author, CardLine, Part, PartKind, Show, Step, Verb
from core.events import (
    AboutMessage,
    AboutThread,
    CardFilled,
    Event,
    FileAdded,
    FileFailed,
    FileRemoved,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    ReactionAdded,
    ReactionRemoved,
    RequestAccepted,
    RequestIgnored,
    ThreadAssigned,
)
from core.ids import AccountId, MessageId, PinId, RemoteId, ThreadId, short_code
from core.model import (
    AUTHOR,
    CARD,
    Account,
    BindingKind,
    Identity,
    Mirror,
    Pin,
    Placement,
    Written,
)
from core.notices import line_inside, sentence
from core.quick import quick
from core.text.content import Content, Mention, plain, words_only
from core.text.mentions import named
from core.text.splitting import split
from core.text.tidy import of_text

_NAMED = 300
"""Characters of a changed text in a line about it."""
_QUOTED = 120
"""Characters of a message in the line above its answer."""
NOTE_MARK = "\U0001f512 Note by"
"""Before the name of whoever wrote a note, where it is shown."""
NAMED_REACTIONS = 1_000
"""The part of a message that is a line of ours: emoji that the place lacks, and whose."""


@quick
@dataclass(frozen=True, slots=True)
class View:
    """What projecting needs beside the event: names, pins, and what the place has already.

    `written` are the messages that the events are about, as they stand now; `placed`
    what the place holds of items. `wanted` and `shown` are the emoji that other places
    have on a message, and those that we show of them here. `card_revision` is the
    `seq` that the card there is up to date with. `users` are the user ids that
    mentioned accounts have on this platform, and the channels that stand there for named
    ones (by ref); `copies` gives the address of a file's web copy. `events` are
    those that are on their way in one batch.
    """

    thread: ThreadId
    pin: PinId
    opened_by: AccountId
    people: tuple[AccountId, ...]
    accounts: Mapping[AccountId, Account]
    pins: Mapping[PinId, Pin]
    capabilities: Capabilities
    written: Mapping[MessageId, Written] = field(default_factory=dict)
    placed: Mapping[str, tuple[Placement, ...]] = field(default_factory=dict)
    wanted: Mapping[MessageId, frozenset[str]] = field(default_factory=dict)
    shown: Mapping[MessageId, frozenset[str]] = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, str] = field(default_factory=dict)
    card_revision: int = 0
    events: tuple[Event, ...] = ()
    later: frozenset[tuple[MessageId, str]] = frozenset()
    """Reactions to messages that come after these events, and so have not been tried here."""
    since: int = 0
    """What was said before that `seq` is not for the place, and not quoted there either."""
    agents: Mapping[Identity, str] = field(default_factory=dict)
    """The names of a brand's agents, where they are shown: inside the brand, or signed."""
    signatures: bool = False
    """The brand of the conversation shows outside which agent wrote."""
    line: CardLine | None = None
    """For the card, in a brand's inbox."""
    ping: tuple[str, ...] = ()
    """User ids there that new words of others, or being assigned, are to mention: the assignee."""


def card(view: View, revision: int, *, root: RemoteId | None = None) -> Show:
    """The thread's card as it should stand at `revision`; with `root`, in place of that one."""
    part = Part(
        PartKind.CARD,
        author=_author(view, view.opened_by),
        pin=view.pins[view.pin],
        people=tuple(view.accounts[account].name for account in view.people),
        code=short_code(view.thread),
        line=view.line,
    )
    verb = Verb.POST if root is None else Verb.EDIT
    return Show(CARD, revision, (Step(verb, 0, part, root),))


def title(view: View) -> str:
    """What a mirrored thread is called: the pin's title, else its number. Up to 100 characters."""
    pin = view.pins[view.pin]
    words = " ".join((pin.title or "").split())
    return words[:100] or f"Pin {pin.id}"[:100]


def project(view: View, event: Event, mirror: Mirror) -> Show | None:
    """What `mirror` shows of `event`, or nothing. The card of a thread comes from `card`."""
    ended = mirror.until_seq is not None and event.seq > mirror.until_seq
    if ended or event.seq < mirror.from_seq:
        return None
    if not _visible(event, mirror):
        return None
    what = event.what
    if isinstance(what, MessagePosted):
        return _posted(view, what, mirror)
    if isinstance(what, AboutMessage):
        # Whoever came after a message was posted sees nothing of what becomes of it.
        message = view.written.get(what.message)
        if message is not None and message.seq < mirror.from_seq:
            return None
        return _about_message(view, event, what, mirror)
    if isinstance(what, CardFilled):
        return _filled(view, event, what, mirror)
    if isinstance(what, AboutThread):
        return _inside(view, event, what, mirror)
    if isinstance(what, RequestAccepted | RequestIgnored):
        return _answered_request(view, event, mirror)
    text = sentence(event, view.accounts, mirror.binding)
    return _notice(event, text) if text else None


def _visible(what: Meant, mirror: Mirror) -> bool:
    return shown_to(what, mirror.account, shared=mirror.kind is BindingKind.PROJECT)


def again(view: View, event: Event, mirror: Mirror) -> Show | None:
    """What `mirror` lacks of an event that it refused before: all of it, or some of its parts."""
    what = event.what
    if not isinstance(what, MessagePosted) or what.message not in view.placed:
        return project(replace(view, ping=()), event, mirror)
    message, placed = view.written[what.message], view.placed[what.message]
    if not (_visible(event, mirror) and _visible(message, mirror)):
        return None
    if placed[0].poster == AUTHOR:
        return None
    if message.deleted:
        steps = [Step(Verb.DELETE, p.part, None, p.remote) for p in placed if not p.removed]
    else:
        steps = _changes(_parts(view, message, mirror), placed, message.revision)
    return Show(str(what.message), message.revision, tuple(steps)) if steps else None


def _inside(view: View, event: Event, what: AboutThread, mirror: Mirror) -> Show | None:
    """A quiet line in the brand's own places, and the card there as it stands now."""
    agent = view.agents.get(event.agent, "") if event.agent is not None else ""
    words = line_inside(event, what, view.accounts, agent)
    ping = view.ping if isinstance(what, ThreadAssigned) and what.to is not None else ()
    rich = words if words_only(words) is None else None
    steps = [Step(Verb.POST, 0, Part(PartKind.NOTICE, plain(words), rich=rich, ping=ping))]
    if mirror.root is not None and view.line is not None:
        steps += card(view, event.seq, root=mirror.root).steps
    return Show(notice_item(event.seq), 1, tuple(steps))


def _answered_request(view: View, event: Event, mirror: Mirror) -> Show | None:
    """The card in a brand's inbox offers to take the request no longer."""
    if mirror.root is None or view.line is None:
        return None
    return Show(notice_item(event.seq), 1, card(view, event.seq, root=mirror.root).steps)


def _about_message(view: View, event: Event, what: AboutMessage, mirror: Mirror) -> Show | None:
    if isinstance(what, MessageEdited):
        return _edited(view, event, what, mirror)
    if isinstance(what, MessageDeleted):
        return _deleted(view, event, what, mirror)
    if isinstance(what, ReactionAdded | ReactionRemoved):
        return _reacted(view, event, what)
    if isinstance(what, FileAdded):
        return _file(view, event, what, mirror)
    if isinstance(what, FileRemoved):
        return _file_removed(view, event, what)
    if isinstance(what, FileFailed):
        sentence = f"{_name(view, event)} sent a file that could not be fetched: {what.name}"
        return _notice(event, sentence)
    assert_never(what)


# --- messages -----------------------------------------------------------------------------


def _posted(view: View, what: MessagePosted, mirror: Mirror) -> Show | None:
    message = view.written[what.message]
    if message.deleted or what.message in view.placed or not _visible(message, mirror):
        return None  # an edit since may have hidden its words from this place
    parts = _parts(view, message, mirror)
    if view.ping and parts and message.author != mirror.account:
        parts = (replace(parts[0], ping=_pings(view, message)), *parts[1:])
    steps = tuple(Step(Verb.POST, index, part) for index, part in enumerate(parts))
    return Show(str(what.message), message.revision, steps) if steps else None


def _pings(view: View, message: Written) -> tuple[str, ...]:
    """Whoever is mentioned in it is pinged by that."""
    if message.rich is None:
        return view.ping
    there = [view.users.get(one.account) for one in named(message.rich) if isinstance(one, Mention)]
    return tuple([one for one in view.ping if one not in there])


def _edited(view: View, event: Event, what: MessageEdited, mirror: Mirror) -> Show | None:
    message = view.written[what.message]
    placed = tuple(one for one in view.placed.get(what.message, ()) if one.part != NAMED_REACTIONS)
    if message.deleted or message.revision > what.revision:
        return None
    if not placed and not _stands(view, what.message):
        return None
    if placed and all(one.removed or one.revision >= what.revision for one in placed):
        return None
    if placed and placed[0].poster == AUTHOR:
        return in_words(view, event)
    steps = _changes(_parts(view, message, mirror), placed, what.revision)
    return Show(str(what.message), what.revision, tuple(steps)) if steps else None


def _changes(parts: tuple[Part, ...], placed: tuple[Placement, ...], revision: int) -> list[Step]:
    """What turns the parts that are placed into these, as they are at `revision`."""
    steps: list[Step] = []
    by_index = {one.part: one for one in placed if one.part != NAMED_REACTIONS}
    for index, part in enumerate(parts):
        there = by_index.get(index)
        if there is None or not there.poster:
            steps.append(Step(Verb.POST, index, part))
        elif not there.removed and there.revision < revision:
            steps.append(Step(Verb.EDIT, index, part, there.remote))
    for index, there in sorted(by_index.items()):
        if index >= len(parts) and not there.removed:
            steps.append(Step(Verb.DELETE, index, None, there.remote))
    return steps


def _deleted(view: View, event: Event, what: MessageDeleted, mirror: Mirror) -> Show | None:
    own, quotes = _stands(view, what.message), _unquoted(view, what.message, mirror)
    if own and own[0].poster == AUTHOR:
        words = Step(Verb.POST, 0, Part(PartKind.NOTICE, _that_deleted(view, event)))
        return Show(notice_item(event.seq), 1, (words, *quotes))
    steps = (*(Step(Verb.DELETE, one.part, None, one.remote) for one in own), *quotes)
    return Show(str(what.message), event.seq, steps) if steps else None


def _unquoted(view: View, message: MessageId, mirror: Mirror) -> list[Step]:
    """Turns the copies of its answers into ones that quote it no longer."""
    steps: list[Step] = []
    for answer in view.written.values():
        if answer.answers != message or answer.deleted or not _visible(answer, mirror):
            continue
        steps += _quoting_anew(view, answer, _parts(view, answer, mirror))
    return steps


def _quoting_anew(view: View, answer: Written, parts: tuple[Part, ...]) -> list[Step]:
    return [
        Step(Verb.EDIT, 0, parts[0], one.remote)
        for one in view.placed.get(answer.id, ())
        if one.part == 0 and parts and one.poster not in ("", AUTHOR) and not one.removed
    ]


def quoting_anew(view: View, message: MessageId, mirror: Mirror) -> list[Step]:
    """Turns our copy of an answer into one that quotes what it may quote now.

    Where its words are not kept any more, since its author has changed or deleted them after
    the mirror's end, the part that holds the quote is deleted.
    """
    answer = view.written[message]
    parts = _parts(view, answer, mirror)
    placed = [
        one
        for one in view.placed.get(message, ())
        if one.poster not in ("", AUTHOR) and one.part != NAMED_REACTIONS
    ]
    if len(parts) >= len(placed):
        return _quoting_anew(view, answer, parts)
    there = [one for one in placed if one.part == 0 and not one.removed]
    return [Step(Verb.DELETE, 0, None, one.remote) for one in there]


def in_words(view: View, event: Event) -> Show | None:
    """A line that says what has changed, where the message there cannot be changed."""
    what = event.what
    if isinstance(what, MessageEdited):
        return _notice(event, f"{_name(view, event)} edited: {_cut(what.text, _NAMED)}")
    if isinstance(what, MessageDeleted):
        return _notice(event, _that_deleted(view, event))
    if isinstance(what, ReactionAdded | ReactionRemoved):
        return _named_reactions(view, event, what.message)
    return None


def _named_reactions(view: View, event: Event, message: MessageId) -> Show | None:
    """A quiet line that names the emoji which the place lacks, and whose they are.

    It is made, changed, and taken away with the last of them; a moderator may remove it.
    """
    coming = {
        later.what.emoji
        for later in view.events
        if isinstance(later.what, ReactionAdded) and later.seq > event.seq
    }
    coming |= {emoji for about, emoji in view.later if about == message}
    lacking = view.wanted.get(message, frozenset()) - view.shown.get(message, frozenset())
    whose: dict[str, list[str]] = {}
    for account, emoji in sorted(view.written[message].reactions):
        if emoji in lacking - coming and account in view.accounts:
            whose.setdefault(emoji, []).append(view.accounts[account].name)
    text = " · ".join(f"{emoji} {', '.join(names)}" for emoji, names in sorted(whose.items()))
    placed = view.placed.get(message, ())
    there = next((one for one in placed if one.part == NAMED_REACTIONS and one.poster), None)
    if (there is None and not text) or (there is not None and there.removed):
        return None
    part = Part(PartKind.NOTICE, _cut(text, _NAMED)) if text else None
    remote = there.remote if there else None
    verb = (Verb.EDIT if part else Verb.DELETE) if there else Verb.POST
    return Show(str(message), 1, (Step(verb, NAMED_REACTIONS, part, remote),))


def _reacted(view: View, event: Event, what: ReactionAdded | ReactionRemoved) -> Show | None:
    there = _stands(view, what.message)
    if not there:
        return None
    wanted = what.emoji in view.wanted.get(what.message, ())
    shown = what.emoji in view.shown.get(what.message, ())
    if wanted == shown:
        named = any(one.part == NAMED_REACTIONS for one in there)
        return _named_reactions(view, event, what.message) if named and not shown else None
    verb = Verb.REACT if wanted else Verb.UNREACT
    step = Step(verb, 0, None, there[0].remote, what.emoji)
    return Show(str(what.message), event.seq, (step,))


def _file(view: View, event: Event, what: FileAdded, mirror: Mirror) -> Show | None:
    message = view.written[what.message]
    item = file_item(what.message, event.seq)
    if message.deleted or what.remote in message.removed or item in view.placed:
        return None
    if _typed_here(view, what.message):
        return None
    copy = "" if what.file.size <= view.capabilities.file else view.copies.get(what.file.id, "")
    author, note = _writer(view, message, mirror), message.only is not None
    # A message of files alone has nothing else that could ping.
    alone = not message.text and message.pin is None and message.author != mirror.account
    ping = view.ping if alone else ()
    part = Part(PartKind.FILE, copy, author, file=what.file, note=note, ping=ping)
    return Show(item, 1, (Step(Verb.POST, 0, part),))


def _file_removed(view: View, event: Event, what: FileRemoved) -> Show | None:
    item = file_item(what.message, what.added)
    there = [one for one in view.placed.get(item, ()) if not one.removed]
    steps = tuple(Step(Verb.DELETE, one.part, None, one.remote) for one in there)
    return Show(item, event.seq, steps) if steps else None


def _typed_here(view: View, message: MessageId) -> bool:
    placed = view.placed.get(message, ())
    return bool(placed) and placed[0].poster == AUTHOR


def _stands(view: View, message: MessageId) -> list[Placement]:
    """What the place still holds of a message and of its files."""
    files = f"{message}#"
    return [
        one
        for item, placed in view.placed.items()
        if item == message or item.startswith(files)
        for one in placed
        if not one.removed
    ]


def _filled(view: View, event: Event, what: CardFilled, mirror: Mirror) -> Show | None:
    """The card, or a further pin's: whichever stands there knowing less."""
    if what.pin == view.pin:
        if event.seq <= view.card_revision or mirror.root is None:
            return None
        return card(view, event.seq, root=mirror.root)
    steps = []
    for message in view.written.values():
        if message.pin != what.pin or message.deleted or message.seq > event.seq:
            continue
        parts = _parts(view, message, mirror)
        for one in view.placed.get(message.id, ()):
            part = parts[one.part] if one.part < len(parts) else None
            if part and part.kind is PartKind.PIN and not one.removed and one.poster != AUTHOR:
                steps.append(Step(Verb.EDIT, one.part, part, one.remote))
    return Show(notice_item(event.seq), 1, tuple(steps)) if steps else None


# --- parts --------------------------------------------------------------------------------


def _parts(view: View, message: Written, mirror: Mirror) -> tuple[Part, ...]:
    author = _writer(view, message, mirror)
    answers = _answered(view, message, mirror) if message.answers is not None else ""
    parts = [] if not message.text else _words(view, message, author)
    if message.pin is not None:
        parts.append(Part(PartKind.PIN, author=author, pin=view.pins[message.pin]))
    if answers and parts:
        there = _stands(view, message.answers) if message.answers is not None else []
        remote = there[0].remote if there else None
        parts[0] = replace(parts[0], answers=answers, answers_to=remote)
    if message.only is not None:
        return tuple([replace(part, note=True) for part in parts])
    return tuple(parts)


def _words(view: View, message: Written, author: Author) -> list[Part]:
    limit, measure = view.capabilities.text, view.capabilities.measure
    if message.rich is None and len(message.text) * 2 <= limit:
        return [Part(PartKind.TEXT, message.text, author)]
    content: Content = message.rich if message.rich is not None else of_text(message.text)
    return [
        Part(PartKind.TEXT, plain(piece), author, rich=piece, mentions=view.users)
        for piece in split(content, measure, limit)
    ]


def _answered(view: View, message: Written, mirror: Mirror) -> str:
    """A line about the message that this one replies to."""
    answered = view.written.get(message.answers) if message.answers is not None else None
    if answered is None or answered.deleted or answered.seq < view.since:
        return ""
    if not _visible(answered, mirror):
        return ""
    author = view.accounts.get(answered.author)
    return f"{author.name if author else ''}: {_cut(answered.text, _QUOTED)}"


def _notice(event: Event, text: str) -> Show:
    step = Step(Verb.POST, 0, Part(PartKind.NOTICE, text))
    return Show(notice_item(event.seq), 1, (step,))


def _cut(text: str, most: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def file_item(message: MessageId, seq: int) -> str:
    """The item of a file that the event `seq` added to a message."""
    return f"{message}#{seq}"


def notice_item(seq: int) -> str:
    """The item of a line of Pinthread's own about the event `seq`."""
    return f"seq:{seq}"


def _that_deleted(view: View, event: Event) -> str:
    return f"{_name(view, event)} deleted a message."


def _name(view: View, event: Event) -> str:
    return view.accounts[event.actor].name


def _writer(view: View, message: Written, mirror: Mirror) -> Author:
    """Who wrote it: outside a brand the brand, inside it the agent; a note says that it is one."""
    author = _author(view, message.author)
    inside = mirror.account == message.author
    agent = view.agents.get(message.agent, "") if message.agent is not None else ""
    if message.only is not None:
        return replace(author, name=f"{NOTE_MARK} {agent or author.name}")
    if agent and (inside or view.signatures):
        return replace(author, name=f"{agent} ({author.name})")
    return author


def _author(view: View, account: AccountId) -> Author:
    known = view.accounts[account]
    return Author(known.name, known.picture, known.kind)
