"""What was missed or went wrong on the platforms, found by reading them and mended."""
