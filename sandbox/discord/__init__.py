"""The sandbox's Discord: REST, webhooks, interactions, gateway, and people who act in it."""
