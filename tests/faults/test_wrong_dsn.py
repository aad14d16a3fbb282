"""Sources that cannot be reached, end to end (being written)."""
