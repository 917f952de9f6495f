"""The rules of Pinthread, without I/O.

Intents come in, `decide` turns a state and an intent into events or a refusal,
`apply` turns events into the next state, and `project` says what one mirror
shows of an event. Nothing here reads a clock, throws dice or touches a socket:
the caller hands everything in, so that a run can be replayed exactly.
"""
