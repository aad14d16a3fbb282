"""Secrets in JSON, masked without changing how anything else of it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence

from jobqueue_exporter.masking import keys

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]:,]|[^\s"{}\[\]:,]++|\s++', re.DOTALL)
_NO_SECRETS = frozenset({"true", "false", "null", '""'})
_DEEPEST = 3
# Neither a name and a value, nor any form of a secret, goes into so little.
_PLAIN = re.compile(r"[A-Za-z0-9_]{0,10}")
# Keys under which names of variables stand, and those of their values beside them.
_NAMES = frozenset({"name", "key", "header", "variable"})
_VALUES = frozenset({"value", "val"})
_VALUE_KEYS = ('"value"', '"val"', '"Value"', '"Val"', '"VALUE"')


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
        self._paired = _paired(self._tokens) if any(word in text for word in _VALUE_KEYS) else frozenset()

    def __iter__(self) -> Iterator[str]:
        key, last, inside = "", "", 0
        for place, token in enumerate(self._tokens):
            if inside:
                inside += (token in "{[") - (token in "}]")
                continue
            if token.isspace():
                yield token
                continue
            if token == ":":
                key = _text(last)
                yield token
            elif last == ":" and (place in self._paired or keys.telling(key)):
                inside = int(token in ("{", "["))
                yield '"***"' if inside else self._under(key, token)
            else:
                yield self._string(token) if token.startswith('"') else token
            last = token

    def _under(self, key: str, token: str) -> str:
        number = not token.startswith('"')
        return token if token in _NO_SECRETS or (number and keys.counts(key)) else '"***"'

    def _string(self, token: str) -> str:
        """Of a string that holds JSON itself, that JSON masked."""
        if _PLAIN.fullmatch(token, 1, len(token) - 1):
            return token
        text = _text(token)
        found = None
        if text.lstrip()[:1] in ("{", "[") and self._depth < _DEEPEST:
            found = masked(text, self._strings, self._depth + 1)
        if found is None:
            found = self._strings(text)
        return token if found == text else json.dumps(found, ensure_ascii=False)


def _text(token: str) -> str:
    """What a string of JSON says."""
    return str(json.loads(token)) if "\\" in token else token[1:-1]


def _paired(tokens: Sequence[str]) -> frozenset[int]:
    """The places of values in objects that name them apart, and by a telling name, as in
    {"name": "DB_PASSWORD", "value": "..."}."""
    found: set[int] = set()
    # Of each object around: whether it names a secret, and where its values are.
    around: list[tuple[bool, list[int]]] = []
    key, last = "", ""
    for place, token in enumerate(tokens):
        if token.isspace():
            continue
        if last == ":" and around:
            secret, places = around[-1]
            if key in _VALUES:
                places.append(place)
            if key in _NAMES and token.startswith('"'):
                around[-1] = (secret or keys.telling(_text(token)), places)
        if token in ("{", "["):
            around.append((False, []))
        elif token in ("}", "]"):
            secret, places = around.pop()
            found.update(places if secret else ())
        elif token == ":":
            key = _text(last).lower()
        last = token
    return frozenset(found)
