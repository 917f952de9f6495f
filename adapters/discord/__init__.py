"""Discord: threads in servers and direct messages, through discord.py and our own calls."""
