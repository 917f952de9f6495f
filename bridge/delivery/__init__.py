"""The way out: which mirrors have work, and each one's way to its platform."""
