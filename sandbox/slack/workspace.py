"""The state of the Slack workspace: people, channels, messages, files; kept through the disk.

Only state and its laws (strictly increasing timestamps, replies under their root); who may do
what is checked by the methods, and who is told is the matter of `posting`.
"""

import time
from bisect import bisect_left, insort
from dataclasses import asdict, astuple, dataclass, field
from typing import Any

from sandbox import world
from sandbox.disk import Disk
from sandbox.slack.limits import Reads

Message = dict[str, Any]
#: Slack's colours for people without a picture, here the ground of their drawn pictures.
COLOURS = {"U0ADA": "9f69e7", "U0BO": "4bbe2e", "U0CLEO": "e7392d"}


#: What a person can be besides a full member: single-channel or multi-channel guest.
GUESTS = ("", "single", "multi")


@dataclass(frozen=True, slots=True)
class Resident(world.Person):
    """A person as Slack knows them: of which workspace, and what kind of guest."""

    team: str = world.SLACK_TEAM
    guest: str = ""


@dataclass(slots=True)
class Channel:
    """A channel, private channel or direct message, with all it holds.

    `teams` are the other workspaces that it is shared with.
    """

    id: str
    name: str
    kind: str
    members: list[str]
    created: int
    archived: bool = False
    teams: list[str] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    timeline: list[str] = field(default_factory=list)
    replies: dict[str, list[str]] = field(default_factory=dict)

    def doc(self) -> dict[str, Any]:
        """What the disk keeps of it; messages are kept one by one."""
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "members": self.members,
            "created": self.created,
            "archived": self.archived,
            "teams": self.teams,
        }

    def root_of(self, ts: str) -> Message | None:
        """The root message of that timestamp; None for a reply or for nothing."""
        found = self.messages.get(ts)
        return found if found is not None and found.get("thread_ts", ts) == ts else None


def full_ts(ts: str) -> str:
    """A timestamp with all its digits, so that order of text is order of time."""
    seconds, _, micros = ts.partition(".")
    return f"{seconds:0>10}.{micros:0<6}"


class Workspace:
    """Everything the workspace holds, in memory, written through to the disk."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._last = 0
        self.people: dict[str, Resident] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.homes: dict[str, dict[str, Any]] = {}
        self.scopes: list[str] = list(SCOPES)
        self.emoji: dict[str, str] = dict(EMOJI)
        self.reads = Reads()
        self._load()

    def reset(self) -> None:
        """Back to the world it starts with; the disk has been cleared by the caller."""
        self.people.clear()
        self.channels.clear()
        self.files.clear()
        self.homes.clear()
        self.scopes = list(SCOPES)
        self.emoji = dict(EMOJI)
        self.reads.per_minute, self.reads.most, self.reads.people = astuple(Reads())
        self._load()

    def stamp(self) -> str:
        """The next timestamp: the time in microseconds, and always above the one before."""
        self._last = max(time.time_ns() // 1000, self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def save_person(self, person: Resident) -> None:
        """Keep somebody new; the app has direct messages with each of its own workspace."""
        self.people[person.id] = person
        self._disk.put("slack.person", person.id, asdict(person))
        if person.team == world.SLACK_TEAM:
            members = [world.SLACK_BOT_USER, person.id]
            self.save_channel(Channel(f"D{person.id[1:]}", "", "im", members, CREATED))

    def save_channel(self, channel: Channel) -> None:
        """Keep a channel that is new or was changed."""
        self.channels[channel.id] = channel
        self._disk.put("slack.channel", channel.id, channel.doc())

    def remove_channel(self, channel: Channel) -> None:
        """Forget a channel and all it holds."""
        for ts in list(channel.messages):
            self._disk.drop("slack.message", f"{channel.id}:{ts}")
        del self.channels[channel.id]
        self._disk.drop("slack.channel", channel.id)

    def save(self, channel: Channel, message: Message) -> None:
        """Keep a message that is new or was changed."""
        ts = message["ts"]
        if ts not in channel.messages:
            self._place(channel, message)
        channel.messages[ts] = message
        self._disk.put("slack.message", f"{channel.id}:{ts}", message)

    def remove(self, channel: Channel, ts: str) -> None:
        """Forget a message."""
        message = channel.messages.pop(ts)
        if ts in channel.timeline:
            channel.timeline.remove(ts)
        replies = channel.replies.get(message.get("thread_ts", ""), [])
        if ts in replies:
            replies.remove(ts)
        self._disk.drop("slack.message", f"{channel.id}:{ts}")

    def save_file(self, file: dict[str, Any]) -> None:
        """Keep a file: its Slack object under `file`, its content in base64."""
        self.files[file["file"]["id"]] = file
        self._disk.put("slack.file", file["file"]["id"], file)

    def remove_file(self, file: str) -> None:
        """Forget a file and its bytes."""
        del self.files[file]
        self._disk.drop("slack.file", file)

    def save_home(self, user: str, view: dict[str, Any]) -> None:
        """Keep what a person's App Home shows."""
        self.homes[user] = view
        self._disk.put("slack.home", user, view)

    def direct(self, user: str) -> Channel | None:
        """A person's direct messages with the bot."""
        return next(
            (c for c in self.channels.values() if c.kind == "im" and user in c.members), None
        )

    def _load(self) -> None:
        for person in world.SLACK_PEOPLE:
            self.people[person.id] = Resident(person.id, person.name, person.handle)
        for key, doc in self._disk.all("slack.person"):
            self.people[key] = Resident(**doc)
        for key, doc in self._disk.all("slack.channel"):
            self.channels[key] = Channel(**doc)
        for place in world.SLACK_CHANNELS:
            if place.id not in self.channels:
                self.save_channel(
                    Channel(place.id, place.name, place.kind, list(place.members), CREATED)
                )
        for key, message in self._disk.all("slack.message"):
            channel = self.channels[key.partition(":")[0]]
            channel.messages[message["ts"]] = message
            self._place(channel, message)
            self._last = max(self._last, int(message["ts"].replace(".", "")))
        self.files.update(self._disk.all("slack.file"))
        self.homes.update(self._disk.all("slack.home"))

    def _place(self, channel: Channel, message: Message) -> None:
        ts: str = message["ts"]
        root: str = message.get("thread_ts", ts)
        if root != ts:
            insort(channel.replies.setdefault(root, []), ts)
        if root == ts or message.get("subtype") == "thread_broadcast":
            at = bisect_left(channel.timeline, ts)
            if at == len(channel.timeline) or channel.timeline[at] != ts:
                channel.timeline.insert(at, ts)


#: Custom emoji: addresses of pictures (empty: drawn by the sandbox), or `alias:<name>`.
EMOJI = {"oak": "", "oak-tree": "alias:oak"}

#: When the workspace and its channels were made: 1 January 2026.
CREATED = 1_767_225_600

SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "chat:write.customize",
    "commands",
    "emoji:read",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "links:read",
    "links:write",
    "reactions:read",
    "reactions:write",
    "team:read",
    "usergroups:read",
    "users:read",
)
