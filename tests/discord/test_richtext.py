"""Trees from Discord and to it, and that no text of anybody's can ping anybody."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord import outbound
from adapters.discord.adapter import DiscordAdapter
from core.delivery import Author, Part, PartKind, Receipt, Write
from core.files import FileId, FileRef
from core.ids import AccountId
from core.intents import EditMessage, Person, PostMessage, RemoteMessage
from core.model import Account, AccountKind, Mirror, Pin
from core.text.content import (
    Bold,
    Channel,
    CodeBlock,
    Content,
    Emoji,
    Link,
    Mention,
    Paragraph,
    Quote,
    Spoiler,
    Text,
)
from core.text.splitting import split
from core.text.tidy import normal, of_text
from tests.discord.conftest import (
    CHAT,
    FORUM,
    GUILD,
    KAI,
    MIA,
    MIA_AUTHOR,
    NOOR,
    Sandbox,
    direct,
    mirror,
    posting,
)
from tests.discord.fake_desk import OAK, FakeDesk
from tests.discord.test_over_sockets import EXECUTE, placed

KAIS = Account(AccountId("kai"), AccountKind.PERSON, "kai", "Kai")


def rich(at: Mirror, content: Content, **given: Any) -> Write:
    more = {key: given.pop(key) for key in ("mentions", "answers", "author") if key in given}
    part = Part(PartKind.TEXT, "as words", **{"author": MIA_AUTHOR, "rich": content, **more})
    return posting("rich", at, part, **given)


async def last_post(sandbox: Sandbox, method: str = EXECUTE) -> dict[str, Any]:
    entries = [entry for entry in await sandbox.journal() if entry["method"] == method]
    return dict(entries[-1]["args"]["body"])


# --- from Discord


async def test_words_with_marks_arrive_as_a_tree_and_plain_ones_as_words_alone(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    desk.accounts[KAI] = KAIS
    at = await placed(adapter, mirror(FORUM))
    said = (
        "plain words",
        "see https://oak.test/a_b_c now",
        f"**oak** for <@{KAI}>, not <@{NOOR}>, in <#{CHAT}> ||140 cm||",
    )
    for words in said:
        await sandbox.say("Mia", str(at.space), words)
    await desk.until(lambda: len(desk.intents) == 3)
    plain, address, marked = (intent.what for intent in desk.intents)
    assert isinstance(plain, PostMessage)
    assert isinstance(address, PostMessage)
    assert isinstance(marked, PostMessage)
    assert (plain.text, plain.rich) == (said[0], None)
    assert (address.text, address.rich) == (said[1], None)
    assert marked.text == "oak for @Kai, not @Noor, in #chat [spoiler]"
    channel = Channel("chat", f"discord:{GUILD}:{CHAT}")
    assert marked.rich == (
        Paragraph(
            (
                Bold((Text("oak"),)),
                Text(" for "),
                Mention("kai", "Kai"),
                Text(", not @Noor, in "),
                channel,
                Text(" "),
                Spoiler((Text("140 cm"),)),
            )
        ),
    )


async def test_an_edit_brings_its_tree(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    said = await sandbox.say("Mia", str(at.space), "oak")
    body = {"user": "Mia", "message": said, "text": "```py\nx = 1\n```"}
    await sandbox.control("POST", "discord/edit", body)
    await desk.until(lambda: len(desk.intents) == 2)
    what = desk.intents[1].what
    assert isinstance(what, EditMessage)
    assert (what.text, what.rich) == ("x = 1", (CodeBlock("x = 1", "py"),))


async def test_a_reply_names_what_it_answers(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    first = await sandbox.say("Kai", str(at.space), "oak?")
    await sandbox.say("Mia", str(at.space), "yes", reply_to=first)
    await desk.until(lambda: len(desk.intents) == 2)
    what = desk.intents[1].what
    assert isinstance(what, PostMessage)
    assert what.answers == RemoteMessage("discord", f"{at.space}:{first}")


@pytest.mark.parametrize(
    ("given_body", "shown"),
    [
        ({"sticker": "Wave *hi*"}, "Sticker: Wave *hi* \u00b7 see it in Discord"),
        (
            {"poll": {"question": "Oak or ash?", "answers": ["Oak", "# Ash"]}},
            "Poll: Oak or ash?\n- Oak\n- # Ash\nvote in Discord",
        ),
    ],
)
async def test_stickers_and_polls_arrive_readable_with_the_way_to_the_original(
    adapter: DiscordAdapter,
    desk: FakeDesk,
    sandbox: Sandbox,
    given_body: dict[str, Any],
    shown: str,
) -> None:
    at = await placed(adapter, mirror(FORUM))
    body = {"user": "Mia", "channel": at.space, **given_body}
    said = (await sandbox.control("POST", "discord/say", body))["id"]
    await desk.until(lambda: desk.intents)
    what = desk.intents[0].what
    assert isinstance(what, PostMessage)
    assert what.text == shown
    assert what.rich is not None
    last = what.rich[-1]
    assert isinstance(last, Paragraph)
    address = f"https://discord.com/channels/{GUILD}/{at.space}/{said}"
    label = shown.rpartition("\u00b7 ")[2].rpartition("\n")[2]
    assert last.children[-1] == Link(address, (Text(label),), preview=False)


async def test_what_another_bot_answers_to_a_command_is_said_by_who_gave_it(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    field = {"name": "Price", "value": "*140*"}
    embeds = [{"title": "Oak", "description": "In **stock**", "fields": [field]}]
    app = {"name": "ShopBot", "embeds": embeds}
    body = {"user": "Mia", "channel": at.space, "text": "found one", "app": app}
    said = (await sandbox.control("POST", "discord/say", body))["id"]
    await desk.until(lambda: desk.intents)
    [intent] = desk.intents
    assert isinstance(intent.actor, Person)
    assert intent.actor.identity.user == MIA
    assert isinstance(intent.what, PostMessage)
    link = f"https://discord.com/channels/{GUILD}/{at.space}/{said}"
    shown = "Used ShopBot:\nfound one\nOak\nIn stock\nPrice: 140\nsee it in Discord"
    assert intent.what.text == shown
    assert intent.what.rich is not None
    last = intent.what.rich[-1]
    assert isinstance(last, Paragraph)
    assert last.children[-1] == Link(link, (Text("see it in Discord"),), preview=False)


async def test_a_forwarded_message_is_quoted_with_the_way_to_it(
    adapter: DiscordAdapter, desk: FakeDesk, sandbox: Sandbox
) -> None:
    at = await placed(adapter, mirror(FORUM))
    first = await sandbox.say("Kai", CHAT, "look at **this**\nand that")
    body = {"user": "Mia", "channel": at.space, "forward": first}
    await sandbox.control("POST", "discord/say", body)
    await desk.until(lambda: desk.intents)
    what = desk.intents[0].what
    assert isinstance(what, PostMessage)
    assert what.rich is not None
    quote, source = what.rich
    inside = (Text("look at "), Bold((Text("this"),)), Text("\nand that"))
    assert quote == Quote((Paragraph(inside),))
    address = f"https://discord.com/channels/{GUILD}/{CHAT}/{first}"
    assert isinstance(source, Paragraph)
    way = Link(address, (Text("see it in Discord"),), preview=False)
    assert source.children == (Text("Forwarded \u00b7 "), way)


# --- to Discord


async def test_a_tree_is_written_as_markdown_and_only_named_members_are_pinged(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    made = await sandbox.control("PUT", "discord/emojis", {"names": ["oak_leaf"]})
    at = await placed(adapter, mirror(FORUM))
    content: Content = (
        Paragraph(
            (
                Bold((Text("oak"),)),
                Text(f" <@{NOOR}> @everyone "),
                Mention("kai", "Kai"),
                Text(" "),
                Mention("noor", "Noor"),
                Text(" "),
                Emoji("oak_leaf"),
                Emoji("nowhere"),
                Channel("chat", f"discord:{GUILD}:{CHAT}"),
            )
        ),
    )
    done = await adapter.write(rich(at, content, mentions={"kai": KAI}))
    assert isinstance(done, Receipt), done
    body = await last_post(sandbox)
    leaf = made["emojis"][0]["id"]
    assert body["content"] == (
        f"**oak** <\u200b@{NOOR}> @\u200beveryone <@{KAI}> @Noor "
        f"<:oak_leaf:{leaf}>:nowhere:<#{CHAT}>"
    )
    assert body["allowed_mentions"] == {"parse": [], "users": [KAI]}
    edit = rich(at, content, mentions={"kai": KAI}, replaces=done.remote, poster=done.poster)
    assert await adapter.write(edit) == done
    method = "PATCH /webhooks/{webhook_id}/{token}/messages/{message_id}"
    edited = await last_post(sandbox, method)
    assert edited == {"embeds": [], **{key: body[key] for key in ("content", "allowed_mentions")}}


async def test_a_post_with_marks_whose_answer_was_lost_is_found(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    await sandbox.control("PUT", "discord/emojis", {"names": ["oak_leaf"]})
    at = await placed(adapter, mirror(FORUM))
    content: Content = (Paragraph((Bold((Text("oak"),)), Emoji("oak_leaf"))),)
    write = rich(at, content, anchor=at.root, answers="Kai: which wood?")
    await sandbox.fault(EXECUTE, "lost")
    await adapter.write(write)
    assert isinstance(await adapter.find(write), Receipt)


async def test_what_is_answered_stands_as_a_quoted_line_above_the_words(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    forum, dm = await placed(adapter, mirror(FORUM)), await placed(adapter, direct())
    for at in (forum, dm):
        await adapter.write(rich(at, (Paragraph((Text("oak"),)),), answers="Kai: which *wood*?"))
        part = Part(PartKind.TEXT, "plain", MIA_AUTHOR, answers="Kai: why?")
        await adapter.write(posting("plain", at, part))
    found = [one["content"] for one in (await sandbox.messages(str(forum.space)))[1:]]
    assert found == ["> Kai: which \\*wood\\*?\noak", "> Kai: why?\nplain"]
    found = [one["content"] for one in (await sandbox.messages(f"dm:{MIA}"))[1:]]
    assert found == ["> Kai: which \\*wood\\*?\n**Mia:** oak", "> Kai: why?\n**Mia:** plain"]


# --- nobody is pinged, and everything fits

MEAN = st.one_of(
    st.sampled_from(
        [
            "@everyone",
            "@here",
            f"<@{KAI}>",
            f"<@!{KAI}>",
            "<@&1>",
            "<!channel>",
            "<!everyone>",
            f"](https://x.y) <@{KAI}>",
            f"```<@{KAI}>",
            "\\<@1>",
        ]
    ),
    st.text(alphabet="<@!&>everyonhd[]()`*_~|#:/\\ \n\u200b1", max_size=40),
    st.text(max_size=40),
)
PIECES = st.one_of(
    MEAN.map(Text),
    MEAN.map(lambda text: Bold((Text(text),))),
    MEAN.map(lambda text: Link("https://x.y/a", (Text(text),))),
    MEAN.map(lambda text: Mention("kai", text)),
    MEAN.map(lambda text: Mention("nobody", text)),
    MEAN.map(lambda text: Channel(text, "discord:1:2")),
    st.just(Emoji("oak")),
)
TREES = st.lists(PIECES, min_size=1, max_size=6).map(
    lambda pieces: normal((Paragraph(tuple(pieces)), Quote((Paragraph(tuple(pieces)),))))
)
AUTHORS = MEAN.map(Author)
FILES = st.builds(
    FileRef,
    id=st.just(FileId("a" * 64)),
    name=MEAN,
    media_type=st.just("a/b"),
    size=st.just(9),
    alt=MEAN,
)
PINS = st.builds(
    Pin,
    id=st.just(OAK.id),
    url=st.just(OAK.url),
    title=MEAN,
    description=MEAN,
    board=MEAN,
    creator=MEAN,
)
PARTS = st.builds(
    Part,
    kind=st.sampled_from(PartKind),
    text=MEAN,
    author=AUTHORS,
    pin=PINS,
    people=st.lists(MEAN, max_size=3).map(tuple),
    rich=st.none() | TREES,
    file=st.none() | FILES,
    answers=MEAN,
    mentions=st.sampled_from([{}, {"kai": KAI}]),
)
PLACES = (mirror(FORUM, root="5:5", space="5"), direct(root="7:8", space="7:8"))


def bodies(write: Write) -> Iterator[dict[str, Any]]:
    yield outbound.webhook_post(write)
    yield outbound.webhook_post(write, neutral=True)
    yield outbound.bot_post(write)
    yield outbound.webhook_edit(write)
    yield outbound.bot_edit(write)
    yield outbound.forum_post(write)["message"]


async def test_hostile_words_ping_nobody_as_discord_reads_them(
    adapter: DiscordAdapter, sandbox: Sandbox
) -> None:
    await sandbox.control("PUT", "limits/discord", {"factor": 0})
    places = [await placed(adapter, mirror(FORUM)), await placed(adapter, direct())]
    mean = f"@everyone @here <@{KAI}> <@!{NOOR}> <@&1> ](x) ```<@{KAI}> \\@everyone \\<@{KAI}>"
    file = adapter_file(mean)
    for at in places:
        for part in (
            Part(PartKind.TEXT, mean, Author(mean), answers=mean),
            Part(PartKind.TEXT, mean, Author(mean), rich=of_text(mean), mentions={"kai": KAI}),
            Part(PartKind.PIN, mean, Author(mean), Pin(OAK.id, OAK.url, mean, mean, board=mean)),
            Part(PartKind.NOTICE, mean),
            Part(PartKind.FILE, f"https://x.y/{mean}", Author(mean), file=file),
        ):
            done = await adapter.write(
                posting(f"{at.kind}-{part.kind}-{part.rich is None}", at, part, mean)
            )
            assert isinstance(done, Receipt), done
            channel, _, message = done.remote.partition(":")
            path = f"/channels/{channel}/messages/{message}"
            told = await adapter._rest.read(path, dict[str, Any])
            assert isinstance(told, dict)
            assert told["mentions"] == told["mention_roles"] == []
            assert not told["mention_everyone"]
    await sandbox.control("PUT", "limits/discord", {"factor": 1})


def adapter_file(name: str) -> FileRef:
    """Too large for Discord, so that its name becomes words."""
    return FileRef(FileId("a" * 64), name, "image/png", 2**30, alt=name)


@given(PARTS, st.sampled_from(PLACES), MEAN)
@settings(max_examples=1000, deadline=None)
def test_no_text_in_any_place_pings_anybody_but_members_mentioned_on_purpose(
    part: Part, at: Mirror, title: str
) -> None:
    for body in bodies(posting("a1", at, part, title)):
        allowed = body["allowed_mentions"]
        assert allowed["parse"] == []
        assert set(allowed) <= {"parse", "users"}
        users = allowed.get("users", [])
        assert set(users) <= set(part.mentions.values())
        named = part.rich is not None and "Mention(account='kai'" in repr(part.rich)
        assert not users or named


@given(st.text(max_size=3000) | st.text(alphabet="*_~|`[]()<>#-@\n 1.", max_size=3000))
def test_parts_as_they_are_cut_fit_a_message_under_any_name(text: str) -> None:
    limit, measured = outbound.CAPABILITIES.text, outbound.CAPABILITIES.measure
    for piece in split(of_text(text), measured, limit):
        for at in PLACES:
            write = rich(at, piece, author=Author("*" * 200), answers="*" * 300)
            for body in bodies(write):
                assert len(body["content"].encode("utf-16-le")) <= 2 * outbound.CONTENT
                assert not body.get("embeds")
