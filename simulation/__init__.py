"""The program against simulated platforms, on a virtual clock, with crashes and faults.

The real core, intake, lanes, sweeps and SQLite store run here; only the two platforms
and the clock are not real. A number decides everything that happens, so that whatever
goes wrong can be seen again, exactly. docs/reliability.md says what is promised, what
is checked here, and what nobody can promise.
"""
