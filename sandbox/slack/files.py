"""`files.*`: the two-step upload, and files by person or bot with their bytes.

Small files only: the bytes live in memory and in the disk's documents as base64.
"""

import base64
import mimetypes
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aiohttp import web

from sandbox import world
from sandbox.faults import Fault
from sandbox.slack.access import channel_of
from sandbox.slack.api import Args, Method, method
from sandbox.slack.chat import Chat, thread_of
from sandbox.slack.errors import ApiError
from sandbox.slack.posting import Posting
from sandbox.slack.workspace import Channel, Message, Workspace
from sandbox.wire import cut

if TYPE_CHECKING:
    from sandbox.server import Kernel

UnderFault = Callable[
    [web.Request, str, Callable[[Fault | None], web.Response]], Awaitable[web.StreamResponse]
]
#: Bytes of one file: Slack takes more (1 GB is quoted), this keeps them in memory.
LARGEST = 50 * 1024 * 1024
LONGEST_ALT = 1_000


class Files:
    """Files of the workspace; a file is seen where it was shared."""

    def __init__(
        self, kernel: "Kernel", workspace: Workspace, posting: Posting, chat: Chat
    ) -> None:
        self._kernel = kernel
        self._workspace = workspace
        self._posting = posting
        self._chat = chat
        self._under_fault: UnderFault
        #: Begun uploads: file id to (name, length, alt text, bytes once they have come).
        self._uploads: dict[str, tuple[str, int, str, bytes | None]] = {}
        #: Files of the app that nobody has asked about since they were completed.
        self._unseen: set[str] = set()

    def methods(self) -> dict[str, Method]:
        """The methods by name."""
        return {
            "files.getUploadURLExternal": method(
                self._begin,
                "filename! length:whole! alt_txt snippet_type",
                tier="T4",
                scope="files:write",
                writes=True,
            ),
            "files.completeUploadExternal": method(
                self._complete,
                "files:list! channel_id channels:ids initial_comment blocks:list thread_ts:ts",
                tier="T4",
                scope="files:write",
                writes=True,
            ),
            "files.delete": method(self._remove, "file!", scope="files:write", writes=True),
            "files.info": method(
                self._info, "file! cursor limit:whole", tier="T4", scope="files:read"
            ),
        }

    def mount(self, app: web.Application, under_fault: UnderFault) -> None:
        """The addresses where bytes come and go; those of uploads have faults of their own."""
        self._under_fault = under_fault
        app.router.add_post("/slack/upload/{file}", self._receive)
        app.router.add_get("/slack/files/{file}/{name}", self._serve)

    def make(self, user: str, name: str, content: bytes, alt: str = "") -> dict[str, Any]:
        """A file's Slack object, kept with its bytes."""
        return self._keep(f"F{uuid.uuid4().hex[:10].upper()}", user, name, name, content, alt)

    def share(self, channel: Channel, content: Message, files: list[dict[str, Any]]) -> Message:
        """Post a message that carries files, and note in each where it is."""
        message = self._posting.post(channel, {**content, "files": files, "upload": True})
        visibility = "public" if channel.kind == "channel" else "private"
        share = {"ts": message["ts"], "channel_name": channel.name}
        if "thread_ts" in message:
            share["thread_ts"] = message["thread_ts"]
        for file in files:
            kept = self._workspace.files[file["id"]]
            shares = kept["file"].setdefault("shares", {}).setdefault(visibility, {})
            shares.setdefault(channel.id, []).append(share)
            self._workspace.save_file(kept)
        return message

    def _begin(self, args: Args) -> dict[str, Any]:
        if args["length"] < 1:
            raise ApiError("invalid_arguments")
        if args["length"] > LARGEST:
            raise ApiError("file_upload_size_restricted")
        file = f"F{uuid.uuid4().hex[:10].upper()}"
        alt = args.get("alt_txt", "")
        if len(alt) > LONGEST_ALT or not args["filename"].strip():
            raise ApiError("invalid_arguments")
        self._uploads[file] = (args["filename"], args["length"], alt, None)
        return {"upload_url": f"{self._kernel.base_url}/slack/upload/{file}", "file_id": file}

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        if not self._kernel.power["slack"]:
            return cut(request)
        file = request.match_info["file"]
        begun = self._uploads.get(file)
        if begun is None:
            return web.Response(status=404, text="unknown upload")
        content = await _bytes(request)
        if len(content) != begun[1]:
            return web.Response(status=400, text="wrong length")

        def apply(_: Fault | None) -> web.Response:
            if file in self._uploads:
                self._uploads[file] = (*begun[:3], content)
            return web.Response(text=f"OK - {len(content)}")

        return await self._under_fault(request, "upload", apply)

    def _complete(self, args: Args) -> dict[str, Any]:
        places = args.get("channels", []) + ([args["channel_id"]] if "channel_id" in args else [])
        channels = [channel_of(self._workspace, place) for place in places]
        if any(channel.archived for channel in channels):
            raise ApiError("is_archived")
        comment = {key: args[key] for key in ("blocks",) if key in args}
        if "initial_comment" in args:
            comment["text"] = args["initial_comment"]
        content = self._chat.content(comment) if comment else {"text": ""}
        if "thread_ts" in args:
            if len(channels) != 1:
                raise ApiError("invalid_arguments")
            content["thread_ts"] = thread_of(channels[0], args["thread_ts"])
        for given in args["files"]:
            self._check(given)
        files = [self._finish(given) for given in args["files"]]
        # No name, picture or metadata of its own: a file always shows the bot.
        # Slack looks files over before it says where they are shown.
        self._unseen |= {file["id"] for file in files}
        for channel in channels:
            self.share(channel, {**content, **self._chat.author({})}, files)
        return {"files": files}

    def _check(self, given: Any) -> None:
        if not isinstance(given, dict) or not isinstance(given.get("id"), str):
            raise ApiError("invalid_arguments")
        if given["id"] not in self._uploads or self._uploads[given["id"]][3] is None:
            raise ApiError("file_not_found")

    def _finish(self, given: dict[str, Any]) -> dict[str, Any]:
        name, _, alt, content = self._uploads.pop(given["id"], ("", 0, "", None))
        title = given.get("title") or name
        return self._keep(given["id"], world.SLACK_BOT_USER, name, title, content or b"", alt)

    def _info(self, args: Args) -> dict[str, Any]:
        kept = self._workspace.files.get(args["file"])
        if kept is None:
            raise ApiError("file_not_found")
        file = dict(kept["file"])
        if file["id"] in self._unseen:
            self._unseen.remove(file["id"])
            file.pop("shares", None)
        return {"file": file, "comments": [], "response_metadata": {"next_cursor": ""}}

    def _remove(self, args: Args) -> dict[str, Any]:
        kept = self._workspace.files.get(args["file"])
        if kept is None:
            raise ApiError("file_not_found")
        if kept["file"]["user"] != world.SLACK_BOT_USER:
            raise ApiError("cant_delete_file")
        self._workspace.remove_file(args["file"])
        return {}

    def _keep(
        self, file_id: str, user: str, name: str, title: str, content: bytes, alt: str
    ) -> dict[str, Any]:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        address = f"{self._kernel.base_url}/slack/files/{file_id}/{quote(name, safe='')}"
        file: dict[str, Any] = {
            "id": file_id,
            "created": int(float(self._workspace.stamp())),
            "name": name,
            "title": title,
            "mimetype": kind,
            "filetype": name.rpartition(".")[2].lower() if "." in name else "binary",
            "user": user,
            "user_team": world.SLACK_TEAM,
            "size": len(content),
            "mode": "hosted",
            "is_external": False,
            "is_public": True,
            "url_private": address,
            "url_private_download": address,
            "permalink": f"https://{world.SLACK_DOMAIN}.slack.com/files/{user}/{file_id}/{name}",
            "file_access": "visible",
        }
        if alt:
            file["alt_txt"] = alt
        encoded = base64.b64encode(content).decode()
        # The object inside messages has no `shares`; the kept one gets them.
        self._workspace.save_file({"file": dict(file), "content": encoded})
        return file

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if not self._kernel.power["slack"]:
            return cut(request)
        allowed = request.headers.get("Authorization") == f"Bearer {world.SLACK_BOT_TOKEN}"
        allowed = allowed and "files:read" in self._workspace.scopes
        # The page of the sandbox shows pictures as a signed-in person would see them.
        allowed = allowed or request.headers.get("Sec-Fetch-Site") == "same-origin"
        kept = self._workspace.files.get(request.match_info["file"])
        if kept is None:
            return web.Response(status=404, text="file_not_found")
        if not allowed:
            return web.Response(text="<!doctype html><title>Sign in</title>",
                                content_type="text/html")  # fmt: skip
        return web.Response(
            body=base64.b64decode(kept["content"]), content_type=kept["file"]["mimetype"]
        )


async def _bytes(request: web.Request) -> bytes:
    """The bytes of an upload: the plain body, or the first part of a form."""
    if request.content_type != "multipart/form-data":
        return await request.read()
    for part in (await request.post()).values():
        if isinstance(part, web.FileField):
            return part.file.read()
    return b""
