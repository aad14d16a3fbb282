"""The JSON Schema of jobqueue.yml, made from its types.

`python -m jobqueue_exporter.config.schema` prints it, for editors.
"""

from __future__ import annotations

import ast
import inspect
import json
from itertools import chain
from typing import Any

import msgspec

from jobqueue_exporter.config import alert_types, duration, http_types, redis_types, table_types, types
from jobqueue_exporter.config.engines import ENGINES
from jobqueue_exporter.secret import Secret

DURATION_FORMATS = {types.Duration: "jobqueue-duration", types.DurationOrZero: "jobqueue-duration-or-zero"}
MODULES = (types, table_types, redis_types, http_types, alert_types)
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def shape() -> dict[str, Any]:
    """What is allowed where, with defaults."""
    schema = msgspec.json.schema(types.Config, schema_hook=_custom)
    for name, definition in schema["$defs"].items():
        kind = getattr(types, name, None)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            for field in msgspec.structs.fields(kind):
                _add_default(definition["properties"][field.encode_name], field)
    return {"$schema": _DIALECT, **schema}


def described() -> dict[str, Any]:
    """The shape, and what each key is for, in the words of the types' source."""
    schema = {"title": "jobqueue.yml", **shape()}
    told = _docstrings()
    for name, definition in schema["$defs"].items():
        bases = _bases(name)
        for _, key, text in (each for each in told if each[0] in bases):
            definition["properties"][key]["description"] = text
    return schema


def text() -> str:
    """The schema as it is handed to editors."""
    return json.dumps(described(), indent=2, ensure_ascii=False) + "\n"


def _custom(kind: type) -> dict[str, Any]:
    if kind is Secret:
        return {"title": "Secret", "type": "string"}
    if kind is types.EngineName:
        return {"title": "EngineName", "enum": list(ENGINES)}
    if kind in DURATION_FORMATS:
        zero = kind is types.DurationOrZero
        return {
            "title": kind.__name__,
            "type": ["number", "string"],
            "minimum" if zero else "exclusiveMinimum": 0,
            "pattern": duration.PATTERN,
            "format": DURATION_FORMATS[kind],
        }
    raise NotImplementedError


def _add_default(schema: dict[str, Any], field: msgspec.structs.FieldInfo) -> None:
    """Defaults of our own types, which msgspec leaves out."""
    if field.default_factory is msgspec.NODEFAULT:
        return
    default = field.default_factory()
    if isinstance(default, types.DurationOrZero):
        schema["default"] = duration.text(default)


def _bases(name: str) -> set[str]:
    """The type of that name, and those whose fields it takes over."""
    kind = next((found for module in MODULES if (found := getattr(module, name, None))), object)
    return {base.__name__ for base in getattr(kind, "__mro__", ())}


def _docstrings() -> list[tuple[str, str, str]]:
    """The class, the key and the text of each string that stands under a field."""
    found = []
    for node in chain.from_iterable(ast.parse(inspect.getsource(module)).body for module in MODULES):
        if not isinstance(node, ast.ClassDef):
            continue
        for field, below in zip(node.body, node.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(below, ast.Expr)
                and isinstance(below.value, ast.Constant)
            ):
                key = field.target.id.removesuffix("_")  # for_, which would be a word of Python
                found.append((node.name, key, str(below.value.value)))
    return found


if __name__ == "__main__":
    print(text(), end="")
