"""The HTTP server: what it answers, whom it lets in, and how it keeps clients from hurting each other."""
