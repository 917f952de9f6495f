"""Whether everything is as it should be, once the dust has settled.

Compares what stands on the platforms with the history in the database, both read anew,
and both with what people were told. What cannot be promised is said in one place, with
its reason: docs/reliability.md, and `allowed` below.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.delivery import PartKind
from core.events import Event, PeopleAdded
from core.ids import (
    AccountId,
    BindingId,
    ConversationId,
    MessageId,
    RemoteId,
    ThreadId,
    delivery_id,
)
from core.model import AUTHOR, BindingKind, Head, Mirror
from core.notes import is_marked, unmarked
from core.project import NAMED_REACTIONS
from core.quick import quick
from simulation import erased, secret, world
from simulation.expected import Expected, Told, expected
from simulation.platforms.platform import Platform
from simulation.platforms.rooms import US, Post, Room

if TYPE_CHECKING:
    from simulation.program import Program
    from simulation.run import Stage

_POSTING = ("web_post", "web:begin", "web:reply", "web:put_note")
"""Keys of what was said elsewhere than on a platform."""
REFUSALS = frozenset(
    {
        "not_a_member",
        "alone",
        "group_full",
        "ask",
        "pin_required",
        "brand_dm_is_one_to_one",
        "you_blocked",
    }
)
"""Why words may be missing from the history: their sender was told so."""


@quick
@dataclass(frozen=True, slots=True)
class Placed:
    item: str
    part: int
    poster: str
    removed: bool


@dataclass(slots=True)
class Facts:
    """What the database holds at the end."""

    heads: dict[ConversationId, Head] = field(default_factory=dict)
    events: dict[ThreadId, list[Event]] = field(default_factory=dict)
    mirrors: list[Mirror] = field(default_factory=list)
    placed: dict[str, dict[RemoteId, Placed]] = field(default_factory=dict)
    """By mirror, and by remote message."""
    reactions: dict[MessageId, list[tuple[AccountId, str, str | None]]] = field(
        default_factory=dict
    )
    """Account, emoji, and the mirror in which it was done."""
    keys: set[str] = field(default_factory=set)
    refused: set[tuple[str, int]] = field(default_factory=set)
    modes: dict[BindingId, str] = field(default_factory=dict)
    """Of the brand's inboxes."""


async def judge(stage: "Stage", program: "Program") -> list[str]:
    """What is wrong; nothing, if all is well."""
    facts = await _facts(stage, program)
    problems = [*_history(facts), *_told(stage, facts), *_limits(stage)]
    problems += [*stage.people.keeping.problems, *erased.problems(stage)]
    problems += secret.seen_outside(stage.platforms.values(), stage.secrets())
    for mirror in facts.mirrors:
        problems += Judge(stage, facts, mirror).judge()
    return problems


async def _facts(stage: "Stage", program: "Program") -> Facts:
    facts = Facts()
    db = stage.disk.db
    for (conversation,) in db.execute("SELECT id FROM conversations ORDER BY id").fetchall():
        head = await program.store.head(conversation)
        assert head is not None
        facts.heads[head.id] = head
        for event in await program.store.history(head.id):
            facts.events.setdefault(event.thread, []).append(event)
    for thread in facts.events:
        facts.mirrors += await program.store.mirrors_of(thread)
    items: dict[int, tuple[str, str]] = {0: ("card", "")}
    for position, seq, message, file_of in db.execute(
        "SELECT position, seq, message, iif(kind = 'FileAdded', data ->> 'message', NULL)"
        " FROM events"
    ):
        item = message or (f"{file_of}#{seq}" if file_of else f"seq:{seq}")
        items[position] = (item, message)
    for position, mirror, part, remote, poster, removed in db.execute(
        "SELECT position, mirror, part, remote, poster, removed FROM placements"
    ):
        placed = Placed(items[position][0], part, poster, bool(removed))
        facts.placed.setdefault(mirror, {})[RemoteId(remote)] = placed
    for position, account, emoji, origin in db.execute(
        "SELECT message, account, emoji, origin FROM reactions ORDER BY 1, 2, 3"
    ):
        message = MessageId(items[position][1])
        facts.reactions.setdefault(message, []).append((account, emoji, origin))
    facts.keys = {key for (key,) in db.execute("SELECT key FROM intents")}
    facts.modes = {one.id: str(one.mode) for one in await program.store.bindings()}
    facts.refused = set(db.execute("SELECT mirror, seq FROM refusals"))
    return facts


def _history(facts: Facts) -> Iterator[str]:
    """The log has no gaps, and every lane has come to its end."""
    for head in facts.heads.values():
        threads = [events for events in facts.events.values() if events[0].conversation == head.id]
        numbers = sorted(event.seq for events in threads for event in events)
        if numbers != list(range(1, head.seq + 1)):
            yield f"the history of {head.id} has gaps: {numbers}"
    for mirror in facts.mirrors:
        tail = facts.events[mirror.thread][-1].seq
        end = tail if mirror.until_seq is None else min(tail, mirror.until_seq)
        if mirror.cursor < end:
            yield f"the mirror {_name(mirror)} stands at {mirror.cursor} of {end}: {mirror.reason}"


def _told(stage: "Stage", facts: Facts) -> Iterator[str]:
    """What people were told is in the history is there."""
    for key, accepted in stage.ledger.accepted.items():
        posts = key.endswith(":post") or any(kind in key for kind in _POSTING)
        if posts and key not in facts.keys:
            yield f"{key} was acknowledged and is not in the history"
        elif accepted.thread not in facts.events:
            yield f"{key} was acknowledged in a thread that is not there"


def _limits(stage: "Stage") -> Iterator[str]:
    for platform in stage.platforms.values():
        for (key, life), count in platform.wire.limits.exceeded.items():
            yield f"{count} calls over the limit of {key} in life {life}"


class Judge:
    """Of one mirror."""

    def __init__(self, stage: "Stage", facts: Facts, mirror: Mirror) -> None:
        self._stage = stage
        self._facts = facts
        self._mirror = mirror
        self._platform: Platform = stage.platforms[mirror.place.platform]
        self._placed = facts.placed.get(mirror.id, {})
        self._events = facts.events[mirror.thread]
        self._room = self._find_room()
        self._direct = mirror.kind is BindingKind.DIRECT and mirror.place.platform == "discord"

    def judge(self) -> Iterator[str]:
        for problem in self._judge():
            yield f"in {_name(self._mirror)}: {problem}"

    def _judge(self) -> Iterator[str]:
        typed = self._typed_here()
        want = expected(self._mirror, self._events, typed)
        if self._room is None:
            if want.shows and self._mirror.root is None:
                yield "there is no card"
            return
        shown = self._shown(want)
        yield from self._doubled_and_strange(shown)
        yield from self._put_back(shown)
        yield from self._card(want, shown)
        for message, told in want.messages.items():
            if told.seq >= self._mirror.from_seq and message not in typed:
                yield from self._message(message, told, shown)
                yield from self._quote(message, told, want, shown)
            elif any(item == message for _, item, _ in shown):
                yield f"{message} is shown, and should not be"
        yield from self._notices(want, shown)
        yield from self._order(want, shown)
        if self._mirror.until_seq is None:
            yield from self._typed(want)
        yield from self._reactions(want, typed, shown)

    # --- what stands there ----------------------------------------------------------------

    def _find_room(self) -> Room | None:
        mirror = self._mirror
        if mirror.space is None:
            return None
        if mirror.kind is BindingKind.DIRECT and mirror.place.platform == "discord":
            return self._platform.rooms[mirror.place.channel.replace("user:", "9")]
        return self._platform.rooms[mirror.space]

    def _posts(self) -> Iterator[Post]:
        """All of ours that belong to this mirror, gone or not."""
        assert self._room is not None
        if self._room.root and self._room.root not in self._room.posts:
            root = self._platform.at(RemoteId(str(self._mirror.root)))
            if root is not None:
                yield root
        for post in self._room.posts.values():
            mine = post.write is not None and post.write.mirror.id == self._mirror.id
            if post.write is not None and (mine or not self._direct):
                yield post

    def _shown(self, want: Expected) -> list[tuple[Post, str, str]]:
        """Each post of ours that stands or was hidden, with its item and what it was made as."""
        names = {name: (item, made) for name, item, made in self._deliveries(want)}
        found = []
        for post in self._posts():
            assert post.write is not None
            item, made = names.get(post.write.delivery, ("?", post.write.delivery))
            if not post.gone or post.hidden:
                found.append((post, item, made))
        return found

    def _deliveries(self, want: Expected) -> Iterator[tuple[str, str, str]]:
        """Delivery id, item, and what tells its posts apart: part and revision."""
        mirror = self._mirror.id
        indexes = (p.write.step.index for p in self._posts() if p.write is not None)
        most = max((index for index in indexes if index < NAMED_REACTIONS), default=0)
        seqs = [*want.notices, *want.maybe]
        files = [f"{m}#{seq}" for m, told in want.messages.items() for seq, _ in told.files]
        for item in ("card", *(f"seq:{seq}" for seq in seqs), *files):
            yield delivery_id(world.SECRET, mirror, item, 0), item, item
        for message, told in want.messages.items():
            for part in range(most + 1):
                yield delivery_id(world.SECRET, mirror, message, part), message, f"{message}/{part}"
            for revision in told.edits:
                for part in range(most + 1):
                    name = f"{message}@{revision} post "
                    made = f"{message}/{part}"
                    yield delivery_id(world.SECRET, mirror, name, part), message, made

    def _typed_here(self) -> dict[MessageId, bool]:
        """Messages of this place by whether the database says that they stand."""
        return {
            MessageId(placed.item): not placed.removed
            for placed in self._placed.values()
            if placed.poster == AUTHOR
        }

    # --- checks ---------------------------------------------------------------------------

    def _doubled_and_strange(self, shown: list[tuple[Post, str, str]]) -> Iterator[str]:
        seen: set[str] = set()
        for post, item, made in shown:
            if post.gone:
                continue
            if item == "?":
                yield f"{post.id} shows what it should not: {post.text!r}"
            elif made in seen:
                yield f"{post.id} doubles {made}: {post.text!r}"
            seen.add(made)

    def _put_back(self, shown: list[tuple[Post, str, str]]) -> Iterator[str]:
        """What somebody took away there stays away.

        A write whose outcome was unclear is made again all the same, under its own name. And
        what an edit was about to take away has no part in what comes after that edit.
        """
        hidden = {made: post for post, _, made in shown if post.hidden and not post.unwanted}
        for post, _, made in shown:
            gone = hidden.get(made)
            if gone is None or post.gone or post.at < gone.gone_at:
                continue
            if _delivery(post) != _delivery(gone):
                yield f"{post.id} was taken away, and is there again: {post.text!r}"

    def _card(self, want: Expected, shown: list[tuple[Post, str, str]]) -> Iterator[str]:
        cards = [post for post, item, _ in shown if item == "card"]
        if not cards:
            yield "there is no card any more"
        for card in cards:
            pin = card.part.pin if card.part is not None else None
            if pin is None or pin.id != want.pin:
                yield f"the card shows {pin}"
            elif card.gone or self._mirror.until_seq is not None:
                continue
            elif self._mirror.kind is BindingKind.INBOX and self._mode_on(card) != self._mode():
                yield f"the card says {self._mode_on(card)}, and the mode is {self._mode()}"
            elif pin.title != world.pin_of(pin.id).title:
                yield f"the card does not show what is known of {pin.id}"

    def _mode(self) -> str:
        return self._facts.modes.get(self._mirror.binding, "")

    def _mode_on(self, card: Post) -> str:
        line = card.part.line if card.part is not None else None
        return "" if line is None else str(line.mode)

    def _message(
        self, message: MessageId, told: Told, shown: list[tuple[Post, str, str]]
    ) -> Iterator[str]:
        posts = [post for post, item, _ in shown if item == message]
        standing = [post for post in posts if not post.gone]
        hidden = any(post.hidden for post in posts)
        files = [post for post, item, _ in shown if item.startswith(f"{message}#")]
        if told.deleted:
            for post in (*standing, *(file for file in files if not file.gone)):
                yield f"{message} is deleted, and {post.id} stands: {post.text!r}"
            return
        if (self._mirror.id, told.seq) in self._facts.refused and hidden:
            return
        standing.sort(key=lambda post: post.write.step.index if post.write is not None else 0)
        text = "".join(_letters(_text(post)) for post in standing)
        if told.unseen:
            # Folding may have left an older wording, or nothing; what is hidden is not seen.
            for hidden_words in told.unseen:
                if text and text == _letters(hidden_words):
                    yield f"{message} shows {text!r}, which is hidden there"
            return
        whole = _letters(told.text)
        shows = (
            all(_letters(_text(post)) in whole for post in standing) if hidden else text == whole
        )
        if not shows:
            yield f"{message} shows {text!r} and not {told.text!r}"
        yield from self._files(message, told, shown, hidden=hidden)

    def _files(
        self,
        message: MessageId,
        told: Told,
        shown: list[tuple[Post, str, str]],
        *,
        hidden: bool,
    ) -> Iterator[str]:
        if told.author in self._stage.people.left:
            return  # what somebody said who left for good goes, wherever it stands
        there = {item for _, item, _ in shown}
        for seq, _ in told.files:
            if seq not in told.off and f"{message}#{seq}" not in there and not hidden:
                yield f"the file of event {seq} is missing"

    def _quote(
        self, message: MessageId, told: Told, want: Expected, shown: list[tuple[Post, str, str]]
    ) -> Iterator[str]:
        """Nothing above an answer says what has been deleted."""
        quoted = want.messages.get(told.answers) if told.answers is not None else None
        if quoted is None or not quoted.deleted or told.unseen:
            return
        if (self._mirror.id, quoted.seq) in self._facts.refused:
            return
        for post, item, _ in shown:
            if item == message and not post.gone and post.part is not None and post.part.answers:
                yield f"{post.id} quotes what is deleted: {post.part.answers!r}"

    def _notices(self, want: Expected, shown: list[tuple[Post, str, str]]) -> Iterator[str]:
        there = {item for _, item, _ in shown}
        left = self._stage.people.left
        # A line that names somebody who left for good is taken away with their words.
        names = {
            event.seq
            for event in self._events
            if event.actor in left
            or (
                isinstance(event.what, PeopleAdded)
                and not left.keys().isdisjoint(event.what.people)
            )
        }
        for seq in sorted(want.notices):
            if f"seq:{seq}" not in there and seq not in names:
                yield f"the notice of event {seq} is missing"

    def _order(self, want: Expected, shown: list[tuple[Post, str, str]]) -> Iterator[str]:
        """Our posts stand in the history's order."""
        last, before = 0, ""
        for post, item, _ in shown:
            if item in ("card", "?") or post.gone:
                continue
            seqs = sorted(self._seqs(want, post, item))
            fitting = [seq for seq in seqs if seq >= last]
            if not fitting:
                yield f"{post.id} ({item}, of {seqs}) stands after {before} of {last}"
                continue
            last, before = fitting[0], f"{post.id} ({item})"

    def _seqs(self, want: Expected, post: Post, item: str) -> Iterator[int]:
        """The events at which it may have been posted."""
        if item.startswith("seq:") or "#" in item:
            yield int(item.replace("#", ":").rpartition(":")[2])
            return
        told = want.messages[MessageId(item)]
        assert post.write is not None
        yield told.seq
        if post.write.revision > 1:
            yield told.edits[post.write.revision]

    def _typed(self, want: Expected) -> Iterator[str]:
        """What people said here is in the history, as it stands here now."""
        assert self._room is not None
        for post in self._room.posts.values():
            if post.ours or (self._direct and not self._answers_us(post)):
                continue
            remote = self._platform.remote(post)
            placed = self._placed.get(remote)
            if placed is None:
                yield from self._missing(post, remote)
                continue
            message = MessageId(placed.item)
            told = want.messages.get(message)
            if told is None or message in self._stage.people.web_touched:
                continue
            if post.gone and not told.deleted:
                yield f"{remote} is deleted there, and not in the history"
            elif not post.gone and told.deleted:
                yield f"{remote} stands there, and is deleted in the history"
            elif not post.gone and told.text != _meant(told, post.text):
                yield f"{remote} says {post.text!r}, and the history {told.text!r}"

    def _missing(self, post: Post, remote: RemoteId) -> Iterator[str]:
        key = f"{self._platform.name}:{remote}:post"
        why = self._stage.ledger.refused.get(key)
        if post.gone or why in REFUSALS or self._is_kept_back(key):
            return
        if any(remote in placed for placed in self._facts.placed.values()):
            return
        yield f"{remote} was said and is not in the history ({why}): {post.text!r}"

    def _is_kept_back(self, key: str) -> bool:
        """A reply that somebody took back, or that waits until somebody says so."""
        held = self._stage.ledger.held.get(key)
        if held is None or key in self._stage.ledger.accepted:
            return False
        return held.until is None or key in self._stage.people.perhaps_undone

    def _answers_us(self, post: Post) -> bool:
        """In direct messages without threads, whether it belongs to this mirror."""
        assert self._room is not None
        answered = self._room.posts.get(post.answers)
        while answered is not None and not answered.ours:
            answered = self._room.posts.get(answered.answers)
        return (
            answered is not None
            and answered.write is not None
            and answered.write.mirror.id == self._mirror.id
        )

    # --- reactions ------------------------------------------------------------------------

    def _reactions(
        self,
        want: Expected,
        typed: dict[MessageId, bool],
        shown: list[tuple[Post, str, str]],
    ) -> Iterator[str]:
        if self._mirror.until_seq is not None or self._is_anything_hidden():
            return
        for message, post in self._first_parts(typed, shown):
            told = want.messages.get(message)
            if told is None or told.deleted or post.gone:
                continue
            noted = self._facts.reactions.get(message, [])
            ours = {emoji for user, emoji in post.reactions if user == US}
            elsewhere = {emoji for _, emoji, origin in noted if origin != self._mirror.id}
            if ours != elsewhere:
                yield f"{post.id} has our {sorted(ours)} and not {sorted(elsewhere)}"
            here = {(a, emoji) for a, emoji, origin in noted if origin == self._mirror.id}
            remote = self._platform.remote(post)
            there = {
                (account, emoji): (remote, user, emoji) in self._stage.ledger.reactions
                for user, emoji in post.reactions
                if user != US and (account := self._member(user)) is not None
            }
            accepted = {reaction for reaction, refused in there.items() if not refused}
            noted_at_all = {(a, emoji) for a, emoji, _ in noted}
            if not here <= there.keys() or not accepted <= noted_at_all:
                yield f"{post.id} has {sorted(there)}, and the history {sorted(here)}"

    def _is_anything_hidden(self) -> bool:
        """Then emoji are there or not as it happened to be when somebody was blocked."""
        shared = self._mirror.kind is BindingKind.PROJECT
        return not shared and any(self._mirror.account in one.hidden for one in self._events)

    def _first_parts(
        self, typed: dict[MessageId, bool], shown: list[tuple[Post, str, str]]
    ) -> Iterator[tuple[MessageId, Post]]:
        hidden = {item for post, item, _ in shown if post.hidden}
        for post, item, made in shown:
            if made.endswith("/0") and item not in hidden:
                yield MessageId(item), post
        for remote, placed in self._placed.items():
            if placed.item in typed:
                found = self._platform.at(remote)
                if found is not None:
                    yield MessageId(placed.item), found

    def _member(self, user: str) -> AccountId | None:
        """The account of somebody there, if they are in the conversation."""
        account = next(one.account for one in world.PEOPLE if one.user == user)
        head = self._facts.heads[self._mirror.conversation]
        return account if account in head.present() else None


def _meant(told: Told, text: str) -> str:
    """What words that stand there are in the history: a reply that has gone out stays one."""
    if told.note:
        return unmarked(text, None)[0].strip()
    return told.text if is_marked(text) else text


def _text(post: Post) -> str:
    part = post.part
    if part is None or part.kind is PartKind.FILE:
        return ""
    return part.text


def _delivery(post: Post) -> str:
    return post.write.delivery if post.write is not None else ""


def _letters(text: str) -> str:
    return "".join(text.split())


def _name(mirror: Mirror) -> str:
    return f"{mirror.thread[:6]} at {mirror.place.platform} {mirror.place.channel}"
