"""Secrets and personal data in text, replaced by ***."""

from __future__ import annotations

from jobqueue_exporter.masking import json_text, keys, prose

_LONGEST = 250_000
_LAST_WORD = 1_000


def masked(text: str) -> str:
    """The text with what looks like a secret or personal data in it replaced by ***.

    In JSON, values under telling keys; anywhere, credentials in URLs, bearer tokens, JWTs, keys of well-known
    forms, `password=…` and the like, e-mail addresses. Of more than 250,000 characters the rest is left out, and
    said to be.
    """
    if len(text) <= _LONGEST:
        return _masked(text)
    # A secret that the cut went through would not be known as one.
    kept = text[:_LONGEST]
    end = max(kept.rfind(blank, _LONGEST - _LAST_WORD) for blank in (" ", "\n", ",", '"'))
    return f"{_masked(kept[: end if end > 0 else _LONGEST - _LAST_WORD])}… ({len(text):,} characters in all)"


def hidden(key: str, text: str) -> str:
    """The text that stands under this key, masked; all of it where the key says that it is a secret."""
    return "***" if text and keys.telling(key) else masked(text)


def _masked(text: str) -> str:
    if text.lstrip()[:1] in ("{", "["):
        found = json_text.masked(text, prose.masked)
        if found is not None:
            return found
    return prose.masked(text)
