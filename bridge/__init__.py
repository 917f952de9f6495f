"""The running program: intake, lanes, store and what starts them."""

VERSION = "0.1.0"
