"""Who we are in the workspace, learnt from the token: asked until Slack answers."""

import asyncio
import logging

from adapters.slack.api import Api
from adapters.slack.marks import Ours
from adapters.slack.settings import Settings
from core.delivery import Failure

log = logging.getLogger("pinthread.slack")

_LONGEST_WAIT = 15.0


async def learn(api: Api, settings: Settings, known: Ours | None) -> tuple[Ours, bool]:
    """The installation, and whether posts can carry their author's name.

    `known` is what was learnt before: Slack may leave out the app's id this time.
    """
    wait = 0.2
    while True:
        found = await _ask(api, settings, known)
        if found is not None:
            return found
        await asyncio.sleep(wait)
        wait = min(wait * 2, _LONGEST_WAIT)


async def _ask(api: Api, settings: Settings, known: Ours | None) -> tuple[Ours, bool] | None:
    answer = await api.auth()
    if isinstance(answer, Failure):
        log.warning("slack.not_connected", extra={"code": answer.code, "remedy": answer.remedy})
        return None
    who, scopes = answer
    bot = str(who.get("bot_id") or "")
    info = await api.read("bots.info", bot=bot) if bot else {}
    about = {} if isinstance(info, Failure) else info.get("bot") or {}
    ours = Ours(
        str(who.get("team_id", "")),
        str(who.get("user_id", "")),
        bot,
        str(about.get("app_id") or (known.app if known else "")),
        str(who.get("url") or ""),
    )
    names = settings.author_names
    if names is None:
        names = scopes is None or "chat:write.customize" in scopes
    return ours, names
