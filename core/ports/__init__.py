"""What the program needs of the world, and what the world may ask of the program."""
