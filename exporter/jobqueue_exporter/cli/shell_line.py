"""The programs that a line of shell would start, each with its words."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

_BETWEEN = frozenset({"|", "||", "&&", ";", "&", "|&"})
_INTO = frozenset({">", ">>", "<", "2>", "&>"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def programs(line: str) -> Iterator[list[str]]:
    """Name and words of each program, without assignments before it and redirections. Raises ValueError when
    a quote is left open."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    tokens = iter(lexer)
    for token in tokens:
        if token in _BETWEEN:
            yield from _told(words)
            words = []
        elif token in _INTO:
            next(tokens, None)
        elif words or not _ASSIGNMENT.match(token):
            words.append(token)
    yield from _told(words)


def _told(words: list[str]) -> Iterator[list[str]]:
    if words:
        yield words
