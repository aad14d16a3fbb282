"""Snapshots as plain data for JSON, the one shape that commands and the HTTP API share.

The keys are the field names of the model, `null` is "cannot tell", enumerations are their words.
What the model keeps by lane is a list of objects that begin with `queue` and `kind`:

    {"source": "shop", "engine": "table", "read_at": 1763800000.0, "up": true, "error": "",
     "facts": {"lanes": [{"queue": "mail", "kind": "", "counts": {"pending": 3}, ...}], ...},
     "policies": [{"queue": "mail", "kind": "", "owner": "", ...}], ...}
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass

from jobqueue_exporter import utf8
from jobqueue_exporter.model import Lane, Snapshot

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

INTERNAL = frozenset({"flow_window", "empty_lane", "dead_letter_windows"})
"""Fields that are left out: how a reading is put together, and not what it says."""


def plain(snapshot: Snapshot) -> dict[str, Json]:
    """The snapshot as dicts, lists, strings and finite numbers."""
    return _object(snapshot)


def _object(part: object) -> dict[str, Json]:
    assert is_dataclass(part)
    return {
        field.name: _lanes(value) if _goes_by_lane(field.type) else _plain(value)
        for field in fields(part)
        if field.name not in INTERNAL
        for value in [getattr(part, field.name)]
    }


def _goes_by_lane(annotation: object) -> bool:
    return str(annotation).startswith("Mapping[Lane,")


def _lanes(parts: Mapping[Lane, object] | None) -> Json:
    if parts is None:
        return None
    return [_object(lane) | _object(part) for lane, part in parts.items()]


def _plain(value: object) -> Json:
    if is_dataclass(value):
        return _object(value)
    if isinstance(value, str):
        return utf8.valid(str(value))
    if isinstance(value, Mapping):
        return {utf8.valid(str(key)): _plain(part) for key, part in value.items()}
    if isinstance(value, Iterable):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    assert value is None or isinstance(value, int)
    return value
