"""`${NAME}` and `${NAME:-default}` in the values of a configuration; `$$` is a literal dollar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from msgspec import inspect

from jobqueue_exporter.config.document import Document
from jobqueue_exporter.config.nodes import Problem, Where
from jobqueue_exporter.config.types import Config

_REFERENCE = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|(?P<broken>\{))"
)
_PLAIN = {"true": True, "false": False}


@dataclass(slots=True)
class _Walk:
    variables: Mapping[str, str]
    written: dict[Where, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def value(self, value: object, where: Where) -> object:
        if isinstance(value, dict):
            return {key: self.value(member, (*where, key)) for key, member in value.items()}
        if isinstance(value, list):
            return [self.value(item, (*where, index)) for index, item in enumerate(value)]
        if isinstance(value, str) and "$" in value:
            return self._text(value, where)
        return value

    def _text(self, written: str, where: Where) -> object:
        before = len(self.problems)
        text = _REFERENCE.sub(lambda found: self._known(found, where), written)
        if "${" in written:
            self.written[where] = written
        return _as_wanted(text, where) if text != written and len(self.problems) == before else text

    def _known(self, found: re.Match[str], where: Where) -> str:
        name, default = found["name"], found["default"]
        if found["dollar"]:
            return "$"
        if found["broken"]:
            self.problems.append(
                Problem(where, "`${` needs a name and `}`, as in ${DATABASE_URL}; a literal one is `$${`")
            )
        elif default is not None:
            return self.variables.get(name) or default
        elif name not in self.variables:
            self.problems.append(
                Problem(
                    where,
                    f"the environment variable `{name}` is not set; set it, put it into .env, "
                    f"or give a default: ${{{name}:-…}}",
                )
            )
        return self.variables.get(name, found[0])


def resolved(document: Document, variables: Mapping[str, str]) -> Document:
    """The document with all references replaced; those to unset variables become problems.

    They are replaced in the parsed values, so that no quote, `#` or newline in a password can
    change what the file says.
    """
    walk = _Walk(variables)
    data = walk.value(document.data, ())
    assert isinstance(data, dict)
    return replace(
        document,
        data=data,
        written=walk.written,
        problems=(*document.problems, *walk.problems),
        unresolved=frozenset(problem.where for problem in walk.problems),
    )


def _as_wanted(text: str, where: Where) -> object:
    """The text, or the number or truth value that it stands for where only such a one can be."""
    number = re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]+)?", text)
    if text not in _PLAIN and not number:
        return text
    wanted = tuple(_types(inspect.type_info(Config), where))
    if text in _PLAIN:
        return _PLAIN[text] if any(_is_truth(kind) for kind in wanted) else text
    if any(isinstance(kind, inspect.IntType) for kind in wanted) and "." not in text:
        return int(text)
    return float(text) if any(isinstance(kind, inspect.FloatType) for kind in wanted) else text


def _is_truth(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.BoolType) or (isinstance(kind, inspect.LiteralType) and False in kind.values)


def _types(kind: inspect.Type, where: Where) -> Iterator[inspect.Type]:
    """The types that a value may have at a place below one of type `kind`."""
    if isinstance(kind, inspect.Metadata):
        yield from _types(kind.type, where)
    elif isinstance(kind, inspect.UnionType):
        for member in kind.types:
            yield from _types(member, where)
    elif not where:
        yield kind
    elif isinstance(kind, inspect.StructType):
        for part in kind.fields:
            if part.encode_name == where[0]:
                yield from _types(part.type, where[1:])
    elif isinstance(kind, inspect.VarTupleType):
        yield from _types(kind.item_type, where[1:])
