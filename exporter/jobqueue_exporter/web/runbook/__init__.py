"""The pages under /runbooks/: what to do about an alert, and how it is now."""
