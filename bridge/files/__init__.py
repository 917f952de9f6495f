"""Files: brought here, looked into, cleaned and kept."""
