"""What a client asked for, as an answer may repeat it."""

from __future__ import annotations

MOST_SHOWN = 60


def shown(text: str) -> str:
    """The text in quotes, in ASCII and cut short; only `that` where it may be an address, which may hold a password."""
    return "that" if "://" in text or "@" in text else ascii(text[:MOST_SHOWN])
