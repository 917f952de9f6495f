"""`conversations.*`: reading channels and threads, and being in them."""

from bisect import bisect_left, bisect_right
from typing import Any

from sandbox import world
from sandbox.slack.access import channel_object, channel_of, page
from sandbox.slack.api import Args, Method, method, missing_scope
from sandbox.slack.errors import ApiError
from sandbox.slack.posting import Posting
from sandbox.slack.workspace import Channel, Message, Workspace, full_ts

_WINDOW = "cursor latest:ts oldest:ts inclusive:flag limit:whole include_all_metadata:flag"
MOST = 999
_TYPES = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
_SCOPES = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}
_READ = "channels:read groups:read im:read mpim:read"


class Conversations:
    """Reads of the bot, bounded by its membership and its scopes."""

    def __init__(self, workspace: Workspace, posting: Posting) -> None:
        self._workspace = workspace
        self._posting = posting

    def methods(self) -> dict[str, Method]:
        """The methods by name."""
        listing = "types exclude_archived:flag limit:whole cursor team_id"
        return {
            "conversations.history": method(self._history, f"channel! {_WINDOW}", tier="read"),
            "conversations.replies": method(
                self._replies, f"channel! ts:ts! {_WINDOW}", tier="read"
            ),
            "conversations.info": method(
                self._info, "channel! include_locale:flag include_num_members:flag", scope=_READ
            ),
            "conversations.list": method(self._list, listing, tier="T2", scope=_READ),
            "users.conversations": method(self._mine, f"user {listing}", scope=_READ),
            "conversations.members": method(
                self._members, "channel! cursor limit:whole", tier="T4", scope=_READ
            ),
            "conversations.open": method(
                self._open,
                "channel users:ids return_im:flag prevent_creation:flag",
                scope="im:write mpim:write",
                writes=True,
            ),
            "conversations.join": method(
                self._join, "channel!", scope="channels:join", writes=True
            ),
        }

    def _history(self, args: Args) -> dict[str, Any]:
        channel = self._readable(args)
        # A cursor of the history is the timestamp of the last message given.
        latest = _after_cursor(args)
        stamps = _window(channel.timeline, args)
        if latest is not None:
            stamps = stamps[: bisect_left(stamps, latest)]
        limit = min(_limit(args, 100), self._workspace.reads.most)
        given = stamps[-limit:][::-1]
        more = len(stamps) > limit
        shown = [self._shown(channel.messages[ts], args) for ts in given]
        return {
            "messages": shown,
            "has_more": more,
            "pin_count": 0,
            "channel_actions_ts": None,
            "channel_actions_count": 0,
            "response_metadata": {"next_cursor": f"ts:{given[-1]}=" if more else ""},
        }

    def _replies(self, args: Args) -> dict[str, Any]:
        channel = self._readable(args)
        ts = full_ts(args["ts"])
        found = channel.messages.get(ts)
        if found is None:
            raise ApiError("thread_not_found")
        if found.get("thread_ts", ts) != ts:
            return {"messages": [self._shown(found, args)], "has_more": False}
        after = _after_cursor(args)
        stamps = _window(channel.replies.get(ts, []), args)
        if after is not None:
            stamps = stamps[bisect_right(stamps, after) :]
        limit = min(_limit(args, 1_000), self._workspace.reads.most)
        given, more = stamps[:limit], len(stamps) > limit
        # The root stands first on every page, whatever the window.
        shown = [self._shown(channel.messages[at], args) for at in (ts, *given)]
        cursor = f"ts:{given[-1]}=" if more else ""
        return {
            "messages": shown,
            "has_more": more,
            "response_metadata": {"next_cursor": cursor},
        }

    def _info(self, args: Args) -> dict[str, Any]:
        channel = channel_of(self._workspace, args["channel"], member=False)
        return {"channel": channel_object(channel)}

    def _list(self, args: Args) -> dict[str, Any]:
        return self._listed(args, member=False)

    def _mine(self, args: Args) -> dict[str, Any]:
        if args.get("user", world.SLACK_BOT_USER) != world.SLACK_BOT_USER:
            raise ApiError("user_not_found")
        return self._listed(args, member=True)

    def _listed(self, args: Args, *, member: bool) -> dict[str, Any]:
        kinds = []
        for name in args.get("types", "public_channel").split(","):
            if name.strip() not in _TYPES:
                raise ApiError("invalid_types")
            kinds.append(_TYPES[name.strip()])
        found = [
            channel_object(channel)
            for channel in self._workspace.channels.values()
            if channel.kind in kinds
            and not (args.get("exclude_archived") and channel.archived)
            and (
                world.SLACK_BOT_USER in channel.members
                or (channel.kind == "channel" and not member)
            )
        ]
        paged = page(found, args, 100, 1_000)
        return {"channels": paged.pop("items"), **paged}

    def _members(self, args: Args) -> dict[str, Any]:
        channel = channel_of(self._workspace, args["channel"], member=False)
        paged = page(channel.members, args, 100, 1_000)
        return {"members": paged.pop("items"), **paged}

    def _open(self, args: Args) -> dict[str, Any]:
        users = args.get("users", [])
        if "channel" in args:
            channel = channel_of(self._workspace, args["channel"])
        elif len(users) == 1:
            direct = self._workspace.direct(users[0])
            if direct is None:
                raise ApiError("user_not_found")
            channel = direct
        elif users:
            raise missing_scope(("mpim:write",), self._workspace.scopes)
        else:
            raise ApiError("users_list_not_supplied")
        shown = channel_object(channel) if args.get("return_im") else {"id": channel.id}
        return {"no_op": True, "already_open": True, "channel": shown}

    def _join(self, args: Args) -> dict[str, Any]:
        channel = channel_of(self._workspace, args["channel"], member=False)
        if channel.kind != "channel":
            raise ApiError("method_not_supported_for_channel_type")
        if channel.archived:
            raise ApiError("is_archived")
        more: dict[str, Any] = {}
        if world.SLACK_BOT_USER in channel.members:
            more = {
                "warning": "already_in_channel",
                "response_metadata": {"warnings": ["already_in_channel"]},
            }
        else:
            self._posting.join(channel, world.SLACK_BOT_USER)
        return {"channel": channel_object(channel), **more}

    def _shown(self, message: Message, args: Args) -> Message:
        """A message as reads give it: of its metadata only the type, unless all was asked for.

        Not everybody who reacted is named, but all are counted.
        """
        shown = fewer_people(message, self._workspace.reads.people)
        if "metadata" not in message or args.get("include_all_metadata"):
            return shown
        return {**shown, "metadata": {"event_type": message["metadata"]["event_type"]}}

    def _readable(self, args: Args) -> Channel:
        channel = channel_of(self._workspace, args["channel"])
        needed = _SCOPES[channel.kind]
        if needed not in self._workspace.scopes:
            raise missing_scope((needed,), self._workspace.scopes)
        return channel


def _window(stamps: list[str], args: Args) -> list[str]:
    """The part of sorted timestamps between oldest and latest, both exclusive by default."""
    inclusive = args.get("inclusive", False)
    low, high = 0, len(stamps)
    if args.get("oldest", "0") != "0":
        oldest = full_ts(args["oldest"])
        low = bisect_left(stamps, oldest) if inclusive else bisect_right(stamps, oldest)
    if "latest" in args:
        latest = full_ts(args["latest"])
        high = bisect_right(stamps, latest) if inclusive else bisect_left(stamps, latest)
    return stamps[low:high]


def _after_cursor(args: Args) -> str | None:
    cursor: str = args.get("cursor", "")
    if not cursor:
        return None
    if not cursor.startswith("ts:"):
        raise ApiError("invalid_cursor")
    return cursor.removeprefix("ts:").removesuffix("=")


def _limit(args: Args, default: int) -> int:
    limit: int = args.get("limit", default)
    if not 1 <= limit <= MOST + 1:
        raise ApiError("invalid_limit")
    return limit


def fewer_people(message: Message, most: int) -> Message:
    """The message with at most so many people named at each reaction."""
    reactions = message.get("reactions", [])
    if all(len(one["users"]) <= most for one in reactions):
        return message
    return {**message, "reactions": [{**one, "users": one["users"][:most]} for one in reactions]}
