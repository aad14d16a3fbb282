"""From the nodes of a YAML file to plain data: merges, duplicate keys, and lines kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from jobqueue_exporter.errors import ConfigError

Where = tuple[str | int, ...]

_TAG = "tag:yaml.org,2002:"
_TEXTS = {f"{_TAG}{name}" for name in ("str", "timestamp", "value")}
_SCALARS = {f"{_TAG}{name}" for name in ("null", "bool", "int", "float")}
_MERGE = f"{_TAG}merge"
_MOST_VALUES = 100_000


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend, and where; `line` only where it is not the line of `where`."""

    where: Where
    text: str
    line: int | None = None


class Builder:
    """Builds plain data and collects on the way the line of each part, and problems."""

    def __init__(self, scalar: Callable[[Node], object]) -> None:
        self.lines: dict[Where, int] = {}
        self.problems: list[Problem] = []
        self._scalar = scalar
        self._open: set[int] = set()

    def value(self, node: Node, where: Where) -> object:
        """The data of a node: dict, list, str, int, float, bool or None. Raises ConfigError."""
        self.lines.setdefault(where, node.start_mark.line + 1)
        if len(self.lines) > _MOST_VALUES:
            raise ConfigError(f"more than {_MOST_VALUES} values in the configuration, aliases counted")
        if not isinstance(node, (MappingNode, SequenceNode)):
            return self._leaf(node, where)
        if id(node) in self._open:
            self.problems.append(Problem(where, "an alias that refers to itself"))
            return None
        self._open.add(id(node))
        try:
            return self._mapping(node, where) if isinstance(node, MappingNode) else self._list(node, where)
        finally:
            self._open.discard(id(node))

    def _leaf(self, node: Node, where: Where) -> object:
        text, tag = str(node.value), node.tag or ""
        if tag in _TEXTS:
            return text
        wrong = f"the tag `{tag.replace(_TAG, '!!')}` is not understood here"
        if tag in _SCALARS:
            try:
                value = self._scalar(node)
            except (ValueError, KeyError):
                wrong = f"not of the type `{tag.replace(_TAG, '!!')}`"
            else:
                if value == value:  # not so for .nan, which would pass every limit
                    return value
                wrong = "expected a number, got .nan"
        self.problems.append(Problem(where, wrong))
        return text

    def _list(self, node: SequenceNode, where: Where) -> list[object]:
        return [self.value(item, (*where, index)) for index, item in enumerate(node.value)]

    def _mapping(self, node: MappingNode, where: Where) -> dict[str, object]:
        chosen: dict[str, tuple[Node, Node]] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                continue
            if not isinstance(key, ScalarNode):
                self.problems.append(Problem(where, "a key must be a string", key.start_mark.line + 1))
            elif key.value in chosen:
                first = chosen[key.value][0].start_mark.line + 1
                text = f"the key is there twice; first on line {first}"
                self.problems.append(Problem((*where, key.value), text, key.start_mark.line + 1))
            else:
                chosen[key.value] = (key, value)
        for key, value in self._merged(node, where):
            chosen.setdefault(key.value, (key, value))
        return {name: self._member((*where, name), key, value) for name, (key, value) in chosen.items()}

    def _member(self, where: Where, key: Node, value: Node) -> object:
        self.lines[where] = key.start_mark.line + 1
        return self.value(value, where)

    def _merged(self, node: MappingNode, where: Where) -> Iterator[tuple[Node, Node]]:
        """The entries that `<<` brings in."""
        for key, value in node.value:
            if key.tag != _MERGE:
                continue
            for source in value.value if isinstance(value, SequenceNode) else [value]:
                if not isinstance(source, MappingNode) or id(source) in self._open:
                    self.problems.append(Problem(where, "`<<` needs a mapping", key.start_mark.line + 1))
                    continue
                yield from (pair for pair in source.value if isinstance(pair[0], ScalarNode) and pair[0].tag != _MERGE)
                yield from self._merged(source, where)
