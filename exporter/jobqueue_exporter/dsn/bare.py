"""A connection string as it was meant."""

from __future__ import annotations

import re

_ESCAPES = re.compile(r"(?:%[0-9a-fA-F]{2})+")


def bare(text: str) -> str:
    """Without the quotes that `docker --env-file` takes for a part of the value."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1].strip()
    return text


def decoded(text: str) -> str:
    """Without percent-encoding; a % that cannot be an encoding is a % that somebody typed."""
    return _ESCAPES.sub(_run_decoded, text)


def _run_decoded(run: re.Match[str]) -> str:
    try:
        found = bytes.fromhex(run[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return run[0]
    return run[0] if "\0" in found else found
