"""Failures that a person at the command line can act on: one line each, and an exit code."""


class Failed(Exception):  # noqa: N818 (it is what happened, not an error in the program)
    """It could not be done; the message is a line for a person."""

    exit_code = 1


class CommandError(Failed):
    """The command cannot be carried out."""


class ConfigError(Failed):
    """The configuration file is wrong."""

    exit_code = 2


class StartError(Failed):
    """The program cannot start with what it is given."""

    exit_code = 2


class SandboxError(Failed):
    """The sandbox did not start, or ended by itself."""
