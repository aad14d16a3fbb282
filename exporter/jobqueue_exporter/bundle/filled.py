"""The texts of alerts with labels and values filled in, as Prometheus does it.

Of Go's templates this has what texts of alerts are made of: labels, the value, numbers and strings, pipes of the
functions below, and `with` or `if` with `else`. A text with anything else in it stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote_plus

from jobqueue_exporter.bundle import humanized

Fact = str | float
_Get = Callable[["_Facts"], Fact]

_ACTION = re.compile(r"\{\{(- )?\s*(.*?)\s*( -)?\}\}", re.DOTALL)
_WORD = re.compile(r'\s*(?:(\|)|("(?:[^"\\]|\\.)*"|`[^`]*`)|([^\s|"`]+))')
_LABEL = re.compile(r"(?:\$labels|\.Labels)\.(\w+)")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_COMMENT = re.compile(r"/\*.*\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Facts:
    labels: Mapping[str, str]
    value: float
    dot: Fact | None = None


class _NotUnderstood(ValueError):
    """Something that Prometheus may understand, and we do not."""


def text(template: str, labels: Mapping[str, str], value: float) -> str:
    """The template filled in for this result of an expression."""
    try:
        return _compiled(template)(_Facts(labels, value))
    except _NotUnderstood:
        return template


_Write = Callable[[_Facts], str]


@lru_cache(maxsize=1024)
def _compiled(template: str) -> _Write:
    try:
        return _Reader(template).whole()
    except _NotUnderstood:
        return lambda facts: template


class _Reader:
    """Reads a template from left to right."""

    def __init__(self, template: str) -> None:
        self._pieces = _pieces(template)

    def whole(self) -> _Write:
        write, end = self._block()
        if end:
            raise _NotUnderstood(end)
        return write

    def _block(self) -> tuple[_Write, str]:
        """What stands before the `else` or `end` of this block, or before the end of all, and which it was."""
        parts: list[_Write] = []
        while self._pieces:
            is_action, piece = self._pieces.pop(0)
            word, _, rest = piece.partition(" ")
            if not is_action:
                parts.append(_constant(piece))
            elif word in ("end", "else"):
                return _joined(parts), piece
            elif word in ("with", "if"):
                parts.append(self._conditional(_pipe(rest), binds=word == "with"))
            elif not _COMMENT.fullmatch(piece):
                parts.append(_written(_pipe(piece)))
        return _joined(parts), ""

    def _conditional(self, get: _Get, *, binds: bool) -> _Write:
        then, end = self._block()
        otherwise: _Write = _constant("")
        if end == "else":
            otherwise, end = self._block()
        if end != "end":
            raise _NotUnderstood(end)

        def write(facts: _Facts) -> str:
            found = get(facts)
            if not found:
                return otherwise(facts)
            return then(_Facts(facts.labels, facts.value, found) if binds else facts)

        return write


def _pieces(template: str) -> list[tuple[bool, str]]:
    """Texts and actions (True) in turn; spaces beside `{{-` and `-}}` are gone."""
    found: list[tuple[bool, str]] = []
    end, trims = 0, False
    for action in _ACTION.finditer(template):
        before = template[end : action.start()]
        before = before.lstrip() if trims else before
        found += [(False, before.rstrip() if action[1] else before), (True, action[2])]
        end, trims = action.end(), bool(action[3])
    last = template[end:].lstrip() if trims else template[end:]
    return [*found, (False, last)]


def _constant(piece: str) -> _Write:
    return lambda facts: piece


def _joined(parts: list[_Write]) -> _Write:
    return lambda facts: "".join([write(facts) for write in parts])


def _written(get: _Get) -> _Write:
    def write(facts: _Facts) -> str:
        found = get(facts)
        return found if isinstance(found, str) else humanized.plain(found)

    return write


def _pipe(expression: str) -> _Get:
    """`operand`, or `function operand`, then further functions behind `|`."""
    commands: list[list[str]] = [[]]
    end = 0
    while end < len(expression):
        word = _WORD.match(expression, end)
        if word is None:
            raise _NotUnderstood(expression)
        if word[1]:
            commands.append([])
        else:
            commands[-1].append(word[2] or word[3])
        end = word.end()
    first, *rest = commands
    if not first or len(first) > 2 or any(len(command) != 1 for command in rest):
        raise _NotUnderstood(expression)
    get = _operand(first[-1])
    for function in [*first[:-1], *(command[0] for command in rest)]:
        get = _through(_function(function), get)
    return get


def _through(function: Callable[[Fact], Fact], get: _Get) -> _Get:
    return lambda facts: function(get(facts))


def _operand(word: str) -> _Get:
    if label := _LABEL.fullmatch(word):
        name = label[1]
        return lambda facts: facts.labels.get(name, "")
    if word in ("$value", ".Value"):
        return lambda facts: facts.value
    if word == ".":
        return _dot
    if _NUMBER.fullmatch(word):
        number = int(word) if re.fullmatch(r"[+-]?\d+", word) else float(word)
        return lambda facts: number
    if word[0] in '"`' and "\\" not in word:
        return lambda facts: word[1:-1]
    raise _NotUnderstood(word)


def _dot(facts: _Facts) -> Fact:
    if facts.dot is None:
        raise _NotUnderstood(".")
    return facts.dot


def _function(name: str) -> Callable[[Fact], Fact]:
    if name == "urlquery":
        return lambda fact: quote_plus(fact if isinstance(fact, str) else humanized.plain(fact))
    if (numeric := _NUMERIC.get(name)) is None:
        raise _NotUnderstood(name)
    return lambda fact: numeric(_number(fact))


def _number(fact: Fact) -> float:
    try:
        return float(fact)
    except ValueError as error:
        raise _NotUnderstood(str(fact)) from error


_NUMERIC: Mapping[str, Callable[[float], str]] = {
    "humanize": humanized.humanize,
    "humanizeDuration": humanized.duration,
    "humanizePercentage": humanized.percentage,
}
