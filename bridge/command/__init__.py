"""The command `pinthread`: what it understands, and what each of its commands does.

What is heavy is imported by the command that needs it, so that `--help` comes at once.
"""
