"""Writes to a store what an intake and lanes would write, for the tests of `Store`."""

from dataclasses import dataclass
from datetime import UTC, datetime

from core.events import (
    ConversationStarted,
    Event,
    Happening,
    MessagePosted,
    PeopleAdded,
    PersonLeft,
    ThreadOpened,
)
from core.ids import (
    AccountId,
    BindingId,
    ConversationId,
    MessageId,
    MirrorId,
    PinId,
    RemoteId,
    SpaceId,
    ThreadId,
    derive,
)
from core.model import (
    AUTHOR,
    CARD,
    Account,
    AccountKind,
    Binding,
    BindingKind,
    Identity,
    Mirror,
    Place,
    Placement,
    people_key,
)
from core.ports.rows import Commit, Committed, Duplicate, Fetch, NewMirror, Stale
from core.ports.store import Store

NOW = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)
PIN = PinId("99360735500167749")


@dataclass(frozen=True, slots=True)
class Said:
    conversation: ConversationId
    thread: ThreadId
    seq: int


@dataclass
class World:
    """Commits, as the intake makes them."""

    store: Store

    async def account(self, handle: str, kind: AccountKind = AccountKind.PERSON) -> AccountId:
        account = Account(AccountId(handle), kind, handle, handle.capitalize())
        await self.store.put_account(account, [Identity("slack", "T1", f"U-{handle}")])
        return account.id

    async def binding(
        self,
        account: AccountId,
        channel: str,
        platform: str = "slack",
        kind: BindingKind = BindingKind.PROJECT,
        label: str = "",
    ) -> Binding:
        place = Place(platform, "T1", channel)
        binding = Binding(BindingId(derive("binding", channel)), account, place, kind, label)
        await self.store.put_binding(binding)
        return binding

    def starting(
        self,
        key: str,
        people: tuple[AccountId, ...],
        text: str = "does this come in oak?",
        *bindings: Binding,
        pin: PinId = PIN,
    ) -> Commit:
        conversation = ConversationId(derive("conversation", key))
        thread = ThreadId(derive("thread", key))
        happenings = (
            ConversationStarted(people),
            ThreadOpened(pin),
            MessagePosted(MessageId(derive("message", key)), text),
        )
        return Commit(
            key,
            "",
            conversation,
            0,
            self.events(conversation, thread, 0, people[0], *happenings),
            people_key(people),
            tuple(self.mirror(thread, binding, 1) for binding in bindings),
        )

    def events(
        self,
        conversation: ConversationId,
        thread: ThreadId,
        seq: int,
        actor: AccountId,
        *happenings: Happening,
        at: datetime = NOW,
    ) -> tuple[Event, ...]:
        return tuple(
            Event(conversation, seq + n, thread, at, actor, what)
            for n, what in enumerate(happenings, 1)
        )

    def mirror(self, thread: ThreadId, binding: Binding, from_seq: int) -> NewMirror:
        mirror = MirrorId(derive("mirror", f"{thread} {binding.id} {from_seq}"))
        return NewMirror(mirror, thread, binding, from_seq)

    async def start(
        self,
        key: str,
        people: tuple[AccountId, ...],
        *bindings: Binding,
        pin: PinId = PIN,
        text: str = "does this come in oak?",
    ) -> Said:
        commit = self.starting(key, people, text, *bindings, pin=pin)
        result = await self.store.commit(commit)
        assert isinstance(result, Committed)
        thread = commit.events[0].thread
        await self.store.due_of(thread)  # as lanes do, who are woken
        return Said(commit.conversation, thread, result.seq)

    async def open(self, key: str, said: Said, actor: AccountId, pin: PinId) -> Said:
        """Another thread in the same conversation."""
        thread = ThreadId(derive("thread", key))
        what = (ThreadOpened(pin), MessagePosted(MessageId(derive("message", key)), key))
        return await self.happen(key, Said(said.conversation, thread, said.seq), actor, *what)

    async def say(
        self,
        key: str,
        said: Said,
        actor: AccountId,
        text: str = "yes",
        here: Placement | None = None,
    ) -> Said:
        what = MessagePosted(MessageId(derive("message", key)), text)
        return await self.happen(key, said, actor, what, here=here)

    async def happen(
        self,
        key: str,
        said: Said,
        actor: AccountId,
        *what: Happening,
        here: Placement | None = None,
        mirrors: tuple[NewMirror, ...] = (),
        origin: MirrorId | None = None,
        fetches: tuple[Fetch, ...] = (),
        at: datetime = NOW,
    ) -> Said:
        result = await self.attempt(
            key,
            said,
            actor,
            *what,
            here=here,
            mirrors=mirrors,
            origin=origin,
            fetches=fetches,
            at=at,
        )
        assert isinstance(result, Committed), result
        await self.store.due_of(said.thread)  # as lanes do, who are woken
        return Said(said.conversation, said.thread, result.seq)

    async def attempt(
        self,
        key: str,
        said: Said,
        actor: AccountId,
        *what: Happening,
        here: Placement | None = None,
        mirrors: tuple[NewMirror, ...] = (),
        fingerprint: str = "",
        origin: MirrorId | None = None,
        fetches: tuple[Fetch, ...] = (),
        at: datetime = NOW,
    ) -> Committed | Duplicate | Stale:
        head = await self.store.head(said.conversation)
        assert head is not None
        present = set(head.present())
        for happening in what:
            if isinstance(happening, PeopleAdded):
                present |= set(happening.people)
            if isinstance(happening, PersonLeft):
                present -= {actor}
        return await self.store.commit(
            Commit(
                key,
                fingerprint,
                said.conversation,
                said.seq,
                self.events(said.conversation, said.thread, said.seq, actor, *what, at=at),
                people_key(tuple(present)),
                mirrors,
                here,
                origin,
                fetches,
            )
        )

    async def mirrors(self, said: Said) -> dict[str, Mirror]:
        """The thread's mirrors by channel."""
        return {m.place.channel: m for m in await self.store.mirrors_of(said.thread)}

    async def place_card(self, mirror: Mirror, revision: int = 2) -> SpaceId:
        """As a lane does first: the card, which makes the space where replies go."""
        root = RemoteId(f"card of {mirror.id}")
        placement = Placement(mirror.id, CARD, 0, root, "bot", revision)
        await self.store.placed(
            mirror.id, placement, sending=None, cursor=2, root=root, space=SpaceId(root)
        )
        return SpaceId(root)

    async def deliver(self, mirror: Mirror, key: str, seq: int) -> RemoteId:
        """As a lane does with one message of one part."""
        remote = RemoteId(f"copy of {key} in {mirror.id}")
        placement = Placement(mirror.id, derive("message", key), 0, remote, "webhook")
        await self.store.placed(mirror.id, placement, sending=None, cursor=seq)
        return remote

    def typed(self, mirror: Mirror, key: str) -> Placement:
        """Words that were typed in a mirror."""
        remote = RemoteId(f"typed {key} in {mirror.id}")
        return Placement(mirror.id, derive("message", key), 0, remote, AUTHOR)
