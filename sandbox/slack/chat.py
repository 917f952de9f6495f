"""`chat.*` and `reactions.*`: what the app writes into channels."""

from typing import Any

from sandbox import world
from sandbox.slack import emoji, shapes
from sandbox.slack.access import channel_of, message_of, own
from sandbox.slack.api import Args, Method, method
from sandbox.slack.blocks import MARKDOWN_LIMIT
from sandbox.slack.conversations import fewer_people
from sandbox.slack.errors import ApiError, invalid
from sandbox.slack.interact import Interact
from sandbox.slack.posting import Posting
from sandbox.slack.text import kept
from sandbox.slack.workspace import Channel, Message, Workspace, full_ts

_CONTENT = "text blocks:list attachments:list metadata:object markdown_text"
_LOOK = "username icon_url icon_emoji"
_LINKS = "link_names:flag parse unfurl_links:flag unfurl_media:flag mrkdwn:flag as_user:flag"
#: Commonly quoted, not published.
MOST_EMOJI, MOST_REACTIONS = 50, 23
PERMALINKS = f"https://{world.SLACK_DOMAIN}.slack.com/archives"


class Chat:
    """Posts, edits, deletions, ephemerals, permalinks and reactions by the bot."""

    def __init__(self, workspace: Workspace, posting: Posting, interact: Interact) -> None:
        self._workspace = workspace
        self._posting = posting
        self._interact = interact

    def methods(self) -> dict[str, Method]:
        """The methods by name."""
        thread = "thread_ts:ts reply_broadcast:flag"
        return {
            "chat.postMessage": method(
                self._post,
                f"channel! {_CONTENT} {_LOOK} {_LINKS} {thread}",
                tier="post",
                scope="chat:write",
                writes=True,
            ),
            "chat.update": method(
                self._update,
                f"channel! ts:ts! {_CONTENT} {_LINKS} reply_broadcast:flag file_ids:ids",
                scope="chat:write",
                writes=True,
            ),
            "chat.delete": method(
                self._delete,
                "channel! ts:ts! as_user:flag",
                scope="chat:write",
                writes=True,
            ),
            "chat.postEphemeral": method(
                self._ephemeral,
                f"channel! user! {_CONTENT} {_LOOK} {_LINKS} thread_ts:ts",
                tier="T4",
                scope="chat:write",
                writes=True,
            ),
            "chat.getPermalink": method(self._permalink, "channel! message_ts:ts!", tier="special"),
            "reactions.add": method(
                self._react,
                "channel! name! timestamp:ts!",
                scope="reactions:write",
                writes=True,
            ),
            "reactions.remove": method(
                self._unreact,
                "channel! name! timestamp:ts!",
                tier="T2",
                scope="reactions:write",
                writes=True,
            ),
            "reactions.get": method(
                self._reactions, "channel! timestamp:ts! full:flag", scope="reactions:read"
            ),
        }

    def content(self, args: Args) -> Message:
        """Text, blocks and attachments as Slack keeps them; ApiError for what it refuses."""
        if "markdown_text" in args:
            if "text" in args or "blocks" in args:
                raise ApiError("markdown_text_conflict")
            if len(args["markdown_text"]) > MARKDOWN_LIMIT:
                raise ApiError("msg_too_long")
            text = args["markdown_text"]
            return {"text": text, "blocks": [{"type": "markdown", "text": text, "block_id": "m"}]}
        text = shapes.message_text(args.get("text", ""))
        blocks = shapes.message_blocks(args.get("blocks", []))
        attached = shapes.attachments(args.get("attachments", []))
        if not text.strip() and not blocks and not attached:
            raise ApiError("no_text")
        plain = args.get("parse") == "none" and not args.get("link_names")
        content: Message = {"text": text if plain else kept(text)}
        if blocks:
            content["blocks"] = [kept_block(block) for block in blocks]
        if attached:
            content["attachments"] = attached
        return content

    def _post(self, args: Args) -> dict[str, Any]:
        channel = self._writable(args["channel"])
        content = self.content(args) | self.author(args)
        if "metadata" in args:
            content["metadata"] = shapes.metadata(args["metadata"])
        if "thread_ts" in args:
            content["thread_ts"] = thread_of(channel, args["thread_ts"])
            if args.get("reply_broadcast"):
                content["subtype"] = "thread_broadcast"
        elif args.get("reply_broadcast"):
            raise invalid("reply_broadcast needs thread_ts")
        message = self._posting.post(
            channel, {key: value for key, value in content.items() if value is not None}
        )
        return {"channel": channel.id, "ts": message["ts"], "message": message}

    def _update(self, args: Args) -> dict[str, Any]:
        channel = self._writable(args["channel"])
        message = message_of(channel, args["ts"])
        if not own(message):
            raise ApiError("cant_update_message")
        content = self.content(args)
        # Text without blocks removes the blocks; the same for attachments.
        change: Message = {"blocks": None, "attachments": None, **content}
        if "metadata" in args:
            change["metadata"] = shapes.metadata(args["metadata"])
        # Slack marks an update as an edit only where the text itself is what is shown.
        by = None if "blocks" in content else world.SLACK_BOT_USER
        changed = self._posting.edit(channel, message, change, by)
        return {
            "channel": channel.id,
            "ts": message["ts"],
            "text": changed["text"],
            "message": changed,
        }

    def _delete(self, args: Args) -> dict[str, Any]:
        channel = self._writable(args["channel"])
        message = message_of(channel, args["ts"])
        if not own(message):
            raise ApiError("cant_delete_message")
        self._posting.delete(channel, message)
        return {"channel": channel.id, "ts": message["ts"]}

    def _ephemeral(self, args: Args) -> dict[str, Any]:
        channel = self._writable(args["channel"])
        user = args["user"]
        if user not in channel.members:
            raise ApiError("user_not_in_channel")
        shown = self.content(args) | self.author(args)
        if "thread_ts" in args:
            shown["thread_ts"] = thread_of(channel, args["thread_ts"])
        ts = self._workspace.stamp()
        self._interact.show(user, {"id": ts, "ts": ts, "channel": channel.id, **shown})
        return {"message_ts": ts}

    def _permalink(self, args: Args) -> dict[str, Any]:
        channel = channel_of(self._workspace, args["channel"])
        message = message_of(channel, args["message_ts"])
        link = f"{PERMALINKS}/{channel.id}/p{message['ts'].replace('.', '')}"
        root = message.get("thread_ts", message["ts"])
        if root != message["ts"]:
            link += f"?thread_ts={root}&cid={channel.id}"
        return {"channel": channel.id, "permalink": link}

    def _react(self, args: Args) -> dict[str, Any]:
        channel, message = self._reactable(args)
        reactions = message.get("reactions", [])
        name = args["name"].strip(":")
        if len(reactions) >= MOST_EMOJI and all(r["name"] != name for r in reactions):
            raise ApiError("too_many_emoji")
        mine = [r for r in reactions if world.SLACK_BOT_USER in r["users"]]
        if len(mine) >= MOST_REACTIONS:
            raise ApiError("too_many_reactions")
        if not self._posting.react(channel, message, world.SLACK_BOT_USER, name):
            raise ApiError("already_reacted")
        return {}

    def _unreact(self, args: Args) -> dict[str, Any]:
        channel, message = self._reactable(args)
        name = args["name"].strip(":")
        if not self._posting.unreact(channel, message, world.SLACK_BOT_USER, name):
            raise ApiError("no_reaction")
        return {}

    def _reactions(self, args: Args) -> dict[str, Any]:
        channel = channel_of(self._workspace, args["channel"])
        message = message_of(channel, args["timestamp"])
        if not args.get("full"):
            message = fewer_people(message, self._workspace.reads.people)
        return {"type": "message", "channel": channel.id, "message": message}

    def _reactable(self, args: Args) -> tuple[Channel, Message]:
        if not emoji.is_known(args["name"].strip(":"), self._workspace.emoji):
            raise ApiError("invalid_name")
        channel = self._writable(args["channel"])
        return channel, message_of(channel, args["timestamp"])

    def _writable(self, name: str) -> Channel:
        """A channel the bot may write to; a person's id stands for their direct messages."""
        if name in self._workspace.people:
            direct = self._workspace.direct(name)
            name = direct.id if direct is not None else name
        channel = channel_of(self._workspace, name)
        if channel.archived:
            raise ApiError("is_archived")
        return channel

    def author(self, args: Args) -> Message:
        """The bot as author, under another name and picture where that was asked for."""
        author: Message = {"bot_id": world.SLACK_BOT, "app_id": world.SLACK_APP}
        custom = {key: args[key] for key in ("username", "icon_url", "icon_emoji") if key in args}
        if not custom or "chat:write.customize" not in self._workspace.scopes:
            return author | {"user": world.SLACK_BOT_USER, "bot_profile": bot_profile()}
        icons: dict[str, str] = {}
        if "icon_emoji" in custom:
            icons = {"emoji": custom["icon_emoji"]}
        elif "icon_url" in custom:
            icons = {f"image_{size}": custom["icon_url"] for size in (36, 48, 72)}
        author |= {"subtype": "bot_message", "username": custom.get("username", "Pinthread")}
        return author | ({"icons": icons} if icons else {})


def thread_of(channel: Channel, ts: str) -> str:
    """The root's timestamp, if that names a root."""
    found = channel.messages.get(full_ts(ts))
    if found is None:
        raise ApiError("thread_not_found")
    if channel.root_of(found["ts"]) is None or found.get("subtype", "").endswith(
        ("_join", "_leave")
    ):
        raise ApiError("cannot_reply_to_message")
    return str(found["ts"])


def bot_profile() -> dict[str, Any]:
    """The app's bot as messages carry it."""
    return {
        "id": world.SLACK_BOT,
        "app_id": world.SLACK_APP,
        "name": world.SLACK_BOT_NAME,
        "icons": {},
        "deleted": False,
        "updated": 0,
        "team_id": world.SLACK_TEAM,
    }


def kept_block(value: Any) -> Any:
    """A block as Slack keeps it: mrkdwn that is not `verbatim` has its addresses rewritten."""
    if isinstance(value, list):
        return [kept_block(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "mrkdwn" and isinstance(value.get("text"), str):
        verbatim = value.get("verbatim", False)
        return {**value, "text": value["text"] if verbatim else kept(value["text"]),
                "verbatim": verbatim}  # fmt: skip
    return {key: kept_block(item) for key, item in value.items()}
