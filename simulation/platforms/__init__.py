"""Slack and Discord as far as a bridge can tell them apart from outside.

Each has two halves: what the platform keeps and answers (`slack.py`, `discord.py`), and
an adapter for it behind `core.ports.adapter.Adapter` (`slack_adapter.py`, `discord_adapter.py`).
Facts are those of the fact sheet, part C. No payloads and no sockets: these are tested
with the real adapters, against the sandbox.
"""
