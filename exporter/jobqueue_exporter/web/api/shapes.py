"""The types of plain snapshots, made from the model, so that they are as `snapshot_json` writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache, reduce
from inspect import cleandoc
from operator import or_
from types import GenericAlias, UnionType
from typing import Union, get_args, get_origin, get_type_hints

import msgspec

from jobqueue_exporter.model import Lane
from jobqueue_exporter.snapshot_json import INTERNAL

_LANE = [("queue", str), ("kind", str)]


@cache
def of(part: type, *, of_lane: bool = False) -> type[msgspec.Struct]:
    """The struct that a dataclass of the model becomes; with `of_lane`, one that begins with queue and kind."""
    hints = get_type_hints(part)
    told = [(field.name, _shape(hints[field.name])) for field in fields(part) if field.name not in INTERNAL]
    made = msgspec.defstruct(part.__name__, [*(_LANE if of_lane else ()), *told], kw_only=True, frozen=True)
    made.__doc__ = cleandoc(part.__doc__ or "")
    return made


def _shape(hint: object) -> object:
    """What a field of this type becomes."""
    if hint is float:
        return float | None  # infinity is no JSON
    if isinstance(hint, type) and is_dataclass(hint):
        return of(hint)
    inner = get_args(hint)
    if get_origin(hint) in (UnionType, Union):
        return reduce(or_, (_shape(each) for each in inner))
    if get_origin(hint) is tuple:
        return GenericAlias(list, (_shape(inner[0]),))
    if get_origin(hint) is Mapping and inner[0] is Lane:
        return GenericAlias(list, (of(inner[1], of_lane=True),))
    if get_origin(hint) is Mapping:
        return GenericAlias(dict, (inner[0], _shape(inner[1])))
    return hint
