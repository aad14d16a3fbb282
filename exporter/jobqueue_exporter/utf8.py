"""Text of any origin made fit to be written as UTF-8."""

from __future__ import annotations


def valid(text: str) -> str:
    r"""The text, with lone surrogates, which UTF-8 does not have, spelt out as `\ud800`."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
