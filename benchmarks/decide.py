"""`decide`: a message in a conversation of ten people, decided and applied with every rule.

Against the same event and the same next state, built by hand without any rule. Ten people
who follow each other as people do, one pair of them in a block, as the product runs
(`contacts: follow`). CPU time of alternating rounds: the median of the ratios.
"""

from datetime import UTC, datetime
from statistics import median

from benchmarks.render import timed
from benchmarks.report import Result, judge
from core.apply import apply
from core.decide import decide
from core.events import Event, MessagePosted
from core.ids import AccountId, ConversationId, MessageId, PinId, ThreadId, derive
from core.intents import Intent, PostMessage
from core.model import Account, AccountKind, Head, Member, Request, Standing, State, Thread

ROUNDS = 25
REPEATS = 2_000
NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
WORDS = "Would this one come in light oak before the spring?"


def run() -> Result:
    state, intent = talk(), Intent("slack:T0:C0:1751364000.000100", AccountId("p0"), posted())
    blocked = talk(blocks=frozenset({(AccountId("p3"), AccountId("p8"))}))
    assert ruled(state, intent) == by_hand(state, intent)
    ratios: list[float] = []
    rules: list[float] = []
    hand: list[float] = []
    block: list[float] = []
    for _ in range(ROUNDS):
        rules.append(timed(lambda: ruled(state, intent), REPEATS))
        hand.append(timed(lambda: by_hand(state, intent), REPEATS))
        block.append(timed(lambda: ruled(blocked, intent), REPEATS))
        ratios.append(max(rules[-1], block[-1]) / hand[-1])
    figures = {
        "ratio": median(ratios),
        "decide_us": median(rules) * 1e6,
        "with_a_block_us": median(block) * 1e6,
        "by_hand_us": median(hand) * 1e6,
    }
    return judge("decide", figures, {"ratio": "<= 5"})


def talk(blocks: frozenset[tuple[AccountId, AccountId]] = frozenset()) -> State:
    """Ten people in one thread; every third has been asked, and said yes."""
    people = [Account(AccountId(f"p{n}"), AccountKind.PERSON, f"p{n}", f"P{n}") for n in range(10)]
    members = tuple(
        Member(one.id, 1, request=Request.NONE if n % 3 else Request.ACCEPTED)
        for n, one in enumerate(people)
    )
    follows = {(one.id, people[(n + 1) % 10].id) for n, one in enumerate(people)}
    standing = Standing(
        kinds={one.id: one.kind for one in people},
        follows=frozenset(follows),
        blocks=blocks,
        invited=True,
    )
    conversation = ConversationId("00c0ffee00c0ffee")
    head = Head(conversation, people[0].id, members, 41)
    thread = Thread(ThreadId("5ca1ab1e5ca1ab1e"), conversation, PinId("99360735500167749"), 41)
    return State(people[0], head, thread, standing=standing)


def posted() -> PostMessage:
    return PostMessage(ThreadId("5ca1ab1e5ca1ab1e"), WORDS)


def ruled(state: State, intent: Intent) -> tuple[Event, State]:
    found = decide(state, intent, NOW)
    assert isinstance(found, tuple)
    (event,) = found
    return event, apply(state, event)


def by_hand(state: State, intent: Intent) -> tuple[Event, State]:
    head, thread = state.head, state.thread
    assert head is not None
    assert thread is not None
    said = MessagePosted(MessageId(derive("message", intent.key)), WORDS)
    event = Event(head.id, head.seq + 1, thread.id, NOW, state.actor.id, said)
    after = State(
        state.actor,
        Head(head.id, head.creator, head.members, event.seq),
        Thread(thread.id, thread.conversation, thread.pin, event.seq),
        standing=state.standing,
    )
    return event, after
