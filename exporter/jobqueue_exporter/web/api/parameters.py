"""Takes the parameters of a request for what they were declared to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import msgspec
from starlette.datastructures import QueryParams

from jobqueue_exporter.web.api.operation import Query, Trouble
from jobqueue_exporter.web.shown import shown

Schema = Mapping[str, object]


@cache
def schemas() -> Mapping[str, Schema]:
    """The JSON Schema of each parameter, by its name."""
    _, components = msgspec.json.schema_components([Query])
    found: Mapping[str, Schema] = components["Query"]["properties"]
    return found


def read(given: QueryParams, names: Sequence[str], sources: Sequence[str]) -> Query:
    """The parameters of these names, others being left aside.

    Raises:
        Trouble: 400 for one that is not what it should be, 404 for a source that there is not.
    """
    values = {name: _once(name, given.getlist(name)) for name in names if name in given}
    if "source" in values and values["source"] not in sources:
        unknown = shown(values["source"])
        raise Trouble(404, f"no source is called {unknown}; there are: {', '.join(sources)}")
    for name, value in values.items():
        try:
            msgspec.convert({name: value}, Query, strict=False)
        except msgspec.ValidationError:
            raise Trouble(400, f"{name} is {shown(value)}, and must be {_words(schemas()[name])}") from None
    return msgspec.convert(values, Query, strict=False)


def _once(name: str, values: Sequence[str]) -> str:
    if len(values) > 1:
        raise Trouble(400, f"{name} is given {len(values)} times; give it once")
    return values[0]


def _words(schema: Schema) -> str:
    if isinstance(words := schema.get("enum"), list):
        return " or ".join(words)
    return f"a whole number from {schema['minimum']} to {schema['maximum']}"
