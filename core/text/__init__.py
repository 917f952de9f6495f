"""What a message says: the neutral tree, its normal form, and how it is cut."""
