"""Every place where a configuration has another shape than it should, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from jobqueue_exporter.config import duration, schema
from jobqueue_exporter.config.document import Document
from jobqueue_exporter.config.nodes import Problem, Where
from jobqueue_exporter.config.types import DurationOrZero

_PLAIN = {
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a mapping",
    "string": "a string",
}
_TITLED = {
    "Duration": duration.expected(),
    "DurationOrZero": duration.expected(zero=True),
    "Name": "a name: letters, digits, `.`, `_` and `-`, at most 63, a letter or digit first",
    "Secret": "a string",
}
_LONGEST_SHOWN = 60


def found(document: Document) -> Iterator[Problem]:
    """All violations of the schema. No value that may be secret is shown."""
    shape = schema.shape()
    validator = Draft202012Validator(shape, format_checker=_formats())
    told = _Teller(document, shape["$defs"])
    for error in validator.iter_errors(document.data):
        yield from told.problems(error)


class _Teller:
    """Puts what jsonschema found into words."""

    def __init__(self, document: Document, definitions: dict[str, Any]) -> None:
        self._document = document
        self._definitions = definitions

    def problems(self, error: ValidationError) -> Iterator[Problem]:
        where: Where = tuple(error.absolute_path)
        value: Any = error.instance
        rule: Any = error.validator_value
        shape: Any = error.schema
        if error.validator == "additionalProperties":
            yield from self._unknown_keys(where, value, list(shape["properties"]))
        elif error.validator == "required":
            yield from (Problem(where, f"the key `{key}` is missing") for key in rule if key not in value)
        elif inner := self._of_a_mapping(error, rule):
            for each in inner:
                yield from self.problems(each)
        else:
            wanted = self._expected(shape)
            got = self._shown(where, value, secret=shape.get("title") == "Secret")
            yield Problem(where, f"expected {wanted}, got {got}{_quotes(wanted, value)}")

    def _unknown_keys(self, where: Where, value: dict[str, object], known: list[str]) -> Iterator[Problem]:
        for key in value.keys() - set(known):
            near = get_close_matches(key, known, 1)
            way_out = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}"
            yield Problem(where, f"unknown key `{key}`; {way_out}", self._document.lines.get((*where, key)))

    def _of_a_mapping(self, error: ValidationError, alternatives: Any) -> list[ValidationError]:
        """What is wrong with a mapping by the one alternative that is a mapping."""
        if error.validator != "anyOf" or not isinstance(error.instance, dict):
            return []
        kinds = [self._resolved(alternative).get("type") for alternative in alternatives]
        return [each for each in error.context or () if kinds[int(each.schema_path[0])] == "object"]

    def _expected(self, shape: dict[str, Any]) -> str:
        shape = self._resolved(shape)
        if shape.get("title") in _TITLED:
            return _TITLED[shape["title"]]
        if "anyOf" in shape:
            return " or ".join(dict.fromkeys(self._expected(each) for each in shape["anyOf"]))
        if "enum" in shape:
            values = [str(value).lower() if isinstance(value, bool) else f"`{value}`" for value in shape["enum"]]
            return values[0] if len(values) == 1 else f"one of {', '.join(values)}"
        if shape["type"] == "array":
            least = f", at least {shape['minItems']}" if "minItems" in shape else ""
            return f"a list of {_plural(self._expected(shape['items']))}{least}"
        return _PLAIN[shape["type"]] + _bounds(shape)

    def _resolved(self, shape: dict[str, Any]) -> dict[str, Any]:
        reference = shape.get("$ref")
        return self._definitions[reference.rpartition("/")[2]] if reference else shape

    def _shown(self, where: Where, value: object, *, secret: bool) -> str:
        if where in self._document.written:
            return f"what `{self._document.written[where]}` stands for"
        if isinstance(value, str):
            hidden = secret or "://" in value or "password" in value.lower()
            short = value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}…"
            return "a string that is not shown here" if hidden else repr(short)
        if isinstance(value, dict):
            return "a mapping"
        if isinstance(value, list):
            return "a list" if value else "an empty list"
        if value is None:
            return "nothing"
        return "something else" if secret else str(value).lower()


def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())
    for kind, name in schema.DURATION_FORMATS.items():
        zero = kind is DurationOrZero
        checker.checks(name, raises=ValueError)(lambda raw, zero=zero: duration.seconds(raw, zero=zero) >= 0)
    return checker


def _bounds(shape: dict[str, Any]) -> str:
    if "minimum" in shape:
        return f", {shape['minimum']} or more"
    if "exclusiveMinimum" in shape and "exclusiveMaximum" in shape:
        return f" between {shape['exclusiveMinimum']} and {shape['exclusiveMaximum']}"
    return ""


def _plural(words: str) -> str:
    article, _, noun = words.partition(" ")
    return f"{noun}s" if article == "a" else words


def _quotes(wanted: str, value: object) -> str:
    is_scalar = isinstance(value, (bool, int, float))
    return "; put it in quotes" if wanted == "a string" and is_scalar else ""
