"""The parts that every module of the Discord side works with, and finding what a call names.

Finding refuses in Discord's words: 10003 for a channel, 10008 for a message, 50001 for a place
the bot cannot see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.discord.answers import ApiError, unknown
from sandbox.discord.gateway import Gateway
from sandbox.discord.permissions import require
from sandbox.discord.rest import Call, Upload
from sandbox.discord.shapes import Shapes
from sandbox.discord.state import Channel, Message, State
from sandbox.discord.talk import Talk

if TYPE_CHECKING:
    from sandbox.server import Kernel


@dataclass(frozen=True, slots=True)
class Context:
    """State, shapes, gateway and acts."""

    kernel: "Kernel"
    state: State
    shapes: Shapes
    gateway: Gateway
    talk: Talk

    def channel(self, call: Call, *rights: int) -> Channel:
        """The channel that the path names, seen by the bot with these rights."""
        channel = self.state.channels.get(call.params["channel_id"])
        if channel is None:
            raise unknown("channel")
        require(self.state, channel, *rights)
        return channel

    def message(self, channel: Channel, call: Call) -> Message:
        """The message of that channel that the path names."""
        message = self.state.message(channel.id, call.params["message_id"])
        if message is None:
            raise unknown("message")
        return message

    def files(self, channel: str, uploads: Sequence[Upload], body: Any) -> list[dict[str, Any]]:
        """Keep uploaded files and give them as a message holds them."""
        if len(uploads) > 10:
            raise ApiError(400, 30015, "Maximum number of attachments in a message reached (10)")
        told = body.get("attachments") if isinstance(body, dict) else None
        notes = {str(row.get("id")): row.get("description") for row in told or []}
        kept = []
        for upload in uploads:
            file = self.state.add_file(channel, upload.name, upload.type, upload.data)
            kept.append(self.shapes.file(file, notes.get(upload.field)))
        return kept

    def edited_files(
        self, message: Message, keep: list[str] | None, uploads: Sequence[Upload], body: Any
    ) -> list[dict[str, Any]]:
        """The files of a message after an edit: `attachments` lists those that stay."""
        stay = [one for one in message.files if keep is None or one["id"] in keep]
        return stay + self.files(message.channel, uploads, body)
