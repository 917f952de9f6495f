"""The table of rights in docs/rules.md, walked by people: each role tries each act in each place.

Whoever may is not refused; whoever may not is told in the core's words, alone, and nothing is
done. At the API nobody acts for a brand but its own session: an agent there is themselves.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.office.settings import BRANDS_STAY
from core.model import Role
from core.rights import RIGHTS, Act, may
from core.rules import NO_THREAD
from tests.program.hands import ADA, BO, NOOR, STAFF, mia
from tests.program.test_refusals_of_brands import asks, relay
from tests.program.witness import Witness, sees, watched
from tests.program.world import INBOX

pytestmark = pytest.mark.slow
OWNER = "bo-reyes"
INSIDE = "which nobody outside hears"


@dataclass(frozen=True, slots=True)
class Try:
    """One act as `/pin` takes it in Slack, with the thread's code, and as Discord's command."""

    slack: str
    discord: str
    options: Mapping[str, str]


def _try(slack: str, discord: str, **options: str) -> Try:
    return Try(slack, discord, options)


TRIES: Mapping[Act, Try] = {
    Act.READ: _try("inbox", "inbox"),
    Act.NOTE: _try(f"note CODE a note {INSIDE}", "note", id="CODE", text=f"a note {INSIDE}"),
    Act.REPLY: _try("reply CODE a reply", "reply", id="CODE", text="a reply"),
    Act.ASSIGN: _try("assign CODE none", "assign", id="CODE", to="none"),
    Act.STATUS: _try("status CODE open", "status", id="CODE", status="open"),
    Act.CANNED: _try("canned", "canned"),
    Act.REPORT: _try("report CODE it is spam", "thread report", id="CODE", text="it is spam"),
    Act.ACCEPT: _try("ignore CODE", "ignore", id="CODE"),
    Act.FOLLOW: _try("follow @kai", "people follow", who="@kai"),
    Act.BLOCK: _try("unblock @kai", "people unblock", who="@kai"),
    Act.CONNECT: _try("disconnect", "channel disconnect"),
    Act.MODE: _try("mode relay", "channel mode", mode="relay"),
    Act.GRANT: _try("role viewer @kai", "channel role", role="viewer", who="@kai"),
    Act.EXPORT: _try("export", "account export"),
}
"""What changes nothing for whoever may, or nothing that the next one minds."""


def test_every_act_of_the_table_is_tried() -> None:
    """Nobody erases a brand but the operator: `forget me` is tried by all, and refused to all."""
    assert {*TRIES, Act.ERASE} == {*Act}


@asynccontextmanager
async def with_roles(folder: Path, role: Role) -> AsyncIterator[tuple[Witness, str, str, str]]:
    """Bo, an owner, gives Ada (in Slack) and Noor (in Discord) the role, after Kai has asked.

    Gives the root in Slack, the staff's thread, and the code as well.
    """
    login = {"platform": "slack", "workspace": "T0NORTHWIND", "user": BO}
    bo = {"handle": OWNER, "name": "Bo Reyes", "identities": [login]}
    brands = [relay(owners=[OWNER], staff_role="viewer")]
    acting = ["kai", "ada-lind", "northwind"]
    async with watched(folder, acting, brands=brands, people=mia(bo)) as w:
        root, post, code = await asks(w)
        for user in (ADA, BO):
            await w.slack.pin(user, f"mute {code}", INBOX)
        await w.discord.ran(NOOR, STAFF, "thread mute", id=code)
        for name in ("ada-lind", "noor"):
            told = await w.slack.pin(BO, f"role {role} @{name}", INBOX)
            assert f"is {role} of Northwind Home" in told, told
        yield w, root, post, code


@pytest.mark.parametrize("role", [*Role])
@sees(not_allowed="slack command, discord command")
async def test_each_role_may_what_the_table_says(tmp_path: Path, role: Role) -> None:
    async with with_roles(tmp_path, role) as (w, _, _, code):
        may_not = []
        for act, one in TRIES.items():
            words = one.slack.replace("CODE", code)
            options = {name: text.replace("CODE", code) for name, text in one.options.items()}
            refusal = may(role, act, OWNER)
            if refusal is None:
                told = await w.slack.pin(ADA, words, INBOX)
                there = await w.discord.run(NOOR, STAFF, one.discord, **options)
                assert f"Ask @{OWNER}" not in f"{told} {there}", (act, told, there)
                continue
            may_not.append(act)
            await w.slack_command(ADA, refusal, words, INBOX)
            await w.discord_command(NOOR, refusal, one.discord, STAFF, **options)
        assert {*may_not} == {*Act} - RIGHTS[role] - {Act.ERASE}
        await w.slack_command(ADA, BRANDS_STAY, "forget me", INBOX)
        await w.discord_command(NOOR, BRANDS_STAY, "account forget", STAFF)
        # Her role is given in those channels: in her own messages she is herself, with it.
        private = may(role, Act.REPLY, OWNER)
        if private is not None:
            await w.slack_command(ADA, private, f"reply {code} from my own messages")


@sees(
    not_allowed="slack typed, slack button, slack menu, slack command, "
    "discord typed, discord button, discord menu",
    unknown_thread="api",
)
async def test_a_viewer_looks_on_whatever_they_use(tmp_path: Path) -> None:
    async with with_roles(tmp_path, Role.VIEWER) as (w, root, post, code):
        reply, note = (may(Role.VIEWER, act, OWNER) for act in (Act.REPLY, Act.NOTE))
        accept, block = (may(Role.VIEWER, act, OWNER) for act in (Act.ACCEPT, Act.BLOCK))
        assert reply is not None and note is not None  # noqa: PT018
        assert accept is not None and block is not None  # noqa: PT018
        await w.slack_typed(ADA, reply, "typed to the follower", root)
        await w.slack_typed(ADA, note, f"note: typed, {INSIDE}", root)
        await w.discord_typed(NOOR, reply, "typed there to the follower", post)
        await w.discord_typed(NOOR, note, f"note: typed there, {INSIDE}", post)
        shown = await w.slack.shown("first time")
        card = await w.discord.card()
        for label, refusal in (("Reply", reply), ("Ignore", accept)):
            await w.slack_press(ADA, refusal, shown, label)
            await w.discord_press(NOOR, refusal, card, label)
        asked = await w.slack.shown("Does it fit?")
        there = await w.discord.shown("Does it fit?", post)
        for callback, name, refusal in (
            ("pin_reply", "Reply to follower", reply),
            ("pin_note", "Add as note", note),
        ):
            await w.slack_shortcut(ADA, refusal, callback, INBOX, asked["ts"])
            await w.discord_menu(NOOR, refusal, name, post, there["id"])
        # A guest of the workspace has no role at all, and does not even look on.
        body = {"handle": "gil", "name": "Gil", "guest": "multi", "channels": [INBOX]}
        gil = (await w.people.control("POST", "/slack/person", body))["id"]
        nothing = may(None, Act.REPLY, OWNER)
        unread = may(None, Act.READ, OWNER)
        assert nothing is not None and unread is not None  # noqa: PT018
        await w.slack_typed(gil, nothing, "typed by a guest", root)
        await w.slack_command(gil, unread, "inbox", INBOX)
        await w.slack_command(gil, unread, f"open {code}", INBOX)
        # At the API an agent is themselves, and the brand's thread none of theirs.
        path = f"/api/threads/{code}"
        await w.api("ada-lind", NO_THREAD, "GET", path)
        await w.api("ada-lind", NO_THREAD, "GET", f"{path}/messages")
        await w.api("ada-lind", NO_THREAD, "POST", f"{path}/messages", {"text": "hello"})
        await w.api("ada-lind", NO_THREAD, "PUT", f"{path}/status", {"status": "resolved"})
        await w.api("ada-lind", NO_THREAD, "PUT", f"{path}/assignee", {"to": None})
        for verb in ("accept", "ignore", "leave"):
            await w.api("ada-lind", NO_THREAD, "POST", f"{path}/{verb}")
        await w.api("ada-lind", NO_THREAD, "POST", f"{path}/people", {"add": ["mia"]})
        assert await w.web.said("kai", code) == ["Does it fit?"]
        lines = (await w.web.call("northwind", "GET", f"{path}/messages"))["lines"]
        assert INSIDE not in str(lines)
