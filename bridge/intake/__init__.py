"""The way into the history: what an intent names, what is decided, the commit."""
