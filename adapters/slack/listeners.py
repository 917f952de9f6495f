"""What Slack tells besides words and gestures: people, emoji, channels, App Home, farewells.

Bolt answers 404 to what has no listener, so each kind has a last one for the rest.
"""

import re

from slack_bolt.async_app import AsyncApp

from adapters.slack import channels
from adapters.slack.directory import Directory
from adapters.slack.errors import remedy_of
from adapters.slack.gestures import Ack, Host
from adapters.slack.home import Homes
from adapters.slack.marks import Payload
from core.delivery import Failure
from core.model import Identity, Place
from core.ports.desk import Desk
from core.ports.reading import PlaceLook

_TOLD = 1_000


class Listeners:
    def __init__(self, host: Host, desk: Desk, directory: Directory, homes: Homes) -> None:
        self._host = host
        self._desk = desk
        self._directory = directory
        self._homes = homes
        self._newest: dict[tuple[str, str], str] = {}

    def register(self, app: AsyncApp) -> None:
        """After all others: the first listener that fits is the one that is called."""
        anything = re.compile(".*")
        app.event("app_home_opened")(self.on_home)
        app.action(anything)(_on_rest)
        app.view(anything)(_on_rest)
        app.view_closed(anything)(_on_rest)
        app.shortcut(anything)(_on_rest)
        app.options(anything)(_on_rest)
        app.event(anything)(self.on_event)

    async def on_home(self, event: Payload) -> None:
        """The event is acknowledged at once: drawing the page asks the store and Slack."""
        if event.get("tab") == "home" and isinstance(event.get("user"), str):
            self._host.spawn(self._homes.opened(str(event["user"])))

    async def on_event(self, event: Payload) -> None:
        """Every subscribed event that is not a message or reaction."""
        kind, ours = event.get("type"), self._host.ours
        if kind == "user_change":
            user = event.get("user")
            self._directory.forget(str(user.get("id")) if isinstance(user, dict) else "")
        elif kind == "emoji_changed":
            self._directory.forget_emoji()
        elif ours is not None and channels.is_farewell(event, ours):
            trouble = remedy_of("app_uninstalled")
            await self._desk.place_changed(Place("slack", ours.team, ""), trouble=trouble)
        elif ours is not None:
            news, left = channels.news(event, ours), channels.leaver(event, ours)
            if left is not None:
                await self._left(*left)
            if news is not None:
                await self.channel_changed(news, event)

    async def _left(self, channel: str, team: str, user: str) -> None:
        """On return they are no agent by being there; their page is drawn again beside.

        Events that are late or doubled do no harm: who is back is noted when they act.
        """
        ours = self._host.ours
        assert ours is not None
        place, login = Place("slack", ours.team, channel), Identity("slack", team, user)
        await self._desk.person_left(place, login)  # first: Slack may be slow to say who it is
        person = await self._directory.person(login, ours.team)
        if person.identity != login:
            await self._desk.person_left(place, person.identity)
        self._host.spawn(self._homes.draw(user))

    async def channel_changed(self, news: channels.ChannelNews, event: Payload) -> None:
        if self._host.ours is None or not self._is_newest(news, event):
            return
        place = Place("slack", self._host.ours.team, news.channel)
        self._directory.forget(news.channel)
        if news.name is not None:
            await self._desk.place_changed(place, label=f"#{news.name}")
        elif news.exposed:
            await self._desk.place_changed(place, exposed=True)
        elif news.doubtful:
            await self._looked_at(place)
        else:
            await self._desk.place_changed(place, trouble=news.trouble or None)

    async def _looked_at(self, place: Place) -> None:
        """Parted from another workspace, or private again: what is it now?

        What is heard of its readers while Slack answers is newer than the answer.
        """
        about = (place.channel, "readers")
        before = self._newest.get(about)
        found = await self._directory.look(place.channel)
        if self._newest.get(about) != before:
            return
        if isinstance(found, Failure):
            await self._desk.place_changed(place, trouble=found.remedy or None)
            return
        await self._desk.place_changed(place)
        await self._desk.place_changed(place, exposed=is_exposed(found))

    def _is_newest(self, news: channels.ChannelNews, event: Payload) -> bool:
        """Slack promises no order, and repeats what it got no answer to."""
        key = (news.channel, news.about)
        when = str(event.get("event_ts", ""))
        if when and when < self._newest.get(key, ""):
            return False
        if len(self._newest) >= _TOLD:
            del self._newest[next(iter(self._newest))]
        self._newest[key] = when
        return True


def is_exposed(look: PlaceLook) -> bool:
    """Others than those who were let in by its own workspace can read it."""
    return look.shared or not look.private


async def _on_rest(ack: Ack) -> None:
    """Buttons that only open an address tell us so too."""
    await ack()
