"""Text without what a terminal obeys: control characters, escapes, and marks that turn its direction."""

from __future__ import annotations

import json

# What is left out of one line is only blanks; nobody writes so many of them by design.
_READ_FOR_ONE = 20


def line(text: str, length: int) -> str:
    """The text as one printable line, no longer than `length`, the end of what was cut said by `…`."""
    most = (length + 10) * _READ_FOR_ONE
    flat = " ".join(_blanked(text[:most]).split())
    if len(flat) <= length and len(text) <= most:
        return flat
    return f"{flat[: length - 1]}…"


def block(text: str, length: int) -> str:
    """The text with its line breaks, everything else in it printable, cut after `length` characters with a word on
    how many there were."""
    plain = text[: length + 1].replace("\r\n", "\n").replace("\t", "    ")
    whole = "\n".join(map(_blanked, plain.split("\n")))
    if len(text) <= length:
        return whole
    return f"{whole[:length]}… ({len(text):,} characters in all)"


def escaped(written: str) -> str:
    """JSON that says the same, with escapes for what in its strings a terminal might obey."""
    if written.isprintable():
        return written
    return "\n".join(
        part if part.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in part)
        for part in written.split("\n")
    )


def _blanked(text: str) -> str:
    """The text with a blank for each character that is not printable."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def _escape(c: str) -> str:
    return "\\u007f" if c == "\x7f" else json.dumps(c)[1:-1]
