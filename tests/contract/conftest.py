"""The sandbox that the Discord tests use, for requests as they go over the wire."""

from tests.discord.conftest import sandbox, sandbox_url

__all__ = ["sandbox", "sandbox_url"]
