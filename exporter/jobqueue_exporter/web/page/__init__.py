"""The page at /: what is wrong now, and how each source is."""
