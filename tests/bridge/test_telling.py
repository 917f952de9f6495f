"""Words that were held and are refused on release: whoever wrote them is told."""

import asyncio
from collections.abc import Mapping
from typing import cast

from bridge.intake.telling import Telling
from bridge.wakeup import LocalWakeups
from core.intents import EditMessage, Intent, RemoteMessage
from core.model import Refusal
from core.ports.adapter import Adapter
from core.ports.outcomes import Accepted, Held
from core.rules import ALREADY_SENT
from tests.bridge.conftest import INBOX
from tests.bridge.scripted_platform import soon
from tests.bridge.test_conversation import ADA, Talk, talk

__all__ = ["talk"]


async def overtaken(talk: Talk, telling: Telling) -> Intent:
    """An edit comes before its message, and is refused when that has come."""
    talk.intake.on_released(telling.add)
    own = talk.slack.types(INBOX, talk.spaces["slack"], ADA, "yes")
    assert own.origin is not None
    assert own.origin.message is not None
    what = EditMessage(RemoteMessage("slack", own.origin.message), "note: never")
    edit = Intent("edit", ADA, what, own.origin)
    assert isinstance(await talk.submit(edit), Held)
    assert isinstance(await talk.submit(own), Accepted)
    return edit


async def test_whoever_wrote_held_words_that_are_refused_is_told_once(talk: Talk) -> None:
    telling = Telling(talk.store, cast(Mapping[str, Adapter], {"slack": talk.slack}))
    task = asyncio.create_task(telling.run())
    edit = await overtaken(talk, telling)
    await soon(lambda: bool(talk.slack.told))
    task.cancel()
    await asyncio.wait((task,))
    assert edit.origin is not None
    [(remote, key, outcome)] = talk.slack.told
    assert (remote, key) == (edit.origin.message, "edit")
    assert outcome == ALREADY_SENT
    assert isinstance(outcome, Refusal)


async def test_of_a_message_that_is_gone_nobody_is_told(talk: Talk, wakeups: LocalWakeups) -> None:
    telling = Telling(talk.store, cast(Mapping[str, Adapter], {"slack": talk.slack}))
    edit = await overtaken(talk, telling)
    assert edit.origin is not None
    assert edit.origin.message is not None
    talk.slack.texts.clear()
    task = asyncio.create_task(telling.run())
    await soon(lambda: ("message", edit.origin.message) in talk.slack.reads)
    task.cancel()
    await asyncio.wait((task,))
    assert talk.slack.told == []
