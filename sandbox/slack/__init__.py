"""The Slack workspace of the sandbox: Web API, Socket Mode, Events API, interactivity."""
