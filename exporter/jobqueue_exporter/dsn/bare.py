"""A connection string as it was meant."""

from __future__ import annotations


def bare(text: str) -> str:
    """Without the quotes that `docker --env-file` takes for a part of the value."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1].strip()
    return text
