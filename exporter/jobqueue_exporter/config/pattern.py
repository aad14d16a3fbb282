"""Patterns in which * stands for any text and ? for any one character; all else for itself."""

from __future__ import annotations

import re

SEPARATOR = "\0"


def regex(pattern: str) -> str:
    """The regular expression of a pattern; its wildcards match no SEPARATOR."""
    wild = {"*": f"[^{SEPARATOR}]*", "?": f"[^{SEPARATOR}]"}
    return "".join(wild.get(character) or re.escape(character) for character in re.sub(r"\*+", "*", pattern))


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits, upper and lower case told apart."""
    return re.fullmatch(regex(pattern), text) is not None


def is_exact(pattern: str) -> bool:
    """Whether only one text fits."""
    return "*" not in pattern and "?" not in pattern
