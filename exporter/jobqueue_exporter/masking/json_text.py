"""Secrets in JSON, masked without changing how anything else of it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from jobqueue_exporter.masking import keys

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]:,]|[^\s"{}\[\]:,]++|\s++', re.DOTALL)
_NO_SECRETS = frozenset({"true", "false", "null", '""'})
_DEEPEST = 3


def masked(text: str, strings: Callable[[str], str], depth: int = 0) -> str | None:
    """The JSON with values under telling keys replaced, and every other string given to `strings`; None when it is
    no JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    return "".join(_Walk(text, strings, depth))


class _Walk:
    """Goes through the tokens of valid JSON once."""

    def __init__(self, text: str, strings: Callable[[str], str], depth: int) -> None:
        self._tokens = _TOKEN.findall(text)
        self._strings = strings
        self._depth = depth

    def __iter__(self) -> Iterator[str]:
        key, last, inside = "", "", 0
        for token in self._tokens:
            if inside:
                inside += (token in "{[") - (token in "}]")
                continue
            if token.isspace():
                yield token
                continue
            if token == ":":
                key = json.loads(last)
                yield token
            elif token in ("{", "[") and last == ":" and keys.telling(key):
                inside = 1
                yield '"***"'
            elif last == ":" and keys.telling(key):
                yield self._under(key, token)
            else:
                yield self._string(token) if token.startswith('"') else token
            last = token

    def _under(self, key: str, token: str) -> str:
        number = not token.startswith('"')
        return token if token in _NO_SECRETS or (number and keys.counts(key)) else '"***"'

    def _string(self, token: str) -> str:
        """Of a string that holds JSON itself, that JSON masked."""
        text = json.loads(token)
        found = None
        if text.lstrip()[:1] in ("{", "[") and self._depth < _DEEPEST:
            found = masked(text, self._strings, self._depth + 1)
        if found is None:
            found = self._strings(text)
        return token if found == text else json.dumps(found, ensure_ascii=False)
