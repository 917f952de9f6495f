"""Executes what people ask by commands, buttons and forms, alike on every platform.

`desk.py` hands each gesture to the module of its theme; `clerk.py` is what those share: who
asks, about which thread, and how an outcome is put into words. Decisions are the core's
(`decide`, `rights`); nothing here writes to the store but through the desk.
"""

from bridge.office.counter import Counter as Counter
