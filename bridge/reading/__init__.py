"""The history as its members read, search and write it on the web."""
