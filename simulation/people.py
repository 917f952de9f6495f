"""What people do: on the platforms to what they see there, and on the web as accounts.

A request of the web that gets no answer is made again with the same key, as the page
does, until there is one.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextvars import copy_context
from dataclasses import replace
from sqlite3 import Connection
from typing import TypeVar

from core.ids import AccountId, MessageId, SpaceId, ThreadId
from core.intents import (
    Actor,
    AddPeople,
    ClosePlace,
    DeleteMessage,
    EditMessage,
    InSpace,
    Intent,
    Leave,
    OpenPlace,
    Origin,
    Person,
    PostMessage,
    React,
    Speech,
    StartThread,
    What,
)
from core.model import BindingKind, Mode
from core.notes import is_marked
from core.ports.desk import Desk
from core.ports.outcomes import Accepted, Outcome
from core.refusal import Refusal
from simulation import world
from simulation.clock import VirtualLoop
from simulation.keeping import Keeping
from simulation.platforms.adapter import Ledger
from simulation.platforms.platform import Platform
from simulation.platforms.rooms import Post, Room
from simulation.platforms.wire import Refused
from simulation.program import Program
from simulation.script import Act
from simulation.trace import Trace

T = TypeVar("T")

_AGAIN = 2.0
_ANSWERS_IN = 10.0
"""Seconds after which nobody waits for an answer any longer."""
_MOMENT = 2.0
_SHARED = tuple(one for one in world.bindings() if one.kind is BindingKind.PROJECT)
_LEAVING = tuple(one for one in world.PEOPLE if one.account in world.LEAVING)
_INSTEAD = ("say", "say", "say", "web_post", "web_start")
_MARKS = ("note: ", "NOTE:", "\U0001f512 ", "Note : ")
_WORDS = ("oak", "linen", "warm light", "a shelf", "by the window", "maybe", "no", "what about")


class People:
    """Carries out acts. `program` gives the life that runs now."""

    def __init__(
        self,
        loop: VirtualLoop,
        platforms: Sequence[Platform],
        trace: Trace,
        program: Callable[[], Program | None],
        ledger: Ledger,
        db: Callable[[], Connection],
        *,
        heard: bool,
    ) -> None:
        self._loop = loop
        self._platforms = {platform.name: platform for platform in platforms}
        self._trace = trace
        self._program = program
        self._ledger = ledger
        self._heard = heard
        self._outside = copy_context()
        self.done = 0
        """Actions that found something to act on."""
        self.threads: list[tuple[ThreadId, tuple[AccountId, ...]]] = []
        self.asking = 0
        """Requests of the web that have no answer yet."""
        self.web_touched: set[MessageId] = set()
        """Messages that were edited or deleted on the web."""
        self.inside: list[str] = []
        """Words that were put into a thread as notes, and what they were changed to."""
        self.undone: set[str] = set()
        """Keys of held replies of which somebody was told that they are taken back."""
        self.perhaps_undone: set[str] = set()
        """Keys of those of which somebody asked for it, with whatever answer."""
        self.keeping = Keeping(loop.time, self._have_done, self._later, db)
        self.left: dict[AccountId, str] = {}
        """Who has asked to be erased, and their name."""
        self.web_words: list[tuple[AccountId, str]] = []
        """Who said what on the web."""
        self._notes: set[MessageId] = set()
        self._blocked: list[tuple[AccountId, AccountId]] = []
        self._answers: set[str] = set()
        self._web_said: list[tuple[MessageId, ThreadId, AccountId]] = []

    def act(self, act: Act) -> None:
        """Where there is nothing to act on, somebody says something instead."""
        first, second, third = act.picks
        for n, kind in enumerate((act.kind, *_INSTEAD)):
            if n:
                act = replace(act, kind=kind, picks=(first + 7 * n, second, third))
            if self._try(act):
                self.done += 1
                return

    def _try(self, act: Act) -> bool:
        try:
            there = getattr(self, f"_{act.kind}", None) or getattr(self.keeping, act.kind)
            return bool(there(act))
        except Refused:
            return False

    # --- on the platforms -----------------------------------------------------------------

    def _say(self, act: Act) -> bool:
        found = self._somewhere(act.picks[0])
        if found is None:
            return False
        platform, room, somebody = found
        answers = ""
        if not room.thread:  # in direct messages people answer the message that they mean
            there = [post for post in room.standing() if post.ours]
            if not there:
                return False
            answers = _pick(there[-3:], act.picks[1]).id
        files = (f"file{act.picks[2]}",) if act.picks[2] % 7 == 0 else ()
        platform.say(room, somebody.user, _text(act, somebody.name), answers=answers, files=files)
        return True

    def _answer(self, act: Act) -> bool:
        found = self._somewhere(act.picks[0])
        if found is None or found[0].name != "discord":
            return False
        platform, room, somebody = found
        there = [post for post in room.standing() if post.id != room.root]
        if not there:
            return False
        answers = _pick(there[-3:], act.picks[1]).id
        platform.say(room, somebody.user, _text(act, somebody.name), answers=answers)
        return True

    def _edit(self, act: Act) -> bool:
        found = self._message(act, lambda post, who: post.author == who.user)
        if found is None:
            return False
        platform, post, somebody = found
        if int(post.edited or post.at) == int(self._loop.time()) or "oak linen" in post.text:
            return False  # nobody edits a message twice within a second
        words = _text(act, f"{somebody.name} again")
        if somebody.place == world.INBOX and act.picks[1] % 5 == 0:
            words = f"note: {words}"  # which a reply that has gone out does not become
        elif is_marked(post.text) and self._is_unheard(platform, post):
            words = f"note: {words}"  # nobody can know of a mark that is gone: reliability.md
        platform.edit(post, words)
        return True

    def _is_unheard(self, platform: Platform, post: Post) -> bool:
        return f"{platform.name}:{platform.remote(post)}:post" not in self._ledger.accepted

    def _slip(self, act: Act) -> bool:
        """Somebody says much, and soon makes it short."""
        found = self._somewhere(act.picks[0])
        if found is None or not found[1].thread:
            return False
        platform, room, somebody = found
        words = f"{somebody.name} {act.picks[2]} {' '.join(_WORDS * 6)}"
        post = platform.say(room, somebody.user, words)
        later = 1.0 + act.picks[1] % 20
        self._loop.call_later(later, self._shorten, platform, post, act, context=self._outside)
        return True

    def _shorten(self, platform: Platform, post: Post, act: Act) -> None:
        if not post.gone and not platform.closed_to_people(post.room):
            platform.edit(post, f"short {act.picks[2]}")

    def _note(self, act: Act) -> bool:
        """A marked note, in the brand's inbox."""
        found = self._in_inbox(act)
        if found is None:
            return False
        platform, room, somebody = found
        mark = _pick(_MARKS, act.picks[1])
        platform.say(room, somebody.user, mark + _text(act, f"{somebody.name} inside"))
        return True

    def _renote(self, act: Act) -> bool:
        """Other words for a note that was typed there, with its mark and without one."""
        found = self._in_inbox(act)
        if found is None:
            return False
        platform, room, somebody = found
        there = [one for one in room.standing() if one.author == somebody.user]
        notes = [
            one
            for one in there
            if self._heard_as_note(platform, one)
            and int(one.edited or one.at) != int(self._loop.time())
        ]
        if not notes or platform.closed_to_people(room):
            return False
        words = _text(act, f"{somebody.name} inside again")
        if act.picks[1] % 2:
            words = _pick(_MARKS, act.picks[1] >> 1) + words
        platform.edit(_pick(notes, act.picks[1] >> 4), words)
        return True

    def _heard_as_note(self, platform: Platform, post: Post) -> bool:
        """Words that were a note as they were typed, and are in the history."""
        first = next(text for one, text in platform.words if one is post)
        explicit = self.keeping.modes.at(post.at) is Mode.EXPLICIT
        return (explicit or is_marked(first)) and not self._is_unheard(platform, post)

    def _regret(self, act: Act) -> bool:
        """A reply in the inbox that is taken back soon, or a moment too late."""
        found = self._in_inbox(act)
        if found is None:
            return False
        platform, room, somebody = found
        words = _text(act, f"{somebody.name} rashly")
        if act.picks[2] % 4 == 0:
            words += " with @sam"  # which waits until somebody says so
        post = platform.say(room, somebody.user, words)
        later = act.picks[1] % 80 / 10
        self._loop.call_later(later, self._undo, post, somebody, context=self._outside)
        return True

    def _undo(self, post: Post, somebody: world.Somebody) -> None:
        """Once, as a button is pressed: it may come to nothing."""
        platform = self._platforms[somebody.place.platform]
        key = f"{platform.name}:{platform.remote(post)}:post"
        held, program = self._ledger.held.get(key), self._program()
        desk = None if program is None or not program.life.alive else program.desk
        if held is None or program is None or desk is None:
            return
        self.perhaps_undone.add(key)
        task = self._loop.create_task(
            desk.undo(held.timer, world.login(somebody), somebody.place), context=program.context
        )
        task.add_done_callback(lambda done: self._undid(key, done.result()), context=self._outside)

    def _undid(self, key: str, refused: Refusal | None) -> None:
        self._trace.add("inbox", "too late" if refused else "undone", key)
        if refused is None:
            self.undone.add(key)

    def _delete(self, act: Act) -> bool:
        found = self._message(act, lambda post, who: post.author == who.user)
        if found is None:
            return False
        found[0].delete(found[1], found[2].user)
        return True

    def _hide(self, act: Act) -> bool:
        """A moderator takes away a copy of ours."""
        found = self._message(act, lambda post, _: post.ours)
        if found is None:
            return False
        found[0].delete(found[1], found[2].user)
        return True

    def _react(self, act: Act) -> bool:
        found = self._message(act, lambda post, _: _first_part(post))
        if found is None:
            return False
        platform, post, somebody = found
        emoji = _pick(somebody.emoji, act.picks[2])
        if (somebody.user, emoji) in post.reactions or self._just_now(post, somebody, emoji):
            return False
        platform.react(post, somebody.user, emoji, on=True)
        return True

    def _unreact(self, act: Act) -> bool:
        """Not in Slack where nothing is swept: what overtook it there is put right by a sweep."""
        found = self._message(
            act, lambda post, who: any(user == who.user for user, _ in post.reactions)
        )
        if found is None:
            return False
        platform, post, somebody = found
        if self._heard and platform.name == "slack":
            return False
        mine = [emoji for user, emoji in post.reactions if user == somebody.user]
        emoji = _pick(mine, act.picks[2])
        if self._just_now(post, somebody, emoji):
            return False
        platform.react(post, somebody.user, emoji, on=False)
        return True

    def _just_now(self, post: Post, somebody: world.Somebody, emoji: str) -> bool:
        """Whether they touched it a moment ago; nobody changes their mind so fast."""
        touched = post.touched.get((somebody.user, emoji))
        return touched is not None and self._loop.time() - touched < _MOMENT

    def _archive(self, act: Act) -> bool:
        found = self._somewhere(act.picks[0])
        if found is None or not found[1].thread or found[0].name != "discord":
            return False
        found[1].archived = True
        return True

    def _lock(self, act: Act) -> bool:
        found = self._somewhere(act.picks[0])
        if found is None or not found[1].thread or found[0].name != "discord":
            return False
        found[1].locked = True
        return True

    def _unlock(self, act: Act) -> bool:
        for platform in self._platforms.values():
            for room in platform.threads():
                if room.locked:
                    room.locked = False
                    return True
        return False

    def _in_inbox(self, act: Act) -> tuple[Platform, Room, world.Somebody] | None:
        somebody = _pick(world.AGENTS, act.picks[0])
        platform = self._platforms[somebody.place.platform]
        rooms = [room for room in platform.threads(somebody.place) if room.posts]
        if not rooms or platform.wire.down:
            return None
        return platform, _pick(rooms, act.picks[0] >> 4), somebody

    def _somewhere(self, pick: int) -> tuple[Platform, Room, world.Somebody] | None:
        """A person, and a thread of the place in which they are."""
        somebody = _pick(world.PEOPLE, pick)
        platform = self._platforms[somebody.place.platform]
        rooms = [
            room
            for room in platform.rooms.values()
            if room.place == somebody.place
            and (room.thread or (room.id.startswith("9") and room.posts))
        ]
        if somebody.account in self.left:
            return None
        if not rooms or platform.wire.down:
            return None
        return platform, _pick(rooms, pick >> 4), somebody

    def _message(
        self, act: Act, wanted: Callable[[Post, world.Somebody], bool]
    ) -> tuple[Platform, Post, world.Somebody] | None:
        """A message in a thread near somebody, mostly one of the newest."""
        found = self._somewhere(act.picks[0])
        if found is None:
            return None
        platform, room, somebody = found
        if platform.closed_to_people(room):
            return None
        there = [post for post in room.standing() if wanted(post, somebody)]
        if not there:
            return None
        if act.picks[1] % 4:
            there = there[-4:]
        return platform, _pick(there, act.picks[1] >> 2), somebody

    # --- on the web -----------------------------------------------------------------------

    def _begin(self, act: Act) -> bool:
        people = world.GROUPS[act.picks[0] % len(world.GROUPS)]
        pin = _pick(world.PINS, act.picks[1])
        self._ask(act, people[0], StartThread(people[1:], pin, _text(act, "start")))
        return True

    _web_start = _begin

    def _web_post(self, act: Act) -> bool:
        found = self._thread(act)
        if found is None:
            return False
        thread, account = found
        self._ask(act, account, PostMessage(thread, _text(act, account)))
        return True

    def _reply(self, act: Act) -> bool:
        """The Reply button, or the message shortcut: it goes out at once, in either mode."""
        return self._from_inbox(act, Speech.REPLY, "reply")

    def _put_note(self, act: Act) -> bool:
        """`/pin note`."""
        return self._from_inbox(act, Speech.NOTE, "remark")

    def _from_inbox(self, act: Act, speech: Speech, how: str) -> bool:
        found = self._in_inbox(act)
        if found is None:
            return False
        platform, room, somebody = found
        words = _text(act, f"{somebody.name} {how}")
        if speech is Speech.NOTE:
            self.inside.append(words)
        what = PostMessage(InSpace(platform.name, SpaceId(room.id)), words, speech=speech)
        self._ask(act, world.login(somebody), what, Origin(somebody.place))
        return True

    def _web_edit(self, act: Act) -> bool:
        if not self._web_said:
            return False
        message, _, account = _pick(self._web_said[-8:], act.picks[1])
        self.web_touched.add(message)
        words = _text(act, "web again")
        if message in self._notes:
            self.inside.append(words)
        self._ask(act, account, EditMessage(message, words))
        return True

    def _web_delete(self, act: Act) -> bool:
        if not self._web_said:
            return False
        message, _, account = _pick(self._web_said[-8:], act.picks[1])
        self.web_touched.add(message)
        self._ask(act, account, DeleteMessage(message))
        return True

    def _web_react(self, act: Act) -> bool:
        if not self._web_said:
            return False
        message, thread, _ = _pick(self._web_said[-8:], act.picks[1])
        people = dict(self.threads).get(thread)
        if people is None:
            return False
        emoji = _pick(world.WEB_EMOJI, act.picks[2])
        self._ask(act, _pick(people, act.picks[0]), React(message, emoji, act.picks[2] % 3 > 0))
        return True

    def _web_leave(self, act: Act) -> bool:
        """Out of a conversation of more than two."""
        large = [(thread, people) for thread, people in self.threads if len(people) > 2]
        if not large:
            return False
        thread, people = _pick(large, act.picks[0])
        self._ask(act, _pick(people, act.picks[1]), Leave(thread))
        return True

    def _web_add(self, act: Act) -> bool:
        found = self._thread(act)
        if found is None:
            return False
        thread, account = found
        others = [other for other in world.ACCOUNTS if other != account]
        self._ask(act, account, AddPeople(thread, (_pick(others, act.picks[2]),)))
        return True

    def _close_place(self, act: Act) -> bool:
        """Any member ends that others read it in a channel."""
        found = self._thread(act)
        if found is None:
            return False
        place = _pick(_SHARED, act.picks[2])
        self._ask(act, found[1], ClosePlace(found[0], place.id))
        return True

    def _open_place(self, act: Act) -> bool:
        """Whose channel it is shows a conversation there, again or from now on."""
        place = _pick(_SHARED, act.picks[2])
        theirs = [thread for thread, people in self.threads if place.account in people]
        if not theirs:
            return False
        self._ask(act, place.account, OpenPlace(_pick(theirs, act.picks[0]), place.id))
        return True

    def _block(self, act: Act) -> bool:
        """Of somebody with whom they talk; of their messages so far nothing changes."""
        found = self._thread(act)
        if found is None:
            return False
        thread, account = found
        others = [other for other in dict(self.threads)[thread] if other != account]
        self._shut(account, _pick(others, act.picks[2]), on=True)
        return True

    def _unblock(self, act: Act) -> bool:
        if not self._blocked:
            return False
        who, whom = _pick(self._blocked, act.picks[0])
        self._shut(who, whom, on=False)
        return True

    def _shut(self, who: AccountId, whom: AccountId, *, on: bool) -> None:
        """Asked once: whether it was done is left to the history that comes of it."""
        program = self._program()
        desk = None if program is None or not program.life.alive else program.desk
        if program is None or desk is None:
            return
        self._trace.add("web", "block" if on else "unblock", f"{who} {whom}")
        self._blocked.append((who, whom))
        block = _done(lambda desk: desk.block(who, whom, on=on), desk)
        self._loop.create_task(block, context=program.context)

    def _erase(self, act: Act) -> bool:
        """`/pin forget me`, and they do nothing any more. One in a seed."""
        if self.left:
            return False
        somebody = _pick(_LEAVING, act.picks[0])
        self.left[somebody.account] = somebody.name
        self._have_done(
            f"erase {somebody.account}", lambda desk: desk.forget(somebody.account), lambda: None
        )
        return True

    def _thread(self, act: Act) -> tuple[ThreadId, AccountId] | None:
        if not self.threads:
            return None
        thread, people = _pick(self.threads, act.picks[0])
        return thread, _pick(people, act.picks[1])

    def _ask(
        self, act: Act, account: AccountId | Person, what: What, origin: Origin | None = None
    ) -> None:
        if account in self.left:
            return
        key = f"web:{act.kind}:{act.at}:{act.picks[0]}:{act.picks[1]}"
        if isinstance(what, PostMessage | EditMessage | StartThread):
            self.web_words.append((_who(account), what.text))
        self._trace.add("web", act.kind, f"{_who(account)} {act.picks[0]}")
        self.asking += 1
        self._request(Intent(key, account, what, origin), 0)

    def _later(self, seconds: float, do: Callable[[], object]) -> None:
        self._loop.call_later(seconds, do, context=self._outside)

    def _have_done(
        self, called: str, do: Callable[[Desk], Awaitable[object]], done: Callable[[], None]
    ) -> None:
        """What is no intent, asked for again as long as there is no answer."""
        self._trace.add("web", "asks", called)
        self.asking += 1
        answers: list[object] = []

        def ask() -> None:
            program = self._program()
            desk = None if program is None or not program.life.alive else program.desk
            if answers:
                return
            if program is not None and desk is not None:
                # Within its life: what is under way when that ends gives no answer.
                task = self._loop.create_task(_done(do, desk), context=program.context)
                task.add_done_callback(answered, context=self._outside)
            self._loop.call_later(_ANSWERS_IN, ask, context=self._outside)

        def answered(task: object) -> None:
            if not answers:
                answers.append(task.result())  # type: ignore[attr-defined]
                self.asking -= 1
                self._trace.add("web", "has", called)
                done()

        ask()

    def _request(self, intent: Intent, attempts: int) -> None:
        program = self._program()
        desk = None if program is None or not program.life.alive else program.desk
        if program is None or desk is None:
            self._loop.call_later(_AGAIN, self._request, intent, attempts, context=self._outside)
            return
        answered = self._loop.create_future()
        task = self._loop.create_task(desk.submit(intent), context=program.context)
        task.add_done_callback(answered.set_result, context=program.context)
        answered.add_done_callback(
            lambda found: self._answered(intent, found.result().result()), context=self._outside
        )
        self._loop.call_later(
            _ANSWERS_IN, self._unanswered, intent, attempts, answered, context=self._outside
        )

    def _unanswered(self, intent: Intent, attempts: int, answered: object) -> None:
        if not answered.done():  # type: ignore[attr-defined]
            self._request(intent, attempts + 1)

    def _answered(self, intent: Intent, outcome: Outcome) -> None:
        if intent.key in self._answers:
            return
        self._answers.add(intent.key)
        self.asking -= 1
        self._trace.add("web", type(outcome).__name__, intent.key)
        if not isinstance(outcome, Accepted):
            return
        account = _who(intent.actor)
        if isinstance(intent.what, StartThread):
            people = (account, *(AccountId(str(one)) for one in intent.what.people))
            if outcome.thread not in dict(self.threads):
                self.threads.append((outcome.thread, people))
        if outcome.message is not None:
            if isinstance(intent.what, PostMessage) and intent.what.speech is Speech.NOTE:
                self._notes.add(outcome.message)
            self._web_said.append((outcome.message, outcome.thread, account))


async def _done(do: Callable[[Desk], Awaitable[object]], desk: Desk) -> None:
    await do(desk)


def _who(actor: Actor) -> AccountId:
    """Agents act for their brand."""
    return AccountId(str(actor)) if isinstance(actor, str) else world.BRAND


def _pick(among: Sequence[T], pick: int) -> T:
    return among[pick % len(among)]


def _first_part(post: Post) -> bool:
    """A reaction to a message of several parts is one to its first."""
    return post.write is None or (post.write.step.index == 0 and bool(post.part and post.part.text))


def _text(act: Act, who: str) -> str:
    """Words of their own for every act, some of them too long for one part."""
    pick = act.picks[2]
    words = f"{who} {pick}"
    if pick % 5 == 0:
        words += "".join(f" {_WORDS[(pick >> n) % len(_WORDS)]}" for n in range(pick % 47))
    return words
