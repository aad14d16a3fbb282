"""A YAML file as plain data, with the line of each part of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node
from ruamel.yaml.reader import ReaderError

from jobqueue_exporter.config.nodes import Builder, Problem, Where
from jobqueue_exporter.errors import ConfigError

_SYNTAX = {
    "found character '\\t'": "a tab; indent with spaces",
    "found character": "a value starts with a character that means something in YAML; put it in quotes",
    "mapping values are not allowed": "a `:` where none can stand; quote the value, or mend the indentation",
    "found unexpected end of stream": "a quote that is never closed",
    "found unexpected document": "a quote that is never closed",
    "expected ','": "a bracket that is never closed, or a comma that is missing",
    "found undefined alias": "a value starts with * and names no anchor; put it in quotes",
    "found unknown escape": r"an unknown escape in double quotes; use single quotes, or write \ as \\",
    "could not find expected ':'": "a line that is no `key: value`",
    "but found another document": "a second document (---); one file holds one",
    "expected <block end>": "wrong indentation, or text after a closing quote",
    "found duplicate anchor": "an anchor (&name) that is there twice",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file says.

    `written` is the text of values that came from the environment, as it stands in the file;
    `unresolved` are the values that could not be had from there.
    """

    name: str
    data: Mapping[str, object]
    lines: Mapping[Where, int]
    problems: tuple[Problem, ...] = ()
    written: Mapping[Where, str] = field(default_factory=dict)
    unresolved: frozenset[Where] = frozenset()

    def told(self, problems: Iterable[Problem]) -> tuple[str, ...]:
        """A line of text for each problem, in the order of the file, each once."""
        placed = sorted({(p.line or self._line(p.where), _dotted(p.where), p.text) for p in problems})
        return tuple(f"{self.name}:{line}: {f'{path}: ' if path else ''}{text}" for line, path, text in placed)

    def _line(self, where: Where) -> int:
        while where not in self.lines and where:
            where = where[:-1]
        return self.lines.get(where, 1)


def read(path: Path) -> Document:
    """The data of a file, none if it is empty. Raises ConfigError when it is not readable, or no mapping."""
    name = str(path)
    text = _decoded(name, path)
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False
    root = _composed(name, text, yaml)
    if root is None:
        return Document(name=name, data={}, lines={})
    builder = Builder(yaml.constructor.construct_object)
    try:
        data = builder.value(root, ())
    except RecursionError:
        raise ConfigError(f"{name}: nested too deeply") from None
    if data is None:
        data = {}
    if not isinstance(data, dict):
        line = root.start_mark.line + 1
        got = "a list" if isinstance(data, list) else "a single value"
        raise ConfigError(f"{name}:{line}: expected lines of `key: value`, got {got}")
    return Document(name=name, data=data, lines=builder.lines, problems=tuple(builder.problems))


def _decoded(name: str, path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{name}: there is no such file") from None
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read: {error.strerror}") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}:{line}: not UTF-8; save the file in that encoding") from None


def _composed(name: str, text: str, yaml: YAML) -> Node | None:
    try:
        root: Node | None = yaml.compose(text)
    except MarkedYAMLError as error:
        raise ConfigError(f"{name}:{_syntax_line(error)}: not YAML: {_plain(error.problem)}") from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{name}:{line}: not YAML: a control character; leave it out") from None
    except RecursionError:
        raise ConfigError(f"{name}: nested too deeply") from None
    except (YAMLError, ValueError):
        raise ConfigError(f"{name}: not YAML") from None
    return root


def _syntax_line(error: MarkedYAMLError) -> int:
    """Where to look: at what was opened, when the end of the file is all that was found."""
    at_the_end = "end of stream" in (error.problem or "") or "stream end" in (error.problem or "")
    mark = (error.context_mark if at_the_end else None) or error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 1


def _plain(problem: str | None) -> str:
    return next((text for start, text in _SYNTAX.items() if (problem or "").startswith(start)), "see this line")


def _dotted(where: Where) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where)
    return path.removeprefix(".")
